"""What the log may say of an error that nobody expected: where, and of which kind. Its message may quote an event."""

from __future__ import annotations

import traceback


def where(error: BaseException) -> dict[str, str]:
    """For a log line: the error's type, and the frames that it came through."""
    return {"error": type(error).__name__, "frames": "".join(traceback.format_tb(error.__traceback__))}
