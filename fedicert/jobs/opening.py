"""Opens the house: data folder, database and schema, master key, the instance; and makes the first owner.

The first time each of these is made; afterwards what is there is used, and a configuration with other names is refused.
It says what it does while it does it. Nothing here serves or works.
"""

import contextlib
import fcntl
import os
from collections.abc import Callable
from pathlib import Path

import msgspec

from fedicert.base.clock import Clock
from fedicert.base.errors import Conflict, Duplicate, StoreUnavailable
from fedicert.base.ids import Entropy
from fedicert.config import Config
from fedicert.keys.account_keys import COUNT, account_keys
from fedicert.keys.pool import KeyPool
from fedicert.keys.proving import Prover
from fedicert.keys.vault import FILE_NAME, FILE_VARIABLE, Vault, open_vault
from fedicert.model.urls import Urls
from fedicert.operations import instance, issuing, people, responsibility, restoring, telling
from fedicert.operations.instance import Founding
from fedicert.operations.people import NewPerson
from fedicert.operations.tiers import differences
from fedicert.store import leases
from fedicert.store.blobs import Blobs
from fedicert.store.database import open_database
from fedicert.store.migrations import migrate
from fedicert.store.unit import Database

Tell = Callable[[str], None]

LOCK = "writer.lock"
"""The file in the data folder that the one writing process holds a lock on, on SQLite; its pid stands in it."""

EPOCH = "epoch"
"""The file in the data folder that says how often the database was opened."""

MEDIA = "media"
"""The folder of pictures in the data folder."""

ALPHABET = "abcdefghijkmnpqrstuvwxyz23456789"
PASSWORD_GROUPS = 5


class House(msgspec.Struct, frozen=True, kw_only=True):
    """What was opened; `close` ends it. `warnings`: where the configured ladder differs from the one that holds."""

    config: Config
    urls: Urls
    clock: Clock
    entropy: Entropy
    db: Database
    blobs: Blobs
    vault: Vault
    pool: KeyPool
    prover: Prover
    warnings: list[str]
    lock: int | None

    async def close(self) -> None:
        """Finish what was begun in the database, let the key threads end, and let another process write."""
        await self.prover.close()
        self.pool.close()
        await self.db.close()
        _unlock(self.lock)


class FirstOwner(msgspec.Struct, frozen=True, kw_only=True):
    """The account made at first start. `password` is '' where the configuration gave it."""

    name: str
    email: str
    password: str


def urls_of(config: Config) -> Urls:
    """Our addresses by the configuration."""
    return Urls(config.base, config.domain, config.media_url)


def vault_of(config: Config, entropy: Entropy, *, create: bool = False) -> Vault:
    """The vault. Raises ConfigError where the master key is missing or doesn't fit. `create`: at first start."""
    default = config.data_dir / FILE_NAME
    named = {} if config.master_key_file == default else {FILE_VARIABLE: str(config.master_key_file)}
    return open_vault(config.data_dir, entropy, named, create=create)


def new_password(entropy: Entropy) -> str:
    """A random password of 100 bits, in groups of four, without letters that look alike."""
    letters = "".join(ALPHABET[byte % len(ALPHABET)] for byte in entropy.bytes(4 * PASSWORD_GROUPS))
    return "-".join(letters[at : at + 4] for at in range(0, len(letters), 4))


def make_data_folder(config: Config, tell: Tell) -> None:
    """The data folder, for nobody else to look into. Raises StoreUnavailable."""
    if config.data_dir.is_dir():
        return
    try:
        config.data_dir.mkdir(mode=0o700, parents=True)
    except OSError as error:
        raise StoreUnavailable(f"{config.data_dir}: the data folder can't be made ({error.strerror})") from None
    tell(f"Made the data folder {config.data_dir}.")


async def open_house(config: Config, clock: Clock, entropy: Entropy, tell: Tell, *, instance_too: bool = True) -> House:
    """Open everything, making what isn't there. Raises ConfigError, StoreUnavailable, SchemaTooNew.

    On SQLite a second writing process is refused (StoreUnavailable): commands go through the first. `instance_too`:
    found the instance at first start; an authority that only issues licences has none.
    """
    make_data_folder(config, tell)
    lock = _lock_out_others(config) if config.on_sqlite else None
    try:
        db = await open_database(config.database, clock=clock, entropy=entropy)
    except BaseException:
        _unlock(lock)
        raise
    pool = KeyPool(entropy)
    try:
        applied = await migrate(db)
        if applied:
            tell(f"Brought the database to schema {applied[-1]}.")
        if lock is not None:
            # Whoever held a lease here is dead, or we wouldn't have the lock: what was under way goes on at once.
            await db.write_unslotted(leases.void)
        urls = urls_of(config)
        if instance_too:
            await db.read(instance.check_names, urls)
        begun = await db.read(instance.founded if instance_too else issuing.begun)
        vault = vault_of(config, entropy, create=not begun)
        if instance_too and not begun:
            tell(f"Founding the instance {config.domain}: keys, tiers, and an actor of its own.")
            await _found(config, db, urls, pool, vault)
        elif instance_too and not await db.read(telling.account_there):
            await _make_limits_account(db, urls)
        if instance_too:
            await _ensure_code(db)
        if instance_too and lock is not None:
            await _notice_a_restore(config, db, tell)
        warnings = await db.read(differences, config.tiers) if config.tiers_given else []
    except BaseException:
        pool.close()
        await db.close()
        _unlock(lock)
        raise
    return House(
        config=config,
        urls=urls,
        clock=clock,
        entropy=entropy,
        db=db,
        blobs=Blobs(config.data_dir / MEDIA),
        vault=vault,
        pool=pool,
        prover=Prover(pool),
        warnings=warnings,
        lock=lock,
    )


