"""Notebook 01 as a learner runs it: its panels, figures and printed tables say and show what is so.

The truth beside them is of another make: panel 1's field in complex numbers, steps from their Runge-Kutta tableaus, and
of a network its logits, which are the heights above its cut.
"""

import math
import re
import statistics

import numpy as np
import pytest
import torch
from torchdiffeq import odeint

from tests.played import Played, line, numbers
from tools import notebooks

DEPTH, UNTANGLED = "Layers against the exact flow", "The flow untangles two spirals"
COST, LIFT = "Tolerance, difficulty and cost", "A disk, a ring, and one more dimension"
TABLEAUS = {  # rows and weights; Kutta's 3/8 rule, as the text says of torchdiffeq's
    "euler": ((), (1,)),
    "midpoint": (((0.5,),), (0, 1)),
    "rk4": (((1 / 3,), (-1 / 3, 1), (1, -1, 1)), (1 / 8, 3 / 8, 3 / 8, 1 / 8)),
    "classical": (((0.5,), (0, 0.5), (0, 0, 1)), (1 / 6, 1 / 3, 1 / 3, 1 / 6)),
}
LOOKS = {"euler": 1, "midpoint": 2, "rk4": 4}  # at the field, in a layer; as many as the order


@pytest.fixture(scope="module")
def played():
    with pytest.MonkeyPatch.context() as patch:
        yield Played(notebooks.ROOT / "notebooks" / "01_resnet_as_euler.ipynb", patch)


def stepped(f, x, method: str, steps: int, end: float = 1.0) -> list:
    """The states from 0 to `end`, by the method's tableau."""
    (rows, weights), h, states = TABLEAUS[method], end / steps, [x]
    nodes = (0, *(sum(row) for row in rows))
    for n in range(steps):
        slopes = []
        for node, row in zip(nodes, ((), *rows), strict=True):
            inner = sum((h * a * k for a, k in zip(row, slopes, strict=True)), states[-1])
            slopes.append(f(n * h + node * h, inner))
        states.append(sum((h * w * k for w, k in zip(weights, slopes, strict=True)), states[-1]))
    return states


def ring_of_panel_1(omega: float, method: str, layers: int) -> tuple:
    """Its five points as complex numbers: after every layer, the exact flow's ends, and the largest distance."""
    start = 0.5 * np.exp(2j * math.pi * np.arange(5) / 5)
    states = stepped(lambda t, z: z * (1 - abs(z) ** 2) + 1j * omega * z, start, method, layers)
    ends = (1 + 3 * math.exp(-2)) ** -0.5 * np.exp(1j * (np.angle(start) + omega))
    return np.array(states), ends, abs(states[-1] - ends).max()


def complex_of(points) -> np.ndarray:
    return np.asarray(points) @ np.array([1, 1j])


@pytest.mark.parametrize(
    ("method", "omega", "layers"), [("euler", 4.0, 16), ("midpoint", 7.0, 5), ("rk4", 3.0, 8), ("euler", 2.5, 3)]
)
def test_panel_1_measures_the_network_that_it_shows(played, method, omega, layers):
    status = played.panels[DEPTH].set(method=method, omega=omega, layers=layers)
    plane, errors = played.axes(DEPTH)
    states, ends, error = ring_of_panel_1(omega, method, layers)
    exact, network = (each.get_segments() for each in plane.collections[:2])
    assert np.allclose([complex_of(path)[-1] for path in exact], ends)
    assert np.allclose([complex_of(path) for path in network], states.T)
    assert np.allclose(np.sort_complex(complex_of(plane.collections[2].get_offsets())), np.sort_complex(states.ravel()))
    n, measured = line(errors, "measured")
    assert list(n) == [1, 2, 4, 8, 16, 32, 64]
    found = [ring_of_panel_1(omega, method, int(each))[2] for each in n]
    assert np.allclose(measured[3:], found[3:], rtol=1e-6) and all(
        np.isnan(shown) or shown == pytest.approx(true) for shown, true in zip(measured, found, strict=True)
    )
    foretold = found[-1] * (64 / layers) ** LOOKS[method]
    assert line(errors, "theory")[1] == pytest.approx([found[-1] * (64 / each) ** LOOKS[method] for each in n])
    assert line(errors, "this network").ravel() == pytest.approx([layers, error])
    assert f"{method}, layers: {layers}, evaluations of the field: {layers * LOOKS[method]};" in status
    said = re.search(r"error (\S+), predicted from that of 64 layers: (\S+)\.(?: |$)", status).groups()
    assert [float(each) for each in said] == pytest.approx([error, foretold], rel=6e-3)
    assert [0.1, 0.1] in [list(each.get_ydata()) for each in errors.lines]  # the goal's


