"""After a restore. "Nobody is admitted until each known host was synchronised or 72 h passed"; and what a backup is."""

from __future__ import annotations

import re
import shutil
from pathlib import Path
from typing import Any

import httpx
import orjson
import pytest

from fedicert import config, server
from fedicert.base.clock import DAY, HOUR, MINUTE
from fedicert.base.errors import Conflict, FedicertError, Unprocessable
from fedicert.jobs.backups import backup, restore
from fedicert.jobs.deliver import Deliverer
from fedicert.jobs.gone import Leaving
from fedicert.operations import audit, checkpoints
from fedicert.rigs.processes import toml
from tests.stories.elsewhere import Elsewhere, Neighbour
from tests.stories.village import Place, Resident, Village, _Postman, checks, licences_of

SYNC = re.compile(r'url="([^"]+)"')


class Loss:
    """A server that is backed up, goes on, is lost and comes back from its backup."""

    def __init__(self, village: Village, home: Place, folder: Path) -> None:
        self.village, self.home, self.folder = village, home, folder
        self.file = folder / "home.backup"

    async def back_up(self) -> None:
        deps = self.home.app.deps
        await backup(deps.config, self.village.clock, deps.entropy, self.file)

    def empty_place(self, name: str = "again") -> config.Config:
        """The same configuration over an empty data folder and an empty database; the master key was kept."""
        folder = self.folder / name
        (folder / "data").mkdir(parents=True)
        database = self.village._new_database()
        if database.startswith("sqlite:///"):
            Path(database.removeprefix("sqlite:///")).unlink()
        file = folder / "config.toml"
        file.write_text(toml({"domain": self.home.host, "database": database}))
        shutil.copy(self.home.app.deps.config.master_key_file, folder / "data" / "master.key")
        return config.load(file, {"FEDICERT_DATA_DIR": str(folder / "data")})

    async def come_back(self, *people: Resident) -> list[Resident]:
        """The server is lost; the backup is put back and served."""
        village = self.village
        village.places.remove(self.home)
        await self.home.close()
        place = self.empty_place()
        await restore(place, village.clock, self.home.app.deps.entropy, self.file, None, lambda _: None)
        self.home = await serve(village, place)
        return [moved_in(self.home, person) for person in people]

    async def instance(self) -> list[tuple[str, str]]:
        rows = await self.home.all(
            "SELECT l.kind, l.rule FROM ledger l JOIN accounts a ON a.id = l.account WHERE a.type = 'Application'"
            " ORDER BY l.seq"
        )
        return [(row[0], row[1]) for row in rows]


async def serve(village: Village, place: config.Config) -> Place:
    app = await server.build(place, clock=village.clock, entropy=village._entropy, wire=village.wire)
    app.work.certifying.looks = licences_of(app, village.wire, village.clock, ())
    app.work.deliverer = Deliverer(
        app.house.db, _Postman(app, village.wire, village.clock).deliver, gone=Leaving(app.deps.peers).tell
    )
    found = Place(village, app)
    village.wire.hosts[found.host] = app
    village.places.append(found)
    return found


def moved_in(place: Place, person: Resident) -> Resident:
    """The same person with the same token, on the server that came back."""
    client = httpx.AsyncClient(
        transport=httpx.ASGITransport(place.app),
        base_url=place.app.deps.config.base,
        headers={"authorization": f"Bearer {person.name}'s token"},
    )
    place._clients.append(client)
    return Resident(place, person.name, person.id, client)


async def compare(server: Elsewhere, ada: Resident) -> bool:
    """What Mastodon does when a delivery states a digest: ask for the list; undo follows that one side alone knows."""
    stated = [
        headers["collection-synchronization"] for headers in server.headers if "collection-synchronization" in headers
    ]
    if not stated:
        return False
    found = SYNC.search(stated[-1])
    assert found is not None
    reader = next(iter(server.people.values()))
    listed = orjson.loads((await server.fetch(reader, found[1])).body)["orderedItems"]
    for person in server.people.values():
        if (person.relation(ada) == "following") != (person.uri in listed):
            person.follows.pop(ada.uri, None)
            follow = {"id": person.new_id("follows"), "type": "Follow", "actor": person.uri, "object": ada.uri}
            await person.send(ada, person.do("Undo", follow))
    return True


