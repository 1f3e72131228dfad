"""The rig: a driver that writes down, durably, what was acknowledged; kills; a look at what they left; the reckoning.

The oracle is the file of acknowledgements, forced to disk before the next request is made. What wasn't acknowledged is
sent again after the restart, under the same id, as senders do. At the end every deed must have had its effect exactly
once: rows in the database, sets of activity ids at every inbox.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import re
import shutil
import signal
import sys
import time
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import asyncpg

from fedicert.base.clock import SystemClock, utc_day
from fedicert.base.ids import SystemEntropy
from fedicert.jobs.upkeep import ROUNDS as KINDS_OF_ROUNDS
from fedicert.operations import audit
from fedicert.reach.admission import LINE_PER_CAP
from fedicert.rigs.processes import Child, ProcessError, Program
from fedicert.rigs.signatures import Key, signed_post
from fedicert.store.database import open_database
from tests.crash.failing import BEFORE_THE_EFFECT, POINTS
from tests.crash.inboxes import AS, HOSTS, Inboxes

try:
    from pysqlite3 import dbapi2 as sqlite3
except ImportError:
    import sqlite3

WORKERS = 4
REQUEST_SECONDS = 10.0
DIE_SECONDS = 15.0
DRAIN_SECONDS = 60.0
PUBLIC = f"{AS}#Public"
LIMITS = "(SELECT id FROM accounts WHERE username = 'limits' AND domain = '')"
ROUNDS = tuple(KINDS_OF_ROUNDS)


@dataclass(frozen=True)
class Deed:
    """Something to be done once. `id`: of the activity, or the words of the post."""

    kind: str
    id: str
    make: Callable[[], bytes]


@dataclass
class Tally:
    """What came of the kills."""

    kills: int = 0
    between: int = 0
    by_kind: Counter[str] = field(default_factory=Counter)
    waiting: Counter[str] = field(default_factory=Counter)
    acknowledged: Counter[str] = field(default_factory=Counter)
    boot_seconds: float = 0.0
    busy: int = 0
    in_flight: int = 0
    repeated: int = 0
    deliveries: int = 0
    turned_away: int = 0

    def __str__(self) -> str:
        return (
            f"{self.kills} kills ({dict(self.by_kind)}), {self.between} of them between an acknowledgement and its"
            f" effect; still waiting then: {dict(self.waiting)}; acknowledged: {dict(self.acknowledged)},"
            f" {self.turned_away} of the follows turned away;"
            f" {self.deliveries} deliveries came, {self.repeated} of them again (at most {self.in_flight} were in hand"
            f" at the kills);"
            f" {self.busy} refused for the time being;"
            f" {self.boot_seconds / max(self.kills, 1):.2f} s a start"
        )


class Rig:
    """One instance, its driver, its inboxes."""

    def __init__(self, folder: Path, database: str, key: Key, seed: int, cap: int) -> None:
        self.folder, self.database, self.key, self.cap = folder, database, key, cap
        self.chance = random.Random(seed)
        self.inboxes = Inboxes(key)
        self.tally = Tally()
        self.program = Program(
            {
                "database": database,
                "owner": "ada",
                "owner_email": "ada@mail.example",
                "owner_password": "a password of ada's own",
                "tier": [
                    {
                        "name": "all",
                        "enter": ["signup"],
                        "followers": cap,
                        "following": "none",
                        "strangers": "none",
                        "answers_per_day": "none",
                        "visibility": "listed",
                        "boosts": "anyone",
                        "kept_for_followed": 0.0,
                        "strangers_per_domain_day": 0,
                    }
                ],
            },
            folder=folder / "instance",
        )
        self.ada = f"{self.program.base}/users/ada"
        self._log = os.open(folder / "acknowledged", os.O_CREAT | os.O_WRONLY | os.O_APPEND, 0o600)
        self._again: list[Deed] = []
        self._made = 0
        self._token = ""
        self._strange: list[str] = []

    # The program

    async def start(self, point: str = "none", count: int = 0) -> None:
        """Start it, to kill itself at a point if one is named."""
        begun = time.monotonic()
        command = [sys.executable, "-m", "tests.crash.failing", point, str(count)]
        program = self.program
        program._child = Child(command, log=program.log, environment=program._environment, folder=program.folder)
        try:
            await asyncio.to_thread(program.wait_ready)
        except ProcessError:
            # What was left over may lead it to its point before anybody asks for anything.
            if point == "none" or program.child.running() or program.stop() != -signal.SIGKILL:
                raise
        self.tally.boot_seconds += time.monotonic() - begun

    def acknowledged(self) -> dict[str, str]:
        """What the file says: id → kind."""
        lines = (self.folder / "acknowledged").read_text().splitlines()
        return {line.split("\t")[1]: line.split("\t")[0] for line in lines}

    async def prepare(self) -> None:
        """The first start: a token, the key of Ada, a follower on every host."""
        await self.inboxes.start()
        await self.start()
        words = await asyncio.to_thread(self.program.run, "token", "create", "ada", "--scopes", "read write follow")
        self._token = words.stdout.strip()
        status, body = await self._exchange(
            f"GET /users/ada HTTP/1.1\r\nHost: {self.program.authority}\r\n"
            "Accept: application/activity+json\r\nConnection: close\r\n\r\n".encode()
        )
        assert status == 200, body
        key = json.loads(body)["publicKey"]
        self.inboxes.keys[key["id"]] = key["publicKeyPem"]
        for number in range(HOSTS):
            assert await self._do(self._follow(number))
        deadline = time.monotonic() + DRAIN_SECONDS
        while len(self.inboxes.of_type("Accept")) < HOSTS:
            assert time.monotonic() < deadline, "the first followers were never accepted"
            await asyncio.sleep(0.02)
        self._made = HOSTS

    # Deeds

    def _next(self) -> Deed:
        if self._again and self.chance.random() < 0.5:
            return self._again.pop(0)
        self._made += 1
        kind = self.chance.choice(["follow", "create", "create", "post", "post"])
        return {"follow": self._follow, "create": self._create, "post": self._post}[kind](self._made)

    def _signed(self, number: int, activity: dict[str, Any]) -> bytes:
        actor = self.inboxes.actor(number)
        body = json.dumps({"@context": AS, "actor": actor} | activity).encode()
        return signed_post(self.key.private, f"{actor}#main-key", self.program.authority, "/inbox", body)

    def _follow(self, number: int) -> Deed:
        identifier = f"{self.inboxes.actor(number)}/follows/1"
        activity = {"id": identifier, "type": "Follow", "object": self.ada}
        return Deed("follow", identifier, lambda: self._signed(number, activity))

    def _create(self, number: int) -> Deed:
        author = number % HOSTS
        note = f"{self.inboxes.actor(author)}/notes/{number}"
        to = {"to": [PUBLIC], "cc": [self.ada]}
        activity = {
            "id": f"{note}/activity",
            "type": "Create",
            **to,
            "object": {
                "id": note,
                "type": "Note",
                "attributedTo": self.inboxes.actor(author),
                "content": f"<p>Note {number}</p>",
                "published": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
                "tag": [{"type": "Mention", "href": self.ada, "name": "@ada"}],
                **to,
            },
        }
        return Deed("create", f"{note}/activity", lambda: self._signed(author, activity))

    def _post(self, number: int) -> Deed:
        words = f"post {number}"
        body = json.dumps({"status": words}).encode()
        request = (
            f"POST /api/v1/statuses HTTP/1.1\r\nHost: {self.program.authority}\r\nAuthorization: Bearer {{token}}\r\n"
            f"Idempotency-Key: {words}\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        )
        return Deed("post", words, lambda: request.format(token=self._token).encode() + body)

    async def _do(self, deed: Deed) -> bool:
        """Ask for it; True where it was acknowledged, which is on disk then."""
        try:
            status, body = await self._exchange(deed.make())
        except (OSError, EOFError, TimeoutError):
            self._again.append(deed)
            return False
        if status == 503:
            # An honest refusal of a loaded machine: nothing was promised, and it is asked for again.
            self.tally.busy += 1
            self._again.append(deed)
            return False
        if status not in (200, 202):
            self._strange.append(f"{deed.kind} {deed.id}: {status} {body[:200]!r}")
            return False
        os.write(self._log, f"{deed.kind}\t{deed.id}\n".encode())
        os.fsync(self._log)
        self.tally.acknowledged[deed.kind] += 1
        return True

    async def _exchange(self, request: bytes) -> tuple[int, bytes]:
        async with asyncio.timeout(REQUEST_SECONDS):
            reader, writer = await asyncio.open_connection("127.0.0.1", self.program.port)
            try:
                writer.write(request)
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1")
                length = re.search(r"content-length: (\d+)", head, re.IGNORECASE)
                body = await reader.readexactly(int(length[1])) if length else b""
            finally:
                writer.close()
        return int(head.split(" ", 2)[1]), body

    # Kills

    async def kill_at_random(self) -> None:
        """Kill while several requests are under way."""
        await self.start()
        stop = asyncio.Event()
        workers = [asyncio.create_task(self._work(stop)) for _ in range(WORKERS)]
        await asyncio.sleep(self.chance.uniform(0.0, 0.3))
        self.program.kill()
        stop.set()
        await asyncio.gather(*workers)
        await self._look("at random")

    async def kill_after_an_acknowledgement(self) -> None:
        """Kill as soon as one request was acknowledged."""
        await self.start()
        for _ in range(self.chance.randrange(4)):
            await self._do(self._next())
        while not await self._do(self._next()):
            pass
        self.program.kill()
        await self._look("after an acknowledgement")

    async def kill_at(self, point: str) -> None:
        """Let it kill itself where it is told to."""
        await self.start(point, self.chance.randint(1, 3))
        stop = asyncio.Event()
        workers = [asyncio.create_task(self._work(stop)) for _ in range(WORKERS)]
        deadline = time.monotonic() + DIE_SECONDS
        while self.program.child.running():
            assert time.monotonic() < deadline, f"it never came to the point: {point}"
            await asyncio.sleep(0.005)
        stop.set()
        await asyncio.gather(*workers)
        assert self.program.stop() == -signal.SIGKILL, self.program.child.words()[-2_000:]
        await self._look(point)

    async def _work(self, stop: asyncio.Event) -> None:
        while not stop.is_set() and self.program.child.running():
            await self._do(self._next())

    async def _look(self, kind: str) -> None:
        """What the kill left, before anything is started again."""
        self.tally.kills += 1
        self.tally.by_kind["at a point" if kind in POINTS else kind] += 1
        acknowledged = self.acknowledged()
        left = await self.query(
            "SELECT activity, outcome FROM arrivals",
            "SELECT s.text, a.done, (SELECT COUNT(*) FROM deliveries d WHERE d.body = a.id)"
            " FROM statuses s JOIN activities a ON a.object = s.id AND a.act = 'say' WHERE s.local = 1",
            "SELECT COUNT(*) FROM deliveries d JOIN lanes l ON l.host = d.host WHERE l.lease_until > 0",
        )
        self.tally.in_flight += left[2][0][0]
        arrived = dict(left[0])
        posted = {words: (done, pending) for words, done, pending in left[1]}
        here = arrived.keys() | posted.keys()
        missing = [identifier for identifier in acknowledged if identifier not in here]
        assert missing == [], f"acknowledged and gone after the kill ({kind}): {missing}"
        waiting = Counter(
            acknowledged[identifier]
            for identifier, outcome in arrived.items()
            if not outcome and identifier in acknowledged
        )
        for words, (done, pending) in posted.items():
            if words in acknowledged and (not done or pending):
                waiting["post not fanned out" if not done else "post not delivered"] += 1
        self.tally.waiting += waiting
        self.tally.between += bool(waiting)
        if kind in BEFORE_THE_EFFECT:
            assert waiting or self._again, f"killed at {kind!r}, and nothing waits"

    async def query(self, *statements: str) -> list[list[tuple[Any, ...]]]:
        """Rows of the database, looked at without touching it."""
        if self.database.startswith("postgres"):
            connection = await asyncpg.connect(self.database)
            try:
                while await connection.fetchval(
                    "SELECT COUNT(*) FROM pg_stat_activity WHERE datname = current_database()"
                    " AND pid <> pg_backend_pid() AND backend_type = 'client backend'"
                ):
                    if self.program.child.running():
                        break  # the server is alive: they are its own
                    await asyncio.sleep(0.01)
                return [[tuple(row) for row in await connection.fetch(text)] for text in statements]
            finally:
                await connection.close()
        path = Path(self.database.removeprefix("sqlite:///"))
        copy = self.folder / "look"
        shutil.rmtree(copy, ignore_errors=True)
        copy.mkdir()
        if self.program.child.running():
            return _select(path, statements)
        for suffix in ("", "-wal"):
            if path.with_name(path.name + suffix).exists():
                shutil.copyfile(path.with_name(path.name + suffix), copy / (path.name + suffix))
        return _select(copy / path.name, statements)

    # The reckoning

    async def drain(self) -> None:
        """Start for good, send again what nobody acknowledged, and wait until nothing is due; what is to be told to a person
        some minutes after their audience came to be full isn't waited for."""
        await self.start()
        deadline = time.monotonic() + DRAIN_SECONDS
        while self._again:
            assert time.monotonic() < deadline, f"{len(self._again)} requests are still not answered: {self._again[:3]}"
            await self._do(self._again.pop(0))
        while True:
            jobs, deliveries, arrivals, fan_outs = await self.query(
                f"SELECT kind, payload, due, buried_at, errors FROM jobs WHERE kind NOT IN {ROUNDS}"
                f" AND NOT (kind = 'tell_reach' AND attempts = 0 AND due > {int(time.time() * 1_000)})",
                "SELECT host, attempts, errors FROM deliveries",
                "SELECT activity FROM arrivals WHERE outcome = ''",
                "SELECT uri FROM activities WHERE done = 0",
            )
            if not (jobs or deliveries or arrivals or fan_outs):
                break
            buried = [job for job in jobs if job[3] is not None]
            assert buried == [], f"buried: {buried}\n{self.program.child.words()[-3_000:]}"
            assert jobs or deliveries or fan_outs, f"nothing is due, and these had no effect: {arrivals}"
            left = f"{jobs[:3]} {deliveries[:3]} {arrivals[:3]} {fan_outs[:3]}"
            assert time.monotonic() < deadline, f"it never comes to rest: {left}\n{self.program.child.words()[-3_000:]}"
            await asyncio.sleep(0.05)
        code = await asyncio.to_thread(self.program.stop)
        assert code == 0, f"it ended with {code}\n{self.program.child.words()[-3_000:]}"

    async def reckon(self) -> None:
        """Nothing acknowledged is lost, nothing has happened twice."""
        assert self._strange == []
        assert self.inboxes.faults == []
        acknowledged = self.acknowledged()
        by_kind = {kind: {i for i, k in acknowledged.items() if k == kind} for kind in ("follow", "create", "post")}
        follows, notes, notified, posts, limits, buried, seat = await self.query(
            "SELECT uri, state FROM follows",
            "SELECT uri FROM statuses WHERE local = 0",
            "SELECT s.uri FROM notifications n JOIN statuses s ON s.id = n.status WHERE n.type = 'mention'",
            f"SELECT text, uri FROM statuses WHERE local = 1 AND author <> {LIMITS}",
            f"SELECT s.uri, t.kind, t.at FROM statuses s LEFT JOIN told t ON t.status = s.id WHERE s.author = {LIMITS}",
            "SELECT kind, errors FROM jobs WHERE buried_at IS NOT NULL",
            "SELECT l.admitted, l.held FROM local_accounts l JOIN accounts a ON a.id = l.id WHERE a.username = 'ada'",
        )
        assert buried == []
        # Whoever is beyond the audience and its line is turned away, with a Reject (below).
        turned_away = by_kind["follow"] - {uri for uri, _ in follows}
        assert_once("follows", [uri for uri, _ in follows], by_kind["follow"] - turned_away)
        assert len(follows) == min(self.cap * (1 + LINE_PER_CAP), len(by_kind["follow"]))
        assert_once("notes", [f"{uri}/activity" for (uri,) in notes], by_kind["create"])
        # What the limits account says is local: each kind is said once (a day), its mention told once, and none leaves.
        said = [uri for uri, _, _ in limits]
        assert None not in {kind for _, kind, _ in limits}
        kinds = [(kind, utc_day(at)) for _, kind, at in limits]
        assert_once("kinds of limits told", kinds, set(kinds))
        assert_once("limits told", [uri for (uri,) in notified if uri in said], set(said))
        heard = [f"{uri}/activity" for (uri,) in notified if uri not in said]
        assert_once("mentions told", heard, by_kind["create"])
        assert_once("posts", [words for words, _ in posts], by_kind["post"])

        admitted = {uri for uri, state in follows if state == "admitted"}
        assert seat == [(len(admitted), len(follows) - len(admitted))]
        assert len(admitted) == min(self.cap, len(follows))
        assert_once("Accepts", [_follow_of(a) for _, a in self.inboxes.of_type("Accept")], admitted)
        assert_once("Rejects", [_follow_of(a) for _, a in self.inboxes.of_type("Reject")], turned_away)
        self.tally.turned_away = len(turned_away)

        told = [(host, activity["object"]["id"]) for host, activity in self.inboxes.of_type("Create")]
        hosts = {self.inboxes.host(number) for number in range(HOSTS)}
        assert_once("Creates", told, {(host, uri) for host in hosts for _, uri in posts})
        self.tally.repeated = self.inboxes.repeated
        self.tally.deliveries = self.inboxes.got.total()
        assert self.tally.repeated <= self.tally.in_flight
        assert (await self._audit()).findings == []

    async def _audit(self) -> audit.Report:
        """The ledger, walked from its first row; who signed its checkpoints is another test's matter."""
        db = await open_database(self.database, clock=SystemClock(), entropy=SystemEntropy(), slot=0)
        try:
            return await db.read(audit.verify, lambda kid, message, signature: True)
        finally:
            await db.close()

    async def end(self) -> None:
        """End what runs."""
        if self.program._child is not None and self.program.child.running():
            self.program.kill()
        await self.inboxes.stop()
        os.close(self._log)


def assert_once(what: str, found: list[Any], expected: set[Any]) -> None:
    """Each expected one is there, once, and nothing else."""
    doubled = [one for one, count in Counter(found).items() if count > 1]
    assert doubled == [], f"{what} doubled: {doubled[:5]}"
    assert expected - set(found) == set(), f"{what} lost: {sorted(expected - set(found))[:5]}"
    assert set(found) - expected == set(), f"{what} from nowhere: {sorted(set(found) - expected)[:5]}"


def _follow_of(accept: dict[str, Any]) -> str:
    thing = accept["object"]
    return str(thing["id"] if isinstance(thing, dict) else thing)


def _select(path: Path, statements: tuple[str, ...]) -> list[list[tuple[Any, ...]]]:
    connection = sqlite3.connect(path, timeout=10)
    try:
        return [[tuple(row) for row in connection.execute(text)] for text in statements]
    finally:
        connection.close()
