"""Audit packs of a real ledger prove themselves to whoever has Python, a public key, and nothing of ours."""

from __future__ import annotations

import json
import random
import re
import shutil
import subprocess
import sys
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import datetime, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any, NamedTuple

import psycopg2
import pytest
from psycopg2.extensions import make_dsn

from audit.bulk import Selection
from audit.pack import About, PackRefused, about_case, about_place, about_unit, pack
from audit.seal_file import SealFile
from audit.sealing import Sealing
from ledger.reader import Reader
from ledger.record import Batch
from producers.simulator import Simulation, Submitted
from projections.read import parse_period
from projections.store.connection import connect
from projections.store.migrate import migrate
from shanzhi.cli.app import run
from shanzhi.stack import Endpoints
from tests.exporting import Position, counted, exported, silent
from tests.folded import EVENTS, Folded, fold
from tests.plaintext import hits
from tests.sealed import NOW, SIGNER

MONTH = parse_period("2024-03")


@pytest.fixture(scope="module")
def events(folded: Folded) -> dict[Position, Any]:
    return counted(folded)


class Ground(NamedTuple):
    """A database of its own over the shared ledger, folded, and sealed but for the last records."""

    endpoints: Endpoints
    folder: Path

    def pack(self, about: About, name: str = "packs") -> Path:
        """A pack, unpacked."""
        path = self.zipped(about, name)
        with zipfile.ZipFile(path) as packed:
            packed.extractall(path.parent)
        return path.with_suffix("")

    def zipped(self, about: About, name: str = "packs") -> Path:
        ends = self.endpoints
        return pack(ends.kafka_bootstrap, ends.database_url, about, self.folder / name, None, silent)[0]


@pytest.fixture(scope="module")
def ground(folded: Folded, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ground]:
    url = folded.endpoints.database_url
    with closing(psycopg2.connect(url)) as connection:
        connection.autocommit = True
        connection.cursor().execute("create database packed")
    own = make_dsn(url, dbname="packed") if "://" not in url else re.sub(r"/[^/?]*(\?|$)", r"/packed\1", url, count=1)
    migrate(own)
    endpoints = Endpoints(folded.endpoints.kafka_bootstrap, own)
    with Reader(endpoints.kafka_bootstrap) as reader:
        fold(endpoints, list[Batch](reader.batches(reader.starts, reader.ends)), Counter())
    folder = tmp_path_factory.mktemp("packs")
    sealing = Sealing(endpoints.kafka_bootstrap, SIGNER, SealFile(folder / "seals.jsonl"))
    with closing(connect(own, "shanzhi export test")) as connection, closing(sealing):
        for _ in range(3):
            sealing.grow(connection, 1_000)
            assert sealing.seal(connection, lambda: NOW)
    yield Ground(endpoints, folder)


def verified(folder: Path, *arguments: str) -> tuple[int, str]:
    """As somebody does who has the pack and Python, and nothing of ours."""
    command = [sys.executable, "-I", "-c", f"import sys, runpy; sys.path.insert(0, {str(folder)!r}); "
               f"sys.argv = ['verify.py', *{list(arguments)!r}]; sys.dont_write_bytecode = True; "
               f"runpy.run_path({str(folder / 'verify.py')!r}, run_name='__main__')"]  # fmt: skip
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False, cwd=folder)
    assert ran.stderr == ""
    return ran.returncode, ran.stdout


def lines(folder: Path) -> list[dict[str, Any]]:
    return [json.loads(line) for line in (folder / "events.ndjson").read_text(encoding="utf-8").splitlines()]


def busiest(events: dict[Position, Any], kind: str) -> str:
    found = Counter[str](
        subject for raw in events.values() for subject in re.findall(rf'"({kind}/[\w.~-]+)"', raw.value.decode())
    )
    return found.most_common(1)[0][0]


@pytest.fixture(scope="module")
def case(events: dict[Position, Any], ground: Ground) -> Path:
    return ground.pack(about_case(busiest(events, "case")))


