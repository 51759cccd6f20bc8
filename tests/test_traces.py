"""`helpers.traces` against closed forms: known traces, the spread of both kinds of probe, densities carried along."""

import math

import pytest
import torch

from helpers import ode
from helpers.networks import TanhField
from helpers.ode import solve
from helpers.traces import PROBES, WithLogDensity, draw_probes, exact_trace, hutchinson_trace

torch.set_num_threads(1)


def generator(seed: int = 0) -> torch.Generator:
    return torch.Generator().manual_seed(seed)


def cloud(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=generator(1))


def matrix(d: int) -> torch.Tensor:
    return torch.randn(d, d, dtype=torch.float64, generator=generator(d))


def linear(a: torch.Tensor):
    return lambda _t, x: x @ a.T


def cubic(_t, x):
    return x - x**3


@pytest.mark.parametrize("d", [1, 2, 7])
def test_trace_of_a_linear_field(d):
    a, x = matrix(d), cloud(3, 5, d)
    slope, trace = exact_trace(linear(a), 0.0, x)
    assert torch.equal(slope, x @ a.T)
    torch.testing.assert_close(trace, a.trace().expand(3, 5), rtol=0, atol=1e-13)


def test_trace_of_a_nonlinear_field_is_its_divergence():
    x = cloud(20, 3)
    torch.testing.assert_close(exact_trace(cubic, 0.0, x)[1], (1 - 3 * x**2).sum(-1), rtol=0, atol=1e-12)


def test_trace_of_a_network_is_that_of_its_jacobian():
    field, x = TanhField(3, 8, generator()).double(), cloud(1, 6, 3)
    found = exact_trace(field, 0.4, x)[1][0]
    for k in range(6):
        jacobian = torch.autograd.functional.jacobian(lambda row: field(0.4, row), x[:, k : k + 1])
        assert found[k].item() == pytest.approx(jacobian[0, 0, :, 0, 0].trace().item(), abs=1e-12)


def test_a_field_that_does_not_depend_on_x_has_no_trace():
    x = cloud(4, 2)
    probes = draw_probes("gaussian", 3, x.shape, generator(), torch.float64)

    def wind(_t, x):
        return torch.ones_like(x)

    for _, trace in (exact_trace(wind, 0, x), hutchinson_trace(wind, 0, x, probes)):
        assert torch.equal(trace, torch.zeros(4, dtype=torch.float64))


@pytest.mark.parametrize("kind", PROBES)
def test_probes_have_mean_0_variance_1_and_independent_entries(kind):
    probes = draw_probes(kind, 40_000, (3,), generator(), torch.float64)
    assert probes.shape == (40_000, 3)
    second = probes.T @ probes / len(probes)
    assert probes.mean(0).abs().max() < 4.5 / math.sqrt(40_000)
    assert (second - torch.eye(3)).abs().max() < 4.5 * math.sqrt(2 / 40_000)
    if kind == "rademacher":
        assert set(probes.unique().tolist()) == {-1.0, 1.0}


@pytest.mark.parametrize("kind", PROBES)
@pytest.mark.parametrize("count", [1, 4])
def test_mean_and_variance_on_a_matrix_that_is_not_symmetric(kind, count):
    a, n = matrix(4), 20_000
    probes = draw_probes(kind, count, (n, 4), generator(2), torch.float64)
    estimates = hutchinson_trace(linear(a), 0.0, torch.zeros(n, 4, dtype=torch.float64), probes)[1]
    s = (a + a.T) / 2
    square = (s**2).sum() - (s.diagonal() ** 2).sum() * (kind == "rademacher")
    variance = float(2 * square / count)  # a in the place of s would say about half as much again
    assert abs(float(estimates.mean() - a.trace())) < 4 * math.sqrt(variance / n)
    fourth = float(((estimates - estimates.mean()) ** 4).mean())
    assert abs(float(estimates.var()) - variance) < 4 * math.sqrt((fourth - variance**2) / n)


def test_rademacher_probes_are_exact_for_a_diagonal_and_both_for_a_rotation():
    x = cloud(50, 2)
    for kind in PROBES:
        probes = draw_probes(kind, 1, x.shape, generator(), torch.float64)
        turned = torch.tensor([[0.0, -1.0], [1.0, 0.0]], dtype=torch.float64)
        assert hutchinson_trace(linear(turned), 0, x, probes)[1].abs().max() < 1e-14
    ones = hutchinson_trace(lambda t, x: x, 0, x, probes)[1]  # rademacher, the last of the two
    torch.testing.assert_close(ones, torch.full((50,), 2.0, dtype=torch.float64), rtol=0, atol=1e-14)


def carried(field, x, times=(0, 1), trace=exact_trace) -> torch.Tensor:
    """Where x goes, and what its log-density gains, in one tensor (batch, d + 1)."""
    state = torch.cat((x, torch.zeros_like(x[..., :1])), dim=-1)
    return solve(WithLogDensity(field, trace), state, times, rtol=1e-10, atol=1e-12).last.detach()


