"""`helpers.ode` against closed forms.

Proves that a fixed grid takes exactly the steps it was asked for and has its textbook order, that dopri5 meets its
tolerance, that gradients are those of the discrete map (backprop, checkpoint) or of torchdiffeq's adjoint, that
stacked networks do not mix, and that a bad argument or a diverging solution is named instead of passed on.
"""

import inspect
import math
import re

import numpy as np
import pytest
import torch
from torch import nn
from torchdiffeq import odeint, odeint_adjoint

from helpers.networks import Dense, TanhField, one_copy
from helpers.ode import FIXED, GRADIENTS, gradients, rotation, solve

torch.set_num_threads(1)

EPS = torch.finfo(torch.float64).eps
ONE = torch.ones(1, 1, dtype=torch.float64)


def grow(_t, x):
    return x


def square(_t, x):
    return x * x  # from 1 its solution is 1 / (1 − t), with a pole at t = 1


def logistic(_t, x):
    return x * (1 - x)


def tanh_field(copies: int = 1) -> TanhField:
    return TanhField(2, 8, torch.Generator().manual_seed(0), copies).double()


def cloud(*shape: int) -> torch.Tensor:
    return torch.randn(*shape, dtype=torch.float64, generator=torch.Generator().manual_seed(1))


# -- fixed grids ----------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("span", [1.0, 0.7, -1.0])
@pytest.mark.parametrize("steps", [1, 3, 10, 49, 107])  # 1/49 summed 49 times is not 1: a grid may gain a step there
def test_one_step_of_each_method_is_its_stability_polynomial(steps, span):
    h = span / steps
    polynomial = {"euler": 1 + h, "midpoint": 1 + h + h**2 / 2, "rk4": 1 + h + h**2 / 2 + h**3 / 6 + h**4 / 24}
    for method, cost in FIXED.items():
        solution = solve(grow, ONE, [0.0, span], method, steps=steps)
        assert solution.last.item() == pytest.approx(polynomial[method] ** steps, rel=4 * steps * EPS), method
        assert solution.nfe == cost * steps, method


def test_rk4_in_one_step_gives_e_to_fourth_order():
    assert solve(grow, ONE, [0, 1], "rk4", steps=1).last.item() == pytest.approx(65 / 24, abs=4 * EPS)


def test_euler_is_the_loop_that_one_would_write():
    field, x, n = tanh_field(), cloud(1, 16, 2), 37
    library = solve(field, x, [0.0, 2.0], "euler", steps=n).last
    for k in range(n):  # the field depends on t, so a wrong time shows
        x = x + 2.0 / n * field(2.0 * k / n, x)
    assert (library - x).abs().max() <= 1e-12


@pytest.mark.parametrize(("method", "order"), [("euler", 1), ("midpoint", 2), ("rk4", 4)])
def test_order_on_the_logistic_equation(method, order):
    start, span = 0.1, 3.0
    exact = 1 / (1 + (1 / start - 1) * math.exp(-span))
    counts = [32, 64, 128, 256]
    errors = [abs(solve(logistic, start * ONE, [0, span], method, steps=n).last.item() - exact) for n in counts]
    slope = np.polyfit(np.log(counts), np.log(errors), 1)[0]
    assert slope == pytest.approx(-order, abs=0.1)  # the next term of the error bends it by O(h)


@pytest.mark.parametrize("method", FIXED)
def test_the_given_times_lie_on_the_grid(method):
    times = [0.0, 0.3, 0.7, 1.9]
    seen = []
    solution = solve(lambda t, x: (seen.append(float(t)), x)[1], ONE, times, method, steps=7)
    alone = ONE
    for k in range(3):  # every gap gets its seven steps, so a solve per gap gives the same numbers
        alone = solve(grow, alone, times[k : k + 2], method, steps=7).last
        torch.testing.assert_close(solution.states[k + 1], alone, rtol=40 * EPS, atol=0)
    assert set(times[:3]) <= set(seen)  # to the last bit
    assert torch.equal(solution.states[0], ONE)
    assert solution.times.tolist() == times
    assert solution.states.shape == (4, 1, 1)
    assert solution.nfe == 3 * 7 * FIXED[method]


