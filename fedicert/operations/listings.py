"""Relays, mirrors and bridges that an admin lists: they may have a slot of a capped actor (law 3). Told on the ledger."""

from fedicert.base.errors import Conflict, NotFound, Unprocessable
from fedicert.model.listings import Listing
from fedicert.model.standing import MULTIPLIERS
from fedicert.operations import bars, jobs, offices
from fedicert.operations.ledger import Party, record
from fedicert.store.tables import follows, listings, people
from fedicert.store.tables.people import Person
from fedicert.store.unit import Reader, Tx

RULE = "law 3: relays and mirrors"


async def add(tx: Tx, account: int, by: int, reason: str) -> None:
    """An admin lists an account: where it waits it is let in when its turn comes.

    Raises Forbidden, NotFound, Unprocessable where it is a person's, Conflict where it is listed.
    """
    admin, why = await offices.of(tx, by, offices.ADMINS), offices.reason_of(reason)
    person = await _person(tx, account)
    if person.type not in MULTIPLIERS:
        raise Unprocessable(f"{person.acct} is no relay, mirror or group, and needs no listing")
    if not await listings.add(tx, account, by, why):
        raise Conflict(f"{person.acct} is listed already")
    parties = {"account": Party(person.uri, person.id), "by": offices.party(admin)}
    await record(tx, await people.instance(tx), "listed", RULE, parties, {"why": why, "type": person.type})
    await bars.review(tx, [account])
    for owner in await follows.followed_here(tx, account):
        await jobs.enqueue(tx, "release", {"account": owner}, key=str(owner))


async def remove(tx: Tx, account: int, by: int, reason: str) -> None:
    """An admin strikes one off: it is told Reject by everybody here who has a cap, and following again it waits first."""
    admin, why = await offices.of(tx, by, offices.ADMINS), offices.reason_of(reason)
    person = await _person(tx, account)
    if not await listings.remove(tx, account):
        raise NotFound(f"{person.acct} isn't listed")
    parties = {"account": Party(person.uri, person.id), "by": offices.party(admin)}
    await record(tx, await people.instance(tx), "unlisted", RULE, parties, {"why": why, "type": person.type})
    await bars.passes_on(tx, account)


async def page(reader: Reader, after: int = 0, count: int = 100) -> list[Listing]:
    """Who is listed, in the order of the accounts' ids, behind one."""
    return await listings.page(reader, after, count)


async def _person(tx: Tx, account: int) -> Person:
    person = await people.by_id(tx, account)
    if person is None:
        raise NotFound("there is no such account")
    return person
