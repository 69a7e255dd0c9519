"""Writes `kafka_jars.txt` anew: only for a change of the Kafka version, never at run time.

    from shanzhi.stack.pins import pin
    pin(("org.apache.kafka:kafka_2.13:4.1.1", "org.slf4j:slf4j-simple:1.7.36"))
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path

from jgo.maven import MavenContext

from shanzhi.stack.jars import PINS

HEADER = "# What a broker needs at run time: coordinate, bytes, SHA-256. Written by pins.py for: "


def pin(wanted: Iterable[str]) -> None:
    """Resolves coordinates with everything they need at run time and replaces the pins."""
    names = list(wanted)
    with tempfile.TemporaryDirectory() as folder:
        lines = list(_lines(names, Path(folder)))
    PINS.write_text("\n".join([HEADER + " ".join(names), *lines]) + "\n", encoding="utf-8")


def _lines(wanted: list[str], folder: Path) -> Iterator[str]:
    context = MavenContext(repo_cache=folder, timeout=30)
    asked = [context.create_dependency(f"{coordinate}:jar:compile") for coordinate in wanted]
    chosen, needed = context.resolver.resolve(asked)
    for dependency in [*chosen, *needed]:
        if dependency.scope in ("compile", "runtime"):
            content = dependency.artifact.resolve().read_bytes()
            name = f"{dependency.groupId}:{dependency.artifactId}:{dependency.version}"
            yield f"{name} {len(content)} {hashlib.sha256(content).hexdigest()}"
