"""Around every endpoint: requests are counted, and every error of ours is answered, in the words of the interface."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import structlog
from starlette.requests import Request
from starlette.responses import Response

from ledger.errors import EventRefused, OutcomeUnknown, ShanzhiError
from producers.gateway import body, problems, unexpected
from producers.gateway.aside import Full
from producers.gateway.failure import outside
from producers.gateway.problems import Problem
from producers.gateway.services import Services

log = structlog.get_logger("shanzhi.gateway")
Endpoint = Callable[[Request], Awaitable[Response]]
Told = Callable[[Request, Problem], Response]


def as_problem(_: Request, problem: Problem) -> Response:
    """As RFC 9457 has it."""
    return problem.response()


def guarded(endpoint: Endpoint, services: Services, told: Told = as_problem) -> Endpoint:
    """The endpoint, which raises nothing any more; `told` makes the answer of a problem."""

    async def answer(request: Request) -> Response:
        try:
            response = await endpoint(request)
        except body.ClientDisconnect:
            response = Response(status_code=400)  # nobody reads it
        except Exception as error:
            if isinstance(error, EventRefused):
                services.metrics.refused.labels(error.code).inc()
            response = told(request, _problem_of(error))
        path = request.scope["route"].path  # not the address: it may hold an id, and each would be a series
        services.metrics.requests.labels(path, str(response.status_code)).inc()
        return response

    return answer


def _problem_of(error: Exception) -> Problem:
    match error:
        case EventRefused():
            return problems.refused(error)
        case OutcomeUnknown():
            return problems.not_ready(outside(error))
        case Full(most=most, is_of_one=is_of_one):
            return problems.too_many_requests(most) if is_of_one else problems.too_much_aside()
        case body.TooSlow():
            return problems.too_slow(body.BODY_SECONDS)
        case body.WrongEncoding(name=name):
            return problems.wrong_encoding(name)
        case ShanzhiError(what=what, remedy=remedy):
            log.error("refused_all", what=what, remedy=remedy)
            return problems.not_ready("the gateway is not set up as it has to be")
        case _:
            return unexpected.problem(error)
