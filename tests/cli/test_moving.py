"""`fedicert account alias | move | export`, `backup` and `restore` as a person gives them, with and without a server."""

from __future__ import annotations

import json
import shutil
import zipfile
from pathlib import Path

import pytest

from tests.cli.here import Here


@pytest.fixture
def here(tmp_path: Path, database_url: str) -> Here:
    folder = tmp_path / "here"
    folder.mkdir()
    return Here(folder, database_url)


def test_other_names_moving_and_taking_it_back(here: Here) -> None:
    for name in ("ada", "bea"):
        here.does("account", "create", name, "--email", f"{name}@mail.example", "--role", "owner")
    assert here.does("account", "alias", "bea") == "no other names\n"
    uri = here.does("account", "alias", "bea", "ada").strip()
    assert uri.endswith("/users/ada")
    assert "--yes" in here.refuses("account", "move", "ada", "bea")
    assert "has moved to" in here.does("account", "move", "ada", "bea", "--yes")
    assert "moved already" in here.refuses("account", "move", "ada", "bea", "--yes")
    assert "is here" in here.does("account", "unmove", "ada")
    assert "at most once in 30 days" in here.refuses("account", "move", "ada", "bea", "--yes")
    assert here.does("account", "alias", "bea", uri, "--remove") == "no other names\n"
    assert "name this account as its own" in here.refuses("account", "move", "bea", "ada", "--yes")


def test_everything_is_written_into_a_file(here: Here) -> None:
    here.does("account", "create", "ada", "--email", "ada@mail.example")
    file = here.folder / "ada.zip"
    assert "bytes" in here.does("account", "export", "ada", str(file))
    with zipfile.ZipFile(file) as zipped:
        assert json.loads(zipped.read("account.json"))["username"] == "ada"
    assert file.stat().st_mode & 0o077 == 0
    assert "already" in here.refuses("account", "export", "ada", str(file))
    assert "there is no folder" in here.refuses("account", "export", "ada", str(here.folder / "nowhere" / "ada.zip"))


def test_a_backup_is_put_back_into_an_empty_place(here: Here, tmp_path: Path, engine: str, empty_url: str) -> None:
    here.does("account", "create", "ada", "--email", "ada@mail.example", "--role", "owner")
    file = tmp_path / "all.backup"
    assert "there is no folder" in here.refuses("backup", str(tmp_path / "nowhere" / "all.backup"))
    assert "master key" in here.does("backup", str(file))
    assert "already" in here.refuses("restore", str(file))

    folder = tmp_path / "there"
    folder.mkdir()
    there = Here(folder, empty_url)
    assert "doesn't have the master key" in there.refuses("restore", str(file))
    data = there.config.data_dir
    data.mkdir(parents=True, exist_ok=True)
    shutil.copy(here.config.master_key_file, data / "master.key")
    assert "Nobody is admitted until" in there.does("restore", str(file))
    assert "ada" in there.does("account", "list")
    assert "restored" in there.does("ledger", "show")
    assert "verified" in there.does("ledger", "verify")

    whole = tmp_path / "with-key.backup"
    assert "Keep it as a secret" in here.does("backup", str(whole), "--with-master-key")
    assert whole.stat().st_mode & 0o077 == 0
