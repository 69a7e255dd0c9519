"""The county leader 县领导: the places that they are linked to, tasks, field studies."""

from __future__ import annotations

from readers.language import Text
from readers.pages import sorts
from readers.pages.section import Action, Fresh, Page, Section, of_person

_PLACE = ("received_today", "handled_today", "open_cases", "overdue_cases", "satisfaction", "score")

PAGE = Page(
    name="leader",
    role="leader",
    title=Text("领导包抓", "County leader"),
    fresh=(
        Fresh("task.assigned", Text("督办交办", "Assign a task")),
        Fresh(
            "visit.paid",
            Text("调研", "Field study"),
            lambda asking: {"kind": "field_study", "person": asking.login.person},
        ),
    ),
    sections=(
        Section(
            name="places",
            title=Text("各社区今日", "Communities today"),
            model="overview",
            head="name",
            columns=(*_PLACE, "open_mediations", "open_hazards", "open_topics"),
            options=lambda asking: (
                {"level": "community"} | ({"place": asking.grant.place} if asking.grant.place else {})
            ),
            order=lambda row: (not row.is_overall, -row.overdue_cases),
        ),
        Section(
            name="links",
            title=Text("我包抓的地点", "Places I am linked to"),
            model="leaders",
            head="subject",
            columns=("body", "communities", "estates", "grids", "since", "field_studies", "last_study_at", "tasks"),
            options=of_person,
            empty=Text("没有包抓的地点", "None"),
        ),
        sorts.tasks(
            lambda asking: {},
            Action("task.verified", Text("核验", "Verify"), when=sorts.has("done_at")),
        ),
        Section(
            name="supervise",
            title=Text("超期诉求", "Overdue cases"),
            model="cases",
            head="category",
            columns=("subject", "urgency", "place_name", "status", "assignee", "handle_due", "supervised_by"),
            options=lambda asking: {"overdue": True},
            order=sorts.by("handle_due"),
            actions=(Action("case.supervised", Text("督办", "Supervise"), when=sorts.lacks("supervised_by")),),
            empty=Text("没有超期", "None"),
        ),
        Section(
            name="studies",
            title=Text("我的调研", "My field studies"),
            model="field-studies",
            head="place",
            columns=("subject", "began", "ended", "helped", "to_case", "to_task"),
            options=of_person,
            empty=Text("还没有调研", "None yet"),
        ),
    ),
)
