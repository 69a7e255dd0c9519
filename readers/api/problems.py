"""What a program is told instead of an answer: problem details (RFC 9457) in Chinese and English."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import orjson
from starlette.responses import Response

from ledger.errors import LedgerUnsound, OutcomeUnknown, ShanzhiError, StoreUnsound
from projections.read import QuestionRefused
from projections.rules.preset import RuleRefused
from readers.refusals import LoginNeeded, NotFound, NotYours

MEDIA_TYPE = "application/problem+json"
RETRY_SECONDS = 2
TITLES = {
    "question-refused": "问题有误 · the question makes no sense",
    "not-found": "没有找到 · not found",
    "login-needed": "请登录，或给出密钥 · log in, or give a key",
    "not-yours": "不在您的范围内 · outside of your scope",
    "cursor-gone": "分页已过期 · these pages are gone",
    "too-large": "范围太大 · too large to be answered here",
    "not-there-yet": "表中还没有该记录 · the tables do not hold it yet",
    "crowded": "人太多，请稍后 · too many at once",
    "not-ready": "暂不可用 · not ready",
}
_STATUS = {
    "question-refused": 400,
    "login-needed": 401,
    "not-yours": 403,
    "not-found": 404,
    "cursor-gone": 410,
    "too-large": 413,
    "crowded": 503,
    "not-ready": 503,
    "not-there-yet": 503,
}
_OF_OTHERS: tuple[tuple[type[ShanzhiError], str], ...] = (
    (LoginNeeded, "login-needed"),
    (NotYours, "not-yours"),
    (NotFound, "not-found"),
    (QuestionRefused, "question-refused"),
    (RuleRefused, "question-refused"),
    (OutcomeUnknown, "not-ready"),
    (StoreUnsound, "not-ready"),
    (LedgerUnsound, "not-ready"),
)


class Problem(ShanzhiError):
    """A problem by its name in `urn:shanzhi:problem:`. `parameter` and `value` say what of the question it is."""

    def __init__(self, name: str, what: str, remedy: str, **members: Any) -> None:
        super().__init__(what, remedy)
        self.name, self.members = name, members


def refused(parameter: str, value: str, what: str, remedy: str) -> Problem:
    """A parameter of the question makes no sense."""
    return Problem("question-refused", what, remedy, parameter=parameter, value=value[:200])


def problem_of(error: ShanzhiError) -> Problem:
    """Any error that is foreseen as a problem. Raises it again where it is not."""
    if isinstance(error, Problem):
        return error
    for kind, name in _OF_OTHERS:
        if isinstance(error, kind):
            return Problem(name, error.what, error.remedy)
    raise error


def response_of(error: ShanzhiError) -> Response:
    """The answer that says so."""
    problem = problem_of(error)
    status = _STATUS[problem.name]
    headers = {"Cache-Control": "no-store"}
    if status == 503:
        headers["Retry-After"] = str(RETRY_SECONDS)
    if status == 401:
        headers["WWW-Authenticate"] = 'Bearer realm="shanzhi"'
    content: Mapping[str, Any] = {
        "type": f"urn:shanzhi:problem:{problem.name}",
        "title": TITLES[problem.name],
        "status": status,
        "detail": f"{problem.what}。{problem.remedy}",
        **problem.members,
    }
    return Response(orjson.dumps(content), status, headers, MEDIA_TYPE)
