"""Notebook 06 as a learner runs it: its panels, figures, reveals and functions are what the text says of them."""

import math
import re
from types import SimpleNamespace

import numpy as np
import pytest
import torch
from scipy.linalg import expm

from helpers import claims, datasets
from tests.played import Played, line, numbers, title
from tools import notebooks

PATH = notebooks.ROOT / "notebooks" / "06_edge_of_stability.ipynb"
REVEALS = ("at 20 (", "above 20 (", "higher (", "under 0.2 (", "19 times (", "grows (")  # before the minibatches
EDGES = {"gradient descent": lambda b: 2.0, "heavy ball": lambda b: 2 + 2 * b, "Adam": lambda b: (2 + 2 * b) / (1 - b)}


@pytest.fixture(scope="module")
def played():
    with pytest.MonkeyPatch.context() as patch:
        yield Played(PATH, patch, functions_from="## 8 · Minibatches")  # what these are called for takes long


@pytest.fixture
def quadratic(played, monkeypatch):
    """The notebook with L = w·Aw/2 + (b·w)³/6 for its loss, whose derivatives are known; A, b."""
    root, b = torch.randn(2, 6, 6, generator=torch.Generator().manual_seed(1)).double()
    A, b = root @ root.T, b[0]
    monkeypatch.setitem(played.names, "loss", lambda w, *_: ((w @ A) * w).sum(-1) / 2 + (w @ b) ** 3 / 6)
    return A, b


def test_each_reveal_names_the_choice_that_was_measured(played):
    assert len(played.revealed) == len(REVEALS)
    for found, right in zip(played.revealed, REVEALS, strict=True):
        assert found.startswith(right), (found, right)


def test_the_sections_stand_in_their_order():
    """Numbered sections ascend, then D1, D2, …; only the ledger is numbered below *Deeper*."""
    text = "\n".join(cell.source for cell in notebooks.read(PATH).cells if cell.cell_type == "markdown")
    main, deeper = text.split("\n## Deeper\n")
    sections = [int(number) for number in re.findall(r"^## (\d+) · ", main, re.MULTILINE)]
    assert sections == list(range(1, len(sections) + 1))
    assert re.findall(r"^## (\d+) · ", deeper, re.MULTILINE) == [str(len(sections) + 1)]
    assert re.findall(r"^### D(\d) · ", deeper, re.MULTILINE) == list("123456")


def test_what_is_revealed_of_minibatches_stands_on_the_page():
    said = "".join(out.get("text", "") for cell in notebooks.read(PATH).cells for out in cell.get("outputs", ()))
    assert "Measured: below 15 (" in said


@pytest.mark.parametrize(("eta", "lam"), [(0.02, 0.5), (0.3, 5.0), (0.5, 4.0), (0.8, 5.0)])
def test_panel_1_shows_descent_and_the_flow(played, eta, lam):
    status = played.panels["Descent on a quadratic"].set(eta=eta, lam=lam)
    factor = 1 - eta * lam
    word = "neither" if abs(abs(factor) - 1) < 1e-9 else "dies out" if abs(factor) < 1 else "grows"
    assert f"it {word}" in status and numbers(status)[:3:2] == pytest.approx([factor, factor], abs=0.006)
    assert numbers(status)[-1] == pytest.approx(abs(factor) ** 40, rel=0.05)
    valley, history = played.axes("Descent on a quadratic")
    for drawn in valley.lines:
        w, height = drawn.get_data()
        assert np.allclose(height, lam * w**2 / 2)
    assert np.allclose(valley.lines[1].get_xdata(), np.clip(factor ** np.arange(41), -99, 99))  # it hops over 0
    steps, flow = line(history, "flow")
    assert np.allclose(flow, np.exp(-lam * eta * steps)) and np.allclose(line(history, "descent")[1], factor**steps)


@pytest.mark.parametrize(("eta", "beta"), [(0.05, 0.0), (0.1, 0.0), (0.3, 0.4), (0.6, 0.8)])
def test_panel_2_draws_the_flow_against_the_steps_of_descent(played, eta, beta):
    status = played.panels["A network on its way to the edge"].set(eta=eta, beta=beta)
    sharp_axes, loss_axes = played.axes("A network on its way to the edge")
    assert np.allclose(line(loss_axes, "flow")[1], played.names["flow_loss"])
    steps, flow = line(sharp_axes, "flow")
    edge, pace = 2 * (1 + beta) / eta, eta / (1 - beta)
    assert np.allclose(steps * pace, played.names["TIMES"]) and np.allclose(flow, played.names["flow_sharp"])
    assert np.allclose(line(sharp_axes, "edge")[1], edge) and f"edge {edge:.1f}" in status
    passed = steps[flow > edge]
    assert (f"passes by step {passed[0]:.0f}" if len(passed) else "does not pass up to t = 60") in status


