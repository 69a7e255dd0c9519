"""Each law sees a bug that is planted in its subject: a law that nothing can break would hold nothing."""

from __future__ import annotations

import os
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, get_type_hints

import msgspec
import pytest
from hypothesis import Phase, Verbosity, settings
from hypothesis.errors import FlakyFailure

from ledger.codec import EPOCH, Verdict
from ledger.correction import Correction, Voided
from ledger.errors import LedgerUnsound
from projections import case, case_anomaly, family, team
from projections.families import FAMILIES
from projections.family import Family, Share, State
from projections.store import columns, memory, plan, restate, script, sums
from projections.store.rows import NOBODY_ASKS, AnomalyRow, IndexRow, TallyRow
from tests.laws import LAWS
from tests.soak import IS_SOAK
from tests.strategies import PROFILE

SEARCH = settings(
    PROFILE,
    max_examples=2_000,
    derandomize=True,
    phases=[Phase.generate],
    report_multiple_bugs=False,
    verbosity=Verbosity.quiet,
)
SEEN = (AssertionError, LedgerUnsound, TypeError, ValueError, FlakyFailure)
"""What a law raises, or the broken code under it; the last where the bug itself is different each time."""

Plant = Callable[[pytest.MonkeyPatch], None]
BUGS: list[Any] = []

settle, fold, sum_shares, make_plan = plan.settle, plan.fold, sums.sum_shares, plan.plan
standing, may_ask = restate.standing, sums.may_ask
entity_table = columns.entity_table


def bug(*laws: str, is_rare: bool = False) -> Callable[[Plant], Plant]:
    """Enters a way to break the code, and the laws that have to see it. `is_rare`: seen only after many examples, so
    searched for in the soak alone."""

    def enter(plant: Plant) -> Plant:
        if IS_SOAK or not is_rare:
            BUGS.extend(pytest.param(plant, name, id=f"{plant.__name__}-{name}") for name in laws)
        return plant

    return enter


