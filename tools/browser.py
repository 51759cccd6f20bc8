"""Drives JupyterLab in a real Chromium, with the mouse and the keyboard that a learner has.

with jupyter_lab(folder) as lab, launch("/usr/bin/chromium") as browser:
    notebook = lab.open(browser, "lesson.ipynb")
    notebook.run_all()
    panel = notebook.panel("sigma")
    panel.slider("sigma").press("ArrowRight")
"""

import contextlib
import json
import os
import re
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import nbformat
from playwright.sync_api import Browser, Locator, Page, sync_playwright

ROOT = Path(__file__).resolve().parent.parent
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking", "--no-first-run"]
# Tall, so that a panel is in view with what belongs to it. JupyterLab skips the layout of cells that are out of view,
# where inner_text() is empty: everything here reads text_content().
VIEWPORT = {"width": 1280, "height": 2000}
KERNEL = {"kernelspec": {"display_name": "Python 3", "language": "python", "name": "python3"}}
# A panel that has all that a panel can have.
PANEL = """
import time
from helpers import figures
from helpers.panel import Choice, Goal, Slider, panel

figures.use_style()
GOAL = Goal("the least size of nine", holds=lambda size: size >= 9, least="size", at={"size": 9})
SIZE, LEAN = Slider(0, 10, 3, label="size"), Slider(-1.0, 1.0, 0.0, label="lean")
WAY, PICK = Choice(("up", "down"), "up", label="way"), Slider(options=(1, 4, 16), default=4, label="pick")


@panel("Scratch", goal=GOAL, play="lean", height=2.4, size=SIZE, lean=LEAN, way=WAY, pick=PICK)
def scratch(fig):
    ax = fig.subplots()
    (line,) = ax.plot([0, 1], [0, 0])
    ax.set(xlim=(0, 1), ylim=(-12, 12), title="A line")

    def move(size, lean, way, pick):
        if size == 10:
            raise RuntimeError("ten is too many")
        line.set_ydata([lean, size] if way == "up" else [lean, -size])
        line.set_linewidth(pick)
        return f"The line goes {way} by {size}, from {lean:.2f}.", size

    def run(size, lean, way, pick, steps=100):
        for step in range(1, steps + 1):
            time.sleep(0.02)
            line.set_ydata([-size, step / 10])
            yield step / steps, f"Step {step} of {steps}."

    return move, run
"""
# The pixels that the page shows, as one short string. Decoding fails where the next picture overtakes: try again.
PIXELS = """async box => {
    const img = box.querySelector(":scope > img.widget-image");
    for (let tries = 0; tries < 20 && !await img.decode().then(() => true, () => false); tries++);
    const canvas = new OffscreenCanvas(img.naturalWidth, img.naturalHeight), context = canvas.getContext("2d");
    context.drawImage(img, 0, 0);
    const pixels = context.getImageData(0, 0, canvas.width, canvas.height).data;
    return Array.from(new Uint8Array(await crypto.subtle.digest("SHA-1", pixels))).join();
}"""
FAULTS = """() => [...document.querySelectorAll(".jp-OutputArea-output")].filter(output =>
    output.dataset.mimeType === "application/vnd.jupyter.stderr"
    || output.textContent.includes("Error displaying widget")
    || output.querySelector(".jupyter-widgets-error-widget")).map(output => output.textContent)"""
# css:light finds it by this name ten times sooner than the page's other selectors, which look into shadow trees.
OWN_NAME = 'box => box.id ||= "panel-" + crypto.randomUUID()'
# Ends when the picture has been the same one for so many milliseconds.
SETTLED = """(box, quiet) => new Promise(resolve => {
    const img = box.querySelector(":scope > img.widget-image");
    let timer = setTimeout(done, quiet);
    const watch = new MutationObserver(() => { clearTimeout(timer); timer = setTimeout(done, quiet); });
    function done() { watch.disconnect(); resolve(); }
    watch.observe(img, {attributes: true, attributeFilter: ["src"]});
})"""
# Keeps [top, height] of the picture, relative to its panel, of every frame.
WATCH_SIZE = """img => {
    img.seenSizes = new Set();
    const look = () => {
        const box = img.getBoundingClientRect(), top = box.top - img.parentElement.getBoundingClientRect().top;
        img.seenSizes.add(`${Math.round(top)}, ${Math.round(box.height)}`);
        img.watching = requestAnimationFrame(look);
    };
    look();
}"""


