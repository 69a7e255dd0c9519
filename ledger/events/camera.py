"""camera 视频资源: cameras of the three networks, what they alert to and what people found there."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta

from ledger.event import Event
from ledger.fields import CaseRef, Location, Name, Personal, PersonRef, Photo, PlaceRef, SealedText, Text

CameraNetwork = Literal["snow_bright", "sky_net", "wise_eye"]
AlertKind = Literal["fire", "blocked_passage", "thrown_object", "crowd", "fall", "intrusion", "littering", "other"]
Confidence = Annotated[int, Meta(ge=0, le=100)]


class CameraRegistered(
    Event,
    type="camera.registered",
    term="视频接入",
    sample={
        "network": "snow_bright",
        "place": "place/yuntai-garden",
        "location": {"longitude": 112.703, "latitude": 40.012},
    },
):
    """A camera of the three networks was connected (雪亮工程, 公安天网, 慧眼工程)."""

    network: CameraNetwork
    place: PlaceRef
    location: Annotated[SealedText, Personal(Location)] | None = None


class CameraAlerted(
    Event,
    type="camera.alerted",
    term="视频预警",
    sample={"alert": "a-20240511-01", "kind": "blocked_passage", "confidence": 87},
):
    """The camera's analysis saw something; `confidence` in percent."""

    alert: Name
    kind: AlertKind
    confidence: Confidence
    snapshot: Photo | None = None


class CameraConfirmed(
    Event,
    type="camera.confirmed",
    term="预警属实",
    sample={"alert": "a-20240511-01", "by": "person/li-7f3a"},
):
    """A grid worker found the alert to be true; without a case, one is opened."""

    alert: Name
    by: PersonRef
    case: CaseRef | None = None


class CameraDismissed(
    Event,
    type="camera.dismissed",
    term="预警排除",
    sample={"alert": "a-20240511-02", "by": "person/li-7f3a", "reason": "光影误报"},
):
    """A grid worker found nothing."""

    alert: Name
    by: PersonRef
    reason: Text | None = None
