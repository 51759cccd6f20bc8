"""Notebook 09 as a learner runs it: its panels, figures and reveals say and show what its cells have measured."""

import math
import re

import matplotlib.colors
import matplotlib.path
import numpy as np
import pytest
import torch
from scipy.integrate import solve_ivp

from tests.played import Played, line, numbers
from tools import notebooks

PATH = notebooks.ROOT / "notebooks" / "09_when_the_solver_dies.ipynb"
REVEALS = (  # in order
    "hardly (",
    "below 1e-8 (",
    "below 1e-6 (",
    "I and II.",
    "is wrong, and says nothing.",
    "more than 20 times (",
    "about two in three (",
    "stays at a number of order 1 (",
)


@pytest.fixture(scope="module")
def played():
    with pytest.MonkeyPatch.context() as patch:
        yield Played(PATH, patch)


def test_each_reveal_names_the_choice_that_was_measured(played):
    assert len(played.revealed) == len(REVEALS)
    for found, right in zip(played.revealed, REVEALS, strict=True):
        assert found.startswith(right), (found, right)


@pytest.mark.parametrize(("lam", "tol"), [(1.0, 1e-7), (10.0, 1e-3), (100.0, 1e-6)])
def test_panel_1_solves_the_equation_of_the_text(played, lam, tol):
    """To a few tolerances of the closed form; its counts are those of torchdiffeq, but for its own error estimate."""
    panel, odeint = played.panels["Stiffness and tolerance"], played.names["odeint"]
    lam = min(panel.controls["lam"].values, key=lambda value: abs(value - lam))
    status = panel.set(lam=lam, tol=tol)
    near, steps = played.axes(panel.name)
    (t, exact), (at, y) = line(near, "exact"), line(near, "accepted")
    scipys = solve_ivp(lambda t, y: -lam * (y - np.cos(t)), (0, 4), [1.0], "Radau", t_eval=t, rtol=1e-9, atol=1e-11)
    assert np.allclose(exact, scipys.y[0], atol=1e-6)
    assert np.abs(np.interp(at, t, exact) - y)[at <= 4].max() < 100 * tol + 1e-3
    accepted, rejected, least = numbers(status.split(": ", 1)[1].replace("tolerance", ""))[-3:]
    assert accepted == len(at) and rejected >= 0 and least == round(lam * 4 / played.names["limits"]["dopri5"])
    watched = played.names["Watched"](lambda t, y: -lam * (y - torch.cos(t)))
    odeint(watched, torch.ones(1).double(), torch.tensor([0.0, 4.0]).double(), rtol=tol, atol=tol)
    assert accepted == pytest.approx(len(watched.accepted), rel=0.25)
    assert line(steps, "theory")[1] == pytest.approx([played.names["limits"]["dopri5"] / lam] * 2)
    x, h = line(steps, "accepted")
    assert np.allclose(np.cumsum(h), x)
    calls = []
    played.names["dopri5"](lambda t, y: calls.append(t) or -lam * (y - math.cos(t)), 1.0, 4.0, tol)
    assert len(calls) == 1 + 6 * (accepted + rejected)


def goal_and_its_neighbour(panel, name, step) -> list:
    """What the panel's witness measures, and what the next value of the searched slider measures."""
    given, values = panel.goal.given, panel.controls[name].values
    found = []
    for value in values[::step]:
        panel.set(**given, **{name: value})
        found.append(panel.measured)
        if panel.reached:
            return found[-1:-3:-1]
    raise AssertionError("no value reaches the goal")


def test_goals_are_what_their_words_say(played):
    panel = played.panels["Stiffness and tolerance"]
    there, before = goal_and_its_neighbour(panel, "lam", 1)
    assert abs(there - 1) <= 0.1 < abs(before - 1)
    accepted, _, least = numbers(panel.status.split(": ", 1)[1])[-3:]
    assert there == pytest.approx(accepted / least, rel=0.01)
    panel = played.panels["Times of their own"]
    there, before = goal_and_its_neighbour(panel, "count", 1)
    assert before < 20 <= there
    union, dummy, alone, times = numbers(panel.status.split("calls:")[1])
    assert times == pytest.approx(alone / dummy, abs=0.06) and there == pytest.approx(alone / dummy) and union > 0
    panel = played.panels["Energy that drifts, and energy that does not"]
    there, after = goal_and_its_neighbour(panel, "step", -1)
    assert there <= 0.01 < after


