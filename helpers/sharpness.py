"""The sharpest directions of a loss: largest eigenvalues of its Hessian, from products of the Hessian with a vector.

A product costs about two gradients and never builds the matrix (Pearlmutter 1994, Neural Computation 6, 147). Lanczos'
method turns one or two dozen of them into the top of the spectrum (Saad 2011, Numerical Methods for Large Eigenvalue
Problems, chapter 6).
"Sharpness" is the largest eigenvalue of the Hessian of the mean loss.
"""

import math
from collections.abc import Callable
from dataclasses import dataclass

import torch
from torch.nn.functional import normalize, pad

from .checks import one_shape, positive, scalar_loss, torch_generator, whole

__all__ = ["Eigenpairs", "full_hessian", "hessian_product", "top_eigenpairs"]

# From a known start, a value is returned when an eigenvalue larger than it by so large a part would have stayed hidden
# with this chance.
ABOVE, CHANCE = 0.05, 1e-5


@dataclass(frozen=True)
class Eigenpairs:
    """What `top_eigenpairs` found.

    values: (count,) float64, the largest first, in units of the loss per parameter squared. vectors: (count, size)
    float64, of length 1, in the order of `parameters`, each flattened. residuals: (count,), |Hv − λv|: an eigenvalue
    lies within that of each value. products: how many Hessian-vector products it took.
    """

    values: torch.Tensor
    vectors: torch.Tensor
    residuals: torch.Tensor
    products: int


def hessian_product(loss: torch.Tensor, parameters) -> Callable[[torch.Tensor], torch.Tensor]:
    """The map v → Hv for the Hessian of a scalar loss by all `parameters`, each flattened, one after the other.

    loss: one number, with its graph. parameters: tensors that it depends on and that need a gradient.
    The map takes and returns (size,), of the parameters' type; the graph of the gradient is built once and kept.
    Raises ValueError for a loss that is not one number, has no graph or no finite gradient, and for a parameter that
    it does not use.
    """
    parameters = _listed(parameters)
    scalar_loss(loss)
    try:
        gradient = torch.autograd.grad(loss.reshape(()), parameters, create_graph=True)
    except RuntimeError as error:
        raise ValueError(f"parameters: expected tensors that the loss depends on; {error}") from error
    flat = torch.cat([part.reshape(-1) for part in gradient])
    if not flat.isfinite().all():
        raise ValueError(f"loss={loss.item():g}: its gradient is not finite")

    def product(v: torch.Tensor) -> torch.Tensor:
        one_shape("v of", v, flat.shape)
        if not flat.requires_grad:  # a loss that is linear in all of them
            return torch.zeros_like(flat)
        # Of one number: given grad_outputs in its place, torch would import SymPy, for half a second.
        rows = torch.autograd.grad(flat @ v.to(flat.dtype), parameters, retain_graph=True, materialize_grads=True)
        return torch.cat([row.reshape(-1) for row in rows])

    return product


def _listed(parameters) -> list[torch.Tensor]:
    """`parameters` as a list of one tensor or more; a bare tensor would fall apart into its rows."""
    if isinstance(parameters, torch.Tensor):
        raise ValueError(f"parameters is a tensor of shape {tuple(parameters.shape)}: expected a list of tensors")
    parameters = list(parameters)
    if not parameters or not all(isinstance(parameter, torch.Tensor) for parameter in parameters):
        raise ValueError(f"parameters={parameters!r}: expected at least one tensor, and tensors alone")
    return parameters


def full_hessian(loss: torch.Tensor, parameters) -> torch.Tensor:
    """The Hessian of a scalar loss, (size, size), a product for each row: for networks of a few hundred weights.

    Arguments and errors: those of `hessian_product`.
    """
    parameters = _listed(parameters)
    product = hessian_product(loss, parameters)
    first = parameters[0]
    units = torch.eye(sum(part.numel() for part in parameters), dtype=first.dtype, device=first.device)
    return torch.stack([product(unit) for unit in units])


def _lanczos(apply: Callable, waiting: list, count: int, tolerance: float, most: int, fresh: Callable, suspect: bool):
    """The largest values (count,), vectors and residuals (count, size) of a symmetric map, and whether copies may lack.

    Band Lanczos (Ruhe 1979, Mathematics of Computation 33, 680), with a basis that is kept orthogonal in full.
    apply: (size,) → (size,). waiting: the vectors to start from; fresh() draws one more. suspect: whether the first of
    them may hide a larger eigenvalue.
    Raises RuntimeError where `most` products leave a residual above tolerance × the largest |eigenvalue|.
    """
    size, copies, steps, due, probe = len(waiting[0]), len(waiting), 0, count, waiting[0]
    basis, images = waiting[0].new_empty(2, min(size, 32), size)
    projected = waiting[0].new_zeros(len(basis), len(basis))
    while True:
        w = waiting.pop(0) if waiting else fresh()
        length = w.norm()
        for _ in range(2):  # once leaves round-off behind
            w = w - (basis[:steps] @ w) @ basis[:steps]
        if w.norm() <= 1e-10 * length:  # the basis spans it already
            continue
        if steps == len(basis):  # twice the room: a new tensor at every step would cost more than the step
            basis, images = (torch.cat((rows, torch.empty_like(rows))) for rows in (basis, images))
            projected = pad(projected, (0, steps, 0, steps))
        basis[steps] = w / w.norm()
        images[steps] = apply(basis[steps])
        waiting.append(images[steps])
        steps += 1
        projected[steps - 1, :steps] = projected[:steps, steps - 1] = basis[:steps] @ images[steps - 1]
        if steps < min(due, size, most):
            continue
        due = steps + 1 + steps // 10  # not at every step: the eigenvalues of a large projection take their time
        values, small = torch.linalg.eigh(projected[:steps, :steps])
        limit = float(tolerance * values.abs().max())
        values, small = values[-count:].flip(0), small[:, -count:].T.flip(0)
        vectors = small @ basis[:steps]
        residuals = small @ images[:steps] - values[:, None] * vectors
        good = int((residuals.norm(dim=1) <= limit).sum())
        known, above = steps - len(waiting), values[0] + ABOVE * limit / tolerance
        if steps == size or (
            good == count and not (suspect and _may_hide(above, projected[:steps, :known], basis[:steps] @ probe, size))
        ):
            alike = ((values[:, None] - values).abs() <= 2 * limit).sum(1)
            crowded = (alike >= copies) & (values > values[-1] + 2 * limit)
            return values, vectors, residuals, steps < size and bool(crowded.any())
        if steps >= most:
            raise RuntimeError(
                f"Lanczos did not converge: {good} of {count} eigenvalues to tolerance={tolerance:g} after most={most} "
                "products; allow more, or a looser tolerance"
            )


