"""The licensing board of the demo: an authority in a folder of its own, with a server of its own and no instance.

Its commands are typed as at a terminal, in the folder beside its own. Nothing here knows the story.
"""

import re
import shlex
import sys
from pathlib import Path

from fedicert.rigs.processes import Child, fedicert, free_port, inherited
from fedicert.rigs.story import NotAsTold, Story

NAME = "Example State Electrical Board"
SLUG = "master-electrician"
TITLE = "Master Electrician"
TRADE = "7411"
PLACE = "US-NY"
UP_SECONDS = 30.0
_CREDENTIAL = re.compile(r"credential +(\S+)")


class Board:
    """A folder, an address, a process that serves."""

    def __init__(self, story: Story, folder: Path) -> None:
        port = free_port()
        self.base = f"http://localhost:{port}"
        self.did = f"did:web:localhost%3A{port}"
        self.log = folder / "board.log"
        self.data = folder / "board"
        self._story, self._folder = story, folder
        self._child: Child | None = None

    def command(self, *words: str) -> str:
        """Type `fedicert authority …` and show it with its answer."""
        line = ("authority", *words, "--data", "board")
        said = fedicert(*line, environment=inherited(), folder=self._folder).stdout
        self._story.typed(shlex.join(("fedicert", *line)), said)
        return said

    def begin(self) -> None:
        """The authority, its key, and the one kind of licence that it grants."""
        self._folder.mkdir(parents=True, exist_ok=True)
        self.command("init", "--url", self.base, "--name", NAME, "--country", "US", "--region", "NY")
        trade, place = f"{TRADE}=Building and related electricians", f"{PLACE}=New York, United States"
        self.command("achievement", SLUG, "--name", TITLE, "--profession", trade, "--place", place)

    def serve(self) -> None:
        """Start its server, and return once it answers."""
        words = ("fedicert", "authority", "serve", "--data", "board")
        self._child = Child([sys.executable, "-m", *words], log=self.log, environment=inherited(), folder=self._folder)
        said = self._child.line("Serving ", UP_SECONDS)
        self._story.typed(shlex.join(words), f"Serving {said}")

    def challenge(self, actor: str, number: str) -> str:
        """The word that the applicant puts on the profile."""
        return self.command("challenge", SLUG, "--to", actor, "--number", number).split()[-1]

    def issue(self, actor: str, number: str, holder: str) -> str:
        """A licence for an actor whose profile shows the word; the credential's address."""
        said = self.command("issue", SLUG, "--to", actor, "--number", number, "--holder", holder)
        found = _CREDENTIAL.search(said)
        if found is None:
            raise NotAsTold("the address of the credential", said)
        return found[1]

    def revoke(self, credential: str, reason: str) -> None:
        """Take it back."""
        self.command("revoke", credential, "--reason", reason)

    def stop(self) -> None:
        """End its server."""
        if self._child is not None:
            self._child.stop()
