"""Notebook 03 as a learner runs it: its panels, tables and reveals say and show what its cells have measured."""

import math
import re
from itertools import pairwise

import numpy as np
import pytest
import torch
from scipy.stats import chi, multivariate_normal

from helpers import ode
from tests.played import Played, line, numbers
from tools import notebooks

PATH = notebooks.ROOT / "notebooks" / "03_cnf_trace.ipynb"
THREE = "Three flows, followed in steps"
REVEALS = (  # in order
    "stays 1 (",
    "more than 1 (1.6",
    "rotation.",
    "0.0",
    "below (-0.1",
    "below the floor (-0.1",
    "more than 0 (5.",
    "in the middle of the ring (",
)


@pytest.fixture(scope="module")
def played():
    with pytest.MonkeyPatch.context() as patch:
        yield Played(PATH, patch)


def test_each_reveal_names_the_choice_that_was_measured(played):
    assert len(played.revealed) == len(REVEALS)
    for found, right in zip(played.revealed, REVEALS, strict=True):
        assert found.startswith(right), (found, right)


def test_each_pair_has_a_time_of_its_own_and_is_asked_for_its_velocity(played):
    asked = []

    def still(t, x):
        asked.append((t, x))
        return torch.zeros_like(x)

    x0, x1 = torch.zeros(1, 500, 2), torch.tensor([[[3.0, 4.0]]]).expand(1, 500, 2)
    assert torch.allclose(played.names["matching_loss"](still, x0, x1), torch.tensor([25.0]))
    ((t, x),) = asked
    assert len(t.unique()) > 490 and 0 <= float(t.min()) < 0.05 and 0.95 < float(t.max()) <= 1
    assert torch.allclose(x, t * x1)
    shifted = played.names["matching_loss"](lambda t, x: torch.full_like(x, 3.0), x0, x1)
    assert float(shifted) == pytest.approx(1.0)


def test_assigned_pairs_are_the_same_points_and_nearer(played):
    """The best of all permutations; of six points all are tried."""
    pairs, cost = played.names["pairs"], lambda x0, x1: float(((x1 - x0) ** 2).sum())
    orders = torch.cartesian_prod(*[torch.arange(6)] * 6)
    orders = orders[(orders.sort(dim=-1).values == torch.arange(6)).all(-1)]
    assert len(orders) == 720
    for _ in range(40):  # in some of them the lengths themselves would choose otherwise
        x0, x1 = pairs(6, assigned=True)
        costs = ((x1[0, orders] - x0) ** 2).sum((-1, -2))
        assert float(costs.min()) == pytest.approx(cost(x0, x1))
    apart = [float(((b - a) ** 2).sum(-1).mean()) for a, b in (pairs(64), pairs(64, assigned=True))]
    assert apart[0] > 8 and apart[1] < 4


def test_what_is_measured_of_a_known_flow(played):
    """A turn by ω: the chord over the arc; a translation: straight, and done in one step."""
    followed, omega = played.names["followed"], 2.0
    straight, energy, nfe, one, four = map(float, followed(lambda t, x: x + torch.tensor([1.0, 2.0]) - x))
    assert (straight, energy) == (pytest.approx(1.0, abs=1e-5), pytest.approx(5.0, rel=1e-4))
    assert one < 1e-5 and four < 1e-5 and nfe < 21
    turn = ode.rotation(omega)
    straight, energy, _nfe, one, four = map(float, followed(lambda t, x: turn(t, x.double()).float()))
    mean_square = float((played.names["starts"] ** 2).sum(-1).mean())
    assert straight == pytest.approx((2 * math.sin(omega / 2) / omega) ** 2, rel=1e-3)
    assert energy == pytest.approx(omega**2 * mean_square, rel=1e-3)
    end = complex(math.cos(omega), math.sin(omega))
    assert one == pytest.approx(abs(1 + 1j * omega - end) * math.sqrt(mean_square), rel=1e-3)
    assert four == pytest.approx(abs((1 + 1j * omega / 4) ** 4 - end) * math.sqrt(mean_square), rel=1e-3)


def test_the_divergence_is_that_of_two_known_densities(played):
    """The field that stands still leaves the normal: its KL is E log p + 8.25/2 + log 2π = 3.13 nats."""
    expected = -played.names["ring"].entropy + 8.25 / 2 + math.log(2 * math.pi)
    found = played.names["kl_by_quadrature"](lambda t, x: 0 * x)
    assert found == pytest.approx(expected, abs=1e-4)


