"""Vector fields and a counted solve over torchdiffeq.

A vector field is any callable `field(t, x)` that returns dx/dt, of x's shape. A state has shape
(batch, features), or (copies, batch, features) where several networks run side by side.
"""

import math
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import nn
from torchdiffeq import odeint

from .checks import finite, generator_of, one_of, positive, whole

__all__ = ["FIXED", "Dense", "Solution", "TanhField", "one_copy", "rotation", "solve"]

# Evaluations of the field that one step of each fixed-grid method costs. torchdiffeq's "rk4" is
# Kutta's 3/8 rule (Hairer, Nørsett & Wanner, Solving ODEs I, table II.1.2), not the classical tableau.
FIXED = {"euler": 1, "midpoint": 2, "rk4": 4}
ADAPTIVE = ("dopri5",)


@dataclass(frozen=True)
class Solution:
    """What `solve` found. times: (n_times,). states: (n_times, *state.shape). nfe: field evaluations."""

    times: torch.Tensor
    states: torch.Tensor
    nfe: int

    @property
    def last(self) -> torch.Tensor:
        """The state at the last time."""
        return self.states[-1]


def solve(
    field: Callable,
    state: torch.Tensor,
    times,
    method: str = "dopri5",
    *,
    steps: int | None = None,
    rtol: float = 1e-7,
    atol: float = 1e-9,
) -> Solution:
    """Solve dx/dt = field(t, x) from `state` at times[0], and count the evaluations of the field.

    state: floating-point tensor, (batch, features) or (copies, batch, features).
    times: two or more times, strictly increasing or strictly decreasing.
    method: fixed grid "euler", "midpoint", "rk4" (3/8 rule), or adaptive "dopri5"
        (Dormand & Prince 1980; torchdiffeq measures the error by its root mean square over the whole state).
    steps: for a fixed grid, and required there: equal steps *between successive times*.
    rtol, atol: tolerances of the adaptive method, > 0; the defaults are torchdiffeq's.
    Returns a `Solution`; its states carry gradients to the field's parameters and to `state`.
    Raises ValueError for bad arguments, RuntimeError where the solution stops being finite
    or the adaptive step shrinks to nothing.
    """
    one_of("method", method, (*FIXED, *ADAPTIVE))
    rtol, atol = positive("rtol", rtol), positive("atol", atol)
    _check_state(state)
    try:
        times = torch.as_tensor(times, dtype=torch.float64, device=state.device).detach()
    except (TypeError, ValueError, RuntimeError):
        raise ValueError(f"times={times!r}: expected two or more finite times, all rising or all falling") from None
    gaps = times.diff() if times.dim() == 1 else torch.empty(0)
    if gaps.numel() == 0 or not times.isfinite().all() or not ((gaps > 0).all() or (gaps < 0).all()):
        raise ValueError(f"times={times.tolist()}: expected two or more finite times, all rising or all falling")

    nfe = 0

    def counted(t, x):
        nonlocal nfe
        nfe += 1
        slope = field(t, x)
        if slope.shape != x.shape:  # broadcasting would hide it
            raise ValueError(f"field returned shape {tuple(slope.shape)}: expected {tuple(x.shape)}, as its state")
        return slope

    if method in FIXED:
        if steps is None:
            raise ValueError(f"steps=None: expected a number of steps between successive times for {method!r}")
        grid = _grid(times, whole("steps", steps))
        options = {"grid_constructor": lambda _field, _state, _times: grid}
    else:
        if steps is not None:
            raise ValueError(f"steps={steps!r}: expected None, since {method!r} chooses its own steps")
        options = {}
    try:
        states = odeint(counted, state, times, method=method, rtol=rtol, atol=atol, options=options)
    except AssertionError as error:  # torchdiffeq's way to say that the step underflowed or the state overflowed
        raise RuntimeError(f"{method} gave up after {nfe} evaluations: {error}") from error
    if not states.isfinite().all():
        reached = states.isfinite().flatten(1).all(dim=1)
        first = times[int((~reached).nonzero()[0])]
        raise RuntimeError(f"the solution is not finite at t = {first:g}: use smaller steps, or a tamer field")
    return Solution(times, states, nfe)


