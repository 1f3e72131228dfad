"""No connection to a forbidden address, however it is written."""

import asyncio
import socket

import pytest

from fedicert.base.errors import AddressForbidden, RemoteUnreachable
from fedicert.remote import guard as module
from fedicert.remote.guard import Guard, Policy, judge_address, judge_url
from tests.remote.doubles import LOOSE, FixedResolver

STRICT = Policy()

FORBIDDEN = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.254 169.254.169.254
172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.170 192.0.2.1 192.31.196.1 192.52.193.1 192.88.99.1 192.168.1.1
192.175.48.1 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1 239.255.255.255 240.0.0.1
255.255.255.255
:: ::1 ::127.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:169.254.169.254 ::ffff:0:127.0.0.1
64:ff9b::7f00:1 64:ff9b::10.0.0.1 64:ff9b::169.254.169.254 64:ff9b:1::8.8.8.8 64:ff9b:1::1 100::1
2001::1 2001:0:7f00:1::1 2001:2::1 2001:10::1 2001:20::1 2001:1::1 2001:db8::1 2002:7f00:1::1 2002:808:808::1
2620:4f:8000::1 3fff::1 3fff:fff::1 4000::1 5f00::1 fc00::1 fd12:3456::1 fe80::1 febf::1 fec0::1 ff02::1 ff0e::1
2a00:1450::5efe:7f00:1 2a00:1450::200:5efe:808:808 fe80::1%eth0
"""

ALLOWED = """
1.1.1.1 8.8.8.8 9.255.255.255 11.0.0.0 100.63.255.255 100.128.0.0 126.255.255.255 128.0.0.1 172.15.255.255
172.32.0.0 192.0.1.1 198.17.255.255 198.20.0.0 223.255.255.255 2606:4700::1111 2a00:1450::200e 2001:4860::8888
2001:200::1 64:ff9b::8.8.8.8
"""


@pytest.mark.parametrize("text", FORBIDDEN.split())
def test_forbidden_addresses(text: str) -> None:
    with pytest.raises(AddressForbidden):
        judge_address(text, STRICT)


@pytest.mark.parametrize("text", ALLOWED.split())
def test_public_addresses(text: str) -> None:
    assert judge_address(text, STRICT)


def test_a_mapped_public_address_is_unwrapped() -> None:
    assert judge_address("::ffff:8.8.8.8", STRICT) == "8.8.8.8"


FORBIDDEN_URLS = """
http://peer.example/ https://peer.example:22/ https://peer.example:80/ https://peer.example:8443/
https://127.0.0.1/ https://127.0.0.1.:443/ https://2130706433/ https://0x7f.1/ https://0177.1/ https://0177.0.0.1/
https://0x7f000001/ https://017700000001/ https://127.1/ https://0/ https://1.2.3/ https://00.0.0.0/
https://①②⑦.0.0.1/ https://１２７.0.0.1/ https://[::1]/ https://[::]/ https://[::ffff:127.0.0.1]/
https://[::ffff:7f00:1]/ https://[64:ff9b::7f00:1]/ https://[fe80::1%25eth0]/ https://[2002:7f00:1::]/
https://localhost/ https://LOCALHOST./ https://a.localhost/ https://printer.local/ https://db.internal/
https://intranet/ https://peer/ https://1.0.0.127.in-addr.arpa/ https://x.onion/ https://metadata.google.internal/
https://user@peer.example/ https://user:p@peer.example/ https://peer.example@127.0.0.1/ https://peer.example\\@x/
https://169.254.169.254/latest/meta-data https://[fd00:ec2::254]/ ftp://peer.example/ file:///etc/passwd
gopher://peer.example/ bear:?u=https://peer.example/ data:text/plain,x //peer.example/ peer.example
https:/peer.example https://peer.example:443@10.0.0.1/ https:// https://peer..example/ https://-/ https://peer.example:0/
"""


@pytest.mark.parametrize("url", FORBIDDEN_URLS.split())
def test_forbidden_urls(url: str) -> None:
    with pytest.raises(AddressForbidden):
        judge_url(url, STRICT)


@pytest.mark.parametrize("url", ["https://peer.example/", "https://PEER.example.:443/x?y", "https://8.8.8.8/"])
def test_allowed_urls(url: str) -> None:
    assert judge_url(url, STRICT).scheme == "https"


def test_more_ports_by_policy() -> None:
    assert judge_url("https://peer.example:8443/", Policy(extra_ports=(8443,))).port == 8443
    with pytest.raises(AddressForbidden):
        judge_url("http://peer.example:8443/", Policy(extra_ports=(8443,)))


class TestLoose:
    """The switch for loopback and plain http opens these and nothing else."""

    @pytest.mark.parametrize(
        "url", ["http://localhost:8000/", "http://127.0.0.1:1/", "http://127.9.9.9/", "http://[::1]:9/"]
    )
    def test_opens_loopback(self, url: str) -> None:
        assert judge_url(url, LOOSE)

    @pytest.mark.parametrize(
        "url",
        [
            "http://10.0.0.1/",
            "http://169.254.169.254/",
            "http://0.0.0.0/",
            "http://[::]/",
            "http://[fe80::1]/",
            "http://192.168.1.1/",
            "http://printer.local/",
            "http://2130706433/",
            "http://u@127.0.0.1/",
            "ftp://127.0.0.1/",
        ],
    )
    def test_opens_nothing_else(self, url: str) -> None:
        with pytest.raises(AddressForbidden):
            judge_url(url, LOOSE)


async def test_every_answer_has_to_be_allowed() -> None:
    resolver = FixedResolver({"a.example": [["8.8.8.8", "10.0.0.1"]], "b.example": [["8.8.8.8", "2606:4700::1"]]})
    guard = Guard(STRICT, resolver)
    with pytest.raises(AddressForbidden):
        await guard.addresses("a.example", 443)
    assert await guard.addresses("b.example", 443) == ["8.8.8.8", "2606:4700::1"]


async def test_no_answers_and_silence_are_unreachable(monkeypatch: pytest.MonkeyPatch) -> None:
    class Silent:
        async def resolve(self, host: str, port: int) -> list[str]:
            await asyncio.Event().wait()
            return []

    monkeypatch.setattr(module, "RESOLVE_SECONDS", 0.01)
    with pytest.raises(RemoteUnreachable, match="within"):
        await Guard(STRICT, Silent()).addresses("a.example", 443)
    with pytest.raises(RemoteUnreachable, match="no address"):
        await Guard(STRICT, FixedResolver()).addresses("a.example", 443)
    with pytest.raises(RemoteUnreachable, match="no address"):
        await Guard(STRICT, FixedResolver({"a.example": [[]]})).addresses("a.example", 443)


async def test_at_most_eight_answers_are_looked_at() -> None:
    guard = Guard(STRICT, FixedResolver({"a.example": [[f"8.8.8.{n}" for n in range(20)]]}))
    assert len(await guard.addresses("a.example", 443)) == 8


async def test_the_system_resolver_runs_beside_the_loop(monkeypatch: pytest.MonkeyPatch) -> None:
    def answers(host: str, port: int, **_: object) -> list[object]:
        return [(socket.AF_INET, socket.SOCK_STREAM, 6, "", (address, port)) for address in ("8.8.8.8", "8.8.8.8")]

    monkeypatch.setattr(socket, "getaddrinfo", answers)
    resolver = module.ThreadResolver(1)
    assert await Guard(STRICT, resolver).addresses("a.example", 443) == ["8.8.8.8"]
    resolver.close()
