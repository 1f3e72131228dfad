"""Looks at pictures that strangers made, inside the limited child. Nothing else of the program imports Pillow.

What a picture is, its bytes say, never its name. Its size is judged before a pixel is decoded. What comes out is
encoded anew from pixels alone: turned as its EXIF said, in sRGB, without EXIF, XMP, ICC, comments, or anything that
was hidden behind it. Of what moves (GIF, APNG, WebP), the first picture stands for all.
"""

from io import BytesIO
from math import sqrt

import blurhash_rs
import msgspec
from PIL import AvifImagePlugin, Image, ImageCms, UnidentifiedImageError
from PIL.Image import Resampling, Transpose

from fedicert.media.messages import Answer, Encoded, Made, Order, Refused
from fedicert.model.pictures import MAX_PIXELS, MEGABYTE, PREVIEW_AREA

FORMATS = ("JPEG", "PNG", "GIF", "WEBP", "AVIF")
LONGEST_SIDE = 16_384
"""Of a picture as it comes."""
SIDE = 4_096
"""The longest side of what is kept."""
BLURHASH_SIDE = 64
EMOJI_SIDE = 128
CROPPED = {"avatar": (400, 400), "header": (1500, 500)}
LARGEST_PNG = 4 * MEGABYTE
"""A PNG beyond this holds a photograph, which a lossy form suits better."""

INVALID = "Validation failed: File content type is invalid"
DAMAGED = "Validation failed: File is damaged or isn't whole"
TOO_LARGE = "Validation failed: File has more pixels than can be taken"

_ORIENTATION = 0x0112
_TURNS = {
    2: Transpose.FLIP_LEFT_RIGHT,
    3: Transpose.ROTATE_180,
    4: Transpose.FLIP_TOP_BOTTOM,
    5: Transpose.TRANSPOSE,
    6: Transpose.ROTATE_270,
    7: Transpose.TRANSVERSE,
    8: Transpose.ROTATE_90,
}
_MIME_TYPES = {"JPEG": ("image/jpeg", "jpg"), "PNG": ("image/png", "png"), "WEBP": ("image/webp", "webp")}
_SRGB = ImageCms.createProfile("sRGB")
_SIXTEEN_BITS = ("I", "I;16", "I;16B", "I;16L", "I;16N")

# Threads would need address space each, which is limited.
AvifImagePlugin.DEFAULT_MAX_THREADS = 1


class _BadPictureError(Exception):
    """The sentence says what is wrong."""


def answer(request: bytes) -> bytes:
    """An encoded `Order` becomes an encoded `Made` or `Refused`."""
    order = msgspec.msgpack.decode(request, type=Order)
    found: Answer
    try:
        found = make(order)
    except _BadPictureError as error:
        found = Refused(str(error))
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        found = Refused(TOO_LARGE)
    return msgspec.msgpack.encode(found)


def make(order: Order) -> Made:
    """The picture as it is kept."""
    opened = _open(order.data)
    turn = _turn(opened)
    profile = opened.info.get("icc_profile")
    drawn = opened.format in ("PNG", "GIF")
    image = _loaded(opened, _box(order.use, turn))
    if turn is not None:
        image = image.transpose(turn)
    image = _in_srgb(_plain(image), profile)
    if order.use in CROPPED:
        return Made(_encoded(_cropped(image, CROPPED[order.use]), drawn))
    if order.use == "emoji":
        return Made(_encoded(_fitted(image, EMOJI_SIDE, EMOJI_SIDE), drawn))
    image = _fitted(image, SIDE, SIDE)
    small = _preview(image)
    return Made(_encoded(image, drawn), _encoded(small, drawn and small.mode == "RGBA"), _blurhash(small))


def _open(data: bytes) -> Image.Image:
    # Pillow would refuse without saying how large it is; nothing is decoded before we have.
    Image.MAX_IMAGE_PIXELS = None
    try:
        image = Image.open(BytesIO(data), formats=FORMATS)
    except UnidentifiedImageError:
        raise _BadPictureError(INVALID) from None
    except (OSError, ValueError, SyntaxError, KeyError, IndexError, TypeError, EOFError):
        raise _BadPictureError(DAMAGED) from None
    finally:
        Image.MAX_IMAGE_PIXELS = MAX_PIXELS
    width, height = image.size
    if width < 1 or height < 1:
        raise _BadPictureError(DAMAGED)
    if width * height > MAX_PIXELS or max(width, height) > LONGEST_SIDE:
        raise _BadPictureError(f"{width}x{height} images are not supported")
    return image


