"""A village: several whole servers in one process, a wire between them, one frozen clock, and people who act.

Nothing is left out: every request passes the doors of its server, every delivery is signed with the real keys and
verified by whoever gets it, every server has its own database. Time passes and work is done only when a story says so.
"""

from __future__ import annotations

import datetime
import re
from collections.abc import Callable, Sequence
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import orjson

from fedicert import config, server
from fedicert.activitypub.synchronization import HEADER
from fedicert.base.clock import FrozenClock
from fedicert.base.errors import RemoteUnreachable
from fedicert.base.ids import Entropy
from fedicert.base.urls import split_url
from fedicert.discovery.licences import Licences
from fedicert.discovery.met_issuers import InStore
from fedicert.jobs import certify
from fedicert.jobs.deliver import Deliverer
from fedicert.jobs.gone import Leaving
from fedicert.jobs.supplies import CheckpointSigner, Supplies
from fedicert.jobs.upkeep import make_checkpoint
from fedicert.keys.account_keys import COUNT, account_keys
from fedicert.keys.pairs import sign
from fedicert.keys.tokens import token_hash
from fedicert.model.attestations import TrustEntry
from fedicert.operations import audit, bars, instance, line, looking, oauth, people, settling
from fedicert.operations.people import NewPerson
from fedicert.remote import parcels
from fedicert.remote.courier_lanes import fault_of
from fedicert.remote.parcels import Outcome, Parcel
from fedicert.remote.wire import Headers, Limits, Request, Response
from fedicert.rigs.processes import toml
from fedicert.server import Server
from fedicert.store.unit import Reader, Tx
from tests.attestations.forge import ProverHere
from tests.proofs.signing import sign_request
from tests.rungs import change_tier
from tests.stories.elsewhere import Elsewhere, Neighbour
from tests.wire import Asked, VillageWire, answer, call_app

EVERYTHING = frozenset({"read", "write", "follow", "push", "profile", "admin:read", "admin:write"})
ROUNDS = 50

RUNG: dict[str, Any] = {
    "name": "neighbours",
    "enter": ["signup"],
    "followers": 3,
    "following": "none",
    "strangers": "none",
    "answers_per_day": "none",
    "visibility": "listed",
    "boosts": "anyone",
    "kept_for_followed": 0.0,
    "strangers_per_domain_day": 0,
    "when_full": "hold",
}
"""Where everybody in a village stands unless its story says otherwise: three followers, no other rule of the line."""


