"""Filters: made, changed, their words and posts. Every change gives their owner's filters another number (`changed`), so
that no process goes on applying what was. Nobody else is told, and nothing is kept from the owner: clients hide.
"""

from collections.abc import Sequence

import msgspec

from fedicert.base.errors import NotFound, Unprocessable
from fedicert.store.tables import filters, statuses
from fedicert.store.tables.filters import Filter
from fedicert.store.unit import Tx

MOST = 200
MOST_IN_ONE = 500
LONGEST_TITLE = 256
LONGEST_WORD = 512
LONGEST_TIME = 10 * 366 * 86_400


class Word(msgspec.Struct, frozen=True, kw_only=True):
    """A word to be put into a filter, or changed (`id`), or taken out (`gone`). None leaves what is there."""

    id: int | None = None
    keyword: str | None = None
    whole_word: bool | None = None
    gone: bool = False


class FilterChange(msgspec.Struct, frozen=True, kw_only=True):
    """What a filter is to be; None leaves what is there. `expires_in`: seconds from now, 0 for never."""

    title: str | None = None
    contexts: tuple[str, ...] | None = None
    action: str | None = None
    expires_in: int | None = None
    words: tuple[Word, ...] = ()


async def create(tx: Tx, owner: int, wanted: FilterChange) -> int:
    """Make a filter; its id. Raises `Unprocessable`."""
    had, _ = await filters.counts(tx, owner, 0)
    if had >= MOST:
        raise Unprocessable(f"Validation failed: You can have at most {MOST} filters")
    if not wanted.contexts:
        raise Unprocessable("Validation failed: Context can't be blank", {"context": [("ERR_BLANK", "can't be blank")]})
    identifier = await filters.insert(
        tx, owner, _title(wanted.title or ""), wanted.contexts, wanted.action or "warn", _end(tx, wanted.expires_in)
    )
    await _put_words(tx, owner, identifier, wanted.words)
    await _changed(tx, owner)
    return identifier


async def change(tx: Tx, owner: int, identifier: int, wanted: FilterChange) -> None:
    """Change a filter and its words. Raises `NotFound`, `Unprocessable`."""
    before = await _own(tx, owner, identifier)
    if wanted.contexts is not None and not wanted.contexts:
        raise Unprocessable("Validation failed: Context can't be blank", {"context": [("ERR_BLANK", "can't be blank")]})
    after = Filter(
        id=before.id,
        owner=owner,
        title=before.title if wanted.title is None else _title(wanted.title),
        contexts=before.contexts if wanted.contexts is None else wanted.contexts,
        action=wanted.action or before.action,
        expires_at=before.expires_at if wanted.expires_in is None else _end(tx, wanted.expires_in),
    )
    await filters.put(tx, after)
    await _put_words(tx, owner, identifier, wanted.words)
    await _changed(tx, owner)


async def delete(tx: Tx, owner: int, identifier: int) -> None:
    """A filter goes. `NotFound`."""
    await _own(tx, owner, identifier)
    await filters.delete(tx, identifier)
    await _changed(tx, owner)


async def add_word(tx: Tx, owner: int, identifier: int, keyword: str, whole_word: bool) -> int:
    """A word more; its id. Raises `NotFound`, `Unprocessable`."""
    await _own(tx, owner, identifier)
    await _make_room(tx, owner, identifier)
    added = await filters.add_keyword(tx, identifier, _keyword(keyword), whole_word)
    await _changed(tx, owner)
    return added


async def change_word(tx: Tx, owner: int, word: Word) -> None:
    """Another word in the place of one. Raises `NotFound`, `Unprocessable`."""
    found = None if word.id is None else await filters.filter_of_keyword(tx, owner, word.id)
    if word.id is None or found is None:
        raise NotFound
    _, keyword, whole_word = found
    await filters.put_keyword(
        tx,
        word.id,
        keyword if word.keyword is None else _keyword(word.keyword),
        whole_word if word.whole_word is None else word.whole_word,
    )
    await _changed(tx, owner)


async def delete_word(tx: Tx, owner: int, keyword_id: int) -> None:
    """A word less. `NotFound`."""
    if await filters.filter_of_keyword(tx, owner, keyword_id) is None:
        raise NotFound
    await filters.delete_keyword(tx, keyword_id)
    await _changed(tx, owner)


async def add_status(tx: Tx, owner: int, identifier: int, status: int) -> int:
    """A post more; the id of its row. Raises `NotFound`, also for a post that its owner can't see."""
    await _own(tx, owner, identifier)
    if await statuses.visible(tx, status, owner) is None:
        raise NotFound
    await _make_room(tx, owner, identifier)
    added = await filters.add_status(tx, identifier, status)
    await _changed(tx, owner)
    return added


