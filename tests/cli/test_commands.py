"""The commands as a person gives them: as processes, without a server and beside one, on both engines."""

import asyncio
import io
import os
import socket
import stat

import pytest

from fedicert.base.clock import SystemClock
from fedicert.base.errors import StoreUnavailable
from fedicert.base.ids import SystemEntropy
from fedicert.cli import gate
from fedicert.cli.main import main
from fedicert.jobs.commands import listening
from fedicert.jobs.opening import make_first_owner, open_house, socket_path
from fedicert.operations import people
from fedicert.operations.commands import LENGTH_BYTES, LONGEST_CALL, write_call
from tests.cli.here import SECONDS, Here


@pytest.fixture
def here(empty_url, tmp_path):
    folder = tmp_path / "here"
    folder.mkdir()
    return Here(folder, empty_url)


async def opened(here):
    return await open_house(here.config, SystemClock(), SystemEntropy(), lambda _: None)


def test_an_instance_is_run_by_command_alone(here):
    made = here.run("account", "list")
    # What a command had to make first is said, apart from its own output: it may be the wrong folder.
    assert "Founding the instance localhost:8999" in made.stderr
    assert "Founding" not in made.stdout
    assert "up to date" in here.does("migrate")
    assert stat.S_IMODE(here.config.data_dir.stat().st_mode) == 0o700
    assert stat.S_IMODE((here.config.data_dir / "master.key").stat().st_mode) == 0o600
    made = here.does("account", "create", "ada", "--email", "ada@people.example", "--role", "admin", "--confirmed")
    assert "@ada@localhost:8999" in made
    assert "shown once" in made
    given = here.run("account", "create", "bob", "--email", "bob@people.example", "--password", "hunter2")
    assert given.returncode == 0
    assert "too short" in given.stderr
    assert "hunter2" not in given.stdout
    listed = here.does("account", "list")
    assert "ada" in listed
    assert "bob@people.example" in listed
    changed = here.does(
        "tier",
        "set",
        "personal",
        "followers=3",
        "kept_for_followed=0",
        "--by",
        "ada",
        "--reason",
        "a small hall",
        "--yes",
    )
    assert "followers: from 150 to 3" in changed
    assert "touches 2 accounts" in changed
    ladder = here.does("tier", "list")
    assert "following" in ladder
    assert "not offered yet: examination" in ladder
    token = here.does("token", "create", "ada", "--scopes", "read write follow")
    assert len(token) == 44
    assert here.does("signups") == "approval\n"
    assert "they were approval" in here.does("signups", "open")
    assert here.does("account", "promote", "bob", "--role", "moderator") == "@bob is moderator\n"
    word = ("--by", "ada", "--reason", "spam to everybody")
    assert here.does("account", "disable", "bob", *word) == "disabled @bob\n"
    assert "disabled" in here.does("account", "list")
    assert here.does("account", "enable", "bob", *word) == "enabled @bob\n"
    assert "new password" in here.does("account", "password", "bob")
    assert "deleted @bob" in here.does("account", "delete", "bob")
    assert "bob" not in here.does("account", "list")


