"""Every decision goes on the ledger (law 7): told here, in the unit of work that decides. Never changed, only added."""

from collections.abc import Mapping
from functools import partial
from typing import Any

import msgspec
import orjson

from fedicert.base.clock import DAY
from fedicert.base.errors import Conflict, NotFound
from fedicert.base.log import log
from fedicert.operations import notices
from fedicert.reach import chain
from fedicert.store.tables import ledger, people
from fedicert.store.unit import Reader, Tx

SALT_BYTES = 16
WARNED = frozenset(
    {
        "account_disabled", "account_suspended", "post_marked", "role_changed", "rung_changed", "waiver_ended",
        "waiver_refused",
    }
)  # fmt: skip
"""Decisions that the person's client tells them of, where somebody else took them."""
NAMES_KEPT = 731 * DAY
"""24 months (law 7)."""


class Party(msgspec.Struct, frozen=True):
    """Somebody a decision names: the actor id, and the account here, so that the name can be forgotten."""

    uri: str
    account: int | None = None


async def record(
    tx: Tx, account: int, kind: str, rule: str, parties: Mapping[str, Party], body: Mapping[str, Any]
) -> None:
    """Add a row to an account's chain. `rule`: the clause that decides; `body`: integers and plain words only.

    `by` among the parties is who took the decision. Where that isn't the account itself, whom it concerns can appeal.
    Takes the account's lock, which the caller usually holds. Nothing personal belongs into `body`.
    """
    found = await ledger.head(tx, account)
    if found is None:
        raise Conflict("only local accounts have a ledger")
    seq, last_at, prev = found[0] + 1, found[1], found[2] or chain.GENESIS
    digests: dict[str, str] = {}
    for field, party in parties.items():
        salt = tx.random(SALT_BYTES).hex()
        digests[field] = chain.digest_of_name(salt, party.uri)
        await ledger.name(tx, account, seq, field, salt, party.uri, party.account)
    row = chain.Row(
        account=account,
        seq=seq,
        at=max(tx.now, last_at),  # the ledger's clock never steps back
        rule=rule,
        kind=kind,
        parties=chain.canonical(digests).decode(),
        body=chain.canonical(dict(body)).decode(),
        prev=prev,
    )
    await ledger.append(tx, row, chain.row_hash(row))
    if kind in WARNED and "by" in parties and parties["by"].account != account:
        await notices.warn(tx, account, seq)
    tx.after_commit(partial(log, "decision", account=account, seq=seq, kind=kind, rule=rule))


async def record_about(
    tx: Tx, account: int, kind: str, rule: str, role: str, party: Party, body: Mapping[str, Any]
) -> None:
    """Like `record` about one person, where a repeat within a day only adds to a count in the next row (law 7).

    A repeat is the same outcome as the last one told of this person; what held before another outcome is told again.
    Outcomes of one kind are told apart behind a colon (`refused:answers`); the row has the kind alone.
    The caller holds the account's lock.
    """
    person = party.account or 0
    before = await ledger.told_of(tx, account, person)
    told_at, repeats = before.get(kind, (0, 0))
    if told_at > tx.now - DAY:
        await ledger.count_repeat(tx, account, person, kind)
        return
    told = {**body, "repeats": repeats} if repeats else body
    await record(tx, account, _bare(kind), rule, {role: party}, told)
    if before:
        await ledger.end_repeats(tx, account, person)
    await ledger.start_repeats(tx, account, person, kind)


async def tell_repeats(tx: Tx, most: int) -> int:
    """Tell counts of repeats that no row has taken up within a day; how many were looked at."""
    found = await ledger.old_repeats(tx, tx.now - DAY, most)
    for repeat in sorted(found, key=lambda repeat: repeat.account):
        if repeat.count:
            party = Party(repeat.uri, repeat.person)
            await record(
                tx, repeat.account, _bare(repeat.kind), "law 7: repeats", {"about": party}, {"repeats": repeat.count}
            )
    return len(found)


def _bare(kind: str) -> str:
    return kind.partition(":")[0]


async def forget_old_names(tx: Tx, account: int) -> int:
    """Take the names and salts beside a chain away that are older than 24 months; how many."""
    return await ledger.forget_names_before(tx, account, tx.now - NAMES_KEPT)


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A row for reading. `parties`: role → actor id, '' where the name was erased."""

    seq: int
    at: int
    kind: str
    rule: str
    parties: dict[str, str]
    body: dict[str, Any]
    hash: str


async def last_rows(reader: Reader, username: str, count: int) -> list[Told]:
    """The last rows of a local account's chain, oldest first; '' is the instance's own. Raises NotFound."""
    if username:
        person = await people.by_handle(reader, username, "")
        if person is None:
            raise NotFound(f"there is no account {username} here; `fedicert account list` shows them")
        account = person.id
    else:
        account = await people.instance(reader)
    rows = await ledger.last(reader, account, count)
    if not rows:
        return []
    names = {(n.seq, n.field): n.value for n in await ledger.names(reader, account, rows[0].row.seq, rows[-1].row.seq)}
    return [
        Told(
            seq=told.row.seq,
            at=told.row.at,
            kind=told.row.kind,
            rule=told.row.rule,
            parties={role: names.get((told.row.seq, role), "") for role in orjson.loads(told.row.parties)},
            body=orjson.loads(told.row.body),
            hash=told.hash,
        )
        for told in rows
    ]


async def forget_person(tx: Tx, account: int) -> int:
    """Erase a person's names and salts; how many there were. Chains still verify."""
    return await ledger.forget(tx, account)
