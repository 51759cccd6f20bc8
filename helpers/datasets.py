"""Point clouds drawn from a generator that the caller owns, and the data that lies beside the course."""

import math
from pathlib import Path

import numpy as np
import torch

from .checks import generator_of, positive, whole

__all__ = ["concentric_circles", "digits", "two_arm_spiral"]

DATA = Path(__file__).resolve().parent.parent / "data"


def _labels(n: int) -> torch.Tensor:
    return torch.arange(whole("n", n)) % 2


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
    labels = _labels(n)
    turns, noise = positive("turns", turns, zero=True), positive("noise", noise, zero=True)
    along = torch.rand(n, generator=generator_of(generator))
    angle = 2 * math.pi * turns * along + math.pi * labels
    radius = 0.3 + 1.7 * along
    points = torch.stack((radius * angle.cos(), radius * angle.sin()), dim=-1)
    return points + noise * torch.randn(n, 2, generator=generator), labels


def concentric_circles(
    n: int, generator: torch.Generator, *, inner: float = 0.5, outer: tuple[float, float] = (1.0, 1.5)
) -> tuple[torch.Tensor, torch.Tensor]:
    """A disk (class 0) and the ring around it (class 1), each uniform in area.

    n: number of points, the classes alternating. inner: the disk's radius, > 0.
    outer: the ring's two radii, inner < outer[0] < outer[1].
    Returns points (n, 2) float32 and labels (n,) int64 in {0, 1}.
    Raises ValueError for n ≤ 0 and for radii that are not so ordered.
    """
    labels = _labels(n)
    inner = positive("inner", inner)
    try:
        low, high = outer
    except (TypeError, ValueError):
        raise ValueError(f"outer={outer!r}: expected two radii") from None
    low, high = positive("outer", low), positive("outer", high)
    if not inner < low < high:
        raise ValueError(f"outer={outer!r}: expected two radii with inner={inner:g} < outer[0] < outer[1]")
    smallest = torch.where(labels == 0, 0.0, low)
    largest = torch.where(labels == 0, inner, high)
    area = torch.rand(n, generator=generator_of(generator))
    radius = (smallest**2 + area * (largest**2 - smallest**2)).sqrt()
    angle = 2 * math.pi * torch.rand(n, generator=generator)
    return torch.stack((radius * angle.cos(), radius * angle.sin()), dim=-1), labels


def digits() -> tuple[torch.Tensor, torch.Tensor]:
    """Handwritten digits of 8 × 8 pixels (Alpaydin & Kaynak 1998; data/README.md).

    Returns images (1797, 64) float32, from 0 (paper) to 1 (ink), rows of pixels one after the other, and labels
    (1797,) int64 from 0 to 9. Raises FileNotFoundError where the course's folder `data` is missing.
    """
    with np.load(DATA / "digits.npz", allow_pickle=False) as stored:
        images, labels = stored["images"], stored["labels"]
    return torch.from_numpy(images.astype(np.float32) / 16), torch.from_numpy(labels.astype(np.int64))