@pytest.mark.parametrize("omega", [4.0, 8.0, 12.0])
@pytest.mark.parametrize("layers", [1, 2, 3, 5, 8, 16, 64])
def test_panel_1_says_which_points_its_picture_lacks(played, omega, layers):
    status = played.panels[DEPTH].set(method="euler", omega=omega, layers=layers)
    plane, states = played.axes(DEPTH)[0], ring_of_panel_1(omega, "euler", layers)[0]
    assert plane.get_xlim() == (-1.6, 1.6) and plane.get_ylim()[0] == -1.6
    out = np.maximum(abs(states.real), abs(states.imag)) > 1.6
    if "the points have left the picture" in status:
        assert out[-1].all()
    else:
        assert ("some points are out of the picture" in status) == out.any()


def test_the_goals_are_as_tight_as_their_words(played):
    """Below 0.1; 95 in a hundred; 100 evaluations at most; class 0 is the disk."""
    goals = {name: panel.goal for name, panel in played.panels.items()}
    for name, inside, outside, given in (
        (DEPTH, 0.0999, 0.1, {"method": "euler", "omega": 4.0}),
        (UNTANGLED, 0.95, 0.9499, {"extra": 1}),
        (COST, 100, 101, {"omega": 12.0}),
        (LIFT, -0.01, 0.01, {"extra": 0}),
    ):
        assert goals[name].holds(inside) and not goals[name].holds(outside) and goals[name].given == given


def test_the_figure_of_section_2_has_each_method_on_its_law(played):
    """With N layers y' = y gives the N-th power of the method's polynomial."""
    (ax,) = played.figures["Ten times the layers: a tenth, or a ten-thousandth"].axes
    for name, law, most, factor in (
        ("Euler", ax.lines[2], 1024, lambda h: 1 + h),
        ("Runge–Kutta", ax.lines[3], 128, lambda h: 1 + h + h**2 / 2 + h**3 / 6 + h**4 / 24),
    ):
        n, error = line(ax, name)
        assert list(n) == [2**k for k in range(1, round(math.log2(most)) + 1)]
        assert error == pytest.approx([abs(factor(1 / each) ** each - math.e) for each in n], rel=1e-4)
        order, constant = (1, math.e / 2) if name == "Euler" else (4, math.e / 120)
        x, theory = law.get_data()
        assert np.array_equal(x, n) and theory == pytest.approx(constant / n**order)


def held_out(names, model, points="unseen", **solver) -> np.ndarray:
    """Right answers over all 1024, of each copy, by the sign of the logits."""
    with torch.no_grad():
        right = (names[model](names[points][0], **solver)[..., 0] > 0) == (names[points][1] == 1)
    assert right.shape == (5, 1024)
    return right.double().mean(1).numpy()


def printed(played, beginning: str) -> list[float]:
    """The numbers of the one line that begins so, after the beginning."""
    (found,) = re.findall(rf"^{re.escape(beginning)}(.*)$", played.text, re.MULTILINE)
    return numbers(found)


