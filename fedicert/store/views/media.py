"""Pictures: one's own that hang on nothing yet, and those of other servers by what their address says."""

import msgspec

from fedicert.base.errors import NotFound
from fedicert.model.accounts import EmojiRow
from fedicert.model.pictures import Use, picture_key
from fedicert.model.statuses import MediaRow
from fedicert.store.shapes import emojis_of, media_of
from fedicert.store.unit import Reader, one_statement

_row = msgspec.json.Decoder(MediaRow)


class RemotePicture(msgspec.Struct, frozen=True):
    """Where a picture of another server is, and what it is shown as."""

    url: str
    use: Use


@one_statement
async def own(reader: Reader, viewer: int, identifier: int) -> MediaRow:
    """A picture that the viewer brought and that hangs on nothing yet. Raises `NotFound`."""
    found = await reader.value(
        "SELECT entity FROM media WHERE id = $1 AND owner = $2 AND purpose = 'attachment' AND state = 'free'",
        identifier,
        viewer,
    )
    if found is None:
        raise NotFound
    return _row.decode(found)


@one_statement
async def of_status(reader: Reader, status: int, key: str) -> RemotePicture | None:
    """The picture or emoji with this key of a remote post, in any of its states; None where there is none."""
    rows = await reader.all(
        "SELECT s.attachments, s.emojis FROM statuses s JOIN accounts a ON a.id = s.author WHERE s.id = $1"
        " AND s.local = 0 AND a.suspended_at IS NULL"
        " UNION ALL SELECT e.attachments, '[]' FROM status_edits e JOIN statuses s ON s.id = e.status"
        " JOIN accounts a ON a.id = s.author WHERE e.status = $1 AND s.local = 0 AND a.suspended_at IS NULL",
        status,
    )
    for row in rows:
        for media in media_of(row["attachments"]):
            if media.type == "image" and picture_key(media.remote_url) == key:
                return RemotePicture(media.remote_url, "attachment")
        found = _emoji(emojis_of(row["emojis"]), key)
        if found is not None:
            return found
    return None


@one_statement
async def of_account(reader: Reader, account: int, key: str) -> RemotePicture | None:
    """The picture or emoji with this key of a remote account; None where there is none."""
    row = await reader.one(
        "SELECT avatar_url, header_url, emojis FROM accounts WHERE id = $1 AND domain <> '' AND suspended_at IS NULL"
        " AND deleted_at IS NULL",
        account,
    )
    if row is None:
        return None
    if row["avatar_url"] and picture_key(row["avatar_url"]) == key:
        return RemotePicture(row["avatar_url"], "avatar")
    if row["header_url"] and picture_key(row["header_url"]) == key:
        return RemotePicture(row["header_url"], "header")
    return _emoji(emojis_of(row["emojis"]), key)


def _emoji(emojis: tuple[EmojiRow, ...], key: str) -> RemotePicture | None:
    return next((RemotePicture(emoji.url, "emoji") for emoji in emojis if picture_key(emoji.url) == key), None)
