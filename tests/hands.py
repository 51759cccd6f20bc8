"""What a learner's hands do to a panel in JupyterLab, and what must be so afterwards, on the page and in the kernel."""

import json
import os
import re

from tools.browser import Notebook, Panel, wait_until

# What the kernel holds of each panel, its pixels as the page hashes them, and whether they are those of its values.
# Asked a second time, and from there on, a Run takes ten seconds on any machine: what is pressed during it never comes
# too late.
PROBE = """
import hashlib as hashlib_, io as io_, json as json_, time as time_
from PIL import Image as Image_
from helpers.panel import live as live_

probes_ = globals().get("probes_", 0) + 1

def paced_(work, seconds=10):
    def slow(**values):
        last = 0
        for done, *more in work(**values):
            time_.sleep(max(0, done - last) * seconds)
            last = done
            yield done, *more
    slow.paced = True
    return slow

def probe_(panel):
    if probes_ > 1 and panel.works and not hasattr(panel.work, "paced"):
        panel.work = paced_(panel.work)
    pixels = Image_.open(io_.BytesIO(panel.png)).convert("RGBA").tobytes()
    drawn, status = (panel.png, panel.status), panel.status
    running, named = panel.running, status.startswith(("Stopped", "Paused", "Interrupted"))
    return {
        "pixels": ",".join(map(str, hashlib_.sha1(pixels).digest())),
        "status": status,
        "running": running,
        "settled": running or named or (panel.set(**panel.values), panel.png)[::-1] == drawn,
    }

print(json_.dumps({name: probe_(panel) for name, panel in live_().items()}))
"""


def move_by_keyboard_and_mouse(panel: Panel, label: str) -> None:
    """Readout, status and pixels must follow both; Reset must bring all three back."""
    slider = panel.slider(label)
    panel.reset.click()  # that a panel is made as Reset leaves it, bit for bit, is seen in the kernel
    panel.settle()
    default, readout = panel.seen(), slider.readout

    def reset():
        panel.settle()  # what a slider still sends may come after a click on Reset
        panel.reset.click()
        wait_until(panel.page, lambda: slider.readout == readout and panel.seen() == default, f"{label}: the defaults")
        panel.settle()

    slider.press("ArrowLeft" if slider.fraction > 0.5 else "ArrowRight", times=3)
    panel.await_other(default, f"{label}: another picture and status after an arrow key")
    assert slider.readout != readout
    reset()
    with panel.sizes() as sizes, slider.dragged(0.2 if slider.fraction > 0.5 else 0.8):
        assert slider.readout != readout
        panel.await_other(default, f"{label}: another picture and status while it is dragged")
    assert len(sizes) == 1, f"{label}: the picture jumps; its tops and heights: {sizes}"
    reset()


def play(panel: Panel, label: str) -> None:
    """Play must move the slider and the picture."""
    slider = panel.slider(label)
    default, readout = panel.seen(), slider.readout
    panel.button("play", last=True).click()
    wait_until(panel.page, lambda: slider.readout != readout, f"{label}: Play to move the slider")
    panel.await_other(default, f"{label}: Play to move picture and status")
    panel.button("pause", last=True).click()
    panel.settle()
    stands = slider.readout
    panel.page.wait_for_timeout(300)
    assert slider.readout == stands, f"{label}: Play goes on after pause"


def run_and_stop(panel: Panel) -> None:
    """Run must fill the bar and move picture and status; stop must end it half way, and say so."""
    before = panel.seen()
    panel.button("play").click()
    wait_until(panel.page, lambda: panel.done > 5, "the progress bar to move")
    panel.await_other(before, "the work to show")
    panel.button("stop").click()
    wait_until(panel.page, lambda: panel.status.startswith("Stopped at"), "“Stopped at”")
    panel.settle()
    assert 0 < panel.done < 100


