"""Accounts elsewhere that are gone without a word: two 410 a day apart free their slots (law 3).

A 410 counts when the account's own inbox or its own document answers so. An inbox that several people share, be it the
host's, speaks for none of them: its 410 is a reason to look at the documents of those who follow somebody here, or are
followed, and each document speaks for its actor. Whatever was taken at the inbox, and the document once it is shown
again, forgets the first 410. Who is gone by its document has left for good, as by a Delete; where the document is
shown, or can't be had, only the follows end: nothing more reaches that inbox, and what was said stays.
"""

from collections.abc import Iterable
from typing import Literal

from fedicert.base.clock import DAY, HOUR
from fedicert.model.accounts import Reached
from fedicert.model.urls import Urls
from fedicert.operations import actors, departures, dispatch, jobs
from fedicert.store.tables import gone, people
from fedicert.store.unit import Tx

APART = DAY
LOOK_AGAIN = DAY + HOUR
"""So long after the first 410 it is looked again, whether another delivery is answered so or not."""
PAGE = 10

Shown = Literal["gone", "there", "unknown"]


async def look_later(tx: Tx, inboxes: Iterable[str]) -> None:
    """These inboxes said 410 now: look who is concerned."""
    for inbox in inboxes:
        await jobs.enqueue(tx, "gone", {"inbox": inbox, "said": True, "after": 0}, key=inbox)


async def begin_look(tx: Tx, inbox: str, said: bool, after: int) -> tuple[list[Reached], bool]:
    """Some of the people reached at an inbox, and whether it answered 410 just now (`said`) and is one person's own.

    A shared inbox is looked at once a day. Those behind the page have a job of their own.
    """
    personal = await dispatch.inbox_owner(tx, inbox) is not None
    if said and not personal:
        looked_at = await gone.since(tx, [inbox])
        if looked_at is not None and tx.now - looked_at < APART:
            return [], False
        await gone.forget(tx, [inbox])
        await gone.remember(tx, inbox, inbox)
    page = await dispatch.reached_at(tx, inbox, after, PAGE)
    if len(page) == PAGE:
        payload = {"inbox": inbox, "said": False, "after": page[-1].account}
        await jobs.enqueue(tx, "gone", payload, key=f"{page[-1].account} {inbox}")
    return page, said and personal


async def heard(tx: Tx, urls: Urls, who: Reached, inbox: str, shown: Shown) -> bool:
    """What was learned of one account; True where its follows have ended by it.

    `inbox`: its own inbox, where that answered 410; '' where only the document was asked for, which is `shown`.
    """
    person = await people.by_id(tx, who.account)
    if person is None or person.closed:
        return False
    if inbox and await dispatch.inbox_owner(tx, inbox) != who.account:
        await gone.forget(tx, [inbox])  # the document names another one by now
        inbox = ""
    said = [url for url, is_gone in ((inbox, inbox), (who.uri, shown == "gone")) if is_gone]
    if not said:
        return False
    personal = await dispatch.inbox_owner(tx, who.inbox) == who.account
    own = [who.inbox, who.uri] if personal else [who.uri]
    first = await gone.since(tx, own)
    for url in said:
        await gone.remember(tx, url, who.inbox if personal else "")
    if first is None or tx.now - first < APART:
        await _look_again(tx, who.inbox, tx.now if first is None else first)
        return False
    if shown == "gone":
        await actors.actor_gone(tx, urls, who.uri)
    else:
        await departures.end_follows(tx, urls, who.account)
    await gone.forget(tx, own)
    return True


async def _look_again(tx: Tx, inbox: str, first: int) -> None:
    payload = {"inbox": inbox, "said": False, "after": 0}
    await jobs.enqueue(tx, "gone", payload, due=first + LOOK_AGAIN, key=f"again {inbox}")
