"""Euler–Maruyama on the double well: helpers.sde beside torchsde, diffrax, NumPy, numba, and the bare normals."""

import math
import statistics
import sys
import time
from collections.abc import Callable
from pathlib import Path

import diffrax
import jax
import jax.numpy as jnp
import lineax
import numba
import numpy as np
import torch
import torchsde

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from helpers import sde

PATHS, STEPS, STEP, SIGMA = 10_000, 1000, 1e-3, 0.7
ROUNDS = 15
COURSE, DRAW = "helpers.sde", "the normals alone (torch)"
INTRODUCTION = f"""## Euler–Maruyama

{PATHS:,} paths × {STEPS:,} steps of the double well from W = −1 at σ = {SIGMA}, h = {STEP:g}, in float32, the ends
kept. Median of {ROUNDS} rounds, each of which runs all of them in turn. Every one may use both cores as it does by
itself: helpers.sde draws its next normals on a thread of its own, numba runs its paths in parallel, XLA decides;
torch's own operations run on one thread, as in the notebooks. Compiling is done before, and timed apart. The last
column shows that all simulate the same law: mean of W at the end minus that of helpers.sde, in standard errors.
"""


def drift(_time, w):
    return -4 * w * (w * w - 1)


def course() -> Callable:
    generator, start = torch.Generator().manual_seed(0), torch.full((PATHS,), -1.0)
    return lambda: sde.euler_maruyama(drift, SIGMA, start, STEP, STEPS, generator).last


def normals_alone() -> Callable:
    generator, buffer = torch.Generator().manual_seed(0), torch.empty(PATHS)

    def draw():
        for _ in range(STEPS):
            buffer.normal_(generator=generator)

    return draw


def with_torchsde() -> Callable:
    class DoubleWell(torch.nn.Module):
        noise_type, sde_type = "diagonal", "ito"

        def f(self, t, w):
            return drift(t, w)

        def g(self, t, w):
            return torch.full_like(w, SIGMA)

    well, start, times = DoubleWell(), torch.full((PATHS, 1), -1.0), torch.tensor([0.0, STEPS * STEP])

    def run():
        with torch.no_grad():
            return torchsde.sdeint(well, start, times, dt=STEP, method="euler")[-1]

    return run


def with_diffrax() -> Callable:
    start = jnp.full(PATHS, -1.0, jnp.float32)

    @jax.jit
    def solve(key):
        # The cheapest of its Brownian motions: a fresh normal at each step, nothing remembered.
        noise = diffrax.UnsafeBrownianPath(shape=(PATHS,), key=key)
        kick = diffrax.ControlTerm(lambda t, w, _: lineax.DiagonalLinearOperator(jnp.full_like(w, SIGMA)), noise)
        terms = diffrax.MultiTerm(diffrax.ODETerm(lambda t, w, _: drift(t, w)), kick)
        grid = diffrax.StepTo(jnp.arange(STEPS + 1) * STEP)
        end = grid.ts[-1]
        options = {"stepsize_controller": grid, "adjoint": diffrax.ForwardMode(), "max_steps": STEPS, "throw": False}
        return diffrax.diffeqsolve(terms, diffrax.Euler(), 0.0, end, None, start, **options).ys[-1]

    keys = iter(jax.random.split(jax.random.key(0), 10 * ROUNDS))
    return lambda: solve(next(keys)).block_until_ready()


def with_numpy() -> Callable:
    generator, root = np.random.default_rng(0), np.float32(SIGMA * math.sqrt(STEP))
    noise = np.empty(PATHS, np.float32)

    def run():
        w = np.full(PATHS, -1.0, np.float32)
        for _ in range(STEPS):
            generator.standard_normal(dtype=np.float32, out=noise)
            w += np.float32(STEP) * drift(0, w) + root * noise
        return w

    return run


def with_numba() -> Callable:
    step, root = np.float32(STEP), np.float32(SIGMA * math.sqrt(STEP))

    @numba.njit(parallel=True, fastmath=True)
    def run():
        ends = np.empty(PATHS, np.float32)
        for path in numba.prange(PATHS):
            w = np.float32(-1.0)
            for _ in range(STEPS):
                xi = np.float32(np.random.normal())  # noqa: NPY002 (numba's own generator, one for each thread)
                w += step * np.float32(-4) * w * (w * w - np.float32(1)) + root * xi
            ends[path] = w
        return ends

    return run


PEERS = {
    COURSE: course,
    DRAW: normals_alone,
    f"torchsde {torchsde.__version__}": with_torchsde,
    f"diffrax {diffrax.__version__}, jitted": with_diffrax,
    f"NumPy {np.__version__}": with_numpy,
    f"numba {numba.__version__}": with_numba,
}


def measure() -> tuple[dict, dict, dict]:
    """Seconds of each round, seconds that the first call took longer (compiling), and ends, by name."""
    runs = {name: make() for name, make in PEERS.items()}
    seconds, first, ends = {name: [] for name in runs}, {}, {}
    for number in range(ROUNDS + 1):
        for name, run in runs.items():
            begin = time.perf_counter()
            result = run()
            took = time.perf_counter() - begin
            if number:
                seconds[name].append(took)
            else:
                first[name], ends[name] = took, None if result is None else np.asarray(result, np.float64).ravel()
    return seconds, {name: max(0.0, took - statistics.median(seconds[name])) for name, took in first.items()}, ends


def run() -> str:
    """The section of the report."""
    torch.set_num_threads(1)
    seconds, compiling, ends = measure()
    ours, lines = statistics.median(seconds[COURSE]), [INTRODUCTION]
    lines.append("| | median, ms | million steps / s | time / helpers.sde | compiling, ms | mean W |")
    lines.append("| --- | --- | --- | --- | --- | --- |")
    for name, rounds in seconds.items():
        median, end = statistics.median(rounds), ends[name]
        if end is None or name == COURSE:
            apart = "–"
        else:
            error = math.hypot(end.std(), ends[COURSE].std()) / math.sqrt(PATHS)
            apart = f"{(end.mean() - ends[COURSE].mean()) / error:+.1f}"
        compiled = f"{1000 * compiling[name]:.0f}" if name.startswith(("diffrax", "numba")) else "–"
        lines.append(
            f"| {name} | {1000 * median:.0f} | {PATHS * STEPS / median / 1e6:.0f} | {median / ours:.2f} "
            f"| {compiled} | {apart} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    print(run())
