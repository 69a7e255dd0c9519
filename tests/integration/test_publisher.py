"""The publisher on a real Kafka and PostgreSQL: what it calls published is there, whoever is killed."""

from __future__ import annotations

import io
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import orjson
import psycopg2
import pytest
from kafka import KafkaConsumer, TopicPartition

from ledger.codec import Examiner, Sound
from ledger.describe import sample_event
from ledger.errors import EventRefused, OutcomeUnknown, PersonForgotten, StoreUnsound, VaultLocked
from ledger.event import latest
from ledger.record import StoredRecord
from ledger.refusal import refusal
from ledger.topics import LEDGER, PARTITIONS, ensure_ledger
from ledger.vault import Vault
from producers import Publisher, Receipt
from producers.lines import LinesUnknown, publish_lines
from projections.store.migrate import migrate
from shanzhi.stack import Endpoints, Stack
from tests.fixed_keys import FixedKeys

MASTER_KEY = bytes(range(64))
NOW = datetime(2024, 6, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def stack() -> Iterator[Stack]:
    folder = Path(tempfile.mkdtemp(prefix="shanzhi-publisher-"))
    with Stack(folder) as started:
        ensure_ledger(started.endpoints.kafka_bootstrap)
        migrate(started.endpoints.database_url)
        yield started
    shutil.rmtree(folder)


@pytest.fixture
def endpoints(stack: Stack) -> Endpoints:
    if not stack.postgres.is_running():
        stack.postgres.start()
    if not stack.broker.is_running():
        stack.broker.start()
    return stack.endpoints


@pytest.fixture
def vault(endpoints: Endpoints) -> Vault:
    return Vault(endpoints.database_url, MASTER_KEY)


def event(name: str, number: int, type_: str = "case.closed") -> dict[str, Any]:
    subject = f"case/{name}-{number % 40}"
    return sample_event(latest[type_]) | {"id": f"{name}-{number}", "subject": subject}


def ledger_of(bootstrap: str) -> dict[tuple[int, int], StoredRecord]:
    """Everything in the ledger by partition and offset, read by a client that is not ours."""
    consumer = KafkaConsumer(bootstrap_servers=bootstrap, group_id=None, enable_auto_commit=False)
    try:
        partitions = [TopicPartition(LEDGER, number) for number in range(PARTITIONS)]
        consumer.assign(partitions)
        ends = consumer.end_offsets(partitions)
        consumer.seek_to_beginning(*partitions)
        found = {}
        deadline = time.monotonic() + 30
        while any(consumer.position(partition) < ends[partition] for partition in partitions):
            assert time.monotonic() < deadline, "the ledger can't be read to its end"
            for partition, records in consumer.poll(timeout_ms=500).items():
                for one in records:
                    kept = StoredRecord(one.offset, one.timestamp, one.key, one.value)
                    found[(partition.partition, one.offset)] = kept
        return found
    finally:
        consumer.close()


def ids_of(bootstrap: str, name: str) -> list[str]:
    ids = [orjson.loads(one.value or b"")["id"] for one in ledger_of(bootstrap).values()]
    return [id_ for id_ in ids if id_.startswith(f"{name}-")]


def test_a_receipt_says_where_the_event_stands(endpoints: Endpoints, vault: Vault) -> None:
    with Publisher(endpoints.kafka_bootstrap, vault) as publisher:
        events = [
            event("receipt", number, type_)
            for number, type_ in enumerate(["case.discovered", "case.closed"] * 5)
        ]
        receipts = [publisher.publish(one) for one in events[:5]]
        receipts += [publisher.publish(orjson.dumps(one)) for one in events[5:]]

    found = ledger_of(endpoints.kafka_bootstrap)

    for one, receipt in zip(events, receipts, strict=True):
        raw = found[(receipt.partition, receipt.offset)]
        assert (receipt.id, receipt.source) == (one["id"], one["source"])
        sound = Examiner(PARTITIONS).examine(raw, receipt.partition)
        assert isinstance(sound, Sound), sound
        assert sound.record is not None
        assert (sound.record.id, sound.subject) == (one["id"], one["subject"])
        assert abs(raw.timestamp / 1000 - time.time()) < 60  # the broker's stamp, not the event's time


def test_a_repeat_gets_its_own_record_with_the_same_bytes(endpoints: Endpoints, vault: Vault) -> None:
    one = event("repeat", 1, "case.discovered")
    with Publisher(endpoints.kafka_bootstrap, vault) as publisher:
        first, second = publisher.publish(one), publisher.publish(one)
    with Publisher(endpoints.kafka_bootstrap, Vault(endpoints.database_url, MASTER_KEY)) as another:
        third = another.publish(one)

    found = ledger_of(endpoints.kafka_bootstrap)

    assert len({first, second, third}) == 3
    assert len({found[(receipt.partition, receipt.offset)].value for receipt in (first, second, third)}) == 1


@pytest.mark.parametrize("window", [1, 7, 2_000])
def test_answers_come_in_the_order_given(endpoints: Endpoints, vault: Vault, window: int) -> None:
    name = f"order{window}"
    events: list[Any] = [event(name, number, "case.replied") for number in range(450)]
    events[3] = b"nonsense"
    events[100] = events[100] | {"type": "case.unknown"}
    events[200] = refusal("nul_character", "/given", "value")
    with Publisher(endpoints.kafka_bootstrap, vault) as publisher:
        answers = list(publisher.publish_all(events, window=window))

    assert len(answers) == 450
    refused = {number for number, answer in enumerate(answers) if isinstance(answer, EventRefused)}
    assert refused == {3, 100, 200}
    assert answers[200] is events[200]
    assert [one.id for one in answers if isinstance(one, Receipt)] == [
        f"{name}-{number}" for number in range(450) if number not in refused
    ]
    by_subject: dict[str, list[int]] = {}
    for _, one in sorted(ledger_of(endpoints.kafka_bootstrap).items()):
        envelope = orjson.loads(one.value or b"")
        if envelope["id"].startswith(f"{name}-"):
            by_subject.setdefault(envelope["subject"], []).append(int(envelope["id"].rpartition("-")[2]))
    assert sum(map(len, by_subject.values())) == 447
    assert all(numbers == sorted(numbers) for numbers in by_subject.values())


@pytest.mark.parametrize("window", [1, 30, 2_000])
def test_no_more_than_the_window_is_on_its_way(endpoints: Endpoints, vault: Vault, window: int) -> None:
    taken = answered = most = 0

    def events() -> Iterator[dict[str, Any]]:
        nonlocal taken, most
        for number in range(3 * window):
            taken += 1
            most = max(most, taken - answered)
            yield event(f"window{window}", number)

    with Publisher(endpoints.kafka_bootstrap, vault) as publisher:
        for _ in publisher.publish_all(events(), window=window):
            answered += 1
    assert answered == 3 * window
    assert window - 200 <= most <= window + 1  # one is being made


def test_none_brings_the_answers_before_the_next_event_is_asked_for(
    endpoints: Endpoints, vault: Vault
) -> None:
    answered: list[str] = []

    def events() -> Iterator[dict[str, Any] | None]:
        yield None
        yield event("pause", 0)
        yield event("pause", 1)
        yield None
        assert answered == ["pause-0", "pause-1"]
        yield event("pause", 2)

    with Publisher(endpoints.kafka_bootstrap, vault) as publisher:
        for answer in publisher.publish_all(events()):
            assert isinstance(answer, Receipt)
            answered.append(answer.id)
    assert answered == ["pause-0", "pause-1", "pause-2"]


def test_somebody_forgotten_refuses_their_own_events_alone(endpoints: Endpoints) -> None:
    events = [event("gone", number, "case.discovered") for number in range(10)]
    events[4]["data"]["reporter"] = "person/gone"
    with Publisher(endpoints.kafka_bootstrap, FixedKeys("person/gone")) as publisher:
        answers = list(publisher.publish_all(events))
        with pytest.raises(PersonForgotten):
            publisher.publish(events[4])
    assert [isinstance(answer, PersonForgotten) for answer in answers] == [
        number == 4 for number in range(10)
    ]
    assert sorted(ids_of(endpoints.kafka_bootstrap, "gone")) == sorted(
        f"gone-{number}" for number in range(10) if number != 4
    )


def test_a_destroyed_key_refuses_also_where_it_was_in_use(
    endpoints: Endpoints, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("ledger.vault._REMEMBERED_SECONDS", 0.2)
    vault = Vault(endpoints.database_url, MASTER_KEY)
    vault.for_owners(["person/destroyed", "person/kept"])
    with psycopg2.connect(endpoints.database_url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "update vault.data_key set wrapped = null, destroyed_at = now() where owner = 'person/destroyed'"
        )
    connection.close()
    time.sleep(0.3)
    with pytest.raises(PersonForgotten) as caught:
        vault.for_owners(["person/destroyed", "person/kept", "person/new"])
    assert caught.value.owners == {"person/destroyed"}
    assert set(vault.for_owners(["person/kept", "person/new"])) == {"person/kept", "person/new"}


def keep_publishing(
    bootstrap: str, delivery_seconds: float, name: str, upset: Callable[[], None]
) -> tuple[list[Receipt], OutcomeUnknown | None]:
    """Publishes 20,000 events and calls `upset` beside it after 2,000 answers; receipts, and how it ended."""
    receipts: list[Receipt] = []
    upsetting = threading.Thread(target=upset)

    def events() -> Iterator[dict[str, Any]]:
        for number in range(20_000):
            if number == 10_000:
                upsetting.join()  # however fast this machine is, half of them come afterwards
            yield event(name, number)

    try:
        with Publisher(bootstrap, FixedKeys(), delivery_seconds=delivery_seconds) as publisher:
            for answer in publisher.publish_all(events()):
                assert isinstance(answer, Receipt)
                receipts.append(answer)
                if len(receipts) == 2_000:
                    upsetting.start()
    except OutcomeUnknown as unknown:
        return receipts, unknown
    finally:
        upsetting.join()
    return receipts, None


def test_a_broker_killed_and_back_loses_no_acknowledged_event(stack: Stack, endpoints: Endpoints) -> None:
    def kill_and_start() -> None:
        stack.broker.kill()
        stack.broker.start()

    receipts, ended = keep_publishing(endpoints.kafka_bootstrap, 30, "back", kill_and_start)

    found = ledger_of(endpoints.kafka_bootstrap)
    assert len(receipts) == 20_000 or ended is not None
    for receipt in receipts:
        assert orjson.loads(found[(receipt.partition, receipt.offset)].value or b"")["id"] == receipt.id


def test_a_broker_killed_for_long_is_an_unknown_outcome_and_sending_again_is_safe(
    stack: Stack, endpoints: Endpoints
) -> None:
    receipts, ended = keep_publishing(endpoints.kafka_bootstrap, 3, "away", stack.broker.kill)
    assert ended is not None
    assert "same id and source count once" in ended.remedy
    assert 2_000 <= len(receipts) < 20_000

    with pytest.raises(OutcomeUnknown, match="does not answer"):
        Publisher(endpoints.kafka_bootstrap, FixedKeys(), delivery_seconds=3)

    stack.broker.start()
    found = ledger_of(endpoints.kafka_bootstrap)
    for receipt in receipts:
        assert orjson.loads(found[(receipt.partition, receipt.offset)].value or b"")["id"] == receipt.id
    with Publisher(endpoints.kafka_bootstrap, FixedKeys()) as publisher:
        answers = list(publisher.publish_all(event("away", number) for number in range(20_000)))
    assert all(isinstance(answer, Receipt) for answer in answers)
    assert set(ids_of(endpoints.kafka_bootstrap, "away")) == {f"away-{number}" for number in range(20_000)}


def test_the_same_publisher_goes_on_once_the_broker_is_back(stack: Stack, endpoints: Endpoints) -> None:
    # With events on their way: that is when kafka-python's idempotent producer is lost for good.
    killing = threading.Thread(target=stack.broker.kill)
    threads = threading.active_count()
    with Publisher(endpoints.kafka_bootstrap, FixedKeys(), delivery_seconds=3) as publisher:
        threads_in_use = threading.active_count()
        with pytest.raises(OutcomeUnknown):
            for number, _ in enumerate(publisher.publish_all(event("on", 1) for _ in range(20_000))):
                if number == 2_000:
                    killing.start()
        killing.join()
        with pytest.raises(OutcomeUnknown, match="does not answer"):
            publisher.publish(event("on", 1))
        stack.broker.start()
        deadline = time.monotonic() + 15
        while True:
            try:
                receipt = publisher.publish(event("on", 2))
                break
            except OutcomeUnknown:
                assert time.monotonic() < deadline, "the publisher does not find the broker again"
                time.sleep(0.1)
        assert threading.active_count() <= threads_in_use  # the producer that was given up left no thread
    assert threading.active_count() <= threads
    raw = ledger_of(endpoints.kafka_bootstrap)[(receipt.partition, receipt.offset)]
    assert orjson.loads(raw.value or b"")["id"] == "on-2"


def test_without_the_vault_nothing_is_written(stack: Stack, endpoints: Endpoints, vault: Vault) -> None:
    lines = b"\n".join(orjson.dumps(event("novault", number, "case.discovered")) for number in range(600))
    with Publisher(endpoints.kafka_bootstrap, vault) as publisher:
        publisher.publish(event("novault", 1_000, "case.discovered"))
        stack.postgres.kill()
        vault._known.clear()
        with pytest.raises(OutcomeUnknown, match="vault"):
            publisher.publish(event("novault", 1_001, "case.discovered"))
        with pytest.raises(OutcomeUnknown, match="vault"):
            list(publisher.publish_all(event("novault", number, "case.discovered") for number in range(600)))
        with pytest.raises(LinesUnknown, match="no line is certain"):
            publish_lines(io.BytesIO(lines), publisher)
        closed = publisher.publish(event("novault", 1_002))  # nothing personal: needs no vault
        assert sorted(ids_of(endpoints.kafka_bootstrap, "novault")) == ["novault-1000", closed.id]

        stack.postgres.start()
        publisher.publish(event("novault", 1_001, "case.discovered"))  # the same vault finds its way back


def test_answers_before_the_vault_went_away_are_given(stack: Stack, endpoints: Endpoints) -> None:
    class Leaving(FixedKeys):
        def for_owners(self, owners: Iterable[str]) -> Any:
            if self.asked == 2:
                raise OutcomeUnknown("The vault did not answer", "Send again.")
            return super().for_owners(owners)

    answers = []
    with (
        Publisher(endpoints.kafka_bootstrap, Leaving()) as publisher,
        pytest.raises(OutcomeUnknown, match="vault"),
    ):
        for answer in publisher.publish_all(
            event("leaving", number, "case.replied") for number in range(1_000)
        ):
            answers.append(answer)
    assert len(answers) == 400  # two looks at the vault, 200 events each
    assert len(ids_of(endpoints.kafka_bootstrap, "leaving")) == 400


def test_a_connection_that_the_server_ended_is_an_unknown_outcome_once(
    endpoints: Endpoints, vault: Vault
) -> None:
    vault.for_owners(["person/before"])
    with psycopg2.connect(endpoints.database_url) as connection, connection.cursor() as cursor:
        cursor.execute(
            "select pg_terminate_backend(pid, 5000) from pg_stat_activity"
            " where application_name = 'shanzhi vault'"
        )
    connection.close()
    with pytest.raises(OutcomeUnknown):
        vault.for_owners(["person/after"])
    assert set(vault.for_owners(["person/before", "person/after"])) == {"person/before", "person/after"}


def test_a_master_key_of_another_vault_is_named(endpoints: Endpoints, vault: Vault) -> None:
    vault.for_owners(["person/locked"])
    another = Vault(endpoints.database_url, bytes(64))
    for owner in ("person/locked", "person/new-under-another-key"):
        with pytest.raises(VaultLocked, match="not the one of the vault"):
            another.for_owners([owner])
    kept = psycopg2.connect(endpoints.database_url)
    with kept.cursor() as cursor:
        cursor.execute("select count(*) from vault.data_key where owner = 'person/new-under-another-key'")
        assert cursor.fetchone() == (0,)
    kept.close()


def test_a_database_without_a_vault_is_named(endpoints: Endpoints) -> None:
    connection = psycopg2.connect(endpoints.database_url)
    connection.autocommit = True  # the way psycopg2 lets a database be made
    with connection.cursor() as cursor:
        cursor.execute("create database empty")
    connection.close()
    with pytest.raises(StoreUnsound, match="no vault"):
        Vault(endpoints.database_url.rpartition("/")[0] + "/empty", MASTER_KEY).for_owners(["person/x"])


OWNERS = [f"person/race-{number}" for number in range(300)]


def test_threads_that_race_for_an_owner_get_the_same_key(endpoints: Endpoints) -> None:
    ready, keys = threading.Barrier(4), []

    def ask(owners: list[str]) -> None:
        vault = Vault(endpoints.database_url, MASTER_KEY)
        ready.wait()
        keys.append(dict(vault.for_owners(owners)))

    threads = [threading.Thread(target=ask, args=(OWNERS[:: 1 - 2 * (number % 2)],)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(keys) == 4
    assert keys[0] == keys[1] == keys[2] == keys[3]
    assert len(set(keys[0].values())) == 300


def test_processes_that_race_for_an_owner_get_the_same_key(endpoints: Endpoints) -> None:
    program = (
        "import sys, time; from hashlib import sha256; from ledger.vault import Vault\n"
        "vault = Vault(sys.argv[1], bytes(range(64)))\n"
        "owners = ['person/process-%d' % number for number in range(2000)]\n"
        "time.sleep(max(0, float(sys.argv[2]) - time.time())); keys = vault.for_owners(owners)\n"
        "print(sha256(b''.join(keys[owner] for owner in owners)).hexdigest())"
    )
    start = str(time.time() + 3)
    command = [sys.executable, "-c", program, endpoints.database_url, start]
    running = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(2)]
    said = [process.communicate(timeout=60)[0] for process in running]
    assert len(said[0]) == 65
    assert said[0] == said[1]
