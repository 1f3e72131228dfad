"""Meet a post: fetch it from its own id, meet its author, write it down. Replies above it are not chased."""

from fedicert.activitypub.read import read_note
from fedicert.base.errors import BadRequest, NotFound, RemoteGone, RemoteInvalid
from fedicert.discovery import actors
from fedicert.discovery.peers import Peers
from fedicert.operations import notes
from fedicert.remote import documents
from fedicert.store.views import peers as views


async def status_of(peers: Peers, uri: str) -> int:
    """A post by its id: one that is here, or one that is met now."""
    known = await peers.db.read(views.status_known, uri)
    return known if known is not None else await meet(peers, uri)


async def meet(peers: Peers, uri: str, *, looks_on: bool = True) -> int:
    """Fetch a post and keep it. `looks_on`: what it quotes is looked at too.

    Raises RemoteError; NotFound for what isn't ours to fetch or was taken back.
    """
    if peers.urls.is_local(uri):
        raise NotFound
    if await peers.db.read(views.buried, uri):
        raise RemoteGone(f"{uri} was taken back")
    document = await documents.fetch_object(peers.wire, uri, peers.sign)
    author_uri = _author(document.value)
    author = await actors.account_of(peers, author_uri)
    try:
        note = read_note(document.value, await peers.db.read(views.followers_of, author))
    except BadRequest as error:
        raise RemoteInvalid(f"{uri}: {error}") from None
    found = await peers.db.write(notes.receive_note, peers.urls, author, note, looks_on=looks_on)
    if found is None:
        raise RemoteInvalid(f"{uri} can't be kept here")
    return found


def _author(value: dict[str, object]) -> str:
    author = value.get("attributedTo")
    if isinstance(author, list):
        author = author[0] if author else None
    if isinstance(author, dict):
        author = author.get("id")
    if not isinstance(author, str):
        raise RemoteInvalid("the post names no author")
    return author