def test_goals_count_under_the_settings_that_their_words_name(played):
    for name, words, given in (
        ("Stiffness and tolerance", "at the tolerance 1e-4", {"tol": 1e-4}),
        ("Times of their own", "with ends ten times apart", {"spread": 10}),
        ("Energy that drifts, and energy that does not", "RK4's energy", {"method": "RK4"}),
    ):
        goal = played.panels[name].goal
        assert words in goal.text and goal.given == given


def test_section_1s_solver_takes_torchdiffeqs_steps(played):
    """With its estimate made as large, up to the first accepted step that asks for a shorter one."""
    names, tol = played.names, 1e-6
    (_, _, h), _ = names["dopri5"](lambda t, y: -(y - math.cos(t)), 1.0, 4.0, tol)
    watched, how = names["Watched"](lambda t, y: -(y - torch.cos(t))), {"rtol": tol / 1.5, "atol": tol / 1.5}
    times, options = torch.tensor([0.0, 4.0]).double(), {"first_step": 1e-3}
    names["odeint"](watched, torch.ones(1).double(), times, **how, options=options)
    alike = int(np.argmax(np.diff(h) < 0))
    assert alike > 3 and [h for _, _, h in watched.accepted[:alike]] == pytest.approx(h[1 : alike + 1], rel=1e-6)


def test_the_table_of_section_1_and_the_errors_of_section_3_are_printed_as_measured(played):
    for lam, (loose, tight) in played.names["counts"].items():
        row = re.search(rf"λ = +{lam:.0f}: +(\d+) steps at 1e-3, +(\d+) at 1e-6; +(\d+) of", played.text)
        assert [int(n) for n in row.groups()] == [loose, tight, round(lam * 4 / 3.306568)]
        for tol, count in ((1e-3, loose), (1e-6, tight)):
            (_, _, h), _ = played.names["dopri5"](lambda t, y, lam=lam: -lam * (y - math.cos(t)), 1.0, 4.0, tol)
            assert count == np.count_nonzero(h)  # the start is no step
    y = played.names["implicit_end"](50)
    off = 100 * max(abs(y / (0.6172348816, 6.153591196e-6, 0.3827589648) - 1))
    assert f"off by {off:.2f} % in 50 steps" in played.text


def test_the_regions_of_stability_are_drawn_on_their_side(played):
    explicit, implicit = played.figures["Explicit: stable inside"].axes
    for name, sets in zip(played.names["METHODS"], explicit.collections, strict=True):
        corners = np.concatenate([path.vertices for path in sets.get_paths() if len(path.vertices)])
        assert corners[:, 0].min() == pytest.approx(-played.names["limits"][name], abs=0.05), name
        (label,) = [each for each in explicit.lines if each.get_label() == name]
        assert np.allclose(sets.get_edgecolor()[0][:3], matplotlib.colors.to_rgb(label.get_color()))
    (ticks,) = (each for each in explicit.lines if each.get_marker() == "|")
    assert sorted(-ticks.get_xdata()) == pytest.approx(sorted(played.names["limits"].values()))
    (rim,) = implicit.collections[1].get_paths()
    assert np.allclose(np.hypot(rim.vertices[:, 0] - 1, rim.vertices[:, 1]), 1, atol=0.01)
    around = [matplotlib.path.Path(ring) for ring in implicit.collections[0].get_paths()[0].to_polygons()]
    shaded = [sum(ring.contains_point(z) for ring in around) % 2 for z in ((-3, 0), (1, 0), (-0.5, 0), (2.5, 0))]
    assert shaded == [1, 0, 1, 1]


