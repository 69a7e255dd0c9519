"""The intake without servers: which event a record is, what is bounded, what is read all the same, when to mark."""

from __future__ import annotations

import asyncio
import gzip
import inspect
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, get_args

import cramjam
import orjson
import pytest
from aiokafka.consumer import fetcher
from aiokafka.record.default_records import DefaultRecordBatchBuilder
from cryptography.hazmat.primitives.ciphers.aead import AESSIV
from hypothesis import given
from hypothesis import strategies as st

from ledger import limits
from ledger.codec import Reason as LedgerReason
from ledger.describe import sample_event
from ledger.envelope import identity
from ledger.errors import EventRefused, OutcomeUnknown
from ledger.event import latest
from ledger.parties import Party
from ledger.refusal_rules import RULES
from ledger.sealing import seal
from ledger.submission import check, stored
from processors.desk import advice
from processors.desk.references import DeskRefused
from processors.desk.repair import changed, parse_change, sealed_in, unsealed
from processors.intake import careful, judging
from processors.intake.arrival import HEADERS_AT_MOST, MARKER, Arrival, arrival
from processors.intake.chores import RETRY_SECONDS, forgetting, watched
from processors.intake.clearing import Quiet
from processors.intake.judging import Judged, judge
from processors.intake.originals import KEPT_BYTES, is_kept, owner_of, seal_original, unseal_original
from processors.intake.reading import bearer, event_of, without_key
from tests.fixed_keys import FixedKeys
from tests.submissions import data_of

NOW = datetime(2024, 6, 1, tzinfo=UTC)
STAMP_MS = int(NOW.timestamp() * 1000)
KEY = "shz_" + "k" * 43
STRUCTURED = (("content-type", b"application/cloudevents+json; charset=UTF-8"),)
PARTY = Party("unit", "测试", (sample_event(latest["case.closed"])["source"],))

header = st.tuples(st.text(max_size=20), st.none() | st.binary(max_size=40))
records = st.builds(
    lambda value, headers: SimpleNamespace(offset=0, timestamp=STAMP_MS, value=value, headers=headers),
    st.none() | st.binary(max_size=300) | st.just(orjson.dumps(sample_event(latest["case.closed"]))),
    st.lists(header | st.sampled_from([("authorization", f"Bearer {KEY}".encode()), *STRUCTURED]), max_size=8),
)


class Publishers:
    """One key, one party."""

    def of_keys(self, secrets: Any) -> dict[str, Party]:
        return {KEY: PARTY} if KEY in secrets else {}


class Everywhere:
    """A territory without borders."""

    def outside(self, places: Any, grounds: Any) -> list[str]:
        return []


def of(value: bytes | None, *headers: tuple[str, bytes | None], offset: int = 0) -> Arrival:
    return arrival(SimpleNamespace(offset=offset, timestamp=STAMP_MS, value=value, headers=headers))


def binary(event: dict[str, Any]) -> tuple[tuple[str, bytes], ...]:
    attributes = [(f"ce_{name}", value.encode()) for name, value in event.items() if name != "data"]
    return ("content-type", b"application/json"), *attributes


def judged(*arrivals: Arrival) -> Judged:
    return judge(arrivals, Publishers(), Everywhere(), lambda: None)


@given(st.sampled_from(sorted(latest)), st.data())
def test_both_modes_say_the_same_event(type_: str, data: st.DataObject) -> None:
    event = {**sample_event(latest[type_]), "data": data.draw(data_of(latest[type_]))}
    structured = check(event_of(STRUCTURED, orjson.dumps(event)), NOW)
    assert check(event_of(binary(event), orjson.dumps(event["data"])), NOW) == structured


@given(st.lists(records, max_size=20))
def test_every_record_is_judged_and_none_raises(some: list[Any]) -> None:
    arrivals = [arrival(record)._replace(offset=number) for number, record in enumerate(some)]
    answer = judged(*arrivals)
    told = [one.arrival.offset for one in answer.sound] + [one.arrival.offset for one in answer.rejected]
    assert sorted(told) == [one.offset for one in arrivals if not one.is_marker]


def test_data_in_binary_mode_can_not_add_attributes() -> None:
    event = sample_event(latest["case.closed"])
    for value in (b'{},"source":"urn:another"', b'{}}', b'{"a":1} {}', b"["):
        with pytest.raises(EventRefused):
            check(event_of(binary(event), value), NOW)
    named = (*binary(event), ("ce_data", b"x"))
    assert check(event_of(named, orjson.dumps(event["data"])), NOW).attributes["source"] == event["source"]


