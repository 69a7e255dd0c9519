"""The intake on real servers: what publishers write to Kafka is in the ledger once, or in quarantine, and gone."""

from __future__ import annotations

import gzip
import random
import re
import signal
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import closing
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
import pytest
from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType

from ledger.errors import LedgerUnsound
from ledger.parties import Party
from ledger.publishers import Register
from ledger.topics import INTAKE, ensure_intake
from ledger.vault import Vault
from processors.backlog import MERGED_RECORDS
from processors.desk.references import Reference
from processors.desk.register import Register as Desk
from processors.intake.originals import KEPT_DAYS
from processors.intake.store import IntakeQuarantine
from shanzhi.stack import Stack
from tests.intake_agent import MASTER_KEY, STRUCTURED, Agent, Scene, until
from tests.soak import IS_SOAK

GARBAGE = 200_000 if IS_SOAK else 120_000  # of each partition what three batches may hold
PERSONAL = "消防通道被占"


@pytest.fixture(scope="module")
def scene(module_stack: Stack) -> Scene:
    """Segments close after 2 s and leave the disk after 1 s; otherwise the intake is an ordinary one."""
    endpoints = module_stack.endpoints
    made = Scene(endpoints, module_stack.folder / "logs", "intake")
    admin = KafkaAdminClient(bootstrap_servers=endpoints.kafka_bootstrap)
    try:
        settings = {"segment.ms": "2000", "file.delete.delay.ms": "1000"}
        admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, INTAKE, settings)])
    finally:
        admin.close()
    return made


@pytest.fixture
def agent(scene: Scene) -> Agent:
    """One agent goes on from test to test, unless a test ends it."""
    if scene.running is None or not scene.running.is_running():
        scene.running = scene.agent()
    return scene.running


@pytest.fixture(scope="module", autouse=True)
def _ending(scene: Scene) -> Iterator[None]:
    yield
    if scene.running is not None and scene.running.is_running():
        until(lambda: scene.running and scene.running.said("ready"), 20)
        assert scene.running.end() == 0


def done(scene: Scene, agent: Agent, seconds: float = 30) -> None:
    """Everything that was sent was worked off."""
    until(lambda: not scene.left() or not agent.is_running(), seconds, agent.tail)
    assert agent.is_running(), agent.tail()


def test_both_modes_go_to_the_ledger_sealed_and_leave_the_topic(scene: Scene, agent: Agent) -> None:
    structured = [scene.structured(scene.event(number, "case.discovered")) for number in range(20)]
    binary = [scene.binary(scene.event(number, "case.discovered")) for number in range(20, 40)]
    places = scene.send([*structured, *binary])
    assert len({partition for partition, _ in places}) > 1

    done(scene, agent)

    assert scene.ids() == {f"intake-{number}": 1 for number in range(40)}
    assert PERSONAL in str(scene.event(1, "case.discovered"))
    assert PERSONAL not in str(scene.ledger())
    assert scene.quarantined(places) == [None] * 40


