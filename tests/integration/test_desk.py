"""The desk on real servers: what lies in quarantine is found, understood, repaired or dropped, and never silently."""

from __future__ import annotations

import re
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import pytest

from ledger.parties import Party
from ledger.partition import partition_of
from ledger.publishers import Register
from ledger.submission import Stored, check, stored
from ledger.topics import PARTITIONS
from ledger.vault import Vault
from ledger.writer import Writer
from processors.desk.references import DeskRefused, reference
from processors.desk.register import Register as Desk
from producers.publisher import utc_now
from shanzhi.cli.app import run
from shanzhi.stack import Stack
from tests.intake_agent import MASTER_KEY, STRUCTURED, Scene, until

WHO = ("--by", "person/desk-1", "--reason", "发布方已改正")
TEXT = "楼道灯不亮，张三 13912345678"
ORDERS = "\x1b]0;owned\x07\x1b[2J\x9b2J{"
Command = Callable[..., Any]


@pytest.fixture(scope="module")
def scene(module_stack: Stack) -> Scene:
    return Scene(module_stack.endpoints, module_stack.folder / "logs", "desk")


@pytest.fixture(scope="module")
def places(scene: Scene) -> Iterator[dict[str, str]]:
    """References of an event with a wrong field, two of strangers and one that is no JSON."""
    wrong = scene.event("wrong", "case.discovered")
    wrong["data"] = {**wrong["data"], "text": TEXT, "urgency": "soon"}
    stranger = {"value": orjson.dumps(scene.event("stranger")), "headers": [("content-type", b"application/json")]}
    forged = {"value": orjson.dumps(scene.event("forged")), "headers": [("content-type", STRUCTURED.encode())]}
    broken = scene.structured(ORDERS.encode())
    broken["headers"].append(("x", ORDERS.encode()))
    agent = scene.agent()
    found = scene.send([scene.binary(wrong), stranger, broken, forged])
    until(lambda: not scene.left(), 30, agent.tail)
    agent.end()
    names = ("wrong", "stranger", "broken", "forged")
    yield {name: f"intake/{partition}/{offset}" for name, (partition, offset) in zip(names, found, strict=True)}