@pytest.mark.parametrize(("steps", "t"), [(1, 1.0), (1, 0.5), (4, 1.0), (4, 0.3), (16, 1.0), (5, 0.0)])
def test_the_panel_of_three_flows_draws_eulers_steps(played, steps, t):
    panel, fields, few = played.panels[THREE], played.names["fields"], played.names["starts"][:, :500]
    status = panel.set(steps=steps, t=t)
    said = numbers(status.split(":", 1)[1])
    assert status.startswith(f"{steps} Euler step{'s' * (steps > 1)}, t = {t:.2f}:")
    names = ["independent pairs", "closed form", "assigned pairs", "likelihood"]
    for name, miss in zip(names, said, strict=True):
        x = few
        with torch.no_grad():
            for k in range(steps):
                part = min(max(t * steps - k, 0.0), 1.0)
                x = x + part / steps * fields[name](k / steps, x)
            exact = ode.solve(fields[name], few, (0, t), "rk4", steps=40).last if t else few
        assert miss == pytest.approx(float(((x - exact) ** 2).sum(-1).mean().sqrt()), abs=2e-3), name
        if name != "closed form":
            (ax,) = [ax for ax in played.axes(THREE) if ax.get_title(loc="left").lower() == name]
            assert np.allclose(ax.collections[-1].get_offsets(), x[0, :24], atol=1e-5)
            assert np.allclose(ax.collections[0].get_offsets(), exact[0, :24], atol=2e-3)
            (begun,) = [each for each in ax.collections if each.get_label() == "t = 0"]
            assert np.allclose(begun.get_offsets(), few[0, :24], atol=1e-6)
            assert np.allclose([grey.get_xydata()[0] for grey in ax.lines[:24]], few[0, :24], atol=1e-6)
            assert np.allclose(
                [grey.get_xydata()[20] for grey in ax.lines[:24]], played.names["exact_paths"][name][-1, :24]
            )
            trails = np.split(line(ax, "N steps").T, 24)
            assert all(np.isnan(trail[-1]).all() for trail in trails)
            assert np.allclose([trail[0] for trail in trails], few[0, :24], atol=1e-6)
            assert np.allclose([trail[-2] for trail in trails], x[0, :24], atol=1e-5)
    if t == 1 and steps == 1:
        assert said[1] == pytest.approx(math.sqrt(8.25), rel=0.05)


def test_the_table_says_what_the_flows_do(played):
    lines = [row for row in played.text.splitlines() if len(numbers(row)) == 7]
    rows = {name: numbers(row) for row in lines for name in played.names["fields"] if row.startswith(name)}
    assert len(rows) == 4
    for name, (updates, kl, straight, energy, nfe, one, four) in rows.items():
        field, starts = played.names["fields"][name], played.names["starts"]
        again = played.names["followed"](field)
        assert kl == pytest.approx(played.names["kl_by_quadrature"](field), abs=1e-4)
        with torch.no_grad():
            assert nfe == ode.solve(field, starts, (0, 1), rtol=1e-5, atol=1e-5).nfe
        assert np.allclose([straight, energy, nfe, one, four], list(map(float, again)), atol=1e-3)
        assert updates == {"likelihood": 350, "closed form": 0}.get(name, played.names["UPDATES"])


def test_the_table_of_section_6_says_who_was_scored_how(played):
    """Recomputed: the honest flow on the left, the one trained with Euler steps on the right."""
    names, rows = played.names, played.text.splitlines()
    place = next(k for k, row in enumerate(rows) if row.startswith("nats from the floor"))
    assert rows[place].split("trained with ")[1:] == ["Runge–Kutta    ", "8 Euler steps"]
    for row, ways in zip(rows[place + 1 :], [*((steps,) for steps in (4, 8, 16, 32)), ()], strict=False):
        solver = names["EULER"] | {"steps": ways[0]} if ways else names["FINE"]
        over_floor, log_q_of = names["over_floor"], names["log_q_of"]
        found = [over_floor(log_q_of(names[f], names["fresh"][None], **solver))[0] for f in ("flow", "cheap")]
        assert np.allclose(numbers(row)[-2:], found, atol=6e-4), row
    reported, error, errors = numbers(next(row for row in rows if "standard errors" in row).replace("+", ""))[:3]
    assert (
        reported < 0 and errors == pytest.approx(-names["reported"] / names["reported_error"], abs=0.5) and error < 0.01
    )


def test_the_likelihood_comes_down_to_the_drawn_floor(played):
    ax, entropy = played.figures["1500 data points"].axes[1], played.names["ring"].entropy
    assert np.allclose(line(ax, "floor")[1], entropy) and np.allclose(line(ax, "one Gaussian")[1], 4.255, atol=1e-3)
    assert line(ax, "each batch")[1][-50:].mean() == pytest.approx(entropy + 0.013, abs=0.03)


def test_panel_2_shows_the_density_where_it_is(played):
    """Pixel by pixel against the flow's own log q; the dashed curve against the data's density."""
    panel, names = played.panels["A normal density becomes eight"], played.names
    status = panel.set(t=1.0, updates=350)
    plane, cut = played.axes(panel.name)
    picture, left, top = plane.images[0].get_array(), *plane.images[0].get_extent()[::3]
    side = torch.linspace(left, top, 45)
    for row, column in ((30, 40), (37, 14), (22, 37)):
        place = torch.tensor([[[side[column], side[row]]]])
        density = names["log_q_of"](names["flow"], place, **names["FINE"]).exp()
        assert picture[row, column] == pytest.approx(float(density), rel=0.02, abs=1e-4)
    degrees, dashed = line(cut, "data, on")
    angle = torch.deg2rad(torch.from_numpy(degrees))
    exact = names["ring"].log_prob(4 / math.sqrt(2) * torch.stack((angle.cos(), angle.sin()), dim=-1)).exp()
    assert np.allclose(dashed, exact, atol=1e-6)
    said = numbers(status.split("updates:")[1].replace("(1 is all of it)", ""))
    around = line(cut, "flow at t")[1]
    assert said == pytest.approx([1, around.min() / around.max(), float(exact.min() / exact.max())], abs=2e-3)


