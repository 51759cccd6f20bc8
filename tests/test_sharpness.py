"""`helpers.sharpness` against closed forms: quadratics of known spectrum, small networks beside their full Hessian."""

import math

import pytest
import torch
from torch import nn

from helpers import sharpness
from helpers.networks import Dense
from helpers.sharpness import full_hessian, hessian_product, top_eigenpairs

torch.set_num_threads(1)
TYPES = [torch.float64, torch.float32]
BULK = [k / 20 for k in range(-20, 20)]


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def rotated(spectrum, dtype=torch.float64) -> torch.Tensor:
    """A symmetric matrix with these eigenvalues and random eigenvectors."""
    size = len(spectrum)
    turn = torch.linalg.qr(torch.randn(size, size, dtype=torch.float64, generator=generator(size)))[0]
    a = turn * torch.tensor(spectrum, dtype=torch.float64) @ turn.T
    return ((a + a.T) / 2).to(dtype)


def quadratic(a: torch.Tensor) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """½ xᵀAx + Σx at a random x, and [x]."""
    x = torch.randn(len(a), dtype=torch.float64, generator=generator(1)).to(a.dtype).requires_grad_()
    return x @ a @ x / 2 + x.sum(), [x]


def network(dtype=torch.float64) -> tuple[torch.Tensor, list[torch.Tensor]]:
    """The loss of a tanh network with 4-6-3 units on noise, and its four parameter tensors, 51 numbers."""
    model = Dense((4, 6, 3), generator()).to(dtype)
    x = torch.randn(1, 30, 4, generator=generator(1)).to(dtype)
    labels = torch.randint(3, (30,), generator=generator(2))
    return nn.functional.cross_entropy(model(x)[0], labels), list(model.parameters())


def top(loss, parameters, count=1, **options):
    return top_eigenpairs(loss, parameters, count, **({"generator": generator(3)} | options))


def assert_eigenpairs(found, matrix: torch.Tensor, count: int, accuracy: float):
    """The values to `accuracy` × the largest |eigenvalue|, orthonormal vectors, residuals that are what they say."""
    matrix = matrix.double()
    spectrum = torch.linalg.eigvalsh(matrix).flip(0)
    scale = float(spectrum.abs().max()) or 1.0
    torch.testing.assert_close(found.values, spectrum[:count], rtol=0, atol=accuracy * scale)
    assert found.vectors.shape == (count, len(matrix))
    unit = torch.eye(count, dtype=torch.float64)
    torch.testing.assert_close(found.vectors @ found.vectors.T, unit, rtol=0, atol=1e-10)
    residuals = (found.vectors @ matrix - found.values[:, None] * found.vectors).norm(dim=1)
    torch.testing.assert_close(found.residuals, residuals, rtol=0, atol=1e-12 if accuracy < 1e-7 else 1e-6 * scale)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize(
    ("spectrum", "count"),
    [
        ([5.0, 3.0, 2.0, 1.0, *BULK], 4),
        ([5.0, 3.0, -9.0, *BULK], 2),  # the largest by sign, not by size
        ([-1.0 - k for k in range(30)], 3),  # a maximum
        ([10.0**-k for k in range(9)], 3),
        ([2.0, -1.0], 1),
        ([2.0, -1.0], 2),
        ([-3.0], 1),
        ([4.0 - k for k in range(9)], 9),
        (BULK, len(BULK)),
        (BULK, len(BULK) - 1),
    ],
)
def test_quadratic_with_a_known_spectrum(spectrum, count, dtype):
    a = rotated(spectrum, dtype)
    found = top(*quadratic(a), count)
    assert found.values.dtype == found.vectors.dtype == found.residuals.dtype == torch.float64
    wanted = torch.tensor(sorted(spectrum, reverse=True)[:count], dtype=torch.float64)
    scale = max(abs(value) for value in spectrum)
    torch.testing.assert_close(found.values, wanted, rtol=0, atol=scale * (1e-8 if dtype == torch.float64 else 1e-6))
    assert_eigenpairs(found, a, count, 1e-8 if dtype == torch.float64 else 1e-6)
    assert found.residuals.max() <= 1e-5 * scale


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize(
    ("spectrum", "count"),
    [
        ([3.0, 3.0, *BULK], 2),
        ([3.0, 3.0, *BULK], 4),
        ([5.0, 3.0, 3.0, 3.0, 3.0, *BULK], 6),
        ([3.0] * 7 + BULK, 9),
        ([3.0] * 3 + [1.0] * 40, 5),  # few values: the Krylov space closes early
        ([2.0] * 40, 3),
        ([0.0] * 35 + [-1.0] * 5, 4),  # the top is a plane
    ],
)
def test_a_repeated_eigenvalue_is_found_as_often_as_it_occurs(spectrum, count, seed, dtype):
    a = rotated(spectrum, dtype)
    found = top(*quadratic(a), count, generator=generator(seed))
    assert_eigenpairs(found, a, count, 1e-8 if dtype == torch.float64 else 1e-6)


