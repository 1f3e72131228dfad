"""Secrets at rest, key pairs, passwords and tokens."""

import asyncio
import hashlib
import os
import subprocess
import sys
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from fedicert.base.errors import ConfigError, RemoteInvalid, Unprocessable
from fedicert.base.ids import SystemEntropy
from fedicert.keys import pairs, passwords, tokens, verify
from fedicert.keys.pool import HASHES_AT_ONCE, KeyPool
from fedicert.keys.vault import FILE_VARIABLE, Vault, open_vault
from fedicert.proofs.messages import ED25519, RSA

ENTROPY = SystemEntropy()
MASTER = bytes(range(32))


class TestVault:
    def test_opens_what_it_sealed_and_nothing_else(self) -> None:
        vault = Vault(MASTER, ENTROPY)
        sealed = vault.seal(7, b"secret")
        assert b"secret" not in sealed
        assert vault.open(7, sealed) == b"secret"
        assert vault.seal(7, b"secret") != sealed
        with pytest.raises(ConfigError):
            vault.open(8, sealed)
        with pytest.raises(ConfigError, match="master key"):
            Vault(bytes(32), ENTROPY).open(7, sealed)

    def test_any_changed_byte_is_found(self) -> None:
        vault = Vault(MASTER, ENTROPY)
        sealed = vault.seal("x", b"secret")
        for at in range(len(sealed)):
            with pytest.raises(ConfigError):
                vault.open("x", sealed[:at] + bytes([sealed[at] ^ 1]) + sealed[at + 1 :])
        for length in range(len(sealed)):
            with pytest.raises(ConfigError):
                vault.open("x", sealed[:length])

    def test_the_file_is_made_once_and_private(self, tmp_path: Path) -> None:
        data = tmp_path / "data"
        with pytest.raises(ConfigError, match=r"master\.key"):
            open_vault(data, ENTROPY, {})
        sealed = open_vault(data, ENTROPY, {}, create=True).seal(1, b"x")
        file = data / "master.key"
        assert file.stat().st_mode & 0o777 == 0o600
        assert open_vault(data, ENTROPY, {}, create=True).open(1, sealed) == b"x"
        assert os.listdir(data) == ["master.key"]
        file.chmod(0o640)
        with pytest.raises(ConfigError, match="chmod 600"):
            open_vault(data, ENTROPY, {})
        file.chmod(0o600)
        file.write_bytes(b"short")
        with pytest.raises(ConfigError, match="5 bytes"):
            open_vault(data, ENTROPY, {})

    def test_the_environment_may_name_another_file(self, tmp_path: Path) -> None:
        file = tmp_path / "elsewhere"
        with pytest.raises(ConfigError):
            open_vault(tmp_path, ENTROPY, {FILE_VARIABLE: str(file)}, create=True)
        file.write_bytes(MASTER)
        file.chmod(0o400)
        sealed = Vault(MASTER, ENTROPY).seal(1, b"x")
        assert open_vault(tmp_path, ENTROPY, {FILE_VARIABLE: str(file)}).open(1, sealed) == b"x"


class TestPairs:
    @pytest.mark.parametrize(("make", "algorithm"), [(pairs.new_rsa, RSA), (pairs.new_ed25519, ED25519)])
    def test_sign_and_verify(self, make, algorithm: str) -> None:
        pair = make()
        signature = pairs.sign(pair.secret, b"base")
        assert pair.algorithm == algorithm
        assert verify.verify(pair.public, b"base", signature, algorithm)
        assert verify.verify(pair.public, b"base", signature)
        assert not verify.verify(pair.public, b"Base", signature)
        assert not verify.verify(pair.public, b"base", signature[:-1])
        assert not verify.verify(pair.public, b"base", b"")
        other = ED25519 if algorithm == RSA else RSA
        assert not verify.verify(pair.public, b"base", signature, other)
        assert not verify.verify(make().public, b"base", signature)
        assert repr(pair.secret) not in repr(pair)
        assert pairs.load_private(pair.secret) is pairs.load_private(bytes(pair.secret))

    def test_a_batch_keeps_its_order(self) -> None:
        pair, other = pairs.new_ed25519(), pairs.new_ed25519()
        signed = pairs.sign_batch([(pair.secret, b"a"), (other.secret, b"b")])
        assert verify.verify(pair.public, b"a", signed[0])
        assert verify.verify(other.public, b"b", signed[1])

    def test_keys_that_are_not_ours(self) -> None:
        curve = ec.generate_private_key(ec.SECP256R1())
        secret = curve.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())
        for text in (b"", b"nonsense", secret):
            with pytest.raises(ConfigError):
                pairs.load_private(text)

    @pytest.mark.parametrize("bits", [1024, 2047])
    def test_weak_rsa_is_refused(self, bits: int) -> None:
        key = rsa.generate_private_key(65537, bits)
        pem = key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        with pytest.raises(RemoteInvalid, match=f"{bits} bits"):
            verify.load_public(pem)
        assert not verify.verify(pem, b"x", pairs.sign(_der(key), b"x"))

    def test_huge_rsa_is_refused(self) -> None:
        numbers = rsa.RSAPublicNumbers(65537, (1 << 8192) + 1)
        pem = numbers.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        with pytest.raises(RemoteInvalid):
            verify.load_public(pem)

    @pytest.mark.parametrize("text", ["", "z", "z6Mk", "zzz", "-----BEGIN PUBLIC KEY-----", "a" * 20_000, "é"])
    def test_what_is_no_key(self, text: str) -> None:
        with pytest.raises(RemoteInvalid):
            verify.load_public(text)
        assert not verify.verify(text, b"x", b"y")

    def test_other_kinds_are_refused(self) -> None:
        curve = ec.generate_private_key(ec.SECP256R1()).public_key()
        pem = curve.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo).decode()
        with pytest.raises(RemoteInvalid, match="neither"):
            verify.load_public(pem)