# -- the adaptive method --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("times", [[0, 1, 2.5], [2.5, 0.5, -1]])
@pytest.mark.parametrize("omega", [1.0, -7.0])
def test_dopri5_turns_the_plane(omega, times):
    start = cloud(5, 2)
    solution = solve(rotation(omega), start, times)
    for t, state in zip(times, solution.states, strict=True):
        angle = omega * (t - times[0])
        c, s = math.cos(angle), math.sin(angle)
        turned = start @ torch.tensor([[c, s], [-s, c]], dtype=torch.float64)
        assert (state - turned).abs().max() < 1e-5  # rtol is 1e-7 a step, and errors add up
    assert solution.nfe > 2
    assert (solution.nfe - 2) % 6 == 0  # two calls to find the first step, then six a step: the last stage is reused


def test_a_tighter_tolerance_costs_more_and_errs_less():
    def error_and_cost(rtol):
        solution = solve(logistic, 0.1 * ONE, [0, 3], rtol=rtol, atol=rtol)
        return abs(solution.last.item() - 1 / (1 + 9 * math.exp(-3))), solution.nfe

    (loose, cheap), (tight, dear) = error_and_cost(1e-3), error_and_cost(1e-10)
    assert tight < 1e-9 < loose < 1e-2
    assert cheap < dear


def test_there_and_back_again():
    field, start = tanh_field(), cloud(1, 6, 2)
    there = solve(field, start, [0, 1]).last
    assert (solve(field, there, [1, 0]).last - start).abs().max() < 1e-6


def test_a_learnable_field_solves_without_a_warning(recwarn):
    torch.set_warn_always(True)  # torch shows this one only once per process
    try:
        solve(tanh_field(), cloud(1, 6, 2), [0, 1])
    finally:
        torch.set_warn_always(False)
    assert not recwarn.list


# -- gradients and copies -------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("method", "steps"), [("euler", 12), ("dopri5", None)])
def test_gradients_reach_the_parameter_and_the_state(method, steps):
    theta, span = 0.8, 1.5
    parameter = torch.tensor(theta, dtype=torch.float64, requires_grad=True)
    start = (2 * ONE).requires_grad_()
    solve(lambda _t, x: parameter * x, start, [0, span], method, steps=steps).last.sum().backward()
    if steps:  # x₀ (1 + θh)ᴺ
        base, tolerance = 1 + theta * span / steps, 100 * EPS
        by_state, by_parameter = base**steps, 2 * span * base ** (steps - 1)
    else:  # x₀ exp(θT)
        by_state, by_parameter, tolerance = math.exp(theta * span), 2 * span * math.exp(theta * span), 1e-6
    assert start.grad.item() == pytest.approx(by_state, rel=tolerance)
    assert parameter.grad.item() == pytest.approx(by_parameter, rel=tolerance)


@pytest.mark.parametrize(
    ("method", "steps", "tolerance"),
    [("rk4", 5, 1e-12), ("dopri5", None, 1e-5)],  # dopri5 chooses its steps for all the copies together
)
def test_stacked_networks_are_as_each_alone(method, steps, tolerance):
    stacked, start = tanh_field(3), cloud(3, 4, 2)
    together = solve(stacked, start, [0, 1], method, steps=steps).last
    for k in range(3):
        alone = solve(one_copy(stacked, k), start[k : k + 1], [0, 1], method, steps=steps).last
        torch.testing.assert_close(together[k : k + 1], alone, rtol=0, atol=tolerance)


def test_one_copy_has_weights_of_its_own():
    stacked = tanh_field(3)
    alone = one_copy(stacked, 1)
    before = [weight.clone() for weight in stacked.parameters()]
    with torch.no_grad():
        for weight in alone.parameters():
            weight.fill_(9.0)
    assert all(torch.equal(a, b) for a, b in zip(before, stacked.parameters(), strict=True))
    for index in (-1, 3):
        with pytest.raises(ValueError, match=rf"index={index}.*expected"):
            one_copy(stacked, index)


# -- three ways back ------------------------------------------------------------------------------------------------

UNEVEN = ([0.0, 0.3, 0.4, 1.5], [1.0, 0.2, -1.0], [0.0, 1.0])
WAYS = ("checkpoint", "adjoint")


def differentiated(way, times, method, steps=None, *, field=None, dtype=torch.float64, state_too=True, **tolerances):
    """Gradients of a loss that looks at every output time, by parameter and, if asked, by state; and the solution."""
    field = field or tanh_field(2).to(dtype)
    start = cloud(2, 5, 2).to(dtype).requires_grad_(state_too)
    solution = solve(field, start, times, method, steps=steps, gradient=way, **tolerances)
    weights = torch.randn(len(times), 2, 5, 2, generator=torch.Generator().manual_seed(2)).to(dtype)
    leaves = dict(field.named_parameters()) | ({"state": start} if state_too else {})
    return gradients((solution.states * weights).sum(), leaves), solution


