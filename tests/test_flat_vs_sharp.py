"""Notebook 05 as a learner runs it: its panels, figures, reveals and printed lines say and show what is so.

Each is held against the formulas of the text, written down anew: no function of the notebook is asked twice. What is
drawn at random may be 4.9 standard errors away.
"""

import itertools
import math
import re

import numpy as np
import pytest
import torch
from scipy import integrate, linalg, optimize, signal, special, stats
from scipy.sparse.linalg import eigs

from tests.played import Played, line, numbers, title
from tools import notebooks

PATH = notebooks.ROOT / "notebooks" / "05_flat_vs_sharp_minima.ipynb"
REVEALS = (  # in order
    "half of it (",
    "nearly all (",
    "stays (",
    "rises (",
    "falls towards 2 (",
    "larger (",
    "flatter (",
    "none (0)",
)
TWO_WELLS, THREE_NOISES = "One run in two wells", "Three kinds of noise in matched wells"
ONE_KNOB, SADDLE, TRAININGS = "One knob on a real network", "Leaving a saddle", "Ten thousand trainings"


@pytest.fixture(scope="module")
def played():
    with pytest.MonkeyPatch.context() as patch:
        yield Played(PATH, patch)


def revealed(played, number: int) -> float:
    """What was measured, in parentheses."""
    return numbers(played.revealed[number].split("(You")[0])[-1]


def said(played, pattern: str) -> list[float]:
    """The numbers of the one printed line that has the pattern in it."""
    (found,) = [each for each in played.text.splitlines() if re.search(pattern, each)]
    return numbers(found.replace("%", ""))


def near(share, runs, more=0.0):
    """How far the counted share of so many runs may lie from it; more: what the theory allows."""
    return 4.9 * np.sqrt(share * (1 - share) / runs) + more


def test_each_reveal_names_the_choice_that_was_measured(played):
    for found, right in zip(played.revealed, REVEALS, strict=True):
        assert found.startswith(right), (found, right)


# Sections 1 to 3: the lower of two parabolas, softly joined


def parabolas(w, sharp=20.0):
    return np.stack([sharp / 2 * (w + 1) ** 2, (w - 1.5) ** 2 / 2])


def lower(w):
    return -special.logsumexp(-4 * parabolas(w), axis=0) / 4


def descended(w, eta, batches, pull=1.0):
    """The text's step, once for each mean of δ and of ε; all positions."""
    path = [np.asarray(w, dtype=float)]
    for d, e in batches:
        w = path[-1]
        down = (special.softmax(-4 * parabolas(w), axis=0) * np.stack([20 * (w + 1), w - 1.5])).sum(0)
        path.append(w - eta * ((1 + d) * down + pull * e))
    return np.array(path)


def drawn_batches(played, size, walkers, steps, seed=1):
    rng, delta, epsilon = np.random.default_rng(seed), played.names["delta"], played.names["epsilon"]
    for _ in range(steps):
        chosen = rng.integers(len(delta), size=(walkers, size))
        yield delta[chosen].mean(1), epsilon[chosen].mean(1)


def test_the_samples_are_those_of_the_text(played):
    delta, epsilon = played.names["delta"], played.names["epsilon"]
    assert len(delta) == len(epsilon) == 1000
    assert np.allclose([delta.mean(), epsilon.mean()], 0) and np.allclose([delta.std(), epsilon.std()], [1, 0.5])
    top = optimize.minimize_scalar(lambda w: -lower(w), bounds=(-0.9, 1.4), method="bounded").x
    assert played.names["TOP"] == pytest.approx(top, abs=5.6 / 599)  # a step of the drawn axis


@pytest.mark.parametrize("size", [1, 8, 64, 1000])
def test_the_batches_of_panel_1_vary_as_means_of_so_many_do(played, size):
    batches = np.array(played.names["batches"][size])[..., 0]
    assert batches.shape == (400, 2)
    for found, samples in zip(batches.T, (played.names["delta"], played.names["epsilon"]), strict=True):
        if size == 1000:
            assert np.allclose(found, 0)
            continue
        tails = 2 + stats.kurtosis(samples) / size  # of a mean of so many: its excess kurtosis, and the normal's 2
        assert (found**2).mean() * size == pytest.approx(samples.var(), rel=4.9 * math.sqrt(tails / 400))


SETTINGS_1 = [(8, 1000), (0, 1), (0, 1000), (14, 1), (18, 64), (19, 1000), (20, 1000), (28, 1), (28, 1000)]


