"""The course in a real Chromium: what moves, stops, fails and comes back when a learner touches it."""

import json
import os
import re
from pathlib import Path

import pytest

from tools import pack
from tools.browser import (
    PANEL,
    Notebook,
    Panel,
    copy_course,
    jupyter_lab,
    launch,
    to_the_first_panel,
    wait_until,
    write_notebook,
)
from tools.notebooks import all_notebooks, read, write

pytestmark = pytest.mark.browser

NOTEBOOKS = all_notebooks()
# The sliders of each notebook that are moved here; each one moves the picture and the status of its panel.
SLIDERS = {
    "01_resnet_as_euler": ("layers", "time t", "tolerance", "depth t"),
    "02_adjoint_memory": ("Euler steps N", "contraction λ", "stored points"),
    "03_cnf_trace": ("expansion e", "time t", "steps N", "probes K"),
    "04_double_well_sde": ("noise σ", "time t", "σ of the walk", "slowness"),
    "05_flat_vs_sharp_minima": ("learning rate η", "temperature T", "turned to", "noise s", "η of all"),
    "06_edge_of_stability": ("curvature λ", "network's η", "start x", "momentum β"),
    "07_diffusion_models": ("clock", "steps", "strength κ"),
    "08_when_diffusion_copies": ("time t", "fork at t", "training steps", "start t_on"),
    "09_when_the_solver_dies": ("stiffness λ", "samples", "step h of the swing"),
}

PREDICTION = """
from helpers.exercises import predict

guess = predict("which way?", choices=["up", "down"])
"""


