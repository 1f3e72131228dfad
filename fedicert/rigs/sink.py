"""A process that stands for many servers at once: it serves their actors and takes their deliveries.

Every address of 127.0.0.0/8 is loopback, so one socket on all addresses is thousands of distinct hosts, each
`127.a.b.c:PORT`. Each POST to an inbox is answered 202 only after its digest, date and RSA signature were checked with
the key of the actor it names; a wrong one gets 401 and is counted by its fault. Nothing is answered unchecked.
"""

import argparse
import asyncio
import socket
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import Any
from urllib.parse import parse_qs, urlsplit

import httptools
import httpx
import orjson
import uvloop
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey

from fedicert.rigs.processes import Child, Usage
from fedicert.rigs.signatures import Key, SignatureFault, check, load_keys, make_keys, parameters, public_key

START_SECONDS = 30.0
FETCH_SECONDS = 10.0
MAX_HOSTS = 200 * 65_536
_ACTIVITY = "application/activity+json"
_ACCEPTED = b"HTTP/1.1 202 Accepted\r\nContent-Length: 0\r\n\r\n"
_CONTEXT = ["https://www.w3.org/ns/activitystreams", "https://w3id.org/security/v1"]


def address(host: int) -> str:
    """The loopback address of the host with this number, from 127.10.0.1 on; ValueError beyond the last."""
    if not 0 <= host < MAX_HOSTS - 1:
        raise ValueError(f"there are hosts 0 to {MAX_HOSTS - 2}, not {host}")
    place = host + 1
    return f"127.{10 + (place >> 16)}.{(place >> 8) & 255}.{place & 255}"


class _Books:
    """What has arrived since the last reset."""

    def __init__(self) -> None:
        self.reset()

    def reset(self) -> None:
        self.checked = 0
        self.kinds: Counter[str] = Counter()
        self.per_host: Counter[str] = Counter()
        self.faults: Counter[str] = Counter()
        self.fetches: Counter[str] = Counter()
        self.answered: set[str] = set()
        self.seen: set[tuple[str, str]] = set()
        self.repeated = 0
        self.first = 0.0
        self.last = 0.0

    def take(self, host: str, activity: dict[str, Any]) -> None:
        """One checked delivery."""
        self.last = time.monotonic()
        self.first = self.first or self.last
        self.checked += 1
        self.per_host[host] += 1
        kind, identifier = str(activity.get("type")), str(activity.get("id"))
        self.kinds[kind] += 1
        if (host, identifier) in self.seen:
            self.repeated += 1
        self.seen.add((host, identifier))
        if kind == "Accept":
            follow = activity.get("object")
            self.answered.add(str(follow.get("id") if isinstance(follow, dict) else follow))

    def totals(self) -> dict[str, Any]:
        return {
            "checked": self.checked,
            "kinds": dict(self.kinds),
            "faults": dict(self.faults),
            "fetches": dict(self.fetches),
            "accepts": len(self.answered),
            "repeated": self.repeated,
            "hosts": len(self.per_host),
            "first": self.first,
            "last": self.last,
        }


@dataclass(frozen=True)
class _Known:
    """A public key and the actor that its document says it belongs to."""

    key: RSAPublicKey
    owner: str


class _Keys:
    """The public keys of those who sign, fetched once from their actor documents."""

    def __init__(self) -> None:
        self.known: dict[str, _Known] = {}
        self._coming: dict[str, asyncio.Task[_Known]] = {}
        self._client = httpx.AsyncClient(trust_env=False, timeout=FETCH_SECONDS)

    async def get(self, key_id: str) -> _Known:
        """The key with this id; one fetch however many wait for it."""
        task = self._coming.get(key_id)
        if task is None:
            task = self._coming[key_id] = asyncio.create_task(self._fetch(key_id))
        try:
            key = self.known[key_id] = await task
        finally:
            self._coming.pop(key_id, None)
        return key

    async def _fetch(self, key_id: str) -> _Known:
        try:
            answer = await self._client.get(key_id.partition("#")[0], headers={"accept": _ACTIVITY})
            document = answer.raise_for_status().json()
        except (httpx.HTTPError, ValueError) as error:
            raise SignatureFault("key not fetched") from error
        keys = document.get("publicKey", document)
        for key in keys if isinstance(keys, list) else [keys]:
            if isinstance(key, dict) and key.get("id") == key_id:
                return _Known(public_key(str(key.get("publicKeyPem"))), str(key.get("owner")))
        raise SignatureFault("key not there")


