"""What the server says of itself to clients, as far as the database knows it."""

import msgspec

from fedicert.model.accounts import AccountRow
from fedicert.store.loaders import accounts
from fedicert.store.unit import Reader, one_statement


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """How people join, and whom to ask."""

    signups: str
    contact: AccountRow | None


async def known(reader: Reader) -> Known:
    """Both."""
    owner = await reader.value(
        "SELECT l.id FROM local_accounts l JOIN accounts a ON a.id = l.id WHERE l.role = 'owner'"
        " AND a.deleted_at IS NULL AND a.suspended_at IS NULL ORDER BY l.id LIMIT 1"
    )
    return Known(
        signups=str(await reader.value("SELECT value FROM settings WHERE key = 'signups'") or "closed"),
        contact=None if owner is None else (await accounts(reader, [owner])).get(owner),
    )


@one_statement
async def peers(reader: Reader) -> list[str]:
    """The domains of everybody met."""
    return [
        row[0] for row in await reader.all("SELECT DISTINCT domain FROM accounts WHERE domain <> '' ORDER BY domain")
    ]
