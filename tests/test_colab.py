"""A notebook alone: packed, or fetching the course from its address, or saying in a sentence why it cannot."""

import os
import subprocess
import sys
from copy import deepcopy
from pathlib import Path

import pytest
from nbclient import NotebookClient

from tools import notebooks as tool
from tools import pack, publish

PATHS = tool.all_notebooks()


def setup_of(notebook) -> str:
    (cell,) = [cell for cell in notebook.cells if cell.source.startswith("# @title Setup")]
    return cell.source


def test_every_notebook_has_the_same_setup_cell():
    sources = {setup_of(tool.read(path)) for path in PATHS}
    assert len(sources) == 1
    assert len(sources.pop().splitlines()) <= 20


def test_notebooks_and_readme_name_one_address():
    (stamp,) = {line for path in PATHS for line in setup_of(tool.read(path)).splitlines() if "REPOSITORY, V" in line}
    address = stamp.split('"')[1]
    name = address.removeprefix("https://github.com/")
    readme = tool.README.read_text(encoding="utf-8")
    for path in PATHS:
        mark = publish.badge(name, path.name)
        assert (mark in tool.read(path).cells[0].source) and (mark in readme)
        assert ("Open in Colab" in tool.read(path).cells[0].source) == bool(mark)


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_stamp_can_be_set_replaced_and_taken_out(path):
    bare = publish.stamped(tool.read(path), path.name, "")
    once = publish.stamped(deepcopy(bare), path.name, "one/course")
    assert 'REPOSITORY, VERSION = "https://github.com/one/course", "main"' in setup_of(once)
    assert f"/github/one/course/blob/main/notebooks/{path.name})" in once.cells[0].source
    twice = publish.stamped(deepcopy(once), path.name, "other/place")
    assert twice.cells[0].source.count("Open in Colab") == 1 and "one/course" not in str(twice.cells[:2])
    assert publish.stamped(twice, path.name, "").cells == bare.cells


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> str:
    """The course as a repository of its own, by its file address."""
    folder = tmp_path_factory.mktemp("repository")
    for part in ("helpers", "data"):
        for path in (tool.ROOT / part).glob("*.*"):
            (folder / part).mkdir(exist_ok=True)
            (folder / part / path.name).write_bytes(path.read_bytes())
    git = ["git", "-c", "user.name=Course", "-c", "user.email=course@example.org"]
    for words in (["init", "--quiet", "-b", "main"], ["add", "."], ["commit", "--quiet", "-m", "The course"]):
        subprocess.run([*git, *words], cwd=folder, check=True)
    return folder.as_uri()


def run_setup(folder: Path, address: str) -> subprocess.CompletedProcess:
    """Run the setup cell as a script in `folder`, twice, as on Colab; then import the course."""
    source = setup_of(publish.stamped(tool.read(PATHS[0]), PATHS[0].name, address))
    script = f"{source}\n{source}\nimport helpers.checks\nprint(helpers.__file__)\n"
    environment = {**os.environ, "COLAB_RELEASE_TAG": "release", "PYTHONPATH": ""}
    return subprocess.run([sys.executable, "-c", script], cwd=folder, capture_output=True, text=True, env=environment)


def test_alone_it_fetches_the_course_and_runs_again(tmp_path, repository):
    (tmp_path / "course.part").mkdir()  # an earlier try, broken off
    done = run_setup(tmp_path, repository)
    assert done.stdout.strip() == str(tmp_path / "course" / "helpers" / "__init__.py"), done.stderr
    assert run_setup(tmp_path, "").returncode == 0  # it is there now; no address is needed
    assert sorted(path.name for path in tmp_path.iterdir()) == ["course"]


@pytest.mark.parametrize("address", ["", "file:///nowhere/course"])
def test_without_the_course_it_says_so_in_one_sentence(tmp_path, address):
    done = run_setup(tmp_path, address)
    assert done.returncode == 1 and "Traceback" not in done.stderr
    assert f"No course at {address!r}: put its folders helpers and data" in done.stderr


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_packed_it_needs_nothing_beside_it(path, tmp_path):
    packed = pack.pack(tool.read(path))
    tool.write(packed, tmp_path / path.name)
    assert (tmp_path / path.name).stat().st_size <= pack.LARGEST
    head = [cell for cell in packed.cells if cell.cell_type == "code"][:3]  # unpack, setup, imports
    packed.cells = [*head, *deepcopy(head)]  # and again
    client = NotebookClient(packed, timeout=120, kernel_name="python3", resources={"metadata": {"path": tmp_path}})
    client.execute()
    assert {path.name for path in tmp_path.iterdir()} == {path.name, "course"}
    assert (tmp_path / "course" / "data" / "digits.npz").read_bytes() == (tool.ROOT / "data/digits.npz").read_bytes()


def test_packing_gives_the_same_bytes_every_time():
    assert pack.archive() == pack.archive()