def test_the_boundaries_are_those_of_the_polynomials(played):
    limits = played.names["limits"]
    assert played.names["LIMIT"] == pytest.approx(limits["dopri5"], abs=1e-5)
    assert limits["Euler"] == pytest.approx(2) and limits["rk4"] == pytest.approx(2.785294, abs=1e-6)
    stability, methods = played.names["stability"], played.names["METHODS"]
    taylor = [1 / math.factorial(k) for k in range(6)]
    assert np.allclose(stability(*methods["rk4"]).coef, taylor[:5])
    assert np.allclose(stability(*methods["dopri5"]).coef, [*taylor, 1 / 600])


def test_the_implicit_step_solves_its_equation(played):
    def f(t, y):
        return torch.stack((-50 * y[0] ** 3 + t, y[0] - 3 * y[1]))

    y = torch.tensor([1.2, -0.4], dtype=torch.float64)
    z = played.names["implicit_step"](f, 0.3, y, 0.2)
    assert torch.allclose(z, y + 0.2 * f(0.5, z), atol=1e-12)


def test_the_implicit_step_has_the_right_gradient(played):
    y, step = torch.tensor([0.8], dtype=torch.float64), played.names["implicit_step"]
    theta = torch.tensor(3.0, dtype=torch.float64, requires_grad=True)

    def end(rate):
        return step(lambda t, z: -rate * z**3 + t, 0.0, y, 0.5)

    end(theta).sum().backward()
    assert float(theta.grad) == pytest.approx(float(end(3 + 1e-5) - end(3 - 1e-5)) / 2e-5, rel=1e-8)


def test_backward_eulers_errors_are_printed_in_the_units_that_are_named(played):
    rows = re.findall(r"λ = (\S+): 100 steps, largest error (\S+); times 2λ/h: (\S+)", played.text)
    assert [float(lam) for lam, _, _ in rows] == [1e3, 1e5, 1e8]
    for lam, error, scaled in rows:
        assert float(scaled) == pytest.approx(2 * float(lam) / 0.1 * float(error), rel=1e-3)


def test_the_implicit_steps_grow_from_a_ten_thousandth_to_a_hundred(played, monkeypatch):
    taken = []
    monkeypatch.setitem(played.names, "implicit_step", lambda f, t, y, h: taken.append((t, t + h)) or y)
    played.names["implicit_end"](50)
    begun, ended = np.array(taken).T
    assert begun[0] == 0 and np.allclose(begun[1:], ended[:-1])
    assert np.allclose(np.log10(ended), np.linspace(-4, 2, 50))


def test_the_ends_of_robertsons_solves_are_printed_as_they_were(played):
    broken, radau = played.names["broken"], played.names["radau"]
    time, y = re.search(r"stopped at t = (\S+) with y = \((.*?)\)", played.text).groups()
    assert float(time) == pytest.approx(broken.t[-1], abs=5e-4) and broken.status == -1
    assert [float(value) for value in y.split(", ")] == pytest.approx(broken.y[:, -1], rel=0.01)
    assert f"{radau.nfev} evaluations and {radau.njev} Jacobians" in played.text and radau.nfev > radau.njev


def test_least_steps_and_their_errors_stand_side_by_side(played):
    forced = played.names["forced"]
    rows = re.findall(r"min_step = (\S+): error (\S+)", played.text)
    for least, (said, error) in zip((3.2, 3.34, 3.4), rows, strict=True):
        assert float(said) == pytest.approx(least / 1000) and float(error) == pytest.approx(forced(least), rel=0.06)
    assert forced(1e-3) < 0.01 * math.sin(0.5) / 1000  # a least step that is never met: of the cosine's lag, little


def test_the_spacing_is_that_of_float32(played):
    rows = re.findall(r"t₀ = (\S+): error .* spacing (\S+)", played.text)
    assert [float(start) for start, _ in rows] == [0.0, 1e4, 1e6, 1e7]
    for start, spacing in rows:
        assert float(spacing) == pytest.approx(2.0 ** (math.floor(math.log2(float(start) + 10)) - 23), rel=0.05)


