"""QuoteRequest: a post elsewhere wants to quote one of here. Answered with Accept and a stamp, or with Reject."""

from fedicert.activitypub.build_quotes import QuoteRequest
from fedicert.activitypub.types import Activity
from fedicert.activitypub.values import same_origin
from fedicert.discovery.peers import Peers
from fedicert.inbox.effects import Effect, nothing, outcome
from fedicert.operations import quotes
from fedicert.store.unit import Tx


async def receive(peers: Peers, activity: Activity, signer: int) -> Effect:
    """The quoting post must be on its author's own server; it isn't fetched."""
    if not activity.instrument or not same_origin(activity.instrument, activity.actor):
        return nothing("the quoting post is not on its author's server")
    request = QuoteRequest(id=activity.id, quoter=activity.actor, quoted=activity.object_id, quote=activity.instrument)

    async def effect(tx: Tx) -> str:
        return outcome(await quotes.receive_request(tx, peers.urls, signer, request), "no such post is here")

    return effect
