"""Forms publish through the gateway, as any publisher does: it checks, seals and answers with a receipt."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import httpx

SOURCE = "urn:shanzhi:pages"
WAIT = "2s"  # for the tables, so that the next page shows what was published
_SECONDS = 20.0  # more than the gateway takes for an answer


@dataclass(frozen=True)
class Receipt:
    """Where the ledger holds an event. `status`: accepted or repeat; `applied`: the tables have it."""

    id: str
    partition: int
    offset: int
    status: str
    applied: bool


@dataclass(frozen=True)
class Refused:
    """The gateway's answer to an event that is none: a problem with its errors (code, pointer, value, remedy …)."""

    status: int
    problem: Mapping[str, Any]


@dataclass(frozen=True)
class Unknown:
    """Nobody knows whether it was written: the same form may be sent again, and counts once."""

    why: str


class Gateway:
    """A client of the gateway's, with the key of the publisher `pages`. Thread-safe."""

    def __init__(self, url: str, key: str) -> None:
        self._client = httpx.Client(
            base_url=url,
            headers={"Authorization": f"Bearer {key}"},
            timeout=httpx.Timeout(_SECONDS, connect=3.0),
            trust_env=False,
        )

    def publish(self, event: Mapping[str, Any]) -> Receipt | Refused | Unknown:
        """Sends one CloudEvent and waits until the tables hold it, for at most two seconds. Never raises."""
        headers = {"Content-Type": "application/cloudevents+json"}
        try:
            answer = self._client.post("/events", params={"wait": WAIT}, json=event, headers=headers)
        except httpx.HTTPError as error:
            return Unknown(type(error).__name__)
        return _told(answer)

    def keep_photo(self, content: bytes, media_type: str, owner: str) -> Mapping[str, Any] | Refused | Unknown:
        """Keeps a photo under its owner; what the event then names. Never raises."""
        headers = {"Content-Type": media_type}
        try:
            answer = self._client.post("/photos", params={"owner": owner}, content=content, headers=headers)
        except httpx.HTTPError as error:
            return Unknown(type(error).__name__)
        if answer.status_code in (200, 201):
            kept: Mapping[str, Any] = answer.json()
            return kept
        return Refused(answer.status_code, answer.json())

    def close(self) -> None:
        """Ends the connections."""
        self._client.close()


def _told(answer: httpx.Response) -> Receipt | Refused | Unknown:
    if answer.status_code in (200, 201):
        told = answer.json()
        return Receipt(told["id"], told["partition"], told["offset"], told["status"], bool(told.get("applied")))
    if answer.status_code >= 500 or answer.status_code == 429:
        return Unknown(str(answer.status_code))
    return Refused(answer.status_code, answer.json())
