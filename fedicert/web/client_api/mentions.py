"""Whom the names of a text mean, found out before the post's unit of work opens.

People known here are looked up; somebody elsewhere who isn't known is asked for by WebFinger, a few a post and not
for long. Who isn't found stays text.
"""

import asyncio
from collections.abc import Sequence

from fedicert.base.errors import FedicertError
from fedicert.discovery import actors
from fedicert.model.statuses import MentionRow
from fedicert.store.unit import Reader
from fedicert.store.views import statuses as views
from fedicert.text import compose
from fedicert.web.plumbing.call import Call

MOST_UNKNOWN = 10
SECONDS = 5
"""They are asked for at the same time, so this is the time for all."""


async def resolve_mentions(call: Call, text: str) -> dict[str, MentionRow]:
    """The names of a text that mean somebody → who."""
    names = compose.find(text).mentions
    if not names:
        return {}
    found = await call.read(_named, names, call.deps.urls.domain)
    unknown = [name for name in names if name not in found and "@" in name][:MOST_UNKNOWN]
    unknown = [name for name in unknown if not name.endswith(f"@{call.deps.urls.domain}")]
    if not unknown:
        return found
    met = await asyncio.gather(*(_meet(call, name) for name in unknown))
    if any(met):
        found |= await call.read(_named, unknown, call.deps.urls.domain)
    return found


async def _named(reader: Reader, _: int, names: Sequence[str], domain: str) -> dict[str, MentionRow]:
    return await views.people_named(reader, names, domain)


async def _meet(call: Call, name: str) -> bool:
    username, _, domain = name.partition("@")
    try:
        async with asyncio.timeout(SECONDS):
            await actors.account_of_handle(call.deps.peers, username, domain)
    except (FedicertError, TimeoutError):
        return False
    return True