def test_the_clock_and_the_state_each_have_their_own_digits(played):
    since, single, double = played.names["since"], torch.float32, torch.float64
    assert since(1e7) > 0.1 > 0.01 > since(1e4) > 0.002 > since(1e7, double) and since(0.0) == pytest.approx(
        since(0.0, double), rel=0.1
    )
    with pytest.raises(AssertionError, match=r"underflow in dt 9\.99"):
        since(5000.0, clock=single)
    assert since(5000.0, double, single) < 0.01  # a float64 state keeps its clock


def test_most_of_a_late_error_is_the_number_before_the_end_of_the_step(played, monkeypatch):
    since, rounded = played.names["since"], played.names["rounded"]
    errors = {start: (since(start), since(start, torch.float64), rounded(start)) for start in (1e6, 1e7)}
    monkeypatch.setattr("torchdiffeq._impl.misc._nextafter", lambda t, _towards: t)
    for start, (error, double, alone) in errors.items():
        assert error > 2 * since(start) and error > 2 * alone > 10 * rounded(0.0)
        assert f"error {error:.1e}, of float64 {double:.1e}, of rounding {alone:.1e}" in played.text


def test_the_step_that_spoils_robertsons_state_goes_beyond_the_edge(played):
    broken = played.names["broken"]
    k = int(np.argmax(broken.y[1] < 0))
    state, h = torch.from_numpy(broken.y[:, k - 1]), broken.t[k] - broken.t[k - 1]
    J = torch.autograd.functional.jacobian(lambda y: played.names["robertson_in_torch"](0, y), state)
    said = re.search(r"spoils it: hρ = ([\d.]+), y₂ from (\S+) to (\S+)", played.text)
    assert float(said[1]) == pytest.approx(h * np.abs(np.linalg.eigvals(J)).max(), rel=0.03)
    assert [float(said[2]), float(said[3])] == pytest.approx(broken.y[1, k - 1 : k + 1], rel=0.01)


def test_what_the_published_y2_is_allowed_is_what_the_balance_makes_of_the_others(played):
    allowed, (y1, y2, y3) = played.names["allowed"], played.names["PUBLISHED"]

    def balanced(y1, y3):
        return max(np.roots([3e7, 1e4 * y3, -0.04 * y1]))

    assert balanced(y1, y3) == pytest.approx(y2, rel=1e-4)
    away = balanced(y1 + allowed[0], y3 - allowed[2]) - balanced(y1, y3)
    assert allowed == pytest.approx([34e-8 * (1 + y1), away, 34e-8 * (1 + y3)], rel=0.001, abs=0)


def test_a_nan_in_the_last_step_is_handed_back_without_a_word(played):
    for end, how in ((1.5, math.isfinite), (1.985, math.isnan)):
        times = torch.tensor([0.0, end]).double()
        field, options = (lambda _t, y: -y.sqrt()), {"min_step": 0.01}
        last = played.names["odeint"](field, torch.ones(1).double(), times, rtol=1e-6, atol=1e-6, options=options)[-1]
        assert how(last)


def test_four_patients_say_what_they_died_of(played):
    said = played.names["said"]
    assert int(re.search(r"arrives after (\d+)", said["III: y' = −20000 (y − cos t)"])[1]) >= 6 * 20_000 * 0.05 / 3.3066
    words = ("blow-up in finite time", "met NaN", "arrives after", "max_steps is used up")
    assert all(right in text for right, text in zip(words, said.values(), strict=True)), said
    assert float(re.search(r"at t = (\S+),", said["I: y' = y²"])[1]) == pytest.approx(1, abs=1e-5)


def test_the_bills_count_calls_and_rows(played):
    bills = played.names["bills"]
    for name, samples in (("union", 64), ("dummy", 64), ("alone", 1)):
        _, calls, rows = bills[name]
        assert rows == samples * calls
        assert re.search(
            rf"^{name} *: +{calls} calls of the network, +{rows} rows evaluated$", played.text, re.MULTILINE
        )
    ratio = bills["alone"][1] / bills["dummy"][1]
    assert numbers(played.revealed[5].split("(")[1])[0] == pytest.approx(ratio, rel=0.01)