def test_panel_2_flies_from_the_noise_to_its_time(played):
    """After 100 updates and at t = 0.5: samples, density, cut and status, each solved again in finer steps."""
    name = "A normal density becomes eight"
    panel, names, solver = played.panels[name], played.names, {"method": "rk4", "steps": 12}
    mass, lowest, _data = numbers(panel.set(t=0.5, updates=100).split("updates:")[1].replace("(1 is all of it)", ""))
    plane, cut = played.axes(name)
    with torch.no_grad():
        samples = ode.solve(names["snapshots"][100], names["noise"], (0.0, 0.5), **solver).last[0]
    assert np.allclose(plane.collections[0].get_offsets(), samples, atol=0.02)

    def density(places):
        log_p = names["log_q_of"](names["snapshots"][100], places[None], 0.5, trace=names["closed_form"], **solver)
        return log_p[0].exp().numpy()

    picture = plane.images[0].get_array()
    assert plane.images[0].origin == "lower"
    assert np.allclose(picture, density(names["view"]).reshape(45, 45), atol=2e-3)
    assert mass == pytest.approx((8.4 / 44) ** 2 * picture.sum(), abs=1e-3)
    around = density(samples.norm(dim=-1).mean() * names["circle"])
    assert np.allclose(line(cut, "flow at t")[1], around, atol=2e-3)
    assert lowest == pytest.approx(around.min() / around.max(), abs=0.02)
    assert panel.goal.holds(0.09) and not panel.goal.holds(0.11)
    assert "lowest density is 1.000 of the highest" in panel.set(t=0.0, updates=350)


def test_panel_1_carries_the_square_along_its_field(played):
    """By the matrix exponential."""
    panel, square = played.panels["A square in a field made of four parts"], played.names["square"]
    plane, areas = played.axes(panel.name)
    for e, w, s, k, t in ((0.0, 1.0, 0.4, 0.5, 1.0), (-0.5, -2.0, 0.1, 1.0, 0.5), (0.3, 0.5, -0.2, -1.0, 0.8)):
        status = panel.set(expansion=e, rotation=w, stretch=s, shear=k, t=t)
        matrix = torch.tensor([[e + s, k - w], [w, e - s]], dtype=torch.float64)
        carried = square @ torch.matrix_exp(t * matrix).T
        moved = next(patch for patch in plane.patches if patch.get_label() == "square at t")
        assert np.allclose(moved.get_xy()[:4], carried, atol=1e-4)
        x, theory = line(areas, "theory")
        assert np.allclose(theory, np.exp(2 * e * x)) and np.allclose(line(areas, "measured")[1], theory, rtol=1e-4)
        ring = next(each for each in areas.lines if len(each.get_xdata()) == 1)
        assert np.allclose([ring.get_xdata()[0], ring.get_ydata()[0]], [t, math.exp(2 * e * t)], rtol=1e-4)
        long, short = torch.linalg.svdvals(torch.matrix_exp(t * matrix))
        assert f"{float(long / short):.1f} times as long as wide" in status
        assert f"measured {math.exp(2 * e * t):.4f}, predicted {math.exp(2 * e * t):.4f}" in status
    assert [panel.goal.holds(area) for area in (0.475, 0.485, 0.515, 0.525)] == [False, True, True, False]


def test_panel_4_predicts_the_spread_that_it_measures(played):
    panel, big = played.panels["Hutchinson's estimate of a trace"], played.names["big"][:32, :32] / math.sqrt(32)
    hist, fall = played.axes(panel.name)
    for count, probe, kind in ((1, "gaussian", "full"), (16, "rademacher", "full"), (64, "gaussian", "diagonal")):
        status = panel.set(count=count, d=32, probe=probe, kind=kind)
        trace, mean, spread, predicted = numbers(status.split("matrix:")[1].removesuffix("."))
        assert trace == pytest.approx(float(big.trace()), abs=1e-3) and abs(mean - trace) < 6 * spread / math.sqrt(1000)
        estimated = float(played.names["all_forms"](probe, kind, 32)[:count].mean())
        assert mean == pytest.approx(estimated, abs=2e-3)
        assert spread == pytest.approx(predicted, rel=0.12)
        k, law = line(fall, "predicted")
        assert law[list(k).index(1)] == pytest.approx(2 * law[list(k).index(4)])
        (x, bell), (bins, bars) = line(hist, "normal"), line(hist, "measured")
        area = bell.sum() * (x[1] - x[0]) / (bars.sum() * (bins[1] - bins[0]))
        unit = math.sqrt(float(((big + big.T) ** 2).sum()) / 2)
        if bell.max() < 1.1:  # not cut off
            assert area == pytest.approx(1, abs=0.05)
            assert np.interp(predicted / unit, x, bell) == pytest.approx(bell.max() * math.exp(-0.5), rel=0.03)
    panel.set(count=1, d=32, probe="gaussian", kind="full")
    assert line(fall, "predicted")[1][0] == pytest.approx(1)
    assert "spread 0.000, predicted 0.000" in panel.set(count=1, d=32, probe="rademacher", kind="diagonal")
    assert "trace 0.000, mean estimate 0.000" in panel.set(count=1, d=32, probe="gaussian", kind="antisymmetric")
    symmetric = (big + big.T) / 2
    share = float((symmetric**2).sum() - (big.diagonal() ** 2).sum()) / float((symmetric**2).sum())
    fewest = math.ceil(64 * share)
    panel.set(count=fewest, d=32, probe="rademacher", kind="full")
    assert panel.reached
    panel.set(count=fewest - 1, d=32, probe="rademacher", kind="full")
    assert not panel.reached


