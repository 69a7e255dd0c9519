"""A real ledger is sealed, checked, and vouched for to somebody who has a receipt and a public key, nothing else."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
import sys
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from typing import Any, NamedTuple

import psycopg2
import pytest
from msgspec.structs import replace
from psycopg2.extensions import make_dsn

from audit.merkle import root
from audit.receipts import receipt
from audit.seal_check import Checked, check, consistency
from audit.seal_file import SealFile
from audit.seal_store import ledger_id, save_tiles, tiles_of
from audit.sealing import Sealing
from audit.seals import Part, Seal, Signer, make_seal
from audit.tiles import Growing
from ledger.errors import LedgerUnsound, OutcomeUnknown, StoreUnsound
from ledger.topics import PARTITIONS
from projections.read import QuestionRefused
from projections.store.connection import connect
from projections.store.migrate import migrate
from shanzhi.cli.app import run
from tests.folded import Folded
from tests.sealed import NOW, SIGNER

ROOT = Path(__file__).resolve().parents[2]
VERIFIER = ROOT / "audit" / "standalone" / "verify_receipt.py"
STEP_RECORDS = 1_000


class Ground(NamedTuple):
    """A database of its own over the shared ledger, sealed three times on the way to its end."""

    bootstrap: str
    database_url: str
    file: SealFile
    seals: list[Seal]
    cursor: Any

    def sealing(self, signer: Signer = SIGNER) -> Sealing:
        return Sealing(self.bootstrap, signer, self.file)

    def checked(self, *keys: str, file: SealFile | None = None) -> Checked:
        trusted = set(keys) or {SIGNER.public_key}
        return check(self.database_url, self.bootstrap, file or self.file, trusted)

    def receipt(self, partition: int, offset: int) -> dict[str, Any]:
        return receipt(self.database_url, self.bootstrap, partition, offset)

    def leaves(self, partition: int) -> list[bytes]:
        load = tiles_of(self.cursor, partition)
        kept = b"".join(load(0, number) for number in range(self.seals[-1].partitions[partition].next // 256 + 1))
        return [kept[at : at + 32] for at in range(0, len(kept), 32)]

    def forget_all(self) -> None:
        """As if nothing had ever been sealed."""
        self.cursor.execute("delete from shanzhi.seal; delete from shanzhi.seal_tile")
        self.cursor.execute("update shanzhi.seal_position set next = 0")
        self.file.path.unlink()

    def reseal(self, partition: int, leaves: list[bytes]) -> None:
        """As if these leaves had been sealed in the partition from the beginning."""
        growing = Growing()
        growing.add(leaves)
        save_tiles(self.cursor, {partition: growing.changed()}, {partition: len(leaves)})
        previous = None
        for seal in self.seals:
            parts = list(seal.partitions)
            parts[partition] = Part(parts[partition].next, root(leaves[: parts[partition].next]).hex())
            previous = make_seal(previous, seal.ledger, parts, NOW, SIGNER)
            self.cursor.execute("update shanzhi.seal set line = %s where number = %s", (previous.line, seal.number))


@pytest.fixture(scope="module")
def ground(folded: Folded, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    name = "sealed"
    with closing(psycopg2.connect(folded.endpoints.database_url)) as connection:
        connection.autocommit = True
        with connection.cursor() as cursor:
            cursor.execute(f"create database {name}")
    url = _url_of(folded.endpoints.database_url, name)
    migrate(url)
    file = SealFile(tmp_path_factory.mktemp("elsewhere") / "seals.jsonl")
    with closing(connect(url, "shanzhi seal test")) as connection:
        with closing(Sealing(folded.endpoints.kafka_bootstrap, SIGNER, file)) as sealing:
            seals = list(_sealed_on_the_way(sealing, connection))
        connection.autocommit = True
        with connection.cursor() as cursor:
            yield Ground(folded.endpoints.kafka_bootstrap, url, file, seals, cursor)


def _url_of(url: str, name: str) -> str:
    return make_dsn(url, dbname=name) if "://" not in url else re.sub(r"/[^/?]*(\?|$)", rf"/{name}\1", url, count=1)


def _sealed_on_the_way(sealing: Sealing, connection: Any) -> Iterator[Seal]:
    while True:
        grown = sealing.grow(connection, STEP_RECORDS)
        seal = sealing.seal(connection, lambda: NOW)
        if seal is None:
            return
        assert grown.added
        yield seal


@pytest.fixture
def changed(ground: Ground) -> Iterator[Ground]:
    """Seals and tiles as they are, which are put back after the test, and so is the file."""
    line = ground.file.path.read_bytes()
    tables = ("seal", "seal_tile", "seal_position")
    for table in tables:
        ground.cursor.execute(f"create table public.{table}_kept as table shanzhi.{table}")
    yield ground
    for table in tables:
        ground.cursor.execute(f"delete from shanzhi.{table}")
        ground.cursor.execute(f"insert into shanzhi.{table} select * from public.{table}_kept")
        ground.cursor.execute(f"drop table public.{table}_kept")
    ground.file.path.write_bytes(line)


def test_the_ledger_is_what_was_sealed(ground: Ground, folded: Folded) -> None:
    records = sum(folded.written.values())
    assert [seal.number for seal in ground.seals] == [1, 2, 3, 4]
    assert ground.seals[-1].records == records
    assert list(ground.file.seals()) == ground.seals
    assert ground.checked() == Checked(4, 4, records, 0, [])


def test_between_any_two_seals_the_later_holds_all_of_the_earlier(ground: Ground) -> None:
    for first in range(1, 5):
        for second in range(first, 5):
            proved = consistency(ground.database_url, second, first)
            assert (proved.earlier.number, proved.later.number, proved.differing) == (first, second, [])
    with pytest.raises(QuestionRefused):
        consistency(ground.database_url, 1, 5)


def test_a_seal_of_another_history_is_no_continuation(changed: Ground) -> None:
    last = changed.seals[-1]
    parts = list(last.partitions)
    parts[5] = parts[4]
    forged = make_seal(changed.seals[-2], last.ledger, parts, NOW, SIGNER)
    changed.cursor.execute("update shanzhi.seal set line = %s where number = 4", (forged.line,))
    assert consistency(changed.database_url, 3, 4).differing == [5]


def verified(path: Path, told: dict[str, Any], key: str = SIGNER.public_key) -> tuple[int, str]:
    """As a resident does it: a Python of its own, without our packages."""
    path.write_text(json.dumps(told))
    done = subprocess.run(
        [sys.executable, "-I", "-S", str(VERIFIER), str(path), key], capture_output=True, timeout=60, check=False
    )
    assert done.stderr == b""
    return done.returncode, done.stdout.decode()


def test_a_receipt_is_checked_offline_and_no_part_of_it_can_be_changed(ground: Ground, tmp_path: Path) -> None:
    for partition in (0, 7, PARTITIONS - 1):
        last = ground.seals[-1].partitions[partition].next - 1
        for offset in {0, last // 2, last}:
            code, said = verified(tmp_path / "receipt.json", ground.receipt(partition, offset))
            assert (code, said[:2]) == (0, "真实")
    told = ground.receipt(3, 2)
    assert verified(tmp_path / "receipt.json", told, Signer(bytes(32)).public_key)[0] == 1, "another's key"


def test_the_sealer_of_a_restored_database_takes_over_what_only_the_file_has(changed: Ground) -> None:
    changed.cursor.execute("delete from shanzhi.seal where number > 1")
    changed.cursor.execute("delete from shanzhi.seal_tile")
    changed.cursor.execute("update shanzhi.seal_position set next = 0")
    faults = changed.checked().faults
    assert (faults[0].what, faults[0].seal) == ("数据库缺少文件中的封印", 2)
    with closing(changed.sealing()) as sealing, closing(connect(changed.database_url, "test")) as connection:
        assert sealing.grow(connection, STEP_RECORDS).left
        assert sealing.seal(connection, lambda: NOW) is None, "the tiles don't reach as far as the file yet"
        while sealing.grow(connection).left:
            pass
        assert sealing.seal(connection, lambda: NOW) is None, "nothing new"
    assert changed.checked().faults == []


def test_two_sealers_at_once_and_a_file_that_can_not_be_written_do_no_harm(changed: Ground) -> None:
    changed.forget_all()
    with (
        closing(connect(changed.database_url, "one")) as first,
        closing(connect(changed.database_url, "two")) as second,
        closing(changed.sealing()) as one,
        closing(changed.sealing()) as two,
    ):
        assert one.grow(first, 700).added == 700
        assert two.grow(second, 800).added == 800
        sealed = one.seal(first, lambda: NOW)
        assert sealed is not None
        assert (sealed.number, sealed.records) == (1, 1_500), "what the other has added is there"
        assert one.grow(first, 10).added == 10
        changed.file.path.rename(changed.file.path.with_suffix(".away"))
        changed.file.path.mkdir()
        assert two.grow(second).left == 0
        with pytest.raises(OutcomeUnknown, match="封印文件"):
            two.seal(second, lambda: NOW)
        changed.file.path.rmdir()
        changed.file.path.with_suffix(".away").rename(changed.file.path)
        assert two.seal(second, lambda: NOW) is not None
        assert one.seal(first, lambda: NOW) is None
    assert (changed.checked().seals, changed.checked().faults) == (2, [])


def test_the_process_seals_what_is_there_and_after_a_kill_mends_the_file(changed: Ground) -> None:
    changed.forget_all()
    given = {
        "KAFKA_BOOTSTRAP": changed.bootstrap,
        "DATABASE_URL": changed.database_url,
        "SHANZHI_SEAL_KEY": urlsafe_b64encode(bytes(range(32))).decode(),
        "SHANZHI_SEAL_FILE": str(changed.file.path),
        "SHANZHI_SEAL_RECORDS": "1000",
    }
    for number, code in ((signal.SIGKILL, -signal.SIGKILL), (signal.SIGTERM, 0)):
        with subprocess.Popen([sys.executable, "-m", "shanzhi", "sealer"], env={**os.environ, **given}) as process:
            deadline = time.monotonic() + 60
            while not list(changed.file.seals()) and time.monotonic() < deadline:
                assert process.poll() is None
                time.sleep(0.02)
            process.send_signal(number)
        assert process.returncode == code
        assert changed.checked() == Checked(1, 1, changed.seals[-1].records, 0, [])
        os.truncate(changed.file.path, 100)


def test_a_file_that_lags_is_brought_level_and_one_of_another_history_is_refused(changed: Ground) -> None:
    lines = changed.file.path.read_bytes()
    changed.file.path.write_bytes(lines[: lines.index(b"\n") + 100])
    with closing(connect(changed.database_url, "test")) as connection, closing(changed.sealing()) as sealing:
        sealing.keep(connection)
        assert changed.file.path.read_bytes() == lines
    *before, last = changed.seals
    forged = make_seal(before[-1], last.ledger, last.partitions, NOW + timedelta(1), SIGNER)
    changed.file.path.write_text("".join(f"{seal.line}\n" for seal in (*before, forged)))
    with (
        closing(connect(changed.database_url, "test")) as connection,
        closing(changed.sealing()) as sealing,
        pytest.raises(StoreUnsound, match="封印 4"),
    ):
        sealing.keep(connection)
    (fault,) = changed.checked().faults
    assert (fault.what, fault.seal) == ("数据库与文件中的封印不同", 4)


def test_a_forger_who_rewrites_the_database_is_given_away_by_key_or_file(changed: Ground) -> None:
    thief = Signer(bytes(range(1, 33)))
    ledger, previous = ledger_id(changed.cursor), None
    for seal in changed.seals:
        previous = make_seal(previous, ledger, seal.partitions, NOW, thief)
        changed.cursor.execute("update shanzhi.seal set line = %s where number = %s", (previous.line, previous.number))
    whats = [fault.what for fault in changed.checked().faults]
    assert whats == ["不是可信密钥所签", "数据库与文件中的封印不同"]
    no_file = SealFile(changed.file.path.with_name("none"))
    assert changed.checked(thief.public_key, file=no_file).faults == [], "who trusts the thief is told nothing"


def test_a_seal_that_lacks_a_partition_is_a_fault_and_no_error(changed: Ground) -> None:
    last = changed.seals[-1]
    short = replace(last, partitions=last.partitions[:-1])
    changed.cursor.execute("update shanzhi.seal set line = %s where number = %s", (short.line, last.number))
    changed.file.path.unlink()
    assert [(fault.what, fault.seal) for fault in changed.checked().faults] == [("总根与各分区的根不符", last.number)]


def test_a_record_that_is_not_what_was_sealed_is_named_and_gets_no_receipt(changed: Ground) -> None:
    """As if the ledger's record had changed: another one was sealed in its place."""
    partition, offset = 2, 5
    leaves = changed.leaves(partition)
    leaves[offset] = leaves[offset][::-1]
    changed.reseal(partition, leaves)
    changed.file.path.unlink()
    (fault,) = changed.checked().faults
    assert (fault.partition, fault.offset, fault.last, fault.what) == (partition, offset, None, "与封印不符")
    with pytest.raises(LedgerUnsound, match="2:5"):
        changed.receipt(partition, offset)


