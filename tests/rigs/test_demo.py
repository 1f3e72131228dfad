"""The demo from beginning to end, as a newcomer runs it; and how it speaks when something goes another way."""

import os
import signal
import subprocess
import sys
from functools import partial
from pathlib import Path

import httpx
import pytest

from fedicert.rigs import demo
from fedicert.rigs.story import NotAsTold, Story, must, until

ROOT = Path(__file__).resolve().parents[2]
END_SECONDS = 120
"""For hangs. Ctrl-C ends all within about a second; under load each of five processes may have to be killed."""


def command(*words: str, **variables: str) -> tuple[list[str], dict[str, str]]:
    kept = {key: value for key, value in os.environ.items() if key != "CHECK" and not key.startswith("FEDICERT_")}
    return [sys.executable, "-m", "fedicert", "demo", *words], {**kept, **variables}


def rows(story: str, heading: str = "who follows Ada") -> dict[str, list[str]]:
    """A table of the story: who (the name, of a handle) → cells."""
    found = {}
    for line in story[story.rindex(heading) :].splitlines()[2:]:
        cells = [cell.strip() for cell in line.strip().split("  ") if cell]
        if not cells:
            return found
        found[cells[0].split("@")[1] if "@" in cells[0] else cells[0]] = cells
    return found


@pytest.mark.node
def test_the_story_checked_from_beginning_to_end() -> None:
    words, variables = command(CHECK="1")
    done = subprocess.run(words, cwd=ROOT, env=variables, capture_output=True, text=True, timeout=240, check=False)
    assert done.returncode == 0, f"{done.stdout[-2000:]}\n{done.stderr[:4000]}"
    table = rows(done.stdout)
    assert list(table) == ["bea", "emil", "carl", "dora", "fay"]
    assert [name for name, cells in table.items() if cells[3].strip() == "got it"] == ["bea", "emil", "carl"]
    assert [name for name, cells in table.items() if cells[2].strip() == "requested → following"] == ["dora", "fay"]
    assert all(cells[4].strip() == "got it" for cells in table.values())
    assert all(table[name][5].strip() == "gone" for name in ("bea", "emil", "carl"))
    assert table["fay"][3].strip() == table["fay"][5].strip() == "–"
    later = rows(done.stdout, "who came later")
    assert {name: cells[2:] for name, cells in later.items()} == {
        "gus": ["requested → following", "got it"],
        "hana": ["requested → following", "got it"],
        "iris": ["requested", "–"],
    }
    seen = rows(done.stdout, "who looks at Ada")
    assert [cells[1:4] for cells in seen.values()] == [
        ["yes", "tier licensed, 7 followers", "tier members, 7 followers"],
        ["yes", "the badge, and the field in green", "nothing"],
        ["no", "valid, issuer not on our list", "nothing"],
        ["–", "hasCredential, 2 links", "no hasCredential"],
    ]
    for said in ("trusted here for it", "Verdict: valid, issuer not on our list", "Verdict: NOT VALID (revoked)"):
        assert said in done.stdout


@pytest.mark.node
def test_it_stays_up_to_look_at_until_ctrl_c_and_takes_everything_away(tmp_path: Path) -> None:
    words, variables = command(TMPDIR=str(tmp_path))
    process = subprocess.Popen(
        words,
        cwd=ROOT,
        env=variables,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
        # A terminal's child heeds Ctrl-C, also where the tests run in the background of a shell, which has it ignored.
        preexec_fn=partial(signal.signal, signal.SIGINT, signal.SIG_DFL),
    )
    told, addresses = "", []
    try:
        assert process.stdout is not None
        for line in process.stdout:
            told += line
            if line.lstrip().startswith("http://") and "  " in line.strip() and "Fedify" not in line:
                addresses.append(line.split()[0])
            if "Ctrl-C ends all" in line:
                break
        assert process.poll() is None, told
        for address in addresses:
            assert httpx.get(address, follow_redirects=True, trust_env=False).status_code == 200, address
        assert len(addresses) == 9
        os.killpg(process.pid, signal.SIGINT)  # as a terminal does: the servers get it too
        assert process.wait(END_SECONDS) == 0
    finally:
        if process.poll() is None:
            process.terminate()
            process.wait(END_SECONDS)
        process.stdout.close()
    assert list(tmp_path.iterdir()) == []
    with pytest.raises(httpx.ConnectError):
        httpx.get(addresses[0], trust_env=False)


class Silent:
    """A stage on which nothing is played."""

    def __init__(self, story: Story, folder: Path) -> None:
        self.ended = 0

    def start(self) -> None: ...

    def stop(self) -> None:
        self.ended += 1

    def last_words(self) -> str:
        return "--- the last lines of the first instance:\nit stumbled"


def test_a_step_that_goes_another_way_is_explained(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def tell(stage: Silent) -> None:
        must("three got it", ["bea", "carl"], False)

    monkeypatch.setattr(demo, "Stage", Silent)
    monkeypatch.setattr(demo, "tell", tell)
    assert demo.run(check=True) == 1
    said = capsys.readouterr().err
    assert "expected: three got it" in said
    assert "seen:     ['bea', 'carl']" in said
    assert "it stumbled" in said


def test_looking_ends_at_the_deadline_with_what_was_seen_last() -> None:
    seen = iter(range(1_000_000))
    with pytest.raises(NotAsTold, match="a miracle, within 0 s") as failure:
        until("a miracle", lambda: next(seen), lambda number: number < 0, seconds=0)
    assert failure.value.seen == "0"
    assert until("the third look", lambda: next(seen), lambda number: number > 2, seconds=30) == 3