def test_a_case_comes_with_all_that_names_it(case: Path, events: dict[Position, Any]) -> None:
    manifest = json.loads((case / "manifest.json").read_text())
    subject = manifest["about"]["subject"]
    named = {place for place, raw in events.items() if f'"{subject}"'.encode() in raw.value}
    found = {(line["partition"], line["offset"]): line for line in lines(case)}
    assert named <= found.keys()
    for place, line in found.items():
        raw = events[place]
        assert (line["key"], line["value"], line["stamp_ms"]) == (raw.key.decode(), raw.value.decode(), raw.timestamp)
    streams = {json.loads(line["value"])["subject"] for line in found.values()}
    assert {subject} <= set(manifest["streams"]) <= streams
    counts = manifest["counts"]
    assert counts["events"] == len(found) and counts["withheld"] == 0
    assert counts["proven"] == len(list((case / "proofs").iterdir())) > 0


def test_the_verifier_says_yes(case: Path) -> None:
    code, said = verified(case, SIGNER.public_key)
    assert (code, "属实" in said) == (0, True), said
    code, said = verified(case)
    assert code == 0 and SIGNER.public_key in said
    assert verified(case, "0" * 64)[0] == 1


def flip(folder: Path) -> None:
    path = folder / "events.ndjson"
    content = bytearray(path.read_bytes())
    content[content.index(b'\\"data\\"') + 12] ^= 1
    path.write_bytes(content)


def drop(folder: Path) -> None:
    path = folder / "events.ndjson"
    path.write_bytes(b"".join(path.read_bytes().splitlines(keepends=True)[:-1]))


def swap(folder: Path) -> None:
    path = folder / "events.ndjson"
    first, second, *rest = path.read_bytes().splitlines(keepends=True)
    path.write_bytes(b"".join([second, first, *rest]))


def exchange(folder: Path) -> None:
    """One event in another's place, everywhere."""
    one, other, *_ = sorted((folder / "proofs").iterdir())
    told, taken = one.read_bytes(), other.read_bytes()
    one.write_bytes(taken)
    other.write_bytes(told)


def move_stamp(folder: Path) -> None:
    """The event, and what its receipt says of it, an hour earlier."""
    first = lines(folder)[0]
    stamp = str(first["stamp_ms"])
    proof = folder / "proofs" / f"{first['partition']}-{first['offset']}.json"
    for path in (folder / "events.ndjson", proof):
        path.write_text(path.read_text().replace(stamp, str(first["stamp_ms"] - 3_600_000)))


def unseal(folder: Path) -> None:
    """An event is another one and is told to be in no seal yet; its proof stays, so that the counts still fit."""
    flip(folder)
    first, path = lines(folder)[0], folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["unsealed"].append(f"{first['partition']}:{first['offset']}")
    path.write_text(json.dumps(manifest))


EDITS: list[Callable[[Path], None]] = [flip, drop, swap, exchange, move_stamp, unseal]


@pytest.mark.parametrize("edit", EDITS)
@pytest.mark.parametrize("digests", ["as they were", "made again"])
def test_the_verifier_says_no_of_an_edited_pack(
    case: Path, tmp_path: Path, edit: Callable[[Path], None], digests: str
) -> None:
    folder = tmp_path / "pack"
    shutil.copytree(case, folder)
    edit(folder)
    if digests == "made again":  # by somebody who knows that there is a manifest
        path = folder / "manifest.json"
        manifest = json.loads(path.read_text())
        for name in manifest["files"]:
            manifest["files"][name]["sha256"] = sha256((folder / name).read_bytes()).hexdigest()
        path.write_text(json.dumps(manifest))
    code, said = verified(folder, SIGNER.public_key)
    assert code == 1 and "不符" in said


def test_files_added_or_taken_away_are_found(case: Path, tmp_path: Path) -> None:
    folder = tmp_path / "pack"
    shutil.copytree(case, folder)
    (folder / "more.txt").write_text("…")
    (folder / "__pycache__").mkdir()
    (folder / "__pycache__" / "verify_receipt.pyc").write_bytes(b"")
    (folder / "rules.json").unlink()
    code, said = verified(folder)
    assert code == 1 and "more.txt" in said and "rules.json" in said and "__pycache__" in said


def test_a_unit_comes_with_its_figures_and_their_rules(ground: Ground, events: dict[Position, Any]) -> None:
    unit = busiest(events, "unit")
    folder = ground.pack(about_unit(unit, MONTH))
    again = ground.zipped(about_unit(unit, MONTH), "again")
    assert again.read_bytes() == folder.parent.joinpath(again.name).read_bytes()  # the same ledger, the same bytes
    assert verified(folder, SIGNER.public_key)[0] == 0
    found = json.loads((folder / "results.json").read_text())
    (row,) = found["answers"]["units"]["rows"]
    assert row["subject"] == unit
    assert found["explanation"]["of"]["unit"] == unit and found["explanation"]["differences"] == []
    rules = {(one["rule"], one["version"]) for one in json.loads((folder / "rules.json").read_text())}
    assert {(one["rule"], one["version"]) for one in found["answers"]["units"]["rules"]} <= rules


