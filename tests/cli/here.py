"""A folder with a configuration, to give commands in as a person does: as processes."""

import os
import subprocess
import sys
from pathlib import Path

from fedicert import config as configuration

ROOT = Path(__file__).resolve().parents[2]
SECONDS = 60


class Here:
    """A folder with a configuration, to give commands in."""

    def __init__(self, folder: Path, database: str) -> None:
        self.folder = folder
        (folder / "config.toml").write_text(f'domain = "localhost:8999"\ndatabase = "{database}"\n')
        self.config = configuration.load(folder / "config.toml", {})

    def environment(self) -> dict[str, str]:
        kept = {key: value for key, value in os.environ.items() if not key.startswith("FEDICERT_")}
        return {**kept, "PYTHONPATH": str(ROOT)}

    def run(self, *words: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "fedicert", *words]
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.environment(),
            capture_output=True,
            text=True,
            timeout=SECONDS,
            check=False,
        )

    def does(self, *words: str) -> str:
        done = self.run(*words)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def refuses(self, *words: str, code: int = 1) -> str:
        done = self.run(*words)
        assert done.returncode == code, (done.stdout, done.stderr)
        assert done.stderr.count("\n") == 1 or code == 2
        assert "Traceback" not in done.stderr
        return done.stderr