def distance(one: dict, other: dict) -> float:
    """Largest difference of two sets of gradients, beside the size of each."""
    assert one.keys() == other.keys()
    return max(((one[name] - other[name]).norm() / other[name].norm()).item() for name in other)


@pytest.mark.parametrize("state_too", [True, False])
@pytest.mark.parametrize("times", UNEVEN)
@pytest.mark.parametrize("steps", [1, 2, 7, 16])
@pytest.mark.parametrize("method", FIXED)
def test_checkpointing_is_backprop(method, steps, times, state_too):
    plain, solution = differentiated("backprop", times, method, steps, state_too=state_too)
    again, checkpointed = differentiated("checkpoint", times, method, steps, state_too=state_too)
    assert checkpointed.times.tolist() == times
    assert (checkpointed.states - solution.states).abs().max() <= 64 * EPS
    assert distance(again, plain) <= 1e-13


def test_gradients_of_one_number_in_closed_form():
    """y' = θy, θ = 1: ten steps of Euler have their own derivative, and the adjoint's ten steps another."""
    theta = torch.ones((), dtype=torch.float64, requires_grad=True)
    expected = {"backprop": 1.1**9, "checkpoint": 1.1**9, "adjoint": 1.1**10 * (1 - 0.99**10) / 0.1}
    assert expected["backprop"] == pytest.approx(2.357948, abs=5e-7)
    assert expected["adjoint"] == pytest.approx(2.480083, abs=5e-7)
    for way, value in expected.items():
        start = ONE.clone().requires_grad_()
        solution = solve(lambda _t, y: theta * y, start, [0, 1], "euler", steps=10, gradient=way, parameters=[theta])
        found = gradients(solution.last.sum(), {"theta": theta, "start": start})
        assert found["theta"].item() == pytest.approx(value, rel=100 * EPS)
        assert found["start"].item() == pytest.approx(1.1**10, rel=100 * EPS)  # does not use y: the same for all


@pytest.mark.parametrize(("method", "order", "counts"), [("euler", 1, (64, 128, 256)), ("rk4", 4, (8, 16, 32))])
@pytest.mark.parametrize("times", UNEVEN[:2])
def test_the_adjoint_tends_to_backprop_with_the_order_of_the_method(times, method, order, counts):
    apart = []
    for steps in counts:
        exact, _ = differentiated("backprop", times, method, steps)
        adjoint, _ = differentiated("adjoint", times, method, steps)
        apart.append(distance(adjoint, exact))
    slope = np.polyfit(np.log(counts), np.log(apart), 1)[0]
    assert slope == pytest.approx(-order, abs=0.15)


@pytest.mark.parametrize("direction", [1, -1])
@pytest.mark.parametrize("method", [*FIXED, "dopri5"])
def test_the_adjoint_is_torchdiffeqs(method, direction):
    """A step of 1/16 has no rounding and meets all the times, so that torchdiffeq's own grid is the same."""
    times = [direction * t for t in (0.0, 0.25, 0.5, 0.75)]
    found, _ = differentiated("adjoint", times, method, 4 if method in FIXED else None, rtol=1e-4, atol=1e-5)

    field, start = tanh_field(2), cloud(2, 5, 2).requires_grad_()
    options = {"step_size": 1 / 16} if method in FIXED else {}
    direct = odeint_adjoint(
        field, start, torch.tensor(times, dtype=torch.float64), rtol=1e-4, atol=1e-5, method=method, options=options
    )
    weights = torch.randn(4, 2, 5, 2, generator=torch.Generator().manual_seed(2)).double()
    names = dict(field.named_parameters())
    expected = torch.autograd.grad((direct * weights).sum(), [*names.values(), start])
    assert distance(found, dict(zip([*names, "state"], expected, strict=True))) <= 1e-13


@pytest.mark.parametrize("times", UNEVEN[:2])
def test_the_adjoint_of_dopri5_meets_its_tolerance(times):
    exact, _ = differentiated("backprop", times, "rk4", 200)
    for tolerance in (1e-4, 1e-7, 1e-10):
        adjoint, solution = differentiated("adjoint", times, "dopri5", rtol=tolerance, atol=tolerance)
        assert distance(adjoint, exact) <= 100 * tolerance
    assert solution.nfe > 2


