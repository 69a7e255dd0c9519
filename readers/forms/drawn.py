"""A form as its template draws it: each input with its words in the language of the page, its texts, what is wrong."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from readers.forms import words
from readers.forms.fields import Field
from readers.forms.values import Values, Wrong, rows_of
from readers.language import Language, Text

_ALWAYS = frozenset(
    {"photos", "location", "place", "note", "findings", "opinion", "scores", "name", "phone", "reporter"}
)
"""Optional fields that are shown without being asked for."""
_OWN, _NOBODY = Text("我本人（加密保存）", "Me (kept sealed)"), Text("匿名", "Anonymous")
_ANSWERS = (("true", Text("是", "Yes")), ("false", Text("否", "No")))


class Option(NamedTuple):
    """One of a few. `value` is what is sent."""

    value: str
    shown: str
    is_chosen: bool


@dataclass(frozen=True)
class Drawn:
    """An input, or several: `inner` those of an object, `rows` those of a list, each a row.

    `is_needed`: the form can't do without; the inputs of an object that need not be given are not.
    """

    name: str
    field: Field
    is_needed: bool
    label: str
    hint: str
    texts: Sequence[str] = ()
    options: Sequence[Option] = ()
    wrong: Sequence[str] = ()
    inner: Sequence[Drawn] = ()
    rows: Sequence[Sequence[Drawn]] = ()
    found: Sequence[str] = ()

    @property
    def id(self) -> str:
        """Of the element, unique in its form."""
        return self.name.replace(".", "-")

    @property
    def text(self) -> str:
        """Of an input that is one."""
        return self.texts[0] if self.texts else ""

    @property
    def is_at_hand(self) -> bool:
        """Whether it is shown without being asked for: needed, filled in, wrong, or usually given."""
        given = any(self.texts) or any(one.is_at_hand for one in self.inner) or bool(self.rows)
        return self.is_needed or self.field.name in _ALWAYS or given or bool(self.wrong)


@dataclass(frozen=True)
class Drawing:
    """What all inputs of a form are drawn by. `shown`: references in words; `found`: what a typed name may mean;
    `signed`: whose name may stand in a field, or nobody's."""

    type: str
    language: Language
    values: Values
    wrong: Sequence[Wrong] = ()
    shown: Mapping[str, str] = field(default_factory=dict)
    found: Mapping[str, Sequence[str]] = field(default_factory=dict)
    signed: Mapping[str, str] = field(default_factory=dict)

    def all(self, fields: Iterable[Field], before: str = "", *, are_needed: bool = True) -> list[Drawn]:
        """The inputs of fields, in their order."""
        return [self._drawn(one, f"{before}{one.name}", one.required and are_needed) for one in fields]

    def _drawn(self, field: Field, name: str, is_needed: bool) -> Drawn:
        if field.input in ("object", "location"):
            inner = self.all(field.fields, f"{name}.", are_needed=is_needed)
            return self._made(field, name, is_needed, inner=inner)
        if field.input == "rows" and field.item is not None and field.item.fields:
            count = max(len(rows_of(self.values, name)), 1 if is_needed else 0)
            rows = [
                self.all(field.item.fields, f"{name}.{number}.", are_needed=is_needed and number == 0)
                for number in range(count)
            ]
            return self._made(field, name, is_needed, rows=rows)
        return self._made(field, name, is_needed, texts=self._texts(field, name), options=self._options(field, name))

    def _made(
        self,
        field: Field,
        name: str,
        is_needed: bool,
        texts: Sequence[str] = (),
        options: Sequence[Option] = (),
        inner: Sequence[Drawn] = (),
        rows: Sequence[Sequence[Drawn]] = (),
    ) -> Drawn:
        label = words.label(self.type, name).in_(self.language)
        wrong = [one.message.in_(self.language) for one in self.wrong if _belongs(one.path, name, field)]
        return Drawn(
            name, field, is_needed, label, self._hint(field, name), texts, options, wrong, inner, rows,
            self.found.get(name, ()),
        )  # fmt: skip

    def _hint(self, field: Field, name: str) -> str:
        told = (words.hint(self.type, name), words.limit(field))
        return ("；" if self.language == "zh" else "; ").join(one.in_(self.language) for one in told if one)

    def _texts(self, field: Field, name: str) -> Sequence[str]:
        texts = [text.strip() for text in self.values.get(name, ())]
        if field.input == "rows":
            return [self.shown.get(text, text) for text in texts] or [""]
        return [self.shown.get(text, text) for text in texts]

    def _options(self, field: Field, name: str) -> Sequence[Option]:
        chosen = set(self.values.get(name, ()))
        if name in self.signed:
            own = self.signed[name]
            return [
                Option(own, _OWN.in_(self.language), own in chosen),
                Option("", _NOBODY.in_(self.language), not chosen),
            ]
        if field.input == "boolean":
            return [Option(value, shown.in_(self.language), value in chosen) for value, shown in _ANSWERS]
        told = [(one, self._choice(field, one)) for one in words.in_order(field.allowed)]
        return [Option(value, shown, value in chosen) for value, shown in told]

    def _choice(self, field: Field, value: str) -> str:
        family = self.type.partition(".")[0]
        if field.name == "field" and self.type.endswith(".corrected"):
            return words.label(f"{family}.", value).in_(self.language)
        return words.choice(value, field.name).in_(self.language)


def _belongs(path: str, name: str, field: Field) -> bool:
    """Whether a complaint stands beside this input: it is its own, or of one of several that share a name."""
    has_inputs_of_one_name = field.input in ("rows", "choices", "photos") and not (field.item and field.item.fields)
    return path == name or (has_inputs_of_one_name and path.rpartition(".")[0] == name)
