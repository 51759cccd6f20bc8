"""Point clouds drawn from a generator that the caller owns, and on its device, densities of the plane that are known
exactly, and the data that lies beside the course, which is read onto the CPU."""

import csv
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache, cached_property
from pathlib import Path

import numpy as np
import torch

from .checks import finite, floating, generator_of, positive, whole

__all__ = [
    "DENSITIES",
    "EIGHT_GAUSSIANS",
    "MOONS",
    "PINWHEEL",
    "Density",
    "concentric_circles",
    "digits",
    "old_faithful",
    "read_table",
    "standardise",
    "twist",
    "two_arm_spiral",
]

DATA = Path(__file__).resolve().parent.parent / "data"


def _uniform(generator: torch.Generator, *shape: int) -> torch.Tensor:
    return torch.rand(shape, generator=generator, dtype=torch.float32, device=generator.device)


def _normal(generator: torch.Generator, *shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=generator, dtype=torch.float32, device=generator.device)


def _which(generator: torch.Generator, kinds: int, *shape: int) -> torch.Tensor:
    return torch.randint(kinds, shape, generator=generator, device=generator.device)


def _labels(n: int, generator: torch.Generator) -> torch.Tensor:
    return torch.arange(whole("n", n), device=generator_of(generator).device) % 2


def two_arm_spiral(
    n: int, generator: torch.Generator, *, turns: float = 1.0, noise: float = 0.05
) -> tuple[torch.Tensor, torch.Tensor]:
    """Two spiral arms, one the other turned by half a revolution.

    n: number of points, the classes alternating. turns: revolutions of an arm, ≥ 0.
    noise: standard deviation of the isotropic Gaussian added to each point, ≥ 0, in the units of the plane,
    in which the arms run from radius 0.3 to radius 2.
    Returns points (n, 2) float32 and labels (n,) int64 in {0, 1}.
    Raises ValueError for n ≤ 0 and for negative or non-finite turns or noise.
    """
    labels = _labels(n, generator)
    turns, noise = positive("turns", turns, zero=True), positive("noise", noise, zero=True)
    along = _uniform(generator, n)
    angle = 2 * math.pi * turns * along + math.pi * labels.to(along)
    radius = 0.3 + 1.7 * along
    points = torch.stack((radius * angle.cos(), radius * angle.sin()), dim=-1)
    return points + noise * _normal(generator, n, 2), labels


def concentric_circles(
    n: int, generator: torch.Generator, *, inner: float = 0.5, outer: tuple[float, float] = (1.0, 1.5)
) -> tuple[torch.Tensor, torch.Tensor]:
    """A disk (class 0) and the ring around it (class 1), each uniform in area.

    n: number of points, the classes alternating. inner: the disk's radius, > 0.
    outer: the ring's two radii, inner < outer[0] < outer[1].
    Returns points (n, 2) float32 and labels (n,) int64 in {0, 1}.
    Raises ValueError for n ≤ 0 and for radii that are not so ordered.
    """
    labels = _labels(n, generator)
    inner = positive("inner", inner)
    try:
        low, high = outer
    except (TypeError, ValueError):
        raise ValueError(f"outer={outer!r}: expected two radii") from None
    low, high = positive("outer", low), positive("outer", high)
    if not inner < low < high:
        raise ValueError(f"outer={outer!r}: expected two radii with inner={inner:g} < outer[0] < outer[1]")
    area = _uniform(generator, n)
    smallest = torch.full_like(area, low).masked_fill(labels == 0, 0.0)
    largest = torch.full_like(area, high).masked_fill(labels == 0, inner)
    radius = (smallest**2 + area * (largest**2 - smallest**2)).sqrt()
    angle = 2 * math.pi * _uniform(generator, n)
    return torch.stack((radius * angle.cos(), radius * angle.sin()), dim=-1), labels


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
        return self.draw(whole("n", n), generator_of(generator)).float()

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
        angle = math.pi * _uniform(generator, n)
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


def digits() -> tuple[torch.Tensor, torch.Tensor]:
    """Handwritten digits of 8 × 8 pixels (Alpaydin & Kaynak 1998; data/README.md).

    Returns images (1797, 64) float32, from 0 (paper) to 1 (ink), rows of pixels one after the other, and labels
    (1797,) int64 from 0 to 9. Raises FileNotFoundError where the course's folder `data` is missing.
    """
    with np.load(DATA / "digits.npz", allow_pickle=False) as stored:
        images, labels = stored["images"], stored["labels"]
    return torch.from_numpy(images.astype(np.float32) / 16), torch.from_numpy(labels.astype(np.int64))


