"""Between an event's data and the texts of a form's inputs: `place`, `persons` (repeated), `units.0.part`.

Both ways are pure. An empty input is a field that was not given, a row of empty inputs is no row.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any, NamedTuple
from zoneinfo import ZoneInfo

from readers.forms import sayings
from readers.forms.fields import Field
from readers.language import Text

SHANGHAI = ZoneInfo("Asia/Shanghai")
Values = dict[str, list[str]]
REFERENCE = re.compile(r"(?P<reference>[a-z]+/[A-Za-z0-9._~-]{1,120})\s*\Z")
_INTEGER = re.compile(r"[+-]?[0-9]{1,15}\Z")
_NUMBER = re.compile(r"[+-]?[0-9]{1,15}(?:\.[0-9]{1,15})?\Z")


class Wrong(NamedTuple):
    """What is wrong with an input. `path` is its name; the form's own name for the whole is the empty one."""

    path: str
    message: Text


class Gathered(NamedTuple):
    """The data as far as it could be read, and what could not."""

    data: dict[str, Any]
    wrong: list[Wrong]


def first(values: Mapping[str, Sequence[str]], name: str) -> str:
    """The text of an input, stripped; empty where there is none."""
    found = values.get(name) or ("",)
    return found[0].replace("\r\n", "\n").strip()


def gather(fields: Iterable[Field], values: Values) -> Gathered:
    """The data of an event from a form's inputs (`compact` before, so that rows have their numbers)."""
    found = Gathered({}, [])
    for field in fields:
        _into(found.data, field, field.name, values, found.wrong)
    return found


def spread(fields: Iterable[Field], data: Mapping[str, Any]) -> Values:
    """A form's inputs from the data of an event."""
    values: Values = {}
    for field in fields:
        if data.get(field.name) is not None:
            for name, text in _spread(field, field.name, data[field.name]):
                values.setdefault(name, []).append(text)
    return values


def compact(fields: Iterable[Field], values: Values) -> Values:
    """The same without empty rows, the others numbered from 0."""
    kept = {name: texts for name, texts in values.items()}
    for field in fields:
        if field.item is None:
            continue
        if not is_object(field.item):
            kept[field.name] = [text for text in values.get(field.name, ()) if text.strip()]
            continue
        rows = [row for row in rows_of(values, field.name) if any(text.strip() for text in row.values())]
        kept = {name: texts for name, texts in kept.items() if not name.startswith(f"{field.name}.")}
        kept |= numbered(field.name, rows)
    return kept


def numbered(name: str, rows: Iterable[Mapping[str, str]]) -> Values:
    """The inputs of rows of objects, numbered from 0."""
    return {f"{name}.{number}.{inner}": [text] for number, row in enumerate(rows) for inner, text in row.items()}


def is_object(field: Field) -> bool:
    """Whether it has fields of its own."""
    return field.input in ("object", "location")


def rows_of(values: Values, name: str) -> list[dict[str, str]]:
    """The rows of a list of objects in the order of their numbers, each by the names of its inputs."""
    rows: dict[int, dict[str, str]] = {}
    for path in values:
        number, dot, inner = path.removeprefix(f"{name}.").partition(".")
        if path.startswith(f"{name}.") and dot and number.isdecimal() and len(number) < 5:
            rows.setdefault(int(number), {})[inner] = first(values, path)
    return [rows[number] for number in sorted(rows)]


def _into(data: dict[str, Any], field: Field, path: str, values: Values, wrong: list[Wrong]) -> None:
    given = _given(field, path, values, wrong)
    if given is not None:
        data[field.name] = given
    elif field.required and not any(one.path == path or one.path.startswith(f"{path}.") for one in wrong):
        wrong.append(Wrong(path, sayings.missing(field)))


def _given(field: Field, path: str, values: Values, wrong: list[Wrong]) -> Any:
    """The value of a field, None for none."""
    if is_object(field):
        inner: dict[str, Any] = {}
        if not any(first(values, f"{path}.{one.name}") for one in field.fields):
            return None
        for one in field.fields:
            _into(inner, one, f"{path}.{one.name}", values, wrong)
        return inner
    if field.input == "rows":
        assert field.item is not None
        return _checked(field, path, _rows(field.item, path, values, wrong), wrong)
    if field.input in ("choices", "photos"):
        texts = [text for text in values.get(path, ()) if text]
        read = texts if field.input == "choices" else [_any(text) for text in texts]
        return _checked(field, path, read, wrong)
    return _read(field, path, first(values, path), wrong)


