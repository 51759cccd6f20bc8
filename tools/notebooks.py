"""Execute the notebooks and normalise them.

    make notebooks                      # all of them; then tools.tables
    make notebooks ONLY=notebooks/01_resnet_as_euler.ipynb

Run twice, the second run changes nothing: outputs depend on the seed alone, and whatever a run adds besides
(times, random cell ids, the kernel's version) is taken out. A cell tagged `timing` prints seconds and nothing else that
is measured: it keeps the output that it has, as long as source and words are the same.
"""

import os
import re
import sys
import time
from pathlib import Path

from tools import minutes

ROOT = Path(__file__).resolve().parent.parent
# What a code cell that is folded is for; it has its kind as a tag. A cell without one is the lesson, and is seen.
KINDS = {"setup", "figure", "panel", "predict", "claim", "check"}
MARKS = {"exercise-stub", "exercise-check", "exercise-solution", "recorded", "timing"}  # what else a tag may say
TIME = re.compile(r"\*\*Time\*\*: .*?(?= \*\*You need\*\*)")


def client(notebook, folder: Path, seconds: int = 300):
    """What runs the notebook in a fresh kernel in `folder`, as a whole or cell by cell; at most so long for a cell."""
    from nbclient import NotebookClient

    quiet = ["--log-level=ERROR"]  # each kernel would warn that it listens on TCP
    where = {"metadata": {"path": folder}}
    return NotebookClient(notebook, timeout=seconds, kernel_name="python3", resources=where, extra_arguments=quiet)


def execute(path: Path) -> float:
    """Run one notebook from top to bottom in a fresh kernel and write it back, normalised. Returns seconds."""
    settings = {"COURSE_STATIC": "1", "COURSE_SEED": "0", "OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1"}
    notebook = read(path)
    before, start = timings(notebook), time.perf_counter()
    client(notebook, path.parent).execute(env=os.environ | settings)
    seconds = time.perf_counter() - start
    normalise(notebook, path)
    for cell in notebook.cells:
        if (old := before.get(cell.source)) and _words(old) == _words(cell.outputs):
            cell.outputs = old
    write(notebook, path)
    return seconds


def read(path: Path):
    """The notebook at `path`, as nbformat 4.5."""
    import nbformat

    return nbformat.read(path, as_version=4)


def write(notebook, path: Path) -> None:
    """Validate the notebook and write it as UTF-8 with one newline at the end."""
    import nbformat

    nbformat.validate(notebook)
    path.write_text(nbformat.writes(notebook, indent=1).rstrip() + "\n", encoding="utf-8")


def normalise(notebook, path: Path) -> None:
    """Take out whatever differs from run to run; stop at what no reader should see."""
    notebook.metadata = {
        "kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"},
        "language_info": {"name": "python"},
    }
    for number, cell in enumerate(notebook.cells, 1):
        tags = [tag for tag in cell.metadata.get("tags", []) if tag != "hide-input"]
        cell.metadata = {"tags": tags} if tags else {}
        if unknown := [tag for tag in tags if tag.partition(":")[0] not in KINDS | MARKS]:
            sys.exit(f"{path.name}, cell {number}: tags {unknown}: expected one of {', '.join(sorted(KINDS | MARKS))}")
        if cell.cell_type != "code":
            continue
        if KINDS & set(tags):
            if not cell.source.startswith("# @title "):
                sys.exit(f"{path.name}, cell {number}: folded: expected “# @title …” as its first line")
            # JupyterLab, Colab and Jupyter Book each have a way of their own to fold a cell.
            cell.metadata |= {"jupyter": {"source_hidden": True}, "cellView": "form", "tags": [*tags, "hide-input"]}
        for output in cell.outputs:
            if output.get("name") == "stderr":
                sys.exit(f"{path.name}, cell {number}: writes to stderr: {output.text.strip()[:200]}")
            if output.output_type == "execute_result":  # an address in memory, as often as not
                sys.exit(f"{path.name}, cell {number}: shows the value of its last line; assign it to _")
        cell.outputs = _joined(cell.outputs)
    notebook.cells[0].source = TIME.sub(lambda _old: time_needed(notebook), notebook.cells[0].source)


def time_needed(notebook) -> str:
    """The sentence on minutes in a title cell."""
    main, deeper = map(minutes.minutes, minutes.parts(notebook))
    more = f", {deeper} more for the deeper part" if deeper else ""
    return f"**Time**: {main} minutes with the exercises{more}."


def timings(notebook) -> dict[str, list]:
    """Outputs of the cells tagged `timing`, by source."""
    return {cell.source: cell.outputs for cell in notebook.cells if "timing" in cell.metadata.get("tags", ())}


def _words(outputs: list) -> list[str]:
    """The text of the outputs without its numbers."""
    return [re.sub(r"\s*[\d.]+", " #", output.get("text", "")) for output in outputs]


def _joined(outputs: list) -> list:
    """The outputs with neighbouring pieces of stdout in one: where they break depends on timing."""
    joined = []
    for output in outputs:
        if joined and output.output_type == joined[-1].output_type == "stream" and output.name == joined[-1].name:
            joined[-1].text += output.text
        else:
            joined.append(output)
    return joined


def all_notebooks() -> list[Path]:
    """The course's notebooks, in order."""
    return sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))


def main(arguments: list[str]) -> None:
    for argument in arguments:
        if not (argument.endswith(".ipynb") and Path(argument).is_file()):
            sys.exit(f"{argument}: expected a notebook's path, such as notebooks/10_your_topic.ipynb")
    for path in [Path(argument).resolve() for argument in arguments] or all_notebooks():
        print(f"{path.name}: {execute(path):.1f} s, {path.stat().st_size / 1000:.0f} kB", flush=True)


if __name__ == "__main__":
    main(sys.argv[1:])
