"""Notebook 04 as a learner runs it: its panels, figures and reveals say and show what its cells have measured."""

import math
import re

import numpy as np
import pytest

from tests.played import Played, line, numbers
from tools import notebooks

PATH = notebooks.ROOT / "notebooks" / "04_double_well_sde.ipynb"
REVEALS = ("falls a hundredfold (", "0, 15, 100 (", "20 % (", "2 (", "falls (", "T = 0.1.")  # in order


@pytest.fixture(scope="module")
def played():
    with pytest.MonkeyPatch.context() as patch:
        yield Played(PATH, patch)


def test_each_reveal_names_the_choice_that_was_measured(played):
    revealed = re.findall(r"Measured: (.*)", played.text)
    assert len(revealed) == len(REVEALS)
    for found, right in zip(revealed, REVEALS, strict=True):
        assert found.startswith(right), (found, right)


def test_the_walkers_of_panel_1_take_the_step_of_the_text_on_kicks_of_their_own(played):
    """Whatever the step, its kicks have the variance 1; the panel's path ends where its time does."""
    kicks, walk, em_step = (played.names[name] for name in ("kicks", "walk", "em_step"))
    for h, every in ((0.02, 1), (0.24, 12)):
        with np.errstate(all="ignore"):  # some leave for infinity
            path = walk([0.3, 0.5], h)
        first = em_step(-1.0, h, 0.5, (kicks[every] - kicks[0]) / math.sqrt(h))
        assert np.allclose(path[0], -1) and np.allclose(path[1, 1], first)
        assert abs((np.diff(kicks[::every], axis=0) / math.sqrt(h)).var() - 1) < 0.03
    assert len(np.unique(walk([0.9], 0.02)[-1])) == 64
    panel, name = played.panels["From stuck to jumping"], "From stuck to jumping"
    for h in (0.02, 0.1):
        status = panel.set(sigma=0.5, h=h)
        (one,) = [each for each in played.axes(name)[1].lines if len(each.get_xdata()) > 99]
        x, y = one.get_data()
        assert x[-1] == pytest.approx(100, abs=h) and np.allclose(y, walk([0.5], h)[:, 0, 0])
        counts = [played.names["crossings"](path) for path in walk([0.5], h)[:, 0].T]
        assert f"; 64 walkers {sum(counts)} time" in status and f"orange walker crossed {counts[0]} time" in status
    status = panel.set(sigma=0.9, h=0.02)
    assert numbers(status.split("short steps")[1])[0] == pytest.approx(6400 / played.names["integral"](0.9), rel=1e-3)


def test_the_three_paths_share_their_kicks(played):
    paths, sigmas = played.names["paths"], played.names["SIGMAS"][:, None]
    kicks = (paths[:, 1:] - played.names["em_step"](paths[:, :-1], 0.01, sigmas, 0.0)) / (sigmas * 0.1)
    assert np.allclose(kicks, kicks[0], atol=1e-9)


def test_arrivals_of_the_start_do_not_count(played, monkeypatch):
    for name, value in (("LONG", 5), ("EACH", 400)):
        monkeypatch.setitem(played.names, name, value)
    (count,) = played.names["arrivals"]([1.0], warm=20)
    expected = 400 * 5 / 10.28
    assert abs(count - expected) < 5 * math.sqrt(expected)


def test_the_right_axes_of_section_4_are_over_the_exact_time(played):
    _left, right = played.figures["On a log scale all look alike"].axes
    assert np.allclose(line(right, "exact")[1], 1) and (line(right, "Kramers")[1] < 0.93).all()


@pytest.mark.parametrize("t", [0, 30, 60])
def test_panel_2_moves_at_the_speed_of_section_5(played, t):
    """Share by a solver of smaller steps; λ₁ by the finer grid."""
    names, panel = played.names, played.panels["A density spreads over two wells"]
    density, solver = names["fp"].point(-1.0), names["fp"]
    for _ in range(10 * t):
        density = solver.step(density, 0.1)
    share = density[solver.grid > 0].sum() * solver.width
    _, _, walkers, error, shown, rate, alone = numbers(panel.set(sigma=0.7, t=t).replace("λ₁", ""))
    assert abs(shown - share) < 0.004 and abs(walkers - share) < 5 * error + 0.004
    assert rate == pytest.approx(names["rates"][1], rel=0.01)
    assert abs(alone - 0.5 * (1 - math.exp(-names["rates"][1] * t))) < 0.004
    assert line(played.axes(panel.name)[1], "Fokker")[1][2 * t] == pytest.approx(share, abs=0.004)


