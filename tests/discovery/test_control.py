"""Does the applicant hold the actor? What counts as showing the word, and whose id may stand in a licence."""

import pytest

from fedicert.base.errors import BadRequest, RemoteError, RemoteInvalid
from fedicert.discovery import control
from tests.wire import VillageWire, answer

ADA = "https://social.example/users/ada"
WORD = "licence-abcdefghijklmnop"


def village(**changes):
    wire = VillageWire()
    actor = {
        "@context": "https://www.w3.org/ns/activitystreams",
        "id": ADA,
        "type": "Person",
        "inbox": f"{ADA}/inbox",
        "attachment": [{"type": "PropertyValue", "name": "Web", "value": "x"}, "odd", {"type": "PropertyValue"}],
        **changes,
    }
    wire.handlers["social.example"] = lambda request: answer(request.url, actor)
    return wire


@pytest.mark.parametrize(
    ("changes", "shown"),
    [
        ({}, False),
        ({"attachment": [{"type": "PropertyValue", "name": "Licence", "value": f"<p>{WORD}</p>"}]}, True),
        ({"attachment": {"type": "PropertyValue", "name": WORD, "value": ""}}, True),
        ({"summary": f"<p>Hello</p><p>{WORD}</p>"}, True),
        ({"summary": f"<p>{WORD}x</p>"}, False),
        ({"attachment": [{"type": "PropertyValue", "name": "a", "value": f'<a href="https://x/{WORD}">y</a>'}]}, False),
    ],
)
async def test_the_word_has_to_be_seen(changes, shown):
    assert await control.shows(village(**changes), ADA, WORD) is shown


async def test_the_actor_has_to_bear_the_very_id():
    with pytest.raises(RemoteError):
        await control.shows(village(id="https://social.example/users/bob", summary=WORD), ADA, WORD)
    with pytest.raises(RemoteInvalid, match="calls itself"):
        await control.shows(village(summary=WORD), "https://SOCIAL.example/users/ada", WORD)


def test_whose_id_may_stand_in_a_licence():
    assert control.check_subject(ADA, plain_http=False) == ADA
    assert control.check_subject("http://localhost:8000/users/ada", plain_http=True)
    for bad in (
        "http://social.example/users/ada",
        f"{ADA}#main-key",
        "acct:ada@social.example",
        "did:key:z6Mk",
        "https://Social.example/x",
    ):
        with pytest.raises(BadRequest):
            control.check_subject(bad, plain_http=False)
