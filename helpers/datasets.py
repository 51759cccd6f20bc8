"""Point clouds drawn from a generator that the caller owns, on its device, and the data that lies beside the course,
which is read onto the CPU."""

import csv
import math
from pathlib import Path

import numpy as np
import torch

from .checks import floating, not_negative, positive, torch_generator, whole

__all__ = [
    "concentric_circles",
    "digits",
    "old_faithful",
    "read_table",
    "standardise",
    "two_arm_spiral",
]

DATA = Path(__file__).resolve().parent.parent / "data"


def _uniform(generator: torch.Generator, *shape: int) -> torch.Tensor:
    return torch.rand(shape, generator=generator, dtype=torch.float32, device=generator.device)


def _normal(generator: torch.Generator, *shape: int) -> torch.Tensor:
    return torch.randn(shape, generator=generator, dtype=torch.float32, device=generator.device)


def _labels(n: int, generator: torch.Generator) -> torch.Tensor:
    return torch.arange(whole("n", n), device=torch_generator(generator).device) % 2


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
    turns, noise = not_negative("turns", turns), not_negative("noise", noise)
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
