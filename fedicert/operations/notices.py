"""What a person is told happened: notifications. Only local people have them; blocked senders never reach them, nor do
those they muted or hid. What their policy sets aside is kept for them to look at; what it drops, they chose so."""

from collections.abc import Sequence

from fedicert.base.errors import NotFound
from fedicert.store.tables import blocks, mutes, notification_policies, notifications, people
from fedicert.store.unit import Tx

ALWAYS = frozenset({"poll", "update", "quoted_update", "admin.sign_up", "admin.report"})
"""Not about what somebody did to the person: no policy concerns them."""


async def notify(tx: Tx, account: int, kind: str, from_account: int, status: int | None) -> None:
    """Tell `account` of an act of another; nothing for remote accounts, one's own acts, and blocked or muted people."""
    if account == from_account and kind != "poll":
        return
    person = await people.by_id(tx, account)
    if person is None or not person.local or person.limits or await blocks.exists(tx, account, from_account):
        return
    if await mutes.silences(tx, account, from_account, status):
        return
    what = "accept" if kind in ALWAYS else await _judge(tx, account, kind, from_account, status)
    if what == "drop":
        return
    identifier = tx.new_id()
    filtered = what == "filter"
    if await notifications.insert(tx, identifier, account, kind, from_account, status, filtered=filtered):
        tx.signal("notification_filtered" if filtered else "notification", account, identifier)


async def warn(tx: Tx, account: int, decision: int) -> None:
    """Tell somebody here of a decision of staff about them, at this place of their ledger. No policy concerns it.

    Whom it is from is the person themselves, as Mastodon has it: the notification has to be from somebody.
    """
    identifier = tx.new_id()
    if await notifications.insert(tx, identifier, account, "moderation_warning", account, None, decision=decision):
        tx.signal("notification", account, identifier)


async def withdraw(tx: Tx, account: int, from_account: int, kinds: Sequence[str], status: int | None = None) -> None:
    """The act was undone: the notification goes."""
    await notifications.delete(tx, account, from_account, kinds, status)


async def dismiss(tx: Tx, account: int, identifier: int) -> None:
    """One was read and is wanted no longer. `NotFound` where it isn't one's own."""
    if not await notifications.delete_one(tx, account, identifier):
        raise NotFound


async def dismiss_group(tx: Tx, account: int, key: str) -> None:
    """What is shown together under a key is wanted no longer. `NotFound` where there is none of one's own."""
    kind, _, alone = key.partition("-")
    if kind == "ungrouped":
        number = int(alone) if alone.isascii() and alone.isdigit() and len(alone) <= 18 else 0
        gone = await notifications.delete_one(tx, account, number)
    else:
        gone = bool(key) and await notifications.delete_group(tx, account, key)
    if not gone:
        raise NotFound


async def clear(tx: Tx, account: int) -> None:
    """None is wanted any longer. What waits for an answer, a follow request, waits all the same."""
    await notifications.delete_all(tx, account)


async def _judge(tx: Tx, account: int, kind: str, sender: int, status: int | None) -> str:
    """What the person's policy does with it: the strictest of what concerns this sender."""
    policy = await notification_policies.get(tx, account)
    if policy is None:
        return "accept"
    facts = await notification_policies.facts(tx, account, sender, status)
    if facts["permitted"] or facts["of_the_house"]:
        return "accept"
    said = {
        policy.for_not_following if not facts["followed"] else "accept",
        policy.for_not_followers if not facts["follower"] else "accept",
        policy.for_new_accounts if facts["new"] and not facts["followed"] else "accept",
        policy.for_private_mentions if kind == "mention" and facts["private"] and not facts["followed"] else "accept",
    }
    return next(what for what in ("drop", "filter", "accept") if what in said)
