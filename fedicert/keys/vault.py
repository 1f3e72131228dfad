"""Secrets at rest: AES-256-GCM under one master key, each bound to the row it is stored in.

The master key is in a file (mode 0600), never in the database or its backups; sealing protects those, not a live
machine. A row's text moved to another row doesn't open.
"""

import os
import stat
from collections.abc import Mapping
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from fedicert.base.errors import ConfigError
from fedicert.base.ids import Entropy

FILE_VARIABLE = "FEDICERT_MASTER_KEY_FILE"
FILE_NAME = "master.key"
KEY_BYTES = 32

_VERSION = b"\x01"
_NONCE_BYTES = 12


class Vault:
    """Seals and opens with one master key."""

    def __init__(self, master: bytes, entropy: Entropy) -> None:
        if len(master) != KEY_BYTES:
            raise ConfigError(f"The master key has {len(master)} bytes, not {KEY_BYTES}")
        self._aead = AESGCM(master)
        self._entropy = entropy

    def seal(self, row: int | str, secret: bytes) -> bytes:
        """The sealed form for the row with this id: version, nonce, ciphertext and tag."""
        nonce = self._entropy.bytes(_NONCE_BYTES)
        return _VERSION + nonce + self._aead.encrypt(nonce, secret, _bound(row))

    def open(self, row: int | str, sealed: bytes) -> bytes:
        """The secret again. Raises `ConfigError` where another master key or another row sealed it."""
        if sealed[:1] != _VERSION or len(sealed) < 1 + _NONCE_BYTES + 16:
            raise ConfigError("A sealed secret in the database is damaged")
        nonce, text = sealed[1 : 1 + _NONCE_BYTES], sealed[1 + _NONCE_BYTES :]
        try:
            return self._aead.decrypt(nonce, text, _bound(row))
        except InvalidTag:
            raise ConfigError(
                f"A secret doesn't open with this master key: bring back the {FILE_NAME} that belongs to this "
                f"database, or name it in {FILE_VARIABLE}"
            ) from None


def open_vault(data: Path, entropy: Entropy, environment: Mapping[str, str], *, create: bool = False) -> Vault:
    """The vault of an installation: the file named by `FEDICERT_MASTER_KEY_FILE`, else `data/master.key`.

    `create`: make `data/master.key` where it isn't there (first start). Raises `ConfigError` where the file is
    missing, has the wrong size or can be read by others.
    """
    named = environment.get(FILE_VARIABLE)
    path = Path(named) if named else data / FILE_NAME
    if not path.exists() and not named and create:
        _create(path, entropy.bytes(KEY_BYTES), entropy.bytes(8).hex())
    try:
        master = path.read_bytes()
        mode = path.stat().st_mode
    except OSError as error:
        raise ConfigError(f"The master key {path} can't be read: {error.strerror or error}") from None
    if mode & (stat.S_IRWXG | stat.S_IRWXO):
        raise ConfigError(f"The master key {path} can be read by others: chmod 600 {path}")
    if len(master) != KEY_BYTES:
        raise ConfigError(f"The master key {path} has {len(master)} bytes, not {KEY_BYTES}")
    return Vault(master, entropy)


def _bound(row: int | str) -> bytes:
    return f"fedicert:{row}".encode()


def _create(path: Path, master: bytes, mark: str) -> None:
    """Whole or not at all, and on the disk: whoever loses this file loses every key.

    `mark`: no other process writes to the same new file, which after the link is the key itself.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f"{path.name}.{mark}.new")
    handle = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    try:
        os.write(handle, master)
        os.fsync(handle)
    finally:
        os.close(handle)
    try:
        os.link(fresh, path)  # never over a key that another process made meanwhile
    except FileExistsError:
        pass
    finally:
        os.unlink(fresh)
    directory = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
