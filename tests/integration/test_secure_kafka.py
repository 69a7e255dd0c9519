"""A Kafka that speaks TLS, wants logins and heeds rights: our processes work there, and who must be refused is.

One embedded stack with SHANZHI_SECURE_KAFKA; worker and intake run, each under a login of its own, as `up` runs them.
"""

from __future__ import annotations

import gc
import json
import re
import socket
import tempfile
import time
from collections.abc import Iterator, Mapping
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg2
import pytest
from kafka import KafkaProducer
from kafka.admin import (
    ACLFilter,
    ACLOperation,
    ACLPermissionType,
    ACLResourcePatternType,
    ResourcePatternFilter,
    ResourceType,
)
from kafka.errors import KafkaError, TopicAuthorizationFailedError

from ledger.acls import PUBLISHER, RIGHTS
from ledger.broker import Access, access, address, client_options, trust
from ledger.errors import OutcomeUnknown
from ledger.logins import login_name, publisher_login
from ledger.parties import Party
from ledger.publishers import Register
from ledger.reader import Reader
from ledger.topics import INTAKE, LEDGER, administering
from producers.publisher import Publisher, utc_now
from shanzhi.cli.app import run
from shanzhi.crew import Crew
from shanzhi.endpoints import serve
from shanzhi.keys import vault_of
from shanzhi.least import own_endpoints, prepare_all
from shanzhi.posts import Ways, all_posts
from shanzhi.settings import Settings
from shanzhi.stack import Endpoints, running_endpoints
from tests.door import SOURCE, STRUCTURED, event_of

# kafka-python leaves the socket of a connection that was refused to the garbage collector
pytestmark = pytest.mark.filterwarnings(r"ignore:unclosed <ssl\.SSLSocket:ResourceWarning")


@dataclass(frozen=True)
class Secured:
    """`owner`: the servers as who prepared them; `own`: as each kind of process; `key`: of the publisher `tests`."""

    folder: Path
    owner: Endpoints
    own: Mapping[str, Endpoints]
    key: str

    @property
    def kafka(self) -> str:
        """As its owner."""
        return self.owner.kafka_bootstrap

    def has_come(self, subject: str) -> bool:
        """Whether a worker has indexed an event of it, within 20 s."""
        deadline = time.monotonic() + 20
        with closing(psycopg2.connect(self.owner.database_url)) as connection, connection.cursor() as cursor:
            connection.autocommit = True
            while time.monotonic() < deadline:
                cursor.execute("select exists (select from shanzhi.event_index where subject = %s)", (subject,))
                if cursor.fetchone() == (True,):
                    return True
                time.sleep(0.1)
        return False


@pytest.fixture(scope="module")
def secured(session_folder: Path) -> Iterator[Secured]:
    folder = Path(tempfile.mkdtemp(prefix="secured-", dir=session_folder))
    settings, said = Settings(folder=folder, secure_kafka=True), list[str]()
    with serve(settings, said.append) as (owner, _):
        prepare_all(owner, 1)
        own = own_endpoints(owner, kafka=True, postgres=True)
        posts = all_posts(owner, settings, 1, Ways(0, 0, "http://nowhere.example", "shz_"), own)
        key = Register(owner.database_url).add(Party("tests", "tests", (SOURCE,)), "unit/tests", utc_now())
        working = [post for post in posts if post.name in ("worker-1", "intake")]
        with Crew(working, logs=settings.logs, report=said.append):
            yield Secured(folder, owner, own, key)
    gc.collect()


