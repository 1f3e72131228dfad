"""The accounts of one person, and how they divide the cap of a tier (law 10). Additions of ours.

Asked for with `write:accounts` even where nothing is written: an app learns by it which accounts belong together.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from fedicert.base.errors import Unprocessable
from fedicert.mastodon.people_forms import AnotherAccountForm, SharesForm
from fedicert.operations import shares
from fedicert.operations.shares import Division
from fedicert.web.plumbing.endpoint import Answer, Call, endpoint
from fedicert.web.plumbing.new_accounts import another_account


@endpoint("GET", "/api/fedicert/v1/accounts", scope="write:accounts", hop=True)
async def mine(call: Call) -> Answer:
    """How the caps are divided on which one's accounts stand, tier by tier."""
    return Answer(_shown(await call.read(shares.mine)))


@endpoint("POST", "/api/fedicert/v1/accounts", scope="write:accounts", form=AnotherAccountForm)
async def another(call: Call) -> Answer:
    """Another account of one's own, on the lowest tier; it is logged in to like the first, by the same password."""
    form: AnotherAccountForm = call.form
    return Answer(_shown(await another_account(call, call.actor, form.username, form.slots)))


@endpoint("PUT", "/api/fedicert/v1/accounts/shares", scope="write:accounts", form=SharesForm)
async def divide(call: Call) -> Answer:
    """Divide the cap of a tier anew; who isn't named keeps theirs."""
    return Answer(_shown(await call.write(shares.divide, _read(call.form.shares))))


def _read(given: Any) -> dict[str, int]:
    if not isinstance(given, Mapping) or not given:
        raise Unprocessable("Validation failed: Shares must be an object: account name → number of followers")
    found = {}
    for name, slots in given.items():
        text = str(slots).strip()
        if isinstance(slots, bool) or not (text.isascii() and text.isdigit() and len(text) <= 12):
            raise Unprocessable(f"Validation failed: Shares.{name} must be a whole number, from 0")
        found[str(name)] = int(text)
    return found


def _shown(divisions: Sequence[Division]) -> list[dict[str, Any]]:
    return [
        {
            "tier": one.tier,
            "cap": one.cap,
            "free": one.free,
            "accounts": [
                {
                    "id": str(account.account),
                    "username": account.username,
                    "share": one.cap if account.share is None else account.share,
                    "divided": account.share is not None,
                    "followers": account.count,
                    "closed": account.closed,
                }
                for account in one.accounts
            ],
        }
        for one in divisions
    ]