def _turn(image: Image.Image) -> Transpose | None:
    """How it has to be turned; EXIF that can't be read says nothing."""
    try:
        return _TURNS.get(image.getexif().get(_ORIENTATION, 1))
    except Exception:  # a parser of what strangers wrote; a picture without orientation is a picture
        return None


def _box(use: str, turn: Transpose | None) -> tuple[int, int]:
    """The least that a JPEG may be decoded to, in its own orientation."""
    width, height = CROPPED.get(use, (EMOJI_SIDE, EMOJI_SIDE) if use == "emoji" else (SIDE, SIDE))
    lying = turn in (Transpose.TRANSPOSE, Transpose.ROTATE_270, Transpose.TRANSVERSE, Transpose.ROTATE_90)
    return (height, width) if lying else (width, height)


def _loaded(image: Image.Image, box: tuple[int, int]) -> Image.Image:
    """The pixels, of a JPEG no more of them than are needed."""
    try:
        image.draft(None, box)
        image.load()
    except (Image.DecompressionBombError, Image.DecompressionBombWarning):
        raise
    except (OSError, ValueError, SyntaxError, KeyError, IndexError, TypeError, EOFError, AttributeError):
        raise _BadPictureError(DAMAGED) from None
    return image


def _plain(image: Image.Image) -> Image.Image:
    """Eight bits a channel, as RGB, RGBA or (with a profile to come) CMYK."""
    if image.mode in _SIXTEEN_BITS:
        return image.point(lambda value: value * (1 / 256)).convert("L").convert("RGB")
    clear = image.mode in ("LA", "PA", "La", "RGBA", "RGBa") or "transparency" in image.info
    if clear:
        found = image.convert("RGBA")
        lowest, _ = found.getchannel("A").getextrema()
        return found if lowest != 255 else found.convert("RGB")
    return image if image.mode in ("RGB", "CMYK") else image.convert("RGB")


def _in_srgb(image: Image.Image, profile: bytes | None) -> Image.Image:
    """The same colours in sRGB, which is what a picture without a profile is taken for."""
    wanted = "RGBA" if image.mode == "RGBA" else "RGB"
    if profile:
        try:
            source = ImageCms.ImageCmsProfile(BytesIO(profile))
            moved = ImageCms.profileToProfile(image, source, _SRGB, outputMode=wanted)
        except (ImageCms.PyCMSError, OSError, ValueError, TypeError):
            moved = None  # a profile of another kind, or none at all
        if moved is not None:
            return moved
    return image if image.mode == wanted else image.convert(wanted)


def _fitted(image: Image.Image, width: int, height: int) -> Image.Image:
    """No larger than this box."""
    return _scaled(image, min(width / image.width, height / image.height))


def _preview(image: Image.Image) -> Image.Image:
    return _scaled(image, sqrt(PREVIEW_AREA / (image.width * image.height)))


def _scaled(image: Image.Image, factor: float) -> Image.Image:
    if factor >= 1:
        return image
    size = max(1, round(image.width * factor)), max(1, round(image.height * factor))
    return image.resize(size, Resampling.LANCZOS, reducing_gap=2.0)


def _cropped(image: Image.Image, box: tuple[int, int]) -> Image.Image:
    """The middle of it in the shape of the box; no larger than the box, and never made larger."""
    wanted = box[0] / box[1]
    width = min(image.width, max(1, round(image.height * wanted)))
    height = min(image.height, max(1, round(image.width / wanted)))
    left, top = (image.width - width) // 2, (image.height - height) // 2
    return _fitted(image.crop((left, top, left + width, top + height)), *box)


def _blurhash(image: Image.Image) -> str:
    small = _scaled(image, BLURHASH_SIDE / max(image.size))
    if small.mode == "RGBA":
        ground = Image.new("RGB", small.size, "white")
        ground.paste(small, mask=small.getchannel("A"))
        small = ground
    across, down = (4, 3) if small.width >= small.height else (3, 4)
    return blurhash_rs.blurhash_encode(small, across, down)


def _encoded(image: Image.Image, drawn: bool) -> Encoded:
    """As PNG where it was drawn, or else JPEG, or WebP where one can see through it."""
    clear = image.mode == "RGBA"
    if drawn:
        found = _saved(image, "PNG", compress_level=4)
        if len(found.data) <= LARGEST_PNG:
            return found
    if clear:
        return _saved(image, "WEBP", quality=85, method=2)
    return _saved(image, "JPEG", quality=85, subsampling=0 if drawn else 2)


def _saved(image: Image.Image, form: str, **settings: int) -> Encoded:
    image.info = {}  # writers take comments and profiles from there by themselves
    out = BytesIO()
    image.save(out, form, **settings)
    mime_type, suffix = _MIME_TYPES[form]
    return Encoded(out.getvalue(), mime_type, suffix, image.width, image.height)
