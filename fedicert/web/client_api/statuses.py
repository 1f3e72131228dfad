"""Posts: written, read, edited, deleted, liked, boosted, kept, pinned, and their threads muted.

Every act answers with the post as it is after it.
"""

from collections.abc import Awaitable, Callable

import msgspec

from fedicert.base.errors import NotFound
from fedicert.keys.pen import pen_of
from fedicert.mastodon.forms import AccountStatusesQuery, ReblogForm, StatusEditForm, StatusForm
from fedicert.mastodon.render import encode, joined, status, status_edits, status_source
from fedicert.model.statuses import MentionRow, StatusView
from fedicert.model.urls import Urls
from fedicert.operations import bookmarks, boosts, edits, favourites, mutes, pins, posts
from fedicert.operations.edits import Revision
from fedicert.operations.posts import Draft
from fedicert.operations.previews import Preview, preview
from fedicert.reach.strangers import Refusal, sentence
from fedicert.store.loaders import account_bytes
from fedicert.store.shelf import Shelf
from fedicert.store.unit import Reader, Tx
from fedicert.store.views import statuses as views
from fedicert.store.views.statuses import AccountFilter
from fedicert.text.compose import normal_tag
from fedicert.web.client_api.drafting import asked, draft, language, moment
from fedicert.web.client_api.filtering import filtered, post_answer, posts_answer
from fedicert.web.client_api.mentions import resolve_mentions
from fedicert.web.client_api.pictures import media_ids, note_of
from fedicert.web.client_api.refusals import refused
from fedicert.web.client_api.scheduled_statuses import schedule
from fedicert.web.client_api.slices import sliced
from fedicert.web.plumbing.bodies import query_pairs
from fedicert.web.plumbing.endpoint import Answer, Call, endpoint

MOST_AT_ONCE = 40


Act = Callable[[Tx, int], Awaitable[int | Refusal]]
"""Something done as an account; gives the id of the post to answer with, or why it isn't done."""


Verb = Callable[[Tx, Urls, int, int], Awaitable[int | Refusal]]


@endpoint("POST", "/api/v1/statuses", scope="write:statuses", form=StatusForm, idempotent=True, hop=True)
async def create(call: Call) -> Answer:
    """Post. The status answered with shows the visibility that holds."""
    form: StatusForm = call.form
    if form.scheduled_at is not None and not form.preview:
        await call.identify()
        return await schedule(call, form, moment(form.scheduled_at))
    if form.media_ids or form.in_reply_to_id or form.quoted_status_id:
        await call.identify()
    mentions = await resolve_mentions(call, form.status)
    if form.preview:
        return await _preview(call, form, mentions)
    if form.allowed_mentions is not None:
        unexpected = await _unexpected(call, mentions, form.allowed_mentions)
        if unexpected is not None:
            return unexpected
    wanted = draft(form, mentions)
    key = call.idempotency_key or ""

    async def act(tx: Tx, account: int) -> int | Refusal:
        assert call.token is not None
        signed = msgspec.structs.replace(wanted, application=call.token.app, token=call.token.id, idempotency_key=key)
        return await posts.publish(tx, call.deps.urls, account, signed, pen_of(call.deps.vault))

    return await _acted(call, act)


@endpoint("GET", "/api/v1/statuses", who="public", scope="read:statuses", hop=True)
async def several(call: Call) -> Answer:
    """Several posts by `id[]`; those that may not be seen are left out."""
    given = [value for name, value in query_pairs(call.scope) if name in ("id[]", "id") and isinstance(value, str)]
    wanted = [int(value) for value in given if value.isascii() and value.isdigit() and len(value) < 19]
    found = await call.read_public(views.several, call.deps.shelf, wanted[:MOST_AT_ONCE])
    return Answer(joined(await filtered(call, found)))


@endpoint("GET", "/api/v1/statuses/{id}", who="public", scope="read:statuses", hop=True)
async def show(call: Call) -> Answer:
    """A post, or a boost."""
    return await post_answer(call, await call.read_public(views.one, call.deps.shelf, call.id()))


@endpoint("PUT", "/api/v1/statuses/{id}", scope="write:statuses", form=StatusEditForm, hop=True)
async def edit(call: Call) -> Answer:
    """Rewrite one's own post; the form is its whole new state, the visibility stays."""
    form: StatusEditForm = call.form
    identifier = call.id()
    if form.media_ids or form.media_attributes:
        await call.identify()
    mentions = await resolve_mentions(call, form.status)
    revision = Revision(
        text=form.status,
        spoiler=form.spoiler_text,
        sensitive=bool(form.sensitive),
        language=language(form.language),
        mentions=mentions,
        media=media_ids(form.media_ids),
        media_notes=[
            (found, note_of(said.description, said.focus))
            for said in form.media_attributes
            for found in media_ids((said.id,))
        ],
        poll=asked(form.poll),
    )

    async def act(tx: Tx, account: int) -> int | Refusal:
        return (
            await edits.edit(tx, call.deps.urls, account, identifier, revision, pen_of(call.deps.vault)) or identifier
        )

    return await _acted(call, act)


