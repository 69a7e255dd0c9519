"""The resident 居民 with a login: own cases, applications and wishes, wishes to claim, orders to look after."""

from __future__ import annotations

from typing import Any

from readers.language import Text
from readers.pages import sorts
from readers.pages.section import Action, Asking, Fresh, Page, Section, of_person


def _me(asking: Asking) -> dict[str, str]:
    return {"person": asking.login.person}


def _may_be_reopened(row: Any, _: Asking) -> bool:
    return row.handled_at is not None and not row.is_open


PAGE = Page(
    name="mine",
    role="resident",
    title=Text("我的事", "My matters"),
    fresh=(
        Fresh("case.discovered", Text("请您反映", "Tell us"), lambda asking: {"reporter": asking.login.person}),
        Fresh("application.filed", Text("帮您办事", "Ask for a service"), _me),
        Fresh("wish.made", Text("微心愿", "A wish"), lambda asking: {"wisher": asking.login.person}),
        Fresh("mediation.opened", Text("心愿邮箱", "Wish mailbox"), lambda _: {"channel": "wish_mailbox"}),
    ),
    sections=(
        Section(
            name="cases",
            title=Text("我的诉求", "My cases"),
            model="cases",
            head="category",
            columns=("subject", "place_name", "status", "discovered_at", "handled_at", "replied_at", "satisfaction"),
            options=of_person,
            actions=(
                Action(
                    "case.rated",
                    Text("评价", "Rate"),
                    preset=lambda row, _: {"by": "resident", "reached": "true"},
                    when=sorts.has("handled_at", "rated_at"),
                ),
                Action("case.reopen_requested", Text("没有解决，请重办", "Not solved"), when=_may_be_reopened),
                Action("case.withdrawn", Text("撤回", "Withdraw"), when=sorts.is_open),
            ),
            empty=Text("还没有反映过", "None yet"),
        ),
        Section(
            name="applications",
            title=Text("我的办事", "My applications"),
            model="applications",
            head="item_name",
            columns=("subject", "status", "filed_at", "promised_working_days", "missing", "delivered_at"),
            options=of_person,
            empty=Text("还没有申办", "None yet"),
        ),
        sorts.wishes(
            lambda asking: {},
            lambda row, _: row.published_at is not None and row.score is None,
            Action(
                "wish.claimed",
                Text("认领", "Claim"),
                preset=lambda _, asking: {"by": asking.login.person},
                when=sorts.lacks("claimed_by"),
            ),
            Action("wish.granted", Text("已实现", "Granted"), when=sorts.has("claimed_by", "granted_at")),
            Action("wish.confirmed", Text("确认", "Confirm"), when=sorts.has("granted_at")),
        ),
    ),
)