@pytest.mark.parametrize("times", UNEVEN)
@pytest.mark.parametrize("method", FIXED)
def test_evaluations_are_counted_in_both_directions(method, times):
    steps = 7
    forward = (len(times) - 1) * steps * FIXED[method]
    for way, both in [("backprop", forward), ("checkpoint", 2 * forward), ("adjoint", 2 * forward)]:
        field, start = tanh_field(2), cloud(2, 5, 2)
        solution = solve(field, start, times, method, steps=steps, gradient=way)
        assert solution.nfe == forward, way
        gradients(solution.last.sum(), field)
        assert solution.nfe == both, way


@pytest.mark.parametrize("way", GRADIENTS)
def test_gradients_are_those_of_torch(way):
    found, _ = differentiated(way, [0.0, 0.5, 2.0], "midpoint", 5)
    field, start = tanh_field(2), cloud(2, 5, 2).requires_grad_()
    for _ in range(2):  # backward() adds to .grad: `gradients` starts from nothing each time
        solution = solve(field, start, [0.0, 0.5, 2.0], "midpoint", steps=5, gradient=way)
        weights = torch.randn(3, 2, 5, 2, generator=torch.Generator().manual_seed(2)).double()
        loss = (solution.states * weights).sum()
        again = gradients(loss, dict(field.named_parameters()) | {"state": start})
    assert distance(again, found) == 0
    assert all(again[name] is parameter.grad for name, parameter in field.named_parameters())
    if way != "checkpoint":  # reentrant checkpointing answers backward() alone
        solution = solve(field, start, [0.0, 0.5, 2.0], "midpoint", steps=5, gradient=way)
        leaves = [*field.parameters(), start]
        by_torch = torch.autograd.grad((solution.states * weights).sum(), leaves)
        assert all(torch.equal(a, b) for a, b in zip(by_torch, found.values(), strict=True))


@pytest.mark.parametrize("way", GRADIENTS)
def test_gradients_in_single_precision(way):
    exact, _ = differentiated(way, [0.0, 0.4, 1.0], "rk4", 9)
    single, solution = differentiated(way, [0.0, 0.4, 1.0], "rk4", 9, dtype=torch.float32)
    assert solution.states.dtype == torch.float32
    assert {gradient.dtype for gradient in single.values()} == {torch.float32}
    assert distance({name: gradient.double() for name, gradient in single.items()}, exact) <= 1e-5


@pytest.mark.parametrize("way", WAYS)
def test_what_needs_no_gradient_may_be_among_the_parameters(way):
    field = tanh_field(2)
    field.network.biases[0].requires_grad_(False)
    trained = {name: leaf for name, leaf in field.named_parameters() if leaf.requires_grad}
    plain = gradients(solve(field, cloud(2, 5, 2), [0, 1], "rk4", steps=40).last.sum(), trained)
    plain = {name: gradient.clone() for name, gradient in plain.items()}
    again = gradients(solve(field, cloud(2, 5, 2), [0, 1], "rk4", steps=40, gradient=way).last.sum(), trained)
    assert distance(again, plain) <= 1e-6
    assert field.network.biases[0].grad is None


@pytest.mark.parametrize("way", GRADIENTS)
def test_the_gradient_leaves_the_start_alone(way):
    start = cloud(2, 5, 2)
    before = start.clone()
    field = tanh_field(2)
    gradients(solve(field, start, [0, 1], "euler", steps=5, gradient=way).last.sum(), field)
    assert torch.equal(start, before)
    assert not start.requires_grad
    assert start.grad is None


def test_torch_refuses_to_differentiate_a_checkpoint_without_backward():
    """What the docstring of `solve` warns of: an error, and no wrong number."""
    field = tanh_field()
    loss = solve(field, cloud(1, 5, 2), [0, 1], "euler", steps=4, gradient="checkpoint").last.sum()
    with pytest.raises(RuntimeError):
        torch.autograd.grad(loss, list(field.parameters()))


# -- networks -------------------------------------------------------------------------------------------------------


def test_dense_shapes_and_parameter_count():
    network = Dense((3, 5, 4, 2), torch.Generator().manual_seed(0), copies=6)
    assert sum(p.numel() for p in network.parameters()) == 6 * ((3 + 1) * 5 + (5 + 1) * 4 + (4 + 1) * 2)
    x = torch.randn(6, 7, 3, generator=torch.Generator().manual_seed(1))
    assert network(x).shape == (6, 7, 2)
    # Zeros stay zero (tanh is odd, biases start at 0), and a change of one copy reaches that copy alone.
    assert torch.equal(network(torch.zeros(6, 7, 3)), torch.zeros(6, 7, 2))
    before = network(x)
    with torch.no_grad():
        network.weights[0][4] += 1.0
        network.biases[-1][4] += 1.0
    changed = (network(x) != before).flatten(1).any(dim=1)
    assert changed.tolist() == [k == 4 for k in range(6)]