class _Host(asyncio.Protocol):
    """A connection to one of the hosts; which one is the address that was connected to."""

    def __init__(self, sink: "_Server") -> None:
        self._sink = sink
        self._parser = httptools.HttpRequestParser(self)

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport: asyncio.Transport = transport  # type: ignore[assignment]
        self._host: str = transport.get_extra_info("sockname")[0]
        self._authority = f"{self._host}:{self._sink.port}"

    def data_received(self, data: bytes) -> None:
        try:
            self._parser.feed_data(data)
        except httptools.HttpParserError:
            self._transport.close()

    def on_message_begin(self) -> None:
        self._headers: dict[str, str] = {}
        self._body: list[bytes] = []
        self._url = b""

    def on_url(self, url: bytes) -> None:
        self._url += url

    def on_header(self, name: bytes, value: bytes) -> None:
        self._headers[name.lower().decode("latin-1")] = value.decode("latin-1")

    def on_body(self, chunk: bytes) -> None:
        self._body.append(chunk)

    def on_message_complete(self) -> None:
        target = self._url.decode("latin-1")
        if self._parser.get_method() == b"POST":
            if target.endswith("/inbox"):
                self._deliver(target, self._headers, b"".join(self._body))
            elif target == "/-/reset" and self._host == "127.0.0.1":
                self._sink.books.reset()
                self._json(200, {})
            else:
                self._json(404, {"error": "not here"})
        else:
            self._serve(target)

    def _deliver(self, path: str, headers: dict[str, str], body: bytes) -> None:
        try:
            found = parameters(headers.get("signature", ""))
        except SignatureFault as fault:
            return self._refuse(fault)
        known = self._sink.keys.known.get(found["keyId"])
        if known is not None:
            return self._judge(found, known, path, headers, body)
        self._sink.wait_for(self._deliver_later(found, path, headers, body))
        return None

    async def _deliver_later(self, found: dict[str, str], path: str, headers: dict[str, str], body: bytes) -> None:
        try:
            known = await self._sink.keys.get(found["keyId"])
        except SignatureFault as fault:
            self._refuse(fault)
        else:
            self._judge(found, known, path, headers, body)

    def _judge(self, found: dict[str, str], known: _Known, path: str, headers: dict[str, str], body: bytes) -> None:
        try:
            if headers.get("host") != self._authority:
                raise SignatureFault("another host")
            check(found, known.key, path, headers, body, time.time())
            activity = _activity(body)
            if activity.get("actor") != known.owner:
                raise SignatureFault("another actor's key")
        except SignatureFault as fault:
            return self._refuse(fault)
        self._sink.books.take(self._host, activity)
        self._transport.write(_ACCEPTED)
        return None

    def _refuse(self, fault: SignatureFault) -> None:
        self._sink.books.faults[str(fault)] += 1
        self._json(401, {"error": str(fault)})

    def _serve(self, target: str) -> None:
        url = urlsplit(target)
        if url.path == "/-/totals":
            return self._json(200, self._sink.books.totals())
        if url.path == "/-/hosts":
            return self._json(200, dict(self._sink.books.per_host))
        if url.path == "/-/accepts":
            return self._json(200, sorted(self._sink.books.answered))
        if url.path == "/.well-known/webfinger":
            self._sink.books.fetches["webfinger"] += 1
            return self._webfinger(parse_qs(url.query).get("resource", [""])[0])
        name = url.path.removeprefix("/users/")
        number = _number(name)
        if url.path.startswith("/users/") and number is not None:
            self._sink.books.fetches["actor"] += 1
            return self._json(200, self._sink.actor(self._authority, name, number), _ACTIVITY)
        self._sink.books.fetches["other"] += 1
        return self._json(404, {"error": "not here"})

    def _webfinger(self, resource: str) -> None:
        name, _, host = resource.removeprefix("acct:").partition("@")
        if _number(name) is None or host != self._authority:
            return self._json(404, {"error": "not here"})
        links = [{"rel": "self", "type": _ACTIVITY, "href": f"http://{host}/users/{name}"}]
        return self._json(200, {"subject": resource, "links": links}, "application/jrd+json")

    def _json(self, status: int, document: Any, kind: str = "application/json") -> None:
        body = orjson.dumps(document)
        head = f"HTTP/1.1 {status} -\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n"
        self._transport.write(head.encode() + body)


def _activity(body: bytes) -> dict[str, Any]:
    try:
        activity = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        raise SignatureFault("no JSON") from error
    if not isinstance(activity, dict):
        raise SignatureFault("no activity")
    return activity


def _number(name: str) -> int | None:
    """The number of the actor called u7: 7."""
    return int(name[1:]) if name[:1] == "u" and name[1:].isdecimal() else None


