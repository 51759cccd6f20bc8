"""`helpers.datasets`: without noise the points lie on their curves, with it they have their distribution;
the data are the files that data/README.md describes.

Statistical limits stand at the probability 1e-4, so they hold for nearly every seed, not for a chosen one.
"""

import hashlib
import math
import re

import numpy as np
import pytest
import torch
from scipy import stats

from helpers import datasets
from helpers.datasets import (
    DATA,
    concentric_circles,
    digits,
    old_faithful,
    read_table,
    standardise,
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


@pytest.mark.parametrize("name", ["digits.npz", "old_faithful.csv", "one_knob.npz", "copying.npz"])
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
