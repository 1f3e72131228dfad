"""Accounts made, given roles, closed, deleted; what is refused; and that each decision is on the ledger."""

import pytest

from fedicert.base.errors import BadRequest, ConfigError, Conflict, NotFound, Unprocessable
from fedicert.model.sealed_keys import SealedKey
from fedicert.model.tiers import DEFAULT_LADDER
from fedicert.model.urls import Urls
from fedicert.operations import instance, people, tiers
from fedicert.operations.instance import Founding
from fedicert.operations.people import NewPerson

URLS = Urls("http://localhost:8000", "localhost:8000")


def sealed(identifier, kid):
    return SealedKey(id=identifier, purpose="main", alg="rsa", public="PEM", sealed=b"\x00\xff", kid=kid)


def person(name, **changes):
    values = {"name": name, "email": f"{name}@people.example", "password_hash": "hash", "keys": ()}
    return NewPerson(**{**values, **changes})


@pytest.fixture
async def house(db):
    founding = Founding(
        urls=URLS,
        name="here",
        tiers=DEFAULT_LADDER,
        signups="approval",
        keys=[sealed(1, URLS.main_key(URLS.instance_actor))],
    )
    assert await db.write(instance.found, founding)
    assert not await db.write(instance.found, founding)
    return db


async def kinds(db, account):
    async def view(reader):
        rows = await reader.all("SELECT kind FROM ledger WHERE account = $1 ORDER BY seq", account)
        return [row["kind"] for row in rows]

    return await db.read(view)


async def value(db, sql, *args):
    async def view(reader):
        return await reader.value(sql, *args)

    return await db.read(view)


async def test_founding_makes_the_ladder_and_the_instance_actor(house):
    rungs = await house.read(tiers.ladder)
    assert [(rung.tier.name, rung.people) for rung in rungs] == [("personal", 0), ("trained", 0), ("professional", 0)]
    assert rungs[2].tier.followers is None
    actor = await value(house, "SELECT id FROM accounts WHERE uri = $1", "http://localhost:8000/actor")
    assert await kinds(house, actor) == ["founded"]
    assert await value(house, "SELECT username FROM accounts WHERE id = $1", actor) == "localhost"
    assert await value(house, "SELECT sealed FROM keys WHERE owner = $1", actor) == b"\x00\xff"
    with pytest.raises(NotFound):
        await house.read(people.find, "localhost")


@pytest.mark.parametrize(
    "urls", [Urls("http://localhost:8000", "other.test"), Urls("https://localhost:8000", "localhost:8000")]
)
async def test_other_names_are_refused(house, urls):
    with pytest.raises(ConfigError, match="begin with another"):
        await house.read(instance.check_names, urls)


async def test_before_founding_nobody_can_be_made(db):
    with pytest.raises(Conflict, match="ladder is empty"):
        await db.write(people.create_account, URLS, person("ada"))


@pytest.mark.law("C18")
async def test_an_account_starts_on_the_lowest_rung_unlocked(house):
    keys = (sealed(7, URLS.main_key(URLS.actor("ada"))), sealed(8, URLS.ed25519_key(URLS.actor("ada"))))
    account = await house.write(people.create_account, URLS, person("ada", role="admin", keys=keys, language="en"))
    ada = await house.read(people.find, "@ada")
    assert (ada.id, ada.role, ada.tier, ada.followers) == (account, "admin", "personal", 0)
    assert ada.confirmed_at is None
    assert ada.approved_at == ada.created_at
    assert ada.uri == "http://localhost:8000/users/ada"
    assert await value(house, "SELECT locked FROM accounts WHERE id = $1", account) == 0
    assert await value(house, "SELECT discoverable FROM accounts WHERE id = $1", account) == 1
    assert await value(house, "SELECT default_visibility FROM local_accounts WHERE id = $1", account) is None
    assert await value(house, "SELECT COUNT(*) FROM keys WHERE owner = $1", account) == 2
    assert await kinds(house, account) == ["account_created"]
    assert [each.username for each in await house.read(people.list_people)] == ["ada"]


@pytest.mark.parametrize(
    "name",
    ["", "Ada", "a b", "a.b", "a" * 31, "é", "limits", "l1m1ts", "_limits_", "limit5", "actor", "inbox", "localhost"],
)
async def test_names_that_nobody_gets(house, name):
    with pytest.raises(Unprocessable):
        await house.write(people.create_account, URLS, person(name, email="a@people.example"))
    assert await house.read(people.list_people) == []