def read_table(path: str | Path) -> torch.Tensor:
    """The numbers of a CSV file: one line of column names, then rows of numbers, separated by commas, in UTF-8.

    Returns (rows, columns) float64, with one row or more and two columns or more; blank lines are left out.
    Raises FileNotFoundError where there is no such file, and ValueError with the file, the line and what was expected
    for entries that are missing, no number, NaN or infinite, for rows that are longer or shorter than the header, a
    header of numbers alone, a single column, no rows, and what is no text.
    """
    path = Path(path)
    try:
        with path.open(newline="", encoding="utf-8-sig") as file:  # spreadsheets write a mark of the byte order
            reader = csv.reader(file, skipinitialspace=True)
            lines = [(reader.line_num, row) for row in reader if len(row) > 1 or "".join(row).strip()]
    except (UnicodeDecodeError, csv.Error) as error:
        raise ValueError(f"{path}: expected text in UTF-8 with commas between the numbers; {error}") from None
    if not lines:
        raise ValueError(f"{path}: empty: expected a line of column names, then rows of numbers")
    (first, names), *rows = lines
    if len(names) < 2:
        raise ValueError(f"{path}, line {first}: one column: expected two or more, with commas between them")
    if all(math.isfinite(_number(name)) for name in names):
        raise ValueError(f"{path}, line {first}: numbers: expected the names of the columns first")
    if not rows:
        raise ValueError(f"{path}: no rows: expected one or more beneath the names of the columns")
    for line, row in rows:
        if len(row) != len(names):
            entries = "1 entry" if len(row) == 1 else f"{len(row)} entries"
            raise ValueError(f"{path}, line {line}: {entries}: expected {len(names)}, as there are names")
        for name, text in zip(names, row, strict=True):
            if not math.isfinite(_number(text)):
                raise ValueError(f"{path}, line {line}: {name.strip()}={text.strip()!r}: expected a finite number")
    numbers = [[_number(text) for text in row] for _, row in rows]
    return torch.tensor(numbers, dtype=torch.float64, device="cpu")


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError:
        return math.nan


def old_faithful() -> torch.Tensor:
    """Eruptions of the Old Faithful geyser, as R's `faithful` has them (Härdle 1991; data/README.md).

    Returns (272, 2) float64, in minutes: how long an eruption lasted, and how long the next was waited for.
    Raises FileNotFoundError where the course's folder `data` is missing.
    """
    return read_table(DATA / "old_faithful.csv")


def standardise(train: torch.Tensor, *others: torch.Tensor) -> tuple[torch.Tensor, ...]:
    """Subtract the mean of `train`, column by column, and divide by its standard deviation, in `train` and the others.

    train: (n, d) floating, n ≥ 2, d ≥ 2. others: (m, d), such as held-out rows, which do not enter the mean.
    Returns (train, *others, mean, scale), mean and scale (d,) as numbers of the data: z * scale + mean is the data
    again, and log p of the data is log p of z minus scale.log().sum(). scale is the root of the mean square, divided by
    n and not n − 1, so that the columns of z have variance 1.
    Raises ValueError for other shapes and types, NaN or infinite entries, and columns of `train` that are constant, up
    to round-off.
    """
    _table("train", train)
    for number, other in enumerate(others):
        _table(f"others[{number}]", other, least=1)
        if other.shape[1] != train.shape[1]:
            raise ValueError(f"others[{number}] has {other.shape[1]} columns: expected {train.shape[1]}, as train has")
    low, high = train.aminmax(dim=0)
    constant = high - low <= torch.finfo(train.dtype).eps * torch.maximum(low.abs(), high.abs())
    if constant.any():
        column = int(constant.nonzero()[0])
        raise ValueError(f"train: column {column} is constant: expected entries that differ")
    mean, scale = train.mean(dim=0), train.std(dim=0, correction=0)
    return *((rows - mean) / scale for rows in (train, *others)), mean, scale


def _table(name: str, rows, least: int = 2) -> None:
    floating(name, rows)
    if rows.dim() != 2 or rows.shape[0] < least or rows.shape[1] < 2:
        size = f"{'two rows' if least == 2 else 'one row'} or more and two columns or more"
        raise ValueError(f"{name} of shape {tuple(rows.shape)}: expected (n, d) with {size}")
    lost = int((~rows.isfinite()).sum())
    if lost:
        raise ValueError(f"{name}: {lost} of {rows.numel()} entries NaN or infinite: expected finite numbers")