@pytest.fixture
def shanzhi(scene: Scene, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> Command:
    """A command of the desk: exit code, standard output, standard error."""
    monkeypatch.setenv("KAFKA_BOOTSTRAP", scene.endpoints.kafka_bootstrap)
    monkeypatch.setenv("DATABASE_URL", scene.endpoints.database_url)
    monkeypatch.setenv("SHANZHI_MASTER_KEY", urlsafe_b64encode(MASTER_KEY).decode())
    monkeypatch.setenv("SHANZHI_LOG_FORMAT", "json")

    def command(*arguments: str) -> tuple[int, str, str]:
        code = run(["quarantine", *arguments])
        said = capsys.readouterr()
        return code, said.out, said.err

    return command


def decisions(scene: Scene, ref: str) -> list[tuple[Any, ...]]:
    one = reference(ref)
    return scene.query(
        "select decision, by, ledger_partition, ledger_offset from shanzhi.quarantine_decision "
        "where origin = %s and partition = %s and record_offset = %s order by id",
        *one,
    )


def test_the_list_shows_reasons_and_nothing_personal(scene: Scene, places: dict[str, str], shanzhi: Command) -> None:
    code, out, _ = shanzhi("list", "--json")
    rows = {row["reference"]: row for row in orjson.loads(out)}
    assert code == 0
    assert [rows[places[name]]["reason"] for name in ("wrong", "stranger", "broken")] == [
        "refused",
        "no_key",
        "unreadable",
    ]
    wrong = rows[places["wrong"]]
    assert (wrong["publisher"], wrong["code"], wrong["pointer"]) == ("desk", "value_not_allowed", "/data/urgency")
    _, out, _ = shanzhi("list", "--reason", "no_key", "--json")
    assert {row["reference"] for row in orjson.loads(out)} == {places["stranger"], places["forged"]}
    _, out, _ = shanzhi("list", "--since", "2999-01-01", "--json")
    assert orjson.loads(out) == []
    _, out, _ = shanzhi("list")
    assert places["wrong"] in out and "不符合事件目录的规定" in out


def test_showing_says_what_to_do_and_the_original_only_to_the_desk(places: dict[str, str], shanzhi: Command) -> None:
    code, out, err = shanzhi("show", places["wrong"])
    assert code == 0
    assert "retry --set" in out and "不符合事件目录的规定" in out
    assert TEXT not in out and "unsealed" not in err

    for refused in (("--role", "desk"), ("--role", "auditor", *WHO), ("--role", "nobody", *WHO)):
        code, out, err = shanzhi("show", places["wrong"], *refused)
        assert (code, TEXT in out) == (2, False)

    code, out, err = shanzhi("show", places["wrong"], "--role", "desk", *WHO, "--json")
    assert code == 0
    original = orjson.loads(out)["original"]
    assert TEXT in original["value"]
    assert original["header ce_id"] == "desk-wrong"
    assert not any("authorization" in name for name in original)
    (line,) = [orjson.loads(line) for line in err.splitlines() if "unsealed" in line]
    assert (line["by"], line["role"]) == ("person/desk-1", "desk")
    assert TEXT not in err


def test_an_original_gives_no_orders_to_the_terminal_of_who_looks(places: dict[str, str], shanzhi: Command) -> None:
    code, out, err = shanzhi("show", places["broken"], "--role", "desk", *WHO)
    assert code == 0
    assert out.count("␛]0;owned␇␛[2J\\x9b2J{") == 2, "value and header"
    assert not {"\x1b", "\x07", "\x9b"} & {*out, *err}
    _, out, _ = shanzhi("show", places["broken"], "--role", "desk", *WHO, "--json")
    assert orjson.loads(out)["original"]["value"].startswith("\x1b]0;"), "programs are told what it was"


def test_what_came_without_a_key_is_published_with_a_publishers_rights_only(
    scene: Scene, places: dict[str, str], shanzhi: Command
) -> None:
    """It says of itself whose it is: with the service's own rights a forged source would be believed."""
    ref = places["forged"]
    another = Party("desk-another", "别家", ("urn:another",))
    Register(scene.endpoints.database_url).add(another, "unit/tests", datetime.now(UTC))
    code, _, err = shanzhi("retry", ref, *WHO)
    assert (code, "--as" in err) == (2, True)
    code, _, err = shanzhi("retry", ref, "--as", "nobody", *WHO)
    assert (code, "publisher list" in err) == (2, True)
    code, _, err = shanzhi("retry", ref, "--as", "desk-another", *WHO)
    assert (code, "may not publish from this source" in err) == (3, True)
    assert (scene.ids()["desk-forged"], decisions(scene, ref)) == (0, [])
    assert shanzhi("retry", ref, "--as", "desk", *WHO)[0] == 0
    assert scene.ids()["desk-forged"] == 1
    assert "(as desk)" in shanzhi("show", ref)[1]


def test_two_can_not_decide_at_once(scene: Scene, places: dict[str, str], shanzhi: Command) -> None:
    ref = places["stranger"]
    with Desk(scene.endpoints.database_url).deciding(reference(ref)) as item:
        assert str(item.reference) == ref
        for command in (("drop", ref), ("retry", ref, "--as", "desk")):
            code, _, err = shanzhi(*command, *WHO)
            assert (code, "somebody else" in err) == (2, True)
    assert decisions(scene, ref) == []


def test_a_repaired_copy_is_published_once(scene: Scene, places: dict[str, str], shanzhi: Command) -> None:
    ref = places["wrong"]
    code, _, err = shanzhi("retry", ref, *WHO)
    assert code == 3, "as it is, the event is still refused"
    assert "urgency" in err
    assert (decisions(scene, ref), scene.ids()["desk-wrong"]) == ([], 0)
    assert shanzhi("retry", ref, "--set", "/data/urgency=urgent")[0] == 2, "nobody said who and why"

    code, out, err = shanzhi("retry", ref, "--set", "/data/urgency=urgent", *WHO, "--json")
    assert code == 0, err
    receipt = orjson.loads(out)
    assert decisions(scene, ref) == [("retried", "person/desk-1", receipt["partition"], receipt["offset"])]
    assert scene.ids()["desk-wrong"] == 1
    assert TEXT not in str(scene.ledger()), "sealed as by every way in"

    code, _, err = shanzhi("retry", ref, "--set", "/data/urgency=urgent", *WHO)
    assert code == 2 and "--again" in err
    assert shanzhi("retry", ref, "--set", "/data/urgency=urgent", *WHO, "--again")[0] == 0
    copies = [event for event in scene.ledger() if event["id"] == "desk-wrong"]
    assert len(copies) == 2 and copies[0] == copies[1], "the same bytes: a repeat"
    _, out, _ = shanzhi("list", "--open", "--json")
    assert ref not in [row["reference"] for row in orjson.loads(out)]


def test_what_can_not_be_changed_in_place_takes_a_file(
    scene: Scene, places: dict[str, str], shanzhi: Command, tmp_path: Path
) -> None:
    code, _, err = shanzhi("retry", places["broken"], "--set", "/id=x", *WHO)
    assert code == 2 and "--file" in err
    file = tmp_path / "repaired.json"
    file.write_bytes(orjson.dumps(scene.event("repaired")))
    assert shanzhi("retry", places["broken"], "--file", str(file), *WHO)[0] == 0
    assert scene.ids()["desk-repaired"] == 1


def test_dropping_destroys_the_original_and_keeps_the_row(
    scene: Scene, places: dict[str, str], shanzhi: Command
) -> None:
    ref = places["stranger"]
    kept = "select sealed is not null from shanzhi.intake_quarantine where partition = %s and record_offset = %s"
    assert scene.query(kept, *reference(ref)[1:]) == [(True,)]
    assert shanzhi("drop", ref, *WHO)[0] == 0
    assert scene.query(kept, *reference(ref)[1:]) == [(False,)]
    assert decisions(scene, ref) == [("dropped", "person/desk-1", None, None)]
    code, _, err = shanzhi("show", ref, "--role", "desk", *WHO)
    assert code == 2 and "gone" in err


def test_a_sealed_record_of_the_ledger_is_repaired_too(scene: Scene, shanzhi: Command) -> None:
    vault = Vault(scene.endpoints.database_url, MASTER_KEY)
    event = scene.event("misplaced", "case.discovered", subject="case/misplaced-1")
    event["data"] = {**event["data"], "text": TEXT}
    other = {**event, "id": "desk-reused", "subject": "case/misplaced-1"}
    (sealed, first, second) = stored(
        [check(one, utc_now()) for one in (event, other, {**other, "time": "2024-05-12T00:00:00Z"})], vault
    )
    wrong = (partition_of(sealed.key, PARTITIONS) + 1) % PARTITIONS
    with Writer(scene.endpoints.kafka_bootstrap) as writer:
        receipt = writer.send_raw(sealed, sealed.key, sealed.value, wrong).receipt()
        writer.send(first).receipt()
        reused = writer.send(second).receipt()
    assert isinstance(sealed, Stored)
    scene.fold()
    ref = f"ledger/{receipt.partition}/{receipt.offset}"

    _, out, _ = shanzhi("list", "--reason", "partition_mismatch", "--json")
    assert ref in [row["reference"] for row in orjson.loads(out)]
    assert TEXT not in shanzhi("show", ref, "--role", "desk", *WHO)[1], "the ledger holds it sealed"
    code, out, err = shanzhi("retry", ref, *WHO, "--json")
    assert code == 0, err
    assert any("person/zhao-9b1e" in line for line in err.splitlines() if "unsealed" in line)
    values = [one for one in scene.ledger() if one["id"] == "desk-misplaced"]
    assert len(values) == 2 and values[0] == values[1], "unsealed and sealed again: the same bytes"

    rows = scene.query(
        "select identity is not null from shanzhi.quarantine where partition = %s and ledger_offset = %s",
        reused.partition,
        reused.offset,
    )
    assert rows == [(True,)], "whose id was used again is known"
    ref = f"ledger/{reused.partition}/{reused.offset}"
    for again in ((), ("--set", "/time=2024-05-13T00:00:00Z")):
        code, _, err = shanzhi("retry", ref, *again, *WHO)
        assert (code, "--set /id=" in err) == (2, True), "it would land here again"
    assert decisions(scene, ref) == []
    code, out, err = shanzhi("retry", ref, "--set", "/id=desk-other", *WHO, "--json")
    assert code == 0, err
    assert scene.ids()["desk-other"] == 1


@pytest.mark.parametrize("text", ["", "7/1", "ledger/x/1", "ledger/1", "intake/0/99/1", "intake/0/-1", "ledger/0/1\n"])
def test_what_is_no_reference_is_refused(text: str, shanzhi: Command) -> None:
    with pytest.raises(DeskRefused, match=re.escape("shanzhi quarantine list")):
        reference(text)
    assert shanzhi("show", text)[0] == 2


def test_what_is_not_in_quarantine_is_said(shanzhi: Command) -> None:
    code, _, err = shanzhi("show", "ledger/0/999999")
    assert (code, "not in quarantine" in err) == (2, True)