def test_each_reason_is_told_with_its_rule(scene: Scene, agent: Agent) -> None:
    another = Party("another", "别家", ("urn:another",), types=("case.closed",))
    others_key = Register(scene.endpoints.database_url).add(another, "unit/tests", datetime.now(UTC))
    vault = Vault(scene.endpoints.database_url, MASTER_KEY)
    vault.for_owners(["person/forgotten-7"])
    scene.query("update vault.data_key set wrapped = null, destroyed_at = now() where owner = 'person/forgotten-7'")
    sound = scene.event("sound")
    forgotten = scene.event("forgotten", "case.discovered")
    forgotten["data"] = {**forgotten["data"], "reporter": "person/forgotten-7"}
    nobodys = "shz_" + "A" * 43
    anonymous = {"value": orjson.dumps(sound), "headers": [("content-type", STRUCTURED.encode())]}
    cases: list[tuple[dict[str, Any], str, str | None]] = [
        (anonymous, "no_key", None),
        ({"value": b"\0\1\2"}, "no_key", None),
        (scene.structured(sound, nobodys), "no_key", None),
        (scene.structured(sound, "none of ours"), "no_key", None),
        (scene.structured(sound, others_key), "not_granted", "source_not_granted"),
        (
            scene.structured({**scene.event("x", "case.rated"), "source": "urn:another"}, others_key),
            "not_granted",
            "type_not_granted",
        ),
        (scene.structured(b'{"id": "cut'), "unreadable", "not_json"),
        (scene.structured(b"[1]"), "unreadable", "not_an_object"),
        (scene.structured(b"[" * 60_000), "unreadable", "nested_too_deep"),
        ({"value": b"{}", "headers": scene.authorization(None)}, "unreadable", "unsupported_content_type"),
        (scene.binary({**sound, "data": None}) | {"value": b'1},"source":"x"'}, "unreadable", "not_json"),
        (scene.structured(scene.event("late", time="2024-05-11T09:30:00")), "refused", "time_without_zone"),
        (scene.binary({**sound, "type": "case.none"}), "refused", "type_unknown"),
        (scene.structured(forgotten), "person_forgotten", "person_forgotten"),
        (scene.structured(b'"' + b"x" * 70_000 + b'"'), "too_large", None),
        (scene.structured(sound) | {"headers": [*scene.authorization(None), ("x", b"y" * 20_000)]}, "too_large", None),
        (scene.structured(sound) | {"headers": [*scene.authorization(None), *[("x", b"")] * 99]}, "too_large", None),
    ]
    places = scene.send([record for record, _, _ in cases])

    done(scene, agent)

    assert scene.quarantined(places) == [reason for _, reason, _ in cases]
    columns = "partition, record_offset, code, publisher, identity::text"
    rows = scene.query(f"select {columns} from shanzhi.intake_quarantine")
    found = {(partition, offset): rest for partition, offset, *rest in rows}
    assert [found[place][0] for place in places] == [code for _, _, code in cases]
    assert [found[place][1] for place in places] == [None] * 4 + ["another"] * 2 + ["intake"] * (len(cases) - 6)
    knows_identity = [found[place][2] is not None for place in places]
    told = ("type_not_granted", "time_without_zone", "type_unknown", "person_forgotten")
    assert knows_identity == [code in told for _, _, code in cases], "nothing is told of somebody else's source"
    assert scene.ids()["intake-sound"] == 0


def test_nothing_in_plain_and_no_key_is_left_behind(scene: Scene, agent: Agent) -> None:
    secret = "13912345678 住东门外"
    sent = [scene.structured({**scene.event("plain"), "data": {"text": secret}}), scene.structured(secret.encode())]
    (place, other) = scene.send(sent)
    done(scene, agent)

    assert scene.quarantined([place, other]) == ["refused", "unreadable"]
    tables = " ".join(map(str, scene.query("select one::text from shanzhi.intake_quarantine one")))
    log = agent.log.read_text(encoding="utf-8")
    assert place[1] >= 0 and "refused" in tables, "the search looks at something"
    for text in (secret, secret.encode().hex(), "13912345678", scene.key, scene.key.encode().hex()):
        assert text not in tables
        assert text not in log
    desk = Desk(scene.endpoints.database_url)
    kept = desk.original(desk.item(Reference("intake", *other)))
    assert kept is not None and secret.encode() not in kept.sealed


def test_a_resend_is_one_event(scene: Scene, agent: Agent) -> None:
    scene.send([scene.structured(scene.event("twice", "case.discovered"))] * 2)
    scene.send([scene.binary(scene.event("twice", "case.discovered"))])
    done(scene, agent)
    found = [event for event in scene.ledger() if event["id"] == "intake-twice"]
    assert len(found) == 3
    assert found[0] == found[1] == found[2], "the same bytes: repeats, that the index drops"