def test_dense_is_the_network_of_torch():
    network = Dense((3, 5, 2), torch.Generator().manual_seed(0), copies=2)
    x = torch.randn(2, 7, 3, generator=torch.Generator().manual_seed(1))
    for k in range(2):
        layers = [torch.nn.Linear(3, 5), torch.nn.Tanh(), torch.nn.Linear(5, 2)]
        with torch.no_grad():
            for layer, weight, bias in zip(layers[::2], network.weights, network.biases, strict=True):
                bias += 0.5  # zeros would hide a bias that is left out
                layer.weight.copy_(weight[k].T)
                layer.bias.copy_(bias[k, 0])
        expected = torch.nn.Sequential(*layers)(x[k])
        torch.testing.assert_close(network(x)[k], expected)


def test_weights_have_the_scale_that_keeps_variance():
    n_in, n_out = 400, 500
    weight = Dense((n_in, n_out), torch.Generator().manual_seed(0)).weights[0]
    count = n_in * n_out
    assert abs(weight.mean()) < 4 / math.sqrt(n_in * count)  # four standard errors
    assert abs(n_in * weight.var() - 1) < 4 * math.sqrt(2 / count)


def test_weights_come_from_the_generator_alone():
    global_state = torch.get_rng_state()
    one, again, other = (Dense((3, 4, 2), torch.Generator().manual_seed(s), copies=2) for s in (0, 0, 1))
    assert torch.equal(torch.get_rng_state(), global_state)
    assert all(torch.equal(a, b) for a, b in zip(one.parameters(), again.parameters(), strict=True))
    assert not torch.equal(one.weights[0], other.weights[0])
    assert not torch.equal(one.weights[0][0], one.weights[0][1])  # the copies differ


def test_tanh_field_depends_on_time_and_keeps_the_shape():
    field, x = tanh_field(2), cloud(2, 5, 2)
    assert sum(p.numel() for p in field.parameters()) == 2 * ((2 + 1 + 1) * 8 + (8 + 1) * 2)
    now, later = field(torch.tensor(0.0), x), field(torch.tensor(1.0), x)
    assert now.shape == later.shape == x.shape
    assert (now != later).any()


@pytest.mark.parametrize(
    ("build", "message"),
    [
        (lambda g: Dense((2,), g), r"widths=\[2\].*expected.*input and an output"),
        (lambda g: Dense((), g), r"widths=\[\].*expected.*input and an output"),
        (lambda g: Dense((2, 0), g), r"widths=0.*expected a whole number, 1 or greater"),
        (lambda g: Dense((2, 2.5), g), r"widths=2\.5.*expected a whole number"),
        (lambda g: Dense((2, 3), g, copies=0), r"copies=0.*expected a whole number, 1 or greater"),
        (lambda g: Dense((2, 3), g, copies=True), r"copies=True.*expected a whole number"),
        (lambda g: TanhField(2, 0, g), r"width\w*=0.*expected a whole number, 1 or greater"),
        (lambda g: TanhField(0, 4, g), r"=0.*expected a whole number, 1 or greater"),
    ],
)
def test_networks_name_a_bad_size(build, message):
    with pytest.raises(ValueError, match=message):
        build(torch.Generator())


