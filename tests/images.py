"""Pictures to send: good ones, and every kind of bad one."""

from __future__ import annotations

import random
import struct
import zlib
from io import BytesIO
from typing import Any

from PIL import Image, ImageCms, PngImagePlugin

GPS = b"GPS-52.5200-13.4050"


def picture(width: int = 64, height: int = 48, mode: str = "RGB", form: str = "PNG", **settings: Any) -> bytes:
    """A picture: its left half is red, its right half blue."""
    image = Image.new("RGB", (width, height), (220, 20, 20))
    image.paste((20, 20, 220), (width // 2, 0, width, height))
    return saved(image.convert(mode), form, **settings)


def saved(image: Image.Image, form: str, **settings: Any) -> bytes:
    """An image as a file."""
    out = BytesIO()
    image.save(out, form, **settings)
    return out.getvalue()


def opened(data: bytes) -> Image.Image:
    """A file as an image, decoded."""
    image = Image.open(BytesIO(data))
    image.load()
    return image


def noise(width: int, height: int) -> Image.Image:
    """What no encoder makes small."""
    return Image.frombytes("RGB", (width, height), random.Random(7).randbytes(width * height * 3))


def told(form: str = "JPEG", orientation: int = 1) -> bytes:
    """A picture that says where it was taken, in every place where one can be told."""
    exif = Image.Exif()
    exif[0x0112] = orientation
    exif[0x010E] = GPS.decode()
    exif.get_ifd(0x8825)[1] = "N"
    exif.get_ifd(0x8825)[29] = GPS.decode()
    settings: dict[str, Any] = {
        "exif": exif.tobytes(),
        "icc_profile": ImageCms.ImageCmsProfile(ImageCms.createProfile("sRGB")).tobytes() + GPS,
        "xmp": b"<x:xmpmeta>" + GPS + b"</x:xmpmeta>",
    }
    if form == "JPEG":
        settings["comment"] = GPS
    if form == "PNG":
        text = PngImagePlugin.PngInfo()
        text.add_text("Comment", GPS.decode())
        settings = {"exif": settings["exif"], "icc_profile": settings["icc_profile"], "pnginfo": text}
    if form == "AVIF":
        settings = {"exif": settings["exif"], "xmp": settings["xmp"], "icc_profile": settings["icc_profile"]}
    return picture(64, 32, form=form, **settings) + GPS


def bare_png(width: int, height: int, pixels: bytes = b"") -> bytes:
    """A PNG that says it is so large, whatever its pixels are."""

    def chunk(kind: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + kind + body + struct.pack(">I", zlib.crc32(kind + body))

    head = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", head) + chunk(b"IDAT", zlib.compress(pixels)) + chunk(b"IEND", b"")


def gif_bomb() -> bytes:
    """A few bytes of GIF that say they are 65535 × 65535."""
    return b"GIF89a\xff\xff\xff\xff\x80\x00\x00\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\xff\xff\xff\xff\x00\x02\x02D\x01\x00;"


def nested_gif_bomb() -> bytes:
    """A small GIF whose frame is far larger than its screen."""
    return b"GIF89a\x01\x00\x01\x00\x80\x00\x00\xff\xff\xff\x00\x00\x00,\x00\x00\x00\x00\xff\xff\xff\xff\x00\x02\x02D\x01\x00;"


def gif_of_many() -> bytes:
    """A GIF that moves: red, then 300 other frames."""
    frames = [Image.new("P", (40, 40), number % 200) for number in range(300)]
    first = Image.new("RGB", (40, 40), (220, 20, 20)).convert("P")
    return saved(first, "GIF", save_all=True, append_images=frames, duration=10)


def text_bomb() -> bytes:
    """A PNG with a comment that unpacks to 100 MB."""
    body = b"Comment\x00\x00" + zlib.compress(b"a" * 100_000_000, 9)
    chunk = struct.pack(">I", len(body)) + b"zTXt" + body + struct.pack(">I", zlib.crc32(b"zTXt" + body))
    whole = picture()
    return whole[:33] + chunk + whole[33:]


SVG = b'<?xml version="1.0"?><svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>'
HTML = b"<!DOCTYPE html><html><script>alert(1)</script></html>"


def hostile() -> dict[str, bytes]:
    """Name → what must not be taken."""
    whole, large = picture(400, 300, form="JPEG"), saved(noise(200, 200), "PNG")
    return {
        "html": HTML,
        "svg": SVG,
        "nothing that is known": b"\x00" * 1_000,
        "a pdf": b"%PDF-1.7\n" + b"x" * 100,
        "a program": b"\x7fELF" + b"\x00" * 100,
        "a bmp": picture(form="BMP"),
        "a tiff": picture(form="TIFF"),
        "an icon": picture(form="ICO"),
        "a photoshop file": b"8BPS\x00\x01" + b"\x00" * 40,
        "a postscript file": b"%!PS-Adobe-3.0 EPSF-3.0\n%%BoundingBox: 0 0 9 9\n",
        "too many pixels": bare_png(60_000, 60_000, b"\x00" * 1_000),
        "a line": bare_png(100_000, 1, b"\x00" * 300_001),
        "a jpeg that was cut": whole[: len(whole) // 2],
        "a png that was cut": large[: len(large) // 2],
        "a head alone": whole[:20],
        "a png without pixels": bare_png(100, 100),
        "a gif bomb": gif_bomb(),
        "a gif bomb in a small one": nested_gif_bomb(),
        "a text bomb": text_bomb(),
        "a webp that was cut": saved(noise(100, 100), "WEBP")[:2_000],
        "an avif that was cut": saved(noise(100, 100), "AVIF")[:2_000],
    }
