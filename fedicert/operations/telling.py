"""Telling people of their limits, in the client they use: direct posts of the limits account (law 8).

The account is a `Service` of this server alone: nobody logs in as it or follows it, other servers are shown nobody of its
name, and what it says goes to one person here, once, uncounted. Whom a message speaks of is named and not addressed.
"""

from collections.abc import Mapping, Sequence

from fedicert.base.clock import utc_day
from fedicert.base.errors import Duplicate
from fedicert.model.accounts import LIMITS
from fedicert.model.statuses import MentionRow, StatusRow
from fedicert.model.urls import Urls
from fedicert.operations import conversations, erasing, notices
from fedicert.operations.tiers import lowest_tier
from fedicert.store.tables import local_people, people, statuses, told
from fedicert.store.tables.statuses import UNLISTED, NewPost
from fedicert.store.tables.told import Listener
from fedicert.store.unit import Reader, Tx
from fedicert.text import compose
from fedicert.text.names import display_handle
from fedicert.text.told import language_of, text_of

DISPLAY_NAME = "Limits"
ABOUT = (
    "Tells you what the limits of your account do: when your audience is nearly full, who waits, what happens when a limit"
    " changes. It is a part of this server; nobody reads what is written to it."
)
FORGOTTEN_AT_ONCE = 50
NAMED = 5


async def tell(
    tx: Tx,
    account: int,
    kind: str,
    *,
    once: str,
    values: Mapping[str, str | int] = {},
    names: Sequence[int] = (),
) -> bool:
    """Say something to a person here in this unit of work; True where it is said now.

    `kind`: a text in `text/told/`, said in the person's language, with `values` and `{page}` (their page of limits),
    `{settings}` (what all their pages begin with), `{about}`. `once`: what is said under this word is never said to them
    again. `names`: accounts that `{names}` names without addressing them. Nothing for accounts elsewhere, and for those
    who left.
    """
    listener = await told.listener(tx, account)
    if listener is None:
        return False
    identifier = tx.new_id()
    if not await told.claim(tx, account, once, kind, identifier):
        return False
    urls = _urls(listener)
    speaker = await _speaker(tx, urls)
    language = language_of(kind, listener.languages)
    settings = f"{urls.base}/settings"
    known = {"page": f"{settings}/reach", "settings": settings, "about": f"{urls.base}/about", **values}
    body = text_of(kind, language, known, await _handles(tx, names))
    await statuses.insert(tx, _post(urls, speaker, listener, identifier, language, body, tx.now))
    await statuses.name_people(tx, identifier, [account])
    await conversations.enter(tx, identifier, _thread(urls, account), speaker, [account])
    await notices.notify(tx, account, "mention", speaker, identifier)
    return True


async def answer(tx: Tx, account: int) -> None:
    """Somebody wrote to the limits account: nobody reads it, which is said once a day."""
    day = utc_day(tx.now)
    await tell(tx, account, "reply", once=f"reply:{day}")


async def forget(tx: Tx, account: int) -> bool:
    """Somebody left: what they were told goes, a page a unit; True: there is more."""
    said = await told.said_to(tx, account, FORGOTTEN_AT_ONCE)
    for identifier in said:
        post = await statuses.by_id(tx, identifier)
        if post is not None:
            await erasing.erase(tx, post)
    await told.forget(tx, account)
    return len(said) == FORGOTTEN_AT_ONCE


async def account_there(reader: Reader) -> bool:
    """Is there a limits account? Instances founded before it was thought of get one at their next start."""
    return await people.by_handle(reader, LIMITS, "") is not None


async def make_account(tx: Tx, urls: Urls) -> int:
    """Make the limits account where there is none; its id."""
    there = await people.by_handle(tx, LIMITS, "")
    if there is not None:
        return there.id
    account = tx.new_id()
    new = local_people.NewAccount(
        id=account,
        uri=urls.actor(LIMITS),
        url=urls.profile(LIMITS),
        username=LIMITS,
        type="Service",
        display_name=DISPLAY_NAME,
        followers_uri=urls.followers(LIMITS),
        featured_uri=urls.featured(LIMITS),
        login=None,
        role="",
        tier=(await lowest_tier(tx)).id,
        discoverable=False,
        language="",
    )
    await local_people.insert_account(tx, new)
    await local_people.set_note(tx, account, ABOUT, compose.render(ABOUT, {}, urls.tag))
    return account


async def _speaker(tx: Tx, urls: Urls) -> int:
    there = await people.by_handle(tx, LIMITS, "")
    if there is not None:
        return there.id
    try:
        return await tx.attempt(make_account, urls)
    except Duplicate:
        # Made at the same moment by another unit of work.
        there = await people.by_handle(tx, LIMITS, "")
        if there is None:
            raise
        return there.id


def _urls(listener: Listener) -> Urls:
    """Our addresses, by somebody who lives here."""
    base = listener.uri.removesuffix(f"/users/{listener.username}")
    return Urls(base, base.partition("://")[2])


def _thread(urls: Urls, account: int) -> str:
    """All that is said to one person stands in one conversation."""
    return f"tag:{urls.domain},limits:{account}"


def _post(urls: Urls, speaker: int, listener: Listener, identifier: int, language: str, body: str, now: int) -> NewPost:
    text = compose.plain(f"@{listener.username} {body}")
    row = StatusRow(
        id=identifier,
        uri=urls.status(LIMITS, identifier),
        url=urls.status_page(LIMITS, identifier),
        author_id=speaker,
        text=text,
        content_html=compose.render(text, {listener.username: (listener.url, listener.username)}, urls.tag),
        visibility="direct",
        language=language,
        created_at=now,
        mentions=(MentionRow(listener.id, listener.username, listener.url, listener.username, listener.uri),),
    )
    return NewPost(row=row, local=True, listed=UNLISTED, conversation=_thread(urls, listener.id))


async def _handles(reader: Reader, names: Sequence[int]) -> list[str]:
    found = await people.by_ids(reader, *names) if names else {}
    return [display_handle(found[name].username, found[name].domain) for name in names if name in found]
