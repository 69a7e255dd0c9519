"""The topics: the ledger, made once with the right settings and held against them at every start, and the intake."""

from __future__ import annotations

import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError, TopicAlreadyExistsError

from ledger import limits
from ledger.broker import await_broker, client_options, kafka_away
from ledger.errors import LedgerUnsound

LEDGER = "governance.ledger"
PARTITIONS = 12
_SETTLE_SECONDS = 2.0
SETTINGS = {
    "retention.ms": "-1",
    "retention.bytes": "-1",
    "cleanup.policy": "delete",
    "compression.type": "lz4",
    "max.message.bytes": str(256 * 1024),
    "message.timestamp.type": "LogAppendTime",
}
STAMPED_BY = "message.timestamp.type"
_INJECTED = {STAMPED_BY: "CreateTime"}  # embedded only: the writer stamps the injected time
assert int(SETTINGS["max.message.bytes"]) > limits.LEDGER_BYTES

INTAKE = "governance.intake"
INTAKE_PARTITIONS = 4
_INTAKE_FIXED = {
    "cleanup.policy": "delete",
    # As the publisher compressed it: a broker that has to unpack a bomb into another form runs out of memory and
    # dies (200 MiB of zeros, 0.2 MiB compressed, end one of 512 MiB), one that only checks it does not.
    "compression.type": "producer",
    "max.message.bytes": str(1024 * 1024),
    "message.timestamp.type": "LogAppendTime",
}
_INTAKE_AT_MOST = {
    "retention.ms": 7 * 24 * 60 * 60 * 1000,
    "segment.ms": 10 * 60 * 1000,  # deleted records stay on the disk until their segment is closed
    "file.delete.delay.ms": 60 * 1000,
}
_INTAKE_SETTINGS = {**_INTAKE_FIXED, **{name: str(most) for name, most in _INTAKE_AT_MOST.items()}}


@dataclass(frozen=True)
class Topic:
    """What Kafka says of a topic: `id` changes when it is deleted and made again."""

    name: str
    id: str
    partitions: int


@dataclass(frozen=True)
class Intake:
    """The intake's topic, and after how long one of its segments is closed by the next record."""

    topic: Topic
    segment_seconds: float


def ensure_ledger(bootstrap: str, replication: int = 1, *, is_injected: bool = False) -> Topic:
    """As `describe_ledger`, with the topic made where there is none."""
    with administering(bootstrap) as admin:
        _create(admin, LEDGER, PARTITIONS, replication, _ledger_settings(is_injected))
        return _describe(admin, _ledger_settings(is_injected))


def ledger_to_restore(bootstrap: str, replication: int) -> Topic:
    """The ledger, made where there is none; who stamps it is left open, since a restore writes the stamps of before."""
    with administering(bootstrap) as admin:
        _create(admin, LEDGER, PARTITIONS, replication, _ledger_settings(is_injected=True))
        return _describe(admin, {name: value for name, value in SETTINGS.items() if name != STAMPED_BY})


def stamp_by(bootstrap: str, by: str) -> None:
    """From now on the ledger's records are stamped by the broker (`LogAppendTime`) or by the writer (`CreateTime`).

    What stands in it keeps its stamps. Returns once the broker says so itself.
    """
    resource = ConfigResource(ConfigResourceType.TOPIC, LEDGER, configs={STAMPED_BY: by})
    with administering(bootstrap) as admin:
        admin.alter_configs([resource])
        deadline = time.monotonic() + _SETTLE_SECONDS * 5
        while _settings(admin, LEDGER)[STAMPED_BY] != by:
            if time.monotonic() > deadline:
                raise kafka_away(bootstrap, TimeoutError())
            time.sleep(_SETTLE_SECONDS / 20)


def ledger_settings(bootstrap: str) -> dict[str, str]:
    """The ledger's settings of those that are asserted at every start. Raises as `describe_ledger` where it is gone."""
    with administering(bootstrap) as admin:
        _assert_there(admin)
        found = _settings(admin, LEDGER)
        return {name: found[name] for name in SETTINGS}


def ensure_intake(bootstrap: str, replication: int = 1) -> Intake:
    """The intake, made where there is none.

    Raises `LedgerUnsound` where a setting is another one, or keeps records longer than declared, `OutcomeUnknown`
    where Kafka is away.
    """
    with administering(bootstrap) as admin:
        _create(admin, INTAKE, INTAKE_PARTITIONS, replication, _INTAKE_SETTINGS)
        return _describe_intake(admin)


