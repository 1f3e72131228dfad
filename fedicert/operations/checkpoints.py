"""Checkpoints of the ledger (law 7): each binds the chains that grew since the one before and is signed by the instance.

A removed tail, a removed account and a rewritten chain all show against a checkpoint; the one that somebody else kept
shows the rest.
"""

import msgspec

from fedicert.base.errors import Conflict
from fedicert.reach.chain import GENESIS, Checkpoint, Leaf, checkpoint_hash, merkle_root
from fedicert.store.tables import ledger
from fedicert.store.unit import Reader, Tx

MOST_LEAVES = 10_000


class Draft(msgspec.Struct, frozen=True, kw_only=True):
    """A checkpoint before it is signed, with the heads it binds."""

    checkpoint: Checkpoint
    leaves: list[Leaf]


class Kept(msgspec.Struct, frozen=True, kw_only=True):
    """A checkpoint as it is given out and kept elsewhere: with the head of every chain that it and those before bind."""

    number: int
    at: int
    leaves: int
    root: str
    prev: str
    hash: str
    kid: str
    signature: str
    heads: list[Leaf]


async def draft(reader: Reader) -> Draft | None:
    """What the next checkpoint would bind; None where no chain grew."""
    leaves = await ledger.dirty(reader, MOST_LEAVES)
    if not leaves:
        return None
    last = await ledger.last_checkpoint(reader)
    number, prev, at = (1, GENESIS, 0) if last is None else (last[0] + 1, last[1], last[2])
    return Draft(
        checkpoint=Checkpoint(
            number=number, at=max(reader.now, at), leaves=len(leaves), root=merkle_root(leaves), prev=prev
        ),
        leaves=leaves,
    )


async def seal(tx: Tx, drafted: Draft, kid: str, signature: str) -> int:
    """Add a signed checkpoint. Raises Conflict where somebody else added one since it was drafted."""
    last = await ledger.last_checkpoint(tx)
    checkpoint = drafted.checkpoint
    if (0 if last is None else last[0]) != checkpoint.number - 1:
        raise Conflict("another checkpoint was made meanwhile; draft this one again")
    await ledger.add_checkpoint(tx, checkpoint, checkpoint_hash(checkpoint), kid, signature, drafted.leaves)
    return checkpoint.number


async def latest(reader: Reader) -> Kept | None:
    """The latest checkpoint in the form in which somebody else may keep it."""
    last = await ledger.last_checkpoint(reader)
    if last is None:
        return None
    sealed = (await ledger.sealed(reader, last[0] - 1, 1))[0]
    return Kept(
        number=sealed.checkpoint.number,
        at=sealed.checkpoint.at,
        leaves=sealed.checkpoint.leaves,
        root=sealed.checkpoint.root,
        prev=sealed.checkpoint.prev,
        hash=sealed.hash,
        kid=sealed.kid,
        signature=sealed.signature,
        heads=await ledger.heads_at(reader, last[0]),
    )
