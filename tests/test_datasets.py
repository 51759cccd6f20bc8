"""`helpers.datasets`: without noise the points lie on their curves, with it they have their distribution;
the densities integrate to 1, have the entropy that they state and the points that they draw; the data are the files
that data/README.md describes.

Statistical limits stand at the probability 1e-4, so they hold for nearly every seed, not for a chosen one.
"""

import hashlib
import math
import re

import numpy as np
import pytest
import torch
from scipy import integrate, special, stats

from helpers import datasets
from helpers.datasets import (
    DATA,
    DENSITIES,
    EIGHT_GAUSSIANS,
    MOONS,
    PINWHEEL,
    Density,
    concentric_circles,
    digits,
    old_faithful,
    read_table,
    standardise,
    twist,
    two_arm_spiral,
)

torch.set_num_threads(1)

RARE = 1e-4
FOUR = stats.norm.isf(RARE / 2)  # standard errors, 3.9: a mean is further off as rarely


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


# -- densities ------------------------------------------------------------------------------------------------------

every_density = pytest.mark.parametrize("density", DENSITIES.values(), ids=DENSITIES)


def square(half: float, spacing: float) -> torch.Tensor:
    """The points of a grid on |x₁|, |x₂| ≤ half, (rows, columns, 2)."""
    axis = torch.linspace(-half, half, 2 * round(half / spacing) + 1, dtype=torch.float64)
    return torch.stack(torch.meshgrid(axis, axis, indexing="xy"), dim=-1)


@every_density
@pytest.mark.parametrize("n", [1, 2, 101])
def test_density_samples_shapes_types_and_reproducibility(density, n):
    global_state = torch.get_rng_state()
    points = density.sample(n, generator())
    assert (points.shape, points.dtype) == ((n, 2), torch.float32)
    assert torch.equal(points, density.sample(n, generator()))
    assert not torch.equal(points, density.sample(n, generator(1)))
    assert torch.equal(torch.get_rng_state(), global_state)


def test_densities_go_by_their_names():
    assert {"eight Gaussians": EIGHT_GAUSSIANS, "moons": MOONS, "pinwheel": PINWHEEL} == DENSITIES
    assert all(density.name == name and name in repr(density) for name, density in DENSITIES.items())


@every_density
def test_log_density_of_any_batch_and_precision(density):
    x = density.sample(24, generator())
    log_p = density.log_prob(x)
    assert (log_p.shape, log_p.dtype) == ((24,), torch.float64)
    assert density.log_prob(x[0]).shape == ()
    assert density.log_prob(x[:0]).shape == (0,)
    torch.testing.assert_close(density.log_prob(x.reshape(2, 3, 4, 2)), log_p.reshape(2, 3, 4), rtol=0, atol=1e-12)
    assert torch.equal(density.log_prob(x.double()), log_p)


@every_density
def test_log_density_has_gradients(density):
    x = torch.cat((torch.zeros(1, 2), density.sample(9, generator()))).double().requires_grad_()
    assert torch.autograd.gradcheck(density.log_prob, x)
    scores = torch.func.vmap(torch.func.grad(density.log_prob))(x.detach())
    torch.testing.assert_close(scores, torch.autograd.grad(density.log_prob(x).sum(), x)[0])


@every_density
def test_density_integrates_to_1(density):
    p = density.log_prob(square(6, 0.05)).exp()
    assert float(p.sum()) * 0.05**2 == pytest.approx(1, abs=1e-9)
    edge = torch.cat((p[0], p[-1], p[:, 0], p[:, -1]))
    assert edge.max() < 1e-12  # 48 units of length around the square


@pytest.mark.parametrize(
    ("density", "expected"),
    [
        (EIGHT_GAUSSIANS, (4.125, 4.125)),  # radius²/2 + deviation²
        (PINWHEEL, ((1.8**2 + 0.5**2 + 0.2**2) / 2,) * 2),  # the twist keeps distances
        (MOONS, (1.7**2 * 0.75 + 0.04, 1.7**2 * (0.5 - 0.8 / math.pi + 0.04) + 0.04)),
    ],
    ids=["eight Gaussians", "pinwheel", "moons"],
)
def test_moments_of_the_densities(density, expected):
    x = square(6, 0.05)
    p = density.log_prob(x).exp()[..., None] * 0.05**2
    assert (p * x).sum((0, 1)).abs().max() < 1e-9
    assert (p * x**2).sum((0, 1)).tolist() == pytest.approx(expected, abs=1e-8)
    assert abs(float((p[..., 0] * x.prod(-1)).sum())) < (2 if density is MOONS else 1e-9)


