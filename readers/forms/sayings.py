"""What is said beside an input that can't stand as it is, in both languages: what, and what to do."""

from __future__ import annotations

from readers.forms.fields import Field
from readers.language import Text


def missing(_: Field) -> Text:
    """A field that has to be given."""
    return Text("请填写这一项", "Please fill this in")


def too_many(field: Field) -> Text:
    """Of a list."""
    return Text(f"最多 {field.most} 项，请减少", f"At most {field.most}: take some away")


def too_few(field: Field) -> Text:
    """Of a list."""
    return Text(f"至少 {field.least} 项，请补充", f"At least {field.least}: add some")


def too_long(field: Field, characters: int) -> Text:
    """Of a text."""
    return Text(
        f"最多 {field.most} 字，现有 {characters} 字，请缩短",
        f"At most {field.most} characters, it has {characters}: shorten it",
    )


def malformed(field: Field) -> Text:
    """Of a text that has a form of its own."""
    if field.input == "phone":
        return Text("请填写电话号码，只用数字、空格、+ 和 -", "Give a telephone number: digits, spaces, + and - only")
    return Text("格式不对，请改正", "Not in the form that is asked for: correct it")


def not_allowed(_: Field) -> Text:
    """Of a choice."""
    return Text("请从列表中选一项", "Choose one from the list")


def no_number(field: Field) -> Text:
    """Of a number."""
    if field.input == "integer":
        return Text("请填写整数", "Give a whole number")
    return Text("请填写数字", "Give a number")


def out_of_range(field: Field) -> Text:
    """Of a number."""
    least, most = (f"{bound:g}" if bound is not None else "" for bound in (field.least, field.most))
    return Text(f"请填写 {least} 到 {most} 之间的数", f"Give a number from {least} to {most}")


def no_time(_: Field) -> Text:
    """Of a time."""
    return Text("请填写日期和时间，如 2024-05-11 09:30", "Give a date and a time, for example 2024-05-11 09:30")


def no_reference(_: Field) -> Text:
    """Of a reference."""
    return Text("没有找到，请从列表中选，或填写编号", "Not found: choose from the list, or give the id")


def another_kind(field: Field) -> Text:
    """Of a reference."""
    return Text(f"这里要填 {'、'.join(field.kinds)} 的编号", f"An id of {' or '.join(field.kinds)} belongs here")
