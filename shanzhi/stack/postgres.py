"""PostgreSQL from a Python wheel, on the loopback address with a password, also under root."""

from __future__ import annotations

import os
import secrets
import shutil
import signal
from pathlib import Path

import psutil

from shanzhi.stack.errors import StackError
from shanzhi.stack.identity import Account, dropped_account, let_run, let_through
from shanzhi.stack.installation import Installation, installation, make_database
from shanzhi.stack.ports import HOST, is_free
from shanzhi.stack.service import Service

SUPERUSER = "postgres"

# Durability stays as strict as PostgreSQL's defaults; only sizes are set, for two cores shared with a broker.
SETTINGS = """\
# Written anew at each start; lasting changes of your own: ALTER SYSTEM (kept in postgresql.auto.conf).
listen_addresses = '{host}'
port = {port}
unix_socket_directories = ''
max_connections = 100
password_encryption = 'scram-sha-256'

fsync = on
synchronous_commit = on
full_page_writes = on
wal_compression = on
max_wal_size = '2GB'
min_wal_size = '256MB'
checkpoint_timeout = '15min'
checkpoint_completion_target = 0.9

shared_buffers = '256MB'
effective_cache_size = '1GB'
work_mem = '16MB'
maintenance_work_mem = '128MB'
random_page_cost = 1.1
max_worker_processes = 8
max_parallel_workers_per_gather = 1
io_workers = 2
jit = off

timezone = 'UTC'
log_timezone = 'UTC'
datestyle = 'iso, ymd'
default_text_search_config = 'pg_catalog.simple'

# The log goes to standard error. Values can be personal data: no statements, no row values in it.
log_line_prefix = '%m [%p] '
log_checkpoints = off
log_min_error_statement = 'panic'
log_error_verbosity = 'terse'
"""


class Postgres(Service):
    """A real PostgreSQL in `folder` (data/, password), serving `127.0.0.1:port`."""

    key = "postgres"
    name = "PostgreSQL"
    port_option = "PostgreSQL port"
    stop_signal = signal.SIGINT  # "fast": ends sessions; SIGTERM would wait for every client to leave
    answer_seconds = 120.0  # after a kill it replays up to max_wal_size

    @property
    def url(self) -> str:
        """For psycopg2; holds the password, so never log it."""
        return database_url(self.folder, self.port)

    @property
    def _data(self) -> Path:
        return self.folder / "data"

    def _identity(self) -> str:
        account = dropped_account()
        return f"{account.uid}:{account.gid}" if account else "-"

    def _prepare(self) -> list[str]:
        account = dropped_account()
        server = installation()
        self.folder.mkdir(parents=True, exist_ok=True, mode=0o700)
        if account:
            for opened in (*let_through(self.folder, account), *let_through(server.folder, account)):
                self.report(f"PostgreSQL: {opened} may now be passed (not listed) by its user {account.name}")
            let_run(server.folder)
        if not (self._data / "PG_VERSION").exists():
            self._initialise(server, account)
        self._check_version(server)
        settings = self._data / "postgresql.conf"
        settings.write_text(SETTINGS.format(host=HOST, port=self.port), encoding="utf-8")
        # Whoever wrote it has ended (see end_orphans), and its pid may be another process of this user by now,
        # which PostgreSQL would take for a running server.
        (self._data / "postmaster.pid").unlink(missing_ok=True)
        return [str(server.folder / "bin" / "postgres"), "-D", str(self._data)]

    def _initialise(self, server: Installation, account: Account | None) -> None:
        """In a folder beside, moved into place when complete: a broken attempt is never taken for a database."""
        self.report("PostgreSQL: making a new database folder")
        attempt = self.folder / "data.unfinished"
        shutil.rmtree(attempt, ignore_errors=True)
        attempt.mkdir(mode=0o700)
        password = secrets.token_urlsafe(24)
        password_file = attempt.with_suffix(".password")
        _write_private(password_file, password)
        if account:
            os.chown(attempt, account.uid, account.gid)
            os.chown(password_file, account.uid, account.gid)
        try:
            make_database(server, attempt, SUPERUSER, password_file, account)
        finally:
            password_file.unlink()
        _write_private(self.folder / "password", password)
        attempt.rename(self._data)

    def _check_version(self, server: Installation) -> None:
        """The data can be opened by its own version alone."""
        found = int((self._data / "PG_VERSION").read_text())
        if found != server.version:
            raise StackError(
                f"{self._data} was made by PostgreSQL {found}, the installed server is {server.version}",
                "Carry the data over with pg_dump from the old version, or start with a new folder.",
            )

    def _answers(self) -> bool:
        """The server itself notes `ready` once recovery is over; it does so in postmaster.pid's last line."""
        try:
            lines = (self._data / "postmaster.pid").read_text().splitlines()
        except FileNotFoundError:
            return False
        return len(lines) >= 8 and lines[0] == str(self.pid) and lines[7].strip() == "ready" and not is_free(self.port)

    def _is_mine(self, process: psutil.Process) -> bool:
        """Also the server's own children, which outlive a killed parent: they work inside the data folder."""
        return process.name() == "postgres" and process.cwd() == str(self._data)


def database_url(folder: Path, port: int) -> str:
    """Reads the password kept beside the data; raises StackError when it is gone."""
    try:
        password = (folder / "password").read_text()
    except OSError as failure:
        raise StackError(
            f"the database password can't be read ({failure})",
            "Run this as the user who started the stack, or put the file back from a copy.",
        ) from failure
    return f"postgresql://{SUPERUSER}:{password}@{HOST}:{port}/postgres"


def _write_private(path: Path, text: str) -> None:
    path.unlink(missing_ok=True)
    with os.fdopen(os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY, 0o600), "w") as stream:
        stream.write(text)
