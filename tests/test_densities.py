"""`helpers.densities`: they integrate to 1, have the entropy that they state and the points that they draw.

Statistical limits stand at the probability 1e-4, so they hold for nearly every seed, not for a chosen one.
"""

import math
import re

import numpy as np
import pytest
import torch
from scipy import integrate, special, stats

from helpers.datasets import old_faithful, standardise
from helpers.densities import EIGHT_GAUSSIANS, Density, Mixture

torch.set_num_threads(1)

RARE = 1e-4
FOUR = stats.norm.isf(RARE / 2)  # standard errors, 3.9: a mean is further off as rarely


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def square(half: float, spacing: float) -> torch.Tensor:
    """The points of a grid on |x₁|, |x₂| ≤ half, (rows, columns, 2)."""
    axis = torch.linspace(-half, half, 2 * round(half / spacing) + 1, dtype=torch.float64)
    return torch.stack(torch.meshgrid(axis, axis, indexing="xy"), dim=-1)


@pytest.mark.parametrize("n", [1, 2, 101])
def test_density_samples_shapes_types_and_reproducibility(n):
    global_state = torch.get_rng_state()
    points = EIGHT_GAUSSIANS.sample(n, generator())
    assert (points.shape, points.dtype) == ((n, 2), torch.float32)
    assert torch.equal(points, EIGHT_GAUSSIANS.sample(n, generator()))
    assert not torch.equal(points, EIGHT_GAUSSIANS.sample(n, generator(1)))
    assert torch.equal(torch.get_rng_state(), global_state)


def test_log_density_of_any_batch_and_precision():
    x = EIGHT_GAUSSIANS.sample(24, generator())
    log_p = EIGHT_GAUSSIANS.log_prob(x)
    assert (log_p.shape, log_p.dtype) == ((24,), torch.float64)
    assert EIGHT_GAUSSIANS.log_prob(x[0]).shape == ()
    assert EIGHT_GAUSSIANS.log_prob(x[:0]).shape == (0,)
    torch.testing.assert_close(
        EIGHT_GAUSSIANS.log_prob(x.reshape(2, 3, 4, 2)), log_p.reshape(2, 3, 4), rtol=0, atol=1e-12
    )
    assert torch.equal(EIGHT_GAUSSIANS.log_prob(x.double()), log_p)


def test_log_density_has_gradients():
    x = torch.cat((torch.zeros(1, 2), EIGHT_GAUSSIANS.sample(9, generator()))).double().requires_grad_()
    assert torch.autograd.gradcheck(EIGHT_GAUSSIANS.log_prob, x)
    scores = torch.func.vmap(torch.func.grad(EIGHT_GAUSSIANS.log_prob))(x.detach())
    torch.testing.assert_close(scores, torch.autograd.grad(EIGHT_GAUSSIANS.log_prob(x).sum(), x)[0])


def test_density_integrates_to_1():
    p = EIGHT_GAUSSIANS.log_prob(square(6, 0.05)).exp()
    assert float(p.sum()) * 0.05**2 == pytest.approx(1, abs=1e-9)
    edge = torch.cat((p[0], p[-1], p[:, 0], p[:, -1]))
    assert edge.max() < 1e-12  # 48 units of length around the square


def test_moments_of_eight_gaussians():
    x = square(6, 0.05)
    p = EIGHT_GAUSSIANS.log_prob(x).exp()[..., None] * 0.05**2
    assert (p * x).sum((0, 1)).abs().max() < 1e-9
    assert (p * x**2).sum((0, 1)).tolist() == pytest.approx((4.125, 4.125), abs=1e-8)  # radius²/2 + deviation²
    assert abs(float((p[..., 0] * x.prod(-1)).sum())) < 1e-9


def log_of_each_gaussian(x: torch.Tensor) -> np.ndarray:
    """SciPy's log densities of the eight Gaussians at points (…, 2), (8, …)."""
    centres = [(8**0.5 * math.cos(k * math.pi / 4), 8**0.5 * math.sin(k * math.pi / 4)) for k in range(8)]
    return np.array([stats.multivariate_normal(centre, 0.125).logpdf(x.numpy()) for centre in centres])


