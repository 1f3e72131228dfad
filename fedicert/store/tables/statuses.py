"""Posts and boosts, whom they name, their tags, their earlier states, and what is left of deleted ones.

Every UPDATE of a rendered column raises `version` in the same statement (`store/shapes.py`); counts go without.
"""

from collections.abc import Iterable, Sequence

import msgspec

from fedicert.base.ids import LOW_BITS, id_at
from fedicert.model.accounts import is_limits
from fedicert.model.permits import PermitRow, Scope
from fedicert.model.statuses import PollFacts, StatusRow
from fedicert.store.sees import sees
from fedicert.store.shapes import STATUS_COLUMNS, as_json, as_text, permit_json, status_row
from fedicert.store.unit import Reader, Row, Tx

# `listed`: where a post may appear that nobody follows its author for (law 5).
UNLISTED = 0
LISTED = 1
MEMBERS_ONLY = 2
"""In the local timeline of signed-in members alone: its author asked for public, the tier made it unlisted."""

KEPT_STATES = 100

REMOTE_SLOT = 0xF000
"""The low bits that ids of remote posts start with, so that they stay clear of those that processes count up."""


class Post(msgspec.Struct, frozen=True, kw_only=True):
    """A post as operations need it: the row, where it came from, and its author."""

    row: StatusRow
    local: bool
    listed: int
    conversation: str
    in_reply_to_uri: str
    boosts: str
    kept_only: bool
    answers_by: str
    author_uri: str
    author_name: str
    author_local: bool

    @property
    def id(self) -> int:
        """The post's id."""
        return self.row.id

    @property
    def author(self) -> int:
        """The author's account."""
        return self.row.author_id

    @property
    def of_limits(self) -> bool:
        """Did the limits account say it (law 8)?"""
        return self.author_local and is_limits(self.author_name, "")

    @property
    def counts(self) -> bool:
        """Does it count for others to see? Private posts would betray themselves."""
        return self.row.visibility in ("public", "unlisted")


class NewPost(msgspec.Struct, frozen=True, kw_only=True):
    """A post to be stored. `standing`: the author's limits now, as JSON; '{}' for remote authors.

    `boosts`: of a post from elsewhere who may boost it ('' anyone, `audience`, `nobody`); of a boost `outside`, where it
    enters nobody's home. `kept_only`: of the audience it is for those alone who are written down
    (`scopes`). `answers_by`: who may answer.
    """

    row: StatusRow
    local: bool
    listed: int
    conversation: str
    in_reply_to_uri: str | None = None
    application: int | None = None
    admitted_through: int = 0
    standing: str = "{}"
    boosts: str = ""
    kept_only: bool = False
    answers_by: str = ""


_SELECT = (
    f"SELECT {STATUS_COLUMNS}, s.local, s.listed, s.conversation, s.in_reply_to_uri, s.boosts, s.kept_only, s.answers_by,"
    " a.uri AS author_uri, a.username AS author_name, a.domain AS author_domain"
    " FROM statuses s JOIN accounts a ON a.id = s.author "
)
_VISIBLE = _SELECT + "WHERE s.id = $1 AND " + sees("$2")
_INSERT = (
    "INSERT INTO statuses (id, uri, url, author, local, state, text, content_html, spoiler_text, sensitive, visibility,"
    " listed, language, in_reply_to_id, in_reply_to_account, in_reply_to_uri, conversation, reblog_of, application,"
    " mentions, tags, emojis, attachments, created_at, edited_at, replies_count, reblogs_count, favourites_count,"
    " admitted_through, standing, boosts, scope, kept_only, permit, answers_by, poll, quote_of, quote_uri, quote_state,"
    " quote_stamp, quoting, version)"
    " VALUES ($1, $2, $3, $4, $5, 'published', $6, $7, $8, $9, $10, $11, $12,"
    " $13, $14, $15, $16, $17, $18, $19, $20, $21, $22, $23, $24, 0, 0, 0, $25, $26, $27, $28, $29, $30, $31, $32, $33,"
    " $34, $35, $36, $37, 1)"
    " ON CONFLICT (id) DO NOTHING"
)


