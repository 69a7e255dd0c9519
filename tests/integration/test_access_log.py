"""One log of who did what, whichever way they came: by page, by API, by command. Lines are only added."""

from __future__ import annotations

import json
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import psycopg2
import pytest

from ledger import access_log
from ledger.access_log import Line
from shanzhi.cli.app import run
from tests.door import Door, event_of
from tests.readers_door import account, nobody, posted, visitor

Run = Callable[..., str]


@pytest.fixture
def shanzhi(door: Door, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Run:
    """`shanzhi("export", …)` on the servers of the door; what it prints."""
    monkeypatch.setenv("SHANZHI_FOLDER", str(door.folder))

    def command(*arguments: str) -> str:
        assert run(list(arguments)) == 0
        return capfd.readouterr().out

    return command


def newest(door: Door) -> list[Line]:
    """The newest lines first."""
    with closing(psycopg2.connect(door.endpoints.database_url)) as connection, connection.cursor() as cursor:
        return access_log.lines(cursor, limit=20)


def test_logins_and_refusals_by_page(door: Door) -> None:
    name = account(door)
    with nobody(door) as client:
        posted(client, "/login", {"name": name, "password": "wrong"})
    with closing(visitor(door, "resident")) as client:
        assert client.get("/forms/case.closed").status_code == 403
        own = newest(door)
    assert [line.what for line in own[:4]] == ["refused", "login", "account_changed", "login_refused"]
    assert own[3].account == name and own[0].about == "GET /forms/case.closed"


def test_a_look_by_command_is_a_line_with_who_and_why_and_no_value(door: Door, shanzhi: Run) -> None:
    told = door.post(event_of("person.registered"), wait="5s").json()
    at = str(told["partition"]), str(told["offset"])
    before = newest(door)[0].number
    shanzhi("record", *at, "--json")
    assert newest(door)[0].number == before, "who sees masks sees nothing personal"
    out = shanzhi("record", *at, "--role", "desk", "--by", "person/li-7f3a", "--reason", "回访", "--json")
    line = newest(door)[0]
    assert (line.what, line.person, line.about) == ("unsealed", "person/li-7f3a", f"ledger/{'/'.join(at)}")
    assert (line.details["role"], line.details["reason"], line.details["plain"]) == ("desk", "回访", 2)
    plain = json.loads(out)["event"]["data"]
    assert not any(value in str(line) for value in (plain["name"], plain["phone"]))


def test_an_export_by_command_is_a_line_before_its_file_is_there(door: Door, shanzhi: Run, tmp_path: Path) -> None:
    shanzhi("export", "--all", "--csv", "--type", "case.discovered", "--to", str(tmp_path), "--json")
    line = newest(door)[0]
    assert (line.what, line.about) == ("exported", str(tmp_path))
    assert line.person is not None and line.person.startswith("os/")
    assert line.details == {"events": "all", "type": "case.discovered"}
    assert [path.suffix for path in tmp_path.iterdir()] == [".csv"]
    shown = json.loads(shanzhi("account", "log", "--what", "exported", "--json"))
    assert shown[0]["number"] == line.number


def test_lines_of_half_a_year_can_not_be_pruned(door: Door, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SHANZHI_FOLDER", str(door.folder))
    before = newest(door)[0].number
    assert run(["account", "prune", "--keep", "182d"]) == 2
    assert newest(door)[0].number == before
    assert run(["account", "prune", "--keep", "400d"]) == 0
    assert newest(door)[0].what == "log_pruned"
