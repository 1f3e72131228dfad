"""Documents, handles and keys are believed only from where they belong."""

import asyncio

import pytest

from fedicert.base.clock import MINUTE, FrozenClock
from fedicert.base.errors import BadRequest, RemoteGone, RemoteInvalid, RemoteRefused, RemoteUnreachable
from fedicert.proofs import multibase
from fedicert.remote import documents, webfinger
from fedicert.remote.key_documents import REFUSALS, KeyFinder
from fedicert.remote.wire import Limits, Request, Response
from tests.remote.doubles import TableWire, document

A = "https://a.example/users/ann"
LD = 'application/ld+json; profile="https://www.w3.org/ns/activitystreams"'


class TestContentTypes:
    @pytest.mark.parametrize(
        "kind",
        [
            "application/activity+json",
            "Application/Activity+JSON; charset=utf-8",
            LD,
            'application/ld+json; charset=utf-8; profile="https://x/y https://www.w3.org/ns/activitystreams"',
            "application/ld+json;profile=https://www.w3.org/ns/activitystreams",
        ],
    )
    async def test_taken(self, kind: str) -> None:
        wire = TableWire({A: document(A, {"id": A}, kind)})
        assert (await documents.fetch_json(wire, A)).id == A

    @pytest.mark.parametrize(
        "kind",
        [
            "",
            "text/plain",
            "application/json",
            "image/png",
            "text/html",
            "application/ld+json",
            'application/ld+json; profile="https://www.w3.org/ns/other"',
            'application/ld+json; x="https://www.w3.org/ns/activitystreams"',
            "application/activity+json-patch",
            "x/application/activity+json",
        ],
    )
    async def test_refused(self, kind: str) -> None:
        wire = TableWire({A: document(A, {"id": A}, kind)})
        with pytest.raises(RemoteInvalid, match="content type"):
            await documents.fetch_json(wire, A)


class TestIds:
    async def test_another_hosts_id_is_asked_of_its_own(self) -> None:
        victim = "https://victim.example/users/vic"
        wire = TableWire({A: {"id": victim, "name": "forged"}, victim: {"id": victim, "name": "real"}})
        found = await documents.fetch_json(wire, A)
        assert (found.url, found.value["name"]) == (victim, "real")

    @pytest.mark.parametrize("answer", [None, {"id": A}, {"id": "https://third.example/"}, {}, b"[]"])
    async def test_an_unconfirmed_id_is_refused(self, answer: object) -> None:
        victim = "https://victim.example/users/vic"
        wire = TableWire({A: {"id": victim}, victim: answer})
        with pytest.raises((RemoteInvalid, RemoteRefused)):
            await documents.fetch_json(wire, A)
        assert len(wire.asked) == 2

    async def test_the_last_hop_counts(self) -> None:
        elsewhere = "https://evil.example/x"
        wire = TableWire({A: document(elsewhere, {"id": A})})
        with pytest.raises(RemoteInvalid):
            await documents.fetch_json(wire, A)
        wire = TableWire({A: document(elsewhere, {"id": elsewhere})})
        assert (await documents.fetch_json(wire, A)).id == elsewhere

    @pytest.mark.parametrize("claimed", [None, 1, [A], {"id": A}, "", "acct:x@y", "ftp://a.example/", "https://"])
    async def test_ids_that_are_none(self, claimed: object) -> None:
        with pytest.raises(RemoteInvalid):
            await documents.fetch_json(TableWire({A: {"id": claimed}}), A)

    async def test_fragments_are_not_sent(self) -> None:
        wire = TableWire({A: {"id": A}})
        assert (await documents.fetch_json(wire, A + "#main-key")).id == A

    @pytest.mark.parametrize(
        "body", [b"", b"[]", b'"x"', b"\xff", b"{}{}", b'{"id":1,"id":2}', b'{"a":"\\u0000"}', b"[" * 65 + b"]" * 65]
    )
    async def test_json_is_read_strictly(self, body: bytes) -> None:
        with pytest.raises(RemoteInvalid):
            await documents.fetch_json(TableWire({A: document(A, body)}), A)

    async def test_tombstones_and_410_are_gone(self) -> None:
        for answer in ({"id": A, "type": "Tombstone"}, document(A, {}, status=410)):
            wire = TableWire({A: answer})
            with pytest.raises(RemoteGone):
                await documents.fetch_object(wire, A)
            assert await documents.is_gone(wire, A)
        assert not await documents.is_gone(TableWire(), A)
        assert not await documents.is_gone(TableWire({A: RemoteUnreachable("x")}), A)

    async def test_an_actor_has_an_inbox(self) -> None:
        with pytest.raises(RemoteInvalid, match="inbox"):
            await documents.fetch_actor(TableWire({A: {"id": A}}), A)


