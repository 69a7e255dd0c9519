"""The command line without servers: what it prints where, exit codes, errors that name the next step."""

from __future__ import annotations

import json
import logging
import os
import subprocess
import sys
import unicodedata
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import pytest
import structlog

from ledger.errors import EventRefused, ShanzhiError
from ledger.event import latest
from ledger.submission import check
from shanzhi.cli import app, describe, output
from shanzhi.cli.up import place_of
from shanzhi.logging import configure

ROOT = Path(__file__).resolve().parents[2]
NOW = datetime(2024, 6, 1, tzinfo=UTC)
COMMANDS = (
    *("up", "worker", "gateway", "intake", "publish", "publisher", "quarantine", "simulate", "describe", "contract"),
    *("show", "record", "vault", "environment", "demo", "bench"),
)


class Said(NamedTuple):
    """What one command line did."""

    code: int
    out: str
    err: str


@pytest.fixture(autouse=True)
def alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """No servers, settings or logging of anybody else; afterwards logging is as it was."""
    for variable in list(os.environ):
        if variable.startswith(("SHANZHI_", "KAFKA_")) and variable != "SHANZHI_TEST_SESSION":
            monkeypatch.delenv(variable)
    monkeypatch.delenv("DATABASE_URL", raising=False)
    monkeypatch.chdir(tmp_path)
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


@pytest.fixture
def shanzhi(capfd: pytest.CaptureFixture[str]) -> Run:
    return Run(capfd)


class Run:
    """`shanzhi("describe", "--json")` in this process."""

    def __init__(self, capfd: pytest.CaptureFixture[str]) -> None:
        self._capfd = capfd

    def __call__(self, *arguments: str) -> Said:
        code = app.run(list(arguments))
        out, err = self._capfd.readouterr()
        return Said(code, out, err)


def test_help_names_every_command_and_every_exit_code(shanzhi: Run) -> None:
    said = shanzhi("--help")
    assert said.code == 0
    assert all(command in said.out for command in COMMANDS)
    for line in (app.__doc__ or "").splitlines():
        if line.startswith("| ") and line[2].isdigit():
            assert line.split("|")[1].strip() in said.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_has_help(shanzhi: Run, command: str) -> None:
    said = shanzhi(command, "--help")
    assert (said.code, said.err) == (0, "")
    assert f"shanzhi {command}" in said.out


def test_describe_lists_every_type_as_json_and_nothing_else(shanzhi: Run) -> None:
    said = shanzhi("describe", "--json")
    assert (said.code, said.err) == (0, "")
    assert sorted(row["type"] for row in json.loads(said.out)) == sorted(latest)


def test_describe_explains_a_type_with_its_fields_and_a_sample(shanzhi: Run) -> None:
    said = shanzhi("describe", "case.rated")
    assert said.code == 0
    assert all(word in said.out for word in ("评价", "satisfaction", "dissatisfied", '"specversion"'))
    assert json.loads(shanzhi("describe", "case.rated", "--json").out)["type"] == "case.rated"


def test_every_printed_sample_is_one_line_that_can_be_published(
    shanzhi: Run, capfd: pytest.CaptureFixture[str]
) -> None:
    by_command = shanzhi("describe", "case.rated", "--sample").out
    for type_ in latest:
        describe.describe(type_, sample=True)  # as the command does; making all commands anew takes 50 ms each time
        printed = capfd.readouterr().out
        assert printed.count("\n") == 1
        assert check(printed.encode(), NOW).kind.type == type_
        assert type_ != "case.rated" or printed == by_command


