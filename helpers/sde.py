"""One-dimensional noisy gradient flow, dW = −L'(W) dt + σ dB: paths, densities, escape times; a diffusion's clock.

The convention, kept everywhere: σ multiplies the Brownian motion; D = σ²/2 is the diffusion coefficient and, since the
drift is −L', also the temperature; the stationary density is proportional to exp(−L/D) = exp(−2L/σ²).
"""

import math
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from itertools import chain

import numpy as np
import torch
from scipy.integrate import simpson
from scipy.linalg import eigh_tridiagonal, lu_factor, lu_solve, solve_banded
from scipy.linalg.lapack import dgecon
from scipy.optimize import brentq

from .checks import finite, not_negative, one_shape, positive, torch_generator, whole

__all__ = [
    "DOUBLE_WELL",
    "FokkerPlanck",
    "Paths",
    "Potential",
    "VariancePreserving",
    "euler_maruyama",
    "kramers_time",
    "mean_passage_time",
    "stationary_law",
]

BLOWN_UP = 1e6  # beyond this a path no longer counts as finite; float32 overflows soon after
LOOK_EVERY = 16  # steps between two looks for such paths
CHUNK, NORMALS = 64, 2**20  # steps, and normals, that are drawn at once, at most
MANY = 2048  # of so many paths the normals are drawn on a thread of its own: benchmarks/README.md


@dataclass(frozen=True)
class Potential:
    """A potential L on the line, as functions of arrays or tensors: L itself, its slope L' and its curvature L''."""

    value: Callable
    slope: Callable
    curvature: Callable

    def critical_points(self, low: float, high: float) -> tuple[list[float], list[float]]:
        """Minima and maxima of L with low < w ≤ high, each in rising order, to round-off; flat points are left out.

        Two that lie closer than (high − low)/2000 are not seen. Raises ValueError unless low < high and L' is finite.
        """
        low, high = finite("low", low), finite("high", high)
        if low >= high:
            raise ValueError(f"low={low:g}, high={high:g}: expected low < high")
        # Shifted by a hair, so that a root at a round number falls between two points, where the sign changes.
        grid = np.linspace(low, high, 2001) + 1e-9 * (high - low)
        slope = self.slope(grid)
        if not np.isfinite(slope).all():
            raise ValueError(f"potential: expected a finite slope from low={low:g} to high={high:g}")
        roots = [
            brentq(self.slope, grid[i], grid[i + 1], xtol=1e-14) for i in np.flatnonzero(slope[:-1] * slope[1:] < 0)
        ]
        minima = [root for root in roots if self.curvature(root) > 0]
        return minima, [root for root in roots if self.curvature(root) < 0]


DOUBLE_WELL = Potential(lambda w: (w * w - 1) ** 2, lambda w: 4 * w * (w * w - 1), lambda w: 12 * w * w - 4)


@dataclass(frozen=True)
class Paths:
    """What `euler_maruyama` found.

    times: (records,) float64 on the CPU. states: (records, *start.shape), the start first. blew_up_at: start's shape,
    the time of the look (one every 16 steps) that first saw a path beyond ±1e6 or not finite, infinity where no look
    saw one. In `states` such a path is NaN from the first record that shows it: no average can leave it out unnoticed.
    """

    times: torch.Tensor
    states: torch.Tensor
    blew_up_at: torch.Tensor

    @property
    def last(self) -> torch.Tensor:
        """The states at the last time, of start's shape."""
        return self.states[-1]

    @property
    def alive(self) -> torch.Tensor:
        """Which paths never blew up, a mask of start's shape."""
        return self.blew_up_at.isinf()

    def report(self) -> str:
        """How many paths blew up, and when the first did: one sentence."""
        lost = int((~self.alive).sum())
        if not lost:
            return f"none of {self.alive.numel()} paths blew up"
        return f"{lost} of {self.alive.numel()} paths blew up, the first by t = {float(self.blew_up_at.min()):.3g}"


