"""Backups: a whole installation in one file, taken while it runs, and put back into an empty place.

The file is a tar: the database, the pictures of people here, and last a list of all of it with sizes and SHA-256. The
master key, without which no key in the database opens, is left out unless it is asked for: whoever finds the file has
nothing then. What is put back is checked whole before anything is changed, and comes up as a restored database.
"""

import asyncio
import hashlib
import io
import re
import shutil
import tarfile
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO

import msgspec

from fedicert import __version__
from fedicert.base.clock import Clock
from fedicert.base.errors import Conflict, NotFound, SchemaTooNew, StoreUnavailable, Unprocessable
from fedicert.base.ids import Entropy
from fedicert.config import Config
from fedicert.jobs.opening import EPOCH, MEDIA, make_data_folder, urls_of, vault_of, write_epoch
from fedicert.keys.vault import FILE_NAME
from fedicert.operations import checkpoints, instance, restoring
from fedicert.operations.checkpoints import Kept
from fedicert.store import backups
from fedicert.store.database import open_database
from fedicert.store.migrations import MIGRATIONS, load, migrate
from fedicert.store.unit import Database, Tx
from fedicert.store.views import signers

MANIFEST = "manifest.json"
FORMAT = 1
PIECE = 1 << 20
LONGEST_MANIFEST = 256 << 20

_NAMES = re.compile(r"fedicert\.db|tables/[a-z0-9_]+\.copy|media/[0-9a-f]{2}/[0-9a-f]{32}\.(jpg|png|webp)|master\.key")

Tell = Callable[[str], None]


class Member(msgspec.Struct, frozen=True):
    """A file in the backup."""

    bytes: int
    sha256: str


class Manifest(msgspec.Struct, frozen=True, kw_only=True):
    """What a backup has. `at`: when it was taken (ms); `checkpoint`: the latest of the ledger, as it is published."""

    format: int
    version: str
    engine: str
    domain: str
    base: str
    at: int
    schema: list[str]
    rows: dict[str, int]
    columns: dict[str, list[str]]
    files: dict[str, Member]
    checkpoint: Kept | None


class Done(msgspec.Struct, frozen=True):
    """What came of it, for telling."""

    at: int
    rows: int
    pictures: int
    bytes: int
    has_key: bool


async def backup(config: Config, clock: Clock, entropy: Entropy, file: Path, *, with_key: bool = False) -> Done:
    """Write a backup of the installation to a new file. Raises Conflict where the file is there, NotFound where its folder
    isn't, StoreUnavailable."""
    if file.exists():
        raise Conflict(f"{file} is there already; name another file")
    if not file.absolute().parent.is_dir():
        raise NotFound(f"there is no folder {file.absolute().parent}; make it first, or name another")
    half = file.with_name(file.name + ".part")
    # Beside the file: the copy of the database may be large, and this disk has to hold it twice anyway.
    with tempfile.TemporaryDirectory(dir=file.parent, prefix=".backup-") as folder:
        at = clock.now()
        copied = await backups.copy(config.database, Path(folder))
        checkpoint = await _checkpoint(config, clock, entropy, Path(folder))
        if config.on_sqlite:
            await asyncio.to_thread(backups.settle, Path(folder) / backups.DATABASE)
        try:
            done = await asyncio.to_thread(_pack, config, at, copied, checkpoint, Path(folder), half, with_key)
        except OSError as error:
            half.unlink(missing_ok=True)
            raise StoreUnavailable(f"{file} can't be written ({error.strerror})") from None
        half.replace(file)
    return done


async def _checkpoint(config: Config, clock: Clock, entropy: Entropy, folder: Path) -> Kept | None:
    """The latest checkpoint, of the copy where that can be opened, so that both are of one moment."""
    url = f"sqlite:///{folder / backups.DATABASE}" if config.on_sqlite else config.database
    db = await open_database(url, clock=clock, entropy=entropy)
    try:
        return await db.read(checkpoints.latest)
    finally:
        await db.close()


