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
        assert played.axes(name)[1].get_xlim() == (0, 100)
        assert x[-1] == pytest.approx(100, abs=h) and np.allclose(y, walk([0.5], h)[:, 0, 0])
        counts = [played.names["crossings"](path) for path in walk([0.5], h)[:, 0].T]
        assert f"; 64 walkers {sum(counts)} time" in status and f"orange walker crossed {counts[0]} time" in status
        land = played.axes(name)[0]
        (here,), (height,) = line(land, "the orange walker")
        w, curve = land.lines[0].get_data()
        assert np.allclose(curve, (w**2 - 1) ** 2)
        assert here == pytest.approx(y[-1]) and height == pytest.approx((here**2 - 1) ** 2)
    status = panel.set(sigma=0.9, h=0.02)
    theory, spread = numbers(status.split("short steps")[1])[:2]
    assert theory == pytest.approx(6400 / played.names["integral"](0.9), rel=1e-3)
    assert spread == pytest.approx(math.sqrt(theory), rel=0.05)  # arrivals scatter like Poisson's


def test_the_variances_of_section_2_stand_beside_their_kicks(played):
    """N = 4000 sums: a standard error of √(2/N), relative."""
    found = dict(re.findall(r"kicks (σ.*?) *: variance at .*?:(.+)", played.text))
    steps = np.array([0.1, 0.01, 0.001])
    for kick, power in (("σ √h ξ", 0), ("σ h ξ", 1), ("σ ξ", -1)):
        assert numbers(found[kick]) == pytest.approx(0.49 * steps**power, rel=5 * math.sqrt(2 / 4000), abs=5e-5)


def test_the_figure_of_section_3_has_its_paths_in_their_time(played):
    axes = played.figures["Stuck, exploring, jumping: one path of W for each σ"].axes
    for ax, path, sigma in zip(axes, played.names["paths"], (0.4, 0.7, 1.0), strict=True):
        ((time, shown),) = [each.get_data() for each in ax.lines]
        assert (time[0], time[-1]) == (0, 1000) and np.array_equal(shown, path[np.rint(time / 0.01).astype(int)])
        turns = played.names["crossings"](path)
        assert ax.get_ylabel().startswith(f"W, σ = {sigma}\n{turns} crossing")


def test_the_times_of_section_4_are_compared_as_their_words_say(played):
    """How short Kramers' time is of the exact one; √n of n arrivals."""
    plain = re.findall(r"σ = (\S+): exact (\S+), next order (\S+), Kramers (\S+), (\d+)% short", played.text)
    assert len(plain) == 3
    for row in plain:
        sigma, exact, better, kramers, short = (float(word.replace(",", "")) for word in row)
        assert kramers == pytest.approx(2 * math.pi / math.sqrt(32) * math.exp(2 / sigma**2), abs=0.006)
        assert short == round(100 * (1 - kramers / exact))
        assert better / kramers == pytest.approx(1 + 3 / 16 * sigma**2, abs=2e-3)
    found = re.findall(r"σ = (\S+): (\d+) arrivals, mean time (\S+), standard error (\S+)", played.text)
    assert len(found) == 4
    for _sigma, n, mean, error in (map(float, row) for row in found):
        assert mean == pytest.approx(2500 * 250 / n, abs=0.006) and error == pytest.approx(mean / n**0.5, abs=0.006)


def test_the_figure_of_section_4_is_over_one_over_sigma_squared(played):
    """Kramers' time is a constant times e^(2x) there; the bars are two of √n."""
    left, right = played.figures["On a log scale all look alike"].axes
    x, y = line(left, "Kramers")
    assert np.allclose(y, 2 * math.pi / math.sqrt(32) * np.exp(2 * x), rtol=1e-6)
    found = played.names["found"]
    for ax in (left, right):
        assert np.array_equal(line(ax, "Kramers")[0], x) and np.array_equal(line(ax, "exact")[0], x)
        (bars,) = ax.containers
        points, _caps, (pieces,) = bars.lines
        assert np.allclose(points.get_xdata(), np.array([0.6, 0.7, 0.85, 1.0]) ** -2)
        ends = np.array([piece[:, 1] for piece in pieces.get_segments()])
        assert np.allclose(np.diff(ends)[:, 0] / points.get_ydata(), 4 / np.sqrt(found))
        low, high = ax.get_ylim()
        drawn = np.concatenate([ends.ravel(), *(curve.get_ydata() for curve in ax.lines)])
        assert low < drawn.min() and drawn.max() < high


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


