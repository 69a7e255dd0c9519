"""Somebody is forgotten, and is then looked for wherever bytes are kept: what they said, and what could open it."""

from __future__ import annotations

import json
import re
import zipfile
from base64 import b64encode, urlsafe_b64encode
from collections.abc import Iterator
from contextlib import closing
from hashlib import sha256
from pathlib import Path
from typing import Any

import psycopg2
import pytest

from audit.bulk import Selection
from audit.bulk import export as export_events
from audit.erasing import remains
from audit.pack import about_case, pack
from audit.verify import verify
from ledger.errors import PersonForgotten
from ledger.sealing import unseal
from ledger.topics import LEDGER
from ledger.vault import Vault
from shanzhi.cli import app
from shanzhi.keys import vault_of
from shanzhi.settings import Settings
from tests import plaintext
from tests.door import Door, event_of
from tests.personal_values import HOME, NAME, PHONE, WORDS, photo

PERSON, CASE, OTHER = "person/forgotten-7f3a", "case/forgotten-0007", "person/remembered-7f3a"
SAID = [NAME, PHONE, HOME, WORDS]
ROLES = ["resident", "volunteer"]
SWITCHES_AT_MOST = 100


class Scene:
    """What was said by one person, twice under their id and once without, and by another one."""

    def __init__(self, door: Door, connection: Any) -> None:
        self.door, self.url, self.connection = door, door.endpoints.database_url, connection
        connection.autocommit = True
        self.vault: Vault = vault_of(Settings(folder=door.folder), self.url)
        text = f"{NAME}住{HOME}，电话{PHONE}，{WORDS}"
        for subject in (PERSON, OTHER):
            data = {"name": NAME, "phone": PHONE, "roles": ROLES, "community": "place/yunxing"}
            self.told("person.registered", subject, data)
        wish = {"place": "place/forgotten-estate", "text": text, "wisher": PERSON}
        self.told("wish.made", "wish/forgotten-1", wish)
        case = event_of("case.discovered")["data"]
        self.told("case.discovered", CASE, {**case, "text": text, "place": None, "reporter": None})
        kept = door.client.post(
            "/photos", content=photo(), headers={"content-type": "image/jpeg"}, params={"owner": PERSON}
        )
        assert kept.status_code == 201, kept.text

    def told(self, type_: str, subject: str, data: dict[str, Any]) -> None:
        event = event_of(type_, subject, data={name: value for name, value in data.items() if value is not None})
        answer = self.door.post(event, wait="10s")
        assert (answer.status_code, answer.json()["applied"]) == (201, True), answer.text

    def ask(self, sql: str, *values: object) -> list[tuple[Any, ...]]:
        with self.connection.cursor() as cursor:
            cursor.execute(sql, values)
            return cursor.fetchall() if cursor.description else []

    def tables(self) -> dict[str, str]:
        """Every table of folds as a digest; of `entity_person` without those of whom the test forgets."""
        ((generation,),) = self.ask("select generation from shanzhi.current")
        of_folds = "select tablename from pg_tables where schemaname = %s and tablename ~ '^(entity|tally)_'"
        found = {}
        for (table,) in self.ask(of_folds, generation):
            rows = f"select one::text from {generation}.{table} one"
            if table == "entity_person":
                rows += f" where forgotten_at is null and subject <> '{PERSON}'"
            found[table] = sha256(repr(self.ask(f"{rows} order by 1")).encode()).hexdigest()
        return found

    def person(self) -> tuple[Any, ...]:
        """What is known of the person but when they were forgotten."""
        ((generation,),) = self.ask("select generation from shanzhi.current")
        (row,) = self.ask(f"select * from {generation}.entity_person where subject = %s", PERSON)
        return row[:-2]

    def exported(self, folder: Path) -> Iterator[tuple[str, bytes]]:
        """The whole ledger as a spreadsheet, and an audit pack of the case, unpacked."""
        kafka = self.door.endpoints.kafka_bootstrap
        path, _ = export_events(kafka, self.url, Selection(None, None, True), "csv", folder, silent)
        yield path.name, path.read_bytes()
        path, _ = pack(kafka, self.url, about_case(CASE), folder, None, silent)
        with zipfile.ZipFile(path) as packed:
            yield from ((name, packed.read(name)) for name in packed.namelist())

    def ledger(self) -> plaintext.Blobs:
        """The segments of the ledger, and their batches unpacked."""
        return plaintext.kafka(self.door.folder / "kafka" / "data", LEDGER)

    def postgres(self) -> plaintext.Blobs:
        return plaintext.files(self.door.folder / "postgres" / "data")

    def files(self) -> plaintext.Blobs:
        """Logs and whatever else lies in the folder, but for the servers' own."""
        for file in sorted(self.door.folder.rglob("*")):
            if file.is_file() and file.relative_to(self.door.folder).parts[0] not in ("kafka", "postgres"):
                yield str(file), file.read_bytes()


