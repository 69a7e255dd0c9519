"""A photo taken apart: nothing but its picture is kept, upright, in the format that it came in.

Everything is decoded and encoded anew, so that no metadata (place and time of the shot, names, thumbnails), no colour
profile, comment, second picture or hidden attachment survives, whatever the format has room for.
"""

from __future__ import annotations

import io
from typing import Any

from PIL import Image, ImageOps

from ledger import limits
from ledger.errors import EventRefused
from ledger.refusal import refuse

# MPO: what phones call a JPEG with a second picture behind the first; only the first is kept.
_MEDIA_TYPES = {"JPEG": "image/jpeg", "MPO": "image/jpeg", "PNG": "image/png", "WEBP": "image/webp"}
_READ = ("JPEG", "PNG", "WEBP")
_WRITE: dict[str, dict[str, Any]] = {
    "image/jpeg": {"format": "JPEG", "quality": 85, "optimize": True},
    "image/png": {"format": "PNG"},
    "image/webp": {"format": "WEBP", "quality": 85, "method": 4},
}
AT_ONCE = 2  # photos side by side, for the caller to keep to: one of 40 megapixels takes 300 MB while it is turned

# Our own bound is stricter, and checked before anything is decoded; Pillow's would only warn.
Image.MAX_IMAGE_PIXELS = None


def without_metadata(
    sent: bytes, limit_bytes: int = limits.PHOTO_BYTES, limit_pixels: int = limits.PHOTO_PIXELS
) -> tuple[str, bytes]:
    """Media type and bytes of the bare picture; the same input gives the same output under one version of Pillow.

    Raises `EventRefused`: `photo_unreadable`, `photo_too_large` (as sent or as kept), `photo_too_many_pixels`.
    """
    if len(sent) > limit_bytes:
        refuse("photo_too_large", "", f"{len(sent)} bytes", limit=limit_bytes)
    try:
        with Image.open(io.BytesIO(sent), formats=_READ) as picture:
            width, height = picture.size
            if width * height > limit_pixels:
                refuse("photo_too_many_pixels", "", f"{width} × {height}", limit=limit_pixels)
            media_type = _MEDIA_TYPES[picture.format or ""]
            kept = _encoded(_bare(picture, media_type), media_type)
    except EventRefused:
        raise
    except Exception:  # decoders of foreign bytes raise anything: OSError, SyntaxError, struct.error, ValueError, …
        refuse("photo_unreadable", "", f"{len(sent)} bytes")
    if len(kept) > limit_bytes:
        refuse("photo_too_large", "", f"{len(kept)} bytes without metadata", limit=limit_bytes)
    return media_type, kept


def _bare(picture: Image.Image, media_type: str) -> Image.Image:
    """The pixels alone, turned as the camera was held, in a mode that every browser shows."""
    upright = ImageOps.exif_transpose(picture)
    if upright.mode in ("1", "L"):
        mode = "L"
    else:
        mode = "RGBA" if upright.has_transparency_data and media_type != "image/jpeg" else "RGB"
    bare = upright.convert(mode)
    bare.info = {}
    return bare


def _encoded(bare: Image.Image, media_type: str) -> bytes:
    kept = io.BytesIO()
    bare.save(kept, **_WRITE[media_type])
    return kept.getvalue()