def test_the_picture_of_section_2_is_the_stretched_normal(played):
    ax = played.figures["Stretching thins a density out"].axes[0]
    x, divided = line(ax, "$p_u(u)\\,/")
    assert np.allclose(divided, np.exp(-(np.arcsinh(x) ** 2) / 2) / math.sqrt(2 * math.pi) / np.sqrt(1 + x**2))
    values, edges, _base = ax.patches[0].get_data()
    inside = (np.abs(edges[:-1] + edges[1:]) / 2 < 1).nonzero()[0]
    assert (values * np.diff(edges))[inside].sum() == pytest.approx(0.622, abs=0.02)


def test_the_printed_tables_of_sections_3_and_4(played):
    off = [numbers(row)[1] for row in played.text.splitlines() if "log |det| is off tr A by" in row]
    assert len(off) == 4 and min(off) > 0
    assert all(one / next_one == pytest.approx(10, rel=0.3) for one, next_one in pairwise(off))
    rows = [row for row in played.text.splitlines() if "variance of one probe: Gaussian" in row]
    found = {row[:12].strip(): numbers(row.split("Gaussian")[1]) for row in rows}
    assert found["identity"] == pytest.approx([4, 0], abs=0.25) and found["rotation"] == [0, 0]
    assert found["shear"] == pytest.approx([1, 1], abs=0.1)
    right = [played.names["variance"](played.names["eight"], kind) for kind in ("gaussian", "rademacher")]
    assert found["random 8 × 8"] == pytest.approx(right, rel=0.08)


def test_the_best_gaussian_is_the_best(played):
    covariance = torch.cov(played.names["fresh"].double().T)
    best = math.log(2 * math.pi * math.e) + float(torch.logdet(covariance)) / 2
    assert played.names["one_gaussian"] == pytest.approx(best, abs=0.02)


def test_d4_says_the_entropy_and_shows_data_left_and_samples_right(played):
    found, error, right = numbers(next(row for row in played.text.splitlines() if "entropy of the flow" in row))
    log_q = played.names["normal_log_density"](played.names["z"]) + played.names["out"]
    assert error == pytest.approx(float(log_q.std()) / math.sqrt(2000), abs=1e-3)
    assert found == pytest.approx(-float(log_q.mean()), abs=1e-3)
    assert right == pytest.approx(played.names["ring"].entropy, abs=1e-3) and abs(found - right) < 0.03 + 5 * error
    left, right = played.figures["2000 points: data"].axes
    assert np.allclose(left.collections[0].get_offsets(), played.names["fresh"][:2000])
    assert "samples" in right.get_title(loc="left")


def test_each_eruption_is_held_out_once_and_never_learned_from(played):
    names = played.names
    for k, (mean, scale) in enumerate(names["scales"]):
        for part, rows in (("unseen", (k,)), ("stop", ((k + 1) % 5,)), ("learn", [(k + j) % 5 for j in (2, 3, 4)])):
            right = torch.cat([names["eruptions"][names["folds"][row]] for row in rows])
            assert torch.allclose(names[part][k] * scale + mean, right), (k, part)
    assert len(names["folds"].unique()) == 270


def test_the_mixture_of_d5_is_a_density_scored_where_it_was_not_fitted(played):
    names = played.names
    axis = torch.linspace(-6, 6, 241, dtype=torch.float64)
    places = torch.stack(torch.meshgrid(axis, axis, indexing="xy"), dim=-1).reshape(-1, 2)
    assert float((-names["mixture_nll"](names["learn"][0], places)).exp().sum()) * 0.05**2 == pytest.approx(1, abs=1e-3)
    again = names["mixture_nll"](names["learn"][0], names["unseen"][0])
    assert torch.allclose(names["rivals_of"]["two Gaussians"][0], again)
    row = next(row for row in played.text.splitlines() if row.startswith("two Gaussians "))
    level, ahead, _error = numbers(row.replace("+", ""))
    assert ahead == pytest.approx(level - float(names["scores"].mean()), abs=2e-3)


def test_the_picture_of_d5_draws_what_was_measured(played):
    ax, plane = played.figures["Training NLL falls, held-out NLL does not"].axes
    curves = np.array(played.names["curves"])
    assert np.allclose(line(ax, "held out")[1], curves[:, 2]) and np.allclose(line(ax, "training")[1], curves[:, 0])
    corners = np.concatenate([path.vertices for path in plane.collections[0].get_paths()])
    assert np.all(corners.min(0) > (0.5, 25)) and np.all(corners.max(0) < (6.5, 120))
    assert np.ptp(corners[:, 1]) > 40  # in minutes, not in standard deviations


