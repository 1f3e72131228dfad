"""Activities of ours: what they say, of what, to whom, and whether every delivery of them is planned."""

import msgspec

from fedicert.model.standing import Standing
from fedicert.store.unit import Reader, Tx


class Activity(msgspec.Struct, frozen=True, kw_only=True):
    """One activity of ours. `object`: the status or account it speaks of; `addressees`: accounts it names."""

    id: int
    uri: str
    actor: int
    type: str
    act: str
    object: int
    visibility: str
    standing: Standing
    admitted_through: int
    addressees: list[int]
    body: str


async def insert(tx: Tx, activity: Activity, *, done: bool) -> None:
    """Keep an activity. `done`: nothing is left to plan."""
    await tx.later(
        "INSERT INTO activities (id, uri, actor, type, act, object, visibility, standing, admitted_through, addressees,"
        " body, done, created_at) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)",
        activity.id,
        activity.uri,
        activity.actor,
        activity.type,
        activity.act,
        activity.object,
        activity.visibility,
        msgspec.json.encode(activity.standing).decode(),
        activity.admitted_through,
        msgspec.json.encode(activity.addressees).decode(),
        activity.body,
        int(done),
        tx.now,
    )


async def hold_author(tx: Tx, identifier: int) -> bool:
    """Lock the row of who says an activity whose deliveries aren't all planned yet; False where there is none."""
    found = await tx.value(
        "SELECT id FROM local_accounts WHERE id = (SELECT actor FROM activities WHERE id = $1 AND done = 0)"
        " {for_update}",
        identifier,
    )
    return found is not None


async def unplanned(reader: Reader, identifier: int) -> Activity | None:
    """An activity whose deliveries aren't all planned yet; of who is suspended only what ends or takes back something."""
    row = await reader.one(
        "SELECT id, uri, actor, type, act, object, visibility, standing, admitted_through, addressees, body"
        " FROM activities v WHERE id = $1 AND done = 0 AND (v.act IN ('take_back', 'end')"
        " OR NOT EXISTS (SELECT 1 FROM accounts a WHERE a.id = v.actor AND a.suspended_at IS NOT NULL))",
        identifier,
    )
    if row is None:
        return None
    return Activity(
        id=row["id"],
        uri=row["uri"],
        actor=row["actor"],
        type=row["type"],
        act=row["act"],
        object=row["object"],
        visibility=row["visibility"],
        standing=msgspec.json.decode(row["standing"], type=Standing),
        admitted_through=row["admitted_through"],
        addressees=msgspec.json.decode(row["addressees"], type=list[int]),
        body=row["body"],
    )


async def earlier_waits(reader: Reader, activity: Activity) -> bool:
    """Is an earlier activity about the same object not planned yet? Nothing may overtake it."""
    return bool(
        await reader.value(
            "SELECT 1 FROM activities WHERE object = $1 AND id < $2 AND done = 0 LIMIT 1", activity.object, activity.id
        )
    )


async def finish(tx: Tx, identifier: int) -> None:
    """Every delivery is planned."""
    await tx.later("UPDATE activities SET done = 1 WHERE id = $1", identifier)


async def abandon(tx: Tx, thing: int) -> None:
    """The object is taken back: what was still to be said of it stays unsaid, and what was said is shown no more."""
    await tx.later("DELETE FROM activities WHERE object = $1 AND act IN ('say', 'edit', 'tell', 'end')", thing)


async def forget_said(tx: Tx, thing: int) -> None:
    """What was said of a thing, and is planned whole, is shown no more."""
    await tx.later(
        "DELETE FROM activities WHERE object = $1 AND done = 1 AND act IN ('say', 'edit', 'end') AND id < $2",
        thing,
        tx.new_id(),
    )


async def abandon_all(tx: Tx, actor: int) -> None:
    """An actor leaves: whatever it was still to say stays unsaid."""
    await tx.run(
        "DELETE FROM activities WHERE actor = $1 AND done = 0 AND act IN ('say', 'edit', 'tell', 'end')", actor
    )


async def quiet(tx: Tx, actor: int) -> None:
    """An actor is suspended: what it was still to say stays unsaid; what ends or takes back something doesn't."""
    await tx.run("DELETE FROM activities WHERE actor = $1 AND done = 0 AND act IN ('say', 'edit', 'tell')", actor)


async def forget(tx: Tx, before: int, most: int) -> int:
    """Drop what was planned whole and said before a moment (ms), so many at most; how many."""
    return await tx.run(
        "DELETE FROM activities WHERE id IN (SELECT id FROM activities WHERE created_at < $1 AND done = 1 LIMIT $2)",
        before,
        most,
    )
