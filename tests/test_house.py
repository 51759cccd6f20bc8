"""The house: what `make` builds stands on pinned versions, and says in one line what is missing."""

import ast
import io
import os
import re
import shutil
import signal
import subprocess
import sys
import tokenize
from importlib.metadata import version
from pathlib import Path

import pytest

from tools import copies, course

ROOT = Path(__file__).resolve().parent.parent
PINS = [line for line in (ROOT / "requirements.txt").read_text().splitlines() if line and not line.startswith("#")]


def test_requirements_are_plain_pins_and_these_are_the_installed_versions():
    for pin in PINS:
        name, _, pinned = pin.partition("==")
        assert re.fullmatch(r"[\w-]+==[\w.]+", pin), pin
        assert version(name).split("+")[0] == pinned


def test_pyproject_asks_for_no_more_than_the_pins():
    import tomllib

    pinned = dict(pin.split("==") for pin in PINS)
    bounds = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]["dependencies"]
    for bound in bounds:
        name, least = re.fullmatch(r"([\w-]+)>=([\d.]+)", bound).groups()
        assert _numbers(least) <= _numbers(pinned[name]), bound


def _numbers(text: str) -> list[int]:
    return [int(part) for part in text.split(".")]


def test_environment_yml_is_conda_forge_and_the_pins():
    lines = [line for line in (ROOT / "environment.yml").read_text().splitlines() if not line.startswith("#")]
    assert lines == [
        "name: neural-ode-course",
        "channels:",
        "  - conda-forge",
        "dependencies:",
        "  - python=3.11",
        "  - pip",
        "  - make",
        "  - pip:",
        "      - -r requirements.txt",  # repo2docker reads no requirements.txt beside an environment.yml
    ]


def run_course(folder: Path, *arguments: str, **environment: str) -> subprocess.CompletedProcess:
    """`python -m tools.course …` in a copy of the course."""
    command = [sys.executable, "-m", "tools.course", *arguments]
    return subprocess.run(command, cwd=folder, env=os.environ | environment, capture_output=True, text=True)


def small_course(folder: Path, pins: str = "pip\n") -> Path:
    """What builds an environment, and pins that need no network, in a folder with a name that a shell takes apart."""
    course = folder / "Ein Kurs (1)"
    shutil.copytree(ROOT / "tools", course / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "Makefile", course)
    (course / "requirements.txt").write_text(pins)
    return course


