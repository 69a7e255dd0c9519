"""Makes a pack: gathers, proves, answers, and writes one zip of the same bytes whenever the ledger is the same."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import closing
from datetime import datetime
from importlib.resources import files
from pathlib import Path
from typing import Any, NamedTuple

import msgspec

from audit.bulk.files import Report, whole
from audit.bulk.showing import is_sound, tells_known_members_only
from audit.bulk.standing import Cut, read_cut
from audit.pack.about import MATTERS, RULE, About
from audit.pack.gather import Gathered, Position, gather
from audit.pack.proofs import Proof, proofs
from audit.pack.results import explanation, results, rules_used
from audit.pack.zipped import Zipped
from audit.references import references
from audit.seals import Seal
from ledger.codec import Examiner
from ledger.errors import StoreUnsound
from ledger.record import RawRecord
from ledger.topics import PARTITIONS
from projections.families import fingerprint
from projections.read.period import Period, QuestionRefused
from projections.store.connection import answering, connect
from projections.store.generation import current_generation

FORMAT = 1


class Packed(NamedTuple):
    """What was packed: events, how many of them are proven, not sealed yet, or left out as nobody could check them."""

    events: int
    proven: int
    unsealed: int
    withheld: int


def about_case(case: str) -> About:
    """A case with all that hangs together with it. Raises `QuestionRefused` where it is no case's reference."""
    _assert_refers("case", case)
    return About("case", case, frozenset((case.encode(),)))


def about_unit(unit: str, period: Period) -> About:
    """A unit over a period. Raises as `about_case`."""
    _assert_refers("unit", unit)
    return About("unit", unit, frozenset((unit.encode(),)), period)


def about_place(database_url: str, place: str, period: Period) -> About:
    """A place and what lies below it today, over a period. Raises as `about_case`."""
    _assert_refers("place", place)
    with answering(), closing(connect(database_url, "shanzhi export")) as connection:
        generation = current_generation(connection)
        with connection, connection.cursor() as cursor:
            cursor.execute(f"set local search_path = {generation}")
            cursor.execute("select place from place_subtree(%s)", (place,))
            below = {name.encode() for (name,) in cursor}
    return About("place", place, frozenset((place.encode(), *below)), period)


def pack(
    bootstrap: str, database_url: str, about: About, folder: Path, as_of: datetime | None, report: Report
) -> tuple[Path, Packed]:
    """Writes a pack into the folder, as of the newest stamp of the ledger where no time is given.

    Raises `PackRefused`, `ExportRefused`, `OutcomeUnknown`, `LedgerUnsound`, `StoreUnsound`, `QuestionRefused`.
    """
    cut = read_cut(database_url)
    if cut.fingerprint != fingerprint():
        raise StoreUnsound(
            "这些表由另一版折叠生成 · the tables were folded by other folds than this program's",
            "让本版处理进程重新折叠 · Let a worker of this version fold them: shanzhi rebuild",
        )
    gathered = gather(bootstrap, database_url, about, cut, report)
    at = as_of or cut.newest_stamp or max(_stamps(gathered))
    found = results(database_url, about, gathered.streams, cut, at)
    found["explanation"] = explanation(bootstrap, database_url, about, at)
    name = _name(about)
    path = folder / f"{name}.zip"
    with whole(path) as unfinished, Zipped(unfinished, name) as zipped:
        manifest = _manifest(about, cut, gathered, at)
        packed = _write_events(zipped, database_url, gathered.records, manifest)
        zipped.add_json("results.json", found)
        zipped.add_json("rules.json", rules_used(database_url, found, cut, at))
        _write_tools(zipped, about, at)
        zipped.add_json("manifest.json", manifest | {"counts": packed._asdict(), "files": zipped.files})
    return path, packed


def _assert_refers(kind: str, subject: str) -> None:
    """Names of files are made of it too."""
    if subject not in references(subject) or not subject.startswith(f"{kind}/"):
        raise QuestionRefused(
            f"“{subject[:140]}”不是 {kind} 的编号 · is no reference of a {kind}", f"写成 · Write it as {kind}/…"
        )