def test_what_is_in_no_seal_yet_gets_no_receipt(ground: Ground) -> None:
    with pytest.raises(QuestionRefused, match="尚未封存"):
        ground.receipt(0, ground.seals[-1].partitions[0].next)


def test_the_commands_say_yes_and_no(
    changed: Ground, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    given = {
        "KAFKA_BOOTSTRAP": changed.bootstrap,
        "DATABASE_URL": changed.database_url,
        "SHANZHI_SEAL_KEY": urlsafe_b64encode(bytes(range(32))).decode(),
        "SHANZHI_SEAL_FILE": str(changed.file.path),
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    assert run(["seal", "key"]) == 0
    key = capsys.readouterr().out.strip()
    assert key == SIGNER.public_key
    assert run(["seal", "now", "--json"]) == 0
    assert json.loads(capsys.readouterr().out)["made"] is False
    assert run(["seal", "list", "--json", "--limit", "2"]) == 0
    assert [seal["number"] for seal in json.loads(capsys.readouterr().out)] == [4, 3]
    assert run(["seal", "check"]) == 0
    assert "相符" in capsys.readouterr().err
    assert run(["seal", "consistency", "1", "4"]) == 0
    assert run(["receipt", "3:1"]) == 0
    told = capsys.readouterr().out
    (tmp_path / "receipt.json").write_text(told)
    assert verified(tmp_path / "receipt.json", json.loads(told), key)[0] == 0
    assert run(["receipt", "nonsense"]) == run(["receipt", "3:99999999"]) == run(["receipt", "urn:x", "none"]) == 3
    first, last = changed.seals[0].partitions, changed.seals[-1].partitions
    cut = next(number for number, part in enumerate(first) if 0 < part.next < last[number].next)
    changed.cursor.execute("update shanzhi.seal_tile set hashes = %s where partition = %s and level = 0", (b"", cut))
    assert run(["seal", "check"]) == 9
    assert f"{cut}:0" in capsys.readouterr().err
    assert run(["seal", "consistency", "1", "4"]) == 9
