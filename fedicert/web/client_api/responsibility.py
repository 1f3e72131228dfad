"""The code of responsibility for apps: its versions, and agreeing to the one that holds. Additions of ours."""

from typing import Any

from fedicert.mastodon.dates import timestamp
from fedicert.mastodon.people_forms import AgreementForm
from fedicert.operations import responsibility
from fedicert.operations.responsibility import Code, Signing
from fedicert.web.plumbing.endpoint import Answer, Call, endpoint


@endpoint("GET", "/api/fedicert/v1/code")
async def current(call: Call) -> Answer:
    """The version that holds."""
    return Answer(_code(await call.deps.db.read(responsibility.version_of, None)))


@endpoint("GET", "/api/fedicert/v1/code/{version}")
async def earlier(call: Call) -> Answer:
    """Any version."""
    return Answer(_code(await call.deps.db.read(responsibility.version_of, call.id("version"))))


@endpoint("GET", "/api/fedicert/v1/agreement", scope="read:accounts", hop=True)
async def agreement(call: Call) -> Answer:
    """Which version one agreed to, and what waits for it."""
    return Answer(_signing(await call.read(responsibility.signing)))


@endpoint("POST", "/api/fedicert/v1/agreement", scope="write:accounts", form=AgreementForm)
async def agree(call: Call) -> Answer:
    """Agree to the version that was read, which must be the one that holds: else 409."""

    async def agreed(tx: Any, account: int) -> Signing:
        return await responsibility.agree(tx, call.deps.urls, account, call.form.version)

    return Answer(_signing(await call.write(agreed)))


def _code(code: Code) -> dict[str, Any]:
    return {
        "version": code.version,
        "digest": code.digest,
        "text": code.text,
        "published_at": timestamp(code.published_at),
    }


def _signing(found: Signing) -> dict[str, Any]:
    return {
        "version": found.code.version,
        "digest": found.code.digest,
        "agreed": found.agreed or None,
        "up_to_date": found.up_to_date,
        "tier": found.tier,
        "waits_for": found.waits_for or None,
    }
