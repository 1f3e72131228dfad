"""Names that can't be mistaken: nothing that turns the reading order or shows nothing, no borrowed alphabets.

Changes only how a name is shown, never what an account is called.
"""

import unicodedata
from itertools import chain

import regex

from fedicert.text.own_fields import NAMES

MAX_MARKS = 4

# Bidirectional controls, invisible signs, fillers that look like nothing, and tag characters.
_HIDDEN = regex.compile(
    r"[\u00ad\u034f\u061c\u115f\u1160\u17b4\u17b5\u180b-\u180f\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\u2800"
    r"\u3164\ufe00-\ufe0e\ufeff\uffa0\ufff0-\ufffb\U0001d173-\U0001d17a\U000e0000-\U000e0fff]|\p{Cc}|\p{Cs}|\p{Co}"
)
# Joiners have work to do inside emoji and in scripts that join letters; elsewhere they only make look-alikes.
_IDLE_JOINER = regex.compile(
    r"(?<![\p{Emoji_Presentation}\p{Extended_Pictographic}\p{M}\p{Arabic}\p{Devanagari}\p{Bengali}\p{Gurmukhi}"
    r"\p{Gujarati}\p{Oriya}\p{Tamil}\p{Telugu}\p{Kannada}\p{Malayalam}\p{Sinhala}\p{Mongolian}\p{Syriac}\ufe0f])"
    r"[\u200c\u200d]+"
)
_EDGE_JOINER = regex.compile(r"[\u200c\u200d]+(?=\s|$)")
_TOO_MANY_MARKS = regex.compile(rf"(\p{{M}}{{{MAX_MARKS}}})\p{{M}}+")

_SCRIPTS = (
    "Latin", "Cyrillic", "Greek", "Armenian", "Hebrew", "Arabic", "Han", "Hiragana", "Katakana", "Hangul",
    "Bopomofo", "Thai", "Devanagari", "Bengali", "Tamil", "Telugu", "Georgian", "Ethiopic", "Cherokee",
)  # fmt: skip
_SCRIPT_PATTERNS = {name: regex.compile(rf"\p{{Script={name}}}") for name in _SCRIPTS}
_KNOWN_SCRIPTS = "".join(rf"\p{{Script={name}}}" for name in _SCRIPTS)
_OTHER_LETTER = regex.compile(rf"[\p{{L}}--[{_KNOWN_SCRIPTS}]]", regex.V1)
_TOGETHER = (
    {"Latin", "Han", "Hiragana", "Katakana"},
    {"Latin", "Han", "Hangul"},
    {"Latin", "Han", "Bopomofo"},
)  # UTS 39, "highly restrictive"
# Cyrillic and Greek letters that a Latin reader takes for Latin ones.
_LATIN_LOOKING = frozenset("аеорсухіјѕһԁԛԝвнкмтгпьѵӏοανικρτυχωєɡ")


