"""`make lab` in a real Chromium: the learner's own copies, what they keep, and what does not disturb."""

import contextlib
import secrets
import shutil
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tools import browser
from tools.browser import ROOT, wait_until
from tools.notebooks import read, write

pytestmark = pytest.mark.browser
NOTEBOOK = "my_notebooks/01_resnet_as_euler.ipynb"


@pytest.fixture
def copy(tmp_path) -> Path:
    """A copy of the course in a folder with a name that a shell would take apart."""
    folder = tmp_path / "Ein Kurs (1)"
    for part in ("helpers", "data", "notebooks", "tools"):
        shutil.copytree(ROOT / part, folder / part, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    path = folder / "notebooks" / Path(NOTEBOOK).name
    write(browser.to_the_first_panel(read(path)), path)
    return folder


def lab_command(port: int | str, *arguments: str) -> list[str]:
    return [sys.executable, "-m", "tools.lab", str(port), "--no-browser", *arguments]


@contextlib.contextmanager
def make_lab(course: Path, log: Path) -> Iterator[browser.Lab]:
    """What `make lab` starts; stopped at the end, with status 0."""
    port, token = browser.free_port(), secrets.token_hex(16)
    with log.open("w") as out:
        process = subprocess.Popen(
            lab_command(port, f"--IdentityProvider.token={token}"),
            cwd=course,
            env=browser.private_environment(log.parent),
            stdin=subprocess.DEVNULL,
            stdout=out,
            stderr=out,
        )
    try:
        url = f"http://127.0.0.1:{port}"
        browser.await_server(process, url, token, log)
        yield browser.Lab(url, token)
    finally:
        status = browser.stop_server(process)
    assert status == 0, log.read_text()[-2000:]


def test_the_port_is_taken(copy):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        done = subprocess.run(lab_command(port), cwd=copy, capture_output=True, text=True, timeout=60)
    assert done.returncode == 1 and done.stdout == ""
    (line,) = done.stderr.splitlines()
    assert line.startswith(f"make lab: port {port} cannot be used") and line.endswith(f"make lab PORT={port + 1}")
    done = subprocess.run(lab_command("x"), cwd=copy, capture_output=True, text=True, timeout=60)
    assert done.stderr == "make lab: PORT=x: expected a number from 1 to 65535\n"
    assert not (copy / "my_notebooks").exists()


def test_a_copy_is_run_and_saved_and_opened_again(copy, window, tmp_path):
    """Nothing asks, nothing warns, the course's own files stay as they are, and the last picture is there."""
    before = {path: path.read_bytes() for path in (copy / "notebooks").rglob("*.*")}
    log = tmp_path / "log"
    with make_lab(copy, log) as lab:
        page = window.new_page(viewport=browser.VIEWPORT)
        page.goto(f"{lab.url}/?token={lab.token}")  # where `make lab` sends the browser
        page.wait_for_url(f"**/lab/tree/{NOTEBOOK}*", timeout=60_000)
        page.close()
        notebook = lab.open(window, NOTEBOOK)
        assert not notebook.page.locator(".jp-OutputArea-output").count(), "a copy has outputs"
        notebook.run_all()
        notebook.page.wait_for_timeout(3000)  # a box that asks would have come by now
        assert not notebook.page.locator(".Toastify__toast").all_text_contents()
        panel = notebook.panel("layers")
        panel.slider("layers").press("ArrowRight", times=3)
        panel.settle()
        seen = panel.seen()
        notebook.menu("File", "Save Notebook")
        wait_until(notebook.page, lambda: not notebook.page.title().startswith("*"), "the notebook to be saved")
        lab.close(notebook)
    assert read(copy / NOTEBOOK).metadata.widgets
    words = log.read_text()
    assert "Kernel started" in words and "TCP" not in words and "Warning" not in words
    with make_lab(copy, log) as lab:
        notebook = lab.open(window, NOTEBOOK)
        panel = notebook.panel("layers")
        wait_until(notebook.page, lambda: panel.picture.count() and panel.seen() == seen, "the panel as it was saved")
        assert not notebook.errors()
        lab.close(notebook)
    assert {path: path.read_bytes() for path in before} == before
