"""Euler–Maruyama on the double well: helpers.sde beside torchsde, diffrax, NumPy, numba, and the bare normals."""

import math
from collections.abc import Callable

import numpy as np
import torch

from benchmarks.timing import in_turn
from helpers import sde
from tools.tables import Table

PATHS, STEPS, STEP, SIGMA = 10_000, 1000, 1e-3, 0.7
ROUNDS = 15
COURSE = "helpers.sde"
TITLE = "Euler–Maruyama"
TEXT = f"""\
{PATHS:,} paths × {STEPS:,} steps of the double well from W = −1 at σ = {SIGMA}, h = {STEP:g}, in float32, the ends
kept. Median of {ROUNDS} rounds, each of which runs all of them in turn. Every one may use both cores as it does by
itself: helpers.sde draws its next normals on a thread of its own, numba runs its paths in parallel, XLA decides;
torch's own operations run on one thread, as in the notebooks. Compiling is done before, and timed apart. The last
column shows that all simulate the same law: mean of W at the end minus that of helpers.sde, in standard errors.

Where the time of helpers.sde goes, by its threads' own clocks on a Xeon: the normals 36 ms, the drift 12 (8 of them are
calls of torch, however few the paths), adding slope and noise 5, looking for paths that blew up 1. One after the other
that is 0.62 of the rate of the normals alone. A thread that draws 64 steps ahead brings it to 0.91 to 0.94 on two free
cores (32 steps: 0.84 to 0.92; 16: 0.77 to 0.84), medians of 60 rounds; with one core or both taken by others to 0.60 to
0.65, where no thread gives 0.60 to 0.62. So it pays, or is free, from 2048 paths on."""
COLUMNS = "way | median, ms:.0f | million steps / s:.0f | time / helpers.sde:.2f | compiling, ms:.0f | mean W:+.1f"


def drift(_time, w):
    return -4 * w * (w * w - 1)


# A way takes the numbers of paths and of steps; it returns a function that gives the ends.
def course(paths: int, steps: int) -> Callable:
    generator, start = torch.Generator().manual_seed(0), torch.full((paths,), -1.0)
    return lambda: sde.euler_maruyama(drift, SIGMA, start, STEP, steps, generator).last


def normals_alone(paths: int, steps: int) -> Callable:
    generator, buffer = torch.Generator().manual_seed(0), torch.empty(paths)

    def draw():
        for _ in range(steps):
            buffer.normal_(generator=generator)

    return draw


def with_torchsde(paths: int, steps: int) -> Callable:
    import torchsde

    class DoubleWell(torch.nn.Module):
        noise_type, sde_type = "diagonal", "ito"

        def f(self, t, w):
            return drift(t, w)

        def g(self, t, w):
            return torch.full_like(w, SIGMA)

    well, start, times = DoubleWell(), torch.full((paths, 1), -1.0), torch.tensor([0.0, steps * STEP])

    def run():
        with torch.no_grad():
            return torchsde.sdeint(well, start, times, dt=STEP, method="euler")[-1]

    return run


def with_diffrax(paths: int, steps: int) -> Callable:
    import diffrax
    import jax
    import jax.numpy as jnp
    import lineax

    start = jnp.full(paths, -1.0, jnp.float32)

    @jax.jit
    def solve(key):
        # The cheapest of its Brownian motions: a fresh normal at each step, nothing remembered.
        noise = diffrax.UnsafeBrownianPath(shape=(paths,), key=key)
        kick = diffrax.ControlTerm(lambda t, w, _: lineax.DiagonalLinearOperator(jnp.full_like(w, SIGMA)), noise)
        terms = diffrax.MultiTerm(diffrax.ODETerm(lambda t, w, _: drift(t, w)), kick)
        grid = diffrax.StepTo(jnp.arange(steps + 1) * STEP)
        end = grid.ts[-1]
        options = {"stepsize_controller": grid, "adjoint": diffrax.ForwardMode(), "max_steps": steps, "throw": False}
        return diffrax.diffeqsolve(terms, diffrax.Euler(), 0.0, end, None, start, **options).ys[-1]

    keys = iter(jax.random.split(jax.random.key(0), 10 * ROUNDS))
    return lambda: solve(next(keys)).block_until_ready()


def with_numpy(paths: int, steps: int) -> Callable:
    generator, root = np.random.default_rng(0), np.float32(SIGMA * math.sqrt(STEP))
    noise = np.empty(paths, np.float32)

    def run():
        w = np.full(paths, -1.0, np.float32)
        for _ in range(steps):
            generator.standard_normal(dtype=np.float32, out=noise)
            w += np.float32(STEP) * drift(0, w) + root * noise
        return w

    return run


def with_numba(paths: int, steps: int) -> Callable:
    import numba

    step, root = np.float32(STEP), np.float32(SIGMA * math.sqrt(STEP))

    @numba.njit(parallel=True, fastmath=True)
    def run():
        ends = np.empty(paths, np.float32)
        for path in numba.prange(paths):
            w = np.float32(-1.0)
            for _ in range(steps):
                xi = np.float32(np.random.normal())  # noqa: NPY002 (numba's own generator, one for each thread)
                w += step * np.float32(-4) * w * (w * w - np.float32(1)) + root * xi
            ends[path] = w
        return ends

    return run


WAYS = {
    COURSE: course,
    "the normals alone (torch)": normals_alone,
    "torchsde": with_torchsde,
    "diffrax, jitted": with_diffrax,
    "NumPy": with_numpy,
    "numba": with_numba,
}


def rows(paths: int = PATHS, steps: int = STEPS, rounds: int = ROUNDS, only: str = "") -> list[tuple]:
    """A row for each. only: how the names begin."""
    torch.set_num_threads(1)
    found = in_turn({name: make(paths, steps) for name, make in WAYS.items() if name.startswith(only)}, rounds)
    ends = {name: None if way.result is None else np.asarray(way.result, float) for name, way in found.items()}
    ours, table = found[COURSE].median, []
    for name, way in found.items():
        compiling = 1000 * max(0.0, way.first - way.median) if name in ("diffrax, jitted", "numba") else None
        apart = None
        if ends[name] is not None and name != COURSE:
            error = math.hypot(ends[name].std(), ends[COURSE].std()) / math.sqrt(paths)
            apart = (ends[name].mean() - ends[COURSE].mean()) / error
        table.append((name, 1000 * way.median, paths * steps / way.median / 1e6, way.median / ours, compiling, apart))
    return table


def tables() -> list[Table]:
    return [Table(COLUMNS, rows())]