def test_linear_regression_with_several_outputs_has_every_curvature_once_for_each():
    x = torch.randn(50, 6, dtype=torch.float64, generator=generator())
    weight = torch.zeros(4, 6, dtype=torch.float64, requires_grad=True)
    loss = ((x @ weight.T - 1) ** 2).sum() / 2
    wanted = torch.linalg.eigvalsh(x.T @ x).flip(0).repeat_interleave(4)
    torch.testing.assert_close(top(loss, [weight], 10).values, wanted[:10], rtol=1e-8, atol=0)


@pytest.mark.parametrize("size", [1, 2, 40])
def test_a_linear_loss_is_flat(size):
    x = torch.randn(size, generator=generator()).requires_grad_()
    found = top(x.sum(), [x], min(size, 3))
    assert torch.equal(found.values, torch.zeros(min(size, 3), dtype=torch.float64))
    assert torch.equal(found.residuals, found.values)
    assert torch.equal(full_hessian(x.sum(), [x]), torch.zeros(size, size))


def test_parameters_of_several_shapes_come_flattened_one_after_the_other():
    a = rotated([9.0, 4.0, *BULK[:10]])
    flat = torch.randn(12, dtype=torch.float64, generator=generator())
    parts = [flat[:6].reshape(2, 3), flat[6], flat[7:].reshape(5, 1)]
    parts = [part.clone().requires_grad_() for part in parts]
    x = torch.cat([part.reshape(-1) for part in parts])
    loss = (x @ a @ x / 2).reshape(1, 1)  # one number, whatever its shape
    torch.testing.assert_close(full_hessian(loss, parts), a, rtol=0, atol=1e-12)
    assert_eigenpairs(top(loss, iter(parts), 2), a, 2, 1e-8)
    v = torch.randn(12, dtype=torch.float64, generator=generator(5))
    torch.testing.assert_close(hessian_product(loss, parts)(v), a @ v, rtol=0, atol=1e-12)


def test_a_parameter_in_which_the_loss_is_linear_has_zero_rows():
    x = torch.tensor([1.0, 2.0], requires_grad=True)
    y = torch.tensor([3.0], requires_grad=True)
    hessian = full_hessian(3 * (x**2).sum() + y.sum(), [x, y])
    torch.testing.assert_close(hessian, torch.diag(torch.tensor([6.0, 6.0, 0.0])), rtol=0, atol=0)


def dense_hessian(loss_of, parameters) -> torch.Tensor:
    """torch.autograd's own, put together from its blocks."""
    rows = zip(torch.autograd.functional.hessian(loss_of, parameters), parameters, strict=True)
    return torch.cat([torch.cat([block.reshape(part.numel(), -1) for block in row], 1) for row, part in rows])


def test_full_hessian_of_a_network_is_that_of_torch():
    model, x = Dense((4, 6, 3), generator()).double(), torch.randn(1, 30, 4, generator=generator(1)).double()

    def loss_of(w1, w2, b1, b2):
        out = torch.tanh(x @ w1 + b1) @ w2 + b2
        return (out**2).mean() + out.exp().mean()

    wanted = dense_hessian(loss_of, tuple(model.parameters()))
    found = full_hessian((model(x) ** 2).mean() + model(x).exp().mean(), model.parameters())
    torch.testing.assert_close(found, wanted, rtol=0, atol=1e-12)
    torch.testing.assert_close(found, found.T, rtol=0, atol=1e-12)