def describe_intake(bootstrap: str) -> Intake | None:
    """As `ensure_intake`, None where there is none yet."""
    with administering(bootstrap) as admin:
        return _describe_intake(admin) if INTAKE in admin.list_topics() else None


def describe_ledger(bootstrap: str, *, is_injected: bool = False) -> Topic:
    """Which topic the ledger is, its settings asserted: those of injected time where it is.

    Raises `LedgerUnsound` where it is gone or the partition count or a setting is another one, `OutcomeUnknown` where
    Kafka is away.
    """
    with administering(bootstrap) as admin:
        _assert_there(admin)
        return _describe(admin, _ledger_settings(is_injected))


@contextmanager
def administering(bootstrap: str) -> Iterator[Any]:
    """An admin client of Kafka. Raises `OutcomeUnknown` where Kafka is away, as does what is asked of it."""
    try:
        await_broker(bootstrap, wait_seconds=2)  # an admin client would try for 10 s, and leak
        admin = KafkaAdminClient(**client_options(bootstrap), bootstrap_timeout_ms=10_000)
    except (KafkaError, OSError) as error:
        raise kafka_away(bootstrap, error) from error
    try:
        yield admin
    except (KafkaError, OSError) as error:
        raise kafka_away(bootstrap, error) from error
    finally:
        admin.close()


def _create(admin: Any, name: str, partitions: int, replication: int, settings: Mapping[str, str]) -> None:
    if name in admin.list_topics():
        return
    declared = {name: {"num_partitions": partitions, "replication_factor": replication, "configs": settings}}
    with suppress(TopicAlreadyExistsError):  # another process was first
        admin.create_topics(declared, wait_for_metadata=True)


def _describe_intake(admin: Any) -> Intake:
    (found,) = admin.describe_topics([INTAKE])
    settings = _settings(admin, INTAKE)
    _assert_settings(settings, INTAKE, _INTAKE_FIXED)
    for name, most in _INTAKE_AT_MOST.items():
        if not 0 <= int(settings[name]) <= most:
            raise _unsound(INTAKE, name, settings[name], f"{most} at most", str(most))
    topic = Topic(INTAKE, str(found["topic_id"]), len(found["partitions"]))
    return Intake(topic, int(settings["segment.ms"]) / 1000)


def _assert_there(admin: Any) -> None:
    if LEDGER in admin.list_topics():
        return
    time.sleep(_SETTLE_SECONDS)  # a broker that has just started may not know all of its topics
    if LEDGER not in admin.list_topics():
        raise LedgerUnsound(
            f"{LEDGER} is gone, and the tables were folded from it",
            "Restore the topic from its archive, or point DATABASE_URL at an empty database to start over.",
        )


def _ledger_settings(is_injected: bool) -> dict[str, str]:
    return SETTINGS | _INJECTED if is_injected else SETTINGS


def _describe(admin: Any, wanted: Mapping[str, str]) -> Topic:
    (found,) = admin.describe_topics([LEDGER])
    partitions = len(found["partitions"])
    if partitions != PARTITIONS:
        raise LedgerUnsound(
            f"{LEDGER} has {partitions} partitions, not {PARTITIONS}: subjects would change their partition",
            "Restore the topic from its archive with the right count; never add partitions to the ledger.",
        )
    _assert_settings(_settings(admin, LEDGER), LEDGER, wanted)
    return Topic(LEDGER, str(found["topic_id"]), partitions)


def _settings(admin: Any, topic: str) -> dict[str, str]:
    resource = ConfigResource(ConfigResourceType.TOPIC, topic)
    configs = admin.describe_configs([resource], config_filter="all")["topic"][topic]
    return {name: str(config["value"]) for name, config in configs.items()}


def _assert_settings(found: Mapping[str, str], topic: str, wanted: Mapping[str, str]) -> None:
    for name, value in wanted.items():
        if found[name] != value:
            raise _unsound(topic, name, found[name], value, value)


def _unsound(topic: str, name: str, found: str, wanted: str, value: str) -> LedgerUnsound:
    return LedgerUnsound(
        f"{topic} has {name}={found}, not {wanted}",
        f"Set it: kafka-configs.sh --alter --entity-type topics --entity-name {topic} --add-config {name}={value}",
    )