def test_what_is_refused_is_told_in_one_sentence(here, capsys):
    def refuses(*words: str) -> str:
        capsys.readouterr()
        assert main(["--config", str(here.folder / "config.toml"), *words]) == 1
        out, err = capsys.readouterr()
        assert (out, err.count("\n")) == ("", 1)
        return err

    config = ("--config", str(here.folder / "config.toml"))
    assert main(["account", "create", "ada", "--email", "ada@people.example", "--role", "admin", *config]) == 0
    assert main(["account", "create", "bob", "--email", "bob@people.example", *config]) == 0
    reason = ("--reason", "why not", "--yes")
    assert "never given twice" in refuses("account", "create", "ada", "--email", "c@people.example")
    assert "belongs to the server" in refuses("account", "create", "limits", "--email", "c@people.example")
    assert "no account carl" in refuses("account", "disable", "carl", "--by", "ada", "--reason", "why not")
    assert 'Did you mean "followers"' in refuses("tier", "set", "personal", "folowers=3", "--by", "ada", *reason)
    assert "KEY=VALUE" in refuses("tier", "set", "personal", "followers", "--by", "ada", *reason)
    assert "no tier is called" in refuses("tier", "set", "nobody", "followers=3", "--by", "ada", *reason)
    assert "neither owner nor admin" in refuses("tier", "set", "personal", "followers=3", "--by", "bob", *reason)
    assert "reed" in refuses("token", "create", "ada", "--scopes", "reed")
    for misused in (
        ["account", "create", "carl"],
        ["account", "disable", "bob"],
        ["signups", "maybe"],
        ["tier", "set", "personal", "followers=3", "--by", "ada"],
        [],
    ):
        with pytest.raises(SystemExit) as ended:
            main(misused)
        assert ended.value.code == 2


def test_a_bad_configuration_is_told_and_nothing_is_made(here):
    (here.folder / "config.toml").write_text('domian = "a.example"')
    assert 'Did you mean "domain"' in here.refuses("migrate", code=2)
    assert "no such file" in here.refuses("--config", "other.toml", "migrate", code=2)
    assert "no such file" in here.refuses("migrate", "--config", "other.toml", code=2)
    assert not here.config.data_dir.exists()


def test_other_names_are_refused(here):
    here.does("migrate")
    text = (here.folder / "config.toml").read_text()
    (here.folder / "config.toml").write_text(text.replace("8999", "8998"))
    assert "belongs to localhost:8999" in here.refuses("account", "list", code=2)


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_a_running_server_does_it(here):
    house = await opened(here)
    path = socket_path(here.config)
    async with listening(house.db, path):
        assert stat.S_IMODE(path.stat().st_mode) == 0o600
        run = asyncio.to_thread
        await run(here.does, "account", "create", "ada", "--email", "ada@people.example", "--role", "owner")
        assert (await house.db.read(people.find, "ada")).role == "owner"
        assert "never given twice" in await run(here.refuses, "account", "create", "ada", "--email", "c@people.example")
        changed = await run(
            here.does, "tier", "set", "personal", "followers=3", "--by", "ada", "--reason", "small", "--yes"
        )
        assert "followers: from 150 to 3" in changed
        assert "ada" in await run(here.does, "account", "list")
    assert not path.exists()
    await house.close()
    assert "ada" in here.does("account", "list")


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_a_second_writing_process_is_refused(here, monkeypatch):
    house = await opened(here)
    with pytest.raises(StoreUnavailable, match="one writer"):
        await opened(here)
    # It holds the database and takes no commands: the command says so after having waited for it to listen.
    monkeypatch.setattr(gate, "STARTING_SECONDS", 0.5)
    with pytest.raises(StoreUnavailable, match=f"pid {os.getpid()}"):
        async with gate.open_gate(here.config):
            raise AssertionError("somebody else writes")
    await house.close()
    assert "they were" in here.does("signups", "open")


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_a_dead_servers_socket_is_no_obstacle(here):
    here.does("migrate")
    path = socket_path(here.config)
    dead = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
    dead.bind(str(path))
    dead.close()
    assert here.does("signups") == "approval\n"
    house = await opened(here)
    async with listening(house.db, path):
        assert await asyncio.to_thread(here.does, "signups") == "approval\n"
    await house.close()


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_what_the_socket_gets_is_read_strictly(here):
    house = await opened(here)
    path = socket_path(here.config)

    async def answer(frame: bytes) -> bytes:
        reader, writer = await asyncio.open_unix_connection(str(path))
        writer.write(frame)
        writer.write_eof()
        async with asyncio.timeout(SECONDS):
            got = await reader.read()
        writer.close()
        return got[LENGTH_BYTES:]

    def framed(body: bytes) -> bytes:
        return len(body).to_bytes(LENGTH_BYTES, "big") + body

    async with listening(house.db, path):
        assert b'"error":"BadRequest"' in await answer(framed(b"not json"))
        assert b"knows no command" in await answer(framed(b'{"name":"people.find","values":[]}'))
        assert b'"error":"BadRequest"' in await answer(framed(b'{"name":"account.find","values":[1]}'))
        assert b"takes 1 values" in await answer(framed(b'{"name":"account.find","values":["a","b"]}'))
        assert await answer((LONGEST_CALL + 1).to_bytes(LENGTH_BYTES, "big")) == b""
        assert await answer(b"\x00\x00\x01\x00short") == b""
        assert b'"value":"approval"' in await answer(write_call("signups.get", ()))
    await house.close()


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
async def test_a_folder_too_deep_for_a_sockets_address(tmp_path, empty_url):
    folder = tmp_path / ("d" * 60) / ("e" * 60)
    folder.mkdir(parents=True)
    here = Here(folder, empty_url)
    house = await opened(here)
    async with listening(house.db, socket_path(here.config)):
        assert await asyncio.to_thread(here.does, "signups") == "approval\n"
    await house.close()


