"""What Kafka says of itself: its brokers, how our topics are replicated, how full its disks are. Nothing is changed."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from kafka.admin import ConfigResource, ConfigResourceType

from ledger.topics import administering


class Replication(NamedTuple):
    """Of one topic: the fewest copies that a partition is to have, how many have to hold a record before it is
    acknowledged, and the partitions that have no leader, or fewer copies in step than they are to have."""

    topic: str
    replicas: int
    min_in_sync: int
    leaderless: tuple[int, ...]
    lagging: tuple[int, ...]


class Disk(NamedTuple):
    """A folder of a broker's logs; None where the broker does not say how large its disk is."""

    broker: int
    folder: str
    is_readable: bool
    total_bytes: int | None
    free_bytes: int | None


class Cluster(NamedTuple):
    """`metadata_version` is the level that the cluster's own records are written in (27 is Kafka 4.1), None where it
    is none of KRaft's; `newest` the one that its brokers could write."""

    brokers: tuple[int, ...]
    fenced: tuple[int, ...]
    metadata_version: int | None
    newest: int | None
    topics: tuple[Replication, ...]
    disks: tuple[Disk, ...]


def describe_cluster(bootstrap: str, topics: Sequence[str]) -> Cluster:
    """As it is now, with those of the topics that there are. Raises `OutcomeUnknown` where Kafka is away."""
    with administering(bootstrap) as admin:
        brokers = admin.describe_cluster()["brokers"]
        level = admin.describe_features().get("metadata.version", {})
        there = sorted(set(topics) & set(admin.list_topics()))
        return Cluster(
            brokers=tuple(one["broker_id"] for one in brokers),
            fenced=tuple(one["broker_id"] for one in brokers if one.get("is_fenced")),
            metadata_version=level.get("finalized", (None, None))[1],
            newest=level.get("supported", (None, None))[1],
            topics=tuple(_replication(admin, topic) for topic in there),
            disks=tuple(_disks(admin)),
        )


def _replication(admin: Any, name: str) -> Replication:
    (topic,) = admin.describe_topics([name])
    resource = ConfigResource(ConfigResourceType.TOPIC, name)
    settings = admin.describe_configs([resource], config_filter="all")["topic"][name]
    partitions = sorted(topic["partitions"], key=lambda one: one["partition_index"])
    return Replication(
        name,
        min(len(one["replica_nodes"]) for one in partitions),
        int(settings["min.insync.replicas"]["value"]),
        tuple(one["partition_index"] for one in partitions if one["leader_id"] < 0),
        tuple(one["partition_index"] for one in partitions if len(one["isr_nodes"]) < len(one["replica_nodes"])),
    )


def _disks(admin: Any) -> list[Disk]:
    return [
        Disk(broker["broker"], one["log_dir"], not one["error_code"], _bytes(one, "total"), _bytes(one, "usable"))
        for broker in admin.describe_log_dirs()
        for one in broker["log_dirs"]
    ]


def _bytes(folder: dict[str, Any], what: str) -> int | None:
    said = folder.get(f"{what}_bytes", -1)
    return None if said is None or said < 0 else int(said)
