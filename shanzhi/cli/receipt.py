"""`shanzhi receipt`: what shows to anybody, offline, that one event stands in the ledger as it was sealed."""

from __future__ import annotations

import re
from contextlib import closing
from typing import Annotated

import typer

from audit.receipts import receipt as receipt_of
from ledger.envelope import identity
from ledger.protocols import First
from ledger.topics import PARTITIONS
from projections.read import QuestionRefused
from projections.read.receipts import TableReceipts
from shanzhi.cli.output import print_json
from shanzhi.endpoints import find
from shanzhi.settings import read_settings

_is_place = re.compile(r"([0-9]{1,2}):([0-9]{1,18})\Z").match
_What = Annotated[str, typer.Argument(metavar="SOURCE|PARTITION:OFFSET", help="来源，或位置 · source, or place")]
_Id = Annotated[str | None, typer.Argument(metavar="[ID]", help="事件编号 · id of the event, with its source")]


def receipt(what: _What, id_: _Id = None) -> None:
    """出具一个事件的封印回执（JSON），可离线核对 · The receipt of one event; verify_receipt.py checks it offline."""
    endpoints = find(read_settings())
    partition, offset = _place(what) if id_ is None else _indexed(endpoints.database_url, what, id_)
    print_json(receipt_of(endpoints.database_url, endpoints.kafka_bootstrap, partition, offset))


def _place(what: str) -> tuple[int, int]:
    found = _is_place(what)
    if found is None or int(found[1]) >= PARTITIONS:
        raise QuestionRefused(
            f"不是位置 · no position: {what[:80]}",
            "写成 7:1234，或来源和编号 · Write it as 7:1234, or give source and id.",
        )
    return int(found[1]), int(found[2])


def _indexed(database_url: str, source: str, id_: str) -> tuple[int, int]:
    with closing(TableReceipts(database_url)) as receipts:
        found = receipts.find(identity(source, id_))
    if not isinstance(found, First):
        raise QuestionRefused(
            "总账中没有这个事件 · no event of this source and id counts in the ledger",
            "核对来源和编号；也可能在隔离区 · Look at both again; it may be in quarantine: shanzhi quarantine list",
        )
    return found.partition, found.offset