@pytest.mark.parametrize(("rate", "size"), SETTINGS_1)
def test_panel_1_draws_the_run_that_it_speaks_of(played, rate, size):
    eta, top = 0.012 * 10 ** (0.05 * rate), played.names["TOP"]
    status = played.panels[TWO_WELLS].set(eta=eta, size=size)
    axes = {title(ax): ax for ax in played.axes(TWO_WELLS)}
    w, height = line(axes["One run: where it has been"], "one run")
    batches = np.array(played.names["batches"][size])[..., 0].T
    assert w[0] == -1.3 and np.allclose(w[1:], descended(w[:-1], eta, [batches])[1]) and np.allclose(height, lower(w))
    x, height = line(axes["One run: where it has been"], "mean loss")
    assert np.allclose(height, lower(x))
    (trail,) = [each for each in axes["…and when"].lines if len(each.get_xdata()) == 401]
    assert np.array_equal(trail.get_xdata(), w) and np.array_equal(trail.get_ydata(), np.arange(1, 402))
    assert line(axes["…and when"], "top")[0] == pytest.approx([top, top])
    end = f"leaves at step {np.flatnonzero(w > top)[0]} and ends in the flat well" if w[-1] > top else "stays in the"
    batch = "full batch" if size == 1000 else f"B = {size}"
    assert status.startswith(f"η = {eta:.3g}, {batch}: this run {end}"), status
    shares = axes["Share of 200 runs in the flat well"]
    (rates, begun), (_, found) = line(shares, "after one step"), line(shares, "after 400 steps")
    assert np.allclose(rates, 0.012 * 10 ** (0.05 * np.arange(29)))
    assert line(shares, "this learning rate")[:, 0] == pytest.approx([eta, found[rate]])
    assert f"{100 * begun[rate]:.0f} % are in the flat basin after one step, {100 * found[rate]:.0f} % at" in status


@pytest.mark.parametrize("size", [1, 8, 1000])
def test_the_shares_of_panel_1_are_those_of_other_draws(played, size):
    """Forty runs from each of the 200 starts, for the two lines: after one step and after 400."""
    played.panels[TWO_WELLS].set(size=size)
    (shares,) = [ax for ax in played.axes(TWO_WELLS) if title(ax).startswith("Share of 200")]
    copies, starts = 1 if size == 1000 else 40, np.linspace(-2, 3, 200)
    for rate in (0, 8, 14, 28):
        eta, more = 0.012 * 10 ** (0.05 * rate), [(0.0, 0.0)] * 400
        batches = more if size == 1000 else drawn_batches(played, size, 200 * copies, 400, seed=rate)
        right = descended(np.tile(starts, copies), eta, batches) > played.names["TOP"]
        for step, label in ((1, "after one step"), (400, "after 400 steps")):
            drawn, counts = line(shares, label)[1][rate], right[step].reshape(copies, 200).sum(0)
            likely = (counts + 1) / (copies + 2)  # of each start; not 0 or 1 for having been seen a few times
            error = math.sqrt((likely * (1 - likely)).sum() * (1 + 1 / copies)) / 200
            limit = 1e-9 if size == 1000 else 4.9 * error
            assert drawn == pytest.approx(counts.mean() / copies, abs=limit), (rate, label)


def test_panel_1_begins_with_seven_tenths_in_the_flat_basin(played):
    assert "70 % of them in the flat basin already" in "\n".join(played.cells)
    assert (np.linspace(-2, 3, 200) > played.names["TOP"]).mean() == pytest.approx(0.7, abs=0.005)


def test_the_goal_of_panel_1_is_the_first_rate_at_which_the_run_leaves(played):
    """Below 2/λ = 0.1 it cannot; a little above it swings for ever in the sharp well, whose sides bend down."""
    panel, left, reached = played.panels[TWO_WELLS], [], []
    for rate in range(29):
        status = panel.set(eta=0.012 * 10 ** (0.05 * rate), size=1000)
        (land,) = [ax for ax in played.axes(TWO_WELLS) if title(ax).startswith("One run: where")]
        left.append(line(land, "one run")[0][-1] > played.names["TOP"])
        reached.append("✓" in status)
    first = int(np.argmax(left))
    assert list(np.flatnonzero(reached)) == [first] and 0.1 < 0.012 * 10 ** (0.05 * first) < 0.15
    assert "✓" not in panel.set(size=1)


def test_the_full_batch_leaves_where_the_text_says(played):
    """Growth by 100 in 2000 steps; a bisection of 4.5/λ in 16 parts ends at the upper end."""
    exact = {sharp: (1 + 100 ** (1 / 2000)) / sharp for sharp in (20, 40)}
    found = dict(re.findall(r"λ = (\d+): thrown out from η = ([\d.]+)", played.text))
    for sharp, eta in exact.items():
        assert float(found[str(sharp)]) == pytest.approx(eta, abs=4.5 / sharp / 2**16 + 1e-5)
    assert revealed(played, 0) == pytest.approx(0.5, abs=1e-4)


def test_the_swing_is_that_of_its_own_well(played):
    """Two points whose squares add up to 1 + 1/g and whose product is 1/g, g = 4η."""
    g = 1.1
    points = math.sqrt(1 + 3 / g), math.sqrt(1 - 1 / g)  # their sum and their difference
    found = said(played, r"η =  1\.1 × 2/λ: last four")[-2:]
    assert sorted(found) == pytest.approx([(points[0] - points[1]) / 2, (points[0] + points[1]) / 2], abs=6e-5)
    assert set(said(played, r"η =  0\.9 × 2/λ: last four")[-4:]) == {1.0}
    assert len(set(said(played, r"η = 1\.25 × 2/λ: last four")[-4:])) == 4


