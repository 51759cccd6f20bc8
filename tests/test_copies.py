"""A learner's copies hold no outputs, keep what was written in them, and say when the course has moved on."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tools import copies

ROOT = Path(__file__).resolve().parent.parent
PATHS = sorted((ROOT / "notebooks").glob("[0-9]*.ipynb"))


def cell(source: str, kind: str = "code") -> dict:
    outputs = {"outputs": [{"output_type": "stream", "name": "stdout", "text": "42"}], "execution_count": 7}
    return {"cell_type": kind, "id": "a", "metadata": {}, "source": source} | (outputs if kind == "code" else {})


def publish(folder: Path, *sources: str, name: str = "01_one.ipynb") -> None:
    """Put a notebook with outputs and a widget's state into the course."""
    folder.mkdir(exist_ok=True)
    metadata = {"widgets": {"state": {}}, "kernelspec": {"name": "python3"}}
    notebook = {"cells": [cell("# One", "markdown"), *map(cell, sources)], "metadata": metadata}
    copies.write(notebook | {"nbformat": 4, "nbformat_minor": 5}, folder / name)


def answer(path: Path, text: str) -> bytes:
    """Write into a copy, as a learner; returns its bytes."""
    notebook = copies.read(path)
    notebook["cells"].append(cell(text))
    copies.write(notebook, path)
    return path.read_bytes()


@pytest.fixture
def course(tmp_path):
    publish(tmp_path / "notebooks", "f()")
    return tmp_path / "notebooks", tmp_path / "my_notebooks"


def names(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.glob("*.ipynb"))


def test_a_copy_is_bare(course):
    source, mine = course
    assert copies.make(mine, source) == []
    assert names(mine) == ["01_one.ipynb"]
    made = copies.read(mine / "01_one.ipynb")
    assert [cell.get("outputs", []) for cell in made["cells"]] == [[], []]
    assert made["cells"][1]["execution_count"] is None and made["metadata"] == {"kernelspec": {"name": "python3"}}
    assert copies.read(source / "01_one.ipynb")["cells"][1]["execution_count"] == 7


def test_answers_are_never_overwritten(course):
    source, mine = course
    copies.make(mine, source)
    first = answer(mine / "01_one.ipynb", "my answer")
    assert copies.make(mine, source) == []
    publish(source, "g()")
    (said,) = copies.make(mine, source)
    assert said == (
        "01_one.ipynb: the course has a new version; yours stays as it is, and the new one lies beside it: "
        "“01_one (new).ipynb”."
    )
    assert copies.make(mine, source) == [], "said once"
    second = answer(mine / "01_one (new).ipynb", "my other answer")
    publish(source, "h()")
    assert "“01_one (new 2).ipynb”" in copies.make(mine, source)[0]
    publish(source, "i()")
    assert "“01_one (new 2).ipynb”" in copies.make(mine, source)[0], "in that one nothing had been written"
    assert copies.read(mine / "01_one (new 2).ipynb")["cells"][1]["source"] == "i()"
    assert (mine / "01_one.ipynb").read_bytes() == first
    assert (mine / "01_one (new).ipynb").read_bytes() == second
    assert len(names(mine)) == 3


def test_a_copy_that_was_only_run_is_replaced(course):
    source, mine = course
    copies.make(mine, source)
    run = copies.read(mine / "01_one.ipynb")
    run["cells"][1].update(outputs=[{"output_type": "stream", "name": "stdout", "text": "1"}], execution_count=1)
    run["cells"][1]["source"] = ["f()"]  # as JupyterLab saves it: a list of lines
    copies.write(run, mine / "01_one.ipynb")
    publish(source, "g()")
    (said,) = copies.make(mine, source)
    assert "you had changed nothing in yours, and it is replaced" in said
    assert copies.read(mine / "01_one.ipynb")["cells"][1]["source"] == "g()"
    assert names(mine) == ["01_one.ipynb"]


def test_outputs_of_the_course_are_no_new_version(course):
    source, mine = course
    copies.make(mine, source)
    before = answer(mine / "01_one.ipynb", "mine")
    notebook = copies.read(source / "01_one.ipynb")
    notebook["cells"][1]["outputs"][0]["text"] = "43"
    copies.write(notebook, source / "01_one.ipynb")
    assert copies.make(mine, source) == [] and (mine / "01_one.ipynb").read_bytes() == before


@pytest.mark.parametrize("broken", ["", "{", "[]", '{"cells": 3}', "\x00"])
def test_what_cannot_be_read_is_the_learners(course, broken):
    source, mine = course
    copies.make(mine, source)
    (mine / "01_one.ipynb").write_text(broken)
    publish(source, "g()")
    assert len(copies.make(mine, source)) == 1
    assert (mine / "01_one.ipynb").read_text() == broken and "01_one (new).ipynb" in names(mine)


@pytest.mark.parametrize("record", [None, "", "[1]", "{}"])
def test_without_its_record(course, record):
    """It was deleted or damaged: a copy that is the course's is known by its cells; another one is the learner's."""
    source, mine = course
    publish(source, "k()", name="02_two.ipynb")
    copies.make(mine, source)
    written = answer(mine / "02_two.ipynb", "mine")
    (mine / copies.RECORD).unlink()
    if record is not None:
        (mine / copies.RECORD).write_text(record)
    assert len(copies.make(mine, source)) == 1
    assert names(mine) == ["01_one.ipynb", "02_two (new).ipynb", "02_two.ipynb"]
    assert (mine / "02_two.ipynb").read_bytes() == written
    assert copies.make(mine, source) == []


def test_a_copy_that_was_thrown_away_is_made_again(course):
    source, mine = course
    copies.make(mine, source)
    (mine / "01_one.ipynb").unlink()
    assert copies.make(mine, source) == [] and names(mine) == ["01_one.ipynb"]


def test_links_lead_somewhere_from_a_copy(tmp_path):
    """my_notebooks lies beside notebooks: what is linked from there is linked from here."""
    mine = tmp_path / "my_notebooks"
    copies.make(mine)
    assert names(mine) == [path.name for path in PATHS]
    (tmp_path / "notebooks").symlink_to(ROOT / "notebooks")
    for part in ("data", "helpers", "README.md"):
        (tmp_path / part).symlink_to(ROOT / part)
    for path in mine.glob("*.ipynb"):
        for one in copies.read(path)["cells"]:
            text = re.sub(r"`[^`\n]*`", "", "".join(one["source"])) if one["cell_type"] == "markdown" else ""
            for target in re.findall(r"\]\(([^)\s#:]+)(?:#[^)]*)?\)", text):
                assert (mine / target).exists(), f"{path.name}: {target} leads nowhere"


def test_for_colab(tmp_path):
    """As the badges open it: bare, and the title says how work is kept."""
    command = [sys.executable, "-m", "tools.copies", "--colab", str(tmp_path / "branch" / "notebooks")]
    subprocess.run(command, cwd=ROOT, check=True)
    for path in PATHS:
        made = copies.read(tmp_path / "branch" / "notebooks" / path.name)
        original = copies.read(path)
        assert "".join(made["cells"][0]["source"]).endswith("\n\n" + copies.KEEP)
        assert not any(one.get("outputs") for one in made["cells"])
        assert [copies.text(one) for one in made["cells"][1:]] == [copies.text(one) for one in original["cells"][1:]]
    done = subprocess.run([*command[:3], "a", "b", "c"], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 1 and done.stderr == "copies: expected FOLDER or --colab FOLDER, got a b c\n"
