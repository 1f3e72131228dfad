"""Who can decide here: accounts with an office that are open, and whose they are."""

import msgspec

from fedicert.store.unit import Reader, Row

DECIDING = ("owner", "admin")


class Officer(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody here, with their office ('' none). `open`: neither closed, suspended nor gone."""

    account: int
    uri: str
    username: str
    role: str
    login: int | None
    open: bool

    @property
    def decides(self) -> bool:
        """May they decide about others?"""
        return self.open and self.role in DECIDING

    def same_person(self, other: "Officer") -> bool:
        """Are these accounts of one login, or one account?"""
        return self.account == other.account or (self.login is not None and self.login == other.login)


_SELECT = (
    "SELECT l.id, a.uri, a.username, l.role, l.login, l.disabled_at IS NULL AND a.deleted_at IS NULL"
    " AND a.suspended_at IS NULL AND (g.id IS NULL OR (g.approved_at IS NOT NULL AND g.disabled_at IS NULL)) AS open"
    " FROM local_accounts l JOIN accounts a ON a.id = l.id LEFT JOIN logins g ON g.id = l.login"
)


async def by_id(reader: Reader, account: int) -> Officer | None:
    """Somebody here, with an office or without."""
    row = await reader.one(_SELECT + " WHERE l.id = $1", account)
    return None if row is None else _officer(row)


async def of_one_person(reader: Reader, account: int) -> list[int]:
    """The account, and the others of its login."""
    rows = await reader.all(
        "SELECT id FROM local_accounts WHERE id = $1 OR login = (SELECT login FROM local_accounts WHERE id = $1)",
        account,
    )
    return [row[0] for row in rows]


async def deciding(reader: Reader) -> list[Officer]:
    """Owners and admins that can act."""
    rows = await reader.all(_SELECT + " WHERE l.role IN ('owner', 'admin') ORDER BY l.id")
    return [one for one in map(_officer, rows) if one.open]


def _officer(row: Row) -> Officer:
    return Officer(account=row[0], uri=row[1], username=row[2], role=row[3], login=row[4], open=bool(row[5]))