def test_mean_square_and_typical_distance_are_those_of_the_formulas(played):
    factor = np.abs(1 - 1.2 * (1 + played.names["delta"]))
    rms, formula, typical, expected = (
        numbers(found)[0] for found in re.findall(r"(?:rms|formula|mean\)) ([\d.e+-]+)", played.text)[:4]
    )
    assert formula == pytest.approx((0.2**2 + 1.2**2) ** 6, rel=5e-3)
    assert expected == pytest.approx(math.exp(12 * np.log(factor).mean()), rel=5e-3)
    assert math.log(typical) == pytest.approx(math.log(expected), abs=4.9 * np.log(factor).std() * math.sqrt(12 / 4000))
    walks = np.random.default_rng(1).choice(np.log(factor), size=(12, 100_000)).sum(0)
    closer = (walks < 0).mean()
    assert revealed(played, 1) == pytest.approx(closer, abs=near(closer, 4000) + near(closer, 100_000))
    assert rms == pytest.approx(math.sqrt((played.names["distance"][-1] ** 2).mean()), rel=5e-3)


def test_who_is_still_in_the_sharp_well_is_counted_again(played):
    for pull, words in ((0.0, r"^without the pull: "), (1.0, r"^with the pull: ")):
        batches = drawn_batches(played, 1, 4000, 400)
        still = (descended(np.full(4000, -0.99), 0.06, batches, pull)[-1] <= played.names["TOP"]).mean()
        after_400, steps, after_2000, _ = said(played, words)
        likely = (4000 * still + 1) / 4002
        assert after_400 / 100 == pytest.approx(still, abs=near(likely, 1000) + near(likely, 4000) + 6e-4)
        assert steps == 400 and after_2000 <= after_400


def test_the_figure_of_small_batches_shows_where_half_have_left(played):
    (ax,) = played.figures["Small batches lose the sharp well earlier"].axes
    sizes, half = line(ax, "measured")
    assert list(sizes) == [1, 2, 4, 8, 16, 32, 64]
    begun = (np.linspace(-2, 3, 200) > played.names["TOP"]).mean()
    for size, eta in zip(sizes, half, strict=True):
        played.panels[TWO_WELLS].set(size=int(size))
        (shares,) = [each for each in played.axes(TWO_WELLS) if title(each).startswith("Share of 200")]
        rates, ended = line(shares, "after 400 steps")
        k = np.flatnonzero(ended > (1 + begun) / 2)[0]
        part = ((1 + begun) / 2 - ended[k - 1]) / (ended[k] - ended[k - 1])
        assert math.log(eta / rates[k - 1]) == pytest.approx(part * math.log(rates[k] / rates[k - 1]))
    limits = line(ax, "2 / λ(1 + 1/B)")[1]
    assert np.allclose((1 - 20 * limits) ** 2 + (20 * limits) ** 2 / sizes, 1)
    assert np.allclose(line(ax, "2/λ, gradient")[1], 0.1)


# Sections 4 to 6: two wells of equal depth


def temperature(noise, w, T, b):
    """The temperature at w: label noise reaches the gradient through f′ = 2w/a², of which 2/a is at the minimum."""
    a = np.where(w > 0, 1.0, b)
    return {"isotropic": T + 0 * w, "curvature": T / a**2, "label": T * w**2 / a**4}[noise]


def noiseless(w, eta, b):
    """A step of descent on ((w/a)² − 1)²."""
    a = np.where(w > 0, 1.0, b)
    return w - eta * 4 * w * (w**2 - a**2) / a**4


def transition(w, noise, T, eta, b):
    """Probabilities of a step from each place of the grid to every other."""
    spread = np.sqrt(2 * eta * temperature(noise, w, T, b))
    matrix = stats.norm.pdf(w, noiseless(w, eta, b)[:, None], spread[:, None])
    return matrix / matrix.sum(1, keepdims=True)


def at_rest(noise, T, eta, b=0.5, points=901):
    """Share in the flat well on a grid of one's own, and how far a grid twice as coarse may be off: it cuts a cell."""
    w = np.linspace(-1.6, 2.4, points)
    values, vectors = eigs(transition(w, noise, T, eta, b).T, k=1, sigma=1 + 1e-9, v0=np.ones(points))
    law = vectors[:, 0].real / vectors[:, 0].real.sum()
    density = np.interp(0, w, law) / (w[1] - w[0])
    assert values[0].real == pytest.approx(1, abs=1e-6)
    return law[w > 0].sum(), density * (0.008 + w[1] - w[0])


SETTINGS_2 = [
    ("isotropic", 0.4, 0.5),
    ("isotropic", 0.2, 0.4),
    ("isotropic", 1.0, 1.0),
    ("curvature", 0.2, 1.0),
    ("curvature", 1.0, 0.4),
    ("curvature", 0.4, 0.5),
    ("label", 0.2, 0.4),
    ("label", 1.0, 1.0),
    ("label", 1.0, 0.4),
]


