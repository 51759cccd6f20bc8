"""Continuous normalizing flows: helpers.traces beside torchdyn, zuko and FFJORD's scheme; what a trace costs.

Everything is measured in a process of its own, on one core and one thread.
"""

import math
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from unittest import mock

import torch
from torch import nn
from torchdiffeq import odeint, odeint_adjoint

sys.path.insert(0, str(Path(__file__).resolve().parent.parent))

from helpers import ode, traces

HIDDEN, STEPS, SEED = 64, 8, 0
RTOL, ATOL = 1e-5, 1e-6  # zuko's and FFJORD's defaults
TRAINING = {"features": 2, "batch": 256, "rounds": 60}
LIKELIHOOD = {"features": 64, "batch": 128, "rounds": 60}
COSTS = {"features": (2, 4, 8, 16, 32, 64, 128), "batch": 64, "rounds": 30, "calls": 6}
SAME = 1e-5  # relative (absolute below one nat): how far a point's log p may differ between two ways on the same grid
GRID, ADAPTIVE = "RK4", "dopri5"
INTRODUCTION = f"""## Continuous normalizing flows

The data flow from t = 0 to a standard normal at t = 1 along W₂ tanh(W₁(x, t) + b₁) + b₂ with {HIDDEN} hidden units,
float32, the same network, weights and data for all. One process on one core, one thread; median of
{TRAINING["rounds"]} rounds, each of which runs all ways in turn.

- RK4: {STEPS} equal steps of the 3/8 rule, torchdiffeq's. torchdyn's own RK4 is given that tableau: the one that it
  comes with evaluates the field at t, t, t + h/2, t + h/2, which is of first order where the field depends on time.
  zuko has an adaptive solver alone; here torchdiffeq's RK4 stands in its place.
- dopri5: rtol = {RTOL:g}, atol = {ATOL:g}. torchdiffeq's and zuko's measure the error by different norms, hence take
  different steps.
- FFJORD's scheme: the published one, written anew on torchdiffeq: the state a tuple; one gradient for each feature in
  a loop, or one probe, always with a graph. FFJORD itself trains by the adjoint.
- helpers, closed form: Σ_k (1 − tanh²)_k (W₂W₁)_kk as the `trace` of `WithLogDensity`.

× helpers: over helpers.traces with the same solver. Evaluations: of the field, forward + backward. Per evaluation: all
the time over the forward ones. Off: from the first row, the furthest log p of all points, in nats; for the gradient,
its distance over its length.
"""
TRAINING_TEXT = f"""### One training step in the plane

{TRAINING["batch"]} points, exact trace: mean negative log-likelihood and its gradient by all weights.

| way | solver | ms | × helpers | evaluations | µs per evaluation | off | gradient off |
| --- | --- | --- | --- | --- | --- | --- | --- |"""
LIKELIHOOD_TEXT = f"""### One likelihood in {LIKELIHOOD["features"]} dimensions

{LIKELIHOOD["batch"]} points, one gaussian probe for the whole solve, the same for all; no gradient by the weights.

| way | solver | ms | × helpers | evaluations | µs per evaluation | off |
| --- | --- | --- | --- | --- | --- | --- |"""
COSTS_TEXT = f"""### What a trace costs

The field and its trace at {COSTS["batch"]} points, without a graph for later: `exact_trace` and `hutchinson_trace` with
one probe, {COSTS["calls"]} calls in a row in each of {COSTS["rounds"]} rounds, the median of all calls. Laws: with a
vector-Jacobian product at the cost of two evaluations of the field, d of them take (1 + 2d)/3 of the time of one; with
one evaluation, (1 + d)/2, which is the count of multiplications, as the weights' gradients are left out. One
more: (exact − one probe)/(d − 1), in evaluations of the field. Batched: all d products in one call, as zuko makes
them, over `exact_trace`.

| d | field, µs | probe, µs | exact, µs | exact / probe | (1 + d)/2 | (1 + 2d)/3 | off that | one more | batched |
| --- | --- | --- | --- | --- | --- | --- | --- | --- | --- |"""


