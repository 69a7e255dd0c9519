"""Notices on a real PostgreSQL: signed and in bounded time to a webhook, and what became of each is told."""

from __future__ import annotations

import shutil
import socket
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import closing, suppress
from datetime import timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import orjson
import pytest

from ledger.errors import OutcomeUnknown
from processors.notices.channel import Channel, LogChannel, NotDelivered, Notice
from processors.notices.process import Notices
from processors.notices.webhook import Webhook, signature
from projections.store.migrate import migrate
from shanzhi.cli.notices import channel_of
from shanzhi.errors import SettingsRefused
from shanzhi.settings import Settings
from shanzhi.stack import Stack
from shanzhi.stack.ports import free_port
from tests.deciding import Deciding

SECRET = b"only for tests"
NOTICE = Notice("7e0c", "person/li", "case/1", "dispatched")


class Receiver(ThreadingHTTPServer):
    """Answers with the given statuses in turn, the last one for ever, and keeps what it got."""

    def __init__(self, *statuses: int) -> None:
        self.statuses = list(statuses)
        self.got: list[tuple[dict[str, str], bytes]] = []
        super().__init__(("127.0.0.1", 0), _Handler)
        threading.Thread(target=self.serve_forever, daemon=True, kwargs={"poll_interval": 0.01}).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/in"

    def close(self) -> None:
        self.shutdown()
        self.server_close()


