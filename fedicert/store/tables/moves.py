"""Accounts that moved, and the other names of accounts here. Whether a move is proven is decided before it gets here."""

from collections.abc import Sequence

import msgspec

from fedicert.store.unit import Reader, Tx


class Move(msgspec.Struct, frozen=True):
    """The latest move of an account, when (ms)."""

    target: int
    moved_at: int


class Companion(msgspec.Struct, frozen=True):
    """Somebody here who follows an account that moved, with the options of the follow."""

    follower: int
    reblogs: bool
    notify: bool
    languages: str


async def moved_to(reader: Reader, account: int) -> int | None:
    """Where an account says now that it moved to, as far as that is proven."""
    found = await reader.value("SELECT moved_to FROM accounts WHERE id = $1", account)
    return None if found is None else int(found)


async def last(reader: Reader, account: int) -> Move | None:
    """The latest move of an account, taken back or not."""
    row = await reader.one("SELECT target, moved_at FROM moves WHERE account = $1", account)
    return None if row is None else Move(row[0], row[1])


async def was_target_since(reader: Reader, account: int, since: int) -> bool:
    """Did somebody move to this account after a moment (ms)?"""
    return bool(await reader.value("SELECT 1 FROM moves WHERE target = $1 AND moved_at > $2 LIMIT 1", account, since))


async def note(tx: Tx, account: int, target: int) -> None:
    """An account moved, now. It is shown with the account, so its version rises."""
    await tx.run("UPDATE accounts SET moved_to = $2, version = version + 1 WHERE id = $1", account, target)
    await tx.run(
        "INSERT INTO moves (account, target, moved_at) VALUES ($1, $2, $3)"
        " ON CONFLICT (account) DO UPDATE SET target = excluded.target, moved_at = excluded.moved_at",
        account,
        target,
        tx.now,
    )


async def take_back(tx: Tx, account: int) -> None:
    """The account says no longer that it moved; when it did is remembered."""
    await tx.run("UPDATE accounts SET moved_to = NULL, version = version + 1 WHERE id = $1", account)


async def forget(tx: Tx, before: int, most: int) -> int:
    """Forget when accounts moved that did before a moment (ms); how many."""
    return await tx.run(
        "DELETE FROM moves WHERE account IN (SELECT account FROM moves WHERE moved_at < $1 LIMIT $2)", before, most
    )


async def aliases(reader: Reader, account: int) -> list[str]:
    """The other accounts that an account says are its own, by actor id."""
    found = await reader.value("SELECT also_known_as FROM accounts WHERE id = $1", account)
    return [] if found is None else msgspec.json.decode(found, type=list[str])


async def set_aliases(tx: Tx, account: int, uris: Sequence[str]) -> None:
    """Say which they are."""
    await tx.run(
        "UPDATE accounts SET also_known_as = $2, version = version + 1 WHERE id = $1",
        account,
        msgspec.json.encode(list(uris)).decode(),
    )


async def companions(reader: Reader, account: int, after: int, count: int) -> list[Companion]:
    """Some people here who follow an account, or ask to, in order of id."""
    rows = await reader.all(
        "SELECT f.follower, f.reblogs, f.notify, f.languages FROM follows f JOIN local_accounts l ON l.id = f.follower"
        " WHERE f.followed = $1 AND f.state <> 'trimmed' AND f.follower > $2 ORDER BY f.follower LIMIT $3",
        account,
        after,
        count,
    )
    return [Companion(row[0], bool(row[1]), bool(row[2]), row[3]) for row in rows]


async def who_block(reader: Reader, account: int, after: int, count: int) -> list[int]:
    """Some people here who block an account, in order of id."""
    rows = await reader.all(
        "SELECT b.account FROM blocks b JOIN local_accounts l ON l.id = b.account WHERE b.target = $1 AND b.account > $2"
        " ORDER BY b.account LIMIT $3",
        account,
        after,
        count,
    )
    return [row[0] for row in rows]


async def who_mute(reader: Reader, account: int, after: int, count: int) -> list[tuple[int, bool]]:
    """Some people here who mute an account without an end, in order of id, and whether its notifications too."""
    rows = await reader.all(
        "SELECT account, notifications FROM mutes WHERE target = $1 AND account > $2 AND expires_at IS NULL"
        " ORDER BY account LIMIT $3",
        account,
        after,
        count,
    )
    return [(row[0], bool(row[1])) for row in rows]


async def both_ask(reader: Reader, former: int, account: int, after: int, count: int) -> list[int]:
    """Some people here at whom an account and its former one both stand, in order of id. Who was trimmed stands nowhere."""
    rows = await reader.all(
        "SELECT f.followed FROM follows f JOIN local_accounts l ON l.id = f.followed"
        " JOIN follows g ON g.followed = f.followed AND g.follower = $2"
        " WHERE f.follower = $1 AND f.state <> 'trimmed' AND g.state <> 'trimmed' AND f.followed > $3"
        " ORDER BY f.followed LIMIT $4",
        former,
        account,
        after,
        count,
    )
    return [row[0] for row in rows]


async def pass_pin(tx: Tx, owner: int, former: int, account: int) -> None:
    """A pinned follower moved: the pin is the new account's, and the place in the kept set where that lives here: those
    elsewhere are kept by whole hosts."""
    for table in ("pins", "kept_units"):
        await tx.run(f"DELETE FROM {table} WHERE account = $1 AND follower = $2", owner, account)
        await tx.run(f"UPDATE {table} SET follower = $3 WHERE account = $1 AND follower = $2", owner, former, account)
    await tx.run(
        "DELETE FROM kept_units WHERE account = $1 AND follower = $2"
        " AND EXISTS (SELECT 1 FROM inboxes i WHERE i.account = $2)",
        owner,
        account,
    )