def _check_state(state) -> None:
    if not isinstance(state, torch.Tensor) or not state.is_floating_point():
        kind = f"{state.dtype} tensor" if isinstance(state, torch.Tensor) else type(state).__name__
        raise ValueError(f"state is a {kind}: expected a floating-point tensor")
    if state.dim() not in (2, 3) or not state.numel():
        raise ValueError(
            f"state of shape {tuple(state.shape)}: expected (batch, features) or (copies, batch, features)"
        )
    bad = int((~state.isfinite()).sum())
    if bad:
        raise ValueError(f"state with {bad} non-finite entries of {state.numel()}: expected finite numbers")


def _grid(times: torch.Tensor, steps: int) -> torch.Tensor:
    """`steps` equal steps in every gap, the given times themselves on the grid to the last bit."""
    fractions = torch.arange(steps, dtype=times.dtype) / steps
    inner = times[:-1, None] + fractions * times.diff()[:, None]
    return torch.cat((inner.flatten(), times[-1:]))


def rotation(omega: float) -> Callable:
    """The field that turns the plane at `omega` radians per unit of time: exact flow known, no stiffness."""
    generator = finite("omega", omega) * torch.tensor([[0.0, -1.0], [1.0, 0.0]], dtype=torch.float64)
    return lambda _t, x: x @ generator.T.to(x.dtype)


class Dense(nn.Module):
    """Tanh multilayer perceptrons, `copies` of them side by side, each with weights of its own.

    widths: units per layer, input first, output (linear) last.
    Weights are normal with standard deviation 1/√(units in), biases zero, drawn from `generator`.
    Call: (copies, batch, widths[0]) → (copies, batch, widths[-1]). One stacked product trains all copies at
    once, which small networks need: a single one leaves the processor waiting.
    """

    def __init__(self, widths, generator: torch.Generator, copies: int = 1):
        super().__init__()
        widths = [whole("widths", width) for width in widths]
        whole("copies", copies)
        generator_of(generator)
        if len(widths) < 2:
            raise ValueError(f"widths={widths!r}: expected an input and an output width at least")
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        for n_in, n_out in pairwise(widths):
            weight = torch.randn(copies, n_in, n_out, generator=generator) / math.sqrt(n_in)
            self.weights.append(nn.Parameter(weight))
            self.biases.append(nn.Parameter(torch.zeros(copies, 1, n_out)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        for weight, bias in zip(self.weights[:-1], self.biases[:-1], strict=True):
            x = torch.tanh(torch.baddbmm(bias, x, weight))
        return torch.baddbmm(self.biases[-1], x, self.weights[-1])


class TanhField(nn.Module):
    """A learnable vector field: a tanh network of (x, t), so that it may change with depth.

    features: of the state. width: hidden units. Smooth, hence Lipschitz: its flow is one-to-one.
    Call: field(t, x) with x of shape (copies, batch, features).
    """

    def __init__(self, features: int, width: int, generator: torch.Generator, copies: int = 1):
        super().__init__()
        whole("features", features), whole("width", width)
        self.network = Dense((features + 1, width, features), generator, copies)

    def forward(self, t, x: torch.Tensor) -> torch.Tensor:
        time = torch.full_like(x[..., :1], float(t.detach() if isinstance(t, torch.Tensor) else t))
        return self.network(torch.cat((x, time), dim=-1))


def one_copy(module: nn.Module, index: int) -> nn.Module:
    """The network number `index` (from 0) of a stacked module, as a module of one copy with weights of its own."""
    copies = {parameter.shape[0] for parameter in module.parameters()}
    if len(copies) != 1 or whole("index", index, least=0) >= min(copies):
        raise ValueError(f"index={index}: expected one of the {sorted(copies)} copies, counted from 0")
    alone = deepcopy(module)
    for parameter in alone.parameters():
        parameter.data = parameter.data[index : index + 1].clone()
    return alone