async def test_staff_names_are_given_by_command(house):
    assert await house.write(people.create_account, URLS, person("admin", role="admin"))


async def test_a_name_and_an_address_are_given_once(house):
    await house.write(people.create_account, URLS, person("ada"))
    with pytest.raises(Conflict, match="never given twice"):
        await house.write(people.create_account, URLS, person("ada", email="other@people.example"))
    with pytest.raises(Conflict, match="login"):
        await house.write(people.create_account, URLS, person("bob", email="ADA@people.example"))
    with pytest.raises(BadRequest, match="role"):
        await house.write(people.create_account, URLS, person("bob", role="king"))
    with pytest.raises(Unprocessable, match="mail"):
        await house.write(people.create_account, URLS, person("bob", email="nowhere"))


async def test_roles_change_and_the_last_owner_stays(house):
    await house.write(people.create_account, URLS, person("ada", role="owner"))
    bob = await house.write(people.create_account, URLS, person("bob"))
    version = await value(house, "SELECT version FROM accounts WHERE id = $1", bob)
    for attempt in (
        house.write(people.promote, "ada", "none"),
        house.write(people.disable, "ada"),
        house.write(people.delete_account, URLS, "ada"),
    ):
        with pytest.raises(Conflict, match="only owner"):
            await attempt
    assert (await house.write(people.promote, "bob", "owner", bob)).role == "owner"
    assert await value(house, "SELECT version FROM accounts WHERE id = $1", bob) > version
    assert (await house.write(people.promote, "ada", "none")).role == ""
    assert await kinds(house, bob) == ["account_created", "role_changed"]
    with pytest.raises(NotFound):
        await house.write(people.promote, "carl", "admin")


async def test_disabling_closes_the_login_and_enabling_opens_it(house):
    account = await house.write(people.create_account, URLS, person("ada"))
    disabled = await house.write(people.disable, "ada")
    assert disabled.disabled_at is not None
    assert await value(house, "SELECT disabled_at FROM logins WHERE id = $1", disabled.login) == disabled.disabled_at
    assert (await house.write(people.disable, "ada")).disabled_at == disabled.disabled_at
    enabled = await house.write(people.enable, "ada")
    assert enabled.disabled_at is None
    assert await value(house, "SELECT disabled_at FROM logins WHERE id = $1", enabled.login) is None
    assert await kinds(house, account) == ["account_created", "account_disabled", "account_enabled"]


async def test_a_deleted_account_is_gone_and_its_name_stays_taken(house):
    account = await house.write(people.create_account, URLS, person("ada"))

    async def give_token(tx):
        await tx.run(
            "INSERT INTO tokens (hash, app, account, scopes, created_at) VALUES ('h', 1, $1, 'read', $2)",
            account,
            tx.now,
        )

    await house.write(give_token)
    await house.write(people.delete_account, URLS, "ada")
    with pytest.raises(NotFound, match="deleted"):
        await house.read(people.find, "ada")
    assert await house.read(people.list_people) == []
    assert await value(house, "SELECT COUNT(*) FROM logins") == 0
    assert await value(house, "SELECT COUNT(*) FROM tokens WHERE revoked_at IS NULL") == 0
    assert await value(house, "SELECT COUNT(*) FROM ledger_names WHERE person = $1", account) == 0
    assert await kinds(house, account) == ["account_created", "account_deleted"]
    with pytest.raises(Conflict, match="never given twice"):
        await house.write(people.create_account, URLS, person("ada"))
    await house.write(people.create_account, URLS, person("bob", email="ada@people.example"))


async def test_how_people_join_is_a_decision_of_the_instance(house):
    assert await house.read(instance.signups) == "approval"
    assert await house.write(instance.set_signups, "open") == "approval"
    assert await house.write(instance.set_signups, "open") == "open"
    assert await house.read(instance.signups) == "open"
    actor = await value(house, "SELECT id FROM accounts WHERE uri = $1", URLS.instance_actor)
    assert await kinds(house, actor) == ["founded", "signups_changed"]
    with pytest.raises(BadRequest, match="approval"):
        await house.write(instance.set_signups, "maybe")