# Letters that a Latin reader takes for Latin ones, after what compatibility and accents are is taken away: of Cyrillic,
# Greek, Armenian, Cherokee, Lisu, Coptic, and of the phonetic alphabet. `_folded_words` casefolds before.
_LOOKALIKES = {
    "a": "аαɑᎪꭺꓮⲁᴀ", "b": "ЬьᏏꓐʙ", "c": "сϲᏟꓚⲥᴄƈ", "d": "ԁᎠꓓᴅđ", "e": "еεᎬꓰⲉᴇ", "f": "ƒꓝꜰ", "g": "ɡԍᏀꓖɢ", "h": "һᎻꓧⲏհнʜħ",
    "i": "іιıɩᎥꙇⲓɪӏꓲ", "j": "јᎫꓙᴊ", "k": "кκᏦꓗⲕᴋ", "l": "Ꮮꓡⳑʟǀ∣łɫⱡꞁ", "m": "мᎷꓟⲙᴍ", "n": "νոпηꓠⲛɴ", "o": "оοօⲟᴏ",
    "p": "рρᏢꓑⲣᴘ", "q": "ԛ", "r": "гᎡꓣⲅʀяɍꞧ", "s": "ѕꜱʂᏚꓢ", "t": "тτᎢꓔⲧᴛŧƭ", "u": "υսᴜꓴ", "v": "ѵᏙꓦᴠ", "w": "ԝѡᎳꓪաᴡɯ",
    "x": "хχꓫⲭ", "y": "уγʏꓬⲩ", "z": "ᏃꓜᴢƵ",
}  # fmt: skip
_LOOKS_LATIN = {
    ord(folded): letter
    for letter, likes in _LOOKALIKES.items()
    for like in likes
    for folded in like.casefold()
    if len(folded) == 1
}
# Letters in dark circles and squares, and those of flags, have no compatibility form.
_FRAMED = {first + place: chr(ord("a") + place) for first in (0x1F150, 0x1F170, 0x1F1E6) for place in range(26)}
_ONE_STROKE = str.maketrans("i1|", "lll")
_ADDRESS = regex.compile(r"[\p{L}\p{N}-]+(?:\.[\p{L}\p{N}-]+)+")
_NUMBER_AT_END = regex.compile(r"\p{N}+(?![\p{L}\p{N}])")
_NUMBER_IN_FRONT = regex.compile(r"(?<![\p{L}\p{N}])\p{N}+")
_DIGITS = str.maketrans("05", "os")
_LICENCE = (["llcence"], ["llcense"], ["llcences"], ["llcenses"])
_CODE = ["code", "of", "responslblllty"]
_CHECKED = {"checked", "verlfled", "here"}
_PERMIT = ("permit", "permits", "under licence", "under license", "Erlaubnis", "unter Lizenz")
_BESIDE_LIMITS = (
    "a", "account", "accounts", "bot", "help", "info", "konto", "my", "notice", "notices", "of", "official", "our", "real",
    "server", "service", "support", "system", "team", "the", "this", "your",
)  # fmt: skip
"""Words with which a name is still that of the limits account."""


def safe_display_name(name: str, limit: int = 2_048) -> str:
    """A display name on one line, without hidden or reordering characters, cut to `limit`; may be ''."""
    name = _HIDDEN.sub("", name[: 4 * limit].replace("\n", " ").replace("\t", " "))
    name = _EDGE_JOINER.sub("", _IDLE_JOINER.sub("", name))
    name = _TOO_MANY_MARKS.sub(r"\1", name)
    return " ".join(name.split())[:limit].rstrip()


def is_permit_opening(text: str) -> bool:
    """Is this, or could it be taken for, the opening of the line that a server puts under a permit (law 6, 8)?"""
    words = _folded_words(text)
    return len(words) == 2 and words[0] == "under" and words[1:] in _LICENCE


def is_licence_field(name: str) -> bool:
    """Is this, or could it be taken for, the name of a field in which a server speaks of a licence, or of the code of
    responsibility that somebody signed (law 8)?"""
    words = _folded_words(name)
    return words[:1] in _LICENCE or words[:3] == _CODE


def looks_checked(name: str) -> bool:
    """The same, of the field in which a server says what it found itself."""
    return is_licence_field(name) and not _CHECKED.isdisjoint(_folded_words(name))


def is_server_field(name: str) -> bool:
    """Is this, or could it be taken for, the name of a field that is the server's to write: one about a licence or a
    permit, or one of the own view (law 8)? Only the whole name counts for the latter: `Reach me at` is anybody's."""
    return is_licence_field(name) or "".join(_folded_words(name)) in _OWN_FIELDS


def looks_like_limits(name: str, host: str = "") -> bool:
    """Could this name, of a handle or a shown one, be taken for that of the limits account (law 8)? `host`: our own."""
    # Whoever adds a number or an address to it, as this server does for strangers (`Limits (far.example)`), means it too.
    spoken = _ADDRESS.sub(" ", name)
    numbers = {_NUMBER_AT_END.sub("", one) for one in (name, spoken)}
    several = {name, spoken, *numbers, *(_NUMBER_IN_FRONT.sub("", one) for one in numbers)}
    return any(_is_limits(one, host) for one in several)


