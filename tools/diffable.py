"""Print of a notebook what a person compares: sources and printed text. For `git diff`; set up by tools/course.py."""

import json
import sys
from pathlib import Path


def lines(notebook: dict):
    """Line by line; what an output printed stands behind a bar."""
    for cell in notebook["cells"]:
        yield f"# {cell['cell_type']} {' '.join(cell['metadata'].get('tags', ()))}".rstrip()
        yield from "".join(cell["source"]).splitlines()
        for output in cell.get("outputs", ()):
            data = output.get("data", {})
            text = output.get("text") or data.get("text/markdown") or data.get("text/plain") or ()
            yield from (f"| {line}" for line in "".join(text).splitlines())
        yield ""


if __name__ == "__main__":
    sys.stdout.reconfigure(encoding="utf-8", newline="\n")
    print("\n".join(lines(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))))
