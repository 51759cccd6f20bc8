"""How long a slider takes to show: from the key that is pressed to the pixels that answer it, in a real Chromium.

Both ends are taken inside the page: the time stamp of the key's event, and the first frame after the new picture has
been decoded. What is compared is pressed in turn, ten times each, so that whatever else the machine does meets all of
it alike; the first of the ten makes JupyterLab move to another cell, and is not counted.
"""

import itertools
import statistics
import tempfile
from pathlib import Path

from helpers.figures import LIVE_RATIO
from tools.browser import Lab, Slider, copy_course, find_chromium, jupyter_lab, launch, write_notebook
from tools.notebooks import read
from tools.tables import Table

TURNS, PRESSES = 10, 10  # presses in one turn
MOVES = 60
LAPTOP = {"width": 1280, "height": 800}  # the window, in CSS pixels
BUDGET = 100  # milliseconds, at the 95th percentile
LESSON = "01_resnet_as_euler"
LESSON_SLIDERS = ("layers", "time t")  # in the order of their panels

DRAWING = """
import numpy as np

rng = np.random.default_rng(0)
points, x = rng.normal(size=(500, 2)), np.linspace(0, 6, 400)


def moved(k):
    "50 segments, 500 points and a curve, all turned by the angle k/50."
    c, s = np.cos(k / 50), np.sin(k / 50)
    turned = points @ np.array([[c, s], [-s, c]])
    return np.stack((points[:50], turned[:50]), axis=1), turned, np.sin(x + k / 50)
"""
BARE = """
import ipywidgets as widgets
from IPython.display import display

bare_slider, bare_echo = widgets.IntSlider(description="bare", max=200), widgets.Label("0")
bare_echo.add_class("echo")
bare_slider.observe(lambda change, echo=bare_echo: setattr(echo, "value", str(change["new"])), "value")
display(widgets.VBox([bare_slider, bare_echo]))
"""
PANEL = """
from matplotlib.collections import LineCollection
from helpers import figures
from helpers.panel import Slider, panel

figures.use_style()


@panel("Panel", height=3.6, k=Slider(0, 200, 0, label="panel"))
def turned_panel(fig):
    left, right = fig.subplots(1, 2)
    segments = left.add_collection(LineCollection([], linewidth=1))
    dots = left.scatter([], [], s=8)
    (curve,) = right.plot(x, x)
    left.set(xlim=(-4, 4), ylim=(-4, 4), title="Points")
    right.set(ylim=(-1.1, 1.1), title="Curve")

    def move(k):
        lines, turned, y = moved(k)
        segments.set_segments(lines)
        dots.set_offsets(turned)
        curve.set_ydata(y)
        return f"Turned by {k / 50:.2f}."

    return move
"""
INTERACT = """
import matplotlib
import matplotlib.pyplot as plt
from matplotlib.collections import LineCollection

matplotlib.rcdefaults()
%matplotlib inline


def draw(k):
    lines, turned, y = moved(k)
    fig, (left, right) = plt.subplots(1, 2, figsize=(8, 3.6))
    left.add_collection(LineCollection(lines, linewidth=1))
    left.scatter(*turned.T, s=8)
    right.plot(x, y)
    left.set(xlim=(-4, 4), ylim=(-4, 4), title="Points")
    right.set(ylim=(-1.1, 1.1), title="Curve")
    plt.show()


widgets.interact(draw, k=widgets.IntSlider(description="interact", max=200));
"""
TITLE = "From a slider to new pixels"
TEXT = f"""\
A key press in JupyterLab in Chromium, in a window of {LAPTOP["width"]} × {LAPTOP["height"]}, until the frame that
shows its answer: {TURNS * PRESSES} presses of each slider. Panel and `interact` draw the same figure, 8 × 3.6 in: two
axes, 50 segments, 500 points and a curve; the panel with {LIVE_RATIO:g} pixel for each of the page. × bare: the median
over that of a bare round trip, pressed in turn with it. Budget of a panel: {BUDGET} ms at the 95th percentile.

Then one drag by mouse of {MOVES} moves: how many new pictures it showed, the median time between two, the time from
mouse-up to the last, and the least height of the picture in any frame, in per cent of its own: less means flicker."""
COLUMNS = (
    "slider | median, ms:.0f | 95 %, ms:.0f | × bare:.1f | pictures / moves"
    " | between two, ms:.0f | after mouse-up, ms:.0f | height:.0%"
)
# One meter per slider: `frames` holds when each new picture (or text) was on the page, `answer` how long the last key
# took, `heights` how high it stood in each frame of a drag.
METER = """([root, handle, selector]) => {
    const meter = {frames: [], heights: [], dragged: false}, shown = () => root.querySelector(selector);
    const content = () => { const it = shown(); return it && (it.tagName == "IMG" ? it.src : it.textContent); };
    let last = content(), answered = () => {};
    const afterPaint = then => requestAnimationFrame(() => {
        const channel = new MessageChannel();
        channel.port1.onmessage = then;
        channel.port2.postMessage(null);
    });
    const record = () => afterPaint(() => { meter.frames.push(performance.now()); answered(performance.now()); });
    new MutationObserver(() => {
        if (!content() || content() === last) return;
        last = content();
        if (shown().tagName == "IMG") shown().decode().then(record, () => {});  // fails where the next one overtakes
        else record();
    }).observe(root, {subtree: true, childList: true, characterData: true, attributeFilter: ["src"]});
    handle.addEventListener("keydown", event => {
        meter.answer = new Promise(resolve => answered = time => resolve(time - event.timeStamp));
    }, true);
    handle.addEventListener("pointerdown", () => {
        meter.frames = []; meter.heights = []; meter.dragged = true;
        const look = () => {
            meter.heights.push(shown() ? shown().getBoundingClientRect().height : 0);
            if (meter.dragged) requestAnimationFrame(look);
        };
        look();
    }, true);
    addEventListener("pointerup", event => { if (meter.dragged) meter.released = event.timeStamp; }, true);
    return meter;
}"""
ANSWER = "meter => Promise.race([meter.answer, new Promise(resolve => setTimeout(resolve, 10000, null))])"
DRAG = "meter => { meter.dragged = false; return [meter.frames, meter.heights, meter.released]; }"


