"""What a granted appeal undoes, by the kind of decision: in the unit of work of the outcome, and for the appellant alone.

What a decision did to others stays: of an issuer that was struck off the list, say, only whoever appealed gets the tier
back, and the admins are asked whether to list it again. `UNDOES` names the kinds; each says whether there was anything left
to undo. Who decides was judged by the caller, who holds the locks of whom it concerns.
"""

from collections.abc import Awaitable, Callable, Mapping

import msgspec

from fedicert.base.errors import Conflict, NotFound
from fedicert.model.urls import Urls
from fedicert.operations import (
    for_cause,
    granting,
    marking,
    people,
    rungs,
    settling,
    staff,
    suspending,
    telling,
    waivers,
)
from fedicert.operations.appeals import Case
from fedicert.reach import settling as law
from fedicert.store.tables import appeals as rows
from fedicert.store.tables import licences, local_people, seats, tiers, told
from fedicert.store.tables import waivers as waiver_rows
from fedicert.store.unit import Tx


class Deciding(msgspec.Struct, frozen=True):
    """Who decides, on which case, and whether alone."""

    case: Case
    by: int
    alone: bool

    @property
    def account(self) -> int:
        """Whoever appealed."""
        return self.case.appeal.account

    @property
    def why(self) -> str:
        """What stands on the ledger with what is undone."""
        return f"An appeal against the decision {self.case.appeal.seq} was granted."


Undo = Callable[[Tx, Urls, Deciding], Awaitable[bool]]
"""Undo a decision; False where there is nothing left to undo."""

OFF_THE_LIST = ("unlisted", "out_of_scope")


async def _open_again(tx: Tx, urls: Urls, found: Deciding) -> bool:
    person = await people.find(tx, found.case.appeal.username)
    if person.disabled_at is None or person.disabled_at > found.case.decision.at:
        return False  # it is open, or was closed again since, by a decision of its own
    await people.enable(tx, person.username, found.by, found.why)
    return True


async def _suspend_no_longer(tx: Tx, urls: Urls, found: Deciding) -> bool:
    since = await local_people.suspended_at(tx, found.account)
    if since is None or since > found.case.decision.at:
        return False  # perhaps its owner is still closed out, or it was suspended again since: decisions of their own
    await suspending.unsuspend(tx, urls, found.account, found.by, "An appeal was granted.")
    return True


async def _give_office_back(tx: Tx, urls: Urls, found: Deciding) -> bool:
    body = found.case.decision.body
    before, after = (str(body.get(side, people.NO_ROLE)) for side in ("from", "to"))
    person = await people.find(tx, found.case.appeal.username)
    if person.role != people.check_role(after) or before == after:
        return False  # it was changed again since, by a decision of its own
    await people.promote(tx, person.username, before, found.by)
    return True


async def _fall(tx: Tx, urls: Urls, found: Deciding) -> bool:
    """A fall, or its settling. Where it shortened a grace, what was left of that goes on, should anything settle still."""
    undone = await _fall_itself(tx, urls, found)
    left = await rows.grace_cut(tx, found.account, found.case.appeal.seq)
    return await for_cause.take_back(tx, found.account, left) or undone


async def _fall_itself(tx: Tx, urls: Urls, found: Deciding) -> bool:
    """By an admin's word, by an issuer struck off, by our own registrar, or for cause."""
    fell = await rows.fall_of(tx, found.account, found.case.appeal.seq)
    if fell is None:
        return False
    cause = str(fell.body.get("cause", ""))
    if cause == granting.CAUSE or (cause == law.FOR_CAUSE and fell.named):
        return await _put_back(tx, urls, found, *(str(fell.body.get(side, "")) for side in ("from", "to")))
    if cause == law.FOR_CAUSE:
        # The licence's end was its issuer's; that it left no time is what was decided about whoever appealed.
        return await settling.give_grace(tx, found.account, law.REVOKED)
    licence = await licences.numbered(tx, found.account, int(fell.body.get("licence", 0)))
    if licence is None or (licence.ended_at is not None and licence.cause != cause):
        return False  # it ended since in another way, which nobody appealed against
    tier = str(fell.body.get("from", ""))
    if not await granting.in_place_of(tx, urls, found.account, tier, licence.id, found.by, found.why):
        return False
    if cause in OFF_THE_LIST:
        issuer = "" if licence.said is None else licence.said.issuer
        for admin in await told.staff(tx):
            once = f"relist:{found.case.appeal.id}"
            await telling.tell(tx, admin, "relist", once=once, values={"issuer": issuer}, names=[found.account])
    return True


async def _said_for_cause(tx: Tx, urls: Urls, found: Deciding) -> bool:
    until = int(found.case.decision.body.get("until", 0))
    return await for_cause.take_back(tx, found.account, until - found.case.decision.at)


async def _put_back(tx: Tx, urls: Urls, found: Deciding, before: str, after: str) -> bool:
    places = {tier.name: tier.position for tier in await tiers.ladder(tx)}
    here, _ = await rungs.stands_and_might(tx, found.account)
    if places.get(after, -1) < places.get(before, -1) <= places.get(here, -1):
        return False  # they stand as high by now, or higher, by a later decision
    try:
        await granting.put_back(tx, urls, found.account, before, found.by, found.why)
    except (Conflict, NotFound):
        return False  # somebody gave it back already, or there is no such tier any more
    return True


async def _take_mark_off(tx: Tx, urls: Urls, found: Deciding) -> bool:
    """The mark that this decision put on the post; where it was undone and another put on, that one stays."""
    address = await rows.beside(tx, found.account, found.case.appeal.seq, "post")
    post = None if address is None else urls.read(address)
    if post is None:
        return False
    decider = await staff.officer(tx, found.by)
    return await marking.overturn(tx, urls, staff.party(decider), post.id, found.case.decision.at, found.why)


async def _suspension(tx: Tx, urls: Urls, found: Deciding) -> bool:
    """The marks that suspended the rung stay on their posts and count no longer; each has an appeal of its own."""
    return await marking.excuse(tx, urls, found.account, found.case.decision.at)


async def _give_waiver(tx: Tx, urls: Urls, found: Deciding) -> bool:
    """One that was refused, for as long as it was asked for; one that was ended, for what was left of its time."""
    number = int(found.case.decision.waiver or 0)
    waiver, seat = await waiver_rows.by_id(tx, number), await seats.lock(tx, found.account)
    if waiver is None or seat is None or waiver.state not in ("refused", "ended"):
        return False
    if waiver.state == "ended" and (waiver.until is None or waiver.until <= tx.now):
        return False
    party = staff.party(await staff.officer(tx, found.by))
    until = waiver.until if waiver.state == "ended" else None
    try:
        await waivers.put_in_force(tx, waiver, seat, party, found.by, alone=found.alone, until=until)
    except Conflict:
        return False  # another one is in force
    return True


UNDOES: Mapping[str, Undo] = {
    "account_disabled": _open_again,
    "account_suspended": _suspend_no_longer,
    "grace_begun": _fall,
    "grace_shortened": _fall,
    "licence_ended": _fall,
    "post_marked": _take_mark_off,
    "role_changed": _give_office_back,
    "rung_changed": _fall,
    "rung_suspended": _suspension,
    "said_for_cause": _said_for_cause,
    "waiver_ended": _give_waiver,
    "waiver_refused": _give_waiver,
}
"""Kind of the row that is appealed against → what undoes it."""
