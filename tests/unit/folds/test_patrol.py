"""What the fold makes of a round of a patrol team."""

from __future__ import annotations

from typing import Any

from ledger.events.patrol import PatrolMade
from projections.patrol import patrol_day, patrol_person, patrol_team
from tests.unit.test_folds import DAY, ESTATE, GRID, LI, SUN, Spec, hours

TEAM = "team/p"


def made(**changes: Any) -> PatrolMade:
    fields: dict[str, Any] = {"team": TEAM, "place": ESTATE, "persons": (SUN, LI), "began": hours(0)}
    return PatrolMade(**fields | {"ended": hours(2)} | changes)


def test_a_round_counts_at_its_place_for_its_team_and_for_each_member() -> None:
    patrol = Spec("patrol/1").when(made(), delivered=2).odd(None)
    once = {"patrols": 1, "minutes": 120}
    patrol.then(patrol_day, {(ESTATE, DAY): once | {"members": 2}})
    patrol.then(patrol_team, {(TEAM, DAY): once | {"members": 2}})
    patrol.then(patrol_person, {(LI, DAY): once, (SUN, DAY): once})


def test_a_round_told_again_is_one_round_as_told_last() -> None:
    patrol = Spec("patrol/1").given(made()).when(made(place=GRID, persons=(LI, LI))).odd("told twice")
    patrol.then(patrol_day, {(GRID, DAY): {"patrols": 1, "minutes": 120, "members": 1}})


def test_a_round_that_ends_before_it_begins_has_no_minutes() -> None:
    patrol = Spec("patrol/1").when(made(began=hours(3))).odd("ended before it began")
    patrol.then(patrol_team, {(TEAM, DAY): {"patrols": 1, "members": 2}})