def test_a_place_comes_with_what_lies_below_it(ground: Ground, events: dict[Position, Any]) -> None:
    with closing(connect(ground.endpoints.database_url, "shanzhi export test")) as connection:
        cursor = connection.cursor()
        cursor.execute("select parent, subject from generation_1.entity_place where parent is not null")
        place, below = cursor.fetchall()[0]
    time = next(json.loads(raw.value)["time"] for raw in events.values() if raw.key == below.encode())
    day = parse_period((datetime.fromisoformat(time) + timedelta(hours=8)).date().isoformat())
    folder = ground.pack(about_place(ground.endpoints.database_url, place, day))
    manifest = json.loads((folder / "manifest.json").read_text())
    assert {place, below} <= {*manifest["names"]}
    assert below in {line["key"] for line in lines(folder)}
    assert verified(folder, SIGNER.public_key)[0] == 0
    assert json.loads((folder / "results.json").read_text())["refused"]  # what measures months


def test_events_that_no_seal_covers_are_named(ground: Ground, events: dict[Position, Any]) -> None:
    sealed = json.loads((ground.folder / "seals.jsonl").read_text().splitlines()[-1])["partitions"]
    unsealed = {place for place in events if place[1] >= sealed[place[0]]["next"]}
    subjects = {
        json.loads(events[place].value)["subject"] for place in unsealed if events[place].key.startswith(b"case/")
    }
    folder = ground.pack(about_case(min(subjects)))
    manifest = json.loads((folder / "manifest.json").read_text())
    named = {f"{partition}:{offset}" for partition, offset in unsealed}
    packed = {f"{one['partition']}:{one['offset']}" for one in lines(folder)}
    assert set(manifest["unsealed"]) == packed & named != set()
    code, said = verified(folder)
    assert code == 0 and "尚未封存" in said


def test_no_pack_or_export_tells_a_personal_value(ground: Ground, folded: Folded, case: Path, tmp_path: Path) -> None:
    told = (one.event["data"] for one in Simulation(seed=7, days=30, scale=3, registry=False).first(EVENTS)
            if isinstance(one, Submitted))  # fmt: skip
    texts = {data["text"] for data in told if len(str(data.get("text", ""))) > 8}
    values = random.Random(1).sample(sorted(texts), 12)
    exported(folded, tmp_path, Selection(with_quarantine=True), "csv")
    blobs = [(str(file), file.read_bytes()) for file in case.rglob("*.*")]
    blobs += [(file.name, file.read_bytes()) for file in tmp_path.iterdir()]
    assert hits(values, iter(blobs)) == []
    assert hits([json.loads((case / "manifest.json").read_text())["about"]["subject"]], iter(blobs))  # can be found


def test_nothing_to_pack_is_said(ground: Ground) -> None:
    with pytest.raises(PackRefused, match="case/unheard-of") as refusal:
        ground.zipped(about_case("case/unheard-of"))
    assert refusal.value.exit_code == 3


def test_the_command(
    ground: Ground, case: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("DATABASE_URL", ground.endpoints.database_url)
    monkeypatch.setenv("KAFKA_BOOTSTRAP", ground.endpoints.kafka_bootstrap)
    to = ["--to", str(tmp_path)]
    assert run(["export", "--all", "--csv", "--json", *to]) == 0
    said = json.loads(capfd.readouterr().out)
    assert Path(said["file"]).stat().st_size == said["bytes"] and said["events"] > EVENTS / 2
    subject = json.loads((case / "manifest.json").read_text())["about"]["subject"]
    assert run(["export", "--case", subject, "--json", *to]) == 0
    said = json.loads(capfd.readouterr().out)
    assert Path(said["file"]).read_bytes() == case.with_suffix(".zip").read_bytes()
    for wrong in (
        ["--case", subject, "--csv"], ["--unit", "unit/1"], ["--csv", "--parquet", "--all"], ["--all"], [],
        ["--all", "--period", "2024", "--csv"], ["--case", subject, "--period", "2024"],
    ):  # fmt: skip
        assert run(["export", *wrong, *to]) == 2, wrong
    assert run(["export", "--case", "../x", *to]) == 3