def log_of_each_gaussian(x: torch.Tensor) -> np.ndarray:
    """SciPy's log densities of the eight Gaussians at points (…, 2), (8, …)."""
    centres = [(8**0.5 * math.cos(k * math.pi / 4), 8**0.5 * math.sin(k * math.pi / 4)) for k in range(8)]
    return np.array([stats.multivariate_normal(centre, 0.125).logpdf(x.numpy()) for centre in centres])


def test_log_density_of_eight_gaussians_by_scipy():
    x = square(6, 0.5)
    expected = np.logaddexp.reduce(log_of_each_gaussian(x)) - math.log(8)
    np.testing.assert_allclose(EIGHT_GAUSSIANS.log_prob(x).numpy(), expected, rtol=0, atol=1e-11)


def test_log_density_of_moons_has_nodes_enough():
    x = square(6, 0.1)
    assert (datasets._moons(nodes=192).log_prob(x) - MOONS.log_prob(x)).abs().max() < 1e-10


def test_log_density_of_moons_by_adaptive_quadrature():
    for x, y in [(0.0, 0.0), (1.5, -0.9), (-0.85, 1.36), (3.0, 2.0)]:

        def kernel(angle, side, x=x, y=y):
            right, up = side * 1.7 * (math.cos(angle) - 0.5), side * 1.7 * (math.sin(angle) - 0.2)
            return math.exp(-((x - right) ** 2 + (y - up) ** 2) / 0.08) / (0.08 * math.pi)

        arcs = (integrate.quad(kernel, 0, math.pi, args=(side,), epsabs=0, epsrel=1e-11)[0] for side in (1, -1))
        expected = math.log(sum(arcs) / (2 * math.pi))
        assert MOONS.log_prob(torch.tensor([x, y], dtype=torch.float64)).item() == pytest.approx(expected, abs=1e-9)


@every_density
def test_entropy_at_half_the_spacing_and_by_monte_carlo(density):
    assert density.entropy == pytest.approx(datasets._entropy(density, half=6.0, spacing=0.025), abs=1e-8)
    surprise = -density.log_prob(density.sample(40_000, generator()))
    assert abs(float(surprise.mean()) - density.entropy) < FOUR * float(surprise.std()) / math.sqrt(40_000)


def test_entropy_of_eight_gaussians_is_that_of_eight_apart_less_their_overlap():
    """H(x) = log 8 + H(x | which) − H(which | x), and the last is small: a point nearly tells its Gaussian."""
    each = np.exp(log_of_each_gaussian(square(6, 0.05)))
    mixed = float((special.entr(each / each.sum(0)).sum(0) * each.mean(0)).sum()) * 0.05**2
    assert 0 < mixed < 0.01
    apart = math.log(8) + math.log(2 * math.pi * math.e / 8)
    assert EIGHT_GAUSSIANS.entropy == pytest.approx(apart - mixed, abs=1e-10)


def test_entropy_of_the_pinwheel_is_that_of_its_straight_petals():
    straight = Density("petals", PINWHEEL.draw, lambda x: PINWHEEL.log_density(twist(x, 1.0)))
    assert straight.entropy == pytest.approx(PINWHEEL.entropy, abs=1e-8)


def test_entropy_of_a_gaussian_and_of_one_that_does_not_fit():
    def gaussian(deviation):
        height = math.log(2 * math.pi * deviation**2)
        return Density("one", torch.randn, lambda x: -(x**2).sum(-1) / (2 * deviation**2) - height)

    assert gaussian(0.7).entropy == pytest.approx(math.log(2 * math.pi * math.e * 0.49), abs=1e-12)
    with pytest.raises(ValueError, match=r"one: a mass of 0\.91\d* within ±6: expected 1, to 1e-6"):
        _ = gaussian(3.0).entropy


