"""FEP-8fcf, the reading side: a remote actor says which of our people follow it, and both sides' lists become one.

Nothing is removed on the word of a list that isn't the one the signed header spoke of, nor a follow that is younger than
ten minutes; a server is asked at most every 15 minutes for one actor, and told at most 100 Undos then.
"""

from collections.abc import Sequence

from fedicert.activitypub import build
from fedicert.activitypub.synchronization import Stated, digest_of
from fedicert.base.clock import MINUTE
from fedicert.model.urls import Urls
from fedicert.operations import dispatch, follows, jobs, seating
from fedicert.store.tables import follows as rows
from fedicert.store.tables import people, synchronizations
from fedicert.store.unit import Tx

COOLDOWN = 15 * MINUTE
TOO_YOUNG = 10 * MINUTE
UNDOS = 100


async def stated(tx: Tx, actor: str, said: Stated) -> bool:
    """A verified request of this actor had the header. Where its digest isn't ours, its list is asked for; True then."""
    person = await people.by_uri(tx, actor)
    if person is None or person.local or person.closed or await people.followers_uri(tx, person.id) != said.collection:
        return False
    last = await synchronizations.looked_at(tx, person.id)
    if last is not None and tx.now - last < COOLDOWN:
        return False
    here = await synchronizations.followers_here(tx, person.id)
    if digest_of(one.uri for one in here if one.state == "admitted") == said.digest:
        return False
    await synchronizations.note(tx, person.id)
    payload = {"account": person.id, "url": said.url, "digest": said.digest}
    await jobs.enqueue(tx, "synchronize", payload, key=str(person.id))
    return True


async def agree(tx: Tx, urls: Urls, account: int, listed: Sequence[str], digest: str) -> int:
    """Bring our rows to the list that was fetched; how many changed.

    Somebody listed who waits for an answer has it. Somebody listed who doesn't follow: an Undo says so. Whoever isn't
    listed follows no longer, where the list is the one that the header spoke of.
    """
    named = {uri for uri in listed if urls.is_local(uri)}
    person = await seating.person_of(tx, account)
    here = {one.uri: one for one in await synchronizations.followers_here(tx, account)}
    changed = 0
    for uri in sorted(named & here.keys()):
        if here[uri].state == "requested":
            changed += await follows.receive_accept(tx, urls, account, "", uri)
    strangers = await synchronizations.people_here(tx, sorted(named - here.keys()))
    for uri, follower in sorted(strangers.items())[:UNDOS]:
        follow = build.follow(f"{uri}#follows/{account}", uri, person.uri)
        undo = build.undo(urls.activity(tx.new_id()), follow)
        await dispatch.answer(tx, follower, [account], undo, pair=f"{follower}>{account}")
        changed += 1
    if digest_of(named) != digest or len(named) != len(listed):
        return changed
    gone = [one for uri, one in here.items() if uri not in named and one.state == "admitted"]
    for one in [one for one in gone if tx.now - one.state_at >= TOO_YOUNG][:UNDOS]:
        row = await rows.between(tx, one.follower, account)
        assert row is not None
        await follows.lose(tx, urls, one.follower, account)
        undo = build.undo(urls.activity(tx.new_id()), build.follow(row.uri, one.uri, person.uri))
        await dispatch.answer(tx, one.follower, [account], undo, pair=f"{one.follower}>{account}")
        changed += 1
    return changed


async def forget(tx: Tx, before: int, most: int) -> int:
    """Forget when lists were asked for before a moment (ms); how many."""
    return await synchronizations.forget(tx, before, most)
