"""Notebook 02 as a learner runs it: its panels, figures and reveals say and show what its cells have measured."""

import math
import re
from itertools import pairwise

import numpy as np
import pytest

from tests.played import Played, line, numbers
from tools import notebooks

REVEALS = ("grows like N (0.9", "between backprop's and e (2.48", "more than 1 (7.97")  # in order
BYTES = {4: 36880, 16: 77856, 64: 159808}  # live under checkpointing, added up by hand: √N (g + s) − 2 s
WAYS, CONTRACTION, RESCUE = "Three ways back, weighed", "Contraction, backward", "The explosion, and the rescue"


def rows(text: str, beginning: str) -> list[list[float]]:
    """The numbers of each line that begins so, behind these words."""
    return [numbers(each.split(beginning, 1)[1]) for each in text.splitlines() if each.strip().startswith(beginning)]


@pytest.fixture(scope="module")
def played():
    with pytest.MonkeyPatch.context() as patch:
        yield Played(notebooks.ROOT / "notebooks" / "02_adjoint_memory.ipynb", patch)


def test_each_reveal_names_the_choice_that_was_measured(played):
    assert len(played.revealed) == len(REVEALS)
    for found, right in zip(played.revealed, REVEALS, strict=True):
        assert found.startswith(right), (found, right)


@pytest.mark.parametrize("steps", [4, 16, 64])
def test_panel_1_shows_the_pass_that_its_status_speaks_of(played, steps):
    alive, peak = played.axes(WAYS)
    totals = {"backprop": steps * 18440 + 2048, "checkpoint": BYTES[steps], "adjoint": 26936}
    for way, total in totals.items():
        status = played.panels[WAYS].set(steps=steps, way=way)
        assert status.startswith(f"{way}, N = {steps}: at most {total / 1000:.0f} kB")
        assert f"{(1 if way == 'backprop' else 2) * steps} evaluations" in status
        x, kept = line(alive, "this way")
        assert max(kept) == pytest.approx(total / 1000) and (x[0], x[-1]) == (0, 2)
        top = x[kept.argmax()]  # when it turns back, or on the way back
        assert abs(top - 1) < 0.2 if way == "backprop" else top > 1
        assert max(line(alive, "backprop")[1]) == pytest.approx(totals["backprop"] / 1000)
        assert alive.get_ylim()[0] < max(kept) < alive.get_ylim()[1] > totals["backprop"] / 1000
        assert line(peak, "this pass").ravel() == pytest.approx([steps, total / 1000])
        n, sizes = line(peak, "this way")
        assert sizes[list(n).index(steps)] == pytest.approx(total / 1000)
        if way != "backprop":
            assert f"{100 * total / totals['backprop']:.0f} % of backprop's" in status
    assert [(text.get_position()[0], text.get_text()) for text in alive.get_xticklabels()] == [
        (0.5, "forward"),
        (1.5, "backward"),
    ]
    n, law = line(peak, "theory")
    assert np.allclose(law, n * 18.432)
    difference = [numbers(played.panels[WAYS].set(steps=steps, way=way))[-1] for way in ("checkpoint", "adjoint")]
    assert difference[0] < 1e-14 and difference[1] == pytest.approx(0.32 / steps, rel=0.15)


def test_the_figure_of_section_2_has_each_way_on_its_law(played):
    ((ax,),) = [fig.axes for name, fig in played.figures.items() if name.startswith("Constant memory")]
    curves = [each.get_ydata() for each in ax.lines]
    for measured, law in zip(curves[:4], curves[4:], strict=True):
        assert np.allclose(measured, law)
    assert np.allclose(curves[4], [(n * 18440 + 2048) / 1000 for n in (4, 16, 64, 256)])
    assert [each.get_label() for each in ax.lines[:4]] == list(played.names["peaks"])
    for name, measured in zip(played.names["peaks"], curves[:4], strict=True):
        (told,) = rows(played.text, f"{name}: ")
        assert told[::2] == [4, 16, 64, 256] and told[1::2] == pytest.approx(measured, abs=0.051)