@pytest.mark.parametrize(("noise", "T", "b"), SETTINGS_2)
def test_panel_2_draws_landscape_temperature_walkers_and_law(played, noise, T, b):
    panel = played.panels[THREE_NOISES]
    status = panel.set(noise=noise, temperature=T, b=b)
    wells, laws = played.axes(THREE_NOISES)
    x, height = line(wells, "loss L")
    assert np.allclose(height, ((x / np.where(x > 0, 1, b)) ** 2 - 1) ** 2)
    x, heat = line(wells, "temperature")
    assert np.allclose(heat, np.minimum(temperature(noise, x, T, b), 3.3))
    w = start = np.linspace(-b, 1, 400)
    with np.errstate(all="ignore"):  # some leave for infinity
        for xi in np.tile(played.names["bell"], (2, 1)):
            w = noiseless(w, 0.008, b) + np.sqrt(0.016 * temperature(noise, w, T, b)) * xi
    stayed = w[np.abs(w) < 1e3]
    places, density = line(laws, "400 walkers")
    bin_width = places[1] - places[0]
    edges = np.append(places - bin_width / 2, places[-1] + bin_width / 2)
    counts = np.histogram(stayed, edges)[0]
    assert np.abs(density * bin_width * len(stayed) - counts).max() < 1e-6
    assert (edges[0], edges[-1]) == pytest.approx((-1.6, 2))
    assert f"{noise} noise, T = {T:.2f}, b = {b:.2f}; {100 * (stayed > 0).mean():.0f} % in the flat well" in status
    if noise == "label":
        assert not line(laws, "chain").size
        jumped = ((w > 0) != (start > 0)).sum()
        assert f", {100 / (1 + b):.0f} % began there; {jumped} of 400 have jumped the top." in status
        return
    assert (f"{400 - len(stayed)} of 400 walkers diverged" in status) == (len(stayed) < 400)
    grid, density = line(laws, "chain")
    law = density * (grid[1] - grid[0])
    assert law.sum() == pytest.approx(1, abs=1e-9)
    assert np.abs(law @ transition(grid, noise, T, 0.008, b) - law).max() < 1e-12  # round-off
    assert f"for long times: {100 * law[grid > 0].sum():.1f} %" in status
    assert panel.measured == pytest.approx(law[grid > 0].sum())
    if b == 1:
        assert panel.measured == pytest.approx(0.5, abs=1e-9) and "long times: 50.0 %" in status
        assert np.allclose(grid, -grid[::-1])


def test_the_goal_of_panel_2_is_the_highest_temperature_that_still_holds(played):
    panel, found = played.panels[THREE_NOISES], []
    for T in panel.controls["temperature"].values:
        status = panel.set(noise="curvature", temperature=T, b=0.5)
        found.append((panel.measured >= 0.95, "✓" in status))
    holds, reached = np.array(found).T
    assert holds.any() and not holds.all() and (np.diff(holds.astype(int)) <= 0).all()  # the share falls with T
    assert list(np.flatnonzero(reached)) == [np.flatnonzero(holds)[-1]]
    assert "✓" not in panel.set(noise="isotropic") + panel.set(noise="curvature", b=0.4)


def test_shares_of_the_flat_well_are_those_of_another_grid(played):
    shares = {T: at_rest("isotropic", T, 0.004) for T in (0.4, 0.9)}
    limit = sum(cell for _, cell in shares.values())
    assert revealed(played, 2) == pytest.approx(shares[0.4][0] - shares[0.9][0], abs=limit)
    share, limit = at_rest("isotropic", 0.32, 0.032)
    assert revealed(played, 3) == pytest.approx(share, abs=limit + 1e-4)
    (ax,) = played.figures["Share in the flat well, T = 0.32"].axes
    etas, chain = line(ax, "chain")
    for eta, drawn in zip(etas[::3], chain[::3], strict=True):
        share, limit = at_rest("isotropic", 0.32, eta)
        assert drawn == pytest.approx(share, abs=limit), eta
    etas, walked = line(ax, "3000 walkers")
    for eta, drawn in zip(etas, walked, strict=True):
        share, limit = at_rest("isotropic", 0.32, eta)
        assert drawn == pytest.approx(share, abs=near(share, 3000, limit)), eta
    assert list(etas) == [0.016, 0.032] and np.allclose(line(ax, "Boltzmann")[1], 2 / 3)
    assert np.allclose(line(ax, "2/λ of the sharp")[0], 2 * 0.5**2 / 8)


@pytest.mark.parametrize("T", [0.2, 0.32, 0.5, 0.8])
def test_the_law_of_noise_that_follows_the_curvature_is_printed(played, T):
    def mass(a):
        heat = T / a**2
        return a / heat * integrate.quad(lambda z: math.exp((1 - (z**2 - 1) ** 2) / heat), 0, 3)[0]

    odds = mass(1.0) / mass(0.5)
    _, law, chain, log = said(played, rf"^T = {T}: law")
    assert law == pytest.approx(odds / (1 + odds), abs=6e-5) and log == pytest.approx(math.log(odds), abs=6e-3)
    share, limit = at_rest("curvature", T, 0.001)
    assert chain == pytest.approx(share, abs=limit + 6e-5)


# Section 7


