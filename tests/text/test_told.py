"""The messages of the limits account: in English and German, with the same blanks, filled in by each language's rules."""

from string import Formatter

import pytest

from fedicert.text import told


def blanks(template: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(template) if name}


@pytest.mark.parametrize("kind", sorted(told.TEXTS))
def test_every_message_is_there_in_english_and_german_with_the_same_blanks(kind: str) -> None:
    texts = told.TEXTS[kind]
    assert {"en", "de"} <= texts.keys()
    assert {language: blanks(text) for language, text in texts.items()} == dict.fromkeys(texts, blanks(texts["en"]))
    assert all(len(text) < 900 for text in texts.values())


def test_numbers_and_the_words_that_go_with_them(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(told.TEXTS, "x", {"en": "{n:waits|wait}, {cap}", "de": "{n:wartet|warten}, {cap}"})
    assert told.text_of("x", "en", {"n": 1, "cap": 15_000}, ()) == "1 waits, 15,000"
    assert told.text_of("x", "de", {"n": 1_200, "cap": 15_000}, ()) == "1.200 warten, 15.000"


def test_so_many_are_named_and_the_others_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(told.TEXTS, "x", {"en": "{names}", "de": "{names}"})
    names = [f"@a{i}" for i in range(7)]
    assert told.text_of("x", "en", {}, names[:2]) == "@a0, @a1"
    assert told.text_of("x", "en", {}, names) == "@a0, @a1, @a2, @a3, @a4 and 2 more"
    assert told.text_of("x", "de", {}, names) == "@a0, @a1, @a2, @a3, @a4 und 2 weitere"


def test_the_language_is_the_first_that_there_is_a_text_in() -> None:
    assert told.language_of("reply", ("tr", "de-AT", "en")) == "de"
    assert told.language_of("reply", ("tr",)) == told.language_of("reply", ()) == "en"
