"""The largest eigenvalues of a network's Hessian: helpers.sharpness beside three other libraries."""

import statistics
import time
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from importlib import import_module
from itertools import cycle
from unittest import mock

import numpy as np
import torch
from torch import nn

from benchmarks.timing import alone, in_turn
from helpers import sharpness
from helpers.datasets import digits
from tools.tables import Table

IMAGES, WIDTHS, STEPS, RATE = 1000, (64, 32, 10), 100, 0.5
WANTED = 1e-4  # relative error of every eigenvalue, from every start
STARTS, ROUNDS = range(3), 12
TOLERANCES = tuple(value / 10**k for k in range(1, 8) for value in (1, 0.5, 0.2))
LIMIT = 100_000  # iterations of those that want a limit: never reached
COUNTS = {"The ten largest": 10, "The sharpness alone": 1}
TITLE = "The top of a Hessian"
TEXT = f"""\
The largest eigenvalues of the Hessian of the mean cross-entropy of {IMAGES} digits, by all weights of a tanh network
with {"-".join(map(str, WIDTHS))} units after {STEPS} steps of gradient descent, in float32. Exact: all eigenvalues of
the full matrix, in float64. Every way gets the loosest setting with which its values come within a relative error of
{WANTED:g}, from each of {len(STARTS)} random starts: a tolerance of its own kind or a number of steps. Each table in a
process of its own on one core, one thread; median of {ROUNDS} rounds, each of which runs all ways in turn, building the
operator included.

- helpers: Lanczos until the residuals are small, from two vectors where more than one value is asked, so that a
  repeated one is not missed. A product goes back through the gradient's graph, which is built once.
- hessian-eigenthings, Lanczos: from one vector, as many steps as it is told; it does not stop by itself. Its other way
  is power iteration with deflation. A product builds the gradient anew.
- curvlinops: its operator given to SciPy's `eigsh`, without the check that it is deterministic. A product is forward
  over reverse, under vmap.
- PyHessian: power iteration with deflation; stops where a value changes little. A product as in helpers.

× helpers: over helpers.sharpness. Products: of the Hessian with a vector, the mean over the starts. Error: the largest
of all values and starts."""
COLUMNS = "way | setting | products:.0f | error:.0e | ms:.0f | × helpers:.2f | ms a product:.2f"


@dataclass
class Problem:
    """A trained network, its loss and its data; how many eigenvalues are wanted."""

    model: nn.Module
    images: torch.Tensor
    labels: torch.Tensor
    count: int
    criterion = nn.CrossEntropyLoss()

    def loss(self) -> torch.Tensor:
        return self.criterion(self.model(self.images), self.labels)

    @property
    def parameters(self) -> list[nn.Parameter]:
        return list(self.model.parameters())


# A way takes the problem, its setting and a start's seed; it returns the values in any order, and the products.
def with_helpers(problem: Problem, tolerance: float, seed: int):
    generator = torch.Generator().manual_seed(seed)
    found = sharpness.top_eigenpairs(
        problem.loss(), problem.parameters, problem.count, generator=generator, tolerance=tolerance
    )
    return found.values, found.products


def with_eigenthings(find: str, bound: str, problem: Problem, setting: float, seed: int, **options):
    import hessian_eigenthings as library

    batches = [(problem.images, problem.labels)]
    operator = library.HessianOperator(problem.model, batches, library.supervised_loss(problem.criterion))
    found = getattr(library, find)(operator, k=problem.count, seed=seed, **{bound: setting}, **options)
    return found.eigenvalues, found.iterations


def with_curvlinops(problem: Problem, tolerance: float, seed: int):
    from curvlinops import HessianLinearOperator
    from scipy.sparse.linalg import LinearOperator, eigsh

    batches = [(problem.images, problem.labels)]
    operator = HessianLinearOperator(
        problem.model, problem.criterion, problem.parameters, batches, check_deterministic=False
    ).to_scipy()
    products = 0

    def product(v):
        nonlocal products
        products += 1
        return operator @ v

    counted = LinearOperator(operator.shape, matvec=product, dtype=operator.dtype)
    start = np.random.default_rng(seed).standard_normal(operator.shape[0]).astype(operator.dtype)
    return eigsh(counted, problem.count, which="LA", v0=start, tol=tolerance)[0], products


def with_pyhessian(problem: Problem, tolerance: float, seed: int):
    pyhessian = import_module("pyhessian.hessian")  # the package has a class of that name
    product = pyhessian.hessian_vector_product
    torch.manual_seed(seed)  # it draws from the global generator
    with mock.patch.object(pyhessian, "hessian_vector_product", mock.Mock(side_effect=product)) as counted:
        operator = pyhessian.hessian(
            problem.model, problem.criterion, data=(problem.images, problem.labels), cuda=False
        )
        values, _ = operator.eigenvalues(maxIter=LIMIT, tol=tolerance, top_n=problem.count)
    problem.model.zero_grad(set_to_none=True)
    return values, counted.call_count


