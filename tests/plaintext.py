"""Looks for text in bytes, however it may have been written down, and takes places apart where bytes may lie."""

from __future__ import annotations

import gzip
import json
import os
import subprocess
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from struct import unpack_from
from urllib.parse import quote

import psutil
from kafka.codec import lz4_decode

from shanzhi.stack.installation import installation

_BATCH_HEADER_BYTES = 61
Blobs = Iterator[tuple[str, bytes]]


def forms(text: str) -> set[bytes]:
    """The text as bytes: UTF-8 and other encodings, escaped for JSON, Python and URLs, hexadecimal, base64."""
    plain = text.encode()
    escaped = "".join(f"\\u{unit:04x}" for unit in unpack_from(f">{len(text)}H", text.encode("utf-16-be")))
    made = {plain, text.encode("gb18030"), text.encode("utf-16-le"), text.encode("utf-16-be")}
    made |= {escaped.encode(), escaped.upper().replace("\\U", "\\u").encode(), json.dumps(text)[1:-1].encode()}
    made |= {plain.hex().encode(), plain.hex().upper().encode(), repr(plain)[2:-1].encode()}
    if not text.isascii():
        made |= {quote(text).encode(), quote(text).lower().encode()}
    for skipped in range(3):  # the text may begin anywhere within a group of three bytes
        for encode in (b64encode, urlsafe_b64encode):
            coded = encode(bytes(skipped) + plain)
            made.add(coded[(skipped * 4 + 2) // 3 : (skipped + len(plain)) * 8 // 6])
    return made


def hits(texts: Sequence[str], blobs: Blobs) -> list[str]:
    """Where any of the texts stands, with what is around it."""
    needles = [(text, form) for text in texts for form in forms(text)]
    found = []
    for name, blob in blobs:
        for text, form in needles:
            if (at := blob.find(form)) >= 0:
                found.append(f"{text} in {name}: {blob[max(0, at - 80) : at + 80]!r}")
    return found


def kafka(folder: Path, topic: str = "") -> Blobs:
    """Every file of the broker as it is, and every record batch of its logs unpacked; deleted ones while they last."""
    for file in sorted(folder.glob(f"{topic}*/*" if topic else "**/*")):
        with suppress(FileNotFoundError, IsADirectoryError):
            held, name = _written(file), f"{file.parent.name}/{file.name}"
            yield name, held.rstrip(b"\0")
            if ".log" in file.name:
                yield from ((f"{name} at {at}", batch) for at, batch in _batches(held))


def _written(file: Path) -> bytes:
    """What a file holds, up to its last hole: indexes are files of 10 MiB with next to nothing in them."""
    parts, at = [], 0
    with file.open("rb", buffering=0) as opened, suppress(OSError):  # ENXIO: nothing but a hole is left
        while True:
            begins = os.lseek(opened.fileno(), at, os.SEEK_DATA)
            ends = os.lseek(opened.fileno(), begins, os.SEEK_HOLE)
            parts += [bytes(begins - at), os.pread(opened.fileno(), ends - begins, begins)]
            at = ends
    return b"".join(parts)


def _batches(log: bytes) -> Iterator[tuple[int, bytes]]:
    """What stands behind the header of each record batch, unpacked."""
    at = 0
    while at + _BATCH_HEADER_BYTES <= len(log):
        (length,) = unpack_from(">i", log, at + 8)
        (attributes,) = unpack_from(">h", log, at + 21)
        if length <= 0:  # the rest of the file was reserved and is not written
            return
        yield at, _unpacked(attributes & 7, log[at + _BATCH_HEADER_BYTES : at + 12 + length])
        at += 12 + length


def _unpacked(codec: int, packed: bytes) -> bytes:
    match codec:
        case 0:
            return packed
        case 1:
            return gzip.decompress(packed)
        case 3:
            return bytes(lz4_decode(packed))
    raise AssertionError(f"nobody here writes codec {codec}")


def dump(database_url: str) -> bytes:
    """Everything that a backup of the database would hold."""
    command = [str(installation().folder / "bin" / "pg_dump"), "--dbname", database_url]
    done = subprocess.run(command, capture_output=True, timeout=60)
    assert done.returncode == 0, done.stderr.decode()[-2000:]
    return done.stdout


def files(*folders: Path) -> Blobs:
    """Every file below some folders."""
    for file in sorted(file for folder in folders for file in folder.rglob("*") if file.is_file()):
        with suppress(FileNotFoundError):
            yield str(file), file.read_bytes().rstrip(b"\0")


def processes() -> Mapping[str, tuple[bytes, bytes]]:
    """Command line and environment of everything that runs below us, by pid and command."""
    found = {}
    for process in psutil.Process().children(recursive=True):
        with suppress(psutil.NoSuchProcess):
            command = "\0".join(process.cmdline())
            environment = "\0".join(f"{name}={value}" for name, value in process.environ().items())
            found[f"{process.pid} {' '.join(process.cmdline())[-80:]}"] = (command.encode(), environment.encode())
    return found
