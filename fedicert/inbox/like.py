"""Like: a favourite. An emoji in it is not shown."""

from fedicert.activitypub.types import Activity
from fedicert.discovery.peers import Peers
from fedicert.inbox.effects import Effect, outcome
from fedicert.operations import favourites
from fedicert.store.unit import Tx


async def receive(peers: Peers, activity: Activity, signer: int) -> Effect:
    """Counts once per person and post, whatever peers claim (#42)."""

    async def effect(tx: Tx) -> str:
        happened = await favourites.receive_like(tx, signer, activity.object_id, activity.id)
        return outcome(happened, "no such post is here")

    return effect