@endpoint("DELETE", "/api/v1/statuses/{id}", scope="write:statuses", limit="delete", hop=True)
async def delete(call: Call) -> Answer:
    """Delete one's own post; answers with its source, for writing it anew: its pictures stay for a day, if not told."""
    at_once = (call.query("delete_media") or "").lower() in ("true", "1")
    gone = await call.write(_delete, call.deps.urls, call.id(), at_once)
    return Answer(encode(status(gone, call.deps.urls, with_text=True)))


@endpoint("GET", "/api/v1/statuses/{id}/context", who="public", scope="read:statuses", hop=True)
async def context(call: Call) -> Answer:
    """What stands around a post."""
    around = await call.read_public(views.context, call.deps.shelf, call.id())
    above = await filtered(call, around.ancestors)
    below = await filtered(call, around.descendants)
    return Answer(b'{"ancestors":%b,"descendants":%b}' % (joined(above), joined(below)))


@endpoint("GET", "/api/v1/statuses/{id}/source", scope="read:statuses", hop=True)
async def source(call: Call) -> Answer:
    """One's own post as it was typed."""
    return Answer(encode(status_source(await call.read(views.source, call.id()))))


@endpoint("GET", "/api/v1/statuses/{id}/history", who="public", scope="read:statuses", hop=True)
async def history(call: Call) -> Answer:
    """Every state of a post, oldest first."""
    identifier = call.id()
    states, author = await call.read_public(views.history, identifier)
    return Answer(encode(status_edits(identifier, states, author, call.deps.urls)))


@endpoint("GET", "/api/v1/statuses/{id}/favourited_by", who="public", scope="read:accounts", hop=True)
async def favourited_by(call: Call) -> Answer:
    """Who likes a post."""
    part = call.page(40, 80)
    return sliced(call, await call.read_public(views.favourited_by, call.deps.shelf, part, call.id()))


@endpoint("GET", "/api/v1/statuses/{id}/reblogged_by", who="public", scope="read:accounts", hop=True)
async def reblogged_by(call: Call) -> Answer:
    """Who boosted a post."""
    part = call.page(40, 80)
    return sliced(call, await call.read_public(views.reblogged_by, call.deps.shelf, part, call.id()))


@endpoint("POST", "/api/v1/statuses/{id}/favourite", scope="write:favourites", hop=True)
async def favourite(call: Call) -> Answer:
    """Like."""
    return await _acted_on(call, favourites.favourite)


@endpoint("POST", "/api/v1/statuses/{id}/unfavourite", scope="write:favourites", hop=True)
async def unfavourite(call: Call) -> Answer:
    """Like no longer."""
    return await _undone_to(call, favourites.unfavourite)


@endpoint("POST", "/api/v1/statuses/{id}/reblog", scope="write:statuses", form=ReblogForm, hop=True)
async def reblog(call: Call) -> Answer:
    """Boost; answers with the boost, the post inside it."""
    form: ReblogForm = call.form
    identifier = call.id()

    async def act(tx: Tx, account: int) -> int | Refusal:
        return await boosts.reblog(tx, call.deps.urls, account, identifier, form.visibility)

    return await _acted(call, act)


@endpoint("POST", "/api/v1/statuses/{id}/unreblog", scope="write:statuses", hop=True)
async def unreblog(call: Call) -> Answer:
    """Take a boost back; answers with the post."""
    return await _undone_to(call, boosts.unreblog)


@endpoint("POST", "/api/v1/statuses/{id}/bookmark", scope="write:bookmarks", hop=True)
async def bookmark(call: Call) -> Answer:
    """Keep a post."""
    return await _acted_on(call, _bookmark)


@endpoint("POST", "/api/v1/statuses/{id}/unbookmark", scope="write:bookmarks", hop=True)
async def unbookmark(call: Call) -> Answer:
    """Keep it no longer."""
    return await _undone_to(call, _unbookmark)


@endpoint("POST", "/api/v1/statuses/{id}/pin", scope="write:accounts", hop=True)
async def pin(call: Call) -> Answer:
    """Show one of one's own posts first on the profile."""
    return await _acted_on(call, pins.pin)


@endpoint("POST", "/api/v1/statuses/{id}/unpin", scope="write:accounts", hop=True)
async def unpin(call: Call) -> Answer:
    """Show it first no longer."""
    return await _acted_on(call, pins.unpin)


@endpoint("POST", "/api/v1/statuses/{id}/mute", scope="write:mutes", hop=True)
async def mute_thread(call: Call) -> Answer:
    """Be told no more of what happens in the thread of a post."""
    return await _acted_on(call, mutes.mute_thread)


@endpoint("POST", "/api/v1/statuses/{id}/unmute", scope="write:mutes", hop=True)
async def unmute_thread(call: Call) -> Answer:
    """Be told of it again."""
    return await _acted_on(call, mutes.unmute_thread)


