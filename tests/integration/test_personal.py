"""What staff see of personal data on the command line, and that no plain text is ever said by an error or a log."""

from __future__ import annotations

import json
import logging
import traceback
from base64 import urlsafe_b64encode
from collections.abc import Callable, Iterator, Sequence
from contextlib import closing
from functools import partial
from typing import Any, NamedTuple, get_args

import orjson
import psycopg2
import pytest
import structlog

from ledger.describe import sample_event
from ledger.event import latest
from ledger.masking import FORGOTTEN
from ledger.partition import partition_of
from ledger.photos import PhotoStore
from ledger.submission import Submission, check, stored, stored_each
from ledger.topics import PARTITIONS
from ledger.unsealing import Role, SealedField, Unsealer, sealed_fields
from ledger.vault import Vault
from ledger.writer import Writer
from producers import Publisher
from producers.publisher import utc_now
from projections.store.migrate import migrate
from shanzhi.cli import app
from shanzhi.logging import configure
from shanzhi.stack import Stack

OLD, NEW, STRANGE = bytes(range(64)), bytes(64), b"s" * 64
AWAY = "postgresql://127.0.0.1:1/nothing"
NAME, PHONE, WORDS = "欧阳修竹", "13987654321", "邻居半夜在楼道里焊接"
PLAIN = (NAME, PHONE, WORDS)


class Said(NamedTuple):
    code: int
    out: str
    err: str


class Shanzhi:
    """`shanzhi("record", "3", "17")` in this process, on the session's servers."""

    def __init__(self, capfd: pytest.CaptureFixture[str]) -> None:
        self._capfd = capfd

    def __call__(self, *arguments: str) -> Said:
        code = app.run(list(arguments))
        return Said(code, *self._capfd.readouterr())

    def json(self, *arguments: str) -> Any:
        said = self(*arguments, "--json")
        assert said.code == 0, said.err
        return json.loads(said.out)


