"""How many rows of a 12345 table are imported in a second, and that the same table a second time adds nothing."""

from __future__ import annotations

import csv
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from ledger.errors import EventRefused
from shanzhi.bench.sheet import write_sheet
from shanzhi.draining import Pace, wait_until_read
from shanzhi.endpoints import Report
from shanzhi.errors import CountsDiffer
from shanzhi.everything import Everything, everything
from shanzhi.settings import Settings
from shanzhi.watch import Watch, ledger_ends

_OF_OTHERS = ("KAFKA_BOOTSTRAP", "DATABASE_URL")  # servers that are not the ones of this run


def bench_import(settings: Settings, rows: int, report: Report) -> dict[str, Any]:
    """On new servers in the settings' folder, a worker reading at the same time."""
    file, mapping = settings.folder / "sheet.csv", settings.folder / "mapping.toml"
    with everything(settings, 1, report=report, said=report) as running:
        report("造表 · making a table")
        sheet = write_sheet(file, rows)
        _shanzhi(settings, "import", str(file), "--guess", "--mapping", str(mapping))
        report("第一次 · the first time")
        first = _imported(settings, file, mapping)
        _read_all(running)
        report("第二次 · the second time")
        second = _imported(settings, file, mapping)
        _read_all(running)
        cases = _cases(running)
    with file.with_name("sheet.csv.rejects.csv").open(encoding="utf-8-sig", newline="") as rejects:
        named = sum(1 for _ in csv.reader(rejects)) - 1
    is_counted = first["events"] == dict(sheet.events) and cases == rows - sheet.refused
    return {
        "rows": rows,
        "rows_per_second": round(rows / first["seconds"]),
        "events": first["published"],
        "events_per_second": round(first["published"] / first["seconds"]),
        "peak_mib": first["peak_mib"],
        "second_time_rows_per_second": round(rows / second["seconds"]),
        "second_time_added": second["published"],
        "refused": first["refused"],
        "exact": is_counted and second["published"] == 0 and first["refused"] == named == sheet.refused,
        "cpu_count": os.cpu_count(),
    }


def _imported(settings: Settings, file: Path, mapping: Path) -> dict[str, Any]:
    output, peak_mib = _shanzhi(settings, "import", str(file), "--mapping", str(mapping), "--json")
    told: dict[str, Any] = json.loads(output)
    return told | {"peak_mib": peak_mib}


def _shanzhi(settings: Settings, *arguments: str) -> tuple[str, float]:
    """Standard output of a command, as a process of its own, and its peak memory; refused rows are no failure here."""
    environment = {name: value for name, value in os.environ.items() if name not in _OF_OTHERS}
    command = [sys.executable, "-m", "shanzhi", *arguments]
    with (
        tempfile.TemporaryFile("w+") as errors,
        subprocess.Popen(
            command, env=environment | {"SHANZHI_FOLDER": str(settings.folder)}, stdout=subprocess.PIPE, stderr=errors,
            text=True,
        ) as process,
    ):  # fmt: skip
        assert process.stdout is not None
        output = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode not in (0, EventRefused.exit_code):
            errors.seek(0)
            raise CountsDiffer(f"shanzhi {arguments[0]} ended with {process.returncode}", errors.read()[-500:])
    return output, round(usage.ru_maxrss / 1024, 1)


def _read_all(running: Everything) -> None:
    with Watch(running.endpoints.database_url) as watch:
        wait_until_read(watch, ledger_ends(running.endpoints.kafka_bootstrap), Pace.start(watch), running.tend)


def _cases(running: Everything) -> int:
    with Watch(running.endpoints.database_url) as watch:
        ((count,),) = watch.of_current("select count(*) from {}.entity_case where discovered_at is not null")
    return int(count)
