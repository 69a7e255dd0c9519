"""What can't be imported: a whole table or mapping, or one row of it."""

from __future__ import annotations

from typing import Any

from ledger.errors import EventRefused, ShanzhiError
from ledger.refusal import short

VALUE_CHARACTERS = 100
FORGOTTEN = "person_forgotten"


class TableRefused(ShanzhiError):
    """The file is no table that can be read, or over a limit."""

    exit_code = 2


class MappingRefused(ShanzhiError):
    """The mapping makes no sense, or names a column that the table does not have."""

    exit_code = 2


class RowRefused(Exception):
    """A row that is not imported: its number (the first row of the file is 1), column, value, and why."""

    def __init__(self, column: str, value: str, code: str, chinese: str, english: str, row: int = 0) -> None:
        super().__init__(f"{column}: {english}")
        self.row, self.column, self.value = row, column, short(value, VALUE_CHARACTERS)
        self.code, self.chinese, self.english = code, chinese, english

    def __reduce__(self) -> tuple[Any, ...]:
        return RowRefused, (self.column, self.value, self.code, self.chinese, self.english, self.row)

    def as_problem(self) -> dict[str, int | str]:
        """For programs."""
        return {
            "row": self.row, "column": self.column, "value": self.value, "code": self.code, "reason": self.english,
            "reason_zh": self.chinese,
        }  # fmt: skip


def of_event(refused: EventRefused, column: str, row: int) -> RowRefused:
    """A row whose event the ledger does not take; the value is what the refusal shows of it."""
    chinese, english = f"{refused.rule_chinese}。{refused.remedy_chinese}", f"{refused.rule}. {refused.remedy}"
    return RowRefused(column, refused.value, refused.code, chinese, english, row)


def told_otherwise(id_: str, row: int) -> RowRefused:
    """An event of this id is there and says something else: the ledger keeps what it was told."""
    chinese = "此前已导入且内容不同，以先到的为准；要改请发 case.corrected"
    english = "imported before with other words, which stand; correct it by case.corrected"
    return RowRefused("", id_, "told_otherwise", chinese, english, row)