class Resident:
    """Somebody with an account on one of our servers, and the client they use."""

    def __init__(self, place: Place, name: str, account: int, http: httpx.AsyncClient) -> None:
        self.place, self.name, self.id, self.http = place, name, account, http
        self.uri = place.app.deps.urls.actor(name)
        self.handle = f"@{name}@{place.host}"
        self._known: dict[str, str] = {}

    async def get(self, path: str, **query: Any) -> Any:
        """What the client gets, which must be there."""
        answer = await self.http.get(path, params=query)
        assert answer.status_code == 200, answer.text
        return answer.json()

    async def post(self, path: str, **fields: Any) -> Any:
        """What the client sends, which must be taken."""
        answer = await self.http.post(path, json=fields)
        assert answer.status_code == 200, answer.text
        return answer.json()

    # What they say

    async def say(self, text: str, **fields: Any) -> dict[str, Any]:
        """Post something; the status as the client is shown it."""
        return dict(await self.post("/api/v1/statuses", status=text, **fields))

    async def rewrite(self, status: dict[str, Any], text: str) -> dict[str, Any]:
        """Edit a post of one's own."""
        answer = await self.http.put(f"/api/v1/statuses/{status['id']}", json={"status": text})
        assert answer.status_code == 200, answer.text
        return dict(answer.json())

    async def delete(self, status: dict[str, Any]) -> None:
        """Delete a post of one's own."""
        answer = await self.http.delete(f"/api/v1/statuses/{status['id']}")
        assert answer.status_code == 200, answer.text

    async def act(self, verb: str, status: dict[str, Any]) -> dict[str, Any]:
        """`favourite`, `reblog` and their opposites."""
        return dict(await self.post(f"/api/v1/statuses/{status['id']}/{verb}"))

    # What they see

    async def home(self) -> list[str]:
        """The texts of their home timeline, newest first; a boost as what it boosts."""
        shown = await self.get("/api/v1/timelines/home")
        return [words((status["reblog"] or status)["content"]) for status in shown]

    async def public(self, **query: Any) -> list[str]:
        """The texts of the public timeline, newest first."""
        return [words(status["content"]) for status in await self.get("/api/v1/timelines/public", **query)]

    async def tagged(self, tag: str) -> list[str]:
        """The texts under a hashtag, newest first."""
        return [words(status["content"]) for status in await self.get(f"/api/v1/timelines/tag/{tag}")]

    async def find(self, text: str) -> dict[str, Any]:
        """The post with these words in their home."""
        for status in await self.get("/api/v1/timelines/home"):
            if words((status["reblog"] or status)["content"]) == text:
                return dict(status["reblog"] or status)
        raise AssertionError(f"{self.handle} doesn't see {text!r} but {await self.home()}")

    async def told(self) -> list[tuple[str, str]]:
        """Their notifications, oldest first: what, and by whom."""
        shown = await self.get("/api/v1/notifications")
        return [(told["type"], told["account"]["username"]) for told in reversed(shown)]

    async def account(self, other: Resident | Neighbour) -> str:
        """The id by which their client knows somebody, looked up as clients do it."""
        known = self._known.get(other.uri)
        if known is None:
            found = await self.get("/api/v2/search", q=other.handle, type="accounts", resolve="true")
            assert len(found["accounts"]) == 1, f"{self.handle} doesn't find {other.handle}"
            known = self._known[other.uri] = str(found["accounts"][0]["id"])
        return known

    async def to(self, other: Resident | Neighbour, verb: str) -> dict[str, Any]:
        """`follow`, `unfollow`, `block`, `remove_from_followers`: how they stand to each other then."""
        return dict(await self.post(f"/api/v1/accounts/{await self.account(other)}/{verb}"))

    # Whom they follow, and who follows them

    async def follow(self, other: Resident | Neighbour) -> None:
        """Follow somebody."""
        await self.to(other, "follow")

    async def unfollow(self, other: Resident | Neighbour) -> None:
        """Follow somebody no longer."""
        await self.to(other, "unfollow")

    async def relation(self, other: Resident | Neighbour) -> str:
        """What their client shows of how they stand to somebody: following, requested or nothing."""
        found = await self.get("/api/v1/accounts/relationships", **{"id[]": await self.account(other)})
        if not found:
            return "nothing"  # there is no such account any more
        (shown,) = found
        assert not (shown["following"] and shown["requested"])
        return "following" if shown["following"] else "requested" if shown["requested"] else "nothing"

    async def remove(self, other: Resident | Neighbour) -> None:
        """Remove a follower."""
        await self.to(other, "remove_from_followers")

    async def let_in(self, other: Resident | Neighbour) -> None:
        """Accept somebody who asks to follow."""
        await self.post(f"/api/v1/follow_requests/{await self.account(other)}/authorize")

    async def send_away(self, other: Resident | Neighbour) -> None:
        """Refuse somebody who asks to follow."""
        await self.post(f"/api/v1/follow_requests/{await self.account(other)}/reject")

    async def asking(self) -> list[str]:
        """Who stands in their client's list of follow requests."""
        return [shown["username"] for shown in await self.get("/api/v1/follow_requests")]

    async def block(self, other: Resident | Neighbour) -> None:
        """Block somebody."""
        await self.to(other, "block")

    async def set(self, **fields: Any) -> None:
        """Change their own profile: `locked`, `display_name`, …"""
        answer = await self.http.patch("/api/v1/accounts/update_credentials", json=fields)
        assert answer.status_code == 200, answer.text

    async def leave(self) -> None:
        """Their account is deleted."""
        await self.place.write(people.delete_account, self.place.urls, self.name)

    async def followers(self) -> dict[str, str]:
        """Who follows them or asks to, in the order of asking: name → admitted, held, requested, paused."""
        rows = await self.place.all(
            "SELECT a.username, f.state FROM follows f JOIN accounts a ON a.id = f.follower"
            " WHERE f.followed = $1 ORDER BY f.id",
            self.id,
        )
        return {row[0]: row[1] for row in rows}

    async def audience(self) -> list[str]:
        """Those admitted, in the order of asking."""
        return [name for name, state in (await self.followers()).items() if state == "admitted"]

    async def waiting(self) -> list[str]:
        """Those held, in the order of asking."""
        return [name for name, state in (await self.followers()).items() if state == "held"]

    async def document(self) -> dict[str, Any]:
        """Their actor document as others fetch it."""
        return await self.place.fetch(self.uri)

    async def ledger(self) -> list[tuple[str, str]]:
        """What happened to them: kind and rule, in order."""
        rows = await self.place.all("SELECT kind, rule FROM ledger WHERE account = $1 ORDER BY seq", self.id)
        return [(row[0], row[1]) for row in rows]

    async def ledger_of(self, kind: str) -> list[str]:
        """Whom the rows of a kind on their ledger are about, in order."""
        rows = await self.place.all(
            "SELECT n.value FROM ledger l JOIN ledger_names n ON n.account = l.account AND n.seq = l.seq"
            " AND n.field <> 'moment' WHERE l.account = $1 AND l.kind = $2 ORDER BY l.seq",
            self.id,
            kind,
        )
        return [row[0] for row in rows]