def _rows(item: Field, path: str, values: Values, wrong: list[Wrong]) -> list[Any]:
    if is_object(item):
        count = len(rows_of(values, path))
        return [_given(item, f"{path}.{number}", values, wrong) for number in range(count)]
    texts = [text.strip() for text in values.get(path, ()) if text.strip()]
    return [_read(item, f"{path}.{number}", text, wrong) for number, text in enumerate(texts)]


def _checked(field: Field, path: str, items: list[Any], wrong: list[Wrong]) -> list[Any] | None:
    if items and field.most is not None and len(items) > field.most:
        wrong.append(Wrong(path, sayings.too_many(field)))
    if items and field.least is not None and len(items) < field.least:
        wrong.append(Wrong(path, sayings.too_few(field)))
    return items or ([] if field.required and not field.least else None)


def _read(field: Field, path: str, text: str, wrong: list[Wrong]) -> Any:
    """The value that a text is, None for an empty one and for one that is none."""
    if not text:
        return None
    value, said = _value(field, text)
    if said is not None:
        wrong.append(Wrong(path, said))
    return value


def _value(field: Field, text: str) -> tuple[Any, Text | None]:
    match field.input:
        case "boolean":
            return text == "true", None
        case "integer" | "number":
            return _number(field, text)
        case "time":
            return _time(field, text)
        case "reference":
            return _reference(field, text)
        case "choice":
            return (text, None) if text in field.allowed else (None, sayings.not_allowed(field))
        case "value":
            return _any(text), None
        case _:
            too_long = field.most is not None and len(text) > field.most
            if too_long:
                return text, sayings.too_long(field, len(text))
            fits = field.pattern is None or re.match(field.pattern, text) is not None
            return text, None if fits else sayings.malformed(field)


def _number(field: Field, text: str) -> tuple[Any, Text | None]:
    matches = _INTEGER if field.input == "integer" else _NUMBER
    if matches.match(text) is None:
        return None, sayings.no_number(field)
    number = int(text) if _INTEGER.match(text) else float(text)
    if (field.least is not None and number < field.least) or (field.most is not None and number > field.most):
        return number, sayings.out_of_range(field)
    return number, None


def _time(field: Field, text: str) -> tuple[Any, Text | None]:
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return None, sayings.no_time(field)
    return (time if time.tzinfo else time.replace(tzinfo=SHANGHAI)).astimezone(SHANGHAI).isoformat(), None


def _reference(field: Field, text: str) -> tuple[Any, Text | None]:
    """`云兴街社区 · place/yunxing` as the search gives it, or the reference alone."""
    found = REFERENCE.search(text)
    if found is None:
        return None, sayings.no_reference(field)
    reference = found["reference"]
    if field.kinds and reference.partition("/")[0] not in field.kinds:
        return reference, sayings.another_kind(field)
    return reference, None


def _any(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


def _spread(field: Field, path: str, value: Any) -> Iterator[tuple[str, str]]:
    if is_object(field):
        for one in field.fields:
            if value.get(one.name) is not None:
                yield from _spread(one, f"{path}.{one.name}", value[one.name])
    elif field.input == "rows":
        assert field.item is not None
        for number, one in enumerate(value):
            yield from _spread(field.item, f"{path}.{number}" if is_object(field.item) else path, one)
    elif field.input == "choices":
        yield from ((path, one) for one in value)
    elif field.input == "photos":
        yield from ((path, json.dumps(one)) for one in value)
    else:
        yield path, _written(field, value)


def _written(field: Field, value: Any) -> str:
    match field.input:
        case "boolean":
            return "true" if value else "false"
        case "time":
            local = datetime.fromisoformat(value).astimezone(SHANGHAI)
            return local.strftime("%Y-%m-%dT%H:%M:%S" if local.second else "%Y-%m-%dT%H:%M")
        case "value":
            return value if isinstance(value, str) and _any(value) == value else json.dumps(value, ensure_ascii=False)
        case _:
            return str(value)
