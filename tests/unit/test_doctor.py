"""Checks of what a test can't break: clusters of three brokers, full disks, clocks that are ahead, readable keys."""

from __future__ import annotations

import time
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from ledger.cluster import Cluster, Disk, Replication
from ledger.record import StoredRecord
from shanzhi.doctor import broker, database, machine
from shanzhi.doctor.check import Check, Finding
from shanzhi.doctor.machine import GIB, room
from shanzhi.doctor.scene import STRETCH_RECORDS, Waiting, _stretches

THREE = Cluster(
    brokers=(1, 2, 3),
    fenced=(),
    metadata_version=27,
    newest=27,
    topics=(Replication("governance.ledger", 3, 2, (), ()),),
    disks=(Disk(1, "/d", True, 100 * GIB, 50 * GIB),),
)


def found(one: Check, **scene: Any) -> Finding:
    return one.look(SimpleNamespace(**scene))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    "one, cluster, state, word",
    [
        (broker.brokers, THREE, "ok", "3 个 brokers"),
        (broker.brokers, THREE._replace(fenced=(2,)), "bad", "fenced: [2]"),
        (broker.brokers, THREE._replace(metadata_version=20), "notice", "never tried"),
        (broker.brokers, THREE._replace(metadata_version=None), "notice", "never tried"),
        (broker.brokers, THREE._replace(newest=28), "notice", "not finalised"),
        (broker.replicas, THREE, "ok", "governance.ledger × 3"),
        (broker.replicas, THREE._replace(topics=(Replication("l", 3, 2, (4,), ()),)), "bad", "[4] 没有主副本"),
        (broker.replicas, THREE._replace(topics=(Replication("l", 3, 2, (), (1, 2)),)), "notice", "[1, 2] 的副本落后"),
        (broker.replicas, THREE._replace(topics=(Replication("l", 3, 1, (), ()),)), "notice", "min.insync.replicas 1"),
        (broker.replicas, THREE._replace(topics=(Replication("l", 1, 1, (), ()),)), "notice", "1 副本 copies"),
        (broker.broker_disk, THREE, "ok", "50.0 GiB"),
        (broker.broker_disk, THREE._replace(disks=(Disk(2, "/d", True, 100 * GIB, GIB // 2),)), "bad", "broker 2"),
        (broker.broker_disk, THREE._replace(disks=(Disk(2, "/d", False, None, None),)), "bad", "2: /d"),
        (broker.broker_disk, THREE._replace(disks=(Disk(2, "/d", True, None, None),)), "ok", "don't say"),
    ],
)
def test_a_cluster(one: Check, cluster: Cluster, state: str, word: str) -> None:
    said = found(one, cluster=cluster)
    assert said.state == state
    assert word in said.what


def test_a_disk_says_in_time_that_it_fills_up() -> None:
    assert [room("d", free, 100 * GIB).state for free in (50 * GIB, 9 * GIB, GIB)] == ["ok", "notice", "bad"]


@pytest.mark.parametrize("ahead, state", [(-3600, "ok"), (30, "ok"), (90, "bad")])
def test_a_broker_whose_clock_is_ahead(ahead: int, state: str) -> None:
    newest = StoredRecord(7, int((time.time() + ahead) * 1000), b"", b"")
    older = newest._replace(timestamp=newest.timestamp * 2)  # only the newest is looked at
    assert found(broker.stamps, is_injected=False, stretches={0: [[older], [newest]], 1: []}).state == state
    assert found(broker.stamps, is_injected=True).state == "ok"


@pytest.mark.parametrize("age, state", [(10, "ok"), (120, "notice"), (400, "bad")])
def test_an_intake_that_nobody_reads(age: int, state: str) -> None:
    oldest = StoredRecord(7, int((time.time() - age) * 1000), b"", b"")
    said = found(broker.intake_lag, intake=object(), intake_waiting=Waiting(3, oldest))
    assert (said.state, said.figures["records"]) == (state, 3)
    assert found(broker.intake_lag, intake=None).state == "ok"


@pytest.mark.parametrize("taken, state", [(30, "ok"), (85, "notice"), (96, "bad")])
def test_connections_that_run_out(taken: int, state: str) -> None:
    assert found(database.connections, rows=lambda _: [(100, 3, taken)]).state == state


@pytest.mark.parametrize("age, state", [(5, "ok"), (1_100_000_000, "notice"), (1_700_000_000, "bad")])
def test_transaction_ids_that_run_out(age: int, state: str) -> None:
    assert found(database.wraparound, value=lambda _: age).state == state


def test_keys_that_others_may_read(tmp_path: Path) -> None:
    settings = SimpleNamespace(folder=tmp_path / "folder")
    assert found(machine.files, settings=settings).state == "ok"
    settings.folder.mkdir(mode=0o711)
    key = settings.folder / "master.key"
    key.touch(0o600)
    assert found(machine.files, settings=settings).state == "ok"
    key.chmod(0o640)
    said = found(machine.files, settings=settings)
    assert (said.state, said.exit_code, said.figures["files"]) == ("bad", 7, ["master.key"])
    key.chmod(0o600)
    settings.folder.chmod(0o777)
    assert found(machine.files, settings=settings).figures["files"] == ["."]


def test_packages_that_are_not_the_locked_ones(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(machine, "LOCK", tmp_path / "requirements.lock")
    assert "no lock here" in found(machine.packages).what
    machine.LOCK.write_text("psutil==0.1 \\\n    --hash=sha256:0\nnot-installed==1\n", encoding="utf-8")
    said = found(machine.packages)
    assert (said.state, [one.split()[0] for one in said.figures["other"]]) == ("notice", ["psutil"])


def test_what_is_sampled_lies_below_the_index() -> None:
    assert _stretches(0, 0) == [range(0)]
    assert _stretches(5, 20) == [range(5, 20)]
    for _ in range(100):
        random_one, newest = _stretches(100, 400)
        assert newest == range(350, 400)
        assert random_one.start >= 100 and random_one.stop <= 350 and len(random_one) == STRETCH_RECORDS
