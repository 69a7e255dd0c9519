"""What an orchestrator and Prometheus ask a process: `/livez`, `/readyz`, `/metrics`, over HTTP and by GET alone.

A few threads of their own, so that an answer comes also while the event loop is busy; whoever asks slowly, or too
much at once, is cut off. Nothing that goes wrong in an answer shows its trace.
"""

from __future__ import annotations

import socket
import threading
from collections.abc import Callable, Iterable
from socketserver import TCPServer, ThreadingMixIn
from typing import TYPE_CHECKING, Any
from wsgiref.simple_server import WSGIRequestHandler, WSGIServer

import structlog
from prometheus_client import REGISTRY, make_wsgi_app

from ledger.errors import ShanzhiError

if TYPE_CHECKING:
    from _typeshed.wsgi import StartResponse, WSGIEnvironment
    from prometheus_client import CollectorRegistry

AT_ONCE = 4
REQUEST_SECONDS = 5.0  # for a whole request, however slowly it comes
Says = Callable[[], str | None]
log = structlog.get_logger("shanzhi.probes")


class ProbesRefused(ShanzhiError):
    """The port of the probes can't be listened on."""

    exit_code = 2


class Probes:
    """Serves while the context lasts; port 0 takes a free one, which `port` and the log say.

    `ready` and `alive` give None, or a reason that is not personal; they are called from other threads. Raises
    `ProbesRefused` where the port is taken.
    """

    def __init__(
        self,
        host: str,
        port: int,
        ready: Says,
        *,
        alive: Says = lambda: None,
        registry: CollectorRegistry = REGISTRY,
    ) -> None:
        self._server = _listening(host, port)
        self._server.set_app(_app({"/livez": alive, "/readyz": ready}, make_wsgi_app(registry)))
        self._host = host
        self.port: int = self._server.server_address[1]

    def __enter__(self) -> Probes:
        threading.Thread(target=self._server.serve_forever, args=(0.1,), name="probes", daemon=True).start()
        log.info("probes", host=self._host, port=self.port)
        return self

    def __exit__(self, *_: object) -> None:
        self._server.shutdown()
        self._server.server_close()


class _Server(ThreadingMixIn, WSGIServer):
    daemon_threads = True
    block_on_close = False
    request_queue_size = 16

    def __init__(self, host: str, port: int) -> None:
        self.address_family = socket.AF_INET6 if ":" in host else socket.AF_INET
        self._free = threading.BoundedSemaphore(AT_ONCE)
        super().__init__((host, port), _Handler)

    def server_bind(self) -> None:
        """Without asking for the host's name, which can take long where there is no name service."""
        TCPServer.server_bind(self)
        self.server_name, self.server_port = str(self.server_address[0]), int(self.server_address[1])
        self.setup_environ()

    def process_request(self, request: Any, client_address: Any) -> None:
        """In one of `AT_ONCE` threads; where none gets free within a second, the caller is turned away."""
        if not self._free.acquire(timeout=1):
            self.shutdown_request(request)
            return
        super().process_request(request, client_address)

    def process_request_thread(self, request: Any, client_address: Any) -> None:
        """The whole of a request, cut off when its time is up."""
        cut = threading.Timer(REQUEST_SECONDS, _cut, (request,))
        cut.daemon = True
        cut.start()
        try:
            super().process_request_thread(request, client_address)
        finally:
            cut.cancel()
            self._free.release()

    def handle_error(self, request: Any, client_address: Any) -> None:
        """A caller that goes away is no event."""


class _Handler(WSGIRequestHandler):
    timeout = REQUEST_SECONDS

    def log_message(self, format: str, *args: Any) -> None:
        """Probes come every few seconds: nothing to say."""

    def get_stderr(self) -> Any:
        """Where wsgiref would write a trace."""
        return _Nowhere()


class _Nowhere:
    def write(self, _: str) -> None:
        """Nothing."""

    def flush(self) -> None:
        """Nothing."""


def _listening(host: str, port: int) -> _Server:
    try:
        return _Server(host, port)
    except OSError as failure:
        raise ProbesRefused(
            f"探针无法监听 · the probes can't listen on {host}:{port} ({failure.strerror})",
            "换一个 SHANZHI_PROBE_PORT · Choose another SHANZHI_PROBE_PORT, or 0 for a free one.",
        ) from failure


def _app(answers: dict[str, Says], metrics: Callable[..., Iterable[bytes]]) -> Callable[..., Iterable[bytes]]:
    def answer(environ: WSGIEnvironment, start: StartResponse) -> Iterable[bytes]:
        path = environ.get("PATH_INFO", "")
        if environ["REQUEST_METHOD"] != "GET":
            return _text(start, "405 Method Not Allowed", "GET only", ("Allow", "GET"))
        if path == "/metrics":
            return metrics(environ, start)
        if path not in answers:
            return _text(start, "404 Not Found", "/livez, /readyz, /metrics")
        reason = _asked(answers[path])
        return _text(start, "503 Service Unavailable" if reason else "200 OK", reason or "ok")

    return answer


def _asked(says: Says) -> str | None:
    try:
        return says()
    except Exception as error:
        log.error("probe_failed", error=type(error).__name__)
        return "the process could not say"


def _text(start: StartResponse, status: str, words: str, *more: tuple[str, str]) -> list[bytes]:
    body = f"{words}\n".encode()
    start(status, [("Content-Type", "text/plain; charset=utf-8"), ("Content-Length", str(len(body))), *more])
    return [body]


def _cut(request: socket.socket) -> None:
    try:
        request.shutdown(socket.SHUT_RDWR)
    except OSError:  # it has ended meanwhile
        return