def test_log_density_of_eight_gaussians_by_scipy():
    x = square(6, 0.5)
    expected = np.logaddexp.reduce(log_of_each_gaussian(x)) - math.log(8)
    np.testing.assert_allclose(EIGHT_GAUSSIANS.log_prob(x).numpy(), expected, rtol=0, atol=1e-11)


def test_entropy_at_half_the_spacing_and_by_monte_carlo():
    p = EIGHT_GAUSSIANS.log_prob(square(6, 0.025)).exp()
    assert EIGHT_GAUSSIANS.entropy == pytest.approx(float(torch.special.entr(p).sum()) * 0.025**2, abs=1e-8)
    surprise = -EIGHT_GAUSSIANS.log_prob(EIGHT_GAUSSIANS.sample(40_000, generator()))
    assert abs(float(surprise.mean()) - EIGHT_GAUSSIANS.entropy) < FOUR * float(surprise.std()) / math.sqrt(40_000)


def test_entropy_of_eight_gaussians_is_that_of_eight_apart_less_their_overlap():
    """H(x) = log 8 + H(x | which) − H(which | x), and the last is small: a point nearly tells its Gaussian."""
    each = np.exp(log_of_each_gaussian(square(6, 0.05)))
    mixed = float((special.entr(each / each.sum(0)).sum(0) * each.mean(0)).sum()) * 0.05**2
    assert 0 < mixed < 0.01
    apart = math.log(8) + math.log(2 * math.pi * math.e / 8)
    assert EIGHT_GAUSSIANS.entropy == pytest.approx(apart - mixed, abs=1e-10)


def test_entropy_of_a_gaussian_and_of_one_that_does_not_fit():
    def gaussian(deviation):
        height = math.log(2 * math.pi * deviation**2)
        return Density("one", torch.randn, lambda x: -(x**2).sum(-1) / (2 * deviation**2) - height)

    assert gaussian(0.7).entropy == pytest.approx(math.log(2 * math.pi * math.e * 0.49), abs=1e-12)
    with pytest.raises(ValueError, match=r"one: a mass of 0\.91\d* within ±6: expected 1, to 1e-6"):
        _ = gaussian(3.0).entropy


def test_samples_fall_where_the_density_says():
    """χ² over cells of 0.4 × 0.4, their mass by Gauss and Legendre's rule; those that expect fewer than 5 are one."""
    n, width, cells = 20_000, 0.4, 20
    node, weight = np.polynomial.legendre.leggauss(10)
    axis = torch.from_numpy(((np.arange(cells)[:, None] + (node + 1) / 2) * width - cells * width / 2).ravel())
    p = EIGHT_GAUSSIANS.log_prob(torch.stack(torch.meshgrid(axis, axis, indexing="ij"), dim=-1)).exp().numpy()
    mass = np.einsum("aibj,i,j->ab", p.reshape(cells, 10, cells, 10), weight, weight) * width**2 / 4
    edges = np.linspace(-cells * width / 2, cells * width / 2, cells + 1)
    found = np.histogram2d(*EIGHT_GAUSSIANS.sample(n, generator()).double().numpy().T, bins=(edges, edges))[0]
    large = n * mass >= 5
    counts = np.append(found[large], n - found[large].sum())
    assert stats.chisquare(counts, n * np.append(mass[large], 1 - mass[large].sum())).pvalue > RARE


