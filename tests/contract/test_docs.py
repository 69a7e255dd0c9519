"""Pages that list what the code knows are held to the code."""

from __future__ import annotations

import re
from pathlib import Path
from typing import get_args

from ledger.codec import Reason
from ledger.refusal_rules import RULES
from processors.intake.judging import Reason as IntakeReason
from tests.contract.write_docs import PARTS, arrangements_page, doctor_page, events_page, refusals_page, rules_page

ROOT = Path(__file__).resolve().parents[2]
PAGES = sorted([*ROOT.glob("*.md"), *(ROOT / "docs").rglob("*.md")])
HEADINGS = ["## Context", "## Choice", "## Cost", "## What would change it"]


def test_the_table_of_events_is_the_registry() -> None:
    written = (ROOT / "docs" / "events.md").read_text(encoding="utf-8")
    assert written == events_page(), "run python -m tests.contract.write_docs"


def test_the_table_of_refusals_is_the_table_of_rules() -> None:
    written = (ROOT / "docs" / "refusals.md").read_text(encoding="utf-8")
    assert written == refusals_page(), "run python -m tests.contract.write_docs"
    assert [code for rules in PARTS.values() for code in rules] == list(RULES)


def test_the_table_of_arrangements_is_theirs() -> None:
    written = (ROOT / "docs" / "arrangements.md").read_text(encoding="utf-8")
    assert written == arrangements_page(), "run python -m tests.contract.write_docs"


def test_the_table_of_rules_is_what_ships() -> None:
    written = (ROOT / "docs" / "rules.md").read_text(encoding="utf-8")
    assert written == rules_page(), "run python -m tests.contract.write_docs"


def test_the_table_of_checks_is_what_the_doctor_looks_at() -> None:
    written = (ROOT / "docs" / "doctor.md").read_text(encoding="utf-8")
    assert written == doctor_page(), "run python -m tests.contract.write_docs"


def test_every_reason_for_quarantine_has_a_meaning_and_a_remedy() -> None:
    page = (ROOT / "docs" / "quarantine.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `(\w+)` \| (.+) \| (.+) \|$", page, re.MULTILINE)
    of_intake = get_args(IntakeReason)
    assert [reason for reason, _, _ in rows[: len(of_intake)]] == list(of_intake)
    assert sorted(reason for reason, _, _ in rows[len(of_intake) :]) == sorted({*get_args(Reason), "id_reused"})


def test_every_page_on_why_has_the_four_parts_and_is_short() -> None:
    for page in sorted((ROOT / "docs" / "why").glob("*.md")):
        lines = page.read_text(encoding="utf-8").splitlines()
        assert [line for line in lines if line.startswith("## ")] == HEADINGS, page
        assert len(lines) <= 60, page


def test_links_between_pages_lead_somewhere() -> None:
    broken = [
        f"{page.relative_to(ROOT)}: {target}"
        for page in PAGES
        for target in re.findall(r"\]\((?!https?:)([^)#]+)", page.read_text(encoding="utf-8"))
        if not (page.parent / target).exists()
    ]
    assert broken == []


def test_the_locks_hold_hashes_and_no_address() -> None:
    for name in ("requirements.lock", "requirements-deployment.lock"):
        text = (ROOT / name).read_text(encoding="utf-8")
        assert "://" not in text, name
        assert not re.search(r"^\s*(-[if]|--(?!hash=))", text, re.MULTILINE), name
        pins = re.findall(r"^\S+==\S+ \\\n    --hash=sha256:", text, re.MULTILINE)
        assert len(pins) == len(re.findall(r"^[A-Za-z0-9]", text, re.MULTILINE)), name


def test_the_lock_of_a_deployment_is_a_part_of_the_whole_one() -> None:
    whole, part = (
        set(re.findall(r"^\S+==\S+", (ROOT / name).read_text(encoding="utf-8"), re.MULTILINE))
        for name in ("requirements.lock", "requirements-deployment.lock")
    )
    assert part < whole
