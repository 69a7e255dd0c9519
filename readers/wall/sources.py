"""What the wall asks: the read models by their names, and the latest events under a name of its own."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from readers.services import Services
from readers.wall.happenings import Happenings
from readers.wall.whereabouts import places_of

HAPPENINGS = "@happenings"


class Sources:
    """Thread-safe."""

    def __init__(self, services: Services) -> None:
        self._tables = services.tables
        self.happenings = Happenings(services.kafka_bootstrap, services.tables.standing, self._places_of)

    def ask(self, name: str, **options: Any) -> Any:
        """The answer of a read model, or the latest events. Raises what `Tables.fresh` raises."""
        if name == HAPPENINGS:
            return self.happenings.latest()
        return self._tables.fresh(name, **options)

    def close(self) -> None:
        """Ends what follows the ledger."""
        self.happenings.close()

    def _places_of(self, subjects: frozenset[str]) -> Mapping[str, str]:
        with self._tables.connection() as connection:
            return places_of(connection, subjects)
