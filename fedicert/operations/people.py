"""Accounts of this server: made, given a role, closed, opened and deleted. Each decision goes on the account's ledger.

A key pair and a password hash are made before the unit of work opens and come in as values. A name is never given
twice, a deleted account's included.
"""

from collections.abc import Sequence

import msgspec

from fedicert.base.errors import BadRequest, Conflict, Forbidden, NotFound, Unprocessable
from fedicert.model.accounts import is_limits
from fedicert.model.sealed_keys import SealedKey
from fedicert.model.tiers import Tier
from fedicert.model.urls import Urls
from fedicert.operations import archives, certification, departures, ledger, offices, pictures, rungs, turnover
from fedicert.operations import shares as dividing
from fedicert.operations.instance import host_of
from fedicert.operations.ledger import Party
from fedicert.operations.names import NAME, is_reserved
from fedicert.operations.oauth import REVOKED
from fedicert.operations.shares import Division
from fedicert.operations.tiers import lowest_tier
from fedicert.store.tables import appeals, imports, scopes, seats, shares, waivers
from fedicert.store.tables import local_people as people
from fedicert.store.tables.local_people import Person
from fedicert.store.tables.people import instance
from fedicert.store.unit import Reader, Tx

MOST_ACCOUNTS = 10
"""So many accounts one login may have."""
ROLES = ("owner", "admin", "moderator", "certifier")
NO_ROLE = "none"


