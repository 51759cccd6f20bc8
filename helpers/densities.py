"""Densities that are known exactly: three of the plane that can be drawn from, and mixtures in any dimension."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
import torch

from .checks import finite, floating, not_negative, one_shape, positive, torch_generator, whole

__all__ = ["DENSITIES", "EIGHT_GAUSSIANS", "MOONS", "PINWHEEL", "Density", "Mixture", "twist"]


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


class Mixture:
    """Round Gaussians of one width in d dimensions, Σ wᵢ N(mᵢ, s² 1); with s = 0 the empirical distribution of points.

    means: (k, d), a floating-point tensor; all is computed in its type, on its device. width: the standard deviation
    s ≥ 0 along each axis, in the units of the means. weights: (k,), ≥ 0, of any sum > 0; None: all equal. The attribute
    `weights` sums to 1. Raises ValueError for others.
    """

    def __init__(self, means: torch.Tensor, width: float, weights: torch.Tensor | None = None):
        if floating("means", means).dim() != 2 or not means.numel():
            raise ValueError(f"means of shape {tuple(means.shape)}: expected (k, d), neither of them 0")
        self.means, self.width = means, not_negative("width", width)
        weights = torch.ones_like(means[:, 0]) if weights is None else one_shape("weights", weights, means.shape[:1])
        not_negative("least of weights", weights.min())
        self.weights = (weights / positive("sum of weights", weights.sum())).to(means)

    def noised(self, alpha: float, sigma: float) -> "Mixture":
        """The law of α X + σ ε, for X of this law and a standard normal ε: a mixture again. α, σ: finite numbers."""
        return Mixture(finite("alpha", alpha) * self.means, math.hypot(alpha * self.width, sigma), self.weights)

    def parts(self, x: torch.Tensor) -> torch.Tensor:
        """log wᵢ + log N(x; mᵢ, s² 1) of each Gaussian at the points x (…, d): (…, k), in nats.

        Raises ValueError for an x of another shape or type, and where s = 0: such a law has no density.
        """
        variance, (_, d) = positive("width", self.width) ** 2, self.means.shape
        if floating("x", x).shape[-1:] != (d,):
            raise ValueError(f"x of shape {tuple(x.shape)}: expected (…, {d})")
        x, height = x.to(self.means), self.weights.log() - d / 2 * math.log(2 * math.pi * variance)
        # One matrix product, in place of the differences x − mᵢ, which would fill the memory: many times as fast. It
        # loses |x|²/s² units of round-off: a narrow mixture wants float64.
        squares = x.square().sum(-1, keepdim=True) + self.means.square().sum(-1) - 2 * x @ self.means.T
        return height - squares / (2 * variance)

    def posterior(self, x: torch.Tensor) -> torch.Tensor:
        """The probability that a point at x came from each Gaussian: (…, k), of sum 1. Errors: as `parts`."""
        return torch.softmax(self.parts(x), dim=-1)

    def log_prob(self, x: torch.Tensor) -> torch.Tensor:
        """log p at x (…, d): (…), in nats. Errors: as `parts`."""
        return torch.logsumexp(self.parts(x), dim=-1)

    def score(self, x: torch.Tensor) -> torch.Tensor:
        """∇ log p at x (…, d): (…, d), in 1/units of x. Errors: as `parts`."""
        return (self.posterior(x) @ self.means - x.to(self.means)) / self.width**2


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

    return Density("eight Gaussians", draw, Mixture(centres, deviation).log_prob)


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

    node, weight = (torch.from_numpy(array) for array in np.polynomial.legendre.leggauss(nodes))
    one = arc(math.pi * (node + 1) / 2)
    return Density("moons", draw, Mixture(torch.cat((one, -one)), noise, torch.cat((weight, weight))).log_prob)


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

    def log_density(x: torch.Tensor) -> torch.Tensor:
        straight = twist(x, -rate)
        squares = ((straight @ rays.T - distance) / along) ** 2 + (straight @ normals.T / across) ** 2
        return torch.logsumexp(-squares / 2, dim=-1) - math.log(petals * 2 * math.pi * along * across)

    return Density("pinwheel", draw, log_density)


EIGHT_GAUSSIANS, MOONS, PINWHEEL = _eight_gaussians(), _moons(), _pinwheel()
DENSITIES = {density.name: density for density in (EIGHT_GAUSSIANS, MOONS, PINWHEEL)}