@every_density
def test_samples_fall_where_the_density_says(density):
    """χ² over cells of 0.4 × 0.4, their mass by Gauss and Legendre's rule; those that expect fewer than 5 are one."""
    n, width, cells = 20_000, 0.4, 20
    node, weight = np.polynomial.legendre.leggauss(10)
    axis = torch.from_numpy(((np.arange(cells)[:, None] + (node + 1) / 2) * width - cells * width / 2).ravel())
    p = density.log_prob(torch.stack(torch.meshgrid(axis, axis, indexing="ij"), dim=-1)).exp().numpy()
    mass = np.einsum("aibj,i,j->ab", p.reshape(cells, 10, cells, 10), weight, weight) * width**2 / 4
    edges = np.linspace(-cells * width / 2, cells * width / 2, cells + 1)
    found = np.histogram2d(*density.sample(n, generator()).double().numpy().T, bins=(edges, edges))[0]
    large = n * mass >= 5
    counts = np.append(found[large], n - found[large].sum())
    assert stats.chisquare(counts, n * np.append(mass[large], 1 - mass[large].sum())).pvalue > RARE


@pytest.mark.parametrize("rate", [-1.0, 0.0, 0.3, 2.5])
def test_twist_keeps_areas_and_distances_and_is_undone(rate):
    x = 2 * torch.randn(200, 2, dtype=torch.float64, generator=generator())
    jacobian = torch.func.vmap(torch.func.jacrev(lambda row: twist(row, rate)))(x)
    torch.testing.assert_close(torch.linalg.det(jacobian), torch.ones(200).double(), rtol=0, atol=1e-12)
    turned = twist(x, rate)
    torch.testing.assert_close(turned.norm(dim=-1), x.norm(dim=-1), rtol=1e-14, atol=0)
    torch.testing.assert_close(twist(turned, -rate), x, rtol=0, atol=1e-13)


