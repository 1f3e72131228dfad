"""Names that try to look like something else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from fedicert.text import names
from fedicert.text.names import display_domain, display_handle, safe_display_name


@pytest.mark.parametrize(
    ("name", "safe"),
    [
        ("Ada\u202ekcatta", "Adakcatta"),
        ("a\u200bd\u2060a\ufeff", "ada"),
        ("a\u200dd\u200ca", "ada"),
        ("👩‍👩‍👧 fam", "👩‍👩‍👧 fam"),
        ("می‌خواهم", "می‌خواهم"),
        ("line\nbreak\tand  gap", "line break and gap"),
        ("\u3164\u2800\u115f", ""),
        ("Z" + "\u0301" * 30, "Z" + "\u0301" * 4),
        ("x\ud800\x07", "x"),
        ("❤️ José", "❤️ José"),
    ],
)
def test_display_names(name: str, safe: str) -> None:
    assert safe_display_name(name) == safe


def test_long_names_are_cut() -> None:
    assert len(safe_display_name("x" * 10_000)) == 2_048


@given(st.text(max_size=60))
def test_a_safe_name_is_safe(name: str) -> None:
    safe = safe_display_name(name)
    assert safe_display_name(safe) == safe
    assert not set(safe) & set("\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069\u200b\n")


@pytest.mark.parametrize(
    ("domain", "shown"),
    [
        ("xn--bcher-kva.example", "bücher.example"),
        ("xn--80ak6aa92e.com", "xn--80ak6aa92e.com"),
        ("аpple.com", "xn--pple-43d.com"),
        ("xn--e1afmkfd.xn--p1ai", "пример.рф"),
        ("xn--fsqu00a.xn--0zwm56d", "例子.测试"),
        ("xn--zzzzz99999", "xn--zzzzz99999"),
        ("EXAMPLE.com", "example.com"),
        ("localhost:8000", "localhost:8000"),
    ],
)
def test_domains(domain: str, shown: str) -> None:
    assert display_domain(domain) == shown


def test_handles() -> None:
    assert display_handle("ada", "") == "@ada"
    assert display_handle("ada", "far.example") == "@ada@far.example"
    assert display_handle("аdmin", "far.example") == "@xn--dmin-43d@far.example"


@pytest.mark.parametrize(
    "name",
    [
        "Licence",
        "LICENSE: x",
        "Iicence, as checked here",
        "1icence: M.D.",
        "Lícence",
        "Ⅼicence",
        "Lіcеnсe",
        "|icence",
        "L\u200bicence",
    ],
)
def test_what_looks_like_a_field_of_the_servers_is_one(name):
    assert names.is_licence_field(name)


@pytest.mark.parametrize(
    "name", ["Iicence, as checked here", "Licéncе, as chécked", "LICENCE — verifıed", "Licence 1s hеre"]
)
def test_what_looks_like_our_own_finding_is_one(name):
    assert names.looks_checked(name)


@pytest.mark.parametrize("name", ["Pronouns", "License to cook?", "Driving licence", "Licences"])
def test_what_doesnt_isnt(name):
    assert not names.looks_checked(name)


@pytest.mark.law("8.5")
@pytest.mark.parametrize(
    "name",
    ["Reach", "R e a c h", "Rea\u200bch", "Reаch", "Reᴀch", "ʀᴇᴀᴄʜ", "🆁🅴🅰🅲🅷", "🅡🅔🅐🅒🅗", "🇷🇪🇦🇨🇭", "ЯEACH", "Ɍeach", "Ŧier", "Тier",
     "Tɪᴇʀ", "𝕋ier", "Łicence", "Ɫicence"],
)  # fmt: skip
def test_what_looks_like_a_field_of_the_own_view_is_one(name: str) -> None:
    assert names.is_server_field(name)


@pytest.mark.law("8.5")
@pytest.mark.parametrize(
    "name",
    ["limits", "Iimits", "l1mits", "lirnits", "limits2", "limits_1", "limits0", "limitss", "🅻imits", "🇱imits", "Łimits", "ɫimits", "ꞁimits",
     "limiƭs", "The Limits", "Limits (home.example)", "Limits · home.example", "limits @ home.example", "2limits", "limits 24"],
)  # fmt: skip
def test_what_looks_like_the_limits_account_is_one(name: str) -> None:
    assert names.looks_like_limits(name)


@pytest.mark.parametrize(
    "name",
    ["No limits", "Sky limits", "Reach me at", "Teacher", "limitless", "Tiers of joy", "Zoë 2", "🇩🇪", "a.b.example"],
)
def test_other_names_are_anybodys(name: str) -> None:
    assert not names.looks_like_limits(name) and not names.is_server_field(name)
