"""Writes the generated pages of docs/ anew: python -m tests.contract.write_docs"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from itertools import groupby
from operator import attrgetter
from pathlib import Path

import orjson

import ledger.events  # noqa: F401 - fills the registry
from ledger.event import EventKind, latest
from ledger.refusal_rules import ADMISSION, ATTRIBUTES, DATA, GATEWAY, PERSONAL, PHOTOS, WHOLE, Rule
from projections.read.arrangements import ARRANGEMENTS
from projections.rules import presets
from projections.rules.preset import figures_of, source_of
from shanzhi.doctor.check import Check
from shanzhi.doctor.examination import THEMES

DOCS = Path(__file__).resolve().parents[2] / "docs"
HEAD = """\
# Events · 事件目录

What can be said in the ledger, written from the registry by `python -m tests.contract.write_docs`; a test
holds this page to it. One type with its fields, limits and a sample: `shanzhi describe case.whistled`.
密封 names the personal fields: the way in seals them under their owner's key, and the ledger holds nothing
else of them.
"""
REFUSALS_HEAD = """\
# Refusals · 退回原因

Every code with which an event can be refused, whichever way it came, written from `ledger/refusal_rules.py` by
`python -m tests.contract.write_docs`; a test holds this page to it. A code keeps its meaning; the texts may become
clearer. `{…}` stands for what the event gives; where a name is nearly right, the remedy says which one is near.

A refusal also holds a JSON pointer to the place in the event (empty: the whole event) and what stood there, unless that
may be personal. `shanzhi publish --json` and the gateway give it as `code`, `pointer`, `value`, `rule`, `rule_zh`,
`remedy`, `remedy_zh`. Nothing of a refused event is written.
"""
ARRANGEMENTS_HEAD = """\
# Arrangements · 机制

Every arrangement that the two counties' reports name, with the events that tell it, the read models that answer for it
(`shanzhi show NAME`) and a test that shows it; written from `projections/read/arrangements.py` by
`python -m tests.contract.write_docs`. A test holds this page to it, and every name in it to what there is.

| 机制 | 县 | events | read models | test |
|---|---|---|---|---|
"""
REFUSALS_TABLE = "| code | 原因 rule | 怎么办 remedy |\n|---|---|---|"
PARTS: Mapping[str, Mapping[str, Rule]] = {
    "The text of the event · 事件整体": WHOLE,
    "Attributes · 属性": ATTRIBUTES,
    "Data · 数据字段": DATA,
    "Personal data · 个人信息": PERSONAL,
    "What a publisher may say · 发布权限": ADMISSION,
    "Requests to the gateway · 网关请求": GATEWAY,
    "Photos · 照片": PHOTOS,
}
RULES_HEAD = """\
# Rules · 规则

Every figure that a score, a clock or a decision depends on, with where it is from, written from
`projections/rules/presets/*.toml` by `python -m tests.contract.write_docs`; a test holds this page to them.
Sources that begin with “assumed” are our own defaults. A county adopts a version of its own with
`shanzhi rule adopt FILE.toml --from 2024-07-01`: it is an event of the ledger, and a period uses the version that
was in force when it began. What holds now: `shanzhi rule list`.
"""
RULES_TABLE = "| 数值 figure | 值 value | 出处 source |\n|---|---|---|"
DOCTOR_HEAD = """\
# 体检 · shanzhi doctor

看服务器、设置、各表、各进程，什么也不改；每一项都说怎么办。*It looks at servers, settings, tables and processes,
changes nothing, and says of everything that is wrong what to do.* Written from the checks in `shanzhi/doctor/` by
`python -m tests.contract.write_docs`; a test holds this page to them. All of them take about 2 s.

<!-- not run: a county without a sealer; tests/integration/test_doctor.py asks a sound one -->
```console
$ shanzhi doctor
✓ Kafka 是否应答 · Kafka answers: 127.0.0.1:21824
...
! 各主进程 · leaders alive: 未运行 · none runs: sealer
    → 启动所缺的进程，或 shanzhi up 全部启动 · Start those that are missing, or all of them: shanzhi up
...
52 项 checks: 0 项有误 wrong, 1 项提醒 to know, 0 项未能检查 could not be asked
```

| mark | `--json` | meaning |
|---|---|---|
| ✓ | `ok` | nothing to do |
| ! | `notice` | to know, or to do some day; never a reason for an exit code |
| ✗ | `bad` | to do now; `exit_code` is what a process ends with for that reason |
| ? | `unknown` | could not be asked because of what stands above it |

