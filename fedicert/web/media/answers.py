"""A file as an answer: its type by the name that we gave it, parts of it on demand, kept by whoever got it."""

import asyncio
from pathlib import Path

from starlette.responses import FileResponse, Response

from fedicert.base.errors import NotFound
from fedicert.web.plumbing.endpoint import Call

MIME_TYPES = {".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}
FOR_EVER = "public, max-age=31536000, immutable"
"""For names that always mean the same bytes."""


async def file_answer(call: Call, path: Path, kept: str) -> Response:
    """The file, or its parts by Range; 304 where the caller has it. `kept`: how long it may be kept by caches.

    Raises `NotFound` where it isn't there any more.
    """
    try:
        facts = await asyncio.to_thread(path.stat)
    except OSError:
        raise NotFound from None
    tag = f'"{path.name}-{facts.st_size}"'
    headers = {"cache-control": kept, "etag": tag, "content-disposition": "inline"}
    if tag in (part.strip() for part in call.header("if-none-match").split(",")):
        return Response(status_code=304, headers=headers)
    return FileResponse(path, media_type=MIME_TYPES[path.suffix], headers=headers, stat_result=facts)
