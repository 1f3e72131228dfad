"""A module for the limited child under test: does what the request says, most of it forbidden."""

import os
import resource
import socket
import time


def answer(request: bytes) -> bytes:
    word, _, rest = request.decode().partition(" ")
    if word == "upper":
        return rest.upper().encode()
    if word == "refuse":
        raise ValueError(rest)
    if word == "sleep":
        time.sleep(60)
    if word == "spin":
        while True:
            pass
    if word == "eat":
        return bytes(1 << 31)[:1]
    if word == "die":
        os._exit(3)
    if word == "print":
        print("noise that is no frame", flush=True)
        return b"quiet"
    if word == "connect":
        socket.create_connection(("127.0.0.1", int(rest)))
    if word == "write":
        with open(rest, "w") as file:
            file.write("x" * 10)
            file.flush()
    if word == "limits":
        names = ("RLIMIT_AS", "RLIMIT_NOFILE", "RLIMIT_CORE", "RLIMIT_FSIZE")
        return repr([resource.getrlimit(getattr(resource, name))[1] for name in names]).encode()
    if word == "environment":
        return "\n".join(os.environ).encode()
    if word == "large":
        return b"x" * int(rest)
    return b""
