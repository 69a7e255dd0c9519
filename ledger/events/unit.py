"""unit 驻区单位: government, institutions, enterprises, property companies and organisations."""

from __future__ import annotations

from typing import Literal

from ledger.event import Event
from ledger.fields import Name, PlaceRef, PlaceRefs, SurveyRef, Text, UnitRef

UnitKindName = Literal[
    "government",
    "institution",
    "enterprise",
    "social_enterprise",
    "property_company",
    "social_organisation",
    "owners_committee",
    "law_enforcement",
    "police",
]
AllianceCategory = Literal["alliance_cadre", "social_worker", "delegate", "volunteer", "resident", "unit"]


class UnitRegistered(
    Event, type="unit.registered", term="单位登记", sample={"name": "左云县财政局", "kind": "government"}
):
    """A unit entered the registry (驻区单位登记)."""

    name: Name
    kind: UnitKindName


class UnitPaired(
    Event,
    type="unit.paired",
    term="结对",
    sample={"mode": "N+1", "community": "place/yunxing", "estates": ["place/yuntai-garden"]},
):
    """A unit's party branch paired with a community and estates (1+1, N+1 结对)."""

    mode: Literal["1+1", "N+1"]
    community: PlaceRef
    estates: PlaceRefs = ()


class UnitContacted(Event, type="unit.contacted", term="联系", sample={"place": "place/yunxing"}):
    """A paired unit was in contact with its place (常态化联系)."""

    place: PlaceRef


class UnitUnpaired(Event, type="unit.unpaired", term="解除结对", sample={"community": "place/yunxing"}):
    """A pairing ended."""

    community: PlaceRef
    reason: Text | None = None


class UnitReplaced(
    Event,
    type="unit.replaced",
    term="更换服务者",
    sample={
        "estate": "place/yuntai-garden",
        "service": "保洁",
        "by": "unit/hengxin-property",
        "authority": "owners_vote",
        "survey": "survey/yuntai-2024-1",
        "item": "保洁",
    },
):
    """The unit lost a service at an estate to another one (更换服务者); the survey's remedy is what it rests on."""

    estate: PlaceRef
    service: Name
    by: UnitRef
    authority: Literal["conference", "owners_vote"]
    survey: SurveyRef | None = None
    item: Name | None = None


class AllianceJoined(
    Event,
    type="alliance.joined",
    term="加入党建联盟",
    subjects=("unit", "person"),
    sample={"category": "unit"},
):
    """A unit or a person joined the alliance of party branches (党建联盟)."""

    category: AllianceCategory
