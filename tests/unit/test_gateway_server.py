"""The server's own limit: a crowd is told to come again, and probes get through it."""

from __future__ import annotations

import socket
import subprocess
import sys
import time
from collections.abc import Iterator

import httpx
import pytest

_SERVER = """
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from producers.gateway import server

async def serve(request):
    return PlainTextResponse("served")

server.CONNECTIONS = 3
server.serve(Starlette(routes=[Route("/{{name}}", serve)]), server.listen("127.0.0.1", {port}), lambda: None)
"""


@pytest.fixture
def port() -> Iterator[int]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        chosen: int = free.getsockname()[1]
    process = subprocess.Popen([sys.executable, "-c", _SERVER.format(port=chosen)])
    try:
        deadline = time.monotonic() + 20
        while True:
            try:
                socket.create_connection(("127.0.0.1", chosen), 1).close()
                break
            except OSError:
                assert time.monotonic() < deadline and process.poll() is None
                time.sleep(0.05)
        yield chosen
    finally:
        process.terminate()
        assert process.wait(10) == 0, "SIGTERM is an orderly end"


def test_who_comes_into_a_crowd_is_told_when_to_come_again(port: int) -> None:
    url = f"http://127.0.0.1:{port}"
    assert httpx.get(f"{url}/events").text == "served"
    idle = [socket.create_connection(("127.0.0.1", port)) for _ in range(3)]
    try:
        answer = httpx.get(f"{url}/events")
        assert (answer.status_code, answer.headers["content-type"]) == (503, "application/problem+json")
        assert int(answer.headers["retry-after"]) > 0 and answer.headers["connection"] == "close"
        assert httpx.get(f"{url}/livez").text == "served", "or it would be taken for dead"
    finally:
        for one in idle:
            one.close()
    deadline = time.monotonic() + 10
    while httpx.get(f"{url}/events").status_code != 200:
        assert time.monotonic() < deadline
