"""Refusals as RFC 9457 problem details, in Chinese and English: what, which value, which rule, the next step."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

import orjson
from starlette.responses import Response

from ledger.errors import EventRefused, OutcomeUnknown
from ledger.refusal import show
from producers.gateway.failure import outside

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 2
_STATUS = {
    "not_json": 400,
    "not_gzip": 400,
    "header_unreadable": 400,
    "source_not_granted": 403,
    "type_not_granted": 403,
    "place_not_granted": 403,
    "id_reused": 409,
    "body_too_large": 413,
    "batch_too_long": 413,
    "photo_too_large": 413,
    "unsupported_content_type": 415,
}
_TITLES = {
    "event-refused": "事件被退回 · the event was refused",
    "key-refused": "密钥无效 · no valid key",
    "rate-exceeded": "发送过快 · too many events a second",
    "outcome-unknown": "结果未知，请重发 · outcome unknown, send again",
    "not-ready": "暂不可用 · not ready",
    "too-slow": "请求过慢 · the request came too slowly",
    "not-found": "没有找到 · not found",
    "question-refused": "请求有误 · the request makes no sense",
    "method-not-allowed": "方法不支持 · method not allowed",
    "internal": "程序内部错误 · internal error",
}


class Problem(NamedTuple):
    """A problem: its name in `urn:shanzhi:problem:`, status, a detail in both languages, and more members."""

    name: str
    status: int
    detail: str
    members: Mapping[str, Any] = {}
    headers: Mapping[str, str] = {}

    def content(self) -> dict[str, Any]:
        """The JSON of it."""
        return {
            "type": f"urn:shanzhi:problem:{self.name}",
            "title": _TITLES[self.name],
            "status": self.status,
            "detail": self.detail,
            **self.members,
        }

    def response(self) -> Response:
        """As an answer of its own."""
        return Response(orjson.dumps(self.content()), self.status, dict(self.headers), MEDIA_TYPE)


def refused(*refusals: EventRefused) -> Problem:
    """The problem of one refusal, or of several of the same request."""
    first = refusals[0]
    detail = f"{first.rule_chinese}。{first.remedy_chinese} · {first.pointer or '/'}: {first.rule}. {first.remedy}"
    errors: Sequence[Mapping[str, str]] = [one.as_problem() for one in refusals]
    return Problem("event-refused", _STATUS.get(first.code, 422), detail, {"errors": errors})


def unknown(error: OutcomeUnknown) -> Problem:
    """Nobody knows whether it was written: the same events have to be sent again."""
    detail = (
        f"尚未得到确认，请原样重发：同一来源同一编号只计一次。 · {outside(error)}. "
        "It may have been written or not: send the same again, the same source and id count once."
    )
    return Problem("outcome-unknown", 503, detail, headers={"Retry-After": str(RETRY_SECONDS)})


def not_ready(what: str) -> Problem:
    """Nothing was written."""
    detail = f"本次没有写入，请稍后重发。 · Nothing was written; send again later: {what}"
    return Problem("not-ready", 503, detail, headers={"Retry-After": str(RETRY_SECONDS)})


def key_refused() -> Problem:
    """No key, or nobody's."""
    detail = (
        "请在 Authorization 头中给出 Bearer 加发布方密钥。 · Give the publisher's key as "
        "Authorization: Bearer shz_…; an administrator makes one with: shanzhi publisher add"
    )
    return Problem("key-refused", 401, detail, headers={"WWW-Authenticate": 'Bearer realm="shanzhi"'})


def rate_exceeded(per_second: int, wait_seconds: float) -> Problem:
    """Nothing of the request was written."""
    seconds = max(1, int(wait_seconds + 0.999))
    detail = (
        f"该发布方限每秒 {per_second} 条，请在 {seconds} 秒后原样重发。 · "
        f"At most {per_second} events a second from this publisher; send the same again in {seconds} s."
    )
    return Problem("rate-exceeded", 429, detail, headers={"Retry-After": str(seconds)})


def too_many_requests(most: int) -> Problem:
    """Nothing of the request was read."""
    detail = (
        f"该发布方同时至多 {most} 个请求，请在 1 秒后原样重发。 · "
        f"At most {most} requests of this publisher at once; send the same again in 1 s."
    )
    return Problem("rate-exceeded", 429, detail, headers={"Retry-After": "1"})


def too_much_aside() -> Problem:
    """Nothing of the request was done; the others came first."""
    detail = (
        "当前同类请求过多，请稍后原样重发。 · "
        "Too many such requests at the moment; send the same again in a few seconds."
    )
    return Problem("rate-exceeded", 429, detail, headers={"Retry-After": str(RETRY_SECONDS)})


def internal() -> Problem:
    """What nobody expected."""
    detail = "请重试；已记入日志。 · Try again; it stands in the gateway's log."
    return Problem("internal", 500, detail)


def too_slow(seconds: float) -> Problem:
    """The connection is closed after it: what else comes on it is the rest of a body."""
    detail = f"请求体须在 {seconds:.0f} 秒内送完。 · The body has to arrive within {seconds:.0f} s."
    return Problem("too-slow", 408, detail, headers={"Connection": "close"})


def wrong_encoding(name: str) -> Problem:
    """What the body is packed with can't be unpacked here."""
    detail = "请用 gzip 或不压缩。 · Send gzip, or nothing packed."
    members = {"parameter": "content-encoding", "value": show(name)}
    return Problem("question-refused", 415, detail, members, {"Accept-Encoding": "gzip"})


def question_refused(name: str, value: str, remedy: str, remedy_chinese: str) -> Problem:
    """A parameter of the request makes no sense."""
    detail = f"参数 {name} 有误：{remedy_chinese} · {name}: {remedy}"
    return Problem("question-refused", 400, detail, {"parameter": name, "value": value})
