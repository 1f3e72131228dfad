"""Finding things: posts by their address, one's own posts by their text, posts of an account, hashtags by prefix.

Accounts are found by `people`. Texts of others are not searched: only what the viewer wrote, whatever its visibility.
"""

from fedicert.mastodon.paging import Page
from fedicert.model.statuses import StatusView
from fedicert.store.loaders import NOBODY, statuses
from fedicert.store.unit import Reader


async def by_address(reader: Reader, uri: str) -> int | None:
    """The post with this id, boosts included; whether it may be seen is for `posts` to say."""
    found = await reader.value("SELECT id FROM statuses WHERE uri = $1 AND state = 'published'", uri)
    return None if found is None else int(found)


async def post(reader: Reader, viewer: int | None, identifier: int) -> list[StatusView]:
    """One post, or none where the viewer may not see it."""
    return list((await statuses(reader, viewer, [identifier])).values())


async def own_posts(reader: Reader, viewer: int | None, text: str, part: Page, account: int | None) -> list[StatusView]:
    """What the viewer wrote that has this text in it or in its warning, newest first; a page by offset."""
    if viewer is None or (account is not None and account != viewer):
        return []
    pattern = "%" + _escaped(text.lower()) + "%"
    rows = await reader.all(
        "SELECT s.id FROM statuses s WHERE s.author = $1 AND s.reblog_of IS NULL AND s.state = 'published'"
        " AND (LOWER(s.text) LIKE $2 ESCAPE '!' OR LOWER(s.spoiler_text) LIKE $2 ESCAPE '!')"
        " ORDER BY s.id DESC LIMIT $3 OFFSET $4",
        viewer or NOBODY,
        pattern,
        part.limit,
        part.offset,
    )
    return list((await statuses(reader, viewer, [row[0] for row in rows])).values())


async def hashtags(reader: Reader, prefix: str, part: Page) -> list[str]:
    """Hashtags (normal form) that begin so and stand in a post that anybody may see."""
    rows = await reader.all(
        "SELECT t.name FROM tags t WHERE t.name LIKE $1 ESCAPE '!' AND EXISTS (SELECT 1 FROM status_tags x"
        " JOIN statuses s ON s.id = x.status WHERE x.tag = t.id AND s.state = 'published' AND s.listed = 1)"
        " ORDER BY LENGTH(t.name), t.name LIMIT $2 OFFSET $3",
        _escaped(prefix) + "%",
        part.limit,
        part.offset,
    )
    return [row[0] for row in rows]


def _escaped(text: str) -> str:
    return text.replace("!", "!!").replace("%", "!%").replace("_", "!_")