class Field(nn.Module):
    """A tanh network of (x, t) with one hidden layer, which counts its evaluations: (batch, d) → (batch, d)."""

    def __init__(self, features: int):
        super().__init__()
        generator = torch.Generator().manual_seed(SEED)
        shapes = (features + 1, HIDDEN), (HIDDEN,), (HIDDEN, features), (features,)
        scales = 1 / math.sqrt(features + 1), 0.1, 1 / math.sqrt(HIDDEN), 0.1
        start = (scale * torch.randn(shape, generator=generator) for shape, scale in zip(shapes, scales, strict=True))
        self.w1, self.b1, self.w2, self.b2 = map(nn.Parameter, start)
        self.nfe = 0

    def hidden(self, time, x):
        self.nfe += 1
        at = torch.full_like(x[:, :1], float(time.detach() if isinstance(time, torch.Tensor) else time))
        return torch.tanh(torch.addmm(self.b1, torch.cat((x, at), dim=1), self.w1))

    def forward(self, time, x):
        return torch.addmm(self.b2, self.hidden(time, x), self.w2)


def closed_form(field: Field, time, x) -> tuple[torch.Tensor, torch.Tensor]:
    """The field and its trace Σ_k (1 − tanh²)_k (W₂W₁)_kk, without a derivative."""
    hidden = field.hidden(time, x)
    return torch.addmm(field.b2, hidden, field.w2), (1 - hidden**2) @ (field.w1[:-1].T * field.w2).sum(1)


def batched_trace(field: Callable, time, x) -> tuple[torch.Tensor, torch.Tensor]:
    """The field and its trace, all d products in one call; no graph for later."""
    units = torch.eye(x.shape[1])[:, None].expand(-1, len(x), -1)
    with torch.enable_grad():
        x = x.detach().requires_grad_()
        slope = field(time, x)
        (rows,) = torch.autograd.grad(slope, x, units, is_grads_batched=True)
    return slope.detach(), torch.einsum("kbk->b", rows)


def draw_data(features: int, batch: int) -> torch.Tensor:
    return 1.5 * torch.randn(batch, features, generator=torch.Generator().manual_seed(SEED + 1))


def draw_probe(x: torch.Tensor) -> torch.Tensor:
    return torch.randn(x.shape, generator=torch.Generator().manual_seed(SEED))


def log_density(z: torch.Tensor, change: torch.Tensor) -> torch.Tensor:
    """log p of the data, (batch,). change: what it gained on the way to z, (batch,)."""
    return -0.5 * (z.square().sum(-1) + z.shape[-1] * math.log(2 * math.pi)) - change


def with_helpers(
    field: Field, x, exact: bool, method="rk4", trace=traces.exact_trace, gradient="backprop"
) -> torch.Tensor:
    if not exact:
        probes = draw_probe(x)[None]

        def trace(field, time, x):
            return traces.hutchinson_trace(field, time, x, probes)

    grid = {"steps": STEPS} if method == "rk4" else {"rtol": RTOL, "atol": ATOL}
    start, flow = torch.cat((x, torch.zeros(len(x), 1)), dim=1), traces.WithLogDensity(field, trace)
    end = ode.solve(flow, start, (0.0, 1.0), method, gradient=gradient, **grid).last
    return log_density(end[:, :-1], end[:, -1])


def with_ffjord(field: Field, x, exact: bool, adjoint: bool = False) -> torch.Tensor:
    probe = None if exact else draw_probe(x)

    def rate(time, state):
        x = state[0]
        with torch.enable_grad():
            x.requires_grad_()
            slope = field(time, x)
            if exact:
                rows = (torch.autograd.grad(slope[:, k].sum(), x, create_graph=True)[0] for k in range(x.shape[1]))
                divergence = sum(row[:, k] for k, row in enumerate(rows))
            else:
                divergence = (torch.autograd.grad(slope, x, probe, create_graph=True)[0] * probe).sum(1)
        return slope, -divergence[:, None]

    options = {"method": "rk4", "options": {"step_size": 1 / STEPS}}
    if adjoint:
        options["adjoint_params"] = tuple(field.parameters())
    solver = odeint_adjoint if adjoint else odeint
    z, change = solver(rate, (x, torch.zeros(len(x), 1)), torch.tensor([0.0, 1.0]), **options)
    return log_density(z[-1], change[-1, :, 0])


