"""A guessed mapping as TOML, with what a person has to look at written beside it in both languages."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping
from typing import Any, get_args

from ledger.events.case import Channel, Demand, Satisfaction, Urgency
from producers.tables.guess import Guess
from producers.tables.mapping import Status

_CHOICES: Mapping[str, Any] = {
    "channel": Channel,
    "demand": Demand,
    "urgency": Urgency,
    "status": Status,
    "satisfaction": Satisfaction,
}
_FREE = {
    "place": '没有对照的写入密封的文字 · others go into the sealed text. "云兴街" = "place/yunxing"',
    "owner": '承办者 · owners. "城管局" = "unit/city-management", "张三" = "person/zhang-7f3a"',
    "category": '合并类别 · categories that are one. "乱停车" = "停车管理"',
}
_is_bare = re.compile(r"[A-Za-z0-9_-]+\Z").match


def draft(guessed: Guess, system: str) -> str:
    """The text of a mapping; `system` is what the numbers are of, and the events' source is named after it."""
    return "\n".join(_lines(guessed, system)) + "\n"


def _lines(guessed: Guess, system: str) -> Iterator[str]:
    yield "# 由列名猜得，请逐项核对；说明见 docs/import.md · guessed from names: look it over (docs/import.md)"
    yield f"system = {_quoted(system)}  # 对方系统 · whose numbers these are"
    yield f"source = {_quoted(f'urn:import:{system}')}  # 导入后不要改 · never change it once you have imported"
    yield f"authid = {_quoted(f'import/{system}')}  # 谁报的 · who says so"
    yield 'desk = "place/county"  # 派单、吹哨的服务台 · the desk that hands cases out: a place of yours'
    yield "# 承办者按名称建为单位；删去则未对照的行被退回 · owners become units by their names, else are refused"
    yield 'unit_kind = "government"'
    yield 'zone = "Asia/Shanghai"'
    if guessed.header_row != 1:
        yield f"header_row = {guessed.header_row}"
    if guessed.times:
        yield f"times = [{', '.join(map(_quoted, guessed.times))}]  # 核对月日次序 · is it really month before day?"
    if guessed.prefix:
        yield "# 编号形似身份证号或手机号，须加前缀 · the numbers look like people's: something has to stand before"
        yield f"number_prefix = {_quoted(guessed.prefix)}"
    yield ""
    yield "[columns]"
    yield from _columns(guessed)
    for field, meanings in guessed.values.items():
        yield ""
        yield f"[values.{field}]{_choice(field)}"
        yield from _values(meanings)
    for field, told in _FREE.items():
        if field in guessed.columns:
            yield ""
            yield f"[values.{field}]  # {told}"


def _columns(guessed: Guess) -> Iterator[str]:
    for field in guessed.missing:
        yield f'# {field} = "?"  # 必填，没有认出 · has to be there, and no column is called so'
    for field, names in guessed.columns.items():
        several = len(names) > 1
        yield f"{field} = " + (f"[{', '.join(map(_quoted, names))}]" if several else _quoted(names[0]))
    if guessed.personal:
        names = ", ".join(map(_quoted, guessed.personal))
        yield "# 个人信息，去掉 # 则写入密封的文字，否则不导入 · personal: into the sealed text, if you take it at all"
        yield f"# contact = [{names}]"


def _values(meanings: Mapping[str, Any]) -> Iterator[str]:
    for value, meaning in meanings.items():
        key = value if _is_bare(value) else _quoted(value)
        if meaning is None:
            yield f'# {key} = "?"  # 请对照，否则这些行会被退回 · say what it means, or such rows are refused'
        else:
            yield f"{key} = {json.dumps(meaning)}"


def _choice(field: str) -> str:
    choices = get_args(_CHOICES[field]) if field in _CHOICES else ("true", "false")
    return f"  # {' '.join(choices)}"


def _quoted(text: str) -> str:
    return json.dumps(text.encode(errors="replace").decode(), ensure_ascii=False)