@pytest.mark.parametrize("dtype", TYPES)
@pytest.mark.parametrize("count", [1, 5, 51])
def test_eigenpairs_of_a_network(count, dtype):
    loss, parameters = network(dtype)
    found = top(loss, parameters, count)
    assert_eigenpairs(found, full_hessian(*network()), count, 1e-8 if dtype == torch.float64 else 1e-6)
    assert found.values[0] > 0.1
    assert found.products <= 51


@pytest.mark.parametrize("tolerance", [1e-2, 1e-4, 1e-8])
def test_tolerance_bounds_the_residuals_and_costs_products(tolerance):
    a = rotated([5.0, 4.0, 3.0, 2.0] + [k / 100 for k in range(100)])
    found = top(*quadratic(a), 3, tolerance=tolerance)
    assert found.residuals.max() <= tolerance * 5
    closest = (found.values[:, None] - torch.linalg.eigvalsh(a)).abs().min(1).values
    assert (closest <= found.residuals + 1e-13).all()
    assert found.products <= top(*quadratic(a), 3, tolerance=tolerance / 10).products


def test_a_tolerance_below_what_the_type_resolves_ends_with_the_whole_space():
    a = rotated(BULK, torch.float32)
    found = top(*quadratic(a), 3, tolerance=1e-14)
    assert found.products == len(BULK)
    assert_eigenpairs(found, a, 3, 1e-6)


@pytest.mark.parametrize("count", [1, 2, 4])
def test_products_are_counted(count, monkeypatch):
    calls = []

    def watched(loss, parameters):
        product = hessian_product(loss, parameters)
        return lambda v: calls.append(v) or product(v)

    monkeypatch.setattr(sharpness, "hessian_product", watched)
    found = top(*quadratic(rotated([5.0, 3.0, 3.0, 3.0, *BULK])), count)
    assert found.products == len(calls)


def test_a_start_near_the_answer_needs_fewer_products_at_a_tight_tolerance():
    spectrum = [3.0, 2.9, 2.8] + [k / 200 for k in range(400)]
    a = rotated(spectrum)
    cold = top(*quadratic(a), tolerance=1e-9)
    near = cold.vectors[0] + 0.02 * torch.randn(len(a), dtype=torch.float64, generator=generator(7)) / math.sqrt(len(a))
    for start in (near, -5 * near.float(), near.clone().requires_grad_()):
        warm = top(*quadratic(a), start=start, tolerance=1e-9)
        assert warm.products < cold.products
        assert_eigenpairs(warm, a, 1, 1e-8)
    # The vector of another eigenvalue does not hide the largest, and a whole-number start is fine.
    second = top(*quadratic(a), 2).vectors[1]
    assert_eigenpairs(top(*quadratic(a), start=second), a, 1, 1e-8)
    assert_eigenpairs(top(*quadratic(a), 2, start=torch.arange(len(a))), a, 2, 1e-8)


@pytest.mark.parametrize("kind", ["bell", "flat", "falling", "skewed"])
def test_a_start_hides_nothing_at_a_loose_tolerance(kind):
    """The start is the vector of the second eigenvalue; the first is 2 to 50 % larger."""
    source = generator(11)
    for _ in range(50):
        size = 200 + int(3000 * torch.rand((), generator=source))
        noise = torch.randn(size, generator=source, dtype=torch.float64)
        spectrum = {
            "bell": 3 * noise,
            "flat": 20 * torch.special.ndtr(noise) - 5,
            "falling": 16 * torch.exp(-torch.arange(size) / 4.0) + 0 * noise,
            "skewed": noise**2,
        }[kind].clamp(max=15.5)
        spectrum[1] = 16.0
        spectrum[0] = spectrum[1] * (1.02 + 0.48 * torch.rand((), generator=source))
        start = torch.zeros(size).index_fill(0, torch.tensor(1), 1.0)
        w = torch.zeros(size, dtype=torch.float64, requires_grad=True)
        found = top((spectrum * w**2).sum() / 2, [w], tolerance=1e-3, start=start, generator=source)
        assert float(found.values[0]) == pytest.approx(float(spectrum[0]), rel=1e-3)


