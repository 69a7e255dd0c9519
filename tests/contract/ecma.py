"""A validator of JSON Schema as the specification has it: patterns of ECMA-262, formats checked."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker, ValidationError, validators
from jsonschema.protocols import Validator

FORMATS = FormatChecker(["date-time"])


def _pattern(_: Any, pattern: str, instance: Any, __: Any) -> Iterator[ValidationError]:
    """`$` is the end of the text and nothing else; in Python it also stands before a last line end."""
    if isinstance(instance, str) and not re.search(re.sub(r"\$\Z", r"\\Z", pattern), instance):
        yield ValidationError(f"does not match {pattern}")


def _format(_: Any, format_: str, instance: Any, __: Any) -> Iterator[ValidationError]:
    if isinstance(instance, str) and (instance != instance.strip() or not FORMATS.conforms(instance, format_)):
        yield ValidationError(f"is no {format_}")


_Ecma = validators.extend(Draft202012Validator, {"pattern": _pattern, "format": _format})  # type: ignore[no-untyped-call]


def validator(schema: Mapping[str, Any]) -> Validator:
    """Of a schema that is sound itself."""
    Draft202012Validator.check_schema(schema)
    made: Validator = _Ecma(schema)
    return made
