"""Undo one content coding with a hard cap on what comes out.

1,827 bytes of gzip within gzip grow to gigabytes; so there is one coding at most, and the cap counts decoded bytes.
"""

import zlib

from fedicert.base.errors import RemoteInvalid

_GZIP = 16 + zlib.MAX_WBITS


class Decoder:
    """Takes raw chunks, keeps at most `max_bytes` decoded ones."""

    def __init__(self, coding: str, max_bytes: int) -> None:
        codings = [part.strip().lower() for part in coding.split(",")] if coding else []
        codings = [part for part in codings if part != "identity"]
        if len(codings) > 1:
            raise RemoteInvalid("The answer is coded more than once")
        self._coding = codings[0] if codings else ""
        if self._coding not in ("", "gzip", "x-gzip", "deflate"):
            raise RemoteInvalid(f"The answer is coded as {self._coding[:20]!r}, which was not asked for")
        self._max = max_bytes
        self._size = 0
        self._chunks: list[bytes] = []
        self._inflate = zlib.decompressobj(_GZIP) if self._coding.endswith("gzip") else None

    def feed(self, chunk: bytes) -> None:
        """Take a raw chunk. Raises `RemoteInvalid` when the cap is passed or the coding is broken."""
        if not self._coding:
            self._keep(chunk)
            return
        if self._inflate is None:
            self._inflate = zlib.decompressobj(_deflate_bits(chunk))
        try:
            while chunk:
                if self._inflate.eof:
                    raise RemoteInvalid("The answer goes on after its coded end")
                self._keep(self._inflate.decompress(chunk, self._max - self._size + 1))
                chunk = self._inflate.unconsumed_tail or self._inflate.unused_data
        except zlib.error:
            raise RemoteInvalid(f"The answer is not {self._coding}, as it says") from None

    def finish(self) -> bytes:
        """Everything, decoded. Raises `RemoteInvalid` where the coding was cut short."""
        if self._inflate is not None and not self._inflate.eof:
            raise RemoteInvalid("The answer's coding was cut short")
        return b"".join(self._chunks)

    def _keep(self, data: bytes) -> None:
        self._size += len(data)
        if self._size > self._max:
            raise RemoteInvalid(f"The answer is larger than {self._max} bytes")
        self._chunks.append(data)


def _deflate_bits(first: bytes) -> int:
    """Deflate comes with a zlib header by the RFC, and without one from some servers."""
    zlib_header = len(first) > 1 and first[0] & 0x0F == 8 and (first[0] << 8 | first[1]) % 31 == 0
    return zlib.MAX_WBITS if zlib_header else -zlib.MAX_WBITS