def euler_maruyama(
    drift: Callable,
    sigma,
    start: torch.Tensor,
    step: float,
    n_steps: int,
    generator: torch.Generator | None = None,
    *,
    increments: torch.Tensor | None = None,
    every: int | None = None,
) -> Paths:
    """Simulate dW = drift(t, W) dt + σ(t, W) dB by W ← W + h drift(t, W) + σ(t, W) √h ξ.

    Maruyama 1955, Rendiconti del Circolo Matematico di Palermo 4, 48. Strong order ½, or 1 for additive noise.

    drift: function of the time (float) and the states (tensor of start's shape).
    sigma: a number ≥ 0 (additive noise), or a function like drift (Itô's reading), which may return a number.
    start: floating-point tensor within ±1e6, one entry a path. step: h > 0. n_steps: number of steps, ≥ 1.
    generator: draws the normals, on start's device; or
    increments: the Brownian increments √h ξ themselves, (n_steps, *start.shape), for common random numbers.
    every: keep every so many steps (it must divide n_steps); None keeps the start and the end only.
    Returns `Paths`, of start's type. Paths that blow up are reported there. Raises ValueError for bad arguments, and
    for a drift or a sigma that returns another shape.
    """
    step, n_steps = positive("step", step), whole("n_steps", n_steps)
    every = n_steps if every is None else whole("every", every)
    if n_steps % every:
        raise ValueError(f"every={every}: expected a divisor of n_steps={n_steps}")
    if not isinstance(start, torch.Tensor) or not start.is_floating_point() or not (start.abs() < BLOWN_UP).all():
        raise ValueError(f"start: expected a floating-point tensor of finite numbers within ±{BLOWN_UP:g}")
    if (generator is None) == (increments is None):
        raise ValueError("generator and increments: expected exactly one of the two")
    if increments is None:
        torch_generator(generator)
    elif not one_shape("increments of", increments, (n_steps, *start.shape)).isfinite().all():
        raise ValueError("increments: expected finite numbers")
    additive = not callable(sigma)
    if additive:
        sigma = not_negative("sigma", sigma)

    state, kept, blew_up_at = start.clone(), [start], torch.full_like(start, math.inf)
    if increments is None:
        noise, scale = chain.from_iterable(_normals(start, n_steps, generator)), math.sqrt(step)
    else:
        noise, scale = increments, 1.0
    done, recorded = 0, 1
    for xi in noise:
        time = done * step
        slope = drift(time, state)
        if not done:
            one_shape("drift returned", slope, start.shape)
            if not additive and isinstance(first := sigma(time, state), torch.Tensor):
                one_shape("sigma returned", first, start.shape)
            elif not additive:
                finite("sigma(t, W)", first)
        if additive:
            state.add_(xi, alpha=sigma * scale).add_(slope, alpha=step)
        else:
            state = state + step * slope + scale * sigma(time, state) * xi
        done += 1
        if done % every == 0:
            kept.append(state.clone())
        if done % LOOK_EVERY and done < n_steps:
            continue
        lost = ~(state.abs() < BLOWN_UP)
        if lost.any():
            blew_up_at[lost & blew_up_at.isinf()] = done * step
            gone = torch.zeros_like(lost)
            for record in kept[recorded:]:
                gone |= lost & ~(record.abs() < BLOWN_UP)
                record[gone] = math.nan
            state[lost] = math.nan
        recorded = len(kept)
    kept[-1] = state
    times = torch.arange(len(kept), dtype=torch.float64, device="cpu") * (every * step)
    return Paths(times, torch.stack(kept), blew_up_at)


