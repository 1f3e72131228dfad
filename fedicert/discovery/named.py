"""Whom the names of a text mean, outside a request: known ones are looked up, a few others asked for by WebFinger."""

import asyncio

from fedicert.base.errors import FedicertError
from fedicert.discovery import actors
from fedicert.discovery.peers import Peers
from fedicert.model.statuses import MentionRow
from fedicert.store.views import statuses as views
from fedicert.text import compose

MOST_UNKNOWN = 10
SECONDS = 5


async def named(peers: Peers, text: str) -> dict[str, MentionRow]:
    """The names of a text that mean somebody → who. Who isn't found stays text."""
    names = compose.find(text).mentions
    if not names:
        return {}
    domain = peers.urls.domain
    found = await peers.db.read(views.people_named, names, domain)
    unknown = [name for name in names if name not in found and "@" in name and not name.endswith(f"@{domain}")]
    if unknown and any(await asyncio.gather(*(_met(peers, name) for name in unknown[:MOST_UNKNOWN]))):
        found |= await peers.db.read(views.people_named, unknown, domain)
    return found


async def _met(peers: Peers, name: str) -> bool:
    username, _, domain = name.partition("@")
    try:
        async with asyncio.timeout(SECONDS):
            await actors.account_of_handle(peers, username, domain)
    except (FedicertError, TimeoutError):
        return False
    return True
