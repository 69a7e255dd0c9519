"""One scenario from beginning to end: published, read by workers, counted, folded afresh and compared."""

from __future__ import annotations

import time
from collections.abc import Callable
from contextlib import ExitStack, closing
from dataclasses import dataclass
from typing import Any

import msgspec

from audit.verify import Verified, verify
from projections.read.reports import ReportRow, reports
from projections.store.connection import connect
from projections.store.generation import current_generation
from shanzhi.crew import Crew
from shanzhi.draining import SAMPLE_SECONDS, Pace, wait_until_read
from shanzhi.endpoints import Report, serve
from shanzhi.feeding import Fed, publishing
from shanzhi.keys import master_key
from shanzhi.least import logins_of, prepare_all
from shanzhi.posts import worker_posts
from shanzhi.scenarios import Asked, Story
from shanzhi.settings import Settings
from shanzhi.watch import Counted, Watch, ledger_ends


@dataclass(frozen=True)
class Outcome:
    """What was published, what was counted on top of what was there before, and whether both agree."""

    fed: Fed
    counted: Counted
    anomalies: int
    events_per_second: float
    verified: Verified
    worker_restarts: int
    seconds: float
    reports: list[ReportRow] | None = None

    @property
    def exact(self) -> bool:
        """Whether each event counted once, each broken record was set aside, and the tables are right."""
        wanted = (self.fed.published, self.fed.repeats, self.fed.planted.total(), 0)
        figures_fit = all(row.equal for row in self.reports or ())
        return self.counted[:4] == wanted and self.verified.equal and figures_fit

    def as_dict(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "published": self.fed.published,
            "indexed": self.counted.indexed,
            "repeats": self.counted.repeats,
            "planted_repeats": self.fed.repeats,
            "quarantined": self.counted.quarantined,
            "planted_quarantined": self.fed.planted.total(),
            "gaps": self.counted.gaps,
            "anomalies": self.anomalies,
            "live_equals_refold": self.verified.equal,
            "differences": self.verified.told(),
            "worker_restarts": self.worker_restarts,
            "events_per_second": round(self.events_per_second, 1),
            "seconds": round(self.seconds, 1),
            **({} if self.reports is None else {"reports": msgspec.to_builtins(self.reports)}),
        }


def run_once(
    settings: Settings,
    make: Callable[[Asked], Story],
    asked: Asked,
    workers: int,
    report: Report,
    *,
    with_reports: bool = False,
) -> Outcome:
    """On the given servers, else on new ones in the settings' folder. `asked.registry` is decided here:

    a ledger that knows the county already is not told again, since that would be repeats nobody planted.
    """
    began = time.monotonic()
    with ExitStack() as servers:
        endpoints, _ = servers.enter_context(serve(settings, report))
        prepare_all(endpoints, settings.replicas)
        own = logins_of(endpoints, settings)
        key = master_key(settings)
        with ExitStack() as running:
            crew = Crew(worker_posts(endpoints, settings, workers, own), logs=settings.logs, report=report)
            running.enter_context(crew)
            watch = running.enter_context(Watch(endpoints.database_url))
            ends = ledger_ends(endpoints.kafka_bootstrap)
            wait_until_read(watch, ends, Pace.start(watch), crew.tend)
            anomalies, pace = watch.anomalies(), Pace.start(watch)
            simulation = make(asked._replace(registry=not watch.knows_the_county()))
            report("发布 · publishing")
            with publishing(endpoints, key, simulation) as (_, feeding):
                while not feeding.done():
                    crew.tend()
                    pace.look(watch)
                    time.sleep(SAMPLE_SECONDS)
                fed = feeding.result()
            wait_until_read(watch, ledger_ends(endpoints.kafka_bootstrap), pace, crew.tend)
            counted, anomalies = watch.counted().since(pace.before), watch.anomalies() - anomalies
        report("对账 · folding the ledger afresh")
        verified = verify(endpoints.kafka_bootstrap, endpoints.database_url)
        figures = _figures(endpoints.database_url) if with_reports else None
    seconds = time.monotonic() - began
    return Outcome(fed, counted, anomalies, pace.per_second, verified, crew.restarts, seconds, figures)


def _figures(database_url: str) -> list[ReportRow]:
    """The figures of the two reports, as the tables have them now."""
    with closing(connect(database_url, "shanzhi demo")) as connection:
        return reports(connection, current_generation(connection)).rows
