"""Signing up by an app (`POST /api/v1/accounts`). What is wrong with a form is told for all its fields at once.

The door checks the form, then makes the hash and the keys, then runs `sign_up`: nothing slow happens inside a unit.
"""

import re
from collections.abc import Sequence

import msgspec

from fedicert.base.clock import MINUTE
from fedicert.base.errors import Forbidden, TooManyRequests, Unprocessable
from fedicert.model.oauth import IssuedToken
from fedicert.model.sealed_keys import SealedKey
from fedicert.model.urls import Urls
from fedicert.operations import oauth
from fedicert.operations.instance import host_of, signups
from fedicert.operations.names import NAME, STAFF, is_reserved
from fedicert.operations.people import NewPerson, create_account
from fedicert.store.tables import local_people as people
from fedicert.store.tables import sessions
from fedicert.store.unit import Reader, Tx

Details = dict[str, list[tuple[str, str]]]

LONGEST_REASON = 2_000
LONGEST_EMAIL = 320
TRIES = 5
WINDOW = 30 * MINUTE

# RFC 5321 §4.1.2 in what people use of it; quoted local parts and address literals are refused.
_EMAIL = re.compile(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,64}@[A-Za-z0-9-]{1,63}(\.[A-Za-z0-9-]{1,63}){0,8}")
_LOCALE = re.compile(r"[a-z]{2,3}(-[A-Za-z0-9]{2,8}){0,3}")


class SignUp(msgspec.Struct, frozen=True, kw_only=True):
    """The form. '' is what wasn't sent."""

    username: str = ""
    email: str = ""
    password: str = ""
    agreement: bool = False
    locale: str = ""
    reason: str = ""


class SignedUp(msgspec.Struct, frozen=True):
    """The new account, and whether it may act at once."""

    account: int
    approved: bool


def check_form(form: SignUp, urls: Urls, password_faults: Sequence[tuple[str, str]] = ()) -> None:
    """Raise Unprocessable with details per field where something is wrong with the form itself.

    `password_faults`: what the rules for passwords (keys) found.
    """
    host = host_of(urls)
    details: Details = {}
    _add(details, "username", _username(form.username, host))
    _add(details, "email", _email(form.email))
    if not form.password:
        _add(details, "password", ("ERR_BLANK", "can't be blank"))
    else:
        for fault in password_faults[:1]:
            _add(details, "password", fault)
    if not form.agreement:
        _add(details, "agreement", ("ERR_ACCEPTED", "must be accepted"))
    if len(form.reason) > LONGEST_REASON:
        _add(details, "reason", ("ERR_TOO_LONG", f"is longer than {LONGEST_REASON} characters"))
    _raise(details)


async def check_open(reader: Reader, form: SignUp) -> None:
    """Can this person join now? Forbidden where signing up is closed; Unprocessable where name or address is taken."""
    if await signups(reader) == "closed":
        raise Forbidden("Signing up is closed on this server")
    details: Details = {}
    if await people.name_taken(reader, form.username):
        _add(details, "username", ("ERR_TAKEN", "is already taken"))
    if await people.email_taken(reader, form.email):
        _add(details, "email", ("ERR_TAKEN", "is already taken"))
    _raise(details)


async def sign_up(
    tx: Tx, urls: Urls, form: SignUp, password_hash: str, keys: Sequence[SealedKey], language: str = ""
) -> SignedUp:
    """Make the account on the lowest rung; where joining needs approval, it waits for it (law 10)."""
    await check_open(tx, form)
    approved = await signups(tx) == "open"
    account = await create_account(
        tx,
        urls,
        NewPerson(
            name=form.username,
            email=form.email,
            password_hash=password_hash,
            keys=keys,
            confirmed=True,  # confirmation = "auto"
            approved=approved,
            language=language,
            locale=form.locale if _LOCALE.fullmatch(form.locale) else "en",
            reason=form.reason,
        ),
    )
    return SignedUp(account, approved)


async def sign_up_for_app(
    tx: Tx,
    urls: Urls,
    form: SignUp,
    password_hash: str,
    keys: Sequence[SealedKey],
    language: str,
    app: int,
    scopes: frozenset[str],
    token_hash: str,
) -> IssuedToken:
    """The account, and the token of the app that asked, in one unit; the token acts once the account is let in."""
    made = await sign_up(tx, urls, form, password_hash, keys, language)
    return await oauth.issue(tx, app, made.account, scopes, token_hash)


async def count_try(tx: Tx, block: str) -> None:
    """Count a try to sign up from a block of addresses. `TooManyRequests` beyond 5 in half an hour: not counted."""
    start = tx.now - tx.now % WINDOW
    key = f"sign-up-from:{block}"
    # Counting locks the row, so that tries at the same moment can't both be the fifth.
    if await sessions.count_try(tx, key, start) > TRIES:
        wait = (start + WINDOW - tx.now + 999) // 1000
        raise TooManyRequests("Too many tries to sign up from there. Wait half an hour", wait)


def _username(name: str, host: str) -> tuple[str, str] | None:
    if not name:
        return ("ERR_BLANK", "can't be blank")
    if len(name) > 30:
        return ("ERR_TOO_LONG", "is longer than 30 characters")
    if not NAME.fullmatch(name):
        return ("ERR_INVALID", "must contain only a-z, 0-9 and _")
    if name in STAFF or is_reserved(name, host):
        return ("ERR_RESERVED", "is reserved")
    return None


def _email(email: str) -> tuple[str, str] | None:
    if not email:
        return ("ERR_BLANK", "can't be blank")
    if len(email) > LONGEST_EMAIL:
        return ("ERR_TOO_LONG", f"is longer than {LONGEST_EMAIL} characters")
    if not _EMAIL.fullmatch(email):
        return ("ERR_INVALID", "isn't a mail address")
    return None


def _add(details: Details, field: str, fault: tuple[str, str] | None) -> None:
    if fault is not None:
        details.setdefault(field, []).append(fault)


def _raise(details: Details) -> None:
    if details:
        told = ", ".join(f"{field.capitalize()} {faults[0][1]}" for field, faults in details.items())
        raise Unprocessable(f"Validation failed: {told}", details)
