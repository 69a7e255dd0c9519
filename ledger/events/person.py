"""person 人员: members, workers, volunteers and residents; ids are opaque, names are sealed."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from msgspec import Meta, field

from ledger.event import Event
from ledger.fields import Name, Personal, PersonRef, PlaceRef, Reference, SealedText, Text, Time, UnitRef

Role = Literal[
    "in_service_member",
    "retired_member",
    "grid_worker",
    "volunteer",
    "resident",
    "delegate",
    "social_worker",
    "property_manager",
    "police_officer",
    "law_enforcement_officer",
    "leader",
    "enthusiastic_resident",
]
Roles = Annotated[tuple[Role, ...], Meta(max_length=12)]
Phone = Annotated[str, Meta(pattern=r"^[0-9+ -]{5,20}\Z")]


class PersonRegistered(
    Event,
    type="person.registered",
    term="人员登记",
    sample={
        "name": "张某某",
        "phone": "13800005678",
        "roles": ["in_service_member"],
        "unit": "unit/finance-bureau",
        "community": "place/yunxing",
    },
):
    """A person entered the registry (在职党员, 网格员, 志愿者, 居民 …)."""

    roles: Roles
    name: Annotated[SealedText, Personal(Name, mask="name")] | None = None
    phone: Annotated[SealedText, Personal(Phone, mask="phone")] | None = None
    unit: UnitRef | None = None
    community: PlaceRef | None = None


class PersonChanged(Event, type="person.changed", term="人员变更", sample={"unit": "unit/education-bureau"}):
    """A person's roles, unit or community changed; absent fields stay."""

    roles: Roles | None = None
    unit: UnitRef | None = None
    community: PlaceRef | None = None


class PersonLeft(Event, type="person.left", term="人员离开", sample={"reason": "调离"}):
    """A person left the county's registry."""

    reason: Text | None = None


class PersonMerged(Event, type="person.merged", term="人员合并", sample={"into": "person/zhang-1c2d"}):
    """This id and another are one person."""

    into: PersonRef


class PersonAway(
    Event,
    type="person.away",
    term="外出请假",
    sample={"from": "2024-05-01T00:00:00+08:00", "until": "2024-05-06T00:00:00+08:00"},
):
    """A person can't be given work for a while."""

    since: Time = field(name="from")
    until: Time


class PersonForgotten(
    Event, type="person.forgotten", term="遗忘", sample={"basis": "个人信息保护法第四十七条，本人申请"}
):
    """The key of a person's data was destroyed: what was sealed under it can be opened by nobody any more (遗忘).

    `basis` is public: why, never whose. `owner` is what owned the data where that was no person with an id: the case
    of somebody who reported anonymously; the event's subject is then a person of its own that means nothing else.
    """

    is_final: ClassVar[bool] = True

    basis: Name
    owner: Reference | None = None