def test_the_accuracies_that_are_printed_are_of_points_not_trained_on(played):
    names = played.names
    assert not torch.isin(names["unseen"][0], names["seen"][0]).all(-1).any()
    for words, model in (
        ("held-out accuracy, one extra dimension:", "neural_ode"),
        ("held-out accuracy, in the plane:", "in_plane"),
        ("in the plane  ", "in_plane"),
        ("trained on there", "same"),
        ("with a third dimension", "roomy"),
    ):
        assert printed(played, words) == pytest.approx(held_out(names, model), abs=5.1e-4), words
    assert (names["in_plane"].extra, names["same"].extra, names["roomy"].extra) == (0, 0, 1)


def view(axes, cut) -> tuple:
    """What a view of the state shows: both classes' points, and the height of its cut."""
    classes = [np.asarray(cloud.get_offsets()) for cloud in axes.collections if cloud.get_label().startswith("class")]
    return classes, np.asarray(cut.get_ydata(), dtype=float)


def one_scale(shown, true) -> float:
    """The factor between the two, the same and positive for all.

    To a hundredth of the largest: a film's tolerance of 1e-5 is one of the root mean square, of 19 200 numbers.
    """
    shown, true = np.concatenate([np.ravel(each) for each in shown]), np.concatenate([np.ravel(each) for each in true])
    scale = float(shown @ true / (true @ true))
    assert scale > 0 and np.allclose(shown, scale * true, atol=0.01 * abs(shown).max(), rtol=0)
    return scale


@torch.no_grad()
def of_network(model, network: int, points, t: float = 1.0, **solver) -> tuple:
    """States (n, 2 + extra) at t and logits (n,) at the end, for one of five copies."""
    points = torch.as_tensor(points).float().expand(5, -1, -1)
    end = model(points, **solver)[network - 1, :, 0]
    return model.carry(points, t, **solver)[network - 1].numpy(), end.numpy()


@pytest.mark.parametrize(("network", "extra"), [(1, 1), (3, 1), (4, 0), (5, 1)])
def test_panel_2_shows_the_held_out_points_and_the_grid_of_its_network(played, network, extra):
    """At t = 1 the height above the cut is the logit over |w|; at t = 0 the plane is turned, at most."""
    names, accurate = played.names, {"rtol": 1e-6, "atol": 1e-6}
    panel, plane = played.panels[UNTANGLED], played.axes(UNTANGLED)[0]
    model = names["neural_ode"] if extra else names["in_plane"]
    points, labels = (each[network - 1, :400] for each in names["unseen"])
    mesh = np.stack(np.meshgrid(np.linspace(-2.3, 2.3, 30), np.linspace(-2.3, 2.3, 12)), axis=-1)
    mesh = np.concatenate((mesh[..., ::-1], mesh))  # twelve lines along x₂, twelve along x₁
    (cut,) = [each for each in plane.lines if each.get_linestyle() == "--"]
    for t in (0.0, 1.0):
        panel.set(t=t, network=network, extra=extra)
        classes, height = view(plane, cut)
        assert max(abs(each).max() for each in classes) == pytest.approx(1)  # all in the picture, from end to end
        grid = np.array(plane.collections[0].get_segments())
        logits = of_network(model, network, points, **accurate)[1]
        of_mesh = of_network(model, network, mesh.reshape(-1, 2), **accurate)[1]
        if t == 0:
            before = (*(points[labels == k] for k in (0, 1)), mesh)
            shown, true = ([np.linalg.norm(each, axis=-1) for each in those] for those in ((*classes, grid), before))
            assert height.size == 0
        else:
            shown = [each[..., 1] - height[0] for each in (*classes, grid)]
            true = [*(logits[labels == k] for k in (0, 1)), of_mesh]
            bias = float(model.head.biases[0].detach()[network - 1])
            weights = model.head.weights[0].detach()[network - 1]
            scale = one_scale(shown, true) * float(weights.norm())
            assert height == pytest.approx(-bias / float(weights.norm()) * scale, abs=1e-3)
        one_scale(shown, true)