async def insert(tx: Tx, new: NewPost) -> bool:
    """Store a post; False where its id is taken. Raises `Duplicate` where its address is."""
    row = new.row
    return bool(
        await tx.run(
            _INSERT,
            row.id,
            row.uri,
            row.url,
            row.author_id,
            int(new.local),
            row.text,
            row.content_html,
            row.spoiler_text,
            int(row.sensitive),
            row.visibility,
            new.listed,
            row.language or None,
            row.in_reply_to_id,
            row.in_reply_to_account_id,
            new.in_reply_to_uri,
            new.conversation,
            row.reblog_of_id,
            new.application,
            as_json(row.mentions),
            as_json(row.tags),
            as_json(row.emojis),
            as_json(row.media),
            row.created_at,
            row.edited_at,
            new.admitted_through,
            new.standing,
            new.boosts,
            row.scope,
            int(new.kept_only),
            permit_json(row.permit),
            new.answers_by,
            as_text(row.poll),
            None if row.quote is None else row.quote.id,
            "" if row.quote is None else row.quote.uri,
            "" if row.quote is None else row.quote.state,
            "" if row.quote is None else row.quote.stamp,
            row.quoting,
        )
    )


async def insert_remote(tx: Tx, new: NewPost, published: int) -> int:
    """Store a remote post under an id made for min(published, now), or the next free one; returns the id.

    Servers that give whole seconds have the milliseconds inside that second, so that posts keep the order in which
    they came.
    """
    moment = max(min(published, tx.now), 0)
    until = min(moment + 999, tx.now) if moment % 1000 == 0 else moment
    identifier = id_at(moment) | REMOTE_SLOT
    if until == moment and await _insert_as(tx, new, identifier):
        return identifier
    last = await tx.value("SELECT MAX(id) FROM statuses WHERE id >= $1 AND id < $2", id_at(moment), id_at(until + 1))
    if last is not None:
        identifier = _behind(last)
    while not await _insert_as(tx, new, identifier):
        identifier = _behind(identifier)
    return identifier


async def _insert_as(tx: Tx, new: NewPost, identifier: int) -> bool:
    return await insert(tx, msgspec.structs.replace(new, row=msgspec.structs.replace(new.row, id=identifier)))


def _behind(identifier: int) -> int:
    free = identifier + 1
    if free & REMOTE_SLOT == REMOTE_SLOT:
        return free
    return (free >> LOW_BITS << LOW_BITS) | REMOTE_SLOT


async def by_id(reader: Reader, identifier: int) -> Post | None:
    """One post, whoever may see it."""
    row = await reader.one(_SELECT + "WHERE s.id = $1", identifier)
    return None if row is None else _post(row)


async def by_uri(reader: Reader, uri: str) -> Post | None:
    """One post by its address."""
    row = await reader.one(_SELECT + "WHERE s.uri = $1", uri)
    return None if row is None else _post(row)


async def visible(reader: Reader, identifier: int, viewer: int) -> Post | None:
    """One post, where the viewer (an account here or elsewhere) may see it."""
    row = await reader.one(_VISIBLE, identifier, viewer)
    return None if row is None else _post(row)


async def visible_by_uri(reader: Reader, uri: str, viewer: int) -> Post | None:
    """The same by address."""
    row = await reader.one(_SELECT + "WHERE s.uri = $1 AND " + sees("$2"), uri, viewer)
    return None if row is None else _post(row)


async def boost_by(reader: Reader, status: int, author: int) -> Post | None:
    """The boost of a post by somebody."""
    row = await reader.one(_SELECT + "WHERE s.reblog_of = $1 AND s.author = $2", status, author)
    return None if row is None else _post(row)


async def hold(tx: Tx, identifier: int) -> bool:
    """Lock a post's row, so that nobody likes or boosts it meanwhile; False where it is gone."""
    return await tx.value("SELECT id FROM statuses WHERE id = $1 {for_update}", identifier) is not None


async def ties(reader: Reader, status: int) -> tuple[int | None, int | None] | None:
    """(the account it answers, the post it boosts); None where it is gone."""
    row = await reader.one("SELECT in_reply_to_account, reblog_of FROM statuses WHERE id = $1", status)
    return None if row is None else (row[0], row[1])


async def of_author(reader: Reader, author: int, count: int) -> list[int]:
    """Some of what an account wrote and boosted, the newest first."""
    rows = await reader.all("SELECT id FROM statuses WHERE author = $1 ORDER BY id DESC LIMIT $2", author, count)
    return [row[0] for row in rows]


async def boosts_of(reader: Reader, status: int) -> list[tuple[int, int, bool]]:
    """Every boost of a post: (id, author, local)."""
    rows = await reader.all("SELECT id, author, local FROM statuses WHERE reblog_of = $1", status)
    return [(row[0], row[1], bool(row[2])) for row in rows]


