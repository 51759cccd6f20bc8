"""A training step by each way back: helpers.ode, torchdiffeq used directly, diffrax; time and peak memory."""

import math
from collections.abc import Callable
from functools import partial

import numpy as np
import torch
import torchdiffeq

from benchmarks.timing import alone, in_turn, peak
from helpers import ode
from tools.tables import Table

BATCH, FEATURES, HIDDEN, STEPS, ROUNDS = 512, 64, 256, 256, 5
HANDS_BACK = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536"}
TITLE = "The way back of a neural ODE"
TEXT = f"""\
One training step (forward, mean square of the end, gradient by all weights) of x → W₂ tanh(W₁x + b₁) + b₂ with
{STEPS} Euler steps, batch {BATCH}, {FEATURES} features, {HIDDEN} hidden units, float32, the same weights and data for
all. Each way in a process of its own, on one core; median of {ROUNDS} after a first one, which pays for compiling.
Peak memory: the process's peak, minus that of the same with two Euler steps, in a second process whose allocator hands
freed blocks back at once (glibc's, left alone, grows to twice what is alive). All steps' graph: {STEPS} B (d + h)
itemsize = {STEPS * BATCH * (FEATURES + HIDDEN) * 4 / 1e6:.0f} MB. Off: the gradient's distance from that of the first
row, over its length.

Where the time of helpers.ode's adjoint goes, by its thread's own clock on a Xeon at a load of 1.6, median of 7 rounds:
463 ms, where backpropagation takes 321. 512 evaluations of the field are 157 of them, and 256 products with its
Jacobians 157; in both together stand 8 matrix products a step, where backpropagation has 6: 230 ms against 176. The
rest, 149, is torchdiffeq's: x, a and the integrals for all weights are one vector of 98,625 numbers, which each step
back puts together, scales, adds and takes apart, and of which it takes `abs` twice to learn a dtype (31 ms, by
cProfile). The loop of notebook 02 takes 373 on the same step, and without autograd and in place 325, or 0.70 of the
library's: that much a compiler can save."""
COLUMNS = "way | ms a step:.0f | × backprop:.2f | first step, ms:.0f | peak, MB:.0f | off:.0e"


def weights_and_data(batch: int, features: int, hidden: int) -> list[np.ndarray]:
    """W₁, b₁, W₂, b₂ and the data, the same in every process."""
    rng = np.random.default_rng(0)
    shapes = (features, hidden), (hidden,), (hidden, features), (features,), (batch, features)
    scales = 1 / math.sqrt(features), 0.1, 1 / math.sqrt(hidden), 0.1, 1.0
    return [
        (scale * rng.standard_normal(shape)).astype(np.float32) for shape, scale in zip(shapes, scales, strict=True)
    ]


class Field(torch.nn.Module):
    def __init__(self, *weights: np.ndarray):
        super().__init__()
        self.w1, self.b1, self.w2, self.b2 = (torch.nn.Parameter(torch.from_numpy(w)) for w in weights)

    def forward(self, _t, x):
        return torch.addmm(self.b2, torch.tanh(torch.addmm(self.b1, x, self.w1)), self.w2)


# A way takes weights and data, and the number of steps; it returns a function that gives the gradient, by all weights.
def in_torch(way: str, direct: bool, arrays: list[np.ndarray], steps: int) -> Callable:
    field, data, times = Field(*arrays[:-1]), torch.from_numpy(arrays[-1]), torch.tensor([0.0, 1.0])

    def step():
        if direct:
            solver = torchdiffeq.odeint_adjoint if way == "adjoint" else torchdiffeq.odeint
            end = solver(field, data, times, method="euler", options={"step_size": 1 / steps})[-1]
        else:
            end = ode.solve(field, data, times, "euler", steps=steps, gradient=way).last
        return ode.gradients(end.square().mean(), field).values()

    return step


def in_diffrax(adjoint: str, arrays: list[np.ndarray], steps: int) -> Callable:
    import diffrax
    import jax
    import jax.numpy as jnp

    *start, data = map(jnp.asarray, arrays)
    options = {"max_steps": steps + 1, "adjoint": getattr(diffrax, adjoint)()}

    def field(_t, x, w):
        return jnp.tanh(x @ w[0] + w[1]) @ w[2] + w[3]

    def loss(w):
        term = diffrax.ODETerm(field)
        found = diffrax.diffeqsolve(term, diffrax.Euler(), 0.0, 1.0, 1 / steps, data, tuple(w), **options)
        return jnp.mean(found.ys[-1] ** 2)

    gradient = jax.jit(jax.grad(loss))
    return lambda: [jax.device_get(g) for g in gradient(start)]


WAYS = {
    "helpers.ode, backprop": partial(in_torch, "backprop", False),
    "torchdiffeq.odeint": partial(in_torch, "backprop", True),
    "helpers.ode, checkpoint": partial(in_torch, "checkpoint", False),
    "diffrax, RecursiveCheckpointAdjoint": partial(in_diffrax, "RecursiveCheckpointAdjoint"),
    "helpers.ode, adjoint": partial(in_torch, "adjoint", False),
    "torchdiffeq.odeint_adjoint": partial(in_torch, "adjoint", True),
    "diffrax, BacksolveAdjoint": partial(in_diffrax, "BacksolveAdjoint"),
}


def measured(way: str, steps=STEPS, rounds=ROUNDS, batch=BATCH, features=FEATURES, hidden=HIDDEN) -> dict:
    """Seconds, MB and the gradient of one way, in this process."""
    arrays = weights_and_data(batch, features, hidden)
    WAYS[way](arrays, 2)()  # what it takes to have the libraries and the compiler at work
    before, step = peak(), WAYS[way](arrays, steps)
    found = in_turn({way: step}, rounds)[way]
    gradient = np.concatenate([np.asarray(part).ravel() for part in found.result]).tolist()
    return {"first": found.first, "median": found.median, "peak": peak() - before, "gradient": gradient}


def rows(found: dict[str, dict]) -> list[tuple]:
    """What was measured of each way, beside the first one."""
    (base, target), rows = next((way["median"], way["gradient"]) for way in found.values()), []
    for name, way in found.items():
        off = math.dist(way["gradient"], target) / math.hypot(*target)
        rows.append((name, 1000 * way["median"], way["median"] / base, 1000 * way["first"], way["peak"], off))
    return rows


def tables() -> list[Table]:
    found = {}
    for way in WAYS:
        found[way] = alone(measured, way) | {"peak": alone(measured, way, **HANDS_BACK)["peak"]}
    return [Table(COLUMNS, rows(found))]
