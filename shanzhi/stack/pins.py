"""Writes `kafka_jars.txt` anew: only for a change of the Kafka version, never at run time.

`python -c "from shanzhi.stack.pins import pin; pin()"`, after a change of WANTED below.
"""

from __future__ import annotations

import hashlib
import tempfile
from collections.abc import Iterator
from pathlib import Path

from jgo.maven import MavenContext

from shanzhi.stack.jars import PINS

# slf4j-simple writes the broker's warnings to its log; without a writer Kafka is silent about why it failed.
WANTED = ("org.apache.kafka:kafka_2.13:4.1.1", "org.slf4j:slf4j-simple:1.7.36")
HEADER = "# What a broker needs at run time: coordinate, bytes, SHA-256. Written by pins.py for: "


def pin() -> None:
    """Resolves WANTED with everything it needs at run time and replaces the pins."""
    with tempfile.TemporaryDirectory() as folder:
        lines = list(_lines(Path(folder)))
    PINS.write_text("\n".join([HEADER + " ".join(WANTED), *lines]) + "\n", encoding="utf-8")


def _lines(folder: Path) -> Iterator[str]:
    context = MavenContext(repo_cache=folder, timeout=30)
    asked = [context.create_dependency(coordinate) for coordinate in WANTED]
    for dependency in asked:
        dependency.scope = "compile"
    chosen, needed = context.resolver.resolve(asked)
    for dependency in [*chosen, *needed]:
        if dependency.scope in ("compile", "runtime"):
            content = dependency.artifact.resolve().read_bytes()
            name = f"{dependency.groupId}:{dependency.artifactId}:{dependency.version}"
            yield f"{name} {len(content)} {hashlib.sha256(content).hexdigest()}"