# -- what cannot be solved ------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "name", "value", "expected"),
    [
        ({"method": "leapfrog"}, "method", "leapfrog", "'euler', 'midpoint', 'rk4', 'dopri5'"),
        ({"rtol": 0}, "rtol", "0", "number > 0"),
        ({"rtol": math.nan}, "rtol", "nan", "finite number"),
        ({"atol": -1e-3}, "atol", "-0.001", "number > 0"),
        ({"state": ONE * math.nan}, "state", "1 non-finite", "finite numbers"),
        ({"state": torch.tensor([[1.0, math.inf]])}, "state", "1 non-finite entries of 2", "finite numbers"),
        ({"state": torch.ones(3)}, "state", "(3,)", "(batch, features) or (copies, batch, features)"),
        ({"state": torch.ones(1, 1, 1, 2)}, "state", "(1, 1, 1, 2)", "(batch, features) or (copies, batch, features)"),
        ({"state": torch.ones(1, 1, dtype=torch.int64)}, "state", "int64", "floating-point tensor"),
        ({"state": [[1.0]]}, "state", "list", "floating-point tensor"),
        ({"state": torch.ones(0, 2)}, "state", "(0, 2)", "(batch, features)"),
        ({"times": None}, "times", "None", "two or more"),
        ({"times": [0, "one"]}, "times", "one", "two or more"),
        ({"times": [0, 0]}, "times", "[0.0, 0.0]", "all rising or all falling"),
        ({"times": [0, 1, 0.5]}, "times", "[0.0, 1.0, 0.5]", "all rising or all falling"),
        ({"times": [0]}, "times", "[0.0]", "two or more"),
        ({"times": 0.5}, "times", "0.5", "two or more"),
        ({"times": [0, math.nan]}, "times", "nan", "finite"),
        ({"times": [0, math.inf]}, "times", "inf", "finite"),
        ({"method": "euler"}, "steps", "between successive times, for 'euler')=None", "whole number, 1 or greater"),
        ({"max_steps": 0}, "max_steps", "0", "whole number, 1 or greater"),
        ({"method": "rk4", "steps": 0}, "steps", "0", "whole number, 1 or greater"),
        ({"method": "rk4", "steps": True}, "steps", "True", "whole number, 1 or greater"),
        ({"method": "rk4", "steps": 2.5}, "steps", "2.5", "whole number, 1 or greater"),
        ({"steps": 4}, "steps", "4", "None"),
        ({"gradient": "seminorm"}, "gradient", "seminorm", "'backprop', 'checkpoint', 'adjoint'"),
        ({"gradient": None}, "gradient", "None", "'backprop', 'checkpoint', 'adjoint'"),
        ({"gradient": "checkpoint"}, "gradient", "'checkpoint' with 'dopri5'", "fixed grid, euler, midpoint, rk4"),
        ({"gradient": "adjoint", "parameters": torch.ones(3)}, "parameters", "tensor of shape (3,)", "list of tensors"),
        ({"gradient": "adjoint", "parameters": ["weight"]}, "parameters", "str", "tensors"),
    ],
)
def test_solve_names_the_argument_its_value_and_what_it_expected(changes, name, value, expected):
    with pytest.raises(ValueError) as caught:
        solve(**{"field": grow, "state": ONE, "times": [0, 1]} | changes)
    found, _, wanted = str(caught.value).partition("expected ")
    assert re.match(rf"{name}\b", found)
    assert value in found.removeprefix(name)
    assert expected in wanted


@pytest.mark.parametrize(
    ("method", "steps", "message"),
    [("euler", 40, "not finite by t = 2"), ("rk4", 40, "not finite by t = 2"), ("dopri5", None, "dopri5 gave up")],
)
def test_a_pole_is_reported(method, steps, message):
    with pytest.raises(RuntimeError, match=message):
        solve(square, ONE, [0, 0.5, 2, 3], method, steps=steps)


@pytest.mark.parametrize(
    ("field", "times", "start", "options", "words", "when"),
    [
        (square, [0, 2], 1.0, {}, "no shorter step moves the clock: blow-up in finite time", 1.0),
        (lambda _t, x: -x.sqrt(), [0, 3], 1.0, {}, "an attempted step met NaN: a root, logarithm or quotient", 2.0),
        (lambda t, x: (0.5 - t).log() + 0 * x, [0, 1], 1.0, {}, "an attempted step met NaN: a root, logarithm", 0.5),
        (lambda _t, x: -(x - 0.3).sign(), [0, 2], 1.0, {"max_steps": 300}, "max_steps is used up: a stiff field", 0.7),
        (square, [0, -2], -1.0, {}, "no shorter step moves the clock: blow-up in finite time", -1.0),
    ],
)
@pytest.mark.parametrize("gradient", ["backprop", "adjoint"])
def test_a_solve_that_dies_says_of_what_and_where(field, times, start, options, words, when, gradient):
    with pytest.raises(RuntimeError, match=r"dopri5 gave up after \d+ evaluations") as caught:
        solve(field, start * ONE, times, rtol=1e-6, atol=1e-6, gradient=gradient, **options)
    message = str(caught.value)
    assert words in message and "torchdiffeq says: " in message
    t, largest, first = re.search(r"at t = (\S+), .*largest entry (\S+), (\S+) at the start", message).groups()
    assert float(t) == pytest.approx(when, abs=0.3) and float(first) == 1.0
    assert math.isfinite(float(largest)) and (float(largest) > 1e3) == (field is square)


