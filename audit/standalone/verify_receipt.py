"""核对封印回执 · Checks a receipt: that one event stands in the ledger of 善治 (shanzhi) as it was sealed.

    python verify_receipt.py RECEIPT.json PUBLIC_KEY

Needs Python 3.8 or later and nothing else, no network either. PUBLIC_KEY are the 64 hexadecimal digits that the
county has published (or a file that holds them): take them from there, not from whoever gave you the receipt.
Exit code: 0 真实 (genuine), 1 不符 (not genuine), 2 the files can't be read.

What is checked: the event's bytes, with when and where they were written, hash to a leaf; the leaf leads to the root
of its partition, that one to the root of the seal (Merkle tree, RFC 6962), and the seal is signed (Ed25519, RFC 8032).
"""

from __future__ import annotations

import json
import sys
from base64 import b64decode
from hashlib import sha256, sha512
from pathlib import Path
from typing import Any

# Ed25519: the field, the curve -x² + y² = 1 + d x² y², the order of its base point. Points are (x, y, z, xy).
P, D = 2**255 - 19, -121665 * pow(121666, 2**255 - 21, 2**255 - 19) % (2**255 - 19)
ORDER = 2**252 + 27742317777372353535851937790883648493


def point_of(encoded: bytes) -> Any:
    """A point from 32 bytes, None where they are none."""
    number = int.from_bytes(encoded, "little")
    y, sign = number & (2**255 - 1), number >> 255
    square = (y * y - 1) * pow(D * y * y + 1, P - 2, P) % P
    x = pow(square, (P + 3) // 8, P)
    if (x * x - square) % P:
        x = x * pow(2, (P - 1) // 4, P) % P
    if (x * x - square) % P or (not x and sign) or y >= P or len(encoded) != 32:
        return None
    x = P - x if x & 1 != sign else x
    return x, y, 1, x * y % P


def added(a: Any, b: Any) -> Any:
    """The sum of two points."""
    one, two = (a[1] - a[0]) * (b[1] - b[0]) % P, (a[1] + a[0]) * (b[1] + b[0]) % P
    three, four = 2 * a[3] * b[3] * D % P, 2 * a[2] * b[2] % P
    e, f, g, h = two - one, four - three, four + three, two + one
    return e * f % P, g * h % P, f * g % P, e * h % P


def times(number: int, point: Any) -> Any:
    """A multiple of a point."""
    total = (0, 1, 1, 0)
    while number:
        total = added(total, point) if number & 1 else total
        point, number = added(point, point), number >> 1
    return total


BASE = point_of((4 * pow(5, P - 2, P) % P).to_bytes(32, "little"))


def is_signed(key: bytes, text: bytes, signature: bytes) -> bool:
    """Whether the owner of this public key signed the text."""
    a, r, s = point_of(key), point_of(signature[:32]), int.from_bytes(signature[32:], "little")
    if a is None or r is None or len(signature) != 64 or s >= ORDER:
        return False
    challenge = int.from_bytes(sha512(signature[:32] + key + text).digest(), "little") % ORDER
    left, right = times(s, BASE), added(r, times(challenge, a))
    return not any((left[axis] * right[2] - right[axis] * left[2]) % P for axis in (0, 1))


def root_over(leaf: bytes, index: int, size: int, path: list[str]) -> str | None:
    """The root to which a leaf leads, None where the path does not fit the tree."""
    if not 0 <= index < size:
        return None
    number, last, hashed = index, size - 1, leaf
    for beside in map(bytes.fromhex, path):
        if not last:
            return None
        if number & 1 or number == last:
            hashed = sha256(b"\x01" + beside + hashed).digest()
            while not number & 1 and number:
                number, last = number >> 1, last >> 1
        else:
            hashed = sha256(b"\x01" + hashed + beside).digest()
        number, last = number >> 1, last >> 1
    return None if last else hashed.hex()


def part(content: bytes | None) -> bytes:
    """Bytes behind their length; nothing at all has length -1."""
    return b"\xff\xff\xff\xff" if content is None else len(content).to_bytes(4, "big") + content


def decoded(text: str | None) -> bytes | None:
    """Base64 as bytes."""
    return None if text is None else b64decode(text, validate=True)


def leaf_of(record: Any) -> bytes:
    """The hash of a record's leaf: everything that it says, and where."""
    headers = b"".join(part(name.encode()) + part(decoded(value)) for name, value in record["headers"])
    numbers = (("partition", 4), ("offset", 8), ("stamp_ms", 8))
    place = [part(record[name].to_bytes(width, "big", signed=True)) for name, width in numbers]
    said = part(decoded(record["key"])) + part(headers) + part(decoded(record["value"]))
    return sha256(b"\0" + part(record["ledger"].encode()) + b"".join(place) + said).digest()


def fault_of(receipt: Any, public_key: bytes) -> str | None:
    """What is wrong with a receipt, None where it is genuine. `public_key` is 32 bytes."""
    record, within, among, seal = (receipt[name] for name in ("record", "partition", "partitions", "seal"))
    if root_over(leaf_of(record), record["offset"], within["next"], within["path"]) != within["root"]:
        return "事件与其分区的根不符 · the event does not lead to the root of its partition"
    leaf = sha256(f"\0{record['partition']} {within['next']} {within['root']}".encode()).digest()
    if root_over(leaf, record["partition"], among["count"], among["path"]) != seal["root"]:
        return "分区与封印的根不符 · the partition does not lead to the root of the seal"
    if record["ledger"] != seal["ledger"]:
        return "事件属于另一个账本 · the event is of another ledger than the seal"
    lines = "".join(f"{name} {seal[name]}\n" for name in ("ledger", "number", "made_at", "root", "previous"))
    if not is_signed(public_key, f"shanzhi seal 1\n{lines}".encode(), bytes.fromhex(receipt["signature"])):
        return "签名不符 · the seal was not signed with this key"
    return None


def main(arguments: list[str]) -> int:
    """One command line; returns its exit code."""
    getattr(sys.stdout, "reconfigure", dict)(errors="backslashreplace")  # what this console can't show
    if len(arguments) != 2:
        print(__doc__)
        return 2
    try:
        receipt = json.loads(Path(arguments[0]).read_text(encoding="utf-8"))
        key = Path(arguments[1]).read_text(encoding="ascii") if Path(arguments[1]).is_file() else arguments[1]
        public_key = bytes.fromhex(key.strip())
    except (OSError, ValueError, RecursionError) as error:
        print("无法读取 · can't be read:", error)
        return 2
    try:
        fault, event = fault_of(receipt, public_key), decoded(receipt["record"]["value"])
    except (ArithmeticError, AttributeError, LookupError, TypeError, ValueError):
        fault, event = "不是回执 · this is no receipt", None
    if fault:
        print("不符 · NOT genuine:", fault)
        return 1
    print("真实 · genuine:", repr((event or b"").decode("utf-8", "replace")))
    print(f"封印 seal {receipt['seal']['number']}，{receipt['seal']['made_at']}，{receipt['seal']['root']}")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
