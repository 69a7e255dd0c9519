"""The pages of roles hold together: columns are there and have names, actions may be told, every form is reached."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import get_args, get_type_hints

import pytest

from projections import read
from readers.accounts.login import ROLES
from readers.accounts.told_by import TOLD_BY
from readers.pages.cards import left
from readers.pages.columns import columns
from readers.pages.every import PAGES
from readers.pages.more import more_of
from readers.pages.section import Page, Section

SECTIONS = [
    pytest.param(page, section, id=f"{page.name}-{section.name}") for page in PAGES for section in page.sections
]
NOW = datetime(2024, 5, 11, tzinfo=UTC)


def row_of(model: str) -> type[read.Row]:
    found = read.read_model(model)
    if isinstance(found, read.Book):
        return read.book_row(found)
    assert isinstance(found, read.Question), "a page shows rows, not sums"
    (row,) = get_args(get_type_hints(found.ask)["return"])
    return row  # type: ignore[no-any-return]


@pytest.mark.parametrize(("page", "section"), SECTIONS)
def test_a_section_names_columns_that_there_are_and_that_have_a_name(page: Page, section: Section) -> None:
    fields = set(row_of(section.model).__struct_fields__)
    assert {section.head, *section.columns} <= fields
    assert set(section.columns) <= columns().keys()


@pytest.mark.parametrize(("page", "section"), SECTIONS)
def test_what_a_page_offers_its_role_may_tell(page: Page, section: Section) -> None:
    assert [one.type for one in section.actions if page.role not in TOLD_BY[one.type]] == []
    assert [one.type for one in page.fresh if page.role not in TOLD_BY[one.type]] == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_form_of_a_role_is_reached_from_its_page(page: Page) -> None:
    reached = {one.type for one in page.fresh} | {one.type for section in page.sections for one in section.actions}
    reached |= {type_ for types in more_of(page).values() for type_ in types}
    told = {type_ for type_, roles in TOLD_BY.items() if page.role in roles}
    assert {type_ for type_ in told - reached if not type_.endswith((".corrected", ".voided"))} == set()
    assert reached <= told


def test_every_role_that_works_here_has_a_page() -> None:
    pages = [page.role for page in PAGES]
    assert len(pages) == len(set(pages))
    assert set(ROLES) - set(pages) == {"auditor"}, "who has a page of another sort"


def test_no_name_of_a_column_is_there_for_nothing() -> None:
    used = {column for page in PAGES for section in page.sections for column in section.columns}
    assert columns().keys() - used == set()


@pytest.mark.parametrize(
    ("due", "words"),
    [
        (timedelta(minutes=0), "还剩 0 分钟"),
        (timedelta(minutes=59), "还剩 59 分钟"),
        (timedelta(hours=2, minutes=30), "还剩 2 小时"),
        (timedelta(days=3), "还剩 3 天"),
        (timedelta(minutes=-1), "超期 1 分钟"),
        (timedelta(days=-2), "超期 2 天"),
    ],
)
def test_what_is_left_is_told_in_the_largest_unit(due: timedelta, words: str) -> None:
    assert left(NOW + due, NOW).zh == words