def test_d6_prints_valleys_stretches_and_lengths(played):
    rows = played.text.splitlines()
    for row in (row for row in rows if row.startswith("peaks of width 1")):
        m, stretch, slope = (
            float(found) for found in re.findall(r"\d+\.?\d*(?:e[+-]\d+)?", row.replace("width 1", ""))
        )
        assert math.log(stretch) == pytest.approx(slope, rel=0.01) == m**2 / 2
    data, flow = numbers(next(row for row in rows if "valleys of the ring" in row).replace(",", ""))[:2]
    radius, sigma = 4 / math.sqrt(2), 0.5 / math.sqrt(2)
    valley = math.exp(-((radius * math.sin(math.pi / 8) / sigma) ** 2) / 2) / 4 / (2 * math.pi * sigma**2)
    assert data == pytest.approx(valley, abs=1e-4) and flow == pytest.approx(
        float(played.names["valleys"].mean()), abs=1e-4
    )
    lower = {row[:6]: numbers(row)[-1] for row in rows if "log p lower by" in row}
    assert [lower[f"d = {d:2}"] for d in (2, 16, 64)] == pytest.approx([1, 8, 32], rel=0.07)


def test_the_layers_of_a_linear_field(played):
    """log det and (h²/2) tr A² in closed form."""
    matrix, x = torch.tensor([[0.3, 1.0], [-0.4, 0.5]]), torch.randn(1, 50, 2)
    log_q, second, end = played.names["layered"](lambda t, x: x @ matrix.T, x, 8)
    step = torch.eye(2) - matrix / 8
    assert torch.allclose(end, x @ torch.linalg.matrix_power(step, 8).T, atol=1e-5)
    assert float(second) == pytest.approx(float((matrix @ matrix).trace()) / 16, abs=1e-5)
    expected = played.names["normal_log_density"](end) + 8 * torch.linalg.slogdet(step).logabsdet
    assert torch.allclose(log_q, expected, atol=1e-4)


def test_over_floor_counts_the_points(played):
    """A q that is e times too large on half of the points, and e times too small on the others."""
    log_p, signs = played.names["ring"].log_prob(played.names["fresh"]), torch.ones(20_000).double()
    signs[::2] = -1
    assert played.names["over_floor"]((log_p + signs)[None]) == pytest.approx((0, 1 / math.sqrt(20_000)), abs=1e-6)


def test_what_the_claims_of_section_7_stand_on(played):
    names = played.names
    assert names["mean_square"] == pytest.approx(4.618459, abs=1e-5)
    line_at = (1 - names["t"]) * names["begin"] + names["t"] * names["ends"]
    with torch.no_grad():
        assert torch.allclose(
            names["on_lines"]["assigned pairs"], names["fields"]["assigned pairs"](names["t"], line_at)
        )
    row = next(row for row in played.text.splitlines() if row.startswith("mass, trained with 8 Euler steps"))
    assert numbers(row)[1] > 1.05 and numbers(row)[2] == pytest.approx(1, abs=0.02)


def test_the_goal_of_the_panel_of_three_counts_against_one_assigned_step(played):
    panel, names = played.panels[THREE], played.names
    few = names["starts"][:, :500]

    def missed(name, n):
        x = few
        with torch.no_grad():
            for k in range(n):
                x = x + names["fields"][name](k / n, x) / n
            exact = ode.solve(names["fields"][name], few, (0, 1), "rk4", steps=40).last
        return float(((x - exact) ** 2).sum(-1).mean().sqrt())

    goal = missed("assigned pairs", 1)
    fewest = next(n for n in names["STEPS"] if missed("independent pairs", n) <= goal)
    assert names["STEPS"][:8] == (1, 2, 3, 4, 5, 6, 7, 8)
    reached = [n for n in names["STEPS"] if panel.set(steps=n, t=1.0) and panel.reached]
    assert reached == [fewest]


def test_the_dots_of_panel_3_mark_equal_times(played):
    for ax in played.axes(THREE):
        paths = played.names["exact_paths"][ax.get_title(loc="left").lower()]
        (dots,) = [each for each in ax.lines if each.get_linestyle() == "None"]
        x, y = (torch.as_tensor(values).numpy() for values in dots.get_data())
        for t in (0.0, 0.2, 0.4, 0.6, 0.8, 1.0):
            there = np.hypot(
                *(paths[round(20 * t), :24].numpy()[:, None] - np.stack((x, y), axis=-1)).transpose(2, 0, 1)
            )
            assert there.min(axis=1).max() < 1e-6
        assert len(x) == 6 * 24


def test_speeds_and_distances_below_the_table(played):
    """From the paths that the panel draws: 500 points, 21 times."""
    rows = [row for row in played.text.splitlines() if ": speed at first" in row]
    assert [row.split(":")[0] for row in rows] == ["independent pairs", "assigned pairs"]
    for row in rows:
        paths = played.names["exact_paths"][row.split(":")[0]].numpy()
        speed = 20 * np.sqrt((np.diff(paths, axis=0) ** 2).sum(-1).mean(-1))
        radius = np.sqrt((paths**2).sum(-1)).mean(-1)
        right = [speed[0], speed.min(), speed[-1], radius[0], radius.min(), radius[-1]]
        assert numbers(row) == pytest.approx(right, abs=6e-3)
    slow = numbers(rows[0])
    assert slow[1] < slow[0] / 2 < slow[2] and slow[4] < slow[3] < slow[5]