def find_chromium() -> str | None:
    """Path of a Chromium on this machine."""
    return next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


def copy_course(to: Path) -> None:
    """Copy what a notebook needs, the notebooks without their outputs: whatever the page shows is then live."""
    for folder in ("helpers", "data", "notebooks"):
        shutil.copytree(ROOT / folder, to / folder, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    for path in (to / "notebooks").glob("*.ipynb"):
        notebook = nbformat.read(path, as_version=4)
        write_notebook(path, notebook.cells)


def write_notebook(path: Path, cells: list) -> None:
    """Write cells (or the source of code cells) as a notebook without outputs."""
    cells = [nbformat.v4.new_code_cell(cell) if isinstance(cell, str) else cell for cell in cells]
    for cell in cells:
        if cell.cell_type == "code":
            cell.update(outputs=[], execution_count=None)
    nbformat.write(nbformat.v4.new_notebook(cells=cells, metadata=KERNEL), path)


def to_the_first_panel(notebook):
    """The notebook, shortened: what ends after its first panel, with a cell whose number is seen, is soon run."""
    panels = [k for k, cell in enumerate(notebook.cells) if cell.cell_type == "code" and "@panel(" in cell.source]
    notebook.cells[panels[0] + 1 :] = [nbformat.v4.new_code_cell("pass")]
    return notebook


def wait_until(page: Page, condition: Callable[[], bool], what: str, seconds: float = 20, every: float = 0.02) -> None:
    """Wait for `condition`, asked for `every` so many seconds; AssertionError says what never came."""
    end = time.monotonic() + seconds
    while not condition():
        assert time.monotonic() < end, f"after {seconds:g} s, still waiting for {what}"
        page.wait_for_timeout(1000 * every)


def free_port() -> int:
    """A TCP port of this machine that nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def private_environment(folder: Path) -> dict:
    """The environment of a server that neither reads nor writes the user's own Jupyter folders."""
    own = {
        "IPYTHONDIR": "ipython",
        "JUPYTERLAB_SETTINGS_DIR": "settings",
        "JUPYTERLAB_WORKSPACES_DIR": "workspaces",
        "JUPYTER_CONFIG_DIR": "config",
        "JUPYTER_DATA_DIR": "data",
        "JUPYTER_RUNTIME_DIR": "runtime",
    }
    environment = {name: value for name, value in os.environ.items() if name not in ("COURSE_STATIC", "PYTHONPATH")}
    return environment | {name: str(folder / sub) for name, sub in own.items()} | {"OMP_NUM_THREADS": "1"}


def get(url: str, token: str, method: str = "GET", timeout: float = 5) -> bytes:
    """What a Jupyter server answers. Raises OSError (URLError) as long as there is none."""
    request = urllib.request.Request(url, method=method, headers={"Authorization": f"token {token}"})
    with urllib.request.build_opener(urllib.request.ProxyHandler({})).open(request, timeout=timeout) as answer:
        return answer.read()


def await_server(process: subprocess.Popen, url: str, token: str, log: Path, seconds: float = 60) -> None:
    """Wait until the server answers; RuntimeError with the end of its log if it does not."""
    end = time.monotonic() + seconds
    while True:
        with contextlib.suppress(OSError):
            get(f"{url}/api/status", token)
            return
        if process.poll() is not None or time.monotonic() > end:
            process.kill()
            raise RuntimeError(f"JupyterLab does not answer; the end of its log:\n{log.read_text()[-2000:]}")
        time.sleep(0.1)


def stop_server(process: subprocess.Popen) -> int:
    """End a Jupyter server as `kill` does; it takes its kernels along. Returns its exit status."""
    process.terminate()
    try:
        return process.wait(30)
    except subprocess.TimeoutExpired:
        process.kill()
        return process.wait()


@contextlib.contextmanager
def jupyter_lab(root: Path, theme: str = "JupyterLab Light") -> Iterator["Lab"]:
    """A JupyterLab server on the folder `root`, stopped with its kernels at the end."""
    token, port = secrets.token_hex(16), free_port()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        folder = Path(folder)
        for plugin, settings in {"notification": {"fetchNews": "false"}, "themes": {"theme": theme}}.items():
            path = folder / f"settings/@jupyterlab/apputils-extension/{plugin}.jupyterlab-settings"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(json.dumps(settings))
        command = [sys.executable, "-m", "jupyterlab", "--no-browser", "--ip=127.0.0.1", f"--port={port}"]
        command += ["--ServerApp.port_retries=0", f"--IdentityProvider.token={token}", f"--ServerApp.root_dir={root}"]
        command += ["--allow-root"] * (hasattr(os, "geteuid") and os.geteuid() == 0)
        log = folder / "server.log"
        with log.open("w") as out:
            process = subprocess.Popen(
                command, env=private_environment(folder), stdin=subprocess.DEVNULL, stdout=out, stderr=out
            )
        try:
            url = f"http://127.0.0.1:{port}"
            await_server(process, url, token, log)
            yield Lab(url, token, folder / "runtime")
        finally:
            stop_server(process)


@contextlib.contextmanager
def launch(executable: str) -> Iterator[Browser]:
    """A headless Chromium."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=executable, args=FLAGS)
        try:
            yield browser
        finally:
            browser.close()


class Lab:
    """A running JupyterLab."""

    def __init__(self, url: str, token: str, runtime: Path | None = None):
        """runtime: where its kernels say how to connect to them."""
        self.url, self.token, self._runtime = url, token, runtime

    def open(self, browser: Browser, path: str, viewport: dict = VIEWPORT) -> "Notebook":
        """Open the notebook at `path`, relative to the server's folder, in a fresh browser profile."""
        page = browser.new_page(viewport=viewport)
        page.set_default_timeout(15_000)
        page.goto(f"{self.url}/lab/tree/{path}?token={self.token}&reset")
        page.wait_for_selector('#jp-main-statusbar >> text="Python 3 (ipykernel) | Idle"', timeout=60_000)
        notebook = Notebook(page, path, lambda: get(f"{self.url}/api/contents/{path}?content=0", self.token))
        notebook.all_there(len(json.loads(get(f"{self.url}/api/contents/{path}", self.token))["content"]["cells"]))
        return notebook

    def _sessions(self, notebook: "Notebook") -> list[dict]:
        return [one for one in json.loads(get(f"{self.url}/api/sessions", self.token)) if one["path"] == notebook.path]

    def connection_file(self, notebook: "Notebook") -> str:
        """Path of the file by which another client reaches the notebook's kernel."""
        (session,) = self._sessions(notebook)
        return str(self._runtime / f"kernel-{session['kernel']['id']}.json")

    def close(self, notebook: "Notebook") -> None:
        """Close the page of a notebook and end its kernel."""
        notebook.page.close()
        for session in self._sessions(notebook):
            get(f"{self.url}/api/sessions/{session['id']}", self.token, method="DELETE", timeout=30)


class Notebook:
    """An open notebook."""

    def __init__(self, page: Page, path: str, saved: Callable[[], bytes]):
        self.page, self.path, self._saved = page, path, saved  # saved: what the server says of the file, its time too

    def menu(self, name: str, item: str) -> None:
        """Choose an item of a menu of the menu bar."""
        self.page.locator(f'.lm-MenuBar-itemLabel:text-is("{name}")').click()
        self.page.locator(f'.lm-Menu-itemLabel:text-is("{item}")').click()

    def select(self, number: int) -> None:
        """Make code cell `number` (from 1; 0 is the last) the one that the menus act on."""
        self.page.locator(".jp-CodeCell").nth(number - 1).locator(".jp-InputPrompt").click()

    def reload(self) -> None:
        """Save, and load the page anew; the kernel goes on."""
        cells = self.page.locator(".jp-Cell")
        before, count = self._saved(), cells.count()
        self.menu("File", "Save Notebook")
        wait_until(self.page, lambda: self._saved() != before, "the notebook to be saved")
        self.page.reload()
        self.page.wait_for_selector('#jp-main-statusbar >> text="Python 3 (ipykernel) | Idle"', timeout=60_000)
        self.all_there(count)
        self.page.wait_for_selector("img.widget-image", state="attached", timeout=60_000)

    def all_there(self, count: int) -> None:
        """Wait until all `count` cells are on the page. JupyterLab adds those out of view when it is idle."""
        cells = self.page.locator(".jp-Cell")
        wait_until(self.page, lambda: cells.count() == count, f"all {count} cells to be on the page", 60)

    def run_all(self, seconds: float = 180) -> None:
        """Run > Run All Cells, and wait for the last one. AssertionError if a cell shows an error."""
        self.menu("Run", "Run All Cells")
        prompts = self.page.locator(".jp-CodeCell .jp-InputPrompt")
        wait_until(
            self.page,
            lambda: self.errors() or re.fullmatch(r"\[\d+\]:", prompts.last.text_content().strip()),
            "the last cell to be done",
            seconds,
            every=0.25,  # the page searches all outputs for errors each time, on a core that the kernel could use
        )
        assert not self.errors(), "\n".join(self.errors())

    def errors(self) -> list[str]:
        """What the outputs say on stderr, tracebacks among it, and every widget that the page could not draw."""
        return self.page.evaluate(FAULTS)

    def panel(self, label: str) -> "Panel":
        """The first panel with a control of this label, scrolled into view."""
        box = self.page.locator(f'.widget-vbox:has(> img.widget-image):has(.widget-label:text-is("{label}"))').first
        box.scroll_into_view_if_needed()
        return Panel(self.page.locator(f"css:light=#{box.evaluate(OWN_NAME)}"))

    def predict(self, question: str, choice: str) -> None:
        """Answer a prediction that is asked with a dropdown."""
        box = self.page.locator(".widget-vbox").filter(has_text=f"Predict: {question}").last
        box.locator("select").select_option(choice)

    def run_cell(self, number: int) -> str:
        """Run code cell `number` (from 1; 0 is the last) as Ctrl+Enter does; returns the text under it."""
        cell = self.page.locator(".jp-CodeCell").nth(number - 1)
        prompt = cell.locator(".jp-InputPrompt")
        before = prompt.text_content()
        prompt.click()
        self.page.keyboard.press("Control+Enter")
        wait_until(
            self.page,
            lambda: prompt.text_content() != before and re.fullmatch(r"\[\d+\]:", prompt.text_content().strip()),
            f"code cell {number} to be done",
        )
        return self.output(number)

    def output(self, number: int) -> str:
        """The last text under code cell `number`; "" where there is none yet."""
        texts = self.page.locator(".jp-CodeCell").nth(number - 1).locator(".jp-OutputArea-output").all_text_contents()
        return texts[-1].strip() if texts else ""


class Panel:
    """A panel on the page. What is asked many times a second is asked of its element, without a search for it."""

    def __init__(self, box: Locator):
        self.page, self.box, self._element = box.page, box, box.element_handle()
        self.picture = box.locator("> img.widget-image")
        self.reset = box.get_by_role("button", name="Reset")
        self.slow_link = box.get_by_label("slow link")
        self.progress = box.locator(".progress-bar")

    def slider(self, label: str) -> "Slider":
        return Slider(self.box.locator(f'.widget-slider:has(.widget-label:text-is("{label}"))'))

    @property
    def cell(self) -> int:
        """The number of its code cell, from 1."""
        return self.box.evaluate(
            "box => [...document.querySelectorAll('.jp-CodeCell')].indexOf(box.closest('.jp-CodeCell')) + 1"
        )

    def button(self, kind: str, last: bool = False) -> Locator:
        """A button of the first clock (or the last: Run comes before Play): kind is play, pause or stop."""
        clocks = self.box.locator(".widget-play")
        return (clocks.last if last else clocks.first).locator(f"button:has(.fa-{kind})")

    def plays(self, label: str) -> bool:
        """Whether the panel has a Play button for the slider of this label."""
        return self.box.locator(f'.widget-label:text-is("Play {label}:")').count() > 0

    @property
    def runs(self) -> bool:
        """Whether the panel has a Run button."""
        return self.progress.count() > 0

    @property
    def status(self) -> str:
        return self._element.evaluate("box => box.querySelector('[role=status], [role=alert]').textContent")

    @property
    def failed(self) -> bool:
        return self._element.evaluate("box => box.querySelector('[role=alert]') !== null")

    @property
    def pixels(self) -> str:
        """The picture's pixels, as a string that is the same for the same pixels."""
        return self._element.evaluate(PIXELS)

    @property
    def done(self) -> float:
        """How far the progress bar has come, in percent."""
        return float(self._element.evaluate("box => parseFloat(box.querySelector('.progress-bar').style.width)"))

    def choose(self, label: str, option: str) -> None:
        self.box.get_by_label(label).select_option(option)

    @contextlib.contextmanager
    def sizes(self) -> Iterator[list]:
        """The different [top, height] that the picture had inside the panel, looked up in every frame of the body."""
        found = []
        self.picture.evaluate(WATCH_SIZE)
        yield found
        found += self.picture.evaluate("img => { cancelAnimationFrame(img.watching); return [...img.seenSizes]; }")

    def seen(self) -> tuple[str, str]:
        """Status and pixels."""
        return self.status, self.pixels

    def await_other(self, before: tuple[str, str], what: str) -> None:
        """Wait until both status and pixels differ from what they were before."""
        wait_until(self.page, lambda: all(a != b for a, b in zip(self.seen(), before, strict=True)), what)

    def settle(self, quiet: float = 0.4) -> None:
        """Wait until the picture has stood still for `quiet` seconds."""
        self._element.evaluate(SETTLED, 1000 * quiet)


class Slider:
    """A slider of a panel."""

    def __init__(self, row: Locator):
        self.page, self.row, self._element = row.page, row, row.element_handle()
        self.handle = row.locator("[role=slider]")

    @property
    def readout(self) -> str:
        return self._element.evaluate("row => row.querySelector('.widget-readout').textContent")

    @property
    def value(self) -> float:
        return float(self.handle.get_attribute("aria-valuetext"))

    @property
    def fraction(self) -> float:
        """Where the handle stands on its track, from 0 to 1."""
        handle, track = self.handle.bounding_box(), self.row.locator(".noUi-base").bounding_box()
        return (handle["x"] + handle["width"] / 2 - track["x"]) / track["width"]

    def press(self, key: str, times: int = 1) -> None:
        for _ in range(times):
            self.handle.press(key)

    def type(self, number: str) -> None:
        """Type a number over the one beside the track."""
        readout = self.row.locator(".widget-readout")
        readout.fill(number)
        readout.press("Enter")

    @contextlib.contextmanager
    def dragged(self, to: float, moves: int = 20, pause: float = 16) -> Iterator[None]:
        """Drag the handle with the mouse to a fraction of the track; the body runs before the button is let go.

        moves: on the way, one every `pause` milliseconds.
        """
        mouse = self.page.mouse
        self.row.scroll_into_view_if_needed()
        handle, track = self.handle.bounding_box(), self.row.locator(".noUi-base").bounding_box()
        x, y = handle["x"] + handle["width"] / 2, handle["y"] + handle["height"] / 2
        mouse.move(x, y)
        mouse.down()
        for move in range(1, moves + 1):
            mouse.move(x + (track["x"] + to * track["width"] - x) * move / moves, y)
            self.page.wait_for_timeout(pause)
        try:
            yield
        finally:
            mouse.up()