@pytest.fixture(scope="module")
def built(tmp_path_factory) -> Path:
    """A course with an environment."""
    course = small_course(tmp_path_factory.mktemp("built"))
    done = subprocess.run(
        ["make", "environment", f"PYTHON={sys.executable}"], cwd=course, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert re.fullmatch(r"Building \.venv with Python [\d.]+, since there is none yet \.* done\.\n", done.stdout)
    return course


def test_an_environment_is_built_once(built):
    assert (run_course(built, "environment").stdout, run_course(built, "environment").stderr) == ("", "")
    (built / "requirements.txt").write_text("# another\npip\n")
    assert course.fault(built / ".venv", built / "requirements.txt") == "the pins have changed"
    (built / "requirements.txt").write_text("pip\n")


def test_without_another_python_the_environments_own_will_do(built):
    done = subprocess.run(["make", "environment", "PYTHON=gone"], cwd=built, capture_output=True, text=True)
    assert (done.returncode, done.stdout, done.stderr) == (0, "", "")


@pytest.mark.parametrize(
    ("damage", "why"),
    [
        ("mv .venv elsewhere; mv elsewhere .venv; mv .venv/pins.txt .venv/pins", "an earlier build was broken off"),
        ("rm .venv/bin/python*; ln -s /gone/python .venv/bin/python", "its Python is gone"),
        ("mv .venv/lib/python3.* .venv/lib/python3.0", "it does not run any more"),  # another Python under it
        ("rm .venv/pyvenv.cfg", "it does not run any more"),  # no environment: pip is another's
        ("rm -r .venv/lib/python3.*/site-packages/pip*", "it does not run any more"),
    ],
)
def test_what_is_broken_is_noticed(built, tmp_path, damage, why):
    copy = tmp_path / "moved and renamed"  # which alone does no harm
    shutil.copytree(built, copy, symlinks=True)
    assert course.fault(copy / ".venv", copy / "requirements.txt") == ""
    subprocess.run(["sh", "-c", damage], cwd=copy, check=True)
    assert course.fault(copy / ".venv", copy / "requirements.txt") == why


def test_what_is_broken_is_built_anew(built, tmp_path):
    copy = tmp_path / "renamed"
    shutil.copytree(built, copy, symlinks=True)
    shutil.rmtree(copy / ".venv" / "lib")
    done = run_course(copy, "environment")
    assert "since it does not run any more" in done.stdout and done.returncode == 0
    assert run_course(copy, "environment").stdout == ""


def test_a_build_that_fails_is_no_environment(tmp_path):
    folder = small_course(tmp_path, "no-such-thing==1\n")
    done = run_course(folder, "environment", PIP_NO_INDEX="1")
    assert done.returncode == 1
    assert done.stderr.splitlines()[-1] == "course: .venv could not be built; the message above says why"
    assert "no-such-thing" in done.stderr and "Traceback" not in done.stderr
    assert course.fault(folder / ".venv", folder / "requirements.txt") == "an earlier build was broken off"


def test_a_build_that_is_interrupted_says_so(tmp_path):
    command = [sys.executable, "-m", "tools.course", "environment"]
    process = subprocess.Popen(
        command,
        cwd=small_course(tmp_path),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_DFL),  # a shell's background job ignores it
    )
    assert process.stdout.read(8) == "Building"
    process.send_signal(signal.SIGINT)
    _, error = process.communicate(timeout=60)
    assert error == "course: broken off; the next call begins anew\n" and process.returncode == 1


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ("sys.version_info = (3, 8, 2)", "Python 3.8.2 is too old; take 3.11 or newer"),
        ("import importlib.util as u; u.find_spec = lambda name: name == 'venv' or None", "apt install python3-venv"),
    ],
    ids=["old Python", "no venv"],
)
def test_what_is_missing_is_said_in_one_line(tmp_path, change, words):
    folder = small_course(tmp_path)
    code = f"import sys; from tools import course; {change}; course.main('environment')"
    done = subprocess.run([sys.executable, "-c", code], cwd=folder, capture_output=True, text=True)
    assert done.returncode == 1 and done.stdout == ""
    assert words in done.stderr and len(done.stderr.splitlines()) == 1
    assert not (folder / ".venv").exists()


def test_no_python_is_said_in_one_line(tmp_path):
    folder = small_course(tmp_path)
    done = subprocess.run(["make", "lab", "PYTHON=missing-python"], cwd=folder, capture_output=True, text=True)
    line, of_make = done.stderr.splitlines()
    assert line.startswith("make: no missing-python here; install Python 3.11 or newer") and "***" in of_make


def test_an_old_python_can_read_what_says_that_it_is_too_old():
    ast.parse((ROOT / "tools" / "course.py").read_text(encoding="utf-8"), feature_version=(3, 6))


@pytest.mark.parametrize("words", [(), ("lap",), ("environment", "folder")])
def test_the_commands(words):
    done = run_course(ROOT, *words)
    expected = f"course: expected lab [PORT] or environment [FOLDER PINS], got {' '.join(words) or 'nothing'}\n"
    assert (done.returncode, done.stdout, done.stderr) == (1, "", expected)


def test_a_learner_sees_progress_bars_and_what_is_compared_has_none():
    printed = {}
    for target in ("lab", "notebooks"):
        command = ["make", "-s", "PYTHON=true", "RUN=echo tqdm=$$TQDM_DISABLE #", target]
        environment = {name: value for name, value in os.environ.items() if not name.startswith(("TQDM", "MAKE"))}
        done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, env=environment)
        printed[target] = set(done.stdout.split())
    assert printed == {"lab": {"tqdm="}, "notebooks": {"tqdm=1"}}