async def make_first_owner(house: House) -> FirstOwner | None:
    """The first account, where nobody is here yet; None where somebody is."""
    if await house.db.read(people.list_people, 0, 1):
        return None
    config = house.config
    password = config.owner_password or new_password(house.entropy)
    new = NewPerson(
        name=config.owner,
        email=config.owner_email,
        password_hash=await house.pool.hash_password(password),
        keys=await account_keys(
            house.pool,
            house.vault,
            house.urls,
            house.urls.actor(config.owner),
            await house.db.write(instance.new_ids, COUNT),
        ),
        role="owner",
        confirmed=True,
        language=config.languages[0] if config.languages else "",
    )
    try:
        await house.db.write(people.create_account, house.urls, new)
    except (Conflict, Duplicate):
        # Another process that starts at the same moment was faster.
        return None
    return FirstOwner(name=new.name, email=new.email, password="" if config.owner_password else password)


def socket_path(config: Config) -> Path:
    """Where a running server takes commands."""
    from fedicert.operations.commands import SOCKET

    return config.data_dir / SOCKET


def _lock_out_others(config: Config) -> int:
    """Hold the lock as long as this process writes; it goes with the process, however that ends."""
    handle = os.open(config.data_dir / LOCK, os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        holder = os.pread(handle, 20, 0).decode("ascii", "replace").strip()
        os.close(handle)
        raise StoreUnavailable(
            f"another fedicert process (pid {holder or 'unknown'}) writes the data in {config.data_dir}, and on SQLite "
            "there is one writer; end it first, or give this one a data_dir and database of its own"
        ) from None
    os.ftruncate(handle, 0)
    os.pwrite(handle, str(os.getpid()).encode(), 0)
    return handle


async def _notice_a_restore(config: Config, db: Database, tell: Tell) -> None:
    """The data folder and the database count together how often they were opened. A database that is behind, or that
    comes to a folder which doesn't know it, was put back from a backup, by whatever means."""
    path = config.data_dir / EPOCH
    try:
        seen: int | None = int(path.read_text(encoding="ascii"))
    except FileNotFoundError:
        seen = None
    except ValueError:
        seen = None
    number, restored = await db.write(restoring.next_epoch, seen)
    write_epoch(path, number)
    if restored:
        tell(
            "This database was restored from a backup: nobody is admitted to any audience until the other servers are in"
            " step with it, 72 hours at most."
        )


def write_epoch(path: Path, number: int) -> None:
    """Remember in the data folder how often the database was opened; whole or not at all."""
    half = path.with_name(path.name + ".part")
    half.write_text(str(number), encoding="ascii")
    half.chmod(0o600)
    half.replace(path)


def _unlock(lock: int | None) -> None:
    if lock is not None:
        os.close(lock)


async def _make_limits_account(db: Database, urls: Urls) -> None:
    """The instance was founded before there was one."""
    try:
        await db.write(telling.make_account, urls)
    except Duplicate:
        # Another process that starts at the same moment was faster.
        if not await db.read(telling.account_there):
            raise


async def _found(config: Config, db: Database, urls: Urls, pool: KeyPool, vault: Vault) -> None:
    ids = await db.write(instance.new_ids, COUNT)
    founding = Founding(
        urls=urls,
        name=config.name,
        tiers=config.tiers,
        signups=config.signups,
        keys=await account_keys(pool, vault, urls, urls.instance_actor, ids),
    )
    try:
        await db.write(instance.found, founding)
    except Duplicate:
        # Two processes may start at the same moment on one database; the other one was faster.
        if not await db.read(instance.founded):
            raise


async def _ensure_code(db: Database) -> None:
    """A code of responsibility is there from the first start, and where a newer program meets an older database."""
    with contextlib.suppress(Duplicate):  # another process was faster
        await db.write(responsibility.ensure)