@pytest.mark.parametrize(("eta", "beta"), [(0.15, 0.0), (0.1, 0.3)])
def test_a_run_of_panel_2_is_the_run_of_the_text(played, eta, beta):
    panel = played.panels["A network on its way to the edge"]
    panel.set(eta=eta, beta=beta)
    status = panel.run()
    losses, at, sharp = played.names["rolled"] if beta else played.names["runs"][eta]
    assert numbers(status)[:3] == pytest.approx([sharp[-1], 2 * (1 + beta) / eta, losses[-1]], abs=0.006)
    steps, drawn = line(played.axes(panel.name)[0], "descent")
    assert np.array_equal(steps, at) and np.allclose(drawn, sharp, rtol=1e-4)
    assert np.allclose(line(played.axes(panel.name)[1], "descent"), (range(601), losses))
    panel.reset()


def test_a_run_of_panel_2_that_dies_is_looked_at_once_more(played):
    """At the largest rate it dies within the steps of a look: two points, where one would draw no line."""
    panel, names = played.panels["A network on its way to the edge"], played.names
    panel.set(eta=0.6, beta=0.8)
    status = panel.run()
    died = int(re.search(r"at step (\d+)", status)[1])
    steps, sharp = line(played.axes(panel.name)[0], "descent")
    assert list(steps) == [*range(0, died - 1, names["EVERY"]), died - 1] and len(steps) > 1
    *_, (_, w, _) = names["descend"](0.6, 0.8, died - 1)
    assert sharp[-1] == pytest.approx(float(names["sharpest"](w).values[0]), rel=1e-4)
    assert f"last seen {sharp[-1]:.2f}" in status
    panel.reset()


@pytest.mark.parametrize(
    ("eta", "fate"),
    [
        (0.13, "no swing"),
        (0.15, "no swing"),
        (0.2, "no swing"),
        (0.23, "that settles"),
        (0.25, "ever slower"),
        (0.3, "no rest"),
    ],
)
def test_panel_3_iterates_the_two_equations(played, eta, fate):
    name = "Two variables at the edge"
    status = played.panels[name].set(eta=eta, x=0.001)
    x, y, path = 0.001, 8.0, []
    for _ in range(4001):
        path.append((x, y))
        x, y = (1 - eta * y) * x, y + eta * (0.2 * (10 - y) - x * x / 2)
    size, curvature = np.abs(np.array(path)).T
    assert fate in status
    if fate == "no rest":  # it is chaotic: round-off decides
        return
    assert f"y at most {curvature[:1001].max():.2f}" in status
    assert f"from {curvature[3700:].min():.2f} to {curvature[3700:].max():.2f}" in status
    swing, history = (axes.lines[0].get_data() for axes in played.axes(name))
    assert np.allclose(swing, (size[:1001], curvature[:1001]))
    assert np.allclose(history, (range(1001), curvature[:1001]))
    assert np.allclose(line(played.axes(name)[1], "2/η")[1], 2 / eta)
    assert all(axes.get_ylim()[1] > 2 / eta for axes in played.axes(name))
    at, there = line(played.axes(name)[0], "balance")
    if fate == "that settles":
        assert (at[0], there[0]) == pytest.approx((size[-1], curvature[-1]), rel=1e-3)


@pytest.mark.parametrize("beta", [0.0, 0.5, 0.85, 0.95])
@pytest.mark.parametrize("eta", [0.04, 0.4, 0.6])
@pytest.mark.parametrize("optimiser", EDGES)
def test_panel_4_runs_each_optimiser(played, optimiser, eta, beta):
    """Beside torch's own SGD, with P^(−1) put into its gradient where it is Adam's."""
    name = "Three optimisers on one quadratic"
    status = played.panels[name].set(optimiser=optimiser, eta=eta, beta=beta)
    beta = 0.0 if optimiser == "gradient descent" else beta
    H, p = (torch.tensor(played.names[n]) for n in ("HESSIAN", "SCALES"))
    p, damping = (p, beta) if optimiser == "Adam" else (torch.ones_like(p), 0.0)
    w, path = torch.ones(2).double(), [torch.ones(2).double()]
    momentum = torch.zeros_like(w)
    while len(path) <= 400 and w @ w < 1e18:
        momentum = beta * momentum + (1 - damping) * (H @ w)
        w = w - eta * momentum / p
        path.append(w)
    steps, drawn = line(played.axes(name)[0], "optimiser")
    assert np.allclose(drawn, torch.stack(path)[:41, 0], rtol=1e-6) and len(steps) == min(len(path), 41)
    assert numbers(status)[-1] == pytest.approx(float(torch.stack(path[-2:]).abs().max()), rel=0.05)
    times, flow = line(played.axes(name)[0], "flow")
    pace = eta / (1 - beta) if optimiser == "heavy ball" else eta
    decay = [expm(-pace * k * (H / p[:, None]).numpy()).sum(1)[0] for k in times]
    assert np.allclose(flow, decay, atol=1e-9)
    product, edge = eta * float(torch.linalg.eigvals(H / p[:, None]).real.max()), EDGES[optimiser](beta)
    assert f"ηS_P = {product:.2f}, edge {edge:.2f}, " in status
    size = numbers(status)[-1]
    assert (size < 1) == (product < edge) == ("dies out" in status), status
    chart = played.axes(name)[1]
    assert line(chart, "you are here")[:, 0] == pytest.approx([product, beta])
    at, betas = line(chart, optimiser)
    assert np.allclose(at, [EDGES[optimiser](each) for each in betas]) and "to the left of its edge" in title(chart)