def _is_limits(name: str, host: str) -> bool:
    words = [_skeleton(word) for word in _folded_words(name)]
    beside = _BESIDE | {_skeleton(word) for word in _folded_words(host)}
    left = [word for word in words if word not in beside]
    return "".join(left) in _LIMITS or _LIMITS_JOINED.fullmatch("".join(words)) is not None


def _skeleton(word: str) -> str:
    return word.translate(_DIGITS).replace("rn", "m").replace("vv", "w")


def _folded_words(name: str) -> list[str]:
    # Without accents, and with the letters as one that are one stroke (law 8).
    letters = unicodedata.normalize("NFKD", safe_display_name(name).translate(_FRAMED)).casefold()
    folded = regex.sub(r"\p{M}", "", letters).translate(_LOOKS_LATIN).translate(_ONE_STROKE)
    return [word for word in regex.split(r"[^\p{L}\p{N}]+", folded) if word]


def display_domain(domain: str) -> str:
    """A host name for people: letters of one script as letters, anything that could mislead as punycode."""
    return ".".join(_display_label(label) for label in domain.lower().split("."))


def display_handle(username: str, domain: str) -> str:
    """`@user@domain` for people; the user name in a form of its own if it mixes scripts."""
    shown = username if username.isascii() or not _misleading(username) else _punycode(username)
    shown = _HIDDEN.sub("", shown)
    return f"@{shown}@{display_domain(domain)}" if domain else f"@{shown}"


def in_one_script(text: str) -> bool:
    """Is a name written in one alphabet (or in those that are used together), with nothing in it that doesn't show?

    What is asked of names that somebody signs: an office written half in Latin and half in Cyrillic letters is a mask.
    """
    if _HIDDEN.search(text) or _IDLE_JOINER.search(text):
        return False
    scripts = _scripts_of(text)
    return len(scripts) <= 1 or any(scripts <= together for together in _TOGETHER)


def _scripts_of(text: str) -> set[str]:
    scripts = {name for name, pattern in _SCRIPT_PATTERNS.items() if pattern.search(text)}
    if _OTHER_LETTER.search(text):
        scripts.add("other")
    return scripts


def _display_label(label: str) -> str:
    if label.startswith("xn--"):
        try:
            letters = label[4:].encode("ascii").decode("punycode")
        except (UnicodeError, ValueError):
            return label
        return label if _misleading(letters) or letters.lower() != letters else letters
    return label if label.isascii() or not _misleading(label) else _punycode(label)


def _punycode(label: str) -> str:
    try:
        return "xn--" + label.encode("punycode").decode("ascii")
    except UnicodeError:
        return label.encode("ascii", "replace").decode("ascii")


def _misleading(word: str) -> bool:
    if _HIDDEN.search(word) or regex.search(r"[\u200c\u200d\p{Z}\p{S}\p{P}--[_-]]", word, regex.V1):
        return True
    scripts = _scripts_of(word)
    if len(scripts) > 1:
        return not any(scripts <= together for together in _TOGETHER)
    letters = [character for character in word.lower() if character.isalpha()]
    return scripts <= {"Cyrillic", "Greek"} and bool(letters) and all(c in _LATIN_LOOKING for c in letters)


_OWN_FIELDS = {"".join(_folded_words(name)) for name in (*_PERMIT, *chain.from_iterable(NAMES.values()))}
_LIMITS = {"llmlts", "llmlt", "llmltss"}
_BESIDE = {_skeleton(word) for name in _BESIDE_LIMITS for word in _folded_words(name)}
_LIMITS_JOINED = regex.compile("(?:{0})*llmlts?(?:{0})*".format("|".join(sorted(_BESIDE, key=len, reverse=True))))
