"""The command `shanzhi`. Exit codes, the same for every command:

| code | meaning |
|---|---|
| 0 | done; `up`, `demo` and every process, also after Ctrl-C or SIGTERM |
| 1 | an error of the program itself: one line here, the whole story in the named log |
| 2 | wrong usage, or a setting that makes no sense |
| 3 | an event was refused |
| 4 | Kafka or PostgreSQL did not answer: the outcome is unknown, send again |
| 5 | the ledger is not the one that was read before |
| 6 | the vault is locked: the master key is missing or another one |
| 7 | the database lacks what is needed, or contradicts the ledger |
| 8 | a worker or the intake had records to read and made no progress |
| 9 | the answer is no: what was published is not what was counted, the tables are not what the ledger says |
| 10 | no Kafka or PostgreSQL runs, or the embedded ones can't start |
| 130 | interrupted |
"""

from __future__ import annotations

import sys
import tempfile
import traceback
from pathlib import Path

import typer

from ledger.errors import ShanzhiError
from shanzhi import logging
from shanzhi.cli.commands import Commands
from shanzhi.cli.output import say_error
from shanzhi.errors import Unexpected
from shanzhi.settings import read_settings

_HELP = "善治：把县域治理的每一件事记成事件，算成看得见的数字 · county governance as events on Kafka.\n\n"
_ROWS = [line.strip("| ").split(" | ", 1) for line in (__doc__ or "").splitlines() if line.startswith("| ")]
_EPILOG = "退出码 · exit codes:\n\n" + "\n\n".join(f"{code:>4}  {meaning}" for code, meaning in _ROWS[1:])

app = typer.Typer(
    name="shanzhi",
    cls=Commands,
    help=_HELP,
    epilog=_EPILOG,
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


@app.callback()
def _prepare_logging() -> None:
    settings = read_settings()
    logging.configure(settings.log_level, settings.log_format)


def run(arguments: list[str]) -> int:
    """One command line; returns its exit code. No error leaves as a stack trace."""
    try:
        app(arguments, prog_name="shanzhi")
    except ShanzhiError as error:
        say_error(error)
        return error.exit_code
    except KeyboardInterrupt:
        return 130
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else int(ended.code is not None)
    except Exception as error:
        say_error(_unexpected(error))
        return Unexpected.exit_code
    return 0


def main() -> None:
    """The entry point."""
    sys.exit(run(sys.argv[1:]))


def _unexpected(error: Exception) -> Unexpected:
    """Keeps the stack trace in a file of the user's own."""
    story = "".join(traceback.format_exception(error))
    with tempfile.NamedTemporaryFile("wb", prefix="shanzhi-", suffix=".log", delete=False) as log:
        log.write(story.encode(errors="replace"))
    brief = (str(error).strip().splitlines() or [""])[0][:200]
    return Unexpected(
        f"程序内部错误 · unexpected {type(error).__name__}: {brief}",
        f"详情 · The whole story is in {Path(log.name)}; please report it.",
    )
