"""`shanzhi` for shells of the tests, forked from one that has imported every command: 20 ms of a core, not 1.5 s.

What runs is the command itself, with the shell's own arguments, folder, environment and streams. Its processes are
programs of their own, as ever.
"""

from __future__ import annotations

import atexit
import gc
import os
import signal
import socket
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from importlib import import_module
from pathlib import Path
from typing import Any, NamedTuple

from typer.main import get_command

ROOT = Path(__file__).parents[1]
_FIELD_BYTES = 8
_CLIENT = """#!{python} -IS
import os, socket, sys
server = socket.socket(socket.AF_UNIX)
server.connect({address!r})
told = [os.getcwd(), str(len(sys.argv) - 1), *sys.argv[1:], *(f"{{k}}={{v}}" for k, v in os.environ.items())]
text = os.fsencode("\\0".join(told))
socket.send_fds(server, [len(text).to_bytes({size}, "big")], [0, 1, 2])
server.sendall(text)
sys.exit(int(server.recv(16) or b"1"))
"""


@contextmanager
def forked_commands(folder: Path) -> Iterator[Path]:
    """A folder for `PATH` that holds `shanzhi`. `folder` is short and exists."""
    address, bin_ = folder / "commands", folder / "bin"
    bin_.mkdir()
    client = bin_ / "shanzhi"
    client.write_text(_CLIENT.format(python=sys.executable, address=str(address), size=_FIELD_BYTES), encoding="utf-8")
    client.chmod(0o700)
    command = [sys.executable, "-m", "tests.commands", str(address)]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, env=os.environ | {"COLUMNS": "120"}) as server:
        assert server.stdout is not None
        try:
            assert server.stdout.readline() == b"ready\n"
            yield bin_
        finally:
            server.terminate()


def serve(address: str) -> None:
    """Forks a process for each command, until it is ended."""
    from shanzhi.cli.app import app, run

    commands: Any = get_command(app)
    for name in commands.list_commands(None):
        commands.get_command(None, name)
    for module in ("audit.rebuild", "shanzhi.demo.once", "shanzhi.doctor.examination"):
        import_module(module)
    listening = socket.socket(socket.AF_UNIX)
    listening.bind(address)
    listening.listen()
    gc.freeze()
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for those that wait
    print("ready", flush=True)
    while True:
        connection, _ = listening.accept()
        if os.fork():
            connection.close()
            continue
        listening.close()
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        asked = _receive(connection)
        if pid := os.fork():
            for one in asked.streams:
                os.close(one)
            code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
            connection.sendall(str(code if code >= 0 else 128 - code).encode())
            os._exit(0)
        connection.close()
        _become(asked)
        code = run(asked.arguments)
        atexit._run_exitfuncs()
        sys.stdout.flush()
        os._exit(code)  # taking down all that was imported takes longer than most commands


class Asked(NamedTuple):
    """A command as its shell gave it."""

    folder: str
    arguments: list[str]
    environment: Mapping[str, str]
    streams: list[int]


def _receive(connection: socket.socket) -> Asked:
    size, streams, _, _ = socket.recv_fds(connection, _FIELD_BYTES, 3)
    left, text = int.from_bytes(size, "big"), b""
    while len(text) < left:
        text += connection.recv(left - len(text))
    folder, count, *rest = os.fsdecode(text).split("\0")
    arguments, environment = rest[: int(count)], rest[int(count) :]
    return Asked(folder, arguments, dict(one.split("=", 1) for one in environment), streams)


def _become(asked: Asked) -> None:
    for number, stream in enumerate(asked.streams):
        os.dup2(stream, number)
        os.close(stream)
    sys.stdin, sys.stdout = open(0, encoding="utf-8"), open(1, "w", encoding="utf-8")  # noqa: SIM115 - to the end
    sys.stderr = open(2, "w", buffering=1, encoding="utf-8")  # noqa: SIM115
    os.chdir(asked.folder)
    os.environ.clear()
    os.environ.update(asked.environment)
    sys.argv[:] = ["shanzhi", *asked.arguments]


if __name__ == "__main__":
    serve(sys.argv[1])