class _BadName(str):
    """A header's name that is no UTF-8, for a client that asks the text to encode itself."""

    def encode(self, *_: Any, **__: Any) -> bytes:
        return b"\xff\xfe"


def test_what_would_stop_an_ordinary_consumer_stops_nothing(scene: Scene, agent: Agent) -> None:
    good = scene.structured(scene.event("before-bad"))
    bad = {"value": b"x", "headers": [(_BadName("x"), b"")], "partition": 1}
    bomb = {"value": bytes(200 * 1024 * 1024), "partition": 2}
    assert len(gzip.compress(bytes(1024 * 1024))) < 2_000, "zeros pack a thousandfold"
    scene.send([good | {"partition": 1}])
    places = scene.send([bad])
    places += scene.send([bomb], compression_type="gzip", max_request_size=2**30)
    scene.send([scene.structured(scene.event(f"after-{number}")) | {"partition": number} for number in (1, 2)])

    done(scene, agent)

    assert scene.quarantined(places) == ["unreadable", "unreadable"]
    ids = scene.ids()
    assert [ids[f"intake-{name}"] for name in ("before-bad", "after-1", "after-2")] == [1, 1, 1]


@pytest.mark.parametrize("codec", ["gzip", "lz4"])
def test_packed_batches_are_read(scene: Scene, agent: Agent, codec: str) -> None:
    events = [scene.structured(scene.event(f"{codec}-{number}")) for number in range(500)]
    scene.send(events, compression_type=codec)
    done(scene, agent)
    assert sum(name.startswith(f"intake-{codec}-") for name in scene.ids()) == 500


def garbage(scene: Scene, number: int, chance: random.Random) -> dict[str, Any]:
    """One of seven kinds of records that are no events."""
    text = orjson.dumps(scene.event(f"garbage-{number}"))
    headers = [("content-type", STRUCTURED.encode())]
    key = "shz_" + "".join(chance.choices("abcdefghijkABCDEFGHIJK0123456789_-", k=43))
    return (
        {"value": chance.randbytes(200)},
        {"value": text[: chance.randrange(len(text))], "headers": headers},
        {"value": b"\0\0\0\0\7" + text, "headers": headers},
        {"value": text},
        {"value": text, "headers": [*headers, ("authorization", f"Bearer {key}".encode())]},
        {"value": text[: chance.randrange(len(text))], "headers": [*headers, *scene.authorization(None)]},
        {"key": b"k", "value": None},
    )[number % 7]


