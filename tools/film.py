"""Film a slider being dragged in a real Chromium: notebooks/pictures/dragged.webp, for the README.

    make film

The panel is the notebook's own, in JupyterLab; each frame is a screenshot of it at one position of the mouse.
"""

import io
import sys
import tempfile
from pathlib import Path

from PIL import Image

from tools.browser import Panel, copy_course, find_chromium, jupyter_lab, launch
from tools.notebooks import ROOT
from tools.pack import report_size

NOTEBOOK, SLIDER = "04_double_well_sde.ipynb", "noise σ"
FROM, TO, FRAMES = 0.1, 0.75, 36  # fractions of the slider's track
MILLISECONDS, LARGEST = 110, 2_000_000  # of a frame; bytes
POINTER = """<svg xmlns="http://www.w3.org/2000/svg" width="18" height="24" style="position:fixed;z-index:9999;
pointer-events:none"><path d="M1 1v18l5-4 3 7 3-1-3-7h6z" fill="white" stroke="black" stroke-width="1.3"/></svg>"""


def frames(panel: Panel) -> list[Image.Image]:
    """Screenshots of the panel while its slider is dragged there and back."""
    page, slider = panel.page, panel.slider(SLIDER)
    panel.box.screenshot()  # scrolls to where it stays
    page.evaluate("svg => document.body.insertAdjacentHTML('beforeend', svg)", POINTER)
    track = slider.row.locator(".noUi-base").bounding_box()
    x0, y = track["x"], track["y"] + track["height"] / 2
    slider.press("Home")
    handle = slider.handle.bounding_box()
    page.mouse.move(handle["x"] + handle["width"] / 2, y)
    page.mouse.down()
    taken = []
    way = [FROM + (TO - FROM) * step / (FRAMES - 1) for step in range(FRAMES)]
    for fraction in [*way, *way[-2:0:-2]]:
        x = x0 + fraction * track["width"]
        page.mouse.move(x, y)
        page.evaluate(
            "([x, y]) => Object.assign(document.body.lastElementChild.style, {left: x + 'px', top: y + 'px'})", [x, y]
        )
        panel.settle(0.15)
        taken.append(Image.open(io.BytesIO(panel.box.screenshot())).convert("RGB"))
    page.mouse.up()
    return taken


def main() -> None:
    chromium = find_chromium() or sys.exit("no Chromium on this machine: install one to film a panel")
    target = ROOT / "notebooks" / "pictures" / "dragged.webp"
    with tempfile.TemporaryDirectory() as folder, launch(chromium) as browser:
        copy_course(Path(folder))
        with jupyter_lab(Path(folder)) as lab:
            notebook = lab.open(browser, f"notebooks/{NOTEBOOK}")
            notebook.run_all()
            first, *rest = frames(notebook.panel(SLIDER))
            lab.close(notebook)
    first.save(target, save_all=True, append_images=rest, duration=MILLISECONDS, loop=0, quality=60, method=6)
    report_size(target, LARGEST)


if __name__ == "__main__":
    main()
