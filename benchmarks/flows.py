"""Continuous normalizing flows: helpers.traces beside torchdyn, zuko and FFJORD's scheme; what a trace costs."""

import math
from collections.abc import Callable
from functools import partial
from types import SimpleNamespace
from unittest import mock

import torch
from torch import nn
from torchdiffeq import odeint, odeint_adjoint

from benchmarks.timing import alone, in_turn
from helpers import ode, traces
from tools.tables import Table

HIDDEN, STEPS, SEED = 64, 8, 0
RTOL, ATOL = 1e-5, 1e-6  # zuko's and FFJORD's defaults
TRAINING, LIKELIHOOD = (2, 256), (64, 128)  # dimensions and points
ROUNDS = 60
DIMENSIONS, COST_BATCH, COST_ROUNDS, CALLS = (2, 4, 8, 16, 32, 64, 128), 64, 30, 6
SAME = 1e-5  # relative (absolute below one nat): how far a point's log p may differ between two ways on the same grid
GRID, ADAPTIVE = "RK4", "dopri5"
TITLE = "Continuous normalizing flows"
TEXT = f"""\
The data flow from t = 0 to a standard normal at t = 1 along W₂ tanh(W₁(x, t) + b₁) + b₂ with {HIDDEN} hidden units,
float32, the same network, weights and data for all. Each table in a process of its own on one core, one thread; median
of {ROUNDS} rounds, each of which runs all ways in turn.

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
its distance over its length."""
TRAINING_TEXT = f"{TRAINING[1]} points, exact trace: mean negative log-likelihood and its gradient by all weights."
LIKELIHOOD_TEXT = f"""\
{LIKELIHOOD[1]} points, one gaussian probe for the whole solve, the same for all; no gradient by the weights."""
COSTS_TEXT = f"""\
The field and its trace at {COST_BATCH} points, without a graph for later: `exact_trace` and `hutchinson_trace` with
one probe, {CALLS} calls in a row in each of {COST_ROUNDS} rounds, the median of all calls. Laws, of one
product after the other: with each at the cost of two evaluations of the field, d of them take (1 + 2d)/3 of the time
of one; with one evaluation, (1 + d)/2, which is the count of multiplications, as the weights' gradients are left out.
One more: (exact − one probe)/(d − 1), in evaluations of the field. Batched: all d products in one call, as zuko makes
them, and `exact_trace` from d = {traces.MANY} on, over `exact_trace`."""
COLUMNS = "way | solver | ms:.1f | × helpers:.2f | evaluations | µs per evaluation:.0f | off:.0e"
COST_COLUMNS = (
    "d | field, µs:.0f | probe, µs:.0f | exact, µs:.0f | exact / probe:.1f | (1 + d)/2:.1f"
    " | (1 + 2d)/3:.1f | off that:+.0% | one more:.1f | batched:.2f"
)


class Field(nn.Module):
    """A tanh network of (x, t) with one hidden layer, which counts its evaluations: (batch, d) → (batch, d)."""

    def __init__(self, features: int):
        super().__init__()
        generator = torch.Generator().manual_seed(SEED)
        shapes = (features + 1, HIDDEN), (HIDDEN,), (HIDDEN, features), (features,)
        scales = 1 / math.sqrt(features + 1), 0.1, 1 / math.sqrt(HIDDEN), 0.1
        start = (scale * torch.randn(shape, generator=generator) for shape, scale in zip(shapes, scales, strict=True))
        self.w1, self.b1, self.w2, self.b2 = map(nn.Parameter, start)
        self.features, self.nfe = features, 0

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


# A way takes the field, and whether the trace is exact; it returns a function that gives log p of each point.
def with_helpers(field: Field, exact: bool, method=GRID, trace=traces.exact_trace, gradient="backprop") -> Callable:
    grid = {"steps": STEPS} if method == GRID else {"rtol": RTOL, "atol": ATOL}

    def run(x):
        probes = None if exact else draw_probe(x)[None]
        flow = traces.WithLogDensity(field, trace if exact else partial(traces.hutchinson_trace, probes=probes))
        start = torch.cat((x, torch.zeros(len(x), 1)), dim=1)
        end = ode.solve(flow, start, (0.0, 1.0), method.lower(), gradient=gradient, **grid).last
        return log_density(end[:, :-1], end[:, -1])

    return run


def with_ffjord(field: Field, exact: bool, adjoint: bool = False) -> Callable:
    def rate(probe, time, state):
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

    def run(x):
        start, rule = (x, torch.zeros(len(x), 1)), partial(rate, None if exact else draw_probe(x))
        z, change = solver(rule, start, torch.tensor([0.0, 1.0]), **options)
        return log_density(z[-1], change[-1, :, 0])

    return run


