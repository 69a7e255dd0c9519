"""docs/operations.md says what there is to watch and which process says it, and nothing else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from fastapi import FastAPI
from prometheus_client import CollectorRegistry

from audit.seal_file import SealFile
from audit.sealing import Every
from audit.seals import Signer
from processors.clock.clock import Clock
from processors.decider.process import Decider
from processors.intake.figures import IntakeMetrics
from processors.metrics import WorkerMetrics, process_registry
from processors.notices.process import Notices
from processors.relay import Relay
from producers.gateway.metrics import Metrics
from readers.measuring import Measured
from shanzhi.cli.commands import COMMANDS
from shanzhi.sealer import Sealer
from shanzhi.settings import Settings

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")
LEADERS = ("clock", "decider", "relay", "notices", "sealer")


def registries() -> dict[str, CollectorRegistry]:
    """Of each kind of process, as it is before it has spoken with a server."""
    nothing: Any = None
    made = {name: process_registry(name, lambda: None) for name in ("worker", "intake", "gateway", "dashboard")}
    WorkerMetrics(made["worker"]).read({0: 0}, {0: 0})
    IntakeMetrics(made["intake"])
    Metrics(made["gateway"])
    app = FastAPI()
    changes = SimpleNamespace(listeners=0, standing=SimpleNamespace(generation="generation_1"))
    fresh = SimpleNamespace(lag_records=0, lag_seconds=0.0, missed_publishers=0)
    app.state.api = SimpleNamespace(changes=changes, freshness=SimpleNamespace(of=lambda _: fresh))
    Measured(app, made["dashboard"])
    leaders = (
        Clock("", ""),
        Decider("", nothing),
        Relay("", ""),
        Notices("", nothing),
        Sealer("", "", signer=Signer(bytes(32)), file=SealFile(Path("seals")), every=Every(1, 1.0)),
    )
    return made | {name: leader._registry for name, leader in zip(LEADERS, leaders, strict=True)}


def measured() -> dict[str, set[str]]:
    """Which kinds of process say each figure."""
    said: dict[str, set[str]] = {}
    for process, registry in registries().items():
        for metric in registry.collect():
            name = "shanzhi_build_info" if metric.name == "shanzhi_build" else metric.name
            if name.startswith("shanzhi_"):
                said.setdefault(name, set()).add(process)
    return said


def rows(heading: str) -> Iterator[list[str]]:
    """Of the first table below a heading, without its heads."""
    lines = PAGE.partition(f"\n## {heading}\n")[2].splitlines()
    for line in lines[next(at for at, line in enumerate(lines) if line.startswith("|---")) + 1 :]:
        if not line.startswith("|"):
            return
        yield [cell.strip() for cell in line.removeprefix("|").removesuffix("|").split("|")]


def test_the_page_explains_every_figure_once_and_says_whose_it_is() -> None:
    everybody = set(registries())
    groups = {"all": everybody, "leaders": set(LEADERS)}
    told = {name.strip("`"): groups.get(of, {of}) for name, of, _meaning, _worry in rows("Metrics")}
    assert told == measured()
    assert len(list(rows("Metrics"))) == len(told)


def test_the_page_names_every_kind_of_process() -> None:
    (table,) = re.findall(r"\| process \| .*?\n\n", PAGE, re.DOTALL)
    named = set(re.findall(r"^\| `shanzhi (\w+)` \|", table, re.MULTILINE))
    assert named == set(registries()) < set(COMMANDS)


def test_the_page_names_variables_that_exist() -> None:
    known = {str(field.validation_alias) for field in Settings.model_fields.values()}
    named = set(re.findall(r"`((?:SHANZHI|KAFKA|POSTGRES)_[A-Z_]+)`", PAGE)) - {"SHANZHI_GATEWAY"}
    assert named >= {"SHANZHI_PROBE_PORT", "SHANZHI_GATEWAY_PORT", "SHANZHI_MASTER_KEY_BEFORE"}
    assert named <= known
