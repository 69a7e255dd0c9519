"""`shanzhi up` as people use it: in a terminal of its own, with others beside it, and ended in every way."""

from __future__ import annotations

import json
import os
import re
import shlex
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import psutil
import pytest

from shanzhi.crew import Crew
from shanzhi.errors import PostFailed
from shanzhi.posts import Post
from shanzhi.settings import Settings
from shanzhi.stack import running_endpoints
from tests.commands import forked_commands
from tests.contract.test_operations import LEADERS, measured

ROOT = Path(__file__).resolve().parents[2]
SHANZHI = [sys.executable, "-m", "shanzhi"]
FORKED: list[str] = []
SOURCE = "urn:example:up-desk"


@pytest.fixture(scope="module")
def folder(session_folder: Path) -> Path:
    """One for all tests, so that each start also goes on with what the one before left."""
    return Path(tempfile.mkdtemp(prefix="up-", dir=session_folder))


def environment(**given: str) -> dict[str, str]:
    ours = {str(field.validation_alias) for field in Settings.model_fields.values()}
    kept = {name: value for name, value in os.environ.items() if name not in ours}
    return kept | {"PYTHONPATH": str(ROOT)} | given


def started(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    """`up` in a folder, once it says that it is ready."""
    process = subprocess.Popen(
        [*SHANZHI, "up", *arguments],
        cwd=folder, env=environment(SHANZHI_PROBE_PORT="0"), stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    assert process.stderr is not None
    said = []
    while line := process.stderr.readline():
        said.append(line)
        if "Ctrl-C" in line:
            return process
    raise AssertionError(f"up ended with {process.wait()}: {''.join(said)}")


@pytest.fixture(scope="module", autouse=True)
def _commands(session_folder: Path) -> Iterator[None]:
    """Most commands are forked; `up`, what loads it and the demo are started as anybody does."""
    with forked_commands(Path(tempfile.mkdtemp(prefix="cli-", dir=session_folder))) as bin_:
        FORKED[:] = [str(bin_ / "shanzhi")]
        yield


@contextmanager
def ended(process: subprocess.Popen[str]) -> Iterator[None]:
    """Whatever the test finds, its `up` does not outlive it."""
    try:
        yield
    finally:
        process.kill()


def shanzhi(
    folder: Path, *arguments: str, stdin: str = "", program: Sequence[str] = FORKED, **given: str
) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [*program, *arguments],
        cwd=folder, env=environment(**given), input=stdin, capture_output=True, text=True, timeout=60,
    )  # fmt: skip


def rows(folder: Path, *question: str) -> list[dict[str, Any]]:
    done = shanzhi(folder, "show", *question, "--limit", "1000", "--json")
    assert done.returncode == 0, done.stderr
    found: list[dict[str, Any]] = json.loads(done.stdout)["rows"]
    return found


def reported(number: int) -> str:
    """A complaint as a JSON line."""
    sample = shanzhi(ROOT, "describe", "case.reported", "--sample")
    assert sample.returncode == 0, sample.stderr
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
        *lines, gateway, dashboard = [shlex.split(line)[1] for line in taken.stdout.splitlines()]
        assert lines == [
            f"KAFKA_BOOTSTRAP={endpoints.kafka_bootstrap}",
            f"DATABASE_URL={endpoints.database_url}",
            f"SHANZHI_MASTER_KEY={key}",
            f"SHANZHI_SEAL_KEY={(folder / '.shanzhi' / 'seal.key').read_text().strip()}",
        ]
        name, _, address = gateway.partition("=")
        assert name == "SHANZHI_GATEWAY" and dashboard.startswith("SHANZHI_DASHBOARD=http://")
        publisher_key = admitted(folder)
        assert sent(address, reported(4), publisher_key) in (200, 201, 202)
        assert knows(folder, 4), "what came in through the gateway"
        assert eventually(lambda: all_ready(folder))

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
    assert_nothing_secret(folder, said, key, publisher_key)
    assert processes_of(folder) == []
    assert running_endpoints(folder / ".shanzhi") is None
    assert '"drained"' in (folder / ".shanzhi" / "logs" / "worker-1.log").read_text()
    assert '"drained"' in (folder / ".shanzhi" / "logs" / "gateway.log").read_text()
    assert shanzhi(folder, "environment").returncode == 10, "no gateway of a run that has ended"
    nobody = shanzhi(folder, "show", "cases", "--json")
    assert (nobody.returncode, nobody.stdout) == (10, "")


def test_whatever_is_killed_starts_again_with_everything_that_was_published(folder: Path) -> None:
    def of(name: str) -> list[int]:
        return [process.pid for process in processes_of(folder) if name in command_of(process)]

    with started(folder) as up, ended(up):
        assert shanzhi(folder, "publish", stdin=reported(1)).returncode == 0
        assert knows(folder, 1)
        everything = ("shanzhi worker", "shanzhi gateway", "shanzhi intake", "kafka.Kafka", "/bin/postgres")
        killed = [of(name)[0] for name in everything]
        for pid in killed:
            os.kill(pid, signal.SIGKILL)
        assert eventually(lambda: all(set(of(name)) - set(killed) for name in everything), 40)
        line = reported(3)
        assert eventually(lambda: shanzhi(folder, "publish", stdin=line).returncode == 0, 40)
        assert knows(folder, 3, 40)
        assert knows(folder, 1), "what was published before the servers were killed"
        assert eventually(lambda: all_ready(folder), 40)
        up.kill()
        up.wait()
        assert eventually(lambda: processes_of(folder) == []), "everything ends with its owner"


def test_a_county_that_is_well_says_so_and_each_process_ends_within_5_s_under_load(folder: Path) -> None:
    with started(folder) as up, ended(up):
        assert knows(folder, 3), "what was published before the kill"
        assert eventually(lambda: all_ready(folder), 40)
        assert eventually(lambda: set(ailments(folder)) <= {"calendar"}), ailments(folder)  # next year's is not out yet
        logs = folder / ".shanzhi" / "logs"
        for process, names in figures().items():
            text = asked(addresses(folder)[process], "/metrics")
            assert [name for name in names if f"\n# TYPE {name}" not in text] == [], process

        before = folded(folder)
        with (
            urllib.request.urlopen(f"{addresses(folder)['pages']}/api/v1/changes", timeout=20) as stream,
            under_load(folder),
        ):
            assert eventually(lambda: folded(folder) > before + 2_000, 40), "the worker is busy"
            seconds = seconds_to_end(figures(), folder)
            while stream.read(65_536):  # to its end
                pass
        assert set(seconds) == set(figures())
        assert max(seconds.values()) <= 5, seconds
        said = {process: (logs / f"{log_of(process)}.log").read_text() for process in seconds}
        assert {process: text for process, text in said.items() if "Traceback" in text} == {}
        up.terminate()
        up.communicate(timeout=45)
    assert up.returncode == 0, "SIGTERM stops in good order"
    assert processes_of(folder) == []


def ailments(folder: Path) -> dict[str, str]:
    """What `shanzhi doctor` finds that is not as it should be."""
    done = shanzhi(folder, "doctor", "--json")
    assert done.returncode in (0, 4, 7, 8), done.stderr
    return {one["check"]: one["what"] for one in json.loads(done.stdout) if one["state"] != "ok"}


def figures() -> dict[str, set[str]]:
    """The names of what each kind of process says."""
    said: dict[str, set[str]] = {}
    for name, processes in measured().items():
        for process in processes:
            said.setdefault(process, set()).add(name)
    return said


def folded(folder: Path) -> float:
    """How many events the worker has folded since it started."""
    text = asked(addresses(folder)["worker"], "/metrics")
    return float(re.findall(r"^shanzhi_events_folded_total (\S+)$", text, re.MULTILINE)[0])


@contextmanager
def under_load(folder: Path) -> Iterator[None]:
    """Somebody publishes as fast as can be."""
    load = subprocess.Popen(
        [*SHANZHI, "simulate", "--scale", "5"],
        cwd=folder, env=environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    try:
        yield
    finally:
        load.kill()
        load.wait()


def seconds_to_end(kinds: Iterable[str], folder: Path) -> dict[str, float]:
    """Of each, from SIGTERM on, which all get at once."""
    ours = {kind: one for one in processes_of(folder) for kind in kinds if command_of(one).endswith(f"shanzhi {kind}")}
    seconds: dict[psutil.Process, float] = {}
    began = time.monotonic()
    for one in ours.values():
        one.send_signal(signal.SIGTERM)
    psutil.wait_procs(list(ours.values()), 20, lambda one: seconds.setdefault(one, time.monotonic() - began))
    return {kind: seconds[one] for kind, one in ours.items()}


def admitted(folder: Path) -> str:
    """A publisher's key."""
    made = shanzhi(folder, "publisher", "add", "up-desk", "--source", SOURCE, "--key-only")
    assert made.returncode == 0, made.stderr
    return made.stdout.strip()


def sent(address: str, line: str, key: str) -> int:
    """The gateway's status for an event."""
    request = urllib.request.Request(
        f"{address}/events",
        json.dumps(json.loads(line) | {"source": SOURCE}).encode(),
        {"Authorization": f"Bearer {key}", "Content-Type": "application/cloudevents+json"},
    )
    with urllib.request.urlopen(request, timeout=20) as answer:
        status: int = answer.status
        return status


def addresses(folder: Path) -> dict[str, str]:
    """Where each kind of process says its figures: the gateway on its own port, the others on one that their log names;
    and the pages."""
    ports = json.loads((folder / ".shanzhi" / "stack.json").read_text())["ports"]
    found = {"gateway": ports["gateway"], "pages": ports["dashboard"]}
    for process in ("worker", "intake", "dashboard", *LEADERS):
        lines = (folder / ".shanzhi" / "logs" / f"{log_of(process)}.log").read_text().splitlines()
        found[process] = [json.loads(line)["port"] for line in lines if '"event": "probes"' in line][-1]
    return {process: f"http://127.0.0.1:{port}" for process, port in found.items()}


def log_of(process: str) -> str:
    return "worker-1" if process == "worker" else process


def all_ready(folder: Path) -> bool:
    """Whether every process says so."""
    return all(is_ready(address) for address in addresses(folder).values())


def asked(address: str, path: str) -> str:
    with urllib.request.urlopen(f"{address}{path}", timeout=20) as answer:
        text: str = answer.read().decode()
        return text


def is_ready(address: str) -> bool:
    try:
        with urllib.request.urlopen(f"{address}/readyz", timeout=5) as answer:
            return bool(answer.status == 200)
    except OSError:  # 503 too
        return False


def assert_nothing_secret(folder: Path, said: str, *secrets: str) -> None:
    """Neither in what `up` said nor in a log."""
    password = (folder / ".shanzhi" / "postgres" / "password").read_text().strip()
    logs = {log.name: log.read_text(errors="replace") for log in (folder / ".shanzhi" / "logs").iterdir()}
    assert set(logs) >= {"worker-1.log", "gateway.log", "intake.log", "kafka.log", "postgres.log"}
    assert all(len(secret) >= 20 for secret in (password, *secrets)), "too short to look for"
    found = [
        (name, number)
        for name, text in (logs | {"said": said}).items()
        for number, secret in enumerate((password, *secrets))
        if secret in text
    ]
    assert found == []


def tended(crew: Crew) -> None:
    with crew:
        for _ in range(200):
            crew.tend()
            time.sleep(0.05)


def crew_of(folder: Path, script: str, said: list[str]) -> Crew:
    """One process that does nothing but what the script says."""
    logs = Path(tempfile.mkdtemp(dir=folder.parent))
    return Crew([Post("worker-1", (sys.executable, "-c", script), os.environ)], logs=logs, report=said.append)


def printed(what: str, remedy: str) -> str:
    """A script that fails as a command does."""
    return f"print('错误 · error: {what}'); print('  → {remedy}'); raise SystemExit(2)"


def logged(what: str, remedy: str) -> str:
    """A script that fails as a worker does."""
    words = json.dumps({"what": what, "remedy": remedy})
    return f"print({words!r}); print('{{}}'); raise SystemExit(5)"


@pytest.mark.parametrize(("script", "code"), [(printed, 2), (logged, 5)])
def test_a_process_that_says_a_person_has_to_decide_ends_up_with_its_words(
    folder: Path, script: Callable[[str, str], str], code: int
) -> None:
    crew = crew_of(folder, script("The ledger lost its tail", "Restore it."), [])
    with pytest.raises(PostFailed, match=r"worker-1: The ledger lost its tail\. Restore it\.") as failed:
        tended(crew)
    assert (failed.value.exit_code, crew.restarts) == (code, 0)


def test_a_process_that_falls_again_and_again_is_given_up_with_the_end_of_its_log(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said: list[str] = []
    monkeypatch.setattr("shanzhi.crew.FALLS_AT_MOST", 3)
    crew = crew_of(folder, "raise SystemExit('no memory left')", said)
    with pytest.raises(PostFailed, match="no memory left") as failed:
        tended(crew)
    assert (failed.value.exit_code, crew.restarts) == (1, 2)
    assert ["again in 0.5 s" in said[0], "again in 1.0 s" in said[1]] == [True, True], "later each time"


def test_a_process_that_somebody_stopped_in_good_order_is_not_started_again(folder: Path) -> None:
    said: list[str] = []
    crew = crew_of(folder, "pass", said)
    with crew:
        deadline = time.monotonic() + 20
        while not said and time.monotonic() < deadline:
            crew.tend()
            time.sleep(0.05)
        crew.tend()
        assert (crew.pids, crew.restarts, len(said)) == ([], 0, 1)


def test_a_process_is_started_again_with_a_new_master_key_and_ends_in_good_order_before(folder: Path) -> None:
    said: list[str] = []
    logs = Path(tempfile.mkdtemp(dir=folder.parent))
    keys = {"SHANZHI_MASTER_KEY": "old"}
    script = "import os, signal; print(os.environ['SHANZHI_MASTER_KEY'], flush=True); signal.sigwait([signal.SIGTERM])"
    block = "import signal; signal.pthread_sigmask(signal.SIG_BLOCK, [signal.SIGTERM]); "
    post = Post("gateway", (sys.executable, "-c", block + script), os.environ, lambda: dict(keys))
    with Crew([post], logs=logs, report=said.append) as crew:
        assert eventually(lambda: crew.log_of("gateway").read_text() == "old\n")
        keys |= {"SHANZHI_MASTER_KEY": "new", "SHANZHI_MASTER_KEY_BEFORE": "old"}
        deadline = time.monotonic() + 20
        while crew.log_of("gateway").read_text() != "old\nnew\n" and time.monotonic() < deadline:
            crew.tend()
            time.sleep(0.05)
        del keys["SHANZHI_MASTER_KEY_BEFORE"]
        for _ in range(5):
            crew.tend()
        assert crew.log_of("gateway").read_text() == "old\nnew\n"
        assert (crew.restarts, len(said), "master key" in said[0]) == (0, 1, True)


def test_servers_that_are_away_are_told_apart_from_refusals(folder: Path) -> None:
    key = (folder / ".shanzhi" / "master.key").read_text().strip()
    nowhere = "postgresql://us:hush@127.0.0.1:1/county"
    given = {"KAFKA_BOOTSTRAP": "127.0.0.1:1", "DATABASE_URL": nowhere, "SHANZHI_MASTER_KEY": key}
    done = shanzhi(folder, "publish", stdin=reported(20), **given)
    assert (done.returncode, done.stdout) == (4, "")
    assert "PostgreSQL" in done.stderr
    assert "hush" not in done.stderr


def test_a_demo_on_servers_of_its_own_counts_what_it_published_and_leaves_nothing(folder: Path) -> None:
    question = ("demo", "--once", "--days", "5", "--seed", "11", "--json")
    done = shanzhi(folder, *question, program=SHANZHI, TMPDIR=str(folder))
    figures = json.loads(done.stdout)
    assert done.returncode == 0, done.stderr
    assert figures["published"] == figures["indexed"] > 1_000
    assert figures["repeats"] == figures["planted_repeats"] > 0
    assert figures["quarantined"] == figures["planted_quarantined"] > 0
    assert (figures["gaps"], figures["live_equals_refold"], figures["differences"]) == (0, True, [])
    assert processes_of(folder) == []
    assert [path.name for path in folder.iterdir() if path.name != ".shanzhi"] == []
