"""Which column means what: a mapping in TOML, checked before the first row is read."""

from __future__ import annotations

import re
import tomllib
from datetime import timedelta, timezone, tzinfo
from pathlib import Path
from typing import Annotated, Literal
from zoneinfo import ZoneInfo

import msgspec
from msgspec import Meta, Struct, field

from ledger.events.case import Channel, Demand, HandleClass, Satisfaction, Urgency
from ledger.events.unit import UnitKindName
from ledger.fields import SUBJECT_PATTERN, Name, Text
from producers.tables.refusals import MappingRefused

MAPPING_BYTES = 1024 * 1024
DEFAULT = "*"
"""In a table of values: what every value means that is not named."""

Status = Literal["open", "closed", "withdrawn"]
_Column = Annotated[str, Meta(min_length=1, max_length=200)]
_Columns = Annotated[tuple[_Column, ...], Meta(min_length=1, max_length=10)]
_is_offset = re.compile(r"([+-])([01][0-9]|2[0-3]):([0-5][0-9])\Z").match
_is_reference = re.compile(SUBJECT_PATTERN).match


class Columns(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The column of each field, by its name in the head of the table."""

    number: _Column
    discovered: _Column
    text: _Column | _Columns | None = None
    address: _Column | _Columns | None = None
    contact: _Column | _Columns | None = None
    category: _Column | None = None
    channel: _Column | None = None
    demand: _Column | None = None
    urgency: _Column | None = None
    handle_class: _Column | None = field(name="class", default=None)
    place: _Column | None = None
    longitude: _Column | None = None
    latitude: _Column | None = None
    owner: _Column | None = None
    assigned: _Column | None = None
    due: _Column | None = None
    status: _Column | None = None
    closed: _Column | None = None
    resolved: _Column | None = None
    measures: _Column | None = None
    duplicate_of: _Column | None = None
    satisfaction: _Column | None = None
    rated: _Column | None = None


class Values(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What the values of a column mean here; a value that is a code already needs no entry."""

    channel: dict[str, Channel] = {}
    demand: dict[str, Demand] = {}
    urgency: dict[str, Urgency] = {}
    handle_class: dict[str, HandleClass] = field(name="class", default_factory=dict)
    status: dict[str, Status] = {}
    resolved: dict[str, bool] = {}
    satisfaction: dict[str, Satisfaction] = {}
    category: dict[str, Name] = {}
    place: dict[str, str] = {}
    owner: dict[str, str] = {}


class Defaults(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a row says that has nothing in the column, or no such column."""

    channel: Channel = "import"
    demand: Demand = "complaint"
    urgency: Urgency = "ordinary"
    category: Name = "其他"
    text: Text = "（导入的表中没有内容）"
    measures: Text = "（导入的表中没有办理说明）"


class TableMapping(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """`desk` is the place that hands cases out; owners that `values.owner` does not name become units of `unit_kind`,
    None: such rows are refused. `times` are formats of `strptime` besides ISO 8601."""

    system: Name
    source: Name
    authid: Name
    desk: Annotated[str, Meta(pattern=r"^place/[A-Za-z0-9._~-]{1,120}$")]
    columns: Columns
    defaults: Defaults = Defaults()
    values: Values = Values()
    unit_kind: UnitKindName | None = None
    zone: str = "Asia/Shanghai"
    times: Annotated[tuple[str, ...], Meta(max_length=10)] = ()
    empty: Annotated[tuple[str, ...], Meta(max_length=50)] = ("-", "--", "/", "NULL", "null", "None", "N/A", "NA")
    owner_separators: Annotated[str, Meta(max_length=10)] = "、;；"
    number_prefix: Annotated[str, Meta(max_length=20)] = ""
    sheet: str | None = None
    header_row: Annotated[int, Meta(ge=1, le=100)] = 1
    encoding: Literal["auto", "utf-8", "gb18030"] = "auto"
    delimiter: Literal["auto", ",", ";", "\t", "|"] = "auto"

    @property
    def timezone(self) -> tzinfo:
        """The zone of times that name none. Raises `MappingRefused`."""
        if offset := _is_offset(self.zone):
            ahead = timedelta(hours=int(offset[2]), minutes=int(offset[3]))
            return timezone(-ahead if offset[1] == "-" else ahead)
        try:
            return ZoneInfo(self.zone)
        except (KeyError, ValueError, OSError):  # unknown, no name of a file, a folder's name
            remedy = "如 · Like Asia/Shanghai or +08:00."
            raise MappingRefused(f"zone = {self.zone!r} 不是时区 · is no zone", remedy) from None


def read_mapping(path: Path) -> TableMapping:
    """Raises `MappingRefused` with where in the file and what it has to be."""
    try:
        text = path.read_bytes()[: MAPPING_BYTES + 1]
        if len(text) > MAPPING_BYTES:
            raise MappingRefused(f"{path} 超过 1 MiB · is over 1 MiB", "缩短对照表 · Shorten its tables of values.")
        return mapping_of(text.decode("utf-8-sig"), str(path))
    except OSError as failure:
        remedy = "先生成一份 · Write a first one: shanzhi import FILE --guess --mapping MAP.toml"
        raise MappingRefused(f"{path} 无法读取 · can't be read ({failure.strerror})", remedy) from None
    except UnicodeDecodeError:
        raise MappingRefused(f"{path} 不是 UTF-8 · is not UTF-8", "另存为 UTF-8 · Save it as UTF-8.") from None


def mapping_of(text: str, name: str = "mapping") -> TableMapping:
    """The mapping of a text. Raises `MappingRefused`."""
    try:
        mapping = msgspec.convert(tomllib.loads(text), TableMapping)
    except tomllib.TOMLDecodeError as error:
        raise MappingRefused(f"{name} 不是 TOML · is no TOML: {error}", "改正该行 · Correct that line.") from None
    except msgspec.ValidationError as error:
        told = str(error).replace("`$.", "`").replace(" - at `$`", "")
        remedy = "见 docs/import.md；可用 --guess 生成 · docs/import.md lists all; --guess writes a first one."
        raise MappingRefused(f"{name} 有误 · {told}", remedy) from None
    _check_references(mapping, name)
    _ = mapping.timezone
    return mapping


def _check_references(mapping: TableMapping, name: str) -> None:
    kinds = {"place": ("place",), "owner": ("unit", "person", "place")}
    for table, allowed in kinds.items():
        for value, reference in getattr(mapping.values, table).items():
            if not _is_reference(reference) or reference.partition("/")[0] not in allowed:
                raise MappingRefused(
                    f"{name} 有误 · values.{table}: {value!r} = {reference!r}",
                    f"写成 · Give one like {' or '.join(f'{kind}/…' for kind in allowed)}.",
                )
