"""Makes the archive of somebody here: a zip, written page by page as it is read, so that its size costs no memory.

What is in it says its README. Made twice, the second try begins anew and replaces nothing that is whole.
"""

import asyncio
import json
import shutil
import zipfile
from collections.abc import Awaitable, Callable
from functools import partial
from pathlib import Path
from typing import IO, Any

import msgspec

from fedicert.activitypub import build
from fedicert.base.log import log
from fedicert.mastodon import csv_files
from fedicert.model.urls import Urls
from fedicert.operations import archives, exporting, profiles
from fedicert.operations.jobs import Job
from fedicert.store.archive_files import ArchiveFiles
from fedicert.store.blobs import Blobs
from fedicert.store.unit import Database, Reader
from fedicert.store.views import archive as views
from fedicert.store.views import federation
from fedicert.store.views.archive import Rows, Said

PAGE = 200
Page = Callable[[int], Awaitable[Rows]]
View = Callable[[Reader, int, int, int], Awaitable[Rows]]
_LISTS: dict[str, View] = {
    "unsent": views.unsent,
    "likes": views.likes,
    "bookmarks": views.bookmarks,
}

README = """\
Everything that @{name} said and is, as of the moment when this was made.

actor.json        the profile as other servers see it
account.json      the profile as it was typed, and the settings
outbox.json       every post and boost, also those for few, as ActivityPub activities; oldest first
unsent.json       drafts, and posts that are to go out later
likes.json        addresses of the posts liked        bookmarks.json   of those kept
media/            pictures; account.json and the posts name them
credentials/      licences, as their issuers signed them
ledger.jsonl      every decision that this server took about the account, with names and salts, and the signed checkpoint
                  that binds them; `fedicert ledger verify ledger.jsonl` checks it
filters.json      filters, and hashtags that are followed
*.csv             follows, followers, blocks, mutes, hidden servers, lists and bookmarks, as other servers import them
                  (followers can't be imported anywhere; whoever moves asks them to follow the new account)
"""
FILES = {
    "following": "following_accounts.csv",
    "followers": "followers.csv",
    "blocks": "blocked_accounts.csv",
    "mutes": "muted_accounts.csv",
    "domain_blocks": "blocked_domains.csv",
    "lists": "lists.csv",
    "bookmarks": "bookmarks.csv",
}


