"""Waiting until something holds."""

from __future__ import annotations

import time
from collections.abc import Callable

LOOK_SECONDS = 0.03
PATIENCE_SECONDS = 150.0
"""The machine may be busy with anything, and a long time-out costs nothing where all is well."""


def wait_until(
    true: Callable[[], object], why: Callable[[], object] = lambda: "", seconds: float = PATIENCE_SECONDS
) -> float:
    """Waits until something holds; how many seconds that took."""
    began = time.monotonic()
    while not true():
        assert time.monotonic() < began + seconds, f"not within {seconds} s: {why()}"
        time.sleep(LOOK_SECONDS)
    return time.monotonic() - began
