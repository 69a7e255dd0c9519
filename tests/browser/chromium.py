"""Debian's Chromium, with fonts that have Chinese: found, else installed where we are root, else named.

Run before the tests (`make test`): a browser that is missing stops there, with the command that brings it.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys

PACKAGES = ("chromium", "fonts-noto-cjk")
INSTALL = ("apt-get", "install", "--yes", "--no-install-recommends", *PACKAGES)
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-quic",
    "--no-first-run",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--force-color-profile=srgb",
)
"""What it is started with: nothing of its own goes over the network."""


def path() -> str | None:
    """Where it is, None where it is not."""
    return shutil.which("chromium")


def main() -> int:
    """Makes sure that it is there; 1 where it is not and can't be brought."""
    if path() and _has_chinese():
        return 0
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        print(
            f"浏览器测试需要 Chromium 和中文字体 · The browser tests need Chromium and fonts with Chinese:\n"
            f"    sudo apt-get update && sudo {' '.join(INSTALL)}",
            file=sys.stderr,
        )
        return 1
    print("Installing Debian's Chromium ...")
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for command in (("apt-get", "update", "-qq"), (*INSTALL, "-qq")):
        done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
        if done.returncode:
            print(f"{' '.join(command)}:\n{done.stderr[-2000:]}", file=sys.stderr)
            return 1
    return 0 if path() else 1


def _has_chinese() -> bool:
    """Whether any font draws 善."""
    found = shutil.which("fc-list")
    return bool(found and subprocess.run([found, ":charset=5584"], capture_output=True, check=False).stdout)


if __name__ == "__main__":
    raise SystemExit(main())
