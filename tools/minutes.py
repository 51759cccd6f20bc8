"""Count how long a notebook takes: its main line, and what comes below the heading "Deeper".

Words at 200 a minute; 20 s a display equation or figure; 12 s a visible line of mathematics, 4 s a visible print, 1.5 s
any other visible line; 3 min a panel, 30 s a prediction, 4 min an exercise, 8 min one in the learner's own words. What
is folded is not counted: cells of a kind (tools.notebooks.KINDS), and what stands in <details>.
"""

import ast
import re
from collections import Counter

DEEPER = re.compile(r"^##? +(?:\d+ *· *)?Deeper(?::.*)?$", re.MULTILINE)
SECONDS = {
    "words": 0.3,
    "displays": 20,
    "figures": 20,
    "mathematics": 12,
    "print": 4,
    "plumbing": 1.5,
    "remark": 1.5,
    "panels": 180,
    "predictions": 30,
    "exercises": 240,
    "own words": 480,
}
DRAWN_ON = {"ax", "axes", "fig", "figures"}


def parts(notebook) -> tuple[Counter, Counter]:
    """What is counted in the main line and in the deeper part, by the names in SECONDS."""
    main, deeper = Counter(), Counter()
    here = main
    for cell in notebook.cells:
        if cell.cell_type == "markdown":
            before, *after = DEEPER.split(cell.source, maxsplit=1)
            here.update(_prose(before))
            if after:
                here = deeper
                here.update(_prose(after[0]))
        elif cell.cell_type == "code":
            here.update(_code(cell))
    return main, deeper


def before_the_first_panel(notebook) -> tuple[int, int]:
    """Words, and visible lines of code, that stand before the first thing that a learner moves."""
    seen = Counter()
    for cell in notebook.cells:
        counted = _prose(cell.source) if cell.cell_type == "markdown" else _code(cell)
        if counted["panels"]:
            break
        seen.update(counted)
    return seen["words"], seen["mathematics"] + seen["print"] + seen["plumbing"]


def minutes(part: Counter) -> int:
    """A part's minutes, rounded."""
    return round(sum(SECONDS[name] * number for name, number in part.items()) / 60)


def plumbing(*those: Counter) -> float:
    """The share of plumbing in the visible lines of code."""
    total = sum(those, Counter())
    return total["plumbing"] / max(1, total["mathematics"] + total["print"] + total["plumbing"])


def _prose(text: str) -> Counter:
    text, folded = re.sub(r"<!--.*?-->", " ", text, flags=re.DOTALL), 1
    while folded:  # from the inside
        inner = r"<details\b[^>]*>(?:(?!<details\b).)*?</details>"
        text, folded = re.subn(inner, " ", text, flags=re.DOTALL)
    own = len(re.findall(r"^#+ .*in your own words", text, re.MULTILINE | re.IGNORECASE))
    text = re.sub(r"!\[[^\]]*\]\([^)]*\)|<[a-zA-Z/][^>]*>", " ", text)
    displays = len(re.findall(r"\$\$.*?\$\$", text, re.DOTALL))
    text = re.sub(r"\$\$.*?\$\$|```.*?```", " ", text, flags=re.DOTALL)
    text = re.sub(r"\]\([^)]*\)", "]", re.sub(r"\$[^$\n]+\$", " x ", text))
    words = sum(bool(re.search(r"\w", word)) for word in text.split())
    return Counter({"words": words, "displays": displays, "own words": own})


def _code(cell) -> Counter:
    tags = cell.metadata.get("tags", [])
    asked = [node for node in ast.walk(ast.parse(cell.source)) if isinstance(node, ast.Call)]
    counted = Counter(
        panels=sum(_called(call) == "panel" for call in asked),
        predictions=sum(_called(call) == "predict" for call in asked),
        exercises=any(tag.startswith("exercise-stub") for tag in tags),
        figures=sum("image/png" in output.get("data", {}) for output in cell.get("outputs", [])),
    )
    return counted if cell.metadata.get("jupyter", {}).get("source_hidden") else counted + _lines(cell.source)


def _lines(source: str) -> Counter:
    """Visible lines by kind; remarks are docstrings, comments and lone brackets."""
    rows = dict(enumerate(source.splitlines(), 1))
    filled = {number for number, row in rows.items() if row.strip()}
    remarks = {number for number, row in rows.items() if re.fullmatch(r"\s*(#.*|[)\]},: ]+)", row)}
    tree, counted = ast.parse(source), Counter()
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            remarks.update(range(node.body[0].lineno, node.body[0].end_lineno + 1))
    counted["remark"], left = len(filled & remarks), filled - remarks

    def count(nodes) -> None:
        for node in nodes:
            blocks = [node.body, getattr(node, "orelse", [])] if isinstance(node, ast.For | ast.If | ast.With) else []
            for block in blocks:
                count(block)
            first = min([node.lineno, *(one.lineno for one in getattr(node, "decorator_list", []))])
            own = left & set(range(first, node.end_lineno + 1))
            counted["mathematics" if blocks else _kind(node)] += len(own)
            left.difference_update(own)

    count(tree.body)
    return counted


def _called(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


def _kind(node: ast.stmt) -> str:
    if isinstance(node, ast.Import | ast.ImportFrom):
        return "plumbing"
    if isinstance(node, ast.Expr) and isinstance(node.value, ast.Call):
        name = _called(node.value)
        if name == "print":
            return "print"
        if name in ("claim", "check", "ledger", "reveal", "show"):
            return "plumbing"
    for part in ast.walk(node):
        if isinstance(part, ast.Call) and _called(part) in ("panel", "predict", "seed_everything"):
            return "plumbing"
        if isinstance(part, ast.Attribute):
            root = part.value
            while isinstance(root, ast.Attribute | ast.Subscript | ast.Call):
                root = root.func if isinstance(root, ast.Call) else root.value
            if isinstance(root, ast.Name) and root.id in DRAWN_ON:
                return "plumbing"
    return "mathematics"
