"""A remote actor takes one of its own acts back. What it was is looked up here; only its own rows can be found."""

import msgspec

from fedicert.model.urls import Urls
from fedicert.operations import blocks, boosts, favourites, follows
from fedicert.store.tables import blocks as block_rows
from fedicert.store.tables import follows as follow_rows
from fedicert.store.tables import people
from fedicert.store.unit import Tx


class Undone(msgspec.Struct, frozen=True):
    """What is undone, as far as the activity said: its id, its type, what it was done to. '' is unsaid."""

    uri: str
    kind: str = ""
    object: str = ""


async def receive_undo(tx: Tx, urls: Urls, signer: int, undone: Undone) -> bool:
    """Undo a Follow, Block, Like or Announce of `signer`; False where there is none."""
    if undone.kind in ("", "Follow") and await _undo_follow(tx, urls, signer, undone):
        return True
    if undone.kind in ("", "Block") and await _undo_block(tx, signer, undone):
        return True
    if undone.kind in ("", "Like") and await favourites.receive_unlike(tx, signer, thing=undone.object, uri=undone.uri):
        return True
    return undone.kind in ("", "Announce") and await boosts.receive_unboost(
        tx, signer, thing=undone.object, uri=undone.uri
    )


async def _undo_follow(tx: Tx, urls: Urls, signer: int, undone: Undone) -> bool:
    row = await follow_rows.by_uri(tx, undone.uri, signer) if undone.uri else None
    followed = row.followed if row is not None else await _named(tx, undone)
    if followed is None or await follow_rows.between(tx, signer, followed) is None:
        return False
    await follows.undo_follow(tx, urls, signer, followed)
    return True


async def _undo_block(tx: Tx, signer: int, undone: Undone) -> bool:
    target = await block_rows.by_uri(tx, signer, undone.uri) if undone.uri else None
    if target is None:
        target = await _named(tx, undone)
    return target is not None and await blocks.receive_unblock(tx, signer, target)


async def _named(tx: Tx, undone: Undone) -> int | None:
    person = await people.by_uri(tx, undone.object) if undone.object else None
    return None if person is None else person.id
