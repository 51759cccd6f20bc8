"""Vector fields and a counted solve over torchdiffeq.

A vector field is any callable `field(t, x)` that returns dx/dt, of x's shape. A state has shape
(batch, features), or (copies, batch, features) where several networks run side by side.
"""

import math
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager, nullcontext
from dataclasses import dataclass
from itertools import pairwise

import torch
from torch import nn
from torch.autograd.graph import get_gradient_edge
from torch.utils.checkpoint import checkpoint

from .checks import finite, floating, one_of, one_shape, positive, scalar_loss, whole

with torch.device("cpu"):  # its tables of coefficients, made at this import, name no device
    from torchdiffeq import odeint, odeint_adjoint

__all__ = ["FIXED", "GRADIENTS", "Solution", "gradients", "rotation", "solve"]

# Evaluations of the field that one step of each fixed-grid method costs. torchdiffeq's "rk4" is
# Kutta's 3/8 rule (Hairer, Nørsett & Wanner, Solving ODEs I, table II.1.2), not the classical tableau.
FIXED = {"euler": 1, "midpoint": 2, "rk4": 4}
GRADIENTS = ("backprop", "checkpoint", "adjoint")


class _Counted:
    """A field that counts its evaluations, in the forward pass and wherever a backward pass asks again."""

    def __init__(self, field: Callable):
        if not callable(field):
            raise ValueError(f"field={field!r}: expected a function of the time and the state")
        self._field, self.nfe, self.tried = field, 0, None

    def __call__(self, t, x):
        self.nfe += 1
        return one_shape("field returned", self._field(t, x), x.shape)

    def watch(self, t, x, step):
        """Remember where the adaptive method begins a try, and how far it is to reach."""
        self.tried = t, x.detach(), step


def _beside(tensor: torch.Tensor) -> AbstractContextManager:
    """A context for torchdiffeq, some of whose tensors name no device: under another default, they join this one's."""
    return nullcontext() if torch.get_default_device().type == "cpu" else torch.device(tensor.device)


@dataclass(frozen=True)
class Solution:
    """What `solve` found. times: (n_times,). states: (n_times, *state.shape). nfe: field evaluations so far.

    Where the backward pass evaluates the field again (checkpoint, adjoint), `nfe` grows with it. The adjoint's look at
    what the field depends on, one evaluation before the solve, is not counted.
    """

    times: torch.Tensor
    states: torch.Tensor
    _field: _Counted

    @property
    def nfe(self) -> int:
        return self._field.nfe

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
    max_steps: int = 100_000,
    gradient: str = "backprop",
    parameters=None,
) -> Solution:
    """Solve dx/dt = field(t, x) from `state` at times[0], and count the evaluations of the field.

    state: floating-point tensor, (batch, features) or (copies, batch, features).
    times: two or more times, strictly increasing or strictly decreasing.
    method: fixed grid "euler", "midpoint", "rk4" (3/8 rule), or adaptive "dopri5"
        (Dormand & Prince 1980; torchdiffeq measures the error by its root mean square over the whole state).
    steps: for a fixed grid, and required there: equal steps *between successive times*.
    rtol, atol: tolerances of the adaptive method, > 0; the defaults are torchdiffeq's. A fixed grid has none.
    max_steps: so many tries of the adaptive method between successive times, at most.
    gradient: how a later backward pass finds its derivatives.
        "backprop": through the solver's steps. Exact for the discrete map; memory grows with the steps.
        "checkpoint": the same numbers from about √steps stored states, the steps between them done again
            (Chen et al. 2016, arXiv 1604.06174). Fixed grids; ask with `backward()`, not with `autograd.grad`.
        "adjoint": the adjoint equation solved backwards, on the same grid or to the same tolerances
            (Chen et al. 2018, arXiv 1806.07366). Memory does not grow with the steps; the gradient is approximate.
    parameters: what the adjoint differentiates by (the other two reach all that the field uses, whatever stands here);
        None means the field's own, as a module. Those who need no gradient may be among them; one that the field uses
        and that is missing is a ValueError.
    Returns a `Solution`; its states carry gradients to the field's parameters and to `state`.
    Raises ValueError for bad arguments, RuntimeError where the solution stops being finite, or where the adaptive
    method gives up: it says at what time and size of the state, of what, and what to try.
    """
    one_of("method", method, (*FIXED, "dopri5"))
    rtol, atol = positive("rtol", rtol), positive("atol", atol)
    _check_state(state)
    try:
        times = torch.as_tensor(times, dtype=torch.float64, device=state.device).detach()
    except (TypeError, ValueError, RuntimeError):
        raise ValueError(f"times={times!r}: expected two or more finite times, all rising or all falling") from None
    gaps = times.diff() if times.dim() == 1 else times.new_empty(0)
    if gaps.numel() == 0 or not times.isfinite().all() or not ((gaps > 0).all() or (gaps < 0).all()):
        raise ValueError(f"times={times.tolist()}: expected two or more finite times, all rising or all falling")

    one_of("gradient", gradient, GRADIENTS)
    counted = _Counted(field)
    if method in FIXED:
        whole(f"steps (between successive times, for {method!r})", steps)
        # Called with all times forward, and with each pair of successive times by the adjoint.
        options = {"grid_constructor": lambda _field, _state, asked: _grid(asked, steps)}
    elif gradient == "checkpoint":
        raise ValueError(f"gradient='checkpoint' with {method!r}: expected a fixed grid, {', '.join(FIXED)}")
    elif steps is not None:
        raise ValueError(f"steps={steps!r}: expected None, since {method!r} chooses its own steps")
    else:
        options, counted.callback_step = {"max_num_steps": whole("max_steps", max_steps)}, counted.watch
    how = {"method": method, "rtol": rtol, "atol": atol, "options": options}
    try:
        with _beside(state):
            if gradient == "checkpoint":
                states = _checkpointed(counted, state, times, method, steps)
            elif gradient == "adjoint":
                own = _adjoint_parameters(field, times[0], state, parameters)
                states = odeint_adjoint(counted, state, times, adjoint_params=own, **how)
            else:
                states = odeint(counted, state, times, **how)
    except AssertionError as error:  # torchdiffeq's way to say that the step underflowed, or that there were too many
        with torch.no_grad():
            if bad := int((~field(times[0].to(state), state).isfinite()).sum()):
                raise RuntimeError(f"the field has {bad} non-finite entries at the start, t = {times[0]:g}") from error
        why = _cause(counted.tried, state, str(error)) if counted.tried else error
        raise RuntimeError(f"{method} gave up after {counted.nfe} evaluations: {why}") from error
    if not states.isfinite().all():
        reached = states.isfinite().flatten(1).all(dim=1)
        first = times[int((~reached).nonzero()[0])]
        raise RuntimeError(f"the solution is not finite by t = {first:g}: use smaller steps, or a tamer field")
    return Solution(times, states, counted)