def test_each_later_training_begins_where_the_first_did(played, monkeypatch):
    monkeypatch.setitem(played.names, "train", lambda *arguments: iter(()))
    start = played.names["snapshots"][0].state_dict()
    for field in (played.names["matched"](False), played.names["matched"](True)):
        assert all(torch.equal(value, start[name]) for name, value in field.state_dict().items())


def test_the_loss_of_v_star_is_named_before_the_distance_from_it(played):
    rows = [row for row in played.text.splitlines() if row.startswith("trained on ")]
    assert len(rows) == 2
    best = played.names["mean_velocity"](played.names["t"], played.names["x_t"])
    floor = float(played.names["losses"](best).mean())
    for row in rows:
        name = row.removeprefix("trained on ").split(",")[0]
        loss, said, apart = numbers(row.split("loss", 1)[1].replace("|", " "))[:3]
        assert loss == pytest.approx(float(played.names["losses"](played.names["answers"][name]).mean()), abs=1e-3)
        assert said == pytest.approx(floor, abs=1e-3) and apart < loss


def test_the_claims_of_the_kl_read_their_own_rows(played):
    for name in ("independent pairs", "assigned pairs"):
        (row,) = [each for each in played.text.splitlines() if each.startswith(f"✓ KL, {name}: measured")]
        said = float(re.search(r"measured (\S+),", row)[1])
        assert said == pytest.approx(float(played.names["results"][name][0]), rel=1e-3)


def hutchinson_with(draw):
    """An answer to exercise 1 that draws its probes so."""

    def hutchinson(vjp, d, count, rng):
        probes = [draw(rng, d) for _ in range(count)]
        return sum(vjp(v) @ v for v in probes) / count

    return hutchinson


@pytest.mark.parametrize(
    "draw",
    [
        lambda rng, d: rng.standard_normal(d),
        lambda rng, d: rng.choice([-1.0, 1.0], d),
        lambda rng, d: rng.uniform(-math.sqrt(3), math.sqrt(3), d),
    ],
    ids=["Gaussian", "±1", "uniform"],
)
def test_exercise_1_takes_probes_of_any_law_with_mean_0_and_variance_1(played, draw):
    assert played.names["estimator"](hutchinson_with(draw)) is None


def test_exercise_1_refuses_uniform_probes_of_another_variance(played):
    said = played.names["estimator"](hutchinson_with(lambda rng, d: rng.uniform(-1, 1, d)))
    assert said.startswith("Your probe's entries have variance 0.34")


def test_panel_1_draws_its_cloud_at_its_time(played):
    """By the matrix exponential; tr A = 2e; the picture holds all of it."""
    panel, names = played.panels["A square in a field made of four parts"], played.names
    plane, areas = played.axes(panel.name)
    band = next(each for each in areas.patches if each.get_label().startswith("the goal"))
    ends = band.get_window_extent().transformed(areas.transData.inverted()).intervaly
    assert ends == pytest.approx([0.48, 0.52])
    for e, w, s, k, t in ((0.5, 0.0, 0.5, 1.5, 0.3), (0.5, 0.0, 0.5, 1.5, 1.0), (-0.35, 1.0, 0.2, 0.0, 0.5)):
        status = panel.set(expansion=e, rotation=w, stretch=s, shear=k, t=t)
        flow = torch.matrix_exp(t * torch.tensor([[e + s, k - w], [w, e - s]], dtype=torch.float64)).T
        assert np.allclose(plane.collections[0].get_offsets(), names["cloud"] @ flow, atol=1e-4)
        assert numbers(status)[:2] == [t, 2 * e]
        beyond = (torch.cat((names["square"], names["cloud"])) @ flow).abs().max() > plane.get_xlim()[1]
        assert ("Some of it has left the picture" in status) == bool(beyond)


def test_the_undivided_curve_is_drawn_with_all_of_its_mass(played):
    x, drawn = line(played.figures["Stretching thins a density out"].axes[0], "$p_u(u)$, not")
    assert np.allclose(drawn, np.exp(-(np.arcsinh(x) ** 2) / 2) / math.sqrt(2 * math.pi))


def test_what_a_layer_is_off_by_is_a_median(played):
    """Of an even number: torch says the lower of the two in the middle."""
    matrices = played.names["matrices"].numpy()
    rows = [row for row in played.text.splitlines() if "log |det| is off tr A by" in row]
    for row, layers in zip(rows, (1, 10, 100, 1000), strict=True):
        off = layers * np.linalg.slogdet(np.eye(5) + matrices / layers)[1] - np.trace(matrices, axis1=1, axis2=2)
        said, middle = numbers(row.split("=")[1]), np.sort(abs(off))[499:501]
        assert said[0] == layers and middle[0] - 6e-6 < said[1] < middle[1] + 6e-6


def test_each_snapshot_of_panel_2_has_had_its_own_training(played):
    names, off = played.names, []
    assert list(names["snapshots"]) == list(range(0, 351, 50))
    for field in names["snapshots"].values():
        off.append(names["over_floor"](names["log_q_of"](field, names["fresh"][None], **names["FINE"]))[0])
    assert off[0] > 1 and off[-1] == pytest.approx(names["kl"])
    assert len(set(off)) == 8 and off[1] > 2 * off[-1]


