"""Pictures of other servers for people here: fetched under the guard, made anew, kept for a while.

So no other server learns who of us looks at what, and nothing that strangers made reaches a client as it came. Only
what a post or an account that is known here shows is ever fetched: this is no open proxy.
"""

import asyncio
from collections import OrderedDict
from pathlib import Path

from fedicert.base.clock import MINUTE
from fedicert.base.errors import FedicertError, NotFound, RemoteUnreachable, Unavailable
from fedicert.discovery.blocked import BlockedDomains
from fedicert.discovery.peers import Peers
from fedicert.media.studio import Studio
from fedicert.model.pictures import Use, picture_key
from fedicert.remote.pictures import fetch_picture
from fedicert.store.picture_cache import PictureCache, small_name, whole_name

AT_ONCE = 4
"""Fetched at the same time, each of them up to 16 MiB in memory."""
WAITING = 100
AGAIN = 10 * MINUTE
"""What couldn't be had isn't asked for again before that."""
REMEMBERED = 10_000


class RemotePictures:
    """One a process. Close it in the end."""

    def __init__(self, peers: Peers, studio: Studio, cache: PictureCache) -> None:
        self._peers = peers
        self._studio = studio
        self._cache = cache
        self._blocked = BlockedDomains(peers.db, peers.clock)
        self._room = asyncio.Semaphore(AT_ONCE)
        self._under_way: dict[str, asyncio.Task[None]] = {}
        self._failed: OrderedDict[str, int] = OrderedDict()

    async def get(self, url: str, use: Use, *, small: bool = False) -> Path:
        """The file of a picture as we made it, fetched where it isn't kept.

        Raises `NotFound` where it can't be had or is none, `Unavailable` where its server is away or too many wait.
        """
        if await self._blocked.refuses_media(url):
            raise NotFound
        key = picture_key(url)
        wanted = small_name(key) if small and use == "attachment" else whole_name(key, use)
        found = await self._cache.find(wanted)
        if found is None:
            await self._fetch_once(key, url, use)
            found = await self._cache.find(wanted)
        if found is None:
            raise NotFound
        return found

    async def close(self) -> None:
        """End what is under way, and the child."""
        for task in list(self._under_way.values()):
            task.cancel()
        await asyncio.gather(*self._under_way.values(), return_exceptions=True)
        await self._studio.close()

    async def _fetch_once(self, key: str, url: str, use: Use) -> None:
        """Whoever asks meanwhile waits for the same fetch."""
        name = whole_name(key, use)
        until = self._failed.get(name)
        if until is not None and until > self._peers.clock.now():
            raise NotFound
        task = self._under_way.get(name)
        if task is None:
            if len(self._under_way) >= WAITING:
                raise Unavailable
            task = self._under_way[name] = asyncio.create_task(self._fetch(key, url, use))
            task.add_done_callback(lambda ended: self._ended(name, ended))
        await asyncio.shield(task)

    def _ended(self, name: str, task: asyncio.Task[None]) -> None:
        self._under_way.pop(name, None)
        if not task.cancelled():
            task.exception()  # seen, also where nobody waits for it any more

    async def _fetch(self, key: str, url: str, use: Use) -> None:
        async with self._room:
            try:
                made = await self._studio.make(await fetch_picture(self._peers.wire, url), use)
            except Unavailable:
                raise
            except FedicertError as error:
                self._remember(whole_name(key, use))
                if isinstance(error, RemoteUnreachable):
                    raise
                raise NotFound from None
        if made.preview is not None:
            await self._cache.put(small_name(key), made.preview.suffix, made.preview.data)
        await self._cache.put(whole_name(key, use), made.original.suffix, made.original.data)

    def _remember(self, name: str) -> None:
        self._failed[name] = self._peers.clock.now() + AGAIN
        self._failed.move_to_end(name)
        if len(self._failed) > REMEMBERED:
            self._failed.popitem(last=False)
