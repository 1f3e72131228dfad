import pytest

from fedicert.mastodon import scopes


@pytest.mark.parametrize(
    ("granted", "needed", "given"),
    [
        ("read", "read:statuses", True),
        ("read:statuses", "read:statuses", True),
        ("read:statuses", "read", False),
        ("write", "read:statuses", False),
        ("follow", "write:follows", True),
        ("follow", "read:mutes", True),
        ("follow", "write:statuses", False),
        ("read write follow push", "admin:read", False),
        ("read write", "admin:read:accounts", False),
        ("admin:read", "admin:read:accounts", True),
        ("admin:read", "admin:write:accounts", False),
        ("admin:read", "read", False),
        ("", "read", False),
    ],
)
def test_what_a_scope_grants(granted: str, needed: str, given: bool) -> None:
    assert scopes.grants(scopes.read(granted), needed) is given


def test_separators_and_order() -> None:
    assert scopes.read("write+read  push") == {"read", "write", "push"}
    assert scopes.write(scopes.read("write read:lists read")) == "read read:lists write"


def test_unknown_scopes_are_named() -> None:
    assert scopes.unknown(scopes.read("read nonsense write:nothing")) == ["nonsense", "write:nothing"]


def test_within() -> None:
    assert scopes.within(scopes.read("read:lists write"), scopes.read("read write"))
    assert not scopes.within(scopes.read("read write"), scopes.read("read"))


def test_every_scope_has_words() -> None:
    for scope in scopes.ALL:
        assert scopes.in_words(frozenset({scope}))
    assert len(scopes.in_words(scopes.read("read read:lists write"))) == 2
