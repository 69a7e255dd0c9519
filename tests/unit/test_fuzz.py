"""Whatever arrives: an answer of ours and no other error, in time, telling nobody's words; what is taken is kept."""

from __future__ import annotations

import io
from types import SimpleNamespace
from typing import Any, cast, get_args

import msgspec
import orjson
import pytest

from ledger import limits
from ledger.codec import EPOCH, Examiner, Reason, Sound, Verdict
from ledger.errors import EventRefused
from ledger.event import latest, types
from ledger.parties import Party
from ledger.partition import partition_of
from ledger.record import StoredRecord
from ledger.refusal_rules import RULES
from ledger.submission import Submission, check, stored
from ledger.writer import Receipt
from processors.desk.repair import sealed_in, unsealed
from processors.intake.arrival import arrival
from processors.intake.judging import Judged, judge
from processors.intake.judging import Reason as IntakeReason
from producers.lines import AnswersInOrder, RefusedLine, publish_lines
from tests.fixed_keys import FixedKeys
from tests.fuzzing import NOBODYS, Program, fuzz, fuzz_together, in_ledger, submitted
from tests.mistakes import personal_of
from tests.strategies import PARTITIONS
from tests.unit.test_mistakes import NOW, is_told_in_both_languages, said

KEY = "shz_" + "k" * 43
KEYS = FixedKeys()
OUR_WORDS = " ".join([NOBODYS, *(part for rule in RULES.values() for part in rule)])
STAMP_MS = int((NOW - EPOCH).total_seconds() * 1000)
PARTY = Party("fuzz", "测试", (submitted()[0]["source"],))
STRUCTURED = ("content-type", b"application/cloudevents+json; charset=UTF-8")
AUTHORIZATION = ("authorization", f"Bearer {KEY}".encode())


def keeps_quiet(told: str, text: bytes) -> None:
    """Nothing of what the input tells of somebody is in what is told of it; examples of ours are of nobody."""
    for secret in personal_of(text):
        assert secret not in told or secret in OUR_WORDS, f"{secret!r} is told: {told}"


def subject_of(text: bytes) -> bytes:
    """As far as it can be read."""
    try:
        return str(orjson.loads(text)["subject"]).encode()
    except (ValueError, KeyError, TypeError):
        return b"case/1"


# The decoder --------------------------------------------------------------------------------------


def test_the_decoder_takes_any_bytes() -> None:
    fuzz(6_000, in_ledger, decoded)


def decoded(text: bytes, program: Program) -> None:
    """A verdict, or what can be written and read again."""
    key, examiner = subject_of(text), Examiner(PARTITIONS)
    partition = partition_of(key, PARTITIONS)
    odd: dict[int, dict[str, Any]] = {
        1: {"key": None}, 2: {"key": b"\xff"}, 3: {"value": None}, 4: {"timestamp": -1}, 5: {"timestamp": 2**62},
    }  # fmt: skip
    raw = StoredRecord(7, STAMP_MS, key, text)._replace(**odd.get(program[-1] % 64, {}))
    answer = examiner.examine(raw, partition)
    if isinstance(answer, Verdict):
        assert answer.reason in get_args(Reason)
        assert len(answer.detail) <= 300
        keeps_quiet(answer.detail, text)
        return
    assert examiner.counted(raw, partition) == answer.record
    again = examiner.examine(raw._replace(value=orjson.dumps(orjson.loads(text))), partition)
    assert isinstance(again, Sound)
    assert (again.identity, again.subject, again.record) == (answer.identity, answer.subject, answer.record)
    if answer.record is not None:
        event = answer.record.event
        assert latest[types[type(event)]].decoder.decode(msgspec.json.encode(event)) == event


# Submissions --------------------------------------------------------------------------------------


def test_the_checks_of_a_submission_take_any_bytes() -> None:
    fuzz(4_000, submitted, checked)


def checked(text: bytes, _: Program) -> None:
    """Refused in both languages, or sealed so that it opens to the same."""
    try:
        submission = check(text, NOW)
        (before,) = stored([submission], KEYS)
    except EventRefused as refusal:
        refused(refusal, text)
        return
    raw = StoredRecord(0, STAMP_MS + 24 * 3_600_000, before.key, before.value)
    answer = Examiner(1).examine(raw, 0)
    assert isinstance(answer, Sound) and answer.record is not None, answer
    assert (answer.record.id, answer.record.source) == (before.id, before.source)
    keeps_quiet_in_the_ledger(submission, before.value)
    kept = orjson.loads(before.value)
    fields = sealed_in(kept)
    plain = unsealed(kept, fields, KEYS.for_owners({field.owner for field in fields}))
    assert stored([check(plain, NOW)], KEYS) == [before]