@pytest.fixture(scope="module")
def publisher(secured: Secured) -> str:
    """The address that `shanzhi publisher kafka` gives."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("SHANZHI_FOLDER", str(secured.folder))
        told: list[str] = []
        patched.setattr("typer.echo", lambda text, **_: told.append(str(text)))
        assert run(["publisher", "kafka", "tests"]) == 0
    return told[0]


def write(
    kafka: str, topic: str, key: bytes = b"case/1", value: bytes = b"{}", *, patience_ms: int = 10_000, **given: Any
) -> Any:
    """Writes one record as any client would. Raises what Kafka says, or that it says nothing for so long."""
    producer = KafkaProducer(
        **client_options(kafka),
        enable_idempotence=False,  # else a client that may write nothing is refused before its record
        bootstrap_timeout_ms=patience_ms,
        max_block_ms=10_000,
        request_timeout_ms=5_000,
        delivery_timeout_ms=8_000,
        allow_auto_create_topics=False,
        metrics_enabled=False,
    )
    try:
        return producer.send(topic, key=key, value=value, **given).get(timeout=10)
    finally:
        producer.close(timeout=1)


def test_the_address_of_a_running_stack_is_the_owners_and_names_its_authority(secured: Secured) -> None:
    running = running_endpoints(secured.folder)
    assert running is not None and running.kafka_bootstrap == secured.kafka
    found = access(running.kafka_bootstrap)
    assert found.user == "shanzhi_owner" and str(found.ca).startswith(str(secured.folder))
    private = [secured.folder / "kafka" / name for name in ("server.properties", "tls/broker.pem", "tls/password")]
    assert {path.stat().st_mode & 0o777 for path in private} == {0o600}


def test_what_the_gateways_login_writes_is_folded_by_a_worker_that_reads_over_sasl_ssl(secured: Secured) -> None:
    gateway, event = secured.own["gateway"], event_of("case.discovered")
    vault = vault_of(Settings(folder=secured.folder), gateway.database_url)
    with Publisher(gateway.kafka_bootstrap, vault) as publishing:
        publishing.publish(event)
    assert secured.has_come(event["subject"])


def test_what_a_publisher_writes_to_the_intake_comes_into_the_tables(secured: Secured, publisher: str) -> None:
    event = event_of("case.discovered")
    headers = [("authorization", f"Bearer {secured.key}".encode()), ("content-type", STRUCTURED.encode())]
    write(publisher, INTAKE, event["subject"].encode(), json.dumps(event).encode(), headers=headers)
    assert secured.has_come(event["subject"])


def test_a_publisher_neither_writes_the_ledger_nor_reads_anything(publisher: str) -> None:
    with pytest.raises(TopicAuthorizationFailedError):
        write(publisher, LEDGER)
    with administering(publisher) as admin:
        assert admin.list_topics() == [INTAKE], "it does not even see the ledger"
    with pytest.raises(OutcomeUnknown, match="refuses this login"), Reader(publisher, INTAKE, 1) as reader:
        reader.ends[0] += 1  # as if there were one more than is left: what is done is deleted at once
        list(reader.batches({0: reader.starts[0]}, {0: reader.ends[0]}))


def test_an_auditor_reads_the_ledger_and_writes_nothing(secured: Secured) -> None:
    auditor = secured.own["auditor"].kafka_bootstrap
    with Reader(auditor) as reader:
        assert sum(reader.ends.values()) > 0
        partition = next(number for number, end in reader.ends.items() if end > reader.starts[number])
        assert list(reader.batches({partition: reader.starts[partition]}, {partition: reader.ends[partition]}))
    for topic in (LEDGER, INTAKE):
        with pytest.raises(TopicAuthorizationFailedError):
            write(auditor, topic)


def test_a_worker_reads_and_does_not_write(secured: Secured) -> None:
    with pytest.raises(TopicAuthorizationFailedError):
        write(secured.own["worker"].kafka_bootstrap, LEDGER)


def strangers(found: Access) -> dict[str, str]:
    return {
        "plaintext": found.servers,
        "a wrong password": address(found.servers, login_name("auditor"), "wrong", found.ca),
        "nobody": address(found.servers, "nobody", "anything", found.ca),
    }


@pytest.mark.parametrize("who", ["plaintext", "a wrong password", "nobody"])
def test_who_has_no_login_gets_nowhere(secured: Secured, who: str) -> None:
    kafka = strangers(access(secured.kafka))[who]
    with pytest.raises((KafkaError, OSError)):
        write(kafka, INTAKE, patience_ms=1_000)


def test_a_client_that_does_not_know_the_authority_does_not_give_its_password(secured: Secured) -> None:
    found = access(secured.kafka)
    with pytest.raises((KafkaError, OSError)):
        write(address(found.servers, str(found.user), str(found.password), None), INTAKE, patience_ms=1_000)


def test_the_controller_takes_no_connection_without_its_certificate(secured: Secured) -> None:
    text = (secured.folder / "kafka" / "server.properties").read_text(encoding="ascii")
    port = int(re.findall(r"^listeners=.*CONTROLLER://127\.0\.0\.1:(\d+)$", text, re.MULTILINE)[0])
    trusted = trust(access(secured.kafka).ca)
    with socket.create_connection(("127.0.0.1", port), timeout=5) as plain, pytest.raises(OSError):
        spoken = trusted.wrap_socket(plain, server_hostname="127.0.0.1")
        spoken.sendall(b"\0\0\0\0")
        spoken.recv(1)


def test_the_broker_knows_the_declared_rights_and_no_others(secured: Secured, publisher: str) -> None:
    anything = ResourcePatternFilter(ResourceType.ANY, None, ACLResourcePatternType.ANY)
    with administering(secured.kafka) as admin:
        found, _ = admin.describe_acls(ACLFilter(None, None, ACLOperation.ANY, ACLPermissionType.ANY, anything))
    held = {(acl.principal, acl.resource_pattern.resource_name, acl.operation.name.lower()) for acl in found}
    rights = {login_name(process): own for process, own in RIGHTS.items()} | {publisher_login("tests"): PUBLISHER}
    assert held == {
        (f"User:{user}", right.name, operation)
        for user, own in rights.items()
        for right in own
        for operation in right.operations.split()
    }
    writers = {user for user, name, operation in held if (name, operation) == (LEDGER, "write")}
    assert writers == {f"User:{login_name(process)}" for process in ("gateway", "intake", "relay")}


def test_a_revoked_publisher_has_no_login_any_more(
    secured: Secured, publisher: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SHANZHI_FOLDER", str(secured.folder))
    assert run(["publisher", "revoke", "tests"]) == 0
    with pytest.raises((KafkaError, OSError)):
        write(publisher, INTAKE, patience_ms=1_000)