def test_the_goal_of_panel_2_is_the_first_run_that_diverges(played):
    panel, deadly = played.panels["A network on its way to the edge"], played.names["deadly"]
    for eta, beta, reached in ((deadly - 0.05, 0.0, False), (deadly, 0.0, True), (0.6, 0.2, False)):
        panel.set(eta=eta, beta=beta)
        assert ("diverged" in panel.run()) == (eta >= deadly) and ("✓" in panel.status) == reached, panel.status
    panel.reset()


def test_the_highest_y_is_printed_of_each_start(played):
    """At the η = 0.23 and the y = 8 of the question."""
    for x, told in re.findall(r"start x = ([\d.e-]+): y reaches ([\d.]+)", played.text):
        x, y, highest = float(x), 8.0, 8.0
        for _ in range(1000):
            x, y = x - 0.23 * x * y, y - 0.23 * (0.2 * (y - 10) + x * x / 2)
            highest = max(highest, y)
        assert float(told) == pytest.approx(highest, abs=0.006)


GOALS = {
    "Descent on a quadratic": ({"lam": 5.0}, "eta", {0.36: 0, 0.38: 1, 0.4: 0}),
    "Two variables at the edge": ({"x": 0.001}, "eta", {0.23: 0, 0.24: 1, 0.25: 0}),
    "Three optimisers on one quadratic": ({"optimiser": "Adam", "eta": 0.4}, "beta", {0.8: 0, 0.85: 1, 0.9: 0, 0.0: 0}),
}


@pytest.mark.parametrize("name", GOALS)
def test_a_goal_is_reached_at_one_value_alone(played, name):
    given, slider, values = GOALS[name]
    panel = played.panels[name]
    for value, reached in values.items():
        panel.set(**given, **{slider: value})
        assert ("✓" in panel.status) == bool(reached), (value, panel.status)
    panel.set(**{**given, "eta": 0.2, slider: next(value for value, reached in values.items() if reached)})
    assert ("✓" in panel.status) == (slider == "eta"), panel.status


@pytest.mark.parametrize(("eta", "beta", "beta2", "epsilon"), [(1e-3, 0.9, 0.999, 1e-8), (5e-3, 0.0, 0.9, 1e-2)])
def test_adam_is_torchs(played, eta, beta, beta2, epsilon):
    loss, w = played.names["loss"], played.names["first"].clone().requires_grad_()
    optimiser = torch.optim.Adam([w], lr=eta, betas=(beta, beta2), eps=epsilon)
    for _, ours, p in played.names["adam"](w.detach().clone(), eta, beta, beta2, epsilon, steps=6):
        assert torch.allclose(ours, w, atol=1e-12)
        optimiser.zero_grad()
        loss(w).backward()
        optimiser.step()
        state = optimiser.state[w]
        root = (state["exp_avg_sq"] / (1 - beta2 ** int(state["step"]))).sqrt()
        assert torch.allclose(p, root + epsilon, rtol=1e-9)


def test_the_five_networks_are_five_and_keep_to_their_settings(played):
    names = played.names
    starts, kept = names["starts"], names["kept"]
    w, p = (each[1, 2] for each in kept[300])
    with_care = names["top_eigenpairs"]
    z = torch.zeros_like(w).requires_grad_()
    exact = with_care(names["loss"](w + z / p.sqrt()), [z], generator=names["generator"], tolerance=1e-6).values[0]
    assert names["sharpness_under"](w, p) == pytest.approx(float(exact), rel=1e-3)
    assert torch.equal(starts[0], names["first"]) and len(torch.unique(starts, dim=0)) == 5
    for s, (eta, beta) in enumerate(names["SETTINGS"]):
        *_, (k, w, p) = names["adam"](starts[3], eta, beta, steps=15)
        moved, whole = (w - starts[3]).norm(), p.norm()
        assert (kept[k][0][s, 3] - w).norm() < 1e-3 * moved and (kept[k][1][s, 3] - p).norm() < 1e-3 * whole
        edge = (2 + 2 * beta) / (1 - beta) / eta
        assert names["over_edge"](k, s, 3) == pytest.approx(names["sharpness_under"](w, p) / edge, rel=1e-3)


