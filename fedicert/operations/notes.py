"""Posts of other servers: taken in, edited and deleted, by their stored author and nobody else (federation §7 #36–#38).

Texts come in made safe (`activitypub.read`). An edit never
widens who may see a post. Of likes and boosts, only our own rows count (#42).
"""

from collections.abc import Sequence
from urllib.parse import urlsplit

import msgspec

from fedicert.activitypub.types import Note, RemoteAttachment
from fedicert.model.accounts import EmojiRow
from fedicert.model.pictures import preview_size
from fedicert.model.statuses import MediaRow, MentionRow, StatusRow
from fedicert.model.urls import Urls
from fedicert.operations import answers, boosts, conversations, dispatch, notices, permits
from fedicert.operations.edits import tell_boosters
from fedicert.operations.erasing import erase
from fedicert.reach.visibility import enters_public_timelines
from fedicert.store.tables import mutes, people, statuses
from fedicert.store.tables.people import Person
from fedicert.store.tables.statuses import LISTED, UNLISTED, NewPost, Post
from fedicert.store.unit import Tx


async def receive_note(tx: Tx, urls: Urls, author: int, note: Note) -> int | None:
    """Take a remote post in; returns its id here, known before or not.

    None where it isn't the author's to say: the address is another's, the author deleted it already, or it answers
    somebody here who lets others answer. Whether anybody
    here has to do with it is the caller's to ask; those it names are linked as far as they are known: meet them before.
    """
    known = await statuses.by_uri(tx, note.id)
    if known is not None:
        return known.id if known.author == author else None
    person = await people.by_id(tx, author)
    if person is None or person.local or person.uri != note.attributed_to or await statuses.buried(tx, note.id, author):
        return None
    parent = await statuses.by_uri(tx, note.in_reply_to) if note.in_reply_to else None
    if not await answers.takes(tx, parent, author):
        return None
    named = await _named(tx, note)
    published = tx.now if note.published is None else min(note.published, tx.now)
    row = StatusRow(
        id=0,
        uri=note.id,
        url=note.url,
        author_id=author,
        in_reply_to_id=None if parent is None else parent.id,
        in_reply_to_account_id=None if parent is None else parent.author,
        visibility=note.visibility,
        created_at=published,
    )
    new = NewPost(
        row=_with_content(tx, row, note, named, ()),
        local=False,
        listed=LISTED if enters_public_timelines(note.visibility) else UNLISTED,  # type: ignore[arg-type]
        conversation=parent.conversation if parent else note.conversation or note.context or note.id,
        in_reply_to_uri=note.in_reply_to or None,
        boosts=note.boosts,
        answers_by=note.answers_by,
    )
    identifier = await statuses.insert_remote(tx, new, published)
    await permits.note_claim(tx, identifier, note)
    await _settle_in(tx, identifier, new, parent, named)
    if note.visibility != "direct" and (parent is not None or not note.in_reply_to):
        await dispatch.appear(tx, author, identifier, identifier, None if parent is None else parent.author)
    if new.listed == LISTED and new.row.tags:
        await dispatch.come_by_tag(tx, identifier)
    return identifier


async def receive_edit(tx: Tx, urls: Urls, author: int, note: Note) -> int | None:
    """The new state of a remote post; returns its id, None where nothing of this author is known there.

    An older state than the one that is kept changes nothing.
    """
    post = await statuses.by_uri(tx, note.id)
    if post is None or post.author != author or post.local or post.row.reblog_of_id is not None:
        return None
    old = post.row
    if note.updated is not None and note.updated <= (old.edited_at or old.created_at):
        return post.id
    if (note.boosts, note.answers_by) != (post.boosts, post.answers_by):
        await statuses.set_policies(tx, post.id, note.boosts, note.answers_by)
    await permits.claim_gone(tx, post, note)
    await permits.note_claim(tx, post.id, note, old.permit)
    named = await _named(tx, note)
    new = _with_content(tx, old, note, named, old.media)
    if new == old:
        return post.id
    moment = tx.now if note.updated is None else min(note.updated, tx.now)
    new = msgspec.structs.replace(new, edited_at=max(moment, (old.edited_at or old.created_at) + 1))
    await statuses.keep_state(tx, old)
    await statuses.rewrite(tx, new)
    if new.tags != old.tags:
        await statuses.set_tags(tx, post.id, new.tags, replace=True)
    before = {mention.id for mention in old.mentions}
    await _name(tx, author, post.id, [who for who in named if who.id not in before], note)
    await tell_boosters(tx, author, post.id)
    return post.id


