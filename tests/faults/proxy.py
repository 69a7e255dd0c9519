"""A server's other address on the loopback interface, whose connections can be slowed, cut, and left half open."""

from __future__ import annotations

import asyncio
import socket
import struct
import threading
from collections.abc import Callable, Coroutine
from typing import Any, NamedTuple, TypeVar

from shanzhi.stack.ports import HOST

T = TypeVar("T")
PIECE_BYTES = 16 * 1024
_RESET = struct.pack("ii", 1, 0)  # SO_LINGER: on, for no time: a close that is seen as "connection reset by peer"


class _Pair(NamedTuple):
    client: asyncio.StreamWriter
    server: asyncio.StreamWriter


class Proxy:
    """Passes on what clients of `port` and the server of `target_port` say, in a thread of its own until closed."""

    def __init__(self, target_port: int, port: int = 0) -> None:
        self._target = target_port
        self._seconds_a_byte = 0.0
        self._pairs = set[_Pair]()
        self._dead = set[asyncio.StreamWriter]()
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, name=f"proxy of {target_port}", daemon=True)
        self._thread.start()
        self._server = self._done(asyncio.start_server(self._connected, HOST, port))
        self.port: int = self._server.sockets[0].getsockname()[1]

    def slow(self, bytes_per_second: float) -> None:
        """Each direction of each connection passes on no more than that, until `mend`."""
        self._seconds_a_byte = 1 / bytes_per_second

    def mend(self) -> None:
        """As fast as can be again."""
        self._seconds_a_byte = 0.0

    def cut(self) -> int:
        """Resets all connections at both ends; how many those were."""

        def act(pair: _Pair) -> None:
            for end in pair:
                _reset(end)

        return self._now(act)

    def half_open(self) -> int:
        """The server loses all its connections, of which the clients hear nothing: theirs stay open, and nothing
        comes any more. New ones are served. How many there were."""

        def act(pair: _Pair) -> None:
            self._dead.add(pair.client)
            _reset(pair.server)

        return self._now(act)

    def close(self) -> None:
        """Ends everything."""
        self.cut()
        self._done(self._end())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._loop.close()

    async def _connected(self, from_client: asyncio.StreamReader, client: asyncio.StreamWriter) -> None:
        try:
            from_server, server = await asyncio.open_connection(HOST, self._target)
        except OSError:
            _reset(client)  # nobody listens there now
            return
        pair = _Pair(client, server)
        self._pairs.add(pair)
        ways = (self._pass_on(from_client, server), self._pass_on(from_server, client))
        await asyncio.gather(*ways, return_exceptions=True)
        self._pairs.discard(pair)

    async def _pass_on(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        try:
            while piece := await reader.read(PIECE_BYTES):
                await asyncio.sleep(len(piece) * self._seconds_a_byte)
                writer.write(piece)
                await writer.drain()
        finally:
            if writer not in self._dead:
                writer.close()

    def _now(self, act: Callable[[_Pair], object]) -> int:
        async def to_all() -> int:
            for pair in (pairs := self._pairs.copy()):
                act(pair)
            return len(pairs)

        return self._done(to_all())

    async def _end(self) -> None:
        self._server.close()
        for one in self._dead:
            _reset(one)
        rest = asyncio.all_tasks() - {asyncio.current_task()}
        for task in rest:
            task.cancel()
        await asyncio.gather(*rest, return_exceptions=True)

    def _done(self, work: Coroutine[Any, Any, T]) -> T:
        return asyncio.run_coroutine_threadsafe(work, self._loop).result(10)


def _reset(writer: asyncio.StreamWriter) -> None:
    """At once, whatever has not been sent."""
    if not writer.is_closing():
        writer.get_extra_info("socket").setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, _RESET)
        writer.transport.abort()
