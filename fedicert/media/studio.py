"""Where pictures are made fit to be kept and shown: asks the limited child, and says in words what it won't take."""

import msgspec

from fedicert.base.errors import ChildFailed, ChildTimeout, Unprocessable
from fedicert.base.limited import LimitedChild
from fedicert.media.messages import Answer, Made, Order, Refused
from fedicert.model.pictures import MAX_BYTES, MEGABYTE, Use

MEMORY = 768 * MEGABYTE
"""Of address space: the largest picture taken is 133 MB of pixels, and is there twice while it is made smaller."""
SECONDS = 20.0
WAITING = 16
"""Pictures that may stand in line, each of them in memory."""

TOO_MUCH = f"Validation failed: File file size must be less than {MAX_BYTES // MEGABYTE} MB"
EMPTY = "Validation failed: File can't be blank"
BEYOND = "Validation failed: File can't be processed: a picture like this needs too much time or memory"

_answer: msgspec.msgpack.Decoder[Answer] = msgspec.msgpack.Decoder(Answer)


class Studio:
    """One child and the line before it. Close it in the end."""

    def __init__(self, *, memory: int = MEMORY, seconds: float = SECONDS) -> None:
        self._child = LimitedChild("fedicert.media.child", memory=memory, seconds=seconds, waiting=WAITING)

    async def make(self, data: bytes, use: Use) -> Made:
        """The picture as it may be kept.

        Raises `Unprocessable` for what is no picture, is damaged, too large, or kills the child; `Unavailable` where
        too many wait.
        """
        if not data:
            raise Unprocessable(EMPTY)
        if len(data) > MAX_BYTES:
            raise Unprocessable(TOO_MUCH)
        order = msgspec.msgpack.encode(Order(use, data))
        try:
            answer = _answer.decode(await self._ask(order))
        except (ChildFailed, msgspec.MsgspecError):
            raise Unprocessable(BEYOND) from None
        if isinstance(answer, Refused):
            raise Unprocessable(answer.reason)
        return answer

    async def _ask(self, order: bytes) -> bytes:
        """Once more where the child died: it may have been killed before, by whoever, and this picture be innocent."""
        try:
            return await self._child.ask(order)
        except ChildTimeout:
            raise
        except ChildFailed:
            return await self._child.ask(order)

    async def close(self) -> None:
        """End the child."""
        await self._child.close()
