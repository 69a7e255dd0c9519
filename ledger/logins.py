"""Under which name each kind of process comes to both servers: a role in PostgreSQL, a user in Kafka."""

from __future__ import annotations

PREFIX = "shanzhi_"
PUBLISHER_PREFIX = "publisher-"


def login_name(process: str) -> str:
    """`worker` -> `shanzhi_worker`."""
    return f"{PREFIX}{process}"


def publisher_login(publisher: str) -> str:
    """The user of Kafka of a publisher: `publisher-my-app`."""
    return f"{PUBLISHER_PREFIX}{publisher}"
