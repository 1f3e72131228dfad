"""Files of archives, under the data folder, by names that nobody can guess. A file is there whole or not at all."""

import re
from collections.abc import Iterable
from pathlib import Path

from fedicert.base.ids import Entropy

FOLDER = "archives"
_NAME = re.compile(r"[0-9a-f]{32}\.zip")
_HALF = ".part"


class ArchiveFiles:
    """The archives of one installation. `data`: the data folder."""

    def __init__(self, data: Path) -> None:
        self.folder = data / FOLDER

    def path(self, name: str) -> Path | None:
        """Where the archive of this name lies, or would; None for what can't be a name of ours."""
        return self.folder / name if _NAME.fullmatch(name) else None

    def begin(self, name: str) -> Path:
        """Where it is written until it is whole; what another try left there is gone."""
        self.folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        half = self.folder / (name + _HALF)
        half.unlink(missing_ok=True)
        return half

    def finish(self, name: str) -> int:
        """It is whole; its bytes."""
        path = self.folder / name
        (self.folder / (name + _HALF)).replace(path)
        return path.stat().st_size

    def remove(self, names: Iterable[str]) -> None:
        """They go; those that aren't there are gone already."""
        for name in names:
            if _NAME.fullmatch(name):
                (self.folder / name).unlink(missing_ok=True)
                (self.folder / (name + _HALF)).unlink(missing_ok=True)


def new_archive_name(entropy: Entropy) -> str:
    """A name that nobody can guess."""
    return f"{entropy.bytes(16).hex()}.zip"
