"""People who are logged in with a browser, and how often somebody tried. Sessions by their digest alone."""

from fedicert.store.unit import Tx


async def insert(tx: Tx, session_hash: str, login: int) -> None:
    """A new session that starts now."""
    await tx.run(
        "INSERT INTO sessions (hash, login, created_at, seen_at, authenticated_at) VALUES ($1, $2, $3, $3, $3)",
        session_hash,
        login,
        tx.now,
    )


async def touch(tx: Tx, session_hash: str) -> None:
    """The session is in use."""
    await tx.run("UPDATE sessions SET seen_at = $2 WHERE hash = $1", session_hash, tx.now)


async def delete(tx: Tx, session_hash: str) -> None:
    """End a session."""
    await tx.run("DELETE FROM sessions WHERE hash = $1", session_hash)


async def delete_expired(tx: Tx, idle_before: int, made_before: int) -> int:
    """Remove sessions not seen or made since these moments (ms); how many."""
    return await tx.run("DELETE FROM sessions WHERE seen_at < $1 OR created_at < $2", idle_before, made_before)


async def count_try(tx: Tx, key: str, window_start: int) -> int:
    """Count one try; how many there are now."""
    return int(
        await tx.value(
            "INSERT INTO attempts (key, window_start, count) VALUES ($1, $2, 1)"
            " ON CONFLICT (key, window_start) DO UPDATE SET count = attempts.count + 1 RETURNING count",
            key,
            window_start,
        )
    )


async def give_back(tx: Tx, key: str, window_start: int) -> None:
    """One try of a window counts no longer."""
    await tx.run(
        "UPDATE attempts SET count = count - 1 WHERE key = $1 AND window_start = $2 AND count > 0", key, window_start
    )


async def forget_tries(tx: Tx, key: str) -> None:
    """Somebody got in: what was counted under this key is over."""
    await tx.run("DELETE FROM attempts WHERE key = $1", key)


async def delete_old_tries(tx: Tx, before: int) -> int:
    """Remove windows that began before a moment (ms); how many."""
    return await tx.run("DELETE FROM attempts WHERE window_start < $1", before)
