"""The house: what `make` builds stands on pinned versions, and says in one line what is missing."""

import os
import re
import shutil
import subprocess
import sys
from importlib.metadata import version
from pathlib import Path

import pytest

from tools import notebooks

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


@pytest.mark.parametrize(
    ("python", "words"),
    [
        (None, "no missing-python here; install Python 3.11 or newer"),
        ('[ "$1" = --version ] && echo Python 3.8.2; exit 1', "Python 3.8.2 is too old"),
        ('case "$2" in *ensurepip*) exit 1;; esac; exit 0', "apt install python3-venv"),
    ],
    ids=["no Python", "old Python", "no venv"],
)
def test_what_is_missing_is_said_in_one_line(tmp_path, python, words):
    (tmp_path / "tools").mkdir()
    shutil.copy(ROOT / "tools" / "make_venv.sh", tmp_path / "tools")
    shutil.copy(ROOT / "requirements.txt", tmp_path)
    name = "missing-python"
    if python:
        name = str(tmp_path / "fake-python")
        Path(name).write_text(f"#!/bin/sh\n{python}\n")
        Path(name).chmod(0o755)
    script = ["sh", str(tmp_path / "tools" / "make_venv.sh")]
    done = subprocess.run(script, env=os.environ | {"PYTHON": name}, capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert words in done.stderr and len(done.stderr.splitlines()) == 1
    assert not (tmp_path / ".venv").exists()


def test_importing_the_package_alone_is_light():
    code = (
        "import sys, torch, matplotlib; before = set(sys.modules); import helpers; print(*(set(sys.modules) - before))"
    )
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert not {"IPython", "ipywidgets", "scipy", "torchdiffeq"} & set(done.stdout.split())


def course_files() -> list[Path]:
    """Every text file of the course, as it would be committed."""
    folders = ("notebooks", "helpers", "data", "tests", "tools", "benchmarks", ".ci")
    found = [path for path in ROOT.iterdir() if path.is_file()]
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
            if "://" not in target and re.fullmatch(r"[\w./-]+\.\w+", target):
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


def test_the_readme_quotes_the_benchmarks():
    """The table in README.md is that of benchmarks/README.md; the benchmarks' own libraries are not installed here."""
    source = (ROOT / "benchmarks" / "run.py").read_text(encoding="utf-8")
    names = {"__name__": "quoted"}
    exec(source[source.index("QUOTED = (") : source.index("def main()")], names)
    text = (ROOT / "benchmarks" / "README.md").read_text(encoding="utf-8")
    assert notebooks.spliced(notebooks.README, "bench") == names["quoted"](text)