def _pack(
    config: Config, at: int, copied: backups.Copied, checkpoint: Kept | None, folder: Path, half: Path, with_key: bool
) -> Done:
    files: dict[str, Member] = {}
    pictures = 0
    with half.open("xb") as raw:
        half.chmod(0o600)
        with tarfile.open(fileobj=raw, mode="w|", format=tarfile.PAX_FORMAT) as tar:
            for name in copied.files:
                files[name] = _add(tar, folder / name, name)
            for path in _pictures(config.data_dir / MEDIA):
                name = f"{MEDIA}/{path.parent.name}/{path.name}"
                try:
                    files[name] = _add(tar, path, name)
                except FileNotFoundError:
                    continue  # thrown away since the database was copied
                pictures += 1
            if with_key:
                files[FILE_NAME] = _add(tar, config.master_key_file, FILE_NAME)
            manifest = Manifest(
                format=FORMAT,
                version=__version__,
                engine="sqlite" if config.on_sqlite else "postgres",
                domain=config.domain,
                base=config.base,
                at=at,
                schema=copied.schema,
                rows=copied.rows,
                columns=copied.columns,
                files=files,
                checkpoint=checkpoint,
            )
            _add_bytes(tar, MANIFEST, msgspec.json.format(msgspec.json.encode(manifest)))
        raw.flush()
        size = raw.tell()
    return Done(at, sum(copied.rows.values()), pictures, size, with_key)


def _pictures(folder: Path) -> Iterator[Path]:
    for part in sorted(folder.iterdir()) if folder.is_dir() else ():
        if part.is_dir():
            yield from sorted(path for path in part.iterdir() if _NAMES.fullmatch(f"{MEDIA}/{part.name}/{path.name}"))


def _add(tar: tarfile.TarFile, path: Path, name: str) -> Member:
    with path.open("rb") as file:
        info = tarfile.TarInfo(name)
        info.size = path.stat().st_size
        info.mode = 0o600
        digest = hashlib.sha256()
        tar.addfile(info, _Read(file, digest))
    return Member(info.size, digest.hexdigest())


class _Read(io.RawIOBase):
    """Hands a file on and takes its digest on the way."""

    def __init__(self, file: IO[bytes], digest: "hashlib._Hash") -> None:
        self._file, self._digest = file, digest

    def read(self, size: int = -1) -> bytes:
        piece = self._file.read(size)
        self._digest.update(piece)
        return piece


def _add_bytes(tar: tarfile.TarFile, name: str, data: bytes) -> None:
    info = tarfile.TarInfo(name)
    info.size, info.mode = len(data), 0o600
    tar.addfile(info, io.BytesIO(data))


async def restore(config: Config, clock: Clock, entropy: Entropy, file: Path, kept: Kept | None, tell: Tell) -> Done:
    """Put a backup into an empty place, as the configuration names it. `kept`: the latest checkpoint kept elsewhere.

    Nothing is changed before the whole file was checked. Raises Conflict where something is there already,
    Unprocessable for a file that isn't a whole backup or of another instance, SchemaTooNew, ConfigError.
    """
    manifest = await asyncio.to_thread(read_manifest, file)
    _fits(manifest, config, clock)
    if not await backups.is_empty(config.database):
        raise Conflict("there is a database already: a backup is put back into an empty place, never over another one")
    if (config.data_dir / MEDIA).exists() or (config.data_dir / EPOCH).exists():
        raise Conflict(f"{config.data_dir} has data already: a backup is put back into an empty place")
    if FILE_NAME not in manifest.files and not config.master_key_file.exists():
        raise Unprocessable(
            f"the backup doesn't have the master key, without which nothing in it opens: put it at {config.master_key_file}"
        )
    make_data_folder(config, tell)
    with tempfile.TemporaryDirectory(dir=config.data_dir, prefix=".restore-") as name:
        folder = Path(name)
        await asyncio.to_thread(_unpack, file, manifest, folder)
        if FILE_NAME in manifest.files and not config.master_key_file.exists():
            shutil.move(folder / FILE_NAME, config.master_key_file)
            config.master_key_file.chmod(0o600)
        await _put_database(config, clock, entropy, manifest, folder, kept)
        if (folder / MEDIA).exists():
            shutil.move(folder / MEDIA, config.data_dir / MEDIA)
    pictures = sum(name.startswith(MEDIA) for name in manifest.files)
    return Done(manifest.at, sum(manifest.rows.values()), pictures, file.stat().st_size, FILE_NAME in manifest.files)


