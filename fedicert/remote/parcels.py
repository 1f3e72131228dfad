"""What the courier carries and what it says afterwards; and the messages between the server and its courier child."""

import hashlib
from base64 import b64encode

import msgspec

from fedicert.base.errors import (
    AddressForbidden,
    RemoteError,
    RemoteGone,
    RemoteInvalid,
    RemoteRefused,
    RemoteUnreachable,
)
from fedicert.model.signing import SigningKey
from fedicert.remote.guard import Policy

OK = ""
UNREACHABLE = "unreachable"
REFUSED = "refused"
GONE = "gone"
INVALID = "invalid"
FORBIDDEN = "forbidden"


class Parcel(msgspec.Struct, frozen=True, array_like=True):
    """One delivery: the row's id, where to, which body and whose key.

    `order`: parcels to one host with the same order (not 0) go one after another; where one fails for the time being,
    those behind it are held back. `proven`: the host answered within the last week; others give up their place after
    2 s when it is needed. `synchronization`: the value of Collection-Synchronization (FEP-8fcf), signed with the rest.
    """

    delivery: int
    inbox: str
    body: int
    key: int
    order: int = 0
    proven: bool = True
    synchronization: str = ""
    spec: str = ""


class Outcome(msgspec.Struct, frozen=True, array_like=True):
    """How a delivery ended. `fault` is "" for delivered; `status` the last HTTP status, 0 for none.

    `spec`: the signature scheme that was taken, or tried last. `milliseconds`: from the first byte out or the dialling.
    """

    delivery: int
    fault: str = OK
    status: int = 0
    reason: str = ""
    retry_after: int | None = None
    spec: str = ""
    milliseconds: int = 0

    @property
    def delivered(self) -> bool:
        """The other server said 2xx."""
        return self.fault == OK

    def error(self) -> RemoteError | None:
        """The error of the tree that fits, or None."""
        if self.fault == OK:
            return None
        if self.fault == UNREACHABLE:
            return RemoteUnreachable(self.reason, self.retry_after, self.status or None)
        if self.fault == REFUSED:
            return RemoteRefused(self.reason, self.status)
        if self.fault == GONE:
            return RemoteGone(self.reason)
        return AddressForbidden(self.reason) if self.fault == FORBIDDEN else RemoteInvalid(self.reason)


class CourierLimits(msgspec.Struct, frozen=True, array_like=True):
    """How much the courier does at once, and for how long (numbers: deliveries in flight, outbound time limits)."""

    total: int = 256
    per_host: int = 2
    total_seconds: float = 15.0
    connect_seconds: float = 5.0
    idle_seconds: float = 60.0
    idle_links: int = 2048
    slow_after: float = 2.0
    slow_share: float = 0.25
    head_bytes: int = 32_768
    body_bytes: int = 65_536
    sign_batch: int = 50
    sign_threads: int = 2


class Body:
    """The bytes of an activity with what is derived from them once."""

    __slots__ = ("content_digest", "data", "digest", "length")

    def __init__(self, data: bytes) -> None:
        digest = b64encode(hashlib.sha256(data).digest()).decode()
        self.data = data
        self.length = str(len(data)).encode()
        self.digest = f"SHA-256={digest}"
        self.content_digest = f"sha-256=:{digest}:"


class Hello(msgspec.Struct, frozen=True, array_like=True, tag="hello"):
    """The first message: how to work. `signer`: `module:function` of a `SignBatch`, imported by the child."""

    policy: Policy
    limits: CourierLimits
    user_agent: str
    signer: str
    ca_file: str | None


class GiveBody(msgspec.Struct, frozen=True, array_like=True, tag="body"):
    """A body, once."""

    id: int
    data: bytes


class GiveKey(msgspec.Struct, frozen=True, array_like=True, tag="key"):
    """A private key, once."""

    id: int
    key: SigningKey


class Drop(msgspec.Struct, frozen=True, array_like=True, tag="drop"):
    """Bodies and keys that won't be named again without being given again."""

    bodies: list[int]
    keys: list[int]


class Send(msgspec.Struct, frozen=True, array_like=True, tag="send"):
    """Parcels with the numbers their outcomes are to bear."""

    parcels: list[tuple[int, Parcel]]


class Outcomes(msgspec.Struct, frozen=True, array_like=True, tag="outcomes"):
    """What became of them."""

    outcomes: list[tuple[int, Outcome]]


ToChild = Hello | GiveBody | GiveKey | Drop | Send
