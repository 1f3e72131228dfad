"""The rigs' own signatures: what they make they accept, and nothing that differs by one byte."""

import time
from pathlib import Path

import pytest

from fedicert.rigs.signatures import SignatureFault, check, load_keys, make_keys, parameters, public_key, signed_post

BODY = b'{"type": "Follow"}'


@pytest.fixture(scope="module")
def pool_file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "pool.pem"
    make_keys(path, 2)
    return path


def parts(request: bytes) -> tuple[str, dict[str, str], bytes]:
    head, _, body = request.partition(b"\r\n\r\n")
    first, *lines = head.decode().split("\r\n")
    return first.split()[1], {line.split(": ", 1)[0].lower(): line.split(": ", 1)[1] for line in lines}, body


def judge(path: str, headers: dict[str, str], body: bytes, pem: str, now: float | None = None) -> None:
    check(parameters(headers["signature"]), public_key(pem), path, headers, body, time.time() if now is None else now)


def test_the_pool_is_made_once_grows_and_stays_private(pool_file: Path) -> None:
    first = [key.public_pem for key in load_keys(pool_file)]
    assert [key.public_pem for key in make_keys(pool_file, 3)][:2] == first
    assert len(load_keys(pool_file)) == 3
    assert pool_file.stat().st_mode & 0o077 == 0


def test_a_signed_post_is_accepted_and_every_change_is_refused(pool_file: Path) -> None:
    key, other = load_keys(pool_file)[:2]
    path, headers, body = parts(signed_post(key.private, "http://a/u#k", "b:1", "/inbox", BODY))
    judge(path, headers, body, key.public_pem)
    changes = [
        (path, headers, body + b" ", key.public_pem, "digest"),
        (path + "x", headers, body, key.public_pem, "signature"),
        (path, {**headers, "host": "c:1"}, body, key.public_pem, "signature"),
        (path, headers, body, other.public_pem, "signature"),
        (path, {**headers, "date": "yesterday"}, body, key.public_pem, "date"),
        (path, {name: value for name, value in headers.items() if name != "host"}, body, key.public_pem, "missing"),
    ]
    for changed_path, changed, changed_body, pem, fault in changes:
        with pytest.raises(SignatureFault, match=fault):
            judge(changed_path, changed, changed_body, pem)


def test_an_old_request_is_refused(pool_file: Path) -> None:
    key = load_keys(pool_file)[0]
    path, headers, body = parts(signed_post(key.private, "http://a/u#k", "b:1", "/inbox", BODY, at=1_000_000))
    judge(path, headers, body, key.public_pem, now=1_000_000)
    with pytest.raises(SignatureFault, match="date"):
        judge(path, headers, body, key.public_pem, now=1_000_000 + 3_601)


@pytest.mark.parametrize(
    ("header", "fault"),
    [
        ("", "missing"),
        ('keyId="k",signature="s"', "missing"),
        ('keyId="k",keyId="l",headers="date",signature="s"', "twice"),
        ('keyId="k",headers="date",signature="s"', "too little"),
        ('keyId="k",algorithm="hmac-sha256",headers="(request-target) host date digest",signature="s"', "algorithm"),
    ],
)
def test_a_signature_header_that_says_too_little_is_refused(header: str, fault: str) -> None:
    with pytest.raises(SignatureFault, match=fault):
        parameters(header)
