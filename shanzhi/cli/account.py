"""`shanzhi account`: who may log in on the pages, in which roles, and the log of what they did."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import asdict
from datetime import UTC, datetime
from typing import Annotated, Any

import typer

from ledger.access_log import KEPT_DAYS, MOST_ROWS, Line
from projections.store.migrate import migrate
from readers.accounts.demo import demo_accounts
from readers.accounts.login import ROLES, TITLES, Grant
from readers.accounts.passwords import MOST_CHARACTERS
from readers.accounts.register import AccountRegister, Listed
from shanzhi.cli.output import AsJson, cell, print_json, results, say, table
from shanzhi.durations import parse_duration
from shanzhi.endpoints import find
from shanzhi.errors import SettingsRefused
from shanzhi.settings import read_settings

app = typer.Typer(
    help="页面账号、角色与访问日志 · Accounts for the pages, and the log of access.", no_args_is_help=True
)

_Name = Annotated[str, typer.Argument(metavar="ACCOUNT", help="账号，如 li-desk · a-z, 0-9, . _ -")]
_Person = Annotated[str, typer.Option(help="本人编号，所发事件记在其名下 · whose acts these are: person/li-7f3a")]
_Shown = Annotated[str | None, typer.Option("--shown-name", help="页面上的称呼 · what pages call them")]
_ROLE_HELP = f"角色，可多个 · repeatable: {' | '.join(ROLES)}，后接 · then @place/… 或 · or @unit/…"
_Roles = Annotated[list[str], typer.Option("--role", help=_ROLE_HELP)]
_Ask = Annotated[bool, typer.Option("--ask", help="在终端输入密码 · type the password here")]
_Stdin = Annotated[bool, typer.Option("--stdin", help="从标准输入读一行密码 · one line of standard input")]
_By = Annotated[str, typer.Option(help="由谁决定（不透明编号）· who decided it, an opaque id")]
BY = "unit/system"
_COLUMNS = ("账号 account", "本人 person", "角色 roles", "最近登录", "状态")
_LOG_COLUMNS = ("时间", "事项 what", "账号 account", "本人或操作人", "地址", "对象 about", "说明")


@app.command()
def add(
    name: _Name,
    person: _Person,
    role: _Roles,
    shown_name: _Shown = None,
    ask: _Ask = False,
    stdin: _Stdin = False,
    by: _By = BY,
    as_json: AsJson = False,
) -> None:
    """新建账号；不给密码则随机生成，只显示一次 · A new account; without a password it gets one, shown this once.

    别人发的密码首次登录须修改 · A password that was given has to be changed at the first login.
    """
    given = _given_password(ask, stdin)
    with _opened() as register:
        password = register.add(name, shown_name or name, person, _grants(role), given, by)
    _say_password(name, None if given else password, as_json)


@app.command("list")
def list_(as_json: AsJson = False) -> None:
    """列出账号（不含密码）· All accounts; never a password."""
    with _opened() as register:
        listed = register.listed()
    if as_json:
        print_json([asdict(one) for one in listed])
    elif listed:
        results.print(table("账号 · accounts", _COLUMNS, map(_row, listed)))
    else:
        say("还没有账号 · no account yet: shanzhi account add --help")


@app.command()
def grant(name: _Name, role: _Roles, by: _By = BY) -> None:
    """角色整体替换 · Gives an account these roles in place of those that it had."""
    with _opened() as register:
        register.grant(name, _grants(role), by)
    say(f"已授权 · granted {name}: {', '.join(role)}")


@app.command()
def password(name: _Name, ask: _Ask = False, stdin: _Stdin = False, by: _By = BY, as_json: AsJson = False) -> None:
    """发放新密码，原有登录随即结束 · Another password, to be changed at the next login; all sessions end."""
    given = _given_password(ask, stdin)
    with _opened() as register:
        made = register.set_password(name, given, by)
    _say_password(name, None if given else made, as_json)


@app.command()
def disable(
    name: _Name,
    undo: Annotated[bool, typer.Option("--undo", help="恢复 · let it in again")] = False,
    by: _By = BY,
) -> None:
    """停用账号，登录随即结束 · Ends an account and its sessions."""
    with _opened() as register:
        register.set_disabled(name, not undo, by)
    say(f"已恢复 · enabled {name}" if undo else f"已停用 · disabled {name}")


@app.command()
def log(
    account: Annotated[str | None, typer.Option(help="只看一个账号 · one account")] = None,
    what: Annotated[str | None, typer.Option(help="login, login_refused, refused, unsealed, exported …")] = None,
    last: Annotated[str | None, typer.Option(help="最近多久，如 24h、30d · how far back")] = None,
    limit: Annotated[int, typer.Option(min=1, max=MOST_ROWS, help="最多几行 · lines at the most")] = 100,
    as_json: AsJson = False,
) -> None:
    """谁在何时登录、被拒、查看个人信息、导出 · Who logged in, was refused, saw personal data, exported."""
    since = datetime.now(UTC) - parse_duration(last) if last else None
    with _opened() as register:
        found = register.lines(account=account, what=what, since=since, limit=limit)
    if as_json:
        print_json([{name: getattr(line, name) for name in line.__struct_fields__} for line in found])
    else:
        results.print(table("访问日志 · access log", _LOG_COLUMNS, map(_log_row, found)))


@app.command()
def prune(
    keep: Annotated[
        str, typer.Option(help="保留多久，至少 183d · how much stays, 183d at the least")
    ] = f"{KEPT_DAYS}d",
    by: _By = BY,
) -> None:
    """删除过期的访问日志，默认留十三个月 · Takes old lines of the log away; thirteen months stay by default."""
    kept = parse_duration(keep)
    with _opened() as register:
        pruned = register.prune(kept, by)
    say(f"已删除 · took away {pruned} 行 · lines")


@app.command()
def demo(as_json: AsJson = False, by: _By = BY) -> None:
    """演示：每个角色一个账号，密码只显示这一次 · One account for each role, for trying only."""
    url = find(read_settings(), kafka=False).database_url
    migrate(url)
    made = demo_accounts(url, by)
    if as_json:
        print_json([asdict(one) for one in made])
        return
    rows = [(TITLES[one.role][0], one.name, one.password, one.scope) for one in made]
    results.print(
        table("演示账号 · accounts for trying", ("角色", "账号 account", "密码 password", "范围 scope"), rows)
    )
    say("密码只显示这一次；再执行会换新的 · shown this once; another run gives new ones")


@contextmanager
def _opened() -> Iterator[AccountRegister]:
    url = find(read_settings(), kafka=False).database_url
    migrate(url)
    with closing(AccountRegister(url)) as register:
        yield register


def _grants(told: list[str]) -> list[Grant]:
    """`desk@place/yunxing` -> that role for that place. What is no role is refused by the register."""
    grants = []
    for one in told:
        role, _, scope = one.partition("@")
        sort = scope.partition("/")[0]
        if scope and sort not in ("place", "unit"):
            raise SettingsRefused(f"--role {one}: {scope} 不是地点或单位 · is no place or unit", f"{role}@place/…")
        grants.append(Grant(role, **({sort: scope} if scope else {})))  # type: ignore[arg-type]
    return grants


def _given_password(ask: bool, stdin: bool) -> str | None:
    if ask and stdin:
        raise SettingsRefused("--ask 与 --stdin 只能选一个 · choose one of --ask and --stdin", "…")
    if stdin:
        return sys.stdin.readline(MOST_CHARACTERS + 2).rstrip("\r\n")
    if ask:
        told: str = typer.prompt("密码 · password", hide_input=True, confirmation_prompt="再输一次 · again", err=True)
        return told
    return None


def _say_password(name: str, made: str | None, as_json: bool) -> None:
    """Before anything else can fail: nobody can show it again."""
    if as_json:
        print_json({"account": name} | ({"password": made} if made else {}))
        return
    if made:
        typer.echo(made)
        say(f"{name} 的密码，只显示这一次，七天内登录并修改 · shown this once: to be changed within seven days")
    else:
        say(f"{name} 的密码已设定 · the password of {name} is set")


def _row(one: Listed) -> tuple[Any, ...]:
    state = "停用 disabled" if one.disabled_at else "待改密码 initial" if one.is_initial else "有效 active"
    roles = "\n".join(" ".join(filter(None, (each.role, each.place, each.unit))) for each in one.grants)
    return f"{one.name}\n{one.shown_name}", one.person, roles or None, one.login_at, state


def _log_row(line: Line) -> tuple[Any, ...]:
    told = ", ".join(f"{name}={value}" for name, value in line.details.items() if value not in ("", None))
    return cell(line.at), line.what, line.account, line.person, line.address, line.about, told or None
