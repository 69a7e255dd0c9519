"""Accounts and their sessions, in PostgreSQL."""

from __future__ import annotations

from readers.accounts.login import Login


class Accounts:
    """Whose session a cookie names."""

    def __init__(self, database_url: str) -> None:
        self._url = database_url

    def login_of(self, token: str) -> Login | None:
        """The login of a session, None for none or an ended one."""
        return None
