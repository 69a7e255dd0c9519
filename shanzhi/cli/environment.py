"""`shanzhi environment`: the running servers as variables of a shell, for programs of one's own."""

from __future__ import annotations

from base64 import urlsafe_b64encode
from shlex import quote

import typer

from shanzhi.address import dashboard_door, gateway_door, running_at
from shanzhi.endpoints import find
from shanzhi.keys import master_key
from shanzhi.seal_key import SEAL_KEY, seal_key, written
from shanzhi.settings import read_settings


def environment() -> None:
    """打印 export 语句（含密码和密钥）· Print export lines, secrets included, for eval "$(shanzhi environment)"."""
    settings = read_settings()
    endpoints = find(settings)
    values = {
        "KAFKA_BOOTSTRAP": endpoints.kafka_bootstrap,
        "DATABASE_URL": endpoints.database_url,
        "SHANZHI_MASTER_KEY": urlsafe_b64encode(master_key(settings)).decode(),
        SEAL_KEY: written(seal_key(settings)),
    }
    for door in (gateway_door(settings), dashboard_door(settings)):
        if address := running_at(door, settings.folder):
            values[f"SHANZHI_{door.name.upper()}"] = address
    for name, value in values.items():
        typer.echo(f"export {name}={quote(value)}")
