"""The mutants' places are still there, and the machine that plants them can tell a survivor from one that is caught."""

from pathlib import Path

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from tests import mutants
from tests.mutants import MUTANTS, ROOT, Mutant
from tools import notebooks

DEBT = 0  # mutants that are known to survive: it only falls


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.name)
def test_the_place_of_a_mutant_is_found_once(mutant):
    path = ROOT / mutants.path_of(mutant.file)
    text = mutants.sources(notebooks.read(path)) if path.suffix == ".ipynb" else path.read_text(encoding="utf-8")
    assert mutants.planted(text, mutant) != text


def test_every_notebook_has_a_dozen_and_their_names_are_their_own():
    names = [mutant.name for mutant in MUTANTS]
    assert len(set(names)) == len(names)
    for path in notebooks.all_notebooks():
        own = sum(name.startswith(path.stem[:2]) for name in names)
        assert own >= 12, f"{own} names in tests/mutants.py begin with {path.stem[:2]}, expected twelve"
    assert sum(mutant.debt for mutant in MUTANTS) <= DEBT


def test_every_mutant_that_a_claim_names_exists():
    for path in notebooks.all_notebooks():
        for part in mutants.sources(notebooks.read(path)).split('mutant("')[1:]:
            assert part.split('"')[0] in {mutant.name for mutant in MUTANTS}, path.stem


CELLS = (
    "from helpers.claims import claim, equal\nvalue = 2.0",
    "claim('two', value, equal(2, within=0.1), source='s')",
)


@pytest.mark.parametrize(
    ("new", "noticed"), [("value = 2.01", ""), ("value = 3", "ClaimError: ✗ two"), ("1 / 0", "ZeroDivision")]
)
def test_a_notebook_says_what_noticed(tmp_path, monkeypatch, new, noticed):
    path = tmp_path / "scratch.ipynb"
    notebooks.write(new_notebook(cells=[new_code_cell(cell) for cell in CELLS]), path)
    monkeypatch.setattr(mutants, "path_of", lambda file: path)
    planted = [Mutant(name, "10", "value = 2.0", new) for name in ("once", "again")]
    found = mutants.noticed_in_play(planted)
    assert list(found) == planted
    for said, seconds in found.values():
        assert said.startswith(noticed) and bool(said) == bool(noticed) and seconds < 20


def test_what_shares_a_play_is_run_together():
    found = mutants.jobs(list(MUTANTS))
    assert sorted(mutant.name for _, alike in found for mutant in alike) == sorted(mutant.name for mutant in MUTANTS)
    assert {len({(mutant.file, mutant.run.partition("::")[0]) for mutant in alike}) for _, alike in found} == {1}
    assert len([does for does, _ in found if does is not mutants.noticed_in_copy]) < len(MUTANTS) / 8


@pytest.mark.parametrize(("body", "noticed"), [("pass", ""), ("assert False", "test_it.py::test_it")])
def test_tests_say_what_noticed(tmp_path, body, noticed):
    (tmp_path / "test_it.py").write_text(f"def test_it():\n    {body}\n", encoding="utf-8")
    assert mutants.noticed_by_tests(tmp_path, "test_it.py") == noticed


def test_mutants_are_chosen_by_what_their_names_begin_with():
    assert {mutant.name[:2] for mutant in mutants.chosen(["04"])} == {"04"}
    assert [mutant.name for mutant in mutants.chosen(["05-batch"])][:1] == ["05-batch"]
    with pytest.raises(SystemExit, match="04-nope: expected the name of a mutant"):
        mutants.chosen(["04-nope"])


def test_a_place_that_is_gone_is_named():
    lost = Mutant("lost", "helpers/canvas.py", "no such line", "")
    with pytest.raises(ValueError, match=r"lost: 'no such line' stands 0 times in helpers/canvas.py, expected once"):
        mutants.planted(Path(ROOT / lost.file).read_text(encoding="utf-8"), lost)
