"""Drives every live panel of a kernel, and raises if one of them is broken.

A notebook's kernel gets this file as text: there the course may lie packed, without its tests.
"""

import io
import random
import re
import time

import numpy as np
from matplotlib.backends.backend_agg import FigureCanvasAgg
from PIL import Image

from helpers.panel import live


def sweep(corners: int = 12, seed: int = 0) -> str:
    """Each control goes through its lowest, default and highest value (a choice through all), the others at their
    defaults; then come `corners` random settings of all controls at once.

    Errors are: an update that raises; a status that speaks of nan or inf; a control whose extremes leave the picture as
    it was; a picture that is not that of a full draw, or is another when reached from another setting; a goal that the
    default reaches or its witness does not; an axes that reaches into another, so that on a phone they could not stand
    below each other.
    Returns one line per panel: how many settings it took and the median time of an update. Raises RuntimeError when
    there is no panel or a panel is broken, and whatever an update raises.
    """
    if not live():
        raise RuntimeError("no panel is live in this kernel: run the notebook's cells first")
    lines = []
    for panel in live().values():
        seconds = sweep_one(panel, settings_of(panel, corners, random.Random(seed)))
        check_goal(panel)
        panel.reset()
        check_axes(panel)
        lines.append(f"{panel.name}: {len(seconds)} settings, median update {1000 * np.median(seconds):.1f} ms")
    return "\n".join(lines)


def ends(control) -> tuple:
    """The values of a control that are always visited."""
    values = control.values
    return values if isinstance(values[0], str) else tuple(dict.fromkeys((values[0], control.default, values[-1])))


def settings_of(panel, corners: int, rng: random.Random) -> list[dict]:
    """All controls' values, for each setting."""
    defaults = {name: control.default for name, control in panel.controls.items()}
    found = [defaults | {name: value} for name, control in panel.controls.items() for value in ends(control)]
    found += [{name: rng.choice(c.values) for name, c in panel.controls.items()} for _ in range(corners)]
    return list({tuple(setting.values()): setting for setting in found}.values())


def sweep_one(panel, settings: list[dict]) -> list[float]:
    """Visit the settings, and compare each picture with one that is drawn anew. Returns seconds of each update."""
    seconds, seen = [], []
    for setting in settings:
        start = time.perf_counter()
        status = panel.set(**setting)
        seconds.append(time.perf_counter() - start)
        if re.search(r"\b(nan|inf)\b", status, re.IGNORECASE):
            raise RuntimeError(f"panel {panel.name!r} at {setting}: the status is not finite: {status}")
        seen.append(decoded(panel.png))
        if off := int((full_draw(panel.canvas) != seen[-1]).any(-1).sum()):
            raise RuntimeError(f"panel {panel.name!r} at {setting}: {off} pixels are not those of a full draw")
    for name, control in panel.controls.items():
        defaults = {other: c.default for other, c in panel.controls.items() if other != name}
        pictures = [
            picture
            for setting, picture in zip(settings, seen, strict=True)
            if setting[name] in ends(control) and all(setting[other] == value for other, value in defaults.items())
        ]
        if all(np.array_equal(pictures[0], picture) for picture in pictures):
            raise RuntimeError(f"panel {panel.name!r}: {name} leaves the picture unchanged from end to end")
    for setting, picture in list(zip(settings, seen, strict=True))[::-7]:
        panel.set(**setting)
        if not np.array_equal(decoded(panel.png), picture):
            raise RuntimeError(f"panel {panel.name!r} at {setting}: another picture, reached from another setting")
    return seconds


def decoded(png: bytes) -> np.ndarray:
    """The pixels of a PNG, (height, width, 3)."""
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def full_draw(canvas) -> np.ndarray:
    """The pixels that matplotlib draws when it knows nothing of what moves, (height, width, 3)."""
    figure, own = canvas.figure, canvas.figure.canvas
    for artist in canvas.front:
        artist.set_animated(False)
    fresh = FigureCanvasAgg(figure)
    fresh.draw()
    figure.set_canvas(own)
    for artist in canvas.front:
        artist.set_animated(True)
    for artist in figure.findobj():
        artist.stale = False  # nothing was changed: the panel need not draw its background anew
    return np.asarray(fresh.buffer_rgba())[..., :3]


def check_goal(panel) -> None:
    """The goal's witness reaches it, and the default does not; a goal of the Run by running there."""
    goal = panel.goal
    if goal is None:
        raise RuntimeError(f"panel {panel.name!r} has no goal")

    def reach(setting: dict) -> bool:
        panel.reset()
        panel.set(**setting)
        if panel.measured is None:
            panel.run()
        return panel.reached

    if reach({}):
        raise RuntimeError(f"panel {panel.name!r}: the default reaches the goal: {panel.status}")
    found = witness(panel, reach)
    if goal.searched:
        name, step = goal.searched
        beside = panel.controls[name].neighbour(found[name], step)
        if beside is not None and reach(found | {name: beside}):
            raise RuntimeError(f"panel {panel.name!r}: beside its witness the goal is reached, too: {panel.status}")
    if not reach(found):
        raise RuntimeError(f"panel {panel.name!r}: {found} does not reach the goal: {panel.status}")
    if "✓" not in panel.status:
        raise RuntimeError(f"panel {panel.name!r}: the status does not say that the goal is reached: {panel.status}")


def witness(panel, reach) -> dict:
    """Settings that are to reach the goal: those that it names, or the first along the slider that it searches."""
    goal, found = panel.goal, panel.goal.witness
    if goal.searched and goal.searched[0] not in found:
        name, step = goal.searched
        values = panel.controls[name].values[::-step]
        found = next((found | {name: value} for value in values if reach(found | {name: value})), None)
        if found is None:
            raise RuntimeError(f"panel {panel.name!r}: no value of {name} reaches the goal")
    return found


def check_axes(panel) -> None:
    """Each axes with its labels and its legend has a part of the figure of its own."""
    figure = panel.canvas.figure
    boxes = [axes.get_tightbbox(figure.canvas.get_renderer()) for axes in figure.axes]
    if figure.legends:
        raise RuntimeError(f"panel {panel.name!r}: a legend of the figure: expected one of an axes")
    for k, box in enumerate(boxes):
        for other in boxes[:k]:
            if min(box.x1, other.x1) - max(box.x0, other.x0) > 1 and min(box.y1, other.y1) - max(box.y0, other.y0) > 1:
                raise RuntimeError(f"panel {panel.name!r}: an axes reaches into another: {box} and {other}")


made: dict = {}  # of each panel what it showed when it was made


def remember() -> None:
    """Note what the panels show that are new."""
    for panel in live().values():
        made.setdefault(panel, (panel.png, panel.status))


def check_creation() -> None:
    """Reset gives picture and status of creation, whatever the cells below have bound since. RuntimeError if not."""
    for panel in live().values():
        panel.reset()
        picture, status = made[panel]
        if (panel.png, panel.status) != (picture, status):
            same = "another picture" if status == panel.status else f"{panel.status!r}, and not {status!r}"
            raise RuntimeError(f"panel {panel.name!r}: Reset gives {same}: a later cell has bound a name that it reads")
