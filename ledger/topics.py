"""The ledger's topic: made once with the right settings, and held against them at every start."""

from __future__ import annotations

import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from typing import Any

from kafka import KafkaAdminClient
from kafka.admin import ConfigResource, ConfigResourceType
from kafka.errors import KafkaError, TopicAlreadyExistsError

from ledger import limits
from ledger.broker import await_broker, kafka_away
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
assert int(SETTINGS["max.message.bytes"]) > limits.LEDGER_BYTES


@dataclass(frozen=True)
class Topic:
    """What Kafka says of a topic: `id` changes when it is deleted and made again."""

    name: str
    id: str
    partitions: int


def ensure_ledger(bootstrap: str, replication: int = 1) -> Topic:
    """As `describe_ledger`, with the topic made where there is none."""
    with _admin(bootstrap) as admin:
        _create(admin, replication)
        return _describe(admin)


def describe_ledger(bootstrap: str) -> Topic:
    """Which topic the ledger is, its settings asserted.

    Raises `LedgerUnsound` where it is gone or the partition count or a setting is another one, `OutcomeUnknown` where
    Kafka is away.
    """
    with _admin(bootstrap) as admin:
        if LEDGER not in admin.list_topics():
            time.sleep(_SETTLE_SECONDS)  # a broker that has just started may not know all of its topics
            if LEDGER not in admin.list_topics():
                raise LedgerUnsound(
                    f"{LEDGER} is gone, and the tables were folded from it",
                    "Restore the topic from its archive, or point DATABASE_URL at an empty database to start over.",
                )
        return _describe(admin)


@contextmanager
def _admin(bootstrap: str) -> Iterator[Any]:
    try:
        await_broker(bootstrap, wait_seconds=2)  # an admin client would try for 10 s, and leak
        admin = KafkaAdminClient(bootstrap_servers=bootstrap, bootstrap_timeout_ms=10_000)
    except (KafkaError, OSError) as error:
        raise kafka_away(bootstrap, error) from error
    try:
        yield admin
    except (KafkaError, OSError) as error:
        raise kafka_away(bootstrap, error) from error
    finally:
        admin.close()


def _create(admin: Any, replication: int) -> None:
    if LEDGER in admin.list_topics():
        return
    declared = {LEDGER: {"num_partitions": PARTITIONS, "replication_factor": replication, "configs": SETTINGS}}
    with suppress(TopicAlreadyExistsError):  # another process was first
        admin.create_topics(declared, wait_for_metadata=True)


def _describe(admin: Any) -> Topic:
    (found,) = admin.describe_topics([LEDGER])
    partitions = len(found["partitions"])
    if partitions != PARTITIONS:
        raise LedgerUnsound(
            f"{LEDGER} has {partitions} partitions, not {PARTITIONS}: subjects would change their partition",
            "Restore the topic from its archive with the right count; never add partitions to the ledger.",
        )
    _assert_settings(admin)
    return Topic(LEDGER, str(found["topic_id"]), partitions)


def _assert_settings(admin: Any) -> None:
    resource = ConfigResource(ConfigResourceType.TOPIC, LEDGER)
    configs = admin.describe_configs([resource], config_filter="all")["topic"][LEDGER]
    for name, wanted in SETTINGS.items():
        found = str(configs[name]["value"])
        if found != wanted:
            raise LedgerUnsound(
                f"{LEDGER} has {name}={found}, not {wanted}",
                f"Set it: kafka-configs.sh --alter --entity-type topics --entity-name {LEDGER} "
                f"--add-config {name}={wanted}",
            )
