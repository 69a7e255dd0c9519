"""The HTTP server: uvicorn with the limits that it lacks, and an end in good order."""

from __future__ import annotations

import asyncio
import re
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn
import uvloop
from starlette.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

from producers.gateway import problems

CONNECTIONS = 1_000
_PROBES = (b"/livez", b"/readyz", b"/metrics")  # a crowd must not have the gateway taken for dead
HEADER_SECONDS = 10.0
HEAD_BYTES = 64 * 1024  # of headers, trailers or chunk extensions; what one read brings is taken whole
READING_SECONDS = 10.0  # a client that takes nothing of its answers for so long is let go
KEEP_ALIVE_SECONDS = 30
DRAIN_SECONDS = 4
_TOO_LONG = b"HTTP/1.1 431 Request Header Fields Too Large\r\nconnection: close\r\ncontent-length: 0\r\n\r\n"
_upgrade = re.compile(rb"(?<=\n)upgrade(?=[ \t]*:)", re.IGNORECASE)


class _TimedProtocol(HttpToolsProtocol):
    """Closes a connection whose headers do not arrive in time, or never end: uvicorn would wait and keep them.

    It lets go of clients that don't read, hides offers to speak another protocol, and answers a crowd as a problem.
    """

    _header_timer: asyncio.TimerHandle | None = None
    _reading_timer: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _is_in_head = True

    def data_received(self, data: bytes) -> None:
        if self._header_timer is None and self._is_between_requests():
            self._time_headers()
        self._head_bytes += len(data)
        super().data_received(self._without_upgrade(data))  # calls what stands below
        if self._head_bytes > HEAD_BYTES and not self.transport.is_closing():
            if self._is_between_requests():
                self.transport.write(_TOO_LONG)
            self.transport.close()

    def connection_made(self, transport: Any) -> None:
        super().connection_made(transport)
        self._time_headers()

    def connection_lost(self, exc: Exception | None) -> None:
        self._forget_timer()
        super().connection_lost(exc)
        self._forget_reading()

    def pause_writing(self) -> None:
        self._reading_timer = self.loop.call_later(READING_SECONDS, self.transport.abort)
        super().pause_writing()

    def resume_writing(self) -> None:
        self._forget_reading()
        super().resume_writing()

    def _forget_reading(self) -> None:
        if self._reading_timer is not None:
            self._reading_timer.cancel()
            self._reading_timer = None

    def on_headers_complete(self) -> None:
        self._forget_timer()
        self._head_bytes = 0
        self._is_in_head = False
        is_crowded = len(self.connections) > CONNECTIONS and self.url not in _PROBES
        self.app = _crowded if is_crowded else self.config.loaded_app
        super().on_headers_complete()

    def on_body(self, body: bytes) -> None:
        self._head_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        if self._header_timer is not None:  # this was the rest of a body that was answered before it had come
            self._forget_timer()
            self._time_headers()
        self._head_bytes = 0
        self._is_in_head = True
        super().on_message_complete()

    def _without_upgrade(self, data: bytes) -> bytes:
        """Java's client offers HTTP/2 with each request: the parser would take the body for another protocol."""
        if not self._is_in_head or (b"pgrade" not in data and b"PGRADE" not in data):
            return data
        head, end, rest = data.partition(b"\r\n\r\n")
        return _upgrade.sub(b"ignored", head) + end + rest

    def _is_between_requests(self) -> bool:
        cycle: Any = self.cycle  # None before the first request, whatever uvicorn's types say
        return cycle is None or bool(cycle.response_complete)

    def _time_headers(self) -> None:
        self._header_timer = self.loop.call_later(HEADER_SECONDS, self.transport.close)

    def _forget_timer(self) -> None:
        if self._header_timer is not None:
            self._header_timer.cancel()
            self._header_timer = None


async def _crowded(scope: Scope, receive: Receive, send: Send) -> None:
    response = problems.not_ready("too many connections").response()
    response.headers["Connection"] = "close"
    await response(scope, receive, send)


class _Server(uvicorn.Server):
    """SIGTERM and SIGINT mean an orderly end, and nothing is raised after it."""

    def __init__(self, config: uvicorn.Config, stopping: Callable[[], None]) -> None:
        super().__init__(config)
        self._stopping = stopping

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGTERM, signal.SIGINT):
            loop.add_signal_handler(number, self._ask_to_stop)
        yield

    def _ask_to_stop(self) -> None:
        self.should_exit = True
        self._stopping()


def listen(host: str, port: int) -> socket.socket:
    """A listening socket; port 0 takes a free one. Raises `OSError` where the address is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    return socket.create_server((host, port), family=family, backlog=1024)


def serve(app: ASGIApp, listening: socket.socket, stopping: Callable[[], None]) -> None:
    """Until SIGTERM or SIGINT; requests in work are answered first, for at most 4 s.

    `stopping` is called in the event loop as the signal comes.
    """
    config = uvicorn.Config(
        app,
        http=_TimedProtocol,
        ws="none",
        lifespan="on",
        log_config=None,
        access_log=False,  # an address may hold an id; metrics count requests
        server_header=False,
        proxy_headers=False,
        timeout_keep_alive=KEEP_ALIVE_SECONDS,
        timeout_graceful_shutdown=DRAIN_SECONDS,
    )
    uvloop.run(_Server(config, stopping).serve(sockets=[listening]))
