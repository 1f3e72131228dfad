"""Opens the database the configuration names. Which engine it is shows nowhere above this room."""

from collections.abc import Callable
from pathlib import Path

from fedicert.base.clock import Clock
from fedicert.base.errors import ConfigError
from fedicert.base.ids import Entropy
from fedicert.store.unit import Database


async def open_database(
    url: str,
    *,
    clock: Clock,
    entropy: Entropy,
    slot: int | None = None,
    pool_size: int = 10,
    on_disk_fault: Callable[[], None] | None = None,
) -> Database:
    """Open `sqlite:///relative.db`, `sqlite:////absolute.db`, a plain path, or `postgres(ql)://…`.

    `slot`: the process slot of ids; None leases one from the database with the first unit of work. `pool_size`:
    connections at most (PostgreSQL). `on_disk_fault`: called in the writer's thread after a failed fsync (SQLite);
    None ends the process, the only safe thing to do. Raises StoreUnavailable, ConfigError.
    """
    scheme, found, rest = url.partition("://")
    if found and scheme in {"postgres", "postgresql"}:
        from fedicert.store.postgres import PostgresDatabase  # asyncpg is loaded only where it is used

        return await PostgresDatabase(url, clock, entropy, slot, pool_size).open()
    if found and scheme != "sqlite":
        raise ConfigError(f"database: {scheme}:// is not known; write sqlite:///path or postgresql://user@host/name")
    path = rest.removeprefix("/") if found else url
    if not path or path == ":memory:":
        raise ConfigError("database: name a file, as in sqlite:///data/fedicert.db")
    from fedicert.store.sqlite import SqliteDatabase, end_process

    return await SqliteDatabase(Path(path), clock, entropy, slot, on_disk_fault or end_process).open()
