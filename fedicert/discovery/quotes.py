"""What a post from elsewhere quotes: the post, and the stamp by which its author allows it (FEP-044f).

A stamp counts where it is served by the quoted author's own server, names that author, the post that quotes and the
post that is quoted. One step deep: what a quoted post quotes isn't chased.
"""

from fedicert.activitypub.build_quotes import read_stamp
from fedicert.activitypub.values import same_origin
from fedicert.base.errors import RemoteError, RemoteUnreachable
from fedicert.discovery import statuses
from fedicert.discovery.peers import Peers
from fedicert.operations import quoting
from fedicert.operations.quoting import Looked
from fedicert.remote import documents
from fedicert.store.views import peers as views


async def look(peers: Peers, looked: Looked) -> tuple[int, bool | None]:
    """The quoted post, met where it wasn't known, and whether the stamp holds (None: none is shown, or none is needed).

    Raises RemoteError, NotFound where the quoted post can't be had.
    """
    quoted = looked.quoted
    if quoted is None:
        quoted = await statuses.meet(peers, looked.quote.uri, looks_on=False)
    if peers.urls.is_local(looked.quote.uri) or not looked.quote.stamp:
        return quoted, None
    return quoted, await _holds(peers, looked, await peers.db.read(views.author_of, quoted))


async def meet_quoting(peers: Peers, uri: str) -> None:
    """A quote of a post of ours was allowed: the post that quotes is met, so that its quoted author can be told."""
    status = await statuses.status_of(peers, uri)
    looked = await peers.db.read(quoting.to_look_at, status)
    if looked is not None and looked.quoted is not None:
        await peers.db.write(quoting.settle, status, looked.quoted, None)


async def _holds(peers: Peers, looked: Looked, author: str) -> bool:
    stamp = looked.quote.stamp
    if not same_origin(stamp, author):
        return False
    try:
        document = await documents.fetch_object(peers.wire, stamp, peers.sign)
    except RemoteUnreachable:
        raise
    except RemoteError:
        return False
    said = read_stamp(document.value)
    return said is not None and (said.author, said.quote, said.quoted) == (author, looked.uri, looked.quote.uri)