def test_twist_turns_anticlockwise_by_the_rate_times_the_distance():
    x = torch.tensor([[0.0, 0.0], [1.0, 0.0], [2.0, 0.0]], dtype=torch.float64)
    expected = torch.tensor([[0.0, 0.0], [0.0, 1.0], [-2.0, 0.0]], dtype=torch.float64)
    torch.testing.assert_close(twist(x, math.pi / 2), expected, rtol=0, atol=1e-14)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        *[(lambda n=n: MOONS.sample(n, generator()), f"n={n!r}: expected a whole number") for n in (0, -1, 2.0, True)],
        (lambda: PINWHEEL.sample(3, None), "generator=None: expected a torch.Generator"),
        (lambda: MOONS.log_prob(torch.zeros(5, 3)), "x of shape (5, 3): expected (…, 2)"),
        (lambda: MOONS.log_prob(torch.tensor(1.0)), "x of shape (): expected (…, 2)"),
        (lambda: MOONS.log_prob([[0.0, 0.0]]), "x is a list: expected a floating-point tensor"),
        (lambda: MOONS.log_prob(torch.zeros(5, 2, dtype=torch.int64)), "x is a torch.int64 tensor: expected"),
        (lambda: twist(torch.zeros(2, 3), 1.0), "x of shape (2, 3): expected (…, 2)"),
        (lambda: twist(torch.zeros(3, 2), math.nan), "rate=nan: expected a finite number"),
    ],
)
def test_bad_arguments_of_densities_are_named(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


# -- digits ---------------------------------------------------------------------------------------------------------


def test_digits_have_their_shapes_types_and_range():
    images, labels = digits()
    assert (images.shape, images.dtype) == ((1797, 64), torch.float32)
    assert (labels.shape, labels.dtype) == ((1797,), torch.int64)
    assert (images.min(), images.max()) == (0, 1)
    assert torch.equal(16 * images, (16 * images).round())  # 0 to 16 pixels of ink, each of them exact
    counts = torch.bincount(labels)
    assert counts.tolist() == [178, 182, 177, 183, 181, 182, 181, 179, 174, 180]
    again = digits()[0]
    again.fill_(9.0)  # what one caller does to it, the next does not see
    assert torch.equal(digits()[0], images)


def test_digits_show_their_digit():
    """A zero is empty in its middle and a one is not; the nearest mean knows nine digits of ten."""
    images, labels = digits()
    means = torch.stack([images[labels == digit].mean(0) for digit in range(10)])
    middle = means.reshape(10, 8, 8)[:, 3:5, 3:5].mean((1, 2))
    assert middle[0] < 0.1 < 0.6 < middle[1]
    guess = torch.cdist(images, means).argmin(1)
    assert 0.85 < (guess == labels).double().mean() < 1


@pytest.mark.parametrize("name", ["digits.npz", "old_faithful.csv"])
def test_the_data_are_the_files_that_the_readme_describes(name):
    text = (DATA / "README.md").read_text(encoding="utf-8")
    (described,) = re.findall(rf"^\*\*{re.escape(name)}\*\* .*SHA-256 `([0-9a-f]{{64}})`", text, re.MULTILINE)
    assert hashlib.sha256((DATA / name).read_bytes()).hexdigest() == described


def test_the_digits_are_plain_arrays():
    with np.load(DATA / "digits.npz", allow_pickle=False) as stored:  # an array that needs pickle would raise
        found = {name: (stored[name].shape, stored[name].dtype) for name in stored}
        assert stored["images"].max() == 16
    assert found == {"images": ((1797, 64), np.uint8), "labels": ((1797,), np.uint8)}


def test_digits_are_found_from_any_directory(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert len(digits()[0]) == 1797


def test_digits_that_are_missing_are_named(monkeypatch, tmp_path):
    monkeypatch.setattr(datasets, "DATA", tmp_path)
    with pytest.raises(FileNotFoundError, match=r"digits\.npz"):
        digits()


# -- tables ---------------------------------------------------------------------------------------------------------


def test_old_faithful_is_what_is_known_of_it(monkeypatch, tmp_path):
    """Means, deviations and correlation as R's own summary of `faithful` gives them."""
    monkeypatch.chdir(tmp_path)  # found from any directory
    data = old_faithful()
    assert (data.shape, data.dtype) == ((272, 2), torch.float64)
    assert data[0].tolist() == [3.6, 79]
    assert data[-1].tolist() == [4.467, 74]
    assert data.mean(0).tolist() == pytest.approx([3.487783, 70.897059], abs=1e-6)
    assert data.std(0).tolist() == pytest.approx([1.141371, 13.594974], abs=1e-6)
    assert float(torch.corrcoef(data.T)[0, 1]) == pytest.approx(0.9008112, abs=1e-7)
    assert (data.amin(0).tolist(), data.amax(0).tolist()) == ([1.6, 43], [5.1, 96])


def test_old_faithful_that_is_missing_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(datasets, "DATA", tmp_path)
    with pytest.raises(FileNotFoundError, match=r"old_faithful\.csv"):
        old_faithful()


@pytest.mark.parametrize(
    "text",
    [
        "a,b\n1,2\n-3.5,4e2\n",
        "\ufeffa,b\r\n1,2\r\n-3.5,4e2",  # as spreadsheets write it
        '"a, of it", b\n\n 1 , "2"\n  \n-3.5,400\n\n',
    ],
)
def test_tables_are_read(tmp_path, text):
    path = tmp_path / "mine.csv"
    path.write_bytes(text.encode())
    for spelled in (path, str(path)):
        table = read_table(spelled)
        assert table.dtype == torch.float64
        assert table.tolist() == [[1, 2], [-3.5, 400]]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "mine.csv: empty: expected a line of column names, then rows of numbers"),
        ("\n \n", "mine.csv: empty: expected"),
        ("a,b\n", "mine.csv: no rows: expected one or more beneath the names of the columns"),
        ("a\n1\n", "mine.csv, line 1: one column: expected two or more, with commas between them"),
        ("a;b\n1;2\n", "mine.csv, line 1: one column: expected two or more, with commas"),
        ("1,2\n3,4\n", "mine.csv, line 1: numbers: expected the names of the columns first"),
        ("a,b\n1,2\n3\n", "mine.csv, line 3: 1 entry: expected 2, as there are names"),
        ("a,b\n1,2\n\n3,4,5\n", "mine.csv, line 4: 3 entries: expected 2, as there are names"),
        ("a,b\n1,2\n3,NaN\n", "mine.csv, line 3: b='NaN': expected a finite number"),
        ("a,b\n1,2\n-inf,3\n", "mine.csv, line 3: a='-inf': expected a finite number"),
        ("a,b\n1,\n", "mine.csv, line 2: b='': expected a finite number"),
        ("a, b\n1,2 min\n", "mine.csv, line 2: b='2 min': expected a finite number"),
        ("\ufeffa,b\nx,1\n", "mine.csv, line 2: a='x': expected a finite number"),
        (b"a,b\n1,\xff\n", "mine.csv: expected text in UTF-8 with commas between the numbers"),
        ("a,b\n" + "1" * 200_000 + ",2\n", "mine.csv: expected text in UTF-8 with commas between the numbers"),
    ],
)
def test_bad_tables_are_named(tmp_path, text, message):
    path = tmp_path / "mine.csv"
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    with pytest.raises(ValueError, match=re.escape(message)):
        read_table(path)


