"""The errors of the composition root; the whole tree is drawn in `ledger.errors`.

ShanzhiError
├── SettingsRefused   a setting of the environment or an argument makes no sense
├── NotRunning        no Kafka or PostgreSQL to talk to, or an embedded one falls again and again
├── StackError        an embedded server can't do what was asked (`shanzhi.stack.errors`)
├── PostFailed        a worker, the gateway or the intake ended, and starting it again did not help
├── CountsDiffer      what was published is not what was counted
└── Unexpected        an error of the program itself
"""

from __future__ import annotations

from ledger.errors import ShanzhiError


class SettingsRefused(ShanzhiError):
    """A setting of the environment or an argument makes no sense."""

    exit_code = 2


class NotRunning(ShanzhiError):
    """No Kafka or PostgreSQL to talk to, or an embedded one falls again and again."""

    exit_code = 10


class PostFailed(ShanzhiError):
    """A process of the crew ended, and starting it again can't help; the exit code is its own."""

    def __init__(self, what: str, remedy: str, exit_code: int) -> None:
        super().__init__(what, remedy)
        self.exit_code = exit_code


class CountsDiffer(ShanzhiError):
    """The answer is no: what was published is not what was counted, or the tables are not what the ledger says."""

    exit_code = 9


class Unexpected(ShanzhiError):
    """An error of the program itself; the whole story is in the named log."""

    exit_code = 1
