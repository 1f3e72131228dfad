"""What the limits account told whom, each once (law 8), and whom it speaks to. Only who is told here is written down."""

import msgspec

from fedicert.store.sees import A_PERSON
from fedicert.store.unit import Reader, Tx


class Listener(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody here who can be told something. `languages`: what they read, the likeliest first."""

    id: int
    uri: str
    username: str
    url: str
    languages: tuple[str, ...]


async def listener(reader: Reader, account: int) -> Listener | None:
    """Whom to tell; None where the account isn't a person's here, or left."""
    row = await reader.one(
        "SELECT a.id, a.uri, a.username, a.url, l.default_language, g.locale FROM accounts a"
        " JOIN local_accounts l ON l.id = a.id LEFT JOIN logins g ON g.id = l.login"
        f" WHERE a.id = $1 AND a.deleted_at IS NULL AND {A_PERSON}",
        account,
    )
    if row is None:
        return None
    locale = row["locale"] or ""
    # English is what a login has whose owner never chose a language.
    wanted = (locale if not locale.startswith("en") else "", row["default_language"], locale)
    return Listener(
        id=row["id"],
        uri=row["uri"],
        username=row["username"],
        url=row["url"],
        languages=tuple(language for language in wanted if language),
    )


async def claim(tx: Tx, account: int, once: str, kind: str, status: int) -> bool:
    """Write down that it is said; False where it was said before. Of two at once, one waits here for the other."""
    return bool(
        await tx.run(
            "INSERT INTO told (account, once, kind, status, at) VALUES ($1, $2, $3, $4, $5) ON CONFLICT DO NOTHING",
            account,
            once,
            kind,
            status,
            tx.now,
        )
    )


async def said_to(reader: Reader, account: int, count: int) -> list[int]:
    """Posts in which something was said to an account, a few at a time."""
    rows = await reader.all("SELECT status FROM told WHERE account = $1 LIMIT $2", account, count)
    return [row[0] for row in rows]


async def forget(tx: Tx, account: int, statuses: list[int]) -> None:
    """Forget that these were said."""
    await tx.run("DELETE FROM told WHERE account = $1 AND status {any_id:$2}", account, statuses)
