"""The stage of the demo: three instances of this program, a licensing board and a Fedify peer, on free ports.

Each has data of its own. The first two instances trust the board, the third has never heard of it.

Commands are typed here as somebody at a terminal would type them, and shown. Nothing here knows the story.
"""

import secrets
import shlex
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from fedicert.rigs import demo_board
from fedicert.rigs.demo_board import Board
from fedicert.rigs.fedify_peer import FedifyPeer
from fedicert.rigs.processes import Program, free_port
from fedicert.rigs.story import Story, must

CAP = 3
RAISED = 5
TIER = "members"
ADMIN = "owner"
LICENSED = "licensed"
BOARD_AS_LISTED = "Electrical Board of New York"
OFTEN_MINUTES = 0.05
"""So often the third instance looks at licences again: every three seconds, where six hours are usual."""
LAST_LINES = 25
_OF_BOTH: dict[str, Any] = {
    "following": 1500,
    "strangers": 30,
    "answers_per_day": 60,
    "visibility": "listed",
    "boosts": "anyone",
    "kept_for_followed": 0,
    "strangers_per_domain_day": 0,
    "when_full": "hold",
}
LADDER: dict[str, Any] = {
    "tier": [
        {"name": TIER, "enter": ["signup"], "followers": CAP, **_OF_BOTH},
        {"name": LICENSED, "enter": ["licence"], "followers": "none", **_OF_BOTH},
    ]
}
"""A tier with room for three, and one above it for whoever has a licence; nothing is kept for anybody, and no domain
has a limit of its own.
"""


def trusting(board: Board) -> dict[str, Any]:
    """The line of a trust list that counts the board's electricians, by the name that an admin gave the board."""
    return {
        "issuer": board.did,
        "name": BOARD_AS_LISTED,
        "kinds": ["License"],
        "professions": [demo_board.TRADE],
        "jurisdictions": [demo_board.PLACE],
        "tier": LICENSED,
    }


class Stage:
    """The servers, and who does what on them."""

    def __init__(self, story: Story, folder: Path) -> None:
        self.story = story
        self.password = secrets.token_hex(6)
        self.board = Board(story, folder)
        trust = {"trust": [trusting(self.board)]}
        self.home = self._instance(folder / "first", "The first instance", trust)
        self.away = self._instance(folder / "second", "The second instance", trust)
        often = {"licence_check_minutes": OFTEN_MINUTES}
        self.third = self._instance(folder / "third", "The third instance", often)
        # It keeps trying, as real servers do: an instance may be busy for a moment.
        self.peer = FedifyPeer(free_port(), queue=True, log=folder / "fedify.log")

    def _instance(self, folder: Path, name: str, more: dict[str, Any]) -> Program:
        settings = {**LADDER, **more, "name": name, "owner": ADMIN, "owner_email": f"{ADMIN}@example.org"}
        return Program(settings, folder=folder, environment={"FEDICERT_OWNER_PASSWORD": self.password})

    def start(self) -> None:
        """Start the instances side by side, and the peer. The board begins when the story comes to it."""
        for instance in self.instances:
            instance.start(ready=False)
        self.peer.start()
        for instance in self.instances:
            instance.wait_ready()

    @property
    def instances(self) -> tuple[Program, Program, Program]:
        """The first, the second and the third."""
        return self.home, self.away, self.third

    def stop(self) -> None:
        """End whatever runs."""
        self.board.stop()
        self.peer.stop()
        for instance in reversed(self.instances):
            instance.stop()

    def command(self, program: Program, *words: str, code: int = 0) -> str:
        """Type a command of the program at one of the instances, and show it with its answer; `code` is its end."""
        done = program.run(*words, check=code == 0)
        said = done.stdout + done.stderr if code else done.stdout
        self.story.typed(self._line(words), said)
        must(f"exit code {code}", done.returncode, done.returncode == code)
        return said

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
        """The ends of the logs."""
        logs = {
            "the first instance": self.home.log,
            "the second instance": self.away.log,
            "the third instance": self.third.log,
            "the board": self.board.log,
            "the Fedify peer": self.peer.log,
        }
        parts = []
        for name, log in logs.items():
            if log is not None and log.exists():
                parts += [f"--- the last lines of {name}:", *log.read_text(errors="replace").splitlines()[-LAST_LINES:]]
        return "\n".join(parts)
