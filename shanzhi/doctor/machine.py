"""This machine: its clock, disk and memory, who may read the folder's keys, and what is installed."""

from __future__ import annotations

import platform
import re
import shutil
import stat
from datetime import UTC, datetime
from importlib.metadata import distributions, version
from pathlib import Path

import psutil

from shanzhi.doctor.check import Finding, bad, check, notice, ok
from shanzhi.doctor.scene import Scene

GIB = 2**30
SKEW_SECONDS = 60
LITTLE_MEMORY, LEAST_MEMORY = 0.1, 0.03
LOCK = Path(__file__).resolve().parents[2] / "requirements.lock"
SECRETS = (
    "master.key", "master.key.before", "master.key.next", "seal.key", "pages.key", "postgres/password",
    "kafka/tls/password", "kafka/tls/broker.pem", "kafka/server.properties",
)  # fmt: skip
_UNSOUND, _FULL = 7, 10


@check("time", "时钟 · clocks", "postgres", remedy="两边都校时 · Run an NTP client on both.")
def time(scene: Scene) -> Finding:
    """Ours and PostgreSQL's go alike, within a minute."""
    theirs = scene.value("select clock_timestamp()")
    seconds = abs((datetime.now(UTC) - theirs).total_seconds())
    if seconds > SKEW_SECONDS:
        return bad(f"与 PostgreSQL 相差 {seconds:.0f} 秒 · apart", _UNSOUND, seconds=round(seconds, 3))
    return ok(f"相差 {seconds:.1f} 秒 · seconds apart", seconds=round(seconds, 3))


@check("disk", "磁盘空间 · disk space", remedy="扩容：总账从不删除 · Make room: a ledger never deletes.")
def disk(scene: Scene) -> Finding:
    """The folder's disk has room, where servers of ours live in it."""
    folder = scene.settings.folder
    if not folder.exists() or (scene.settings.kafka_bootstrap and scene.settings.given_database):
        return ok("服务器不在本机管理 · the servers are not ours: ask those who run them")
    usage = shutil.disk_usage(folder)
    return room(str(folder), usage.free, usage.total)


def room(where: str, free_bytes: int, total_bytes: int) -> Finding:
    """Whether a disk has room."""
    share = free_bytes / total_bytes
    what = f"{where}: 剩余 {free_bytes / GIB:.1f} GiB（{share:.0%}）· free"
    if free_bytes < GIB or share < 0.02:
        return bad(what, _FULL, free_bytes=free_bytes)
    if free_bytes < 5 * GIB or share < 0.1:
        return notice(what, free_bytes=free_bytes)
    return ok(what, free_bytes=free_bytes)


@check("memory", "内存 · memory", remedy="关掉别的程序，或加内存 · End other programs, or give it more memory.")
def memory(scene: Scene) -> Finding:
    """Some of this machine's memory is free."""
    found = psutil.virtual_memory()
    share = found.available / found.total
    told = f"可用 {found.available / GIB:.1f} GiB（{share:.0%}）· available"
    if share < LEAST_MEMORY:
        return bad(told, _FULL, available_bytes=found.available)
    return notice(told, available_bytes=found.available) if share < LITTLE_MEMORY else ok(told)


@check(
    "files",
    "密钥文件的权限 · who may read the keys",
    remedy="收回权限 · Take it back: chmod 600 FILE, chmod go-w FOLDER; then rotate what was readable.",
)
def files(scene: Scene) -> Finding:
    """The folder's keys and passwords are for their owner alone, and nobody else may write to the folder."""
    folder = scene.settings.folder
    if not folder.exists():
        return ok("没有文件夹 · there is no folder here")
    open_ = [name for name in SECRETS if (folder / name).exists() and _mode(folder / name) & 0o077]
    if _mode(folder) & 0o022:
        open_.append(".")
    if open_:
        told = ", ".join(f"{folder / name} {_mode(folder / name):o}" for name in open_)
        return bad(f"{told}: 他人可读写 · others may read or write it", _UNSOUND, files=open_)
    return ok(f"{folder}")


def _mode(path: Path) -> int:
    return stat.S_IMODE(path.stat().st_mode)


@check(
    "packages",
    "程序与依赖版本 · Python and packages",
    remedy="按锁定版本重装 · Install what is locked: pip install --require-hashes -r requirements.lock",
)
def packages(scene: Scene) -> Finding:
    """What is installed is what the lock names, where this runs from a checkout that has it."""
    told = f"shanzhi {version('shanzhi')}, Python {platform.python_version()}"
    if not LOCK.exists():
        return ok(f"{told}，无锁文件 · no lock here: the image was made of it")
    locked = dict(re.findall(r"^([A-Za-z0-9._-]+)==(\S+)", LOCK.read_text(encoding="utf-8"), re.MULTILINE))
    other = sorted(
        f"{name} {one.version} ({locked[name]})"
        for one in distributions()
        if (name := re.sub(r"[-_.]+", "-", one.name).lower()) in locked and one.version != locked[name]
    )
    return notice(f"{told}; {', '.join(other)}", other=other) if other else ok(f"{told}, {len(locked)} locked")