def test_the_same_generator_gives_the_same_and_nothing_else_is_touched():
    loss, parameters = network()
    state = torch.random.get_rng_state()
    first, second = top(loss, parameters, 3), top(loss, parameters, 3)
    assert torch.equal(first.vectors, second.vectors)
    full_hessian(loss, parameters)
    assert torch.equal(torch.random.get_rng_state(), state)
    assert all(part.grad is None for part in parameters)
    parameters[0].grad = mark = torch.ones_like(parameters[0])
    before = [part.detach().clone() for part in parameters]
    top(loss, parameters, 3)
    assert parameters[0].grad is mark
    assert torch.equal(mark, torch.ones_like(mark))
    assert all(torch.equal(part, was) for part, was in zip(parameters, before, strict=True))
    assert not first.vectors.requires_grad
    loss.backward()  # the graph is still there


@pytest.mark.parametrize(("count", "most", "converged"), [(3, 6, "of 3"), (3, 2, "0 of 3"), (1, 1, "0 of 1")])
def test_no_convergence_says_how_many(count, most, converged):
    a = rotated([3.0] + [k / 500 for k in range(500)])
    words = rf"{converged} eigenvalues to tolerance=1e-05 after most={most} products"
    with pytest.raises(RuntimeError, match=words):
        top(*quadratic(a), count, most=most)


def test_some_have_converged_when_most_have_not():
    a = rotated([3.0] + [k / 500 for k in range(500)])
    with pytest.raises(RuntimeError, match="did not converge: 1 of 3 eigenvalues"):
        top(*quadratic(a), 3, most=30)


def nan_loss():
    x = torch.ones(3, requires_grad=True)
    return (x * math.nan).sum(), [x]


def kink():
    x = torch.zeros(3, requires_grad=True)
    return (x.abs() ** 1.5).sum(), [x]  # the gradient is 0 there, the second derivative infinite


def pieces(shape=()):
    x = torch.ones(3, requires_grad=True)
    return (x**2).sum().expand(shape), [x]


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: top(*pieces((2,))), r"loss of shape \(2,\): expected one number"),
        (lambda: top(torch.tensor(1.0), pieces()[1]), r"loss needs no gradient: expected .* with its graph"),
        (lambda: top(pieces()[0], []), r"parameters=\[\]: expected at least one"),
        (lambda: top(pieces()[0], pieces()[1]), r"parameters: expected tensors that the loss depends on"),
        (lambda: top(pieces()[0], [torch.ones(3)]), r"parameters: expected tensors that the loss depends on"),
        (lambda: full_hessian(pieces()[0], pieces()[1]), r"parameters: expected tensors that the loss depends on"),
        (lambda: top(*nan_loss()), r"loss=nan: its gradient is not finite"),
        (lambda: full_hessian(*nan_loss()), r"loss=nan: its gradient is not finite"),
        (lambda: top(*kink()), r"not finite: expected a loss with finite second derivatives"),
        (lambda: top(*pieces(), 0), r"count=0: expected a whole number"),
        (lambda: top(*pieces(), 1.0), r"count=1.0: expected a whole number"),
        (lambda: top(*pieces(), 4), r"count=4: expected at most 3, the number of parameters"),
        (lambda: top(*pieces(), most=0), r"most=0: expected a whole number"),
        (lambda: top(*pieces(), tolerance=0), r"tolerance=0: expected a number > 0"),
        (lambda: top(*pieces(), tolerance=-1e-3), r"tolerance=-0.001: expected a number > 0"),
        (lambda: top(*pieces(), tolerance=math.nan), r"tolerance=nan: expected a finite number"),
        (lambda: top(*pieces(), generator=None), r"generator=None: expected a torch.Generator"),
        (lambda: top(*pieces(), start=torch.ones(4)), r"start of shape \(4,\): expected \(3,\)"),
        (lambda: top(*pieces(), start=torch.ones(1, 3)), r"start of shape \(1, 3\): expected \(3,\)"),
        (lambda: top(*pieces(), start=torch.zeros(3)), r"start .*not all zero"),
        (lambda: top(*pieces(), start=torch.tensor([1.0, math.inf, 0.0])), r"start .*finite"),
        (lambda: hessian_product(pieces()[0], pieces()[1][0]), r"parameters is a tensor of shape"),
        (lambda: hessian_product(3.0, pieces()[1]), r"loss is a float: expected one number, as a tensor"),
        (lambda: hessian_product(*pieces())([1.0, 2.0, 3.0]), r"v of type list: expected a tensor of shape \(3,\)"),
        (lambda: hessian_product(*pieces())(torch.ones(2)), r"v of shape \(2,\): expected \(3,\)"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()
