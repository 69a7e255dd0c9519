"""核对审计包 · Checks an audit pack of 善治 (shanzhi), offline, in the folder into which it was unpacked.

    python verify.py [PUBLIC_KEY ...]

Needs Python 3.8 or later and nothing else. PUBLIC_KEY are the 64 hexadecimal digits that the county has published: take
them from there. Without any the keys that the pack names are used, and shown, so that you can compare them.
Exit code: 0 属实 (yes), 1 不符 (no), 2 the files can't be read.

What is checked: no file was changed, added or taken away (SHA-256); the events stand in the order of the ledger, each
once, as many as were counted; each sealed event leads to its signed seal, byte for byte (verify_receipt.py).
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from functools import lru_cache
from hashlib import sha256
from pathlib import Path
from typing import Any

sys.dont_write_bytecode = True  # it would be a file more than the pack has
import verify_receipt  # type: ignore[import-not-found]  # noqa: E402  # stands beside this file in the pack

verify_receipt.is_signed = lru_cache(maxsize=None)(verify_receipt.is_signed)
UNREADABLE = (ArithmeticError, AttributeError, LookupError, TypeError, ValueError, RecursionError)


def file_faults(folder: Path, files: Any) -> Iterator[str]:
    """Files that are not those of the manifest."""
    found = {str(file.relative_to(folder).as_posix()) for file in folder.rglob("*") if not file.is_dir()}
    found -= {"manifest.json"}
    for name in sorted(found ^ set(files)):
        yield f"{name} 缺失或多出 · is missing or was added"
    for name in sorted(found & set(files)):
        if sha256((folder / name).read_bytes()).hexdigest() != files[name]["sha256"]:
            yield f"{name} 已被改动 · was changed"


def event_faults(folder: Path, manifest: Any, keys: list[str]) -> Iterator[str]:
    """Events that are not where they were, not as they were, or not proven; proofs and counts without their events."""
    lines = (folder / "events.ndjson").read_bytes().splitlines()
    unsealed, seals = set(manifest["unsealed"]), seals_of(folder)
    before, ledgers, places, proofs = (-1, -1), set(), set(), set()
    for line in lines:
        event = json.loads(line)
        place = (event["partition"], event["offset"])
        name = f"{place[0]}:{place[1]}"
        if place <= before:
            yield f"{name} 顺序不对 · does not stand in its order"
        before = place
        places.add(name)
        if name in unsealed:
            continue
        proofs.add(f"{place[0]}-{place[1]}.json")
        receipt = json.loads((folder / "proofs" / f"{place[0]}-{place[1]}.json").read_text(encoding="utf-8"))
        fault = receipt_fault(receipt, event, seals, keys)
        ledgers.add(receipt["record"]["ledger"])
        if fault:
            yield f"{name} {fault}"
    if len(ledgers) > 1:
        yield "事件属于不同的账本 · the events are of several ledgers"
    counts, proven = manifest["counts"], len(proofs)
    there = {file.name for file in (folder / "proofs").glob("*")}
    told = counts["events"], counts["proven"], counts["unsealed"]
    if told != (len(lines), proven, len(lines) - proven) or there != proofs or not unsealed <= places:
        yield "事件或证明的数目不对 · events or proofs are not as many as were counted"


def receipt_fault(receipt: Any, event: Any, seals: Any, keys: list[str]) -> Any:
    """What is wrong with an event and its receipt, None where both are genuine."""
    record = receipt["record"]
    same = all(record[name] == event[name] for name in ("partition", "offset", "stamp_ms", "headers"))
    texts = all(verify_receipt.decoded(record[name]) == event[name].encode() for name in ("key", "value"))
    if not same or not texts:
        return "与其回执不同 · is not what its receipt says"
    if receipt["signature"] not in seals or seals[receipt["signature"]]["root"] != receipt["seal"]["root"]:
        return "其封印不在 seals.jsonl 中 · its seal is not in seals.jsonl"
    if receipt["key"] not in keys:
        return f"不是所给公钥签的 · its seal was signed with another key: {receipt['key'][:64]}"
    return verify_receipt.fault_of(receipt, bytes.fromhex(receipt["key"]))


def seals_of(folder: Path) -> Any:
    """The seals of the pack, by their signatures."""
    lines = (folder / "seals.jsonl").read_text(encoding="utf-8").splitlines()
    return {seal["signature"]: seal for seal in map(json.loads, lines)}


def main(arguments: list[str]) -> int:
    """One command line; returns its exit code."""
    getattr(sys.stdout, "reconfigure", dict)(errors="backslashreplace")  # what this console can't show
    folder = Path(__file__).resolve().parent
    if any(len(one) != 64 for one in arguments):
        print(__doc__)
        return 2
    try:
        manifest = json.loads((folder / "manifest.json").read_text(encoding="utf-8"))
        keys = arguments or manifest["keys"]
        faults = list(file_faults(folder, manifest["files"]))
    except (OSError, *UNREADABLE) as error:
        print("无法读取 · can't be read:", error)
        return 2
    try:
        faults += event_faults(folder, manifest, keys)
    except (OSError, *UNREADABLE) as error:
        faults.append(f"无法核对 · can't be checked: {error}")
    for fault in faults[:20]:
        print("不符 · NOT genuine:", "".join(one if one.isprintable() else "?" for one in fault))
    if faults:
        return 1
    counts = manifest["counts"]
    print(f"属实 · genuine: {counts['events']} 条事件 events, {counts['proven']} 条已封存 sealed")
    if counts["unsealed"]:
        print(f"{counts['unsealed']} 条尚未封存，没有证明 · are in no seal yet: nothing proves them")
    for key in [] if arguments else keys:
        print(f"公钥 · key {key}：请与公布的核对 · compare it with the one that was published")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