def refused(refusal: EventRefused, text: bytes) -> None:
    """By one of our rules, in both languages, and without anybody's words."""
    assert refusal.code in RULES
    assert is_told_in_both_languages(refusal)
    keeps_quiet(said(refusal), text)


def keeps_quiet_in_the_ledger(submission: Submission, value: bytes) -> None:
    """No personal field is in it as it was given."""
    data = orjson.loads(value)["data"]
    for field in submission.kind.personal:
        if getattr(submission.data, field.name) is not None:
            assert str(data[submission.kind.wire_names[field.name]]).startswith("sealed:")


# The intake ---------------------------------------------------------------------------------------


class Publishers:
    """One key, one party."""

    def of_keys(self, secrets: Any) -> dict[str, Party]:
        return {KEY: PARTY} if KEY in secrets else {}


class Everywhere:
    """A territory without borders."""

    def outside(self, places: Any, grounds: Any) -> list[str]:
        return []


def test_the_intake_judges_any_record() -> None:
    fuzz(3_000, submitted, judged)


def judged(text: bytes, program: Program) -> None:
    """Sound as a submission of the same bytes is, or put aside with a reason of ours."""
    headers, value = [STRUCTURED, AUTHORIZATION], text
    mode = program[-1] % 8
    if mode == 1:
        headers, value = binary(text)
    elif mode == 2:
        headers = [(text[:20].decode("latin-1"), text[20:60]), AUTHORIZATION]
    elif mode == 3:
        headers = [STRUCTURED, ("Authorization", b"Bearer " + text[:60])]
    one = arrival(SimpleNamespace(offset=3, timestamp=STAMP_MS, value=value, headers=headers))
    answer: Judged = judge([one], Publishers(), Everywhere(), lambda: None)
    assert len(answer.sound) + len(answer.rejected) == 1
    for row in answer.rejected:
        assert row.reason in get_args(IntakeReason)
        keeps_quiet(f"{row.detail} {row.pointer} {row.code}", text)
    for sound in answer.sound:
        assert mode == 1 or sound.submission == check(text, NOW)
        assert len(stored([sound.submission], KEYS)) == 1


def binary(text: bytes) -> tuple[list[tuple[str, bytes]], bytes]:
    """Its attributes as headers, its data as the value, as far as it has some."""
    try:
        event = dict(orjson.loads(text))
    except (ValueError, TypeError):
        return [("ce_specversion", text[:40]), AUTHORIZATION], text
    data = orjson.dumps(event.pop("data", None))
    attributes = [(f"ce_{name}", str(value).encode()) for name, value in event.items()]
    return [("content-type", b"application/json"), AUTHORIZATION, *attributes], data


# JSON lines ---------------------------------------------------------------------------------------


class Checking:
    """A publisher that checks and writes nothing."""

    def publish_all(self, events: Any) -> Any:
        for number, event in enumerate(events):
            try:
                if isinstance(event, EventRefused):
                    raise event
                if event is not None:
                    check(event, NOW)
                    yield Receipt("id", "source", 0, number)
            except EventRefused as refusal:
                yield refusal


def test_json_lines_may_hold_any_bytes() -> None:
    fuzz_together(2_500, submitted, published)


def published(texts: list[bytes], programs: list[Program]) -> None:
    """Every line that is not blank has its answer, under its number; so has one that is too long to be looked at."""
    ends = [(b"\n", b"\r\n", b"\n\n", b"\n", b"")[program[-1] % 5] for program in programs]
    content = b"".join(text + end for text, end in zip(texts, ends, strict=True))
    refusals: list[RefusedLine] = []
    counts = publish_lines(io.BytesIO(content), cast(AnswersInOrder, Checking()), refusals.append)
    lines = content.removeprefix(b"\xef\xbb\xbf").split(b"\n")
    assert sum(counts) == sum(bool(line.strip()) or len(line) > limits.SUBMITTED_BYTES for line in lines)
    assert len(refusals) == counts.refused
    for one in refusals:
        refused(one.refusal, lines[one.line - 1])


@pytest.mark.parametrize("law", [decoded, checked, judged])
def test_a_law_is_broken_by_what_is_none_of_our_errors(law: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """Else a fuzz would hold nothing: it says which input it was, shrunk to no change at all."""

    def broken(*_: Any) -> Any:
        raise KeyError("somebody's words")

    for where in ("ledger.codec._decode_envelope", "tests.unit.test_fuzz.check", "processors.intake.judging.check"):
        monkeypatch.setattr(where, broken)
    with pytest.raises(AssertionError, match=r"KeyError.*\n0{28} makes b'{\"specversion"):
        fuzz(50, submitted, law)
