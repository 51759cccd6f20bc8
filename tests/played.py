"""A notebook as a learner leaves it, in the test's own process: what its cells have named, printed, drawn and moved."""

import ast
import contextlib
import io
import re
from pathlib import Path

import numpy as np
import pytest

from helpers import figures
from helpers import panel as panel_module
from tools import notebooks


class Played:
    """What the notebook leaves behind: names, printed text, panels by name, figures by the first title; its cells."""

    def __init__(
        self,
        path: Path,
        patch: pytest.MonkeyPatch,
        shorter: dict[str, str] | None = None,
        functions_from: str = "a heading that is not there",
    ):
        """What takes less time. shorter: what of the cells is replaced. functions_from: the heading from which on their
        functions alone are made, not what they are called for.
        """
        patch.delenv("COURSE_STATIC", raising=False)
        patch.setenv("COURSE_SEED", "0")
        patch.setattr(panel_module, "_live", {})
        patch.setattr(panel_module, "display", lambda *_things, **_how: None)
        patch.setattr(figures, "show", lambda fig, alt: self.figures.update({title(fig.axes[0]): fig}))
        self.names, self.figures, self.cells, printed, begun = {}, {}, [], io.StringIO(), False
        with contextlib.redirect_stdout(printed):
            for cell in notebooks.read(path).cells:
                self.cells.append(cell.source)
                begun = begun or cell.source.startswith(functions_from)
                for old, new in (shorter or {}).items():
                    cell.source = cell.source.replace(old, new)
                if cell.cell_type == "code" and cell.source != "ledger()":
                    tree = ast.parse(cell.source)
                    if begun:
                        lesson = not cell.metadata.get("tags")
                        tree.body = [node for node in tree.body if lesson and isinstance(node, ast.FunctionDef)]
                    exec(compile(tree, path.name, "exec"), self.names)
        self.text, self.panels = printed.getvalue(), {panel.name: panel for panel in panel_module.live().values()}

    def again(self, beginning: str, **names) -> tuple[dict, str]:
        """The cell that begins so, once more, these names in the place of its own: all names, and what it printed."""
        (source,) = (cell for cell in self.cells if cell.startswith(beginning))
        names, printed = self.names | names, io.StringIO()
        with contextlib.redirect_stdout(printed):
            exec(source, names)
        return names, printed.getvalue()

    def axes(self, name: str) -> list:
        """Of the panel's figure."""
        return self.panels[name].canvas.figure.axes

    @property
    def revealed(self) -> list[str]:
        """What the reveals said, in order."""
        return re.findall(r"Measured: (.*)", self.text)


def title(ax) -> str:
    return ax.get_title(loc="left") or ax.get_title()


def line(ax, label: str) -> np.ndarray:
    """x and y (2, points) of the line whose label begins so."""
    return np.array(next(each for each in ax.lines if each.get_label().startswith(label)).get_data(), dtype=float)


def numbers(text: str) -> list[float]:
    """All that stand alone in the text."""
    return [float(word) for word in re.findall(r"(?<![\w.])-?\d+(?:\.\d+)?(?:e[+-]\d+)?", text)]
