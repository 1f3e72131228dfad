"""Licences for showing: by the number of a page, of an account for its viewers, and what is to be looked at."""

import msgspec

from fedicert.model.licences import MOST_LINKS, LicenceRow
from fedicert.store.shapes import LICENCE_COLUMNS, licence_row
from fedicert.store.unit import Reader, one_statement


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a look at a licence takes. `subject`: the actor's id; `document`: JSON of the credential, '' for none.

    `here`: of somebody here, who handed the credential in; that of a remote actor is the one that was had before.
    """

    href: str
    mirror: str
    digest: str
    subject: str
    document: str
    rests_on: int | None
    here: bool


class LicencePage(msgspec.Struct, frozen=True, kw_only=True):
    """A licence of somebody here, with whom its page is about. `here`: the account is open and not suspended."""

    row: LicenceRow
    username: str
    display_name: str
    here: bool


@one_statement
async def wanted(reader: Reader, account: int, everything: bool) -> list[Wanted]:
    """The licences of an account to look at: all that didn't end, or those whose time has come."""
    rows = await reader.all(
        "SELECT n.href, n.mirror, n.digest, a.uri, n.document, n.rests_on, a.domain FROM licences n"
        " JOIN accounts a ON a.id = n.account WHERE n.account = $1 AND n.ended_at IS NULL AND a.deleted_at IS NULL"
        " AND n.check_again_at <= $2 ORDER BY n.check_again_at, n.id LIMIT $3",
        account,
        2**62 if everything else reader.now,
        MOST_LINKS,
    )
    return [
        Wanted(
            href=row[0],
            mirror=row[1],
            digest=row[2],
            subject=row[3],
            document=row[4],
            rests_on=row[5],
            here=row[6] == "",
        )
        for row in rows
    ]


@one_statement
async def page(reader: Reader, username: str, number: int) -> LicencePage | None:
    """A licence of somebody here by its number, an ended one included; None where nobody was ever shown it."""
    row = await reader.one(
        f"SELECT {_OF_LICENCE}, a.username, a.display_name, a.deleted_at, a.suspended_at"
        " FROM licences n JOIN accounts a ON a.id = n.account"
        " WHERE a.username_key = $1 AND a.domain = '' AND n.number = $2 AND n.consented_at IS NOT NULL",
        username.lower(),
        number,
    )
    if row is None:
        return None
    here = row["deleted_at"] is None and row["suspended_at"] is None
    return LicencePage(row=licence_row(row), username=row["username"], display_name=row["display_name"], here=here)


@one_statement
async def of_account(reader: Reader, viewer: int | None, account: int) -> list[LicenceRow]:
    """An account's licences: those that others may know of; its own person sees all that didn't end."""
    rows = await reader.all(
        f"SELECT {LICENCE_COLUMNS} FROM licences WHERE account = $1 AND ended_at IS NULL"
        " AND (account = $2 OR (consented_at IS NOT NULL AND outcome <> 'invalid')) ORDER BY number",
        account,
        viewer or 0,
    )
    return [licence_row(row) for row in rows]


_OF_LICENCE = ", ".join(f"n.{name}" for name in LICENCE_COLUMNS.split(", "))
