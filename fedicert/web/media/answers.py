"""A file as an answer: its type by the name that we gave it, parts of it on demand, kept by whoever got it."""

from pathlib import Path

from starlette.responses import FileResponse, Response

from fedicert.web.plumbing.endpoint import Call

MIME_TYPES = {".jpg": "image/jpeg", ".png": "image/png", ".webp": "image/webp"}
FOR_EVER = "public, max-age=31536000, immutable"
"""For names that always mean the same bytes."""


def file_answer(call: Call, path: Path, kept: str) -> Response:
    """The file, or its parts by Range; 304 where the caller has it. `kept`: how long it may be kept by caches."""
    tag = f'"{path.name}"'
    headers = {"cache-control": kept, "etag": tag, "content-disposition": "inline"}
    if tag in (part.strip() for part in call.header("if-none-match").split(",")):
        return Response(status_code=304, headers=headers)
    return FileResponse(path, media_type=MIME_TYPES[path.suffix], headers=headers)