def test_a_table_that_is_missing_is_named(tmp_path):
    with pytest.raises(FileNotFoundError, match=r"mine\.csv"):
        read_table(tmp_path / "mine.csv")


@pytest.mark.parametrize(("dtype", "accuracy"), [(torch.float32, 1e-5), (torch.float64, 1e-12)])
def test_standardised_columns_have_mean_0_and_variance_1_and_go_back(dtype, accuracy):
    data = old_faithful().to(dtype)
    train, held_out, row, mean, scale = standardise(data[:200], data[200:], data[:1])
    assert {part.dtype for part in (train, held_out, row, mean, scale)} == {dtype}
    assert (held_out.shape, row.shape, mean.shape, scale.shape) == ((72, 2), (1, 2), (2,), (2,))
    assert train.mean(0).abs().max() < accuracy
    assert ((train**2).mean(0) - 1).abs().max() < accuracy
    torch.testing.assert_close(train * scale + mean, data[:200])
    torch.testing.assert_close(held_out * scale + mean, data[200:])
    assert torch.equal(row, train[:1])
    assert len(standardise(data)) == 3


def test_a_density_of_standardised_data_goes_back_by_the_scale():
    data = old_faithful()
    z, mean, scale = standardise(data)
    expected = stats.multivariate_normal(data.mean(0).numpy(), data.T.cov(correction=0).numpy()).logpdf(data.numpy())
    found = stats.multivariate_normal([0, 0], z.T.cov(correction=0).numpy()).logpdf(z.numpy())
    np.testing.assert_allclose(found - float(scale.log().sum()), expected, rtol=0, atol=1e-12)
    assert mean.tolist() == data.mean(0).tolist()


RAMP = torch.arange(10.0).reshape(5, 2)
LOST = RAMP.clone().index_put((torch.tensor([0, 1, 3]), torch.tensor([0, 1, 1])), torch.tensor([math.nan, math.inf, 0]))
LEVEL = torch.stack((torch.arange(5.0), torch.full((5,), 0.1)), dim=-1)
# 0.3 and 0.1 + 0.2 differ by round-off alone
ALMOST = torch.tensor([[0.3, 1.0], [0.1 + 0.2, 2.0]], dtype=torch.float64)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((torch.zeros(272, 1),), "train of shape (272, 1): expected (n, d) with two rows or more and two columns"),
        ((torch.zeros(272),), "train of shape (272,): expected (n, d) with two rows"),
        ((RAMP[:1],), "train of shape (1, 2): expected (n, d) with two rows"),
        ((RAMP.numpy(),), "train is a ndarray: expected a floating-point tensor"),
        ((RAMP.long(),), "train is a torch.int64 tensor: expected a floating-point tensor"),
        ((LOST,), "train: 2 of 10 entries NaN or infinite: expected finite numbers"),
        ((LEVEL,), "train: column 1 is constant: expected entries that differ"),
        ((ALMOST,), "train: column 0 is constant: expected entries that differ"),
        ((RAMP, RAMP, torch.zeros(4, 3)), "others[1] has 3 columns: expected 2, as train has"),
        ((RAMP, torch.zeros(0, 2)), "others[0] of shape (0, 2): expected (n, d) with one row or more"),
        ((RAMP, LOST), "others[0]: 2 of 10 entries NaN or infinite"),
        ((RAMP, [1.0, 2.0]), "others[0] is a list: expected a floating-point tensor"),
    ],
)
def test_bad_data_are_named(arguments, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        standardise(*arguments)
