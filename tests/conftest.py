"""What the tests share, and the counts at the end of a run."""

import os
import shutil
from pathlib import Path

import pytest

for name in ("MAKEFLAGS", "MAKELEVEL", "MFLAGS"):  # of the make that runs the tests: one inside would say where it is
    os.environ.pop(name, None)


def chromium_path() -> str | None:
    """None where there is none, or where COURSE_BROWSER=none says not to use it."""
    from tools.browser import find_chromium  # not above: the helpers' tests run without playwright

    return None if os.environ.get("COURSE_BROWSER") == "none" else find_chromium()


@pytest.fixture(scope="session")
def chromium() -> str:
    """Path of a Chromium; without one the test is skipped, or fails where COURSE_BROWSER=required."""
    if path := chromium_path():
        return path
    message = "no Chromium on this machine: install one (Debian: apt install chromium) to run the browser tests"
    if os.environ.get("COURSE_BROWSER") == "required":
        pytest.fail(message)
    pytest.skip(message)


@pytest.fixture(scope="session")
def window(chromium):
    """A Chromium, of which each notebook has a page."""
    from tools.browser import launch

    with launch(chromium) as browser:
        yield browser


@pytest.fixture(scope="session")
def course(tmp_path_factory) -> Path:
    """A copy of the course, its notebooks without their outputs: nothing here may touch the committed ones."""
    from tools.browser import copy_course

    folder = tmp_path_factory.mktemp("course")
    copy_course(folder)
    (folder / "tests").mkdir()
    for name in ("__init__.py", "sweep.py"):  # what a kernel of the copy imports
        shutil.copy(Path(__file__).parent / name, folder / "tests")
    return folder


@pytest.fixture(scope="session")
def lab(course):
    """JupyterLab on the copy."""
    from tools.browser import jupyter_lab

    with jupyter_lab(course) as server:
        yield server


@pytest.hookimpl(tryfirst=True)  # before pytest-xdist reads the groups
def pytest_collection_modifyitems(items):
    """What shares a kernel, a page of the browser or a notebook's names stays on one worker (--dist loadgroup)."""
    for item in items:
        shared = [str(value) for value in getattr(getattr(item, "callspec", None), "params", {}).values()]
        notebook = next((Path(value).stem for value in shared if value.endswith(".ipynb")), None)
        page = "scratch" if {"scratch", "panel"} & set(getattr(item, "fixturenames", ())) else None
        if "kernel" in getattr(item, "fixturenames", ()):
            item.add_marker("live")
        alone = item.get_closest_marker("browser") or item.get_closest_marker("page")
        if not alone or notebook or page:
            item.add_marker(pytest.mark.xdist_group(f"{Path(item.fspath).stem}-{notebook or page or 'all'}"))


@pytest.hookimpl(optionalhook=True)  # Colab's versions come without pytest-xdist
def pytest_xdist_node_collection_finished(node, ids):
    """pytest-xdist 3.8.0 on pytest 9.2.0 loses the groups without a word: each worker would run every notebook."""
    if node.config.getvalue("dist") == "loadgroup" and ids and not any("@" in one for one in ids):
        pytest.exit("the tests' groups are lost: expected pytest and pytest-xdist of requirements.txt", returncode=4)


def pytest_terminal_summary(terminalreporter):
    counts = {"helpers": {}, "notebook cells": {}, "notebooks live": {}, "browser": {}, "page": {}}
    for outcome in ("passed", "failed", "skipped", "error"):
        for report in terminalreporter.stats.get(outcome, []):
            if getattr(report, "when", "call") == "call" or outcome != "passed":
                group = counts[_group(report.nodeid)]
                group[outcome] = group.get(outcome, 0) + 1
    for name, group in counts.items():
        if group:
            terminalreporter.write_line(f"{name}: " + ", ".join(f"{n} {outcome}" for outcome, n in group.items()))


def _group(nodeid: str) -> str:
    if ".ipynb" in nodeid:
        return "notebook cells"
    if any(name in nodeid for name in ("test_browser", "test_lab", "test_by_hand")):
        return "browser"
    if "test_page" in nodeid:
        return "page"
    return "notebooks live" if "test_notebooks" in nodeid else "helpers"