def test_at_the_start_the_bar_of_panel_2_holds_the_spike(played):
    played.panels["A density spreads over two wells"].set(sigma=0.7, t=0)
    heap = played.axes("A density spreads over two wells")[0]
    tops = [x[y.argmax()] for x, y in (line(heap, "1000 walkers"), line(heap, "Fokker"))]
    assert tops == pytest.approx([-1, -1], abs=0.02)


def test_each_temperature_has_its_own_laws_in_section_6(played):
    for ax, sigma in zip(played.figures["σ = 0.5, T = 0.125"].axes, (0.5, 0.7, 1.0), strict=True):
        w, boltzmann = line(ax, "Boltzmann")
        exact = np.exp(-2 * (w * w - 1) ** 2 / sigma**2)
        assert np.allclose(boltzmann, exact / np.trapezoid(exact, w), atol=1e-3)
        w, chain = line(ax, "chain")
        assert np.trapezoid(chain, w) == pytest.approx(1, abs=1e-3)
    drawn = played.names["drawn"].double()
    assert float((drawn**2).mean()) == pytest.approx(0.85214, abs=0.005)  # Boltzmann's at σ = 1


@pytest.mark.parametrize(("tilt", "depth"), [(0.05, 0.950), (0.3, 0.717), (0.6, 0.470)])
def test_panel_3_has_the_depth_of_its_tilt(played, tilt, depth):
    status = played.panels["Cooling a tilted double well"].set(schedule="logarithmic", slowness=1.0, tilt=tilt)
    assert f"(d* = {depth:.3f})" in status
    times, critical = line(played.axes("Cooling a tilted double well")[0], "theory")
    assert np.allclose(critical * np.log(2 + times), depth, atol=1e-3)


def test_the_strong_errors_are_drawn_over_the_step_minus_the_references(played):
    (ax,) = played.figures["Additive noise: order 1 in both senses"].axes
    steps = 2.0 ** -np.arange(6, 10) - 2.0**-11
    assert np.allclose(line(ax, "strong, additive")[0], steps) and np.allclose(line(ax, "strong, noise")[0], steps)


def test_the_law_after_one_step_is_exact(played):
    exact = (0.5 - 0.1 * 4 * 0.5 * (0.25 - 1)) ** 2 + 0.49 * 0.1
    assert played.names["mean_square_at"](0.7, 0.1, end_time=0.1) == pytest.approx(exact, rel=1e-6)


def test_panel_4_draws_the_map_it_speaks_of(played):
    """The corners of the staircase lie on the curve; the wells are called stable where the multiplier says so."""
    panel = played.panels["From a step to a leap"]
    stairs = played.axes(panel.name)[0]
    for h in (0.02, 0.1, 0.2, 0.245, 0.25, 0.3, 0.395):
        status = panel.set(h=h, sigma=0.0)
        x, y = line(stairs, "the walk")
        corner = np.arange(1, len(x), 2)
        assert np.allclose(np.interp(x[corner], *line(stairs, "one step")), y[corner], atol=1e-3)
        assert ("unstable" in status) == (abs(1 - 8 * h) > 1 - 1e-9)


def test_lost_walks_of_panel_4_have_crossed_before(played):
    """A walk that leaves for infinity does so to and fro: it counts for the goal, the smallest step that crosses."""
    panel = played.panels["From a step to a leap"]
    found = [panel.set(h=round(float(h), 3), sigma=0.2) for h in np.arange(60, 113) * 0.005]
    lost = [status for status in found if "left for infinity" in status]
    assert len(lost) > 10 and not any("crossed 0 times" in status for status in lost)
