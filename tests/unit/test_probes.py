"""`/livez`, `/readyz`, `/metrics`: what they answer, and that nobody can keep them from answering."""

from __future__ import annotations

import http.client
import socket
import threading
import time
from collections.abc import Iterator
from contextlib import ExitStack, closing

import pytest
from prometheus_client import CollectorRegistry, generate_latest

from processors import probes, readiness
from processors.metrics import WorkerMetrics, process_registry
from processors.probes import Probes, ProbesRefused
from processors.readiness import Readiness
from projections.store.apply import Applied


class Said:
    """What a test lets the process say."""

    def __init__(self) -> None:
        self.ready: str | None = None
        self.alive: str | None = None
        self.registry = CollectorRegistry()


@pytest.fixture
def said() -> Said:
    return Said()


@pytest.fixture
def served(said: Said) -> Iterator[Probes]:
    with Probes("127.0.0.1", 0, lambda: said.ready, alive=lambda: said.alive, registry=said.registry) as running:
        yield running


def asked(served: Probes, path: str, method: str = "GET") -> tuple[int, str]:
    with closing(http.client.HTTPConnection("127.0.0.1", served.port, timeout=10)) as connection:
        connection.request(method, path)
        answer = connection.getresponse()
        return answer.status, answer.read().decode()


def test_a_process_is_ready_or_says_why_it_is_not(served: Probes, said: Said) -> None:
    assert asked(served, "/readyz") == (200, "ok\n")
    said.ready = "PostgreSQL does not answer"
    assert asked(served, "/readyz") == (503, "PostgreSQL does not answer\n")
    assert asked(served, "/livez") == (200, "ok\n"), "waiting for a server is no reason to be killed"
    said.alive = "no turn of the loop for 30 s"
    assert asked(served, "/livez") == (503, "no turn of the loop for 30 s\n")


def test_what_cannot_say_is_not_ready_and_shows_no_trace(said: Said, capfd: pytest.CaptureFixture[str]) -> None:
    def broken() -> str | None:
        raise RuntimeError("hush")

    with Probes("127.0.0.1", 0, broken) as served:
        assert asked(served, "/readyz") == (503, "the process could not say\n")
    assert "hush" not in "".join(capfd.readouterr())


def test_only_three_pages_and_only_get(served: Probes) -> None:
    assert asked(served, "/")[0] == 404
    assert asked(served, "/livez/../metrics")[0] == 404
    for method in ("POST", "PUT", "DELETE", "OPTIONS", "HEAD"):
        assert asked(served, "/metrics", method)[0] == 405, method
    with socket.create_connection(("127.0.0.1", served.port), timeout=5) as garbage:
        garbage.sendall(b"\x16\x03\x01\x00\xa5 no HTTP at all\r\n\r\n")
        assert b"Traceback" not in garbage.recv(65_536)
    assert asked(served, "/livez")[0] == 200


def test_callers_that_never_finish_are_cut_off(
    served: Probes, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(probes, "REQUEST_SECONDS", 0.5)
    before = threading.active_count()  # other tests of this process have left some of theirs
    with ExitStack() as opened:
        slow = [
            opened.enter_context(socket.create_connection(("127.0.0.1", served.port), timeout=5))
            for _ in range(3 * probes.AT_ONCE)
        ]
        for one in slow:
            one.sendall(b"GET /livez HT")
        began = time.monotonic()
        assert all(one.recv(1024) == b"" for one in slow), "each is cut off or turned away"
        assert time.monotonic() - began < 5
        assert asked(served, "/livez") == (200, "ok\n")
        assert threading.active_count() - before < 3 * probes.AT_ONCE
    assert capfd.readouterr().err == ""


def test_a_taken_port_is_refused_with_the_variable_to_change(served: Probes) -> None:
    with pytest.raises(ProbesRefused, match="SHANZHI_PROBE_PORT") as refused:
        Probes("127.0.0.1", served.port, lambda: None)
    assert refused.value.exit_code == 2


def test_readiness_ends_with_stopping_and_needs_the_servers(monkeypatch: pytest.MonkeyPatch) -> None:
    state = Readiness()
    assert state.reason() == "starting"
    state.still_waits("Kafka does not answer")
    assert state.reason() == "Kafka does not answer"
    state.works()
    state.still_waits("Kafka does not answer")
    assert state.reason() is None
    state.servers = lambda: "PostgreSQL does not answer"
    assert state.reason() == "PostgreSQL does not answer"
    assert state.stale() is None
    monkeypatch.setattr(readiness, "STALE_SECONDS", -1.0)
    assert state.stale() == "no turn of the loop for 0 s"
    state.stops()
    state.works()
    state.waits("anything")
    assert state.reason() == "stopping"


def test_figures_of_a_worker_add_up_over_its_batches() -> None:
    said: list[str | None] = ["starting"]
    registry = process_registry("worker", lambda: said[0], folds="abc")
    metrics = WorkerMetrics(registry)
    metrics.applied(0.03, Applied(10, 7, repeats=1))
    metrics.applied(0.2, Applied(20, 5, gaps=2, quarantined=("unreadable", "unreadable", "future")))
    metrics.read({0: 20, 3: 5}, {0: 26})
    assert registry.get_sample_value("shanzhi_events_folded_total") == 12
    assert registry.get_sample_value("shanzhi_repeats_total") == 1
    assert registry.get_sample_value("shanzhi_gaps_total") == 2
    assert registry.get_sample_value("shanzhi_quarantined_total", {"reason": "unreadable"}) == 2
    assert registry.get_sample_value("shanzhi_quarantined_total", {"reason": "future"}) == 1
    assert registry.get_sample_value("shanzhi_batch_seconds_count") == 2
    assert registry.get_sample_value("shanzhi_batch_seconds_bucket", {"le": "0.05"}) == 1
    assert registry.get_sample_value("shanzhi_next_offset", {"partition": "3"}) == 5
    assert registry.get_sample_value("shanzhi_lag_records", {"partition": "0"}) == 6
    assert registry.get_sample_value("shanzhi_lag_records", {"partition": "3"}) is None, "not heard of yet"
    assert registry.get_sample_value("shanzhi_ready") == 0
    said[0] = None
    assert registry.get_sample_value("shanzhi_ready") == 1
    assert 'folds="abc"' in generate_latest(registry).decode()

    metrics.read({3: 8}, {3: 8})
    assert registry.get_sample_value("shanzhi_lag_records", {"partition": "0"}) is None, "another worker's now"
    assert registry.get_sample_value("shanzhi_lag_records", {"partition": "3"}) == 0


def test_metrics_are_served_as_prometheus_reads_them(served: Probes, said: Said) -> None:
    WorkerMetrics(said.registry).applied(0.1, Applied(3, 3))
    status, text = asked(served, "/metrics")
    assert status == 200
    assert "shanzhi_events_folded_total 3.0" in text.splitlines()


def test_two_batches_are_one_in_their_figures() -> None:
    first, second = Applied(5, 4, 1, 0, ("future",)), Applied(9, 2, 0, 2, ("unreadable",))
    assert first.then(second) == Applied(9, 6, 1, 2, ("future", "unreadable"))
    assert Applied(0, 0).then(second) == second
