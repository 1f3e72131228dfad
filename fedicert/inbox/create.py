"""Create: a post of another server, kept where somebody here has to do with it; or a vote in a poll of ours."""

from fedicert.activitypub.read import read_note
from fedicert.activitypub.types import Activity
from fedicert.discovery.peers import Peers
from fedicert.inbox.effects import Effect, nothing, outcome
from fedicert.operations import notes, polls
from fedicert.store.unit import Tx
from fedicert.store.views import peers as views


async def receive(peers: Peers, activity: Activity, signer: int) -> Effect:
    """The object is whole in the activity and the signer's own; its HTML is cleaned here, outside the unit of work."""
    if activity.object is None:
        return nothing("a Create without its object")
    followers = await peers.db.read(views.followers_of, signer)
    note = read_note(activity.object, followers)
    if note.attributed_to != activity.actor:
        return nothing("the post is somebody else's")

    if note.name and note.in_reply_to and not note.content_html and peers.urls.is_local(note.in_reply_to):

        async def vote(tx: Tx) -> str:
            return outcome(await polls.receive_vote(tx, signer, note), "no poll of ours is answered by it")

        return vote

    named = [mention.href for mention in note.mentions]
    if not await peers.db.read(views.wanted_note, signer, [*note.to, *note.cc, *named], note.in_reply_to):
        return nothing("nobody here follows the author, is named, or takes part in the thread")

    async def effect(tx: Tx) -> str:
        return outcome(await notes.receive_note(tx, peers.urls, signer, note) is not None, "taken back already")

    return effect