class TestPages:
    async def collect(self, wire: TableWire, url: str, **caps: int) -> list[object]:
        return [item async for page in documents.pages(wire, url, **caps) for item in page]

    async def test_reads_on_in_order(self) -> None:
        base = "https://a.example/outbox"
        wire = TableWire(
            {
                base: {"id": base, "type": "OrderedCollection", "first": base + "?1"},
                base + "?1": {"type": "OrderedCollectionPage", "orderedItems": [1, 2], "next": "/outbox?2"},
                base + "?2": {"type": "OrderedCollectionPage", "orderedItems": [3]},
            }
        )
        assert await self.collect(wire, base) == [1, 2, 3]

    async def test_takes_an_embedded_first_page_and_bare_items(self) -> None:
        base = "https://a.example/o"
        page = {"type": "CollectionPage", "items": [1]}
        assert await self.collect(TableWire({base: {"type": "Collection", "first": page}}), base) == [1]
        assert await self.collect(TableWire({base: {"type": "Collection", "items": "x"}}), base) == ["x"]

    async def test_circles_caps_and_foreign_pages_end_it(self) -> None:
        base = "https://a.example/o"
        looped = {"type": "CollectionPage", "items": [1], "next": base}
        assert await self.collect(TableWire({base: looped}), base) == [1]
        foreign = {"type": "CollectionPage", "items": [1], "next": "https://b.example/o"}
        assert await self.collect(TableWire({base: foreign}), base) == [1]
        endless = {
            f"{base}?{n}": {"type": "CollectionPage", "items": [n] * 9, "next": f"{base}?{n + 1}"} for n in range(50)
        }
        wire = TableWire(dict(endless))
        assert len(await self.collect(wire, base + "?0", max_pages=4)) == 36
        assert len(wire.asked) == 4
        assert len(await self.collect(TableWire(dict(endless)), base + "?0", max_items=20)) == 20

    async def test_not_a_collection(self) -> None:
        with pytest.raises(RemoteInvalid):
            await self.collect(TableWire({A: {"type": "Note"}}), A)


def jrd(subject: object, href: object, kind: str = "application/activity+json") -> Response:
    links = [{"rel": "http://webfinger.net/rel/profile-page", "href": "x"}, {"rel": "self", "type": kind, "href": href}]
    return document("https://a.example/", {"subject": subject, "links": links}, "application/jrd+json")


def finger_url(user: str, domain: str) -> str:
    return f"https://{domain}/.well-known/webfinger?resource=acct%3A{user}%40{domain}"


