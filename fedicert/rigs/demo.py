"""The demo: what a cap on an audience does and how a licence lifts it, between servers, told while it happens.

Three instances of this program and a licensing board run as processes of their own, and an independent implementation
(Fedify) beside them, all on loopback. Every step is checked while it is told; one that goes another way ends the demo
with what was expected, what was seen and the last lines of the logs.
"""

import shlex
import signal
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType

import httpx
from mastodon.errors import MastodonError

from fedicert.rigs.demo_licence import issue_another, tell_of_the_licence
from fedicert.rigs.demo_stage import ADMIN, Stage
from fedicert.rigs.demo_story import tell
from fedicert.rigs.fedify_peer import PeerError
from fedicert.rigs.processes import ProcessError
from fedicert.rigs.story import NotAsTold, Story

EXPECTED = (NotAsTold, ProcessError, PeerError, MastodonError, httpx.HTTPError, OSError)
"""What a step that goes another way raises; anything else is a mistake in the demo itself."""


def run(*, check: bool = False) -> int:
    """Tell the story; without `check`, leave everything up until Ctrl-C. Returns the exit code."""
    story = Story()
    with _ended_by_sigterm(), tempfile.TemporaryDirectory(prefix="fedicert-demo-") as folder:
        stage = Stage(story, Path(folder))
        try:
            story.say("Starting three instances of fedicert and a Fedify peer …")
            stage.start()
            licensed = tell_of_the_licence(stage, tell(stage))
            story.say(f"All as told, in {story.seconds():.0f} s.")
            if not check:
                _leave_open(stage, issue_another(stage, licensed))
        except KeyboardInterrupt:
            return 0
        except EXPECTED as error:
            print(f"\nThe demo went another way.\n{error}\n\n{stage.last_words()}", file=sys.stderr)
            return 1
        finally:
            stage.stop()
    return 0


def _leave_open(stage: Stage, credential: str) -> None:
    """Say where everything is, and wait."""
    story, board = stage.story, stage.board
    story.chapter("Have a look around")
    story.table(
        [
            ["open", "what it is", "log in as", "password"],
            [stage.home.base, "Ada's instance", "ada@example.org", stage.password],
            ["", "", f"{ADMIN}@example.org (admin)", stage.password],
            [f"{stage.home.base}/@ada", "her profile", "", ""],
            [f"{stage.home.base}/@ada/licences/2", "her licence, check by check", "", ""],
            [f"{stage.home.base}/about", "the instance, with its tiers", "", ""],
            [stage.away.base, "the second instance", "bea@, carl@, dora@ or gus@example.org", stage.password],
            [f"{stage.away.base}/@bea", "one of her followers", "", ""],
            [stage.third.base, "the third, which doesn't know the board", "kim@example.org", stage.password],
            [f"{board.base}/.well-known/did.json", "the board's keys", "", ""],
            [credential, "the credential as the board serves it", "", ""],
            [stage.peer.base, "the Fedify peer (no pages)", "", ""],
        ]
    )
    story.say("Any Mastodon app can log in at the three instances. Commands for Ada's instance, and for the board:")
    config = shlex.quote(str(stage.home.config))
    story.typed(f"{shlex.quote(sys.executable)} -m fedicert --config {config} licence list")
    story.typed(f"{shlex.quote(sys.executable)} -m fedicert authority list --data {shlex.quote(str(board.data))}")
    logs = (*(instance.log for instance in stage.instances), board.log, stage.peer.log)
    story.say(f"Logs: {', '.join(map(str, logs))}")
    story.say("Ctrl-C ends all of them and takes their data away.")
    signal.pause()


@contextmanager
def _ended_by_sigterm() -> Iterator[None]:
    """SIGTERM ends the demo as Ctrl-C does, so that no process stays behind. Signals are the main thread's."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def interrupt(number: int, frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
