"""`helpers.memory` against closed forms, to the byte, and against the memory of a real process.

Proves that a storage counts once and whole, that what autograd lets go of stops counting, that what a backward pass
builds is seen, and that the count is what the operating system sees grow.
"""

import json
import os
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from pathlib import Path

import pytest
import torch
from torchdiffeq import odeint

from helpers.memory import LiveBytes
from helpers.ode import FIXED, gradients, solve

torch.set_num_threads(1)

ROOT = Path(__file__).resolve().parent.parent
TIME = 8  # bytes of a time, which the solver keeps in float64


class Field(torch.nn.Module):
    """x → tanh(x W₁) W₂, and how often an adaptive solver took its steps or took them back."""

    def __init__(self, features: int, hidden: int, dtype=torch.float32):
        super().__init__()
        generator = torch.Generator().manual_seed(0)
        self.inner = torch.nn.Parameter(torch.randn(features, hidden, generator=generator).to(dtype) / features**0.5)
        self.outer = torch.nn.Parameter(torch.randn(hidden, features, generator=generator).to(dtype) / hidden**0.5)
        self.accepted = self.rejected = 0

    def forward(self, _t, x):
        return torch.tanh(x @ self.inner) @ self.outer

    def callback_accept_step(self, *_step):
        self.accepted += 1

    def callback_reject_step(self, *_step):
        self.rejected += 1


def cloud(batch: int, features: int, dtype=torch.float32) -> torch.Tensor:
    return torch.randn(batch, features, generator=torch.Generator().manual_seed(1)).to(dtype)


def measured(field: Field, state: torch.Tensor, times=(0.0, 1.0), method="euler", **options):
    """Bytes held after the forward pass, the meter, and the most that the backward pass held."""
    with LiveBytes(field.parameters()) as live:
        loss = solve(field, state, times, method, **options).last.sum()
        held, before = live.now, len(live.history)
        gradients(loss, field)
    assert live.now == 0
    return held, live, max([held, *live.history[before:]])


# -- the meter alone ------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize(("batch", "features", "hidden"), [(1, 1, 1), (8, 4, 16), (3, 50, 7), (128, 2, 32)])
def test_a_step_of_euler_holds_its_state_and_its_hidden_layer(batch, features, hidden, dtype):
    field, state = Field(features, hidden, dtype), cloud(batch, features, dtype)
    for steps in (1, 2, 10):
        with LiveBytes(field.parameters()) as live:
            x = state
            for _ in range(steps):
                x = x + field(0, x) / steps
            loss = x.sum()
            assert live.now == live.peak == steps * batch * (features + hidden) * dtype.itemsize
            loss.backward()
            assert live.now == 0
        changes = [after - before for before, after in pairwise(live.history)]
        assert changes[: 2 * steps] == steps * [batch * features * dtype.itemsize, batch * hidden * dtype.itemsize]
        assert sorted(-change for change in changes[2 * steps :]) == sorted(changes[: 2 * steps])


def test_what_is_excluded_does_not_count():
    field, state = Field(4, 16), cloud(8, 4).requires_grad_()
    parameters, data, hidden = 2 * 4 * 16 * 4, 8 * 4 * 4, 8 * 16 * 4
    for excluded, expected in [
        ((), hidden + data + parameters),
        ([state], hidden + parameters),
        (field.parameters(), hidden + data),
        ([state[2:5], *field.parameters()], hidden),  # a view stands for its storage
    ]:
        with LiveBytes(excluded) as live:
            loss = field(0, state).sum()
        assert live.now == expected
        del loss
        assert live.now == 0


def test_an_excluded_tensor_that_nobody_else_keeps_hides_no_other():
    """Its memory would go to the next tensor of its size, which would then be taken for it."""
    x = torch.ones(1000, requires_grad=True)
    for _ in range(20):
        with LiveBytes([x, torch.ones(1000)]) as live:
            y = x.exp()
            assert live.now == y.nbytes
        del y


def test_a_storage_counts_once_and_whole():
    weight = torch.ones(10, requires_grad=True)
    large = torch.ones(100, 10)
    with LiveBytes([weight]) as live:
        first = large[:2] * weight
        assert live.now == large.nbytes  # two rows keep all the hundred
        second, third = large[50:] * weight, large.T.reshape(10, 100).T * weight
        other = large.clone() * weight
        assert live.now == 2 * large.nbytes
        del first, other
        assert live.now == large.nbytes
        del second
        assert live.now == large.nbytes
        del third
        assert live.now == 0
    assert live.peak == 2 * large.nbytes
    assert live.history == [large.nbytes * count for count in (0, 1, 2, 1, 0)]


def test_the_history_ends_now_and_its_maximum_is_the_peak():
    field, state = Field(3, 5), cloud(4, 3)
    with LiveBytes(field.parameters()) as live:
        assert (live.now, live.peak, live.history) == (0, 0, [0])
        for _ in range(3):
            loss = field(0, field(0, state)).square().sum()
            assert live.history[-1] == live.now <= live.peak == max(live.history)
            loss.backward()
            del loss
            assert live.history[-1] == live.now == 0
    assert min(live.history) == 0
    assert all(before != after for before, after in pairwise(live.history))


