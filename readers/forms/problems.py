"""The gateway's refusals as what stands beside the inputs of a form, in both languages."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from readers.forms.values import Wrong
from readers.language import Text
from readers.publishing import Refused

WHOLE, SUBJECT, WHEN = "", "subject", "_when"
_PLACES = {"/subject": SUBJECT, "/time": WHEN}
_SAID = {
    "field_missing": Text("请填写这一项", "Please fill this in"),
    "id_reused": Text(
        "这张表单已经提交过，内容与这次不同；先前的内容已记入，本次没有提交",
        "This form was sent before with other words: those were kept, these were not published",
    ),
    "personal_number": Text(
        "看起来像电话号码或身份证号，请改用编号", "It looks like a telephone or identity number: use an id instead"
    ),
    "photo_unreadable": Text("照片只能是 JPEG、PNG 或 WebP 图片", "A photo has to be a picture as JPEG, PNG or WebP"),
    "photo_too_large": Text("照片超过 5 MB，请缩小后再上传", "The photo is over 5 MB: send it smaller"),
    "photo_too_many_pixels": Text("照片像素过多，请缩小后再上传", "The photo has too many pixels: send it smaller"),
    "event_too_large": Text("内容太长，请缩短文字", "Too long in all: shorten the texts"),
    "sealed_too_large": Text("内容太长，请缩短文字", "Too long in all: shorten the texts"),
}
"""Words for people in place of those for programs."""
_FOR_PROGRAMS = re.compile(r"\s*(?:请查看：|See: )?shanzhi describe\S*(?: \S+)?")


def wrong_of(refused: Refused, path: str | None = None) -> list[Wrong]:
    """What is wrong, by input (or all of it at `path`)."""
    errors = refused.problem.get("errors") or ()
    if not errors:
        chinese, _, english = str(refused.problem.get("detail", refused.status)).partition(" · ")
        return [Wrong(path or WHOLE, Text(chinese, english or chinese))]
    return [Wrong(_path(one["pointer"]) if path is None else path, _message(one)) for one in errors]


def is_received(refused: Refused) -> bool:
    """Whether an event of this id stands in the ledger already, saying something else."""
    return any(one.get("code") == "id_reused" for one in refused.problem.get("errors") or ())


def _path(pointer: str) -> str:
    """`/data/units/0/part` -> `units.0.part`."""
    if pointer.startswith("/data/"):
        return pointer.removeprefix("/data/").replace("/", ".")
    return _PLACES.get(pointer, WHOLE)


def _message(error: Mapping[str, Any]) -> Text:
    if (said := _SAID.get(error["code"])) is not None:
        return said
    chinese, english = (
        _FOR_PROGRAMS.sub("", f"{rule}{stop}{remedy}").strip()
        for rule, stop, remedy in ((error["rule_zh"], "。", error["remedy_zh"]), (error["rule"], ". ", error["remedy"]))
    )
    return Text(chinese, english)
