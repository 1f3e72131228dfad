"""The line under a permit is the server's own: nobody else's text may pass for it."""

import pytest

from fedicert.text.permits import OPENING, chip, imitates, permit_line


@pytest.mark.law("8.5")
@pytest.mark.parametrize(
    "text",
    [
        f"{OPENING}: x",
        "under   LICENSE : x",
        "Und\u0435r lic\u0435nce\uff1ax",
        "> Under licence: foo",
        "Hello\n**Under Licence**: a",
        "Un\u200bder lice\u00adnce: x",
    ],
)
def test_look_alikes_are_seen(text: str) -> None:
    assert imitates(text)


@pytest.mark.parametrize(
    "text", ["Under licence, one may", "I am under licence: yes", "licence: MIT", "Underlicensed: me"]
)
def test_other_words_are_free(text: str) -> None:
    assert not imitates(text)


def test_the_line_is_safe_and_names_the_issuer() -> None:
    line = permit_line("A <b>", 'The "Board"', "https://h.example/@a/licences/1?x=1&y=2")
    assert "<b>" not in line and "issued by The &quot;Board&quot;" in line and "&amp;y=2" in line
    assert chip("Electrician", "The Board", "valid") == "Electrician, The Board"
    assert chip("Electrician", "The Board", "pending") == ""