class Place:
    """One of our servers."""

    def __init__(self, village: Village, app: Server) -> None:
        self.village, self.app = village, app
        self.urls = app.deps.urls
        self.host = app.deps.config.domain
        self._clients: list[httpx.AsyncClient] = []

    async def person(self, name: str, *, role: str = "") -> Resident:
        """Somebody new, with a client of their own."""
        deps = self.app.deps
        ids = await deps.db.write(instance.new_ids, COUNT)
        keys = await account_keys(deps.keys, deps.vault, deps.urls, deps.urls.actor(name), ids)
        new = NewPerson(name=name, email=f"{name}@mail.example", password_hash="", keys=keys, role=role, confirmed=True)
        account = await deps.db.write(people.create_account, deps.urls, new)
        secret = f"{name}'s token"
        app = await deps.db.write(
            oauth.register_app, f"client of {name}", "", "A client", None, ("urn:ietf:wg:oauth:2.0:oob",), EVERYTHING
        )
        await deps.db.write(oauth.issue, app, account, EVERYTHING, token_hash(secret))
        client = httpx.AsyncClient(
            transport=httpx.ASGITransport(self.app),
            base_url=deps.config.base,
            headers={"authorization": f"Bearer {secret}"},
        )
        self._clients.append(client)
        return Resident(self, name, account, client)

    async def change_rung(self, admin: Resident, changes: dict[str, Any], why: str, rung: str = "neighbours") -> None:
        """An admin changes a rung."""
        await self.write(change_tier, rung, changes, admin.id, why)

    async def look_again(self) -> None:
        """The round in which every licence is looked at whose time has come."""
        await self.write(looking.ask_due)
        await self.village.work()

    async def trusts(self, *trust: TrustEntry) -> None:
        """The admin writes another trust list and starts the server anew."""
        self.app.work.certifying.looks = licences_of(self.app, self.village.wire, self.village.clock, trust)
        await certify.begin(self.app.house.db, trust)
        await self.look_again()

    async def fetch(self, url: str) -> dict[str, Any]:
        """A document of this server, as anybody may fetch it."""
        async with httpx.AsyncClient(transport=httpx.ASGITransport(self.app)) as client:
            answer = await client.get(url, headers={"accept": "application/activity+json"})
        assert answer.status_code == 200, f"{url}: {answer.status_code}"
        return dict(answer.json())

    async def sweep(self) -> None:
        """What comes round each hour, as far as it is of the law: places lapse, and the time of who is barred."""
        while await self.write(line.lapse, self.urls) or await self.write(bars.lapse):
            pass
        await self.village.work()

    async def verify_ledger(self) -> audit.Report:
        """Seal what happened and walk the whole ledger."""
        await self.bind_ledger()
        return await self.app.house.db.read(audit.verify, checks)

    async def bind_ledger(self) -> None:
        """The round in which the chains that grew are bound by a checkpoint."""
        house = self.app.house
        await make_checkpoint(house.db, CheckpointSigner(house.db, house.vault, house.pool))

    async def write(self, operation: Any, *values: Any) -> Any:
        """An operation, in a unit of work."""
        return await self.app.deps.db.write(operation, *values)

    async def run(self, sql: str, *values: Any) -> None:
        """Change something that no door changes yet."""

        async def unit(tx: Tx) -> None:
            await tx.run(sql, *values)

        await self.write(unit)

    async def all(self, sql: str, *values: Any) -> list[Any]:
        """Rows, as they stand in the database."""

        async def view(reader: Reader) -> list[Any]:
            return list(await reader.all(sql, *values))

        return list(await self.app.deps.db.read(view))

    async def facts(self) -> dict[str, list[tuple[Any, ...]]]:
        """Everything that a replay must not change: follows, posts, marks, who was told what, and the ledger."""
        found: dict[str, list[tuple[Any, ...]]] = {}
        for table, columns, order in FACTS:
            rows = await self.all(f"SELECT {columns} FROM {table} ORDER BY {order}")
            found[f"{table}: {columns}"] = [tuple(row[at] for at in range(len(columns.split(",")))) for row in rows]
        return found

    async def close(self) -> None:
        """End the clients and the server."""
        for client in self._clients:
            await client.aclose()
        await server.close(self.app)


