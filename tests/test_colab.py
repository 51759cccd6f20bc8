"""A notebook alone: packed, or fetching the course from its address, or saying in a sentence why it cannot."""

import json
import os
import shutil
import subprocess
import sys
from copy import deepcopy
from pathlib import Path

import pytest
import yaml

from tools import copies, notebooks, pack, publish, tables

PATHS = notebooks.all_notebooks()


def setup_of(notebook) -> str:
    (cell,) = [cell for cell in notebook.cells if cell.source.startswith("# @title Setup")]
    return cell.source


def test_every_notebook_has_the_same_setup_cell():
    sources = {setup_of(notebooks.read(path)) for path in PATHS}
    assert len(sources) == 1
    assert len(sources.pop().splitlines()) <= 20


def check_one_address() -> str:
    """Setup cells, badges and README name one address; return it."""
    (stamp,) = {line for path in notebooks.all_notebooks() for line in setup_of(notebooks.read(path)).splitlines()[7:8]}
    address = stamp.split('"')[1]
    name = address.removeprefix("https://github.com/")
    for path in notebooks.all_notebooks():
        mark, title = publish.badge(name, path.name), notebooks.read(path).cells[0].source
        assert mark in title and ("Open in Colab" in title) == bool(mark)
    assert tables.read_between(tables.README, "colab") == publish.readme_block(name)
    return address


def test_notebooks_and_readme_name_one_address():
    check_one_address()


def test_publish_stamps_the_course_and_takes_the_stamp_out(tmp_path, monkeypatch, capsys):
    """`make publish` on a copy of the course: one address everywhere, another one, none."""
    (tmp_path / "notebooks").mkdir()
    for path in (tables.README, *PATHS):
        (tmp_path / path.relative_to(notebooks.ROOT)).write_bytes(path.read_bytes())
    monkeypatch.setattr(notebooks, "ROOT", tmp_path)
    monkeypatch.setattr(tables, "README", tmp_path / "README.md")
    publish.main(["none"])
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.*") if path.is_file()}
    for name in ("one/course", "other/place"):
        publish.main([name])
        assert check_one_address() == f"https://github.com/{name}"
    readme = (tmp_path / "README.md").read_text(encoding="utf-8")
    assert "one/course" not in readme and readme.count("colab-badge.svg") == len(PATHS)
    assert "https://mybinder.org/v2/gh/other/place/main?urlpath=lab%2Ftree%2Fnotebooks%2F01_resnet_as_e" in readme
    assert "](https://other.github.io/place/)" in readme
    assert "git-pull?repo=https%3A%2F%2Fgithub.com%2Fother%2Fplace&branch=main&urlpath=lab%2Ftree%2Fplace%2Fn" in readme
    publish.main(["none"])
    assert {path: path.read_bytes() for path in before} == before
    for text in ("foo", 'a"b/c', "o\\1/r", "https://example.org/a b"):
        with pytest.raises(SystemExit, match=r"REPO=.*: expected owner/name, an https:// address, or none"):
            publish.main([text])
    assert {path: path.read_bytes() for path in before} == before
    for text in ("https://github.com/one/course", "git@github.com:one/course.git", "one/course.git"):
        assert publish.repository(text) == "one/course"
    with pytest.raises(SystemExit, match="no remote `origin` on GitHub; say make publish REPO=owner/name"):
        publish.main([""])  # the copy is no repository


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_stamp_can_be_set_replaced_and_taken_out(path):
    bare = publish.stamped(notebooks.read(path), path.name, "")
    once = publish.stamped(deepcopy(bare), path.name, "one/course")
    assert 'REPOSITORY, VERSION = "https://github.com/one/course", "main"' in setup_of(once)
    assert f"/github/one/course/blob/colab/notebooks/{path.name})" in once.cells[0].source
    twice = publish.stamped(deepcopy(once), path.name, "other/place")
    assert twice.cells[0].source.count("Open in Colab") == 1 and "one/course" not in str(twice.cells[:2])
    assert publish.stamped(twice, path.name, "").cells == bare.cells


@pytest.fixture(scope="module")
def repository(tmp_path_factory) -> str:
    """The course as a repository of its own, by its file address."""
    folder = tmp_path_factory.mktemp("repository")
    for part in ("helpers", "data"):
        for path in (notebooks.ROOT / part).glob("*.*"):
            (folder / part).mkdir(exist_ok=True)
            (folder / part / path.name).write_bytes(path.read_bytes())
    git = ["git", "-c", "user.name=Course", "-c", "user.email=course@example.org"]
    for words in (["init", "--quiet", "-b", "main"], ["add", "."], ["commit", "--quiet", "-m", "The course"]):
        subprocess.run([*git, *words], cwd=folder, check=True)
    return folder.as_uri()


