"""Pictures of other servers, as we made them anew, kept on the disk as long as there is room for them.

A cache: what is dropped is fetched again when somebody looks. Which were looked at last says the time of the file;
the oldest go when the bound is passed. Nothing in the database knows of it, and the folder may be emptied at any time.
"""

import asyncio
import contextlib
import os
import re
from pathlib import Path

from fedicert.base.errors import StoreUnavailable
from fedicert.model.pictures import Use
from fedicert.store.blobs import SUFFIXES

SLACK = 0.9
"""Down to this part of the bound it is emptied, so that it isn't walked through for every picture."""

_KEY = re.compile(r"[0-9a-f]{32}-(attachment|small|avatar|header|emoji)")


def whole_name(key: str, use: Use) -> str:
    """Under which name a picture is kept, made for one use: the same may serve for another, and look otherwise."""
    return f"{key}-{use}"


def small_name(key: str) -> str:
    """Under which name the preview of an attachment is kept."""
    return f"{key}-small"


class PictureCache:
    """Key → file, `most` bytes of them. One process keeps the count; more than one only overshoot a little."""

    def __init__(self, folder: Path, most: int) -> None:
        self._folder = folder
        self._most = most
        self._held: int | None = None
        self._tidying = asyncio.Lock()

    async def find(self, key: str) -> Path | None:
        """The file of a picture, its suffix saying what it is; None where it isn't kept."""
        return await asyncio.to_thread(self._find, key)

    async def put(self, key: str, suffix: str, data: bytes) -> Path:
        """Keep a picture; where it lies. Raises `StoreUnavailable`."""
        if suffix not in SUFFIXES or not _KEY.fullmatch(key):
            raise ValueError(f"{key}.{suffix} is no name of a kept picture")
        path = self._folder / key[:2] / f"{key}.{suffix}"
        try:
            await asyncio.shield(asyncio.to_thread(_write, path, data))
        except OSError as error:
            raise StoreUnavailable(f"a picture can't be kept ({error.strerror})") from None
        async with self._tidying:
            held = await asyncio.to_thread(self._size) if self._held is None else self._held + len(data)
            self._held = await asyncio.to_thread(self._shrink) if held > self._most else held
        return path

    def _find(self, key: str) -> Path | None:
        if not _KEY.fullmatch(key):
            return None
        for suffix in SUFFIXES:
            path = self._folder / key[:2] / f"{key}.{suffix}"
            with contextlib.suppress(OSError):
                path.stat()
                os.utime(path)
                return path
        return None

    def _files(self) -> list[tuple[float, int, Path]]:
        found = []
        for path in self._folder.glob("??/*"):
            with contextlib.suppress(OSError):
                facts = path.stat()
                found.append((facts.st_mtime, facts.st_size, path))
        return found

    def _size(self) -> int:
        return sum(size for _, size, _ in self._files())

    def _shrink(self) -> int:
        """Drop those that were looked at least lately; how many bytes are left."""
        files = sorted(self._files())
        held = sum(size for _, size, _ in files)
        for _, size, path in files:
            if held <= self._most * SLACK:
                break
            path.unlink(missing_ok=True)
            held -= size
        return held


def _write(path: Path, data: bytes) -> None:
    """Whole or not at all; not made durable, since it can be fetched again."""
    path.parent.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    half = path.with_name(f"{path.name}.{os.getpid()}.part")
    try:
        half.write_bytes(data)
        half.rename(path)
    except BaseException:
        half.unlink(missing_ok=True)
        raise
