"""Densities that are known exactly: of the plane, to draw from, and mixtures in any dimension."""

import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cached_property

import torch

from .checks import finite, floating, not_negative, one_shape, positive, torch_generator, whole

__all__ = ["EIGHT_GAUSSIANS", "Density", "Mixture"]


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
        floating("x", x)
        if x.dim() == 0 or x.shape[-1] != 2:
            raise ValueError(f"x of shape {tuple(x.shape)}: expected (…, 2)")
        return self.log_density(x.cpu().double())

    @cached_property
    def entropy(self) -> float:
        """−∫ p log p in nats: the floor of every model's expected −log q, over points of this density.

        By the trapezoidal rule on the square |x₁|, |x₂| ≤ 6, 0.05 apart, which for a smooth integrand that has died out
        at the edge converges faster than any power of the spacing (Trefethen & Weideman 2014, SIAM Review 56, 385):
        here to 1e-8. Computed at its first use, in less than a second.
        Raises ValueError where the square holds more or less than 1 ± 1e-6 of the mass.
        """
        spacing, mass, entropy = 0.05, 0.0, 0.0
        axis = spacing * torch.arange(-120, 121, dtype=torch.float64, device="cpu")
        for height in axis:  # a row at a time, to stay small
            log_p = self.log_density(torch.stack((axis, height.expand_as(axis)), dim=-1))
            mass += spacing**2 * float(log_p.exp().sum())
            entropy += spacing**2 * float(torch.special.entr(log_p.exp()).sum())  # −p log p, and 0 where p underflows
        if not abs(mass - 1) < 1e-6:
            raise ValueError(f"{self.name}: a mass of {mass:.7g} within ±6: expected 1, to 1e-6")
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


def _eight_gaussians() -> Density:
    """Eight round Gaussians of equal weight on a circle: the radius 4 and the deviation 0.5 of Grathwohl et al. (2019,
    arXiv 1810.01367, in their code), both divided by √2. Variance of each axis 4 + 1/8."""
    radius, deviation = 4 / math.sqrt(2), 0.5 / math.sqrt(2)
    angle = math.pi / 4 * torch.arange(8, dtype=torch.float64, device="cpu")
    centres = radius * torch.stack((angle.cos(), angle.sin()), dim=-1)

    def draw(n: int, generator: torch.Generator) -> torch.Tensor:
        which = torch.randint(8, (n,), generator=generator, device=generator.device)
        noise = torch.randn((n, 2), generator=generator, dtype=torch.float32, device=generator.device)
        return centres.to(which.device)[which] + deviation * noise

    return Density("eight Gaussians", draw, Mixture(centres, deviation).log_prob)


EIGHT_GAUSSIANS = _eight_gaussians()
