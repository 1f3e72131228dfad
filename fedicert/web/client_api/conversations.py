"""Conversations: what was said directly, by thread and people."""

from typing import Any

from fedicert.mastodon.render import joined
from fedicert.operations import conversations
from fedicert.store.shelf import Shelf
from fedicert.store.unit import Tx
from fedicert.store.views import conversations as views
from fedicert.store.views.conversations import Conversation
from fedicert.web.client_api.filtering import filtered
from fedicert.web.plumbing.endpoint import Answer, Call, endpoint


@endpoint("GET", "/api/v1/conversations", scope="read:statuses", hop=True)
async def several(call: Call) -> Answer:
    """One's conversations, the one with the newest post first."""
    found = await call.read(views.several, call.deps.shelf, call.page(20, 40))
    return Answer(joined(await _shown(call, found.items)), link=call.link(found.oldest, found.newest, found.more))


@endpoint("POST", "/api/v1/conversations/{id}/read", scope="write:conversations", hop=True)
async def read(call: Call) -> Answer:
    """One was read."""
    return await _marked(call, unread=False)


@endpoint("POST", "/api/v1/conversations/{id}/unread", scope="write:conversations", hop=True)
async def unread(call: Call) -> Answer:
    """One is to look as if it weren't."""
    return await _marked(call, unread=True)


@endpoint("DELETE", "/api/v1/conversations/{id}", scope="write:conversations", hop=True)
async def remove(call: Call) -> dict[str, Any]:
    """Take one out of the list; its posts stay."""
    await call.write(conversations.remove, call.id())
    return {}


async def _marked(call: Call, *, unread: bool) -> Answer:
    found = await call.write(_mark_and_show, call.deps.shelf, call.id(), unread)
    return Answer((await _shown(call, [found]))[0])


async def _mark_and_show(tx: Tx, account: int, shelf: Shelf, identifier: int, unread: bool) -> Conversation:
    await conversations.mark(tx, account, identifier, unread=unread)
    return await views.one(tx, account, shelf, identifier)


async def _shown(call: Call, found: list[Conversation]) -> list[bytes]:
    posts = await filtered(call, [one.last_status for one in found])
    return [
        b'{"id":"%d","unread":%b,"accounts":%b,"last_status":%b}'
        % (one.id, b"true" if one.unread else b"false", joined(one.accounts), post)
        for one, post in zip(found, posts, strict=True)
    ]
