"""The sharpest directions of a loss: largest eigenvalues of its Hessian, from products of the Hessian with a vector.

A product costs about two gradients and never builds the matrix (Pearlmutter 1994, Neural Computation 6, 147). Lanczos'
method turns a few dozen of them into the top of the spectrum; SciPy has it, with restarts, from ARPACK (Lehoucq,
Sorensen & Yang 1998).
"Sharpness" is the largest eigenvalue of the Hessian of the mean loss.
"""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np
import torch
from scipy.sparse.linalg import ArpackNoConvergence, LinearOperator, eigsh

from .checks import generator_of, positive, whole

__all__ = ["Eigenpairs", "full_hessian", "hessian_product", "top_eigenpairs"]


@dataclass(frozen=True)
class Eigenpairs:
    """What `top_eigenpairs` found.

    values: (count,) float64, the largest first. vectors: (count, size) float64, of length 1, in the order of
    `parameters`, each flattened. residuals: (count,), |Hv − λv|, which bounds the error of each value.
    products: how many Hessian-vector products it took.
    """

    values: torch.Tensor
    vectors: torch.Tensor
    residuals: torch.Tensor
    products: int


def hessian_product(loss: torch.Tensor, parameters) -> Callable[[torch.Tensor], torch.Tensor]:
    """The map v → Hv for the Hessian of a scalar loss by all `parameters`, each flattened, one after the other.

    loss: one number, with its graph. parameters: tensors that it depends on and that need a gradient.
    The map takes and returns (size,), of the parameters' type; the graph of the gradient is built once and kept.
    Raises ValueError for a loss that is not one number or has no graph, and for a parameter that it does not use.
    """
    parameters = list(parameters)
    if loss.numel() != 1:
        raise ValueError(f"loss of shape {tuple(loss.shape)}: expected one number")
    if not loss.requires_grad:
        raise ValueError("loss needs no gradient: expected one that was computed from the parameters, with its graph")
    if not parameters:
        raise ValueError("parameters=[]: expected at least one tensor")
    try:
        gradient = torch.autograd.grad(loss.reshape(()), parameters, create_graph=True)
    except RuntimeError as error:
        raise ValueError(f"parameters: expected tensors that the loss depends on; {error}") from error
    flat = torch.cat([part.reshape(-1) for part in gradient])

    def product(v: torch.Tensor) -> torch.Tensor:
        if v.shape != flat.shape:
            raise ValueError(f"v of shape {tuple(v.shape)}: expected {tuple(flat.shape)}, one entry for each parameter")
        if not flat.requires_grad:  # a loss that is linear in all of them
            return torch.zeros_like(flat)
        rows = torch.autograd.grad(flat, parameters, v.to(flat.dtype), retain_graph=True, materialize_grads=True)
        return torch.cat([row.reshape(-1) for row in rows])

    return product


def full_hessian(loss: torch.Tensor, parameters) -> torch.Tensor:
    """The Hessian of a scalar loss, (size, size), a product for each row: for networks of a few hundred weights."""
    parameters = list(parameters)
    product = hessian_product(loss, parameters)
    first = parameters[0]
    units = torch.eye(sum(part.numel() for part in parameters), dtype=first.dtype, device=first.device)
    return torch.stack([product(unit) for unit in units])


def top_eigenpairs(
    loss: torch.Tensor,
    parameters,
    count: int = 1,
    *,
    generator: torch.Generator,
    tolerance: float = 1e-6,
    most: int = 1000,
    start: torch.Tensor | None = None,
) -> Eigenpairs:
    """The `count` largest eigenvalues (with their sign) of the loss's Hessian, and their vectors.

    loss, parameters: as for `hessian_product`. generator: draws the vector that Lanczos starts from.
    tolerance: relative accuracy asked of the values. most: restarts allowed.
    start: (size,), instead of a random vector, such as the one found a few training steps ago.
    Raises ValueError for bad arguments and a gradient that is not finite, RuntimeError where Lanczos did not converge.
    """
    parameters = list(parameters)
    whole("count", count), whole("most", most), positive("tolerance", tolerance)
    product, products = hessian_product(loss, parameters), 0
    first, size = parameters[0], sum(part.numel() for part in parameters)
    if count > size:
        raise ValueError(f"count={count}: expected at most {size}, the number of parameters")

    def apply(v: np.ndarray) -> np.ndarray:
        nonlocal products
        products += 1
        found = product(torch.from_numpy(np.ascontiguousarray(v.ravel())).to(first)).double().cpu().numpy()
        if not np.isfinite(found).all():
            raise ValueError("the Hessian's product is not finite: expected a loss with finite second derivatives")
        return found

    if start is None:
        start = torch.randn(size, generator=generator_of(generator), dtype=torch.float64)
    elif start.shape != (size,) or not start.isfinite().all():
        raise ValueError(f"start of shape {tuple(start.shape)}: expected ({size},), finite")
    if count >= size - 1 or size < 12:  # ARPACK wants room
        matrix = np.stack([apply(unit) for unit in np.eye(size)])
        values, vectors = np.linalg.eigh((matrix + matrix.T) / 2)
        values, vectors = values[-count:], vectors[:, -count:]
    else:
        operator = LinearOperator((size, size), matvec=apply, dtype=np.float64)
        try:
            values, vectors = eigsh(
                operator, count, which="LA", v0=start.double().cpu().numpy(), tol=tolerance, maxiter=most
            )
        except ArpackNoConvergence as error:
            raise RuntimeError(
                f"Lanczos did not converge: {len(error.eigenvalues)} of {count} eigenvalues to {tolerance:g} after "
                f"{products} products; allow more (most={most}), or a looser tolerance"
            ) from error
    order = np.argsort(values)[::-1]
    values, vectors = values[order], vectors[:, order].T
    residuals = [float(np.linalg.norm(apply(v) - value * v)) for value, v in zip(values, vectors, strict=True)]
    as_tensor = torch.from_numpy
    return Eigenpairs(
        as_tensor(values.copy()), as_tensor(vectors.copy()), torch.tensor(residuals, dtype=torch.float64), products
    )
