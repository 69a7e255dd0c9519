"""Every error that a user of the system can meet, in one tree: what, the values, the next step.

ShanzhiError
├── EventRefused          the event as submitted breaks a rule; nothing was written
│   └── PersonForgotten   new personal data of somebody who was forgotten
├── OutcomeUnknown        Kafka or PostgreSQL did not answer; resend, identity drops the repeat
├── LedgerUnsound         the log is not the one that was read before; a person has to decide
├── VaultLocked           the master key is missing or does not open the vault
└── StoreUnsound          the database lacks what the worker needs, or contradicts the ledger

Further leaves live beside their room:

ShanzhiError
├── OutcomeUnknown
│   ├── LinesUnknown      `producers.lines`: which lines are certain when the answers stopped
│   └── RowsUnknown       `producers.tables`: the same of the rows of a table
├── TableRefused          `producers.tables`: a file that is no table, or over a limit
├── MappingRefused        `producers.tables`: a mapping that makes no sense, or names a column that is not there
├── PublisherRefused      `ledger.announcement`: a publisher that the register can't hold
├── UnsealRefused         `ledger.unsealing`: a role that may not see what was asked for, or nobody said who and why
├── CalendarRefused       `projections.rules`: an arrangement that is none, or a day of a year that was not loaded
├── RuleRefused           `projections.rules`: parameters of a rule that are unknown or contradict each other
├── QuestionRefused       `projections.read`: a period or number of rows that makes no sense
├── ArchiveRefused        `audit.archive`: a folder that can't be written to or restored from
├── BackupRefused         `audit.backup`: a file that can't be written or read
├── ExportRefused         `audit.bulk`: a file that can't be written, a library that is missing
├── PackRefused           `audit.pack`: an audit pack of nothing, or of too much
├── ProbesRefused         `processors.probes`: the port of the probes can't be listened on
├── StackError            `shanzhi.stack`: an embedded server can't do what was asked
├── ClosedBefore      `audit.closing`: a period whose figures were published
└── SettingsRefused, NotRunning, PostFailed, CountsDiffer, Unexpected: `shanzhi.errors`
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from ledger.refusal_rules import RULES, value_in_chinese


class ShanzhiError(Exception):
    """An error with a remedy. `str()` gives both in one line."""

    exit_code = 1

    def __init__(self, what: str, remedy: str) -> None:
        super().__init__(f"{what}. {remedy}")
        self.what = what
        self.remedy = remedy

    def __reduce__(self) -> tuple[Any, ...]:
        return _remade, (type(self), self.args, self.__dict__)  # as it is, whatever its class is made with


def _remade(kind: type[ShanzhiError], args: tuple[Any, ...], state: dict[str, Any]) -> ShanzhiError:
    """An error that comes from another process."""
    error = kind.__new__(kind, *args)
    error.__dict__.update(state)
    return error


class EventRefused(ShanzhiError):
    """The event as submitted breaks a rule. Made by `ledger.refusal.refuse` from the table of `ledger.refusal_rules`.

    `code` names the rule for programs, `pointer` is a JSON pointer into the submitted event ("" = the whole),
    `value` what stood there (shortened, never a personal field), `rule` what was broken, `remedy` the next step.
    """

    exit_code = 3

    def __init__(
        self,
        code: str,
        pointer: str,
        value: str,
        rule: str,
        remedy: str,
        rule_chinese: str,
        remedy_chinese: str,
    ) -> None:
        super().__init__(f"{pointer or '/'}: {rule} (value: {value})", remedy)
        self.code = code
        self.pointer = pointer
        self.value = value
        self.rule = rule
        self.rule_chinese = rule_chinese
        self.remedy_chinese = remedy_chinese

    @property
    def what_chinese(self) -> str:
        """As `what`, in Chinese."""
        return f"{self.pointer or '/'}：{self.rule_chinese}（值：{value_in_chinese(self.value)}）"

    def as_problem(self) -> dict[str, str]:
        """What a program is told, whichever way the event came: members of a problem (RFC 9457)."""
        return {
            "code": self.code,
            "pointer": self.pointer,
            "value": self.value,
            "rule": self.rule,
            "rule_zh": self.rule_chinese,
            "remedy": self.remedy,
            "remedy_zh": self.remedy_chinese,
        }


class PersonForgotten(EventRefused):
    """New personal data of somebody whose key was destroyed; `owners` are all such people of the batch."""

    def __init__(self, owners: Iterable[str], pointer: str = "/subject") -> None:
        self.owners = frozenset(owners)
        super().__init__("person_forgotten", pointer, ", ".join(sorted(self.owners)), *RULES["person_forgotten"])


class OutcomeUnknown(ShanzhiError):
    """The other side did not answer in time: the event may or may not be in the ledger.

    Resending is always safe, because the same id and source count once. `detail` (addresses, what a driver said) is for
    the log and for staff: `outside` is what a stranger may be told.
    """

    exit_code = 4

    def __init__(self, what: str, remedy: str, detail: str = "") -> None:
        super().__init__(f"{what} ({detail})" if detail else what, remedy)
        self.outside = what
        self.detail = detail


class LedgerUnsound(ShanzhiError):
    """The ledger is not the one that was read before (truncated, recreated, other partitions or settings)."""

    exit_code = 5


class VaultLocked(ShanzhiError):
    """The master key is missing, malformed or not the one that wrapped the keys in the vault."""

    exit_code = 6


class StoreUnsound(ShanzhiError):
    """The database lacks what the worker needs or contradicts the ledger."""

    exit_code = 7
