"""Files under the data folder: whole or not at all, and under no name but ours."""

from __future__ import annotations

import asyncio
import os
from pathlib import Path

import pytest

from fedicert.base.errors import StoreUnavailable
from fedicert.base.ids import Entropy
from fedicert.store import blobs as room
from fedicert.store import picture_cache
from fedicert.store.blobs import Blobs, new_name
from fedicert.store.picture_cache import PictureCache, small_name, whole_name

A, B = "a" * 32 + ".png", "b" * 32 + ".jpg"
KEY = "0" * 32


def files(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.rglob("*") if path.is_file())


async def test_a_file_is_kept_and_goes(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path / "media")
    await blobs.put(A, b"bytes")
    path = blobs.path(A)
    assert path is not None and path.read_bytes() == b"bytes"
    assert path.stat().st_mode & 0o777 == 0o600 and path.parent.stat().st_mode & 0o777 == 0o700
    assert path.parent.parent.stat().st_mode & 0o777 == 0o700
    await blobs.put(B, b"others")
    await blobs.delete([A, A])
    assert files(tmp_path) == [B]


def test_names_are_ours(entropy: Entropy) -> None:
    blobs = Blobs(Path("/nowhere"))
    made = new_name(entropy, "webp")
    assert blobs.path(made) == Path("/nowhere") / made[:2] / made
    for name in ("", "..", "../x.png", "a.png", A.upper(), A + "x", "a" * 31 + ".png", "a" * 32 + ".svg", A + ".part",
                 "a" * 32 + ".png\n", "/etc/passwd", "a" * 30 + "/..png", "\x00" + A):  # fmt: skip
        assert blobs.path(name) is None, name
    with pytest.raises(ValueError, match="suffix"):
        new_name(entropy, "svg")


async def test_where_writing_fails_nothing_is_left(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blobs = Blobs(tmp_path)

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(room.os, "fsync", full)
    with pytest.raises(StoreUnavailable, match="No space left"):
        await blobs.put(A, b"bytes")
    assert files(tmp_path) == []
    monkeypatch.undo()
    await blobs.put(A, b"bytes")
    assert files(tmp_path) == [A]


async def test_half_a_file_goes_with_the_whole(tmp_path: Path) -> None:
    blobs = Blobs(tmp_path)
    await blobs.put(A, b"bytes")
    half = tmp_path / A[:2] / (A + ".part")
    half.write_bytes(b"by")
    await blobs.delete([A])
    assert files(tmp_path) == []
    with pytest.raises(ValueError, match="no name"):
        await blobs.put("../x.png", b"")


async def test_the_cache_keeps_its_bound_and_drops_what_nobody_looks_at(tmp_path: Path) -> None:
    cache = PictureCache(tmp_path, 1_000)
    keys = [f"{number:032x}" for number in range(12)]
    for age, key in enumerate(keys[:10]):
        path = await cache.put(whole_name(key, "avatar"), "png", b"x" * 100)
        os.utime(path, (1_000_000 + age, 1_000_000 + age))
    assert len(files(tmp_path)) == 10
    assert await cache.find(whole_name(keys[0], "avatar")) is not None
    await cache.put(whole_name(keys[10], "avatar"), "jpg", b"x" * 100)
    left = files(tmp_path)
    assert len(left) == 9 and f"{keys[0]}-avatar.png" in left and f"{keys[10]}-avatar.jpg" in left
    assert f"{keys[1]}-avatar.png" not in left and f"{keys[2]}-avatar.png" not in left
    again = PictureCache(tmp_path, 500)
    await again.put(small_name(keys[11]), "jpg", b"x" * 100)
    assert len(files(tmp_path)) == 4, "what was there before it was opened counts"


async def test_the_cache_takes_no_other_names(tmp_path: Path) -> None:
    cache = PictureCache(tmp_path, 1_000)
    assert await cache.find("../../etc/passwd") is None and await cache.find(KEY) is None
    for name, suffix in (("../x", "png"), (KEY + "-avatar", "svg"), (KEY + "-other", "png")):
        with pytest.raises(ValueError, match="no name"):
            await cache.put(name, suffix, b"")
    assert files(tmp_path) == []


async def test_the_cache_on_a_full_disk(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    cache = PictureCache(tmp_path, 1_000)

    def full(path: Path, data: bytes) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(picture_cache, "_write", full)
    with pytest.raises(StoreUnavailable, match="No space left"):
        await cache.put(KEY + "-avatar", "png", b"x")
    assert await asyncio.gather(*(cache.find(KEY + "-avatar") for _ in range(2))) == [None, None]