@pytest.fixture
def shanzhi(stack: Stack, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]) -> Iterator[Shanzhi]:
    given = {
        "KAFKA_BOOTSTRAP": stack.endpoints.kafka_bootstrap,
        "DATABASE_URL": stack.endpoints.database_url,
        "SHANZHI_MASTER_KEY": urlsafe_b64encode(OLD).decode(),
        "SHANZHI_LOG_FORMAT": "json",
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    monkeypatch.delenv("SHANZHI_MASTER_KEY_BEFORE", raising=False)
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield Shanzhi(capfd)
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


def person(id_: str) -> dict[str, Any]:
    event = sample_event(latest["person.registered"]) | {"id": f"personal-{id_}", "subject": f"person/{id_}"}
    return event | {"data": event["data"] | {"name": NAME, "phone": PHONE}}


def publish(stack: Stack, event: dict[str, Any]) -> tuple[str, str]:
    """Partition and offset, as a command line wants them."""
    vault = Vault(stack.endpoints.database_url, OLD)
    with Publisher(stack.endpoints.kafka_bootstrap, vault) as publisher:
        receipt = publisher.publish(event)
    return str(receipt.partition), str(receipt.offset)


def run(url: str, sql: str, *values: object) -> None:
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(sql, values)


def test_a_record_is_masked_unless_a_role_that_may_asks_and_says_why(stack: Stack, shanzhi: Shanzhi) -> None:
    at = publish(stack, person("record"))
    masked = shanzhi.json("record", *at)
    assert (masked["event"]["subject"], masked["verdict"]) == ("person/record", None)
    assert (masked["event"]["data"]["name"], masked["event"]["data"]["phone"]) == ("欧*", "139****4321")
    assert masked["event"]["data"]["unit"] == "unit/finance-bureau"
    assert masked["personal"] == {"/data/name": "masked", "/data/phone": "masked"}

    plain = shanzhi("record", *at, "--role", "desk", "--by", "person/li-7f3a", "--reason", "回访", "--json")
    assert json.loads(plain.out)["event"]["data"]["phone"] == PHONE
    (line,) = [line for line in map(json.loads, plain.err.splitlines()) if line["event"] == "unsealed"]
    assert (line["role"], line["by"], line["reason"]) == ("desk", "person/li-7f3a", "回访")
    assert (line["owners"], line["plain"]) == ({"person/record": 2}, 2)
    assert not any(word in plain.err for word in PLAIN)

    told = shanzhi("record", *at)
    assert all(word in told.out for word in ("欧*", "139****4321", "person.registered", "掩码"))
    assert not any(word in told.out + told.err for word in PLAIN)


def test_a_role_without_who_and_why_is_refused_and_nothing_is_shown(stack: Stack, shanzhi: Shanzhi) -> None:
    at = publish(stack, person("refused"))
    for arguments in (["--role", "desk"], ["--role", "desk", "--by", "person/x"], ["--role", "admin"]):
        said = shanzhi("record", *at, *arguments)
        assert (said.code, said.out) == (2, "")


def test_a_forgotten_owner_is_shown_as_such(stack: Stack, shanzhi: Shanzhi) -> None:
    at = publish(stack, person("gone"))
    run(stack.endpoints.database_url, "update vault.data_key set wrapped = null where owner = 'person/gone'")
    record = shanzhi.json("record", *at, "--role", "desk", "--by", "person/li-7f3a", "--reason", "回访")
    assert (record["event"]["data"]["name"], record["personal"]["/data/name"]) == (FORGOTTEN, "forgotten")


def test_a_record_that_is_no_event_shows_nothing_of_itself(stack: Stack, shanzhi: Shanzhi) -> None:
    """It may be a leak: here somebody wrote plain text past the ways in."""
    (sound,) = stored([check(person("leak"), utc_now())], Vault(stack.endpoints.database_url, OLD))
    event = orjson.loads(sound.value)
    event["data"]["name"] = NAME
    with Writer(stack.endpoints.kafka_bootstrap) as writer:
        value, partition = orjson.dumps(event), partition_of(sound.key, PARTITIONS)
        receipt = writer.send_raw(sound, sound.key, value, partition).receipt()
    said = shanzhi("record", str(receipt.partition), str(receipt.offset), "--json")
    assert json.loads(said.out)["verdict"].startswith("unsealed")
    assert json.loads(said.out)["event"] is None
    assert not any(word in said.out + said.err for word in PLAIN)


def test_an_offset_that_is_not_there_is_named_with_those_that_are(stack: Stack, shanzhi: Shanzhi) -> None:
    said = shanzhi("record", "3", "99999999")
    assert (said.code, said.out) == (3, "")
    assert "99999999" in said.err


def test_a_master_key_is_rotated_by_command(
    stack: Stack, shanzhi: Shanzhi, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"{stack.endpoints.database_url.rpartition('/')[0]}/rotated"
    run(stack.endpoints.database_url, "create database rotated")
    migrate(url)
    made = Vault(url, OLD).for_owners(["person/a", "person/b"])
    monkeypatch.setenv("DATABASE_URL", url)

    assert (refused := shanzhi("vault", "rotate")).code == 2
    assert "SHANZHI_MASTER_KEY_BEFORE" in refused.err
    monkeypatch.setenv("SHANZHI_MASTER_KEY", urlsafe_b64encode(NEW).decode())
    monkeypatch.setenv("SHANZHI_MASTER_KEY_BEFORE", urlsafe_b64encode(OLD).decode())
    assert shanzhi.json("vault", "rotate") == {"rotated": 2, "master_key": 2}
    assert shanzhi.json("vault", "rotate") == {"rotated": 0, "master_key": 2}

    assert Vault(url, NEW).existing(made) == made
    status = shanzhi.json("vault", "status")
    assert [(row["id"], row["keys"]) for row in status["master_keys"]] == [(1, 0), (2, 2)]
    assert (status["destroyed"], status["photos"]) == (0, 0)
    told = shanzhi("vault", "status")
    assert urlsafe_b64encode(NEW).decode()[:20] not in told.out + told.err


def test_no_error_and_no_log_line_of_the_vault_says_a_plain_value(
    stack: Stack, capfd: pytest.CaptureFixture[str]
) -> None:
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    configure("debug", "json")
    log = structlog.get_logger("shanzhi.test")
    try:
        provoked = {type(error).__name__ for error in provoke(stack.endpoints.database_url)}
        out, err = capfd.readouterr()
        log.info("the control", name=NAME, phone=PHONE, words=WORDS)
        _, control = capfd.readouterr()
    finally:
        root.handlers[:], root.level = handlers, level
        structlog.reset_defaults()

    assert provoked == EVERY_ERROR
    assert err.count('"unsealed"') >= 8
    assert err.count("Traceback") >= 15
    assert all(word in control for word in PLAIN)
    assert not any(word in out + err for word in PLAIN)
    assert not any(repr(word.encode())[2:-1] in out + err for word in PLAIN), "nor as bytes"


EVERY_ERROR = {"UnsealRefused", "VaultLocked", "StoreUnsound", "OutcomeUnknown", "PersonForgotten", "EventRefused"}


def provoke(url: str) -> list[Exception]:
    """Every error of vault, unsealing and photos, each logged with its trace and all that it carries."""
    log, errors = structlog.get_logger("shanzhi.test"), list[Exception]()
    for work in provocations(url):
        try:
            work()
        except Exception as error:
            errors.append(error)
            log.exception("provoked", said=str(error), values=repr(vars(error)))
            traceback.print_exc()
    return errors


def provocations(url: str) -> Iterator[Callable[[], object]]:
    case = sample_event(latest["case.discovered"]) | {"id": "personal-case", "subject": "case/silent"}
    case["data"] |= {"text": WORDS, "reporter": "person/silent"}
    submissions = [check(person("silent"), utc_now()), check(case, utc_now())]
    vault, picture = Vault(url, OLD), WORDS.encode()
    fields = fields_of(submissions, vault)
    photo = PhotoStore(url, vault).keep("person/silent", picture, "image/png")
    for role in get_args(Role):
        unsealer = Unsealer(vault, role, "person/li-7f3a", "回访")
        unsealer.open(fields)
        yield partial(PhotoStore(url, vault).fetch, photo.id, unsealer)
    yield partial(Unsealer, vault, "desk", "", "")
    yield partial(PhotoStore(url, vault).keep, "person/silent", picture, "image/gif")
    for one in (Vault(url, NEW), Vault(without_tables(url), OLD), Vault(AWAY, OLD)):
        yield partial(stored_each, submissions, one)
        yield partial(Unsealer(one, "desk", "person/x", "y").open, fields)
        yield partial(PhotoStore(url, one).keep, "person/silent", picture, "image/png")
        yield partial(one.rotate, STRANGE)
    yield partial(PhotoStore(AWAY, vault).keep, "person/silent", picture, "image/png")
    run(url, "update vault.data_key set wrapped = '\\x00' where owner = 'person/silent'")
    yield partial(Vault(url, OLD).existing, ["person/silent"])
    run(url, "update vault.data_key set wrapped = null where owner = 'person/silent'")
    yield partial(PhotoStore(url, Vault(url, OLD)).keep, "person/silent", picture, "image/png")
    yield partial(stored, submissions, Vault(url, OLD))
    Unsealer(vault, "desk", "person/li-7f3a", "回访").open(fields)


def fields_of(submissions: Sequence[Submission], vault: Vault) -> list[SealedField]:
    events = [orjson.loads(one.value) for one in stored(submissions, vault)]
    return [
        field
        for one in events
        for field in sealed_fields(latest[one["type"]], one["source"], one["id"], one["subject"], one["data"])
    ]


def without_tables(url: str) -> str:
    run(url, "create database without_tables")
    return f"{url.rpartition('/')[0]}/without_tables"
