"""The ledger's hashes (law 7): a chain of rows per account, and a Merkle root over the heads of chains. Pure.

A row's hash is SHA-256(previous hash ‖ JCS(row)), where each personal value stands as SHA-256(salt ‖ value): names and
salts lie beside the chain and can go, and the chain still verifies. All keys are ASCII and all numbers integers, so
sorted compact JSON is JCS (RFC 8785).
"""

import hashlib
from collections.abc import Iterable

import msgspec
import orjson

GENESIS = "0" * 64


class Row(msgspec.Struct, frozen=True, kw_only=True):
    """One decision. `parties` and `body` are JSON texts; in `parties` a personal value is a digest."""

    account: int
    seq: int
    at: int
    rule: str
    kind: str
    parties: str
    body: str
    prev: str


class Leaf(msgspec.Struct, frozen=True, order=True):
    """The head of one account's chain at a checkpoint."""

    account: int
    seq: int
    head: str


class Checkpoint(msgspec.Struct, frozen=True, kw_only=True):
    """Binds the chains that grew since the one before. `root`: Merkle root over their heads."""

    number: int
    at: int
    leaves: int
    root: str
    prev: str


def canonical(value: object) -> bytes:
    """JCS of a value with ASCII keys and integer numbers."""
    return orjson.dumps(value, option=orjson.OPT_SORT_KEYS)


def digest_of_name(salt: str, value: str) -> str:
    """How a personal value stands in a row: SHA-256(salt ‖ value), hex."""
    return hashlib.sha256(salt.encode() + value.encode()).hexdigest()


def row_hash(row: Row) -> str:
    """The hash of a row, hex: SHA-256(prev ‖ JCS(row without prev))."""
    told = canonical(
        {
            "account": str(row.account),
            "seq": row.seq,
            "at": row.at,
            "rule": row.rule,
            "kind": row.kind,
            "parties": row.parties,
            "body": row.body,
        }
    )
    return hashlib.sha256(row.prev.encode() + told).hexdigest()


def merkle_root(leaves: Iterable[Leaf]) -> str:
    """Root over the leaves in order of account, hex (the tree of RFC 9162 §2.1.1: leaves and nodes hashed apart)."""
    level = [
        hashlib.sha256(b"\x00" + canonical([str(leaf.account), leaf.seq, leaf.head])).digest()
        for leaf in sorted(leaves)
    ]
    if not level:
        return hashlib.sha256(b"").hexdigest()
    while len(level) > 1:
        paired = [hashlib.sha256(b"\x01" + level[i] + level[i + 1]).digest() for i in range(0, len(level) - 1, 2)]
        # An odd one out goes up as it is.
        level = paired + level[len(paired) * 2 :]
    return level[0].hex()


def checkpoint_bytes(checkpoint: Checkpoint) -> bytes:
    """What is signed and hashed of a checkpoint."""
    return canonical(
        {
            "number": checkpoint.number,
            "at": checkpoint.at,
            "leaves": checkpoint.leaves,
            "root": checkpoint.root,
            "prev": checkpoint.prev,
        }
    )


def checkpoint_hash(checkpoint: Checkpoint) -> str:
    """The hash that the next checkpoint names, hex."""
    return hashlib.sha256(checkpoint_bytes(checkpoint)).hexdigest()
