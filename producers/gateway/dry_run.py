"""What events would do, were they sent: checked and sealed as ever, and written nowhere."""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict
from typing import Any

from ledger.admission import admit
from ledger.errors import EventRefused, PersonForgotten
from ledger.parties import Party
from ledger.sealing import KEY_BYTES
from ledger.submission import Stored, check, stored_each
from ledger.vault import Vault
from producers.gateway.aside import Side
from producers.gateway.problems import refused
from producers.gateway.services import Services

DRY_RUNS_AT_ONCE = 2
DRY_RUNS_IN_WORK = 16  # begun or not
DRY_RUNS_OF_ONE = 4  # of one publisher


class _PassingKeys:
    """The vault's keys where there are any, and a passing one for an owner who has none: none is made."""

    def __init__(self, vault: Vault) -> None:
        self._vault = vault

    def for_owners(self, owners: Iterable[str]) -> Mapping[str, bytes]:
        wanted = set(owners)
        if forgotten := self._vault.forgotten(wanted):
            raise PersonForgotten(forgotten)
        kept = self._vault.existing(wanted)
        return {owner: kept.get(owner) or os.urandom(KEY_BYTES) for owner in wanted}


def side_of_dry_runs() -> Side:
    """Where they are done: a full batch takes seconds, and events may not wait for it."""
    return Side("dry-run", DRY_RUNS_AT_ONCE, DRY_RUNS_IN_WORK, DRY_RUNS_OF_ONE)


def dry_run(services: Services, party: Party, events: Sequence[bytes]) -> list[dict[str, Any]]:
    """One answer an event: {"valid", …}. Raises `OutcomeUnknown` where PostgreSQL is away."""
    now = services.clock()
    answers: list[dict[str, Any]] = [{} for _ in events]
    sound = []
    for number, event in enumerate(events):
        try:
            submission = check(event, now)
            admit(party, submission, services.territory)
            sound.append((number, submission))
        except EventRefused as refusal:
            answers[number] = _invalid(refusal)
    sealed: list[tuple[int, Stored]] = []
    answered = stored_each([one for _, one in sound], _PassingKeys(services.vault))
    for (number, _), one in zip(sound, answered, strict=True):
        if isinstance(one, EventRefused):
            answers[number] = _invalid(one)
        else:
            sealed.append((number, one))
    previews = services.preview.of([one for _, one in sealed], now)
    for (number, _), previewed in zip(sealed, previews, strict=True):
        answer = asdict(previewed)
        cells = [cell._asdict() for cell in answer.pop("cells")]
        answers[number] = {"valid": previewed.outcome in ("new", "repeat"), **answer, "cells": cells}
    return answers


def _invalid(refusal: EventRefused) -> dict[str, Any]:
    return {"valid": False, "problem": refused(refusal).content()}
