"""Files under the data folder: what was uploaded, under names we made. On PostgreSQL it is the same disk.

A file is there whole or not at all: written under another name, made durable, then renamed. No part of a path ever
comes from anybody else: a name that `new_name` can't have made leads nowhere. It knows nothing of what is in them.
"""

import asyncio
import contextlib
import os
import re
from collections.abc import Callable, Iterable
from pathlib import Path

from fedicert.base.errors import StoreUnavailable
from fedicert.base.ids import Entropy

NAME_BYTES = 16
SUFFIXES = ("jpg", "png", "webp")

_NAME = re.compile(rf"[0-9a-f]{{{2 * NAME_BYTES}}}\.({'|'.join(SUFFIXES)})")
_HALF = ".part"


def new_name(entropy: Entropy, suffix: str) -> str:
    """A name that nobody can guess."""
    if suffix not in SUFFIXES:
        raise ValueError(f"no file is kept under the suffix {suffix!r}")
    return f"{entropy.bytes(NAME_BYTES).hex()}.{suffix}"


class Blobs:
    """The files of one folder, which is made when the first is put there."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path(self, name: str) -> Path | None:
        """Where the file of this name lies, or would; None for what can't be a name of ours."""
        return self.folder / name[:2] / name if _NAME.fullmatch(name) else None

    async def put(self, name: str, data: bytes) -> None:
        """Keep a file, durably. Raises `StoreUnavailable` where the disk is full or refuses: then nothing is left."""
        path = self._path(name)
        await _in_thread(lambda: _write(path, data))

    async def delete(self, names: Iterable[str]) -> None:
        """The files go; those that aren't there are gone already."""
        paths = [self._path(name) for name in names]
        await _in_thread(lambda: _unlink(paths))

    def _path(self, name: str) -> Path:
        path = self.path(name)
        if path is None:
            raise ValueError(f"{name!r} is no name of a file here")
        return path


async def _in_thread(work: Callable[[], None]) -> None:
    try:
        # Shielded: who asked may go, and half a file must not stay.
        await asyncio.shield(asyncio.to_thread(work))
    except OSError as error:
        raise StoreUnavailable(f"a file can't be kept or removed ({error.strerror})") from None


def _write(path: Path, data: bytes) -> None:
    path.parent.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    path.parent.mkdir(mode=0o700, exist_ok=True)
    half = path.with_name(path.name + _HALF)
    try:
        handle = os.open(half, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
            file.flush()
            os.fsync(file.fileno())
        half.rename(path)
    except BaseException:
        with contextlib.suppress(OSError):
            half.unlink(missing_ok=True)
        raise
    _sync(path.parent)
    _sync(path.parent.parent)


def _unlink(paths: Iterable[Path]) -> None:
    for path in paths:
        path.unlink(missing_ok=True)
        path.with_name(path.name + _HALF).unlink(missing_ok=True)


def _sync(folder: Path) -> None:
    """A new name is durable only once its folder is."""
    handle = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
