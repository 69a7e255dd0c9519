"""What the wall is made of, without servers: its moment, kept answers, conditions, addresses, cells, words."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from ledger.errors import OutcomeUnknown
from projections.read import CaseRow, QuestionRefused, read_model
from readers.api.options import options_of
from readers.memory import ROWS
from readers.wall.answers import AGAIN_SECONDS, IN_USE_SECONDS, Answers, Need
from readers.wall.cells import cells
from readers.wall.drawing import left, line, percent, width
from readers.wall.filters import filters, kept
from readers.wall.moment import Moment, moment
from readers.wall.opening import open_url
from readers.wall.scenes import ALWAYS, Scene, panels, scenes_of
from readers.wall.scope import Scope
from readers.wall.tree import LEVELS, Place, Tree

NOW = datetime(2024, 5, 11, 4, tzinfo=UTC)
TODAY = date(2024, 5, 11)


@pytest.mark.parametrize(
    ("told", "kind", "day"),
    [
        ([], "today", TODAY),
        ([TODAY], "today", TODAY),
        ([TODAY - timedelta(days=1)], "today", TODAY),  # before the first case of a morning
        ([date(2024, 3, 31)], "newest", date(2024, 3, 31)),
        ([date(2024, 3, 31), TODAY + timedelta(days=1)], "newest", date(2024, 3, 31)),  # a clock that is ahead
    ],
)
def test_a_wall_shows_today_where_the_county_is_alive_else_its_newest_day(
    told: list[date], kind: str, day: date
) -> None:
    shown = moment(NOW, told)
    assert (shown.kind, shown.day) == (kind, day)
    assert (shown.as_of is None) == (kind == "today")


def test_a_day_can_be_chosen_but_none_that_is_to_come() -> None:
    told = [date(2024, 3, 1), date(2024, 3, 31)]
    assert moment(NOW, told, "2024-03-10").kind == "chosen"
    assert moment(NOW, told, "2024-03-31") == moment(NOW, told)
    assert not moment(NOW, told, "2024-03-10").is_standing
    for wrong in ("2024-05-12", "yesterday", "2024-13-01"):
        with pytest.raises(QuestionRefused):
            moment(NOW, told, wrong)


class Tables:
    """Answers with how often it was asked, once it is let."""

    def __init__(self) -> None:
        self.asked = 0
        self.is_away = False
        self.may_answer = threading.Event()
        self.may_answer.set()

    def ask(self, name: str, **options: Any) -> Any:
        self.asked += 1
        assert self.may_answer.wait(5)
        if self.is_away:
            raise OutcomeUnknown("away", "wait")
        return name, self.asked


@contextmanager
def answers(tables: Tables, clock: list[float]) -> Iterator[Answers]:
    with closing(Answers(tables.ask, lambda: clock[0])) as made:
        yield made


def test_an_answer_does_for_its_seconds_and_everybody_waits_for_the_same_one() -> None:
    tables, clock, need = Tables(), [0.0], Need("cases", (), 1.0)
    with answers(tables, clock) as kept_:
        assert kept_.look([need, need], 5)[need].answer == ("cases", 1)
        clock[0] = 0.9
        assert kept_.look([need], 5)[need].answer == ("cases", 1)
        clock[0] = 1.1
        assert kept_.look([need], 5)[need].answer == ("cases", 2)


def test_whoever_can_not_wait_gets_the_answer_before_or_none() -> None:
    tables, clock, need = Tables(), [0.0], Need("cases", (), 1.0)
    with answers(tables, clock) as kept_:
        tables.may_answer.clear()
        assert kept_.look([need], 0)[need] == (None, True, False)
        tables.may_answer.set()
        assert kept_.look([need], 5)[need].answer == ("cases", 1)
        clock[0] = 2.0
        tables.may_answer.clear()
        assert kept_.look([need], 0)[need] == (("cases", 1), True, False)
        tables.may_answer.set()


def test_without_postgresql_the_last_answer_stays_and_says_so_until_there_is_a_new_one() -> None:
    tables, clock, need = Tables(), [0.0], Need("cases", (), 1.0)
    with answers(tables, clock) as kept_:
        kept_.look([need], 5)
        tables.is_away, clock[0] = True, 2.0
        assert kept_.look([need], 5)[need] == (("cases", 1), False, True)
        kept_.look([need], 5)
        assert tables.asked == 2  # not again and again
        tables.is_away, clock[0] = False, 2.0 + AGAIN_SECONDS + 0.1
        assert kept_.look([need], 5)[need] == (("cases", 3), False, False)


def test_rows_are_bounded_and_what_is_in_use_stays() -> None:
    clock, half = [0.0], [range(ROWS // 2)]
    with closing(Answers(lambda name, **options: half[0], lambda: clock[0])) as kept_:
        of_day = [Need("cases", (("period", f"2024-05-{day:02}"),), 1e9) for day in range(1, 6)]
        for need in of_day[:3]:
            kept_.look([need], 5)
        assert kept_.look(of_day[:3], 0)[of_day[0]].answer == half[0], "a page may hold more for as long as it asks"
        clock[0] = IN_USE_SECONDS + 1
        kept_.look([of_day[3]], 5)
        kept_.look([of_day[4]], 5)
        assert len(kept_._kept) == 3
        assert of_day[4].key in kept_._kept


def case(**changes: Any) -> CaseRow:
    told: dict[str, Any] = dict.fromkeys(CaseRow.__struct_fields__) | {
        "subject": "case/1",
        "status": "handled",
        "units": [],
        "unknown": [],
    }
    return CaseRow(**(told | changes))


def test_conditions_keep_what_a_number_counts() -> None:
    handled = case(handled_at=datetime(2024, 5, 10, 17, tzinfo=UTC), satisfaction="satisfied")  # the 11th in Shanghai
    waiting = case(status="accepted", is_overdue=True)
    rows = [handled, waiting]

    def kept_by(*told: str) -> list[CaseRow]:
        return kept(rows, filters(told, CaseRow))

    assert kept_by("handled_at") == [handled]
    assert kept_by("-handled_at") == [waiting]
    assert kept_by("handled_at:2024-05-11") == [handled]
    assert kept_by("status:accepted,reported") == [waiting]
    assert kept_by("-units", "satisfaction:satisfied") == [handled]
    assert kept_by("is_overdue:true") == [waiting]


def test_conditions_that_make_no_sense_or_are_not_for_strangers_are_refused() -> None:
    for told in ([""], ["x y"], ["nothing_there"], ["status:"], ["subject"] * 7, ["status:" + "a" * 300]):
        with pytest.raises(QuestionRefused):
            filters(told, CaseRow)
    with pytest.raises(QuestionRefused):
        filters(["assignee:person/zy-1"], CaseRow, ())
    with pytest.raises(QuestionRefused):
        filters(["reopens"], CaseRow, ("reopens",))


def test_an_address_says_what_was_asked_and_nothing_else() -> None:
    assert open_url("cases", {"place": "place/a", "is_open": True, "unit": None, "overdue": False}) == (
        "/open/cases?place=place/a&is_open=true"
    )
    assert (
        open_url("wish-board", {"by": ("place", "month")}, ["-open"])
        == "/open/wish-board?by=place&by=month&where=-open"
    )
    assert open_url("publishers", {}) == "/open/publishers"


def test_cells_are_words_names_and_links_and_strangers_see_nobody() -> None:
    titles = {"subject": "诉求", "place_name": "地点", "status": "状态", "assignee": "承办", "is_overdue": "超期"}
    row = case(place="place/a", assignee="person/zy-1", status="whistled", is_overdue=True)
    told = cells(row, titles, {"place/a": "西街"}, "zh", is_veiled=False)
    assert [cell.text for cell in told] == ["case/1", "西街", "已吹哨", "person/zy-1", "是"]
    assert [cell.href for cell in told] == ["/entities/case/1", "/wall/place/a", None, "/entities/person/zy-1", None]
    assert told[4].is_late
    veiled = cells(row, titles, {}, "en", is_veiled=True)
    assert veiled[3] == ("(not public)", None, False, False)


def test_numbers_are_never_rounded_up_to_all_or_down_to_nothing() -> None:
    assert [percent(one) for one in (None, 0, 1, 0.5, 0.9999, 0.0001)] == ["—", "0", "100", "50", "100.0", "0.0"]
    assert percent(0.9996, 1) == "99.96"
    assert width(0, 5) == 0 and width(1, 1_000_000) == 1.5 and width(7, 5) == 100
    assert line([]) == "" and len(line([3]).split()) == 2


def test_days_left_in_both_languages() -> None:
    assert [left(timedelta(days=2, hours=3), one) for one in ("zh", "en")] == ["剩 2 天", "2 d left"]
    assert [left(timedelta(minutes=-90), one) for one in ("zh", "en")] == ["超 1 小时", "1 h late"]
    assert left(timedelta(), "zh") == "剩 0 分"


def places() -> list[Scope]:
    above, found = None, []
    for level in LEVELS:
        found.append(Place(f"place/{level}", level, level, above))
        above = f"place/{level}"
    tree = Tree.of(found)
    shown = [Moment(TODAY, kind, TODAY, TODAY) for kind in ("today", "newest", "chosen")]
    return [
        Scope(None if place == tree.root else place, tree, day, sees, sees)
        for place in found
        for day in shown
        for sees in (True, False)
    ]


@pytest.mark.parametrize("scope", places(), ids=lambda one: f"{one.level}-{one.moment.kind}-{one.sees}")
def test_at_every_level_panels_ask_what_there_is_with_options_that_it_takes(scope: Scope) -> None:
    named = [name for scene in scenes_of(scope) for told in scene.panels for name in told.split("|")]
    assert named and {ALWAYS, *named} <= panels().keys()
    for name in (ALWAYS, *named):
        needs = panels()[name].needs(scope)
        assert panels()[name].first in needs
        for need in needs.values():
            if not need.model.startswith("@"):
                assert dict(need.options).keys() <= {*options_of(read_model(need.model)), "limit"}


def test_every_panel_has_a_screen() -> None:
    def all_scenes() -> Iterator[Scene]:
        for scope in places():
            yield from scenes_of(scope)

    shown = {name for scene in all_scenes() for told in scene.panels for name in told.split("|")}
    assert shown | {ALWAYS} == panels().keys()