def test_the_figure_of_the_valley_shows_its_three_laws(played):
    (ax,) = played.figures["Label noise slides towards the flattest minimum"].axes
    times, measured = line(ax, "mean of 400")
    assert list(times) == list(range(0, 3201, 400))

    def law(jitter):
        """λ by the text's law as a differential equation; a step's own next order is η²r²/2 of it."""

        def change(_, q):
            return -(0.05**2) * 0.25 * (2 / (2 - 0.05 * np.sqrt(np.exp(2 * q) + 4)) if jitter else 1)

        log_q = integrate.solve_ivp(change, (0, 3200), [math.log(9 - 1 / 9)], t_eval=times, rtol=1e-9).y[0]
        return np.sqrt(np.exp(2 * log_q) + 4)

    for label, jitter in (("law with the jitter", True), ("with ν² alone", False)):
        assert np.allclose(line(ax, label)[1], law(jitter), rtol=0.05**2 * 0.25 * 2)
    rng = np.random.default_rng(1)
    w, seen = np.array([np.full(4000, 3.0), np.full(4000, 1 / 3)]), {}
    for step in range(3201):
        seen[step] = (w**2).sum(0)
        w = w - 0.05 * (w.prod(0) - (1 + 0.5 * rng.standard_normal(4000))) * w[::-1]
    for step, found in zip(times.astype(int), measured, strict=True):
        error = seen[step].std() * math.sqrt(1 / 400 + 1 / 4000)
        assert found == pytest.approx(seen[step].mean(), abs=4.9 * error + 1e-9)
    assert revealed(played, 4) == pytest.approx(measured[-1], rel=1e-3)


# Section 8


@pytest.fixture(scope="module")
def curved(played):
    """Gradients of the samples, by hand, and the Hessian of their mean loss, in double precision."""
    (x, y), weights = played.names["seen"], [w.detach().double() for w in played.names["weights"].values()]
    shapes, x = [w.shape[1:] for w in weights], x.double()
    assert list(played.names["weights"]) == ["weights.0", "weights.1", "biases.0", "biases.1"]

    def parts(flat):
        return [piece.view(shape) for piece, shape in zip(flat.split([s.numel() for s in shapes]), shapes, strict=True)]

    def loss(flat):
        first, second, bias, last = parts(flat)
        return -(torch.tanh(x @ first + bias) @ second + last).log_softmax(1)[torch.arange(len(y)), y].mean()

    flat = torch.cat([w.flatten() for w in weights])
    first, second, bias, last = parts(flat)
    hidden = torch.tanh(x @ first + bias)
    wrong = (hidden @ second + last).softmax(1) - torch.eye(10)[y].double()
    back = (wrong @ second.T) * (1 - hidden**2)
    outer = (torch.einsum("ni,nj->nij", a, b).flatten(1) for a, b in ((x, back), (hidden, wrong)))
    gradients = torch.cat([*outer, back, wrong], 1)
    hessian = torch.autograd.functional.hessian(loss, flat, vectorize=True)
    return gradients.numpy(), hessian.numpy()


def test_the_noise_along_the_hessians_eigenvectors_is_measured(played, curved):
    gradients, hessian = curved
    curvatures, directions = np.linalg.eigh(hessian)
    noise = (gradients @ directions).var(0)
    mean, deviation = said(played, "^mean gradient ")
    assert mean == pytest.approx(np.linalg.norm(gradients.mean(0)), abs=6e-4)
    assert deviation == pytest.approx(math.sqrt(gradients.var(0).sum()), abs=6e-4)
    assert revealed(played, 5) == pytest.approx(noise[-20:].mean() / noise[:-20].mean(), rel=1e-3)  # four digits
    (ax,) = played.figures["The noise is large where the loss is curved"].axes
    (dots,) = [each for each in ax.lines if each.get_marker() == "o"]
    x, y = dots.get_data()
    off = np.linalg.norm(hessian - played.names["hessian"].detach().numpy(), 2)  # by Weyl, each eigenvalue's, at most
    found = played.names["curvatures"].detach().numpy()
    assert off < 1e-5 and np.abs(found - curvatures).max() <= off
    assert np.array_equal(x, found[found > 1e-3])
    assert np.allclose(x, curvatures[-len(x) :], atol=off) and np.allclose(y[-5:], noise[-5:], rtol=1e-3)
    assert y.sum() == pytest.approx(noise[-len(y) :].sum(), rel=1e-3)
    assert np.allclose(line(ax, "isotropic")[1], gradients.var(0).sum() / len(hessian), rtol=1e-4)


def test_the_slopes_by_decade_and_what_is_left_out(played, curved):
    gradients, hessian = curved
    curvatures, noise = (played.names[name].detach().numpy() for name in ("curvatures", "noise_along"))
    rows = re.findall(r"^λ from ([\d.]+) to ([\d.]+): +(\d+) directions, .* λ (-?[\d.]+)$", played.text, re.MULTILINE)
    assert [row[:2] for row in rows] == [("0.0001", "0.001"), ("0.001", "0.01"), ("0.01", "0.1"), ("0.1", "10")]
    exact = np.linalg.eigvalsh(hessian)
    off = np.linalg.norm(hessian - played.names["hessian"].detach().numpy(), 2)

    def between(count, low, high):
        """The exact count, but for eigenvalues that lie within `off` of an end."""
        inner, outer = (((exact > low + s) & (exact <= high - s)).sum() for s in (off, -off))
        return inner <= int(count) <= outer

    for low, high, count, slope in rows:
        part = (curvatures > float(low)) & (curvatures <= float(high))
        assert float(slope) == pytest.approx(stats.linregress(*np.log([curvatures[part], noise[part]])).slope, abs=6e-3)
        assert between(count, float(low), float(high)) and int(count) == part.sum()
    less, down = re.search(r"left out: (\d+), of which (\d+) curve down by more than 0.0001", played.text).groups()
    assert between(less, -np.inf, 1e-4) and between(down, -np.inf, -1e-4)
    assert sum(int(row[2]) for row in rows) + int(less) == len(hessian) == gradients.shape[1]


