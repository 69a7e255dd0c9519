"""Every bound of an event, in one place; a stored event keeps these for ever."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

SUBMITTED_BYTES = 64 * 1024
LEDGER_BYTES = 160 * 1024  # sealing makes texts longer
NESTING_LEVELS = 16
TEXT_CHARACTERS = 4_000
NAME_CHARACTERS = 200
REFERENCE_CHARACTERS = 140  # kind/id
LIST_ITEMS = 200
PHOTO_BYTES = 5 * 1024 * 1024
PHOTO_PIXELS = 40_000_000
COUNT_AT_MOST = 1_000_000_000  # sums of 9e9 such counts still fit 64 bits

EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
LATEST = datetime(2200, 1, 1, tzinfo=UTC)
FUTURE_BY_PUBLISHER = timedelta(hours=23)  # a publisher checks its own clock, one hour stricter than the stamp
FUTURE_BY_STAMP = timedelta(hours=24)
