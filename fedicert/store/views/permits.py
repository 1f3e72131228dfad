"""What a look at a post's permit begins with."""

import msgspec

from fedicert.store.unit import Reader, one_statement


class Subject(msgspec.Struct, frozen=True, kw_only=True):
    """A post from elsewhere and its author."""

    post: str
    account: int
    author: str


@one_statement
async def subject(reader: Reader, status: int) -> Subject | None:
    """Whose post it is; None where it is gone, or somebody's here."""
    row = await reader.one(
        "SELECT s.uri, a.id, a.uri AS author FROM statuses s JOIN accounts a ON a.id = s.author"
        " WHERE s.id = $1 AND s.local = 0",
        status,
    )
    return None if row is None else Subject(post=row["uri"], account=row["id"], author=row["author"])


@one_statement
async def linked(reader: Reader, account: int, href: str) -> bool:
    """Does the account's profile name this credential, as it was read last?"""
    return bool(
        await reader.value(
            "SELECT 1 FROM licences WHERE account = $1 AND href = $2 AND ended_at IS NULL LIMIT 1", account, href
        )
    )