async def delete_status(tx: Tx, owner: int, row_id: int) -> None:
    """A post less. `NotFound`."""
    if await filters.filter_of_status(tx, owner, row_id) is None:
        raise NotFound
    await filters.delete_status(tx, row_id)
    await _changed(tx, owner)


async def create_v1(tx: Tx, owner: int, phrase: str, whole_word: bool, wanted: FilterChange) -> int:
    """A filter of one word, as version 1 knows them; the word's id, which is what version 1 calls it by."""
    keyword = _keyword(phrase)
    identifier = await create(tx, owner, msgspec.structs.replace(wanted, title=phrase[:LONGEST_TITLE]))
    return await add_word(tx, owner, identifier, keyword, whole_word)


async def change_v1(
    tx: Tx, owner: int, keyword_id: int, phrase: str | None, whole_word: bool | None, wanted: FilterChange
) -> None:
    """Change a filter as version 1 knows it. One whose filter has more words can change its word alone. Raises
    `NotFound`, `Unprocessable`."""
    found = await filters.filter_of_keyword(tx, owner, keyword_id)
    if found is None:
        raise NotFound
    before = await _own(tx, owner, found[0])
    asked = _end(tx, wanted.expires_in) if wanted.expires_in is not None else before.expires_at
    differs = (
        (wanted.contexts is not None and set(wanted.contexts) != set(before.contexts))
        or asked != before.expires_at
        or (wanted.action or before.action) != before.action
    )
    _, many = await filters.counts(tx, owner, before.id)
    if differs and many > 1:
        raise Unprocessable(
            "Validation failed: These parameters cannot be changed from this application because they apply to more"
            " than one filter keyword. Use a more recent application or the web interface."
        )
    if differs:
        await change(tx, owner, before.id, wanted)
    await change_word(tx, owner, Word(id=keyword_id, keyword=phrase, whole_word=whole_word))


async def delete_v1(tx: Tx, owner: int, keyword_id: int) -> None:
    """A filter goes as version 1 knows it: its word, and what is empty then. `NotFound`."""
    found = await filters.filter_of_keyword(tx, owner, keyword_id)
    if found is None:
        raise NotFound
    await delete_word(tx, owner, keyword_id)
    _, left = await filters.counts(tx, owner, found[0])
    if not left:
        await delete(tx, owner, found[0])


async def _put_words(tx: Tx, owner: int, identifier: int, words: Sequence[Word]) -> None:
    for word in words:
        if word.id is None:
            if not word.gone:
                await _make_room(tx, owner, identifier)
                await filters.add_keyword(tx, identifier, _keyword(word.keyword or ""), bool(word.whole_word))
            continue
        found = await filters.filter_of_keyword(tx, owner, word.id)
        if found is None or found[0] != identifier:
            raise NotFound
        if word.gone:
            await filters.delete_keyword(tx, word.id)
        else:
            await change_word(tx, owner, word)


async def _make_room(tx: Tx, owner: int, identifier: int) -> None:
    _, many = await filters.counts(tx, owner, identifier)
    if many >= MOST_IN_ONE:
        raise Unprocessable(f"Validation failed: A filter has at most {MOST_IN_ONE} words and posts")


async def _own(tx: Tx, owner: int, identifier: int) -> Filter:
    found = await filters.own(tx, owner, identifier)
    if found is None:
        raise NotFound
    return found


async def _changed(tx: Tx, owner: int) -> None:
    await filters.changed(tx, owner)
    tx.signal("filters", owner)


def _title(text: str) -> str:
    return _text("title", text, LONGEST_TITLE)


def _keyword(text: str) -> str:
    return _text("keyword", text, LONGEST_WORD)


def _text(field: str, text: str, longest: int) -> str:
    text = text.strip()
    if not text:
        fault = "can't be blank"
        raise Unprocessable(f"Validation failed: {field.capitalize()} {fault}", {field: [("ERR_BLANK", fault)]})
    if len(text) > longest:
        fault = f"is longer than {longest} characters"
        raise Unprocessable(f"Validation failed: {field.capitalize()} {fault}", {field: [("ERR_TOO_LONG", fault)]})
    return text


def _end(tx: Tx, seconds: int | None) -> int | None:
    """When it ends; below one second from now: never."""
    if seconds is None or seconds <= 0:
        return None
    return tx.now + min(seconds, LONGEST_TIME) * 1000
