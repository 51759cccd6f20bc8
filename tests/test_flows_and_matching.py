"""Notebook 03 as a learner runs it: its panels, tables and reveals say and show what its cells have measured."""

import math
import re

import numpy as np
import pytest
import torch

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
    x0, x1 = pairs(6, assigned=True)
    orders = torch.cartesian_prod(*[torch.arange(6)] * 6)
    orders = orders[(orders.sort(dim=-1).values == torch.arange(6)).all(-1)]
    assert len(orders) == 720
    assert min(cost(x0[0], x1[0, order]) for order in orders) == pytest.approx(cost(x0, x1))
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
    found = played.names["divergence"](lambda t, x: 0 * x)
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
            assert np.allclose(ax.collections[-1].get_offsets(), x[0, :100], atol=1e-5)
            xs, _ys = line(ax, "N steps")
            assert np.nanmax(np.abs(xs)) < 9 and np.isnan(xs).sum() == 30
    if t == 1 and steps == 1:
        assert said[1] == pytest.approx(math.sqrt(8.25), rel=0.05)


def test_the_table_says_what_the_flows_do(played):
    lines = [row for row in played.text.splitlines() if len(numbers(row)) == 7]
    rows = {name: numbers(row) for row in lines for name in played.names["fields"] if row.startswith(name)}
    assert len(rows) == 4
    for name, (updates, _kl, straight, energy, nfe, one, four) in rows.items():
        again = played.names["followed"](played.names["fields"][name])
        assert np.allclose([straight, energy, nfe, one, four], list(map(float, again)), atol=1e-3)
        assert updates == {"likelihood": 350, "closed form": 0}.get(name, played.names["UPDATES"])


def test_the_table_of_section_6_says_who_was_scored_how(played):
    """Recomputed: the honest flow on the left, the one trained with Euler steps on the right."""
    names, rows = played.names, played.text.splitlines()
    place = next(k for k, row in enumerate(rows) if row.startswith("nats from the floor"))
    assert rows[place].split("trained with ")[1:] == ["Runge–Kutta    ", "8 Euler steps"]
    for row, ways in zip(rows[place + 1 :], [*((steps,) for steps in (4, 8, 16, 32)), ()], strict=False):
        solver = names["EULER"] | {"steps": ways[0]} if ways else names["FINE"]
        found = [
            names["over_floor"](names["score"](names[f], names["fresh"][None], **solver))[0] for f in ("flow", "cheap")
        ]
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
        density = names["score"](names["flow"], place, **names["FINE"]).exp()
        assert picture[row, column] == pytest.approx(float(density), rel=0.02, abs=1e-4)
    degrees, dashed = line(cut, "data, on")
    angle = torch.deg2rad(torch.from_numpy(degrees))
    exact = names["ring"].log_prob(4 / math.sqrt(2) * torch.stack((angle.cos(), angle.sin()), dim=-1)).exp()
    assert np.allclose(dashed, exact, atol=1e-6)
    said = numbers(status.split("updates:")[1].replace("(1 is all of it)", ""))
    around = line(cut, "flow at t")[1]
    assert said == pytest.approx([1, around.min() / around.max(), float(exact.min() / exact.max())], abs=2e-3)


def test_panel_2_begins_with_the_normal(played):
    status = played.panels["A normal density becomes eight"].set(t=0.0, updates=350)
    assert numbers(status.split("updates:")[1])[0] == pytest.approx(1, abs=2e-3)
    assert "lowest density is 1.000 of the highest" in status


def test_panel_1_measures_the_area(played):
    panel = played.panels["A square in a field made of four parts"]
    for expansion, t in ((0.0, 1.0), (-0.5, 0.5), (1.0, 1.0)):
        status = panel.set(expansion=expansion, rotation=1.0, stretch=0.4, shear=0.5, t=t)
        measured, predicted = (float(re.search(rf"{word} (\d+\.\d+)", status)[1]) for word in ("measured", "predicted"))
        assert measured == pytest.approx(math.exp(2 * expansion * t), abs=2e-4) == predicted


def test_panel_4_predicts_the_spread_that_it_measures(played):
    panel = played.panels["Hutchinson's estimate of a trace"]
    for count, probe, kind in ((1, "gaussian", "full"), (16, "rademacher", "full"), (64, "gaussian", "diagonal")):
        status = panel.set(count=count, d=32, probe=probe, kind=kind)
        spread, predicted = (float(re.search(rf"{word} (\d+\.\d+)", status)[1]) for word in ("spread", "predicted"))
        assert spread == pytest.approx(predicted, rel=0.12)
    assert "spread 0.000, predicted 0.000" in panel.set(count=1, d=32, probe="rademacher", kind="diagonal")
