"""The course in a real Chromium: what moves, stops, fails and comes back when a learner touches it."""

import json
import secrets
import socket
import subprocess
import sys
from pathlib import Path

import pytest

from tests import browser as driver
from tests.browser import ROOT, Notebook, Panel, wait_until
from tools import notebooks as tool
from tools import pack

pytestmark = pytest.mark.browser

NOTEBOOKS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))
# The sliders of each notebook that are moved here; each one moves the picture and the status of its panel.
SLIDERS = {
    "01_resnet_as_euler": ("layers", "time t", "tolerance", "depth t"),
    "02_adjoint_memory": ("Euler steps N", "contraction λ", "stored points"),
    "03_cnf_trace": ("expansion e", "a₁₁", "time t", "probes K"),
    "04_double_well_sde": ("noise σ", "time t", "σ of the walk", "slowness"),
    "05_flat_vs_sharp_minima": ("learning rate η", "batch size B", "temperature T", "noise s"),
    "06_edge_of_stability": ("curvature λ", "network's η", "start x"),
    "07_diffusion_models": ("clock", "steps", "strength κ"),
}

PANEL = """
import time
from helpers.figures import figure, use_style
from helpers.panel import Choice, Panel, Slider

use_style()
fig, ax = figure(height=2.4)
(line,) = ax.plot([0, 1], [0, 0])
ax.set(xlim=(0, 1), ylim=(-12, 12), title="A line")


def update(size, lean, way):
    if size == 10:
        raise RuntimeError("ten is too many")
    line.set_ydata([lean, size] if way == "up" else [lean, -size])
    return f"The line goes {way} by {size}, from {lean:.2f}."


def work(size, lean, way, steps=100):
    for step in range(1, steps + 1):
        time.sleep(0.02)
        line.set_ydata([-size, step / 10])
        yield step / steps, f"Step {step} of {steps}."


Panel(
    "Scratch", fig, update, moving=[line], goal="move the line", play="lean", run=work,
    size=Slider(0, 10, 3, label="size"),
    lean=Slider(-1.0, 1.0, 0.0, label="lean"),
    way=Choice(("up", "down"), "up", label="way"),
).show()
"""
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
def course(tmp_path_factory) -> Path:
    """A copy of the course: nothing here may touch the committed notebooks."""
    folder = tmp_path_factory.mktemp("course")
    driver.copy_course(folder)
    driver.write_notebook(folder / "scratch.ipynb", [PANEL, PREDICTION, "print(guess.value)"])
    return folder


@pytest.fixture(scope="module")
def lab(course):
    with driver.jupyter_lab(course) as server:
        yield server


@pytest.fixture(scope="module")
def window(chromium):
    with driver.launch(chromium) as browser:
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
        assert not notebook.errors()
    finally:
        lab.close(notebook)


def test_a_packed_notebook_alone(window, tmp_path):
    """What `make colab` makes, in a folder of its own: it unpacks the course, runs, and its slider moves pixels."""
    path = NOTEBOOKS[0]
    tool.write(pack.pack(tool.read(path)), tmp_path / path.name)
    with driver.jupyter_lab(tmp_path) as alone:
        notebook = alone.open(window, path.name)
        notebook.run_all()
        move_by_keyboard_and_mouse(notebook.panel("layers"), "layers")
        assert not notebook.errors()
        alone.close(notebook)
    assert (tmp_path / "course" / "helpers" / "panel.py").is_file()


def move_by_keyboard_and_mouse(panel: Panel, label: str) -> None:
    """Readout, status and pixels must follow both; Reset must bring all three back."""
    slider = panel.slider(label)
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


def test_run_to_the_end(panel):
    panel.button("play").click()
    wait_until(panel.page, lambda: panel.status == "Step 100 of 100.", "the end of the work")
    wait_until(panel.page, lambda: panel.done == 100, "a full progress bar")
    panel.settle()
    assert panel.button("pause").count() == 0, "the clock still runs"


def test_failing_update_is_shown(panel):
    before = panel.seen()
    panel.slider("size").press("End")
    panel.await_other(before, "the message of the error")
    assert panel.failed
    assert panel.status == "This panel's update failed: RuntimeError: ten is too many"
    panel.slider("size").press("ArrowLeft")
    wait_until(panel.page, lambda: panel.status == "The line goes up by 9, from 0.00.", "the panel to recover")
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
        "play",
        "Reset",
    ]
    panel.page.keyboard.press("Shift+Tab")
    panel.page.keyboard.press("Space")
    wait_until(panel.page, lambda: panel.status == "The line goes up by 3, from 0.00.", "Reset by the keyboard")


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
    driver.write_notebook(course / "faulty.ipynb", [unknown, "1 / 0"])
    notebook = lab.open(window, "faulty.ipynb")
    with pytest.raises(AssertionError, match="ZeroDivisionError"):
        notebook.run_all()
    wait_until(
        notebook.page, lambda: any("Error displaying" in text for text in notebook.errors()), "the widget's error"
    )
    lab.close(notebook)


def lab_command(port: int, *arguments: str) -> list[str]:
    return [sys.executable, str(ROOT / "tools" / "lab.py"), str(port), *arguments]


def test_make_lab_says_that_the_port_is_taken():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        result = subprocess.run(lab_command(port, "--no-browser"), capture_output=True, text=True, timeout=60)
    assert result.returncode != 0
    assert result.stdout == ""
    (line,) = result.stderr.splitlines()
    assert line.startswith(f"make lab: port {port} cannot be used")


def test_make_lab_serves_the_course_and_stops(tmp_path):
    port, token, log = driver.free_port(), secrets.token_hex(16), tmp_path / "log"
    with log.open("w") as out:
        process = subprocess.Popen(
            lab_command(port, "--no-browser", f"--IdentityProvider.token={token}"),
            env=driver.private_environment(tmp_path),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        driver.await_server(process, url, token, log)
        assert b"<title>JupyterLab" in driver.get(f"{url}/lab", token, timeout=30)
        names = {entry["name"] for entry in json.loads(driver.get(f"{url}/api/contents", token))["content"]}
        assert names & {"notebooks", "01_resnet_as_euler.ipynb"}, f"not the course: {sorted(names)}"
    finally:
        status = driver.stop_server(process)
    assert status == 0, log.read_text()[-2000:]
