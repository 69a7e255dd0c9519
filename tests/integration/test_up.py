"""`shanzhi up` as people use it: in a terminal of its own, with others beside it, and ended in every way."""

from __future__ import annotations

import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from shanzhi.errors import WorkerFailed
from shanzhi.stack import Endpoints, running_endpoints
from shanzhi.workers import Workers

ROOT = Path(__file__).resolve().parents[2]
SHANZHI = [sys.executable, "-m", "shanzhi"]
UP_SECONDS = 60.0


@pytest.fixture(scope="module")
def folder(session_folder: Path) -> Path:
    """One for all tests, so that each start also goes on with what the one before left."""
    return Path(tempfile.mkdtemp(prefix="up-", dir=session_folder))


def environment(**given: str) -> dict[str, str]:
    ours = (
        "SHANZHI_FOLDER",
        "SHANZHI_MASTER_KEY",
        "KAFKA_BOOTSTRAP",
        "DATABASE_URL",
        "KAFKA_PORT",
        "POSTGRES_PORT",
    )
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return kept | {"PYTHONPATH": str(ROOT)} | given


def started(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """`up` in a folder, once it says that it is ready."""
    process = subprocess.Popen(
        [*SHANZHI, "up", *arguments], cwd=folder, env=environment(), stderr=subprocess.PIPE, text=True
    )
    assert process.stderr is not None
    said = []
    while line := process.stderr.readline():
        said.append(line)
        if "Ctrl-C" in line:
            return process
    raise AssertionError(f"up ended with {process.wait()}: {''.join(said)}")


@contextmanager
def ended(process: subprocess.Popen[str]) -> Iterator[None]:
    """Whatever the test finds, its `up` does not outlive it."""
    try:
        yield
    finally:
        process.kill()


def shanzhi(folder: Path, *arguments: str, stdin: str = "", **given: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*SHANZHI, *arguments],
        cwd=folder, env=environment(**given), input=stdin, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def rows(folder: Path, *question: str) -> list[dict[str, Any]]:
    done = shanzhi(folder, "show", *question, "--limit", "1000", "--json")
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)["rows"]
    return found


def reported(number: int) -> str:
    """A complaint as a JSON line."""
    sample = subprocess.run(
        [*SHANZHI, "describe", "case.reported", "--sample"],
        env=environment(), capture_output=True, text=True, check=True, cwd=ROOT,
    )  # fmt: skip
    return json.dumps(json.loads(sample.stdout) | {"id": f"up-{number}", "subject": f"case/up-{number}"}) + "\n"


def processes_of(folder: Path) -> list[psutil.Process]:
    def belongs(process: psutil.Process) -> bool:
        try:
            if process.pid == os.getpid() or process.status() == psutil.STATUS_ZOMBIE:
                return False
            return str(folder) in " ".join([*process.cmdline(), process.cwd()])
        except psutil.Error:
            return False

    return [process for process in psutil.process_iter() if belongs(process)]


def command_of(process: psutil.Process) -> str:
    """Its command line, empty where it has ended since it was listed."""
    try:
        return " ".join(process.cmdline())
    except psutil.Error:
        return ""


def eventually(true: Callable[[], bool], seconds: float = 20) -> bool:
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.1)
    return true()


def knows(folder: Path, number: int, seconds: float = 20) -> bool:
    wanted = f"case/up-{number}"
    return eventually(lambda: any(row["subject"] == wanted for row in rows(folder, "cases")), seconds)


def test_what_one_terminal_publishes_another_one_shows_and_ctrl_c_leaves_no_process(folder: Path) -> None:
    with started(folder) as up, ended(up):
        first = shanzhi(folder, "publish", "--json", stdin=reported(1))
        assert (first.returncode, first.stderr) == (0, "")
        assert json.loads(first.stdout) == {"published": 1, "refused": 0, "refusals": []}
        assert knows(folder, 1)

        assert shanzhi(folder, "show", "reasons").returncode == 0
        assert rows(folder, "funnel", "--month", "2024-05")[0]["is_overall"]
        taken, endpoints = shanzhi(folder, "environment"), running_endpoints(folder / ".shanzhi")
        assert endpoints is not None
        key = (folder / ".shanzhi" / "master.key").read_text().strip()
        assert [shlex.split(line)[1] for line in taken.stdout.splitlines()] == [
            f"KAFKA_BOOTSTRAP={endpoints.kafka_bootstrap}",
            f"DATABASE_URL={endpoints.database_url}",
            f"SHANZHI_MASTER_KEY={key}",
        ]

        mixed = shanzhi(folder, "publish", "--json", stdin=reported(2) + "nonsense\n" + '{"id": "x"}\n')
        summary = json.loads(mixed.stdout)
        assert (mixed.returncode, summary["published"], summary["refused"]) == (3, 1, 2)
        assert [refusal["line"] for refusal in summary["refusals"]] == [2, 3]
        assert "line 2" in mixed.stderr

        again = shanzhi(folder, "up")
        assert again.returncode == 10
        assert "already running" in again.stderr

        up.send_signal(signal.SIGINT)
        _, said = up.communicate(timeout=45)
    assert up.returncode == 0
    assert "Traceback" not in said
    assert "stopped, data kept" in said
    assert processes_of(folder) == []
    assert running_endpoints(folder / ".shanzhi") is None
    assert '"drained"' in (folder / ".shanzhi" / "logs" / "worker-1.log").read_text()
    nobody = shanzhi(folder, "show", "cases", "--json")
    assert (nobody.returncode, nobody.stdout) == (10, "")


