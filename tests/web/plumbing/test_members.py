"""Pages for people who logged in: the way back to them leads nowhere else."""

from fedicert.web.oauth.authorize import read_return_to


def test_only_our_own_pages_are_gone_back_to() -> None:
    assert read_return_to("/settings/reach?account=ada") == "/settings/reach?account=ada"
    assert read_return_to("/admin/ladder") == "/admin/ladder"
    assert read_return_to("/settings") == "/settings"
    for other in (
        "//evil.example/settings/reach",
        "/settings//evil",
        "/settingsx",
        "/settings/",
        "https://evil.example",
        "/settings/../x",
        "/x",
    ):
        assert read_return_to(other) == "/"
