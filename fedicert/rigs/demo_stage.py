"""The stage of the demo: two instances of this program and a Fedify peer, on free ports, with data of their own.

Commands are typed here as somebody at a terminal would type them, and shown. Nothing here knows the story.
"""

import secrets
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fedicert.rigs.fedify_peer import FedifyPeer
from fedicert.rigs.processes import Program, free_port
from fedicert.rigs.story import Story

CAP = 3
RAISED = 5
TIER = "members"
ADMIN = "owner"
LAST_LINES = 25
LADDER: dict[str, Any] = {
    "tier": [
        {
            "name": TIER,
            "enter": ["signup"],
            "followers": CAP,
            "following": 1500,
            "strangers": 30,
            "answers_per_day": 60,
            "visibility": "listed",
            "boosts": "anyone",
            "kept_for_followed": 0,
            "strangers_per_domain_day": 0,
            "when_full": "hold",
        }
    ]
}
"""One tier with room for three; no share of it is kept for anybody, and no domain has a limit of its own."""


class Stage:
    """The three servers, and who does what on them."""

    def __init__(self, story: Story, folder: Path) -> None:
        self.story = story
        self.password = secrets.token_hex(6)
        self.home = self._instance(folder / "first", "The first instance")
        self.away = self._instance(folder / "second", "The second instance")
        # It keeps trying, as real servers do: an instance may be busy for a moment.
        self.peer = FedifyPeer(free_port(), queue=True, log=folder / "fedify.log")

    def _instance(self, folder: Path, name: str) -> Program:
        settings = {**LADDER, "name": name, "owner": ADMIN, "owner_email": f"{ADMIN}@example.org"}
        return Program(settings, folder=folder, environment={"FEDICERT_OWNER_PASSWORD": self.password})

    def start(self) -> None:
        """Start all three, the instances side by side."""
        self.home.start(ready=False)
        self.away.start(ready=False)
        self.peer.start()
        self.home.wait_ready()
        self.away.wait_ready()

    def stop(self) -> None:
        """End whatever runs."""
        self.peer.stop()
        self.away.stop()
        self.home.stop()

    def command(self, program: Program, *words: str) -> None:
        """Type a command of the program at one of the instances, and show it with its answer."""
        self.story.typed(self._line(words), program.run(*words).stdout)

    def person(self, program: Program, name: str) -> str:
        """Make an account, and a token for a client of theirs; returns the token."""
        self.command(program, "account", "create", name, "--email", f"{name}@example.org", "--password", self.password)
        words = ("token", "create", name, "--scopes", "read write follow")
        token = program.run(*words).stdout.strip()
        self.story.typed(self._line(words), f"{token[:6]}…")
        return token

    def _line(self, words: Sequence[str]) -> str:
        return shlex.join(["fedicert", *("…" if word == self.password else word for word in words)]).replace("'…'", "…")

    def last_words(self) -> str:
        """The ends of the three logs."""
        logs = {
            "the first instance": self.home.log,
            "the second instance": self.away.log,
            "the Fedify peer": self.peer.log,
        }
        parts = []
        for name, log in logs.items():
            if log is not None and log.exists():
                parts += [f"--- the last lines of {name}:", *log.read_text(errors="replace").splitlines()[-LAST_LINES:]]
        return "\n".join(parts)