async def name_people(tx: Tx, status: int, accounts: Iterable[int]) -> None:
    """Note whom a post names; they may see it from now on."""
    await tx.later_many(
        "INSERT INTO status_mentions (status, account) VALUES ($1, $2) ON CONFLICT DO NOTHING",
        [(status, account) for account in accounts],
    )


async def people_named(reader: Reader, status: int) -> list[int]:
    """Whom a post names, or ever named."""
    rows = await reader.all("SELECT account FROM status_mentions WHERE status = $1 ORDER BY account", status)
    return [row[0] for row in rows]


async def set_tags(tx: Tx, status: int, names: Sequence[str], *, replace: bool = False) -> None:
    """File a post under its hashtags."""
    if replace:
        await tx.run("DELETE FROM status_tags WHERE status = $1", status)
    if not names:
        return
    # In one order everywhere, so that two posts with the same new tags don't wait for each other.
    await tx.many("INSERT INTO tags (name) VALUES ($1) ON CONFLICT DO NOTHING", [(name,) for name in sorted(names)])
    await tx.run(
        "INSERT INTO status_tags (tag, status) SELECT id, $1 FROM tags WHERE name {any_text:$2} ON CONFLICT DO NOTHING",
        status,
        list(names),
    )


async def add_reply(tx: Tx, parent: int, by: int) -> None:
    """The number of answers to a post changed."""
    await tx.later("UPDATE statuses SET replies_count = replies_count + $2 WHERE id = $1", parent, by)


async def add_favourite(tx: Tx, status: int, by: int) -> bool:
    """The number of likes changed; False where the post is gone."""
    return bool(await tx.run("UPDATE statuses SET favourites_count = favourites_count + $2 WHERE id = $1", status, by))


async def add_boost(tx: Tx, status: int, by: int) -> bool:
    """The number of boosts changed; False where the post is gone."""
    return bool(await tx.run("UPDATE statuses SET reblogs_count = reblogs_count + $2 WHERE id = $1", status, by))


async def count_for_author(tx: Tx, author: int, by: int) -> None:
    """The author has a post more, or less."""
    await tx.later("UPDATE accounts SET statuses_count = statuses_count + $2 WHERE id = $1", author, by)


async def count_published(tx: Tx, author: int, at: int) -> None:
    """The author has a post more, and when."""
    await tx.later(
        "UPDATE accounts SET statuses_count = statuses_count + 1,"
        " last_status_at = CASE WHEN last_status_at > $2 THEN last_status_at ELSE $2 END WHERE id = $1",
        author,
        at,
    )


async def adopt_answers(tx: Tx, parent: int, uri: str, author: int) -> None:
    """Answers that came before the post they answer are linked to it now."""
    adopted = await tx.run(
        "UPDATE statuses SET in_reply_to_id = $1, in_reply_to_account = $3, version = version + 1"
        " WHERE in_reply_to_uri = $2 AND in_reply_to_id IS NULL",
        parent,
        uri,
        author,
    )
    if adopted:
        await tx.run(
            "UPDATE statuses SET replies_count = (SELECT COUNT(*) FROM statuses r WHERE r.in_reply_to_id = $1"
            " AND r.visibility IN ('public', 'unlisted')) WHERE id = $1",
            parent,
        )


async def rewrite(tx: Tx, row: StatusRow) -> None:
    """The new state of an edited post; its visibility stays."""
    await tx.run(
        "UPDATE statuses SET text = $2, content_html = $3, spoiler_text = $4, sensitive = $5, language = $6,"
        " mentions = $7, tags = $8, emojis = $9, attachments = $10, edited_at = $11, poll = $12, version = version + 1"
        " WHERE id = $1",
        row.id,
        row.text,
        row.content_html,
        row.spoiler_text,
        int(row.sensitive),
        row.language or None,
        as_json(row.mentions),
        as_json(row.tags),
        as_json(row.emojis),
        as_json(row.media),
        row.edited_at,
        as_text(row.poll),
    )


async def set_poll(tx: Tx, status: int, poll: PollFacts) -> None:
    """The votes of a poll, or its end, changed."""
    await tx.run("UPDATE statuses SET poll = $2, version = version + 1 WHERE id = $1", status, as_text(poll))


