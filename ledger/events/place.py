"""place 县 镇 社区 小区 楼栋 微网格 党员中心户: the tree that everything happens in."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, field

from ledger.event import Event
from ledger.fields import Location, Name, Personal, PersonRef, PlaceRef, PlaceRefs, SealedText, Text, UnitRef
from ledger.limits import LIST_ITEMS

Level = Literal["county", "town", "community", "estate", "building", "grid", "party_household"]
Network = Literal["party", "public_security", "human_resources", "city"]
StaffRole = Literal["grid_worker", "building_chief", "branch_secretary", "household_head"]
Outline = Annotated[tuple[Location, ...], Meta(max_length=LIST_ITEMS)]
Networks = Annotated[tuple[Network, ...], Meta(max_length=4)]


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