def test_log_density_along_a_linear_a_time_dependent_and_a_nonlinear_field():
    a, x = matrix(3) / 3, 0.5 * cloud(6, 3)
    torch.testing.assert_close(carried(linear(a), x)[:, 3], -a.trace().expand(6), rtol=0, atol=1e-9)
    swelling = carried(lambda t, x: 3 * t**2 * x, x)
    torch.testing.assert_close(swelling[:, :3], math.e * x, rtol=0, atol=1e-8)
    torch.testing.assert_close(swelling[:, 3], torch.full((6,), -3.0, dtype=torch.float64), rtol=0, atol=1e-8)
    # In one dimension p·f is constant along the flow, so log p gains log |f(start) / f(end)|.
    found = carried(cubic, x)
    gained = (cubic(0, x) / cubic(0, found[:, :3])).abs().log().sum(-1)
    torch.testing.assert_close(found[:, 3], gained, rtol=0, atol=1e-7)


def test_one_set_of_probes_makes_a_solve_repeatable_and_right_on_average():
    a, x = matrix(3) / 3, cloud(1, 3).expand(4000, 3).contiguous()
    probes = draw_probes("rademacher", 1, x.shape, generator(3), torch.float64)

    def estimate(field, time, x):
        return hutchinson_trace(field, time, x, probes)

    gained = carried(linear(a), x, trace=estimate)[:, 3]
    assert torch.equal(gained, carried(linear(a), x, trace=estimate)[:, 3])
    assert abs(float(gained.mean() + a.trace())) < 4 * float(gained.std()) / math.sqrt(4000)


@pytest.mark.parametrize("way", ["exact", *PROBES])
def test_the_trace_has_gradients_by_the_parameters(way):
    scale = torch.tensor(1.5, dtype=torch.float64, requires_grad=True)
    x = cloud(5, 2)
    probes = draw_probes(way, 2, x.shape, generator(), torch.float64) if way != "exact" else None

    def field(_t, x):
        return scale * x

    trace = (exact_trace(field, 0, x) if probes is None else hutchinson_trace(field, 0, x, probes))[1]
    trace.sum().backward()
    expected = 10.0 if probes is None else float((probes**2).sum() / 2)
    assert scale.grad.item() == pytest.approx(expected, rel=1e-12)


@pytest.mark.parametrize("gradient", ["checkpoint", "adjoint"])
def test_a_flow_trains_by_the_other_ways_back_too(gradient):
    field, x = TanhField(2, 6, generator()).double(), cloud(1, 4, 2)
    state = torch.cat((x, torch.zeros_like(x[..., :1])), dim=-1)

    def slopes(way):
        end = solve(WithLogDensity(field), state, (1, 0), "rk4", steps=20, gradient=way).last
        return ode.gradients((end**2).mean(), field).values()

    for found, exact in zip(slopes(gradient), slopes("backprop"), strict=True):
        torch.testing.assert_close(found, exact, rtol=1e-4, atol=1e-6)  # the adjoint's own error: of order h⁴


def test_without_gradients_the_trace_of_a_slice_of_what_wants_them_is_right():
    state = cloud(3, 3).requires_grad_()
    with torch.no_grad():
        x = state[..., :-1]
        _, trace = exact_trace(cubic, 0, x)
    torch.testing.assert_close(trace, (1 - 3 * x**2).sum(-1).detach(), rtol=0, atol=1e-12)


def test_without_gradients_nothing_is_kept():
    with torch.no_grad():
        slope, trace = exact_trace(cubic, 0, cloud(3, 2))
    assert not slope.requires_grad
    assert not trace.requires_grad


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: exact_trace(lambda t, x: x[..., :1], 0, cloud(3, 2)), r"field returned shape \(3, 1\): expected"),
        (lambda: draw_probes("gaussian", 0, (3,), generator()), r"count=0: expected a whole number"),
        (lambda: draw_probes("cauchy", 1, (3,), generator()), r"kind='cauchy': expected one of"),
        (lambda: draw_probes("gaussian", 1, (3,), None), r"generator=None: expected a torch.Generator"),
        (lambda: hutchinson_trace(cubic, 0, cloud(3, 2), cloud(3, 2)), r"probes of shape \(3, 2\): expected \(K, "),
        (lambda: hutchinson_trace(cubic, 0, cloud(3, 2), cloud(0, 3, 2)), r"probes of shape .*K ≥ 1"),
        (lambda: hutchinson_trace(cubic, 0, cloud(3, 2), [1.0]), r"probes is a list: expected a floating-point tensor"),
        (lambda: draw_probes("gaussian", 1, 3, generator()), r"shape=3: expected a tuple of whole numbers"),
        (lambda: exact_trace(cubic, 0, torch.ones(3, 2, dtype=torch.int64)), r"x is a torch.int64 tensor: expected"),
        (lambda: exact_trace(cubic, 0, torch.tensor(1.0)), r"x of shape \(\): expected \(…, batch, d\) with d ≥ 1"),
        (lambda: WithLogDensity(cubic)(0, torch.tensor(1.0)), r"state of shape \(\): expected \(…, batch, d \+ 1\)"),
        (lambda: exact_trace(cubic, 0, cloud(3, 0)), r"x of shape \(3, 0\): expected \(…, batch, d\) with d ≥ 1"),
        (lambda: exact_trace(lambda t, x: None, 0, cloud(3, 2)), r"field returned type NoneType: expected a tensor"),
        (lambda: WithLogDensity(cubic)(0, cloud(3, 1)), r"state of shape \(3, 1\): expected \(…, batch, d \+ 1\)"),
    ],
)
def test_bad_input_is_named(call, words):
    with pytest.raises(ValueError, match=words):
        call()