def git(folder: Path, *words: str, check: bool = True) -> str:
    """git, with nobody's own settings."""
    command = ["git", "-c", "user.name=Course", "-c", "user.email=course@example.org", *words]
    alone = os.environ | {"GIT_CONFIG_GLOBAL": os.devnull, "GIT_CONFIG_NOSYSTEM": "1"}
    done = subprocess.run(command, cwd=folder, capture_output=True, encoding="utf-8", env=alone)
    assert done.returncode == 0 or not check, done.stderr
    return done.stdout


def test_a_checkout_on_windows_has_lines_that_sh_reads(tmp_path):
    start = tmp_path / "start"
    git(tmp_path, "init", "--quiet", str(start))
    for path in course_files():
        (start / path.relative_to(ROOT)).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(path, start / path.relative_to(ROOT))
    shutil.copy(ROOT / "data" / "digits.npz", start / "data")
    git(start, "add", "--all")
    git(start, "commit", "--quiet", "-m", "The course")
    git(tmp_path, "clone", "--quiet", "-c", "core.autocrlf=true", str(start), "clone")
    clone = tmp_path / "clone"
    texts = [path for path in clone.rglob("*") if path.is_file() and ".git" not in path.parts and path.suffix != ".npz"]
    assert len(texts) > 50 and not [path for path in texts if b"\r\n" in path.read_bytes()]
    assert (clone / "data" / "digits.npz").read_bytes() == (ROOT / "data" / "digits.npz").read_bytes()
    subprocess.run(["bash", "-n", ".ci/run"], cwd=clone, check=True)
    assert "expected lab" in run_course(clone).stderr
    (clone / "my_notebooks").mkdir()
    (clone / "my_notebooks" / "01.ipynb").write_text("{}")
    assert git(clone, "status", "--porcelain") == "", "what a learner writes is none of git's business"


@pytest.fixture
def clone(tmp_path) -> Path:
    """A repository with one notebook."""
    folder = tmp_path / "Ein Kurs (1)"
    git(tmp_path, "init", "--quiet", "-b", "main", str(folder))
    shutil.copytree(ROOT / "tools", folder / "tools", ignore=shutil.ignore_patterns("__pycache__"))
    for name in (".gitattributes", ".gitignore"):
        shutil.copy(ROOT / name, folder)
    write_notebook(folder, "f()", "1")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", "The course")
    return folder


def write_notebook(folder: Path, source: str, printed: str) -> None:
    output = {"output_type": "stream", "name": "stdout", "text": printed}
    picture = {"output_type": "display_data", "data": {"image/png": "iVBORw0KGgo" * 100, "text/plain": "Figure"}}
    cell = {"cell_type": "code", "metadata": {}, "source": source, "outputs": [output, picture], "execution_count": 1}
    (folder / "notebooks").mkdir(exist_ok=True)
    copies.write({"cells": [cell], "metadata": {}}, folder / "notebooks" / "01.ipynb")


@pytest.mark.parametrize("built", [True, False], ids=["built", "before it is built"])
def test_git_shows_of_a_notebook_what_a_person_compares(clone, monkeypatch, built):
    monkeypatch.setattr(course, "ROOT", clone)
    if built:
        (clone / ".venv" / "bin").mkdir(parents=True)
        (clone / ".venv" / "bin" / "python").symlink_to(sys.executable)
    course.show_notebooks_in_diffs()
    write_notebook(clone, "g()", "2")
    changed = [line for line in git(clone / "notebooks", "diff").splitlines() if re.match(r"[-+](?![-+])", line)]
    if built:
        assert changed == ["-f()", "-| 1", "+g()", "+| 2"]
    else:
        assert '-   "source": "f()",' in changed
    assert "textconv" in (clone / ".git" / "config").read_text()


def test_without_git_nothing_is_said(tmp_path, monkeypatch, capfd):
    monkeypatch.setattr(course, "ROOT", tmp_path)
    course.show_notebooks_in_diffs()
    (tmp_path / ".git").mkdir()
    monkeypatch.setenv("PATH", str(tmp_path))
    course.show_notebooks_in_diffs()
    assert capfd.readouterr() == ("", "")


