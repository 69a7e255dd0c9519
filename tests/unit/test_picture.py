"""A photo keeps its picture and nothing else; what is no photo is refused before it costs anything."""

from __future__ import annotations

import io
import struct
import zlib
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from PIL import Image, PngImagePlugin

from ledger.errors import EventRefused
from ledger.limits import PHOTO_BYTES
from producers.gateway.picture import without_metadata

SECRET = "person-wang-secret"
OF_THE_FORMAT = {"jfif", "jfif_version", "jfif_unit", "jfif_density", "loop", "background", "timestamp", "duration"}
TYPES = {"JPEG": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}


def picture(width: int = 40, height: int = 20) -> Image.Image:
    """Left half red, right half blue."""
    made = Image.new("RGB", (width, height), (220, 20, 20))
    made.paste((20, 20, 220), (width // 2, 0, width, height))
    return made


def exif(orientation: int = 1) -> Image.Exif:
    made = Image.Exif()
    made[0x010E] = SECRET  # description
    made[0x0112] = orientation
    made.get_ifd(0x8825)[1] = "N"  # GPS
    made.get_ifd(0x8825)[2] = (40.0, 0.0, 43.21)
    made.get_ifd(0x8825)[29] = SECRET
    return made


def written(format_: str, made: Image.Image | None = None, **options: Any) -> bytes:
    stream = io.BytesIO()
    (made or picture()).save(stream, format=format_, **options)
    return stream.getvalue()


def laden(format_: str, orientation: int = 1) -> bytes:
    """A picture with everything that its format has room for, and something behind its end."""
    options: dict[str, Any] = {"exif": exif(orientation), "icc_profile": SECRET.encode() * 9}
    if format_ == "PNG":
        text = PngImagePlugin.PngInfo()
        text.add_text("Comment", SECRET)
        text.add_itxt("XML:com.adobe.xmp", SECRET, zip=False)
        options["pnginfo"] = text
    else:
        options["xmp"] = f"<x:xmpmeta>{SECRET}</x:xmpmeta>".encode()
    if format_ == "JPEG":
        options["comment"] = SECRET.encode()
    return written(format_, **options) + SECRET.encode()


def png_of(width: int, height: int) -> bytes:
    """The head of a picture of that size, without one pixel."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    head = chunk(b"IHDR", struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0))
    return b"\x89PNG\r\n\x1a\n" + head + chunk(b"IDAT", zlib.compress(b"\0" * 99)) + chunk(b"IEND", b"")


def refused(sent: bytes, **limits: int) -> str:
    with pytest.raises(EventRefused) as caught:
        without_metadata(sent, **limits)
    assert SECRET not in str(caught.value)
    return caught.value.code


@pytest.mark.parametrize("format_", TYPES)
def test_nothing_but_the_picture_is_kept(format_: str) -> None:
    sent = laden(format_)
    assert SECRET.encode() in sent, "the control: it was there"
    assert Image.open(io.BytesIO(sent)).getexif().get_ifd(0x8825), "the control: so was the place"
    media_type, kept = without_metadata(sent)
    assert media_type == TYPES[format_]
    assert SECRET.encode() not in kept
    opened = Image.open(io.BytesIO(kept))
    assert dict(opened.getexif()) == {}
    assert set(opened.info) <= OF_THE_FORMAT
    assert opened.size == (40, 20)
    for mark in (b"Exif", b"EXIF", b"ICC", b"iCCP", b"eXIf", b"xmp", b"XMP", b"tEXt", b"iTXt", b"zTXt"):
        assert mark not in kept


@pytest.mark.parametrize("format_", TYPES)
@pytest.mark.parametrize("orientation", range(1, 9))
def test_the_picture_is_turned_as_the_camera_was_held(format_: str, orientation: int) -> None:
    _, kept = without_metadata(laden(format_, orientation))
    opened = Image.open(io.BytesIO(kept)).convert("RGB")
    is_on_its_side = orientation >= 5
    assert opened.size == ((20, 40) if is_on_its_side else (40, 20))
    red, _, blue = opened.getpixel((3, 3))  # type: ignore[misc]
    begins_red = orientation in (1, 4, 5, 6)
    assert (red > blue) == begins_red


@pytest.mark.parametrize("format_", TYPES)
def test_the_same_photo_gives_the_same_bytes_and_once_more_through_changes_no_type(format_: str) -> None:
    first, second = without_metadata(laden(format_)), without_metadata(laden(format_))
    assert first == second
    assert without_metadata(first[1])[0] == first[0]


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "RGBA", "CMYK", "YCbCr"])
@pytest.mark.parametrize("format_", TYPES)
def test_pictures_of_every_mode_are_kept(mode: str, format_: str) -> None:
    try:
        sent = written(format_, picture().convert(mode))
    except OSError:
        return  # the format has no such mode
    assert without_metadata(sent)[0] == TYPES[format_]


def test_what_is_transparent_stays_so() -> None:
    clear = Image.new("RGBA", (9, 9), (10, 20, 30, 0))
    for format_ in ("PNG", "WEBP"):
        _, kept = without_metadata(written(format_, clear))
        assert Image.open(io.BytesIO(kept)).convert("RGBA").getpixel((4, 4))[3] == 0  # type: ignore[index]


def test_a_bomb_is_refused_by_its_head_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    def load(_: object) -> None:
        raise AssertionError("decoded before its size was looked at")

    monkeypatch.setattr("PIL.ImageFile.ImageFile.load", load)
    assert refused(png_of(6_325, 6_325)) == "photo_too_many_pixels"  # 40.005 megapixels
    assert refused(png_of(2_000_000, 2_000_000)) == "photo_too_many_pixels"


def test_the_largest_picture_is_kept() -> None:
    assert without_metadata(written("PNG"), limit_pixels=800)[0] == "image/png"
    assert refused(written("PNG"), limit_pixels=799) == "photo_too_many_pixels"


def test_too_many_bytes_are_refused_as_sent_and_as_kept() -> None:
    assert refused(b"\xff" * (PHOTO_BYTES + 1)) == "photo_too_large"
    noise = Image.effect_noise((64, 64), 90).convert("RGB")
    small = written("JPEG", noise, quality=5)
    assert refused(small, limit_bytes=len(small)) == "photo_too_large"  # its pixels need more room than it had


BROKEN: dict[str, Callable[[], bytes]] = {
    "nothing": lambda: b"",
    "text": lambda: SECRET.encode(),
    "gif": lambda: written("GIF"),
    "bmp": lambda: written("BMP"),
    "tiff": lambda: written("TIFF"),
    "svg": lambda: b'<svg xmlns="http://www.w3.org/2000/svg"/>',
    "half": lambda: laden("JPEG")[: len(written("JPEG")) // 2],
    "no pixels": lambda: png_of(6, 6),
    "postscript": lambda: b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
}


@pytest.mark.parametrize("name", BROKEN)
def test_what_is_no_whole_photo_is_refused(name: str) -> None:
    assert refused(BROKEN[name]()) == "photo_unreadable"


@settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])
@given(st.sampled_from(sorted(TYPES)), st.integers(0, 10_000), st.binary(min_size=1, max_size=8))
def test_a_damaged_photo_is_kept_or_refused_and_nothing_else(format_: str, at: int, damage: bytes) -> None:
    sent = bytearray(laden(format_))
    at %= len(sent)
    sent[at : at + len(damage)] = damage
    try:
        _, kept = without_metadata(bytes(sent))
    except EventRefused as refusal:
        assert refusal.code.startswith("photo_")
    else:
        assert SECRET.encode() not in kept