async def receive_delete(tx: Tx, urls: Urls, author: int, uri: str) -> bool:
    """A remote author deletes a post: it goes, boosts of it by people here are undone, and it doesn't come back.

    A Delete that overtook its Create is remembered. False where nothing was deleted.
    """
    person = await people.by_id(tx, author)
    if person is None or person.local:
        return False
    post = await statuses.by_uri(tx, uri)
    if post is None:
        if urlsplit(uri).netloc == person.authority:
            await statuses.bury(tx, uri, author)
        return False
    if post.author != author or post.row.reblog_of_id is not None:
        return False
    await boosts.take_all_back(tx, urls, post)
    await erase(tx, post)
    return True


async def _settle_in(tx: Tx, identifier: int, new: NewPost, parent: Post | None, named: Sequence[Person]) -> None:
    row = new.row
    shown = row.visibility in ("public", "unlisted")
    await statuses.adopt_answers(tx, identifier, row.uri, row.author_id)
    if row.visibility != "direct":
        await statuses.count_published(tx, row.author_id, row.created_at)
    if parent is not None and shown:
        await statuses.add_reply(tx, parent.id, 1)
    if new.in_reply_to_uri is not None:
        await mutes.mark_new(tx, identifier, new.conversation)
    await statuses.set_tags(tx, identifier, row.tags)
    tagged = {mention.id for mention in row.mentions}
    await statuses.name_people(tx, identifier, [who.id for who in named])
    for who in named:
        if who.local and who.id in tagged:
            await notices.notify(tx, who.id, "mention", row.author_id, identifier)
    if row.visibility == "direct":
        await conversations.enter(tx, identifier, new.conversation, row.author_id, [who.id for who in named])
    if new.listed:
        tx.signal("public", identifier)


async def _name(tx: Tx, author: int, status: int, added: Sequence[Person], note: Note) -> None:
    tagged = {mention.href for mention in note.mentions}
    await statuses.name_people(tx, status, [who.id for who in added])
    for who in added:
        if who.local and who.uri in tagged:
            await notices.notify(tx, who.id, "mention", author, status)


async def _named(tx: Tx, note: Note) -> list[Person]:
    """Everybody known whom the post mentions, or addresses without a word; the limits account is nobody to others."""
    uris = dict.fromkeys([mention.href for mention in note.mentions] + [*note.to, *note.cc])
    found = await people.by_uris(tx, list(uris)) if uris else []
    return [who for who in found if not who.limits]


def _with_content(tx: Tx, row: StatusRow, note: Note, named: Sequence[Person], had: tuple[MediaRow, ...]) -> StatusRow:
    tagged = {mention.href for mention in note.mentions}
    kept = {media.remote_url: media for media in had}
    return msgspec.structs.replace(
        row,
        content_html=note.content_html,
        spoiler_text=note.spoiler_text,
        sensitive=note.sensitive,
        language=note.language,
        mentions=tuple(
            MentionRow(who.id, who.username, who.url, who.acct, who.uri) for who in named if who.uri in tagged
        ),
        tags=note.hashtags,
        emojis=tuple(EmojiRow(emoji.shortcode, emoji.url) for emoji in note.emojis),
        media=tuple(_media(tx, attachment, kept.get(attachment.url)) for attachment in note.attachments),
    )


def _media(tx: Tx, attachment: RemoteAttachment, had: MediaRow | None) -> MediaRow:
    preview_width, preview_height = (0, 0)
    if attachment.type == "image":
        preview_width, preview_height = preview_size(attachment.width, attachment.height)
    return MediaRow(
        id=had.id if had else tx.new_id(),
        type=attachment.type,
        url=attachment.url,
        preview_url=attachment.url if attachment.type == "image" else "",
        remote_url=attachment.url,
        mime_type=attachment.mime_type,
        width=attachment.width,
        height=attachment.height,
        preview_width=preview_width,
        preview_height=preview_height,
        focus_x=attachment.focus_x,
        focus_y=attachment.focus_y,
        description=attachment.description,
        blurhash=attachment.blurhash,
    )
