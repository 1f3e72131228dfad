"""Many followers on many servers of one make, and what such servers do with what they are sent: doubles for settling.

A double knows nothing of the law. It shows a post to everybody of its own whom it believes to follow the author, whichever
inbox the copy came to, as servers do. What it is sent comes from the real lanes; what it says goes into the real inbox
operations; signatures and HTTP are other tests' matter.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import orjson

from fedicert.activitypub import synchronization
from fedicert.base.clock import FrozenClock
from fedicert.base.ids import Entropy
from fedicert.discovery.peers import Peers
from fedicert.jobs.deliver import Deliverer
from fedicert.jobs.kinds import Kind
from fedicert.jobs.reach import Reaching
from fedicert.jobs.settle import Settling
from fedicert.jobs.worker import Worker
from fedicert.operations import posts, settling, undoing
from fedicert.operations.posts import Draft
from fedicert.remote.key_documents import KeyFinder
from fedicert.remote.parcels import Outcome, Parcel
from fedicert.store import lanes
from fedicert.store.unit import Database, Reader, Tx
from fedicert.store.views import federation as views
from tests import world
from tests.rungs import change_tier
from tests.wire import VillageWire, answer
from tests.world import URLS

Make = Literal["mastodon", "gotosocial", "misskey", "evilpub"]
BATCH = 250
ADA = URLS.actor("ada")


class Double:
    """One server. `believes`: those of its people whom it takes for followers, and the id of each one's Follow."""

    def __init__(self, host: str, make: Make) -> None:
        self.host, self.make = host, make
        self.people: dict[str, int] = {}
        self.believes: dict[str, str] = {}
        self.takes = True
        self.posts = 0

    def shows(self) -> set[str]:
        """Who sees a post that arrives: a hostile server shows it to all it has, waiting or rejected ones too."""
        return set(self.people) if self.make == "evilpub" else set(self.believes)


