"""place 县 镇 社区 小区 楼栋 微网格 党员中心户: the tree that everything happens in."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from ledger.event import Event
from ledger.fields import (
    Location,
    Name,
    PartyRef,
    Personal,
    PersonRef,
    PlaceRef,
    PlaceRefs,
    SealedText,
    Text,
    UnitRef,
)
from ledger.limits import LIST_ITEMS

Level = Literal["county", "town", "community", "estate", "building", "grid", "party_household"]
Network = Literal["party", "public_security", "human_resources", "city"]
StaffRole = Literal["grid_worker", "building_chief", "branch_secretary", "household_head"]
Outline = Annotated[tuple[Location, ...], Meta(max_length=LIST_ITEMS)]
Networks = Annotated[tuple[Network, ...], Meta(max_length=4)]
FacilityKind = Literal[
    "red_harbour",
    "party_mass_centre",
    "service_home",
    "service_window",
    "activity_room",
    "square",
    "daily_life",
]
Functions = Annotated[tuple[Name, ...], Meta(max_length=20)]
ServingParty = Literal[
    "party_branch", "two_committees", "owners_committee", "property_company", "law_enforcement", "police"
]
Body = Literal["party_committee", "peoples_congress", "government", "cppcc"]
RegulationKind = Literal["grid_mechanism", "owners_committee_routine", "branch_duties", "branch_liaison"]


class PlaceRegistered(
    Event,
    type="place.registered",
    term="地点登记",
    sample={
        "name": "云兴街社区第一网格",
        "level": "grid",
        "parent": "place/yunxing",
        "centre": {"longitude": 112.7, "latitude": 40.01},
        "networks": ["party", "city"],
    },
):
    """A place entered the tree (网格划分). A grid's parent may be a community."""

    name: Name
    level: Level
    parent: PlaceRef | None = None
    household_name: Annotated[SealedText, Personal(Name, mask="name")] | None = None
    centre: Location | None = None
    outline: Outline | None = None
    responsible_unit: UnitRef | None = None
    networks: Networks = ()


class PlaceChanged(Event, type="place.changed", term="地点变更", sample={"responsible_unit": "unit/finance-bureau"}):
    """A place got another parent, responsible unit, outline or brand (文教礼, 网格联动)."""

    parent: PlaceRef | None = None
    responsible_unit: UnitRef | None = None
    outline: Outline | None = None
    brand: Name | None = None


class PlaceMerged(
    Event, type="place.merged", term="多网合一", sample={"network": "city", "from": ["place/chengguan-3"]}
):
    """Grids of another network were merged into this place (多网合一)."""

    network: Network
    merged: PlaceRefs = field(name="from")


class PlaceClosed(Event, type="place.closed", term="地点撤销", sample={"reason": "并入相邻网格"}):
    """A place left the tree."""

    reason: Text | None = None


class PlaceStaffed(
    Event,
    type="place.staffed",
    term="配备人员",
    sample={"person": "person/li-7f3a", "role": "grid_worker", "chosen": "appointed", "full_time": True},
):
    """Somebody took up a post at a place (专兼职网格员, 楼栋长, 支部书记, 中心户)."""

    person: PersonRef
    role: StaffRole
    chosen: Literal["elected_by_owners", "appointed", "hired"]
    profession: Name | None = None
    full_time: bool | None = None


class PlaceUnstaffed(
    Event, type="place.unstaffed", term="人员离岗", sample={"person": "person/li-7f3a", "role": "grid_worker"}
):
    """Somebody left a post at a place."""

    person: PersonRef
    role: StaffRole


class FacilityOpened(
    Event,
    type="facility.opened",
    term="阵地开放",
    sample={
        "facility": "red-harbour",
        "kind": "red_harbour",
        "functions": ["议事", "阅览", "调解"],
        "location": {"longitude": 112.703, "latitude": 40.012},
        "hours": "每日 8:00–21:00",
    },
):
    """A facility opened at the place (红色港湾, 党群服务中心, “服务之家”, 服务窗口, 活动室, 广场, 便民点)."""

    facility: Name
    kind: FacilityKind
    functions: Functions = ()
    location: Location | None = None
    hours: Name | None = None


class FacilityUpgraded(
    Event,
    type="facility.upgraded",
    term="阵地改造升级",
    sample={"facility": "party-mass-centre", "functions": ["综合窗口", "便民食堂"]},
):
    """A facility was rebuilt or got more functions (改造升级); absent fields stay."""

    facility: Name
    functions: Functions | None = None
    location: Location | None = None
    hours: Name | None = None


class FacilityClosed(
    Event, type="facility.closed", term="阵地关闭", sample={"facility": "activity-room-2", "reason": "房屋到期"}
):
    """A facility closed."""

    facility: Name
    reason: Text | None = None


class PlaceServed(
    Event,
    type="place.served",
    term="服务力量到位",
    sample={"party": "property_company", "by": "unit/anju-property"},
):
    """A party of the one core and four took up its service (一个核心、四位一体); `by` is a unit or a person."""

    party: ServingParty
    by: PartyRef


class PlaceUnserved(
    Event,
    type="place.unserved",
    term="服务力量撤出",
    sample={"party": "property_company", "by": "unit/anju-property"},
):
    """A party of the one core and four ended its service there."""

    party: ServingParty
    by: PartyRef


class PlaceLinked(
    Event,
    type="place.linked",
    term="领导包抓",
    sample={"leader": "person/leader-01", "body": "party_committee"},
):
    """A leader of one of the four bodies took charge of the place (四大班子领导直接联系包抓)."""

    leader: PersonRef
    body: Body


class PlaceUnlinked(Event, type="place.unlinked", term="解除包抓", sample={"leader": "person/leader-01"}):
    """A leader is no longer in charge of the place."""

    leader: PersonRef


class RegulationIssued(
    Event,
    type="regulation.issued",
    term="制度出台",
    sample={"regulation": "branch-duties", "kind": "branch_duties", "title": "小区党支部工作职责"},
):
    """A regulation came into force (网格治理运行机制, 业委会日常工作制度, 党支部工作职责, 党支部联系制度)."""

    regulation: Name
    kind: RegulationKind
    title: Name


class RegulationRevised(
    Event,
    type="regulation.revised",
    term="制度修订",
    sample={"regulation": "branch-duties", "title": "小区党支部工作职责（2024 年修订）"},
):
    """A regulation was revised."""

    regulation: Name
    title: Name | None = None


class RegulationRepealed(
    Event, type="regulation.repealed", term="制度废止", sample={"regulation": "branch-duties"}
):
    """A regulation is no longer in force."""

    regulation: Name
    reason: Text | None = None