FACTS = (
    ("follows", "follower, followed, state, uri", "id"),
    ("statuses", "uri, author, content_html, reblog_of", "id"),
    ("statuses", "replies_count, reblogs_count, favourites_count", "id"),
    ("marks", "account, status, bits", "account, status"),
    ("feed", "reader, post, shown", "reader, post"),
    ("blocks", "account, target", "account, target"),
    ("notifications", "account, type, from_account, status", "id"),
    ("accounts", "uri, display_name, statuses_count", "id"),
    ("ledger", "account, seq, kind, hash", "account, seq"),
)


def words(html: str) -> str:
    """The text of a post without its markup."""
    return unescape(re.sub(r"<[^>]+>", "", html.replace("</p><p>", "\n"))).strip()


def checks(public: str, message: bytes, signature: str) -> bool:
    """Is it a signature of this Ed25519 multikey?"""
    from cryptography.exceptions import InvalidSignature
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

    from fedicert.proofs import multibase

    try:
        key = Ed25519PublicKey.from_public_bytes(multibase.read_ed25519(public))
        key.verify(bytes.fromhex(signature), message)
    except (ValueError, InvalidSignature):
        return False
    return True


def licences_of(app: Server, wire: VillageWire, clock: FrozenClock, trust: Sequence[TrustEntry]) -> Licences:
    """What looks at licences for one of our servers, by this trust list."""
    return Licences(wire, ProverHere(app.house.pool), clock, InStore(app.house.db), trust, seconds=0.5)


class _Postman:
    """Carries deliveries over the village's wire, signed with the keys of who sends them."""

    def __init__(self, place: Server, wire: VillageWire, clock: FrozenClock) -> None:
        self._supplies = Supplies(place.house.db, place.house.vault)
        self._wire, self._clock = wire, clock

    async def deliver(self, batch: Sequence[Parcel]) -> list[Outcome]:
        """As the courier does it, one after another; what failed holds back what is about the same."""
        bodies = await self._supplies.bodies([parcel.body for parcel in batch])
        keys = await self._supplies.keys([parcel.key for parcel in batch])
        outcomes: list[Outcome] = []
        stuck: set[int] = set()
        for parcel in batch:
            if parcel.order in stuck:
                continue
            key, body = keys[parcel.key], bodies[parcel.body]
            headers = sign_request(
                lambda base, key=key: sign(key.secret, base),  # type: ignore[misc]
                "POST",
                parcel.inbox,
                key.key_id,
                self._clock.now(),
                body=body,
                algorithm=key.algorithm,
                extra=((HEADER, parcel.synchronization),) if parcel.synchronization else (),
            )
            request = Request("POST", parcel.inbox, (*headers, ("content-type", "application/activity+json")), body)
            try:
                status = (await self._wire.send(request, Limits())).status
                fault = parcels.OK if 200 <= status < 300 else fault_of(status)
            except RemoteUnreachable:
                status, fault = 0, parcels.UNREACHABLE
            if fault == parcels.UNREACHABLE and parcel.order:
                stuck.add(parcel.order)
            outcomes.append(Outcome(parcel.delivery, fault, status, f"answered {status}"))
        return outcomes


