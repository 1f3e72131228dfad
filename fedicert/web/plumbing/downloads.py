"""An archive that somebody asked for, handed to them alone: from the disk, in parts, never into a cache."""

import asyncio

from starlette.responses import FileResponse

from fedicert.base.errors import Gone, NotFound
from fedicert.operations.archives import Archive
from fedicert.store.archive_files import ArchiveFiles
from fedicert.web.plumbing.call import Call


async def archive_answer(call: Call, found: Archive, username: str) -> FileResponse:
    """The file. Raises `NotFound` where it isn't made yet, `Gone` where its week is over."""
    if found.state == "gone":
        raise Gone("This archive is gone: it is kept for seven days. Ask for another one")
    path = ArchiveFiles(call.deps.config.data_dir).path(found.file)
    if found.state != "ready" or path is None:
        raise NotFound
    try:
        facts = await asyncio.to_thread(path.stat)
    except OSError:
        raise NotFound from None
    headers = {"cache-control": "private, no-store", "content-disposition": f'attachment; filename="{username}.zip"'}
    return FileResponse(path, media_type="application/zip", headers=headers, stat_result=facts)