The exit code is that of the first ✗, 0 without one. Run it where the processes run, with their variables: who has no
key of theirs, or no file, is told so, and that is no fault. `--json` has the figures behind each line. For what has to
be noticed at once there are [alerts](operations.md#alerts).
"""
DOCTOR_TABLE = "| check | 正常时 when all is well | 怎么办 remedy |\n|---|---|---|"
TABLE = "| type | 术语 | subject | what happened | 密封 personal |\n|---|---|---|---|---|"


def events_page() -> str:
    """`docs/events.md`: the newest version of every type, a table for each family; older versions are named."""
    return "\n".join([HEAD, *_families()]).rstrip("\n") + "\n"


def _families() -> Iterator[str]:
    by_family = attrgetter("family")
    for family, kinds in groupby(sorted(latest.values(), key=by_family), by_family):
        yield f"## {family}\n\n{TABLE}"
        yield from map(_row, kinds)
        yield ""


def rules_page() -> str:
    """`docs/rules.md`: a table for each preset, the default of a rule first."""
    return "\n".join([RULES_HEAD, *_rules()]).rstrip("\n") + "\n"


def _rules() -> Iterator[str]:
    for one in sorted(presets(), key=lambda one: (one.rule, not one.is_default, one.name)):
        default = " · 默认 default" if one.is_default else ""
        yield f"## {one.rule} {one.name} {one.version}\n\n{one.title}{default}\n\n{RULES_TABLE}"
        for figure, value in figures_of(orjson.loads(one.parameters_json)):
            shown = value if isinstance(value, str) else orjson.dumps(value).decode()
            yield f"| `{figure}` | {shown} | {source_of(one, figure)} |"
        yield ""


def arrangements_page() -> str:
    """`docs/arrangements.md`: one row for each arrangement of the two reports."""
    return ARRANGEMENTS_HEAD + "".join(
        f"| {one.term} | {one.county} | {_code(one.events)} | {_code(one.read_models)} | {_test(one.test)} |\n"
        for one in ARRANGEMENTS
    )


def _code(names: Iterable[str]) -> str:
    return " ".join(f"`{name}`" for name in names)


def _test(test: str) -> str:
    file, _, name = test.partition("::")
    return f"[{name.removeprefix('test_').replace('_', ' ')}](../{file})"


def refusals_page() -> str:
    """`docs/refusals.md`: a table for each part of an event, the rule and the remedy in both languages."""
    return "\n".join([REFUSALS_HEAD, *_refusals()]).rstrip("\n") + "\n"


def _refusals() -> Iterator[str]:
    for title, rules in PARTS.items():
        yield f"## {title}\n\n{REFUSALS_TABLE}"
        for code, rule in rules.items():
            texts = (f"{rule.rule_chinese}<br>{rule.rule}", f"{rule.remedy_chinese}<br>{rule.remedy}")
            yield "| " + " | ".join((f"`{code}`", *map(_template, texts))) + " |"
        yield ""


def _template(text: str) -> str:
    """As people read it: one name for a value in both languages, nothing for what is only sometimes there."""
    for left_out in ("{near}", "{near_chinese}"):
        text = text.replace(left_out, "")
    return text.replace("_chinese}", "}").replace("|", "\\|")


def doctor_page() -> str:
    """`docs/doctor.md`: a table for each theme of checks."""
    return "\n".join([DOCTOR_HEAD, *_checks()]).rstrip("\n") + "\n"


def _checks() -> Iterator[str]:
    for theme in THEMES:
        about = (theme.__doc__ or "").strip()
        yield f"## {theme.__name__.rpartition('.')[2]}\n\n{about}\n\n{DOCTOR_TABLE}"
        for one in (found for found in vars(theme).values() if isinstance(found, Check)):
            cells = (f"`{one.name}` {one.title}", (one.look.__doc__ or "").strip(), one.remedy)
            yield "| " + " | ".join(" ".join(cell.split()).replace("|", "\\|") for cell in cells) + " |"
        yield ""


def _row(kind: EventKind) -> str:
    older = ", ".join(str(version) for version in range(1, kind.version))
    name = f"`{kind.type}`" + (f" (version {kind.version}; also taken: {older})" if older else "")
    subjects = ", ".join(f"`{subject}/…`" for subject in kind.subjects)
    personal = ", ".join(f"`{kind.wire_names[field.name]}`" for field in kind.personal)
    cells = (name, kind.term, subjects, kind.summary, personal)
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


if __name__ == "__main__":
    (DOCS / "events.md").write_text(events_page(), encoding="utf-8")
    (DOCS / "arrangements.md").write_text(arrangements_page(), encoding="utf-8")
    (DOCS / "doctor.md").write_text(doctor_page(), encoding="utf-8")
    (DOCS / "refusals.md").write_text(refusals_page(), encoding="utf-8")
    (DOCS / "rules.md").write_text(rules_page(), encoding="utf-8")