def test_what_the_sections_5_and_6_print_beside_their_claims(played):
    """(1 + h)⁹ and its adjoint; a difference of 0.32/N for the network; (1 − h²)ᴺ there and back."""
    assert f"backprop {1.1**9:.3f}, adjoint {1.1**10 * (1 - 0.99**10) / 0.1:.3f}, e = 2.718" in played.text
    (off,) = rows(played.text, "adjoint − backprop, relative:")
    assert off[::2] == [4, 16, 64, 256] and off[1::2] == pytest.approx([0.32 / n for n in off[::2]], rel=0.1)
    back = re.findall(r"N = (\d+): comes back to (\S+) instead of 1", played.text)
    assert len(back) == 3 and all(found == f"{(1 - 1 / int(n) ** 2) ** int(n):.6f}" for n, found in back)


def test_the_graph_of_section_3_is_drawn_with_all_its_edges(played):
    (fig,) = [fig for name, fig in played.figures.items() if name.startswith("Backpropagation through")]
    arrows = [[text for text in ax.texts if getattr(text, "arrow_patch", None)] for ax in fig.axes]
    assert [len(each) for each in arrows] == [19, 4]  # one from L
    ends = [(arrow.xyann, arrow.xy) for arrow in arrows[0]]
    assert all(v < y or u < x for (x, y), (u, v) in ends)  # from the loss back
    arcs = [arrow for arrow in arrows[0] if arrow.xy[1] == 0 and arrow.xyann[0] - arrow.xy[0] > 1]
    assert len(arcs) == 3
    for arrow in arcs:
        assert arrow.arrow_patch.get_connectionstyle().rad > 0
    names = [[text.get_text() for text in ax.texts if text.get_text()] for ax in fig.axes]
    assert [sorted(set(each)) for each in names] == [["Add", "L", "Mul", "θ"], ["L", "Select", "Sum", "solve", "θ"]]


@pytest.mark.parametrize(("lam", "tol"), [(1.0, 1e-12), (1.0, 1e-2), (18.0, 1e-6), (20.0, 1e-9), (30.0, 1e-2)])
def test_panel_2_shows_the_error_that_its_status_speaks_of(played, lam, tol):
    """The gradient is as wrong as y(0), and the dot stands where the status says."""
    path, wrong = played.axes(CONTRACTION)
    status = played.panels[CONTRACTION].set(lam=lam, tol=tol)
    assert status.startswith(f"λ = {lam:g}, tolerance {tol:.1e}: ")
    told, estimate = map(float, re.search(r"dL/dθ: (\S+) \(estimate: ([^)]*)\)", status).groups())
    assert estimate == pytest.approx(tol * math.exp(lam), rel=0.06)
    (x,), (shown,) = line(wrong, "this λ")
    assert x == lam and shown == pytest.approx(told, rel=0.06)
    bottom, top = wrong.get_ylim()
    assert bottom < shown < top
    times, back = line(path, "rebuilt")
    assert (times[0], times[-1]) == (1, 0) and np.allclose(line(path, "exact")[1], np.exp(-lam * times))
    start = re.search(r"comes back as (.*) instead", status)[1].replace("1 + ", "1+").replace("1 − ", "1-")
    off = float(start[1:]) if start[1:2] in ("+", "-") else float(start) - 1
    assert back[-1] == pytest.approx(min(1 + off, 9), rel=1e-3)
    assert back[-1] - 1 == pytest.approx(min(off, 8), rel=0.51)  # its sign, where it is told to one digit
    if off > 1e-3:  # else what the way back adds counts, too
        assert told == pytest.approx(off, rel=0.1)
    xs, law = line(wrong, "estimate")
    assert np.allclose(law, tol * np.exp(xs))


@pytest.mark.parametrize("tol", [1e-6, 1e-3, 1e-2, 10**-1.6, 1e-1])
@pytest.mark.parametrize("points", [2, 3, 11, 12])
def test_panel_3_breaks_off_where_its_pole_is(played, tol, points):
    left, right = played.axes(RESCUE)
    panel = played.panels[RESCUE]
    tol = min(panel.controls["tol"].values, key=lambda value: abs(math.log(value / tol)))
    status = panel.set(tol=tol, points=points)
    for what in ("stored", "rebuilt", "theory"):  # the right picture is the left one's first tenth
        assert np.array_equal(line(left, what), line(right, what), equal_nan=True)
    for ax, end in ((left, 1), (right, 0.1)):
        x, y = line(ax, "exact")
        assert np.allclose(y**-2 - 2 * x, 0.01)  # ẏ = −y³ from 10
        assert ax.get_xlim() == pytest.approx((0, end), abs=0.05 * end)
    times, states = line(left, "stored")
    assert np.allclose(times, np.linspace(0, 1, points))
    assert np.allclose(states, 10 / np.sqrt(1 + 200 * times), rtol=4 * tol + 1e-4) or tol > 1e-3
    high = 100 * (states[1] / (10 / math.sqrt(1 + 200 * times[1])) - 1)
    assert f"y({times[1]:.2g}) is off by {high:+.2g} %" in status
    poles = times[1:] - 1 / (2 * states[1:] ** 2)
    inside = [pole for pole, to in zip(poles, times[:-1], strict=True) if pole > to]
    wall, (x, y) = line(left, "theory"), line(left, "rebuilt")
    if inside:
        assert wall.shape == (2, 2) and wall[0] == pytest.approx(inside[-1])
        assert numbers(status)[-1] == pytest.approx(inside[-1], abs=6e-4)
        assert "explodes" in status or "steps over a pole" in status
    else:
        assert wall.size == 0 and numbers(status)[-2] == pytest.approx(y[~np.isnan(y)][-1], rel=1e-5)
    assert np.nanmax(x) == 1 and ("explodes" in status) == (np.nanmin(x) > 0)


