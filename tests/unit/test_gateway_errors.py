"""What a stranger and the log are told where something breaks: which kind, where, and never a value or an address."""

from __future__ import annotations

import asyncio
import json
import logging
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any, cast

import httpx
import pytest
import structlog

from ledger.errors import OutcomeUnknown
from processors.metrics import process_registry
from producers.gateway import catalogue, failure, problems
from producers.gateway.app import application
from producers.gateway.front import Front
from producers.gateway.metrics import Metrics
from producers.gateway.services import Services
from projections.read.receipts import TableReceipts
from shanzhi import gateway
from shanzhi.logging import configure

PLANTED = "张三 13812345678"
DRIVER = 'connection to server at "10.1.2.3", port 5432 failed: FATAL: role "county" is not permitted'
KEY = {"authorization": "Bearer shz_" + "A" * 43}


@pytest.fixture(autouse=True)
def as_json(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing was said before, and logging is afterwards as it was."""
    monkeypatch.setattr(failure, "_quiet_until", {})
    root = logging.getLogger()
    handlers, level = list(root.handlers), root.level
    yield
    root.handlers[:], root.level = handlers, level
    structlog.reset_defaults()


def fails(*_: object) -> Any:
    raise ValueError(PLANTED)


def is_away(*_: object) -> Any:
    raise OutcomeUnknown("PostgreSQL does not answer", "Try again once it is back.", DRIVER)


def asked(path: str, broken: Callable[..., Any], monkeypatch: pytest.MonkeyPatch) -> httpx.Response:
    """The answer of a gateway in which all that is asked is broken in the same way."""
    monkeypatch.setattr(catalogue, "page", broken)
    services = SimpleNamespace(
        parties=SimpleNamespace(remembered=lambda _: None, of_key=broken),
        front=None,
        receipts=None,
        clock=lambda: datetime.now(UTC),
        ready=broken,
        metrics=Metrics(process_registry("gateway", broken)),
    )
    app = application(cast(Services, services))

    async def ask() -> httpx.Response:
        transport = httpx.ASGITransport(app)  # raises what the application raises: uvicorn would log that
        async with httpx.AsyncClient(transport=transport, base_url="http://gateway", headers=KEY) as client:
            return await client.request("GET" if path in GOT else "POST", path)

    return asyncio.run(ask())


GOT = ("/receipts?source=a&id=b", "/catalogue", "/catalogue/case.rated", "/readyz", "/metrics")
POSTED = ("/events", "/photos?owner=case/1")


@pytest.mark.parametrize("path", [*GOT, *POSTED])
def test_what_nobody_expected_is_answered_and_its_message_told_to_nobody(
    path: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    configure("info", "json")
    answer = asked(path, fails, monkeypatch)
    out, err = capfd.readouterr()
    assert (answer.status_code, answer.json()["type"]) == (500, "urn:shanzhi:problem:internal")
    assert answer.headers["x-content-type-options"] == "nosniff"
    (line,) = [line for line in map(json.loads, err.splitlines()) if line["logger"] == "shanzhi.gateway"]
    assert (line["event"], line["error"]) == ("unexpected", "ValueError")
    assert "in fails" in line["frames"], "where it was"
    for told in (answer.text, out, err):
        assert not any(word in told for word in PLANTED.split())


def test_what_uvicorn_would_say_of_an_error_is_not_said(capfd: pytest.CaptureFixture[str]) -> None:
    configure("info", "json")
    try:
        fails()
    except ValueError as error:
        logging.getLogger("uvicorn.error").error("Exception in ASGI application\n", exc_info=error)
    assert capfd.readouterr().err == ""


@pytest.mark.parametrize("path", ["/events", "/receipts?source=a&id=b", "/photos?owner=case/1"])
def test_a_caller_is_told_which_server_is_away_and_the_log_what_its_driver_said(
    path: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    configure("info", "json")
    answer = asked(path, is_away, monkeypatch)
    assert answer.status_code == 503
    assert "PostgreSQL does not answer" in answer.json()["detail"]
    assert not any(word in answer.text for word in ("10.1.2.3", "5432", "county", "DATABASE_URL"))
    (line,) = [line for line in map(json.loads, capfd.readouterr().err.splitlines()) if line["event"] == "away"]
    assert DRIVER in line["what"]


@pytest.mark.parametrize("away", ["Kafka", "PostgreSQL"])
def test_probes_are_told_which_server_is_away_and_not_where_it_is(
    away: str, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    configure("info", "json")
    monkeypatch.setattr(gateway, "is_answering", lambda _: away != "Kafka")
    receipts, front = SimpleNamespace(folded_by=is_away), SimpleNamespace(trouble=None)
    readiness = gateway._Readiness("10.1.2.3:9092", cast(TableReceipts, receipts), cast(Front, front))
    for _ in range(3):
        assert readiness.ask() == f"{away} does not answer"
    (line,) = [json.loads(line) for line in capfd.readouterr().err.splitlines()]
    assert ("10.1.2.3:9092" if away == "Kafka" else DRIVER) in line["what"], "said once, however often somebody asks"


@pytest.mark.parametrize("remark, text", [(None, "ready\n"), ("other folds", "ready; other folds\n")])
def test_a_remark_is_told_to_probes_and_does_not_make_it_unready(remark: str | None, text: str) -> None:
    metrics = Metrics(process_registry("gateway", lambda: None))
    said = {"ready": lambda: None, "remark": lambda: remark, "metrics": metrics}
    services = SimpleNamespace(parties=None, front=None, receipts=None, clock=None, **said)
    app = application(cast(Services, services))

    async def ask() -> httpx.Response:
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app), base_url="http://gateway") as client:
            return await client.get("/readyz")

    answer = asyncio.run(ask())
    assert (answer.status_code, answer.text) == (200, text)


def test_an_unknown_outcome_names_no_address_either() -> None:
    unknown = OutcomeUnknown("Kafka does not answer", "Look at KAFKA_BOOTSTRAP.", "10.1.2.3:9092, NoBrokersAvailable")
    assert str(unknown) == "Kafka does not answer (10.1.2.3:9092, NoBrokersAvailable). Look at KAFKA_BOOTSTRAP."
    detail = problems.unknown(unknown).detail
    assert "Kafka does not answer" in detail
    assert "10.1.2.3" not in detail and "KAFKA_BOOTSTRAP" not in detail
