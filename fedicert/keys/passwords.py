"""Passwords: argon2id hashes and the rules for new ones. Hashing costs 20 ms and 19 MiB; run it through `keys.pool`.

No composition rules and no truncation. A login of nobody is checked against a dummy hash, so that it takes as long.
"""

import unicodedata
from collections.abc import Iterable
from functools import lru_cache

from argon2 import Type
from argon2.exceptions import Argon2Error, InvalidHashError
from argon2.low_level import hash_secret, verify_secret

from fedicert.base.errors import Unprocessable
from fedicert.base.ids import Entropy
from fedicert.keys.common_passwords import COMMON

TIME_COST = 2
MEMORY_KIB = 19_456
LANES = 1
SALT_BYTES = 16
HASH_BYTES = 32

MIN_LENGTH = 12
MAX_LENGTH = 128

# Nobody's password: the hash of an unguessable text at the parameters above, made once per process.
_DUMMY_SALT = b"nobody's salt, 16"[:SALT_BYTES]
_AROUND = "0123456789!?.,;:-_*#+$%&/()=@ "
_MIRRORED = str.maketrans("@0134579$!", "aoleastgsi")


def hash_password(password: str, entropy: Entropy) -> str:
    """The encoded argon2id hash, its parameters within."""
    return _hash(password, entropy.bytes(SALT_BYTES))


def check_password(stored: str | None, password: str) -> bool:
    """Whether it is the one. `None`, an account without a password or nobody's, costs as much and is always no."""
    encoded = stored if stored else _dummy()
    try:
        right = verify_secret(encoded.encode(), _bytes(password), Type.ID)
    except (Argon2Error, InvalidHashError):
        return False
    return right and bool(stored)


def is_outdated(stored: str) -> bool:
    """Whether a hash was made with other parameters, to be made anew at the next login."""
    return not stored.startswith(f"$argon2id$v=19$m={MEMORY_KIB},t={TIME_COST},p={LANES}$")


def check_rules(password: str, *, about: Iterable[str] = (), off: bool = False) -> None:
    """Raise `Unprocessable` where a new password is too short, too long or among the first that anybody would try.

    `about`: words that everybody knows of the person (user name, address, host). `off`: for closed test instances;
    then anything that isn't empty goes.
    """
    if "\x00" in password or not _encodable(password):
        raise _refused("ERR_INVALID", "has characters that can't be typed")
    if off:
        if not password:
            raise _refused("ERR_BLANK", "can't be blank")
        return
    length = len(unicodedata.normalize("NFC", password))
    if length < MIN_LENGTH:
        raise _refused("ERR_TOO_SHORT", f"is too short (at least {MIN_LENGTH} characters)")
    if length > MAX_LENGTH:
        raise _refused("ERR_TOO_LONG", f"is too long (at most {MAX_LENGTH} characters)")
    if _is_common(password) or any(_leans_on(password, word) for word in about):
        raise _refused("ERR_TOO_COMMON", "is one of the first that would be tried: choose another")


def _refused(code: str, sentence: str) -> Unprocessable:
    return Unprocessable(f"Validation failed: Password {sentence}", {"password": [(code, sentence)]})


def _is_common(password: str) -> bool:
    """In the list as it stands, without digits and signs at its ends, with letters for look-alikes, or repeated."""
    folded = unicodedata.normalize("NFKC", password).casefold()
    squeezed = "".join(character for character in folded if not character.isspace())
    for text in (folded, squeezed, squeezed.strip(_AROUND).translate(_MIRRORED)):
        core = text.strip(_AROUND)
        if text in COMMON or core in COMMON or not core or len(set(text)) < 4:
            return True
        unit = _repeated(core)
        if unit is not None and (unit in COMMON or len(unit) < 6):
            return True
    return False


def _leans_on(password: str, word: str) -> bool:
    """Little more than a word that everybody knows."""
    folded, known = password.casefold(), word.casefold()
    return len(known) > 3 and known in folded and len(folded.replace(known, "")) < 5


def _repeated(text: str) -> str | None:
    """The unit that a text is made of by repetition, or None."""
    at = (text + text).find(text, 1)
    return text[:at] if 0 < at < len(text) else None


def _encodable(password: str) -> bool:
    try:
        password.encode()
    except UnicodeEncodeError:
        return False
    return True


def _bytes(password: str) -> bytes:
    return unicodedata.normalize("NFC", password).encode("utf-8", "surrogatepass")


def _hash(password: str, salt: bytes) -> str:
    return hash_secret(_bytes(password), salt, TIME_COST, MEMORY_KIB, LANES, HASH_BYTES, Type.ID).decode()


@lru_cache(maxsize=1)
def _dummy() -> str:
    return _hash("nobody has this password", _DUMMY_SALT)