def _may_hide(level: torch.Tensor, rows: torch.Tensor, probe: torch.Tensor, size: int) -> bool:
    """Whether an eigenvalue as high as `level` may be there unseen, with more than the chance CHANCE.

    With V the basis, an eigenvector v of that eigenvalue λ has the components y = Vᵀv, |y| ≤ 1, and (T − λ)y = 0 in
    all rows but the last few, whose columns of V the map takes out of V's span. Hence v's part in the random vector
    that Lanczos began with, zᵀy = (z − Bu)ᵀy for any u, B being those rows, is at most the distance of z from their
    span; and a random part is as small as that with the chance distance · √(2 size/π), whatever start was added to it.
    (With one vector: van Dorsselaer, Hochstenbach & van der Vorst 2000, SIAM J. Matrix Anal. Appl. 22, 837.)
    rows: those of T, as columns, (steps, known). probe: z, (steps,).
    """
    span = rows - level * torch.eye(*rows.shape, dtype=rows.dtype, device=rows.device)
    left = probe - span @ torch.linalg.lstsq(span, probe[:, None]).solution[:, 0]
    return not float(left.norm()) * math.sqrt(2 * size / math.pi) <= CHANCE


def top_eigenpairs(
    loss: torch.Tensor,
    parameters,
    count: int = 1,
    *,
    generator: torch.Generator,
    tolerance: float = 1e-5,
    most: int = 1000,
    start: torch.Tensor | None = None,
) -> Eigenpairs:
    """The `count` largest eigenvalues (with their sign) of the loss's Hessian, and their vectors.

    loss, parameters: as for `hessian_product`. generator: draws the vectors that Lanczos starts from.
    tolerance: the largest residual over the largest |eigenvalue|. The values' error is smaller, about its square, where
    no other eigenvalue is near. float32 resolves about 1e-6.
    most: products allowed in one run, each of which keeps two vectors of float64.
    start: (size,), such as the vector found a few training steps ago; Lanczos begins with it and a random one of the
    same length. It saves products at tight tolerances alone: at others it costs some, to see that nothing larger is
    hidden. Fewer than one such call of 10⁵ returns a value that is too small by a twentieth or more. Without a start
    only an eigenvalue within a few hundredths of a larger one has been seen to pass for it, at tolerance=1e-3 in one
    call of a hundred; the looser, the more often.
    A repeated eigenvalue is found as often as it occurs: Lanczos sees as many copies as it has vectors to start from,
    so it runs again with twice as many where it may have missed one.
    Raises ValueError for bad arguments and derivatives that are not finite, RuntimeError where Lanczos does not
    converge.
    """
    parameters = _listed(parameters)
    whole("count", count), whole("most", most), positive("tolerance", tolerance), torch_generator(generator)
    product, products = hessian_product(loss, parameters), 0
    first, size = parameters[0], sum(part.numel() for part in parameters)
    if count > size:
        raise ValueError(f"count={count}: expected at most {size}, the number of parameters")
    if start is not None and not (one_shape("start of", start, (size,)).isfinite().all() and start.any()):
        raise ValueError("start holds none but zeros, or NaN or infinity: expected finite numbers, not all zero")

    def apply(v: torch.Tensor) -> torch.Tensor:
        nonlocal products
        products += 1
        found = product(v.to(first)).cpu().double()
        if not found.isfinite().all():
            raise ValueError("the Hessian's product is not finite: expected a loss with finite second derivatives")
        return found

    def fresh() -> torch.Tensor:
        normals = torch.randn(size, generator=generator, dtype=torch.float64, device=generator.device)
        return normalize(normals.cpu(), dim=0)

    copies = min(count, 2)
    while True:
        waiting = [fresh() for _ in range(copies)]
        if start is not None:
            waiting[0] = normalize(start.detach().cpu().double(), dim=0) + waiting[0]
        values, vectors, residuals, lacking = _lanczos(apply, waiting, count, tolerance, most, fresh, start is not None)
        if copies >= count or not lacking:
            return Eigenpairs(values, vectors, residuals.norm(dim=1), products)
        copies = min(2 * copies, count)