class Archiving:
    """Handles jobs whose payload names an archive; and the one that removes old files."""

    def __init__(self, db: Database, urls: Urls, blobs: Blobs) -> None:
        self._db, self._urls, self._blobs = db, urls, blobs
        self._files = ArchiveFiles(blobs.folder.parent)

    async def make(self, job: Job) -> None:
        """Make it, whole or not at all."""
        found = await self._db.read(archives.wanted, int(job.payload["archive"]))
        if found is None:
            return
        half = await asyncio.to_thread(self._files.begin, found.file)
        await self.write(found.account, half)
        size = await asyncio.to_thread(self._files.finish, found.file)
        await self._db.write(archives.made, found.id, size)
        log("archive_made", archive=found.id, bytes=size)

    async def clear(self, _: Job) -> None:
        """Remove the files whose time is over."""
        while found := await self._db.write(archives.to_remove):
            await asyncio.to_thread(self._files.remove, [name for _, name in found])
            await self._db.write(archives.removed, [identifier for identifier, _ in found])

    async def write(self, account: int, path: Path) -> None:
        """Everything of somebody here, into a new file."""
        about = await self._db.read(views.about, account)
        with zipfile.ZipFile(path, "x", zipfile.ZIP_DEFLATED, allowZip64=True) as zipped:
            path.chmod(0o600)
            await _text(zipped, "README.txt", README.format(name=about["username"]))
            await _json(zipped, "account.json", about)
            actor = await self._db.read(federation.actor, about["uri"])
            if not isinstance(actor, str):
                await _json(zipped, "actor.json", profiles.document_of(self._urls, actor))
            await self._said(zipped, account, about["username"])
            for name, view in _LISTS.items():
                await _list(zipped, f"{name}.json", "[", "]", partial(self._page, view, account))
            await _json(zipped, "filters.json", await self._db.read(views.filters, account))
            for number, document in await self._db.read(views.licences, account):
                await _text(zipped, f"credentials/{number}.json", document)
            await self._ledger(zipped, account)
            for kind in views.KINDS:
                await self._lines(zipped, kind, account)
            await self._pictures(zipped, account)

    async def _page(self, view: View, account: int, after: int) -> Rows:
        return await self._db.read(view, account, after, PAGE)

    async def _said(self, zipped: zipfile.ZipFile, account: int, username: str) -> None:
        total = await self._db.read(views.count_posts, account)
        head = {
            "@context": "https://www.w3.org/ns/activitystreams",
            "id": "outbox.json",
            "type": "OrderedCollection",
            "totalItems": total,
        }
        opening = json.dumps(head)[:-1] + ', "orderedItems": ['

        async def page(after: int) -> Rows:
            found = await self._db.read(views.posts, account, after, PAGE)
            return Rows([self._activity(username, one) for one in found.rows], found.after)

        await _list(zipped, "outbox.json", opening, "]}", page)

    def _activity(self, username: str, one: Said) -> build.Document:
        urls, row = self._urls, one.row
        if not one.boosted:
            note = build.note(urls, row, username, one.in_reply_to, one.conversation)
            return build.create(urls.status_activity(username, row.id), note)
        goes_to = build.addressees(row.visibility, urls.followers(username), [one.boosted_author])
        return build.announce(row.uri, urls.actor(username), one.boosted, row.created_at, goes_to)

    async def _ledger(self, zipped: zipfile.ZipFile, account: int) -> None:
        """As `fedicert ledger verify FILE` checks it."""
        with zipped.open("ledger.jsonl", "w", force_zip64=True) as file:
            async for lines in exporting.own(self._db, self._urls.base, account):
                await asyncio.to_thread(file.write, lines)

    async def _lines(self, zipped: zipfile.ZipFile, kind: str, account: int) -> None:
        after: int | None = 0
        with zipped.open(FILES[kind], "w", force_zip64=True) as file:
            await asyncio.to_thread(file.write, csv_files.write(kind, ()).encode())
            while after is not None:
                found = await self._db.read(views.lines, kind, account, self._urls.domain, after, PAGE)
                text = csv_files.write(kind, found.rows, header=False)
                await asyncio.to_thread(file.write, text.encode())
                after = found.after

    async def _pictures(self, zipped: zipfile.ZipFile, account: int) -> None:
        after: int | None = 0
        while after is not None:
            found = await self._db.read(views.pictures, account, after, PAGE)
            for one in found.rows:
                path = self._blobs.path(one["file"])
                if path is not None:
                    await asyncio.to_thread(_copy, zipped, path, f"media/{one['purpose']}-{one['file']}")
            after = found.after


def _copy(zipped: zipfile.ZipFile, path: Path, name: str) -> None:
    """Pictures are packed already. One that was thrown away meanwhile isn't there any more."""
    info = zipfile.ZipInfo(name)
    info.compress_type = zipfile.ZIP_STORED
    try:
        with path.open("rb") as source, zipped.open(info, "w", force_zip64=True) as target:
            shutil.copyfileobj(source, target, 1 << 18)
    except FileNotFoundError:
        return


async def _text(zipped: zipfile.ZipFile, name: str, text: str) -> None:
    await asyncio.to_thread(zipped.writestr, name, text)


async def _json(zipped: zipfile.ZipFile, name: str, value: Any) -> None:
    await _text(zipped, name, _dumped(value, 1))


async def _list(zipped: zipfile.ZipFile, name: str, opening: str, closing: str, page: Page) -> None:
    """A long list, read and written a page at a time."""
    after: int | None = 0
    first = True
    with zipped.open(name, "w", force_zip64=True) as file:
        await asyncio.to_thread(file.write, opening.encode())
        while after is not None:
            found = await page(after)
            await asyncio.to_thread(_write, file, found.rows, first=first)
            first = first and not found.rows
            after = found.after
        await asyncio.to_thread(file.write, f"\n{closing}\n".encode())


def _write(file: IO[bytes], rows: list[Any], *, first: bool) -> None:
    for row in rows:
        file.write(("\n" if first else ",\n").encode() + _dumped(row, None).encode())
        first = False


def _dumped(value: Any, indent: int | None) -> str:
    return json.dumps(msgspec.to_builtins(value), ensure_ascii=False, indent=indent)
