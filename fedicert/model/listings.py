"""Accounts that pass on what they get, and that an admin listed. No behaviour beyond itself."""

import msgspec


class Listing(msgspec.Struct, frozen=True, kw_only=True):
    """One of them. `by`: the name of the admin."""

    account: int
    uri: str
    acct: str
    type: str
    by: str
    reason: str
    created_at: int
