"""A key of ours as it is kept: the private half is sealed, and only the vault opens it."""

import msgspec

MAIN = "main"
"""The purpose of the RSA key that signs requests."""
PROOF = "proof"
"""The purpose of the Ed25519 key that signs what carries a proof."""

REGISTRAR = "registrar"
"""The purpose of the Ed25519 keys that sign credentials and status lists; their owner is nobody (0)."""
WITHDRAWN = "registrar-withdrawn"
"""The purpose of such a key once it is compromised: listed nowhere, signs nothing."""


class SealedKey(msgspec.Struct, frozen=True, kw_only=True):
    """One row of `keys`. `id` is the associated data of the seal, so it is known before the row is written.

    `kid`: the id others know it by, `ACTOR#main-key` or `ACTOR#ed25519-key`; `public`: PEM for RSA, else a multikey;
    `alg` as in `proofs.messages`; `sealed` opens to PKCS#8 DER.
    """

    id: int
    purpose: str
    alg: str
    public: str
    sealed: bytes
    kid: str
