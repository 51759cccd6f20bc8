"""`helpers.ode` against closed forms.

Proves that a fixed grid takes exactly the steps it was asked for and has its textbook order, that dopri5 meets its
tolerance, that gradients are those of the discrete map, that stacked networks do not mix, and that a bad argument
or a diverging solution is named instead of passed on.
"""

import math
import re

import numpy as np
import pytest
import torch

from helpers.ode import FIXED, Dense, TanhField, one_copy, rotation, solve

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
        ({"method": "euler"}, "steps", "None", "number of steps between successive times"),
        ({"method": "rk4", "steps": 0}, "steps", "0", "whole number, 1 or greater"),
        ({"method": "rk4", "steps": True}, "steps", "True", "whole number, 1 or greater"),
        ({"method": "rk4", "steps": 2.5}, "steps", "2.5", "whole number, 1 or greater"),
        ({"steps": 4}, "steps", "4", "None"),
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
    [("euler", 40, "not finite at t = 2"), ("rk4", 40, "not finite at t = 2"), ("dopri5", None, "dopri5 gave up")],
)
def test_a_pole_is_reported(method, steps, message):
    with pytest.raises(RuntimeError, match=message):
        solve(square, ONE, [0, 0.5, 2, 3], method, steps=steps)


@pytest.mark.parametrize(("method", "steps"), [("euler", 3), ("dopri5", None)])
def test_a_field_of_nan_is_reported(method, steps):
    with pytest.raises(RuntimeError, match=r"not finite|gave up"):
        solve(lambda _t, x: x * math.nan, ONE, [0, 1], method, steps=steps)


def test_a_field_of_the_wrong_shape_is_named():
    """Broadcasting would add a (2, 1) slope to a (2, 3) state without a word."""
    with pytest.raises(ValueError, match=r"field returned shape \(2, 1\): expected \(2, 3\)"):
        solve(lambda t, x: x[:, :1], torch.ones(2, 3), (0, 1), "euler", steps=1)


@pytest.mark.parametrize("make", [lambda g: Dense((1, 1), g), lambda g: TanhField(2, 3, g)])
def test_weights_need_a_generator(make):
    with pytest.raises(ValueError, match=r"generator=None: expected a torch\.Generator"):
        make(None)
