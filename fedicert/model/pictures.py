"""What pictures are for, what is taken, and how those of other servers are named here. No behaviour beyond that."""

import hashlib
import math
from typing import Literal

Purpose = Literal["attachment", "avatar", "header"]
"""What people here bring pictures for."""
Use = Purpose | Literal["emoji"]

MEGABYTE = 1024 * 1024
MAX_BYTES = 16 * MEGABYTE
"""Of a picture as it comes, from a client or from another server."""
MAX_PIXELS = 33_177_600
"""Of a picture as it comes, before anything of it is decoded: 7680 × 4320."""
MAX_ATTACHMENTS = 4
MAX_DESCRIPTION = 1_500
"""Characters."""
MIME_TYPES = ("image/jpeg", "image/png", "image/gif", "image/webp", "image/avif")
"""What is taken. What is kept is JPEG, PNG or WebP."""

_KEY_DIGITS = 32


def picture_key(url: str) -> str:
    """How a picture of another server is named in an address of ours.

    Who can make it knows the picture's own address already: a follower's copy is as hard to guess here as there.
    """
    return hashlib.sha256(url.encode()).hexdigest()[:_KEY_DIGITS]


PREVIEW_AREA = 640 * 360


def preview_size(width: int, height: int) -> tuple[int, int]:
    """The pixels of the preview of a picture of this size; (0, 0) where the size isn't known."""
    if width < 1 or height < 1:
        return 0, 0
    factor = min(1.0, math.sqrt(PREVIEW_AREA / (width * height)))
    return max(1, round(width * factor)), max(1, round(height * factor))
