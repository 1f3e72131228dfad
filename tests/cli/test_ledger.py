"""`fedicert ledger` as an admin and an auditor use it, with Python's own sqlite3 as the one who tampers."""

from __future__ import annotations

import json
import sqlite3
from pathlib import Path

import pytest

from fedicert.base.clock import DAY, SystemClock
from fedicert.cli.main import main
from fedicert.reach.chain import day_of


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A founded instance with a few decisions on its ledger: founded, its code published, a cap raised twice."""
    monkeypatch.chdir(tmp_path)
    for name, value in {"PORT": "8199", "DATA_DIR": str(tmp_path / "data")}.items():
        monkeypatch.setenv(f"FEDICERT_{name}", value)
    assert main(["account", "create", "ada", "--email", "ada@example.org", "--role", "owner", "--confirmed"]) == 0
    for cap in ("200", "250"):
        words = [
            "tier",
            "set",
            "personal",
            f"followers={cap}",
            "--by",
            "ada",
            "--reason",
            "the village has grown",
            "--yes",
        ]
        assert main(words) == 0
    return tmp_path / "data"


def _verify(capsys: pytest.CaptureFixture[str], *words: str) -> tuple[int, str]:
    capsys.readouterr()
    code = main(["ledger", "verify", *words])
    return code, capsys.readouterr().out


TRIGGERS = (
    "ledger_no_update", "ledger_no_delete", "ledger_head_goes_on", "ledger_names_no_update", "checkpoints_no_delete",
    "checkpoint_leaves_no_delete",
)  # fmt: skip


def _tamper(home: Path, *statements: str) -> None:
    with sqlite3.connect(home / "fedicert.db") as raw:
        for trigger in TRIGGERS:
            raw.execute(f"DROP TRIGGER IF EXISTS {trigger}")
        for statement in statements:
            raw.execute(statement)
    raw.close()


INSTANCE = "(SELECT id FROM accounts WHERE type = 'Application')"
CUT_TAIL = (
    f"DELETE FROM ledger WHERE account = {INSTANCE} AND seq = 4",
    f"UPDATE local_accounts SET ledger_seq = 3, ledger_head = (SELECT hash FROM ledger WHERE account = {INSTANCE}"
    f" AND seq = 3) WHERE id = {INSTANCE}",
)


def test_what_was_decided_is_shown_with_who_and_why(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    capsys.readouterr()
    assert main(["ledger", "show"]) == 0
    shown = capsys.readouterr().out.splitlines()
    assert len(shown) == 4 and "code_published" in shown[1] and "cap_changed" in shown[3] and "/users/ada" in shown[3]
    assert "from followers=200" in shown[3] and "why the village has grown" in shown[3]
    assert main(["ledger", "show", "nobody"]) == 1


def test_one_byte_changed_is_named(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    code, out = _verify(capsys)
    assert code == 0 and "verified" in out and "can't be seen from the inside" in out
    _tamper(home, f"UPDATE ledger SET body = replace(body, '250', '251') WHERE account = {INSTANCE} AND seq = 4")
    code, out = _verify(capsys)
    assert code == 1 and "row 4 was altered" in out and "DOES NOT VERIFY" in out


def test_a_removed_last_row_is_found_by_the_checkpoint(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["ledger", "checkpoint"]) == 0
    _tamper(home, *CUT_TAIL)
    code, out = _verify(capsys)
    assert code == 1 and "row 4 is missing, as checkpoint 1 shows" in out


def test_cut_checkpoints_are_found_by_the_one_kept_elsewhere(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    capsys.readouterr()
    assert main(["ledger", "checkpoint"]) == 0
    kept = tmp_path / "kept.json"
    kept.write_text(capsys.readouterr().out)
    assert _verify(capsys, "--checkpoint", str(kept)) == (0, "5 rows of 2 chains, 1 checkpoint: verified\n")
    _tamper(home, *CUT_TAIL, "DELETE FROM checkpoint_leaves", "DELETE FROM checkpoints")
    code, out = _verify(capsys)
    assert code == 0 and "can't be seen from the inside" in out
    code, out = _verify(capsys, "--checkpoint", str(kept))
    assert code == 1 and "checkpoint 1 was kept elsewhere and is missing here" in out and "row 4 is missing" in out


def test_erasing_a_person_still_verifies(home: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["account", "create", "bea", "--email", "bea@example.org"]) == 0
    assert main(["account", "delete", "bea"]) == 0
    assert _verify(capsys)[0] == 0
    assert main(["ledger", "show", "bea"]) == 0
    assert "/users/bea" not in capsys.readouterr().out


def test_a_file_that_is_no_checkpoint_says_so(home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "x.json").write_text("{}")
    assert main(["ledger", "verify", "--checkpoint", str(tmp_path / "x.json")]) == 1
    assert "isn't a checkpoint" in capsys.readouterr().err


def test_an_export_is_verified_without_the_database(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    assert main(["account", "create", "bea", "--email", "bea@example.org"]) == 0
    file, own, kept = tmp_path / "all.jsonl", tmp_path / "ada.jsonl", tmp_path / "kept.json"
    capsys.readouterr()
    assert main(["ledger", "export", "--redacted", str(file)]) == 0
    assert "No day is over and closed yet" in capsys.readouterr().out
    assert (
        "0 rows of 0 chains, 1 checkpoint, the latest 1, before the end of the first day"
        in _verify(capsys, str(file))[1]
    )
    assert main(["ledger", "export", "--redacted", str(file)]) == 1
    assert "is there already" in capsys.readouterr().err
    file.unlink()
    noon = (SystemClock().now() // DAY + 1) * DAY + DAY // 2
    monkeypatch.setattr(SystemClock, "now", lambda clock: noon)
    capsys.readouterr()
    assert main(["ledger", "export", "--redacted", str(file)]) == 0
    said = capsys.readouterr().out
    assert said.startswith(f"{file}: {file.stat().st_size} bytes;") and f"ends with {day_of(noon - DAY)} (UTC)" in said
    assert main(["ledger", "export", "--account", "ada", str(own)]) == 0
    assert main(["ledger", "export", "--account", "ada", "--redacted", str(own)]) == 1
    capsys.readouterr()
    assert main(["ledger", "checkpoint"]) == 0
    kept.write_text(capsys.readouterr().out)
    # Elsewhere: without the data folder, with the file and what was kept alone.
    monkeypatch.setenv("FEDICERT_DATA_DIR", str(tmp_path / "elsewhere"))
    code, out = _verify(capsys, str(file))
    assert code == 0 and "everybody, redacted: 6 rows of 3 chains, 2 checkpoints" in out and "compare both" in out
    code, out = _verify(capsys, str(file), "--checkpoint", str(kept))
    assert (code, out) == (
        0,
        "localhost:8199, everybody, redacted: 6 rows of 3 chains, 2 checkpoints, the latest 2,"
        f" 2 rows by their hash alone, to the end of {day_of(noon - DAY)}: verified\n",
    )
    assert _verify(capsys, str(own), "--checkpoint", str(kept))[0] == 0
    assert "village" not in file.read_text() and "users/" not in file.read_text()

    # Signed anew with another key, it verifies by itself, and not against what somebody kept.
    lines = file.read_bytes().splitlines(keepends=True)
    row = next(at for at, line in enumerate(lines) if b'"cap_changed"' in line)
    file.write_bytes(b"".join([*lines[:row], lines[row].replace(b"200", b"300"), *lines[row + 1 :]]))
    code, out = _verify(capsys, str(file), "--checkpoint", str(kept))
    assert code == 1 and "row 3 was altered" in out
    assert main(["ledger", "verify", str(tmp_path / "nothing.jsonl")]) == 1
    assert main(["ledger", "verify", str(kept)]) == 1
    assert "isn't a ledger exported by fedicert" in capsys.readouterr().err


def test_a_row_is_named_by_a_kept_checkpoint_though_all_was_signed_anew(
    home: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Whoever holds the key can write another ledger that verifies. What somebody kept shows the first row that differs."""
    capsys.readouterr()
    assert main(["ledger", "checkpoint"]) == 0
    kept = tmp_path / "kept.json"
    kept.write_text(capsys.readouterr().out)
    _tamper(
        home,
        *CUT_TAIL,
        f"DELETE FROM ledger_names WHERE account = {INSTANCE} AND seq = 4",
        "DELETE FROM checkpoint_leaves",
        "DELETE FROM checkpoints",
        f"INSERT INTO ledger_dirty VALUES ({INSTANCE})",
    )
    words = ["tier", "set", "personal", "followers=999", "--by", "ada", "--reason", "never was", "--yes"]
    assert main(words) == 0
    assert main(["ledger", "checkpoint"]) == 0
    assert _verify(capsys)[0] == 0
    code, out = _verify(capsys, "--checkpoint", str(kept))
    assert code == 1
    assert "checkpoint 1 here isn't the one that was kept elsewhere" in out and "row 4 was altered" in out
    several = tmp_path / "published.json"
    document = json.loads(kept.read_text())
    del document["heads"]
    several.write_text(json.dumps({"ledger": {"checkpoint": document}}))
    code, out = _verify(capsys, "--checkpoint", str(several))
    assert code == 1 and "isn't the one that was kept elsewhere" in out
