"""Staff suspends an account, and takes it back (docs/law.md, Cases): here, or of another server for everybody here.

A suspended account of ours delivers retractions alone, and none of its clocks runs: not its settling's, not of places in
its line. Every server that was ever sent anything of it is told, and told again when it is over.
"""

from fedicert.base.errors import Conflict, Forbidden, NotFound
from fedicert.model.accounts import is_limits
from fedicert.model.urls import Urls
from fedicert.operations import bars, dispatch, jobs, offices, profiles, settling, staff
from fedicert.operations.ledger import Party, record
from fedicert.operations.oauth import REVOKED
from fedicert.store.tables import bars as barred
from fedicert.store.tables import local_people, people, seats
from fedicert.store.tables.people import Person
from fedicert.store.unit import Tx

RULE = "cases: a suspended account"


async def suspend(tx: Tx, urls: Urls, account: int, by: int, reason: str) -> None:
    """Suspend an account. Once more changes nothing. Raises Forbidden, NotFound, Unprocessable, Conflict."""
    judge, why = await offices.of(tx, by, offices.MODERATORS), offices.reason_of(reason)
    person = await _person(tx, urls, account)
    parties = {"account": Party(person.uri, person.id), "by": offices.party(judge)}
    if not person.local:
        bits = await barred.of(tx, account)
        if not bits & barred.BY_ITSELF:
            await barred.set_barred(tx, account, bits | barred.BY_ITSELF)
            await record(tx, await people.instance(tx), "account_suspended", RULE, parties, {"why": why})
            await bars.review(tx, [account])
        return
    seat = await seats.lock(tx, account)
    if seat is None or seat.closed:
        return
    await staff.not_their_own(tx, by, account)
    if seat.role in offices.ADMINS and judge.role != "owner":
        raise Forbidden("Only an owner suspends an owner or admin")
    if seat.role == "owner" and not await local_people.others_with_role(tx, "owner", account):
        raise Conflict("The only owner can't be suspended")
    await local_people.set_suspended(tx, account, True)
    await record(tx, account, "account_suspended", RULE, parties, {"why": why})
    await settling.stop_clock(tx, account)
    await dispatch.fall_quiet(tx, account)
    await profiles.tell_suspension(tx, urls, account)
    for token in await local_people.tokens(tx, account):
        tx.signal(REVOKED, token)


async def unsuspend(tx: Tx, urls: Urls, account: int, by: int, reason: str = "") -> None:
    """Take it back: clocks go on where they stood, and who waits is let in. Nothing to undo is no error."""
    judge = await offices.of(tx, by, offices.MODERATORS)
    person = await _person(tx, urls, account)
    parties = {"account": Party(person.uri, person.id), "by": offices.party(judge)}
    body = {"why": offices.reason_if_any(reason)}
    if not person.local:
        bits = await barred.of(tx, account)
        if bits & barred.BY_ITSELF:
            await barred.set_barred(tx, account, bits & ~barred.BY_ITSELF)
            await record(tx, await people.instance(tx), "account_unsuspended", RULE, parties, body)
            await bars.review(tx, [account])
        return
    await seats.lock(tx, account)
    since = await local_people.suspended_at(tx, account)
    if since is None:
        return
    await local_people.set_suspended(tx, account, False)
    await record(tx, account, "account_unsuspended", RULE, parties, body)
    await barred.put_off(tx, account, max(0, tx.now - since))
    await settling.start_clock(tx, account)
    await settling.look(tx, account)
    await profiles.tell_profile(tx, urls, account, ends=True)
    await jobs.enqueue(tx, "release", {"account": account}, key=str(account))


async def _person(tx: Tx, urls: Urls, account: int) -> Person:
    person = await people.by_id(tx, account)
    if person is None or person.uri == urls.instance_actor or is_limits(person.username, person.domain):
        raise NotFound
    return person