async def rounds(village: Village) -> None:
    """Twenty minutes, with a look every five."""
    for _ in range(4):
        await village.pass_time(5 * MINUTE)


async def prepared(
    village: Village, tmp_path: Path, software: str
) -> tuple[Loss, Resident, Elsewhere, dict[str, Neighbour]]:
    """Ada with three slots; carl and dora follow her. After the backup dora leaves and emil is let in."""
    home = await village.server(followers=3)
    ada = await home.person("ada")
    far = village.foreign("far.example")
    far.software = software
    people = {name: far.person(name) for name in ("carl", "dora", "emil", "hana")}
    follows: dict[str, Any] = {}
    for name in ("carl", "dora"):
        follows[name] = await people[name].follow(ada)
        await village.work()
    loss = Loss(village, home, tmp_path)
    await loss.back_up()
    village.clock.advance(HOUR)
    await people["dora"].unfollow(ada, follows["dora"])
    await people["emil"].follow(ada)
    await village.work()
    assert people["emil"].relation(ada) == "following"
    far.headers.clear()
    return loss, ada, far, people


@pytest.mark.law("C16", "1.6")
async def test_nobody_is_admitted_until_the_other_servers_are_in_step(village: Village, tmp_path: Path) -> None:
    """A server comes back from a backup. Somebody left since, somebody else was let in: until the other server has compared
    its list of followers with ours, nobody is admitted, although there is room; then they are."""
    loss, ada, far, people = await prepared(village, tmp_path, "mastodon")
    (ada,) = await loss.come_back(ada)
    assert await ada.followers() == {"carl": "admitted", "dora": "admitted"}

    await ada.follow(people["hana"])  # not even somebody whom she follows
    await people["hana"].follow(ada)
    await village.work()
    assert await ada.waiting() == ["hana"]
    assert people["hana"].relation(ada) == "requested"
    assert (await ada.document())["manuallyApprovesFollowers"] is True
    refused = await ada.http.post(f"/api/v1/follow_requests/{await ada.account(people['hana'])}/authorize")
    assert refused.status_code == 422
    assert "restored from a backup" in refused.json()["error"]

    assert await compare(far, ada)
    await village.work()
    assert await ada.followers() == {"carl": "admitted", "hana": "held"}
    assert (
        people["emil"].relation(ada) == "nothing"
    )  # let in after the backup: their server lets go of what nobody knows

    await rounds(village)
    assert await ada.followers() == {"carl": "admitted", "hana": "admitted"}
    assert people["hana"].relation(ada) == "following"
    assert [kind for kind, _ in await loss.instance()][-2:] == ["restored", "restore_ended"]
    assert (await loss.home.verify_ledger()).findings == []
    await village.pass_time(2 * HOUR)
    assert (await ada.document())["manuallyApprovesFollowers"] is False


@pytest.mark.law("C16", "1.6")
async def test_where_a_server_compares_nothing_72_hours_pass(village: Village, tmp_path: Path) -> None:
    """A known server whose software compares no lists: nobody at all is admitted for 72 hours, whoever asks, and then
    everybody is for whom there is room."""
    loss, ada, _, _ = await prepared(village, tmp_path, "misskey")
    (ada,) = await loss.come_back(ada)
    near = village.foreign("near.example").person("near")
    await near.follow(ada)
    await village.work()
    bea = await loss.home.person("bea")
    await bea.follow(ada)
    for _ in range(71):
        await village.pass_time(HOUR)
        assert await ada.audience() == ["carl", "dora"]
    assert await ada.waiting() == ["near", "bea"]
    await village.pass_time(HOUR + MINUTE)
    assert await ada.followers() == {"carl": "admitted", "dora": "admitted", "near": "admitted", "bea": "held"}


