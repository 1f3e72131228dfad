"""Signing up: every field's fault is told in the client API's codes, and joining follows the instance's way."""

import msgspec
import pytest

from fedicert.base.errors import Forbidden, Unprocessable
from fedicert.model.tiers import DEFAULT_LADDER
from fedicert.model.urls import Urls
from fedicert.operations import instance, people, sign_up
from fedicert.operations.instance import Founding
from fedicert.operations.sign_up import SignUp

URLS = Urls("https://social.example", "social.example")
GOOD = SignUp(username="ada", email="ada@people.example", password="correct horse", agreement=True, locale="de")


@pytest.fixture
async def house(db):
    founding = Founding(urls=URLS, name="here", tiers=DEFAULT_LADDER, signups="open", keys=())
    await db.write(instance.found, founding)
    return db


@pytest.mark.parametrize(
    ("field", "value", "code"),
    [
        ("username", "", "ERR_BLANK"),
        ("username", "a" * 31, "ERR_TOO_LONG"),
        ("username", "a-b", "ERR_INVALID"),
        ("username", "Ada", "ERR_INVALID"),
        ("username", "admin", "ERR_RESERVED"),
        ("username", "limits", "ERR_RESERVED"),
        ("username", "social_example", "ERR_RESERVED"),
        ("email", "", "ERR_BLANK"),
        ("email", "ada", "ERR_INVALID"),
        ("email", "a\x00@b.example", "ERR_INVALID"),
        ("email", "a" * 330 + "@b.example", "ERR_TOO_LONG"),
        ("password", "", "ERR_BLANK"),
        ("agreement", False, "ERR_ACCEPTED"),
        ("reason", "x" * 2001, "ERR_TOO_LONG"),
    ],
)
def test_a_fault_is_told_by_its_code(field, value, code):
    form = msgspec.structs.replace(GOOD, **{field: value})
    with pytest.raises(Unprocessable, match="Validation failed: ") as told:
        sign_up.check_form(form, URLS)
    assert set(told.value.details) == {field}
    assert told.value.details[field][0][0] == code


def test_every_fault_is_told_at_once():
    with pytest.raises(Unprocessable) as told:
        sign_up.check_form(SignUp(), URLS)
    assert set(told.value.details) == {"username", "email", "password", "agreement"}


def test_what_the_rules_say_of_a_password_is_told():
    with pytest.raises(Unprocessable) as told:
        sign_up.check_form(GOOD, URLS, [("ERR_TOO_SHORT", "is too short")])
    assert told.value.details == {"password": [("ERR_TOO_SHORT", "is too short")]}
    sign_up.check_form(GOOD, URLS)


async def test_open_lets_in_at_once(house):
    done = await house.write(sign_up.sign_up, URLS, GOOD, "hash", ())
    assert done.approved
    ada = await house.read(people.find, "ada")
    assert (ada.id, ada.confirmed_at is not None, ada.approved_at is not None) == (done.account, True, True)


@pytest.mark.law("10.4")
async def test_approval_waits_for_somebody(house):
    await house.write(instance.set_signups, "approval")
    done = await house.write(sign_up.sign_up, URLS, msgspec.structs.replace(GOOD, reason="I read"), "hash", ())
    assert not done.approved
    assert (await house.read(people.find, "ada")).approved_at is None
    assert (await house.write(people.approve, "ada")).approved_at is not None


async def test_closed_lets_nobody_in(house):
    await house.write(instance.set_signups, "closed")
    with pytest.raises(Forbidden):
        await house.write(sign_up.sign_up, URLS, GOOD, "hash", ())


async def test_what_is_taken_is_told(house):
    await house.write(sign_up.sign_up, URLS, GOOD, "hash", ())
    with pytest.raises(Unprocessable) as told:
        await house.write(sign_up.sign_up, URLS, GOOD, "hash", ())
    assert {field: faults[0][0] for field, faults in told.value.details.items()} == {
        "username": "ERR_TAKEN",
        "email": "ERR_TAKEN",
    }
