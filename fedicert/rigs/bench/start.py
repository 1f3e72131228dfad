"""`start`: from the command to the first answer of /readyz, on an instance that was founded before; memory at rest,
without the courier's process and with it.
"""

import time

from fedicert.rigs.bench.stage import Bench, Instance

NAME = "start"
REST_SECONDS = 3.0
MIB = 1 << 20


def run(bench: Bench) -> None:
    """Seconds to start, MiB idle."""
    seconds: list[float] = []
    alone: list[float] = []
    both: list[float] = []
    with bench.instance(courier=False) as instance:
        instance.person("ada")
        for _ in range(bench.runs):
            seconds.append(_start(bench, instance, alone))
    with bench.instance() as instance:
        instance.person("ada")
        for _ in range(bench.runs):
            _start(bench, instance, both)
    bench.results.add(NAME, "cold start until ready", "s", *seconds)
    bench.results.add(NAME, "idle memory of the server", "MiB", *alone)
    bench.results.add(NAME, "idle memory of the server and its courier", "MiB", *both)
    results = bench.results
    results.compare(NAME, "cold start, s", results.measures[-3].value, 1.0, 0.6, "at most")
    results.compare(NAME, "idle memory, MiB", results.measures[-2].value, 1.0, 70.0, "at most")
    results.compare(NAME, "idle memory with the courier, MiB", results.measures[-1].value, 1.0, 95.0, "at most")


def _start(bench: Bench, instance: Instance, memory: list[float]) -> float:
    """Start, rest, look, end. Pages that two processes share count for each."""
    taken = instance.program.start()
    time.sleep(bench.seconds(REST_SECONDS))
    used = instance.program.usage()
    memory.append(used.rss / MIB)
    instance.program.stop()
    return taken
