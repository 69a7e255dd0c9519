"""The OpenAPI document of the gateway, made without any of what a running one needs."""

from __future__ import annotations

from dataclasses import fields
from typing import Any

from producers.gateway.app import application
from producers.gateway.services import Services


def openapi() -> dict[str, Any]:
    """OpenAPI 3.1 as plain data, the same that a running gateway serves at /openapi.json."""
    return application(nothing()).openapi()


def nothing() -> Services:
    """For an application whose routes are declared and not called."""
    none: Any = None
    return Services(*[none] * len(fields(Services)))