@pytest.mark.parametrize(
    "headers",
    [
        (),
        (("content-type", b"text/plain"),),
        (("content-type", b"application/cloudevents-batch+json"),),
        (("content-type", b"application/cloudevents+avro"),),
        (("content-type", b"application/avro"), ("ce_specversion", b"1.0")),
        (("content-type", b"application/json"),),
    ],
)
def test_other_content_is_refused(headers: Any) -> None:
    with pytest.raises(EventRefused) as refused:
        event_of(headers, b"{}")
    assert refused.value.code == "unsupported_content_type"


def test_the_key_is_found_in_any_case_and_kept_nowhere() -> None:
    for name in ("authorization", "Authorization", "AUTHORIZATION"):
        headers = ((name, f"bearer {KEY}".encode()), ("x", b"y"))
        assert bearer(headers) == KEY
        assert without_key(headers) == (("x", b"y"),)
    assert bearer((("authorization", f"Basic {KEY}".encode()),)) is None
    cipher = AESSIV(bytes(64))
    sealed = seal_original(cipher, of(b"v", ("Authorization", f"Bearer {KEY}".encode()), ("x", b"y")), "t/0/1")
    original = unseal_original(bytes(64), sealed, "t/0/1")
    assert original is not None
    assert (original.value, original.headers) == (b"v", (("x", b"y"),))
    assert unseal_original(bytes(64), sealed, "t/0/2") is None, "a row can't pass for another"


def test_headers_without_end_are_cut_and_told() -> None:
    many = of(b"", *[("", None)] * 100_000)
    long = of(b"", ("x", bytes(1_000_000)))
    assert (many.is_cut, len(many.headers)) == (True, HEADERS_AT_MOST)
    assert (long.is_cut, long.headers) == (True, ())
    assert not of(b"", *[("", None)] * HEADERS_AT_MOST).is_cut
    big = of(bytes(limits.SUBMITTED_BYTES + 1), ("authorization", f"Bearer {KEY}".encode()))
    assert [one.reason for one in judged(big, many).rejected] == ["too_large", "no_key"]
    assert not is_kept(of(bytes(KEPT_BYTES + 1)))


def test_a_marker_is_neither_forwarded_nor_put_aside() -> None:
    assert judged(of(b"", (MARKER, b""))) == Judged()
    assert [one.reason for one in judged(of(b"x", (MARKER, b""))).rejected] == ["no_key"]


def test_a_verdict_does_not_depend_on_when_it_is_made() -> None:
    event = {**sample_event(latest["case.closed"]), "time": "2024-06-02T12:00:00Z"}
    (one,) = judged(of(orjson.dumps(event), *STRUCTURED, ("authorization", f"Bearer {KEY}".encode()))).rejected
    assert (one.reason, one.code, one.pointer) == ("refused", "time_in_future", "/time")


@pytest.mark.parametrize("broken", [{}, {"type": "case.none"}, {"time": "never"}, {"data": None}])
def test_a_verdict_is_told_to_nobody_but_the_owner_of_the_source(broken: dict[str, Any]) -> None:
    """Else anybody could have an event of somebody else answered as quarantined."""
    event = {**sample_event(latest["case.closed"]), "id": "mine", **broken}
    others = {**event, "source": "urn:somebody-else"}
    authorization = ("authorization", f"Bearer {KEY}".encode())
    answer = judged(*(of(orjson.dumps(one), *STRUCTURED, authorization) for one in (event, others)))
    named = [one.identity for one in answer.rejected]
    assert named == ([identity(PARTY.sources[0], "mine"), None] if broken else [None])


def test_reasons_follow_from_codes_that_exist_and_all_have_advice() -> None:
    assert set(judging._REASONS) <= set(RULES)
    assert set(advice.INTAKE) == set(get_args(judging.Reason))
    assert set(advice.LEDGER) == {*get_args(LedgerReason), "id_reused"}


def test_the_day_of_a_key_is_that_of_the_stamp_in_utc() -> None:
    assert owner_of(int(datetime(2024, 5, 11, 23, 59, 59, tzinfo=UTC).timestamp() * 1000)) == "quarantine/2024-05-11"


