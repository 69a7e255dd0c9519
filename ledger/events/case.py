"""case 诉求: seven steps 发现 吹哨 报到 会商 办理 反馈 评价, and five tickets 点单 派单 落单 查单 评单."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from ledger.event import Event
from ledger.fields import (
    CaseRef,
    ConferenceRef,
    Count,
    Location,
    Name,
    PartyRef,
    Personal,
    PersonRef,
    PersonRefs,
    Photos,
    PlaceRef,
    Reference,
    SealedText,
    Text,
    Time,
    UnitRef,
)
from ledger.limits import LIST_ITEMS
from ledger.overdue import Overdue

Channel = Literal[
    "app_reflect",
    "app_service",
    "window",
    "express",
    "hotline",
    "patrol",
    "visit",
    "conference",
    "camera",
    "curtain",
    "open311",
    "import",
]
Demand = Literal["consultation", "help", "suggestion", "complaint", "report"]
Urgency = Literal["emergency", "urgent", "ordinary"]
HandleClass = Literal["h2", "h24", "d7", "d15"]
Satisfaction = Literal["satisfied", "fairly", "dissatisfied"]


class External(Struct, frozen=True):
    """The number that another system knows the case by."""

    system: Name
    number: Name


class Candidate(Struct, frozen=True):
    """Somebody who could have been given the case, and what they carried then (weighted items)."""

    person: PersonRef
    load: Count


class Called(Struct, frozen=True):
    """A unit that a whistle calls."""

    unit: UnitRef
    part: Literal["lead", "assist"]


class CaseDiscovered(
    Event,
    type="case.discovered",
    term="发现",
    sample={
        "channel": "app_reflect",
        "demand": "complaint",
        "category": "停车管理",
        "urgency": "ordinary",
        "place": "place/yuntai-garden",
        "location": {"longitude": 112.703, "latitude": 40.012},
        "text": "小区外围停车场车辆乱停，消防通道被占。",
        "reporter": "person/zhao-9b1e",
    },
):
    """A demand, complaint or observation became known (发现; 五单之“点单”)."""

    channel: Channel
    demand: Demand
    category: Name
    urgency: Urgency
    text: Annotated[SealedText, Personal(Text, owner="reporter")]
    handle_class: HandleClass | None = field(name="class", default=None)
    place: PlaceRef | None = None
    location: Annotated[SealedText, Personal(Location, owner="reporter")] | None = None
    reporter: PersonRef | None = None
    on_behalf_of: PersonRef | None = None
    about: PartyRef | None = None
    first_responsible: PersonRef | None = None
    continues: CaseRef | None = None
    external: External | None = None
    photos: Photos = ()


class CaseRefused(
    Event,
    type="case.refused",
    term="不予受理",
    sample={"reason": "不属于本县职责", "where_to": "市信访局"},
):
    """The demand can't be taken up here; the resident is told where to turn."""

    reason: Text
    where_to: Text


class CaseDispatched(
    Event,
    type="case.dispatched",
    term="派单",
    sample={
        "to": "person/li-7f3a",
        "grid": "place/grid-17",
        "sign_in_due": "2024-05-11T11:00:00+08:00",
        "handle_due": "2024-05-24T18:00:00+08:00",
        "candidates": [{"person": "person/li-7f3a", "load": 2}],
        "rule": "dispatch-2024-1",
    },
):
    """The case was given to somebody (智能派单), with the due times and the choice explained.

    `nobody` marks a case that a desk got because none of the staff could take it. Without `handle_due` the clock goes
    by the case's class or demand: nobody knows the working days of a year that is not arranged yet.
    """

    to: Reference
    sign_in_due: Time
    handle_due: Time | None = None
    rule: Name  # type: ignore[misc]  # keywords only; this is the order of stored bytes
    grid: PlaceRef | None = None
    candidates: Annotated[tuple[Candidate, ...], Meta(max_length=LIST_ITEMS)] = ()
    nobody: bool | None = None


class CaseAccepted(Event, type="case.accepted", term="落单", sample={}):
    """Who was dispatched took the case on (网格员落单); `by` where the envelope's `authid` is not that party."""

    by: PartyRef | None = None


class CaseDeclined(Event, type="case.declined", term="退单", sample={"reason": "不在本网格"}):
    """Who was dispatched did not take it; the next candidate is asked."""

    reason: Text
    by: PartyRef | None = None


class CaseWhistleRequested(
    Event,
    type="case.whistle_requested",
    term="请求吹哨",
    sample={"by": "place/yunxing", "reason": "需城管执法"},
):
    """The community asked the town to whistle."""

    by: PlaceRef
    reason: Text | None = None


class CaseWhistled(
    Event,
    type="case.whistled",
    term="吹哨",
    sample={
        "whistle": "w1",
        "by": "place/yunxing-town",
        "kind": "joint_enforcement",
        "units": [
            {"unit": "unit/city-management", "part": "lead"},
            {"unit": "unit/traffic-police", "part": "assist"},
        ],
        "report_due": "2024-05-12T11:00:00+08:00",
        "handle_due": "2024-05-20T18:00:00+08:00",
    },
):
    """Units were called to the community (乡镇吹哨、部门报到)."""

    whistle: Name
    by: PlaceRef
    kind: Literal["ordinary", "joint_enforcement", "emergency"]
    units: Annotated[tuple[Called, ...], Meta(min_length=1, max_length=20)]
    report_due: Time | None = None
    handle_due: Time | None = None


