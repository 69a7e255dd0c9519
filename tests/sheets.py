"""Tables as tests write them: a mapping, CSV in any encoding, the smallest workbook that Excel would open."""

from __future__ import annotations

import csv
import io
import zipfile
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

from producers.tables.checking import Checked, checked_rows
from producers.tables.facts import Facts
from producers.tables.head import Head
from producers.tables.mapping import TableMapping, mapping_of
from producers.tables.reading import Row
from producers.tables.refusals import RowRefused

NOW = datetime(2025, 1, 1, tzinfo=UTC)
MAPPING = """
system = "12345"
source = "urn:import:tests"
authid = "import/tests"
desk = "place/county"
unit_kind = "government"
times = ["%m/%d/%Y %I:%M:%S %p"]
{more}
[columns]
number = "编号"
discovered = "时间"
{columns}
[values.status]
"已办结" = "closed"
"办理中" = "open"
[values.owner]
"张三" = "person/zhang-7f3a"
[values.place]
"云兴街" = "place/yunxing"
{values}
"""
COLUMNS = {
    "text": "内容", "category": "分类", "address": "地址", "contact": "电话", "place": "社区", "owner": "承办",
    "due": "时限", "status": "状态", "closed": "办结", "measures": "结果", "duplicate_of": "重复", "urgency": "紧急",
    "longitude": "经度", "latitude": "纬度", "satisfaction": "满意度", "resolved": "解决", "assigned": "派单",
}  # fmt: skip
HEAD = ["编号", "时间", *COLUMNS.values()]


def mapping(more: str = "", values: str = "", **columns: str) -> TableMapping:
    """The mapping of `HEAD`."""
    named = "\n".join(f'{field} = "{column}"' for field, column in (COLUMNS | columns).items())
    return mapping_of(MAPPING.format(more=more, columns=named, values=values))


def row(number: int = 2, /, **cells: Any) -> Row:
    """A row of `HEAD`, with a number and a time unless others are given."""
    given = {"编号": "A-1", "时间": "2024-05-11 09:30", **cells}
    return Row(number, [given.get(name, "") for name in HEAD])


def checked(*rows: Row, by: TableMapping | None = None, now: datetime = NOW) -> list[Checked | RowRefused | None]:
    """What rows of `HEAD` tell."""
    head = Head(HEAD, by or mapping())
    return list(checked_rows(rows, head, Facts(head, now), now))


def events_of(*rows: Row, by: TableMapping | None = None, now: datetime = NOW) -> list[dict[str, Any]]:
    """The events of rows that are all sound, units left out."""
    events = []
    for one in checked(*rows, by=by, now=now):
        assert isinstance(one, Checked), one
        events.extend(one.told.events)
    return events


def csv_of(rows: Iterable[Sequence[Any]], delimiter: str = ",") -> str:
    """The text of a CSV."""
    text = io.StringIO(newline="")
    csv.writer(text, delimiter=delimiter).writerows(rows)
    return text.getvalue()


def xlsx_of(rows: Sequence[Sequence[Any]], sheet: str = "工单") -> bytes:
    """A workbook: texts inline, numbers as numbers, times as days since 1900 with a format of dates."""
    body = "".join(f"<row>{''.join(map(_xlsx_cell, cells))}</row>" for cells in rows)
    parts: Mapping[str, str] = {
        "[Content_Types].xml": f'<Types xmlns="{_CONTENT}/content-types"><Default Extension="rels" ContentType='
        '"application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f'<Override PartName="/xl/workbook.xml" ContentType="{_MEDIA}.sheet.main+xml"/></Types>',
        "_rels/.rels": f'<Relationships xmlns="{_CONTENT}/relationships"><Relationship Id="r1" '
        f'Type="{_OFFICE}/relationships/officeDocument" Target="xl/workbook.xml"/></Relationships>',
        "xl/workbook.xml": f'<workbook xmlns="{_MAIN}" xmlns:r="{_OFFICE}/relationships"><sheets>'
        f'<sheet name="{sheet}" sheetId="1" r:id="r1"/></sheets></workbook>',
        "xl/_rels/workbook.xml.rels": f'<Relationships xmlns="{_CONTENT}/relationships"><Relationship Id="r1" '
        f'Type="{_OFFICE}/relationships/worksheet" Target="worksheets/sheet1.xml"/><Relationship Id="r2" '
        f'Type="{_OFFICE}/relationships/styles" Target="styles.xml"/></Relationships>',
        "xl/styles.xml": f'<styleSheet xmlns="{_MAIN}"><cellXfs count="2"><xf numFmtId="0"/>'
        '<xf numFmtId="22"/></cellXfs></styleSheet>',
        "xl/worksheets/sheet1.xml": f'<worksheet xmlns="{_MAIN}"><sheetData>{body}</sheetData></worksheet>',
    }
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in parts.items():
            file.writestr(name, f'<?xml version="1.0" encoding="UTF-8"?>{text}')
    return packed.getvalue()


_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006"
_CONTENT = "http://schemas.openxmlformats.org/package/2006"
_MEDIA = "application/vnd.openxmlformats-officedocument.spreadsheetml"


def _xlsx_cell(value: Any) -> str:
    if value is None:
        return "<c/>"
    if isinstance(value, datetime):
        days = (value - datetime(1899, 12, 30)).total_seconds() / 86_400
        return f'<c s="1"><v>{days}</v></c>'
    if isinstance(value, int | float):
        return f"<c><v>{value}</v></c>"
    return f'<c t="inlineStr"><is><t xml:space="preserve">{value}</t></is></c>'