def _normals(start: torch.Tensor, n_steps: int, generator: torch.Generator) -> Iterator[torch.Tensor]:
    """Standard normals for n_steps in chunks of several steps, each valid until the next is asked for.

    Drawing them takes longer than using them, so of many paths the next chunk is drawn on a thread of its own. torch
    draws in blocks of 16: chunks that hold whole blocks give the same numbers, however long they are.
    """
    length = max(1, min(CHUNK, n_steps, NORMALS // max(1, start.numel())))
    buffers = start.new_empty((2, length, *start.shape))
    counts = [min(length, n_steps - first) for first in range(0, n_steps, length)]

    def draw(number: int) -> torch.Tensor:
        return buffers[number % 2, : counts[number]].normal_(generator=generator)

    if start.numel() < MANY:
        yield from map(draw, range(len(counts)))
        return
    with ThreadPoolExecutor(1) as thread:
        coming = thread.submit(draw, 0)
        for number in range(len(counts)):
            chunk = coming.result()
            if number + 1 < len(counts):
                coming = thread.submit(draw, number + 1)
            yield chunk


class FokkerPlanck:
    """∂p/∂t = ∂(L' p)/∂w + D ∂²p/∂w² by finite volumes with reflecting ends.

    The rate from a cell to its neighbour is (D/Δ²) exp(−ΔL/2D), whose detailed balance makes Boltzmann's density the
    exact null vector: the square-root approximation. (Scharfetter & Gummel 1969 and Chang & Cooper 1970 share the
    detailed balance with other weights; Heida, Kantner & Stephan, arXiv 2002.09385, treat the family.)
    An implicit step keeps p positive and its mass at 1 for every step length. Densities are arrays (cells,), in
    1/units of w.

    potential: a `Potential`. sigma: > 0. low < high: ends of the grid, at which Boltzmann's density must be < 1e-6 of
    its top. cells: number of them, ≥ 3, so many that L changes by less than 1400 D from one to the next.
    grid: (cells,), their centres. width: of a cell. boltzmann: (cells,). Raises ValueError for bad arguments.
    """

    def __init__(self, potential: Potential, sigma: float, low: float = -2.5, high: float = 2.5, cells: int = 400):
        sigma, cells = positive("sigma", sigma), whole("cells", cells, least=3)
        low, high = finite("low", low), finite("high", high)
        if low >= high:
            raise ValueError(f"low={low:g}, high={high:g}: expected low < high")
        self.width = (high - low) / cells
        self.grid = low + self.width * (np.arange(cells) + 0.5)
        diffusion = sigma**2 / 2
        level = potential.value(self.grid) / diffusion
        if not np.isfinite(level).all():
            raise ValueError(f"potential: expected finite values from low={low:g} to high={high:g}")
        weight = np.exp(level.min() - level)
        if max(weight[0], weight[-1]) > 1e-6:
            raise ValueError(
                f"low={low:g}, high={high:g}: the density at sigma={sigma:g} does not vanish there; expected wider"
            )
        self.boltzmann = weight / weight.sum() / self.width
        half = np.diff(level) / 2
        if np.abs(half).max() >= 700:
            raise ValueError(f"cells={cells}, sigma={sigma:g}: expected more, or larger: L changes too much in a cell")
        rate = diffusion / self.width**2
        self._right, self._left = rate * np.exp(-half), rate * np.exp(half)  # from i to i + 1, from i + 1 to i
        self._out = np.append(self._right, 0.0) + np.insert(self._left, 0, 0.0)

    def step(self, density: np.ndarray, time: float) -> np.ndarray:
        """The density (cells,) after one implicit Euler step of length `time` > 0.

        Raises ValueError for another time, and for a density of another shape, not finite, negative or without mass.
        """
        time, density = positive("time", time), np.asarray(density, dtype=float)
        if density.shape != self.grid.shape or not np.isfinite(density).all() or density.min() < 0 or not density.any():
            raise ValueError(f"density: expected ({len(self.grid)},), finite, ≥ 0 and with a mass")
        bands = np.zeros((3, len(self.grid)))
        bands[0, 1:], bands[1], bands[2, :-1] = -time * self._left, 1 + time * self._out, -time * self._right
        stepped = solve_banded((1, 1), bands, density)
        # The columns of the matrix sum to 1, so mass is conserved up to round-off, which long steps magnify.
        return stepped * (density.sum() / stepped.sum())

    def spectrum(self, count: int = 2) -> np.ndarray:
        """The `count` slowest decay rates (count,), rising, in 1/time; the first is 0, the second the spectral gap λ₁.

        Raises ValueError for a count that is no whole number from 1 to the cells, and where λ₁ is so small beside the
        fastest rate that round-off hides it: at low noise take more cells, below that Kramers' formula.
        """
        last = len(self.grid) - 1
        if whole("count", count) > last + 1:
            raise ValueError(f"count={count}: expected at most {last + 1}, the number of cells")
        coupling = np.sqrt(self._right * self._left)
        slowest = eigh_tridiagonal(
            -self._out, coupling, eigvals_only=True, select="i", select_range=(last - count + 1, last)
        )
        rates = -slowest[::-1]
        rates[0], roundoff = 0.0, np.finfo(float).eps * self._out.max()
        if count > 1 and rates[1] < 100 * roundoff:
            raise ValueError(f"the gap is lost in round-off, {roundoff:.1g}: expected a larger sigma, or more cells")
        return rates

    def point(self, where: float) -> np.ndarray:
        """The density (cells,) of everything being in the cell that holds `where`; ValueError where none does."""
        index = math.floor((finite("where", where) - self.grid[0]) / self.width + 0.5)
        if not 0 <= index < len(self.grid):
            low, high = self.grid[0] - self.width / 2, self.grid[-1] + self.width / 2
            raise ValueError(f"where={where:g}: expected a number from {low:g} up to {high:g}")
        density = np.zeros_like(self.grid)
        density[index] = 1 / self.width
        return density


def stationary_law(grid: np.ndarray, mean: np.ndarray, spread) -> np.ndarray:
    """The law that a chain of Gaussian steps leaves unchanged, as probabilities of the points of a grid.

    From grid[i] a step is normal with mean[i] and the standard deviation spread (one, or one for each point); steps
    land on points of the grid only. grid, mean: (points,). Returns (points,), which sum to 1: the transition matrix's
    fixed vector, from a linear system. Raises ValueError for shapes that do not agree and a spread that is not > 0; for
    one that is so narrow that a step lands on no point; and for one at which parts of the grid exchange so little that
    round-off would decide between them.
    """
    grid, mean = np.asarray(grid, dtype=float), np.asarray(mean, dtype=float)
    if grid.ndim != 1 or mean.shape != grid.shape:
        raise ValueError(f"mean of shape {mean.shape}: expected {grid.shape}, one for each point of the grid")
    spread = np.broadcast_to(np.asarray(spread, dtype=float), grid.shape)
    if not (spread > 0).all():
        raise ValueError("spread: expected standard deviations > 0")
    matrix = np.exp(-((grid - mean[:, None]) ** 2) / 2 / spread[:, None] ** 2)
    landed = matrix.sum(1, keepdims=True)
    if not (landed > 0).all():
        raise ValueError(
            "spread: expected wider steps, or a finer or wider grid: some steps land on none of its points"
        )
    equations = (matrix / landed).T - np.eye(len(grid))
    equations[-1] = 1  # the last balance follows from the others; in its place, probabilities add up to one
    factors = lu_factor(equations)
    if dgecon(factors[0], np.abs(equations).sum(0).max())[0] < 1e-12:  # the reciprocal of the condition number
        raise ValueError("spread: expected a larger one: parts of the grid hardly exchange anything")
    return lu_solve(factors, np.eye(len(grid))[-1])


def mean_passage_time(potential: Potential, sigma: float, start: float, target: float, points: int = 4001) -> float:
    """Exact mean time from start to target > start: (2/σ²) ∫ₐᵇ e^{2L(y)/σ²} ∫₋∞ʸ e^{−2L(z)/σ²} dz dy.

    Gardiner 1985, Handbook of Stochastic Methods, §5.2.7. Simpson's rule on `points` points, 101 or more, on either
    side of start, in logarithms; the lower end lies left of all wells that are within 5 of start, where the inner
    integrand has fallen to e⁻⁴⁰ of its top left of start. Units: of time. Raises ValueError where target ≤ start, where
    L does not confine to the left, and where the time is too long for a floating-point number.
    """
    sigma, a, b = positive("sigma", sigma), finite("start", start), finite("target", target)
    whole("points", points, least=101)
    if target <= start:
        raise ValueError(f"target={b:g}: expected a number > start={a:g}")
    temperature, left = sigma**2 / 2, np.linspace(a - 5, a, 4001)
    above = (potential.value(left) - potential.value(left).min()) / temperature
    low = float(left[np.flatnonzero(above < 40)[0]])
    while not (potential.value(low) - potential.value(left).min()) / temperature >= 40:
        low -= 0.05
        if low < a - 1000:
            raise ValueError("potential: expected one that rises to the left, so that no path is lost there")
    z = np.concatenate((np.linspace(low, a, points), np.linspace(a, b, points)[1:]))
    at, between = (potential.value(place) / temperature for place in (z, (z[1:] + z[:-1]) / 2))
    # Each interval's share of ∫ e^{−L/D}, over the largest of its three values, so that none is lost.
    least = np.minimum(np.minimum(at[1:], at[:-1]), between)
    share = (np.exp(least - at[1:]) + 4 * np.exp(least - between) + np.exp(least - at[:-1])) * np.diff(z) / 6
    inner = np.logaddexp.accumulate(np.log(share) - least)[points - 2 :]
    exponent = at[points - 1 :] + inner
    if not exponent.max() < 700:
        raise ValueError(f"sigma={sigma:g}: expected a larger one: the time to target={b:g} overflows")
    return float(simpson(np.exp(exponent), x=z[points - 1 :]) / temperature)


def kramers_time(potential: Potential, sigma: float, low: float, high: float, corrected: bool = False) -> float:
    """Kramers' mean time over the barrier between low and high: 2π e^{ΔL/D} / √(L″(well) |L″(top)|), in units of time.

    Kramers 1940, Physica 7, 284: the limit of high friction. The well is the minimum between low and high that lies
    left of the maximum. corrected: multiply by 1 + (c_well + c_top) D, the next order of both Laplace integrals, where
    c = 5 L‴² / (24 |L″|³) ∓ L⁗ / (8 L″²), − at the well and + at the top.
    Raises ValueError unless there is exactly one maximum between low and high, with a minimum to its left, and where
    the time is too long for a floating-point number.
    """
    temperature = positive("sigma", sigma) ** 2 / 2
    minima, maxima = potential.critical_points(low, high)
    if len(maxima) != 1 or not minima or minima[0] >= maxima[0]:
        raise ValueError(
            f"low={low:g}, high={high:g}: expected one well and one barrier to its right; found {minima} and {maxima}"
        )
    well, top = max(m for m in minima if m < maxima[0]), maxima[0]
    second = potential.curvature(well), potential.curvature(top)
    height = potential.value(top) - potential.value(well)
    if height / temperature > 700:
        raise ValueError(f"sigma={sigma:g}: expected a larger one: the barrier is {height / temperature:.0f} σ²/2 high")
    time = 2 * math.pi / math.sqrt(second[0] * -second[1]) * math.exp(height / temperature)
    if not corrected:
        return time
    c, eps = 0.0, 1e-3
    for point, sign in ((well, -1), (top, 1)):
        below, here, above = (potential.curvature(point + shift) for shift in (-eps, 0, eps))
        third, fourth = (above - below) / (2 * eps), (above - 2 * here + below) / eps**2
        c += 5 / 24 * third**2 / abs(here) ** 3 + sign * fourth / (8 * here**2)
    return time * (1 + c * temperature)


def _of(name: str, x):
    """exp, log, … of a tensor, or of a finite number as a float."""
    return getattr(torch, name)(x) if isinstance(x, torch.Tensor) else getattr(math, name)(finite("number", x))


@dataclass(frozen=True)
class VariancePreserving:
    """The clock of the forward process dX = −½β(t) X dt + √β(t) dB, 0 ≤ t ≤ 1, with β(t) = first + (last − first) t.

    X_t = α X_0 + σ ε with a standard normal ε, α = exp(−½∫₀ᵗβ) and σ² = 1 − α²: a variance of 1 stays. (Song et al.
    2021, arXiv 2011.13456, equation 11, with these rates; α is the √ᾱ of Ho et al. 2020.)
    first, last: β(0) and β(1), > 0, in 1/time. Every function takes a time, or a floating-point tensor of them, and
    returns the like; ValueError for one that is not in [0, 1].
    """

    first: float = 0.1
    last: float = 20.0

    def __post_init__(self):
        positive("first", self.first), positive("last", self.last)

    def beta(self, t):
        """β(t), in 1/time."""
        low, high = (t.min(), t.max()) if torch.is_tensor(t) and t.numel() else (t, finite("t", t))
        if not 0 <= low <= high <= 1:
            raise ValueError(f"t={t!r}: expected a time from 0 (data) to 1 (noise)")
        return self.first + (self.last - self.first) * t

    def integral(self, t):
        """∫₀ᵗβ: a number that grows from 0."""
        return t * (self.first + self.beta(t)) / 2

    def alpha(self, t):
        """α(t): what is left of the signal, from 1 down."""
        return _of("exp", -self.integral(t) / 2)

    def sigma(self, t):
        """σ(t): the standard deviation of the noise, from 0 up to almost 1; without cancellation at small t."""
        return _of("sqrt", -_of("expm1", -self.integral(t)))

    def log_snr(self, t):
        """log(α²/σ²), the logarithm of the signal-to-noise ratio, for t > 0: it falls, without a bound at t = 0."""
        positive("t", t.min() if torch.is_tensor(t) and t.numel() else t)
        return -_of("log", _of("expm1", self.integral(t)))

    def time(self, log_snr):
        """The time at which the log-SNR is this, the inverse of `log_snr`; ValueError for one lower than at t = 1."""
        above = log_snr - self.log_snr(1.0) + 1e-5  # float32's round-off
        not_negative("log_snr − log_snr(1)", above.min() if torch.is_tensor(above) and above.numel() else above)
        integral = _of("log1p", _of("exp", -log_snr))
        return 2 * integral / (self.first + _of("sqrt", self.first**2 + 2 * (self.last - self.first) * integral))