@pytest.mark.parametrize(
    ("call", "message"),
    [
        *[
            (lambda n=n: EIGHT_GAUSSIANS.sample(n, generator()), f"n={n!r}: expected a whole number")
            for n in (0, -1, 2.0, True)
        ],
        (lambda: EIGHT_GAUSSIANS.sample(3, None), "generator=None: expected a torch.Generator"),
        (lambda: EIGHT_GAUSSIANS.log_prob(torch.zeros(5, 3)), "x of shape (5, 3): expected (…, 2)"),
        (lambda: EIGHT_GAUSSIANS.log_prob(torch.tensor(1.0)), "x of shape (): expected (…, 2)"),
        (lambda: EIGHT_GAUSSIANS.log_prob([[0.0, 0.0]]), "x is a list: expected a floating-point tensor"),
        (lambda: EIGHT_GAUSSIANS.log_prob(torch.zeros(5, 2, dtype=torch.int64)), "x is a torch.int64 tensor: expected"),
    ],
)
def test_bad_arguments_of_densities_are_named(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


def test_a_density_of_standardised_data_goes_back_by_the_scale():
    data = old_faithful()
    z, mean, scale = standardise(data)
    expected = stats.multivariate_normal(data.mean(0).numpy(), data.T.cov(correction=0).numpy()).logpdf(data.numpy())
    found = stats.multivariate_normal([0, 0], z.T.cov(correction=0).numpy()).logpdf(z.numpy())
    np.testing.assert_allclose(found - float(scale.log().sum()), expected, rtol=0, atol=1e-12)
    assert mean.tolist() == data.mean(0).tolist()


# -- mixtures in any dimension ---------------------------------------------------------------------------------------


def a_mixture(k: int = 7, d: int = 3, width: float = 0.6) -> tuple[Mixture, np.ndarray, np.ndarray]:
    """One with random means and weights, and both as SciPy takes them."""
    rng = np.random.default_rng(k + d)
    means, weights = rng.normal(size=(k, d)), rng.random(k)
    return Mixture(torch.from_numpy(means), width, torch.from_numpy(weights)), means, weights / weights.sum()


@pytest.mark.parametrize(("k", "d"), [(1, 1), (7, 3), (40, 64)])
def test_a_mixture_by_scipy(k, d):
    mixture, means, weights = a_mixture(k, d)
    x = np.random.default_rng(0).normal(size=(5, 4, d))
    parts = np.stack(
        [math.log(w) + stats.multivariate_normal(m, 0.36).logpdf(x) for w, m in zip(weights, means, strict=True)], -1
    )
    parts = parts.reshape(5, 4, k)
    points = torch.from_numpy(x)
    np.testing.assert_allclose(mixture.parts(points).numpy(), parts, rtol=0, atol=1e-10)
    np.testing.assert_allclose(mixture.log_prob(points).numpy(), special.logsumexp(parts, axis=-1), atol=1e-10)
    np.testing.assert_allclose(mixture.posterior(points).numpy(), special.softmax(parts, axis=-1), atol=1e-10)


def test_the_score_is_the_gradient_of_log_p():
    mixture, _, _ = a_mixture()
    x = torch.randn(11, 3, generator=generator(), dtype=torch.float64, requires_grad=True)
    (gradient,) = torch.autograd.grad(mixture.log_prob(x).sum(), x)
    torch.testing.assert_close(mixture.score(x.detach()), gradient, rtol=0, atol=1e-12)
    torch.testing.assert_close(mixture.score(x.detach()[3]), gradient[3], rtol=0, atol=1e-12)


def test_a_mixture_that_is_noised_is_the_law_of_what_is_noised():
    """Its density is the integral over the noise; a second noising goes on where the first ended."""
    mixture, _, _ = a_mixture(d=1)
    noised = mixture.noised(0.7, 0.5)
    for y in (-1.0, 0.4, 2.0):

        def seen(x, y=y):
            return math.exp(mixture.log_prob(torch.tensor([x], dtype=torch.float64))) * stats.norm.pdf(y, 0.7 * x, 0.5)

        exact = integrate.quad(seen, -8, 8, limit=200, epsabs=1e-12)[0]
        assert noised.log_prob(torch.tensor([y], dtype=torch.float64)).exp().item() == pytest.approx(exact, abs=1e-10)
    twice, once = mixture.noised(0.8, 0.6).noised(0.5, 0.3), mixture.noised(0.4, math.hypot(0.3, 0.3))
    assert torch.allclose(twice.means, once.means) and twice.width == pytest.approx(once.width, abs=1e-15)
    assert torch.equal(twice.weights, mixture.weights)


def test_the_score_of_a_thousand_images_and_of_none_of_them_alone():
    """An empirical distribution in 64 dimensions: far from all others a point is pulled to its own image."""
    images = torch.randn(1000, 64, generator=generator(), dtype=torch.float64)
    alpha, sigma = 0.9, math.sqrt(1 - 0.81)
    law = Mixture(images, 0.0).noised(alpha, sigma)
    x = alpha * images[:200] + 0.1 * sigma * torch.randn(200, 64, generator=generator(1), dtype=torch.float64)
    torch.testing.assert_close(law.score(x), (alpha * images[:200] - x) / sigma**2, rtol=0, atol=1e-6)
    assert law.posterior(x).argmax(1).tolist() == list(range(200))
    single = Mixture(images.float(), 0.0).noised(alpha, sigma)
    assert single.score(x.float()).dtype == torch.float32
    torch.testing.assert_close(single.score(x).double(), law.score(x), rtol=0, atol=2e-4)
    with pytest.raises(ValueError, match=r"width=0: expected a number > 0"):
        Mixture(images, 0.0).score(x)


def test_weights_have_any_sum_and_may_be_zero():
    means = torch.tensor([[0.0], [1.0], [5.0]]).double()
    mixture, x = Mixture(means, 0.5, torch.tensor([2, 6, 0])), torch.tensor([[0.3], [4.0]]).double()
    assert mixture.weights.tolist() == pytest.approx([0.25, 0.75, 0])
    without = Mixture(means[:2], 0.5, torch.tensor([0.25, 0.75]).double())
    torch.testing.assert_close(mixture.log_prob(x), without.log_prob(x))
    torch.testing.assert_close(mixture.score(x), without.score(x))
    assert Mixture(means, 0.5).weights.tolist() == pytest.approx([1 / 3] * 3)


MEANS = torch.zeros(3, 2).double()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: Mixture(torch.zeros(3, 2, dtype=torch.int64), 1.0), "means is a torch.int64 tensor"),
        (lambda: Mixture(torch.zeros(3), 1.0), "means of shape (3,): expected (k, d), neither of them 0"),
        (lambda: Mixture(torch.zeros(0, 2), 1.0), "means of shape (0, 2): expected (k, d)"),
        (lambda: Mixture(MEANS, -1.0), "width=-1: expected a number ≥ 0"),
        (lambda: Mixture(MEANS, math.nan), "width=nan: expected a finite number"),
        (lambda: Mixture(MEANS, 1.0, torch.ones(2)), "weights shape (2,): expected (3,)"),
        (lambda: Mixture(MEANS, 1.0, [1, 1, 1]), "weights type list: expected a tensor of shape (3,)"),
        (lambda: Mixture(MEANS, 1.0, torch.tensor([1.0, -1, 1])), "least of weights=-1: expected a number ≥ 0"),
        (lambda: Mixture(MEANS, 1.0, torch.zeros(3)), "sum of weights=0: expected a number > 0"),
        (lambda: Mixture(MEANS, 1.0).noised(math.inf, 0.1), "alpha=inf: expected a finite number"),
        (lambda: Mixture(MEANS, 1.0).noised(0.5, math.nan), "width=nan: expected a finite number"),
        (lambda: Mixture(MEANS, 1.0).score(torch.zeros(4, 3)), "x of shape (4, 3): expected (…, 2)"),
        (lambda: Mixture(MEANS, 1.0).posterior(torch.zeros(())), "x of shape (): expected (…, 2)"),
        (lambda: Mixture(MEANS, 1.0).log_prob(np.zeros(2)), "x is a ndarray: expected a floating-point tensor"),
    ],
)
def test_bad_mixtures_and_points_are_named(call, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        call()
