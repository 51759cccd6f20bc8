"""Run the benchmarks, and write benchmarks/README.md: `make bench`.

    .venv/bin/python -m benchmarks.run walkers flows    # prints these alone

Each benchmark has a TITLE, a TEXT and `tables()`, which measures.
"""

import os
import platform
import re
import subprocess
import sys
from importlib import import_module
from importlib.metadata import version
from pathlib import Path

from tools.browser import find_chromium
from tools.tables import Table

BENCHMARKS = ("slider_latency", "page", "euler_maruyama", "adjoint", "flows", "hessian", "walkers", "whole_course")
HERE = Path(__file__).resolve().parent
PINS = HERE.parent / "requirements.txt", HERE / "requirements.txt"
INTRODUCTION = """\
# Benchmarks

`make bench` writes this file. Times belong to the machine below; ratios within one table travel better."""


def cpu_model() -> str:
    """What the processor calls itself."""
    info = Path("/proc/cpuinfo")
    named = info.exists() and re.search(r"^model name\s*: (.+)$", info.read_text(encoding="utf-8"), re.MULTILINE)
    return named[1] if named else platform.processor() or platform.machine()


def machine() -> Table:
    """Cores, processor and versions."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    rows = [("cores", str(cores)), ("processor", cpu_model()), ("system", platform.system())]
    names = [name for pins in PINS for name in re.findall(r"^[\w-]+", pins.read_text(encoding="utf-8"), re.MULTILINE)]
    rows += [("Python", platform.python_version()), *((name, version(name)) for name in names)]
    if chromium := find_chromium():
        text = subprocess.run([chromium, "--version"], capture_output=True, text=True, check=True).stdout
        rows.append(("Chromium", next((word for word in text.split() if word[0].isdigit()), "?")))
    return Table("machine | ", rows)


def section(name: str) -> str:
    """What a benchmark measures, as Markdown."""
    benchmark = import_module(f"benchmarks.{name}")
    return "\n\n".join(filter(None, (f"## {benchmark.TITLE}", benchmark.TEXT, *map(str, benchmark.tables()))))


def main(names: list[str]) -> None:
    sections = []
    for name in names or BENCHMARKS:
        print(f"{name} …", flush=True)
        sections.append(section(name))
        print(sections[-1], flush=True)
    if not names:
        text = "\n\n".join((INTRODUCTION, str(machine()), *sections))
        (HERE / "README.md").write_text(f"{text}\n", encoding="utf-8")


if __name__ == "__main__":
    main(sys.argv[1:])
