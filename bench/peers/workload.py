"""The workload: cases 诉求 of seven steps, as the ledger stores them, decided by the arguments to the last byte.

573 grids and 120 units, some busier than others; cases overlap as in a county; one in ten stays half-way. Every event
goes through the checks and the sealing of our ways in, and stands in the order of its time.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from datetime import UTC, datetime, timedelta
from hashlib import sha512
from heapq import heappop, heappush
from itertools import islice
from random import Random
from typing import Any, NamedTuple

from ledger.submission import Stored, check, stored

GRIDS, UNITS = 573, 120
STEPS = 7
SOURCE, AUTHOR, TOWN = "urn:bench:peers", "person/desk-worker", "place/yunxing-town"
_BEGAN, _NOW = datetime(2024, 1, 1, tzinfo=UTC), datetime(2026, 1, 1, tzinfo=UTC)
_DAYS = 300  # over which cases come up
_STOPPED = 0.1  # of the cases
_SEALED_AT_ONCE = 200
_HOUR, _DAY = timedelta(hours=1), timedelta(days=1)
_CATEGORIES = ("停车管理", "环境卫生", "供水供热", "噪声扰民", "道路破损", "物业服务")
_DEMANDS = ("complaint", "help", "suggestion", "consultation", "report")


class Step(NamedTuple):
    """One event of a case: its type and what it says."""

    at: datetime
    type: str
    data: dict[str, Any]


class DerivedKeys:
    """Data keys that follow from their owners, so that the bytes are the same in every run."""

    def for_owners(self, owners: Iterable[str]) -> Mapping[str, bytes]:
        """64 bytes for each owner."""
        return {owner: sha512(f"bench: {owner}".encode()).digest() for owner in owners}


def records(events: int, seed: int = 1) -> Iterator[Stored]:
    """So many events as key and value of the ledger."""
    keys, told = DerivedKeys(), submitted(events, seed)
    while group := list(islice(told, _SEALED_AT_ONCE)):
        yield from stored([check(event, _NOW) for event in group], keys)


def submitted(events: int, seed: int = 1) -> Iterator[dict[str, Any]]:
    """The same events before checks and sealing, in the order of their time."""
    return (_event(number, subject, step) for number, (subject, step) in enumerate(islice(_told(events, seed), events)))


def _told(events: int, seed: int) -> Iterator[tuple[str, Step]]:
    """The steps of all cases by time. More cases are begun than are needed, so that the events never run out."""
    random = Random(seed)
    between = timedelta(days=_DAYS) / max(1, events // STEPS)
    waiting: list[tuple[datetime, int, Iterator[Step], Step]] = []
    number = 0
    while True:
        begins = _BEGAN + number * between
        while waiting and waiting[0][0] <= begins:
            _, case, life, step = heappop(waiting)
            yield f"case/bench-{case}", step
            if following := next(life, None):
                heappush(waiting, (following.at, case, life, following))
        life = iter(_life(random, begins))
        first = next(life)
        heappush(waiting, (first.at, number, life, first))
        number += 1


def _life(random: Random, began: datetime) -> list[Step]:
    """发现 吹哨 报到 会商 办理 反馈 评价, all of them or the first few."""
    unit, satisfied = f"unit/bench-{int(UNITS * random.random() ** 1.5):03}", random.random()
    whistled = began + _HOUR * random.uniform(0.2, 20)
    reported = whistled + _HOUR * random.uniform(0.2, 30)
    deliberated = reported + _HOUR * random.uniform(1, 20)
    handled = deliberated + _DAY * random.uniform(0.1, 4)
    replied = handled + _HOUR * random.uniform(0.1, 5)
    steps = [
        Step(began, "case.discovered", _discovery(random)),
        Step(whistled, "case.whistled", _whistle(whistled, unit)),
        Step(reported, "case.reported", {"whistle": "w1", "unit": unit, "persons": [f"person/{unit[5:]}"]}),
        Step(deliberated, "case.deliberated", {"decision": "先划线、后引导，一周内完成。"}),
        Step(handled, "case.handled", _handling(unit, resolved=random.random() < 0.95)),
        Step(replied, "case.replied", {"text": "您反映的问题已处理，请您评价。"}),
        Step(replied + _HOUR * random.uniform(0.1, 40), "case.rated", _rating(satisfied)),
    ]
    return steps[: random.randrange(1, STEPS) if random.random() < _STOPPED else STEPS]


def _discovery(random: Random) -> dict[str, Any]:
    return {
        "channel": random.choice(("hotline", "app_reflect", "window", "patrol")),
        "demand": random.choice(_DEMANDS),
        "category": random.choice(_CATEGORIES),
        "urgency": random.choices(("ordinary", "urgent", "emergency"), (90, 8, 2))[0],
        "place": f"place/bench-{int(GRIDS * random.random() ** 1.5):03}",
        "text": "小区外围停车场车辆乱停，消防通道被占。",
    }


def _whistle(at: datetime, unit: str) -> dict[str, Any]:
    """Four days to handle it, which most keep."""
    called, dues = [{"unit": unit, "part": "lead"}], {"report_due": at + _DAY, "handle_due": at + 4 * _DAY}
    return {
        "whistle": "w1",
        "by": TOWN,
        "kind": "ordinary",
        "units": called,
        **{name: _text(due) for name, due in dues.items()},
    }


def _handling(unit: str, resolved: bool) -> dict[str, Any]:
    return {"whistle": "w1", "by": unit, "resolved": resolved, "measures": "已清理占道车辆并施划车位。"}


def _rating(chance: float) -> dict[str, Any]:
    satisfaction = "satisfied" if chance < 0.9 else "fairly" if chance < 0.96 else "dissatisfied"
    said = {"contacted": True, "resolved": chance < 0.95, "satisfaction": satisfaction}
    return {"by": "resident", "reached": True, **said}


def _event(number: int, subject: str, step: Step) -> dict[str, Any]:
    return {
        "specversion": "1.0",
        "id": f"bench-{number}",
        "source": SOURCE,
        "type": step.type,
        "subject": subject,
        "time": _text(step.at),
        "authid": AUTHOR,
        "data": step.data,
    }


def _text(time: datetime) -> str:
    return time.isoformat(timespec="seconds")
