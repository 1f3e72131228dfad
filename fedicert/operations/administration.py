"""What staff does to accounts by a client: looking at them, letting in who signed up, closing, suspending, deleting.

The office is looked up here, in the same unit of work; the scopes of a token never stand for it.
"""

from fedicert.base.errors import Conflict, Forbidden, NotFound, Unprocessable
from fedicert.mastodon.paging import Page
from fedicert.model.administration import AccountFilter, AdminAccountRow
from fedicert.model.urls import Urls
from fedicert.operations import offices, people, staff, suspending
from fedicert.operations.ledger import Party, record
from fedicert.store.tables import local_people
from fedicert.store.tables.local_people import Person
from fedicert.store.unit import Reader, Tx
from fedicert.store.views import administration as views
from fedicert.store.views.administration import AdminAccounts

ACTIONS = ("none", "disable", "suspend")
WORD = "people: a word of the staff"


async def several(reader: Reader, by: int, wanted: AccountFilter, part: Page) -> AdminAccounts:
    """Accounts as staff sees them. Raises Forbidden."""
    await offices.of(reader, by, offices.MODERATORS)
    return await views.several(reader, wanted, part)


async def one(reader: Reader, by: int, account: int) -> AdminAccountRow:
    """One of them. Raises Forbidden, NotFound."""
    await offices.of(reader, by, offices.MODERATORS)
    return await views.one(reader, account)


async def act(tx: Tx, by: int, urls: Urls, account: int, action: str, why: str) -> None:
    """Decide about an account. What is done stands on its ledger with the reason; `none` with words is a warning, which
    its owner is told of and can appeal. Raises Forbidden, NotFound, Unprocessable, Conflict.
    """
    if action not in ACTIONS:
        raise Unprocessable(
            f"Validation failed: Type is one of {', '.join(ACTIONS)}. How far somebody's posts reach is said by the tier"
        )
    judge = await offices.of(tx, by, offices.MODERATORS)
    if action == "suspend":
        await suspending.suspend(tx, urls, account, by, why)
    elif action == "disable":
        person, reason = await _below(tx, by, account), offices.reason_of(why)
        await people.disable(tx, person.username, by, reason)
    else:
        await one(tx, by, account)
        if why.strip() and await local_people.by_id(tx, account) is not None:
            person = await _below(tx, by, account)
            parties = {"account": Party(person.uri, person.id), "by": offices.party(judge)}
            await record(tx, account, "account_warned", WORD, parties, {"why": offices.reason_of(why)})


async def approve(tx: Tx, by: int, account: int) -> AdminAccountRow:
    """Let somebody in who signed up. Raises Forbidden, NotFound."""
    await offices.of(tx, by, offices.MODERATORS)
    await people.approve(tx, (await _here(tx, account)).username, by)
    return await views.one(tx, account)


async def reject(tx: Tx, by: int, urls: Urls, account: int) -> AdminAccountRow:
    """Send somebody away who signed up: the account is erased. Raises Forbidden, NotFound, Conflict."""
    await offices.of(tx, by, offices.MODERATORS)
    person = await _here(tx, account)
    if person.login is None or person.approved_at is not None:
        raise Conflict("This account has been let in already")
    shown = await views.one(tx, account)
    await people.delete_account(tx, urls, person.username, by)
    return shown


async def enable(tx: Tx, by: int, account: int, why: str = "") -> AdminAccountRow:
    """Open a closed account again. Raises Forbidden, NotFound."""
    person = await _below(tx, by, account)
    await people.enable(tx, person.username, by, why)
    return await views.one(tx, account)


async def unsuspend(tx: Tx, by: int, urls: Urls, account: int) -> AdminAccountRow:
    """Take a suspension back. Raises Forbidden, NotFound."""
    await offices.of(tx, by, offices.MODERATORS)
    if await local_people.by_id(tx, account) is not None:
        await _below(tx, by, account)
    await suspending.unsuspend(tx, urls, account, by)
    return await views.one(tx, account)


async def delete(tx: Tx, by: int, urls: Urls, account: int) -> AdminAccountRow:
    """Erase a suspended account of this server. Raises Forbidden, NotFound, Conflict where it isn't suspended."""
    await offices.of(tx, by, offices.ADMINS)
    person = await _below(tx, by, account)
    if person.suspended_at is None:
        raise Conflict("Only a suspended account is deleted so; suspend it first")
    shown = await views.one(tx, account)
    await people.delete_account(tx, urls, person.username, by)
    return shown


async def _here(tx: Tx, account: int) -> Person:
    person = await local_people.by_id(tx, account)
    if person is None or person.deleted_at is not None or person.type == "Application":
        raise NotFound
    return person


async def _below(tx: Tx, by: int, account: int) -> Person:
    """Somebody of this server about whom this member of staff may decide: never themselves, by whichever account."""
    judge = await offices.of(tx, by, offices.MODERATORS)
    person = await _here(tx, account)
    await staff.not_their_own(tx, by, account)
    if person.role in offices.ADMINS and judge.role != "owner":
        raise Forbidden("Only an owner decides about an owner or admin")
    return person
