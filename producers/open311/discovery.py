"""The service discovery document: where the interface is, in which formats, and who gives keys."""

from __future__ import annotations

from typing import Any

from producers.open311.services import shipped
from producers.open311.wire import FORMATS

ROOT = "/open311/v2"
_CONTACT = "本县治理服务台 · the county's desk"
_KEYS = "密钥由管理员发给：shanzhi publisher add · an administrator makes keys with: shanzhi publisher add"


def discovery(base: str) -> dict[str, Any]:
    """`base` is the address of the gateway as it was called, without a path."""
    changeset = shipped()[0].isoformat()
    return {
        "changeset": changeset,
        "contact": _CONTACT,
        "key_service": _KEYS,
        "endpoints": [
            {
                "specification": "http://wiki.open311.org/GeoReport_v2",
                "url": f"{base}{ROOT}",
                "changeset": changeset,
                "type": "production",
                "formats": [media_type.partition(";")[0] for media_type in FORMATS.values()],
            }
        ],
    }