def test_the_steps_over_a_pole_are_told(played):
    panel = played.panels[RESCUE]
    told = [panel.set(tol=tol, points=11) for tol in panel.controls["tol"].values if 1e-2 < tol < 5e-2]
    assert any("steps over a pole" in status for status in told) and not panel.reached


def test_the_goals_are_as_tight_as_their_words(played):
    """One per cent; 11; a fifth, and round-off."""
    holds = {name: panel.goal.holds for name, panel in played.panels.items()}
    assert holds[CONTRACTION](0.0099) and not holds[CONTRACTION](0.0101)
    assert holds[RESCUE](11.0) and not holds[RESCUE](11.1)
    assert holds[WAYS]((0.2, 1e-13)) and not holds[WAYS]((0.21, 1e-13)) and not holds[WAYS]((0.1, 1e-11))
    assert "(theory: 1180 kB)" in played.panels[WAYS].set(steps=64, way="backprop")


def test_what_the_deeper_part_prints(played):
    """The seminorm saves something at this seed; a gradient left out is None and refused; six blocks learn."""
    counts = dict(re.findall(r"dopri5 with (.+): \d+ evaluations of f forward, (\d+) backward", played.text))
    usual, seminorm = (int(counts[name]) for name in ("the usual norm", "the seminorm"))
    assert seminorm < usual
    assert "odeint_adjoint: dL/dvolume = None\nodeint: dL/dvolume = 1." in played.text
    assert "helpers.ode.solve: field depends on a tensor of shape ()" in played.text
    blocks = played.names["trained"]["ResNet"][0].blocks
    assert len(blocks) == 6 and all(weight.grad is not None and weight.grad.any() for weight in blocks.parameters())


def test_the_start_of_section_4_comes_back_as_far_off_as_is_printed(played):
    field, start, x = (played.names[name] for name in ("swelling", "start", "start"))
    for k in range(20):
        x = x + field(k / 20, x).detach() / 20
    for k in range(20, 0, -1):
        x = x - field(k / 20, x).detach() / 20
    (found,) = re.findall(r"the start comes back with an error of (\S+) of its size", played.text)
    assert float(found) == pytest.approx(float((x - start).norm() / start.norm()), abs=6e-4)


def test_the_table_of_section_6_has_its_columns_in_order(played):
    """On given steps x(1) − 1 is θ times their sum S: S's error over 1 + S is the loss's, S's over S backprop's."""
    found = rows(played.text, "λ = ")
    assert [row[0] for row in found] == [1, 10, 20, 25, 30]
    for lam, loss, end, backprop, by_theta, by_start in found:
        total = -math.expm1(-lam) / lam
        assert 0.44 < loss / backprop / (total / (1 + total)) < 2.26  # each to one digit
        assert by_start < by_theta / 5 and (lam < 20 or 0.44 < by_theta / end < 2.26)
        assert end == pytest.approx(played.names["contraction"](lam, "backprop")[1], rel=0.51)


def test_the_table_of_D1_is_at_its_64_steps(played):
    """Live bytes as added up for panel 1; at every time the 63 states and times between are kept, too."""
    live = {"backprop": 64 * 18440 + 2048, "checkpoint": BYTES[64], "adjoint": 26936}
    live["adjoint, every step's time"] = 26936 + 63 * (2048 + 8)
    most = None
    for way, size in live.items():
        found = re.search(rf"^ *{way} +(\d+) \( *(\d+)%\) +(\d+) \( *(\d+)%\) +\d+ bytes", played.text, re.M)
        kept, share, allocated, share_of_all = map(int, found.groups())
        most = most or allocated
        assert kept == round(size / 1000) and share == round(100 * size / live["backprop"])
        assert allocated > kept and abs(share_of_all - 100 * allocated / most) < 0.6


