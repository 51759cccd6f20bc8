"""Notebook 02 as a learner runs it: its panels, figures and reveals say and show what its cells have measured."""

import math
import re

import numpy as np
import pytest

from tests.played import Played, line, numbers
from tools import notebooks

REVEALS = ("grows like N (0.9", "between backprop's and e (2.48", "more than 1 (7.97")  # in order
BYTES = {4: 36880, 16: 77856, 64: 159808}  # live under checkpointing, added up by hand: √N (g + s) − 2 s
WAYS, CONTRACTION, RESCUE = "Three ways back, weighed", "Contraction, backward", "The explosion, and the rescue"


@pytest.fixture(scope="module")
def played():
    with pytest.MonkeyPatch.context() as patch:
        yield Played(notebooks.ROOT / "notebooks" / "02_adjoint_memory.ipynb", patch)


def test_each_reveal_names_the_choice_that_was_measured(played):
    assert len(played.revealed) == len(REVEALS)
    for found, right in zip(played.revealed, REVEALS, strict=True):
        assert found.startswith(right), (found, right)


@pytest.mark.parametrize("steps", [4, 16, 64])
def test_panel_1_shows_the_pass_that_its_status_speaks_of(played, steps):
    alive, peak = played.axes(WAYS)
    totals = {"backprop": steps * 18440 + 2048, "checkpoint": BYTES[steps], "adjoint": 26936}
    for way, total in totals.items():
        status = played.panels[WAYS].set(steps=steps, way=way)
        assert status.startswith(f"{way}, N = {steps}: at most {total / 1000:.0f} kB")
        assert f"{(1 if way == 'backprop' else 2) * steps} evaluations" in status
        x, kept = line(alive, "this way")
        assert max(kept) == pytest.approx(total / 1000) and (x[0], x[-1]) == (0, 2)
        top = x[kept.argmax()]  # when it turns back, or on the way back
        assert abs(top - 1) < 0.2 if way == "backprop" else top > 1
        assert max(line(alive, "backprop")[1]) == pytest.approx(totals["backprop"] / 1000)
        assert line(peak, "this pass").ravel() == pytest.approx([steps, total / 1000])
        n, sizes = line(peak, "this way")
        assert sizes[list(n).index(steps)] == pytest.approx(total / 1000)
        if way != "backprop":
            assert f"{100 * total / totals['backprop']:.0f} % of backprop's" in status
    n, law = line(peak, "theory")
    assert np.allclose(law, n * 18.432)
    difference = [numbers(played.panels[WAYS].set(steps=steps, way=way))[-1] for way in ("checkpoint", "adjoint")]
    assert difference[0] < 1e-14 and difference[1] == pytest.approx(0.32 / steps, rel=0.15)


def test_the_figure_of_section_2_has_each_way_on_its_law(played):
    ((ax,),) = [fig.axes for name, fig in played.figures.items() if name.startswith("Constant memory")]
    curves = [each.get_ydata() for each in ax.lines]
    for measured, law in zip(curves[:4], curves[4:], strict=True):
        assert np.allclose(measured, law)
    assert np.allclose(curves[4], [(n * 18440 + 2048) / 1000 for n in (4, 16, 64, 256)])
    assert [each.get_label() for each in ax.lines[:4]] == list(played.names["peaks"])


def test_the_graph_of_section_3_is_drawn_with_all_its_edges(played):
    (fig,) = [fig for name, fig in played.figures.items() if name.startswith("Backpropagation through")]
    arrows = [[text for text in ax.texts if getattr(text, "arrow_patch", None)] for ax in fig.axes]
    assert [len(each) for each in arrows] == [19, 4]  # one from L
    ends = [(arrow.xyann, arrow.xy) for arrow in arrows[0]]
    assert all(v < y or u < x for (x, y), (u, v) in ends)  # from the loss back
    arcs = [arrow for arrow in arrows[0] if arrow.xy[1] == 0 and arrow.xyann[0] - arrow.xy[0] > 1]
    assert len(arcs) == 3
    for arrow in arcs:
        assert arrow.arrow_patch.get_connectionstyle().rad > 0
    names = [[text.get_text() for text in ax.texts if text.get_text()] for ax in fig.axes]
    assert [sorted(set(each)) for each in names] == [["Add", "L", "Mul", "θ"], ["L", "Select", "Sum", "solve", "θ"]]


