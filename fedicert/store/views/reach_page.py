"""What the page of one's own reach shows beside the report: the count as it grew, and who of the audience can be named."""

import msgspec
import orjson

from fedicert.store.unit import Reader

ROWS_SHOWN = 2_000
ROWS_LOOKED_AT = 20_000
"""Of the ledger, for the picture: so many of its newest rows, and of them those that say a count."""

_COUNTED = ("admitted", "released", "swapped_in", "restored", "paused", "trimmed", "settling_ended", "grace_begun")


class Moment(msgspec.Struct, frozen=True):
    """How many the count was at a moment (ms)."""

    at: int
    count: int


class Named(msgspec.Struct, frozen=True):
    """Somebody, as they are written: `name` or `name@domain`."""

    account: int
    handle: str


async def growth(reader: Reader, account: int) -> list[Moment]:
    """The count as the account's ledger tells it, the oldest first. Who left by themselves shows with the next row."""
    kinds = ", ".join(f"'{kind}'" for kind in _COUNTED)
    rows = await reader.all(
        f"SELECT at, body FROM ledger WHERE account = $1 AND kind IN ({kinds}) AND seq >"
        f" (SELECT ledger_seq FROM local_accounts WHERE id = $1) - {ROWS_LOOKED_AT} ORDER BY seq DESC LIMIT {ROWS_SHOWN}",
        account,
    )
    told = ((row[0], orjson.loads(row[1]).get("count")) for row in reversed(rows))
    return [Moment(at, count) for at, count in told if isinstance(count, int)]


async def audience(reader: Reader, account: int, count: int) -> list[Named]:
    """Some of those who have a slot, those who get copies first, who asked first before others."""
    found: list[Named] = []
    for state in ("admitted", "paused"):  # one by one, so that an index gives the first of a hundred thousand
        rows = await reader.all(
            "SELECT a.id, a.username, a.domain FROM follows f JOIN accounts a ON a.id = f.follower"
            " WHERE f.followed = $1 AND f.state = $2 ORDER BY f.id LIMIT $3",
            account,
            state,
            count - len(found),
        )
        found += [Named(row[0], f"{row[1]}@{row[2]}" if row[2] else row[1]) for row in rows]
    return found