@pytest.mark.parametrize("plant, name", BUGS)
def test_the_law_sees(plant: Plant, name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    plant(monkeypatch)
    with pytest.raises(SEEN):
        LAWS[name].hold(SEARCH)


def test_every_law_has_a_bug_to_see() -> None:
    assert {bug.values[1] for bug in BUGS} == LAWS.keys()


# The store ----------------------------------------------------------------------------------------


@bug(
    "any_division_and_interleaving_gives_the_same_tables",
    "the_tables_are_what_one_walk_over_the_ledger_makes",
)
def repeats_within_a_batch_are_not_seen(patch: pytest.MonkeyPatch) -> None:
    def broken(items: Any, index_next: int, indexed: Any, planned: Any) -> list[Any]:
        counted = []
        for item in items:
            counted += settle([item], index_next, indexed, planned)
            index_next = max(index_next, item[0].offset + 1)
        return counted

    patch.setattr(plan, "settle", broken)


@bug(
    "any_division_and_interleaving_gives_the_same_tables",
    "a_record_delivered_again_at_a_later_offset_changes_nothing",
)
def repeats_of_other_batches_are_not_seen(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        plan, "settle", lambda items, index_next, _, planned: settle(items, index_next, {}, planned)
    )


@bug(
    "the_tables_are_what_one_walk_over_the_ledger_makes",
    "any_division_and_interleaving_gives_the_same_tables",
)
def the_highest_offset_of_an_identity_wins(patch: pytest.MonkeyPatch) -> None:
    def broken(items: Any, index_next: int, indexed: Any, planned: Any) -> list[Any]:
        counted = settle(list(reversed(list(items))), index_next, indexed, planned)
        return sorted(counted, key=lambda record: record.offset)

    patch.setattr(plan, "settle", broken)


@bug(
    "the_tables_are_what_one_walk_over_the_ledger_makes",
    "a_record_delivered_again_at_a_later_offset_changes_nothing",
)
def a_used_id_with_other_content_is_a_repeat(patch: pytest.MonkeyPatch) -> None:
    def broken(items: Any, index_next: int, indexed: Any, planned: Any) -> list[Any]:
        counted = settle(items, index_next, indexed, planned)
        planned.quarantine = [row for row in planned.quarantine if row.reason != "id_reused"]
        planned.index += [
            IndexRow(item[0].offset, item[1].identity, item[1].content, "", False)
            for item in items
            if not isinstance(item[1], Verdict)
        ]
        return counted

    patch.setattr(plan, "settle", broken)


@bug("every_offset_is_accounted_for", "any_division_and_interleaving_gives_the_same_tables")
def the_position_moves_one_too_far(patch: pytest.MonkeyPatch) -> None:
    def broken(judged: Any, loaded: Any) -> Any:
        planned = make_plan(judged, loaded)
        if planned:
            planned.next += 1
        return planned

    patch.setattr(memory, "plan", broken)


@bug("a_batch_applied_again_changes_nothing")
def the_position_stays_one_behind(patch: pytest.MonkeyPatch) -> None:
    def broken(judged: Any, loaded: Any) -> Any:
        planned = make_plan(judged, loaded)
        if planned:
            planned.next -= 1
        return planned

    patch.setattr(memory, "plan", broken)


@bug("every_offset_is_accounted_for")
def gaps_are_not_counted(patch: pytest.MonkeyPatch) -> None:
    def broken(items: Any, index_next: int, indexed: Any, planned: Any) -> list[Any]:
        counted = settle(items, index_next, indexed, planned)
        planned.gaps = 0
        return counted

    patch.setattr(plan, "settle", broken)


@bug("every_offset_is_accounted_for")
def repeats_are_not_counted(patch: pytest.MonkeyPatch) -> None:
    def broken(items: Any, index_next: int, indexed: Any, planned: Any) -> list[Any]:
        counted = settle(items, index_next, indexed, planned)
        planned.repeats = 0
        return counted

    patch.setattr(plan, "settle", broken)


@bug("what_was_not_delivered_is_asked_for_and_nothing_is_written")
def what_is_missing_is_taken_for_a_gap(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(memory, "plan", lambda judged, loaded: make_plan(replace(judged, sought=0), loaded))


@bug("tallies_are_the_sum_of_what_entities_contribute", "any_division_and_interleaving_gives_the_same_tables")
def what_an_entity_contributed_before_is_not_taken_back(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(plan, "sum_shares", lambda name, now, _, planned: sum_shares(name, now, {}, planned))


@bug("tallies_are_the_sum_of_what_entities_contribute")
def rows_that_nobody_contributes_to_are_kept(patch: pytest.MonkeyPatch) -> None:
    def broken(store: Any, planned: Any) -> None:
        for rows in planned.tallies.values():
            rows[:] = [TallyRow(row.key, row.deltas, max(0, row.contributors)) for row in rows]
        write(store, planned)

    write = memory.MemoryStore._write
    patch.setattr(memory.MemoryStore, "_write", broken)


@bug("a_second_generation_folds_the_same_and_leaves_the_index_alone")
def a_second_generation_settles_repeats_anew(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(plan, "settle", lambda items, _, indexed, planned: settle(items, 0, indexed, planned))


@bug("a_second_generation_folds_the_same_and_leaves_the_index_alone")
def a_second_generation_folds_what_the_index_left_out(patch: pytest.MonkeyPatch) -> None:
    def broken(items: Any, index_next: int, indexed: Any, planned: Any) -> list[Any]:
        known = [
            one[1].record for one in items if one[0].offset < index_next and not isinstance(one[1], Verdict)
        ]
        new = settle([one for one in items if one[0].offset >= index_next], index_next, indexed, planned)
        return [record for record in known if record] + new

    patch.setattr(plan, "settle", broken)


@bug("the_tables_are_what_one_walk_over_the_ledger_makes")
def an_anomaly_judges_the_state_after(patch: pytest.MonkeyPatch) -> None:
    def broken(counted: Any, loaded: Any, planned: Any) -> Any:
        after = fold(counted, loaded, planned)
        planned.anomalies = _anomalies(counted, loaded, lambda name, subject: after[name][subject])
        return after

    patch.setattr(plan, "fold", broken)


@bug("any_division_and_interleaving_gives_the_same_tables")
def an_anomaly_judges_the_state_before_the_batch(patch: pytest.MonkeyPatch) -> None:
    def broken(counted: Any, loaded: Any, planned: Any) -> Any:
        after = fold(counted, loaded, planned)
        planned.anomalies = _anomalies(
            counted, loaded, lambda name, subject: loaded.states.get(subject) or FAMILIES[name].state()
        )
        return after

    patch.setattr(plan, "fold", broken)


@bug("any_division_and_interleaving_gives_the_same_tables")
def an_entity_knows_what_was_folded_before_it(patch: pytest.MonkeyPatch) -> None:
    latest = [EPOCH]

    def broken(own: Family, state: Any, record: Any) -> Any:
        latest.append(max(latest[-1], record.time))
        first = next(name for name, hint in get_type_hints(own.state).items() if hint == datetime | None)
        return msgspec.structs.replace(own.evolve(state, record), **{first: latest[-1]})

    for name, own in FAMILIES.items():
        _refold(patch, name, evolve=partial(broken, own))


@bug("any_division_and_interleaving_gives_the_same_tables", is_rare=True)
def shares_hang_on_the_order_in_which_entities_came(patch: pytest.MonkeyPatch) -> None:
    def broken(name: str, now: Any, before: Any, planned: Any) -> None:
        sum_shares(name, dict(list(now.items())[:1]), before, planned)

    patch.setattr(plan, "sum_shares", broken)


@bug("a_stream_is_what_its_corrections_leave_of_it")
def a_correction_speaks_of_what_is_to_come_too(patch: pytest.MonkeyPatch) -> None:
    def broken(records: Any) -> Any:
        order = sorted(records, key=lambda record: isinstance(record.event, Correction))
        seen, idle = standing([_at(number, record) for number, record in enumerate(order)])
        seen = [_at(order[one.offset].offset, one) for one in seen]
        return sorted(seen, key=lambda one: one.offset), [_at(order[row.offset].offset, row) for row in idle]

    patch.setattr(restate, "standing", broken)


@bug("a_stream_is_what_its_corrections_leave_of_it")
def what_was_voided_still_stands(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(restate, "standing", lambda records: (_told(records), standing(records)[1]))


@bug("a_stream_is_what_its_corrections_leave_of_it")
def a_voided_correction_is_still_heeded(patch: pytest.MonkeyPatch) -> None:
    def broken(records: Any) -> Any:
        spared = {record.id for record in records if isinstance(record.event, Correction)}
        kept = [
            record
            for record in records
            if not (isinstance(record.event, Voided) and record.event.event in spared)
        ]
        return standing(kept)

    patch.setattr(restate, "standing", broken)


@bug("a_stream_is_what_its_corrections_leave_of_it")
def anomalies_of_before_a_correction_are_kept(patch: pytest.MonkeyPatch) -> None:
    def broken(judged: Any, loaded: Any) -> Any:
        planned = make_plan(judged, loaded)
        if planned:
            planned.forgotten = []
        return planned

    patch.setattr(memory, "plan", broken)


@bug("a_stream_is_what_its_corrections_leave_of_it")
def a_correction_is_heeded_in_its_own_batch_alone(patch: pytest.MonkeyPatch) -> None:
    def broken(judged: Any, loaded: Any) -> Any:
        return make_plan(judged, replace(loaded, streams={subject: [] for subject in loaded.streams}))

    patch.setattr(memory, "plan", broken)


@bug("a_stream_is_what_its_corrections_leave_of_it")
def an_entity_of_which_nothing_stands_is_kept(patch: pytest.MonkeyPatch) -> None:
    def broken(judged: Any, loaded: Any) -> Any:
        planned = make_plan(judged, loaded)
        if planned:
            planned.gone = {}
        return planned

    patch.setattr(memory, "plan", broken)


@bug("a_correction_past_the_limits_does_nothing_however_it_is_delivered")
def corrections_are_counted_batch_by_batch(patch: pytest.MonkeyPatch) -> None:
    enter = restate.Stream.__init__

    def broken(stream: Any, family: Any, before: Any, state: Any) -> None:
        enter(stream, family, before, state)
        stream._corrections = 0

    patch.setattr(restate.Stream, "__init__", broken)


@bug("clocks_are_those_that_entities_say_run")
def clocks_that_were_met_run_on(patch: pytest.MonkeyPatch) -> None:
    def broken(judged: Any, loaded: Any) -> Any:
        planned = make_plan(judged, loaded)
        if planned:
            planned.met = []
        return planned

    patch.setattr(memory, "plan", broken)


@bug("clocks_are_those_that_entities_say_run")
def a_clock_that_changes_is_not_written(patch: pytest.MonkeyPatch) -> None:
    def broken(judged: Any, loaded: Any) -> Any:
        planned = make_plan(judged, loaded)
        if planned:
            planned.deadlines = [row for row in planned.deadlines if row.clock.subject not in loaded.states]
        return planned

    patch.setattr(memory, "plan", broken)


@bug("a_record_delivered_again_at_a_later_offset_changes_nothing")
def a_watermark_counts_repeats(patch: pytest.MonkeyPatch) -> None:
    def broken(items: Any, index_next: int, indexed: Any, planned: Any) -> list[Any]:
        sums.mark([item[1].record for item in items if getattr(item[1], "record", None)], planned)
        return settle(items, index_next, indexed, planned)

    patch.setattr(plan, "settle", broken)


@bug("a_second_generation_folds_the_same_and_leaves_the_index_alone", is_rare=True)
def a_second_generation_asks_again(patch: pytest.MonkeyPatch) -> None:
    for module in (plan, restate):
        patch.setattr(module, "may_ask", lambda own, record, reacted: may_ask(own, record, 0))


@bug("what_is_asked_for_hangs_on_what_was_told_before_alone")
def history_is_asked_too(patch: pytest.MonkeyPatch) -> None:
    for module in (plan, restate):
        patch.setattr(module, "may_ask", lambda own, record, reacted: record.offset >= reacted)


@bug("what_is_asked_for_hangs_on_what_was_told_before_alone", is_rare=True)
def what_is_asked_hangs_on_later_corrections(patch: pytest.MonkeyPatch) -> None:
    def broken(stream: Any, own: Any, reacted: int) -> None:
        follow(stream, own, NOBODY_ASKS)
        family = stream._family
        state = family.state()
        for record in standing(stream._records)[0]:
            before, state = state, family.evolve(state, record)
            if record in [one.record for one in own] and may_ask(family, record, reacted):
                stream.requests += sums.requests(family, before, state, record)

    follow = restate.Stream.follow
    patch.setattr(restate.Stream, "follow", broken)


# The folds ----------------------------------------------------------------------------------------


@bug("any_order_of_a_stream_folds_within_the_limits")
def a_fold_expects_the_first_event_first(patch: pytest.MonkeyPatch) -> None:
    def broken(state: Any, record: Any) -> Any:
        after = team.evolve(state, record)
        assert after.formed_at
        return after

    _refold(patch, "team", evolve=broken)


@bug("any_order_of_a_stream_folds_within_the_limits")
def an_anomaly_expects_the_first_event_first(patch: pytest.MonkeyPatch) -> None:
    def broken(state: Any, record: Any) -> str | None:
        return case_anomaly.anomaly(state, record) if record.time >= state.discovered_at else "early"

    _refold(patch, "case", anomaly=broken)


@bug("any_order_of_a_stream_folds_within_the_limits")
def a_list_grows_without_limit(patch: pytest.MonkeyPatch) -> None:
    for module in ("projections.case_state", "projections.place", "projections.unit", "tests.laws"):
        patch.setattr(f"{module}.LIST_ITEMS", 2)  # so that short streams reach it
    patch.setattr(case, "capped", lambda items, item: (*items, item))


@bug("any_order_of_a_stream_folds_within_the_limits", is_rare=True)
def a_share_is_negative(patch: pytest.MonkeyPatch) -> None:
    for module in ("act", "duty"):
        patch.setattr(f"projections.{module}.minutes_between", lambda began, ended: (ended - began).days)


@bug("folds_read_nothing_but_their_arguments")
def a_fold_reads_the_clock(patch: pytest.MonkeyPatch) -> None:
    _recount(patch, "case", lambda shares: shares if time.time() else [])


@bug("folds_read_nothing_but_their_arguments")
def a_fold_throws_dice(patch: pytest.MonkeyPatch) -> None:
    _recount(patch, "person", lambda shares: sorted(shares, key=lambda _: random.random()))


@bug("folds_read_nothing_but_their_arguments")
def a_fold_reads_the_environment(patch: pytest.MonkeyPatch) -> None:
    _recount(patch, "duty", lambda shares: [] if os.environ.get("SHANZHI_UNSET") else shares)


@bug("folds_forget_what_they_folded_before")
def a_share_is_counted_once_ever(patch: pytest.MonkeyPatch) -> None:
    seen: set[Any] = set()

    def once(shares: list[Share]) -> list[Share]:
        fresh = [share for share in shares if (share.tally.name, share.key) not in seen]
        seen.update((share.tally.name, share.key) for share in fresh)
        return fresh

    _recount(patch, "team", once)


@bug("folds_forget_what_they_folded_before")
def contributions_are_counted_by_the_wall_clock(patch: pytest.MonkeyPatch) -> None:
    _recount(patch, "case", lambda shares: shares if time.perf_counter_ns() // 1000 % 2 else [])


@bug("what_is_stored_is_loaded", "what_is_loaded_contributes_what_was_stored")
def loading_drops_the_date_of_a_time(patch: pytest.MonkeyPatch) -> None:
    _redecode(patch, "timestamptz", lambda value: value.replace(day=1))


@bug("what_is_stored_is_loaded")
def loading_drops_microseconds(patch: pytest.MonkeyPatch) -> None:
    _redecode(patch, "timestamptz", lambda value: value.replace(microsecond=0))


@bug("what_is_stored_is_loaded")
def loading_drops_what_is_false(patch: pytest.MonkeyPatch) -> None:
    _redecode(patch, "boolean", lambda value: value or None)


@bug("what_is_stored_is_loaded")
def loading_takes_true_for_one(patch: pytest.MonkeyPatch) -> None:
    _redecode(patch, "boolean", int)


@bug("what_is_stored_is_loaded")
def storing_rounds_floats(patch: pytest.MonkeyPatch) -> None:
    _redecode(patch, "double precision", lambda value: round(value, 12))


@bug("what_is_stored_is_loaded")
def storing_leaves_backslashes_as_they_are(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(
        script, "_COPIED", {key: text for key, text in script._COPIED.items() if key != "\\"}
    )


@bug("what_is_stored_is_loaded")
def loading_takes_an_empty_text_for_none(patch: pytest.MonkeyPatch) -> None:
    _redecode(patch, "text", lambda value: value or None)


@bug(
    "a_day_is_the_same_whatever_zone_the_time_came_in",
    "tables_are_the_same_whatever_zone_the_times_came_in",
)
def a_day_is_taken_as_it_was_written(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(family, "day_of", lambda moment: moment.date())
    patch.setattr("ledger.codec._utc", lambda moment: moment)
    patch.setattr("ledger.codec._times_in_utc", lambda kind, event: event)
    for module in ("act", "activity", "case_tallies", "duty"):
        patch.setattr(f"projections.{module}.day_of", lambda moment: moment.date())


@bug("a_day_is_the_same_whatever_zone_the_time_came_in")
def a_day_is_that_of_utc(patch: pytest.MonkeyPatch) -> None:
    patch.setattr(family, "SHANGHAI", UTC)


# How bugs are planted -----------------------------------------------------------------------------


def _at(offset: int, one: Any) -> Any:
    return msgspec.structs.replace(one, offset=offset)


def _told(records: Any) -> list[Any]:
    return [record for record in records if not isinstance(record.event, Correction)]


def _anomalies(counted: Any, loaded: Any, state_of: Callable[[str, str], Any]) -> list[AnomalyRow]:
    found = []
    for record in counted:
        if record.subject in loaded.streams:
            continue
        name = record.subject.partition("/")[0]
        if reason := FAMILIES[name].anomaly(state_of(name, record.subject), record):
            found.append(restate.anomaly_row(record, reason))
    return found


def _refold(patch: pytest.MonkeyPatch, name: str, **functions: Any) -> None:
    patch.setitem(FAMILIES, name, replace(FAMILIES[name], **functions))


def _recount(patch: pytest.MonkeyPatch, name: str, change: Callable[[list[Share]], Any]) -> None:
    own = FAMILIES[name].contribute

    def broken(state: State) -> Iterator[Share]:
        yield from change(list(own(state)))

    _refold(patch, name, contribute=broken)


def _redecode(patch: pytest.MonkeyPatch, sql: str, change: Callable[[Any], Any]) -> None:
    def broken(name: str) -> columns.EntityTable:
        table = entity_table(name)
        changed = tuple(
            column._replace(decode=change) if column.sql == sql else column for column in table.columns
        )
        return replace(table, columns=changed)

    patch.setattr(columns, "entity_table", broken)