def silent(done: int, total: int) -> None:
    """Nobody looks at a progress."""


@pytest.fixture
def scene(door: Door, monkeypatch: pytest.MonkeyPatch) -> Iterator[Scene]:
    for name in ("KAFKA_BOOTSTRAP", "DATABASE_URL", "SHANZHI_MASTER_KEY", "SHANZHI_MASTER_KEY_BEFORE"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("SHANZHI_FOLDER", str(door.folder))
    with closing(psycopg2.connect(door.endpoints.database_url)) as connection:
        yield Scene(door, connection)


def found(secrets: dict[str, bytes], blobs: plaintext.Blobs) -> set[str]:
    """Which of the secrets, named, stand anywhere: as they are, in hexadecimal or base64."""
    written = [
        (name, form)
        for name, secret in secrets.items()
        for form in (secret, secret.hex().encode(), b64encode(secret)[:-4], urlsafe_b64encode(secret)[:-4])
    ]
    return {name for _, blob in blobs for name, form in written if form in blob}


def opened(scene: Scene, keys: dict[str, bytes]) -> set[str]:
    """What the keys open of everything that is sealed in the segments of the ledger, as text."""
    said = set()
    for _, batch in scene.ledger():
        for value in re.findall(rb'\{"specversion":.*?"data":\{.*?\}\}', batch):
            event = json.loads(value)
            for name, text in event["data"].items():
                if isinstance(text, str) and text.startswith("sealed:"):
                    for key in keys.values():
                        plain = unseal(key, text, event["source"], event["id"], f"/data/{name}")
                        said.add(plain.decode() if plain else "")
    return said - {""}


def written_over(scene: Scene) -> int:
    """Writes the log on until its files hold nothing of before, and says how many it went through."""
    for number in range(SWITCHES_AT_MOST):
        if all(one.wal_bytes_left == 0 for one in remains(scene.url, [PERSON, CASE])):
            return number
        scene.ask("select pg_logical_emit_message(true, 'test', 'on'), pg_switch_wal()")
    raise AssertionError("the bound of the log was never reached")


def test_a_forgotten_person_is_nowhere_and_the_figures_are_as_they_were(
    scene: Scene, capfd: pytest.CaptureFixture[str], tmp_path: Path
) -> None:
    owners = [PERSON, CASE]
    keys = dict(scene.vault.existing(owners))
    rows = scene.ask("select owner, wrapped from vault.data_key where owner = any(%s)", owners)
    secrets = {f"wrapped {owner}": bytes(wrapped) for owner, wrapped in rows}
    assert len(keys) == len(secrets) == 2
    scene.ask("checkpoint")
    before, person = scene.tables(), scene.person()

    # The controls: the search finds what is there, and the keys open what was said.
    data = scene.door.folder / "postgres" / "data"
    assert found(secrets, plaintext.files(data / "pg_wal")) == secrets.keys()
    assert found(secrets, plaintext.files(data / "base")) == secrets.keys()
    said = " ".join(opened(scene, keys))
    assert all(stem in said for stem in SAID)

    capfd.readouterr()
    assert app.run(["forget", *owners, "--basis", "本人申请", "--yes", "--json"]) == 0
    told = json.loads(capfd.readouterr().out)
    assert [(one["owner"], one["destroyed"], one["told"], one["photos"]) for one in told] == [
        (CASE, True, True, 0),
        (PERSON, True, True, 0),
    ]
    assert all(one["rewritten_at"] and one["wal_until"] for one in told), told
    written_over(scene)
    assert app.run(["forget", "--status", *owners, "--json"]) == 0
    assert all(one["done"] for one in json.loads(capfd.readouterr().out))

    secrets |= {f"key of {owner}": key for owner, key in keys.items()}
    exported = list(scene.exported(tmp_path))
    assert plaintext.hits([CASE], iter(exported)), "they tell of the case"
    secrets |= {stem: stem.encode() for stem in SAID}  # of servers' files once more in every form: test_plaintext
    assert [found(secrets, blobs) for blobs in (scene.ledger(), scene.postgres(), scene.files())] == [set()] * 3
    assert (found(secrets, iter(exported)), plaintext.hits(SAID, iter(exported))) == (set(), [])
    assert scene.vault.existing(owners) == {}
    with pytest.raises(PersonForgotten):
        vault_of(Settings(folder=scene.door.folder), scene.url).for_owners([PERSON])
    assert set(scene.vault.existing([OTHER])) == {OTHER}

    assert scene.door.post(event_of("person.changed", PERSON, data={"roles": ROLES}), wait="10s").json()["applied"]
    assert scene.tables() == before
    assert scene.person() == person
    assert verify(scene.door.endpoints.kafka_bootstrap, scene.url).told() == []
