"""The blocks of a page that are run as tests.

- ```python``` blocks run one after another in the same namespace.
- ```console``` blocks: each line that begins with `$ ` is run by bash; the lines below it are what it prints
  (standard output and error), `...` stands for anything. No lines below: only the exit code 0 counts.
- `<!-- not run: reason -->` on the line before a block leaves it out.
  Blocks in other languages are only shown.
"""

from __future__ import annotations

import re
from pathlib import Path
from typing import NamedTuple

_BLOCK = re.compile(
    r"(?P<comment><!-- not run: [^\n]+ -->\n)?^```(?P<language>python|console)\n(?P<text>.*?)^```$",
    re.MULTILINE | re.DOTALL,
)


class Block(NamedTuple):
    """A fenced block; `line` is that of its first line of text, counted from 1."""

    page: Path
    line: int
    language: str
    text: str


class Command(NamedTuple):
    """A command of a console block and what it has to print."""

    shell: str
    prints: str


def blocks(page: Path) -> list[Block]:
    """The blocks that are run, in the order of the page."""
    text = page.read_text(encoding="utf-8")
    return [
        Block(page, text.count("\n", 0, found.start("text")) + 1, found["language"], found["text"])
        for found in _BLOCK.finditer(text)
        if not found["comment"]
    ]


def commands(block: Block) -> list[Command]:
    """The commands of a console block."""
    shells: list[str] = []
    printed: list[list[str]] = []
    for line in block.text.splitlines():
        if line.startswith("$ "):
            shells.append(line[2:])
            printed.append([])
        elif shells:
            printed[-1].append(line)
        else:
            raise ValueError(f"{block.page}:{block.line}: a console block begins with `$ `")
    return [Command(shell, "\n".join(lines)) for shell, lines in zip(shells, printed, strict=True)]