@pytest.mark.parametrize("sigma", [0.45, 0.7, 1.2])
def test_panel_2_ends_at_boltzmanns_law_and_has_bars_of_two_errors(played, sigma):
    panel = played.panels["A density spreads over two wells"]
    heap, filled = played.axes(panel.name)
    _, _, walkers, error, *_ = numbers(panel.set(sigma=sigma, t=40).replace("λ₁", ""))
    w, rest = line(heap, "where it ends")
    exact = np.exp(-2 * (w * w - 1) ** 2 / sigma**2)
    assert np.allclose(rest, exact / np.trapezoid(exact, w), atol=1e-3)
    assert error == pytest.approx(math.sqrt(walkers * (1 - walkers) / 1000), abs=6e-4)
    times, slow = line(filled, "theory")
    rate = re.search(r"λ₁ = ([^)]+)", panel.status)[1]
    assert np.allclose(slow, 0.5 * (1 - np.exp(-float(rate) * times)), atol=3e-3)
    for t in (1, 40, 60):  # none leaves its axes, once the spike of the start is gone
        panel.set(sigma=sigma, t=t)
        for ax, curves in ((heap, ("where", "1000", "Fokker")), (filled, ("walkers", "Fokker", "theory"))):
            assert max(line(ax, name)[1].max() for name in curves) < ax.get_ylim()[1]
    panel.set(sigma=sigma, t=40)
    at, bar = line(filled, "walkers")
    assert (at == 40).all() and bar == pytest.approx([walkers - 2 * error, walkers, walkers + 2 * error], abs=2e-3)


def test_the_first_order_of_section_6_is_printed(played):
    """1 − T/4, T/8 at T = σ²/2."""
    found = re.findall(r"σ = (\S+), order T *: E\[W²\] (\S+), variance in a well (\S+)", played.text)
    assert len(found) == 3
    for sigma, square, variance in (map(float, row) for row in found):
        assert [square, variance] == pytest.approx([1 - sigma**2 / 8, sigma**2 / 16], abs=6e-5)


def test_the_arrow_of_section_7_is_as_long_as_d(played):
    (ax,) = played.figures["To leave the wrong well takes d* = 0.717"].axes
    (arrow,) = [text for text in ax.texts if getattr(text, "arrow_patch", None)]
    (x, low), (at, high) = arrow.xyann, arrow.xy
    assert x == at > 0.5 and abs(high - low) == pytest.approx(0.717, abs=6e-4)
    w, landscape = ax.lines[0].get_data()
    assert min(high, low) == pytest.approx(landscape[w > 0].min(), abs=1e-3)
    names = {text.get_text().split()[-1]: text.get_position()[0] for text in ax.texts if text.get_text()}
    assert names["start"] == x and names["minimum"] == pytest.approx(w[landscape.argmin()], abs=0.02)


@pytest.mark.parametrize(("schedule", "slowness", "tilt"), [("logarithmic", 0.7, 0.3), ("exponential", 2.0, 0.15)])
def test_panel_3_cools_as_it_says(played, schedule, slowness, tilt):
    """Its temperatures; where walkers begin and end; Boltzmann's share on the better side of the top."""
    panel = played.panels["Cooling a tilted double well"]
    status = panel.set(schedule=schedule, slowness=slowness, tilt=tilt)
    cooling, winning = played.axes(panel.name)
    times, heat = line(cooling, "schedule")
    constant = slowness if schedule == "logarithmic" else 10 ** (1.3 * slowness)
    exact = slowness / np.log(2 + times) if schedule == "logarithmic" else np.maximum(0.02, np.exp(-times / constant))
    assert np.allclose(heat, exact) and (f"C = {slowness:.2f}" in status or f"t_c = {constant:.3g}" in status)
    (_, won), (_, rest) = line(winning, "Fokker"), line(winning, "theory")
    told = re.search(r"a share of (\S+) in .* at the end is (\S+)\.$", status).groups()
    assert [won[-1], rest[-1]] == pytest.approx(list(map(float, told)), abs=6e-4) and won[0] < 0.05
    w = np.linspace(-3, 3, 6001)
    landscape = (w * w - 1) ** 2 + tilt * w
    top = w[np.abs(w) < 0.5][landscape[np.abs(w) < 0.5].argmax()]
    for temperature, share in list(zip(heat, rest, strict=True))[10::20]:
        law = np.exp((landscape.min() - landscape) / temperature)
        assert share == pytest.approx(law[w < top].sum() / law.sum(), abs=0.02)


def test_the_figure_of_section_7_shows_what_is_printed(played):
    (ax,) = played.figures["Too cold too soon, and it stays where it is"].axes
    found = re.findall(r"(\S.*?) *share in the global minimum at t = 10², 10⁴, 10⁶: (.+)", played.text)
    curves = {each.get_label(): each.get_data() for each in ax.lines}
    assert len(found) == len(curves) == 6
    for name, shares in found:
        shown = np.interp((1e2, 1e4, 1e6), *curves[name.replace("t_c", "$t_c$")])
        assert numbers(shares) == pytest.approx(shown, abs=6e-3)


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
        walkers = played.names["rest"][sigma]
        bars = [bar.get_height() for bar in ax.patches]
        assert np.allclose(bars, np.histogram(walkers, np.linspace(-2, 2, 81), density=True)[0])
        found = re.search(rf"σ = {sigma}, walkers *: E\[W²\] (\S+), variance in a well (\S+)", played.text).groups()
        exact = np.mean(walkers**2), np.var(walkers[walkers > 0])
        assert list(map(float, found)) == pytest.approx(exact, abs=6e-5)
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
    measured = [line(ax, name) for name in ("strong, additive", "strong, noise", "weak")]
    laws = [each.get_data() for each in ax.lines if each.get_linestyle() == "--" and len(each.get_xdata())]
    for (x, y), (over, law), power in zip(measured, laws, (1, 0.5, 1), strict=True):
        assert np.array_equal(x, over) and law[0] == pytest.approx(y[0])
        assert np.allclose(np.diff(np.log(law)) / np.diff(np.log(x)), power)


