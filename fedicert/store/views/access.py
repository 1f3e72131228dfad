"""Who is it, and may they come in: tokens, sessions, apps and logins as a door needs to see them. Reads alone."""

from fedicert.base import json
from fedicert.mastodon import scopes
from fedicert.model.oauth import (
    SESSION_IDLE,
    SESSION_LIFE,
    AccountState,
    OAuthApp,
    PasswordLogin,
    Session,
    SessionAccount,
    Token,
)
from fedicert.store.unit import Reader, Row, one_statement

_TOKEN = """
    SELECT t.id, t.app, t.account, t.scopes, l.role, l.filters, l.disabled_at AS closed_at, a.suspended_at, a.deleted_at,
        g.id AS login, g.confirmed_at, g.approved_at, g.disabled_at
    FROM tokens t LEFT JOIN local_accounts l ON l.id = t.account LEFT JOIN accounts a ON a.id = t.account
    LEFT JOIN logins g ON g.id = l.login
    WHERE t.hash = $1 AND t.revoked_at IS NULL
"""

_SESSION = """
    SELECT s.hash, s.login, s.created_at, s.seen_at, s.authenticated_at, g.confirmed_at, g.approved_at, g.disabled_at
    FROM sessions s JOIN logins g ON g.id = s.login WHERE s.hash = $1
"""

_ACCOUNTS = """
    SELECT l.id, l.role, a.username FROM local_accounts l JOIN accounts a ON a.id = l.id
    WHERE l.login = $1 AND l.disabled_at IS NULL AND a.deleted_at IS NULL AND a.suspended_at IS NULL ORDER BY l.id
"""

_CLOSED = """
    SELECT l.id, '' AS role, a.username FROM local_accounts l JOIN accounts a ON a.id = l.id
    WHERE l.login = $1 AND a.deleted_at IS NULL AND (l.disabled_at IS NOT NULL OR a.suspended_at IS NOT NULL) ORDER BY l.id
"""

_LOGIN = "SELECT g.id, g.password_hash, g.confirmed_at, g.approved_at, g.disabled_at FROM logins g "
_BY_NAME = """
    JOIN local_accounts l ON l.login = g.id JOIN accounts a ON a.id = l.id
    WHERE a.username_key = $1 AND a.domain = '' AND a.deleted_at IS NULL
"""


@one_statement
async def find_token(reader: Reader, token_hash: str) -> Token | None:
    """The token with this digest; None where there is none, it was revoked, or its account is gone."""
    row = await reader.one(_TOKEN, token_hash)
    if row is None or row["deleted_at"] is not None:
        return None
    closed = row["closed_at"] is not None or row["suspended_at"] is not None
    state: AccountState = "disabled" if closed else ("ready" if row["login"] is None else _state(row))
    return Token(
        id=row["id"],
        app=row["app"],
        account=row["account"],
        scopes=scopes.read(row["scopes"]),
        state=state,
        role=row["role"] or "",
        filters=row["filters"] or 0,
    )


async def find_session(reader: Reader, session_hash: str) -> Session | None:
    """The session with this digest; None where it never was or is over (14 days unused, 90 days old)."""
    row = await reader.one(_SESSION, session_hash)
    if row is None or reader.now >= min(row["seen_at"] + SESSION_IDLE, row["created_at"] + SESSION_LIFE):
        return None
    accounts = await reader.all(_ACCOUNTS, row["login"])
    closed = await reader.all(_CLOSED, row["login"])
    return Session(
        hash=row["hash"],
        login=row["login"],
        authenticated_at=row["authenticated_at"],
        seen_at=row["seen_at"],
        state=_state(row),
        accounts=tuple(SessionAccount(account["id"], account["username"], account["role"]) for account in accounts),
        closed=tuple(SessionAccount(account["id"], account["username"], account["role"]) for account in closed),
    )


@one_statement
async def find_app(reader: Reader, client_id: str) -> OAuthApp | None:
    """The app that calls itself this."""
    row = await reader.one("SELECT * FROM apps WHERE client_id = $1", client_id)
    return None if row is None else _app(row)


@one_statement
async def app_by_id(reader: Reader, app: int) -> OAuthApp | None:
    """The app of a token; None where it is gone, or the token was made by a command."""
    row = await reader.one("SELECT * FROM apps WHERE id = $1", app)
    return None if row is None else _app(row)


async def find_login(reader: Reader, name: str) -> PasswordLogin | None:
    """The login with this address, or the one an account of this name belongs to."""
    if "@" in name.strip("@"):
        row = await reader.one(_LOGIN + "WHERE g.email_key = $1", name.lower())
    else:
        row = await reader.one(_LOGIN + _BY_NAME, name.strip("@").lower())
    if row is None:
        return None
    accounts = await reader.all(_ACCOUNTS, row["id"])
    return PasswordLogin(row["id"], row["password_hash"], accounts[0]["id"] if accounts else None, _state(row))


def _state(row: Row) -> AccountState:
    if row["confirmed_at"] is None:
        return "unconfirmed"
    if row["approved_at"] is None:
        return "pending"
    return "ready" if row["disabled_at"] is None else "disabled"


def _app(row: Row) -> OAuthApp:
    return OAuthApp(
        id=row["id"],
        client_id=row["client_id"],
        secret_hash=row["secret_hash"],
        name=row["name"],
        website=row["website"],
        redirect_uris=tuple(json.parse(row["redirect_uris"])),
        scopes=scopes.read(row["scopes"]),
    )
