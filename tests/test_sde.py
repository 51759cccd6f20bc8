"""`helpers.sde` against closed forms, quadrature, and the exactly solvable quadratic potential."""

import math
import re

import numpy as np
import pytest
import torch
from scipy.integrate import dblquad, quad
from scipy.special import erfcx

from helpers.sde import (
    DOUBLE_WELL,
    FokkerPlanck,
    Potential,
    VariancePreserving,
    euler_maruyama,
    kramers_time,
    mean_passage_time,
    stationary_law,
)

torch.set_num_threads(1)
QUADRATIC = Potential(lambda w: w * w, lambda w: 2 * w, lambda w: 2 + 0 * w)  # L' = 2w: rate 2
TABLE = [  # σ, Kramers, −1 → 0, −1 → +1, gap, Z, E[W²], to the digits printed
    (0.5, 3311, 1749.2, 3500.0, 5.719e-4, 0.6443, 0.96446),
    (0.7, 65.80, 36.77, 74.93, 0.027472, 0.9368, 0.91955),
    (1.0, 8.207, 4.607, 10.259, 0.22727, 1.4109, 0.85214),
]


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def well_drift(_t, w):
    return -DOUBLE_WELL.slope(w)


# -- paths -------------------------------------------------------------------------------------------------------


def test_a_step_is_the_formula_and_given_increments_are_used():
    increments = torch.tensor([[0.1], [-0.3]], dtype=torch.float64)
    start = torch.tensor([0.5], dtype=torch.float64)
    found = euler_maruyama(lambda t, w: t - w, 2.0, start, 0.25, 2, increments=increments, every=1)
    first = 0.5 + 0.25 * (0 - 0.5) + 2 * 0.1
    second = first + 0.25 * (0.25 - first) - 2 * 0.3
    assert found.states.flatten().tolist() == pytest.approx([0.5, first, second], abs=1e-15)
    assert found.times.tolist() == [0, 0.25, 0.5]
    assert start.item() == 0.5


def test_noise_that_depends_on_the_state_is_taken_where_the_step_begins():
    start, increment = torch.tensor([0.5], dtype=torch.float64), torch.tensor([[0.1]], dtype=torch.float64)
    found = euler_maruyama(lambda t, w: -w, lambda t, w: w, start, 0.25, 1, increments=increment)
    assert found.last.item() == pytest.approx(0.5 - 0.25 * 0.5 + 0.5 * 0.1, abs=1e-15)


