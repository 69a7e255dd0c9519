"""One of several equal processes works: the steps of `processors.leader`."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Sequence

from ledger.errors import OutcomeUnknown
from tests.simulation.schedule import Steps, Wait
from tests.simulation.tables import Away, Session, Tables


class Leader(ABC):
    """Holds an advisory lock under its name, by the session through which it writes. It looks after each commit."""

    name: str

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        self.session: Session | None = None
        self._looked_at = -1

    @abstractmethod
    def has_work(self) -> bool:
        """Whether a round might do something."""

    @abstractmethod
    def round(self, session: Session) -> Steps:
        """One round of work, committed by itself. Raises `Away` or `OutcomeUnknown`."""

    def tasks(self) -> Sequence[Steps]:
        """Round after round."""
        return [self._run()]

    def end(self) -> None:
        """Its lock goes with its session."""
        self.let_go()

    def let_go(self) -> None:
        """So it does where it is frozen."""
        if self.session is not None and self.session.is_open:
            self.tables.end(self.session)

    def _run(self) -> Steps:
        while True:
            yield Wait(f"{self.name}: round", self._is_able)
            looked_at = self.tables.commits
            try:
                if self.session is None:
                    session = self.tables.connect()
                    if not self.tables.keep(session, self.name):
                        self.tables.end(session)
                        continue
                    self.session = session
                    yield f"{self.name}: leads"
                self.tables.ask(self.session)
                yield from self.round(self.session)
                self._looked_at = looked_at
            except (Away, OutcomeUnknown):
                self.let_go()
                self.session = None
                yield f"{self.name}: begins again"

    def _is_able(self) -> bool:
        may_lead = self.session is not None or self.tables.is_free(self.name)
        has_to_look = self._looked_at != self.tables.commits or self._wakes()
        return self.tables.current > 0 and may_lead and has_to_look and self.has_work()

    def _wakes(self) -> bool:
        """Whether it looks though nothing was committed."""
        return False