def packed(codec: int, *values: bytes, header: str = "") -> bytes:
    """A batch as a producer makes it; `header` is the name of one on the second record."""
    builder = DefaultRecordBatchBuilder(
        magic=2,
        compression_type=codec,
        is_transactional=False,
        producer_id=-1,
        producer_epoch=-1,
        base_sequence=-1,
        batch_size=2**31 - 1,
    )
    for offset, value in enumerate(values):
        headers = [(header, b"")] if header and offset == 1 else []
        assert builder.append(offset, 0, None, value, headers) is not None
    return bytes(builder.build())


@pytest.fixture
def careful_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """As in the intake's process; undone afterwards, for the other tests."""
    for name in ("gzip_decode", "lz4_decode", "zstd_decode", "snappy_decode"):
        monkeypatch.setattr(careful.codecs, name, getattr(careful.codecs, name))
    monkeypatch.setattr(fetcher, "MemoryRecords", fetcher.MemoryRecords)
    careful.read_carefully()


def read(fetched: bytes) -> list[Any]:
    records = fetcher.MemoryRecords(fetched)
    found = []
    while records.has_next():
        found += list(records.next_batch())
    return found


@pytest.mark.usefixtures("careful_reading")
@pytest.mark.parametrize("codec", [0, 1, 2, 3, 4])
def test_every_codec_is_read_and_no_bomb_goes_off(codec: int) -> None:
    assert [one.value for one in read(packed(codec, b"one", b"two"))] == [b"one", b"two"]
    large = bytes(900_000)
    assert [one.value for one in read(packed(codec, large, large))] == [large, large]
    if codec:
        (bomb,) = read(packed(codec, bytes(careful.UNPACKED_BYTES)))
        why = b"DecompressionError, offsets 0 to 0"
        assert (bomb.value, bomb.headers) == (None, [(careful.UNREADABLE, why)])
        assert arrival(bomb).is_unreadable


@pytest.mark.usefixtures("careful_reading")
def test_a_name_that_is_no_utf_8_says_which_records_it_takes_along() -> None:
    wrong = packed(0, b"0", b"1", b"2", b"3", header="name").replace(b"name", b"\xff\xfe\xff\xfe")
    first, unreadable = read(wrong)
    assert (first.value, unreadable.offset) == (b"0", 1)
    (one,) = judged(arrival(unreadable)).rejected
    assert one.detail == "its batch can't be read (UnicodeDecodeError, offsets 1 to 3)"


@pytest.mark.usefixtures("careful_reading")
def test_what_a_fetch_unpacks_to_is_bounded_and_the_rest_is_fetched_again() -> None:
    batch = packed(1, bytes(3 * 1024 * 1024))
    assert len(batch) < 10_000
    assert len(read(batch * 100)) == careful.FETCHED_BYTES // (3 * 1024 * 1024) + 1


def test_aiokafka_still_reads_by_the_names_that_are_replaced() -> None:
    assert "MemoryRecords(part_data[-1])" in inspect.getsource(fetcher)
    source = inspect.getsource(fetcher.PartitionRecords._unpack_records)
    assert "for record in next_batch" in source
    assert "self.next_fetch_offset = next_batch.next_offset" in source
    for name in ("gzip_decode", "lz4_decode", "zstd_decode", "snappy_decode"):
        assert hasattr(careful.codecs, name)
    assert cramjam.gzip.decompress_into(gzip.compress(b"x"), bytearray(1)) == 1


@given(st.lists(st.tuples(st.sampled_from(["held", "tick"]), st.floats(0, 30)), max_size=40))
def test_whatever_is_held_gets_a_marker_in_time_and_nothing_else_does(steps: list[tuple[str, float]]) -> None:
    quiet, now, last, marked = Quiet(10.0), 0.0, None, 0
    for what, seconds in [*steps, ("tick", 11.0)]:
        now += seconds
        if what == "held":
            quiet.held(3, now)
            last = now
        due = quiet.due(now)
        assert (due == {3: last}) == (last is not None and now - last >= 11.0)
        if due:
            quiet.marked(due)
            last, marked = None, marked + 1
    assert last is None or now - last < 11.0
    assert marked <= sum(what == "held" for what, _ in steps)


