"""An admin's word lets somebody stand on a rung, or takes that back. The rung itself changes in `rungs`.

Nobody grants it to themselves while the server has somebody else. It waits for the code of responsibility as any grant.
"""

import msgspec

from fedicert.base.errors import Conflict, NotFound, Unprocessable
from fedicert.model.urls import Urls
from fedicert.operations import profiles, rungs, staff
from fedicert.operations.ledger import Party
from fedicert.reach.settling import FOR_CAUSE
from fedicert.store.tables import grants, people, seats, tiers
from fedicert.store.unit import Tx

RULE = "people: an admin's word"
CAUSE = "admin"
LONGEST_REASON = 2_000


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """Where somebody stands after it. `waits_for`: the tier that waits for the code of responsibility, '' none."""

    account: str
    tier: str
    waits_for: str


async def set_by_word(
    tx: Tx, urls: Urls, account: int, tier: str, by: int, reason: str, *, for_cause: bool = False
) -> Standing:
    """By an admin's word an account may stand on this tier from now on, and by no earlier word; what a licence or an
    examination gives stays. `for_cause`: an audience that is too large then gets no grace (law 4).

    Raises NotFound, Forbidden, Unprocessable, Conflict."""
    if not reason.strip() or len(reason) > LONGEST_REASON:
        raise Unprocessable("say why, in at most 2,000 characters; it stands on the ledger")
    decider, alone = await staff.judge(tx, by, (account,))
    cause = FOR_CAUSE if for_cause else CAUSE
    return await _set(tx, urls, account, tier, staff.party(decider), reason, cause, alone=alone)


async def put_back(tx: Tx, urls: Urls, account: int, tier: str, by: int, reason: str) -> Standing:
    """The same as the outcome of an appeal, whose decider was judged already."""
    decider = await staff.officer(tx, by)
    return await _set(tx, urls, account, tier, staff.party(decider), reason, CAUSE, alone=False)


async def in_place_of(tx: Tx, urls: Urls, account: int, tier: str, licence: int, by: int, reason: str) -> bool:
    """As the outcome of an appeal, judged already: somebody stands on a tier that a licence gives no longer, without its
    permit, until a licence gives it again, this one ends or an admin's word says otherwise. False where they stand there.
    """
    decider = await staff.officer(tx, by)
    person, seat = await people.by_id(tx, account), await seats.lock(tx, account)
    wanted, here = await tiers.by_name(tx, tier), await seats.stands_on(tx, account)
    if person is None or seat is None or seat.closed or wanted is None:
        return False
    ladder = {one.id: one.position for one in await tiers.ladder(tx)}
    if ladder[here or 0] >= wanted.position or await grants.of_licence(tx, licence) is not None:
        return False
    await grants.begin(tx, account, wanted.id, "admin", licence)
    parties = {"account": Party(person.uri, account), "by": staff.party(decider)}
    moved = await rungs.stand(tx, account, "appeal", parties, {"why": reason}, RULE)
    if moved != "same":
        await profiles.tell_profile(tx, urls, account)
    return True


async def _set(
    tx: Tx, urls: Urls, account: int, tier: str, by: Party, reason: str, cause: str, *, alone: bool
) -> Standing:
    await seats.hold_family(tx, account)
    person, seat = await people.by_id(tx, account), await seats.lock(tx, account)
    if person is None or seat is None or seat.closed:
        raise NotFound
    wanted, lowest = await tiers.by_name(tx, tier), await tiers.lowest(tx)
    if wanted is None or lowest is None:
        raise NotFound(f"no tier is called {tier}")
    standing = await grants.by_word(tx, account)
    if [one[1] for one in standing] == [wanted.id] or (not standing and wanted.id == lowest.id):
        raise Conflict(f"@{person.username} has that by an admin's word already")
    for grant, _ in standing:
        await grants.end(tx, grant, "admin")
    if wanted.id != lowest.id:
        await grants.begin(tx, account, wanted.id, "admin")
    parties = {"account": Party(person.uri, account), "by": by}
    told = {"alone": int(alone), "why": reason.strip()}
    moved = await rungs.stand(tx, account, cause, parties, told, RULE)
    if moved != "same":
        await profiles.tell_profile(tx, urls, account, ends=moved == "down")
    here, there = await rungs.stands_and_might(tx, account)
    return Standing(account=person.username, tier=here, waits_for="" if here == there else there)