def test_the_limit_of_section_6_counts_the_attempts(played):
    names, tried = played.names, 0
    for starts, ends in ((names["starts"], names["ends"]), (names["starts"][:1], names["ends"][:1])):
        watched = names["Watched"](lambda s, x, T=ends[:, None]: T * names["wavering"](T * s, x))
        names["odeint"](watched, starts, names["TENTHS"], **names["HOW"])
        tried += len(watched.tried)
    assert tried <= names["steps"] <= tried + 2  # two begin, each with two calls


@pytest.mark.parametrize("spread", [1, 10])
@pytest.mark.parametrize("way", ["union", "dummy", "alone"])
def test_panel_2_draws_the_steps_that_it_counts(played, way, spread):
    panel, names = played.panels["Times of their own"], played.names
    status = panel.set(count=4, spread=spread, way=way)
    rows, cost = played.axes(panel.name)
    T, starts = names["far"][spread][:4], names["starts"][:4]
    assert status.startswith(f"4 samples, ends {spread} : 1;")
    assert float(names["far"][spread].max() / names["far"][spread].min()) == pytest.approx(spread)
    for other, bar in zip(("union", "dummy", "alone"), cost.patches, strict=True):
        counted = names["bill"](names[other], starts, T)[1]
        assert f" {counted}" in status and bar.get_width() == counted, (other, counted, status)
        colour = played.names["orange" if other == way else "blue"]
        assert bar.get_facecolor() == matplotlib.colors.to_rgba(colour), (other, way)
    inside, beyond, ends = line(rows, "a step"), line(rows, "beyond"), line(rows, "its end")
    assert [tick.get_text() for tick in cost.get_yticklabels()] == ["union", "dummy", "alone"]
    assert np.allclose(ends[0], T) and (beyond.shape[1] > 4) == (way == "union" and spread > 1)
    assert set(ends[1]) == set(inside[1]) and inside[0].min() > 0
    assert beyond[0][beyond[1] == ends[1][0]].max() >= T[0]  # the longest sample's last step reaches its end
    drawn = inside.shape[1] + beyond.shape[1]
    one = np.count_nonzero(np.hstack((inside, beyond))[1] == 0.125)  # of the longest sample
    assert drawn == 4 * one or way == "alone"
    tries = {"union": 1, "dummy": 1, "alone": 4}[way]
    calls = names["bill"](names[way], starts, T)[1]
    assert (drawn if way == "alone" else one) <= (calls - 2 * tries) / 6


def test_ends_are_spread_evenly_in_logarithms_and_reached(played):
    names = played.names
    assert np.allclose(np.sort(np.log10(names["ends"])), np.linspace(np.log10(0.8), np.log10(8), 64))
    assert names["ends"].argmax() == 0
    for k in (0, 11):
        end = float(names["ends"][k])
        x = names["starts"][k : k + 1]
        right = solve_ivp(
            lambda t, y: names["wavering"](t, torch.from_numpy(y)[None])[0].numpy(),
            (0, end),
            x[0],
            rtol=1e-9,
            atol=1e-9,
        )
        assert np.allclose(names["answers"]["union"][k, -1], right.y[:, -1], atol=5e-4)


def test_a_nudge_grows_as_the_derivative_of_the_flow_says(played):
    names = played.names
    starts = names["starts"].clone().requires_grad_()  # the samples do not know of each other: sums give each its own
    path = names["dummy"](names["wavering"], starts, names["ends"])
    rows = [torch.autograd.grad(part.sum(), starts, retain_graph=True)[0] for part in path.flatten(1).T]
    flow = torch.stack(rows, dim=1).view(64, 11, 2, 2)
    growth = max(
        float(torch.linalg.matrix_norm(flow[:, later] @ torch.linalg.inv(flow[:, earlier]), 2).max())
        for earlier in range(11)
        for later in range(earlier, 11)
    )
    assert names["magnified"] == pytest.approx(growth, rel=0.01)
    assert f"a small change of a start grows at most {names['magnified']:.2f}-fold" in played.text