def run_setup(folder: Path, address: str) -> subprocess.CompletedProcess:
    """Run the setup cell as a script in `folder`, twice, as on Colab; then import the course."""
    source = setup_of(publish.stamped(notebooks.read(PATHS[0]), PATHS[0].name, address))
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
    assert done.returncode == 1
    at = address or "any address"
    assert done.stderr == f"No course at {at}: put its folders helpers and data here, and run again.\n"
    assert not list(tmp_path.iterdir())


def test_without_a_network_torchdiffeq_is_asked_for_in_one_sentence(tmp_path):
    """pip finds nothing: torchdiffeq is hidden and pip may look nowhere."""
    source = setup_of(notebooks.read(PATHS[0]))
    hide = "import importlib.util\nimportlib.util.find_spec = lambda name: None\n"
    environment = {**os.environ, "PIP_NO_INDEX": "1", "PIP_FORCE_REINSTALL": "1", "PIP_CONFIG_FILE": os.devnull}
    command = [sys.executable, "-c", hide + source]
    done = subprocess.run(command, cwd=notebooks.ROOT, capture_output=True, text=True, env=environment)
    assert done.returncode == 1
    words = "torchdiffeq is missing and cannot be fetched: connect to a network, and run again."
    assert done.stderr.splitlines()[-1] == words and "Traceback" not in done.stderr


@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_packed_it_needs_nothing_beside_it(path, tmp_path):
    packed = pack.pack(notebooks.read(path))
    notebooks.write(packed, tmp_path / path.name)
    assert (tmp_path / path.name).stat().st_size <= pack.LARGEST
    assert not any(cell.get("outputs") or cell.get("execution_count") for cell in packed.cells)
    assert packed.cells[0].source.endswith(copies.KEEP)
    head = [cell for cell in packed.cells if cell.cell_type == "code"][:3]  # unpack, setup, imports
    packed.cells = [*head, *deepcopy(head)]  # and again
    notebooks.client(packed, tmp_path).execute()
    assert {path.name for path in tmp_path.iterdir()} == {path.name, "course"}
    unpacked = tmp_path / "course" / "data" / "digits.npz"
    assert unpacked.read_bytes() == (notebooks.ROOT / "data" / "digits.npz").read_bytes()


def test_packing_gives_the_same_bytes_every_time():
    assert pack.archive() == pack.archive()


def test_the_branch_that_the_badges_open(tmp_path):
    """The workflow's commands, with a folder in place of GitHub: every badge's file is there, bare; twice."""
    workflow = yaml.safe_load((notebooks.ROOT / ".github" / "workflows" / "colab.yml").read_text(encoding="utf-8"))
    (script,) = [step["run"] for step in workflow["jobs"]["colab"]["steps"] if "run" in step]
    assert workflow["permissions"] == {"contents": "write"} and workflow[True] == {"push": {"branches": ["main"]}}

    def git(*words: str, cwd: Path = tmp_path) -> str:
        return subprocess.run(["git", *words], cwd=cwd, check=True, capture_output=True, text=True).stdout

    origin, start = tmp_path / "origin.git", tmp_path / "start"
    git("init", "--quiet", "--bare", "-b", "main", str(origin))
    git("init", "--quiet", "-b", "main", str(start))
    for part in ("notebooks", "tools"):
        shutil.copytree(notebooks.ROOT / part, start / part, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    shutil.copy(notebooks.ROOT / ".gitignore", start)
    me = ("-c", "user.name=Course", "-c", "user.email=course@example.org")
    git("add", ".", cwd=start)
    git(*me, "commit", "--quiet", "-m", "The course", cwd=start)
    git("push", "--quiet", str(origin), "main", cwd=start)
    for clone in ("once", "twice"):  # each push starts from a fresh checkout
        git("clone", "--quiet", "--depth", "1", origin.as_uri(), clone)
        names = {"GITHUB_ACTOR": "actor", "GITHUB_SHA": "abc"}
        subprocess.run(["bash", "-e", "-c", script], cwd=tmp_path / clone, check=True, env=os.environ | names)
    badges = [publish.badge("one/course", path.name) for path in PATHS]
    files = git("ls-tree", "-r", "--name-only", publish.BARE, cwd=origin).split()
    assert files == [badge.split(f"/blob/{publish.BARE}/")[1].rstrip(")") for badge in badges]
    assert git("rev-list", "--count", publish.BARE, cwd=origin) == "1\n", "no history: the branch is made anew"
    shown = json.loads(git("show", f"{publish.BARE}:{files[0]}", cwd=origin))
    assert not any(cell.get("outputs") for cell in shown["cells"])
