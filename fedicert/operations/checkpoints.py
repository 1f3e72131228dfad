"""Checkpoints of the ledger (law 7): each binds the chains that grew since the one before and is signed by the instance.

A removed tail, a removed account and a rewritten chain all show against a checkpoint; the one that somebody else kept
shows the rest. The latest is published; where nothing was decided for a day, one is made that says so.
"""

import msgspec

from fedicert.base.clock import DAY
from fedicert.base.errors import Conflict
from fedicert.reach.chain import GENESIS, Checkpoint, Leaf, checkpoint_hash, merkle_root
from fedicert.store.tables import checkpoints as rows
from fedicert.store.unit import Reader, Tx

MOST_LEAVES = 10_000
AT_LEAST_EVERY = DAY
"""Law 7: published at least daily."""


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A checkpoint before it is signed, with the heads it binds."""

    checkpoint: Checkpoint
    leaves: list[Leaf]


class Signed(msgspec.Struct, frozen=True, kw_only=True):
    """A checkpoint as it is published. `kid`, `key`: the key it is signed with, as a Multikey; `signature` hex.

    It names no account and no chain: `root` is a Merkle root over `leaves` heads.
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

    @property
    def checkpoint(self) -> Checkpoint:
        """What is signed of it."""
        return Checkpoint(number=self.number, at=self.at, leaves=self.leaves, root=self.root, prev=self.prev)


class Kept(Signed, frozen=True, kw_only=True):
    """A checkpoint as it is kept elsewhere: with the head of every chain that it and those before bind, where whoever
    keeps it was given them. Without them it shows that something was altered, with them also which row."""

    heads: list[Leaf] = []


async def draft(reader: Reader) -> Draft | None:
    """What the next checkpoint would bind; None where no chain grew, and none is due."""
    leaves = await rows.dirty(reader, MOST_LEAVES)
    last = await rows.last_checkpoint(reader)
    if not leaves and (last is None or last[2] > reader.now - AT_LEAST_EVERY):
        return None
    number, prev, at = (1, GENESIS, 0) if last is None else (last[0] + 1, last[1], last[2])
    return Draft(
        checkpoint=Checkpoint(
            number=number, at=max(reader.now, at), leaves=len(leaves), root=merkle_root(leaves), prev=prev
        ),
        leaves=leaves,
    )


async def seal(tx: Tx, drafted: Draft, kid: str, signature: str) -> int:
    """Add a signed checkpoint. Raises Conflict where somebody else added one since it was drafted."""
    last = await rows.last_checkpoint(tx)
    checkpoint = drafted.checkpoint
    if (0 if last is None else last[0]) != checkpoint.number - 1:
        raise Conflict("another checkpoint was made meanwhile; draft this one again")
    await rows.add_checkpoint(tx, checkpoint, checkpoint_hash(checkpoint), kid, signature, drafted.leaves)
    return checkpoint.number


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
    )
