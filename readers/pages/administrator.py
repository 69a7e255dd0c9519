"""The administrator: the register of places, units, people and cameras, and what was no event."""

from __future__ import annotations

from readers.language import Text
from readers.pages.section import Fresh, Page, Section

PAGE = Page(
    name="register",
    role="administrator",
    title=Text("登记", "Register"),
    fresh=(
        Fresh("place.registered", Text("登记地点", "Place")),
        Fresh("unit.registered", Text("登记单位", "Unit")),
        Fresh("person.registered", Text("登记人员", "Person")),
        Fresh("place.staffed", Text("配备人员", "Staff a place")),
        Fresh("camera.registered", Text("登记摄像头", "Camera")),
        Fresh("service.offered", Text("服务事项", "Service")),
    ),
    sections=(
        Section(
            name="publishers",
            title=Text("发布方与漏报", "Publishers, and who fell silent"),
            model="publishers",
            head="name",
            columns=("subject", "rhythm_minutes", "newest_time", "events", "events_today", "silent_since", "is_missed"),
            options=lambda asking: {},
        ),
        Section(
            name="quarantine",
            title=Text("隔离区", "Quarantine"),
            model="quarantine",
            head="code",
            columns=("origin", "partition", "offset", "stamp", "reason", "publisher", "decision"),
            options=lambda asking: {},
            empty=Text("没有被隔离的记录", "Nothing in quarantine"),
        ),
    ),
)
