"""A process that writes pieces: `python -m audit.bulk.process`, told on standard input what to do.

Each message is its length (8 bytes, big-endian) and MessagePack: first `Given`, then `Piece` after `Piece`, each of
which is answered by `Written` or by an error. It ends with its input: nobody waits for its work any more then.
"""

from __future__ import annotations

import sys
from typing import IO, Any, TypeVar

import msgspec
from msgspec import Struct

from audit.bulk.piece import Desk, Given, Piece, Written
from ledger.errors import ShanzhiError

T = TypeVar("T")
_LENGTH_BYTES = 8


class Said(Struct, omit_defaults=True):
    """What a process says: what it has written, or the error that it met."""

    written: Written | None = None
    error: str | None = None
    what: str = ""
    remedy: str = ""


def send(stream: IO[bytes], message: Any) -> None:
    """Writes a message. Raises `BrokenPipeError` where nobody reads any more."""
    content = msgspec.msgpack.encode(message)
    stream.write(len(content).to_bytes(_LENGTH_BYTES, "big"))
    stream.write(content)
    stream.flush()


def received(stream: IO[bytes], kind: type[T]) -> T | None:
    """The next message, None at the end."""
    length = stream.read(_LENGTH_BYTES)
    if len(length) < _LENGTH_BYTES:
        return None
    return msgspec.msgpack.decode(stream.read(int.from_bytes(length, "big")), type=kind)


def main() -> int:
    """The exit code: 0 when the input ended, else the error's."""
    given = received(sys.stdin.buffer, Given)
    try:
        assert given is not None
        with Desk(given) as desk:
            while (piece := received(sys.stdin.buffer, Piece)) is not None:
                send(sys.stdout.buffer, Said(desk.write(piece)))
    except BrokenPipeError:
        return 1
    except (ShanzhiError, ModuleNotFoundError) as error:
        what, remedy = (error.what, error.remedy) if isinstance(error, ShanzhiError) else (error.name or "", "")
        send(sys.stdout.buffer, Said(error=type(error).__name__, what=what, remedy=remedy))
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