async def test_the_first_owner_is_made_once(here):
    house = await opened(here)
    owner = await make_first_owner(house)
    assert owner is not None
    assert (owner.name, owner.email) == ("owner", "owner@localhost")
    assert len(owner.password) == 24
    assert (await house.db.read(people.find, "owner")).role == "owner"
    assert await make_first_owner(house) is None
    await house.close()
    again = await opened(here)
    assert await make_first_owner(again) is None
    await again.close()


@pytest.mark.parametrize("engine", ["sqlite"], indirect=True)
def test_a_worker_of_its_own_needs_postgresql(here):
    assert "PostgreSQL" in here.refuses("work", code=2)


def test_a_port_in_use_is_told_before_anything_is_made(here):
    with socket.create_server(("127.0.0.1", 0)) as taken:
        text = (here.folder / "config.toml").read_text()
        (here.folder / "config.toml").write_text(f"port = {taken.getsockname()[1]}\n{text}")
        assert "can't listen" in here.refuses("serve")
    assert not here.config.data_dir.exists()


def test_the_version_is_told(here):
    assert here.does("--version").startswith("fedicert 0.")


def test_an_unknown_key_of_a_tier_is_answered_with_the_known_ones(here):
    here.does("account", "create", "ada", "--email", "ada@people.example", "--role", "admin")
    said = here.refuses("tier", "set", "personal", "colour=red", "--by", "ada", "--reason", "x", "--yes")
    assert "there are name, enter, followers" in said


def test_what_a_command_cannot_read_is_said_with_its_own_usage(capsys: pytest.CaptureFixture[str]) -> None:
    for words, usage in ((["waiver", "give", "1", "--by", "ada", "--reason", "x"], "fedicert waiver give"),
                         (["signups", "open", "wide"], "fedicert signups")):  # fmt: skip
        with pytest.raises(SystemExit) as left:
            main(words)
        said = capsys.readouterr().err
        assert left.value.code == 2 and said.startswith(f"usage: {usage} ") and "unrecognized arguments" in said


class Terminal(io.StringIO):
    """Somebody who sits there and types."""

    def isatty(self) -> bool:
        return True


def test_who_sits_at_a_terminal_is_asked_before_an_account_is_erased(
    here: Here, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    here.does("account", "create", "ada", "--email", "ada@people.example")
    monkeypatch.chdir(here.folder)
    monkeypatch.setattr("sys.stdin", Terminal("n\n"))
    assert main(["account", "delete", "ada"]) == 1
    assert "Erase it? [y/N] fedicert: nothing was erased" in capsys.readouterr().err
    assert "ada@people.example" in here.does("account", "list")
    monkeypatch.setattr("sys.stdin", Terminal("y\n"))
    assert main(["account", "delete", "ada"]) == 0
