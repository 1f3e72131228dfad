"""The fields by which the own view of an account tells what its owner may (law 8), in the owner's language.

Only the owner is shown them; in what is sent back they are known by their names, which are nobody else's to use here.
"""

from collections.abc import Sequence

from fedicert.model.accounts import FieldRow

FALLBACK = "en"
NAMES = {"en": ("Reach", "Tier"), "de": ("Reichweite", "Stufe")}
"""Language → the names of the fields."""

_UNLIMITED = {"en": "{count} (no limit)", "de": "{count} (ohne Grenze)"}


def languages(locale: str, writes_in: str) -> tuple[str, ...]:
    """What somebody reads, the likeliest first. English is what a login has whose owner never chose, so that the language
    they write in goes before it."""
    chosen = "" if locale.startswith("en") else locale
    return tuple(language for language in (chosen, writes_in, locale) if language)


def own_fields(wanted: Sequence[str], count: int, cap: int | None, tier: str) -> tuple[FieldRow, ...]:
    """`Reach 131/150`, `Tier personal`."""
    known = (tag.partition("-")[0] for tag in wanted)
    language = next((language for language in known if language in NAMES), FALLBACK)
    reach, rung = NAMES[language]
    said = _UNLIMITED[language].format(count=count) if cap is None else f"{count}/{cap}"
    return FieldRow(reach, said), FieldRow(rung, tier)
