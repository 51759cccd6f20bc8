"""How the benchmarks measure: contestants in turn, a process of its own, the most memory that it held."""

import json
import os
import re
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parent.parent


@dataclass
class Timed:
    """Seconds of the first call, which pays for compiling; of the later ones the median; and what the first gave."""

    first: float
    median: float
    result: Any


def in_turn(contestants: dict[Any, Callable], rounds: int, calls: int = 1) -> dict[Any, Timed]:
    """Time of each: all of them in every round, so that whatever else the machine does meets all alike.

    rounds: so many, and one before them, which does not count. calls: of each in a row.
    """
    seconds, results = {name: [] for name in contestants}, {}
    for _ in range(rounds + 1):
        for name, run in contestants.items():
            for _ in range(calls):
                begin = time.perf_counter()
                result = run()
                seconds[name].append(time.perf_counter() - begin)
                results.setdefault(name, result)
    return {name: Timed(s[0], statistics.median(s[calls:]), results[name]) for name, s in seconds.items()}


def alone(function: Callable, *arguments, **environment: str) -> Any:
    """What a benchmark's function gives in a process of its own, on one core and one thread; all of it as JSON has it.

    environment: what that process finds set besides.
    """
    call = [function.__module__, function.__name__, json.dumps(arguments)]
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.timing", *call],
        cwd=ROOT,
        env=os.environ | {"OMP_NUM_THREADS": "1"} | environment,
        stdout=subprocess.PIPE,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def peak() -> float:
    """The most that this process ever held, in MB."""
    status = Path("/proc/self/status")
    if status.exists():  # since its own start; what getrusage reports begins with its parent's peak
        return int(re.search(r"VmHWM:\s+(\d+) kB", status.read_text(encoding="utf-8"))[1]) / 1e3
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def main(module: str, function: str, arguments: str) -> None:
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    print(json.dumps(getattr(import_module(module), function)(*json.loads(arguments))))


if __name__ == "__main__":
    main(*sys.argv[1:])
