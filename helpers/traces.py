"""The trace of a vector field's Jacobian, ∂f₁/∂x₁ + … + ∂f_d/∂x_d, exact and estimated, and densities carried along.

Along ẋ = f(t, x) the log-density of the moving point obeys d log p/dt = −tr ∂f/∂x: the instantaneous change of
variables (Chen et al. 2018, arXiv 1806.07366, theorem 1). Rows of a batch must not see one another.
"""

from collections.abc import Callable

import torch
from torch import nn

from .checks import floating, one_of, one_shape, torch_generator, whole

__all__ = ["PROBES", "WithLogDensity", "draw_probes", "exact_trace", "hutchinson_trace"]

PROBES = ("gaussian", "rademacher")
MANY = 8  # products from here on are made all at once where no graph is kept; with one, the loop is the faster


def _points(x) -> None:
    if floating("x", x).dim() < 1 or not x.shape[-1]:
        raise ValueError(f"x of shape {tuple(x.shape)}: expected (…, batch, d) with d ≥ 1")


def _sum_of_forms(field: Callable, time, x: torch.Tensor, vectors: torch.Tensor):
    """The field at x, and Σ vᵀ (∂f/∂x) v over the vectors v (K, *x.shape): one vector-Jacobian product each."""
    _points(x)
    further = torch.is_grad_enabled()
    with torch.enable_grad():
        # Without gradients always a leaf of its own: a slice made there of a state that wants gradients says that it
        # wants them too, and its products with the Jacobian come back as zeros.
        x = x if further and x.requires_grad else x.detach().requires_grad_()
        slope = one_shape("field returned", field(time, x), x.shape)
        total = torch.zeros_like(slope[..., 0])
        if slope.requires_grad:
            at_once = not further and len(vectors) >= MANY
            for vector in (vectors,) if at_once else vectors:
                how = {"create_graph": further, "retain_graph": True, "is_grads_batched": at_once}
                (row,) = torch.autograd.grad(slope, x, vector, materialize_grads=True, **how)
                form = (row * vector).sum(-1)
                total = total + (form.sum(0) if at_once else form)
    return (slope, total) if further else (slope.detach(), total.detach())


def exact_trace(field: Callable, time, x: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The field at x and the trace of its Jacobian, one vector-Jacobian product for each of the d features.

    x: (…, batch, d). Returns slopes (…, batch, d) and traces (…, batch), with a graph if gradients are enabled.
    A field whose rows see one another (a batch norm, a mean over the batch) gives a wrong trace without an error.
    Raises ValueError where x is no floating-point tensor with a feature, or the field changes the shape.
    """
    _points(x)
    units = torch.eye(x.shape[-1], dtype=x.dtype, device=x.device)
    units = units.reshape(-1, *(1 for _ in x.shape[:-1]), x.shape[-1])
    return _sum_of_forms(field, time, x, units.expand(-1, *x.shape))


def draw_probes(kind: str, count: int, shape, generator: torch.Generator, dtype=torch.float32) -> torch.Tensor:
    """`count` probes with independent entries of mean 0 and variance 1, (count, *shape), on the generator's device.

    kind: "gaussian", or "rademacher" (±1 with equal chance: Hutchinson's own). shape: of the points x that they will
    probe. Raises ValueError for another kind, a count that is no whole number ≥ 1, and a shape that is none.
    """
    one_of("kind", kind, PROBES)
    if not isinstance(shape, tuple | list):
        raise ValueError(f"shape={shape!r}: expected a tuple of whole numbers, such as x.shape")
    size = (whole("count", count), *(whole("shape", length) for length in shape))
    source = {"generator": torch_generator(generator), "device": generator.device}
    if kind == "gaussian":
        return torch.randn(size, dtype=dtype, **source)
    return torch.randint(2, size, **source).to(dtype) * 2 - 1


def hutchinson_trace(field: Callable, time, x: torch.Tensor, probes: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
    """The field at x and the mean of εᵀ (∂f/∂x) ε over the probes ε: unbiased for the trace.

    Hutchinson 1989, Communications in Statistics: Simulation and Computation 18, 1059.
    With S the symmetric part of the Jacobian, one probe has the variance 2‖S‖²_F (gaussian) or
    2(‖S‖²_F − Σ s_ii²) (rademacher); K probes divide it by K.
    x: (…, batch, d). probes: (K, *x.shape), from `draw_probes`; the same ones for a whole solve, so that the
    right-hand side stays a function (Grathwohl et al. 2019, arXiv 1810.01367, §3.1). Returns as `exact_trace` does.
    Raises ValueError for probes of another shape.
    """
    _points(x), floating("probes", probes)
    if probes.dim() != x.dim() + 1 or probes.shape[1:] != x.shape or not len(probes):
        raise ValueError(f"probes of shape {tuple(probes.shape)}: expected (K, *{tuple(x.shape)}) with K ≥ 1")
    slope, total = _sum_of_forms(field, time, x, probes)
    return slope, total / len(probes)


class WithLogDensity(nn.Module):
    """The field of (x, log p): a last column more, which falls at the rate of the trace (Chen et al. 2018, theorem 1).

    field: of x alone. trace: `exact_trace`, or a function with the same arguments and results.
    Call: (t, state) with state (…, batch, d + 1) → its rate of change. Raises ValueError for a state of one column.
    """

    def __init__(self, field: Callable, trace: Callable = exact_trace):
        super().__init__()
        self.field, self.trace = field, trace

    def forward(self, time, state: torch.Tensor) -> torch.Tensor:
        if floating("state", state).dim() < 1 or state.shape[-1] < 2:
            raise ValueError(f"state of shape {tuple(state.shape)}: expected (…, batch, d + 1) with d ≥ 1")
        slope, trace = self.trace(self.field, time, state[..., :-1])
        return torch.cat((slope, -trace[..., None]), dim=-1)
