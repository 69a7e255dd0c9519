"""What is said of a step to somebody outside, in both languages; whether a request is open is told beside it."""

from __future__ import annotations

from collections.abc import Mapping

STEPS: Mapping[str, str] = {
    "discovered": "已收到，等待派单 · received, not yet given to anybody",
    "dispatched": "已派单，等待受理 · given to somebody, who has yet to accept",
    "accepted": "已受理，办理中 · accepted, in work",
    "whistled": "已吹哨，等待有关单位报到 · the units concerned were called",
    "reported": "有关单位已报到，办理中 · the units concerned have come, in work",
    "deliberated": "已会商，办理中 · deliberated, in work",
    "reopened": "已重办，办理中 · open again, in work",
    "handled": "已办理 · handled",
    "replied": "已办理并反馈 · handled, and the resident was told",
    "rated": "已办理，已评价 · handled, and rated by the resident",
    "closed": "已办结 · closed",
    "refused": "不予受理 · can't be taken up here",
    "merged": "已并案 · continued in another request",
    "withdrawn": "已撤回 · taken back by the resident",
}
_UNRESOLVED = "已办理，问题尚未解决 · handled, not resolved"
_HANDLED = ("handled", "replied", "rated", "closed")


def note(step: str, resolved: bool | None = None, merged_into: str | None = None) -> str:
    """`status_notes` of a request at this step."""
    if resolved is False and step in _HANDLED:
        return _UNRESOLVED
    if step == "merged" and merged_into:
        return f"已并入 {_id(merged_into)} · continued in {_id(merged_into)}"
    return STEPS[step]


def status(is_open: bool) -> str:
    """The two statuses of GeoReport."""
    return "open" if is_open else "closed"


def _id(subject: str) -> str:
    return subject.removeprefix("case/")