def test_whatever_is_killed_starts_again_with_everything_that_was_published(folder: Path) -> None:
    def of(name: str) -> list[int]:
        return [process.pid for process in processes_of(folder) if name in command_of(process)]

    with started(folder) as up, ended(up):
        assert shanzhi(folder, "publish", stdin=reported(1)).returncode == 0
        assert knows(folder, 1)
        killed = [of(name)[0] for name in ("shanzhi worker", "kafka.Kafka", "/bin/postgres")]
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        assert eventually(lambda: all(of(name) for name in ("shanzhi worker", "kafka.Kafka", "/bin/postgres")))
        line = reported(3)
        assert eventually(lambda: shanzhi(folder, "publish", stdin=line).returncode == 0, 40)
        assert knows(folder, 3, 40)
        assert knows(folder, 1), "what was published before the servers were killed"
        up.kill()
        up.wait()
        assert eventually(lambda: processes_of(folder) == []), "everything ends with its owner"

    with started(folder) as up, ended(up):
        assert knows(folder, 3), "what was published before the kill"
        up.terminate()
        up.communicate(timeout=45)
    assert up.returncode == 0, "SIGTERM stops in good order"
    assert processes_of(folder) == []


def tended(workers: Workers) -> None:
    with workers:
        for _ in range(200):
            workers.tend()
            time.sleep(0.05)


def crew(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str, said: list[str]) -> Workers:
    """A worker that does nothing but what the script says."""
    monkeypatch.setattr("shanzhi.workers.COMMAND", [sys.executable, "-c", script])
    log = Path(tempfile.mkdtemp(dir=folder.parent))
    return Workers(Endpoints("nowhere", "nowhere"), 1, lanes=1, logs=log, report=said.append)


def test_a_worker_that_says_a_person_has_to_decide_ends_up_with_its_words(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    words = json.dumps({"what": "The ledger lost its tail", "remedy": "Restore it."})
    workers = crew(folder, monkeypatch, f"print({words!r}); print('{{}}'); raise SystemExit(5)", [])
    with pytest.raises(WorkerFailed, match=r"The ledger lost its tail\. Restore it\.") as failed:
        tended(workers)
    assert (failed.value.exit_code, workers.restarts) == (5, 0)


def test_a_worker_that_falls_again_and_again_is_given_up_with_the_end_of_its_log(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr("shanzhi.workers.FALLS_AT_MOST", 3)
    workers = crew(folder, monkeypatch, "raise SystemExit('no memory left')", said)
    with pytest.raises(WorkerFailed, match="no memory left") as failed:
        tended(workers)
    assert (failed.value.exit_code, workers.restarts) == (1, 2)
    assert ["again in 0.5 s" in said[0], "again in 1.0 s" in said[1]] == [True, True], "later each time"


def test_a_worker_that_somebody_stopped_in_good_order_is_not_started_again(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    workers = crew(folder, monkeypatch, "pass", said)
    with workers:
        deadline = time.monotonic() + 20
        while not said and time.monotonic() < deadline:
            workers.tend()
            time.sleep(0.05)
        workers.tend()
        assert (workers.pids, workers.restarts, len(said)) == ([], 0, 1)


def test_servers_that_are_away_are_told_apart_from_refusals(folder: Path) -> None:
    key = (folder / ".shanzhi" / "master.key").read_text().strip()
    nowhere = "postgresql://us:hush@127.0.0.1:1/county"
    given = {"KAFKA_BOOTSTRAP": "127.0.0.1:1", "DATABASE_URL": nowhere, "SHANZHI_MASTER_KEY": key}
    done = shanzhi(folder, "publish", stdin=reported(20), **given)
    assert (done.returncode, done.stdout) == (4, "")
    assert "PostgreSQL" in done.stderr
    assert "hush" not in done.stderr


def test_a_demo_on_servers_of_its_own_counts_what_it_published_and_leaves_nothing(folder: Path) -> None:
    done = shanzhi(folder, "demo", "--once", "--days", "5", "--seed", "11", "--json", TMPDIR=str(folder))
    figures = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert figures["published"] == figures["indexed"] > 1_000
    assert figures["repeats"] == figures["planted_repeats"] > 0
    assert figures["quarantined"] == figures["planted_quarantined"] > 0
    assert (figures["gaps"], figures["live_equals_refold"], figures["differences"]) == (0, True, [])
    assert processes_of(folder) == []
    assert [path.name for path in folder.iterdir() if path.name != ".shanzhi"] == []