def read_manifest(file: Path) -> Manifest:
    """The list of a backup, once every file in it was compared with it. Raises Unprocessable."""
    found: dict[str, Member] = {}
    manifest: Manifest | None = None
    try:
        with tarfile.open(file, mode="r|") as tar:
            for info in tar:
                data = tar.extractfile(info)
                if manifest is not None or data is None or not info.isreg():
                    raise Unprocessable(f"{file} has something in it that no backup has: {info.name!r}")
                if info.name == MANIFEST:
                    if info.size > LONGEST_MANIFEST:
                        raise Unprocessable(f"{file} has a list that is too long")
                    manifest = msgspec.json.decode(data.read(), type=Manifest)
                elif not _NAMES.fullmatch(info.name) or info.name in found:
                    raise Unprocessable(f"{file} has something in it that no backup has: {info.name!r}")
                else:
                    found[info.name] = Member(info.size, _digest(data))
    except (OSError, tarfile.TarError, msgspec.MsgspecError) as error:
        raise Unprocessable(f"{file} isn't a backup that can be read: {error}") from None
    if manifest is None or manifest.files != found:
        raise Unprocessable(f"{file} isn't whole: what is in it isn't what its list says")
    return manifest


def _digest(data: IO[bytes]) -> str:
    digest = hashlib.sha256()
    while piece := data.read(PIECE):
        digest.update(piece)
    return digest.hexdigest()


def _fits(manifest: Manifest, config: Config, clock: Clock) -> None:
    if manifest.format != FORMAT:
        raise SchemaTooNew("the backup was written by a newer program; restore it with that one")
    engine = "sqlite" if config.on_sqlite else "postgres"
    if manifest.engine != engine:
        raise Unprocessable(f"the backup is of {manifest.engine}, and the configuration names a {engine} database")
    if (manifest.domain, manifest.base) != (config.domain, config.base):
        raise Unprocessable(
            f"the backup is of {manifest.domain} ({manifest.base}), the configuration of {config.domain} ({config.base})"
        )
    if clock.now() < manifest.at:
        # Ids are made of the time: they would be given twice.
        raise Unprocessable("this machine's clock is behind the moment of the backup; set it right first")
    known = {f"{found.number:04}_{found.name}" for found in load(engine, MIGRATIONS)}
    if not set(manifest.schema) <= known:
        raise SchemaTooNew("the backup was written by a newer program; restore it with that one")


def _unpack(file: Path, manifest: Manifest, folder: Path) -> None:
    with tarfile.open(file, mode="r|") as tar:
        for info in tar:
            data = tar.extractfile(info)
            if info.name == MANIFEST or data is None or info.name not in manifest.files:
                continue
            path = folder / info.name
            path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            digest = hashlib.sha256()
            with path.open("xb") as target:
                path.chmod(0o600)
                while piece := data.read(PIECE):
                    digest.update(piece)
                    target.write(piece)
            if digest.hexdigest() != manifest.files[info.name].sha256:
                raise Unprocessable(f"{file} changed while it was read")


async def _put_database(
    config: Config, clock: Clock, entropy: Entropy, manifest: Manifest, folder: Path, kept: Kept | None
) -> None:
    if config.on_sqlite:
        await asyncio.to_thread(backups.check_sqlite, folder / backups.DATABASE)
        await _wake(f"sqlite:///{folder / backups.DATABASE}", config, clock, entropy, manifest, kept)
        await asyncio.to_thread(backups.settle, folder / backups.DATABASE)
        path = backups.sqlite_path(config.database)
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        shutil.move(folder / backups.DATABASE, path)
        return
    db = await open_database(config.database, clock=clock, entropy=entropy)
    try:
        await migrate(db, through=int(manifest.schema[-1][:4]))
    finally:
        await db.close()
    await backups.load_postgres(config.database, folder, manifest.columns, manifest.rows)
    await _wake(config.database, config, clock, entropy, manifest, kept)


async def _wake(
    url: str, config: Config, clock: Clock, entropy: Entropy, manifest: Manifest, kept: Kept | None
) -> None:
    """Bring the database up to this program's schema, see that its keys open, and let it know that it was restored."""
    db = await open_database(url, clock=clock, entropy=entropy)
    try:
        await migrate(db)
        await db.read(instance.check_names, urls_of(config))
        await _check_key(db, config, entropy)
        number = await db.write(_begin, manifest.at, None if kept is None else kept.number)
        write_epoch(config.data_dir / EPOCH, number)
    finally:
        await db.close()


async def _check_key(db: Database, config: Config, entropy: Entropy) -> None:
    vault = vault_of(config, entropy)
    key = await db.read(signers.ledger_key)
    if key is not None:
        vault.open(key.id, key.sealed)


async def _begin(tx: Tx, at: int, kept: int | None) -> int:
    await restoring.begin(tx, at, kept)
    number, _ = await restoring.next_epoch(tx, None)
    return number
