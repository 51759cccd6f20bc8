"""The course in a real Chromium: what moves, stops, fails and comes back when a learner touches it."""

import pytest

from tests.hands import PRESSES, PROBE, move_by_keyboard_and_mouse, play, press_during_a_run, probed
from tools import pack
from tools.browser import PANEL, Notebook, Panel, jupyter_lab, to_the_first_panel, wait_until, write_notebook
from tools.notebooks import all_notebooks, read, write

pytestmark = pytest.mark.browser

PREDICTION = """
from helpers.exercises import predict

guess = predict("which way?", choices=["up", "down"])
"""
# What has the keyboard's attention: the text of its control, or what the button does.
FOCUSED = """() => {
    const at = document.activeElement;
    if (at.closest(".widget-play")) return "play";
    return at.closest(".widget-slider, .widget-dropdown, button")?.textContent.trim() ?? at.tagName;
}"""


@pytest.fixture(scope="module")
def scratch(lab, window, course) -> Notebook:
    write_notebook(course / "scratch.ipynb", [PANEL, PREDICTION, "print(guess.value)", PROBE])
    notebook = lab.open(window, "scratch.ipynb")
    notebook.run_all()
    probed(notebook)
    return notebook


@pytest.fixture
def panel(scratch) -> Panel:
    """The scratch panel, at its defaults: Reset leads back from whatever a test did before."""
    panel = scratch.panel("size")
    panel.reset.click()
    wait_until(panel.page, lambda: panel.status == "The line goes up by 3, from 0.00.", "the defaults")
    panel.settle()
    return panel


def test_a_packed_notebook_alone(window, tmp_path):
    """What `make colab` makes, in a folder of its own: it unpacks the course, runs, and its slider moves pixels."""
    path = all_notebooks()[0]
    write(pack.pack(to_the_first_panel(read(path))), tmp_path / path.name)
    with jupyter_lab(tmp_path) as alone:
        notebook = alone.open(window, path.name)
        notebook.run_all()
        move_by_keyboard_and_mouse(notebook.panel("layers"), "layers")
        assert not notebook.errors()
        alone.close(notebook)
    assert (tmp_path / "course" / "helpers" / "panel.py").is_file()


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
    panel = scratch.panel("size")
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


def test_a_narrow_window_scrolls_the_picture_and_a_word_stands_beside_it(panel):
    before = panel.page.viewport_size
    panel.page.set_viewport_size({"width": 700, "height": 700})
    wait_until(panel.page, lambda: panel.box.bounding_box()["width"] < 500, "a narrow cell")
    box, picture = panel.box.bounding_box(), panel.picture.bounding_box()
    assert picture["width"] >= 560 > box["width"]
    assert panel.box.evaluate("box => box.scrollWidth > box.clientWidth && getComputedStyle(box).overflowX") == "auto"
    beside = panel.box.evaluate("box => box.closest('.jp-OutputArea').innerText")
    assert "If it does not move, run this cell." in beside
    panel.page.set_viewport_size(before)


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
