"""Replay of a real ledger: what counts and nothing else, in order of time, sealed, with what was said of it later."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from datetime import UTC, datetime
from typing import Any

import psycopg2
import pytest

from audit.replay import Wanted, replay, replay_subject, types_of
from audit.told import Replayed
from ledger.codec import Examiner, Sound
from ledger.correction import Correction
from ledger.event import types
from ledger.record import Record
from ledger.sealing import is_sealed
from ledger.topics import PARTITIONS
from projections.read import QuestionRefused
from shanzhi.cli import app
from tests.folded import Folded

Shanzhi = Callable[..., tuple[int, str, str]]
SINCE, UNTIL = datetime(2024, 3, 1, tzinfo=UTC), datetime(2024, 3, 2, tzinfo=UTC)


@pytest.fixture(scope="module")
def counted(folded: Folded) -> dict[str, Record[Any]]:
    """Every record that counts by its position, as the ledger was read when it was folded."""
    with closing(psycopg2.connect(folded.endpoints.database_url)) as connection, connection.cursor() as cursor:
        cursor.execute("select partition, ledger_offset from shanzhi.event_index")
        known = set(cursor.fetchall())
    examiner = Examiner(PARTITIONS)
    found = {}
    for batch in folded.delivered:
        for raw in batch.records:
            said = examiner.examine(raw, batch.partition)
            if isinstance(said, Sound) and said.record and (batch.partition, raw.offset) in known:
                found[f"{batch.partition}:{raw.offset}"] = said.record
    return found


@pytest.fixture
def cursor(folded: Folded) -> Iterator[Any]:
    with closing(psycopg2.connect(folded.endpoints.database_url)) as connection, connection.cursor() as cursor:
        cursor.execute(f"set search_path = {folded.generation}")
        yield cursor


def asked(folded: Folded, limit: int = 10_000, **wanted: Any) -> Replayed:
    return replay(folded.endpoints.kafka_bootstrap, folded.endpoints.database_url, Wanted(**wanted), limit)


def positions(replayed: Replayed) -> list[str]:
    return [one.position for one in replayed.told]


def test_everything_that_counts_and_nothing_else(folded: Folded, counted: dict[str, Record[Any]]) -> None:
    progress: list[tuple[int, int]] = []
    replayed = replay(
        folded.endpoints.kafka_bootstrap, folded.endpoints.database_url, Wanted(), 10_000,
        lambda done, total: progress.append((done, total)),
    )  # fmt: skip
    assert sorted(positions(replayed)) == sorted(counted)
    assert not replayed.is_cut
    assert progress[-1] == (sum(folded.written.values()),) * 2
    assert [one.time for one in replayed.told] == sorted(record.time for record in counted.values())
    for one in replayed.told:
        record = counted[one.position]
        assert (one.event["id"], one.event["subject"], one.stamp) == (record.id, record.subject, record.stamp)


def test_types_and_times_are_those_that_were_asked_for(folded: Folded, counted: dict[str, Record[Any]]) -> None:
    replayed = asked(folded, types=types_of("case"), since=SINCE, until=UNTIL)
    expected = [
        position
        for position, record in counted.items()
        if SINCE <= record.time < UNTIL and types[type(record.event)].startswith("case.")
    ]
    assert sorted(positions(replayed)) == sorted(expected)
    assert expected


def test_of_too_many_the_earliest_are_told(folded: Folded) -> None:
    wanted: dict[str, Any] = {"types": types_of("case.discovered"), "until": UNTIL}
    everything = asked(folded, **wanted)
    few, enough = asked(folded, 7, **wanted), asked(folded, len(everything.told), **wanted)
    assert positions(few) == positions(everything)[:7]
    assert (few.is_cut, enough.is_cut, enough) == (True, False, everything)


def test_a_place_is_that_of_the_event_or_of_its_entity(folded: Folded, cursor: Any) -> None:
    cursor.execute("select subject, grid from entity_case where grid is not null and handled_at is not null limit 1")
    case, grid = cursor.fetchone()
    told = asked(folded, place=grid).told
    of_case = {one.event["type"] for one in told if one.event["subject"] == case}
    assert {"case.discovered", "case.handled"} <= of_case, "handling names no place, its case does"
    subjects = {one.event["subject"] for one in told if one.event["subject"].startswith("case/")}
    cursor.execute("select subject from entity_case where place = %s or grid = %s", (grid, grid))
    assert {subject for (subject,) in cursor} <= subjects
    cursor.execute("select count(*) from shanzhi.event_index")
    assert len(told) < cursor.fetchone()[0] / 10


def test_a_stream_with_its_anomalies_and_corrections(
    folded: Folded, counted: dict[str, Record[Any]], cursor: Any
) -> None:
    corrected = {one.subject for one in counted.values() if isinstance(one.event, Correction)}
    cursor.execute("select distinct subject from anomaly where subject = any(%s)", (sorted(corrected),))
    subject = sorted(subject for (subject,) in cursor)[0]
    told = replay_subject(folded.endpoints.kafka_bootstrap, folded.endpoints.database_url, subject).told
    own = {position: record for position, record in counted.items() if record.subject == subject}
    assert {one.position for one in told} == set(own)

    marks = {(one.position, remark.by) for one in told for remark in one.remarks if remark.by}
    expected = set()
    for by, record in own.items():
        event = record.event
        if isinstance(event, Correction):
            source = getattr(event, "event_source", None) or record.source
            expected |= {
                (position, by) for position, one in own.items() if (one.source, one.id) == (source, event.event)
            }
    assert marks == expected
    assert marks
    cursor.execute("select partition, ledger_offset, reason from anomaly where subject = %s", (subject,))
    odd = {(f"{partition}:{offset}", reason) for partition, offset, reason in cursor}
    assert odd == {(one.position, mark.reason) for one in told for mark in one.remarks if mark.kind == "anomaly"}
    assert asked(folded, types=types_of(subject.partition("/")[0])).told[0] in asked(folded).told


def test_what_is_sealed_stays_sealed(folded: Folded) -> None:
    told = [one for one in asked(folded).told if one.sealed]
    assert told
    assert all(is_sealed(one.event["data"][name]) for one in told for name in one.sealed if one.event["data"][name])


@pytest.fixture
def shanzhi(folded: Folded, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Shanzhi:
    monkeypatch.setenv("DATABASE_URL", folded.endpoints.database_url)
    monkeypatch.setenv("KAFKA_BOOTSTRAP", folded.endpoints.kafka_bootstrap)

    def run(*arguments: str) -> tuple[int, str, str]:
        code = app.run(["replay", *arguments])
        return code, *capfd.readouterr()

    return run


def test_lines_and_a_timeline(folded: Folded, shanzhi: Shanzhi) -> None:
    code, out, said = shanzhi("--type", "case.discovered", "--to", "2024-03-01", "--limit", "3", "--json")
    lines = [json.loads(line) for line in out.splitlines()]
    assert (code, len(lines), {line["term"] for line in lines}) == (0, 3, {"发现"})
    assert "3" in said
    assert all(line["event"]["data"]["text"].startswith("sealed:1:") for line in lines)
    subject = lines[0]["event"]["subject"]
    code, out, _ = shanzhi(subject)
    assert (code, "发现 case.discovered" in out, "（已密封）" in out, "sealed:1:" in out) == (0, True, True, False)
    assert lines[0]["position"] in out


WRONG: Sequence[tuple[Sequence[str], str]] = (
    ((), "shanzhi replay case/7"),
    (("case/7", "--type", "case"), "shanzhi replay case/7"),
    (("--type", "case.whistle"), "case.whistled"),
    (("--from", "yesterday"), "--from：“yesterday”"),
    (("--to", "2024-02-30"), "--to：“2024-02-30”"),
    (("case/nobody",), "case/nobody"),
)


@pytest.mark.parametrize(("arguments", "said"), WRONG)
def test_a_wrong_question_is_answered_with_the_right_one(
    shanzhi: Shanzhi, arguments: Sequence[str], said: str
) -> None:
    code, out, told = shanzhi(*arguments)
    assert (code, out, said in told) == (3, "", True), told


def test_limits_hold(folded: Folded) -> None:
    with pytest.raises(QuestionRefused, match="--limit"):
        asked(folded, 0)