# What a learner may press while the work behind Run is going on.
PRESSES = ("Reset", "slider", "Stop", "Run again", "interrupt", "Clear Output", "run the cell again", "reload")
TIMES = int(os.environ.get("COURSE_PRESSES", "1"))  # each of them


def probed(notebook: Notebook) -> list[dict]:
    """What the kernel holds of each panel, by the cell at the end of the notebook."""
    said = [notebook.run_cell(0)]
    wait_until(notebook.page, lambda: said.append(notebook.output(0)) or said[-1].startswith("{"), "the probe to print")
    return list(json.loads(said[-1]).values())


def press_during_a_run(notebook: Notebook, label: str, press: str) -> None:
    """Picture, status and controls agree afterwards, on the page and in the kernel, and no word is wrong."""
    for _ in range(TIMES):
        panel, page = notebook.panel(label), notebook.page
        panel.reset.click()
        wait_until(page, lambda: panel.done == 0, "Reset to empty the bar")  # noqa: B023
        panel.settle()
        default, readout, cell = panel.seen(), panel.slider(label).readout, panel.cell
        panel.button("play").click()
        wait_until(page, lambda: panel.done > 0, "the work to begin")  # noqa: B023
        press_one(notebook, panel, label, press, cell)
        panel = notebook.panel(label)
        panel.settle()
        # Before the kernel is asked, which draws each panel's values anew.
        shown, status = panel.pixels, panel.status
        known = next((one for one in probed(notebook) if one["pixels"] == shown), None)
        assert known, f"{press}: the page does not show the kernel's picture"
        assert known["status"] == status, f"{press}: {known['status']} in the kernel, {status} on the page"
        assert panel.done < 100, f"{press}: the work was done before"
        assert known["settled"], f"{press}: the picture is not that of {panel.status}"
        if press in ("Reset", "run the cell again"):  # not `default`: a Run may have trained a network anew
            assert panel.slider(label).readout == readout and panel.done == 0, press
            assert not re.match("Stopped|Paused|Interrupted", panel.status), panel.status
        elif press == "slider":
            assert panel.slider(label).readout != readout and panel.seen() != default
            assert panel.done == 0
        elif press == "Stop":
            assert re.match(rf"Stopped at {panel.done:.0f} %\.", panel.status), (panel.status, panel.done)
        elif press in ("Run again", "reload"):
            assert re.match(rf"Paused at {panel.done:.0f} %\.", panel.status), (panel.status, panel.done)
            panel.button("play").click()
            wait_until(page, lambda: not panel.status.startswith("Paused"), "the work to go on")  # noqa: B023
        assert known["running"] == (press in ("Run again", "reload")), press
        assert panel.cell == cell, f"{press}: in cell {panel.cell}, before in {cell}"
        assert not notebook.errors(), notebook.errors()


def press_one(notebook: Notebook, panel: Panel, label: str, press: str, cell: int) -> None:
    """Press it, and see the panel come to rest."""
    if press == "Reset":
        panel.reset.click()
    elif press == "slider":
        panel.slider(label).press("ArrowLeft" if panel.slider(label).fraction > 0.5 else "ArrowRight")
        wait_until(notebook.page, lambda: panel.done == 0, "the slider to end the Run")
    elif press == "Stop":
        panel.button("stop").click()
    elif press == "Run again":
        panel.button("pause").click()
    elif press == "interrupt":
        notebook.menu("Kernel", "Interrupt Kernel")
        notebook.page.wait_for_timeout(300)
        if "Interrupted at" not in panel.status:  # it did not reach the work, which goes on
            assert not panel.failed
            if panel.button("pause").count():
                panel.button("stop").click()
    elif press == "reload":
        notebook.reload()
    else:
        if press == "Clear Output":
            notebook.select(cell)
            notebook.menu("Edit", "Clear Cell Output")
            notebook.page.wait_for_timeout(300)
            assert [one["status"][:9] for one in probed(notebook) if one["running"]] == ["Paused at"]
        notebook.run_cell(cell)
    notebook.page.wait_for_timeout(300)
