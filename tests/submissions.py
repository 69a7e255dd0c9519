"""Hypothesis strategies for sound submissions of any registered kind, built from its plain twin."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from hypothesis import strategies as st
from msgspec import inspect

from ledger import limits
from ledger.event import EventKind

OPAQUE = "ABCXYZabcxyz0189._~-"
ANY_CHARACTER = st.characters(exclude_categories=["Cs"], exclude_characters="\0")
ZONES = st.integers(-14 * 60, 14 * 60).map(lambda minutes: timezone(timedelta(minutes=minutes)))


def times(latest: datetime = limits.LATEST - timedelta(days=1)) -> st.SearchStrategy[datetime]:
    """Times in any zone, from the first second that the ledger takes."""
    naive = st.datetimes(limits.EARLIEST.replace(tzinfo=None), latest.replace(tzinfo=None))
    return st.builds(lambda time, zone: time.replace(tzinfo=UTC).astimezone(zone), naive, ZONES)


_names = st.text(ANY_CHARACTER, min_size=1, max_size=10)
_scalars = st.none() | st.booleans() | st.integers(-(2**53), 2**53) | st.floats(-1e9, 1e9) | _names
ANYTHING = st.recursive(
    _scalars, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(_names, inner, max_size=3)
)
"""What JSON can say, not deeply."""


def data_of(kind: EventKind) -> st.SearchStrategy[dict[str, Any]]:
    """The data of a sound submission: every field at its bounds, optional ones absent, null or given."""
    return _of(inspect.type_info(kind.plain))


def _of(node: inspect.Type) -> st.SearchStrategy[Any]:
    match node:
        case inspect.StructType(fields=fields):
            return st.fixed_dictionaries(
                {field.encode_name: _of(field.type) for field in fields if field.required},
                optional={field.encode_name: _of(field.type) for field in fields if not field.required},
            )
        case inspect.UnionType(types=types):
            return st.one_of(*map(_of, types))
        case inspect.NoneType():
            return st.none()
        case inspect.BoolType():
            return st.booleans()
        case inspect.LiteralType(values=values):
            return st.sampled_from(values)
        case inspect.IntType(ge=least, le=most):
            return st.integers(least, most)
        case inspect.FloatType(ge=least, le=most):
            return st.floats(least, most, allow_nan=False)
        case inspect.DateTimeType():
            return times().map(datetime.isoformat)
        case inspect.AnyType():
            return ANYTHING
        case inspect.DictType(value_type=value, min_length=least, max_length=most):
            return st.dictionaries(_names, _of(value), min_size=least or 0, max_size=min(most or 4, 4))
        case inspect.VarTupleType(item_type=item, min_length=least, max_length=most):
            return st.lists(_of(item), min_size=least or 0, max_size=min(most or 4, 4))
        case inspect.StrType(pattern=str(pattern)) if pattern.startswith("^(?:"):
            named = pattern[4 : pattern.index(")/")].replace("[a-z]+", "place").split("|")
            id_ = st.text(OPAQUE, min_size=1, max_size=120)
            return st.builds("{}/{}".format, st.sampled_from(named), id_)
        case inspect.StrType(pattern=str(pattern)):
            return st.from_regex(pattern, fullmatch=True, alphabet=st.characters(max_codepoint=126))
        case inspect.StrType(min_length=least, max_length=most):
            return st.text(ANY_CHARACTER, min_size=least or 0, max_size=min(most or 40, 40))
    raise TypeError(f"no strategy for {node}: give it one here")