@pytest.mark.parametrize("foreign", ["\x1b]0;owned\x07", "\x1b[2J", "\x9b2J", "a\rb", "\x7f", "\u202egnp.exe"])
def test_no_foreign_text_reaches_the_terminal_as_a_command_to_it(
    foreign: str, capfd: pytest.CaptureFixture[str]
) -> None:
    output.results.print(output.table(f"title {foreign}", ("column", foreign), [("before", f"{foreign} after")]))
    output.say(f"{foreign} said")
    output.say_error(ShanzhiError(f"{foreign} what", f"{foreign} remedy"))
    output.say_refusal(EventRefused("c", f"/{foreign}", foreign, foreign, foreign, foreign, foreign))
    output.print_json({"text": foreign})
    out, err = capfd.readouterr()
    assert "before" in out and "after" in out and "said" in err and "remedy" in err
    orders = [one for one in out + err if unicodedata.category(one) in ("Cc", "Cf") and one != "\n"]
    assert orders == []
    assert json.loads(out.splitlines()[-1]) == {"text": foreign}, "programs are told what it was"


def test_what_is_harmless_is_shown_as_it_is() -> None:
    assert output.visible("一行\n\t两行 [bold] 👩‍🌾") == "一行\n\t两行 [bold] 👩‍🌾"
    assert output.visible("\x1b[2J\x07\x9b") == "␛[2J␇\\x9b"


def test_an_unknown_type_is_refused_with_the_nearest_name(shanzhi: Run) -> None:
    said = shanzhi("describe", "case.whisteld", "--json")
    assert (said.code, said.out) == (3, "")
    assert "Did you mean case.whistled?" in said.err


def test_an_unknown_scenario_is_refused_with_the_list(shanzhi: Run) -> None:
    said = shanzhi("demo", "--once", "--scenario", "moon", "--json")
    assert (said.code, said.out) == (2, "")
    assert "moon" in said.err
    assert "county" in said.err


@pytest.mark.parametrize("arguments", [("nothing",), ("bench", "live", "--events", "1"), ("simulate", "--seed", "x")])
def test_wrong_usage_is_told_apart_from_failure(shanzhi: Run, arguments: tuple[str, ...]) -> None:
    said = shanzhi(*arguments)
    assert (said.code, said.out) == (2, "")
    assert "Usage" in said.err


def test_a_simulation_that_reaches_into_the_future_is_refused(shanzhi: Run) -> None:
    said = shanzhi("simulate", "--days", "3650", "--start", "2024-03-01")
    assert said.code == 2
    assert "--start" in said.err


def test_a_dry_run_prints_the_same_events_each_time(shanzhi: Run) -> None:
    said = shanzhi("simulate", "--days", "1", "--seed", "3", "--dry-run")
    lines = said.out.splitlines()
    assert said.code == 0
    assert len(lines) > 100
    assert all(check(line.encode(), NOW) for line in lines[:50])
    assert shanzhi("simulate", "--days", "1", "--seed", "3", "--dry-run").out == said.out


@pytest.mark.parametrize(
    "arguments", [("show", "cases", "--json"), ("simulate",), ("publish",), ("worker",), ("environment",)]
)
def test_without_servers_the_error_says_how_to_start_them(shanzhi: Run, arguments: tuple[str, ...]) -> None:
    said = shanzhi(*arguments)
    assert (said.code, said.out) == (10, "")
    assert "shanzhi up" in said.err
    assert not (Path.cwd() / ".shanzhi").exists(), "asking makes no folder"