@pytest.mark.parametrize(("network", "extra", "t"), [(2, 1, 1.0), (4, 0, 0.5), (5, 1, 0.03)])
def test_panel_2_blackens_what_its_cut_misreads(played, network, extra, t):
    """A least-squares cut through the training points, whose residuals are orthogonal to all that it may use."""
    names, panel, (plane, reading) = played.names, played.panels[UNTANGLED], played.axes(UNTANGLED)
    status = panel.set(t=t, network=network, extra=extra)
    model, how = (names["neural_ode"] if extra else names["in_plane"]), {"rtol": 1e-6, "atol": 1e-6}
    train, test = (of_network(model, network, names[each][0][network - 1], t, **how)[0] for each in ("seen", "unseen"))
    design, target = np.c_[train, np.ones(256)].astype(float), 2 * names["seen"][1][network - 1].numpy() - 1
    cut = np.linalg.solve(design.T @ design, design.T @ target)
    value, labels = np.c_[test, np.ones(1024)] @ cut, names["unseen"][1][network - 1].numpy()
    wrong, near = (value > 0) != labels, np.count_nonzero(abs(value) < 1e-3)  # these few may be read either way
    read, at_once = map(float, re.search(r"reads (\S+) of the held-out answers \(at t = 0 (\S+)\)", status).groups())
    flat = np.c_[names["seen"][0][network - 1], np.ones(256)].astype(float)
    line_at_once = np.linalg.solve(flat.T @ flat, flat.T @ target)
    right = (np.c_[names["unseen"][0][network - 1], np.ones(1024)] @ line_at_once > 0) == labels
    assert at_once == pytest.approx(right.mean(), abs=6e-4)  # where the third coordinate is 0, too
    assert read == pytest.approx(1 - wrong.mean(), abs=near / 1024 + 6e-4)
    assert line(reading, "linear probe")[1][-1] == pytest.approx(read, abs=6e-4)
    black = next(each for each in plane.collections if each.get_label() == "misread").get_offsets()
    assert abs(len(black) - wrong[:400].sum()) <= near
    (classes, _), gone = view(plane, plane.lines[0]), 0
    for k, cloud in enumerate(classes):
        marked = np.array([np.isclose(black, point, atol=1e-6).all(1).any() for point in cloud])
        gone += np.count_nonzero(marked != wrong[:400][labels[:400] == k])
    assert gone <= 2 * near


def test_the_figure_of_section_4_has_each_kind_on_its_theory(played):
    """Closed forms of independent weights; the standard error of a variance is 1/√(2n) where it is normal, at α = 1."""
    (ax,) = played.figures["Of these three, one becomes an ODE at rate 1/N"].axes
    kinds, laws = ax.lines[::2], ax.lines[1::2]
    assert [each.get_label() for each in kinds] == list(played.names["kinds"])
    n = np.array([8, 16, 32, 64, 128, 256, 512, 1024])
    assert np.array_equal(kinds[0].get_xdata(), n)
    assert laws[0].get_ydata() == pytest.approx(((1 + 1 / n) ** n - 1) ** 0.5)
    assert laws[1].get_ydata() == pytest.approx(((1 + 1 / n**2.0) ** n - 1) ** 0.5)
    assert laws[2].get_ydata() * n == pytest.approx([laws[2].get_ydata()[0] * 8] * 8)
    assert kinds[1].get_ydata()[-3:] == pytest.approx(laws[1].get_ydata()[-3:], rel=4.9 / 20000**0.5)
    assert kinds[2].get_ydata()[-1] == pytest.approx(laws[2].get_ydata()[-1], rel=0.01)
    y = kinds[0].get_ydata()
    assert f"rms distance at 1024 layers over that at 8: {y[-1] / y[0]:.2f}\n" in played.text


