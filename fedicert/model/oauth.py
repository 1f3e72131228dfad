"""Who may act for whom through the client API: apps, tokens, sessions. Frozen values, no behaviour.

Secrets never stand here: a token, a code and a session are known by the SHA-256 of what their holder has.
"""

from typing import Literal

import msgspec

from fedicert.base.clock import DAY

AccountState = Literal["ready", "unconfirmed", "pending", "disabled"]

SESSION_IDLE = 14 * DAY
"""A session ends when it wasn't used for this long,"""
SESSION_LIFE = 90 * DAY
"""or when it is this old."""

OUT_OF_BAND = "urn:ietf:wg:oauth:2.0:oob"
"""The redirect of programs that can't be redirected to: the code is shown to be copied."""


class OAuthApp(msgspec.Struct, frozen=True, kw_only=True):
    """A client program as it registered itself; nobody checked its name."""

    id: int
    client_id: str
    secret_hash: str
    name: str
    website: str | None
    redirect_uris: tuple[str, ...]
    scopes: frozenset[str]


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """A token that holds. `account` is None where an app speaks for itself alone.

    `filters`: the number of the account's filters, 0 without any: they are looked up when it is another one.
    """

    id: int
    app: int
    account: int | None
    scopes: frozenset[str]
    state: AccountState = "ready"
    role: str = ""
    filters: int = 0


class IssuedToken(msgspec.Struct, frozen=True, kw_only=True):
    """A token as it was just made, without its secret; `created_at` in milliseconds."""

    id: int
    scopes: frozenset[str]
    created_at: int


class Grant(msgspec.Struct, frozen=True, kw_only=True):
    """What an authorization code stands for. `challenge` is the S256 one of PKCE, where the client sent one."""

    code_hash: str
    app: int
    account: int
    redirect_uri: str
    scopes: frozenset[str]
    challenge: str | None
    created_at: int
    used_at: int | None
    token: int | None


class SessionAccount(msgspec.Struct, frozen=True):
    """An account that the person of a session may act as; `role` is '' for most."""

    id: int
    username: str
    role: str = ""


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """A person who logged in here with a browser; `authenticated_at`: when the password was last given."""

    hash: str
    login: int
    authenticated_at: int
    seen_at: int
    state: AccountState
    accounts: tuple[SessionAccount, ...]
    closed: tuple[SessionAccount, ...] = ()
    """Accounts of the person that staff closed: they see what was decided about them, appeal, and take their data out."""


class PasswordLogin(msgspec.Struct, frozen=True):
    """What checking a password needs: the login, its hash, and its first account."""

    login: int
    password_hash: str
    account: int | None
    state: AccountState
