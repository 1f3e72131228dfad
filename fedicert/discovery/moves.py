"""Is a move true? Both accounts are asked now, at their own addresses: nothing that was known before is believed."""

from fedicert.activitypub.read import read_actor
from fedicert.activitypub.types import Actor
from fedicert.base.errors import BadRequest, NotFound, RemoteError, RemoteInvalid, Unprocessable
from fedicert.base.urls import same_url
from fedicert.discovery import actors
from fedicert.discovery.peers import Peers
from fedicert.operations.moves import not_named
from fedicert.remote import documents
from fedicert.store.views import moves as views


async def says_it_moved(peers: Peers, former: str, account: str) -> bool:
    """Does the old account itself say that it moved there? Raises the `RemoteError` tree."""
    actor = await _read(peers, former)
    return bool(actor.moved_to) and same_url(actor.moved_to, account)


async def new_account(peers: Peers, former: str, target: str) -> int | None:
    """The account at `target`, where it names the old one as its own, stands and hasn't moved itself; None else."""
    if peers.urls.is_local(target):
        return await peers.db.read(views.names, target, former)
    actor = await _read(peers, target)
    if actor.moved_to or actor.suspended or not any(same_url(one, former) for one in actor.also_known_as):
        return None
    return await actors.account_of(peers, actor.id)


async def find(peers: Peers, who: str) -> int:
    """An account by its handle or its address, asked for now where it is elsewhere. Raises Unprocessable."""
    text = who.strip()
    try:
        if text.startswith(("https://", "http://")):
            return await actors.account_of(peers, text)
        name, _, domain = text.removeprefix("acct:").removeprefix("@").partition("@")
        if not name:
            raise Unprocessable("Write the other account as name@its.server")
        return await actors.account_of_handle(peers, name, domain)
    except (RemoteError, NotFound, BadRequest):
        raise Unprocessable(f"There is no account {text[:200]} to be found; write it as name@its.server") from None


async def find_target(peers: Peers, account: str, ours: str, who: str) -> int:
    """Where somebody here wants to move to: it must name `account` as its own, at this moment. Raises Unprocessable."""
    found = await find(peers, who)
    uri, acct = await peers.db.read(views.uri_of, found)
    try:
        if not peers.urls.is_local(uri):
            await actors.refresh(peers, uri)
        confirmed = await new_account(peers, account, uri)
    except RemoteError:
        raise Unprocessable(f"@{acct} can't be asked just now; try again later") from None
    if confirmed is None:
        raise Unprocessable(not_named(acct, ours))
    return confirmed


async def _read(peers: Peers, uri: str) -> Actor:
    """What an actor says at this moment; written down as well."""
    document = await documents.fetch_actor(peers.wire, uri, peers.sign)
    try:
        actor = read_actor(document.value)
    except BadRequest as error:
        raise RemoteInvalid(f"{uri}: {error}") from None
    if not same_url(actor.id, uri):
        raise RemoteInvalid(f"{uri} is {actor.id}")
    await actors.meet(peers, document)
    return actor