def rotation_solved(omegas, tol: float) -> tuple:
    """Evaluations, the times of all, and the first point's distance from the exact rotation; in complex numbers."""
    omegas, times = torch.tensor(omegas, dtype=torch.float64)[:, None], []

    def field(t, x):
        times.append(float(t))
        return omegas * torch.stack((-x[:, 1], x[:, 0]), dim=-1)

    start = torch.tensor([[1.0, 0.0]], dtype=torch.float64).repeat(len(omegas), 1)
    end = odeint(field, start, torch.tensor([0.0, 1.0], dtype=torch.float64), rtol=tol, atol=tol)[-1]
    return len(times), times, abs(complex_of(end[0]) - np.exp(1j * float(omegas[0])))


@pytest.mark.parametrize(("tol", "omega"), [(1e-4, 6.0), (1e-2, 15.5), (1e-7, 1.0), (1e-6, 11.0)])
def test_panel_3_shows_the_solve_that_its_status_speaks_of(played, tol, omega):
    panel, (path, cost) = played.panels[COST], played.axes(COST)
    status = panel.set(tol=tol, omega=omega)
    tol = panel.values["tol"]
    evaluations, times, error = rotation_solved([omega], tol)
    attempts = (evaluations - 2) / 6
    hardest = (rotation_solved([32.0], 1e-8)[0] - 2) / 6
    law = hardest * omega / 32 * (1e-8 / tol) ** 0.2
    t, exact = line(path, "exact")
    assert np.allclose(exact, np.cos(omega * t)) and (t[0], t[-1]) == (0, 2)
    assert [1, 1] in [list(each.get_xdata()) for each in path.lines]  # where the solve ends
    looks = np.asarray(path.collections[0].get_offsets())
    assert np.allclose(looks[:, 0], times) and tuple(looks[0]) == (0, 1)
    assert line(cost, "this solve").ravel() == pytest.approx([tol, attempts])
    x, y = line(cost, "scaling law")
    assert y == pytest.approx(hardest * omega / 32 * (1e-8 / x) ** 0.2)
    told = re.search(
        r": (\d+) attempts \(scaling law: (\S+)\), (\d+) evaluations, error (\S+) at t = 1, last look at t = (\S+)\.",
        status,
    )
    tried, foretold, nfe, off, last = map(float, told.groups())
    assert (tried, nfe) == (attempts, evaluations) and foretold == pytest.approx(law, abs=0.051)
    assert off == pytest.approx(error, rel=0.06) and last == pytest.approx(max(times), abs=0.0051)


def test_the_counts_of_section_5_are_those_of_the_speeds_and_tolerances_beside_them(played):
    for omega in (1, 2, 8, 32):
        nfe = rotation_solved([float(omega)], 1e-5)[0]
        assert f"tolerance 1e-5, ω = {omega}: {(nfe - 2) // 6} attempts, NFE {nfe}\n" in played.text
    row = [f"tol 1e-0{k}: {(rotation_solved([32.0], 10.0**-k)[0] - 2) // 6}" for k in range(3, 9)]
    assert f"attempts at ω = 32: {', '.join(row)}\n" in played.text
    alone, batch, easy = (rotation_solved(each, 1e-8)[0] for each in ([32.0], [32.0] + [1.0] * 4095, [1.0]))
    words = f"NFE of the hard sample alone: {alone}; of the batch: {batch}; of an easy sample alone: {easy}\n"
    assert words in played.text


def looks_of(model, points) -> int:
    """Evaluations of the first copy's field, all points as one batch."""
    count, field = 0, model.field

    def counting(t, x):
        nonlocal count
        count += 1
        return field(t, x)

    with torch.no_grad():
        odeint(counting, points, torch.tensor([0.0, 1.0]), rtol=1e-4, atol=1e-4)
    return count


