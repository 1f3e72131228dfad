"""Flag: a report from elsewhere about somebody here, and posts of theirs. Most come in the name of the other instance."""

from fedicert.activitypub.types import Activity
from fedicert.discovery.peers import Peers
from fedicert.inbox.effects import Effect, outcome
from fedicert.operations import reports
from fedicert.store.unit import Tx


async def receive(peers: Peers, activity: Activity, signer: int) -> Effect:
    """Kept for the moderators here; nothing is answered."""

    async def effect(tx: Tx) -> str:
        kept = await reports.receive(tx, signer, activity.id, activity.object_ids, activity.content)
        return outcome(kept, "nobody here is reported")

    return effect