class TestWebFinger:
    @pytest.mark.parametrize(
        ("text", "pair"),
        [
            ("ann@a.example", ("ann", "a.example")),
            ("@Ann@A.example.", ("Ann", "a.example")),
            ("acct:ann@bücher.example:443", ("ann", "xn--bcher-kva.example")),
            ("ann@localhost:8001", ("ann", "localhost:8001")),
        ],
    )
    def test_handles(self, text: str, pair: tuple[str, str]) -> None:
        assert webfinger.parse_handle(text) == pair

    @pytest.mark.parametrize(
        "text", ["", "ann", "@ann", "ann@", "@a.example", "a b@c.example", "a@b/c", "a@b@c d", "a/b@c"]
    )
    def test_no_handles(self, text: str) -> None:
        with pytest.raises(BadRequest):
            webfinger.parse_handle(text)

    @pytest.mark.parametrize("kind", webfinger.SELF_TYPES)
    async def test_finds_the_actor(self, kind: str) -> None:
        wire = TableWire({finger_url("ann", "a.example"): jrd("acct:Ann@a.example", A, kind)})
        found = await webfinger.lookup(wire, "ann", "a.example")
        assert (found.handle, found.actor) == ("Ann@a.example", A)

    async def test_follows_one_change_of_subject(self) -> None:
        wire = TableWire(
            {
                finger_url("ann", "social.a.example"): jrd("acct:ann@a.example", A),
                finger_url("ann", "a.example"): jrd("acct:ann@a.example", A),
            }
        )
        assert (await webfinger.lookup(wire, "ann", "social.a.example")).handle == "ann@a.example"
        wire.table[finger_url("ann", "a.example")] = jrd("acct:ann@c.example", A)
        with pytest.raises(RemoteInvalid, match="leads on"):
            await webfinger.lookup(wire, "ann", "social.a.example")
        wire.table[finger_url("ann", "a.example")] = jrd("acct:ann@a.example", A + "2")
        with pytest.raises(RemoteInvalid, match="different"):
            await webfinger.lookup(wire, "ann", "social.a.example")

    @pytest.mark.parametrize(
        "answer",
        [
            jrd(None, A),
            jrd("https://a.example/", A),
            jrd("acct:nobody", A),
            jrd("acct:ann@a.example", A, "text/html"),
            jrd("acct:ann@a.example", A, "application/ld+json"),
            jrd("acct:ann@a.example", None),
            jrd("acct:ann@a.example", "javascript:1"),
            document("https://a.example/", {"subject": "acct:ann@a.example"}),
            document("https://a.example/", {"subject": "acct:ann@a.example", "links": "x"}),
            document("https://a.example/", b"<html>"),
        ],
    )
    async def test_answers_that_say_nothing(self, answer: Response) -> None:
        with pytest.raises(RemoteInvalid):
            await webfinger.lookup(TableWire({finger_url("ann", "a.example"): answer}), "ann", "a.example")

    async def test_the_round_trip(self) -> None:
        wire = TableWire({finger_url("ann", "a.example"): jrd("acct:ann@a.example", A)})
        assert (await webfinger.confirm(wire, A, "ann")).handle == "ann@a.example"
        with pytest.raises(RemoteInvalid, match="users/other"):
            await webfinger.confirm(wire, "https://a.example/users/other", "ann")
        forged = TableWire({finger_url("vic", "victim.example"): jrd("acct:vic@victim.example", A)})
        with pytest.raises(RemoteInvalid):
            await webfinger.confirm(forged, "https://victim.example/users/vic", "vic")

    async def test_a_downgrade_is_refused(self) -> None:
        answer = jrd("acct:ann@a.example", A)
        answer = Response(200, answer.headers, answer.body, "http://a.example/")
        with pytest.raises(RemoteInvalid, match="plain http"):
            await webfinger.lookup(TableWire({finger_url("ann", "a.example"): answer}), "ann", "a.example")


META = "https://a.example/.well-known/host-meta"
XRD = '<XRD xmlns="http://docs.oasis-open.org/ns/xri/xrd-1.0"><Link rel="lrdd" template="{}"/></XRD>'