# Section 9


@pytest.fixture(scope="module")
def records():
    """Of the five knobs in the order of the text: (knobs, positions, starts, looks, columns)."""
    with np.load(notebooks.ROOT / "data" / "one_knob.npz", allow_pickle=False) as stored:
        return stored["looks"].astype(float)


KNOBS = {  # at the last position
    "η, full batch": "η = 1.6, B = 1000",
    "η, full batch, capped": "η = 1.6, B = 1000, cap = 1.2",
    "η, B = 8, capped": "η = 0.4, B = 8, cap = 0.7",
    "η and B, η/B = 1/40": "η = 1.6, B = 64",
    "label noise": "η = 0.2, B = 64, ν = 0.6",
}


def against_position_0(records, knob, turn):
    """Mean and standard error of the sharpness's ratio and of the gain in points, and the largest ηλ."""
    ends = np.array([[rows[np.isfinite(rows[:, 0])][-1] for rows in starts] for starts in records[knob]])
    ratio, gain = ends[turn, :, 2] / ends[0, :, 2], 100 * (ends[turn, :, 4] - ends[0, :, 4])
    largest = np.nanmax(records[knob, turn, :, :, 3])
    return ratio.mean(), stats.sem(ratio), largest, gain.mean(), stats.sem(gain)


@pytest.mark.parametrize("start", [0, 4])
@pytest.mark.parametrize("knob", KNOBS)
def test_panel_3_shows_the_records(played, records, knob, start):
    panel, number = played.panels[ONE_KNOB], list(KNOBS).index(knob)
    for turn in range(4):
        status = panel.set(knob=knob, turn=turn, start=start)
        settings, found = status.split(": sharpness at loss 0.1 is ")
        assert turn < 3 or settings == KNOBS[knob]
        ratio, error, largest, gain, points = expected = against_position_0(records, number, turn)
        told = [float(each) for each in re.findall(r"(?:is|±|sharpness|right:) ([+-]?[\d.]+\d)", "is " + found)]
        assert told == pytest.approx(expected, abs=0.051) and told[:3] == pytest.approx(expected[:3], abs=0.0051)
        assert f"right: {gain:+.1f} ± {points:.1f} points" in status
        assert ("✓" in status) == (ratio <= 0.7 and largest < 2) and error >= 0
        for ax, column in zip(played.axes(ONE_KNOB), (2, 3, 4), strict=True):
            for label, position in (("knob at 0", 0), ("turned", turn)):
                rows = records[number, position, start]
                assert np.allclose(line(ax, label), [1 + rows[:, 0], rows[:, column]], equal_nan=True)
    assert np.allclose(line(played.axes(ONE_KNOB)[1], "2, the limit")[1], 2)
    titles = [title(ax) for ax in played.axes(ONE_KNOB)]
    assert titles == ["Sharpness", "η × sharpness", "Held-out images right"]


def test_the_table_of_the_knobs_is_that_of_the_records(played, records):
    rows = [each for each in played.text.splitlines() if " sharpness × " in each]
    for row, (knob, turn) in zip(rows, ((knob, turn) for knob in range(5) for turn in (1, 2, 3)), strict=True):
        assert row.startswith(list(KNOBS)[knob])
        found = numbers(row.split("sharpness ×")[1].replace("right +", "right "))
        assert found == pytest.approx(against_position_0(records, knob, turn), abs=0.0051)
    assert revealed(played, 6) == pytest.approx(against_position_0(records, 2, 3)[0], abs=1e-3)


# Deeper: D1 to D3


@pytest.mark.parametrize("T", [0.1, 0.2, 0.4, 0.8, 1.6])
def test_depth_against_width_by_quadrature(played, T):
    width = 0.5 * math.sqrt(1.3)
    flat = integrate.quad(lambda w: math.exp(-((w**2 - 1) ** 2) / T), 0, 3)[0]
    sharp = integrate.quad(lambda w: math.exp((0.3 - 1.3 * ((w / width) ** 2 - 1) ** 2) / T), 0, 3)[0]
    assert said(played, rf"^T = {T}: P\(flat\)")[1:] == pytest.approx([flat / (flat + sharp), 2 / 3], abs=6e-4)


SETTINGS_4 = [(0.1, 0.05), (1e-6, 0.02), (1e-6, 0.2), (1.0, 0.02), (1.0, 0.2)]