class NewPerson(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody to make an account for. `language`: of their posts; `reason`: what they wrote when asking."""

    name: str
    email: str
    password_hash: str
    keys: Sequence[SealedKey]
    role: str = ""
    confirmed: bool = False
    approved: bool = True
    language: str = ""
    locale: str = "en"
    reason: str = ""


def check_name(name: str, host: str) -> None:
    """Can an account have this name, made by command? Raises Unprocessable."""
    if not NAME.fullmatch(name):
        raise Unprocessable(f"{name!r} can't be a name: it has 1 to 30 of a-z, 0-9 and _")
    if is_reserved(name, host):
        raise Unprocessable(f"the name {name} belongs to the server itself; take another")


def check_role(role: str) -> str:
    """The role as it is kept: '' for none. Raises BadRequest."""
    if role in (NO_ROLE, ""):
        return ""
    if role not in ROLES:
        raise BadRequest(f"there is no role {role!r}: it is one of {', '.join(ROLES)}, or {NO_ROLE}")
    return role


async def check_free(reader: Reader, name: str, email: str) -> None:
    """Is neither the name nor the address taken? Raises Conflict; cheaper than making keys for nothing."""
    if await people.name_taken(reader, name):
        raise Conflict(f"the name {name} was given before, and a name is never given twice; take another")
    if await people.email_taken(reader, email):
        raise Conflict(f"there is a login with the address {email} already")


async def create_account(tx: Tx, urls: Urls, new: NewPerson) -> int:
    """Make a login and an account on the lowest rung, unlocked; its id. Conflict where name or address is taken."""
    check_name(new.name, host_of(urls))
    role = check_role(new.role)
    if "@" not in new.email:
        raise Unprocessable(f"{new.email!r} isn't a mail address")
    await check_free(tx, new.name, new.email)
    tier = await lowest_tier(tx)
    login = await people.insert_login(
        tx,
        email=new.email,
        password_hash=new.password_hash,
        locale=new.locale,
        reason=new.reason,
        confirmed=new.confirmed,
        approved=new.approved,
    )
    return await _make(tx, urls, new, login, tier, None, role)


async def check_another(reader: Reader, owner: int, name: str) -> int:
    """May somebody have another account of this name? Their login. Raises NotFound, Forbidden, Conflict, Unprocessable."""
    person = await people.by_id(reader, owner)
    if person is None or person.login is None:
        raise NotFound
    siblings = await shares.of_login(reader, person.login)
    if any(one.closed for one in siblings):
        raise Forbidden("One of your accounts is closed; until that is settled you can't have another one")
    if len(siblings) >= MOST_ACCOUNTS:
        raise Unprocessable(f"You have {MOST_ACCOUNTS} accounts, and more aren't possible")
    if await people.name_taken(reader, name):
        raise Conflict(f"the name {name} was given before, and a name is never given twice; take another")
    return person.login


async def add_account(
    tx: Tx, urls: Urls, owner: int, name: str, slots: int, keys: Sequence[SealedKey]
) -> tuple[int, list[Division]]:
    """Another account of the login that `owner` belongs to, on the lowest rung, with so many slots of its cap (law 10).

    The slots come from what is free or what nobody sits in, so that no audience is touched. Raises NotFound, Forbidden,
    Conflict, Unprocessable.
    """
    await seats.hold_family(tx, owner)
    login = await check_another(tx, owner, name)
    if slots < 0:
        raise Unprocessable("a share is a number of followers, from 0")
    check_name(name, host_of(urls))
    tier = await lowest_tier(tx)
    share = await dividing.room(tx, login, tier.id, slots)
    new = NewPerson(name=name, email="", password_hash="", keys=keys, language=await people.language(tx, owner))
    made = await _make(tx, urls, new, login, tier, share, "")
    await dividing.pass_on(tx, login, tier.id, {made: slots})
    return made, await dividing.mine(tx, owner)


async def _make(tx: Tx, urls: Urls, new: NewPerson, login: int, tier: Tier, share: int | None, role: str) -> int:
    account = tx.new_id()
    uri = urls.actor(new.name)
    await people.insert_account(
        tx,
        people.NewAccount(
            id=account,
            uri=uri,
            url=urls.profile(new.name),
            username=new.name,
            type="Person",
            display_name="",
            followers_uri=urls.followers(new.name),
            featured_uri=urls.featured(new.name),
            login=login,
            role=role,
            tier=tier.id,
            share=share,
            discoverable=True,
            language=new.language,
        ),
    )
    await rungs.begin_with(tx, account, tier)
    for key in new.keys:
        await people.insert_key(tx, account, key)
    await ledger.record(
        tx,
        account,
        "account_created",
        "law 10",
        {"account": Party(uri, account)},
        {"tier": tier.name, "role": role or NO_ROLE, "approved": int(new.approved)}
        | ({} if share is None else {"share": share}),
    )
    return account


async def promote(tx: Tx, name: str, role: str, by: int | None = None, why: str = "") -> Person:
    """Give a role, or `none`. `why` stands on their ledger. Conflict where the last owner would go."""
    person = await find(tx, name)
    kept = check_role(role)
    if person.role == kept:
        return person
    if person.role == "owner":
        await _another_owner(tx, person)
    await people.set_role(tx, person.id, kept)
    told = {"from": person.role or NO_ROLE, "to": kept or NO_ROLE}
    await _tell(tx, person, "role_changed", by, told | _said(why))
    return await find(tx, name)


async def disable(tx: Tx, name: str, by: int | None = None, why: str = "") -> Person:
    """Close an account to its owner; it stays where it is. `why` stands on its ledger. Conflict where the last owner
    would go."""
    person = await find(tx, name)
    if person.disabled_at is not None:
        return person
    if person.role == "owner":
        await _another_owner(tx, person)
    await people.set_disabled(tx, person.id, True)
    await _tell(tx, person, "account_disabled", by, _said(why))
    return await find(tx, name)


async def enable(tx: Tx, name: str, by: int | None = None, why: str = "") -> Person:
    """Open a closed account again. `why` stands on its ledger."""
    person = await find(tx, name)
    if person.disabled_at is None:
        return person
    await people.set_disabled(tx, person.id, False)
    await _tell(tx, person, "account_enabled", by, _said(why))
    return await find(tx, name)


async def delete_account(tx: Tx, urls: Urls, name: str, by: int | None = None) -> None:
    """Erase an account: what it said of itself, its login and tokens, its names on the ledger; the name stays taken."""
    person = await find(tx, name)
    if person.role == "owner":
        await _another_owner(tx, person)
    await seats.hold_family(tx, person.id)
    seat = await seats.lock(tx, person.id)
    await _tell(tx, person, "account_deleted", by, {})
    await departures.retract_account(tx, urls, person.id)
    await certification.forget(tx, person.id)
    await appeals.forget(tx, person.id)
    await waivers.forget(tx, person.id)
    await scopes.forget(tx, person.id)
    await pictures.discard_all(tx, person.id)
    await imports.forget_all(tx, person.id)
    await archives.forget_all(tx, person.id)
    for token in await people.bury(tx, person.id):
        tx.signal(REVOKED, token)
    if person.login is not None and seat is not None:
        stood = await seats.stands_on(tx, person.id) or 0
        await turnover.deleted(tx, seat, person.login, stood)
        await dividing.left(tx, person.login, stood)
        await people.delete_login_without_accounts(tx, person.login)
    await ledger.forget_person(tx, person.id)


async def approve(tx: Tx, name: str, by: int | None = None, why: str = "") -> Person:
    """Let somebody in who signed up. `why` stands on their ledger."""
    person = await find(tx, name)
    if person.approved_at is not None or person.login is None:
        return person
    await people.approve(tx, person.login)
    await _tell(tx, person, "account_approved", by, _said(why))
    return await find(tx, name)


async def set_password(tx: Tx, name: str, password_hash: str) -> Person:
    """A new password for the login of this account; its browser sessions and the tokens of its apps end."""
    person = await find(tx, name)
    if person.login is None:
        raise Conflict(f"{name} has no login")
    for token in await people.set_password(tx, person.login, password_hash):
        tx.signal(REVOKED, token)
    return person


async def renew_password_hash(tx: Tx, login: int, old: str, new: str) -> None:
    """The same password, hashed anew: nothing ends. Somebody who changed it meanwhile keeps what they chose."""
    await people.renew_password_hash(tx, login, old, new)


async def find(reader: Reader, name: str) -> Person:
    """The account of this name that is still here. Raises NotFound."""
    person = await people.by_name(reader, name.removeprefix("@"))
    if person is None or person.type == "Application" or is_limits(person.username, ""):
        raise NotFound(f"there is no account {name} here; `fedicert account list` shows them")
    if person.deleted_at is not None:
        raise NotFound(f"the account {name} was deleted")
    return person


async def list_people(reader: Reader, after: int = 0, count: int = 500) -> list[Person]:
    """Local people in order of id, a page after `after`."""
    return await people.page(reader, after, count)


async def _another_owner(tx: Tx, person: Person) -> None:
    if not await people.others_with_role(tx, "owner", person.id):
        raise Conflict(
            f"{person.username} is the only owner; make another one first: fedicert account promote NAME --role owner"
        )


def _said(why: str) -> dict[str, str]:
    told = offices.reason_if_any(why)
    return {"why": told} if told else {}


async def _tell(tx: Tx, person: Person, kind: str, by: int | None, body: dict[str, str]) -> None:
    """On the ledger, with who decided: an account, or the instance where it was done by command."""
    decider = await people.by_id(tx, await instance(tx) if by is None else by)
    parties = {"account": Party(person.uri, person.id)}
    if decider is not None:
        parties["by"] = Party(decider.uri, decider.id)
    await ledger.record(tx, person.id, kind, "people who decide", parties, body)
