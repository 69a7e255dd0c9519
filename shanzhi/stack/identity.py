"""PostgreSQL refuses to run as root: which user it drops to, and how that user reaches its folders."""

from __future__ import annotations

import functools
import os
import pwd
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from shanzhi.stack.errors import StackError

USER = "pgserver"  # the wheel's own choice, so both ways of starting it agree on the owner of the data


@dataclass(frozen=True)
class Account:
    """A user of this machine."""

    name: str
    uid: int
    gid: int


@functools.cache
def dropped_account() -> Account | None:
    """Made when first needed; None for an ordinary user, who needs no dropping."""
    if os.geteuid() != 0:
        return None
    try:
        entry = _made_or_found()
    except (OSError, KeyError, subprocess.SubprocessError) as failure:
        raise StackError(
            f"PostgreSQL may not run as root and the user {USER} can't be made ({failure})",
            f"Make it (useradd {USER}), or run as an ordinary user.",
        ) from failure
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def _made_or_found() -> pwd.struct_passwd:
    try:
        return pwd.getpwnam(USER)
    except KeyError:
        command = ["useradd", "--system", "--no-create-home", "--shell", "/usr/sbin/nologin", USER]
        subprocess.run(command, check=True, capture_output=True)
        return pwd.getpwnam(USER)


def let_through(folder: Path, account: Account) -> list[Path]:
    """Allows passing (not listing) the folders up to the root where they are closed; returns those it opened."""
    opened = []
    for step in (folder, *folder.parents):
        status = step.stat()
        if status.st_uid != account.uid and not status.st_mode & stat.S_IXOTH:
            try:
                step.chmod(stat.S_IMODE(status.st_mode) | stat.S_IXOTH)
                opened.append(step)
            except OSError as failure:
                raise StackError(
                    f"the user {account.name} must be able to pass {step} ({failure})",
                    f"Allow it (chmod o+x {step}), or choose another folder.",
                ) from failure
    return opened


def let_run(installation: Path) -> None:
    """Opens the server's own files to others where a strict umask closed them at installation."""
    if (installation / "bin" / "postgres").stat().st_mode & stat.S_IXOTH:
        return
    for path in (installation, *installation.rglob("*")):
        mode = stat.S_IMODE(path.stat().st_mode)
        path.chmod(mode | stat.S_IROTH | (stat.S_IXOTH if mode & stat.S_IXUSR else 0))