def test_the_lines_of_pairs_stand_under_their_names(played):
    """The left lines join points in their order; the right ones the same points, at the least sum of squares."""
    left, right = played.figures["Independent pairs"].axes
    assert [ax.get_title(loc="left") for ax in (left, right)] == ["Independent pairs", "The same points, assigned"]
    pairs = [np.array([each.get_xydata() for each in ax.lines]) for ax in (left, right)]  # (64, 2, 2)
    begin, ends = (part[:64].numpy() for part in (played.names["noise"][0], played.names["fresh"]))
    assert np.allclose(pairs[0], np.stack((begin, ends), axis=1)) and np.allclose(pairs[1][:, 0], begin)
    assert np.allclose(np.sort(pairs[1][:, 1], axis=0), np.sort(ends, axis=0))
    squares = ((pairs[1][:, None, 0] - pairs[1][:, 1]) ** 2).sum(-1)  # swapping two ends never helps
    own = np.diag(squares)
    assert (own[:, None] + own <= squares + squares.T + 1e-4).all()


def test_what_is_left_of_the_loss_adds_up(played):
    for row in (row for row in played.text.splitlines() if row.startswith("trained on ")):
        loss, floor, apart, chance = numbers(row.split("loss", 1)[1].replace("|", " ").replace("+", " "))
        assert floor + apart + chance == pytest.approx(loss, abs=2.1e-3)


def test_the_columns_of_the_table_stand_under_their_heads(played):
    """Straightness is at most 1; the energy along v* is known, and a straight path of length ℓ has ℓ²."""
    rows = played.text.splitlines()
    place = next(k for k, row in enumerate(rows) if "straightness" in row)
    heads = ["updates", "KL", "straightness", "energy", "NFE", "missed by 1 step", "by 4"]
    starts = [rows[place].index(head) for head in heads]
    assert starts == sorted(starts)
    for row in rows[place + 1 : place + 5]:
        ends = [match.end() for match in re.finditer(r"\d+(\.\d+)?(?= |$)", row)][-7:]
        assert ends[:5] == [start + len(head) for start, head in zip(starts[:5], heads, strict=False)]
        assert numbers(row)[2] <= 1 < numbers(row)[3]
    assert numbers(rows[place + 4])[3] == pytest.approx(played.names["mean_square"], rel=0.05)


def test_seconds_are_those_of_one_call(played):
    """A clock that takes a millisecond for a probe, or an update, and d of them for an exact trace."""

    def repeat(call, number, repeat, timer):
        x = call.args[2] if call.func is played.names["exact_trace"] else None
        return [1e-3 * number * (1 if x is None else x.shape[-1]) for _ in range(repeat)]

    _, printed = played.again("# @title What a training costs", repeat=repeat)
    for row, updates in zip(printed.splitlines(), (350, 1200, 1200), strict=True):
        assert numbers(row) == pytest.approx([1, updates / 1000, updates], abs=6e-3)
    _, printed = played.again('print("   d   one probe   exact trace', repeat=repeat)
    heads, *rows = printed.splitlines()
    assert re.split(r" {2,}", heads.strip()) == ["d", "one probe", "exact trace", "ratio", "(1 + d)/2", "(1 + 2d)/3"]
    for row, d in zip(rows, (2, 8, 32, 128), strict=True):
        assert numbers(row) == pytest.approx([d, 1000, 1000 * d, d, (1 + d) / 2, (1 + 2 * d) / 3], abs=0.06)


def test_panel_4_draws_the_spreads_of_its_own_estimates(played):
    panel, big = played.panels["Hutchinson's estimate of a trace"], played.names["big"][:16, :16] / 4
    fall = played.axes(panel.name)[1]
    unit = math.sqrt(float(((big + big.T) ** 2).sum()) / 2)
    for count, probe in ((4, "gaussian"), (16, "rademacher")):
        panel.set(count=count, d=16, probe=probe, kind="full")
        forms = played.names["all_forms"](probe, "full", 16).double().numpy()  # (64, 1000)
        k, spread = line(fall, "measured")
        assert k.tolist() == [1, 2, 4, 8, 16, 32, 64]
        own = [forms[: int(n)].mean(0).std(ddof=1) / unit for n in k]
        assert spread == pytest.approx(own, rel=1e-3)
        ring = next(each for each in fall.lines if each.get_markersize() == 13)
        assert ring.get_xydata()[0] == pytest.approx([count, own[list(k).index(count)]], rel=1e-3)
    for count, probe, kind, words in (
        (64, "gaussian", "full", ""),
        (64, "rademacher", "symmetric", ""),
        (1, "rademacher", "diagonal", "no spread:\none probe is exact"),
        (1, "gaussian", "antisymmetric", "no spread:\none probe is exact"),
    ):
        panel.set(count=count, d=64, probe=probe, kind=kind)
        assert fall.texts[0].get_text() == words


def test_the_samples_of_d4_are_the_flows(played):
    right = played.figures["2000 points: data"].axes[1]
    assert np.allclose(right.collections[0].get_offsets(), played.names["samples"][0])
    names = played.names
    with torch.no_grad():
        again = ode.solve(names["flow"], names["z"].float(), (0.0, 1.0), "rk4", steps=25).last[0]
    assert np.allclose(right.collections[0].get_offsets(), again, atol=1e-2)