def _der(key: rsa.RSAPrivateKey) -> bytes:
    return key.private_bytes(Encoding.DER, PrivateFormat.PKCS8, NoEncryption())


class TestPasswords:
    def test_right_wrong_and_nobody(self) -> None:
        stored = passwords.hash_password("correct einhorn battery", ENTROPY)
        assert stored.startswith("$argon2id$v=19$m=19456,t=2,p=1$")
        assert not passwords.is_outdated(stored)
        assert passwords.is_outdated(stored.replace("t=2", "t=1"))
        assert passwords.check_password(stored, "correct einhorn battery")
        assert not passwords.check_password(stored, "correct einhorn batter")
        assert not passwords.check_password(None, "nobody has this password")
        assert not passwords.check_password("", "")
        assert not passwords.check_password("nonsense", "x")

    def test_spelling_of_one_character_does_not_matter_nor_length(self) -> None:
        stored = passwords.hash_password("schlüssel" * 14, ENTROPY)
        assert passwords.check_password(stored, "schlu\u0308ssel" * 14)
        assert not passwords.check_password(stored, "schlüssel" * 13 + "schlüsse")

    @pytest.mark.parametrize(
        "password",
        [
            "einhorn im regen",
            "vT7-pöXq2kLm",
            "aaaabbbbccccdddd" + "e",
            "ßßßßmerkwürdig",
            "🦄🌧🧦🪣🦄🌧🧦🪣🌻🌵🍀🌴",
            "x" * 20 + "yzäö" * 27,
        ],
    )
    def test_good_ones(self, password: str) -> None:
        passwords.check_rules(password, about=["ada", "example.org"])

    @pytest.mark.parametrize(
        ("password", "code"),
        [
            ("", "ERR_TOO_SHORT"),
            ("elevenchars", "ERR_TOO_SHORT"),
            ("x" * 129, "ERR_TOO_LONG"),
            ("password1234", "ERR_TOO_COMMON"),
            ("PASSWORD!!!!", "ERR_TOO_COMMON"),
            ("p@ssw0rd12345", "ERR_TOO_COMMON"),
            ("123456789012", "ERR_TOO_COMMON"),
            ("aaaaaaaaaaaaa", "ERR_TOO_COMMON"),
            ("abababababab", "ERR_TOO_COMMON"),
            ("qwertyuiop123", "ERR_TOO_COMMON"),
            ("monkeymonkey", "ERR_TOO_COMMON"),
            ("i love you 123", "ERR_TOO_COMMON"),
            ("correct horse battery staple", "ERR_TOO_COMMON"),
            ("adalovelace12", "ERR_TOO_COMMON"),
            ("www.example.org", "ERR_TOO_COMMON"),
            ("good\x00password!", "ERR_INVALID"),
            ("good\ud800password!", "ERR_INVALID"),
        ],
    )
    def test_bad_ones(self, password: str, code: str) -> None:
        with pytest.raises(Unprocessable) as caught:
            passwords.check_rules(password, about=["adalovelace", "example.org", "ada"])
        assert caught.value.details["password"][0][0] == code

    def test_the_rules_can_be_off(self) -> None:
        passwords.check_rules("x", off=True)
        with pytest.raises(Unprocessable):
            passwords.check_rules("", off=True)

    def test_the_list_is_not_small(self) -> None:
        assert len(passwords.COMMON) > 500


class TestTokens:
    def test_long_different_and_hashed(self) -> None:
        made = {tokens.new_token(ENTROPY) for _ in range(100)}
        assert len(made) == 100
        assert {len(token) for token in made} == {43}
        token = made.pop()
        assert tokens.token_hash(token) == hashlib.sha256(token.encode()).hexdigest()
        assert tokens.same(token, token)
        assert not tokens.same(token, token[:-1])
        assert len(tokens.token_hash("\ud800")) == 64


class TestPool:
    async def test_does_it_all_beside_the_loop(self) -> None:
        pool = KeyPool(ENTROPY)
        pair = await pool.new_ed25519()
        assert verify.verify(pair.public, b"x", await pool.sign(pair.secret, b"x"))
        assert len(await pool.sign_batch([(pair.secret, b"x")] * 3)) == 3
        assert (await pool.new_rsa()).algorithm == RSA
        stored = await pool.hash_password("einhorn im regen")
        assert await pool.check_password(stored, "einhorn im regen")
        assert not await pool.check_password(None, "einhorn im regen")
        pool.close()

    async def test_at_most_two_hashes_at_once(self, monkeypatch: pytest.MonkeyPatch) -> None:
        pool = KeyPool(ENTROPY, threads=8)
        now, most = 0, 0

        async def slow(*_: object, **__: object) -> bool:
            nonlocal now, most
            now += 1
            most = max(most, now)
            await asyncio.sleep(0.001)
            now -= 1
            return True

        monkeypatch.setattr(pool, "run", slow)
        await asyncio.gather(*(pool.check_password("x", "y") for _ in range(20)))
        assert most == HASHES_AT_ONCE
        pool.close()


def test_signing_does_not_import_argon2() -> None:
    code = "import sys, fedicert.keys.pairs; assert not [m for m in sys.modules if 'argon2' in m or 'httpcore' in m]"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