def test_outside_its_block_nothing_is_added_but_what_it_holds_is_let_go():
    x = torch.ones(7, requires_grad=True)
    with LiveBytes() as live:
        inside = x.exp()
    outside = x.exp()
    assert live.now == inside.nbytes
    (inside.sum() + outside.sum()).backward()
    assert live.now == 0
    assert live.peak == inside.nbytes


def test_retain_graph_keeps_what_backward_would_free():
    field, state = Field(4, 16), cloud(8, 4)
    with LiveBytes(field.parameters()) as live:
        loss = field(0, state).sum()
        held = live.now
        loss.backward(retain_graph=True)
        assert live.now == held == 8 * (4 + 16) * 4
        loss.backward()
        assert live.now == 0


def test_an_operation_that_saves_its_own_output_goes_with_its_graph():
    """The output's `grad_fn` is the operation that holds it: saved as it is, it would hold itself for good."""
    x = torch.ones(1000, requires_grad=True)
    with LiveBytes([x]) as live:
        y = x.tanh()
        (slope,) = torch.autograd.grad(y.sum(), x, retain_graph=True)
        assert live.now == y.nbytes
        del y
        assert live.now == 0
    torch.testing.assert_close(slope, 1 - torch.ones(1000).tanh() ** 2)


def test_it_changes_no_gradient():
    field, state = Field(4, 16, torch.float64), cloud(8, 4, torch.float64)
    for way in ("backprop", "checkpoint", "adjoint"):
        plain = gradients(solve(field, state, (0, 1), "rk4", steps=9, gradient=way).last.sum(), field)
        plain = {name: gradient.clone() for name, gradient in plain.items()}
        with LiveBytes(field.parameters()):
            watched = gradients(solve(field, state, (0, 1), "rk4", steps=9, gradient=way).last.sum(), field)
        assert all(torch.equal(plain[name], watched[name]) for name in plain)


@pytest.mark.parametrize(
    ("excluded", "kind"),
    [([None], "NoneType"), ([torch.ones(1), 3.0], "float"), ({"weight": torch.ones(1)}, "str")],
)
def test_only_tensors_can_be_excluded(excluded, kind):
    with pytest.raises(ValueError, match=f"excluded holds a {kind}: expected tensors"):
        LiveBytes(excluded)


# -- three ways back ------------------------------------------------------------------------------------------------

BATCH, FEATURES, HIDDEN = 8, 4, 16


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("method", FIXED)
def test_backprop_holds_every_step(method, dtype):
    field, state = Field(FEATURES, HIDDEN, dtype), cloud(BATCH, FEATURES, dtype)
    held = {steps: measured(field, state, method=method, steps=steps)[0] for steps in (1, 2, 8, 32)}
    slopes = {(held[b] - held[a]) / (b - a) for a, b in pairwise(held)}
    assert len(slopes) == 1
    evaluation = BATCH * (FEATURES + HIDDEN) * dtype.itemsize
    # Each evaluation leaves its state and its hidden layer; the solver adds its step length, in one or two formats.
    (a_step,) = slopes
    assert 0 < a_step - FIXED[method] * evaluation <= 2 * TIME * FIXED[method]


def test_checkpointing_holds_states_and_one_stretch_at_a_time():
    field, state = Field(FEATURES, HIDDEN), cloud(BATCH, FEATURES)
    one = BATCH * FEATURES * 4
    a_step = BATCH * (FEATURES + HIDDEN) * 4 + TIME
    for root in (1, 2, 3, 8, 20):
        held, live, backward = measured(field, state, steps=root**2, gradient="checkpoint")
        assert held == root * one  # the state that each stretch starts from
        # The last stretch comes first, over all that was stored; its first state is among that already.
        assert backward == held + root * a_step - one
        assert live.peak == backward > held


def test_checkpointing_grows_as_the_root_of_the_steps():
    field, state = Field(FEATURES, HIDDEN), cloud(BATCH, FEATURES)
    peaks = [measured(field, state, steps=n, gradient="checkpoint")[1].peak for n in (100, 400, 1600)]
    assert 1.9 < peaks[1] / peaks[0] < 2.1
    assert 1.9 < peaks[2] / peaks[1] < 2.1
    assert 10 * peaks[1] < measured(field, state, steps=400)[1].peak