def with_torchdyn(field: Field, exact: bool) -> Callable:
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
    noise = SimpleNamespace(sample=lambda shape: draw_probe(torch.empty(*shape, field.features)))
    flow = CNF(AtDepth(), autograd_trace) if exact else CNF(AtDepth(), hutch_trace, noise)
    model = NeuralODE(DEFuncBase(flow, has_time_arg=False), solver=solver, return_t_eval=False)
    times = torch.linspace(0, 1, STEPS + 1)

    def run(x):
        end = model(torch.cat((torch.zeros(len(x), 1), x), dim=1), times, save_at=times[-1:])[-1]
        return log_density(end[:, 1:], end[:, 0])

    return run


def with_zuko(field: Field, exact: bool, method: str) -> Callable:
    import zuko

    base = zuko.distributions.DiagNormal(torch.zeros(field.features), torch.ones(field.features))
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

    return run_on_grid if method == GRID else run


def ways(exact: bool) -> dict[tuple[str, str], Callable]:
    """(name, solver) → the way; helpers first."""
    found = {("helpers", GRID): with_helpers}
    if exact:
        found["helpers, closed form", GRID] = partial(with_helpers, trace=closed_form)
    found["FFJORD's scheme", GRID] = with_ffjord
    found["torchdyn", GRID] = with_torchdyn
    found["zuko", GRID] = partial(with_zuko, method=GRID)
    if exact:
        found["helpers, adjoint", GRID] = partial(with_helpers, gradient="adjoint")
        found["FFJORD's scheme, adjoint", GRID] = partial(with_ffjord, adjoint=True)
    found["helpers", ADAPTIVE] = partial(with_helpers, method=ADAPTIVE)
    found["zuko, adjoint" if exact else "zuko", ADAPTIVE] = partial(with_zuko, method=ADAPTIVE)
    return found


def one_step(way: Callable, field: Field, x: torch.Tensor, gradient: bool) -> tuple:
    """log p of the points, the gradient by all weights if it is wanted, and evaluations forward and backward."""
    field.nfe, slope = 0, ()
    with torch.set_grad_enabled(gradient):
        points = way(x)
    forward = field.nfe
    if gradient:
        slope = torch.autograd.grad(-points.mean(), tuple(field.parameters()))
    return points.detach(), slope, forward, field.nfe - forward


def compare(features: int, batch: int, exact: bool, rounds: int = ROUNDS, only: str = "") -> list[tuple]:
    """With the exact trace a training step, else a likelihood without a graph. only: how the names begin."""
    field, x, rows = Field(features), draw_data(features, batch), []
    contestants = {name: make for name, make in ways(exact).items() if name[0].startswith(only)}
    steps = {name: partial(one_step, make(field, exact), field, x, exact) for name, make in contestants.items()}
    times = in_turn(steps, rounds)
    target, slope, *_ = times["helpers", GRID].result
    for (way, solver), time in times.items():
        points, gradient, forward, backward = time.result
        if solver == GRID:
            torch.testing.assert_close(points, target, rtol=SAME, atol=SAME, msg=lambda text, way=way: f"{way}: {text}")
        over, off = time.median / times["helpers", solver].median, (points - target).abs().max()
        row = way, solver, 1000 * time.median, over, f"{forward} + {backward}", 1e6 * time.median / forward, float(off)
        if exact:
            found, wanted = (torch.cat([part.flatten() for part in parts]) for parts in (gradient, slope))
            row += (float((found - wanted).norm() / wanted.norm()),)
        rows.append(row)
    return rows


def costs(dimensions=DIMENSIONS, batch: int = COST_BATCH, rounds: int = COST_ROUNDS) -> list[tuple]:
    """What a trace costs in each dimension."""
    rows = []
    for features in dimensions:
        field, x = Field(features), draw_data(features, batch)
        probes, at = draw_probe(x)[None], torch.tensor(0.5)
        ways = {
            "field": partial(field, at, x),
            "probe": partial(traces.hutchinson_trace, field, at, x, probes),
            "exact": partial(traces.exact_trace, field, at, x),
            "batched": partial(batched_trace, field, at, x),
        }
        with torch.no_grad():
            wanted = closed_form(field, at, x)[1]
            times = in_turn(ways, rounds, CALLS)
        for name in ("exact", "batched"):
            torch.testing.assert_close(times[name].result[1], wanted, rtol=1e-4, atol=1e-4)
        plain, probe, exact, batched = (1e6 * way.median for way in times.values())
        ratio, law = exact / probe, (1 + 2 * features) / 3
        further = (exact - probe) / (features - 1) / plain
        row = features, plain, probe, exact, ratio, (1 + features) / 2, law, ratio / law - 1, further, batched / exact
        rows.append(row)
    return rows


def tables() -> list[Table]:
    training, likelihood = alone(compare, *TRAINING, True), alone(compare, *LIKELIHOOD, False)
    return [
        Table(f"{COLUMNS} | gradient off:.0e", training, "One training step in the plane", TRAINING_TEXT),
        Table(COLUMNS, likelihood, f"One likelihood in {LIKELIHOOD[0]} dimensions", LIKELIHOOD_TEXT),
        Table(COST_COLUMNS, alone(costs), "What a trace costs", COSTS_TEXT),
    ]