@pytest.mark.parametrize(
    "paths", [1, 48, 4096, 20_000]
)  # few, on one thread; many, drawn ahead, in short and long chunks
@pytest.mark.parametrize("n_steps", [5, 200])
def test_a_generator_gives_the_normals_that_it_would_give_at_once(paths, n_steps):
    """Whoever draws them, when, and how many at a time: none is lost, used twice, or overwritten while in use."""
    start, normals = -torch.ones(paths), torch.empty(n_steps, paths)
    drawing = generator(7)
    for few in normals.split(64 if paths < 2**14 else 2**20 // paths):
        few.normal_(generator=drawing)
    drawn = euler_maruyama(well_drift, 0.7, start, 0.01, n_steps, generator(7), every=n_steps // 5)
    given = euler_maruyama(well_drift, 0.7, start, 0.01, n_steps, increments=0.1 * normals, every=n_steps // 5)
    assert torch.allclose(drawn.states, given.states, rtol=0, atol=1e-4)


@pytest.mark.parametrize("n_steps", [1, 15, 16, 17, 40])
def test_additive_and_state_dependent_noise_agree_where_they_are_the_same(n_steps):
    start = torch.zeros(5, dtype=torch.float64)
    paths = [
        euler_maruyama(well_drift, sigma, start, 0.01, n_steps, generator(), every=1).states
        for sigma in (0.7, lambda t, w: torch.full_like(w, 0.7))
    ]
    assert torch.allclose(*paths, rtol=0, atol=1e-14) and len(paths[0]) == n_steps + 1


def test_the_chain_for_a_quadratic_has_its_own_exact_moments():
    """w ← (1 − 2h) w + σ√h ξ: mean and variance in closed form at every step, no step bias left over."""
    n, h, sigma, steps = 20_000, 0.05, 0.8, 40
    start = torch.full((n,), 1.5, dtype=torch.float64)
    found = euler_maruyama(lambda t, w: -2 * w, sigma, start, h, steps, generator(), every=10)
    for k, states in zip((10, 20, 30, 40), found.states[1:], strict=True):
        factor = (1 - 2 * h) ** 2
        variance = sigma**2 * h * (1 - factor**k) / (1 - factor)
        assert abs(float(states.mean()) - 1.5 * (1 - 2 * h) ** k) < 4.5 * math.sqrt(variance / n)
        assert abs(float(states.var()) / variance - 1) < 4.5 * math.sqrt(2 / n)


def test_multiplicative_noise_is_itos():
    """dW = W dB keeps its mean; Stratonovich's reading would grow like e^{t/2}."""
    n, h, steps = 20_000, 0.01, 50
    last = euler_maruyama(
        lambda t, w: 0 * w, lambda t, w: w, torch.ones(n, dtype=torch.float64), h, steps, generator()
    ).last
    assert abs(float(last.mean()) - 1) < 4.5 * math.sqrt(((1 + h) ** steps - 1) / n)


def test_paths_that_blow_up_are_reported_and_poison_averages():
    start = torch.tensor([0.9, 30.0], dtype=torch.float64)
    found = euler_maruyama(well_drift, 0.0, start, 0.1, 32, generator())
    assert found.alive.tolist() == [True, False]
    assert found.report().startswith("1 of 2 paths blew up, the first by t = 1.6")
    assert found.last.isnan().tolist() == [False, True]


def test_a_path_keeps_its_history_up_to_the_record_that_shows_it_gone():
    """dW = W³ dt from 1 at h = 0.1 passes 1e6 within a dozen steps; the look is at step 16."""
    start = torch.ones(1, dtype=torch.float64)
    found = euler_maruyama(lambda t, w: w**3, 0.0, start, 0.1, 32, generator(), every=1)
    w, path = 1.0, [1.0]
    while w < 1e6:
        w += 0.1 * w**3
        path.append(w)
    alive = len(path) - 1
    assert found.states[:alive, 0].tolist() == pytest.approx(path[:-1], rel=1e-12)
    assert found.states[alive:].isnan().all() and found.blew_up_at.item() == pytest.approx(1.6)


START = torch.zeros(3)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sigma": -1.0}, "sigma=-1: expected a number ≥ 0"),
        ({"step": 0.0}, "step=0: expected a number > 0"),
        ({"step": -0.1}, "step=-0.1: expected a number > 0"),
        ({"n_steps": 0}, "n_steps=0: expected a whole number, 1 or greater"),
        ({"every": 3}, "every=3: expected a divisor of n_steps=4"),
        ({"generator": np.random.default_rng(0)}, "expected a torch.Generator"),
        ({"drift": lambda t, w: w[:, None]}, r"drift returned shape \(3, 1\): expected \(3,\)"),
        ({"drift": lambda t, w: w[:1]}, r"drift returned shape \(1,\): expected \(3,\)"),
        ({"drift": lambda t, w: None}, "drift returned type NoneType: expected a tensor"),
        ({"sigma": lambda t, w: None}, r"sigma\(t, W\)=None: expected one number"),
        ({"sigma": lambda t, w: w[:, None]}, r"sigma returned shape \(3, 1\): expected \(3,\)"),
        ({"start": torch.full((3,), 2e6)}, r"numbers within ±1e\+06"),
        ({"generator": None, "increments": [0.0]}, r"increments of type list: expected a tensor of shape \(4, 3\)"),
        ({"generator": None, "increments": torch.full((4, 3), math.nan)}, "increments: expected finite numbers"),
        ({"start": torch.zeros(3, dtype=torch.int64)}, "start: expected a floating-point tensor"),
        ({"start": torch.tensor([math.nan])}, "start: expected a floating-point tensor of finite"),
        ({"generator": None}, "generator and increments: expected exactly one"),
        ({"generator": None, "increments": torch.zeros(4, 2)}, r"increments of shape \(4, 2\): expected \(4, 3\)"),
    ],
)
def test_bad_arguments_of_a_simulation_are_named(change, message):
    arguments = {"drift": well_drift, "sigma": 1.0, "start": START, "step": 0.1, "n_steps": 4, "generator": generator()}
    with pytest.raises(ValueError, match=message):
        euler_maruyama(**(arguments | change))


# -- escape times ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("sigma", "kramers", "top", "across", "gap", "z", "square"), TABLE)
def test_the_table(sigma, kramers, top, across, gap, z, square):
    fp = FokkerPlanck(DOUBLE_WELL, sigma, cells=1600)
    assert kramers_time(DOUBLE_WELL, sigma, -1.5, 0.5) == pytest.approx(kramers, rel=2e-4)
    assert mean_passage_time(DOUBLE_WELL, sigma, -1, 0) == pytest.approx(top, rel=2e-4)
    assert mean_passage_time(DOUBLE_WELL, sigma, -1, 1) == pytest.approx(across, rel=1e-4)
    assert fp.spectrum(2)[1] == pytest.approx(gap, rel=2e-4)
    assert (np.exp(-2 * DOUBLE_WELL.value(fp.grid) / sigma**2)).sum() * fp.width == pytest.approx(z, rel=1e-4)
    assert (fp.boltzmann * fp.grid**2).sum() * fp.width == pytest.approx(square, rel=1e-5)


@pytest.mark.parametrize("sigma", [0.6, 0.85, 1.4])
def test_passage_time_against_adaptive_quadrature(sigma):
    d = sigma**2 / 2
    exact, _ = dblquad(
        lambda z, y: math.exp((DOUBLE_WELL.value(y) - DOUBLE_WELL.value(z)) / d) / d, -1, 1, -3.5, lambda y: y
    )
    assert mean_passage_time(DOUBLE_WELL, sigma, -1, 1) == pytest.approx(exact, rel=1e-6)


@pytest.mark.parametrize("sigma", [0.3, 0.22, 0.2])
def test_passage_time_from_the_right_well_counts_the_left_one(sigma):
    """Half the mass waits beyond the barrier, however deep the cold: from 1 to 1.2 on a grid of its own."""
    d, z = sigma**2 / 2, np.linspace(-1.5, 1.2, 400_001)
    inner = np.exp(-DOUBLE_WELL.value(z) / d).cumsum()
    outer = np.exp(DOUBLE_WELL.value(z) / d) * inner
    direct = outer[z >= 1].sum() * (z[1] - z[0]) ** 2 / d
    assert mean_passage_time(DOUBLE_WELL, sigma, 1.0, 1.2) == pytest.approx(direct, rel=1e-3)


@pytest.mark.parametrize(
    ("tilt", "sigma", "start", "target"),
    [(1.0, 0.3, None, None), (0.5, 0.2, None, None), (0.0, 0.3, -3.0, 1.0), (0.0, 0.7, -2.5, -2.0)],
)
def test_passage_time_into_a_deeper_well_and_from_a_slope(tilt, sigma, start, target):
    """The inner and the outer integral, each by sums of logarithms on a grid of their own."""
    well = Potential(
        lambda w: (w * w - 1) ** 2 - tilt * w, lambda w: 4 * w * (w * w - 1) - tilt, lambda w: 12 * w * w - 4
    )
    if start is None:
        (start, target), _ = well.critical_points(-2, 2)
    d, edges = sigma**2 / 2, np.linspace(min(start, -1) - 1.5, target, 1_000_001)
    z = (edges[1:] + edges[:-1]) / 2
    inner = np.logaddexp.accumulate(-well.value(z) / d)
    direct = np.exp((well.value(z) / d + inner)[z > start]).sum() * (z[1] - z[0]) ** 2 / d
    assert mean_passage_time(well, sigma, start, target) == pytest.approx(direct, rel=1e-3)


@pytest.mark.parametrize("start", [-7.0, -30.0])
def test_passage_time_from_high_on_a_slope_of_ornstein_and_uhlenbeck(start):
    """For L = w²/2, σ = 1, down to 0: √π ∫₀^|start| erfcx."""
    bowl = Potential(lambda w: w * w / 2, lambda w: w, lambda w: 1 + 0 * w)
    exact = math.sqrt(math.pi) * quad(erfcx, 0, -start, limit=200)[0]
    assert mean_passage_time(bowl, 1.0, start, 0.0, points=20_001) == pytest.approx(exact, rel=1e-5)


def test_passage_time_of_a_quadratic_against_its_single_integral():
    """For L = w², τ(0 → b) = (√π/2)… as one integral of the error function (Gardiner §5.2.7)."""
    sigma, b = 0.9, 1.1
    d = sigma**2 / 2
    inner = lambda y: math.exp(y * y / d) * math.sqrt(math.pi * d) / 2 * (1 + math.erf(y / math.sqrt(d)))  # noqa: E731
    assert mean_passage_time(QUADRATIC, sigma, 0, b) == pytest.approx(quad(inner, 0, b)[0] / d, rel=1e-8)


def test_kramers_next_order_is_the_known_one_and_the_error_shrinks_with_its_square():
    """For the double well the factor is 1 + 3σ²/16; what is left falls like σ⁴."""
    sigmas = np.array([0.35, 0.45])
    plain = np.array([kramers_time(DOUBLE_WELL, sigma, -1.5, 0.5) for sigma in sigmas])
    corrected = np.array([kramers_time(DOUBLE_WELL, sigma, -1.5, 0.5, corrected=True) for sigma in sigmas])
    assert corrected / plain == pytest.approx(1 + 3 * sigmas**2 / 16, rel=1e-5)
    across = np.array([mean_passage_time(DOUBLE_WELL, sigma, -1, 1) for sigma in sigmas])
    left = across / corrected - 1
    order = np.log(left[1] / left[0]) / np.log(sigmas[1] / sigmas[0])
    assert (left > 0).all() and order == pytest.approx(4, abs=0.8)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: kramers_time(QUADRATIC, 0.5, -1, 1), "expected one well and one barrier"),
        (lambda: kramers_time(DOUBLE_WELL, 0.5, 0.5, 1.5), "expected one well and one barrier"),
        (lambda: kramers_time(DOUBLE_WELL, 0.0, -1.5, 0.5), "sigma=0: expected a number > 0"),
        (lambda: kramers_time(DOUBLE_WELL, 0.03, -1.5, 0.5), "sigma=0.03: expected a larger one: the barrier is"),
        (
            lambda: mean_passage_time(DOUBLE_WELL, 0.05, -1, 1),
            "sigma=0.05: expected a larger one: the time to target=1 overflows",
        ),
        (lambda: mean_passage_time(DOUBLE_WELL, 0.7, -1, 1, points=3), "points=3: expected a whole number, 101 or"),
        (lambda: DOUBLE_WELL.critical_points(-math.inf, 1), "low=-inf: expected a finite number"),
        (
            lambda: Potential(np.log, lambda w: 1 / np.where(w > 0, w, np.nan), None).critical_points(-1, 1),
            "potential: expected a finite slope from low=-1 to high=1",
        ),
        (lambda: mean_passage_time(DOUBLE_WELL, 0.5, 1, -1), "target=-1: expected a number > start=1"),
        (lambda: mean_passage_time(DOUBLE_WELL, -0.5, -1, 1), "sigma=-0.5: expected a number > 0"),
        (
            lambda: mean_passage_time(Potential(lambda w: w, lambda w: 1, lambda w: 0), 1.0, 0, 1),
            "potential: expected one that rises to the left",
        ),
    ],
)
def test_bad_arguments_of_an_escape_time_are_named(call, message):
    with pytest.raises(ValueError, match=message):
        call()


