"""Whether the ledger is what was sealed: the chain in PostgreSQL, the file kept elsewhere, and every record."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator
from contextlib import closing
from typing import Any

from msgspec import Struct

from audit.inspection import Inspection, Sealed
from audit.merkle import consistency_path, verify_consistency
from audit.seal_file import SealFile
from audit.seal_store import ledger_id, seal_at, seals_since, tiles_of
from audit.seals import Fault, Seal, chain_fault, sealed_roots
from audit.tiles import node_of
from ledger.reader import Reader
from projections.read import QuestionRefused
from projections.store.connection import answering, connect

Report = Callable[[int, int], object]


class Checked(Struct, frozen=True):
    """What was held against each other; `faults` are all that was found, none where all is as sealed."""

    seals: int
    in_file: int
    records: int
    unsealed: int
    faults: list[Fault]


def check(
    database_url: str, kafka_bootstrap: str, file: SealFile, trusted: Collection[str], report: Report = lambda *_: None
) -> Checked:
    """Holds seals against each other and the ledger against them. Raises `OutcomeUnknown` where a server is away.

    The file may be an older copy; where it reaches further than PostgreSQL, that is a fault, and its seals count.
    """
    with answering(), closing(_reading(database_url)) as connection, connection.cursor() as cursor:
        ledger = ledger_id(cursor)
        told, kept = list(seals_since(cursor, 0)), list(file.seals())
        faults = [*_found(chain_fault(told, ledger, trusted)), *_found(_file_fault(told, kept, ledger, trusted))]
        with Reader(kafka_bootstrap) as reader:
            counting = _over_all(told if len(told) >= len(kept) else kept, len(reader.ends))
            inspections = {
                number: Inspection(ledger, number, _sealed(counting, number), tiles_of(cursor, number))
                for number in reader.ends
            }
            records = _inspect(reader, inspections, counting[-1] if counting else None, report)
            ends = sum(reader.ends.values())
        faults += [fault for number in sorted(inspections) for fault in _found(inspections[number].end())]
    reached = counting[-1].records if counting else 0
    return Checked(len(told), len(kept), records, max(0, ends - reached), faults)


class Consistency(Struct, frozen=True):
    """What shows that a later seal holds all of an earlier one: a path for each partition, in hexadecimal."""

    earlier: Seal
    later: Seal
    paths: list[list[str]]
    differing: list[int]


def consistency(database_url: str, first: int, second: int) -> Consistency:
    """The proof between two seals; `differing` are partitions in which the later one is no continuation.

    Raises `QuestionRefused` for a seal that is not there.
    """
    with answering(), closing(_reading(database_url)) as connection, connection.cursor() as cursor:
        earlier, later = (_there(cursor, number) for number in sorted((first, second)))
        paths: list[list[str]] = []
        differing: list[int] = []
        for number, (before, now) in enumerate(zip(earlier.partitions, later.partitions, strict=True)):
            try:
                path = consistency_path(before.next, now.next, node_of(tiles_of(cursor, number)))
            except IndexError:
                path = []
            roots = bytes.fromhex(before.root), bytes.fromhex(now.root)
            if not verify_consistency(before.next, now.next, path, *roots):
                differing.append(number)
            paths.append([hashed.hex() for hashed in path])
        return Consistency(earlier, later, paths, differing)


def _file_fault(told: list[Seal], kept: list[Seal], ledger: str, trusted: Collection[str]) -> Fault | None:
    """What the file says otherwise than PostgreSQL, or has and PostgreSQL lacks."""
    for ours, theirs in zip(told, kept, strict=False):
        if ours != theirs:
            return Fault("数据库与文件中的封印不同", "the seal in PostgreSQL is not the one in the file", ours.number)
    fault = chain_fault(kept, ledger, trusted)
    if fault is None and len(kept) > len(told):
        missing = kept[len(told)].number
        return Fault("数据库缺少文件中的封印", "PostgreSQL lacks a seal that the file has", missing)
    return fault if len(kept) > len(told) else None  # what is the same in both is said once


def _over_all(seals: list[Seal], partitions: int) -> list[Seal]:
    """Without those whose list of partitions somebody has cut or grown: no root fits it, which the chain says."""
    return [seal for seal in seals if len(seal.partitions) == partitions]


def _inspect(reader: Reader, inspections: dict[int, Inspection], last: Seal | None, report: Report) -> int:
    """Gives each inspection the records that are sealed, as far as the log has them; how many those were."""
    until = {n: min(reader.ends[n], part.next) for n, part in enumerate(last.partitions)} if last else {}
    since = {number: min(reader.starts[number], until[number]) for number in until}
    total, done = sum(until.values()) - sum(since.values()), 0
    for batch in reader.batches(since, until):
        inspections[batch.partition].take(batch.records)
        done += len(batch.records)
        report(done, total)
    return done


def _sealed(seals: Iterable[Seal], partition: int) -> Iterator[Sealed]:
    """Without going back: that is a fault of the chain, which is found there."""
    reached = 0
    for following, root, number in sealed_roots(seals, partition):
        if following >= reached:
            yield following, root, number
        reached = max(reached, following)


def _found(fault: Fault | None) -> list[Fault]:
    return [fault] if fault else []


def _there(cursor: Any, number: int) -> Seal:
    seal = seal_at(cursor, number)
    if seal is None:
        raise QuestionRefused(f"没有封印 {number} · there is no seal {number}", "shanzhi seal list")
    return seal


def _reading(database_url: str) -> Any:
    connection = connect(database_url, "shanzhi seals")
    connection.autocommit = True  # a long check holds no transaction open
    return connection