class TestHostMeta:
    def wire(self, body: str, final: str = META, first_status: int = 404) -> TableWire:
        return TableWire(
            {
                finger_url("ann", "a.example"): Response(first_status, (), b"", META),
                META: Response(200, (), body.encode(), final),
                "https://a.example/wf?r=acct%3Aann%40a.example": jrd("acct:ann@a.example", A),
            }
        )

    async def test_helps_after_a_404(self) -> None:
        wire = self.wire(XRD.format("https://a.example/wf?r={uri}"))
        assert (await webfinger.lookup(wire, "ann", "a.example")).actor == A

    @pytest.mark.parametrize("status", [400, 403, 410, 500])
    async def test_and_only_then(self, status: int) -> None:
        wire = self.wire(XRD.format("https://a.example/wf?r={uri}"), first_status=status)
        with pytest.raises((RemoteRefused, RemoteUnreachable)):
            await webfinger.lookup(wire, "ann", "a.example")
        assert len(wire.asked) == 1

    @pytest.mark.parametrize("template", ["https://evil.example/wf?r={uri}", "http://a.example/wf?r={uri}"])
    async def test_no_other_host(self, template: str) -> None:
        with pytest.raises(RemoteInvalid, match="another host"):
            await webfinger.lookup(self.wire(XRD.format(template)), "ann", "a.example")
        with pytest.raises(RemoteInvalid, match="another host"):
            await webfinger.lookup(
                self.wire(XRD.format("https://a.example/wf?r={uri}"), "https://evil.example/"), "ann", "a.example"
            )

    @pytest.mark.parametrize(
        "body",
        ["", "<XRD", "<XRD/>", XRD.format("x"), XRD.format("file:///{uri}"), XRD.format("https://a.example/none")],
    )
    async def test_nothing_there(self, body: str) -> None:
        with pytest.raises(RemoteRefused):
            await webfinger.lookup(self.wire(body), "ann", "a.example")

    async def test_entities_are_refused(self) -> None:
        bomb = '<!DOCTYPE x [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>' + XRD.format("&b;")
        with pytest.raises(RemoteInvalid, match="declaration"):
            await webfinger.lookup(self.wire(bomb), "ann", "a.example")


KEY = A + "#main-key"
PEM = "-----BEGIN PUBLIC KEY-----\n…"


def actor(**changes: object) -> dict[str, object]:
    key = {"id": KEY, "owner": A, "publicKeyPem": PEM}
    return {"id": A, "type": "Person", "inbox": A + "/inbox", "publicKey": key, **changes}


