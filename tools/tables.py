"""Every table that is generated: CLAIMS.md and the overview of notebooks/README.md, from the notebooks as they were
executed (`make notebooks`); and how those of the benchmarks look.
"""

import ast
import re
import sys
from dataclasses import dataclass
from pathlib import Path

from tools.notebooks import ROOT, all_notebooks, read

README = ROOT / "README.md"
CLAIMS = ROOT / "CLAIMS.md"
OVERVIEW = ROOT / "notebooks" / "README.md"
CLAIMED = """\
claims, each checked whenever a notebook runs: a measurement beside its theory, how far it may lie off, and which \
plausible mistakes it would have noticed, with what they would have given. The source of each theory stands in the \
ledger at the end of its notebook."""


@dataclass
class Table:
    """Rows of plain values, and how they are shown: `str` gives Markdown.

    columns: "heading | heading:format | …", of numbers with a format. rows: a value for each; None is shown as –.
    name, text: heading and sentences above it, if any.
    """

    columns: str
    rows: list
    name: str = ""
    text: str = ""

    def __str__(self) -> str:
        headings, _, formats = zip(*(column.partition(":") for column in self.columns.split(" | ")), strict=True)
        lines = [headings, ["---"] * len(headings)]
        for row in self.rows:
            cells = zip(row, formats, strict=True)
            lines.append(["–" if value is None else format(value, form) for value, form in cells])
        table = "\n".join(f"| {' | '.join(cells)} |" for cells in lines)
        return "\n\n".join(filter(None, (self.name and f"### {self.name}", self.text, table)))


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
    sections, all_rows = [], []
    for path in paths:
        notebook = read(path)
        title = notebook.cells[0].source.splitlines()[0].removeprefix("# ")
        rows = [
            (name, f"{theory} (published: {published})" if published else theory, measured, limit, rivals)
            for name, theory, measured, limit, rivals, published, _source in claims(notebook)
        ]
        table = Table("Claim | Theory | Measured | Limit | Rules out", rows)
        sections.append(f"## [{title}](notebooks/{path.name})\n\n{table}")
        all_rows += rows
    mute = sum(not rivals for *_, rivals in all_rows)
    head = f"{len(all_rows)} {CLAIMED}" + f" {mute} claims name no mistake yet." * (mute > 0)
    return "\n\n".join(["# What the course claims", head, *sections]) + "\n"


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
    parts = []
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
        parts += [
            f"### [{title.splitlines()[0].removeprefix('# ')}]({path.name})",
            f"{needs[1][0].upper()}{needs[1][1:]}. You need: {needs[2]}.",
            "Exercises: " + "; ".join(f"{k}. {name}" for k, name in exercises) + ".",
            str(Table("Panel | Goal", panels(notebook))),
        ]
    return "\n\n".join(parts)


def between(name: str) -> re.Pattern:
    """What stands between the marks <!-- name: begin --> and <!-- name: end -->."""
    return re.compile(rf"(?<=<!-- {name}: begin -->\n).*?(?=\n<!-- {name}: end -->)", re.DOTALL)


def write_between(path: Path, name: str, text: str) -> None:
    """Put `text` between the marks of `name`, which the file has once."""
    new, found = between(name).subn(lambda _old: text, path.read_text(encoding="utf-8"))
    if found != 1:
        sys.exit(f"{path.name}: expected the marks <!-- {name}: begin --> and <!-- {name}: end --> once")
    path.write_text(new, encoding="utf-8")


def read_between(path: Path, name: str) -> str:
    """What stands between the marks of `name`."""
    return between(name).search(path.read_text(encoding="utf-8"))[0]


def main() -> None:
    CLAIMS.write_text(claims_table(all_notebooks()), encoding="utf-8")
    write_between(OVERVIEW, "overview", overview(all_notebooks()))


if __name__ == "__main__":
    main()
