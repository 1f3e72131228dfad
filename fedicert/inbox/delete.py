"""Delete: of the signer's own post, of a stamp for a quote, or of the signer.

What never came is remembered, so that it can't come later.
"""

from fedicert.activitypub.types import Activity
from fedicert.discovery.peers import Peers
from fedicert.inbox.effects import DONE, Effect, outcome
from fedicert.operations import actors, notes, quoting
from fedicert.store.unit import Tx


async def receive(peers: Peers, activity: Activity, signer: int) -> Effect:
    """The object is an id or a Tombstone; the author of the stored post decides, not the host (#36)."""
    uri = activity.object_id

    async def effect(tx: Tx) -> str:
        if uri == activity.actor:
            return outcome(await actors.actor_gone(tx, peers.urls, uri), "gone already")
        if await quoting.receive_revocation(tx, signer, uri):
            return DONE
        return outcome(await notes.receive_delete(tx, peers.urls, signer, uri), "no such post of this author is here")

    return effect
