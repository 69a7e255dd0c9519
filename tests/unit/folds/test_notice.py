"""A notice failed as long as it was not sent at last."""

from __future__ import annotations

from datetime import date

import pytest

from ledger.events.notice import NoticeFailed, NoticeSent
from projections.notice import notice_day, notice_party
from tests.unit.test_folds import LI, Spec

DAY = date(2024, 5, 11)
SENT = NoticeSent(to=LI, about="case/1", channel="log")
FAILED = NoticeFailed(to=LI, about="case/1", channel="webhook")


@pytest.fixture
def notice() -> Spec:
    return Spec("notice/1")


def test_a_notice_that_got_through_at_last_was_sent(notice: Spec) -> None:
    notice.when(FAILED, delivered=2).odd(None).then(notice_day, {("webhook", DAY): {"failed": 1, "attempts": 1}})
    notice.when(SENT, delivered=2).odd(None).then(notice_day, {("log", DAY): {"sent": 1, "attempts": 2}})
    notice.then(notice_party, {(LI, DAY): {"sent": 1, "attempts": 2}})


def test_what_fails_after_it_was_sent_changes_nothing_but_the_attempts(notice: Spec) -> None:
    notice.given(SENT).when(FAILED).odd("failed after it was sent")
    notice.then(notice_day, {("log", DAY): {"sent": 1, "attempts": 2}}).when(SENT).odd("sent twice")


def test_a_notice_to_a_desk_counts_with_no_party(notice: Spec) -> None:
    notice.when(NoticeSent(to="place/yunxing", about="case/1", channel="log")).then(notice_party, {})
    notice.then(notice_day, {("log", DAY): {"sent": 1, "attempts": 1}})
