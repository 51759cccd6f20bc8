"""Copies of the notebooks without outputs: the learner's own, and Colab's.

    python -m tools.copies my_notebooks              # `make lab` does it
    python -m tools.copies --colab FOLDER            # what the badges open (.github/workflows/colab.yml)

A learner's copy is made where it is missing. What the learner has written in is never overwritten: where the course
has moved on, the new notebook is put beside it. With the standard library alone, as it runs before anything is built.
"""

import hashlib
import json
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent / "notebooks"
RECORD = ".made_from.json"  # in the folder of the copies: of which notebook, by its cells, each was made
KEEP = "**On Colab**, *File ▸ Save a copy in Drive* keeps what you write here; else it is gone when the tab closes."


def bare(notebook):
    """The notebook without outputs, counts and state of widgets."""
    notebook["metadata"].pop("widgets", None)
    for cell in notebook["cells"]:
        if cell["cell_type"] == "code":
            cell.update(outputs=[], execution_count=None)
    return notebook


def for_colab(notebook):
    """The bare notebook, whose title cell says how to keep one's work."""
    title = bare(notebook)["cells"][0]
    title["source"] = f"{text(title)}\n\n{KEEP}"
    return notebook


def read(path: Path) -> dict:
    return json.loads(path.read_text(encoding="utf-8"))


def write(notebook: dict, path: Path) -> None:
    path.write_text(json.dumps(notebook, ensure_ascii=False, indent=1) + "\n", encoding="utf-8", newline="\n")


def fingerprint(path: Path) -> str:
    """Of the cells' kinds and sources: what was run or folded makes no difference. "" of what is no notebook."""
    try:
        cells = [[cell["cell_type"], text(cell)] for cell in read(path)["cells"]]
    except (ValueError, KeyError, TypeError):
        return ""
    return hashlib.sha256(json.dumps(cells).encode()).hexdigest()


def text(cell) -> str:
    """A file has its text as one string or as a list of lines."""
    return "".join(cell["source"])


def places(copy: Path):
    """Where a copy may lie: under its name, then beside it."""
    yield copy
    yield copy.with_name(f"{copy.stem} (new).ipynb")
    number = 2
    while True:
        yield copy.with_name(f"{copy.stem} (new {number}).ipynb")
        number += 1


def make(folder: Path, source: Path = SOURCE) -> list[str]:
    """Make the copies that are missing, and see to those that the course has left behind: a sentence about each."""
    folder.mkdir(exist_ok=True)
    try:
        made_from = dict(read(folder / RECORD))
    except (OSError, ValueError, TypeError):
        made_from = {}
    said = []
    for path in sorted(source.glob("[0-9]*.ipynb")):
        now, copy = fingerprint(path), folder / path.name
        if copy.exists() and now not in (made_from.get(path.name), fingerprint(copy)):
            # A copy that is as it was made holds nothing of the learner's.
            place = next(at for at in places(copy) if not at.exists() or fingerprint(at) == made_from.get(at.name))
            write(bare(read(path)), place)
            made_from[place.name] = now
            kept = f"yours stays as it is, and the new one lies beside it: “{place.name}”"
            became = "you had changed nothing in yours, and it is replaced" if place == copy else kept
            said.append(f"{path.name}: the course has a new version; {became}.")
        elif not copy.exists():
            write(bare(read(path)), copy)
        made_from[path.name] = now
    (folder / RECORD).write_text(json.dumps(made_from, indent=1) + "\n", encoding="utf-8")
    return said


def main(arguments: list[str]) -> None:
    if len(arguments) == 2 and arguments[0] == "--colab":
        folder = Path(arguments[1])
        folder.mkdir(parents=True, exist_ok=True)
        for path in sorted(SOURCE.glob("[0-9]*.ipynb")):
            write(for_colab(read(path)), folder / path.name)
    elif len(arguments) == 1:
        print("\n".join(make(Path(arguments[0]))))
    else:
        sys.exit(f"copies: expected FOLDER or --colab FOLDER, got {' '.join(arguments) or 'nothing'}")


if __name__ == "__main__":
    main(sys.argv[1:])