@pytest.mark.parametrize(("noise", "eta"), SETTINGS_4)
def test_panel_4_lets_400_walkers_roll(played, noise, eta):
    """Beside a recursive filter, which clips nothing."""
    panel = played.panels[SADDLE]
    noise = min(panel.controls["noise"].values, key=lambda value: abs(math.log(value / noise)))
    status = panel.set(noise=noise, eta=eta)
    kicks = np.vstack([np.zeros(400), played.names["kicks"]])
    y = signal.lfilter([eta * noise], [1, -(1 + eta)], kicks, axis=0)
    count = 1 + np.flatnonzero((np.abs(y) >= 1.2).all(1))[0]
    y = y[:count]
    field, waiting = played.axes(SADDLE)
    steps, gone = line(waiting, "measured")
    assert np.array_equal(steps, np.arange(count))
    assert np.allclose(gone, np.logical_or.accumulate(np.abs(y) >= 1).mean(1))
    assert len(field.lines) == 12
    for k, trail in enumerate(field.lines):
        x, shown = trail.get_data()
        assert np.allclose(x, 0.9 * (1 - eta) ** np.arange(count))
        inside = np.abs(y[:, k]) < 1.2
        assert np.array_equal(np.isfinite(shown), inside) and np.allclose(shown[inside], y[inside, k])
    variance = (eta * noise) ** 2 * ((1 + eta) ** (-2.0 * np.arange(1, 4000))).sum()
    constant = integrate.quad(lambda xi: -2 * math.log(xi) * stats.norm.pdf(xi), 0, 12)[0]
    predicted = (constant - math.log(variance) / 2) / math.log(1 + eta)
    assert np.allclose(line(waiting, "predicted"), [[predicted] * 2, [0, 1]])
    taken = (np.abs(y) >= 1).argmax(0).mean()
    words = f"{taken:.0f} steps on average to leave, predicted {predicted:.0f}."
    assert status.startswith(f"s = {noise:.3g}, η = {eta:.3g}: {words}"), status
    assert panel.measured == pytest.approx(taken)


def test_the_goal_of_panel_4_is_the_largest_noise_that_takes_200_steps(played):
    panel = played.panels[SADDLE]
    taken, reached = {}, []
    for noise in panel.controls["noise"].values:
        reached += [noise] * ("✓" in panel.set(noise=noise, eta=0.05))
        taken[noise] = panel.measured
    assert reached == [max(noise for noise, steps in taken.items() if steps >= 200)]
    assert "✓" not in panel.set(noise=1e-6, eta=0.06)


@pytest.mark.parametrize("eta", [0.1, 0.5])
def test_the_variances_at_rest_solve_lyapunovs_equations(played, eta):
    """SGD's by its recursion; those of orders 1 and 2 by their drift and their noise."""
    one = np.eye(1)
    exact = linalg.solve_discrete_lyapunov((1 - eta) * one, eta**2 * one)[0, 0]
    orders = [linalg.solve_continuous_lyapunov(-rate * one, -eta * one)[0, 0] / exact for rate in (1, 1 + eta / 2)]
    found = said(played, rf"variance at rest, η = {eta}:")
    assert found == pytest.approx([eta, 1, orders[0], 2, orders[1]], abs=0.0051)


def test_no_coin_crosses(played):
    steepest = optimize.minimize_scalar(lambda w: 4 * w * (w * w - 1), bounds=(0, 1), method="bounded")
    assert -steepest.fun == pytest.approx(8 / (3 * math.sqrt(3))) and -steepest.fun > 1.5
    assert revealed(played, 7) == 0 and played.names["crossed"]["normal"] > 0.5


# D4


@pytest.fixture(scope="module")
def wells(played):
    """The three wells' loss and slope, and their borders, by the numbers that the notebook gives."""
    numbers_of = [played.names[name] for name in ("CENTRES", "DEPTHS", "WIDTHS")]

    def loss(w):
        return 0.05 * w**2 - sum(d * np.exp(-((w - c) ** 2) / (2 * s**2)) for c, d, s in zip(*numbers_of, strict=True))

    def slope(w):
        dips = (d * np.exp(-((w - c) ** 2) / (2 * s**2)) * (w - c) / s**2 for c, d, s in zip(*numbers_of, strict=True))
        return 0.1 * w + sum(dips)

    centres = numbers_of[0]
    between = itertools.pairwise(centres)
    borders = [optimize.minimize_scalar(lambda w: -loss(w), bounds=ends, method="bounded").x for ends in between]
    return loss, slope, borders


def by_boltzmann(loss, borders, T):
    """Shares of the three basins, and the densities at their borders."""
    ends = [-8, *borders, 8]
    masses = [
        integrate.quad(lambda w: math.exp(-(loss(w) + 1) / T), a, b, limit=200)[0] for a, b in itertools.pairwise(ends)
    ]
    return np.array(masses) / sum(masses), [math.exp(-(loss(w) + 1) / T) / sum(masses) for w in borders]


def by_convolution(played, wells, eta, size, cells=801):
    """Logarithms of the chain's shares and of its time to forget, its batches' pulls folded in space; and the densities
    at the borders.

    Who lands in a cell goes on from its middle, so that there is more noise by a twelfth of the cell's square.
    """
    _, slope, borders = wells
    places = np.linspace(-8, 8, cells)
    width, fine = places[1] - places[0], 0.00125
    moves = -eta * played.names["S"] * played.names["pulls"] / size / fine  # a sample's part of the step
    first = math.floor(moves.min())
    at, part = np.divmod(moves - first, 1)
    one = np.append(np.bincount(at.astype(int), 1 - part), 0) + np.append(0, np.bincount(at.astype(int), part))
    batch = np.ones(1)
    for _ in range(size):
        batch = np.convolve(batch, one / len(moves))
    ends = fine * (size * first + np.arange(len(batch)) + 0.5)
    edges = np.append(places, places[-1] + width) - width / 2 - (places - eta * slope(places))[:, None]
    matrix = np.diff(np.interp(edges, ends, np.cumsum(batch), left=0), axis=1)
    matrix /= matrix.sum(1, keepdims=True)
    values, vectors = eigs(matrix.T, k=2, sigma=1 + 1e-7, v0=np.ones(cells))
    second, first = np.argsort(values.real)
    law = vectors[:, first].real / vectors[:, first].real.sum()
    shares = np.diff(np.interp(borders, places + width / 2, np.cumsum(law)), prepend=0, append=1)
    at_borders = np.interp(borders, places, law) / width
    return np.log([*shares, -eta / math.log(values[second].real)]), at_borders