def test_the_strong_errors_are_printed_in_their_columns(played):
    """From 1/64 to 1/512, less the reference's 1/2048: 31/3, and its root."""
    found = re.findall(r"strong error (\S+) with additive noise, (\S+) with", played.text)
    additive, multiplicative = np.array(found, dtype=float).T
    assert additive[0] / additive[-1] == pytest.approx(31 / 3, rel=0.2)
    assert multiplicative[0] / multiplicative[-1] == pytest.approx(math.sqrt(31 / 3), rel=0.2)


def test_the_biases_of_D3_stand_below_their_names(played):
    """The shift's is the double integral of section 4 to a level further off; the figure shows what is printed."""
    found = [numbers(row.replace("+", "")) for row in re.findall(r"^h = [\d.]+ +([-+].+)$", played.text, re.M)]
    integral = played.names["integral"]
    for h, (square, over, top, top_shifted, well, well_shifted) in zip((1e-2, 2.5e-3, 6.25e-4), found, strict=True):
        shift = 0.5826 * 0.7 * math.sqrt(h)
        exact = [100 * (integral(0.7, target=to + shift) / integral(0.7, target=to) - 1) for to in (0.0, 1.0)]
        assert [top_shifted, well_shifted] == pytest.approx(exact, abs=0.02)
        assert abs(top / top_shifted - 1) < 2 * math.sqrt(h) and well < 0 < well_shifted
        assert square < 0 and abs(over / square) < 16 * h
    square, over, top, top_shifted, well, well_shifted = np.array(found).T / 100
    (ax,) = played.figures["The time to the top has by far the largest bias"].axes
    for curve, shown in zip(ax.lines, (top, top_shifted, well_shifted - well, -square, -over), strict=True):
        assert np.allclose(curve.get_xdata(), [1e-2, 2.5e-3, 6.25e-4])
        assert curve.get_ydata() == pytest.approx(shown, abs=6e-5, rel=0.05)
    labels = [curve.get_label().split("\n")[0] for curve in ax.lines]
    assert labels[2:] == ["time to the other well,", "E[W²]", "E[W²], over that of $L_h$"]


def test_the_paths_lost_in_D4_are_reckoned_over_all_steps(played):
    ((rate, one),) = re.findall(r"h = 0.08: (\S+) a step; as many .* one with probability (\S+)", played.text)
    assert float(one) == pytest.approx(-math.expm1(-float(rate) * 20_000 * 1008), rel=0.08)


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
        assert float(re.search(r"multiplier (\S+),", status)[1]) == pytest.approx(1 - 8 * h, abs=6e-3)


def test_lost_walks_of_panel_4_have_crossed_before(played):
    """A walk that leaves for infinity does so to and fro: it counts for the goal, the smallest step that crosses."""
    panel = played.panels["From a step to a leap"]
    found = [panel.set(h=round(float(h), 3), sigma=0.2) for h in np.arange(60, 113) * 0.005]
    lost = [status for status in found if "left for infinity" in status]
    assert len(lost) > 10 and not any("crossed 0 times" in status for status in lost)
    assert "left for infinity" in panel.set(h=0.56, sigma=0.2)
    step, w = line(played.axes(panel.name)[1], "_")
    assert numbers(panel.status)[-1] == step[-1] and len(w) == step[-1] + 1


def test_the_shares_and_the_arrivals_are_printed_by_their_names(played):
    names = played.names
    walkers, density = re.search(r"right well at t = 30: walkers (\S+), Fokker–Planck (\S+)", played.text).groups()
    assert float(walkers) == pytest.approx(float((names["cloud"].last > 0).double().mean()), abs=6e-4)
    assert float(density) == pytest.approx(0.5 * (1 - math.exp(-names["rates"][1] * 30)), abs=0.004)
    (found,) = re.findall(r"by t = 10: (\S+) a walker; t/τ = (\S+); c² = (\S+)", played.text)
    (arrived, ratio, variation), tau = map(float, found), names["chain_time"](1.0, 0.01)
    assert ratio == pytest.approx(10 / tau, abs=6e-5)
    assert arrived - ratio == pytest.approx((variation - 1 + 0.01 / tau) / 2, abs=2e-4)
