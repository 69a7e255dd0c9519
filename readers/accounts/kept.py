"""What was typed into a form whose session has ended, or whose page was too old: shown again, to be sent once more."""

from __future__ import annotations

from typing import Any

from starlette.datastructures import FormData
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from readers.accounts.csrf import FIELD
from readers.rendering import is_htmx, page

INPUTS, INPUT_BYTES = 200, 32 * 1024
NEVER = ("/login", "/logout", "/password", "/language")
"""Whose forms are not shown again: they hold passwords, or nothing that was typed."""
_KINDS = ("application/x-www-form-urlencoded", "multipart/form-data")


async def kept(request: Request, status: int, what: str) -> Response | None:
    """A page that carries the form on, None where nothing was typed. Files have to be chosen again.

    Nothing is done by it: whoever typed it sends it, with the token of the session that there is by then.
    """
    if request.method != "POST" or request.url.path.startswith(NEVER):
        return None
    if not request.headers.get("content-type", "").startswith(_KINDS):
        return None
    try:
        form = await request.form(max_files=INPUTS, max_fields=INPUTS, max_part_size=INPUT_BYTES)
    except HTTPException:
        return None
    typed = _typed(form)
    if not typed:
        return None
    values: dict[str, Any] = {"what": what, "typed": typed, "action": request.url.path, "needs_login": status == 401}
    if not is_htmx(request):
        return page(request, "accounts/kept.html", status=status, **values)
    answer = page(request, "accounts/_kept.html", **values)  # htmx takes no answer but a good one
    answer.headers.update({"HX-Retarget": "#main", "HX-Reswap": "innerHTML"})
    return answer


def _typed(form: FormData) -> list[tuple[str, str]]:
    return [(name, value) for name, value in form.multi_items() if isinstance(value, str) and name != FIELD]
