"""docs/operations.md says what there is to watch, and nothing else."""

from __future__ import annotations

import re
from pathlib import Path

from processors.intake.figures import IntakeMetrics
from processors.metrics import WorkerMetrics, process_registry
from producers.gateway.metrics import Metrics
from shanzhi.settings import Settings

PAGE = (Path(__file__).resolve().parents[2] / "docs" / "operations.md").read_text(encoding="utf-8")


def measured() -> set[str]:
    worker = process_registry("worker", lambda: None)
    WorkerMetrics(worker)
    intake = process_registry("intake", lambda: None)
    IntakeMetrics(intake)
    gateway = process_registry("gateway", lambda: None)
    Metrics(gateway)
    registries = (worker, intake, gateway)
    names = {metric.name for registry in registries for metric in registry.collect()}
    return {"shanzhi_build_info" if name == "shanzhi_build" else name for name in names if name.startswith("shanzhi_")}


def test_the_page_explains_every_figure_once() -> None:
    rows = re.findall(r"^\| `(shanzhi_\w+)` \| ", PAGE, re.MULTILINE)
    assert sorted(rows) == sorted(measured())


def test_the_page_names_variables_that_exist() -> None:
    known = {str(field.validation_alias) for field in Settings.model_fields.values()}
    named = set(re.findall(r"`((?:SHANZHI|KAFKA|POSTGRES)_[A-Z_]+)`", PAGE)) - {"SHANZHI_GATEWAY"}
    assert named >= {"SHANZHI_PROBE_PORT", "SHANZHI_GATEWAY_PORT", "SHANZHI_MASTER_KEY_BEFORE"}
    assert named <= known
