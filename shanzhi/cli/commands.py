"""Which module holds which command. A module is imported when its command is asked for: with all of them every process
would start half a second later."""

from __future__ import annotations

from importlib import import_module
from typing import Any

import typer
from typer.core import TyperGroup

_OWN_NAMES = {"diff": "generation"}  # the others stand in the module of their name
_TAKEN_NAMES = {"import": "import_"}  # words of Python
COMMANDS = (
    "up",
    "prepare",
    "worker",
    "gateway",
    "dashboard",
    "intake",
    "decider",
    "relay",
    "notices",
    "clock",
    "sealer",
    "publish",
    "import",
    "publisher",
    "account",
    "simulate",
    "describe",
    "contract",
    "show",
    "replay",
    "as-of",
    "period",
    "export",
    "external",
    "rule",
    "what-if",
    "explain",
    "quarantine",
    "record",
    "seal",
    "receipt",
    "calendar",
    "time",
    "forget",
    "vault",
    "archive",
    "backup",
    "rebuild",
    "generation",
    "diff",
    "verify",
    "doctor",
    "environment",
    "demo",
    "bench",
)
"""In the order of `shanzhi --help`."""


class Commands(TyperGroup):
    """All commands by name, each imported when it is needed."""

    def __init__(self, **given: Any) -> None:
        super().__init__(**given)
        names: Any = dict.fromkeys(COMMANDS)
        self.commands = names  # without commands: what a mistyped one is near to

    def list_commands(self, ctx: Any) -> list[str]:
        """Their names."""
        return list(COMMANDS)

    def get_command(self, ctx: Any, cmd_name: str) -> Any:
        """The command of a name, None where there is none."""
        return _command(cmd_name) if cmd_name in COMMANDS else None


def _command(name: str) -> Any:
    function = _TAKEN_NAMES.get(name, name.replace("-", "_"))
    module = import_module(f"shanzhi.cli.{_OWN_NAMES.get(name, function)}")
    around = typer.Typer(add_completion=False)
    around.callback()(lambda: None)
    if name not in _OWN_NAMES and hasattr(module, "app"):
        around.add_typer(module.app, name=name)
    else:
        around.command(name=name)(getattr(module, function))
    made: Any = typer.main.get_command(around)
    return made.commands[name]