def _write_events(
    zipped: Zipped, database_url: str, records: Mapping[Position, RawRecord], manifest: dict[str, Any]
) -> Packed:
    """Events, proofs and seals; positions without these and the keys of the seals go into the manifest."""
    examiner = Examiner(PARTITIONS)
    told = {place: record for place, record in records.items() if may_leave(place[0], record, examiner)}
    zipped.add("events.ndjson", (_line(place, record) for place, record in told.items()))
    proven: set[Position] = set()
    seals: dict[int, Seal] = {}
    for proof in proofs(database_url, told):
        proven.add(proof.position)
        seals[proof.seal.number] = proof.seal
        zipped.add("proofs/{}-{}.json".format(*proof.position), _parts(proof))
    zipped.add("seals.jsonl", (seals[number].line.encode() + b"\n" for number in sorted(seals)))
    manifest["unsealed"] = [_position(place) for place in told if place not in proven]
    manifest["withheld"] = [_position(place) for place in records if place not in told]
    manifest["keys"] = sorted({seal.key for seal in seals.values()})
    return Packed(len(told), len(proven), len(told) - len(proven), len(records) - len(told))


def may_leave(partition: int, record: RawRecord, examiner: Examiner) -> bool:
    """Whether all that may be personal in it is known to be sealed; our writer sets no headers."""
    return (
        not record.headers and is_sound(record, partition, examiner) and tells_known_members_only(record.value or b"")
    )


def _write_tools(zipped: Zipped, about: About, as_of: datetime) -> None:
    standalone = files("audit.standalone")
    zipped.add("verify.py", [(standalone / "verify_pack.py").read_bytes()])
    zipped.add("verify_receipt.py", [(standalone / "verify_receipt.py").read_bytes()])
    text = (files("audit.pack") / "readme.txt").read_text(encoding="utf-8")
    what = about.subject + (f" · {about.period.first}..{about.period.last}" if about.period else "")
    rule, rule_english = RULE
    written = text.format(what=what, as_of=as_of.isoformat(), rule=rule, rule_english=rule_english)
    zipped.add("README.txt", [written.encode("utf-8-sig")])


def _manifest(about: About, cut: Cut, gathered: Gathered, as_of: datetime) -> dict[str, Any]:
    period = about.period
    return {
        "pack": FORMAT,
        "about": {"kind": about.kind, "subject": about.subject},
        "period": [period.first, period.last] if period else None,
        "names": sorted(name.decode() for name in about.names),
        "rule": list(RULE),
        "matters": sorted(MATTERS),
        "streams": gathered.streams,
        "as_of": as_of,
        "folds": cut.fingerprint,
        "cut": {str(partition): following for partition, following in cut.next.items()},
    }


def _line(place: Position, record: RawRecord) -> bytes:
    """One event as the ledger holds it: key and value are UTF-8, as every sound record's are; headers in base64."""
    told = {
        "partition": place[0],
        "offset": place[1],
        "stamp_ms": record.timestamp,
        "key": (record.key or b"").decode(),
        "headers": [list(header) for header in record.headers],
        "value": (record.value or b"").decode(),
    }
    return msgspec.json.encode(told) + b"\n"


def _parts(proof: Proof) -> Iterator[bytes]:
    yield msgspec.json.format(msgspec.json.encode(proof.receipt), indent=1)
    yield b"\n"


def _stamps(gathered: Gathered) -> Iterator[datetime]:
    for record in gathered.records.values():
        yield datetime.fromtimestamp(record.timestamp / 1000).astimezone()


def _position(place: Position) -> str:
    return "{}:{}".format(*place)


def _name(about: About) -> str:
    days = (f"{about.period.first}..{about.period.last}",) if about.period else ()
    return "-".join(("audit", about.subject.replace("/", "-"), *days))
