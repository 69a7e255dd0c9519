"""The lists of the domain: every event type is folded, sampled and simulated, every read model has its name."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any, get_args, get_type_hints

import pytest

from ledger.event import EventKind, kinds, latest
from ledger.submission import check
from producers.simulator import Simulation, Submitted
from projections import read
from projections.families import FAMILIES
from projections.read import Board, Book

NOW = datetime(2026, 1, 1, tzinfo=UTC)
REFOLDING = (".corrected", ".voided")  # the engine folds the stream again; folds never see these
ANNOUNCED = ("publisher.", "person.forgotten")  # by commands: the register of publishers, `shanzhi forget`
READ_MODELS = {
    "case book": ("cases", "funnel", "five-tickets", "duplicates"),
    "first-asked board": ("first-asked",),
    "grid and worker workload": ("grids", "workers"),
    "unit assessment and league": ("units", "assessments", "assessment-board"),
    "three rates": ("rates",),
    "duty roll": ("duty", "duties", "duty-board"),
    "teams, points": ("teams", "team-board", "volunteers", "acts", "credits"),
    "alliance and pairing": ("pairings", "pairing-board", "alliance-board", "participants", "organisations"),
    "leaders' places, field studies, tasks": ("leaders", "leader-board", "field-studies", "tasks", "task-board"),
    "estate roster and regulations": ("roster", "regulations", "regulation-board"),
    "facilities and 一刻钟便民服务区": ("facilities", "facility-board", "daily-life"),
    "activities and culture": ("activities", "activity-board", "culture"),
    "wishes, pledges, visits, care, curtains": ("wishes", "pledges", "visits", "care-pairs", "curtains"),
    "councils, conferences, topics": ("councils", "council-members", "conferences", "topics", "topic-board"),
    "mediations": ("mediations", "mediation-board", "mediation-methods"),
    "lists, matches, contracts; orders": ("needs", "resources", "projects", "matches", "contracts", "orders"),
    "patrol ledger and hazards": ("patrols", "hazards"),
    "survey board with remedies and their effect": ("survey-board", "survey-items", "surveys", "replacements"),
    "window board": ("window", "applications", "services"),
    "social organisations that took part": ("organisations",),
    "cameras and alerts": ("cameras", "camera-alerts", "alert-board"),
    "overview and map": ("overview", "map"),
    "event index, anomalies, quarantine": ("events", "anomalies", "reasons", "quarantine"),
    "freshness and silence": ("publishers", "silence"),
    "rules in force, closed periods": ("rules", "periods"),
}


@pytest.mark.parametrize("what", READ_MODELS)
def test_what_is_true_now_is_there_under_a_name(what: str) -> None:
    missing = [name for name in READ_MODELS[what] if name not in read.read_models()]
    assert not missing, f"{what}: {', '.join(missing)}"


def test_every_read_model_has_a_chinese_title_and_titles_of_its_columns() -> None:
    for name, model in read.read_models().items():
        titles = [model.title]
        if isinstance(model, Board):
            titles += [*model.titles.values(), *(one.title for one in model.ratios.values())]
            titles += [one.title for one in model.distinct.values()]
        if isinstance(model, Book):
            titles += model.titles.values()
        assert all(any("一" <= sign <= "鿿" for sign in title) for title in titles), (name, titles)


def test_books_show_nothing_personal() -> None:
    personal: dict[str, set[str]] = {}
    for kind in kinds.values():
        personal.setdefault(kind.family, set()).update(field.name for field in kind.personal)
    for name, model in read.read_models().items():
        if isinstance(model, Book):
            shown = {*model.titles} - {*model.computed}
            assert not shown & personal[model.family], name


@pytest.mark.parametrize("kind", kinds.values(), ids=kinds)
def test_every_event_type_has_a_fold_and_a_sample(kind: EventKind) -> None:
    event = {
        "specversion": "1.0", "id": "1", "source": "urn:test", "type": kind.type, "time": "2025-01-01T09:00:00+08:00",
        "authid": "test/1", "data": kind.sample, "dataschema": kind.dataschema,
    }  # fmt: skip
    for family in kind.subjects:
        assert family in FAMILIES
        if not kind.type.endswith(REFOLDING):
            assert latest[kind.type].cls in folded(family), f"projections/{family}.py does not fold {kind.type}"
        check(event | {"subject": f"{family}/1"}, NOW)


def folded(family: str) -> tuple[Any, ...]:
    """The event classes that a family's `evolve` matches; mypy holds the match to all of them."""
    record = get_type_hints(FAMILIES[family].evolve)["record"]
    (union,) = get_args(record)
    return get_args(union) or (union,)


def test_every_event_type_is_told_by_the_simulator() -> None:
    """A year of few events, so that the rarest lives come to their ends and every family's turn to be corrected."""
    simulation = Simulation(7, 366, scale=0.5, start=date(2024, 1, 1))
    told = {one.event["type"] for one in simulation if isinstance(one, Submitted)}
    assert sorted(one for one in {*latest} - told if not one.startswith(ANNOUNCED)) == []
