"""What an iterable gives, made in a process of its own: as far ahead of who asks as a pipe holds, and no further."""

from __future__ import annotations

import signal
import traceback
from collections.abc import Callable, Generator, Iterable
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import NamedTuple, TypeVar

from ledger.errors import ShanzhiError

END_SECONDS = 5.0
T = TypeVar("T")


class _End(NamedTuple):
    error: Exception | None = None


def aside(work: Callable[[], Iterable[T]]) -> Generator[T, None, None]:
    """The items of `work()` in their order. `work` and the items have to be picklable.

    Raises what `work` raises. Close it, and the other process ends; it does so too where this one dies.
    """
    context = get_context("spawn")  # a fork would take threads and connections with it
    ours, theirs = context.Pipe(duplex=False)
    process = context.Process(target=_give, args=(theirs, work), daemon=True)
    process.start()
    theirs.close()
    try:
        while not isinstance(item := ours.recv(), _End):
            yield item
        if item.error is not None:
            raise item.error
    except EOFError:
        process.join(END_SECONDS)
        raise RuntimeError(f"the process that prepares rows ended with {process.exitcode}") from None
    finally:
        ours.close()
        process.join(END_SECONDS)
        process.kill()


def _give(pipe: Connection, work: Callable[[], Iterable[T]]) -> None:
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # who started this is interrupted, and closes the pipe
    try:
        for item in work():
            pipe.send(item)
        end = _End()
    except BrokenPipeError:
        return  # nobody asks any more
    except ShanzhiError as error:
        end = _End(error)
    except Exception as error:  # raised again where it is told of, with its story
        end = _End(RuntimeError(f"{error!r}\n{traceback.format_exc()}"))
    with suppress(BrokenPipeError):
        pipe.send(end)