# -- densities ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("sigma", [0.3, 0.7, 1.5])
@pytest.mark.parametrize("time", [1e-4, 0.05, 10.0, 1e5])
def test_mass_sign_and_the_stationary_law_hold_for_every_step(sigma, time):
    fp = FokkerPlanck(DOUBLE_WELL, sigma, -3, 3)
    density = fp.point(-1.0)
    for _ in range(20):
        density = fp.step(density, time)
        assert abs(density.sum() * fp.width - 1) < 1e-12
        assert density.min() >= 0
    roundoff = (
        np.finfo(float).eps * sigma**2 / 2 / fp.width**2 * time
    )  # of a matrix whose entries are as large as rates · time
    assert np.abs(fp.step(fp.boltzmann, time) - fp.boltzmann).max() < max(1e-10, roundoff)


def test_a_quadratic_keeps_ornstein_uhlenbecks_mean_and_variance():
    """dW = −2W dt + σ dB from 1: mean e^{−2t}, variance σ²/4 (1 − e^{−4t}). Errors: order Δ² and order of the step."""
    sigma, step = 0.8, 1e-3
    fp = FokkerPlanck(QUADRATIC, sigma, -4, 4, cells=1600)
    density = fp.point(1.0)
    origin = fp.grid[density.argmax()]
    for k in range(1, 1001):
        density = fp.step(density, step)
        if k % 100 == 0:
            t = k * step
            mean = (density * fp.grid).sum() * fp.width
            variance = (density * fp.grid**2).sum() * fp.width - mean**2
            assert mean == pytest.approx(origin * math.exp(-2 * t), abs=2 * step)
            assert variance == pytest.approx(sigma**2 / 4 * (1 - math.exp(-4 * t)), abs=3 * step)


