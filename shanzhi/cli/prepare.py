"""`shanzhi prepare`: what the owner of both servers makes, so that every process can do with the least rights."""

from __future__ import annotations

from typing import Annotated

import typer

from ledger.logins import login_name
from projections.store.roles import ROLES
from shanzhi.cli.audited import tell
from shanzhi.cli.output import AsJson, print_json, results, say, table
from shanzhi.endpoints import find
from shanzhi.least import own_endpoints, prepare_all
from shanzhi.settings import read_settings

_HELP = "给每个角色新密码，只显示这一次 · a new password for each role, shown this once"
_Passwords = Annotated[bool, typer.Option("--passwords", help=_HELP)]


def prepare(passwords: _Passwords = False, as_json: AsJson = False) -> None:
    """以所有者身份准备数据库、总账、各进程的角色与权限 · Makes database, ledger and the roles of all processes ready.

    每次升级前执行；可重复执行 · Run it before each upgrade; it may be run again.
    """
    settings = read_settings()
    endpoints = find(settings)
    there = prepare_all(endpoints, settings.replicas)
    tell(endpoints.database_url, "prepared", new_passwords=passwords)
    if passwords:
        for process, own in own_endpoints(endpoints, kafka=True, postgres=True).items():
            typer.echo(f"SHANZHI_{process.upper()}_DATABASE_URL={own.database_url}")
            typer.echo(f"SHANZHI_{process.upper()}_KAFKA_BOOTSTRAP={own.kafka_bootstrap}")
        return
    rows = [(login_name(process), role.title, login_name(process) in there) for process, role in ROLES.items()]
    if as_json:
        print_json([{"role": name, "title": title, "is_there": is_there} for name, title, is_there in rows])
        return
    shown = [(name, title, "" if is_there else "缺少 missing") for name, title, is_there in rows]
    results.print(table("角色 · roles", ("角色 role", "用途 what for", "状态"), shown))
    if len(there) < len(ROLES):
        say("缺少的角色请数据库管理员建 · an administrator has to make what is missing: docs/security.md")
