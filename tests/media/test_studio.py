"""What becomes of pictures that strangers made: what is kept of them, and what is refused in words."""

from __future__ import annotations

import os
import resource
import signal
from collections.abc import AsyncIterator

import pytest
from PIL import ImageCms

from fedicert.base.errors import Unprocessable
from fedicert.base.limited import LimitedChild
from fedicert.media import studio as room
from fedicert.media.messages import Made
from fedicert.media.studio import Studio
from fedicert.model.pictures import MAX_BYTES, preview_size
from tests.images import GPS, HTML, gif_of_many, hostile, noise, opened, picture, saved, told

HOSTILE = hostile()


@pytest.fixture
async def studio() -> AsyncIterator[Studio]:
    made = Studio()
    yield made
    await made.close()


def red(pixel: tuple[int, ...]) -> bool:
    return pixel[0] > 150 and pixel[2] < 100


@pytest.mark.parametrize(
    ("form", "mime_type"),
    [
        ("JPEG", "image/jpeg"),
        ("PNG", "image/png"),
        ("GIF", "image/png"),
        ("WEBP", "image/jpeg"),
        ("AVIF", "image/jpeg"),
    ],
)
async def test_what_comes_out_is_a_picture_of_a_fixed_kind(studio: Studio, form: str, mime_type: str) -> None:
    made = await studio.make(picture(1_200, 900, form=form), "attachment")
    assert made.original.mime_type == mime_type
    image = opened(made.original.data)
    assert f"image/{image.format.lower()}" == mime_type and image.size == (1_200, 900)
    assert (made.original.width, made.original.height) == (1_200, 900)
    assert red(image.convert("RGB").getpixel((100, 400))) and not red(image.convert("RGB").getpixel((1_100, 400)))
    assert made.preview is not None
    assert (made.preview.width, made.preview.height) == opened(made.preview.data).size == preview_size(1_200, 900)
    assert 640 * 350 < made.preview.width * made.preview.height < 640 * 370
    assert len(made.blurhash) == 28  # 4 × 3 components


@pytest.mark.parametrize("form", ["JPEG", "PNG", "WEBP", "AVIF"])
async def test_nothing_but_pixels_comes_through(studio: Studio, form: str) -> None:
    data = told(form, orientation=6)
    assert GPS in data
    made = await studio.make(data, "attachment")
    for part in (made.original, made.preview):
        assert part is not None and GPS not in part.data
        image = opened(part.data)
        assert not image.getexif() and not {"icc_profile", "xmp", "comment", "Comment", "exif"} & set(image.info)
    for use in ("avatar", "header", "emoji"):
        assert GPS not in (await studio.make(data, use)).original.data  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("orientation", "size", "red_at"),
    [
        (1, (64, 32), (2, 2)),
        (2, (64, 32), (62, 2)),
        (3, (64, 32), (62, 30)),
        (4, (64, 32), (2, 30)),
        (5, (32, 64), (2, 2)),
        (6, (32, 64), (30, 2)),
        (7, (32, 64), (30, 62)),
        (8, (32, 64), (2, 62)),
        (9, (64, 32), (2, 2)),
    ],
)
async def test_it_is_turned_as_it_was_taken(
    studio: Studio, orientation: int, size: tuple[int, int], red_at: tuple[int, int]
) -> None:
    made = await studio.make(told("JPEG", orientation), "attachment")
    image = opened(made.original.data)
    assert image.size == size == (made.original.width, made.original.height)
    assert red(image.getpixel(red_at))
    across = (size[0] - 1 - red_at[0], size[1] - 1 - red_at[1])
    assert not red(image.getpixel(across))


async def test_large_ones_are_made_smaller(studio: Studio) -> None:
    made = await studio.make(picture(7_680, 4_320, form="JPEG"), "attachment")
    assert (made.original.width, made.original.height) == (4_096, 2_304)
    long = await studio.make(picture(10_000, 300, form="PNG"), "attachment")
    assert (long.original.width, long.original.height) == (4_096, 123)
    small = await studio.make(picture(1, 1), "attachment")
    assert small.preview is not None
    assert (small.original.width, small.preview.width) == (1, 1)


async def test_what_one_can_see_through_stays_so(studio: Studio) -> None:
    image = opened(picture()).convert("RGBA")
    image.putpixel((0, 0), (0, 0, 0, 0))
    for form, mime_type in (("PNG", "image/png"), ("WEBP", "image/webp"), ("AVIF", "image/webp"), ("GIF", "image/png")):
        made = await studio.make(saved(image, form, **({"lossless": True} if form == "WEBP" else {})), "attachment")
        assert made.original.mime_type == mime_type
        assert opened(made.original.data).convert("RGBA").getpixel((0, 0))[3] < 128, form
    opaque = await studio.make(picture(mode="RGBA", form="WEBP"), "attachment")
    assert opaque.original.mime_type == "image/jpeg"