def test_the_slow_mode_decays_at_the_gap():
    fp = FokkerPlanck(DOUBLE_WELL, 0.7)
    gap, density, step = fp.spectrum(2)[1], fp.point(-1.0), 0.25
    excess = []
    for _ in range(200):
        density = fp.step(density, step)
        excess.append(density[fp.grid < 0].sum() * fp.width - 0.5)
    assert excess[-1] / excess[-41] == pytest.approx((1 + gap * step) ** -40, rel=1e-6)  # implicit Euler's own factor


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((DOUBLE_WELL, 0.0), "sigma=0: expected a number > 0"),
        ((DOUBLE_WELL, 0.7, -1.0, 1.0), "low=-1, high=1: the density at sigma=0.7 does not vanish there"),
        ((DOUBLE_WELL, 0.7, 2.0, -2.0), "low=2, high=-2: expected low < high"),
        ((DOUBLE_WELL, 0.7, -2.0, 2.0, 2), "cells=2: expected a whole number, 3 or greater"),
    ],
)
def test_bad_grids_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        FokkerPlanck(*arguments)


def test_bad_steps_and_points_are_named():
    fp = FokkerPlanck(DOUBLE_WELL, 0.7)
    with pytest.raises(ValueError, match="time=0: expected a number > 0"):
        fp.step(fp.boltzmann, 0)
    for where in (9, -2.501, 2.5):
        with pytest.raises(ValueError, match=rf"where={where}: expected a number from -2.5 up to 2.5"):
            fp.point(where)
    for density in (0 * fp.grid, np.ones(5), fp.boltzmann * np.nan, -fp.boltzmann):
        with pytest.raises(ValueError, match=r"density: expected \(400,\), finite, ≥ 0 and with a mass"):
            fp.step(density, 1.0)
    with pytest.raises(ValueError, match="count=401: expected at most 400"):
        fp.spectrum(401)