def test_what_is_said_of_five_networks_is_said_of_five(played):
    """The printed means, spreads and growths, and what is claimed of them."""
    names, starts = played.names, range(5)
    lines = re.findall(r"ln of S_P over its edge.*\n +(S_P over its edge, five.*)", played.text)
    told = re.findall(r"Adam, η = ([\d.]+), β = ([\d.]+): ln of S_P", played.text)
    assert [(float(eta), float(beta)) for eta, beta in told] == names["SETTINGS"]
    for s, said in enumerate(lines):
        ratios = names["ratios"][s]
        assert ratios.shape == (5,) and len(set(ratios)) == 5
        assert numbers(said) == pytest.approx([ratios.mean(), ratios.std(ddof=1)], abs=6e-4)
        assert ratios[3] == pytest.approx(np.mean([names["over_edge"](k, s, 3) for k in range(225, 451, 45)]), rel=1e-3)
    sharp = {
        k: np.array([float(names["sharpest"](names["kept"][k][0][1, i]).values[0]) for i in starts]) for k in (150, 450)
    }
    grown = sharp[450] / sharp[150]
    assert f"S grows {grown.min():.1f} to {grown.max():.1f} times" in played.text
    w, old_p = names["kept"][450][0][1], names["kept"][150][1][1]
    by_old = np.mean([names["sharpness_under"](w[i], old_p[i]) for i in starts]) / 38_000
    by_own = np.mean([names["over_edge"](450, 1, i) for i in starts])
    assert f"edge 38000: {by_own:.2f} of it; with the P of step 150, {by_old:.2f}" in played.text


def test_adams_figure_shows_them(played):
    left, right = played.figures["$S_P$ goes to its edge…"].axes
    assert title(right) == "…and S walks on" and line(right, "β = 0.9")[1][-1] > 1.5 * line(right, "β = 0.9")[1][4]
    for s, beta in ((0, "β = 0.0"), (1, "β = 0.9")):
        at, ratio = line(left, beta)
        assert ratio[-1] == pytest.approx(played.names["over_edge"](int(at[-1]), s, 0), rel=1e-3)
        sharp = played.names["sharpest"](played.names["kept"][int(at[4])][0][s, 0]).values[0]
        assert line(right, beta)[1][4] == pytest.approx(float(sharp), rel=1e-3)
    assert np.allclose(line(left, "edge")[1], 1)


def test_the_published_edge_stands_beside_its_own(played):
    (said,) = re.findall(r"Adam, P fixed, β = 0.9: largest stable η times S_P: measured ([\d.]+)", played.text)
    assert float(said) == pytest.approx(38, abs=0.01)
    (row,) = [entry for entry in claims.made.values() if entry.published.startswith("38, Cohen")]
    assert row.measured == pytest.approx(38, abs=0.01)


def test_preconditioned_sharpness_is_that_of_the_whole_matrix(played, quadratic):
    A, _ = quadratic
    p = torch.linspace(0.1, 2.0, 6).double()
    exact = torch.linalg.eigvalsh(A / (p[:, None] * p).sqrt())[-1]
    assert played.names["sharpness_under"](torch.zeros(6).double(), p) == pytest.approx(float(exact), rel=1e-3)
    assert np.allclose(played.names["preconditioned"](p.numpy(), A.numpy()), A / (p[:, None] * p).sqrt())


def test_the_task_is_that_of_the_text(played):
    names = played.names
    images, digit = (each[names["chosen"]] for each in datasets.digits())
    assert torch.equal(names["targets"], torch.where(digit >= 5, 1.0, -1.0).double()) and len(digit) == 200
    assert torch.equal(names["inputs"], images.double() - 0.5)
    assert float(names["loss"](names["first"])) == pytest.approx(
        float((names["errors"](names["first"]) ** 2).mean() / 2)
    )


def test_derivatives_are_those_of_the_loss(played, quadratic):
    A, b = quadratic
    w = torch.linspace(-1, 1, 6).double()
    hessian = A + (w @ b) * torch.outer(b, b)
    v = torch.linalg.eigh(hessian).eigenvectors[:, -1]
    value, gradient, sharp, slope, better = played.names["derivatives"](w, v)
    assert float(value) == pytest.approx(float(w @ A @ w / 2 + (w @ b) ** 3 / 6))
    assert torch.allclose(gradient, A @ w + (w @ b) ** 2 / 2 * b) and torch.allclose(better.abs(), v.abs(), atol=1e-6)
    assert float(sharp) == pytest.approx(float(v @ hessian @ v))
    assert torch.allclose(slope, (v @ b) ** 2 * b, atol=1e-6)
    both = played.names["derivatives"](torch.stack([0 * w, w]), v)
    for several, one in zip(both, (value, gradient, sharp, slope, better), strict=True):
        assert torch.allclose(several[1], one, atol=1e-6)