async def set_permit(tx: Tx, status: int, permit: PermitRow | None, edited_at: int | None = None) -> None:
    """What is shown of the permit that a post carries. `edited_at`: when it was changed by that, None: it wasn't."""
    await tx.run(
        "UPDATE statuses SET permit = $2, edited_at = COALESCE(CAST($3 AS BIGINT), edited_at), version = version + 1"
        " WHERE id = $1",
        status,
        permit_json(permit),
        edited_at,
    )


async def set_scope(tx: Tx, status: int, scope: Scope, visibility: str, listed: int, *, kept_only: bool) -> None:
    """A post is outside the scope of its author's licence, or within it again."""
    await tx.run(
        "UPDATE statuses SET scope = $2, visibility = $3, listed = $4, kept_only = $5, version = version + 1 WHERE id = $1",
        status,
        scope,
        visibility,
        listed,
        int(kept_only),
    )


async def set_policies(tx: Tx, status: int, boosts: str, answers_by: str) -> None:
    """Who may boost and answer a post from elsewhere, as its server says now."""
    await tx.run("UPDATE statuses SET boosts = $2, answers_by = $3 WHERE id = $1", status, boosts, answers_by)


async def keep_state(tx: Tx, row: StatusRow) -> None:
    """Keep the state a post has, before it is edited."""
    await tx.run(
        "INSERT INTO status_edits (status, text, content_html, spoiler_text, sensitive, attachments, created_at, poll)"
        " VALUES ($1, $2, $3, $4, $5, $6, $7, $8)",
        row.id,
        row.text,
        row.content_html,
        row.spoiler_text,
        int(row.sensitive),
        as_json(row.media),
        row.created_at if row.edited_at is None else row.edited_at,
        as_text(row.poll),
    )
    await trim_states(tx, row.id)


async def trim_states(tx: Tx, status: int) -> None:
    """Leave the latest 100 earlier states of a post."""
    await tx.run(
        "DELETE FROM status_edits WHERE status = $1 AND id <= COALESCE("
        f"(SELECT id FROM status_edits WHERE status = $1 ORDER BY id DESC LIMIT 1 OFFSET {KEPT_STATES}), 0)",
        status,
    )


async def remove(tx: Tx, post: Post) -> None:
    """Delete a post and what hangs on its row. Answers to it stay, and answer nothing any more."""
    await tx.run("UPDATE statuses SET in_reply_to_id = NULL, version = version + 1 WHERE in_reply_to_id = $1", post.id)
    await tx.run(
        "UPDATE statuses SET quote_of = NULL, quote_state = 'deleted', version = version + 1 WHERE quote_of = $1",
        post.id,
    )
    for table in (
        "status_mentions",
        "status_tags",
        "status_edits",
        "marks",
        "favourites",
        "bookmarks",
        "filter_statuses",
        "quotes",
        "poll_votes",
        "permits",
        "scope_units",
    ):
        await tx.run(f"DELETE FROM {table} WHERE status = $1", post.id)
    await tx.run("DELETE FROM statuses WHERE id = $1", post.id)


async def bury(tx: Tx, uri: str, author: int) -> None:
    """Remember that a post was here, so that it doesn't come back."""
    await tx.run(
        "INSERT INTO tombstones (uri, author, deleted_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING",
        uri,
        author,
        tx.now,
    )


async def forget_tombstones(tx: Tx, before: int, most: int) -> int:
    """Drop tombstones of others' posts deleted before a moment (ms); how many. Those of posts from here stay."""
    return await tx.run(
        "DELETE FROM tombstones WHERE uri IN (SELECT t.uri FROM tombstones t WHERE t.deleted_at < $1"
        " AND NOT EXISTS (SELECT 1 FROM local_accounts l WHERE l.id = t.author) LIMIT $2)",
        before,
        most,
    )


async def buried(reader: Reader, uri: str, author: int) -> bool:
    """Did this author delete it?"""
    return bool(await reader.value("SELECT 1 FROM tombstones WHERE uri = $1 AND author = $2", uri, author))


def _post(row: Row) -> Post:
    return Post(
        row=status_row(row),
        local=bool(row["local"]),
        listed=row["listed"],
        conversation=row["conversation"],
        in_reply_to_uri=row["in_reply_to_uri"] or "",
        boosts=row["boosts"],
        kept_only=bool(row["kept_only"]),
        answers_by=row["answers_by"],
        author_uri=row["author_uri"],
        author_name=row["author_name"],
        author_local=not row["author_domain"],
    )