def with_torchdyn(field: Field, features: int, exact: bool) -> Callable:
    from torchdyn.core import NeuralODE
    from torchdyn.core.defunc import DEFuncBase
    from torchdyn.models import CNF, autograd_trace, hutch_trace
    from torchdyn.numerics.solvers.ode import RungeKutta4

    class AtDepth(nn.Module):
        """The field with the time where torchdyn writes it."""

        def __init__(self):
            super().__init__()
            self.field, self.t = field, None

        def forward(self, x):
            return self.field(self.t, x)

    solver = RungeKutta4()
    rows = [1 / 3], [-1 / 3, 1.0], [1.0, -1.0, 1.0]
    weights = torch.tensor([1 / 8, 3 / 8, 3 / 8, 1 / 8])
    solver.tableau = torch.tensor([1 / 3, 2 / 3, 1.0]), [torch.tensor(row) for row in rows], weights, torch.zeros(1)
    noise = SimpleNamespace(sample=lambda shape: draw_probe(torch.empty(*shape, features)))
    flow = CNF(AtDepth(), autograd_trace) if exact else CNF(AtDepth(), hutch_trace, noise)
    model = NeuralODE(DEFuncBase(flow, has_time_arg=False), solver=solver, return_t_eval=False)
    times = torch.linspace(0, 1, STEPS + 1)

    def run(x):
        end = model(torch.cat((torch.zeros(len(x), 1), x), dim=1), times, save_at=times[-1:])[-1]
        return log_density(end[:, 1:], end[:, 0])

    return run


def with_zuko(field: Field, features: int, exact: bool, method: str) -> Callable:
    import zuko

    base = zuko.distributions.DiagNormal(torch.zeros(features), torch.ones(features))
    weights = tuple(field.parameters())
    transform = zuko.transforms.FreeFormJacobianTransform(field, 0.0, 1.0, weights, exact=exact, rtol=RTOL, atol=ATOL)
    flow = zuko.distributions.NormalizingFlow(transform, base)

    def on_grid(rate, state, start, end, *_):
        times, options = torch.tensor([start, end]), {"step_size": 1 / STEPS}
        return tuple(part[-1] for part in odeint(lambda t, s: rate(t, *s), state, times, method="rk4", options=options))

    def run(x):
        if not exact:
            torch.manual_seed(SEED)  # zuko draws its probe from the global generator
        return flow.log_prob(x)

    def run_on_grid(x):
        with mock.patch.object(zuko.transforms, "odeint", on_grid):
            return run(x)

    return run_on_grid if method == "rk4" else run


def ways(field: Field, features: int, exact: bool) -> dict[tuple[str, str], Callable]:
    """(way, solver) → log p of every point of a batch; helpers first."""
    found = {("helpers", GRID): lambda x: with_helpers(field, x, exact)}
    if exact:
        found["helpers, closed form", GRID] = lambda x: with_helpers(field, x, exact, trace=closed_form)
    found["FFJORD's scheme", GRID] = lambda x: with_ffjord(field, x, exact)
    found["torchdyn", GRID] = with_torchdyn(field, features, exact)
    found["zuko", GRID] = with_zuko(field, features, exact, "rk4")
    if exact:
        found["helpers, adjoint", GRID] = lambda x: with_helpers(field, x, exact, gradient="adjoint")
        found["FFJORD's scheme, adjoint", GRID] = lambda x: with_ffjord(field, x, exact, adjoint=True)
    found["helpers", ADAPTIVE] = lambda x: with_helpers(field, x, exact, ADAPTIVE)
    found["zuko, adjoint" if exact else "zuko", ADAPTIVE] = with_zuko(field, features, exact, ADAPTIVE)
    return found


def in_turn(runs: dict, rounds: int, calls: int = 1) -> dict:
    """Median seconds of a call of each, all of them called in every round; one round before does not count."""
    seconds = {name: [] for name in runs}
    for _ in range(rounds + 1):
        for name, run in runs.items():
            for _ in range(calls):
                begin = time.perf_counter()
                run()
                seconds[name].append(time.perf_counter() - begin)
    return {name: statistics.median(taken[calls:]) for name, taken in seconds.items()}