def test_a_gap_below_round_off_is_refused():
    """The barrier holds for e^{1/D}; at σ = 0.3 that is less than the fastest rate's round-off."""
    assert FokkerPlanck(DOUBLE_WELL, 0.4).spectrum(2)[0] == 0
    with pytest.raises(ValueError, match="the gap is lost in round-off"):
        FokkerPlanck(DOUBLE_WELL, 0.3).spectrum(2)
    with pytest.raises(ValueError, match=r"cells=400, sigma=0\.02: expected more, or larger"):
        FokkerPlanck(DOUBLE_WELL, 0.02)
    with pytest.raises(ValueError, match=r"potential: expected finite values from low=-2\.5 to"):
        FokkerPlanck(Potential(lambda w: np.full_like(w, np.nan), None, None), 0.7)


# -- the law of a chain --------------------------------------------------------------------------------------------


WELLS = np.linspace(-3, 3, 301)


def test_the_chain_of_a_quadratic_rests_at_its_own_variance():
    """w ← (1 − 2h) w + σ√h ξ rests at the variance σ²h/(1 − (1 − 2h)²), whatever the step."""
    grid = np.linspace(-6, 6, 601)
    for h in (0.02, 0.2, 0.7):
        law = stationary_law(grid, (1 - 2 * h) * grid, 0.8 * math.sqrt(h))
        assert law.sum() == pytest.approx(1, abs=1e-12) and law.min() > -1e-12
        assert law @ grid**2 == pytest.approx(0.64 * h / (1 - (1 - 2 * h) ** 2), rel=1e-9)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((np.zeros(4), np.zeros(3), 1.0), r"mean of shape \(3,\): expected \(4,\)"),
        ((np.arange(4.0), np.zeros(4), 0.0), "spread: expected standard deviations > 0"),
        ((np.arange(4.0), np.full(4, 0.5), 1e-3), "spread: expected wider steps"),
        *(
            (
                (WELLS, WELLS - 0.05 * DOUBLE_WELL.slope(WELLS), spread),
                "spread: expected a larger one: parts of the grid",
            )
            for spread in (0.05, 0.02)
        ),
    ],
)
def test_bad_chains_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        stationary_law(*arguments)


# -- the clock of a diffusion model ----------------------------------------------------------------------------------

CLOCK = VariancePreserving()


