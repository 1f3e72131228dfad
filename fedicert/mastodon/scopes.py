"""OAuth scopes of the client API: which there are, what one grants, and how they are written.

A parent grants all its children; `follow` is the old name of six; `admin:*` is granted by nothing but itself or its
own parent (the client API §2).
"""

from functools import lru_cache

DEFAULT = "read"

_READ = (
    "accounts", "blocks", "bookmarks", "collections", "favourites", "filters", "follows", "lists", "mutes",
    "notifications", "search", "statuses",
)  # fmt: skip
_WRITE = (
    "accounts", "blocks", "bookmarks", "collections", "conversations", "favourites", "filters", "follows", "lists",
    "media", "mutes", "notifications", "reports", "statuses",
)  # fmt: skip
_ADMIN = (
    "accounts", "reports", "domain_allows", "domain_blocks", "ip_blocks", "email_domain_blocks",
    "canonical_email_blocks",
)  # fmt: skip

ALL: tuple[str, ...] = (
    "read", *(f"read:{name}" for name in _READ),
    "write", *(f"write:{name}" for name in _WRITE),
    "follow", "push", "profile",
    "admin:read", *(f"admin:read:{name}" for name in _ADMIN),
    "admin:write", *(f"admin:write:{name}" for name in _ADMIN),
)  # fmt: skip
"""Every scope there is, in the order they are shown."""

_KNOWN = frozenset(ALL)
_FOLLOW = frozenset(f"{verb}:{noun}" for verb in ("read", "write") for noun in ("blocks", "follows", "mutes"))

_WORDS = {
    "read": "Read everything you can see here: posts, people, notifications, settings",
    "write": "Act as you: post, follow, favourite, change your profile and settings",
    "follow": "Follow, mute and block people for you",
    "push": "Send you notifications",
    "profile": "Know who you are: your name and picture",
    "admin:read": "Read what this server's staff can read, as far as your role goes",
    "admin:write": "Do what this server's staff can do, as far as your role goes",
}


@lru_cache(maxsize=512)
def read(text: str) -> frozenset[str]:
    """The scopes in a text, separated by spaces or plus signs; unknown ones included, for the caller to refuse."""
    return frozenset(text.replace("+", " ").split())


def write(scopes: frozenset[str]) -> str:
    """The scopes as one text, in their own order."""
    return " ".join(scope for scope in ALL if scope in scopes)


def unknown(scopes: frozenset[str]) -> list[str]:
    """Those that don't exist."""
    return sorted(scopes - _KNOWN)


@lru_cache(maxsize=4096)
def grants(granted: frozenset[str], needed: str) -> bool:
    """Does a token with these scopes give what is needed?"""
    if needed in granted:
        return True
    if "follow" in granted and needed in _FOLLOW:
        return True
    parent, separator, _ = needed.rpartition(":")
    return bool(separator) and grants(granted, parent)


def within(asked: frozenset[str], allowed: frozenset[str]) -> bool:
    """Is everything asked for allowed?"""
    return all(grants(allowed, scope) for scope in asked)


def in_words(scopes: frozenset[str]) -> list[str]:
    """What the scopes mean to the person asked to grant them; a child is named under its parent's words."""
    told = []
    for scope in ALL:
        if scope not in scopes:
            continue
        parent = scope.rpartition(":")[0]
        if scope in _WORDS:
            told.append(_WORDS[scope])
        elif parent not in scopes:
            verb = {"read": "Read your", "write": "Change your"}.get(parent, "Staff:")
            noun = scope.rpartition(":")[2].replace("_", " ")
            told.append(f"{verb} {noun}" if verb != "Staff:" else f"{_WORDS[parent]}: {noun} only")
    return told
