"""A training step by each way back: helpers.ode, torchdiffeq used directly, diffrax; time and peak memory.

Each way runs in a process of its own, on one core: peak memory is a process's, and never falls.
"""

import json
import math
import os
import re
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
BATCH, FEATURES, HIDDEN, STEPS, ROUNDS = 512, 64, 256, 256, 5
INTRODUCTION = f"""## The way back of a neural ODE

One training step (forward, mean square of the end, gradient by all weights) of x → W₂ tanh(W₁x + b₁) + b₂ with
{STEPS} Euler steps, batch {BATCH}, {FEATURES} features, {HIDDEN} hidden units, float32, the same weights and data for
all. Each way in a process of its own, on one core; median of {ROUNDS} after a first one, which pays for compiling.
Peak memory: the process's peak, minus that of the same with two Euler steps, in a second process whose allocator hands
freed blocks back at once (glibc's, left alone, grows to twice what is alive). All steps' graph: {STEPS} B (d + h)
itemsize = {STEPS * BATCH * (FEATURES + HIDDEN) * 4 / 1e6:.0f} MB. Off: the gradient's distance from that of the first
row, over its length.
"""


def weights() -> list:
    """W₁, b₁, W₂, b₂ and the data, as NumPy arrays, the same in every process."""
    import numpy as np

    rng = np.random.default_rng(0)
    shapes = (FEATURES, HIDDEN), (HIDDEN,), (HIDDEN, FEATURES), (FEATURES,), (BATCH, FEATURES)
    scales = 1 / math.sqrt(FEATURES), 0.1, 1 / math.sqrt(HIDDEN), 0.1, 1.0
    return [
        (scale * rng.standard_normal(shape)).astype(np.float32) for shape, scale in zip(shapes, scales, strict=True)
    ]


def in_torch(way: str, direct: bool, steps: int) -> Callable:
    import torch
    from torchdiffeq import odeint, odeint_adjoint

    sys.path.insert(0, str(ROOT))
    from helpers import ode

    torch.set_num_threads(1)
    *start, data = map(torch.from_numpy, weights())

    class Field(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.w1, self.b1, self.w2, self.b2 = map(torch.nn.Parameter, start)

        def forward(self, _t, x):
            return torch.addmm(self.b2, torch.tanh(torch.addmm(self.b1, x, self.w1)), self.w2)

    field, times = Field(), torch.tensor([0.0, 1.0])

    def step():
        if direct:
            solver = odeint_adjoint if way == "adjoint" else odeint
            end = solver(field, data, times, method="euler", options={"step_size": 1 / steps})[-1]
        else:
            end = ode.solve(field, data, times, "euler", steps=steps, gradient=way).last
        return [g.numpy() for g in ode.gradients(end.square().mean(), field).values()]

    return step


def in_diffrax(way: str, steps: int) -> Callable:
    import diffrax
    import jax
    import jax.numpy as jnp

    *start, data = map(jnp.asarray, weights())
    adjoint = {"checkpoint": diffrax.RecursiveCheckpointAdjoint, "adjoint": diffrax.BacksolveAdjoint}[way]()

    def field(_t, x, w):
        return jnp.tanh(x @ w[0] + w[1]) @ w[2] + w[3]

    def loss(w):
        options = {"max_steps": steps + 1, "adjoint": adjoint}
        found = diffrax.diffeqsolve(
            diffrax.ODETerm(field), diffrax.Euler(), 0.0, 1.0, 1 / steps, data, tuple(w), **options
        )
        return jnp.mean(found.ys[-1] ** 2)

    gradient = jax.jit(jax.grad(loss))
    return lambda: [jax.device_get(g) for g in gradient(start)]


WAYS = {
    "helpers.ode, backprop": lambda steps: in_torch("backprop", False, steps),
    "torchdiffeq.odeint": lambda steps: in_torch("backprop", True, steps),
    "helpers.ode, checkpoint": lambda steps: in_torch("checkpoint", False, steps),
    "diffrax, RecursiveCheckpointAdjoint": lambda steps: in_diffrax("checkpoint", steps),
    "helpers.ode, adjoint": lambda steps: in_torch("adjoint", False, steps),
    "torchdiffeq.odeint_adjoint": lambda steps: in_torch("adjoint", True, steps),
    "diffrax, BacksolveAdjoint": lambda steps: in_diffrax("adjoint", steps),
}


def peak() -> float:
    """The most that this process ever held, in MB."""
    try:  # since its own start; what getrusage reports begins with its parent's peak
        status = Path("/proc/self/status").read_text(encoding="utf-8")
        return int(re.search(r"VmHWM:\s+(\d+) kB", status)[1]) / 1e3
    except OSError:
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def child(name: str) -> None:
    """Measure one way and print it as JSON."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    WAYS[name](2)()  # what it takes to have the libraries and the compiler at work
    before, step, seconds = peak(), WAYS[name](STEPS), []
    for _ in range(ROUNDS + 1):
        begin = time.perf_counter()
        gradient = step()
        seconds.append(time.perf_counter() - begin)
    gradient = [float(x) for part in gradient for x in part.flatten()]
    print(json.dumps({"first": seconds[0], "rest": seconds[1:], "peak": peak() - before, "gradient": gradient}))


def in_process(name: str, **environment: str) -> dict:
    """One way, measured in a process of its own."""
    command = [sys.executable, str(Path(__file__).resolve()), name]
    environment = os.environ | {"OMP_NUM_THREADS": "1"} | environment
    return json.loads(subprocess.run(command, env=environment, capture_output=True, text=True, check=True).stdout)


def run() -> str:
    """The section of the report."""
    found = {}
    for name in WAYS:
        found[name] = in_process(name)
        found[name]["peak"] = in_process(name, MALLOC_MMAP_THRESHOLD_="65536", MALLOC_TRIM_THRESHOLD_="65536")["peak"]
    reference = next(iter(found.values()))
    base, target = statistics.median(reference["rest"]), reference["gradient"]
    lines = [INTRODUCTION, "| way | ms a step | × backprop | first step, ms | peak, MB | off |"]
    lines.append("| --- | --- | --- | --- | --- | --- |")
    for name, row in found.items():
        median = statistics.median(row["rest"])
        off = math.dist(row["gradient"], target) / math.hypot(*target)
        lines.append(
            f"| {name} | {1000 * median:.0f} | {median / base:.2f} | {1000 * row['first']:.0f} "
            f"| {row['peak']:.0f} | {off:.0e} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        child(sys.argv[1])
    else:
        print(run())
