"""README and docs say what is so: their blocks are run as they stand, on real servers."""

from __future__ import annotations

import doctest
import json
import os
import subprocess
import sys
import tempfile
import time
from base64 import urlsafe_b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest

from ledger.parties import Party
from ledger.publishers import Register
from producers.publisher import utc_now
from shanzhi.everything import everything
from shanzhi.pages_key import PAGES as PAGES_PARTY
from shanzhi.settings import Settings
from shanzhi.stack import Stack
from shanzhi.watch import Watch, ledger_ends
from tests.commands import forked_commands
from tests.contract.pages import Block, blocks, commands

ROOT = Path(__file__).resolve().parents[2]
PAGES = [page for page in sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")]) if blocks(page)]
MASTER_KEY = urlsafe_b64encode(bytes(range(64))).decode()
SEAL_KEY = urlsafe_b64encode(bytes(range(32))).decode()
_matches = doctest.OutputChecker().check_output


@pytest.fixture(scope="module")
def environment(stack: Stack, session_folder: Path) -> Iterator[dict[str, str]]:
    """What `shanzhi up` in another terminal would give: everything runs, tables are made, a publisher has its key."""
    given = {
        "KAFKA_BOOTSTRAP": stack.endpoints.kafka_bootstrap,
        "DATABASE_URL": stack.endpoints.database_url,
        "SHANZHI_MASTER_KEY": MASTER_KEY,
        "SHANZHI_SEAL_KEY": SEAL_KEY,
        "SHANZHI_FOLDER": str(session_folder / "readme"),
    }
    given["SHANZHI_PAGES_KEY"] = Register(stack.endpoints.database_url).add(PAGES_PARTY, "unit/tests", utc_now())
    with (
        forked_commands(Path(tempfile.mkdtemp(prefix="cli-", dir=session_folder))) as bin_,
        everything(Settings.model_validate(given), 1, report=print, said=print) as running,
    ):
        around = {"PATH": f"{bin_}:{Path(sys.executable).parent}:{os.environ['PATH']}", "COLUMNS": "120"}
        party = Party("readme", "readme", ("urn:example:publishing", "urn:example:shanzhi-describe"))
        key = Register(stack.endpoints.database_url).add(party, "unit/tests", utc_now())
        ways = {"SHANZHI_GATEWAY": running.gateway, "SHANZHI_DASHBOARD": running.dashboard, "SHANZHI_KEY": key}
        complete = given | around | ways
        deadline = time.monotonic() + 180
        while runs_not(["shanzhi", "show", "cases"], complete):
            assert time.monotonic() < deadline, "no tables"
            running.tend()
            time.sleep(0.5)
        yield complete


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_the_blocks_of_a_page_run(
    page: Path,
    environment: dict[str, str],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    """What a block publishes is there for those below it; questions have to be answered with rows."""
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(tmp_path)
    namespace: dict[str, object] = {"__name__": "__page__"}
    for block in blocks(page):
        if block.language == "python":
            run_python(block, namespace)
            printed = capsys.readouterr().out
            assert printed or "print(" not in block.text, f"{page}:{block.line} prints nothing"
        else:
            run_console(block)
        wait_until_read(environment)


def runs_not(command: list[str], given: dict[str, str]) -> bool:
    return subprocess.run(command, env=os.environ | given, capture_output=True, check=False).returncode != 0


def wait_until_read(given: dict[str, str]) -> None:
    """Until the worker has written what is in the ledger."""
    deadline = time.monotonic() + 180
    with Watch(given["DATABASE_URL"]) as watch:
        while watch.lag_records(ledger_ends(given["KAFKA_BOOTSTRAP"])):
            assert time.monotonic() < deadline, "the worker does not keep up"
            time.sleep(0.1)


def has_rows(printed: str) -> bool:
    """Whether `shanzhi show` found anything, as JSON or as a table: title, heads and a rule come before its rows."""
    if printed.startswith("{"):
        return bool(json.loads(printed)["rows"])
    return len([line for line in printed.splitlines() if line.strip()]) > 3


def run_python(block: Block, namespace: dict[str, object]) -> None:
    """With the page's own line numbers, so that a failure shows its place."""
    source = "\n" * (block.line - 1) + block.text
    exec(compile(source, str(block.page), "exec", dont_inherit=True), namespace)


def run_console(block: Block) -> None:
    for command in commands(block):
        ran = subprocess.run(
            ["bash", "-o", "pipefail", "-c", command.shell],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            timeout=120,
            text=True,
            check=False,
        )
        assert ran.returncode == 0, f"{block.page}: $ {command.shell}\n{ran.stdout}"
        if command.shell.startswith("shanzhi show"):
            assert has_rows(ran.stdout), f"{block.page}: $ {command.shell}\n{ran.stdout}"
        if command.prints:
            printed = ran.stdout.rstrip("\n") + "\n"  # curl ends its output as the answer ends
            assert _matches(command.prints + "\n", printed, doctest.ELLIPSIS), ran.stdout


def test_the_readme_has_blocks_of_both_kinds() -> None:
    assert {block.language for block in blocks(ROOT / "README.md")} == {"python", "console"}


def test_a_block_is_left_out_with_a_reason_only(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text("<!-- not run: slow -->\n```console\n$ a\n```\n\n```console\n$ b | c\n1\n...\n$ d\n```\n")
    (block,) = blocks(page)
    assert block.line == 7
    assert [tuple(command) for command in commands(block)] == [("b | c", "1\n..."), ("d", "")]
