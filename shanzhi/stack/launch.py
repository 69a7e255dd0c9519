"""Turns itself into a server that ends with its owner: run as a script, never imported.

`subprocess` could run this between fork and exec (`preexec_fn`), but that may deadlock in a
process with threads; a script of its own is safe. Standard library only, started with `-I -S`.
Other systems than Linux know no parent-death signal: there the next start ends what was left.

Arguments: pid of the owner, signal at the owner's death, `uid:gid` (or `-` to stay), then the command.
"""

import ctypes
import os
import sys

PR_SET_PDEATHSIG = 1


def become(owner_pid: int, death_signal: int, identity: str, command: list[str]) -> None:
    """Drops privileges first: a change of user would clear the parent-death signal again."""
    if identity != "-":
        uid, gid = (int(part) for part in identity.split(":"))
        os.setgroups([])
        os.setgid(gid)
        os.setuid(uid)
    if sys.platform == "linux":
        ctypes.CDLL(None).prctl(PR_SET_PDEATHSIG, death_signal)
        if os.getppid() != owner_pid:  # the owner died before the line above took effect
            sys.exit(f"owner {owner_pid} is gone")
    os.execv(command[0], command)


if __name__ == "__main__":
    become(int(sys.argv[1]), int(sys.argv[2]), sys.argv[3], sys.argv[4:])
