"""`shanzhi contract`: what publishers' own tools read, printed as it stands in docs/contract."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from ledger.contract import json_schema
from ledger.contract.asyncapi import asyncapi as asyncapi_document
from ledger.contract.document import text

app = typer.Typer(
    no_args_is_help=True, help="打印对外契约：JSON Schema、AsyncAPI、OpenAPI · The contract, for publishers' tools."
)
_Type = Annotated[
    str | None, typer.Argument(metavar="[TYPE]", help="类型或 dataschema · like case.rated; none: all, by dataschema")
]


@app.command()
def schema(type_: _Type = None) -> None:
    """一种事件的 JSON Schema 2020-12 · JSON Schema of a type's newest version, or of a dataschema."""
    sys.stdout.write(text(json_schema.all_schemas() if type_ is None else json_schema.find(type_)))


@app.command()
def asyncapi() -> None:
    """Kafka 主题的 AsyncAPI 3.0 · AsyncAPI 3.0 of the topics."""
    sys.stdout.write(text(asyncapi_document()))


@app.command()
def openapi() -> None:
    """HTTP 入口的 OpenAPI 3.1 · OpenAPI 3.1 of the gateway."""
    from producers.gateway.document import openapi as openapi_document  # the extra `gateway` may not be installed

    sys.stdout.write(text(openapi_document()))
