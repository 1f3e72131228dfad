"""An ordinary client library is told the sentence of a limit, and what it posted is not there."""

from __future__ import annotations

import asyncio
import socket
from pathlib import Path

import pytest
from mastodon import Mastodon
from mastodon.errors import MastodonAPIError

from fedicert.base.clock import SystemClock
from fedicert.base.ids import Entropy
from fedicert.store.unit import Tx
from tests.web import site
from tests.web.client_api.people import person
from tests.web.client_api.test_day import client_for, serving


async def _narrow(tx: Tx) -> None:
    await tx.run("UPDATE tiers SET strangers = 1, following = 1, boosts = 'audience'")


def refusal(error: MastodonAPIError) -> tuple[int, str]:
    """Status code and sentence, as the library passes them on."""
    return int(error.args[1]), str(error.args[3])


def told(ada: Mastodon, bob: Mastodon) -> None:
    ada.status_post("Hello @bob")
    with pytest.raises(MastodonAPIError) as caught:
        ada.status_post("Hello @cleo")
    status, sentence = refusal(caught.value)
    assert status == 422
    assert sentence.startswith("Not posted: your tier (personal) lets you address 1 stranger within 30 days; 1 used")
    assert ada.account_verify_credentials().statuses_count == 1

    people = {name: ada.account_lookup(name) for name in ("bob", "cleo")}
    assert ada.account_follow(people["bob"]).following is True
    with pytest.raises(MastodonAPIError) as caught:
        ada.account_follow(people["cleo"])
    status, sentence = refusal(caught.value)
    assert status == 422 and sentence.startswith("Your tier (personal) lets you follow 1 account")

    post = ada.status_post("Who may pass this on?")
    with pytest.raises(MastodonAPIError) as caught:
        bob.status_reblog(post)
    status, sentence = refusal(caught.value)
    assert status == 403 and "posts of @ada may be boosted by their own followers only" in sentence


async def test_a_client_library_is_told_the_sentence(tmp_path: Path, database_url: str, entropy: Entropy) -> None:
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        domain = f"localhost:{listener.getsockname()[1]}"
        settings = {"DOMAIN": domain, "COURIER": "off", "RATE_LIMITS": "off"}
        async with site.running(database_url, tmp_path, SystemClock(), entropy, **settings) as app:
            people = [await person(app, name) for name in ("ada", "bob", "cleo")]
            await app.deps.db.write(_narrow)
            tokens = [one.http.headers["authorization"].removeprefix("Bearer ") for one in people]
            for one in people:
                await one.http.aclose()
            ada, bob = (client_for(f"http://{domain}", token) for token in tokens[:2])
            async with serving(app, listener):
                await asyncio.to_thread(told, ada, bob)
