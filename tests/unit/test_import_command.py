"""What `shanzhi import` does with files, without servers."""

from __future__ import annotations

from pathlib import Path

import pytest

from shanzhi.cli import app
from tests.sheets import COLUMNS, HEAD, MAPPING, csv_of, row

WRONG_USAGE, REFUSED = 2, 3


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """A table of a sound row and one without its number, and its mapping."""
    table, mapping = tmp_path / "may.csv", tmp_path / "map.toml"
    table.write_text(csv_of([HEAD, row().cells, row(编号="").cells]), encoding="utf-8")
    columns = "\n".join(f'{field} = "{column}"' for field, column in COLUMNS.items())
    mapping.write_text(MAPPING.format(more="", columns=columns, values=""), encoding="utf-8")
    return table, mapping


def dry_run(table: Path, mapping: Path, *more: object) -> int:
    return app.run(["import", str(table), "--mapping", str(mapping), "--dry-run", *map(str, more)])


@pytest.mark.parametrize("which", [0, 1])
def test_rejects_never_take_the_place_of_what_is_read(files: tuple[Path, Path], which: int) -> None:
    before = files[which].read_bytes()
    assert dry_run(*files, "--rejects", files[which]) == WRONG_USAGE
    assert files[which].read_bytes() == before


def test_rejects_of_before_stay_until_there_is_a_table_to_read(files: tuple[Path, Path], tmp_path: Path) -> None:
    table, mapping = files
    assert dry_run(table, mapping) == REFUSED
    rejects = table.with_name("may.csv.rejects.csv")
    assert rejects.read_text(encoding="utf-8-sig").count("\n") == 2
    assert dry_run(table, tmp_path / "absent.toml") == WRONG_USAGE
    assert rejects.exists()
    table.write_text(csv_of([HEAD, row().cells]), encoding="utf-8")
    assert dry_run(table, mapping) == 0
    assert not rejects.exists(), "no row was refused this time"
