"""Which partition a subject belongs to: the Java client's murmur2, so that every client agrees."""

from __future__ import annotations

from kafka.partitioner.default import murmur2


def partition_of(subject: bytes, partitions: int) -> int:
    """The partition (0 ≤ p < partitions) of a subject given as UTF-8 bytes."""
    return int(murmur2(subject) & 0x7FFFFFFF) % partitions
