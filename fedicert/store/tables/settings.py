"""What the instance remembers of itself (its names, how people join), and the numbers that caches hang on."""

from fedicert.store.unit import Reader, Tx


async def get(reader: Reader, key: str) -> str | None:
    """The value of a setting, or None."""
    found = await reader.value("SELECT value FROM settings WHERE key = $1", key)
    return None if found is None else str(found)


async def put(tx: Tx, key: str, value: str) -> None:
    """Write a setting."""
    await tx.run(
        "INSERT INTO settings (key, value, updated_at) VALUES ($1, $2, $3)"
        " ON CONFLICT (key) DO UPDATE SET value = excluded.value, updated_at = excluded.updated_at",
        key,
        value,
        tx.now,
    )


async def change(tx: Tx, key: str, value: str) -> bool:
    """The same; False where it is so already. Of two that write it at once, one waits here for the other."""
    return bool(
        await tx.run(
            "INSERT INTO settings (key, value, updated_at) VALUES ($1, $2, $3) ON CONFLICT (key) DO UPDATE"
            " SET value = excluded.value, updated_at = excluded.updated_at WHERE settings.value <> excluded.value",
            key,
            value,
            tx.now,
        )
    )


async def changed_at(reader: Reader, key: str) -> int:
    """When a setting was written last (ms); 0 where there is none."""
    return int(await reader.value("SELECT updated_at FROM settings WHERE key = $1", key) or 0)


async def next_generation(tx: Tx, name: str) -> None:
    """Make everything stale that was cached under this name, in every process."""
    await tx.run(
        "INSERT INTO generations (name, number) VALUES ($1, 1)"
        " ON CONFLICT (name) DO UPDATE SET number = generations.number + 1",
        name,
    )
    tx.signal(name)
