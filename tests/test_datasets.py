"""`helpers.datasets`: without noise the points lie on their curves, with it they have their distribution.

Statistical limits stand at the probability 1e-4, so they hold for nearly every seed, not for a chosen one.
"""

import math
import re

import pytest
import torch
from scipy import stats

from helpers.datasets import concentric_circles, two_arm_spiral

torch.set_num_threads(1)

RARE = 1e-4


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


@pytest.mark.parametrize("make", [two_arm_spiral, concentric_circles])
@pytest.mark.parametrize("n", [1, 2, 101])
def test_shapes_types_balance_and_reproducibility(make, n):
    global_state = torch.get_rng_state()
    points, labels = make(n, generator())
    assert (points.shape, points.dtype) == ((n, 2), torch.float32)
    assert (labels.shape, labels.dtype) == ((n,), torch.int64)
    assert torch.bincount(labels, minlength=2).tolist() == [n - n // 2, n // 2]
    again, other = make(n, generator())[0], make(n, generator(1))[0]
    assert torch.equal(points, again)
    assert not torch.equal(points, other)
    assert torch.equal(torch.get_rng_state(), global_state)


@pytest.mark.parametrize("turns", [0.0, 0.5, 1.0, 2.5])
def test_spiral_without_noise_lies_on_its_arms(turns):
    points, labels = two_arm_spiral(400, generator(), turns=turns, noise=0)
    x, y = points.double().unbind(-1)
    radius = torch.hypot(x, y)
    # The radius alone says how far along its arm a point is, hence at which angle it must be.
    along = (radius - 0.3) / (2 - 0.3)
    off = torch.atan2(y, x) - 2 * math.pi * turns * along - math.pi * labels
    assert torch.sin(off / 2).abs().max() < 1e-5  # off is a whole number of revolutions
    assert along.min() > -1e-6
    assert along.max() < 1 + 1e-6
    assert stats.kstest(along.numpy(), "uniform").pvalue > RARE


def test_spiral_noise_is_gaussian_of_the_given_size():
    sigma = 0.3
    exact, noisy = (two_arm_spiral(2000, generator(), noise=size)[0] for size in (0.0, sigma))
    noise = (noisy - exact) / sigma  # the same generator: the same points beneath
    for coordinate in noise.T:
        assert stats.kstest(coordinate.numpy(), "norm").pvalue > RARE
    assert stats.pearsonr(*noise.T.numpy()).pvalue > RARE


def test_circles_are_uniform_in_area():
    inner, (low, high) = 0.4, (0.9, 1.7)
    points, labels = concentric_circles(4000, generator(), inner=inner, outer=(low, high))
    squared, angle = (points.double() ** 2).sum(-1), torch.atan2(*points.double().T)
    for label, (smallest, largest) in enumerate([(0, inner), (low, high)]):
        share = (squared[labels == label] - smallest**2) / (largest**2 - smallest**2)  # of the area inside the point
        assert share.min() > -1e-6
        assert share.max() < 1 + 1e-6
        assert stats.kstest(share.numpy(), "uniform").pvalue > RARE
        turn = angle[labels == label] / (2 * math.pi) + 0.5
        assert stats.kstest(turn.numpy(), "uniform").pvalue > RARE


@pytest.mark.parametrize(
    ("make", "arguments", "message"),
    [
        *[
            (make, {"n": n}, f"n={n!r}: expected a whole number, 1 or greater")
            for make in (two_arm_spiral, concentric_circles)
            for n in (0, -3, 2.0, "7", True)
        ],
        (two_arm_spiral, {"noise": -0.1}, "noise=-0.1: expected a number ≥ 0"),
        (two_arm_spiral, {"noise": math.inf}, "noise=inf: expected a finite number"),
        (two_arm_spiral, {"turns": math.nan}, "turns=nan: expected a finite number"),
        (two_arm_spiral, {"turns": -1}, "turns=-1: expected a number ≥ 0"),
        (concentric_circles, {"inner": 0}, "inner=0: expected a number > 0"),
        (concentric_circles, {"inner": 1.2}, "outer=(1.0, 1.5): expected two radii with inner=1.2 <"),
        (concentric_circles, {"outer": (1.5, 1.0)}, "outer=(1.5, 1.0): expected two radii"),
        (concentric_circles, {"outer": 1.5}, "outer=1.5: expected two radii"),
        (concentric_circles, {"outer": (1.0, math.nan)}, "outer=nan: expected a finite number"),
    ],
)
def test_bad_arguments_are_named(make, arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        make(**{"n": 10, "generator": generator()} | arguments)
