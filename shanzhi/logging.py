"""One line per event on standard error: for people on a terminal, JSON for everybody else.

Libraries that log by the standard library (faust, aiokafka, kafka, yoyo) come through the same lines; a
filter holds them back, since some of them set their own levels when they start.
"""

from __future__ import annotations

import logging
import sys
from typing import Any

import structlog

# What a broker that is away makes these say many times a second, our own lines say once.
QUIET = {
    "aiokafka": logging.ERROR,
    "asyncio": logging.ERROR,
    "faust": logging.WARNING,
    "jgo": logging.WARNING,
    "kafka": logging.CRITICAL,
    "mode": logging.WARNING,
    "uvicorn": logging.CRITICAL,  # it logs errors with their messages, which may quote an event; the gateway says where
    "yoyo": logging.WARNING,
}


class _Quiet(logging.Filter):
    def filter(self, record: logging.LogRecord) -> bool:
        return record.levelno >= QUIET.get(record.name.partition(".")[0], logging.INFO)


def configure(level: str = "info", style: str = "auto") -> None:
    """Sets up structlog and the root logger, anew at each call; `style` is `text`, `json` or `auto`."""
    as_text = style == "text" or (style == "auto" and sys.stderr.isatty())
    shared: list[Any] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=not as_text),
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared,
            structlog.processors.StackInfoRenderer(),
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        wrapper_class=structlog.stdlib.BoundLogger,
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.addFilter(_Quiet())
    handler.setFormatter(structlog.stdlib.ProcessorFormatter(processors=_ending(as_text), foreign_pre_chain=shared))
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(level.upper())


def _ending(as_text: bool) -> list[Any]:
    """Traces stay on their event's line in JSON."""
    if as_text:
        return [
            structlog.stdlib.ProcessorFormatter.remove_processors_meta,
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
        ]
    return [
        structlog.stdlib.ProcessorFormatter.remove_processors_meta,
        structlog.processors.format_exc_info,
        structlog.processors.JSONRenderer(ensure_ascii=False),
    ]
