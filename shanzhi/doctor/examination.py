"""Runs every check and gathers what was found; no check can end the examination."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import msgspec

from ledger.errors import ShanzhiError
from shanzhi.doctor import broker, database, machine, people, proof, servers, tables, waiting
from shanzhi.doctor.check import Check, Finding, bad
from shanzhi.doctor.scene import Scene
from shanzhi.errors import Unexpected
from shanzhi.settings import Settings
from shanzhi.stack import Endpoints

THEMES = (servers, broker, database, tables, waiting, proof, people, machine)
CHECKS = tuple(one for theme in THEMES for one in vars(theme).values() if isinstance(one, Check))
"""In the order in which they stand in the files of their themes."""


class Examined(NamedTuple):
    """A check with its finding."""

    check: Check
    finding: Finding


def examine(settings: Settings, endpoints: Endpoints) -> Iterator[Examined]:
    """All checks in their order, each as soon as it is done."""
    failed: set[str] = set()
    with Scene(settings, endpoints) as scene:
        for one in CHECKS:
            why = sorted(one.needs & failed)
            finding = _looked(one, scene) if not why else Finding("unknown", f"先看 · first: {', '.join(why)}")
            if finding.state in ("bad", "unknown"):
                failed.add(one.name)
            yield Examined(one, finding)


def _looked(one: Check, scene: Scene) -> Finding:
    try:
        found = one.look(scene)
    except ShanzhiError as error:
        found = bad(error.what, error.exit_code, error.remedy)
    except Exception as error:  # of a database that nobody has thought of: the other checks still say theirs
        brief = (str(error).strip().splitlines() or [""])[0][:200]
        found = bad(f"{type(error).__name__}: {brief}", Unexpected.exit_code, "请报告 · Please report it.")
    if found.state in ("bad", "notice") and not found.remedy:
        return msgspec.structs.replace(found, remedy=one.remedy)
    return found