def _cause(tried: tuple, start: torch.Tensor, error: str) -> str:
    """Where the last try of the adaptive method began, what ended there, and what to try."""
    t, x, step = (part.detach() for part in tried)
    sizes = f"largest entry {float(x.abs().max()):.3g}, {float(start.abs().max()):.3g} at the start"
    why = "no shorter step moves the clock: blow-up in finite time if the state grew (stop earlier); a jump; a huge t"
    if "max_num_steps" in error:
        why = "max_steps is used up: a stiff field (an implicit method), or a jump that it slides along (smooth it)"
    elif step == 0:
        why = "an attempted step met NaN: a root, logarithm or quotient out of its domain, or overflow (a new variable)"
    return f"{why}. It was at t = {float(t):.9g}, the state still finite: {sizes}. torchdiffeq says: {error}"


def _check_state(state) -> None:
    floating("state", state)
    if state.dim() not in (2, 3) or not state.numel():
        shape = tuple(state.shape)
        raise ValueError(f"state of shape {shape}: expected (batch, features) or (copies, batch, features)")
    if bad := int((~state.isfinite()).sum()):
        raise ValueError(f"state with {bad} non-finite entries of {state.numel()}: expected finite numbers")


def _grid(times: torch.Tensor, steps: int) -> torch.Tensor:
    """`steps` equal steps in every gap, the given times themselves on the grid to the last bit."""
    fractions = torch.arange(steps, dtype=times.dtype, device=times.device) / steps
    inner = times[:-1, None] + fractions * times.diff()[:, None]
    return torch.cat((inner.flatten(), times[-1:]))