class _Handler(BaseHTTPRequestHandler):
    server: Receiver

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        self.server.got.append((dict(self.headers), body))
        statuses = self.server.statuses
        self.send_response(statuses.pop(0) if len(statuses) > 1 else statuses[0])
        self.send_header("Location", "/elsewhere")
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Quiet."""


def hook(receiver: Receiver) -> Webhook:
    return Webhook(receiver.url, SECRET, again_seconds=0)


def test_what_arrives_is_signed_and_names_nobody_but_by_id() -> None:
    with closing(Receiver(204)) as receiver:
        hook(receiver).deliver(NOTICE)
        ((headers, body),) = receiver.got
    assert headers["X-Shanzhi-Signature"] == signature(SECRET, body) != signature(b"another", body)
    assert headers["Idempotency-Key"] == NOTICE.id
    assert orjson.loads(body) == {
        "id": "7e0c", "to": "person/li", "about": "case/1", "template": "dispatched", "words": "您有新的派单，请签收",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("statuses", "tries", "reason"),
    [
        ((503, 429, 200), 3, None),
        ((503,), 3, "status 503"),
        ((400,), 1, "status 400"),
        ((302,), 1, "status 302"),
    ],
)
def test_what_may_pass_is_tried_again_and_not_for_ever(
    statuses: tuple[int, ...], tries: int, reason: str | None
) -> None:
    with closing(Receiver(*statuses)) as receiver:
        if reason is None:
            hook(receiver).deliver(NOTICE)
        else:
            with pytest.raises(NotDelivered, match=reason):
                hook(receiver).deliver(NOTICE)
        assert len(receiver.got) == tries


def test_a_webhook_that_is_away_is_said_without_its_address() -> None:
    with pytest.raises(NotDelivered) as failed:
        Webhook(f"http://127.0.0.1:{free_port()}/in", SECRET, again_seconds=0).deliver(NOTICE)
    assert str(failed.value) == "no answer (ConnectionRefusedError)"


def test_who_answers_a_byte_at_a_time_is_not_waited_for(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("processors.notices.webhook.TIMEOUT_SECONDS", 0.2)
    ended = threading.Event()

    def drip(server: socket.socket) -> None:
        with suppress(OSError):
            while True:
                one, _ = server.accept()
                with one, suppress(OSError):
                    one.sendall(b"HTTP/1.1 2")
                    while not ended.wait(0.05):
                        one.sendall(b"X")

    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=drip, args=(server,), daemon=True).start()
        began = time.monotonic()
        with pytest.raises(NotDelivered, match="no answer"):
            Webhook(f"http://127.0.0.1:{server.getsockname()[1]}/in", SECRET, again_seconds=0).deliver(NOTICE)
        assert time.monotonic() - began < 3
        ended.set()


def test_the_log_is_told_where_no_webhook_is_given_and_a_webhook_needs_its_secret() -> None:
    assert isinstance(channel_of(Settings()), LogChannel)
    with pytest.raises(SettingsRefused, match="secret"):
        channel_of(Settings(notice_webhook="https://notice.example/in"))


@pytest.fixture(scope="module")
def county() -> Iterator[Deciding]:
    folder = Path(tempfile.mkdtemp(prefix="shanzhi-notices-"))
    with Stack(folder, kafka=False) as stack:
        migrate(stack.endpoints.database_url)
        county = Deciding(stack.endpoints.database_url)
        yield county
        county.close()
    shutil.rmtree(folder)


def told_by(county: Deciding, channel: Channel) -> list[tuple[str, str, str, str | None]]:
    """What is told once a case was dispatched, whistled for, handled and replied to."""
    county.begin()
    county.discover("1", reporter="person/z")
    due = (county.now + timedelta(hours=1)).isoformat()
    county.tell("case/1", "case.dispatched", {"to": "person/a", "sign_in_due": due, "handle_due": due, "rule": "own"})
    units = [{"unit": "unit/u", "part": "lead"}]
    county.tell("case/1", "case.whistled", {"whistle": "w", "by": "place/t", "kind": "ordinary", "units": units})
    county.tell("case/1", "case.handled", {"by": "person/a", "resolved": True, "measures": "清理"})
    county.tell("case/1", "case.replied", {"text": "已清理"})
    notices = Notices(county.url, channel)
    while notices.step(county.connection):
        pass
    told = county.carry()
    assert {one["data"]["about"] for one in told} == {"case/1"} == {one["correlationid"] for one in told}
    return [(one["type"], one["data"]["to"], one["data"]["template"], one["data"].get("reason")) for one in told]


WHO = [("person/a", "dispatched"), ("unit/u", "whistled"), ("person/z", "handled"), ("person/z", "replied")]


def test_worker_liaison_and_resident_are_told_and_each_notice_is_an_event(county: Deciding) -> None:
    with closing(Receiver(200)) as receiver:
        told = told_by(county, hook(receiver))
    assert told == [("notice.sent", to, template, None) for to, template in WHO]
    assert len(receiver.got) == 4
    assert told_by(county, LogChannel()) == told


def test_a_notice_whose_event_would_be_refused_is_handed_over_once(county: Deciding) -> None:
    county.begin()
    county.discover("1", reporter="person/z")
    county.tell("case/1", "case.replied", {"text": "已清理"})
    county.query("update shanzhi.request set details = details || '{\"about\": \"nobody\"}' where decided_at is null")
    with closing(Receiver(200)) as receiver:
        notices = Notices(county.url, hook(receiver))
        while notices.step(county.connection):
            pass
        assert len(receiver.got) == 1
    assert county.outcomes("case/1", "notice") == ["refused: reference_malformed /data/about"]


def test_a_leader_that_is_frozen_leads_no_longer(county: Deciding, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("processors.leader.FROZEN_SECONDS", 1)
    frozen, other = Notices(county.url, LogChannel()), Notices(county.url, LogChannel())
    frozen._round()
    assert frozen._leads
    deadline = time.monotonic() + 10
    while not other._leads and time.monotonic() < deadline:
        other._round()
    assert other._leads
    with pytest.raises(OutcomeUnknown):
        frozen._round()
    frozen._round()
    assert not frozen._leads, "there is another one"
    for one in (frozen, other):
        one._let_go()


def test_a_notice_that_fails_is_told_and_stops_nothing(county: Deciding) -> None:
    with closing(Receiver(500)) as receiver:
        assert told_by(county, hook(receiver)) == [("notice.failed", *who, "status 500") for who in WHO]
