"""The peers: how each one is started, and with which settings, tuned as its documentation says for a backlog."""

from __future__ import annotations

import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bench.peers import building
from ledger.topics import LEDGER, PARTITIONS
from shanzhi.stack.service import Report

HEAP = "-Xmx1g"


@dataclass(frozen=True)
class Job:
    """One start of a peer: a new name, so that it knows nothing of any before; a folder of its own."""

    bootstrap: str
    name: str
    folder: Path
    report: Report

    @property
    def results(self) -> str:
        """The topic of its results; a Faust table's changelog has to have this name."""
        return f"{self.name}-sums-changelog"


@dataclass(frozen=True)
class Peer:
    """`command` gives what to run for a job with these settings.

    `topics` are made before it starts, the job's name before theirs: Faust does not read one that is newer than it.
    """

    name: str
    title: str
    settings: Mapping[str, Any]
    command: Callable[[Job, Mapping[str, Any]], list[str]]
    topics: tuple[str, ...] = ()


def _kafka_streams(job: Job, settings: Mapping[str, Any], index: str = "-") -> list[str]:
    built = building.kafka_streams(job.report)
    own = {"application.id": job.name, "bootstrap.servers": job.bootstrap, "state.dir": str(job.folder)}
    jars = os.pathsep.join([str(built / "peers-1.jar"), str(built / "lib" / "*")])
    options = [HEAP, "-XX:+UseParallelGC", "-Dorg.slf4j.simpleLogger.defaultLogLevel=warn", "-cp", jars]
    told = [f"{name}={value}" for name, value in {**own, **settings}.items()]
    return [building.java(), *options, "peers.Peer", LEDGER, job.results, index, *told]


def _indexed(job: Job, settings: Mapping[str, Any]) -> list[str]:
    return _kafka_streams(job, settings, "index")


def _quix_streams(job: Job, settings: Mapping[str, Any]) -> list[str]:
    python = building.quix_streams(job.report)
    return [str(python), "-m", "bench.peers.quix_streams", _given(job, settings)]


def _faust(job: Job, settings: Mapping[str, Any]) -> list[str]:
    worker = ["worker", "--without-web", "--loglevel", "info"]
    return [sys.executable, "-m", "bench.peers.faust_tables", _given(job, settings), *worker]


def _given(job: Job, settings: Mapping[str, Any]) -> str:
    own = {"bootstrap": job.bootstrap, "name": job.name, "source": LEDGER, "partitions": PARTITIONS}
    return json.dumps({**own, "results": job.results, "state": str(job.folder), "settings": dict(settings)})


_STREAMS = {
    "auto.offset.reset": "earliest",
    "num.stream.threads": 2,
    "replication.factor": 1,
    "topology.optimization": "all",
    "statestore.cache.max.bytes": 256 * 1024 * 1024,
    "commit.interval.ms": 1_000,
    "consumer.max.poll.records": 10_000,
    "consumer.fetch.max.bytes": 64 * 1024 * 1024,
    "producer.batch.size": 256 * 1024,
    "producer.linger.ms": 100,
    "producer.compression.type": "lz4",
}
_STREAMS_ONCE = {**_STREAMS, "processing.guarantee": "exactly_once_v2"}
_QUIX = {
    "commit_interval": 1.0,
    "consumer_extra_config": {"fetch.min.bytes": 65_536, "queued.min.messages": 100_000},
    "producer_extra_config": {"linger.ms": 100, "batch.size": 262_144, "compression.type": "lz4"},
}
_QUIX_ONCE = {**_QUIX, "processing_guarantee": "exactly-once"}
_FAUST = {
    "store": "memory://",
    "broker_commit_interval": 1.0,
    "broker_commit_every": 100_000,
    "broker_max_poll_records": 5_000,
    "stream_buffer_maxsize": 16_384,
    "producer_linger": 0.1,
    "producer_max_batch_size": 262_144,
}
PEERS = (
    Peer("streams-exactly-once", "Kafka Streams, exactly once v2", _STREAMS_ONCE, _kafka_streams),
    Peer("streams-at-least-once", "Kafka Streams, at least once", _STREAMS, _kafka_streams),
    Peer("streams-indexed", "Kafka Streams, exactly once v2, with an event index", _STREAMS_ONCE, _indexed),
    Peer("quix-exactly-once", "Quix Streams, exactly once", _QUIX_ONCE, _quix_streams),
    Peer("quix-at-least-once", "Quix Streams, at least once", _QUIX, _quix_streams),
    Peer("faust", "Faust tables, at least once", _FAUST, _faust, ("-changes",)),
)
