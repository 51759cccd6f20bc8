"""The course elsewhere: in Colab's versions, and as Binder builds it.

    make test-colab

Colab's versions are those of a virtual environment of its own, build/twin, with tests/colab.txt; COURSE_TWIN names
another one (Python 3.13, Colab's torch). The helpers' tests pass in it, and every notebook runs there three ways: in
the repository, alone with its address, packed; by nbval, live, from top to bottom.
COURSE_COLAB=few leaves the last two ways to two of them.
"""

import html
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest
from jupyter_client.manager import start_new_kernel
from nbformat.v4 import new_code_cell, new_notebook

from tests.bursts import ASK, burst, said
from tests.test_colab import repository
from tools import notebooks, pack, publish
from tools.browser import PANEL

__all__ = ["repository"]  # a fixture

PATHS = notebooks.all_notebooks()
TWIN = Path(os.environ.get("COURSE_TWIN", notebooks.ROOT / "build" / "twin"))
FEW = os.environ.get("COURSE_COLAB") == "few"
WAYS = [
    pytest.param(way, path, id=f"{path.stem}-{way}")
    for path in PATHS
    for way in ("repository", "alone", "packed")
    if way == "repository" or not FEW or path in (PATHS[0], PATHS[-1])
]


@pytest.fixture(scope="session")
def kernels(tmp_path_factory) -> Path:
    """A Jupyter path with the twin's kernel under the name `colab`."""
    path = tmp_path_factory.mktemp("jupyter")
    folder = path / "kernels" / "colab"
    folder.mkdir(parents=True)
    command = [str(TWIN / "bin" / "python"), "-m", "ipykernel_launcher", "-f", "{connection_file}"]
    kernel = {"argv": command, "display_name": "colab", "language": "python"}
    (folder / "kernel.json").write_text(json.dumps(kernel), encoding="utf-8")
    return path


def run(path: Path, kernels: Path) -> subprocess.CompletedProcess:
    """Run one notebook by nbval in the twin's kernel, as on Colab: no path but its own folder."""
    environment = {**os.environ, "JUPYTER_PATH": str(kernels), "COLAB_RELEASE_TAG": "release", "PYTHONPATH": ""}
    options = ["-q", "-p", "no:cacheprovider", f"--rootdir={path.parent}", "--nbval-lax", "--nbval-kernel-name=colab"]
    command = [sys.executable, "-m", "pytest", *options, "--nbval-cell-timeout=300", str(path)]
    return subprocess.run(command, cwd=path.parent, capture_output=True, text=True, env=environment)


@pytest.mark.parametrize(("way", "path"), WAYS)
def test_notebook(way, path, kernels, repository, tmp_path):
    notebook, folder = notebooks.read(path), tmp_path
    if way == "repository":
        folder = tmp_path / "notebooks"
        for part in ("helpers", "data"):
            shutil.copytree(notebooks.ROOT / part, tmp_path / part, ignore=shutil.ignore_patterns("__pycache__"))
    elif way == "alone":
        notebook = publish.stamped(notebook, path.name, repository)
        again = [new_code_cell(cell.source) for cell in notebook.cells if cell.cell_type == "code"]
        notebook.cells += again  # a second Run All in the same kernel
    else:
        notebook = pack.pack(notebook)
    folder.mkdir(exist_ok=True)
    notebooks.write(notebook, folder / path.name)
    done = run(folder / path.name, kernels)
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    code = sum(cell.cell_type == "code" for cell in notebook.cells)
    assert f"{code} passed" in done.stdout


def test_the_helpers():
    """Their tests, but those of the house and of the page, which is made in the house: its pins are not the twin's."""
    apart = ("benchmarks", "browser", "colab", "house", "lab", "notebooks", "page", "recording")
    apart = tuple(f"test_{name}" for name in apart)
    files = sorted(path for path in (notebooks.ROOT / "tests").glob("test_*.py") if not path.stem.startswith(apart))
    command = [TWIN / "bin" / "python", "-m", "pytest", "-q", "-p", "no:cacheprovider", "-o", "addopts=", *files]
    done = subprocess.run(command, cwd=notebooks.ROOT, capture_output=True, text=True)
    print(done.stdout.splitlines()[-1])
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]


def test_of_a_burst_the_newest_is_drawn(kernels, tmp_path, monkeypatch):
    """Colab's front end may send all that a drag makes at once."""
    monkeypatch.setenv("JUPYTER_PATH", str(kernels))
    manager, client = start_new_kernel(kernel_name="colab", cwd=str(notebooks.ROOT))
    try:
        (found,) = burst(client, said(client, PANEL.replace("size == 10", "False"), ASK))  # its last size is drawn too
        print(f"of 60 messages {found.pictures} drawn, the newest after {found.seconds:.2f} s")
        assert html.escape(found.expected) in found.shown
        assert 1 <= found.pictures <= 30
    finally:
        client.stop_channels()
        manager.shutdown_kernel(now=True)


def test_binder_builds_the_environment_after_the_course_is_there(tmp_path):
    """repo2docker's Dockerfile: environment.yml, whose pip line names requirements.txt, is read beside it."""
    for name in ("environment.yml", "requirements.txt", "README.md"):
        shutil.copy(notebooks.ROOT / name, tmp_path)
    program = notebooks.ROOT / "build" / "repo2docker" / "bin" / "jupyter-repo2docker"
    done = subprocess.run([program, "--no-build", "--debug", tmp_path], capture_output=True, text=True)
    dockerfile = done.stdout + done.stderr
    assert done.returncode == 0, dockerfile[-2000:]
    copied = dockerfile.index("COPY --chown=0:0 src/ ${REPO_DIR}/")
    assert dockerfile.index('env update -p ${NB_PYTHON_PREFIX} --file "environment.yml"') > copied
    assert "requirements.txt" not in dockerfile.partition("FROM ")[2]  # environment.yml alone is read


def test_the_twin_is_colabs(kernels, tmp_path):
    """It has the pinned versions, and what only ipywidgets 8 has fails in it."""
    command = [TWIN / "bin" / "python", "-m", "pip", "freeze", "--all"]
    frozen = subprocess.run(command, capture_output=True, text=True).stdout.lower()
    for line in (notebooks.ROOT / "tests" / "colab.txt").read_text(encoding="utf-8").splitlines():
        other = line.startswith("#") or ("COURSE_TWIN" in os.environ and line.startswith(("torch=", "setuptools")))
        assert other or line.lower() in frozen, f"{line} is not in the twin"
    for source, code in (("widgets.Dropdown(options=['a'])", 0), ("widgets.TagsInput(value=['a'])", 1)):
        path = tmp_path / "widget.ipynb"
        notebooks.write(new_notebook(cells=[new_code_cell(f"import ipywidgets as widgets\n\nbox = {source}")]), path)
        done = run(path, kernels)
        assert done.returncode == code, done.stdout
    assert "has no attribute 'TagsInput'" in done.stdout
