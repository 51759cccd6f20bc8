"""Run every benchmark, write benchmarks/README.md, and quote it in the course's README: `make bench`."""

import os
import platform
import subprocess
from importlib.metadata import version
from pathlib import Path

import adjoint
import euler_maruyama
import flows
import hessian
import slider_latency
import walkers
import whole_course
from slider_latency import driver
from whole_course import tool

HERE = Path(__file__).resolve().parent
# Each has run() -> str, a section with its table.
BENCHMARKS = (slider_latency, euler_maruyama, adjoint, flows, hessian, walkers, whole_course)
PACKAGES = (
    "torch",
    "torchdiffeq",
    "diffrax",
    "jax",
    "torchdyn",
    "zuko",
    "pyhessian",
    "hessian-eigenthings",
    "curvlinops-for-pytorch",
    "numpy",
    "scipy",
    "matplotlib",
    "jupyterlab",
    "ipywidgets",
    "playwright",
)
INTRODUCTION = """# Benchmarks

`make bench` writes this file. Times belong to the machine below; ratios within one table travel better.
"""


def cpu_model() -> str:
    """What the processor calls itself."""
    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.split(":", 1)[1].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor() or platform.machine()


def machine() -> str:
    """Cores, processor and versions, as a table."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count()
    rows = [("cores", cores), ("processor", cpu_model()), ("system", platform.system())]
    rows += [("Python", platform.python_version()), *((name, version(name)) for name in PACKAGES)]
    if chromium := driver.find_chromium():
        text = subprocess.run([chromium, "--version"], capture_output=True, text=True, check=True).stdout
        rows.append(("Chromium", next((word for word in text.split() if word[0].isdigit()), "?")))
    table = "\n".join(f"| {name} | {value} |" for name, value in rows)
    return f"| machine | |\n| --- | --- |\n{table}"


# What the README quotes: what it is, the heading of its table, the column, our row, the others' rows.
QUOTED = (
    (
        "slider to new pixels, median, ms",
        "From a slider to new pixels",
        "median, ms",
        "panel",
        ("`interact` + pyplot",),
    ),
    (
        "10,000 paths × 1,000 Euler–Maruyama steps, ms",
        "Euler–Maruyama",
        "median, ms",
        "helpers.sde",
        ("torchsde", "diffrax", "NumPy", "numba"),
    ),
    (
        "training step by the adjoint, 256 steps, ms",
        "The way back of a neural ODE",
        "ms a step",
        "helpers.ode, adjoint",
        ("torchdiffeq.odeint_adjoint", "diffrax, BacksolveAdjoint"),
    ),
    (
        "training step of a flow, exact trace, ms",
        "One training step in the plane",
        "ms",
        "helpers",
        ("FFJORD's scheme", "torchdyn", "zuko"),
    ),
    (
        "ten largest Hessian eigenvalues, ms",
        "The ten largest",
        "ms",
        "helpers",
        ("hessian-eigenthings, Lanczos", "curvlinops, eigsh", "PyHessian"),
    ),
    ("all notebooks from a cold start, s", "The whole course", "seconds", "together", ()),
)


def entry(text: str, heading: str, column: str, row: str) -> str:
    """One entry of the first table below a heading; `row` is how its name begins."""
    table = text.split(f" {heading}\n", 1)[1]
    rows = [[part.strip() for part in line.strip("|").split("|")] for line in table.splitlines() if line[:1] == "|"]
    place = rows[0].index(column)
    return next(parts[place] for parts in rows if parts[0] == row or parts[0].startswith(f"{row} "))


def quoted(text: str) -> str:
    """A table of what a reader asks first, from the text of benchmarks/README.md."""
    lines = ["| | this course | others |", "| --- | --- | --- |"]
    for what, heading, column, ours, others in QUOTED:
        rivals = "; ".join(f"{name} {entry(text, heading, column, name)}" for name in others)
        lines.append(f"| {what} | {entry(text, heading, column, ours)} | {rivals} |")
    return "\n".join(lines)


def main() -> None:
    sections = [INTRODUCTION + "\n" + machine()]
    for benchmark in BENCHMARKS:
        print(f"{benchmark.__name__} …", flush=True)
        sections.append(benchmark.run())
        print(sections[-1], flush=True)
    text = "\n\n".join(sections) + "\n"
    (HERE / "README.md").write_text(text, encoding="utf-8")
    tool.splice(tool.README, "bench", quoted(text))


if __name__ == "__main__":
    main()
