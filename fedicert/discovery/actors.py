"""Meet an actor: fetch its document from its own id, confirm its handle, write it down.

No unit of work is open while the network answers. An actor met within a day isn't asked again.
"""

from urllib.parse import urlsplit

from fedicert.activitypub.read import read_actor
from fedicert.activitypub.types import Actor
from fedicert.base.clock import DAY
from fedicert.base.errors import BadRequest, Forbidden, NotFound, RemoteError, RemoteGone, RemoteInvalid
from fedicert.discovery.peers import Peers
from fedicert.operations import actors
from fedicert.remote import documents, webfinger
from fedicert.remote.documents import Document
from fedicert.store.views import peers as peer_views

FRESH = DAY


async def account_of(peers: Peers, uri: str) -> int:
    """The account of an actor id: ours, one met before, or one that is met now. Raises RemoteError, NotFound."""
    local = peers.urls.read(uri)
    if local is not None:
        found = await peers.db.read(peer_views.local_actor, uri)
        if found is None:
            raise NotFound
        return found
    if peers.urls.is_local(uri):
        raise NotFound
    met = await peers.db.read(peer_views.met, uri)
    if met is not None and met.barred:
        raise Forbidden("This account is suspended here")
    if met is not None and not met.gone and peers.clock.now() - met.fetched_at < FRESH:
        return met.id
    try:
        # Somebody who is gone is back when their server shows them now, whatever it showed before.
        document = None if met is not None and met.gone else peers.fresh.take(uri, peers.clock.now())
        return await (refresh(peers, uri) if document is None else meet(peers, document))
    except RemoteGone:
        raise
    except RemoteError:
        if met is None or met.gone:
            raise
        return met.id


async def refresh(peers: Peers, uri: str) -> int:
    """Fetch an actor now, whether it was met or not."""
    return await meet(peers, await documents.fetch_actor(peers.wire, uri, peers.sign))


def remember(peers: Peers, document: Document) -> None:
    """An actor's document was fetched from its own id for another reason: whoever meets it next need not ask again."""
    peers.fresh.remember(document, peers.clock.now())


async def meet(peers: Peers, document: Document) -> int:
    """Write down an actor from a document fetched from its own id; confirms the handle of one never met."""
    try:
        actor = read_actor(document.value)
    except BadRequest as error:
        raise RemoteInvalid(f"{document.url}: {error}") from None
    met = await peers.db.read(peer_views.met, actor.id)
    if met is not None:
        return await peers.db.write(actors.record_actor, actor, met.username, met.domain, confirmed=False)
    username, domain, confirmed = await _handle(peers, actor)
    return await peers.db.write(actors.record_actor, actor, username, domain, confirmed=confirmed)


async def account_of_handle(peers: Peers, username: str, domain: str) -> int:
    """The account of a handle: known here, or found by WebFinger. Raises RemoteError, NotFound."""
    if domain.lower() in ("", peers.urls.domain, peers.urls.host):
        found = await peers.db.read(peer_views.handle, username, "")
        if found is None:
            raise NotFound
        return found
    known = await peers.db.read(peer_views.handle, username, domain.lower())
    if known is not None:
        return known
    finger = await webfinger.lookup(peers.wire, username, domain, scheme=peers.scheme)
    return await account_of(peers, finger.actor)


async def _handle(peers: Peers, actor: Actor) -> tuple[str, str, bool]:
    """The handle, and whether its own server confirms it; servers without WebFinger name their own people."""
    host = urlsplit(actor.id).netloc.lower()
    try:
        finger = await webfinger.confirm(peers.wire, actor.id, actor.username, domain=None)
    except RemoteError:
        if not actor.username:
            raise
        return actor.username, host, False
    return finger.user, finger.domain, True