def test_the_figure_of_section_5_counts_what_its_axes_say(played):
    """The first copy of five: the others stand still, and are not looked at by its solver."""
    names, one_copy = played.names, played.names["networks"].one_copy
    fig = played.figures["What is learned is paid for at every use"]
    points = torch.nn.functional.pad(names["unseen"][0][:1, :100], (0, 1))
    updates, nfe = fig.axes[0].lines[0].get_data()
    assert list(updates) == [25 * k for k in range(13)] and len(names["stages"]) == 12
    for place, model in ((0, "untrained"), (12, "neural_ode")):
        assert nfe[place] == looks_of(one_copy(names[model], 0), points)
    (dots,) = [each for each in fig.axes[1].collections if len(each.get_offsets()) == 100]
    assert np.allclose(dots.get_offsets(), points[0, :, :2])
    alone = [looks_of(one_copy(names["neural_ode"], 0), points[:, k : k + 1]) for k in range(0, 100, 9)]
    assert list(dots.get_array()[::9]) == alone
    for field in names["each"][:4]:
        accepted, rejected, nfe = field.accepted, field.rejected, len(field.looks)
        assert f"accepted {accepted}, rejected {rejected}, evaluations {nfe}\n" in played.text


@pytest.mark.parametrize(("extra", "network", "direction"), [(0, 1, 40), (0, 4, 255), (1, 2, 300), (2, 5, 90)])
def test_panel_4_shows_the_network_that_it_decides_with(played, extra, network, direction):
    names, panel, (inputs, state) = played.names, played.panels[LIFT], played.axes(LIFT)
    model = names["lifted"][extra]
    points, labels = (each[network - 1] for each in names["fresh"])
    circle = 1.2 * np.exp(1j * np.deg2rad(np.arange(361)))
    circle = np.stack((circle.real, circle.imag), axis=-1)
    across = np.linspace(-1.9, 1.9, 48)
    tiles = np.stack(np.meshgrid(across, across), axis=-1)  # rows from below, x₁ along each
    loop, (_, logits) = of_network(model, network, circle)[1], of_network(model, network, points)
    (cut,) = [each for each in state.lines if each.get_linestyle() == "--"]
    for t in (0.0, 0.5, 1.0):
        status = panel.set(extra=extra, network=network, direction=direction, t=t)
        decided = of_network(model, network, tiles.reshape(-1, 2))[1].reshape(48, 48)
        assert np.allclose(inputs.images[0].get_array(), decided, atol=1e-3)
        assert inputs.images[0].origin == "lower"
        classes = [points[:300][labels[:300] == k].numpy() for k in (0, 1)]
        for shown, true in zip(view(inputs, cut)[0], classes, strict=True):
            assert np.allclose(shown, true)
        marks = [each for ax in (inputs, state) for each in ax.lines if each.get_markersize() == 10]
        assert np.allclose(np.ravel(marks[0].get_data()), circle[direction])
        drawn = np.array(next(each for each in state.lines if each.get_label() == "circle").get_data()).T
        assert np.allclose(np.ravel(marks[1].get_data()), drawn[direction], atol=1e-5)
        (clouds, height), scale = view(state, cut), 0
        if t == 1:  # height above the cut: the logit over |w|
            shown = [each[:, 1] - height[0] for each in (*clouds, drawn)]
            scale = one_scale(shown, [*(logits[:300][labels[:300] == k] for k in (0, 1)), loop])
        elif t == 0 or extra == 0:  # turned, at most
            true = [np.linalg.norm(carried(model, network, each, t), axis=1) for each in (*classes, circle)]
            scale = one_scale([np.linalg.norm(each, axis=1) for each in (*clouds, drawn)], true)
        assert (height.size > 0) == (t == 1) and (scale > 0 or t == 0.5)
        wrong = int(((logits > 0) != (labels.numpy() == 1)).sum())
        assert abs(int(re.search(r": (\d+) of 1024 held-out points end on the wrong", status)[1]) - wrong) <= 1
        taken = "ring" if loop[direction] > 0 else "disk"  # class 1, class 0
        assert (
            status.split(". Goal")[0]
            .split("the circle's point at")[1]
            .startswith(f" {direction}° is taken for the {taken}")
        )


