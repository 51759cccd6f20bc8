"""Densities of the plane that can be drawn from and are known exactly."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, cached_property

import numpy as np
import torch

from .checks import finite, floating, torch_generator, whole

__all__ = ["DENSITIES", "EIGHT_GAUSSIANS", "MOONS", "PINWHEEL", "Density", "twist"]


def _normal(generator: torch.Generator, *shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=generator, dtype=torch.float32, device=generator.device)


def _which(generator: torch.Generator, kinds: int, *shape: int) -> torch.Tensor:
    return torch.randint(kinds, shape, generator=generator, device=generator.device)


@dataclass(frozen=True)
class Density:
    """A density of the plane that one can draw from and evaluate, by its name.

    draw: function of n and a torch.Generator, → points (n, 2).
    log_density: function of points (…, 2) float64, → log p (…) float64. It should be smooth, and its mass lie within
    ±6 of both axes, on which `entropy` stands.
    """

    name: str
    draw: Callable = field(repr=False)
    log_density: Callable = field(repr=False)

    def sample(self, n: int, generator: torch.Generator) -> torch.Tensor:
        """n independent points, (n, 2) float32. Raises ValueError for n ≤ 0 and where generator is none."""
        return self.draw(whole("n", n), torch_generator(generator)).float()

    def log_prob(self, x: torch.Tensor) -> torch.Tensor:
        """log p at the points x (…, 2): (…) float64 on the CPU, in nats, p in 1/units of area; differentiable.

        Not finite where x is not. Raises ValueError for an x of another shape or type.
        """
        return self.log_density(_points(x).cpu().double())

    @cached_property
    def entropy(self) -> float:
        """−∫ p log p in nats: the floor of every model's expected −log q, over points of this density.

        By the trapezoidal rule on the square |x₁|, |x₂| ≤ 6, 0.05 apart, which for a smooth integrand that has died out
        at the edge converges faster than any power of the spacing (Trefethen & Weideman 2014, SIAM Review 56, 385):
        here to 1e-8. Computed at its first use, in less than a second.
        Raises ValueError where the square holds more or less than 1 ± 1e-6 of the mass.
        """
        return _entropy(self, half=6.0, spacing=0.05)


def _points(x) -> torch.Tensor:
    floating("x", x)
    if x.dim() == 0 or x.shape[-1] != 2:
        raise ValueError(f"x of shape {tuple(x.shape)}: expected (…, 2)")
    return x


def _entropy(density: Density, half: float, spacing: float) -> float:
    cells = round(half / spacing)
    axis = spacing * torch.arange(-cells, cells + 1, dtype=torch.float64, device="cpu")
    mass, entropy = 0.0, 0.0
    for height in axis:  # a row at a time, to stay small
        log_p = density.log_density(torch.stack((axis, height.expand_as(axis)), dim=-1))
        mass += spacing**2 * float(log_p.exp().sum())
        entropy += spacing**2 * float(torch.special.entr(log_p.exp()).sum())  # −p log p, and 0 where p underflows
    if not abs(mass - 1) < 1e-6:
        raise ValueError(f"{density.name}: a mass of {mass:.7g} within ±{half:g}: expected 1, to 1e-6")
    return entropy


def _lazily(make: Callable) -> Callable:
    """The function that make() returns, made when it is first called: an import should not wait for it."""
    made = cache(make)
    return lambda x: made()(x)


def _gaussians(centres: torch.Tensor, covariance: torch.Tensor, weights: torch.Tensor) -> Callable:
    """log p of a mixture of Gaussians.

    centres: (k, 2). covariance: (k, 2, 2), or (2, 2) for all. weights: (k,) > 0, of any sum. All of them float64.
    """
    precision = torch.linalg.inv(covariance).expand(len(centres), 2, 2)
    slope = torch.einsum("kij,kj->ki", precision, centres)
    height = (weights / weights.sum()).log() + torch.logdet(precision) / 2 - math.log(2 * math.pi)
    height = height - (centres * slope).sum(-1) / 2
    coefficients = torch.cat((slope, -precision.flatten(1) / 2), dim=-1).T

    def log_density(x: torch.Tensor) -> torch.Tensor:
        # The exponents are polynomials of degree two in x: one matrix product makes all of them, several times as fast
        # as the differences x − centre.
        products = (x[..., :, None] * x[..., None, :]).flatten(-2)
        return torch.logsumexp(height + torch.cat((x, products), dim=-1) @ coefficients, dim=-1)

    return log_density


def _rays(count: int) -> tuple[torch.Tensor, torch.Tensor]:
    """Unit vectors at `count` equal angles, and those a quarter turn ahead of them, each (count, 2) float64."""
    angle = 2 * math.pi / count * torch.arange(count, dtype=torch.float64, device="cpu")
    return torch.stack((angle.cos(), angle.sin()), dim=-1), torch.stack((-angle.sin(), angle.cos()), dim=-1)


def _eight_gaussians() -> Density:
    """Eight round Gaussians of equal weight on a circle: the radius 4 and the deviation 0.5 of Grathwohl et al. (2019,
    arXiv 1810.01367, in their code), both divided by √2. Variance of each axis 4 + 1/8."""
    radius, deviation = 4 / math.sqrt(2), 0.5 / math.sqrt(2)
    centres = radius * _rays(8)[0]

    def draw(n: int, generator: torch.Generator) -> torch.Tensor:
        which = _which(generator, 8, n)
        return centres.to(which.device)[which] + deviation * _normal(generator, n, 2)

    def log_density() -> Callable:
        covariance = deviation**2 * torch.eye(2, dtype=torch.float64, device="cpu")
        return _gaussians(centres, covariance, torch.ones_like(centres[:, 0]))

    return Density("eight Gaussians", draw, _lazily(log_density))


def _moons(nodes: int = 96) -> Density:
    """Two half circles of radius 1.7, each reaching into the other, uniform in angle, with Gaussian noise of deviation
    0.2. One is the other mirrored at the origin.

    The density is an integral over the angle, done by Gauss and Legendre's rule: a mixture of as many Gaussians as
    nodes. On the square |x₁|, |x₂| ≤ 6 its logarithm is exact to 1e-10.
    """
    radius, noise = 1.7, 0.2

    def arc(angle: torch.Tensor) -> torch.Tensor:
        return radius * torch.stack((angle.cos() - 0.5, angle.sin() - 0.2), dim=-1)

    def draw(n: int, generator: torch.Generator) -> torch.Tensor:
        side = 2 * _which(generator, 2, n, 1) - 1
        angle = math.pi * torch.rand(n, generator=generator, dtype=torch.float32, device=generator.device)
        return side * arc(angle) + noise * _normal(generator, n, 2)

    def log_density() -> Callable:
        node, weight = (torch.from_numpy(array) for array in np.polynomial.legendre.leggauss(nodes))
        one = arc(math.pi * (node + 1) / 2)
        covariance = noise**2 * torch.eye(2, dtype=torch.float64, device="cpu")
        return _gaussians(torch.cat((one, -one)), covariance, torch.cat((weight, weight)))

    return Density("moons", draw, _lazily(log_density))


def twist(x: torch.Tensor, rate: float) -> torch.Tensor:
    """Turn every point of the plane by the angle rate · |x| around the origin, anticlockwise for a rate > 0.

    The angle depends on the distance alone, which a turn keeps: rings slide along one another, the determinant of the
    Jacobian is 1 everywhere, and densities are carried along unchanged. `twist(…, -rate)` undoes it.
    x: (…, 2). rate: radians per unit of length. Returns (…, 2).
    Raises ValueError for an x of another shape or type and a rate that is not finite.
    """
    x, rate = _points(x), finite("rate", rate)
    angle = rate * torch.linalg.vector_norm(x, dim=-1)  # unlike hypot, it has a gradient at the origin
    cos, sin = angle.cos(), angle.sin()
    return torch.stack((cos * x[..., 0] - sin * x[..., 1], sin * x[..., 0] + cos * x[..., 1]), dim=-1)


def _pinwheel() -> Density:
    """Five Gaussian petals, 1.8 from the origin, of deviation 0.5 along their ray and 0.2 across, then twisted by one
    radian per unit of distance.

    `twist` keeps areas, so the density is the petals' at the point untwisted, and the entropy theirs. The common
    pinwheel (Johnson et al. 2016, arXiv 1603.06277, in their code) turns by the exponential of the coordinate along the
    ray instead, which keeps no areas.
    """
    petals, distance, along, across, rate = 5, 1.8, 0.5, 0.2, 1.0
    rays, normals = _rays(petals)

    def draw(n: int, generator: torch.Generator) -> torch.Tensor:
        which = _which(generator, petals, n)
        ray, normal = (vectors.to(which.device)[which] for vectors in (rays, normals))
        forth, aside = _normal(generator, 2, n, 1)
        return twist((distance + along * forth) * ray + across * aside * normal, rate)

    def log_density() -> Callable:
        axes = torch.stack((along * rays, across * normals), dim=-1)
        straight = _gaussians(distance * rays, axes @ axes.mT, torch.ones_like(rays[:, 0]))
        return lambda x: straight(twist(x, -rate))

    return Density("pinwheel", draw, _lazily(log_density))


EIGHT_GAUSSIANS, MOONS, PINWHEEL = _eight_gaussians(), _moons(), _pinwheel()
DENSITIES = {density.name: density for density in (EIGHT_GAUSSIANS, MOONS, PINWHEEL)}
