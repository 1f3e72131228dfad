"""What is said between the server and the process that looks at pictures. Frozen values; MessagePack between them."""

import msgspec

from fedicert.model.pictures import Use


class Order(msgspec.Struct, frozen=True):
    """A picture from anywhere, and what it is for."""

    use: Use
    data: bytes


class Encoded(msgspec.Struct, frozen=True):
    """A picture as we made it; `suffix` is the end of its name, without the dot."""

    data: bytes
    mime_type: str
    suffix: str
    width: int
    height: int


class Made(msgspec.Struct, frozen=True, tag=True):
    """What became of it. Only attachments have a preview and a blurhash."""

    original: Encoded
    preview: Encoded | None = None
    blurhash: str = ""


class Refused(msgspec.Struct, frozen=True, tag=True):
    """What is wrong with it, as a sentence for whoever sent it."""

    reason: str


Answer = Made | Refused
