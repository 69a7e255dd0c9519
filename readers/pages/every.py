"""All pages of roles, in the order in which somebody with several roles sees them."""

from __future__ import annotations

from readers.pages import grid_worker
from readers.pages.section import Page

PAGES: tuple[Page, ...] = (grid_worker.PAGE,)
