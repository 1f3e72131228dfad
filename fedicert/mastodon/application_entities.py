"""What clients learn of themselves: how they are registered, and the tokens they get."""

from fedicert.mastodon.entities import Entity


class CredentialApplication(Entity, frozen=True, kw_only=True):
    """A client as it registers: with its secret."""

    id: str
    name: str
    website: str | None
    redirect_uri: str
    redirect_uris: list[str]
    scopes: list[str]
    vapid_key: str
    client_id: str
    client_secret: str
    client_secret_expires_at: int


class RegisteredApplication(Entity, frozen=True, kw_only=True):
    """A client as it sees itself later: without its secret."""

    id: str
    name: str
    website: str | None
    redirect_uri: str
    redirect_uris: list[str]
    scopes: list[str]
    vapid_key: str


class Token(Entity, frozen=True, kw_only=True):
    """An access token; `created_at` is unix seconds."""

    access_token: str
    token_type: str
    scope: str
    created_at: int