@pytest.mark.parametrize("mode", ["1", "L", "LA", "P", "PA", "RGBA", "I;16", "CMYK"])
async def test_every_kind_of_pixel(studio: Studio, mode: str) -> None:
    if mode == "I;16":
        data = saved(opened(picture(mode="L")).convert("I").point(lambda value: value * 256).convert("I;16"), "PNG")
    elif mode == "PA":
        data = saved(opened(picture(mode="RGBA")).quantize(), "PNG")
    else:
        data = picture(mode=mode, form="JPEG" if mode == "CMYK" else "PNG")
    made = await studio.make(data, "attachment")
    left, right = (opened(made.original.data).convert("L").getpixel((x, 20)) for x in (5, 60))
    assert left - right > 5 or mode == "1"


async def test_colours_are_brought_to_srgb(studio: Studio) -> None:
    lab_like = ImageCms.createProfile("XYZ")
    wrong = saved(opened(picture()), "JPEG", icc_profile=ImageCms.ImageCmsProfile(lab_like).tobytes())
    broken = saved(opened(picture()), "JPEG", icc_profile=b"no profile at all")
    for data in (wrong, broken):
        assert red(opened((await studio.make(data, "attachment")).original.data).getpixel((5, 20)))


async def test_of_what_moves_the_first_picture_stands_for_all(studio: Studio) -> None:
    made = await studio.make(gif_of_many(), "attachment")
    image = opened(made.original.data)
    assert getattr(image, "n_frames", 1) == 1 and red(image.convert("RGB").getpixel((5, 5)))


async def test_a_photograph_is_no_png(studio: Studio) -> None:
    made = await studio.make(saved(noise(1_500, 1_500), "PNG", compress_level=1), "attachment")
    assert made.original.mime_type == "image/jpeg"


@pytest.mark.parametrize(
    ("use", "given", "size"),
    [
        ("avatar", (900, 300), (300, 300)),
        ("avatar", (1_000, 2_000), (400, 400)),
        ("header", (3_000, 3_000), (1_500, 500)),
        ("header", (300, 10), (30, 10)),
        ("emoji", (1_000, 500), (128, 64)),
    ],
)
async def test_avatars_and_headers_are_cropped(
    studio: Studio, use: str, given: tuple[int, int], size: tuple[int, int]
) -> None:
    made = await studio.make(picture(*given, form="JPEG"), use)  # type: ignore[arg-type]
    assert opened(made.original.data).size == size
    assert made.preview is None and made.blurhash == ""


@pytest.mark.parametrize("name", HOSTILE)
async def test_what_is_refused(studio: Studio, name: str) -> None:
    with pytest.raises(Unprocessable) as refused:
        await studio.make(HOSTILE[name], "attachment")
    assert str(refused.value).startswith("Validation failed: File ") or "images are not supported" in str(refused.value)
    assert (await studio.make(picture(), "attachment")).original.width == 64


async def test_the_sentences(studio: Studio) -> None:
    for data, said in (
        (b"", "can't be blank"),
        (HTML, "content type is invalid"),
        (HOSTILE["a jpeg that was cut"], "damaged"),
        (HOSTILE["too many pixels"], "60000x60000 images are not supported"),
        (HOSTILE["a line"], "100000x1 images are not supported"),
        (b"x" * (MAX_BYTES + 1), "must be less than 16 MB"),
    ):
        with pytest.raises(Unprocessable, match=said):
            await studio.make(data, "attachment")


async def test_a_polyglot_leaves_its_other_half_behind(studio: Studio) -> None:
    both = picture(form="JPEG") + b"PK\x03\x04" + HTML
    made = await studio.make(both, "attachment")
    assert b"script" not in made.original.data and b"PK\x03\x04" not in made.original.data
    gif = b"GIF89a/*" + HTML
    with pytest.raises(Unprocessable):
        await studio.make(gif, "attachment")


async def test_a_picture_that_needs_too_much_is_refused_and_the_next_one_taken() -> None:
    tight = Studio(memory=200 << 20)
    try:
        with pytest.raises(Unprocessable, match="too much time or memory"):
            await tight.make(picture(7_600, 4_300, form="PNG"), "attachment")
        assert isinstance(await tight.make(picture(), "attachment"), Made)
    finally:
        await tight.close()


async def test_a_child_that_was_killed_costs_nobody_a_picture(studio: Studio) -> None:
    await studio.make(picture(), "attachment")
    pid = studio._child.pid
    assert pid is not None
    os.kill(pid, signal.SIGKILL)
    assert (await studio.make(picture(), "attachment")).original.width == 64
    assert studio._child.pid != pid


async def test_the_child_is_held(studio: Studio) -> None:
    await studio.make(picture(), "attachment")
    child: LimitedChild = studio._child
    assert child.pid is not None
    limits = {name: resource.prlimit(child.pid, name)[0] for name in (resource.RLIMIT_AS, resource.RLIMIT_FSIZE)}
    assert limits == {resource.RLIMIT_AS: room.MEMORY, resource.RLIMIT_FSIZE: 0}