def test_a_database_that_is_away_is_told_with_its_remedy(shanzhi: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://us:hush@127.0.0.1:1/county")
    said = shanzhi("show", "grids", "--json")
    assert (said.code, said.out) == (4, "")
    assert "PostgreSQL" in said.err
    assert "DATABASE_URL" in said.err
    assert "hush" not in said.err


def test_a_given_database_without_a_key_locks_the_vault(shanzhi: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://us@127.0.0.1:1/county")
    monkeypatch.setenv("KAFKA_BOOTSTRAP", "127.0.0.1:1")
    said = shanzhi("publish")
    assert said.code == 6
    assert "base64" in said.err


def test_the_environment_is_printed_so_that_a_shell_takes_it(shanzhi: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    given = {
        "KAFKA_BOOTSTRAP": "kafka.example:9092",
        "DATABASE_URL": "postgresql://us:hu'sh$HOME@db.example/county?sslmode=require&connect_timeout=3",
        "SHANZHI_MASTER_KEY": "-_" * 42 + "-w==",
        "SHANZHI_SEAL_KEY": "-_" * 21 + "w=",
    }
    for variable, value in given.items():
        monkeypatch.setenv(variable, value)
    said = shanzhi("environment")
    assert (said.code, said.err) == (0, "")
    names = " ".join(f'"${name}"' for name in given)
    script = f"{said.out}printf '%s\\n' {names}"
    taken = subprocess.run(["bash", "-c", script], env={}, capture_output=True, text=True, check=True)
    assert taken.stdout.splitlines() == list(given.values())


@pytest.mark.parametrize(
    ("database_url", "shown"),
    [
        ("postgresql://us:hush@db.example:5432/county", "db.example:5432/county"),
        ("postgresql://us:hu?sh@db.example/county", "db.example/county"),
        ("postgres://us@db.example/county?password=hush", "db.example/county"),
        ("postgres://db.example/county?password=hu@sh/hush", "db.example/county"),
        ("postgresql://db.example:5432?user=us&password=hush", "db.example:5432"),
        ("postgresql://?host=/run/hush&password=hush", "DATABASE_URL"),
        ("postgresql:///county?host=/run/hush", "county"),
    ],
)
def test_an_address_is_shown_without_its_secrets(database_url: str, shown: str) -> None:
    assert place_of(database_url) == shown


def test_a_nonsensical_setting_names_its_variable(shanzhi: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("KAFKA_PORT", "99999999")
    said = shanzhi("describe")
    assert (said.code, said.out) == (2, "")
    assert "KAFKA_PORT" in said.err


def test_an_error_of_ours_is_one_line_and_a_log(shanzhi: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def broken() -> None:
        raise ZeroDivisionError("a bug\nwith a second line")

    monkeypatch.setattr(describe, "all_types", broken)
    said = shanzhi("describe", "--json")
    assert (said.code, said.out) == (1, "")
    assert "ZeroDivisionError: a bug" in said.err
    assert "Traceback" not in said.err
    log = next(Path(word) for word in said.err.replace(";", " ").split() if word.endswith(".log"))
    assert "Traceback" in log.read_text()
    log.unlink()


def test_ctrl_c_is_quiet(shanzhi: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted() -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(describe, "all_types", interrupted)
    assert shanzhi("describe") == Said(130, "", "")


def test_a_reader_that_leaves_is_no_error() -> None:
    command = f"{sys.executable} -m shanzhi simulate --days 30 --dry-run | head -n 1"
    done = subprocess.run(
        ["bash", "-c", command],
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.count("\n") == 1
    assert done.stderr == ""


def test_logs_are_one_json_line_an_event_and_chatty_libraries_are_held_back(
    capfd: pytest.CaptureFixture[str],
) -> None:
    configure("info", "json")
    structlog.get_logger("shanzhi.test").warning("quarantined", partition=3)
    logging.getLogger("kafka.conn").error("connect failed")
    logging.getLogger("faust.worker").info("a banner")
    logging.getLogger("aiokafka").critical("told, since it is fatal")
    try:
        raise ValueError("inside")
    except ValueError:
        structlog.get_logger("shanzhi.test").exception("stopped")
    out, err = capfd.readouterr()
    lines = [json.loads(line) for line in err.splitlines()]
    assert out == ""
    assert [line["event"] for line in lines] == ["quarantined", "told, since it is fatal", "stopped"]
    assert (lines[0]["partition"], lines[0]["level"], lines[0]["logger"]) == (3, "warning", "shanzhi.test")
    assert "ValueError: inside" in lines[2]["exception"]