class _Server:
    """The listening side."""

    def __init__(self, pool: Sequence[Key]) -> None:
        self.port = 0
        self.books = _Books()
        self._pool = pool
        self._waiting: set[asyncio.Task[None]] = set()

    def actor(self, authority: str, name: str, number: int) -> dict[str, Any]:
        """The document of u7 on one host; its key is the pool's (7 mod the pool's size)."""
        actor = f"http://{authority}/users/{name}"
        pem = self._pool[number % len(self._pool)].public_pem
        return {
            "@context": _CONTEXT,
            "id": actor,
            "type": "Person",
            "preferredUsername": name,
            "name": f"Actor {number}",
            "inbox": f"{actor}/inbox",
            "outbox": f"{actor}/outbox",
            "followers": f"{actor}/followers",
            "url": actor,
            "endpoints": {"sharedInbox": f"http://{authority}/inbox"},
            "publicKey": {"id": f"{actor}#main-key", "owner": actor, "publicKeyPem": pem},
        }

    def wait_for(self, work: Any) -> None:
        """Keep a task until it is done."""
        task = asyncio.create_task(work)
        self._waiting.add(task)
        task.add_done_callback(self._waiting.discard)

    async def serve(self, port: int) -> None:
        """Listen until the process ends; says the port when ready."""
        self.keys = _Keys()
        listener = socket.socket()
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(("0.0.0.0", port))
        self.port = listener.getsockname()[1]
        server = await asyncio.get_running_loop().create_server(lambda: _Host(self), sock=listener, backlog=4_096)
        print(f"sink: {self.port}", flush=True)
        await server.serve_forever()


class Sink:
    """The sink as a process of its own, from the side that uses it."""

    def __init__(self, *, keys: Path | None = None, pool: int = 4, log: Path | None = None) -> None:
        folder = Path(tempfile.mkdtemp(prefix="fedicert-sink-"))
        self.keys_file = keys or folder / "keys.pem"
        self.keys = make_keys(self.keys_file, pool)
        self.log = log or folder / "sink.log"
        self.port = 0

    def __enter__(self) -> "Sink":
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    def start(self) -> None:
        """Start it, and return once it listens."""
        command = [sys.executable, "-m", "fedicert.rigs.sink", "--keys", str(self.keys_file)]
        self._child = Child(command, log=self.log)
        self.port = int(self._child.line("sink: ", START_SECONDS))
        self._client = httpx.Client(base_url=f"http://127.0.0.1:{self.port}", trust_env=False, timeout=30.0)

    def stop(self) -> None:
        """End it."""
        self._client.close()
        self._child.stop()

    def authority(self, host: int) -> str:
        """`127.a.b.c:PORT` of a host."""
        return f"{address(host)}:{self.port}"

    def actor(self, number: int, hosts: int) -> str:
        """The id of actor u`number` where the actors are dealt out over so many hosts."""
        return f"http://{self.authority(number % hosts)}/users/u{number}"

    def key(self, number: int) -> Key:
        """The key that actor u`number` signs with."""
        return self.keys[number % len(self.keys)]

    def totals(self) -> dict[str, Any]:
        """Since the last reset: checked (deliveries accepted), kinds, faults, fetches, accepts (Follows answered),
        repeated (same activity id at the same host), hosts, first and last (monotonic seconds)."""
        return self._ask("/-/totals")

    def per_host(self) -> dict[str, int]:
        """Address → deliveries accepted."""
        return self._ask("/-/hosts")

    def accepted_follows(self) -> set[str]:
        """The ids of the Follows that an Accept came for."""
        return set(self._client.get("/-/accepts").raise_for_status().json())

    def reset(self) -> None:
        """Forget what has arrived; keys fetched stay."""
        self._client.post("/-/reset").raise_for_status()

    def usage(self) -> Usage:
        """What the sink itself has used: nothing measured beside it had these CPU seconds."""
        return self._child.usage()

    def wait_for(self, field: str, count: int, seconds: float) -> dict[str, Any]:
        """Until `checked` or `accepts` reaches a count; returns the totals, also where the time runs out."""
        deadline = time.monotonic() + seconds
        while True:
            totals = self.totals()
            if totals[field] >= count or time.monotonic() > deadline:
                return totals
            time.sleep(0.02)

    def _ask(self, path: str) -> dict[str, Any]:
        answer: dict[str, Any] = self._client.get(path).raise_for_status().json()
        return answer


def main(arguments: Sequence[str] | None = None) -> None:
    """Run a sink in the foreground."""
    parser = argparse.ArgumentParser(prog="python -m fedicert.rigs.sink", description=__doc__)
    parser.add_argument("--keys", type=Path, required=True, help="the pool of private keys its actors have")
    parser.add_argument("--port", type=int, default=0)
    chosen = parser.parse_args(arguments)
    server = _Server(load_keys(chosen.keys))
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(server.serve(chosen.port))


if __name__ == "__main__":
    try:
        main()
    except KeyboardInterrupt:
        sys.exit(0)