def test_a_time_without_digits_left_is_named():
    with pytest.raises(RuntimeError, match=r"no shorter step moves the clock.*a huge t\. It was at t = 1e\+15"):
        solve(lambda t, x: t.cos() + 0 * x, 0 * ONE, [1e15, 1e15 + 10])


def test_so_many_tries_are_enough_between_two_times():
    """max_steps counts anew at each time that is asked for, as torchdiffeq does; a fixed grid has no tries."""
    tries = (solve(logistic, 0.1 * ONE, [0, 8], rtol=1e-9, atol=1e-9).nfe - 2) // 6
    assert solve(logistic, 0.1 * ONE, [0, 8], rtol=1e-9, atol=1e-9, max_steps=tries).nfe == 6 * tries + 2
    with pytest.raises(RuntimeError, match="max_steps is used up"):
        solve(logistic, 0.1 * ONE, [0, 8], rtol=1e-9, atol=1e-9, max_steps=tries - 1)
    assert solve(logistic, 0.1 * ONE, np.linspace(0, 8, 9), rtol=1e-9, atol=1e-9, max_steps=tries - 1).nfe > 2


def test_a_fields_own_complaint_is_passed_on():
    def complains(_t, _x):
        raise AssertionError("not today")

    with pytest.raises(AssertionError, match="not today"):
        solve(complains, ONE, [0, 1])


def test_the_evaluations_until_it_gave_up_are_counted():
    calls = []
    with pytest.raises(RuntimeError) as caught:
        solve(lambda t, x: calls.append(t) or x**2, ONE, [0, 0.5, 2], "dopri5")
    assert f"gave up after {len(calls) - 1} evaluations" in str(caught.value)  # and one look at the start, after it


def test_the_default_tolerances_are_torchdiffeqs():
    ours, theirs = (inspect.signature(solver).parameters for solver in (solve, odeint))
    assert [ours[name].default for name in ("rtol", "atol")] == [theirs[name].default for name in ("rtol", "atol")]


@pytest.mark.parametrize(("method", "steps"), [("euler", 3), ("dopri5", None)])
def test_a_field_of_nan_is_reported(method, steps):
    with pytest.raises(RuntimeError, match=r"not finite by|non-finite entries at the start"):
        solve(lambda _t, x: x * math.nan, ONE, [0, 1], method, steps=steps)


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: solve(3, ONE, [0, 1], "euler", steps=2), "field=3: expected a function of the time and the state"),
        (lambda: solve(lambda t, x: None, ONE, [0, 1], "euler", steps=2), "field returned type NoneType: expected a"),
        (lambda: solve(square, ONE, [0, 1], "euler", steps=2, gradient="adjoint", parameters=3), "parameters is a int"),
        (lambda: gradients(ONE.sum(), {}), "of={}: expected a module, or a dictionary of leaf tensors"),
        (lambda: gradients(3.0, nn.Linear(1, 1)), "loss is a float: expected one number, as a tensor"),
        (lambda: Dense(5, torch.Generator()), "widths=5: expected a list, input first, output last"),
        (lambda: Dense((2, 2), torch.Generator())(torch.ones(3, 2)), r"x of shape (3, 2): expected (1, batch, 2)"),
        (
            lambda: one_copy(nn.Linear(2, 2), 0),
            "module: expected a stacked one, whose parameters are all (copies, …, …)",
        ),
    ],
)
def test_what_is_no_field_no_network_or_no_loss_is_named(call, words):
    with pytest.raises(ValueError, match=re.escape(words)):
        call()


def test_a_field_of_the_wrong_shape_is_named():
    """Broadcasting would add a (2, 1) slope to a (2, 3) state without a word."""
    with pytest.raises(ValueError, match=r"field returned shape \(2, 1\): expected \(2, 3\)"):
        solve(lambda t, x: x[:, :1], torch.ones(2, 3), (0, 1), "euler", steps=1)


@pytest.mark.parametrize("make", [lambda g: Dense((1, 1), g), lambda g: TanhField(2, 3, g)])
def test_weights_need_a_generator(make):
    with pytest.raises(ValueError, match=r"generator=None: expected a torch\.Generator"):
        make(None)


def needed(*shape: int) -> torch.Tensor:
    return torch.ones(*shape, dtype=torch.float64, requires_grad=True)


def depends_on(tensor):
    return lambda _t, x: tensor * x