@pytest.mark.parametrize(("eta", "size"), [(0.04, 4), (0.06, 3), (0.06, 16), (0.02, 3), (0.02, 16)])
def test_panel_5_draws_both_predictions(played, wells, eta, size):
    panel = played.panels[TRAININGS]
    status = panel.set(eta=eta, size=size)
    assert status.startswith(f"η = {eta:.2f}, B = {size}: predicted ") and "training lasts 80. Press Run." in status
    bars, way = played.axes(TRAININGS)
    loss, _, borders = wells
    boltzmann, at_borders = by_boltzmann(loss, borders, eta * 7.75**2 / 2 / size)
    drawn = line(bars, "Boltzmann")[1]
    assert np.allclose(drawn, boltzmann, atol=0.002 * sum(at_borders) + 1e-6)  # a step of the notebook's axis
    (coarse, _), (fine, cut) = (by_convolution(played, wells, eta, size, cells) for cells in (401, 801))
    chain = line(bars, "chain")[1]
    assert sorted(each.get_ydata()[0] for each in way.lines if each.get_linestyle() == "--") == sorted(chain)
    one, other, three = (status.split(word)[1] for word in ("predicted", "(Boltzmann", "in a time of"))
    assert numbers(one.split("(")[0].replace("%", "")) == pytest.approx(100 * chain, abs=0.051)
    assert numbers(other.split(")")[0].replace("%", "")) == pytest.approx(100 * drawn, abs=0.051)
    time = float(three.split(", ")[0].replace(",", ""))
    off = 0.001 * np.array([cut[0], sum(cut), cut[1]]) / chain  # half a step of the axis on which borders were sought
    limit = np.abs(fine - coarse) / 3 + [*off, 0.5 / time]
    assert (np.abs(np.log([*chain, time]) - fine - (fine - coarse) / 3) < limit).all()
    assert [column.get_height() for column in bars.patches] == [0, 0, 0]
    assert all(bar.get_ylim() == (0, 1) for bar in (bars, way))


@pytest.mark.parametrize(("eta", "size", "arrives"), [(0.04, 4, True), (0.06, 3, True), (0.06, 16, False)])
def test_a_run_of_panel_5_counts_what_other_trainings_give(played, wells, eta, size, arrives):
    panel, (_, slope, borders) = played.panels[TRAININGS], wells
    panel.set(eta=eta, size=size)
    status = panel.run()
    bars, way = played.axes(TRAININGS)
    curves = [line(way, label) for label in ("left", "middle", "right")]
    rng, steps = np.random.default_rng(1), round(80 / eta)
    when = set(np.rint(curves[0][0] * steps).astype(int))
    w, shares = rng.uniform(-3, 3, 10_000), []
    for step in range(1, steps + 1):
        pull = 7.75 * played.names["pulls"][rng.integers(1000, size=(size, 10_000))].mean(0)
        w = w - eta * (slope(w) + pull)
        if step in when:
            shares.append([(w <= borders[0]).mean(), ((w > borders[0]) & (w <= borders[1])).mean()])
    shares = np.array([(left, middle, 1 - left - middle) for left, middle in shares])
    assert len(shares) == len(curves[0][0]) >= 30 and curves[0][0][-1] == 1
    for (done, counted), expected in zip(curves, shares.T, strict=True):
        assert np.allclose(done, curves[0][0])
        assert (np.abs(counted - expected) < near((expected * 10_000 + 1) / 10_002, 5000)).all()
    found, chain = np.array([counted[-1] for _, counted in curves]), line(bars, "chain")[1]
    assert [column.get_height() for column in bars.patches] == pytest.approx(found)
    told = numbers(status.split("for times")[0].replace("%", ""))
    assert told == pytest.approx([*100 * found, *100 * chain], abs=0.051) and ", after 80." in status
    assert panel.measured == pytest.approx(np.abs(found - chain).max())
    assert ("✓" in status) == (not arrives) == (panel.measured > 0.1)
    panel.reset()


def test_the_printed_predictions_are_those_of_the_panel(played):
    played.panels[TRAININGS].set(eta=0.04, size=4)
    bars, _ = played.axes(TRAININGS)
    for words, label in (("^Boltzmann predicts", "Boltzmann"), ("^the chain predicts", "chain")):
        assert said(played, words) == pytest.approx(100 * line(bars, label)[1], abs=0.051)
    assert said(played, r"^T = [\d.]+; the chain forgets")[0] == pytest.approx(0.04 * 7.75**2 / 8, abs=6e-4)
