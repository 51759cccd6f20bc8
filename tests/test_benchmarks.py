"""The benchmarks without their peers: each module is imported, and measures a small problem of the course's own."""

import os
import sys
from importlib import import_module
from types import SimpleNamespace

import pytest
from nbformat.v4 import new_code_cell, new_notebook

from benchmarks import adjoint, euler_maruyama, flows, hessian, run, slider_latency, timing, walkers, whole_course
from tools import notebooks
from tools.tables import Table

NAMES = sorted(path.stem for path in run.HERE.glob("[a-z]*.py"))
PEERS = ("curvlinops", "diffrax", "hessian_eigenthings", "jax", "lineax", "numba", "pyhessian")
PEERS += ("torchdyn", "torchsde", "zuko")


@pytest.mark.parametrize("name", NAMES)
def test_it_is_imported_without_its_peers(monkeypatch, name):
    for peer in PEERS:
        monkeypatch.setitem(sys.modules, peer, None)
    monkeypatch.delitem(sys.modules, f"benchmarks.{name}", raising=False)
    import_module(f"benchmarks.{name}")


def test_every_benchmark_is_run_and_in_the_report():
    assert sorted([*run.BENCHMARKS, "run", "timing"]) == NAMES
    report = (run.HERE / "README.md").read_text(encoding="utf-8")
    titles = [import_module(f"benchmarks.{name}").TITLE for name in run.BENCHMARKS]
    assert [line.removeprefix("## ") for line in report.splitlines() if line.startswith("## ")] == titles


OURS = "helpers.ode, backprop"
METERS = [SimpleNamespace(name="panel", press=lambda: 1.0, drag=lambda: ("9/60", 16.0, 0.0, 1.0)) for _ in range(2)]
SMALL = {
    "adjoint": (adjoint.COLUMNS, lambda: adjoint.rows({OURS: adjoint.measured(OURS, 4, 1, batch=8, hidden=8)})),
    "euler_maruyama": (euler_maruyama.COLUMNS, lambda: euler_maruyama.rows(100, 10, 1, only="helpers")),
    "flows, training": (flows.COLUMNS + " | off:.0e", lambda: flows.compare(2, 4, True, 1, only="helpers")),
    "flows, likelihood": (flows.COLUMNS, lambda: flows.compare(2, 4, False, 1, only="helpers")),
    "flows, costs": (flows.COST_COLUMNS, lambda: flows.costs((2, 3), batch=4, rounds=1)),
    "hessian": (hessian.COLUMNS, lambda: hessian.compare(2, 50, 5, hidden=3, rounds=1, only="helpers")["rows"]),
    "slider_latency": (slider_latency.COLUMNS, lambda: slider_latency.press_in_turn(METERS)),
    "walkers": (walkers.COLUMNS, lambda: walkers.rows(20, 5, 1)),
}


@pytest.mark.parametrize("name", SMALL)
def test_its_rows_fit_its_table(name):
    columns, measure = SMALL[name]
    rows = measure()
    head, *lines = str(Table(columns, rows)).splitlines()
    assert len(lines) == 1 + len(rows) > 1 and {line.count("|") for line in lines} == {head.count("|")}
    assert not any("nan" in line or "inf" in line for line in lines)


def test_a_notebook_is_measured_in_its_own_kernel(tmp_path):
    cell = f"import sys\nsys.path.insert(0, {str(notebooks.ROOT)!r})\nheld = bytearray(200_000_000)"
    notebooks.write(new_notebook(cells=[new_code_cell(cell)]), tmp_path / "one.ipynb")
    name, seconds, picture, processor, memory = whole_course.row(tmp_path / "one.ipynb")
    assert (name, picture) == ("one", None) and min(seconds, processor) > 0 and 200 < memory < 1000


def test_contestants_take_turns():
    called = []
    found = timing.in_turn({name: lambda name=name: called.append(name) or len(called) for name in "ab"}, 2, calls=2)
    assert "".join(called) == "aabb" * 3
    assert (found["a"].result, found["b"].result) == (1, 3) and 0 < found["b"].median < 1 > found["a"].first > 0


def test_a_process_of_its_own_has_one_thread_and_what_it_is_told():
    assert timing.alone(os.getenv, "OMP_NUM_THREADS") == "1"
    assert timing.alone(os.getenv, "COURSE", COURSE="told") == "told" and "COURSE" not in os.environ
    assert timing.alone(os.getpid) != os.getpid()