def test_lotka_and_volterras_equations_are_solved_and_fitted(played):
    names = played.names
    theta = np.array([*np.log([0.5, 0.025, 0.8, 0.03]), 3.2, 1.5])

    def rates(_t, u):
        return [0.5 - 0.025 * math.exp(u[1]), -0.8 + 0.03 * math.exp(u[0])]

    right = solve_ivp(rates, (0, 20), theta[4:], t_eval=np.arange(21), rtol=1e-9, atol=1e-9).y.T
    theta, right = torch.from_numpy(theta)[None], torch.from_numpy(right)
    assert torch.allclose(names["trajectory"](theta)[0], right, atol=1e-2)
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(names, "pelts", right)
        mask = torch.ones(1, 21).double()
        mask[0, [3, 4, 9]] = 0
        assert torch.allclose(names["fit"](mask), theta, atol=0.02)


def test_the_maximum_norm_is_printed_as_such(played):
    for n, one, other in zip(*(played.names[name] for name in ("SIZES", "root_mean", "maximum")), strict=True):
        row = rf"n = +{n}: error / tolerance +{one:.0f} by the root mean square, +{other:.0f} by the maximum"
        assert re.search(row, played.text), row


def test_a_linear_map_is_found_through_gaps_and_nobody_sees_the_future(played):
    names, M = played.names, torch.tensor([[0.9, 0.3], [-0.3, 0.8]]).double()
    path = [torch.tensor([1.0, 0.5]).double()]
    for _ in range(20):
        path.append(path[-1] @ M + torch.tensor([0.2, 0.1]))
    path, mask = torch.stack(path), names["seen"][-1]
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(names, "pelts", path.where(mask[:, None] > 0, torch.nan))
        assert torch.allclose(names["var_forecast"](mask)[15:], path[15:])
    for mask, last in zip(names["seen"], np.repeat(names["LASTS"], 12), strict=True):
        assert mask.sum() == last - 1900 + 1 - 4 and not mask[last - 1900 + 1 :].any()
        assert mask[0] and mask[last - 1900]


def test_the_naive_rival_sees_no_more_than_the_others(played):
    """A missing year is read off between its neighbours, whatever it was; one that is there is taken as it is."""
    names, mask = played.names, played.names["seen"][-1]
    before = names["ten_years_ago"](mask)
    there = mask[:11] > 0
    assert torch.equal(before[10:][there], names["pelts"][:11][there])
    with pytest.MonkeyPatch.context() as patch:
        patch.setitem(names, "pelts", names["pelts"].where(mask[:, None] > 0, 9.0))
        assert torch.equal(names["ten_years_ago"](mask), before)
        assert torch.equal(names["rules"]["mean"](mask), names["forecasts"]["mean"][-1])


