"""Presets: parameters of a rule under a name and version, with the source of every figure, read from TOML."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator, Mapping
from functools import cache
from importlib.resources import files
from typing import Any, Generic, TypeVar

import msgspec
from msgspec import Struct

from ledger.errors import ShanzhiError
from projections.rules.clocks import Clocks
from projections.rules.decisions import Dispatch, Duplicates
from projections.rules.parameters import Credit, Gaming, Parameters, ThreeRates, UnitAssessment, Word, Workload
from projections.rules.services import DailyLife, Survey

P = TypeVar("P", bound=Parameters)
_KINDS: tuple[type[Parameters], ...] = (
    Clocks,
    Credit,
    DailyLife,
    Dispatch,
    Duplicates,
    Gaming,
    Survey,
    ThreeRates,
    UnitAssessment,
    Workload,
)
RULES: Mapping[str, type[Parameters]] = {kind.rule: kind for kind in _KINDS}
"""Every rule by name. A new one is a class of parameters, a line above and a preset that is the default."""


class RuleRefused(ShanzhiError):
    """A rule's parameters are unknown, incomplete or contradict each other."""

    exit_code = 3


class Preset(Struct, Generic[P], frozen=True, kw_only=True):
    """One version of a rule. `sources` says of every figure where it is from; "assumed" = our default."""

    rule: str
    name: str
    version: str
    title: str
    is_default: bool
    parameters: P
    sources: dict[str, str]

    @property
    def parameters_json(self) -> str:
        """The one value that the rule's SQL function takes."""
        return msgspec.json.encode(self.parameters).decode()


class _File(Struct, frozen=True, forbid_unknown_fields=True):
    rule: Word
    name: Word
    version: Word
    title: Word
    parameters: dict[str, Any]
    sources: dict[str, str]
    is_default: bool = False


def preset(kind: type[P], name: str) -> Preset[P]:
    """The shipped preset of a rule by name. Raises `RuleRefused` with the names that there are."""
    for one in _shipped(kind):
        if one.name == name:
            return one
    known = ", ".join(one.name for one in _shipped(kind))
    raise RuleRefused(f"The rule {kind.rule} has no preset “{name}”", f"There are: {known}.")


def default_preset(kind: type[P]) -> Preset[P]:
    """The preset that holds where nothing else was chosen."""
    return next(one for one in _shipped(kind) if one.is_default)


@cache
def presets() -> tuple[Preset[Any], ...]:
    """All shipped presets, by rule and name."""
    folder = files("projections.rules") / "presets"
    found = sorted((one for one in folder.iterdir() if one.name.endswith(".toml")), key=lambda one: one.name)
    return tuple(parse_preset(one.read_text(encoding="utf-8"), one.name) for one in found)


def parse_preset(text: str, where: str = "the preset") -> Preset[Any]:
    """The preset that a TOML text holds. Raises `RuleRefused` with the place of what is wrong."""
    try:
        file = msgspec.convert(tomllib.loads(text), _File)
    except tomllib.TOMLDecodeError as error:
        raise RuleRefused(f"{where} is not TOML: {error}", "Correct it as it says.") from error
    except msgspec.ValidationError as error:
        raise RuleRefused(f"{where}: {error}", "A preset has the fields of presets/*.toml.") from error
    if file.rule not in RULES:
        raise RuleRefused(f"{where}: no rule is named “{file.rule}”", f"Rules are: {', '.join(RULES)}.")
    try:
        parameters = msgspec.convert(file.parameters, RULES[file.rule])
    except msgspec.ValidationError as error:
        raise RuleRefused(f"{where}: parameters of {file.rule}: {error}", "Correct the figure.") from error
    _assert_sources(file, where)
    return Preset(
        rule=file.rule, name=file.name, version=file.version, title=file.title,
        is_default=file.is_default, parameters=parameters, sources=file.sources,
    )  # fmt: skip


def _shipped(kind: type[P]) -> Iterator[Preset[P]]:
    return (one for one in presets() if one.rule == kind.rule)


def _assert_sources(file: _File, where: str) -> None:
    """A table's source speaks for all that it holds; nothing may go without one."""
    figures = {name for name, _ in figures_of(file.parameters)}
    spoken_for = {figure for figure in figures for source in file.sources if _covers(source, figure)}
    if missing := sorted(figures - spoken_for):
        raise RuleRefused(f"{where}: no source for {', '.join(missing)}", "Add it, if only as “assumed”.")
    if idle := sorted(one for one in file.sources if not any(_covers(one, figure) for figure in figures)):
        raise RuleRefused(f"{where}: sources of no figure: {', '.join(idle)}", "Correct or remove it.")


def _covers(source: str, figure: str) -> bool:
    return figure == source or figure.startswith(f"{source}.")


def figures_of(parameters: Mapping[str, Any], within: str = "") -> Iterator[tuple[str, Any]]:
    """Every figure with its path: `weights.report`, 25. A list is one figure."""
    for name, value in parameters.items():
        if isinstance(value, Mapping):
            yield from figures_of(value, f"{within}{name}.")
        else:
            yield f"{within}{name}", value


def source_of(one: Preset[Any], figure: str) -> str | None:
    """Where a figure is from: its own source, else that of the table it stands in."""
    spoken = sorted((source for source in one.sources if _covers(source, figure)), key=len)
    return one.sources[spoken[-1]] if spoken else None
