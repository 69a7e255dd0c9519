"""All pages of roles, in the order in which somebody with several roles sees them."""

from __future__ import annotations

from readers.pages import administrator, desk, estate, grid_worker, leader, liaison, member, resident, town
from readers.pages.section import Page

PAGES: tuple[Page, ...] = (
    resident.PAGE,
    grid_worker.PAGE,
    liaison.PAGE,
    member.PAGE,
    estate.PAGE,
    desk.PAGE,
    town.PAGE,
    leader.PAGE,
    administrator.PAGE,
)