@pytest.mark.law("C16")
async def test_a_server_out_of_reach_is_waited_for(village: Village, tmp_path: Path) -> None:
    """A known server that can't be told holds admission up as well."""
    loss, ada, far, _ = await prepared(village, tmp_path, "mastodon")
    far.down = True
    (ada,) = await loss.come_back(ada)
    near = village.foreign("near.example").person("near")
    await near.follow(ada)
    await village.pass_time(DAY)
    assert await ada.waiting() == ["near"]
    far.down = False
    for _ in range(40):
        await village.pass_time(HOUR)
        if await compare(far, ada):
            break
    await village.work()
    await rounds(village)
    assert await ada.followers() == {"carl": "admitted", "near": "admitted"}


@pytest.mark.law("C16", "7.1")
async def test_what_went_on_after_the_backup_shows_against_a_checkpoint_kept_elsewhere(
    village: Village, tmp_path: Path
) -> None:
    """The restored ledger verifies by itself and says that it was restored; against a checkpoint that somebody else kept, it
    shows what is missing. New posts get addresses that none had before."""
    loss, ada, _, _ = await prepared(village, tmp_path, "mastodon")
    lost = await ada.say("Lost")
    await loss.home.verify_ledger()
    kept = await loss.home.app.house.db.read(checkpoints.latest)
    village.clock.advance(1)
    (ada,) = await loss.come_back(ada)
    assert (await ada.http.get(f"/api/v1/statuses/{lost['id']}")).status_code == 404
    assert int((await ada.say("New"))["id"]) > int(lost["id"])
    assert (await loss.home.verify_ledger()).findings == []
    report = await loss.home.app.house.db.read(audit.verify, checks, [kept])
    assert report.findings != []
    assert ("restored", "cases: after a restore") in await loss.instance()


async def test_a_database_put_back_by_hand_is_noticed(village: Village, tmp_path: Path) -> None:
    """Whoever copies an older database file over the newer one has a restored database all the same."""
    loss, ada, _, people = await prepared(village, tmp_path, "mastodon")
    settings = loss.home.app.deps.config
    if not settings.on_sqlite:
        pytest.skip("on PostgreSQL a database is put back by `fedicert restore`, which says so itself")
    older = tmp_path / "older.db"
    village.places.remove(loss.home)
    await loss.home.close()
    file = Path(settings.database.removeprefix("sqlite:///"))
    shutil.copy(file, older)
    await server.close(await server.build(settings, clock=village.clock, entropy=village._entropy, wire=village.wire))
    shutil.copy(older, file)
    village.clock.advance(1_000)
    loss.home = await serve(village, settings)
    assert ("restored", "cases: after a restore") in await loss.instance()
    ada = moved_in(loss.home, ada)
    await people["hana"].follow(ada)
    await village.work()
    assert await ada.waiting() == ["hana"]


async def test_a_backup_goes_into_an_empty_place_whole_or_not_at_all(village: Village, tmp_path: Path) -> None:
    """A file that was changed or belongs elsewhere is refused before anything is touched; nothing is written over."""
    loss, _, _, _ = await prepared(village, tmp_path, "mastodon")
    clock, entropy = village.clock, loss.home.app.deps.entropy

    async def refused(place: config.Config, file: Path) -> FedicertError:
        with pytest.raises(FedicertError) as caught:
            await restore(place, clock, entropy, file, None, lambda _: None)
        return caught.value

    assert isinstance(await refused(loss.home.app.deps.config, loss.file), Conflict)
    with pytest.raises(Conflict):
        await loss.back_up()

    data = bytearray(loss.file.read_bytes())
    at = data.index(b"ada")
    data[at : at + 3] = b"eve"
    forged = tmp_path / "forged"
    forged.write_bytes(data)
    place = loss.empty_place("one")
    error = await refused(place, forged)
    assert isinstance(error, Unprocessable), error
    assert "isn't whole" in str(error)
    assert sorted(path.name for path in place.data_dir.iterdir()) == ["master.key"]

    cut = tmp_path / "cut"
    cut.write_bytes(data[: len(data) // 2])
    assert isinstance(await refused(place, cut), Unprocessable)

    (place.data_dir / "master.key").write_bytes(bytes(32))
    assert "doesn't open with this master key" in str(await refused(place, loss.file))