class Crowd:
    """An audience, the servers it is on, and the parts of this one that have to do with them."""

    def __init__(self, db: Database, clock: FrozenClock, entropy: Entropy, make: Make) -> None:
        self.db, self.clock, self.make = db, clock, make
        self.wire = VillageWire()
        self.doubles: dict[str, Double] = {}
        peers = Peers(db=db, wire=self.wire, urls=URLS, clock=clock, keys=KeyFinder(self.wire, clock), sign=None)
        reaching, self.settling = Reaching(db, URLS), Settling(peers)
        kinds = {
            "settle": Kind(one=self.settling.settle),
            "fan_out": Kind(one=reaching.fan_out, finishes=True),
            "release": Kind(one=reaching.release),
            "release_tier": Kind(one=reaching.release_tier),
            "tell_locked": Kind(one=_nothing),
        }
        self.worker = Worker(db, kinds, entropy)
        self.deliverer = Deliverer(db, self._deliver)
        self.seen: dict[str, set[str]] = {}
        self.undos: list[tuple[int, str]] = []
        self.sent: list[tuple[str, str, str]] = []  # host, type, header
        self.ada = self.admin = self.tier = 0

    async def gather(self, sizes: Sequence[int], local: int = 0) -> None:
        """Ada without a cap, and servers with so many of her followers each, in turn, so that their places mix."""
        self.tier, self.ada, self.admin = await self.db.write(_lay_out)
        left = {f"h{number:04}.example": size for number, size in enumerate(sizes)}
        for host in left:
            self.doubles[host] = Double(host, self.make)
            self.wire.handlers[host] = lambda request: nodeinfo(request, self.make)
        wanted: list[tuple[str, int]] = []
        number = 0
        while left:
            for host in list(left):
                wanted.append((host, number))
                number += 1
                left[host] -= 1
                if not left[host]:
                    del left[host]
        for start in range(0, len(wanted), BATCH):
            await self.db.write(self._followers, wanted[start : start + BATCH], start)
        if local:
            await self.db.write(_locals, self.ada, self.tier, local, len(wanted))

    async def _followers(self, tx: Tx, page: Sequence[tuple[str, int]], start: int) -> None:
        made = [(tx.new_id(), host, f"https://{host}/users/u{number}") for host, number in page]
        await tx.many(
            "INSERT INTO accounts (id, uri, username, username_key, domain, type, display_name, note_html, url,"
            " avatar_url, header_url, fields, emojis, locked, discoverable, indexable, memorial, followers_uri,"
            " featured_uri, also_known_as, created_at, fetched_at, followers_count, following_count, statuses_count,"
            " version) VALUES ($1, $2, $3, $3, $4, 'Person', '', '', $2, '', '', '[]', '[]', 0, 0, 0, 0, '', '', '[]',"
            " $5, $5, 0, 0, 0, 1)",
            [(account, uri, uri.rpartition("/")[2], host, tx.now) for account, host, uri in made],
        )
        await tx.many(
            "INSERT INTO inboxes (account, inbox, shared_inbox, host) VALUES ($1, $2, $3, $4)",
            [
                (account, f"{uri}/inbox", "" if self.make == "gotosocial" else f"https://{host}/inbox", host)
                for account, host, uri in made
            ],
        )
        await tx.many(
            "INSERT INTO follows (follower, followed, state, uri, domain, kept, was_trimmed, reblogs, notify, languages,"
            " admitted_seq, created_at, state_at) VALUES ($1, $2, 'admitted', $3, '', 0, 0, 1, 0, '[]', $4, $5, $5)",
            [(account, self.ada, f"{uri}#f", start + place, tx.now) for place, (account, _, uri) in enumerate(made, 1)],
        )
        await tx.run("UPDATE local_accounts SET admitted_seq = $2 WHERE id = $1", self.ada, start + len(made))
        for account, host, uri in made:
            double = self.doubles[host]
            double.people[uri] = account
            double.believes[uri] = f"{uri}#f"

    # Time, and work

    async def lower(self, cap: int) -> None:
        """An admin lowers the cap."""
        await self.db.write(change_tier, "wide", {"followers": str(cap)}, self.admin, "the hall is smaller")
        await self.work()

    async def pass_time(self, milliseconds: int, *, deliver: bool = True) -> None:
        """Time passes as it does, looked at every minute; what falls due is done."""
        self.clock.advance(milliseconds)

        async def looked(tx: Tx) -> None:
            await tx.run("UPDATE settings SET value = $1 WHERE key = $2", str(tx.now), settling.CLOCK_SEEN)

        await self.db.write(looked)
        await self.work(deliver=deliver)

    async def work(self, *, deliver: bool = True) -> None:
        """Jobs, deliveries and what comes back, until nothing is due."""
        while True:
            done = await self.worker.drain()
            if deliver:
                done += await self.deliverer.drain()
                done += len(self.undos)
                undos, self.undos = self.undos, []
                for start in range(0, len(undos), BATCH):
                    await self.db.write(_undo, undos[start : start + BATCH])
            if not done:
                return

    async def say(self, text: str = "hello") -> set[str]:
        """Ada posts to everybody; who elsewhere is shown it."""
        for double in self.doubles.values():
            double.posts = 0
        self.seen[text] = set()
        await self.db.write(posts.publish, URLS, self.ada, Draft(text=text, visibility="public"))
        await self.work()
        return self.seen[text]

    # What the others do

    async def _deliver(self, parcels: Sequence[Parcel]) -> list[Outcome]:
        bodies = await self.db.read(lanes.bodies, [parcel.body for parcel in parcels])
        outcomes = []
        for parcel in parcels:
            double = self.doubles[parcel.inbox.split("/")[2]]
            if not double.takes:
                outcomes.append(Outcome(parcel.delivery, "unreachable", 503, "no"))
                continue
            outcomes.append(Outcome(parcel.delivery, "", 202))
            activity = orjson.loads(bodies[parcel.body])
            self.sent.append((double.host, activity["type"], parcel.synchronization))
            double.posts += 1
            await self._receive(double, activity, parcel.synchronization)
        return outcomes

    async def _receive(self, double: Double, activity: dict[str, Any], header: str) -> None:
        if activity["type"] == "Create":
            self.seen[activity["object"]["content"].removeprefix("<p>").removesuffix("</p>")] |= double.shows()
        if activity["type"] == "Reject" and double.make in ("mastodon", "misskey"):
            self._drop(double, activity["object"]["actor"])
        if header and double.make == "mastodon":
            await self._synchronize(double, synchronization.read(header, ADA).digest)

    async def _synchronize(self, double: Double, digest: str) -> None:
        """As Mastodon ≥ 4.5: compare, ask for the list, believe it where it is the one that the header spoke of."""
        if synchronization.digest_of(double.believes) == digest:
            return
        listed, _ = await self.db.read(views.followers_at, self.ada, f"https://{double.host}")
        if synchronization.digest_of(listed) == digest:
            for uri in set(double.believes) - set(listed):
                self._drop(double, uri)

    def _drop(self, double: Double, uri: str) -> None:
        follow = double.believes.pop(uri, None)
        if double.make == "mastodon" and follow is not None:
            self.undos.append((double.people[uri], follow))

    # What stands in the database

    async def audience(self) -> set[str]:
        """The ids of the admitted who live elsewhere."""
        return await self.db.read(_uris, self.ada, "admitted")

    async def bound(self) -> int:
        """The reach bound."""
        return await self.db.read(settling.reach_bound, self.ada)


async def _nothing(job: Any) -> None:
    """The owner's lock is told by other tests."""


async def _lay_out(tx: Tx) -> tuple[int, int, int]:
    tier = await world.make_tier(tx, "wide", followers=None)
    await world.make_local(tx, "home.example", tier, kind="Application")
    admin = await world.make_local(tx, "admin", tier)
    await tx.run("UPDATE local_accounts SET role = 'owner' WHERE id = $1", admin)
    return tier, await world.make_local(tx, "ada", tier), admin


async def _locals(tx: Tx, ada: int, tier: int, count: int, start: int) -> None:
    for number in range(count):
        await world.admit(tx, await world.make_local(tx, f"l{number}", tier), ada)


async def _undo(tx: Tx, page: Sequence[tuple[int, str]]) -> None:
    for account, follow in page:
        undone = undoing.Undone(uri=follow, kind="Follow", object=ADA)
        assert await undoing.receive_undo(tx, URLS, account, undone)


async def _uris(reader: Reader, account: int, state: str) -> set[str]:
    rows = await reader.all(
        "SELECT a.uri FROM follows f JOIN accounts a ON a.id = f.follower WHERE f.followed = $1 AND f.state = $2"
        " AND a.domain <> ''",
        account,
        state,
    )
    return {row[0] for row in rows}


def nodeinfo(request: Any, make: str) -> Any:
    """What a host says it runs."""
    base = request.url.split("/.well-known")[0].split("/nodeinfo")[0]
    if request.url.endswith("/.well-known/nodeinfo"):
        rel = "http://nodeinfo.diaspora.software/ns/schema/2.0"
        return answer(request.url, {"links": [{"rel": rel, "href": f"{base}/nodeinfo/2.0"}]})
    return answer(request.url, {"version": "2.0", "software": {"name": make, "version": "1"}})