def test_a_merge_leaves_a_notebook_whole(clone):
    git(clone, "checkout", "--quiet", "-b", "other")
    write_notebook(clone, "g()", "2")
    git(clone, "commit", "--quiet", "-am", "Theirs")
    git(clone, "checkout", "--quiet", "main")
    write_notebook(clone, "h()", "3")
    git(clone, "commit", "--quiet", "-am", "Ours")
    git(clone, "merge", "--quiet", "other", check=False)
    assert "UU notebooks/01.ipynb" in git(clone, "status", "--porcelain")
    assert copies.read(clone / "notebooks" / "01.ipynb")["cells"][0]["source"] == "h()"


def test_importing_the_package_alone_is_light():
    code = (
        "import sys, torch, matplotlib; before = set(sys.modules); import helpers; print(*(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"IPython", "ipywidgets", "scipy", "torchdiffeq"} & set(done.stdout.split())


@pytest.mark.parametrize(
    ("room", "closed"),
    [
        ("helpers", {"benchmarks", "page", "tests", "tools"}),
        ("tools", {"benchmarks", "page", "tests"}),
        ("benchmarks", {"tests"}),
        ("page", {"benchmarks", "tests"}),
    ],
)
def test_the_doors_between_the_rooms(room, closed):
    for path in (ROOT / room).glob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "sys.path" not in text, f"{path.name} is a module: python -m {room}.{path.stem}"
        for node in ast.walk(ast.parse(text)):
            names = [node.module or ""] if isinstance(node, ast.ImportFrom) else []
            names += [name.name for name in node.names] if isinstance(node, ast.Import) else []
            assert not {name.split(".")[0] for name in names} & closed, path.name


def course_files() -> list[Path]:
    """Every text file of the course, as it would be committed."""
    folders = ("notebooks", "helpers", "data", "tests", "tools", "benchmarks", "page", ".ci", ".github")
    found = [path for path in ROOT.iterdir() if path.is_file() and path.name != ".git"]  # a second work tree's
    found += [path for folder in folders for path in (ROOT / folder).rglob("*") if path.is_file()]
    binary = {".npz", ".png", ".webp", ".pyc"}
    return [path for path in found if path.suffix not in binary and ".ipynb_checkpoints" not in path.parts]


def test_no_file_names_a_machines_path():
    places = re.compile(r"(?<![\w.])/(home|root|tmp|work|Users|opt)/\w")
    found = [path for path in course_files() if places.search(path.read_text(encoding="utf-8"))]
    assert not found


def test_links_within_the_course_lead_somewhere():
    count = 0
    for path in course_files():
        if path.suffix not in {".md", ".ipynb"}:
            continue
        text = re.sub(r"`[^`\n]*`", "", path.read_text(encoding="utf-8"))  # examples are no links
        for target in re.findall(r"\]\(([^)\s#]+)[^)]*\)", text):
            if "://" not in target and re.fullmatch(r"[\w./-]+\.[a-z]\w*", target):
                count += 1
                assert (path.parent / target).exists(), (path.name, target)
    assert count > 20


def test_the_examples_of_contributing_run(capsys, monkeypatch):
    monkeypatch.setenv("COURSE_STATIC", "1")
    blocks = re.findall(r"```python\n(.*?)```", (ROOT / "CONTRIBUTING.md").read_text(encoding="utf-8"), re.DOTALL)
    assert len(blocks) >= 2
    for block in blocks:
        exec("import math\nimport numpy as np\n" + block, {})
    printed = capsys.readouterr().out
    assert "✓ N × Euler's error" in printed and "Speed 1.0: 1 zeros between the ends, predicted 1." in printed


def test_helpers_stay_small():
    """At most 2200 lines of code, without docstrings, remarks and empty lines: each packed file carries them."""
    total = 0
    for path in (ROOT / "helpers").glob("*.py"):
        text = path.read_text(encoding="utf-8")
        kinds = {tokenize.COMMENT, tokenize.NL, tokenize.NEWLINE, tokenize.INDENT, tokenize.DEDENT, tokenize.ENDMARKER}
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        code = {line for t in tokens if t.type not in kinds for line in range(t.start[0], t.end[0] + 1)}
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef) and ast.get_docstring(node) is not None:
                code -= set(range(node.body[0].lineno, node.body[0].end_lineno + 1))
        total += len(code)
    assert 1000 < total <= 2200