def test_a_run_of_panel_4_trains_on_the_training_points(played, monkeypatch):
    panel, names, asked = played.panels[LIFT], played.names, []

    def train(model, points, labels, updates):
        asked.append((model.extra, points, labels, updates))
        yield from range(1, updates + 1)

    monkeypatch.setitem(names, "train", train)
    monkeypatch.setitem(names, "alive", dict(names["alive"]))
    panel.set(extra=2, network=3)
    panel.run()
    ((extra, points, labels, updates),) = asked
    assert (extra, updates) == (2, 120)
    assert torch.equal(points, names["disks"][0][2:3]) and torch.equal(labels, names["disks"][1][2:3])
    panel.reset()


def carried(model, network: int, points, t: float) -> np.ndarray:
    """Where four steps of the 3/8 rule have carried points of the plane by t."""
    x = torch.as_tensor(points).float().expand(5, -1, -1)
    x = torch.nn.functional.pad(x, (0, model.extra))
    with torch.no_grad():
        return stepped(model.field, x, "rk4", 4, t)[-1][network - 1].numpy()


def test_the_long_layer_and_the_flow_of_section_6(played):
    a, b = math.exp(-2.5), 2 * math.exp(-2.5)
    words = f"start 1 and 2; one long layer: -1.50, -3.00; the flow: {a:.4f}, {b:.4f}\n"  # 1 − 5/2 of each
    assert words in played.text
    for words, model in (("0 extra dimensions", 0), ("1 extra", 1), ("2 extra", 2), ("0 extra, one Euler layer", None)):
        names = played.names | {"this": played.names["one_layer"] if model is None else played.names["lifted"][model]}
        right = held_out(names, "this", "fresh")
        assert printed(played, f"{words}: accuracy, ") == pytest.approx(
            [right.mean(), right.min()], abs=1.1e-3
        )  # one point may lie on the cut
    flows, layers = re.search(r"windings of the flows: (\[.*?\]) of the layers: (\[.*?\])", played.text).groups()
    assert flows == "[1, 1, 1, 1, 1]" and layers != flows


def test_the_figure_of_section_7_and_its_table_have_five_trainings_of_each_network(played):
    names, fig = played.names, played.figures["Equal size, five trainings each: look at the spread"]
    (ax,) = fig.axes
    sizes = {  # weights and biases of one copy, layer by layer
        "MLP": 2 * 97 + 97 + 97 + 1,
        "ResNet, untied": 4 * (2 * 19 + 19 + 19 * 2 + 2) + 3,
        "ResNet, tied": 4 * 48 + 48 + 48 * 3 + 3 + 4,
        "neural ODE": 4 * 48 + 48 + 48 * 3 + 3 + 4,
        "the same in the plane": 3 * 64 + 64 + 64 * 2 + 2 + 3,
    }
    rows = {label.get_text(): place for label, place in zip(ax.get_yticklabels(), ax.get_yticks(), strict=True)}
    assert list(rows) == list(sizes)
    for (name, size), model in zip(sizes.items(), names["models"].values(), strict=True):
        names["this"] = model
        right = held_out(names, "this")
        mean, spread = statistics.mean(right), statistics.stdev(right)
        (found,) = re.findall(rf"^{name} +(\d+) parameters   mean ± s.d. (\S+) ± (\S+)$", played.text, re.MULTILINE)
        assert int(found[0]) == size
        assert [float(each) for each in found[1:]] == pytest.approx([mean, spread], abs=6e-4)
        dots, bar = (each for each in ax.lines if abs(np.mean(each.get_ydata()) - rows[name]) < 0.4)
        assert np.allclose(dots.get_xdata(), right, atol=1e-3) and bar.get_xdata()[0] == pytest.approx(mean, abs=1e-3)