def compare(features: int, batch: int, rounds: int, exact: bool) -> list[str]:
    """The rows of a table. With the exact trace it is a training step, else a likelihood without a graph."""
    field, x = Field(features), draw_data(features, batch)
    weights, steps, found = tuple(field.parameters()), {}, {}
    for name, way in ways(field, features, exact).items():

        def step(way=way):
            with torch.set_grad_enabled(exact):
                points = way(x)
            forward = field.nfe
            gradient = torch.autograd.grad(-points.mean(), weights) if exact else ()
            return points.detach(), gradient, forward

        field.nfe, steps[name] = 0, step
        points, gradient, forward = step()
        gradient = torch.cat([part.flatten() for part in gradient]) if exact else None
        found[name] = points, gradient, forward, field.nfe - forward
    seconds, rows = in_turn(steps, rounds), []
    target, slope, *_ = found["helpers", GRID]
    for (way, solver), (points, gradient, forward, backward) in found.items():
        if solver == GRID:
            torch.testing.assert_close(points, target, rtol=SAME, atol=SAME, msg=lambda text, way=way: f"{way}: {text}")
        taken = seconds[way, solver]
        row = f"| {way} | {solver} | {1000 * taken:.1f} | {taken / seconds['helpers', solver]:.2f} "
        row += f"| {forward} + {backward} | {1e6 * taken / forward:.0f} | {(points - target).abs().max():.0e} |"
        rows.append(row + (f" {(gradient - slope).norm() / slope.norm():.0e} |" if exact else ""))
    return rows


def cost_rows() -> list[str]:
    """A row for each dimension."""
    rows = []
    for features in COSTS["features"]:
        field, x = Field(features), draw_data(features, COSTS["batch"])
        probes, at = draw_probe(x)[None], torch.tensor(0.5)
        ways = {
            "field": lambda field=field, x=x, at=at: field(at, x),
            "probe": lambda field=field, x=x, at=at, probes=probes: traces.hutchinson_trace(field, at, x, probes),
            "exact": lambda field=field, x=x, at=at: traces.exact_trace(field, at, x),
            "batched": lambda field=field, x=x, at=at: batched_trace(field, at, x),
        }
        with torch.no_grad():
            wanted = closed_form(field, at, x)[1]
            for name in ("exact", "batched"):
                torch.testing.assert_close(ways[name]()[1], wanted, rtol=1e-4, atol=1e-4)
            seconds = in_turn(ways, COSTS["rounds"], COSTS["calls"])
        taken = {name: 1e6 * value for name, value in seconds.items()}
        ratio, law = taken["exact"] / taken["probe"], (1 + 2 * features) / 3
        further = (taken["exact"] - taken["probe"]) / (features - 1) / taken["field"]
        rows.append(
            f"| {features} | {taken['field']:.0f} | {taken['probe']:.0f} | {taken['exact']:.0f} "
            f"| {ratio:.1f} | {(1 + features) / 2:.1f} | {law:.1f} | {ratio / law - 1:+.0%} "
            f"| {further:.1f} | {taken['batched'] / taken['exact']:.2f} |"
        )
    return rows


def measure() -> str:
    """The section, measured in this process."""
    if hasattr(os, "sched_setaffinity"):
        os.sched_setaffinity(0, {min(os.sched_getaffinity(0))})
    torch.set_num_threads(1)
    training = [TRAINING_TEXT, *compare(**TRAINING, exact=True)]
    likelihood = [LIKELIHOOD_TEXT, *compare(**LIKELIHOOD, exact=False)]
    return "\n".join([INTRODUCTION, *training, "", *likelihood, "", COSTS_TEXT, *cost_rows()])


def run() -> str:
    """The section of the report."""
    command, environment = [sys.executable, str(Path(__file__).resolve())], os.environ | {"OMP_NUM_THREADS": "1"}
    return subprocess.run(command, env=environment, stdout=subprocess.PIPE, text=True, check=True).stdout.strip()


if __name__ == "__main__":
    print(measure())