def test_a_stay_begins_at_the_first_return_and_ends_at_the_last_visit(played):
    at, sharp = np.arange(8) * 15, np.array([1.0, 3.0, 5.0, 1.0, 2.0, 3.0, 1.0, 1.0])
    assert played.names["stay"](at, sharp, 2.5) == pytest.approx((15, 0.8, 30))  # 1, 2, 3 over 2.5


def test_dashed_lines_of_section_2_are_the_edges(played):
    left, right = played.figures["Three of four end at 2/η (dashed)"].axes
    dashed = {each.get_color(): each.get_ydata()[0] for each in left.lines if each.get_linestyle() == "--"}
    for eta in (0.05, 0.1, 0.125, 0.15):
        (curve,) = (each for each in left.lines if each.get_label() == f"η = {eta}")
        assert np.array_equal(curve.get_data(), (range(0, 601, 15), played.names["runs"][eta][2]))
        assert dashed.pop(curve.get_color()) == pytest.approx(2 / eta)
    assert not dashed
    for each, losses in zip(right.lines, (run[0] for run in played.names["runs"].values()), strict=True):
        assert np.array_equal(each.get_ydata(), losses)


def test_the_loss_first_rises_where_the_page_says(played):
    told = re.findall(r"above 2/η by step (\d+); the loss first rises at step (\d+), (\d+) times", played.text)
    for (above, first, times), eta in zip(told, (0.1, 0.125, 0.15), strict=True):
        looks = played.names["runs"][eta][2] > 2 / eta  # at steps 0, 15, …
        assert looks[int(above) // 15] and not looks[: int(above) // 15].any() and int(above) % 15 == 0
        rises = np.diff(played.names["runs"][eta][0]) > 0
        assert rises[int(first) - 1] and not rises[: int(first) - 1].any() and rises.sum() == int(times)
    assert played.names["EVERY"] % 2 == 1


def test_descent_beside_the_flow_is_drawn_against_time(played):
    (ax,) = played.figures["Descent leaves the flow"].axes
    for eta in (0.1, 0.125, 0.15):
        t, sharp = line(ax, f"descent, η = {eta}")
        assert t[-1] == pytest.approx(600 * eta) and np.array_equal(sharp, played.names["runs"][eta][2])
    dashed = sorted(each.get_ydata()[0] for each in ax.lines if each.get_linestyle() == "--")
    assert dashed == pytest.approx(sorted(2 / eta for eta in (0.1, 0.125, 0.15)))
    assert np.array_equal(line(ax, "gradient flow"), (range(0, 61, 2), played.names["flow_sharp"]))
    names, last = played.names, played.names["flow"][-1]
    sharp, loss = re.search(r"at t = 60: sharpness ([\d.]+), loss ([\d.]+);", played.text).groups()
    assert float(loss) == pytest.approx(float(names["errors"](last).square().mean() / 2), abs=6e-5)
    assert float(sharp) == pytest.approx(float(names["sharpest"](last).values[0]), abs=0.11)  # tolerance: 1e-3


def test_the_sum_of_the_changes_follows_the_sharpness(played):
    _, right = played.figures["The swing bursts…"].axes
    steps, summed = line(right, "sum of ΔS")
    drawn, measured = line(right, "measured")
    assert np.array_equal(steps, drawn) and np.abs(summed - measured).max() < 1.5  # it rises and falls by ten
    assert summed[0] == measured[0] == played.names["sharp_at"][0]


def test_the_swing_that_is_drawn_is_that_along_the_sharpest_direction(played):
    """Its size and its place at the largest burst, as printed; and that it goes from side to side there."""
    names, trail = played.names, played.names["trail"]
    steps, swing = played.figures["The swing bursts…"].axes[0].lines[0].get_data()
    assert list(steps) == list(range(1, 601))
    at, size, before = re.search(r"around step (\d+); \|x\| is ([\d.]+), 30 steps before (\S+)", played.text).groups()
    k = int(at)
    assert k == 31 + np.abs(swing[30:-16]).argmax()  # swing[0] is of step 1
    for step in range(k - 3, k + 4):
        middle = (trail[step - 1] + 2 * trail[step] + trail[step + 1]) / 4
        v = names["sharpest"](middle).vectors[0]
        assert abs(swing[step - 1]) == pytest.approx(abs(float(v @ (trail[step] - middle))), rel=0.02)
        assert swing[step - 1] * swing[step] < 0
    assert float(size) == pytest.approx(abs(swing[k - 1]), abs=0.006)
    assert float(before) == pytest.approx(abs(swing[k - 31]), rel=0.5)  # one digit


def test_what_is_printed_of_who_follows_is_what_is_drawn(played):
    left, right = played.figures["Who follows descent's mean?"].axes
    (steps, ours), (_, flow) = line(left, "central flow"), line(left, "gradient flow")
    told = re.search(r"descent has moved by ([\d.]+); from gradient flow it is ([\d.]+) .*\n +(.*)", played.text)
    away, most, at = numbers(told[3].replace(",", ""))
    k = int(ours.argmax())
    assert (float(told[2]), away, most, at) == pytest.approx((flow[-1], ours[-1], ours[k], steps[k]), abs=6e-4)
    moved = (played.names["trail"][600] - played.names["first"]).norm()
    assert float(told[1]) == pytest.approx(float(moved), abs=0.02)  # the centre is next to the iterate
    losses = played.names["runs"][0.1][0]
    at, mean = line(right, "its running mean")
    for k in (0, 200, len(at) - 1):  # the weights are symmetric around where it is drawn
        away = np.arange(601) - at[k]
        weights = np.where(np.abs(away) < 20.5, np.cos(np.pi * away / 41) ** 2, 0)
        assert at[k] >= 20.5 and at[k] <= 579.5 and mean[k] == pytest.approx(weights @ losses / weights.sum())


def test_the_figure_of_the_central_flow_draws_each_under_its_name(played):
    names = played.names
    left, right = played.figures["Who follows descent's mean?"].axes
    steps, sharp = line(played.figures["The swing bursts…"].axes[1], "measured")
    beyond = [int(step) for step, value in zip(steps, sharp, strict=True) if value > 20]
    assert list(names["since"]) == list(range(min(beyond), max(beyond) + 1))
    assert list(names["marks"]) == list(range(20, 601, 20))
    assert np.array_equal(line(left, "gradient flow")[1], names["to_flow"])
    assert np.array_equal(line(left, "central flow")[1], names["to_central"])
    assert np.array_equal(line(right, "central flow")[1], names["foretold"])
    t, flow = line(right, "gradient flow")
    assert t[-1] == pytest.approx(600) and np.array_equal(flow, names["flow_loss"])


def test_a_wall_is_the_mean_of_its_two_steps(played, monkeypatch):
    series = [(None, None, torch.tensor([1.0, 2.0]) * k, None) for k in range(406)]
    monkeypatch.setitem(played.names, "averaged_flow", lambda *_: series)
    once = (225 + 405) / 2 * played.names["ETA"] / 2
    assert played.names["walls_of"]((40, 20)) == pytest.approx({40: once, 20: 2 * once})


def test_slow_until_is_the_first_step_from_which_both_are_small(played, monkeypatch):
    monkeypatch.setitem(played.names, "LOW", 1.0)
    monkeypatch.setitem(played.names, "HIGH", 100.0)
    heavy_ball, step = played.names["heavy_ball"], played.names["slow_until"](4 / 121, (9 / 11) ** 2)
    both = np.abs([heavy_ball(4 / 121, (9 / 11) ** 2, lam, 200) for lam in (1.0, 100.0)]).max(0)
    assert both[step - 1] >= 1e-3 and (both[step:] < 1e-3).all()


def test_the_soft_wall_solves_its_balance(played, monkeypatch):
    """With samples whose slopes and curvatures along v are known."""
    a, h = torch.linspace(-1, 3, 50).double(), torch.linspace(2, 8, 50).double()  # sample losses a x + h x²/2
    monkeypatch.setitem(played.names, "errors", lambda w: (2 * (10 + a * w[..., :1] + h * w[..., :1] ** 2 / 2)).sqrt())
    v, zero = torch.tensor([1.0]).double(), torch.tensor([0.0]).double()
    for size, sharp in ((10, 6.0), (40, 12.0)):
        x2 = float(played.names["soft_wall"](size)(zero, v, torch.tensor(sharp), None, None, None))
        s2, c2 = float(a.var(correction=0)), float(h.var(correction=0))
        again = ((1 - 0.1 * sharp) ** 2 + 0.01 * c2 / size) * x2 + 0.01 * s2 / size
        assert again == pytest.approx(x2, rel=1e-4)


def test_the_stochastic_equation_takes_smaller_steps_with_the_noise_of_the_whole(played, monkeypatch):
    asked = {}

    def sgd(size, steps, runs, eta):
        asked.update(size=size, steps=steps, runs=runs, eta=eta)
        yield from range(steps + 1)

    monkeypatch.setitem(played.names, "sgd", sgd)
    assert list(played.names["equation"](40, 5, 3)) == [0, 4, 8, 12, 16, 20]
    assert asked == {"size": 10, "steps": 20, "runs": 3, "eta": pytest.approx(played.names["ETA"] / 4)}


def test_batch_sharpness_is_that_of_the_batch(played, quadratic):
    A, b = quadratic
    w = torch.linspace(-1, 1, 12).double().view(2, 6)
    g = w @ A + (w @ b)[:, None] ** 2 / 2 * b
    exact = [float(g[i] @ (A + (w[i] @ b) * torch.outer(b, b)) @ g[i] / (g[i] @ g[i])) for i in range(2)]
    assert played.names["batch_sharpness"](w, 4) == pytest.approx(exact)


def test_batch_sharpness_is_that_of_step_405_and_of_its_own_size(played):
    """With L = size w³/6, of which g·Hg/|g|² is size times w; w is the number of the look, every 45 steps from 0 on."""
    paths = {size: torch.arange(10.0).double().expand(3, -1)[..., None] for size in (10, 20)}
    names, _ = played.again("def batch_sharpness", paths=paths, loss=lambda w, x, y: y.shape[-1] * (w**3).sum(-1) / 6)
    for size in paths:
        assert names["of_batches"][size] == pytest.approx([size * 9 * 0.1 / 2] * 3)


def test_slopes_are_taken_from_10_to_40(played):
    means, walls = {40: (0.8, 0.01), 20: (0.7, 0.01), 10: (0.5, 0.02)}, {80: 0.95, 40: 0.9, 20: 0.7, 10: 0.6}
    names, _ = played.again("log_gap = ", means=means, walls=walls)
    assert names["along_training"] == pytest.approx(math.log(0.2 / 0.5) / math.log(4))
    assert names["of_walls"] == pytest.approx(math.log(0.1 / 0.4) / math.log(4))
    assert names["error"] == pytest.approx(math.hypot(0.01 / 0.2, 0.02 / 0.5) / math.log(4))


def test_what_is_said_of_wide_swings_is_so(played):
    names, _ = played.again("def returns")
    _, text = played.again(
        "# @title Claims: lost at ηy*", **{name: names[name] for name in ("lost", "wide", "ranges", "growth")}
    )
    said = re.findall(r"y from (\S+) to (\S+); its mean is (\S+) of 2/η, and 1 \+ ¼Var\(ηy\) is (\S+);", text)
    spans = re.findall(r"ln\|x\| ranges over (\d+)", text)
    for (*ends, mean, foretold), span, eta in zip(said, spans, (0.26, 0.27), strict=True):
        x, y = played.names["two_variables"](eta, 1e-3, 8.0, 20_000)[-5000:].T
        assert [float(end) for end in ends] == pytest.approx([y.min(), y.max()], abs=0.006)
        y = eta * y
        assert (float(mean), float(foretold)) == pytest.approx((y.mean() / 2, 1 + y.var() / 4), abs=6e-4)
        assert float(span) == pytest.approx(math.log(np.abs(x).max() / np.abs(x).min()), abs=0.51)


def test_two_more_edges_are_those_of_the_text(played):
    """The solver's, with a count of 60 evaluations; and that of a run with the momentum of the text."""
    asked = []

    def solve(field, start, times, **_):
        asked.append((start, times))
        return SimpleNamespace(nfe=60)

    def watched(eta, beta):
        return np.array([1.0, eta]), None, np.array([1.0, 100 * beta])

    flow, sharp = torch.arange(31.0)[:, None], np.r_[np.zeros(20), 3.0, 6.0, 9.0, np.zeros(8)]
    ode, never = SimpleNamespace(solve=solve), None
    names, text = played.again("again = ode", ode=ode, watched=watched, flow=flow, flow_sharp=sharp, downhill=never)
    assert float(asked[0][0]) == 20 and asked[0][1] == (40.0, 44.0)
    assert f"step times mean sharpness {4 / (60 / 6) * 6:.1f}, its edge 3.3" in text
    assert names["limit"] == pytest.approx(3.3066, abs=1e-3)  # Hairer & Wanner, Solving ODEs II, section IV.2
    assert "β = 0.8, edge 36: largest sharpness 80.0, at the end 80.0, loss 0.1000" in text


def test_the_curves_of_sgd_are_drawn_at_their_steps(played):
    """A look is taken every 45 steps; each w here is the number of its step, and its sharpness, too."""
    paths = {size: torch.arange(0.0, 406.0, 45.0).expand(3, -1) for size in (40, 20, 10)}
    noisy = {size: np.full((3, 2), 0.5) + 0.01 * np.arange(3)[:, None] for size in paths}
    never = SimpleNamespace(reveal=lambda *_: None)
    played.again(
        "# @title Reveal, claims and figure: the sharpness of SGD",
        **{"paths": paths, "noisy": noisy, "kept_low": never, "claim": lambda *_, **__: None},
        **{"RUNS": dict.fromkeys(paths, 3), "sharpness_along": lambda path: path.numpy()},
    )
    (ax,) = played.figures["The smaller the batch, the lower"].axes
    for size in paths:
        assert np.array_equal(line(ax, f"B = {size}, one run"), [range(0, 406, 45)] * 2)
    assert np.array_equal(line(ax, "all 200"), played.names["runs"][0.1][1:])


def test_three_runs_have_the_names_of_their_settings(played):
    """A has not reached 2/0.05 = 40; B ends next to 2/0.15, and C has passed 2.6/0.1 and come back."""
    played.again("# @title Figure: three runs")
    (ax,) = played.figures["Which have reached the edge?"].axes
    ends = {text.get_text(): text.xy for text in ax.texts}
    a, b, c = (next(each.get_ydata() for each in ax.lines if tuple(each.get_xydata()[-1]) == ends[k]) for k in "ABC")
    assert max(a) < 40 and a[-1] == max(a[-1], b[-1], c[-1])
    assert max(b) > 2 / 0.15 and b[-1] == pytest.approx(2 / 0.15, abs=1)
    assert max(c) > 26 and min(c[c.argmax() :]) < 26


def test_what_is_printed_of_the_soft_wall_is_of_its_steps(played):
    rng, sizes = np.random.default_rng(0), {40: 5, 20: 4, 10: 4}
    noisy = {size: rng.uniform(0.4, 0.9, (count, 2)) for size, count in sizes.items()}  # at steps 225 and 405
    means = {size: (each.mean(), 0.012) for size, each in noisy.items()}
    walls = {80: 0.95, 40: 0.9, 20: 0.7, 10: 0.6}
    of_batches = {size: rng.uniform(0.2, 0.6, count) for size, count in sizes.items()}
    given = {"noisy": noisy, "means": means, "walls": walls, "of_batches": of_batches, "RUNS": sizes}
    _, text = played.again("# @title Claims and figure: SGD and its soft wall", **given, claim=lambda *_, **__: None)
    ax, said = played.figures["SGD (dashes) near its soft wall"].axes[0], text.splitlines()
    dashes = {each.get_xdata()[0]: each.get_ydata() for each in ax.lines if each.get_marker() == "_"}
    for size, words in zip(sizes, said, strict=True):
        early, late = noisy[size].mean(0)
        right = [size, means[size][0], 0.012, walls[size], 225, early, 405, late, of_batches[size].mean()]
        assert numbers(words.replace(",", "").replace(":", " ")) == pytest.approx(right, abs=6e-3)
        assert np.allclose(dashes[size], [(a + b) / 2 for a, b in noisy[size]])
    assert np.allclose(line(ax, "soft wall"), (list(sizes), [walls[size] for size in sizes]))


def test_the_equation_is_printed_beside_sgd_and_its_own_wall(played):
    others, of_sgd, claim = np.full(12, 1.4), np.full(12, 0.8), lambda *_, **__: None
    given = {"others": others, "of_sgd": of_sgd, "without_edge": 1.6, "walls": {80: 0.9}, "claim": claim}
    _, text = played.again("# @title Claims: the stochastic equation does not see the edge", **given)
    assert "SGD 0.80, its stochastic equation 1.40, its soft wall 1.60" in text


def test_the_second_eigenvalue_is_that_at_step_600(played):
    _, text = played.again("largest, second = ")
    largest, second = played.names["sharpest"](played.names["trail"][600], count=2).values.tolist()
    assert largest == pytest.approx(played.names["runs"][0.1][2][-1], rel=1e-3) and second < largest / 2
    assert numbers(text)[1:] == pytest.approx([largest, second], rel=2e-3)


def test_best_momentum_is_printed_beside_descent_at_its_best(played):
    """Descent's best factor is (100 − 1)/(100 + 1) at both ends; with momentum, both are iterated."""
    names, _ = played.again("LOW, HIGH = ")
    _, text = played.again("# @title Claims: the best momentum", **names)
    with_momentum, without = numbers(text.splitlines()[-1])[1:]
    assert without == math.ceil(math.log(1000) / math.log(101 / 99))
    small, w, before = 0, np.ones(2), np.ones(2)
    for k in range(1, 500):
        w, before = w - 4 / 121 * np.array([1.0, 100.0]) * w + (9 / 11) ** 2 * (w - before), w
        small = k if np.abs(w).max() >= 1e-3 else small
    assert with_momentum == small + 1


def test_momentum_dies_out_at_its_best_as_goh_says(played):
    heavy_ball = played.names["heavy_ball"]
    beta, eta = (9 / 11) ** 2, 4 / 121
    for lam in (1.0, 100.0):
        w = heavy_ball(eta, beta, lam, 1000)
        assert abs(w[-1] / w[-2]) == pytest.approx(9 / 11, rel=2e-3)
    assert math.isclose(heavy_ball(0.1, 0.0, 5.0, 7)[-1], 0.5**7)