def ways(count: int) -> dict[str, tuple[Callable, Iterable]]:
    """Name → the way and its settings, the loosest first; helpers first."""
    lanczos = partial(with_eigenthings, "lanczos", "max_iter", which="LA", reorthogonalize=True)
    power = partial(with_eigenthings, "deflated_power_iteration", "tol", max_iter=LIMIT)
    return {
        "helpers": (with_helpers, TOLERANCES),
        "hessian-eigenthings, Lanczos": (lanczos, range(count, 200)),
        "hessian-eigenthings, power iteration": (power, TOLERANCES),
        "curvlinops, eigsh": (with_curvlinops, TOLERANCES),
        "PyHessian": (with_pyhessian, TOLERANCES),
    }


def trained(count: int, number: int, steps: int, hidden: int) -> Problem:
    """The network after a little training on so many images, the same every time."""
    torch.manual_seed(0)
    images, labels = (part[:number] for part in digits())
    model = nn.Sequential(nn.Linear(WIDTHS[0], hidden), nn.Tanh(), nn.Linear(hidden, WIDTHS[-1]))
    problem = Problem(model, images, labels, count)
    for _ in range(steps):
        gradient = torch.autograd.grad(problem.loss(), problem.parameters)
        with torch.no_grad():
            for weight, slope in zip(problem.parameters, gradient, strict=True):
                weight -= RATE * slope
    return problem


def spectrum(problem: Problem) -> tuple[torch.Tensor, float]:
    """All eigenvalues, the largest first, by the full matrix in float64, and the seconds that it took."""
    begin = time.perf_counter()
    loss = problem.criterion(problem.model.double()(problem.images.double()), problem.labels)
    found = torch.linalg.eigvalsh(sharpness.full_hessian(loss, problem.parameters)).flip(0)
    problem.model.float()
    return found, time.perf_counter() - begin


def off(values, exact: torch.Tensor) -> float:
    """The largest relative error of the values, in any order."""
    found = torch.as_tensor(values, dtype=torch.float64).sort(descending=True).values
    return float(((found - exact) / exact).abs().max())


def loosest(way: Callable, settings, problem: Problem, exact: torch.Tensor) -> tuple[float, float, float]:
    """The first setting with which every start comes within WANTED, its products (mean) and its error (largest)."""
    for setting in settings:
        runs = [way(problem, setting, seed) for seed in STARTS]
        error = max(off(values, exact) for values, _ in runs)
        if error <= WANTED:
            return setting, statistics.mean(products for _, products in runs), error
    raise RuntimeError(f"{way}: no setting comes within {WANTED:g}; the last one is off by {error:.0e}")


def from_each_start(way: Callable, problem: Problem, setting: float) -> Callable:
    starts = cycle(STARTS)
    return lambda: way(problem, setting, next(starts))


def compare(
    count: int, images: int = IMAGES, steps: int = STEPS, hidden: int = WIDTHS[1], rounds: int = ROUNDS, only: str = ""
) -> dict:
    """Rows for so many eigenvalues, what they are, and what the full matrix took. only: how the names begin."""
    warnings.filterwarnings("ignore", "Using backward.. with create_graph=True", UserWarning)  # PyHessian's
    problem = trained(count, images, steps, hidden)
    exact, whole = spectrum(problem)
    found, runs = {}, {}
    for name, (way, settings) in ways(count).items():
        if name.startswith(only):
            found[name] = loosest(way, settings, problem, exact[:count])
            runs[name] = from_each_start(way, problem, found[name][0])
    times, rows = in_turn(runs, rounds), []
    for name, (setting, products, error) in found.items():
        shown = str(setting) if isinstance(setting, int) else f"{setting:.0e}"
        taken, over = 1000 * times[name].median, times[name].median / times["helpers"].median
        rows.append((name, shown, products, error, taken, over, taken / products))
    return {"rows": rows, "values": exact[: count + 1].tolist(), "weights": len(exact), "seconds": whole}


def tables() -> list[Table]:
    found = []
    for name, count in COUNTS.items():
        measured = alone(compare, count)
        *values, further = (f"{value:.2f}" for value in measured["values"])
        whole = f"The full matrix: {measured['weights']:,} products; with its eigenvalues {measured['seconds']:.1f} s."
        text = f"{', '.join(values)}; the next one is {further}. {whole}"
        found.append(Table(COLUMNS, measured["rows"], name, text))
    return found
