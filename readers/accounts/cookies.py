"""The cookies of a login and of its forms: out of reach of scripts, and of other hosts where the address is https."""

from __future__ import annotations

from ipaddress import ip_address

from starlette.requests import Request
from starlette.responses import Response

SESSION, CSRF = "session", "csrf"
_HOST_ONLY = "__Host-"  # a browser takes such a one from this very host alone, and by https


def is_https(request: Request) -> bool:
    """Whether the browser speaks https, to us or to a proxy. Whoever lies here harms their own cookies only."""
    return request.url.scheme == "https" or request.headers.get("x-forwarded-proto") == "https"


def read(request: Request, name: str) -> str:
    """Its value, empty where there is none."""
    return request.cookies.get(_named(request, name), "")


def give(request: Request, response: Response, name: str, value: str) -> None:
    """Sets it until the browser is closed."""
    response.set_cookie(_named(request, name), value, path="/", secure=is_https(request), httponly=True, samesite="lax")


def take(request: Request, response: Response, name: str) -> None:
    """Takes it away."""
    response.delete_cookie(_named(request, name), path="/", secure=is_https(request), httponly=True, samesite="lax")


def address_of(request: Request) -> str:
    """Whence somebody asks. A proxy on this machine says it last in `X-Forwarded-For`; nobody else is believed."""
    peer = request.client.host if request.client else ""
    told = request.headers.get("x-forwarded-for", "").rpartition(",")[2].strip()
    if peer in ("127.0.0.1", "::1") and told:
        try:
            return str(ip_address(told))
        except ValueError:
            return peer
    return peer


def _named(request: Request, name: str) -> str:
    return _HOST_ONLY + name if is_https(request) else name
