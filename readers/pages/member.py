"""The Party member 在职党员: reporting, service, wishes, pledges, care, and what it came to."""

from __future__ import annotations

from readers.language import Text
from readers.pages import sorts
from readers.pages.section import Action, Asking, Fresh, Page, Section, of_person


def _me(asking: Asking) -> dict[str, str]:
    return {"person": asking.login.person}


PAGE = Page(
    name="member",
    role="member",
    title=Text("在职党员", "Party member"),
    fresh=(
        Fresh("duty.reported", Text("到社区报到", "Report"), _me),
        Fresh("duty.served", Text("登记服务", "A service"), _me),
        Fresh("pledge.made", Text("践诺", "Pledge"), _me),
        Fresh("volunteer.acted", Text("志愿服务", "Volunteer act")),
    ),
    sections=(
        sorts.wishes(
            lambda asking: {},
            lambda row, asking: (
                row.granted_at is None
                and row.published_at is not None
                and row.claimed_by in (None, asking.login.person)
            ),
            Action(
                "wish.claimed",
                Text("认领", "Claim"),
                preset=lambda _, asking: {"by": asking.login.person},
                when=sorts.lacks("claimed_by"),
            ),
            Action(
                "wish.granted",
                Text("已实现", "Granted"),
                preset=lambda _, asking: {"persons": asking.login.person},
                when=sorts.has("claimed_by"),
            ),
            Action("wish.released", Text("放弃", "Release"), when=sorts.has("claimed_by")),
        ),
        Section(
            name="duties",
            title=Text("我的报到与服务", "My reports and services"),
            model="duties",
            head="community",
            columns=("subject", "kind", "reported_at", "began", "ended", "confirmed_at", "refused_at"),
            options=of_person,
            empty=Text("还没有报到", "None yet"),
        ),
        Section(
            name="pledges",
            title=Text("我的承诺", "My pledges"),
            model="pledges",
            head="branch",
            columns=("subject", "place", "made_at", "due", "kept_at", "is_in_time", "reviews"),
            options=of_person,
            actions=(Action("pledge.kept", Text("已践诺", "Kept"), when=sorts.lacks("kept_at")),),
            empty=Text("还没有承诺", "None yet"),
        ),
        Section(
            name="care",
            title=Text("结对帮扶", "Care pairs"),
            model="care-pairs",
            head="care_group",
            columns=("subject", "place", "paired_at", "visits", "last_visited_at"),
            options=of_person,
            keep=sorts.lacks("ended_at"),
            actions=(Action("care.visited", Text("探访", "Visited")),),
            empty=Text("没有结对", "None"),
        ),
        Section(
            name="credits",
            title=Text("我的工时与积分", "My hours and points"),
            model="credits",
            head="kind",
            columns=("subject", "began", "minutes", "is_credited", "points", "reason"),
            options=of_person,
            empty=Text("还没有", "None yet"),
        ),
        sorts.tasks(
            of_person, Action("task.progressed", Text("进展", "Progress")), Action("task.done", Text("完成", "Done"))
        ),
    ),
)
