"""What each notebook takes from a cold start: seconds, processor seconds, memory, the wait for its first picture."""

import os
import subprocess
import sys
import time
from pathlib import Path
from statistics import median

from nbclient import NotebookClient
from nbformat.v4 import new_code_cell

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from tools import notebooks as tool

# The peak of the kernel itself: ru_maxrss would begin with what the process that started it had.
ASK = """
import re, resource
from pathlib import Path
usage = resource.getrusage(resource.RUSAGE_SELF)
status = Path("/proc/self/status")
peak = re.search(r"VmHWM:\\s+(\\d+)", status.read_text())[1] if status.exists() else usage.ru_maxrss
print(peak, usage.ru_utime + usage.ru_stime)
"""


# Seconds of `import helpers`, and of all its modules, after torch and matplotlib.
IMPORTS = """
import time
import matplotlib.figure, torch
begin = time.perf_counter()
import helpers
alone = time.perf_counter()
from helpers import canvas, claims, controls, datasets, exercises, figures, memory, ode, panel, sde, sharpness, traces
print(alone - begin, time.perf_counter() - begin)
"""


def imports() -> tuple[float, float]:
    """Milliseconds, the median of five fresh processes."""
    command = [sys.executable, "-c", IMPORTS]
    runs = [subprocess.run(command, cwd=tool.ROOT, capture_output=True, text=True, check=True) for _ in range(5)]
    pairs = [tuple(1000 * float(word) for word in run.stdout.split()) for run in runs]
    return median(pair[0] for pair in pairs), median(pair[1] for pair in pairs)


def cost(path: Path) -> tuple[float, float, float, float]:
    """Seconds from the start of the kernel to the end, to the first picture; processor seconds; peak megabytes."""
    os.environ.update(OMP_NUM_THREADS="1", TQDM_DISABLE="1")
    notebook = tool.read(path)
    notebook.cells.append(new_code_cell(ASK))
    client = NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": path.parent}})
    start, picture = time.perf_counter(), None
    with client.setup_kernel():
        for number, cell in enumerate(notebook.cells):
            client.execute_cell(cell, number)
            shown = [output.get("data", {}) for output in cell.get("outputs", ())]
            if picture is None and any("image/png" in data or "widget-view" in str(data) for data in shown):
                picture = time.perf_counter() - start
        seconds = time.perf_counter() - start
    kilobytes, processor = map(float, notebook.cells[-1].outputs[0].text.split())
    return seconds, picture, processor, kilobytes / 1024


def run() -> str:
    rows = []
    for path in tool.all_notebooks():
        seconds, picture, processor, memory = cost(path)
        rows.append((seconds, f"| {path.stem} | {seconds:.0f} | {picture:.1f} | {processor:.0f} | {memory:.0f} |"))
    total = f"| together | {sum(seconds for seconds, _ in rows):.0f} | | | |"
    alone, everything = imports()
    lines = "\n".join([*(row for _, row in rows), total])
    return f"""## The whole course

Each notebook from top to bottom in a fresh kernel, panels live, one thread: what a learner's machine, or a class's
server for each learner, must have. Beyond torch and matplotlib, `import helpers` takes {alone:.0f} ms, and all of its
modules {everything:.0f} ms, most of it SciPy.

| notebook | seconds | to the first picture | processor seconds | peak memory, MB |
| --- | --- | --- | --- | --- |
{lines}"""


if __name__ == "__main__":
    print(run())
