"""What each notebook takes from a cold start: seconds, processor seconds, memory, the wait for its first picture."""

import os
import time
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from statistics import median

from benchmarks.timing import alone
from tools import notebooks
from tools.tables import Table

TITLE = "The whole course"
TEXT = ""
COLUMNS = "notebook | seconds:.0f | to the first picture:.1f | processor seconds:.0f | peak memory, MB:.0f"
# Asked at the end, in the notebook's kernel, which has the course on its path.
ASK = "import time\nfrom benchmarks.timing import peak\nprint(time.process_time(), peak())"


def imports() -> tuple[float, float]:
    """Milliseconds of `import helpers`, and of all its modules, after torch and matplotlib, in this process."""
    import matplotlib.figure  # noqa: F401
    import torch  # noqa: F401

    begin = time.perf_counter()
    import helpers

    package = time.perf_counter()
    for module in iter_modules(helpers.__path__):
        import_module(f"helpers.{module.name}")
    return 1000 * (package - begin), 1000 * (time.perf_counter() - begin)


def row(path: Path) -> tuple:
    """Name, seconds from the start of the kernel to the end, to the first picture; processor seconds; peak memory."""
    from nbformat.v4 import new_code_cell

    notebook = notebooks.read(path)
    notebook.cells.append(new_code_cell(ASK))
    client = notebooks.client(notebook, path.parent)
    start, picture = time.perf_counter(), None
    with client.setup_kernel(env=os.environ | {"OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1"}):
        for number, cell in enumerate(notebook.cells):
            client.execute_cell(cell, number)
            shown = [output.get("data", {}) for output in cell.get("outputs", ())]
            if picture is None and any("image/png" in data or "widget-view" in str(data) for data in shown):
                picture = time.perf_counter() - start
        seconds = time.perf_counter() - start
    processor, memory = map(float, notebook.cells[-1].outputs[0].text.split())
    return path.stem, seconds, picture, processor, memory


def tables() -> list[Table]:
    rows = [row(path) for path in notebooks.all_notebooks()]
    total = "together", sum(seconds for _, seconds, *_ in rows), None, None, None
    package, modules = map(median, zip(*(alone(imports) for _ in range(5)), strict=True))
    text = f"""\
Each notebook from top to bottom in a fresh kernel, panels live, one thread: what a learner's machine, or a class's
server for each learner, must have. Beyond torch and matplotlib, `import helpers` takes {package:.0f} ms, and all of its
modules {modules:.0f} ms, most of it SciPy."""
    return [Table(COLUMNS, [*rows, total], text=text)]