def _checkpointed(field: Callable, state: torch.Tensor, times: torch.Tensor, method: str, steps: int) -> torch.Tensor:
    """The solution at `times`, every gap's steps in about √steps stretches that are not remembered."""
    # Without an input that needs a gradient, reentrant checkpointing would pass none on to the parameters. The
    # other kind puts hooks of its own over those that measure memory.
    states = [state if state.requires_grad else state.detach().requires_grad_()]
    stretches = math.isqrt(steps - 1) + 1
    for gap in range(len(times) - 1):
        grid = _grid(times[gap : gap + 2], steps)
        cuts = [steps * k // stretches for k in range(stretches + 1)]
        state = states[-1]
        for first, last in pairwise(cuts):
            piece = grid[first : last + 1]

            def stretch(x, piece=piece):
                options = {"grid_constructor": lambda _field, _state, _times: piece}
                # A copy: the view would keep both ends.
                return odeint(field, x, piece[[0, -1]], method=method, options=options)[-1].clone()

            state = checkpoint(stretch, state, use_reentrant=True, preserve_rng_state=False)
        states.append(state)
    return torch.stack(states)


def _adjoint_parameters(field: Callable, time: torch.Tensor, state: torch.Tensor, parameters) -> tuple:
    """What the adjoint is to differentiate by; ValueError if the field depends on a leaf that is not among it."""
    if parameters is None:
        parameters = field.parameters() if isinstance(field, nn.Module) else ()
    if isinstance(parameters, torch.Tensor):
        raise ValueError(f"parameters is a tensor of shape {tuple(parameters.shape)}: expected a list of tensors")
    if not isinstance(parameters, Iterable):
        raise ValueError(f"parameters is a {type(parameters).__name__}: expected a list of tensors")
    parameters = tuple(parameters)
    for parameter in parameters:
        if not isinstance(parameter, torch.Tensor):
            raise ValueError(f"parameters holds a {type(parameter).__name__}: expected tensors")
    state = state.detach().requires_grad_()  # a field that differentiates by it would make a leaf of its own
    known = {id(leaf) for leaf in (*parameters, state)}
    with torch.enable_grad():
        slope = field(time, state)
    pending, seen = [get_gradient_edge(slope).node] if slope.requires_grad else [], set()
    while pending:
        node = pending.pop()
        if node is None or node in seen:
            continue
        seen.add(node)
        pending += [parent for parent, _ in node.next_functions]
        leaf = getattr(node, "variable", None)
        if leaf is not None and id(leaf) not in known:
            text = f"field depends on a tensor of shape {tuple(leaf.shape)} that is none of its parameters"
            raise ValueError(f"{text}: expected a module with it, or parameters=[…] with it: else its gradient is lost")
    return parameters


def gradients(loss: torch.Tensor, of) -> dict[str, torch.Tensor]:
    """The backward pass from a scalar loss, with its result looked at: name → gradient, of its tensor's shape.

    of: a module, for its parameters, or a dictionary of leaf tensors that need a gradient. Their `.grad` is replaced.
    Raises ValueError for a loss of several numbers or a tensor that it does not depend on, RuntimeError where the
    adjoint's solve back in time breaks off or a gradient is not finite; each says which and what to do.
    """
    if not isinstance(of, nn.Module | dict) or not (isinstance(of, nn.Module) or of):
        raise ValueError(f"of={of!r}: expected a module, or a dictionary of leaf tensors")
    leaves = dict(of.named_parameters()) if isinstance(of, nn.Module) else of
    scalar_loss(loss)
    for name, leaf in leaves.items():
        if not leaf.is_leaf or not leaf.requires_grad:
            raise ValueError(f"of[{name!r}]: expected a leaf tensor that needs a gradient")
        leaf.grad = None
    remedy = "tighten the tolerance, ask for more times in between, or use gradient='checkpoint' or 'backprop'"
    try:
        with _beside(loss):
            loss.backward()
    except AssertionError as error:
        raise RuntimeError(f"the adjoint's solve back in time broke off ({error}): {remedy}") from error
    for name, leaf in leaves.items():
        if leaf.grad is None:
            raise ValueError(f"of[{name!r}]: the loss does not depend on it")
        if bad := int((~leaf.grad.isfinite()).sum()):
            text = f"gradient of {name!r}: {bad} of {leaf.numel()} entries are not finite"
            raise RuntimeError(f"{text}; if it came by the adjoint: {remedy}")
    return {name: leaf.grad for name, leaf in leaves.items()}


def rotation(omega: float) -> Callable:
    """The field that turns the plane at `omega` radians per unit of time: exact flow known, no stiffness.

    Returns field(t, x) for x of shape (…, 2). Raises ValueError for an omega that is not finite.
    """
    generator = finite("omega", omega) * torch.tensor([[0.0, -1.0], [1.0, 0.0]], dtype=torch.float64, device="cpu")
    return lambda _t, x: x @ generator.T.to(x)
