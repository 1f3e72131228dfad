"""Checkpoints of the ledger (law 7): each binds the chains that grew since the one before and is signed by the instance.

A removed tail, a removed account and a rewritten chain all show against a checkpoint; the one that somebody else kept
shows the rest. The latest is published; where nothing was decided for a day, one is made that says so.

Each UTC day is closed by one that binds of every chain that grew the last row of that day (more than one, where that are
many chains): an export for an auditor goes by those, because the others say at which minute a chain grew.
"""

import msgspec

from fedicert.base.clock import DAY, MINUTE
from fedicert.base.errors import Conflict
from fedicert.reach.chain import GENESIS, Checkpoint, Leaf, checkpoint_hash, day_of, merkle_root
from fedicert.store.tables import checkpoints as rows
from fedicert.store.unit import Reader, Tx

MOST_LEAVES = 10_000
AT_LEAST_EVERY = DAY
"""Law 7: published at least daily."""
CLOSED_AFTER = 10 * MINUTE
"""What began before midnight is written by then."""
SALT_BYTES = 16


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A checkpoint before it is signed, with the heads it binds."""

    checkpoint: Checkpoint
    leaves: list[Leaf]


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """A checkpoint as it is published. `kid`, `key`: the key it is signed with, as a Multikey; `signature` hex.

    It names no account and no chain: `root` is a Merkle root over `leaves` heads. `day`: the UTC day that it closes.
    """

    number: int
    at: int
    leaves: int
    root: str
    prev: str
    hash: str
    kid: str
    signature: str
    key: str = ""
    day: str = ""

    @property
    def checkpoint(self) -> Checkpoint:
        """What is signed of it."""
        return Checkpoint(
            number=self.number, at=self.at, leaves=self.leaves, root=self.root, prev=self.prev, day=self.day
        )


class Kept(Signed, frozen=True, kw_only=True):
    """A checkpoint as it is kept elsewhere: with the head of every chain that it and those before bind, where whoever
    keeps it was given them. Without them it shows that something was altered, with them also which row."""

    heads: list[Leaf] = []


async def draft(tx: Tx) -> Draft | None:
    """What the next checkpoint would bind; None where no chain grew, and none is due. It writes nothing."""
    day = await _to_close(tx)
    if day:
        leaves = await rows.unclosed(tx, tx.now // DAY * DAY, MOST_LEAVES)
    else:
        leaves = await rows.dirty(tx, MOST_LEAVES)
    last = await rows.last_checkpoint(tx)
    if not leaves and not day and (last is None or last[2] > tx.now - AT_LEAST_EVERY):
        return None
    salted = [msgspec.structs.replace(leaf, salt=tx.random(SALT_BYTES).hex()) for leaf in leaves]
    number, prev, at = (1, GENESIS, 0) if last is None else (last[0] + 1, last[1], last[2])
    return Draft(
        checkpoint=Checkpoint(
            number=number, at=max(tx.now, at), leaves=len(salted), root=merkle_root(salted), prev=prev, day=day
        ),
        leaves=salted,
    )


async def _to_close(reader: Reader) -> str:
    """The day that is over and isn't closed, '' where none is. Days on which nothing ran are closed with the last."""
    first = await rows.first_moment(reader)
    if reader.now % DAY < CLOSED_AFTER or first is None:
        return ""
    day = day_of(reader.now - DAY)
    # One of a day to come was made while the clock was ahead: it doesn't hold up those until then.
    closed, leaves = await rows.last_closing(reader, day)
    # Days in ISO 8601 sort like moments. One that is full is followed by another of the same day.
    due = closed < day or (closed == day and leaves == MOST_LEAVES)
    return day if due and day_of(first) <= day else ""


async def seal(tx: Tx, drafted: Draft, kid: str, signature: str) -> int:
    """Add a signed checkpoint. Raises Conflict where somebody else added one since it was drafted."""
    last = await rows.last_checkpoint(tx)
    checkpoint = drafted.checkpoint
    if (0 if last is None else last[0]) != checkpoint.number - 1:
        raise Conflict("another checkpoint was made meanwhile; draft this one again")
    await rows.add_checkpoint(tx, checkpoint, checkpoint_hash(checkpoint), kid, signature, drafted.leaves)
    return checkpoint.number


async def closed_until(reader: Reader) -> str:
    """The last UTC day that is closed, '' before the first."""
    return (await rows.last_closing(reader))[0]


async def published(reader: Reader, before: int | None = None, count: int = 1) -> list[Signed]:
    """Checkpoints as anybody may have them, the latest first, behind a number."""
    keys = await rows.signing_keys(reader)
    return [signed(sealed, keys) for sealed in await rows.sealed_before(reader, before, count)]


async def latest(reader: Reader) -> Kept | None:
    """The latest checkpoint in the form in which somebody else may keep it, with the heads of all chains."""
    found = await published(reader)
    if not found:
        return None
    heads = await rows.heads_at(reader, found[0].number)
    return Kept(**msgspec.structs.asdict(found[0]), heads=heads)


def signed(sealed: rows.Sealed, keys: dict[str, str]) -> Signed:
    """A checkpoint with the key it is signed with."""
    return Signed(
        number=sealed.checkpoint.number,
        at=sealed.checkpoint.at,
        leaves=sealed.checkpoint.leaves,
        root=sealed.checkpoint.root,
        prev=sealed.checkpoint.prev,
        hash=sealed.hash,
        kid=sealed.kid,
        signature=sealed.signature,
        key=keys.get(sealed.kid, ""),
        day=sealed.checkpoint.day,
    )