class Meter:
    """Presses one slider and drags it, and takes the times inside the page."""

    def __init__(self, name: str, root, slider: Slider, selector: str):
        self.name, self._slider, self._page, self._key = name, slider, slider.page, "ArrowRight"
        # Looked up once: a locator searches the whole page again at every press, and the press would wait for it.
        self._handle = slider.handle.element_handle()
        self._meter = self._page.evaluate_handle(METER, [root.element_handle(), self._handle, selector])

    def press(self) -> float:
        """One press, up the slider's range and down again: the milliseconds until its picture."""
        value, highest = (float(self._handle.get_attribute(f"aria-value{name}")) for name in ("text", "max"))
        if value >= highest:
            self._key = "ArrowLeft"
        self._handle.press(self._key)
        latency = self._meter.evaluate(ANSWER)
        if latency is None:
            raise RuntimeError(f"{self.name}: no new picture within 10 s of a key press")
        self._page.wait_for_timeout(50)  # what a press sends besides must not be taken for the next one's answer
        return latency

    def drag(self) -> tuple:
        """New pictures of MOVES moves, milliseconds between two of them and from mouse-up to the last; least height."""
        with self._slider.dragged(0.1 if self._slider.fraction > 0.5 else 0.9, moves=MOVES):
            pass
        self._page.wait_for_timeout(1000)
        frames, heights, released = self._meter.evaluate(DRAG)
        gap, after = statistics.median(b - a for a, b in itertools.pairwise(frames)), max(0.0, frames[-1] - released)
        return f"{len(frames)}/{MOVES}", gap, after, min(heights) / heights[0]


def tables() -> list[Table]:
    """Of the bare round trip, the panel, `interact`, and the sliders of the first lesson."""
    executable = find_chromium()
    if executable is None:
        raise RuntimeError("no Chromium on this machine: install one (Debian: apt install chromium)")
    with tempfile.TemporaryDirectory() as folder:
        folder = Path(folder)
        copy_course(folder)
        write_notebook(folder / "latency.ipynb", [DRAWING, BARE, PANEL, INTERACT])
        put_bare_below_panels(folder / f"notebooks/{LESSON}.ipynb")
        with jupyter_lab(folder) as lab, launch(executable) as browser:
            return [Table(COLUMNS, measure_three_ways(lab, browser) + measure_lesson(lab, browser))]


def put_bare_below_panels(path: Path) -> None:
    """Below each panel that is measured, a slider for the bare round trip: both are in view, in the same kernel."""
    cells, wanted = [], list(LESSON_SLIDERS)
    for cell in read(path).cells:
        cells.append(cell)
        if wanted and f', label="{wanted[0]}"' in cell.source:
            cells.append(BARE)
            del wanted[0]
    write_notebook(path, cells)


def press_in_turn(meters: list[Meter]) -> list[tuple]:
    """A row of each: PRESSES presses in each of TURNS turns, the bare one first; then one drag."""
    presses, rows = [(meter, []) for meter in meters], []
    for _ in range(TURNS):
        for meter, taken in presses:
            meter.press()
            taken += [meter.press() for _ in range(PRESSES)]
    bare = statistics.median(presses[0][1])
    for meter, taken in presses:
        median, p95 = statistics.median(taken), statistics.quantiles(taken, n=20, method="inclusive")[-1]
        rows.append((meter.name, median, p95, median / bare, *meter.drag()))
    return rows


def output_meter(output, name: str, selector: str) -> Meter:
    return Meter(name, output, Slider(output.locator(".widget-slider")), selector)


def measure_three_ways(lab: Lab, browser) -> list[tuple]:
    notebook = lab.open(browser, "latency.ipynb", LAPTOP)
    notebook.run_all()
    outputs = notebook.page.locator(".jp-CodeCell .jp-Cell-outputArea")
    rows = press_in_turn(
        [
            output_meter(outputs.nth(1), "a number that comes back (bare round trip)", ".echo"),
            output_meter(outputs.nth(2), "panel", "img.widget-image"),
            output_meter(outputs.nth(3), "`interact` + pyplot", ".jp-RenderedImage img"),
        ]
    )
    lab.close(notebook)
    return rows


def measure_lesson(lab: Lab, browser) -> list[tuple]:
    notebook = lab.open(browser, f"notebooks/{LESSON}.ipynb", LAPTOP)
    notebook.run_all()
    rows = []
    for number, label in enumerate(LESSON_SLIDERS):
        panel = notebook.panel(label)
        bare = output_meter(notebook.page.locator(".jp-Cell-outputArea:has(.echo)").nth(number), "bare", ".echo")
        lesson = Meter(f"notebook {LESSON[:2]}, “{label}”", panel.box, panel.slider(label), "img.widget-image")
        rows.append(press_in_turn([bare, lesson])[1])
    lab.close(notebook)
    return rows