def test_partitions_of_another_agent_are_marked_once() -> None:
    quiet = Quiet(10.0)
    quiet.assigned([0, 1], 0.0)
    assert quiet.due(10.9) == {}
    assert quiet.due(11.0) == {0: 0.0, 1: 0.0}
    quiet.assigned([1], 20.0)
    assert quiet.due(40.0) == {1: 20.0}


def test_what_is_held_while_the_marker_is_on_its_way_gets_a_marker_of_its_own() -> None:
    quiet = Quiet(10.0)
    quiet.assigned([0, 1], 0.0)
    due = quiet.due(11.0)
    quiet.held(0, 11.5)  # it may stand behind the marker, in the segment that this one begins
    quiet.marked(due)
    assert quiet.due(23.0) == {0: 11.5}


def test_a_chore_that_can_not_go_on_ends_the_process() -> None:
    async def breaks() -> None:
        raise AssertionError("of a library")

    async def goes_on() -> None:
        await asyncio.Event().wait()

    async def scene() -> list[str]:
        failures: list[str] = []
        tasks = watched([breaks(), goes_on()], lambda error: failures.append(repr(error)))
        await asyncio.wait(tasks[:1])
        await asyncio.sleep(0)
        tasks[1].cancel()
        await asyncio.wait(tasks)
        await asyncio.sleep(0)
        return failures

    assert asyncio.run(scene()) == ["AssertionError('of a library')"], "and what is cancelled has not failed"


def test_forgetting_is_tried_again_in_a_minute_where_a_server_is_away() -> None:
    away = OutcomeUnknown("away", "again")
    answers, waits = iter(list[OutcomeUnknown | int]([away, away, 7, 0])), list[float]()

    async def forget() -> int:
        answer = next(answers)
        if isinstance(answer, OutcomeUnknown):
            raise answer
        return answer

    async def wait(seconds: float) -> None:
        waits.append(seconds)
        if len(waits) == 4:
            raise asyncio.CancelledError

    with pytest.raises(asyncio.CancelledError):
        asyncio.run(forgetting(forget, wait))
    assert waits == [RETRY_SECONDS, RETRY_SECONDS, 24 * 60 * 60, 24 * 60 * 60]


@given(st.sampled_from(sorted(latest)), st.data())
def test_an_event_unsealed_and_sealed_again_is_the_same(type_: str, data: st.DataObject) -> None:
    event = {**sample_event(latest[type_]), "data": data.draw(data_of(latest[type_]))}
    keys = FixedKeys()
    (before,) = stored([check(event, NOW)], keys)
    kept = orjson.loads(before.value)
    fields = sealed_in(kept)
    plain = unsealed(kept, fields, keys.for_owners({field.owner for field in fields}))
    assert stored([check(plain, NOW)], keys) == [before]


def test_without_its_key_a_field_can_not_be_repaired() -> None:
    event = sample_event(latest["case.discovered"])
    (before,) = stored([check(event, NOW)], FixedKeys())
    kept = orjson.loads(before.value)
    with pytest.raises(DeskRefused, match="/data/text"):
        unsealed(kept, sealed_in(kept), {})
    assert seal(bytes(64), b"x", "s", "i", "/p").startswith("sealed:1:")


def test_changes_are_made_at_their_pointers() -> None:
    event = {"id": "a", "data": {"units": [{"unit": "unit/1"}], "note": "x", "a/b": 1}}
    steps = ["/id=b", "/data/units/0/unit=unit/2", "/data/note=null", "/data/a~1b=7", "/data/new=文字", "/data/n=[1]"]
    made = changed(event, [parse_change(one) for one in steps])
    assert made == {"id": "b", "data": {"units": [{"unit": "unit/2"}], "a/b": 7, "new": "文字", "n": [1]}}
    assert event["id"] == "a", "the original is left alone"
    assert changed(event, []) == event


@pytest.mark.parametrize("text", ["", "id=x", "/id", "/=x", "=", "/a" * 20 + "=1"])
def test_what_is_no_change_is_refused(text: str) -> None:
    with pytest.raises(DeskRefused):
        parse_change(text)


@pytest.mark.parametrize("pointer", ["/data/units/7", "/id/x", "/data/none/x", "/data/units/x"])
def test_a_place_that_is_not_there_is_refused(pointer: str) -> None:
    with pytest.raises(DeskRefused):
        changed({"id": "a", "data": {"units": [1]}}, [(pointer, 1)])