@pytest.mark.parametrize(("lam", "tol"), [(1.0, 1e-12), (1.0, 1e-2), (18.0, 1e-6), (20.0, 1e-9), (30.0, 1e-2)])
def test_panel_2_shows_the_error_that_its_status_speaks_of(played, lam, tol):
    """The gradient is as wrong as y(0), and the dot stands where the status says."""
    path, wrong = played.axes(CONTRACTION)
    status = played.panels[CONTRACTION].set(lam=lam, tol=tol)
    assert status.startswith(f"λ = {lam:g}, tolerance {tol:.1e}: ")
    told, estimate = map(float, re.search(r"dL/dθ: (\S+) \(estimate: ([^)]*)\)", status).groups())
    assert estimate == pytest.approx(tol * math.exp(lam), rel=0.06)
    (x,), (shown,) = line(wrong, "this λ")
    assert x == lam and shown == pytest.approx(told, rel=0.06)
    bottom, top = wrong.get_ylim()
    assert bottom < shown < top
    times, back = line(path, "rebuilt")
    assert (times[0], times[-1]) == (1, 0) and np.allclose(line(path, "exact")[1], np.exp(-lam * times))
    start = re.search(r"comes back as (.*) instead", status)[1].replace("1 + ", "1+").replace("1 − ", "1-")
    off = float(start[1:]) if start[1:2] in ("+", "-") else float(start) - 1
    assert back[-1] == pytest.approx(min(1 + off, 9), rel=1e-3)
    if off > 1e-3:  # else what the way back adds counts, too
        assert told == pytest.approx(off, rel=0.1)
    xs, law = line(wrong, "estimate")
    assert np.allclose(law, tol * np.exp(xs))


@pytest.mark.parametrize("tol", [1e-6, 1e-3, 1e-2, 10**-1.6, 1e-1])
@pytest.mark.parametrize("points", [2, 3, 11, 12])
def test_panel_3_breaks_off_where_its_pole_is(played, tol, points):
    left, right = played.axes(RESCUE)
    panel = played.panels[RESCUE]
    tol = min(panel.controls["tol"].values, key=lambda value: abs(math.log(value / tol)))
    status = panel.set(tol=tol, points=points)
    for what in ("stored", "rebuilt", "theory"):  # the right picture is the left one's first tenth
        assert np.array_equal(line(left, what), line(right, what), equal_nan=True)
    times, states = line(left, "stored")
    assert np.allclose(times, np.linspace(0, 1, points))
    assert np.allclose(states, 10 / np.sqrt(1 + 200 * times), rtol=4 * tol + 1e-4) or tol > 1e-3
    high = 100 * (states[1] / (10 / math.sqrt(1 + 200 * times[1])) - 1)
    assert f"y({times[1]:.2g}) is off by {high:+.2g} %" in status
    poles = times[1:] - 1 / (2 * states[1:] ** 2)
    inside = [pole for pole, to in zip(poles, times[:-1], strict=True) if pole > to]
    wall, (x, y) = line(left, "theory"), line(left, "rebuilt")
    if inside:
        assert wall.shape == (2, 2) and wall[0] == pytest.approx(inside[-1])
        assert numbers(status)[-1] == pytest.approx(inside[-1], abs=6e-4)
        assert "explodes" in status or "steps over a pole" in status
    else:
        assert wall.size == 0 and numbers(status)[-2] == pytest.approx(y[~np.isnan(y)][-1], rel=1e-5)
    assert np.nanmax(x) == 1 and ("explodes" in status) == (np.nanmin(x) > 0)


def test_the_steps_over_a_pole_are_told(played):
    panel = played.panels[RESCUE]
    told = [panel.set(tol=tol, points=11) for tol in panel.controls["tol"].values if 1e-2 < tol < 5e-2]
    assert any("steps over a pole" in status for status in told) and not panel.reached


def test_the_goals_are_as_tight_as_their_words(played):
    """One per cent; 11; a fifth, and round-off."""
    holds = {name: panel.goal.holds for name, panel in played.panels.items()}
    assert holds[CONTRACTION](0.0099) and not holds[CONTRACTION](0.0101)
    assert holds[RESCUE](11.0) and not holds[RESCUE](11.1)
    assert holds[WAYS]((0.2, 1e-13)) and not holds[WAYS]((0.21, 1e-13)) and not holds[WAYS]((0.1, 1e-11))
    assert "(theory: 1180 kB)" in played.panels[WAYS].set(steps=64, way="backprop")


def test_what_the_deeper_part_prints(played):
    """The seminorm saves something at this seed; a gradient left out is None and refused; six blocks learn."""
    usual, seminorm = (int(found) for found in re.findall(r"evaluations of f forward, (\d+) backward", played.text))
    assert seminorm < usual
    assert "odeint_adjoint: dL/dvolume = None\nodeint: dL/dvolume = 1." in played.text
    assert "helpers.ode.solve: field depends on a tensor of shape ()" in played.text
    blocks = played.names["trained"]["ResNet"][0].blocks
    assert len(blocks) == 6 and all(weight.grad is not None and weight.grad.any() for weight in blocks.parameters())