@pytest.mark.parametrize(
    "call",
    [
        lambda leaf: (depends_on(leaf), None),  # in the closure, and no module owns it
        lambda leaf: (depends_on(leaf), []),
        lambda leaf: (depends_on(leaf), [needed(1, 3)]),
        lambda leaf: (depends_on(leaf), [2 * leaf]),  # not what the field uses
        lambda leaf: (lambda made: (depends_on(made), [made]))(2 * leaf),  # not a leaf: its gradient would end there
        lambda leaf: (lambda _t, _x: leaf, None),  # the field is the tensor itself
        lambda leaf: (lambda t, x: tanh_field()(t, x[None, :, :2]).sum() + leaf * x, None),
    ],
)
def test_the_adjoint_names_what_it_would_leave_out(call):
    field, parameters = call(needed(1, 3))
    with pytest.raises(ValueError, match=r"field depends on a tensor of shape \(.*expected .*parameters=\[…\] with it"):
        solve(field, torch.ones(1, 3).double(), [0, 1], gradient="adjoint", parameters=parameters)


def test_the_adjoint_takes_a_field_without_parameters_and_a_constant_one():
    start, slope = needed(1, 3), needed(1, 3)
    turned = solve(grow, start, [0, 1], "euler", steps=10, gradient="adjoint")
    torch.testing.assert_close(gradients(turned.last.sum(), {"x": start})["x"], torch.full_like(start, 1.1**10))
    moved = solve(lambda _t, _x: slope, start, [0, 3], "euler", steps=10, gradient="adjoint", parameters=[slope])
    torch.testing.assert_close(gradients(moved.last.sum(), {"slope": slope})["slope"], torch.full_like(slope, 3.0))


@pytest.mark.parametrize(
    ("make", "error", "message"),
    [
        (lambda x: (2 * x, {"x": x}), ValueError, "loss of shape (2,): expected one number"),
        (lambda x: (x.sum(), {"x": x, "y": needed(2)}), ValueError, "of['y']: the loss does not depend on it"),
        (lambda x: (x.detach().sum(), {"x": x}), ValueError, "loss needs no gradient: expected one that was computed"),
        (lambda x: ((y := 2 * x).sum(), {"y": y}), ValueError, "of['y']: expected a leaf tensor that needs a gradient"),
        (lambda x: (x.sum(), {"y": torch.ones(2)}), ValueError, "of['y']: expected a leaf tensor that needs a grad"),
        (lambda x: ((x - 1).sqrt().sum(), {"x": x}), RuntimeError, "gradient of 'x': 2 of 2 entries are not finite"),
    ],
)
def test_gradients_name_what_is_wrong(make, error, message):
    with pytest.raises(error, match=re.escape(message)):
        gradients(*make(needed(2)))


def test_an_adjoint_that_breaks_off_says_what_to_do():
    """y' = −y³ from 10, loosely solved: y(1) is too high, and going back from there has a pole before t = 0."""

    def cubic(_t, y):
        return -(y**3)

    start = (10 * ONE).requires_grad_()
    tolerances = {"rtol": 1e-2, "atol": 1e-2, "gradient": "adjoint"}
    loose = solve(cubic, start, [0, 1], **tolerances)
    assert loose.last.item() > 201**-0.5
    with pytest.raises(RuntimeError, match=r"broke off \(underflow.*tighten the tolerance.*more times.*'checkpoint'"):
        gradients(loose.last.sum(), {"start": start})
    # Each of the three ways out that the message names.
    exact = 201**-1.5
    tight = solve(cubic, start, [0, 1], rtol=1e-8, atol=1e-10, gradient="adjoint")
    assert gradients(tight.last.sum(), {"start": start})["start"].item() == pytest.approx(exact, rel=0.05)
    more = solve(cubic, start, np.linspace(0, 1, 11), **tolerances)
    assert gradients(more.last.sum(), {"start": start})["start"].isfinite()
    back = solve(cubic, start, [0, 1], rtol=1e-6, atol=1e-8)
    assert gradients(back.last.sum(), {"start": start})["start"].item() == pytest.approx(exact, rel=0.01)


def test_a_dense_network_has_all_its_gradients_under_torch_func():
    """A slice of its ParameterList would hide the hidden layers from `functional_call`."""
    generator = torch.Generator().manual_seed(0)
    network, x = Dense((3, 5, 4, 2), generator), torch.randn(1, 7, 3, generator=generator)
    network(x).square().sum().backward()
    weights = {name: weight.detach() for name, weight in network.named_parameters()}
    found = torch.func.grad(lambda w: torch.func.functional_call(network, w, x).square().sum())(weights)
    for name, weight in network.named_parameters():
        torch.testing.assert_close(found[name], weight.grad)
