"""What the peers need that the project does not: fetched and built at the first run, into the user's cache alone.

`$XDG_CACHE_HOME/shanzhi/peers/` (by default under `~/.cache`): a jar of Kafka Streams by the hash of its source, and a
virtual environment of Quix Streams by its version. Nothing of it enters the project's lock or its tree.
"""

from __future__ import annotations

import hashlib
import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

from ledger.errors import ShanzhiError
from shanzhi.stack.service import Report

QUIX = "quixstreams==3.28.1"
_SOURCE = Path(__file__).with_name("kafka_streams")
_PATIENCE_SECONDS = 900


class PeerUnbuilt(ShanzhiError):
    """What a peer needs is not on this machine and can't be fetched."""


def kafka_streams(report: Report) -> Path:
    """The folder with `peers-1.jar` and its `lib/`."""
    files = sorted(file for file in _SOURCE.rglob("*") if file.suffix in (".java", ".xml"))
    digest = hashlib.sha256(b"".join(file.read_bytes() for file in files)).hexdigest()[:12]
    folder = _cache() / f"kafka-streams-{digest}"
    if not (folder / "peers-1.jar").exists():
        _need("mvn", "Maven and a JDK of 17 or later (Debian: apt install maven)")
        report("Kafka Streams: building (Maven fetches about 95 MB the first time)")
        _run(["mvn", "-q", "-B", "-f", str(_SOURCE / "pom.xml"), "package", f"-Dout={folder}"])
    return folder


def quix_streams(report: Report) -> Path:
    """The Python of an environment that has Quix Streams and no more."""
    folder = _cache() / QUIX.replace("==", "-")
    python = folder / "bin" / "python"
    if not (folder / "ready").exists():
        report(f"Quix Streams: installing {QUIX} into {folder}")
        shutil.rmtree(folder, ignore_errors=True)
        _run([sys.executable, "-m", "venv", str(folder)])
        _run([str(python), "-m", "pip", "--quiet", "--disable-pip-version-check", "install", QUIX])
        (folder / "ready").touch()
    return python


def java() -> str:
    """The Java that runs Kafka Streams: the one that built it."""
    return _need("java", "a Java of 17 or later")


def _cache() -> Path:
    folder = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache") / "shanzhi" / "peers"
    folder.mkdir(parents=True, exist_ok=True)
    return folder


def _need(program: str, what: str) -> str:
    found = shutil.which(program)
    if found is None:
        raise PeerUnbuilt(f"{program} is not on this machine", f"Install {what}, or leave the peer out: --contender.")
    return found


def _run(command: Sequence[str]) -> None:
    done = subprocess.run(command, capture_output=True, text=True, timeout=_PATIENCE_SECONDS)
    if done.returncode != 0:
        said = (done.stdout + done.stderr)[-800:].strip()
        raise PeerUnbuilt(f"{' '.join(command[:4])} … failed: {said}", "See whether the registry can be reached.")