def test_good_events_pass_through_much_garbage(scene: Scene, agent: Agent) -> None:
    before = Counter(reason for (reason,) in scene.query("select reason from shanzhi.intake_quarantine"))
    lines_before = len(agent.said("quarantined"))
    chance = random.Random(20261123)
    places: dict[str, tuple[int, int]] = {}
    producer = scene.producer()
    for number in range(GARBAGE):
        producer.send(INTAKE, partition=number % 4, **garbage(scene, number, chance))
        if number % 1_000 == 500:
            good = scene.structured(scene.event(f"good-{number // 1_000}"))
            partition = chance.randrange(4)
            producer.send(INTAKE, partition=partition, **good)
            places[f"intake-good-{number // 1_000}"] = (partition, len(range(partition, number + 1, 4)))
    producer.close(timeout=60)

    done(scene, agent, 60)

    ids = scene.ids()
    good = {f"intake-good-{one}": 1 for one in range(GARBAGE // 1_000)}
    assert {name: ids[name] for name in ids if "good" in name} == good
    after = Counter(reason for (reason,) in scene.query("select reason from shanzhi.intake_quarantine"))
    unreadable = len(range(5, GARBAGE, 7))
    assert after - before == Counter(no_key=GARBAGE - unreadable, unreadable=unreadable)
    assert_none_was_held_back(scene, places, agent.said("quarantined")[lines_before:])


def assert_none_was_held_back(
    scene: Scene, places: Mapping[str, tuple[int, int]], quarantined: Sequence[Mapping[str, Any]]
) -> None:
    """No garbage of a later batch of the partition was put aside before a good event was in the ledger.

    `places`: the partition of each good event, and how many records of garbage stand before it there. This holds at
    any speed of the machine: a batch has `MERGED_RECORDS` at most, and the next one waits for its receipts.
    """
    done: Counter[int] = Counter()
    progress: dict[int, list[tuple[int, datetime]]] = {}
    for line in quarantined:
        done[line["partition"]] += line["records"]
        at = datetime.fromisoformat(line["timestamp"])
        progress.setdefault(line["partition"], []).append((done[line["partition"]], at))
    assert done == dict.fromkeys(range(4), GARBAGE // 4)
    stamps, compared = scene.stamps(), 0
    for id_, (partition, garbage_before) in places.items():
        later = [at for count, at in progress[partition] if count > garbage_before + MERGED_RECORDS]
        compared += bool(later)
        assert not later or stamps[id_] <= later[0], f"{id_} was held back until {stamps[id_]}"
    assert compared > len(places) // 2, "only the last batches of a partition have none behind them"


def test_an_agent_killed_in_the_middle_loses_and_doubles_nothing(scene: Scene, agent: Agent) -> None:
    before = scene.query("select count(*) from shanzhi.intake_quarantine")[0][0]
    deleted = scene.deleted()
    producer = scene.producer()
    for number in range(12_000):
        if number == 6_000:
            producer.flush()
            until(lambda: scene.deleted() > deleted, 30, agent.tail)
        elif number == 11_000:  # what comes after this is certainly left
            agent.send(signal.SIGKILL)
            assert agent.ends_within(5)
        record = scene.structured(scene.event(f"kill-{number}", subject=f"case/kill-{number % 97}"))
        producer.send(INTAKE, **(record if number % 3 else {"value": b"garbage"}))
    producer.flush()
    producer.close(timeout=10)
    assert 1_000 <= scene.left() < 12_000, "in the middle"
    agent = scene.running = scene.agent()
    done(scene, agent, 60)

    assert scene.query("select count(*) from shanzhi.intake_quarantine")[0][0] - before == 4_000
    expected = {f"intake-kill-{number}" for number in range(12_000) if number % 3}
    assert {name for name in scene.ids() if "kill" in name} == expected
    assert indexed(scene, "case/kill-%") == len(expected)


def indexed(scene: Scene, subject: str) -> int:
    """Folds the ledger as a worker does; how many events of such subjects count."""
    scene.fold()
    return int(scene.query("select count(*) from shanzhi.event_index where subject like %s", subject)[0][0])


def test_what_a_transaction_wrote_is_taken_although_it_leaves_holes(scene: Scene, agent: Agent) -> None:
    producer = scene.producer(transactional_id="tests")
    producer.init_transactions()
    for number in range(4):
        producer.begin_transaction()
        producer.send(INTAKE, partition=0, **scene.structured(scene.event(f"transaction-{number}")))
        producer.commit_transaction()
    producer.close(timeout=5)
    done(scene, agent)  # the last hole goes with a marker
    assert [scene.ids()[f"intake-transaction-{number}"] for number in range(4)] == [1] * 4


def test_what_is_done_leaves_the_disk(scene: Scene, module_stack: Stack, agent: Agent) -> None:
    text = "要从磁盘上消失的字"
    event = scene.event("disk", "case.discovered")
    event["data"] = {**event["data"], "text": text}
    scene.send([scene.structured(event)])
    assert files_with(module_stack, text), "the search finds what is there"
    done(scene, agent)
    until(lambda: not files_with(module_stack, text), 45, agent.tail)
    assert scene.ids()["intake-disk"] == 1


def files_with(stack: Stack, text: str) -> list[Path]:
    found = []
    for file in (stack.folder / "kafka" / "data").glob(f"{INTAKE}-*/*"):
        try:
            if text.encode() in file.read_bytes():
                found.append(file)
        except FileNotFoundError:  # deleted meanwhile
            continue
    return found


def test_originals_are_destroyed_after_30_days(scene: Scene, agent: Agent) -> None:
    (place,) = scene.send([{"value": b"old"}])
    done(scene, agent)
    keep = datetime.now(UTC).date() + timedelta(days=KEPT_DAYS)
    quarantine = IntakeQuarantine(scene.endpoints.database_url)
    with closing(quarantine):
        assert quarantine.forget(keep) == 0
        assert is_kept(scene, place)
        assert quarantine.forget(keep + timedelta(days=1)) > 0
        assert not is_kept(scene, place)
        assert scene.quarantined([place]) == ["no_key"], "the row stays"
        owner = f"quarantine/{date.today().isoformat()}"
        assert Vault(scene.endpoints.database_url, MASTER_KEY).existing([owner]) == {}


def is_kept(scene: Scene, place: tuple[int, int]) -> bool:
    return Desk(scene.endpoints.database_url).item(Reference("intake", *place)).is_kept


def test_servers_away_are_waited_for(scene: Scene, module_stack: Stack, agent: Agent) -> None:
    module_stack.postgres.kill()
    scene.send([scene.structured(scene.event("away")), {"value": b"away"}])
    until(lambda: agent.said("away"), 20, agent.tail)
    module_stack.postgres.start()
    done(scene, agent, 40)
    assert scene.ids()["intake-away"] == 1

    module_stack.broker.kill()
    module_stack.broker.start()
    scene.send([scene.structured(scene.event("back")), {"value": b"back"}])
    done(scene, agent, 40)  # also what the killed broker forgot to have deleted
    assert scene.ids()["intake-back"] == 1


def test_an_agent_that_can_not_keep_its_promises_ends(scene: Scene) -> None:
    """Originals that outlive their 30 days because of a table that was changed: nobody would ever hear of it."""
    scene.query("alter table vault.data_key rename column destroyed_at to renamed")
    try:
        another = scene.agent()
        assert another.ends_within(20), another.tail()
    finally:
        scene.query("alter table vault.data_key rename column renamed to destroyed_at")
    assert another.exit_code == 1
    assert another.said("failed"), another.tail()


def test_it_drains_within_5_s_in_the_middle_of_work(scene: Scene, agent: Agent) -> None:
    scene.send([{"value": b"drain"}])
    done(scene, agent)
    deleted = scene.deleted()
    producer = scene.producer()
    for number in range(20_000):
        if number == 10_000:
            producer.flush()
            until(lambda: scene.deleted() > deleted, 30, agent.tail)
        elif number == 15_000:
            agent.send(signal.SIGTERM)
        elif number == 19_000:  # what comes after this is certainly left
            assert agent.end(5) == 0
        producer.send(INTAKE, **scene.structured(scene.event(f"drain-{number}")))
    producer.close(timeout=30)
    assert 1_000 <= scene.left() < 20_000, "in the middle"
    scene.running = scene.agent()
    done(scene, scene.running, 40)
    assert sum("drain" in name for name in scene.ids()) == 20_000


def test_an_intake_that_keeps_records_for_long_is_refused(scene: Scene, agent: Agent) -> None:
    admin = KafkaAdminClient(bootstrap_servers=scene.endpoints.kafka_bootstrap)
    with closing(admin):
        for name, wrong, right in (("retention.ms", "-1", "604800000"), ("compression.type", "gzip", "producer")):
            admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, INTAKE, {name: wrong})])
            with pytest.raises(LedgerUnsound, match=re.escape(f"{INTAKE} has {name}={wrong}, not {right}")):
                ensure_intake(scene.endpoints.kafka_bootstrap)
            admin.alter_configs([ConfigResource(ConfigResourceType.TOPIC, INTAKE, {name: right})])
    ensure_intake(scene.endpoints.kafka_bootstrap)