def test_the_table_of_forecasts_is_what_the_years_unseen_say(played):
    names = played.names
    for name, table in names["error"].items():
        for k in (0, 17, 47):
            last = names["LASTS"][k // 12]
            apart = (names["forecasts"][name][k] - names["pelts"])[last - 1900 + 1 :]
            assert table[k // 12, k % 12] == pytest.approx(math.sqrt((apart**2).mean())), (name, k)


def test_the_network_is_trained_on_the_years_seen_alone(played):
    (source,) = (cell for cell in played.cells if cell.startswith("some = ["))
    source = source.replace("range(300)", "range(225, 300, 25)")  # the stretch of years has grown to all of them
    names, mask, found = played.names, played.names["seen"][-1], []
    for pelts in (names["pelts"], names["pelts"].where(mask[:, None] > 0, 9.0)):
        own = {"pelts": pelts, "seen": mask.expand(48, 21), "generator": torch.Generator().manual_seed(1)}
        exec(source, names | own | {"forecasts": (made := {})})
        found.append(made["neural ODE"])
    assert found[0].shape == (48, 21, 2) and torch.equal(*found)


def test_what_is_missed_of_the_years_seen_is_printed(played):
    names = played.names
    for name in ("Lotka–Volterra", "neural ODE"):
        apart = [
            float((path - names["pelts"])[mask > 0].square().mean().sqrt())
            for path, mask in zip(names["forecasts"][name], names["seen"], strict=True)
        ]
        said = re.search(rf"{name} misses the years that it saw by (\S+)", played.text)[1]
        assert sorted(apart)[23] - 6e-4 < float(said) < sorted(apart)[24] + 6e-4


def test_the_picture_is_of_a_typical_fit_to_1911(played):
    names, at = played.names, (1910, 1911, 1912, 1914).index(1911)
    tables = [names["error"][name][at] for name in ("Lotka–Volterra", "neural ODE", "ten years ago")]
    away = [sum(abs(table[k] - np.median(table)) for table in tables) for k in range(12)]
    assert names["chosen"] == 12 * at + np.argmin(away)
    mask = names["seen"][names["chosen"]].numpy() > 0
    for ax, pelts in zip(played.figures["Hare, fitted to 1911"].axes, (names["hare"], names["lynx"]), strict=True):
        (dots,) = (each for each in ax.lines if each.get_label() == "seen")
        assert np.array_equal(dots.get_xdata(), np.arange(1900, 1921)[mask])
        assert np.allclose(dots.get_ydata(), pelts.numpy()[mask]) and dots.get_xdata().max() == 1911


def test_the_table_and_the_picture_show_the_medians_and_the_forecasts(played):
    names = played.names
    for name, table in names["error"].items():
        row = re.search(rf"^{name} +([\d. ]+?)(?: +(\d+) of 48)?$", played.text, re.MULTILINE)
        assert numbers(row[1])[:4] == pytest.approx(np.median(table, axis=1), abs=6e-4), name
        assert row[2] is None or int(row[2]) == (names["best"] < table).sum()
    for k, ax in enumerate(played.figures["Hare, fitted to 1911"].axes):
        assert ax.get_title(loc="left").startswith(("Hare", "Lynx")[k])
        assert np.allclose(line(ax, "not seen")[1], (names["hare"], names["lynx"])[k])
        for name in ("Lotka–Volterra", "neural ODE", "ten years ago"):
            years, drawn = line(ax, name)
            assert np.allclose(drawn, names["forecasts"][name][names["chosen"]][-len(years) :, k].exp()), name
    rates = numbers(re.search(r"a, b, c, d: (.*)", played.text)[1].replace("Carpenter (2018)", ""))
    assert rates[:4] == pytest.approx(rates[4:], rel=0.05)


def test_leapfrog_comes_back_and_keeps_areas(played):
    step = played.names["leapfrog"]
    q, p = step(0.7, -0.4, 0.2)
    assert step(q, -p, 0.2) == pytest.approx((0.7, 0.4))
    for name, area in (("leapfrog", 1.0), ("symplectic_euler", 1.0), ("euler", 1 + 0.04 * math.cos(0.7))):
        step, e = played.names[name], 1e-6
        a, b, c = (np.array(step(0.7 + x, -0.4 + y, 0.2)) for x, y in ((0, 0), (e, 0), (0, e)))
        assert np.linalg.det(np.array([b - a, c - a])) / e**2 == pytest.approx(area, abs=1e-4), name


@pytest.mark.parametrize("method", ["Euler", "symplectic Euler", "leapfrog", "RK4"])
def test_panel_3_says_the_energy_of_what_it_draws(played, method):
    panel = played.panels["Energy that drifts, and energy that does not"]
    status = panel.set(step=0.2, method=method)
    step = method.lower().replace(" ", "_")
    q, p, off = played.names["swing"](played.names[step], 0.2, 200)
    phase, energy = played.axes(panel.name)
    angle, speed = line(phase, "exact")
    assert np.allclose(speed**2 / 2 - np.cos(angle), -math.cos(1.5))
    at, drawn = line(phase, "steps")
    there = (np.cos(at)[:, None] - np.cos(q)) ** 2 + (drawn[:, None] - p) ** 2
    assert there.min(axis=1).max() < 1e-20 and np.abs(drawn).max() < 3 and energy.lines[0].get_xdata()[-1] > 195
    assert ("(predicted: stays bounded)" in status) == (method in ("symplectic Euler", "leapfrog"))
    assert panel.measured == pytest.approx(np.abs(off[-100:]).max())
    t, error = energy.lines[0].get_data()
    nth = np.rint(t / 0.2).astype(int)
    assert np.allclose(t, 0.2 * nth) and np.allclose(error, np.abs(off[nth - 1]), rtol=1e-9, atol=2e-12)
    assert np.allclose(off, p**2 / 2 - np.cos(q) + math.cos(1.5))
    early, until, last, since = numbers(status.split("is off by")[1])
    assert (until, since) == (20, 180)
    assert f"ending too {'high' if off[-1] > 0 else 'low'} (" in status
    assert early == pytest.approx(np.abs(off[:100]).max(), rel=0.05)
    assert last == pytest.approx(np.abs(off[-100:]).max(), rel=0.05)


def test_every_wrong_cause_is_told_what_speaks_against_it(played):
    judge = played.names["named_causes"]
    assert judge(lambda: "BNPS") is None
    for k, right in enumerate("BNPS"):
        for letter in set("BNPS") - {right}:
            answer = "BNPS"[:k] + letter + "BNPS"[k + 1 :]
            assert judge(lambda answer=answer: answer).startswith(f"{k + 1}: "), answer


def test_the_last_steps_are_printed_beside_half_the_spacing(played):
    rows = re.findall(r"died at t = 1 (\S+), with h = (\S+); half the spacing of t: (\S+)", played.text)
    for (t, h), (away, step, half) in zip(played.names["lasts"].values(), rows, strict=True):
        assert [float(away), float(step)] == pytest.approx([t - 1, h], rel=0.06, abs=0)
        assert float(half) == pytest.approx(2.0 ** (math.floor(math.log2(t)) - 53), rel=0.01, abs=0)


def test_a_float32_clock_starts_where_it_is_said_to(played):
    starts, dies = map(int, re.search(r"starts at t = (\d+), and not at t = (\d+)", played.text).groups())
    survives = played.names["survives"]
    assert survives(float(starts)) and not survives(float(dies)) and dies == starts + 1


def test_the_energys_growth_is_over_the_first_tenth(played):
    for method in ("symplectic_euler", "leapfrog", "rk4"):
        off = np.abs(played.names["swing"](played.names[method], 0.1, 400)[2])
        most, growth = re.search(rf"{method} *: max \|ΔE\| (\S+) at h = 0.1.*first tenth's (\S+)", played.text).groups()
        assert float(most) == pytest.approx(off.max(), rel=0.06), method
        assert float(growth) == pytest.approx(off.max() / off[:400].max(), abs=6e-3), method


def test_the_hidden_error_is_counted_in_tolerances(played):
    names, tol = played.names, 1e-6
    x, times = torch.tensor([[1.0, 0.0]]).double(), torch.tensor([0.0, 3.0]).double()
    end = names["odeint"](lambda _t, x: 10 * names["turn"](x), x, times, rtol=tol, atol=tol)[-1, 0]
    error = math.hypot(end[0] - math.cos(30), end[1] - math.sin(30))
    assert names["root_mean"][0] == pytest.approx(error / tol, rel=1e-6)


def test_the_errors_without_gaps_are_those_of_the_years_after_the_last(played):
    names = played.names
    for k, last in enumerate(names["LASTS"]):
        pattern = rf"to {last}: VAR with gaps (\S+), without (\S+); Lotka–Volterra without (\S+)"
        said = re.search(pattern, played.text).groups()
        fits = *names["gapped"][12 * k : 12 * k + 12], names["whole_var"][k], names["whole_fit"][k]
        apart = [math.sqrt(((path - names["pelts"])[last - 1900 + 1 :] ** 2).mean()) for path in fits]
        assert [float(each) for each in said] == pytest.approx([np.median(apart[:12]), *apart[12:]], abs=6e-4), last


def test_each_method_has_the_mean_of_its_own_reading(played):
    for name, w, theory in (("Euler–Maruyama", "em", 1.0), ("Heun", "heun", math.exp(0.8**2 / 2))):
        said = re.search(rf"E W at t = 1, {name}: measured (\S+), theory (\S+) ", played.text).groups()
        assert list(map(float, said)) == pytest.approx([played.names[w].mean(), theory], rel=0.01), name
