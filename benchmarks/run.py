"""Run every benchmark and write benchmarks/README.md: `make bench`."""

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


def main() -> None:
    sections = [INTRODUCTION + "\n" + machine()]
    for benchmark in BENCHMARKS:
        print(f"{benchmark.__name__} …", flush=True)
        sections.append(benchmark.run())
        print(sections[-1], flush=True)
    (HERE / "README.md").write_text("\n\n".join(sections) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