@endpoint("GET", "/api/v1/bookmarks", scope="read:bookmarks", hop=True)
async def bookmarked(call: Call) -> Answer:
    """What one keeps."""
    return await posts_answer(call, await call.read(views.bookmarked, call.deps.shelf, call.page(20, 40)))


@endpoint("GET", "/api/v1/favourites", scope="read:favourites", hop=True)
async def favourited(call: Call) -> Answer:
    """What one likes."""
    return await posts_answer(call, await call.read(views.favourited, call.deps.shelf, call.page(20, 40)))


@endpoint(
    "GET",
    "/api/v1/accounts/{id}/statuses",
    who="public",
    scope="read:statuses",
    hop=True,
    form=AccountStatusesQuery,
)
async def of_account(call: Call) -> Answer:
    """An account's posts and boosts."""
    query: AccountStatusesQuery = call.form
    which = AccountFilter(
        pinned=query.pinned,
        exclude_replies=query.exclude_replies,
        exclude_reblogs=query.exclude_reblogs,
        only_media=query.only_media,
        tagged=normal_tag(query.tagged),
    )
    found = await call.read_public(views.of_account, call.deps.shelf, call.page(20, 40), call.id(), which)
    return await posts_answer(call, found)


async def _preview(call: Call, form: StatusForm, mentions: dict[str, MentionRow]) -> Answer:
    """Whom the post would reach and what it would use. No post is stored."""
    found = await call.read(_foreseen, call.deps.urls, draft(form, mentions))
    return Answer(
        {
            "visibility": found.visibility,
            "people": found.reach.people,
            "servers": found.reach.servers,
            "deliveries": found.reach.deliveries,
            "waiting": found.waiting,
            "strangers": msgspec.to_builtins(found.strangers),
            "answers": msgspec.to_builtins(found.answers),
            "refusal": None if found.refusal is None else sentence(found.refusal),
        }
    )


async def _foreseen(reader: Reader, account: int, urls: Urls, draft: Draft) -> Preview:
    return await preview(reader, urls, account, draft)


async def _acted(call: Call, act: Act) -> Answer:
    """Act and read the post it left, in one unit of work: the answer shows what the act did, or neither is there."""
    shown = await call.write(_act_and_show, call.deps.shelf, act)
    if isinstance(shown, Refusal):
        raise refused(shown)
    return await post_answer(call, shown)


async def _act_and_show(tx: Tx, account: int, shelf: Shelf, act: Act) -> bytes | Refusal:
    done = await act(tx, account)
    return done if isinstance(done, Refusal) else await views.one(tx, account, shelf, done)


async def _acted_on(call: Call, verb: Verb) -> Answer:
    """Do something with the post of the path."""
    identifier = call.id()

    async def act(tx: Tx, account: int) -> int | Refusal:
        return await verb(tx, call.deps.urls, account, identifier)

    return await _acted(call, act)


async def _undone_to(call: Call, verb: Callable[[Tx, Urls, int, int], Awaitable[int]]) -> Answer:
    """Take back what one did to the post of the path: also where one may no longer see it, and then it isn't shown."""
    shown = await call.write(_undo_and_show, call.deps.urls, call.deps.shelf, call.id(), verb)
    if shown is None:
        raise NotFound
    return await post_answer(call, shown)


async def _undo_and_show(
    tx: Tx,
    account: int,
    urls: Urls,
    shelf: Shelf,
    identifier: int,
    verb: Callable[[Tx, Urls, int, int], Awaitable[int]],
) -> bytes | None:
    found = await verb(tx, urls, account, identifier)
    try:
        return await views.one(tx, account, shelf, found)
    except NotFound:
        return None


async def _bookmark(tx: Tx, _: Urls, account: int, identifier: int) -> int:
    return await bookmarks.bookmark(tx, account, identifier)


async def _unbookmark(tx: Tx, _: Urls, account: int, identifier: int) -> int:
    return await bookmarks.unbookmark(tx, account, identifier)


async def _delete(tx: Tx, account: int, urls: Urls, identifier: int, delete_media: bool) -> StatusView:
    gone = await views.whole(tx, account, identifier)
    if gone.reblog is not None and gone.status.author_id == account:
        await boosts.unreblog(tx, urls, account, identifier)
    else:
        await posts.delete(tx, urls, account, identifier, delete_media=delete_media)
    return gone


async def _unexpected(call: Call, mentions: dict[str, MentionRow], allowed: tuple[str, ...]) -> Answer | None:
    """The refusal of a post that would mention others than those allowed; None where it wouldn't."""
    await call.identify()
    others = [who.id for who in mentions.values() if str(who.id) not in allowed and who.id != call.viewer]
    if not others:
        return None
    shown = await call.read(account_bytes, call.deps.shelf, list(dict.fromkeys(others)))
    accounts = [msgspec.Raw(item) for item in shown.values()]
    return Answer({"error": "Validation failed: The post would mention others", "unexpected_accounts": accounts}, 422)