@pytest.mark.parametrize("clock", [CLOCK, VariancePreserving(3.0, 0.5), VariancePreserving(2.0, 2.0)])
@pytest.mark.parametrize("t", [0.0, 1e-6, 0.2, 1.0])
def test_the_clock_by_quadrature(clock, t):
    integral = quad(clock.beta, 0, t)[0]
    assert clock.integral(t) == pytest.approx(integral, rel=1e-12)
    assert clock.alpha(t) == pytest.approx(math.exp(-integral / 2), rel=1e-12)
    assert clock.alpha(t) ** 2 + clock.sigma(t) ** 2 == pytest.approx(1, abs=1e-14)
    assert clock.sigma(t) == pytest.approx(math.sqrt(-math.expm1(-integral)), rel=1e-10)
    assert (clock.beta(0.0), clock.beta(1.0)) == (clock.first, clock.last)


def test_the_moments_obey_their_equations():
    """m' = −½βm and V' = β(1 − V), the equations of the mean and the variance of dX = −½βX dt + √β dB."""
    for t in (0.01, 0.3, 0.9):
        h = 1e-5
        slope, growth = ((f(t + h) - f(t - h)) / (2 * h) for f in (CLOCK.alpha, lambda time: CLOCK.sigma(time) ** 2))
        assert slope == pytest.approx(-CLOCK.beta(t) * CLOCK.alpha(t) / 2, rel=1e-6)
        assert growth == pytest.approx(CLOCK.beta(t) * (1 - CLOCK.sigma(t) ** 2), rel=1e-6)


@pytest.mark.parametrize("t", [1e-6, 0.01, 0.5, 1.0])
def test_the_log_snr_and_its_inverse(t):
    log_snr = CLOCK.log_snr(t)
    assert log_snr == pytest.approx(math.log(CLOCK.alpha(t) ** 2 / CLOCK.sigma(t) ** 2), rel=1e-12)
    assert CLOCK.time(log_snr) == pytest.approx(t, rel=1e-10)


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
def test_a_tensor_of_times_has_what_each_time_has(dtype):
    t = torch.tensor([[0.001], [0.3], [1.0]], dtype=dtype)
    for name in ("beta", "integral", "alpha", "sigma", "log_snr"):
        found = getattr(CLOCK, name)(t)
        assert found.dtype == dtype and found.shape == t.shape
        assert found.flatten().tolist() == pytest.approx([getattr(CLOCK, name)(float(each)) for each in t], rel=1e-5)
    assert torch.allclose(CLOCK.time(CLOCK.log_snr(t)), t, rtol=1e-3)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: VariancePreserving(0.0), "first=0: expected a number > 0"),
        (lambda: VariancePreserving(0.1, math.inf), "last=inf: expected a finite number"),
        (lambda: CLOCK.alpha(1.5), "t=1.5: expected a time from 0 (data) to 1 (noise)"),
        (lambda: CLOCK.sigma(-0.1), "t=-0.1: expected a time from 0 (data) to 1 (noise)"),
        (lambda: CLOCK.beta(math.nan), "t=nan: expected a finite number"),
        (lambda: CLOCK.beta("0.5"), "t='0.5': expected one number"),
        (lambda: CLOCK.integral(torch.tensor([0.5, 1.1])), "expected a time from 0 (data) to 1 (noise)"),
        (lambda: CLOCK.beta(torch.empty(0)), "t=tensor([]): expected one number"),
        (lambda: CLOCK.sigma(torch.empty(0, 1)), "expected one number"),
        (lambda: CLOCK.log_snr(torch.empty(0)), "t=tensor([]): expected one number"),
        (lambda: CLOCK.time(torch.empty(0)), "log_snr − log_snr(1)=tensor([]): expected one number"),
        (lambda: CLOCK.log_snr(0.0), "t=0: expected a number > 0"),
        (lambda: CLOCK.log_snr(torch.tensor([0.0, 0.1])), "t=0: expected a number > 0"),
        (lambda: CLOCK.time(math.nan), "log_snr − log_snr(1)=nan: expected a finite number"),
        (lambda: CLOCK.time(-800.0), "log_snr − log_snr(1)=-789.95: expected a number ≥ 0"),
        (lambda: VariancePreserving(20.0, 0.1).time(torch.tensor([0.0, -30.0])), "expected a number ≥ 0"),
    ],
)
def test_bad_times_are_named(call, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        call()
