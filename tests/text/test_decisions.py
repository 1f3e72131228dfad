"""Sentences of the ledger, where what they say is no longer kept."""

from fedicert.text.decisions import NO_MOMENT, NOT_KEPT, sentence


def test_a_moment_that_was_forgotten_is_said_to_be() -> None:
    said = sentence("grace_begun", {}, {"count": 4, "cap": 3, "until": ""})
    assert said == f"The audience is 4, the cap 3: grace began, until {NO_MOMENT}."
    assert "15 March 2026, 12:00 UTC" in sentence("grace_begun", {}, {"count": 4, "cap": 3, "until": 1_773_576_000_000})


def test_a_number_that_was_forgotten_is_said_to_be() -> None:
    assert sentence("admitted", {"follower": "@a@b.example"}, {"count": 4, "cap": ""}) == (
        f"@a@b.example follows and was admitted: 4 of {NOT_KEPT}."
    )