class CaseReported(
    Event,
    type="case.reported",
    term="报到",
    sample={"whistle": "w1", "unit": "unit/city-management", "persons": ["person/sun-31f0"]},
):
    """A called unit reported to the community (报到)."""

    whistle: Name
    unit: UnitRef
    persons: PersonRefs = ()


class CaseDeliberated(Event, type="case.deliberated", term="会商", sample={"decision": "先划线、后引导，两周内完成。"}):
    """Those concerned conferred and decided what to do (会商)."""

    decision: Annotated[SealedText, Personal(Text, owner=None)]
    conference: ConferenceRef | None = None


class CaseHandled(
    Event,
    type="case.handled",
    term="办理",
    sample={"by": "person/li-7f3a", "resolved": True, "measures": "已清理占道车辆并施划车位。"},
):
    """Somebody finished handling, resolved or not (办理); `by` is the grid worker or a called unit."""

    by: Reference
    resolved: bool
    measures: Annotated[SealedText, Personal(Text)]
    whistle: Name | None = None
    photos: Photos = ()


class CaseReplied(Event, type="case.replied", term="反馈", sample={"text": "您反映的停车问题已处理，请您评价。"}):
    """The resident was told what was done (反馈)."""

    text: Annotated[SealedText, Personal(Text)]


class CaseRated(
    Event,
    type="case.rated",
    term="评价",
    sample={
        "by": "call_back",
        "reached": True,
        "contacted": True,
        "resolved": True,
        "satisfaction": "satisfied",
    },
):
    """The resident's word on contact, result and satisfaction (评价; 五单之“评单”)."""

    by: Literal["call_back", "resident"]
    reached: bool
    contacted: bool | None = None
    resolved: bool | None = None
    satisfaction: Satisfaction | None = None


class CaseLookedUp(Event, type="case.looked_up", term="查单", sample={}):
    """The resident looked at the case's progress (first of a day)."""


class CaseReopenRequested(Event, type="case.reopen_requested", term="申请重办", sample={"reason": "第二天又停满了。"}):
    """The resident says that it isn't done."""

    reason: Annotated[SealedText, Personal(Text)]


class CaseReopened(Event, type="case.reopened", term="重办", sample={"rule": "reopen-2024-1"}):
    """The case is open again; its handle clock starts anew."""

    handle_due: Time | None = None
    rule: Name | None = None


class CaseExtended(
    Event,
    type="case.extended",
    term="延期",
    sample={"handle_due": "2024-06-01T18:00:00+08:00", "reason": "等待材料到货"},
):
    """The handle clock got more time, with a reason."""

    handle_due: Time
    reason: Text


class CasePaused(Event, type="case.paused", term="挂起", sample={"reason": "等待天气转暖"}):
    """Clocks stand still until resumed."""

    reason: Text


class CaseResumed(Event, type="case.resumed", term="恢复", sample={}):
    """Clocks run again."""


class CaseMerged(Event, type="case.merged", term="并案", sample={"into": "case/20240511-0007"}):
    """The case continues in another one."""

    into: CaseRef


class CaseDisputed(
    Event,
    type="case.disputed",
    term="异议",
    sample={"by": "unit/city-management", "about": "rating", "reason": "责任不在本单位"},
):
    """A party contests jurisdiction, a rating or a deadline."""

    by: Reference
    about: Literal["jurisdiction", "rating", "deadline"]
    reason: Text | None = None


class CaseDisputeRuled(Event, type="case.dispute_ruled", term="异议裁定", sample={"upheld": False}):
    """The dispute was ruled; upheld = the one who contested is right."""

    upheld: bool
    reason: Text | None = None


class CaseExcluded(
    Event,
    type="case.excluded",
    term="剔除",
    sample={"reason": "重复反映已办结事项", "reviewer": "person/qian-0d2c"},
):
    """The case is left out of the rates, with reviewer and reason (剔除)."""

    reason: Text
    reviewer: PersonRef


class CaseSupervised(Event, type="case.supervised", term="督办", sample={"tier": "county", "note": "三日内报结果"}):
    """A higher tier took the case under supervision (督办)."""

    tier: Literal["county", "town", "community"]
    note: Text | None = None


class CaseEscalated(
    Event, type="case.escalated", term="升级", sample={"to": "place/yunxing-town", "rule": "escalate-2024-1"}
):
    """A clock ran out and the case went one tier up."""

    to: Reference
    rule: Name


class CaseOverdue(
    Overdue,
    type="case.overdue",
    term="超期",
    sample={
        "clock": "report",
        "key": "w1~unit/city-management",
        "holder": "unit/city-management",
        "due": "2024-05-12T11:00:00+08:00",
        "rule": "clocks-2024-1",
    },
):
    """A clock of the case ran out: dispatch, sign-in, handling, or a called unit's report or handling (超期)."""


class CaseWithdrawn(Event, type="case.withdrawn", term="撤回", sample={}):
    """The resident took the demand back."""

    reason: Text | None = None


class CaseClosed(Event, type="case.closed", term="办结", sample={}):
    """The desk closed the case (办结归档)."""

    reason: Text | None = None