@pytest.mark.parametrize("dtype", [torch.float32, torch.float64])
@pytest.mark.parametrize("method", FIXED)
def test_the_adjoint_is_flat_in_steps_and_pays_for_every_output_time(method, dtype):
    field, state = Field(FEATURES, HIDDEN, dtype), cloud(BATCH, FEATURES, dtype)
    a_state = BATCH * FEATURES * dtype.itemsize
    # Solved backwards: the state, the adjoint, an integral per parameter and one for the time lie in one storage;
    # beside it there is the graph of a single evaluation, whose state is a view of that storage.
    parameters = sum(parameter.numel() for parameter in field.parameters())
    backward_graph = (1 + parameters + BATCH * HIDDEN) * dtype.itemsize + 2 * a_state
    for times in (2, 3, 11):
        asked = torch.linspace(0, 1, times)
        found = [measured(field, state, asked, method, steps=n, gradient="adjoint") for n in (1, 7, 200 // times)]
        for held, live, backward in found:
            assert held == times * (a_state + TIME)
            assert backward == live.peak == held + backward_graph


def test_rejected_steps_are_let_go():
    """What is held after dopri5 is a fixed amount per accepted step, however many were tried and taken back."""
    state, found = cloud(BATCH, FEATURES, torch.float64), []
    for bump, tolerance in [(0, 1e-3), (0, 1e-6), (50, 1e-3), (50, 1e-5), (50, 1e-7)]:
        field = Field(FEATURES, HIDDEN, torch.float64)

        class Bumped(torch.nn.Module):
            callback_accept_step, callback_reject_step = field.callback_accept_step, field.callback_reject_step

            def forward(self, t, x, bump=bump, field=field):
                return field(t, x * float(1 + bump * torch.exp(-(((t.detach() - 0.5) / 0.02) ** 2))))

        with LiveBytes(field.parameters()) as live:
            states = odeint(Bumped(), state, torch.tensor([0.0, 1.0]), rtol=tolerance, atol=tolerance)
            held, peak = live.now, live.peak
        del states
        assert live.now == 0
        assert peak > held
        found.append((field.accepted, field.rejected, held))
    assert max(rejected for _, rejected, _ in found) >= 5
    (few, _, least), (more, _, most) = found[:2]
    a_step = (most - least) / (more - few)
    assert a_step > 6 * BATCH * (FEATURES + HIDDEN) * 8
    for accepted, _, held in found:
        assert held == least + a_step * (accepted - few)


# -- beside the process ---------------------------------------------------------------------------------------------

# Eight hidden layers: what a step leaves for backward outweighs what it needs for a moment.
SOLVE = """
import json, sys
import torch
from helpers.memory import LiveBytes
from helpers.networks import Dense
from helpers.ode import solve

way, steps, rows = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
torch.set_num_threads(1)
network = Dense((8, *8 * [32], 8), torch.Generator().manual_seed(0))


def kilobytes(name):
    with open("/proc/self/status") as lines:
        return next(int(line.split()[1]) for line in lines if line.startswith(name + ":"))


def there_and_back(state):
    own = list(network.parameters())
    field = lambda _t, x: network(x)
    solve(field, state, (0, 1), "euler", steps=steps, gradient=way, parameters=own).last.sum().backward()


there_and_back(torch.ones(1, 1, 8))  # libraries load, threads start, .grad is there
state = torch.randn(1, rows, 8, generator=torch.Generator().manual_seed(1))
before = kilobytes("VmRSS")
with LiveBytes(network.parameters()) as live:
    there_and_back(state)
# VmHWM is this program's own peak; getrusage's ru_maxrss may be that of the process that started it.
print(json.dumps([1024 * (kilobytes("VmHWM") - before), live.peak]))
"""


def in_a_process(way: str, steps: int, rows: int) -> tuple[int, int]:
    """By how many bytes a fresh process grew at its peak, and the live bytes at theirs."""
    # By its own rules glibc keeps what is freed, and cuts aligned blocks so that the next tensor of the same size
    # does not fit into the hole: the process grows to twice what is alive. With this threshold, each tensor is
    # mapped by itself and handed back when it dies.
    quiet = {"MALLOC_MMAP_THRESHOLD_": "65536", "MALLOC_TRIM_THRESHOLD_": "65536", "OMP_NUM_THREADS": "1"}
    command = [sys.executable, "-c", SOLVE, way, str(steps), str(rows)]
    environment = os.environ | quiet | {"PYTHONPATH": str(ROOT)}
    done = subprocess.run(command, env=environment, cwd=ROOT, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    resident, live = json.loads(done.stdout)
    print(f"{way}, {steps} steps, {rows} rows: resident {resident / 1e6:.1f} MB, live {live / 1e6:.1f} MB")
    return resident, live


@pytest.mark.skipif(not Path("/proc/self/status").exists(), reason="no /proc: the peak of a process cannot be read")
def test_live_bytes_are_what_the_process_grows_by():
    solves = {"backprop": (6, 40960), "checkpoint": (16, 49152), "adjoint": (6, 40960)}
    with ThreadPoolExecutor(2) as pool:
        found = dict(zip(solves, pool.map(lambda way: in_a_process(way, *solves[way]), solves), strict=True))
    for way in ("backprop", "checkpoint"):
        resident, live = found[way]
        assert live > 200e6, way
        assert resident == pytest.approx(live, rel=0.15), way
    # The adjoint holds too little to be seen beside what every evaluation needs for a moment: its saving is compared.
    saved_resident, saved_live = (found["backprop"][k] - found["adjoint"][k] for k in range(2))
    assert saved_live > 200e6
    assert saved_resident == pytest.approx(saved_live, rel=0.15)
