"""The embedded stack, on real servers: what is stored stays, whatever is killed, and nothing is left behind."""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
import psycopg2
import pytest
from kafka import KafkaConsumer, KafkaProducer
from kafka.admin import KafkaAdminClient, NewTopic

from shanzhi.stack import Endpoints, Stack, StackError, running_endpoints

OWNER = """
import sys, time
from pathlib import Path
from shanzhi.stack import Stack
with Stack(Path(sys.argv[1])):
    print("started", flush=True)
    time.sleep(600)
"""


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    """One folder for all tests, so that each also starts on what the one before left.

    Not pytest's own: that is closed to the user PostgreSQL drops to under root.
    """
    path = Path(tempfile.mkdtemp(prefix="shanzhi-善治 stack-"))  # the county's folders have Chinese names
    yield path
    shutil.rmtree(path)


@pytest.fixture
def stack(folder: Path) -> Iterator[Stack]:
    with Stack(folder) as started:
        yield started


@pytest.fixture
def database(folder: Path) -> Iterator[Stack]:
    """Without Kafka, where it plays no part: ten times as fast."""
    with Stack(folder, kafka=False) as started:
        yield started


def processes_of(folder: Path) -> list[psutil.Process]:
    def belongs(process: psutil.Process) -> bool:
        try:
            if process.pid == os.getpid() or process.status() == psutil.STATUS_ZOMBIE:
                return False
            return str(folder) in " ".join([*process.cmdline(), process.cwd()])
        except psutil.Error:
            return False

    return [process for process in psutil.process_iter() if belongs(process)]


def eventually(true: Callable[[], bool], seconds: float = 10) -> bool:
    deadline = time.monotonic() + seconds
    while not true() and time.monotonic() < deadline:
        time.sleep(0.05)
    return true()


def produce(bootstrap: str, topic: str, values: list[bytes]) -> None:
    admin = KafkaAdminClient(bootstrap_servers=bootstrap)
    admin.create_topics([NewTopic(name=topic, num_partitions=2, replication_factor=1)])
    admin.close()
    producer = KafkaProducer(bootstrap_servers=bootstrap, acks="all")
    acknowledgements = [producer.send(topic, value) for value in values]
    for acknowledgement in acknowledgements:
        acknowledgement.get(timeout=20)
    producer.close()


def consume(bootstrap: str, topic: str, count: int) -> set[bytes]:
    consumer = KafkaConsumer(
        topic, bootstrap_servers=bootstrap, auto_offset_reset="earliest", consumer_timeout_ms=10_000
    )
    values = set()
    for record in consumer:
        values.add(record.value)
        if len(values) == count:
            break
    consumer.close()
    return values


def query(url: str, statement: str) -> list[tuple[object, ...]]:
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute(statement)
            return cursor.fetchall() if cursor.description else []
    finally:
        connection.close()


def test_records_and_rows_are_kept_over_stop_and_start(folder: Path) -> None:
    with Stack(folder) as stack:
        first = stack.endpoints
        produce(first.kafka_bootstrap, "kept", [b"one", b"two"])
        query(first.database_url, "create table kept as select 7 as number")
    assert processes_of(folder) == []
    with Stack(folder) as stack:
        assert stack.endpoints == first, "the ports of the last run are used again"
        assert consume(first.kafka_bootstrap, "kept", 2) == {b"one", b"two"}
        assert query(first.database_url, "select number from kept") == [(7,)]


def test_the_database_is_durable_sorted_by_code_point_and_closed_to_strangers(database: Stack) -> None:
    url = database.endpoints.database_url
    names = "'fsync', 'synchronous_commit', 'full_page_writes', 'server_encoding', 'TimeZone', 'jit'"
    found = query(url, f'select name, setting from pg_settings where name in ({names}) order by name collate "C"')
    assert found == [
        ("TimeZone", "UTC"), ("fsync", "on"), ("full_page_writes", "on"),
        ("jit", "off"), ("server_encoding", "UTF8"), ("synchronous_commit", "on"),
    ]  # fmt: skip
    assert query(url, "select 'Z' < 'a', upper('é'), current_setting('server_version_num')::int >= 170000") == [
        (True, "É", True)
    ]
    with pytest.raises(psycopg2.OperationalError, match="password authentication failed"):
        psycopg2.connect(url.replace("postgres:", "postgres:not-"))


def test_a_killed_broker_starts_again_with_every_acknowledged_record(stack: Stack) -> None:
    values = [f"{number}".encode() * 100 for number in range(2_000)]
    produce(stack.broker.bootstrap, "survives", values)
    stack.broker.kill()
    assert not stack.broker.is_running()
    stack.broker.start()
    assert consume(stack.broker.bootstrap, "survives", len(values)) == set(values)


def test_a_killed_database_starts_again_with_every_committed_row(database: Stack) -> None:
    url = database.postgres.url
    query(url, "create table survives as select generate_series(1, 10000) as number")
    open_session = psycopg2.connect(url)
    open_session.cursor().execute("insert into survives values (0)")
    database.postgres.kill()
    database.postgres.start()
    assert database.postgres.url == url
    assert query(url, "select count(*) from survives") == [(10_000,)], "committed rows only"
    open_session.close()