def test_evaluations_on_the_way_back_are_whole_steps(played):
    """dopri5 has two evaluations to find the first step, and six in each step."""
    found = re.findall(r"(\d+) evaluations of f forward, (\d+) backward", played.text)
    assert len(found) == 2 and all(int(count) % 6 == 2 for row in found for count in row)


def test_the_clock_of_D2_is_over_backprops(played):
    took = played.names["took"]
    pattern = r"time over backprop's, (\w+): (\S+) for the small field, (\S+) for"
    found = re.findall(pattern, played.text)
    assert [row[0] for row in found] == list(took)
    for way, small, large in found:
        ratios = [slow / fast for slow, fast in zip(took[way], took["backprop"], strict=True)]
        assert [float(small), float(large)] == pytest.approx(ratios, abs=0.051)


def test_each_tolerance_of_D3_has_its_row(played):
    """The tighter the tolerance and the more states are stored, the smaller the error."""
    table = re.findall(r"with the solution at 2 times: (.+), 3 times: (.+), 11 times: (.+)", played.text)
    errors = np.array([[float(word.replace("broke off", "inf")) for word in row] for row in table])
    assert errors.shape == (5, 3) and np.isinf(errors[0, :2]).all()
    for above, below in [*pairwise(errors), *pairwise(errors.T)]:
        assert (below <= above).all()
    assert (errors[-1] < 10 * 1e-6).all() and (errors[1:, 2] < errors[:-1, 2]).all()


def test_the_reversible_steps_of_D5_are_powers_of_their_matrix(played):
    found = re.findall(r"ẏ = −(\S+)y: ends at (\S+) instead of (\S+); comes back to 1 within (\S+)", played.text)
    assert [row[0] for row in found] == ["0.5", "2", "5", "25"]
    for lam, end, exact, off in (map(float, row) for row in found):
        q = 0.01 * lam
        step = [[0.99, 0.01 - q], [-0.99 * q, 1 - q * (0.01 - q)]]
        assert end == pytest.approx(np.linalg.matrix_power(step, 100)[0].sum(), rel=0.06)
        assert exact == pytest.approx(math.exp(-lam), rel=0.06)
        assert off < 1e-12 or lam > 2


def test_the_table_of_D6_says_what_the_three_have_learned(played):
    """Parameters and a ResNet's live bytes counted by hand; the ± is the standard deviation of three copies."""
    stem, head, field = 64 * 32 + 32, 32 * 10 + 10, 2 * (32 * 32 + 32)
    live = 128 * ((6 * 2 + 1) * 32 * 4 + 10 * 4 + 8)  # each layer's input, the head's, the scores, the labels
    for kind, size, fixed in (("ResNet", 6 * field, live / 1000), ("RK-Net", field, None), ("ODE-Net", field, None)):
        ((mean, spread, told, at_six, more),) = rows(played.text.replace(",", ""), f"{kind} ")
        measured = played.names["live_at"](played.names["trained"][kind][0], 6) / 1000
        assert at_six == pytest.approx(fixed or measured, abs=0.51)
        assert more == pytest.approx({"ResNet": 1, "RK-Net": 4, "ODE-Net": 0}[kind] * 128 * 64 * 4 / 1000, abs=0.11)
        errors = [100 * float(copy.sum()) / 500 for copy in played.names["trained"][kind][1]]
        assert mean == pytest.approx(np.mean(errors), abs=0.051) and told == stem + head + size
        assert spread == pytest.approx(np.std(errors, ddof=1), abs=0.051)


def test_what_the_deeper_part_counts(played):
    """Chen et al.'s field: two convolutions of 65 channels to 64 with 3 × 3 weights, three norms; D7's partners."""
    field = 2 * (64 * 65 * 9 + 64) + 3 * 2 * 64
    assert f"its one field has {field:,} parameters; six of them would make {208_266 + 5 * field:,}" in played.text
    gaps = re.findall(r"a by the same method (\S+) off, by its partner (\S+)", played.text)
    assert len(gaps) == 3 and all(float(same) > 1e-8 and float(partner) < 1e-13 for same, partner in gaps)
