"""The house that the state machine of `test_machine.py` plays in: real operations on a real database, real jobs, a clock that
stands still; nothing goes over a wire. What is held against it is `model.py`."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Coroutine, Sequence
from typing import Any, Concatenate, ParamSpec, TypeVar

import msgspec

from fedicert.base.clock import DAY, FrozenClock
from fedicert.discovery.peers import Peers
from fedicert.jobs.deliver import Deliverer
from fedicert.jobs.imports import Importing
from fedicert.jobs.kinds import Kind
from fedicert.jobs.move import Moving
from fedicert.jobs.reach import Reaching
from fedicert.jobs.restored import Restored
from fedicert.jobs.settle import Settling
from fedicert.jobs.worker import Worker
from fedicert.operations import settling
from fedicert.remote.key_documents import KeyFinder
from fedicert.remote.parcels import Outcome, Parcel
from fedicert.store import queue
from fedicert.store.database import open_database
from fedicert.store.tables import local_people
from fedicert.store.unit import Reader, Tx, one_statement
from tests import world
from tests.conftest import SeededEntropy
from tests.law.crowds import nodeinfo
from tests.law.model import ELSEWHERE, HERE, RUNGS
from tests.wire import VillageWire
from tests.world import URLS

P = ParamSpec("P")
T = TypeVar("T")

LIMITS = "followers = $2, kept_permille = $3, strangers_per_domain_day = $4, lowered = ''"


class Seen(msgspec.Struct):
    """What stands in the database of Ada, read in one statement: everything that is held against the model.

    `follows`: name → state, oldest first. `stages`: cause → stage, of what settles; `settling`: whichever account of hers.
    `shares`: account → (rung, share, count, the share by rule as it stands beside a window's). `used`: rung → when any account
    of hers filled a slot there that she had freed. `told`: whom the ledger names → rows, repeats; `kinds`: of rows that are new.
    """

    follows: dict[str, str] = {}
    trimmed: set[str] = set()
    counted: dict[str, int] = {}
    rows: dict[str, int] = {}
    stages: dict[str, str] = {}
    settling: bool = False
    days: dict[tuple[str, int], int] = {}
    freed: int = 0
    refills: list[int] = []
    used: dict[str, list[int]] = {}
    told: dict[str, tuple[int, int]] = {}
    kinds: set[str] = set()
    seqs: dict[int, int] = {}
    shares: dict[str, tuple[str, int | None, int, int | None]] = {}
    caps: dict[str, int | None] = {}
    restored: bool = False


GONE_WITH_A_PLAY = (
    "jobs", "deliveries", "lanes", "blocks", "moves", "follows", "sent_to", "tier_windows", "restorations", "restored_hosts",
)  # fmt: skip
LOOKED_OVER = 100
"""After so many plays the database counts its rows anew, which nobody else has it do here; plans depend on it."""
_STATES = ("admitted", "paused", "held", "requested")
_COUNTS = " UNION ALL ".join(
    f"SELECT 'counted', '{name}', '', CAST({name} AS BIGINT), 0, 0 FROM local_accounts WHERE id = $1"
    for name in (*_STATES, "kept_used", "freed")
)
_SEEN = f"""
    SELECT 'follow' AS what, a.username AS name, f.state AS said, f.id AS one, CAST(f.was_trimmed AS BIGINT) AS two,
        CAST(f.kept AS BIGINT) AS three FROM follows f JOIN accounts a ON a.id = f.follower WHERE f.followed = $1
    UNION ALL {_COUNTS}
    UNION ALL SELECT 'stage', cause, stage, account, 0, 0 FROM settlings WHERE ended_at IS NULL AND account IN
        (SELECT o.id FROM local_accounts o JOIN local_accounts l ON l.login = o.login WHERE l.id = $1)
    UNION ALL SELECT 'day', domain, '', day, admitted, 0 FROM domain_days WHERE account = $1
    UNION ALL SELECT 'refill', '', '', at, id, 0 FROM refills WHERE account = $1
    UNION ALL SELECT 'used', t.name, '', MIN(r.at), COALESCE(r.origin, r.id), 0 FROM refills r JOIN tiers t ON t.id = r.tier
        JOIN local_accounts l ON l.login = r.login WHERE l.id = $1 GROUP BY t.name, COALESCE(r.origin, r.id)
    UNION ALL SELECT 'told', a.username, '', COUNT(*), 0, 0 FROM ledger_names n JOIN accounts a ON a.id = n.person
        WHERE n.account = $1 AND n.field <> 'moment' GROUP BY a.username
    UNION ALL SELECT 'repeats', a.username, '', CAST(SUM(r.count) AS BIGINT), 0, 0 FROM ledger_repeats r
        JOIN accounts a ON a.id = r.person WHERE r.account = $1 GROUP BY a.username
    UNION ALL SELECT 'kind', '', kind, account, seq, 0 FROM ledger
        WHERE (account = $1 AND seq > $3) OR (account = $2 AND seq > $4)
    UNION ALL SELECT 'share', a.username, t.name, o.cap_share, o.admitted + o.paused, o.rule_share FROM local_accounts l
        JOIN local_accounts o ON o.login = l.login JOIN accounts a ON a.id = o.id JOIN tiers t ON t.id = o.tier
        WHERE l.id = $1
    UNION ALL SELECT 'cap', name, '', followers, 0, 0 FROM tiers
    UNION ALL SELECT 'restored', '', '', id, 0, 0 FROM restorations WHERE ended_at IS NULL
"""


class House:
    """The house under test. It outlives the plays, each of which has an owner and an audience of its own."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.loop = asyncio.new_event_loop()
        self.clock = FrozenClock(world.START)
        self.entropy = SeededEntropy(7)
        self.wire = VillageWire()
        for host in ELSEWHERE.values():
            self.wire.handlers[host] = lambda request: nodeinfo(request, "mastodon")
        self.people: dict[str, int] = {}
        self.played = 0
        self.owner = self.second = self.low = self.high = self.graveyard = self.admin = self.instance = 0
        self.silent: str | None = None
        self.took: set[str] = set()
        self.seqs: dict[int, int] = {}
        self.open()
        self.write(self._found)

    def open(self) -> None:
        """Start, or start again after a crash."""
        self.db = self.run(open_database(self.url, clock=self.clock, entropy=self.entropy))
        keys = KeyFinder(self.wire, self.clock)
        peers = Peers(db=self.db, wire=self.wire, urls=URLS, clock=self.clock, keys=keys, sign=None)
        reaching, restored = Reaching(self.db, URLS), Restored(peers)
        kinds = {
            "turn_windows": Kind(one=reaching.turn_windows),
            "end_waiver": Kind(one=reaching.end_waiver),
            "import": Kind(one=Importing(peers).go_through),
            "move": Kind(one=Moving(peers).move),
            "settle": Kind(one=Settling(peers).settle),
            "fan_out": Kind(one=reaching.fan_out, finishes=True),
            "release": Kind(one=reaching.release),
            "release_tier": Kind(one=reaching.release_tier),
            "get_in_step": Kind(one=restored.get_in_step, finishes=True),
            "release_all": Kind(one=restored.release_all),
        }
        self.workers = {name: Worker(self.db, {name: kind}, self.entropy) for name, kind in kinds.items()}
        self.deliverer = Deliverer(self.db, self._deliver)

    def close(self) -> None:
        """Stop, as a crash does: nothing is done that wasn't committed."""
        self.run(self.db.close())

    def end(self) -> None:
        """The last play is over."""
        self.close()
        self.loop.close()

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        """Until it is done."""
        return self.loop.run_until_complete(work)

    def write(self, operation: Callable[Concatenate[Tx, P], Awaitable[T]], *args: P.args, **more: P.kwargs) -> T:
        """A unit of work."""
        return self.run(self.db.write(operation, *args, **more))

    def read(self, view: Callable[Concatenate[Reader, P], Awaitable[T]], *args: P.args, **more: P.kwargs) -> T:
        """Look."""
        return self.run(self.db.read(view, *args, **more))

    def work(self) -> None:
        """Every job that is due."""
        self.run(self._work())

    async def _work(self) -> None:
        while True:
            dues = await self.db.read(queue.next_due, list(self.workers))
            due = [name for name in self.workers if dues.get(name, self.clock.at + 1) <= self.clock.at]
            if not due:
                return
            for name in due:
                await self.workers[name].drain()

    def pass_time(self, milliseconds: int, *, watched: bool = True) -> None:
        """Time passes. `watched`: the clock was looked at meanwhile, as it is every minute."""
        self.clock.advance(milliseconds)
        if watched:
            self.write(_looked)

    def deliver(self, silent: str | None) -> set[str]:
        """What waits goes out; everybody takes it but the silent server. Who took something."""
        self.silent, self.took = silent, set()
        self.run(self.deliverer.drain())
        return self.took

    async def _deliver(self, parcels: Sequence[Parcel]) -> list[Outcome]:
        outcomes = []
        for parcel in parcels:
            host = parcel.inbox.split("/")[2]
            if host == self.silent:
                outcomes.append(Outcome(parcel.delivery, "unreachable", 503, "no"))
            else:
                self.took.add(host)
                outcomes.append(Outcome(parcel.delivery, "", 202))
        return outcomes

    # What a play begins with

    async def _found(self, tx: Tx) -> None:
        limits = {"kept_permille": 0, "strangers_per_domain_day": 0}
        self.low = await world.make_tier(tx, "low", position=0, **limits)
        self.high = await world.make_tier(tx, "high", position=1, followers=6, **limits)
        self.graveyard = await world.make_tier(tx, "gone", position=2, followers=None, **limits)
        self.instance = await world.make_local(tx, "home.example", self.graveyard, kind="Application")
        self.admin = await world.make_local(tx, "root", self.graveyard)
        await tx.run("UPDATE local_accounts SET role = 'owner' WHERE id = $1", self.admin)
        for name, host in ELSEWHERE.items():
            self.people[name] = await world.make_remote(tx, name, host, kind="Service" if name == "relay" else "Person")
        for name in HERE:
            self.people[name] = await world.make_local(tx, name, self.graveyard)

    def begin(self, caps: dict[str, int | None], kept: int, per_day: int) -> None:
        """A new owner on the lower tier, and nothing left of the play before."""
        self.played += 1
        # Every play begins at the same hour, later than the last.
        self.clock.at += DAY - (self.clock.at - world.START) % DAY
        self.second = 0

        async def lay_out(tx: Tx) -> int:
            await _looked(tx)
            for table in GONE_WITH_A_PLAY:
                await tx.run(f"DELETE FROM {table}")
            await tx.run("UPDATE accounts SET moved_to = NULL WHERE moved_to IS NOT NULL")
            await tx.run(
                "UPDATE local_accounts SET tier = $1, login = NULL, cap_share = NULL, rule_share = NULL"
                " WHERE tier <> $1 OR login IS NOT NULL",
                self.graveyard,
            )
            for name, tier in zip(RUNGS, (self.low, self.high), strict=True):
                await tx.run(f"UPDATE tiers SET {LIMITS} WHERE id = $1", tier, caps[name], kept, per_day)
            owner = await world.make_local(tx, f"ada{self.played}", self.low)
            login = await local_people.insert_login(
                tx, email=f"ada{self.played}@mail.example", password_hash="", locale="en", reason="",
                confirmed=True, approved=True,
            )  # fmt: skip
            await tx.run("UPDATE local_accounts SET login = $2 WHERE id = $1", owner, login)
            await tx.run(
                "INSERT INTO tier_grants (account, tier, ground, begun_at, cause) VALUES ($1, $2, 'signup', $3, '')",
                owner, self.low, tx.now,
            )  # fmt: skip
            return owner

        self.owner = self.write(lay_out)
        if self.played % LOOKED_OVER == 0:
            self.write(_look_over)

    # What stands in the database

    def look(self) -> Seen:
        """Everything there is of Ada now; the integers are held against the rows on the way."""
        seqs = self.seqs
        rows = self.read(_seen, self.owner, self.instance, seqs.get(self.owner, 0), seqs.get(self.instance, 0))
        seen = Seen()
        self.seqs = seen.seqs = {**seqs}
        kept = 0
        for what, name, said, one, two, three in sorted(rows, key=lambda row: (row[0], row[3] or 0, row[4])):
            if what == "follow":
                seen.follows[name] = said
                seen.trimmed |= {name} if two else set()
                kept += three if said in ("admitted", "paused") else 0
            elif what == "counted":
                seen.counted[name] = one
            elif what == "stage":
                seen.settling = True
                if one == self.owner:
                    seen.stages[name] = said
            elif what == "day":
                seen.days[name, one] = two
            elif what == "refill":
                seen.refills.append(one)
            elif what == "used":
                seen.used.setdefault(name, []).append(one)
            elif what in ("told", "repeats"):
                before = seen.told.get(name, (0, 0))
                seen.told[name] = (before[0] + one, before[1]) if what == "told" else (before[0], before[1] + one)
            elif what == "kind":
                seen.kinds.add(said)
                seen.seqs[one] = max(seen.seqs.get(one, 0), two)
            elif what == "share":
                seen.shares[name] = (said, one, two, three)
            elif what == "cap":
                seen.caps[name] = one
            else:
                seen.restored = True
        seen.freed = seen.counted.pop("freed")
        states = list(seen.follows.values())
        assert seen.counted == {**{state: states.count(state) for state in _STATES}, "kept_used": kept}
        return seen

    def divided(self) -> tuple[dict[str, tuple[str, int | None]], int, list[int]]:
        """Account → (rung, share), once windows that are due have turned; what Ada freed, and when she filled such slots."""
        self.run(self.workers["turn_windows"].drain())
        rows = self.read(_divided, self.owner)
        shares = {row[1]: (row[2], row[3]) for row in rows if row[0] == "share"}
        (freed,) = [row[3] for row in rows if row[0] == "freed"]
        return shares, freed, [row[3] for row in rows if row[0] == "refill"]

    def got(self, post: int) -> set[str]:
        """Whose server was sent the post, and whose home here shows it."""
        inboxes = self._names(
            "SELECT d.inbox FROM deliveries d JOIN activities a ON a.id = d.body WHERE a.object = $1", post
        )
        homes = self._names("SELECT a.username FROM feed f JOIN accounts a ON a.id = f.reader WHERE f.post = $1", post)
        return {inbox.split("/")[2] for inbox in inboxes} | (homes & set(HERE))

    def cut_off(self) -> set[str]:
        """Hosts that get no copies until they let go of those who were trimmed."""
        return self._names("SELECT host FROM trim_hosts WHERE account = $1 AND cut_off = 1", self.owner)

    def known_hosts(self) -> set[str]:
        """Which a restored database is to get in step with."""
        return self._names("SELECT host FROM restored_hosts")

    def _names(self, sql: str, *values: Any) -> set[str]:
        async def view(reader: Reader) -> set[str]:
            return {str(row[0]) for row in await reader.all(sql, *values)}

        return self.read(view)


async def _look_over(tx: Tx) -> None:
    await tx.run("ANALYZE")


_DIVIDED = """
    SELECT 'share' AS what, a.username AS name, t.name AS rung, o.cap_share AS one FROM local_accounts l
        JOIN local_accounts o ON o.login = l.login JOIN accounts a ON a.id = o.id JOIN tiers t ON t.id = o.tier WHERE l.id = $1
    UNION ALL SELECT 'freed', '', '', freed FROM local_accounts WHERE id = $1
    UNION ALL SELECT 'refill', '', '', at FROM refills WHERE account = $1
"""


@one_statement
async def _divided(reader: Reader, owner: int) -> list[Any]:
    return sorted((tuple(row) for row in await reader.all(_DIVIDED, owner)), key=lambda row: (row[0], row[3] or 0))


@one_statement
async def _seen(reader: Reader, *values: int) -> list[Any]:
    return [tuple(row) for row in await reader.all(_SEEN, *values)]


async def _looked(tx: Tx) -> None:
    await tx.run("UPDATE settings SET value = $1 WHERE key = $2", str(tx.now), settling.CLOCK_SEEN)