def test_d5_speaks_of_the_held_out_fold(played):
    names = played.names
    plane = played.figures["Training NLL falls, held-out NLL does not"].axes[1]
    (dots,) = [each for each in plane.collections if each.get_label() == "held out"]
    held_out = names["unseen"][0] * names["scales"][0][1] + names["scales"][0][0]  # of the first fold's flow
    assert np.allclose(dots.get_offsets(), held_out)
    with torch.no_grad():
        at_the_end = -names["log_q_of"](names["geyser"], names["unseen"].float(), **names["COARSE"]).double().mean()
    row = next(row for row in played.text.splitlines() if row.startswith("flow, stopped in time"))
    assert numbers(row) == pytest.approx([float(names["scores"].mean()), float(at_the_end)], abs=6e-4)


def test_the_nearest_of_10_000_normal_points_is_as_near_as_it_should_be(played):
    """10 000 F(nearest) is exponential: once in 10⁶ above 14, or below 10⁻⁶. Said to 0.005."""
    rows = [numbers(row) for row in played.text.splitlines() if "nearest of 10 000 samples" in row]
    assert [row[0] for row in rows] == [2, 16, 64]
    for row in rows:
        low, high = (1e4 * chi.cdf(row[3] + shift, row[0]) for shift in (-0.005, 0.005))
        assert low < 14 and high > 1e-6


def test_d7_names_who_was_trained_how(played):
    names, rows = played.names, played.text.splitlines()
    for words, field, column in (("Runge–Kutta", "flow", 0), ("8 Euler steps", "cheap", 1)):
        place = next(
            k for k, row in enumerate(rows) if row.startswith(f"trained with {words}") and "determinants" in row
        )
        log_q, second, _ = names["layered"](names[field], names["fresh"][None], 8)
        above = names["over_floor"](log_q)[0]
        said = numbers(rows[place].split("determinants")[1].replace("+", ""))
        assert said == pytest.approx([above, above - names["scored"][8][column]], abs=6e-4)
        assert numbers(rows[place + 1].split("explains")[1]) == pytest.approx([float(second)], abs=6e-4)


def test_what_is_printed_of_the_floor_and_of_the_flow_above_it(played):
    rows, ring = played.text.splitlines(), played.names["ring"]
    floor, best, above = numbers(next(row for row in rows if row.startswith("floor ")))
    assert floor == pytest.approx(ring.entropy, abs=6e-4) and above == pytest.approx(best - floor, abs=6e-3)
    fresh = played.names["fresh"]
    log_q = played.names["log_q_of"](played.names["flow"], fresh[None], **played.names["FINE"])[0]
    excess = (ring.log_prob(fresh) - log_q).double().numpy()
    said = numbers(next(row for row in rows if row.startswith("KL divergence")))
    assert said == pytest.approx([excess.mean(), excess.std(ddof=1) / math.sqrt(20_000)], abs=6e-5)


def test_the_valleys_are_printed_from_the_lowest_to_the_highest(played):
    radius = 4 / math.sqrt(2) * math.cos(math.pi / 8)
    angles = (torch.arange(8) + 0.5) * math.pi / 4
    places = radius * torch.stack((angles.cos(), angles.sin()), dim=-1)
    found = played.names["log_q_of"](played.names["flow"], places[None], **played.names["FINE"])[0].exp()
    row = next(row for row in played.text.splitlines() if "valleys of the ring" in row)
    assert numbers(row.split(", flow")[1]) == pytest.approx(
        [float(each) for each in (found.mean(), found.min(), found.max())], abs=6e-5
    )


def test_the_picture_of_d5_has_its_updates_levels_and_flow(played):
    names = played.names
    ax = played.figures["Training NLL falls, held-out NLL does not"].axes[0]
    for label in ("training", "held out"):
        assert line(ax, label)[0].tolist() == list(range(6, 181, 6))
    for name, values in names["rivals_of"].items():
        row = next(row for row in played.text.splitlines() if row.startswith(f"{name} "))
        of_all = torch.stack(values)
        assert np.allclose(line(ax, name)[1], float(of_all.mean()))
        ahead = (of_all - names["scores"]).flatten().numpy()
        right = [float(of_all.mean()), ahead.mean(), ahead.std(ddof=1) / math.sqrt(270)]
        assert numbers(row.replace("+", "")) == pytest.approx(right, abs=6e-4)
    places = names["unseen"][:1].float()
    together = names["log_q_of"](names["geyser"], places.expand(5, -1, -1), **names["COARSE"])[:1]
    assert torch.allclose(names["log_q_of"](names["lone"], places, **names["COARSE"]), together, atol=1e-5)


def test_the_one_gaussian_of_d5_is_fitted_to_what_is_learned_from(played):
    names = played.names
    for k, nll in enumerate(names["rivals_of"]["one Gaussian"]):
        rows, held_out = (names[name][k].double().numpy() for name in ("learn", "unseen"))
        by_scipy = multivariate_normal(rows.mean(0), np.cov(rows.T, bias=True)).logpdf(held_out)
        assert np.allclose(nll, -by_scipy)
