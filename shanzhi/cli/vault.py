"""`shanzhi vault`: the keys under which personal data is sealed: how many there are, and a new master key for them."""

from __future__ import annotations

import typer

from ledger.vault import Vault
from ledger.vault_status import vault_status
from shanzhi.cli.audited import tell
from shanzhi.cli.output import AsJson, print_json, progress, results, say, table
from shanzhi.endpoints import find
from shanzhi.keys import rotating
from shanzhi.settings import read_settings

app = typer.Typer(help="密钥库：状态、轮换主密钥 · The vault: its state, a new master key.", no_args_is_help=True)


_AFTER_GIVEN = (
    "请去掉 SHANZHI_MASTER_KEY_BEFORE 后重启各进程 · start the processes again without SHANZHI_MASTER_KEY_BEFORE"
)
_AFTER_FOLDER = "shanzhi up 会用新密钥重启网关和接收进程 · a running shanzhi up gives the new key to its processes"


@app.command()
def status(as_json: AsJson = False) -> None:
    """有多少把密钥，由哪把主密钥保护 · How many data keys each master key wraps; needs no key, shows no secret."""
    found = vault_status(find(read_settings(), kafka=False).database_url)
    if as_json:
        masters = [row._asdict() for row in found.master_keys]
        print_json({"master_keys": masters, "destroyed": found.destroyed, "photos": found.photos})
        return
    rows = [(row.id, row.made_at, row.keys) for row in found.master_keys]
    results.print(table("密钥库 · vault", ("主密钥 master key", "启用 since", "数据密钥 data keys"), rows))
    results.print(f"已销毁 · destroyed {found.destroyed}, 照片 · photos {found.photos}")


@app.command()
def rotate(as_json: AsJson = False) -> None:
    """更换主密钥，可中断后重来 · A new master key for every data key, in use; may be interrupted and run again.

    新密钥 SHANZHI_MASTER_KEY，旧密钥 SHANZHI_MASTER_KEY_BEFORE；内置数据库自动生成新密钥。
    The new key is SHANZHI_MASTER_KEY, the old one SHANZHI_MASTER_KEY_BEFORE; an embedded folder makes its own.
    """
    settings = read_settings()
    url = find(settings, kafka=False).database_url
    with rotating(settings) as (new, old), progress("轮换 · rotating", None) as show:
        vault = Vault(url, new, before=old)
        keys = vault.rotate(new, lambda done, total: show(done, f"/ {total}"))
    tell(url, "master_key_rotated", keys=keys)
    newest = vault_status(url).master_keys[-1].id
    if as_json:
        print_json({"rotated": keys, "master_key": newest})
    else:
        say(f"已轮换 · rotated {keys} 把数据密钥 · data keys, 主密钥 · now under master key {newest}")
        say(_AFTER_GIVEN if settings.master_key else _AFTER_FOLDER)
