"""One process of a fold: `python -m audit.folding.process`, told on standard input what to do, a line at a time.

The first line is `Given`; then each `{"partition": …, "until": …}` is folded and answered by its next offset, and an
empty one asks for the tallies. It ends with its input: nobody waits for its work any more then.
"""

from __future__ import annotations

import gc
import sys
from typing import Any

import msgspec

from audit.folding.orders import Order, Said
from audit.folding.task import Done, Given, Task
from ledger.errors import ShanzhiError
from projections.families import TALLIES
from projections.store.connection import answering

_encode = msgspec.json.encode
_READY = Done(0, None)


def _say(said: Said) -> None:
    sys.stdout.buffer.write(_encode(said) + b"\n")
    sys.stdout.buffer.flush()


def _work(lines: Any) -> None:
    given = msgspec.json.decode(lines.readline(), type=Given)
    with answering(), Task(given, lambda records: _say(Said(read=records))) as task:
        _say(Said(done=_READY))
        for line in lines:
            order = msgspec.json.decode(line, type=Order)
            if order.partition is None:
                first, step = order.tallies
                task.finish(TALLIES[first::step], is_first=order.is_first)
                _say(Said(done=_READY))
            else:
                _say(Said(done=task.fold(order.partition, order.until)))


def main() -> int:
    """The exit code: 0 when the input ended, else the error's."""
    gc.disable()  # a fold makes no cycles, and looking for them takes a fifth of its time
    try:
        _work(sys.stdin.buffer)
    except BrokenPipeError:
        return 1
    except ShanzhiError as error:
        _say(Said(error=type(error).__name__, what=error.what, remedy=error.remedy))
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
