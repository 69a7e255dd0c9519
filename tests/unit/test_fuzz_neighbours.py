"""Whatever neighbours send: reports by Open311 and rows of tables; the same laws as for events."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from xml.etree import ElementTree

import orjson

from ledger.codec import Examiner, Sound
from ledger.record import StoredRecord
from ledger.submission import stored
from ledger.topics import PARTITIONS
from producers.tables.checking import Checked, checked_rows
from producers.tables.facts import Facts
from producers.tables.head import Head
from producers.tables.reading import opened
from producers.tables.refusals import MappingRefused, RowRefused, TableRefused
from tests.fuzzing import Program, fuzz
from tests.mistakes import IDENTITY_NUMBER, PHONE
from tests.sheets import HEAD, NOW, csv_of, mapping, row
from tests.unit.test_fuzz import KEY, KEYS, STAMP_MS
from tests.unit.test_fuzz_gateway import Answered, Asked, door

STATUSES = {200, 201, 400, 401, 403, 404, 405, 413, 415, 422, 429}
FORM = {
    "service_code": "parking", "lat": "40.012", "long": "112.703", "description": "半夜在楼道里焊接铁门",
    "address_string": "柳絮巷九弄三号", "first_name": "锦瑟锦瑟", "last_name": "欧阳", "phone": "13987650421",
    "email": "jinse@example.org", "account_id": "person/zhao-9b1e", "attribute[urgency]": "urgent",
}  # fmt: skip
QUIET = ("description", "address_string", "first_name", "phone", "email")
DONE = {"承办": "县城管局", "时限": "2024-05-16", "状态": "已办结", "办结": "2024-05-20 17:00", "内容": "半夜焊接铁门"}
MINE = ("内容", "地址", "电话")


def reports() -> tuple[dict[str, Any], ...]:
    """Forms as an object's `data`."""
    return ({"data": dict(FORM)}, {"data": {name: FORM[name] for name in ("service_code", "lat", "long")}})


def rows() -> tuple[dict[str, Any], ...]:
    """Rows of a table by their columns, as an object's `data`."""
    home = {"电话": "13987650421", "地址": "柳絮巷九弄三号"}
    told: list[dict[str, str]] = [{}, DONE, home, {"重复": "A-0", "满意度": "满意", "经度": "112.7"}]
    return tuple({"data": dict(zip(HEAD, row(2, **cells).cells, strict=True))} for cells in told)


def fields_of(text: bytes) -> Mapping[str, str] | None:
    """The `data` of an input, as far as it still is one."""
    try:
        said = orjson.loads(text)["data"]
    except (ValueError, KeyError, TypeError):
        return None
    if not isinstance(said, dict):
        return None
    return {name: value if isinstance(value, str) else orjson.dumps(value).decode() for name, value in said.items()}


# Open311 ------------------------------------------------------------------------------------------


def test_open311_takes_any_report() -> None:
    with door() as ask:
        fuzz(1_000, reports, lambda text, program: reported(ask, text, program))


def reported(ask: Callable[[Asked], Answered], text: bytes, program: Program) -> None:
    """An answer of the specification, in the format that was asked for; what is taken is written, once."""
    fields, format_ = fields_of(text), ("xml", "json")[program[-1] % 2]
    form = text if fields is None else urlencode({**fields, "api_key": KEY}).encode()
    media_type = text[:30] if program[-1] % 16 == 15 else b"application/x-www-form-urlencoded"
    headers = {"content-type": media_type, "authorization": f"Bearer {KEY}".encode()}
    query = text[: program[-2]].decode("latin-1") if program[-1] % 16 == 14 else ""
    method = "GET" if program[-1] % 16 == 14 else "POST"
    answer = ask(Asked(f"/open311/v2/requests.{format_}", form, headers, query, method))
    assert answer.status in STATUSES, answer
    if format_ == "json":
        orjson.loads(answer.body)
    else:
        ElementTree.fromstring(answer.body)
    assert len(answer.written) == (answer.status == 201), answer
    if answer.status >= 400:
        told = answer.body.decode()
        assert PHONE not in told and IDENTITY_NUMBER not in told, told  # any words may name a service
        assert not any(FORM[name] in told and (fields or {}).get(name) == FORM[name] for name in QUIET), told
    for partition, one in answer.written:
        sound = Examiner(PARTITIONS).examine(StoredRecord(0, STAMP_MS, one.key, one.value), partition)
        assert isinstance(sound, Sound), sound


# Tables -------------------------------------------------------------------------------------------


def test_a_table_may_hold_any_row(tmp_path: Path) -> None:
    fuzz(1_000, rows, lambda text, program: imported(tmp_path / "table.csv", text, program))


def imported(file: Path, text: bytes, program: Program) -> None:
    """Every row is sound, blank, or refused with its column; of a sound one the ledger takes every event."""
    cells = fields_of(text)
    if cells is None:
        file.write_bytes(csv_of([HEAD]).encode() + text)
    else:
        encoding = ("utf-8", "gb18030", "utf-8-sig")[program[-1] % 3]
        file.write_text(csv_of([list(cells), list(cells.values())]), encoding=encoding, errors="replace")
    try:
        with opened(file) as table:
            first = next(table.rows, None)
            if first is None or isinstance(first, RowRefused):
                return
            head = Head(first.cells, mapping())
            answers = list(checked_rows(table.rows, head, Facts(head, NOW), NOW))
    except (TableRefused, MappingRefused):
        return
    for answer in answers:
        if isinstance(answer, Checked):
            assert len(stored(answer.submissions, KEYS)) == len(answer.submissions)
        elif answer is not None:
            said = answer.as_problem()
            assert said["reason"] and said["reason_zh"]
            assert answer.column not in MINE or not answer.value or answer.value.startswith("("), said


def test_what_is_sound_is_taken(tmp_path: Path) -> None:
    """Else the fuzz would only meet refusals."""
    nothing = bytes(14)
    with door() as ask:
        form = urlencode(FORM | {"api_key": KEY}).encode()
        headers = {"content-type": b"application/x-www-form-urlencoded"}
        answer = ask(Asked("/open311/v2/requests.json", form, headers))
        assert (answer.status, len(answer.written)) == (201, 1), answer
    file = tmp_path / "table.csv"
    imported(file, orjson.dumps(rows()[1]), nothing)
    with opened(file) as table:
        head = Head(next(table.rows).cells, mapping())  # type: ignore[union-attr]  # a row it is
        (only,) = checked_rows(table.rows, head, Facts(head, NOW), NOW)
    assert isinstance(only, Checked)