# What the kernel holds of each panel, its pixels as the page hashes them, and whether they are those of its values.
# From here on a Run takes ten seconds on any machine: what is pressed during it never comes too late.
PROBE = """
import hashlib as hashlib_, io as io_, json as json_, time as time_
from PIL import Image as Image_
from helpers.panel import live as live_

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
    if panel.works and not hasattr(panel._generator, "paced"):
        panel._generator = paced_(panel._generator)
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


# What has the keyboard's attention: the text of its control, or what the button does.
FOCUSED = """() => {
    const at = document.activeElement;
    if (at.closest(".widget-play")) return "play";
    return at.closest(".widget-slider, .widget-dropdown, button")?.textContent.trim() ?? at.tagName;
}"""


@pytest.fixture(scope="module")
def course(tmp_path_factory) -> Path:
    """A copy of the course: nothing here may touch the committed notebooks."""
    folder = tmp_path_factory.mktemp("course")
    copy_course(folder)
    write_notebook(folder / "scratch.ipynb", [PANEL, PREDICTION, "print(guess.value)"])
    for path in [folder / "scratch.ipynb", *(folder / "notebooks").glob("*.ipynb")]:
        write_notebook(path, [*read(path).cells, PROBE])
    return folder


@pytest.fixture(scope="module")
def lab(course):
    with jupyter_lab(course) as server:
        yield server


@pytest.fixture(scope="module")
def window(chromium):
    with launch(chromium) as browser:
        yield browser


@pytest.fixture(scope="module")
def scratch(lab, window) -> Notebook:
    notebook = lab.open(window, "scratch.ipynb")
    notebook.run_all()
    return notebook


@pytest.fixture
def panel(scratch) -> Panel:
    """The scratch panel, at its defaults: Reset leads back from whatever a test did before."""
    panel = scratch.panel("size")
    panel.reset.click()
    wait_until(panel.page, lambda: panel.status == "The line goes up by 3, from 0.00.", "the defaults")
    panel.settle()
    return panel


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.stem)
def test_notebook(lab, window, path):
    assert path.stem in SLIDERS, f"SLIDERS names the sliders of each notebook that are to be moved; add {path.stem}"
    notebook = lab.open(window, f"notebooks/{path.name}")
    try:
        notebook.run_all()
        for label in SLIDERS[path.stem]:
            move_by_keyboard_and_mouse(notebook.panel(label), label)
            if notebook.panel(label).plays(label):
                play(notebook.panel(label), label)
            if notebook.panel(label).runs:
                run_and_stop(notebook.panel(label))
                for press in PRESSES:
                    press_during_a_run(notebook, label, press)
        assert not notebook.errors()
    finally:
        lab.close(notebook)


def test_a_packed_notebook_alone(window, tmp_path):
    """What `make colab` makes, in a folder of its own: it unpacks the course, runs, and its slider moves pixels."""
    path = NOTEBOOKS[0]
    write(pack.pack(to_the_first_panel(read(path))), tmp_path / path.name)
    with jupyter_lab(tmp_path) as alone:
        notebook = alone.open(window, path.name)
        notebook.run_all()
        move_by_keyboard_and_mouse(notebook.panel("layers"), "layers")
        assert not notebook.errors()
        alone.close(notebook)
    assert (tmp_path / "course" / "helpers" / "panel.py").is_file()


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
        assert panel.cell == cell and not notebook.errors()


def press_one(notebook: Notebook, panel: Panel, label: str, press: str, cell: int) -> None:
    """Press it, and see the panel come to rest."""
    if press == "Reset":
        panel.reset.click()
    elif press == "slider":
        panel.slider(label).press("ArrowLeft" if panel.slider(label).fraction > 0.5 else "ArrowRight")
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


@pytest.mark.parametrize("press", PRESSES)
def test_what_is_pressed_during_a_run(scratch, press):
    press_during_a_run(scratch, "size", press)


def test_reset_right_after_the_mouse_is_let_go(panel):
    """What the page held back of the drag must not overtake it."""
    default = panel.seen()
    for _ in range(3):
        with panel.slider("lean").dragged(0.9):
            pass
        panel.reset.evaluate("button => button.click()")
        panel.settle(1.0)
        assert panel.seen() == default and panel.slider("lean").readout == "0.00"


def test_the_goal_is_seen_to_be_reached(panel):
    panel.slider("size").press("ArrowRight", times=6)
    wait_until(panel.page, lambda: panel.status == "The line goes up by 9, from 0.00. ✓ Goal reached.", "the goal")
    panel.slider("size").press("ArrowLeft")
    wait_until(panel.page, lambda: panel.status == "The line goes up by 8, from 0.00.", "the goal to be left")


def test_a_slider_with_a_list_of_values(panel):
    before = panel.pixels
    panel.slider("pick").press("ArrowRight")
    wait_until(panel.page, lambda: panel.pixels != before, "a thicker line")
    assert panel.slider("pick").readout == "16"


def test_a_typed_number(panel):
    panel.slider("lean").type("0.5")
    wait_until(panel.page, lambda: panel.status == "The line goes up by 3, from 0.50.", "the typed number")


def test_slider(panel):
    move_by_keyboard_and_mouse(panel, "size")


def test_play(panel):
    play(panel, "lean")


def test_choice(panel):
    before = panel.seen()
    panel.choose("way", "down")
    panel.await_other(before, "the other choice")
    assert panel.status == "The line goes down by 3, from 0.00."


def test_run_pause_stop(panel):
    before = panel.seen()
    panel.button("play").click()
    wait_until(panel.page, lambda: panel.done > 0, "the progress bar to move")
    panel.await_other(before, "the work to show")
    panel.button("pause").click()
    panel.settle()
    paused, done = panel.seen(), panel.done
    assert 0 < done < 100
    panel.page.wait_for_timeout(500)
    assert (panel.seen(), panel.done) == (paused, done), "it goes on after pause"
    panel.button("play").click()
    wait_until(panel.page, lambda: panel.done > done, "the work to go on")
    panel.button("stop").click()
    wait_until(panel.page, lambda: panel.status.startswith("Stopped at"), "“Stopped at”")
    panel.settle()
    assert panel.status.startswith("Stopped at")


def test_run_to_the_end(panel, scratch):
    scratch.run_cell(panel.cell)  # a panel of its own time: the probe slows the Run of those that it sees
    panel.button("play").click()
    wait_until(panel.page, lambda: panel.status == "Step 100 of 100.", "the end of the work", 60)
    wait_until(panel.page, lambda: panel.done == 100, "a full progress bar")
    panel.settle()
    assert panel.button("pause").count() == 0, "the clock still runs"


def test_failing_update_is_shown(panel):
    before = panel.seen()
    panel.slider("size").press("End")
    panel.await_other(before, "the message of the error")
    assert panel.failed
    assert panel.status == "This panel's update failed: RuntimeError: ten is too many"
    panel.slider("size").press("ArrowLeft", times=2)
    wait_until(panel.page, lambda: panel.status == "The line goes up by 8, from 0.00.", "the panel to recover")
    assert not panel.failed


def test_the_keyboard_reaches_everything(panel):
    """Tab goes from control to control, in the order on the page; Space presses a button."""
    panel.slider("size").press("ArrowRight")
    wait_until(panel.page, lambda: panel.status == "The line goes up by 4, from 0.00.", "the arrow key")
    seen = []
    while "Reset" not in seen and len(seen) < 20:
        seen.append(panel.page.evaluate(FOCUSED))
        panel.page.keyboard.press("Tab")
    assert [name for name, before in zip(seen, ["", *seen], strict=False) if name != before] == [
        "size4",  # the handle, then its readout
        "lean0.00",
        "wayupdown",
        "pick4",
        "play",
        "Reset",
    ]
    panel.page.keyboard.press("Shift+Tab")
    panel.page.keyboard.press("Space")
    wait_until(panel.page, lambda: panel.status == "The line goes up by 3, from 0.00.", "Reset by the keyboard")


def test_a_screen_reader_finds_names_and_pictures(panel, lab, window, course):
    """In Chromium's accessibility tree: sliders, the buttons of Run and Play, the picture with its status, a figure."""
    panel.slider("size").press("ArrowRight")
    wait_until(panel.page, lambda: panel.status == "The line goes up by 4, from 0.00.", "the arrow key")
    panel.settle()
    names = ('slider "size"', 'slider "pick"', 'combobox "way"', 'button "Run, start or pause"', 'button "Run, stop"')
    names += ('button "Play lean, stop"', 'img "The line goes up by 4, from 0.00."', "status: The line goes up by 4")
    tree = panel.box.aria_snapshot()
    assert [name for name in names if name not in tree] == []
    figure = "from helpers import figures\nfig, _ = figures.figure(height=1)\nfigures.show(fig, alt='An empty plot.')"
    write_notebook(course / "figure.ipynb", [figure])
    notebook = lab.open(window, "figure.ipynb")
    notebook.run_all()
    assert 'img "An empty plot."' in notebook.page.locator(".jp-Cell-outputArea").first.aria_snapshot()
    lab.close(notebook)


def test_slow_link(panel):
    """With the box ticked nothing is sent before the mouse is let go."""
    panel.slow_link.check()
    before, slider = panel.seen(), panel.slider("size")
    with slider.dragged(0.8):
        panel.page.wait_for_timeout(500)
        assert panel.seen() == before
    panel.await_other(before, "the picture after the mouse is let go")
    panel.slow_link.uncheck()
    before = panel.seen()
    with slider.dragged(0.2):
        panel.await_other(before, "a picture while the slider is dragged")


def test_prediction(scratch):
    assert scratch.run_cell(3) == "None"
    scratch.predict("which way?", "down")
    assert scratch.run_cell(3) == "down"


def test_errors_are_seen(lab, window, course):
    """The proof that the tests above can fail: a widget that the page does not know, and an error in a cell."""
    unknown = 'display({"application/vnd.jupyter.widget-view+json": {"model_id": "0"}}, raw=True)'
    write_notebook(course / "faulty.ipynb", [unknown, "1 / 0"])
    notebook = lab.open(window, "faulty.ipynb")
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        notebook.run_all()
    wait_until(
        notebook.page, lambda: any("Error displaying" in text for text in notebook.errors()), "the widget's error"
    )
    lab.close(notebook)
