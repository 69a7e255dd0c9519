"""Whose rights a repaired record is published with: a record without a publisher's key has to be vouched for.

The service itself may publish anything, so a stranger's record could else enter as an event of whoever it names.
"""

from __future__ import annotations

from contextlib import closing

from ledger.admission import admit
from ledger.parties import Party
from ledger.publishers import Register
from ledger.submission import Submission
from processors.desk.references import DeskRefused
from processors.desk.register import Item
from projections.read.territory import PlaceTree


def assert_vouched(item: Item, publisher: str | None) -> None:
    """Raises `DeskRefused` where nobody knows whose the record is, and no publisher is named."""
    if item.origin == "intake" and item.publisher is None and publisher is None:
        raise DeskRefused(
            f"{item.reference} 没有发布方 · nobody's key came with it, so nobody's rights are known",
            "查明后注明以谁的权限发布 · Find out who wrote it and name the publisher: --as PUBLISHER",
        )


def admit_as(publisher: str, submission: Submission, database_url: str) -> None:
    """Raises `EventRefused` where the publisher may not say this, `DeskRefused` where there is no such publisher."""
    with closing(PlaceTree(database_url)) as territory:
        admit(_party(publisher, database_url), submission, territory)


def _party(publisher: str, database_url: str) -> Party:
    with closing(Register(database_url)) as register:
        found = [one.party for one in register.listed() if one.party.id == publisher and one.revoked_at is None]
    if not found:
        raise DeskRefused(
            f"没有这个发布方，或已注销 · there is no publisher {publisher}, or it was revoked", "shanzhi publisher list"
        )
    return found[0]
