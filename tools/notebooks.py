"""Execute the notebooks, normalise them, and bring CLAIMS.md and the tables of notebooks/README.md up to date.

    make notebooks                      # all of them
    .venv/bin/python tools/notebooks.py notebooks/01_resnet_as_euler.ipynb

Run twice, the second run changes nothing: outputs depend on the seed alone, and whatever a run adds besides
(times, random cell ids, the kernel's version) is taken out. A cell tagged `timing` prints seconds and nothing else that
is measured: it keeps the output that it has, as long as source and words are the same.
"""

import ast
import os
import re
import sys
import time
from pathlib import Path

from tools import minutes

ROOT = Path(__file__).resolve().parent.parent
README = ROOT / "README.md"
CLAIMS = ROOT / "CLAIMS.md"
OVERVIEW = ROOT / "notebooks" / "README.md"
PICTURES = ROOT / "notebooks" / "pictures"
CLAIMED = """\
claims, each checked whenever a notebook runs: a measurement beside its theory, how far it may lie off, and which \
plausible mistakes it would have noticed, with what they would have given. The source of each theory stands in the \
ledger at the end of its notebook."""
# What a code cell that is folded is for; it has its kind as a tag. A cell without one is the lesson, and is seen.
KINDS = {"setup", "figure", "panel", "predict", "claim", "check"}
TIME = re.compile(r"\*\*Time\*\*: .*?(?= \*\*You need\*\*)")


def execute(path: Path) -> float:
    """Run one notebook from top to bottom in a fresh kernel and write it back, normalised. Returns seconds."""
    from nbclient import NotebookClient

    os.environ.update(COURSE_STATIC="1", COURSE_SEED="0", OMP_NUM_THREADS="1", TQDM_DISABLE="1")
    notebook, before = read(path), timings(read(path))
    client = NotebookClient(notebook, timeout=300, kernel_name="python3", resources={"metadata": {"path": path.parent}})
    start = time.perf_counter()
    client.execute()
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


def claims(notebook) -> list[list[str]]:
    """The rows of the notebook's ledger, as `helpers.claims.ledger` displayed them."""
    for cell in reversed(notebook.cells):
        for output in cell.get("outputs", ()):
            text = output.get("data", {}).get("text/markdown", "")
            if text.startswith("| Claim |"):
                rows = [line for line in text.splitlines() if line.startswith("| ")]
                return [[field.strip() for field in row.strip("|").split(" | ")] for row in rows[2:]]
    return []


def claims_table(paths: list[Path]) -> str:
    """CLAIMS.md: theory beside measurement, and what it rules out, for every claim of every executed notebook."""
    parts, held, open_ = [], 0, 0
    for path in paths:
        notebook = read(path)
        title = notebook.cells[0].source.splitlines()[0].removeprefix("# ")
        parts += [f"## [{title}](notebooks/{path.name})", ""]
        parts += ["| Claim | Theory | Measured | Limit | Rules out |", "| --- | --- | --- | --- | --- |"]
        for name, theory, measured, limit, rivals, published, _source in claims(notebook):
            held, open_ = held + 1, open_ + (not rivals)
            theory = f"{theory} (published: {published})" if published else theory
            parts.append(f"| {name} | {theory} | {measured} | {limit} | {rivals} |")
        parts.append("")
    head = ["# What the course claims", "", f"{held} {CLAIMED}" + f" {open_} claims name no mistake yet." * (open_ > 0)]
    parts.insert(0, "")
    return "\n".join(head + parts).rstrip() + "\n"


def panels(notebook) -> list[tuple[str, str]]:
    """Name and goal of each panel, as its code has them: @panel("name", goal=Goal("text", …), …)."""
    found = []
    for cell in notebook.cells:
        for node in ast.walk(ast.parse(cell.source)) if cell.cell_type == "code" else ():
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == "panel":
                words = {word.arg: word.value for word in node.keywords}
                try:
                    found.append((ast.literal_eval(node.args[0]), ast.literal_eval(words["goal"].args[0])))
                except (AttributeError, IndexError, KeyError, ValueError):
                    raise ValueError(
                        f"{ast.unparse(node)[:60]}…: expected a name and goal=Goal(…) that begin with plain text"
                    ) from None
    return found


def overview(paths: list[Path]) -> str:
    """For teachers: of each notebook the minutes, what it needs, its exercises and its panels."""
    lines = []
    for path in paths:
        notebook = read(path)
        title = notebook.cells[0].source
        text = "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "markdown")
        needs = re.search(r"\*\*Time\*\*: (.+?)\. \*\*You need\*\*: (.+?)\. \*\*It runs", title)
        exercises = re.findall(r"^### Exercise (\d+) · (.+)$", text, re.MULTILINE)
        if needs is None or [int(k) for k, _ in exercises] != list(range(1, text.count("### Exercise") + 1)):
            sys.exit(
                f"{path.name}: expected “**Time**: …. **You need**: …. **It runs** …” under the title, "
                "and exercises headed “### Exercise N · Title” from 1"
            )
        lines += [f"### [{title.splitlines()[0].removeprefix('# ')}]({path.name})", ""]
        lines += [f"{needs[1][0].upper()}{needs[1][1:]}. You need: {needs[2]}.", ""]
        lines += ["Exercises: " + "; ".join(f"{k}. {name}" for k, name in exercises) + ".", ""]
        lines += ["| Panel | Goal |", "| --- | --- |", *(f"| {name} | {goal} |" for name, goal in panels(notebook)), ""]
    return "\n".join(lines).rstrip()


def splice(path: Path, name: str, text: str) -> None:
    """Put `text` between the marks <!-- name: begin --> and <!-- name: end --> of a file that has them once."""
    begin, end = f"<!-- {name}: begin -->", f"<!-- {name}: end -->"
    before, *rest = path.read_text(encoding="utf-8").split(begin)
    if len(rest) != 1 or rest[0].count(end) != 1:
        sys.exit(f"{path.name}: expected the marks {begin} and {end} once")
    path.write_text(f"{before}{begin}\n{text}\n{end}{rest[0].split(end)[1]}", encoding="utf-8")


def spliced(path: Path, name: str) -> str:
    """What stands between the marks of `name`."""
    return (
        path.read_text(encoding="utf-8").split(f"<!-- {name}: begin -->")[1].split(f"<!-- {name}: end -->")[0].strip()
    )


def report_size(path: Path, most: int) -> None:
    """Print how large a file is; exit where it is larger than `most` bytes."""
    size = path.stat().st_size
    if size > most:
        sys.exit(f"{path.name}: {size} bytes, expected at most {most}")
    print(f"{path.relative_to(ROOT)}: {size / 1000:.0f} kB")


def all_notebooks() -> list[Path]:
    """The course's notebooks, in order."""
    return sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))


def main(arguments: list[str]) -> None:
    for path in [Path(argument).resolve() for argument in arguments] or all_notebooks():
        print(f"{path.name}: {execute(path):.1f} s, {path.stat().st_size / 1000:.0f} kB", flush=True)
    CLAIMS.write_text(claims_table(all_notebooks()), encoding="utf-8")
    splice(OVERVIEW, "overview", overview(all_notebooks()))


if __name__ == "__main__":
    main(sys.argv[1:])