class TestKeys:
    def finder(self, table: dict[str, object]) -> tuple[KeyFinder, TableWire, FrozenClock]:
        wire, clock = TableWire(table), FrozenClock(1_790_000_000_000)
        return KeyFinder(wire, clock), wire, clock

    async def test_in_the_actor_with_one_fetch(self) -> None:
        finder, wire, _ = self.finder({A: actor()})
        found = await finder.find(KEY)
        assert (found.owner, found.public, found.algorithm) == (A, PEM, "rsa-v1_5-sha256")
        assert found.actor.value["inbox"] == A + "/inbox"
        assert wire.asked == [A]

    async def test_gotosocials_stub(self) -> None:
        key = A + "/main-key"
        listed = {"id": key, "owner": A, "publicKeyPem": PEM}
        stub = {"id": A, "type": "Person", "publicKey": listed}
        finder, wire, _ = self.finder({key: stub, A: actor(publicKey=listed)})
        assert (await finder.find(key)).owner == A
        assert wire.asked == [key, A]

    async def test_a_bare_key_and_a_multikey(self) -> None:
        key = "https://a.example/keys/1"
        text = multibase.write_ed25519(b"k" * 32)
        listed = [{"id": key, "controller": A, "type": "Multikey", "publicKeyMultibase": text}, "https://x/", {}]
        table = {key: {"id": key, "type": "Multikey", "controller": A}, A: actor(assertionMethod=listed)}
        found = await self.finder(table)[0].find(key)
        assert (found.public, found.algorithm) == (text, "ed25519")
        bare = {"id": key, "type": "Key", "owner": A}
        table = {key: bare, A: actor(publicKey=[{"id": key, "owner": A, "publicKeyPem": PEM}])}
        assert (await self.finder(table)[0].find(key)).owner == A

    @pytest.mark.parametrize(
        "changes",
        [
            {"publicKey": None},
            {"publicKey": "https://a.example/key"},
            {"publicKey": {"id": A + "#other", "owner": A, "publicKeyPem": PEM}},
            {"publicKey": {"id": KEY, "owner": "https://victim.example/users/vic", "publicKeyPem": PEM}},
            {"publicKey": {"id": KEY, "owner": A}},
            {"publicKey": {"id": KEY, "owner": A, "publicKeyPem": 1}},
            {"publicKey": None, "assertionMethod": [{"id": KEY, "controller": A, "publicKeyMultibase": "zzz"}]},
            {"id": "https://victim.example/users/vic"},
            {"id": None},
            {"inbox": None},
        ],
    )
    async def test_actors_that_do_not_own_it(self, changes: dict[str, object]) -> None:
        with pytest.raises((RemoteInvalid, RemoteRefused)):
            await self.finder({A: actor(**changes)})[0].find(KEY)

    async def test_a_key_that_claims_a_victim(self) -> None:
        victim = "https://victim.example/users/vic"
        key = "https://evil.example/key"
        real = {"id": victim, "inbox": "x", "publicKey": {"id": victim + "#k", "owner": victim, "publicKeyPem": PEM}}
        table = {key: {"id": key, "owner": victim, "publicKeyPem": PEM}, victim: real}
        with pytest.raises(RemoteRefused, match="does not list"):
            await self.finder(table)[0].find(key)
        listed = {**real, "publicKey": {"id": key, "owner": victim, "publicKeyPem": PEM}}
        with pytest.raises(RemoteInvalid, match="another server"):
            await self.finder({**table, victim: listed})[0].find(key)
        with pytest.raises(RemoteInvalid, match="another key"):
            await self.finder({key: {"id": victim + "#k", "owner": victim}, victim: real})[0].find(key)

    @pytest.mark.parametrize("key_id", ["acct:ann@a.example", "", "did:key:z6Mk", "https://u@a.example/x"])
    async def test_ids_that_are_no_urls(self, key_id: str) -> None:
        finder, wire, _ = self.finder({})
        with pytest.raises(RemoteInvalid):
            await finder.find(key_id)
        assert wire.asked == []

    async def test_refusals_are_remembered_for_a_minute(self) -> None:
        finder, wire, clock = self.finder({A: [document(A, {}, status=410), actor()]})
        for _ in range(3):
            with pytest.raises(RemoteGone):
                await finder.find(KEY)
        assert len(wire.asked) == 1
        clock.advance(MINUTE)
        assert (await finder.find(KEY)).owner == A
        finder, wire, _ = self.finder({A: [RemoteUnreachable("x"), actor()]})
        with pytest.raises(RemoteUnreachable):
            await finder.find(KEY)
        finder.forget(KEY)
        assert (await finder.find(KEY)).owner == A

    async def test_refusals_are_bounded(self) -> None:
        finder, _, _ = self.finder({})
        for number in range(REFUSALS + 5):
            with pytest.raises(RemoteRefused):
                await finder.find(f"https://a.example/{number}")
        assert len(finder._refused) == REFUSALS

    async def test_many_at_once_ask_once(self) -> None:
        release = asyncio.Event()

        class Slow(TableWire):
            async def send(self, request: Request, limits: Limits) -> Response:
                await release.wait()
                return await super().send(request, limits)

        wire = Slow({A: actor()})
        finder = KeyFinder(wire, FrozenClock(0))
        asking = [asyncio.ensure_future(finder.find(KEY)) for _ in range(20)]
        await asyncio.sleep(0)
        asking[0].cancel()
        release.set()
        assert all(found.owner == A for found in await asyncio.gather(*asking[1:]))
        assert len(wire.asked) == 1
