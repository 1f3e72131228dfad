"""Inside the bare Debian of `tools/fresh.sh`: make one target, as the person who just cloned would.

`run` is started, asked until it answers, and ended as Ctrl-C ends it. Only what Debian's python3 brings is imported.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request

USUAL_PORT = "8000"
PORT = os.environ.pop("FRESH_PORT", USUAL_PORT)
READY = f"http://localhost:{PORT}/readyz"
START_SECONDS = 900.0  # the first start installs
STOP_SECONDS = 60.0

# A proxy for the way out is no way to loopback.
loopback = urllib.request.build_opener(urllib.request.ProxyHandler({}))


def answers() -> bool:
    """Whether the server says that it is ready."""
    try:
        with loopback.open(READY, timeout=5) as response:
            return bool(response.status == 200)
    except (urllib.error.URLError, OSError):
        return False


def run() -> str | None:
    """`make run` until it answers, then Ctrl-C; what is wrong, or None."""
    if answers():
        return f"something else answers at {READY} already"
    started = time.monotonic()
    # Where the usual port is free nothing is set: the defaults are what is proved.
    environment = os.environ if PORT == USUAL_PORT else {**os.environ, "FEDICERT_PORT": PORT}
    process = subprocess.Popen(
        ["make", "run"],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    said: list[str] = []

    def listen() -> None:
        assert process.stdout is not None
        for line in process.stdout:
            said.append(line)
            print(f"  | {line}", end="", flush=True)

    listener = threading.Thread(target=listen)
    listener.start()
    while not answers():
        if process.poll() is not None:
            listener.join()
            return f"make run ended by itself, with status {process.returncode}"
        if time.monotonic() - started > START_SECONDS:
            os.killpg(process.pid, signal.SIGKILL)
            return f"{READY} didn't answer within {START_SECONDS:.0f} s"
        time.sleep(0.1)
    print(f"fresh: ready after {time.monotonic() - started:.1f} s; Ctrl-C", flush=True)
    os.killpg(process.pid, signal.SIGINT)
    try:
        process.wait(STOP_SECONDS)
        listener.join(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return f"it didn't end within {STOP_SECONDS:.0f} s of Ctrl-C"
    if answers():
        return "it still answers after Ctrl-C"
    if any(line.startswith("Traceback") for line in said):
        return "it ended with a traceback"
    return None


def main() -> int:
    """0 where the target does what it promises."""
    target = sys.argv[1]
    if target == "run":
        wrong = run()
    else:
        status = subprocess.run(["make", "--no-print-directory", target], check=False).returncode
        wrong = f"make {target} ended with status {status}" if status else None
    if wrong:
        print(f"fresh: {wrong}", flush=True)
    return 1 if wrong else 0


sys.exit(main())