def test_a_postmaster_killed_alone_leaves_no_way_for_two_servers_on_one_folder(database: Stack) -> None:
    busy = psycopg2.connect(database.postgres.url)
    busy.cursor().execute("select 1")
    postmaster = database.postgres.pid
    assert postmaster is not None
    os.kill(postmaster, signal.SIGKILL)
    assert eventually(lambda: not database.postgres.is_running())
    database.postgres.start()
    assert query(database.postgres.url, "select 1") == [(1,)]
    busy.close()


def test_a_stale_pid_that_is_now_someone_elses_does_not_hinder(database: Stack) -> None:
    database.postgres.kill()
    pid_file = database.folder / "postgres" / "data" / "postmaster.pid"
    lines = pid_file.read_text().splitlines()
    stranger = subprocess.Popen(["sleep", "60"], user=pid_file.stat().st_uid if os.geteuid() == 0 else None)
    pid_file.write_text("\n".join([str(stranger.pid), *lines[1:]]) + "\n")
    database.postgres.start()
    assert query(database.postgres.url, "select 1") == [(1,)]
    assert stranger.poll() is None, "the stranger is left alone"
    stranger.kill()
    stranger.wait()


def test_a_killed_owner_takes_its_servers_along_and_the_folder_starts_again(folder: Path) -> None:
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(folder)], stdout=subprocess.PIPE)
    assert owner.stdout is not None
    assert owner.stdout.readline() == b"started\n"
    assert running_endpoints(folder) is not None
    servers = [process for process in processes_of(folder) if process.pid != owner.pid]
    owner.send_signal(signal.SIGKILL)
    owner.wait()
    owner.stdout.close()
    assert running_endpoints(folder) is None
    with Stack(folder) as stack:  # at once: the old servers may still be ending
        assert not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in servers)
        assert query(stack.postgres.url, "select 1") == [(1,)]


def test_servers_left_without_a_parent_death_signal_are_ended_at_the_next_start(folder: Path) -> None:
    owner = subprocess.Popen([sys.executable, "-c", OWNER, str(folder)], stdout=subprocess.PIPE)
    assert owner.stdout is not None
    assert owner.stdout.readline() == b"started\n"
    for process in processes_of(folder):
        process.suspend()  # neither the signal nor a request to stop reaches a frozen process
    servers = [process for process in processes_of(folder) if process.pid != owner.pid]
    owner.kill()
    owner.wait()
    owner.stdout.close()
    reports: list[str] = []
    with Stack(folder, report=reports.append) as stack:
        assert query(stack.postgres.url, "select 1") == [(1,)]
    assert any("what an earlier run left" in report for report in reports)
    assert not any(process.is_running() and process.status() != psutil.STATUS_ZOMBIE for process in servers)


def test_a_server_that_does_not_stop_is_killed_in_bounded_time(folder: Path) -> None:
    stack = Stack(folder, kafka=False)
    stack.start()
    for process in processes_of(folder):
        process.suspend()
    began = time.monotonic()
    stack.stop()
    assert time.monotonic() - began < 10
    assert processes_of(folder) == []


def test_ctrl_c_in_the_terminal_reaches_the_owner_alone(stack: Stack) -> None:
    for pid in (stack.broker.pid, stack.postgres.pid):
        assert pid is not None
        assert os.getsid(pid) == pid != os.getsid(0)


def test_a_second_start_in_the_same_folder_is_refused(stack: Stack) -> None:
    with pytest.raises(StackError, match=rf"already running \(pid {os.getpid()}\)\. Use it, or stop it first"):
        Stack(stack.folder).start()
    assert running_endpoints(stack.folder) == stack.endpoints


@pytest.mark.parametrize("server", ["kafka_port", "postgres_port"])
def test_a_taken_port_is_refused_with_the_remedy_and_leaves_nothing(folder: Path, server: str) -> None:
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        port = stranger.getsockname()[1]
        with pytest.raises(StackError, match=rf"127\.0\.0\.1:{port}: the port is taken.*or choose another"):
            Stack(folder, **{server: port}).start()
    assert processes_of(folder) == []
    assert running_endpoints(folder) is None


def test_a_server_that_can_not_start_shows_the_end_of_its_log(folder: Path) -> None:
    own = folder / "postgres" / "data" / "postgresql.auto.conf"
    before = own.read_bytes()
    own.write_text("shared_buffers = 'nonsense'\n")
    with pytest.raises(StackError, match=r"(?s)PostgreSQL ended while starting.*nonsense"):
        Stack(folder, kafka=False).start()
    own.write_bytes(before)
    assert processes_of(folder) == []


def test_one_of_the_two_can_be_left_out(folder: Path) -> None:
    with Stack(folder, kafka=False) as stack:
        assert stack.endpoints == Endpoints("", stack.postgres.url) == running_endpoints(folder)
        with pytest.raises(StackError, match="runs no Kafka"):
            _ = stack.broker
    assert processes_of(folder) == []


def test_what_is_stored_can_be_read_by_the_owner_alone(folder: Path) -> None:
    for private in ("kafka", "logs", "postgres/data", "postgres/password", "logs/kafka.log", "logs/postgres.log"):
        assert (folder / private).stat().st_mode & 0o077 == 0, private