class Village:
    """The servers, the clock and the wire of one story."""

    def __init__(self, folder: Path, new_database: Callable[[], str], clock: FrozenClock, entropy: Entropy) -> None:
        self._folder, self._new_database, self.clock, self._entropy = folder, new_database, clock, entropy
        self.wire = VillageWire()
        self.places: list[Place] = []
        self.elsewhere: list[Elsewhere] = []

    async def server(
        self, host: str = "home.example", *, higher: Sequence[Any] = (), trust: Sequence[Any] = (), **rung: Any
    ) -> Place:
        """One of our servers, with a ladder of a single rung: `RUNG`, changed as said; and `higher` ones, and a trust list."""
        folder = self._folder / host
        folder.mkdir()
        file = folder / "config.toml"
        file.write_text(
            toml(
                {
                    "domain": host,
                    "database": self._new_database(),
                    "tier": [RUNG | rung, *(RUNG | one for one in higher)],
                    **({"trust": list(trust)} if trust else {}),
                }
            )
        )
        app = await server.build(
            config.load(file, {"FEDICERT_DATA_DIR": str(folder / "data")}),
            clock=self.clock,
            entropy=self._entropy,
            wire=self.wire,
        )
        # Proofs are tried as ever, in this process: a village starts no children.
        app.work.certifying.looks = licences_of(app, self.wire, self.clock, app.house.config.trust)
        app.work.deliverer = Deliverer(
            app.house.db, _Postman(app, self.wire, self.clock).deliver, gone=Leaving(app.deps.peers).tell
        )
        place = Place(self, app)
        self.wire.hosts[host] = app
        self.places.append(place)
        return place

    def foreign(self, host: str, **manners: bool) -> Elsewhere:
        """Somebody else's server, which speaks for itself: see `Elsewhere`."""
        place = Elsewhere(host, self.wire, self.clock, **manners)
        self.wire.handlers[host] = place
        self.elsewhere.append(place)
        return place

    def serve_instead(self, place: Place, url: str, document: dict[str, Any]) -> None:
        """At one address of a server stands something else than it would say."""

        async def handler(request: Request) -> Response:
            if request.url == url:
                return answer(url, document)
            return await call_app(place.app, request, split_url(request.url), self.wire.address)

        self.wire.handlers[place.host] = handler

    async def work(self) -> None:
        """Everybody does what is due, until nothing is."""
        for _ in range(ROUNDS):
            done = 0
            for place in self.places:
                done += await place.app.work.worker.drain()
                done += await place.app.work.deliverer.drain()
            if not done:
                return
        raise AssertionError("the village never comes to rest")

    async def pass_time(self, milliseconds: int) -> None:
        """Time passes, and what falls due in it is done."""
        self.clock.advance(milliseconds)
        await self.work()

    async def live(self, milliseconds: int) -> None:
        """Time passes as it does in life: every server looks at its clock each minute of it."""
        self.clock.advance(milliseconds)
        for place in self.places:
            await place.run("UPDATE settings SET value = $1 WHERE key = $2", str(self.clock.now()), settling.CLOCK_SEEN)
        await self.work()

    async def pass_to(self, moment: str) -> None:
        """Time passes up to a moment in ISO 8601."""
        at = int(datetime.datetime.fromisoformat(moment).timestamp() * 1000)
        assert at >= self.clock.now(), "time passes forward"
        await self.pass_time(at - self.clock.now())

    def mark(self) -> int:
        """How much has gone over the wire so far."""
        return len(self.wire.asked)

    def delivered(self, kind: str = "", since: int = 0) -> list[tuple[str, dict[str, Any]]]:
        """The deliveries that went over the wire, in order: (inbox, activity), of one type if said."""
        found = []
        for asked in self.wire.asked[since:]:
            if asked.method == "POST" and asked.url.endswith("inbox"):
                activity = orjson.loads(asked.body)
                if not kind or activity["type"] == kind:
                    found.append((asked.url, activity))
        return found

    async def replay(self, since: int = 0, *, signed_anew: bool = False) -> int:
        """Send every delivery once more, byte for byte or in a request of its own; returns how many."""
        again = [one for one in self.wire.asked[since:] if one.method == "POST" and one.url.endswith("inbox")]
        if signed_anew:
            self.clock.advance(2_000)
        for asked in again:
            headers = tuple(asked.headers.items())
            if signed_anew:
                headers = await self._sign_anew(asked)
            await self.wire.send(Request("POST", asked.url, headers, asked.body), Limits())
        await self.work()
        return len(again)

    async def _sign_anew(self, asked: Asked) -> Headers:
        actor = orjson.loads(asked.body)["actor"]
        secret, key_id = await self._key_of(actor)
        headers = sign_request(
            lambda base: sign(secret, base), "POST", asked.url, key_id, self.clock.now(), body=asked.body
        )
        return (*headers, ("content-type", "application/activity+json"))

    async def _key_of(self, actor: str) -> tuple[bytes, str]:
        for place in self.places:
            rows = await place.all(
                "SELECT k.id, k.sealed, k.kid FROM keys k JOIN accounts a ON a.id = k.owner"
                " WHERE a.uri = $1 AND k.purpose = 'main'",
                actor,
            )
            if rows:
                return place.app.house.vault.open(rows[0][0], bytes(rows[0][1])), rows[0][2]
        host = actor.split("/")[2]
        return next(one.secret for one in self.elsewhere if one.host == host), f"{actor}#main-key"

    async def close(self) -> None:
        """End everything."""
        for place in self.places:
            await place.close()
