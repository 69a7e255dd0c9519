"""Every way in which an event can be refused: a stable code, the rule and the remedy, in English and in Chinese.

Texts are templates of `str.format`; the values come from who refuses. A code keeps its meaning for ever, since
publishers write programs against it; a text may become clearer at any time.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import NamedTuple


class Rule(NamedTuple):
    """What was broken and what to do next, in both languages."""

    rule: str
    remedy: str
    rule_chinese: str
    remedy_chinese: str


_SEE = "See: shanzhi describe {type}"
_SEE_CHINESE = "请查看：shanzhi describe {type}"

WHOLE: Mapping[str, Rule] = {
    "event_too_large": Rule(
        "over {limit} bytes",
        "Shorten texts; send photos apart.",
        "超过 {limit} 字节",
        "请缩短文字；照片请单独上传。",
    ),
    "line_too_long": Rule(
        "a line over {limit} bytes",
        "Give one event a line, shorten texts, send photos apart.",
        "一行超过 {limit} 字节",
        "请每行只放一个事件，缩短文字，照片单独上传。",
    ),
    "nested_too_deep": Rule(
        "nested over {limit} levels",
        "Send flat data as the schema has it.",
        "嵌套超过 {limit} 层",
        "请按事件目录的格式提交，不要层层嵌套。",
    ),
    "not_json": Rule(
        "not JSON: {error}: line {line} column {column}",
        "Send one JSON object in UTF-8.",
        "不是正确的 JSON：第 {line} 行第 {column} 列有误",
        "请提交一个 UTF-8 编码的 JSON 对象。",
    ),
    "not_representable": Rule(
        "not representable as JSON: {why}",
        "Give plain JSON values.",
        "无法写成 JSON（{why}）",
        "请只使用 JSON 能表示的值。",
    ),
    "not_an_object": Rule(
        "not a JSON object",
        "Send one CloudEvent in structured mode.",
        "不是 JSON 对象",
        "请以结构化方式提交一个 CloudEvent。",
    ),
    "nul_character": Rule(
        "the character U+0000 can't be stored",
        "Remove it.",
        "含有空字符 U+0000，无法保存",
        "请删除该字符。",
    ),
}

ATTRIBUTES: Mapping[str, Rule] = {
    "attribute_unknown": Rule(
        "not an attribute that is registered here",
        "{near}See: shanzhi describe",
        "没有登记过这个属性",
        "{near_chinese}请查看：shanzhi describe",
    ),
    "attribute_wrong": Rule(
        "has to be 1 to {limit} characters of text",
        "Correct it.",
        "必须是 1 到 {limit} 个字符的文本",
        "请改正。",
    ),
    "attribute_missing": Rule(
        "the attribute is mandatory",
        "Add “{name}”; has: {has}.",
        "缺少必填属性",
        "请补上“{name}”；现有：{has}。",
    ),
    "specversion_wrong": Rule("has to be 1.0", "Send CloudEvents 1.0.", "必须是 1.0", "请使用 CloudEvents 1.0。"),
    "datacontenttype_wrong": Rule(
        "has to be application/json",
        "Send JSON data.",
        "必须是 application/json",
        "请用 JSON 提交数据。",
    ),
    "subject_malformed": Rule(
        "has to be kind/id, id of 1 to 120 of A-Z a-z 0-9 . _ ~ -",
        "For example case/20240511-0007.",
        "必须是“类别/编号”，编号为 1 到 120 个字符，限 A-Z a-z 0-9 . _ ~ -",
        "例如 case/20240511-0007。",
    ),
    "subject_of_another_kind": Rule(
        "{type} speaks of {allowed}",
        _SEE,
        "{type} 的主体应为 {allowed_chinese}",
        _SEE_CHINESE,
    ),
    "type_unknown": Rule(
        "not in the catalogue",
        "{near}See: shanzhi describe",
        "事件目录中没有这个类型",
        "{near_chinese}请查看：shanzhi describe",
    ),
    "version_unknown": Rule(
        "not a version of {type}",
        "Known: {known}.",
        "不是 {type} 的版本",
        "已有版本：{known}。",
    ),
    "time_unreadable": Rule(
        "not a time of RFC 3339",
        "For example 2024-05-11T09:30:00+08:00.",
        "不是 RFC 3339 格式的时间",
        "例如 2024-05-11T09:30:00+08:00。",
    ),
    "time_without_zone": Rule(
        "a time without a zone",
        "Add the zone: {text}+08:00.",
        "时间没有时区",
        "请加上时区：{text}+08:00。",
    ),
    "time_in_future": Rule(
        "over 23 h in the future (now {now})",
        "Check the clock and the zone.",
        "比现在晚 23 小时以上（现在是 {now}）",
        "请检查时钟和时区。",
    ),
    "time_out_of_bounds": Rule(
        "outside the years {first} to {last}",
        "Correct the year.",
        "年份不在 {first} 到 {last} 之间",
        "请改正年份。",
    ),
}

DATA: Mapping[str, Rule] = {
    "field_missing": Rule(
        "{where} lacks {name} (has: {has})", _SEE, "{where} 缺少 {name}（现有：{has_chinese}）", _SEE_CHINESE
    ),
    "field_unknown": Rule(
        "{where} has no field {name}", "{near}" + _SEE, "{where} 没有字段 {name}", "{near_chinese}" + _SEE_CHINESE
    ),
    "field_of_wrong_type": Rule(
        "Expected {expected}, got {given}", _SEE, "应为{expected_chinese}，收到的是{given_chinese}", _SEE_CHINESE
    ),
    "text_too_short": Rule(
        "Expected text of length >= {limit}", _SEE, "文字太短：至少 {limit} 个字符", _SEE_CHINESE
    ),
    "text_too_long": Rule("Expected text of length <= {limit}", _SEE, "文字太长：最多 {limit} 个字符", _SEE_CHINESE),
    "list_too_short": Rule("Expected a list of length >= {limit}", _SEE, "至少要有 {limit} 项", _SEE_CHINESE),
    "list_too_long": Rule("Expected a list of length <= {limit}", _SEE, "最多只能有 {limit} 项", _SEE_CHINESE),
    "number_too_small": Rule("Expected a number >= {limit}", _SEE, "不得小于 {limit}", _SEE_CHINESE),
    "number_too_large": Rule("Expected a number <= {limit}", _SEE, "不得大于 {limit}", _SEE_CHINESE),
    "value_not_allowed": Rule(
        "has to be one of {allowed}", "{near}" + _SEE, "只能是以下之一：{allowed}", "{near_chinese}" + _SEE_CHINESE
    ),
    "reference_malformed": Rule(
        "has to be a reference {allowed}/id, id of A-Z a-z 0-9 . _ ~ -",
        _SEE,
        "必须写成“{allowed_chinese}/编号”，编号限 A-Z a-z 0-9 . _ ~ -",
        _SEE_CHINESE,
    ),
    "pattern_broken": Rule("Expected text matching regex {pattern}", _SEE, "格式不符，应符合 {pattern}", _SEE_CHINESE),
    "field_of_no_event": Rule(
        "no event of {family} has a field of this name",
        "{near}Name a field as JSON has it. See: shanzhi describe",
        "{family} 类事件都没有这个字段",
        "{near_chinese}请按 JSON 中的名称填写字段。请查看：shanzhi describe",
    ),
    "field_personal": Rule(
        "a personal field, and a correction would show it to everybody",
        "Void the event with {family}.voided and send a new one.",
        "这是个人信息字段，更正会使其公开",
        "请用 {family}.voided 作废原事件，再重新提交。",
    ),
    "field_wrong": Rule("not as the schema has it", _SEE, "与事件目录的规定不符", _SEE_CHINESE),
}

PERSONAL: Mapping[str, Rule] = {
    "personal_number": Rule(
        "looks like a phone or identity number",
        "Use an opaque id of your own.",
        "看起来像电话号码或身份证号",
        "请改用看不出本人身份的自编编号。",
    ),
    "person_forgotten": Rule(
        "personal data of somebody who was forgotten",
        "Leave the personal fields out, or use another id for another person.",
        "当事人的个人信息已按要求删除，不再接收",
        "请不要填写个人信息字段；若是另一个人，请换一个编号。",
    ),
    "sealed_too_large": Rule(
        "over {limit} bytes in the ledger",
        "Shorten texts.",
        "加密后超过 {limit} 字节",
        "请缩短文字。",
    ),
}

ADMISSION: Mapping[str, Rule] = {
    "source_not_granted": Rule(
        "{party} may not publish from this source",
        "Granted: {granted}. Who runs the service changes it: shanzhi publisher",
        "{party} 无权以此来源发布",
        "已授权的来源：{granted}。如需变更，请联系管理员：shanzhi publisher",
    ),
    "type_not_granted": Rule(
        "{party} may not publish events of this type",
        "Granted: {granted}. Who runs the service changes it: shanzhi publisher",
        "{party} 无权发布这类事件",
        "已授权的类型：{granted}。如需变更，请联系管理员：shanzhi publisher",
    ),
    "correction_not_granted": Rule(
        "{party} may not correct or void what another source said",
        "Ask who said it, or have {type} granted by its name: shanzhi publisher",
        "{party} 无权更正或作废其他来源的事件",
        "请由原来源更正，或请管理员按名称授予 {type}：shanzhi publisher",
    ),
    "place_not_granted": Rule(
        "{party} may not speak of this place",
        "Granted: {granted}, and what lies below. Who runs the service changes it: shanzhi publisher",
        "{party} 无权发布涉及此地点的事件",
        "已授权的地点：{granted}（含下级）。如需变更，请联系管理员：shanzhi publisher",
    ),
}

GATEWAY: Mapping[str, Rule] = {
    "batch_too_long": Rule(
        "over {limit} events in one request",
        "Send them in several requests.",
        "一次提交超过 {limit} 个事件",
        "请分几次提交。",
    ),
    "body_too_large": Rule(
        "the request is over {limit} bytes",
        "Send fewer events at once, or a smaller photo.",
        "请求超过 {limit} 字节",
        "请每次少提交一些事件；照片请缩小后再上传。",
    ),
    "not_a_batch": Rule(
        "not a JSON list of events",
        "Send [ … ] with one CloudEvent after another, or name another content type.",
        "不是事件的 JSON 列表",
        "请提交由 CloudEvent 组成的 [ … ]，或改用其他内容类型。",
    ),
    "not_gzip": Rule(
        "not gzip, though Content-Encoding says so, or cut off",
        "Pack the whole body once with gzip, or leave the header out.",
        "Content-Encoding 声明为 gzip，内容却不是，或不完整",
        "请把整个请求体用 gzip 压缩一次，或去掉该头。",
    ),
    "header_unreadable": Rule(
        "the header {name} is not in UTF-8",
        "Write it in UTF-8; over HTTP each byte outside printable ASCII, and %, as %XX.",
        "头 {name} 不是 UTF-8 编码",
        "请用 UTF-8 编码；经 HTTP 提交时，可打印 ASCII 以外的字节和 % 须写成 %XX。",
    ),
    "unsupported_content_type": Rule(
        "not a content type of CloudEvents in UTF-8",
        "Name what you send in the header Content-Type: {allowed}.",
        "不是 UTF-8 编码的 CloudEvents 内容类型",
        "请在 Content-Type 头中写明所提交的格式：{allowed}。",
    ),
    "id_reused": Rule(
        "this source and id stand for another event already, at {position}",
        "Give every event an id of its own; a resend has to be the same event.",
        "该来源和编号已用于另一个事件（位置 {position}）",
        "请为每个事件使用各自的编号；重发时内容必须相同。",
    ),
}

PHOTOS: Mapping[str, Rule] = {
    "photo_unreadable": Rule(
        "not a picture that can be read as JPEG, PNG or WebP",
        "Send the photo as JPEG, PNG or WebP, whole.",
        "不是能读取的 JPEG、PNG 或 WebP 图片",
        "请以 JPEG、PNG 或 WebP 格式上传完整的照片。",
    ),
    "photo_too_large": Rule(
        "a photo over {limit} bytes",
        "Send it smaller or more compressed.",
        "照片超过 {limit} 字节",
        "请缩小或压缩后再上传。",
    ),
    "photo_too_many_pixels": Rule(
        "a photo over {limit} pixels",
        "Send it smaller.",
        "照片超过 {limit} 像素",
        "请缩小后再上传。",
    ),
}

RULES: Mapping[str, Rule] = {**WHOLE, **ATTRIBUTES, **DATA, **PERSONAL, **ADMISSION, **GATEWAY, **PHOTOS}
"""All of them by code."""

_INSTEAD_OF_VALUES = {
    "absent": "没有填写",
    "(not shown)": "不显示",
    "nested": "多层嵌套",
    "null": "空值 null",
    "a number": "数字",
    "text": "文本",
    "a list": "列表",
    "an object": "对象",
}
_SIZE = re.compile(r"(?P<over>over )?(?P<count>\d+) (?P<unit>bytes sealed|bytes|characters|events)")
_UNITS = {"bytes sealed": "字节（加密后）", "bytes": "字节", "characters": "个字符", "events": "个事件"}


def value_in_chinese(value: str) -> str:
    """The value of a refusal; in Chinese where words stand instead of a value."""
    if size := _SIZE.fullmatch(value):
        return f"{'超过 ' if size['over'] else ''}{size['count']} {_UNITS[size['unit']]}"
    if value.startswith("a list of "):
        return f"{value[10:]} 项的列表"
    return _INSTEAD_OF_VALUES.get(value, value)