def test_the_figure_of_section_8_solves_each_network_by_the_method_that_its_legend_names(played):
    names = played.names
    (ax,) = played.figures["Trained with four Euler steps: good at four"].axes
    points = torch.nn.functional.pad(names["unseen"][0], (0, 1))
    for (name, model, method), band in zip(
        (("Euler, 4", "coarse", "euler"), ("Euler, 32", "fine", "euler"), ("Runge–Kutta", "neural_ode", "rk4")),
        ax.collections,
        strict=True,
    ):
        (steps, mean), model = line(ax, name), names[model]
        edges = band.get_paths()[0].vertices
        for n in (1, 4, 16):
            with torch.no_grad():
                logits = model.head(stepped(model.field, points, method, n)[-1])[..., 0]
            right = ((logits > 0) == (names["unseen"][1] == 1)).double().mean(1)
            assert mean[steps == n] == pytest.approx(float(right.mean()), abs=1e-3), (name, n)
            low_high = edges[edges[:, 0] == n][:, 1]
            assert (low_high.min(), low_high.max()) == pytest.approx((right.min(), right.max()), abs=2e-3)
    for name, model in (("Euler, 4 steps", "coarse"), ("Runge–Kutta, 4 steps", "neural_ode")):
        change, *flips = printed(played, f"{name}: solved accurately, accuracy changes by ".replace("+", ""))
        as_trained, accurate = held_out(names, model), held_out(names, model, rtol=1e-5, atol=1e-5)
        assert change == pytest.approx((accurate - as_trained).mean(), abs=6e-4)
        with torch.no_grad():
            both = [names[model](names["unseen"][0], **how) > 0 for how in ({}, {"rtol": 1e-5, "atol": 1e-5})]
        assert flips == pytest.approx((both[0] != both[1]).double().mean((1, 2)).tolist(), abs=6e-4)


def test_the_table_of_section_d2_has_each_rule_in_its_column(played):
    for n in (3, 4, 8, 16):
        errors = [ring_of_panel_1(4.0, rule, n)[2] for rule in ("classical", "rk4")]
        words = "{} layers at ω = 4: error of the classical rule {:.2g}, of the 3/8 rule {:.2g}\n"
        assert words.format(n, *errors) in played.text


@torch.no_grad()
def test_section_d6_compares_blocks_on_the_states_that_reach_them(played):
    """A quarter of each block is added on the way, as in the network."""
    names, start = played.names, played.names["seen"][0]
    field, pad = names["neural_ode"].field, torch.nn.functional.pad
    slices = [lambda x, t=t: field(t, pad(x, (0, 1)))[..., :2] for t in (0, 0.25, 0.5, 0.75)]
    for name, blocks in (
        ("before training", names["fresh_blocks"].blocks),
        ("trained", names["untied"].blocks),
        ("the field of the neural ODE", slices),
    ):
        states = [start, start + blocks[0](start) / 4]
        states.append(states[1] + blocks[1](states[1]) / 4)
        gaps = []
        for k, x in enumerate(states):
            u, v = (blocks[j](x).double().numpy().reshape(5, -1) for j in (k, k + 1))
            gaps.append(np.sqrt(((u - v) ** 2).sum(1) / ((u**2).sum(1) / 2 + (v**2).sum(1) / 2)))
        assert f"{name}: mean {np.mean(gaps):.2f}, least {np.min(gaps):.2f}\n" in played.text


@pytest.mark.parametrize("rule", ["classical", "rk4"])
def test_exercise_2_takes_every_rule_that_its_solution_names(played, rule):
    rows, weights = TABLEAUS[rule]

    def learners(f, t, x, h):
        k = [f(t, x)]
        for row in rows:
            k.append(f(t + sum(row) * h, x + h * sum(a * b for a, b in zip(row, k, strict=True))))
        return x + h * sum(w * b for w, b in zip(weights, k, strict=True))

    assert played.again("# @title Check exercise 2", rk4_step=learners)[1] == "✓ Correct.\n"
