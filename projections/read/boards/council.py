"""联席会议会: councils by community, and who sits there."""

from __future__ import annotations

from projections.council import council_place, council_seat
from projections.read.declared import Board, Book, Distinct

BOARDS = (
    Board(
        "council-board", "联席会议会（按社区）", council_place,
        {"councils": "联席会", "seated": "在任委员", "departed": "离任"},
    ),
    Board(
        "council-members", "联席会议会委员", council_seat, {"seated": "席位"},
        distinct={"members": Distinct("person", "seated", "委员人数")}, columns={"role": "职务"},
    ),
)  # fmt: skip
BOOKS = (
    Book(
        name="councils",
        title="联席会议会台账",
        family="council",
        titles={"name": "名称", "community": "社区", "seated": "在任委员", "seats": "席位", "formed_at": "组建"},
        at="formed_at",
        places=("community",),
        units=("seats",),
        persons=("seats",),
    ),
)
