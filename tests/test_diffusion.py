"""Notebook 07 as a learner runs it: its panels, figures and reveals say and show what its cells have measured.

Trained for some steps only, and with no claim asked: those have their run in tests/test_notebooks.py.
"""

import math
import re

import numpy as np
import pytest
import torch
from matplotlib.quiver import Quiver
from scipy.special import entr
from scipy.stats import norm

from helpers import claims
from tests.played import Played, line, numbers
from tools import notebooks

PATH = notebooks.ROOT / "notebooks" / "07_diffusion_models.ipynb"
REVEALS = ("+ +.", "as wide (", "at t = 0.2 (", "about 25 % (25.", "over 7 % (")  # in order
SHORTER = {
    "lambda: data(512), 1600)": "lambda: data(512), 8)",
    "generator=generator)], 700)": "generator=generator)], 8)",
    "N, STEPS = 4000, 300": "N, STEPS = 4000, 100",
}


@pytest.fixture(scope="module")
def played():
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(claims, "claim", lambda *arguments, **more: None)
        yield Played(PATH, patch, SHORTER)


def test_the_trainings_are_shortened():
    text = "\n".join(cell.source for cell in notebooks.read(PATH).cells)
    assert all(text.count(old) == 1 for old in SHORTER)


def test_each_reveal_names_the_choice_that_was_measured(played):
    assert len(played.revealed) == len(REVEALS)
    for found, right in zip(played.revealed, REVEALS, strict=True):
        assert found.startswith(right), (found, right)


def test_the_mixture_of_the_text_is_the_librarys(played):
    names, x = played.names, torch.randn(50, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    for t in (0.0, 0.2, 1.0):
        assert names["ring"](t).width ** 2 == pytest.approx(names["variance"](t), rel=1e-12)
        weights = names["WEIGHTS"] * torch.tensor([1, 0.5, 0, 1, 1])
        by_library = names["ring"](t, weights).score(x)
        torch.testing.assert_close(names["score"](x, t, weights), by_library, rtol=0, atol=1e-11)


@pytest.mark.parametrize("signs", ["+ +", "+ −", "− +", "− −"])
def test_panel_1_counts_the_tops_and_the_squares_of_its_points(played, signs):
    panel = played.panels["Noise and back"]
    for clock, tops in ((0.0, 5), (0.5, 1), (1.0, 1), (1.8, 5), (2.0, 5)):
        status = panel.set(clock=clock, signs=signs)
        assert f": {tops} of 5 tops" in status
        places = played.axes("Noise and back")[0]
        x, y = (torch.as_tensor(values).numpy() for values in places.lines[0].get_data())
        shown, theory, lost = numbers(status.split("|x|²")[1])[:3]
        assert shown == pytest.approx((x**2 + y**2).mean(), rel=5e-3)
        assert lost == ((abs(x) > 4) | (abs(y) > 4)).sum()
        t = min(clock, 2 - clock)
        alpha = math.exp(-0.05 * t - 4.975 * t * t)
        assert theory == pytest.approx(alpha**2 * 4.18 + 2 * (1 - alpha**2), abs=0.006)


def test_panel_2_says_what_its_points_are(played):
    panel, name = played.panels["Steps, sampler, noise"], "Steps, sampler, noise"
    for method, order in (("euler", 1), ("heun", 2), ("rk4", 4)):
        for steps in (2, 10, 60):
            status = panel.set(steps=steps, method=method, noise=0.0)
            assert f" {steps * order} evaluations: " in status
            places, bars = played.axes(name)
            x = next(np.array(each.get_data()).T for each in places.lines if len(each.get_xdata()) == 300)
            away = np.linalg.norm(x[:, None] - played.names["MODES"].numpy(), axis=2)
            width = math.sqrt((away.min(1) ** 2).mean() / 2)
            assert numbers(status.split("width")[1])[0] == pytest.approx(width, abs=6e-4)
            heights = [bar.get_height() for bar in bars.patches]
            assert heights == pytest.approx(np.bincount(away.argmin(1), minlength=5) / 300, abs=1e-6)


def test_panel_2_counts_the_points_outside_its_picture(played):
    panel, (places, _) = played.panels["Steps, sampler, noise"], played.axes("Steps, sampler, noise")
    counts = []
    for steps, noise in ((2, 1.0), (2, 0.75), (2, 0.0), (10, 1.0)):
        status = panel.set(steps=steps, method="euler", noise=noise)
        x, y = next(np.array(each.get_data()) for each in places.lines if len(each.get_xdata()) == 300)
        (left, right), (below, above) = places.get_xlim(), places.get_ylim()
        counts.append(300 - ((left <= x) & (x <= right) & (below <= y) & (y <= above)).sum())
        said = re.findall(r"; outside the picture (\d+) of 300", status)
        assert said == ([str(counts[-1])] if counts[-1] else []), (steps, noise, status)
    assert max(counts) > 30 and min(counts) == 0, counts


def test_the_widths_of_few_evaluations_are_those_of_the_panel(played):
    panel, widths = played.panels["Steps, sampler, noise"], {}
    for method in ("euler", "heun"):
        (said,) = re.findall(rf"{method}: width with 2, 4, 8 evaluations (.*); data 0.3", played.text)
        widths[method] = numbers(said)
        for evaluations, width in zip((2, 4, 8), widths[method], strict=True):
            steps = evaluations // {"euler": 1, "heun": 2}[method]
            if steps > 1:  # the slider's least is 2
                status = panel.set(steps=steps, method=method, noise=0.0)
                assert f" {evaluations} evaluations: width {width:.3f} " in status
    away = [abs(widths["heun"][k] - 0.3) - abs(widths["euler"][k] - 0.3) for k in range(3)]
    assert away[0] > 0 and away[1] > 0 and away[2] < 0, "Heun's method is the worse with two and with four"


def test_heun_is_one_step_of_the_formula_and_of_order_two(played):
    names = played.names
    x = torch.tensor([[0.3, -0.4]], dtype=torch.float64)
    slope = names["flow"](1.0, x)
    ahead = names["flow"](0.0, x - slope)
    assert torch.allclose(names["heun"](x, 1), x - (slope + ahead) / 2)
    ends = [names["heun"](x, steps) for steps in (80, 160, 320)]
    ratio = float((ends[0] - ends[1]).norm() / (ends[1] - ends[2]).norm())
    assert ratio == pytest.approx(4, abs=0.4)


def test_the_monitor_of_one_gaussian_against_another(played, monkeypatch):
    """Two modes alone, of equal weight, d′ apart: AUC = Φ(d′/√2); half flagged is a cut in the middle, Φ(d′/2)."""
    names = played.names
    far = torch.tensor([1, 0, 0, 1, 0], dtype=torch.float64)
    monkeypatch.setitem(names, "ring", lambda t: names["densities"].Mixture(names["MODES"], 0.8, far))
    monkeypatch.setitem(names, "BASE_RATE", torch.tensor(0.5, dtype=torch.float64))
    monkeypatch.setitem(names, "over_plane", names["over_plane"].__wrapped__)
    distance = float((names["MODES"][0] - names["MODES"][3]).norm()) / 0.8
    auc, known, caught = names["monitor"](0.5)
    assert auc == pytest.approx(norm.cdf(distance / math.sqrt(2)), abs=2e-3)
    assert caught == pytest.approx(norm.cdf(distance / 2), abs=2e-3)
    z = np.linspace(-12, 12, 4001)  # along the line between them
    pi = 1 / (1 + np.exp(-distance * z))
    p = (norm.pdf(z - distance / 2) + norm.pdf(z + distance / 2)) / 2
    lost = np.trapezoid(p * (entr(pi) + entr(1 - pi)), z)
    assert known == pytest.approx(1 - lost / math.log(2), abs=1e-6)
    at_half = names["monitor"](0.5, alarm=0.5)
    assert at_half[0] == pytest.approx(norm.cdf(distance / 2), abs=3e-3)  # (1 + hits − false alarms)/2


@pytest.mark.parametrize(("on", "kappa"), [(1.0, 0.9), (0.4, 0.5), (0.2, 1.0), (0.05, 0.0)])
def test_panel_3_steers_from_where_it_says_and_counts_all_its_samples(played, monkeypatch, on, kappa):
    panel, backwards, began = played.panels["Steering"], played.names["backwards"], []

    def watched(x, times, *more, **named):
        began.append((x, times[0]))
        return backwards(x, times, *more, **named)

    monkeypatch.setitem(played.names, "backwards", watched)
    panel.set(on=on, kappa=0.35)
    before_all = began.copy()
    status = panel.set(on=on, kappa=kappa)  # and, for the goal, perhaps its neighbours
    x, first = began[len(before_all)]
    assert first == before_all[0][1] == max(t for t in played.names["time_grid"](60) if t <= on)
    assert torch.equal(x, before_all[0][0])
    places, bars = played.axes("Steering")
    x = next(np.array(each.get_data()).T for each in places.lines if len(each.get_xdata()) == 400)
    nearest = np.linalg.norm(x[:, None] - played.names["MODES"].numpy(), axis=2).argmin(1)
    heights = [bar.get_height() for bar in bars.patches]
    assert heights == pytest.approx(np.bincount(nearest, minlength=5) / 400, abs=1e-6)
    said_kappa, said_on, measured, error, predicted, before = numbers(status.replace(":", " "))
    assert (said_kappa, said_on, before) == (kappa, on, 15.0)
    assert measured == pytest.approx(100 * heights[3], abs=0.06)
    assert error == pytest.approx(math.sqrt(max(measured, 1) * (100 - measured) / 400), abs=0.06)
    expected = played.names["predicted_shares"](kappa, on)
    assert predicted == pytest.approx(100 * float(expected[3]), abs=0.06)
    assert line(bars, "predicted")[1].tolist() == pytest.approx(expected.tolist())


def test_predicted_shares_by_drawing(played):
    """A label drawn from the reweighted posterior at t_on; or x drawn with the weight h at t_off, and left alone."""
    names = played.names
    for t, to_the_end in ((0.3, True), (0.3, False)):
        pi = names["ring"](t).posterior(names["noised"](names["BASE"][0], t, names["BASE"][1]))
        g = torch.tensor([1, 1, 1, 0.2, 1], dtype=torch.float64)
        h = (pi @ g)[:, None]
        drawn = (pi * g / h).mean(0) if to_the_end else (pi * h).mean(0) / h.mean()
        found = names["predicted_shares"](0.8, t) if to_the_end else names["predicted_shares"](0.8, 1.0, t)
        assert found.sum() == pytest.approx(1, abs=1e-6)
        torch.testing.assert_close(found, drawn, rtol=0, atol=0.01)
    torch.testing.assert_close(names["predicted_shares"](0.0, 0.5), names["WEIGHTS"], rtol=0, atol=1e-6)


@pytest.mark.parametrize("kappa", [0.5, 0.9, 1.0])
def test_the_price_falls_to_that_of_the_weights_and_of_forbidding(played, kappa):
    """At t = 1 the divergence of the weights; at no t more than −log of the smallest g, at most the entropy of all."""
    price, new = played.names["price"], np.array([0.3, 0.25, 0.2, 0.15 * (1 - kappa), 0.1])
    new /= new.sum()
    old, kept = np.array([0.3, 0.25, 0.2, 0.15, 0.1]), new > 0
    assert price(1.0, kappa) == pytest.approx((new[kept] * np.log(new[kept] / old[kept])).sum(), abs=3e-4)
    mass, pi = played.names["over_plane"](0.3)
    g = np.array([1, 1, 1, 1 - kappa, 1])
    each = pi.numpy() * g / (pi.numpy() @ g)[:, None]
    divergence = np.where(each > 0, each * np.log(np.where(each > 0, each, 1) / pi.numpy()), 0).sum(1)
    assert price(0.3, kappa) == pytest.approx(float(mass.numpy() @ divergence), rel=1e-9)


def test_the_price_of_a_score_that_is_off_by_a_constant(played):
    """½∫β c² dt = ½ (0.1 + 19.9/2) c², of the sum over both coordinates."""
    score = played.names["score"]
    found = played.names["price_of_learning"](lambda x, t: score(x, t) + 0.3).sum()
    assert found == pytest.approx(0.5 * 10.05 * 2 * 0.09, rel=1e-3)


def test_guidance_of_strength_one_is_the_score_of_the_class(played):
    x = torch.randn(20, 2, generator=torch.Generator().manual_seed(0), dtype=torch.float64)
    means, v = played.names["alpha"](0.3) * played.names["MODES"][3], played.names["variance"](0.3)
    torch.testing.assert_close(played.names["guided"](1.0)(x, 0.3), (means - x) / v)
    torch.testing.assert_close(played.names["guided"](0.0)(x, 0.3), played.names["score"](x, 0.3))


def test_the_tilted_densities_have_a_mass_of_one(played):
    for w, tilted in played.names["tilted"].items():
        assert float(tilted.sum()) == pytest.approx(1, abs=1e-9), w


def test_the_orders_of_section_4_are_drawn_through_the_last_points(played):
    left = played.figures["λ = 0: a higher order pays"].axes[0]
    dashed = [each for each in left.lines if each.get_linestyle() == "--"]
    for method, each in zip(("euler", "heun", "rk4"), dashed, strict=True):
        order = {"euler": 1, "heun": 2, "rk4": 4}[method]
        x, y = each.get_data()
        assert np.polyfit(np.log(x), np.log(y), 1)[0] == pytest.approx(-order)
        assert (x[-1], y[-1]) == tuple(line(left, method)[:, -1])


def test_figures_of_the_monitor_draw_what_their_legends_say(played):
    left, right = played.figures["Flag the largest π"].axes
    monitor = played.names["monitor"]
    for label, alarm in (("π: theory", None), ("an alarm at ½", 0.5), ("an alarm at the base rate", 0.15)):
        t, known = line(right, label)
        assert known[::5] == pytest.approx([monitor(each, alarm)[1] for each in t[::5]], abs=1e-9)
    dots = [each for each in right.lines if len(each.get_xdata()) == 1]
    assert len(dots) == 6
    for dot in dots:
        (t,), (known,) = dot.get_data()
        assert float(known) == pytest.approx(monitor(float(t))[1], abs=0.06)
    for t in (0.6, 0.5, 0.4, 0.2):
        wrong, caught = line(left, f"t = {t}")
        (said,) = [each.get_label() for each in left.lines if each.get_label().startswith(f"t = {t}")]
        assert np.trapezoid(caught, wrong) == pytest.approx(monitor(t)[0], abs=0.02)
        assert numbers(said)[-1] == pytest.approx(monitor(t)[0], abs=0.006)


def test_the_lines_of_the_monitor_say_what_it_is_worth(played):
    printed = [each for each in played.text.splitlines() if ": AUC " in each and "top 15 %" in each]
    assert len(printed) == 6
    for each in printed:
        t, auc, _, caught, known, by_half, by_rate = numbers(each)
        exact, half, rate = (played.names["monitor"](t, alarm) for alarm in (None, 0.5, 0.15))
        assert (auc, caught, known) == pytest.approx((exact[0], 100 * exact[2], 100 * exact[1]), abs=0.51)
        assert auc == pytest.approx(exact[0], abs=0.006)
        assert (by_half, by_rate) == pytest.approx((100 * half[1] / exact[1], 100 * rate[1] / exact[1]), abs=0.51)


def test_the_error_of_an_auc_is_its_spread(played, monkeypatch):
    """At t = 0.2, where the unwanted, which are few, and the others spread differently; what is known, at t = 0.5."""
    names, found = played.names, []
    for _ in range(300):
        x = names["data"](600)
        monkeypatch.setitem(names, "BASE", (x, names["normals"](600, 2)))
        monkeypatch.setitem(names, "is_bad", torch.cdist(x, names["MODES"]).argmin(1) == 3)
        pairs = names["on_points"](0.2)[1][0], names["on_points"](0.5)[1][1]
        found.append([[float(part) for part in pair] for pair in pairs])
    values, errors = np.array(found).transpose(2, 1, 0)
    spread = values.std(1) / np.sqrt((errors**2).mean(1))  # to 4 %
    assert (abs(spread - 1) < 0.22).all(), spread


def test_the_counts_of_drawn_outcomes_are_four_on_average(played):
    """Of λ = 1's posterior, at the time of its places: χ² of four groups has the mean 4, to 0.2 here."""
    names, now = played.names, played.names["now"]
    pi = names["said"][1.0]
    again = names["ring"](names["times"][now]).posterior(names["paths"][1.0][now])[:, 3]
    assert torch.equal(pi, again) and abs(names["times"][now] - 0.3) < 0.01
    draw = torch.Generator().manual_seed(0)
    found = [names["counted"](torch.bernoulli(pi, generator=draw), pi) for _ in range(200)]
    assert np.mean(found) == pytest.approx(4, abs=1)


def test_what_is_printed_of_forbidding_is_of_forbidding(played):
    printed = [each for each in played.text.splitlines() if each.startswith("from t =") and "forbidding costs" in each]
    assert len(printed) == 7
    for each in printed:
        on, nats = (float(part) for part in re.match(r"from t = (\S+): forbidding costs (\S+) nats", each).groups())
        assert nats == pytest.approx(played.names["price"](on), abs=6e-4)
        shares = 100 * (played.names["predicted_shares"](1.0, on) / played.names["WEIGHTS"] - 1)
        for k in (0, 1, 2, 4):
            assert f"{k + 1}: {round(float(shares[k])):+d} %" in each
        assert each.endswith(f"κ = 0.9 costs {played.names['price'](on, 0.9):.3f} nats")


def test_half_are_decided_when_the_page_says_so(played):
    (said,) = re.findall(r"Half of the samples are 95 % decided by t = (\S+)\.", played.text)
    assert played.names["settled_at"](float(said)) == pytest.approx(0.5, abs=0.1)


def test_the_noise_slider_of_panel_2_has_a_say(played):
    panel = played.panels["Steps, sampler, noise"]
    widths = []
    for noise in (0.0, 0.5, 1.0):
        width, error = numbers(panel.set(steps=10, method="euler", noise=noise).split("width")[1])[:2]
        widths.append(width)
        assert error == pytest.approx(width / math.sqrt(1200), abs=6e-4)
    assert len(set(widths)) == 3


def test_panel_3_marks_the_unwanted_mode_and_judges_the_prediction(played):
    panel = played.panels["Steering"]
    panel.set(on=0.2, kappa=0.9)
    places, bars = played.axes("Steering")
    assert line(places, "unwanted")[:, 0].tolist() == played.names["MODES"][3].tolist()
    assert [label.get_text() for label in bars.get_xticklabels()][3] == "4: unwanted"
    assert line(bars, "without steering")[1].tolist() == pytest.approx([0.3, 0.25, 0.2, 0.15, 0.1])


def test_one_path_without_noise_and_several_ends_with_it(played):
    calm, _, noisy = played.figures["λ = 0: six paths"].axes
    paths = [np.array([each.get_data() for each in ax.lines if len(each.get_xdata()) == 301]) for ax in (calm, noisy)]
    assert len(paths[0]) == len(paths[1]) == 6
    assert np.ptp(paths[0], axis=0).max() < 1e-12
    ends = paths[1][:, :, -1]
    nearest = np.linalg.norm(ends[:, None] - played.names["MODES"].numpy(), axis=2).argmin(1)
    assert len(set(nearest)) > 1
    for ax, of in ((calm, paths[0]), (noisy, paths[1])):
        assert (of[0, :, 0] == line(ax, "start").T).all() and (of[:, :, -1] == line(ax, "end").T).all()


def test_the_excess_is_drawn_over_a_dashed_first_order(played):
    right = played.figures["λ = 0: a higher order pays"].axes[1]
    steps, dashed = line(right, "∝ 1 / steps")
    assert np.polyfit(np.log(steps), np.log(dashed), 1)[0] == pytest.approx(-1)
    for noise, values in played.names["excess"].items():
        assert line(right, f"λ = {noise:g}")[1] == pytest.approx(values)
        (said,) = re.findall(rf"λ = {noise:g}: \(width − 0.3\) × steps = (.*)", played.text)
        assert numbers(said) == pytest.approx(values * played.names["few"], abs=0.006)


def test_the_price_of_a_score_that_pulls_too_much_is_measured_on_noised_points(played):
    """½∫β 0.09 E|x_t|² dt, where E|x_t|² is known."""
    score, mean_square, beta = (played.names[name] for name in ("score", "mean_square", "beta"))
    found = played.names["price_of_learning"](lambda x, t: score(x, t) + 0.3 * x).sum()
    grid = np.linspace(0, 1, 2001)
    exact = np.trapezoid([0.045 * beta(t) * mean_square(t) for t in grid], grid)
    assert found == pytest.approx(exact, rel=0.03)


def test_the_true_density_stands_left_with_its_first_mode_on_top(played):
    true, learned, _ = played.figures["True density"].axes
    image = true.images[0].get_array()
    row, column = np.unravel_index(np.argmax(image), image.shape)
    side = np.linspace(-3.6, 3.6, 65)
    assert abs(side[column]) < 0.15 and side[row] == pytest.approx(2, abs=0.15)
    assert np.abs(image - learned.images[0].get_array()).max() > 0.05


def test_the_rule_of_two_equal_bells(played):
    alpha, variance, gap = (played.names[name] for name in ("alpha", "variance", "gap"))
    rule = played.names["rule"]
    assert gap == pytest.approx(4 * math.sin(math.pi / 5))
    assert alpha(rule) * gap > 2 * math.sqrt(variance(rule)) and alpha(rule + 0.01) * gap < 2 * math.sqrt(
        variance(rule + 0.01)
    )
    five, tops = played.names["five"], played.names["tops"]
    assert "p_t has five tops up to t = 0.21" in played.text
    assert [len(tops(t)) for t in (five - 0.01, five, five + 0.01)] == [5, 5, 4]


def test_the_dashed_laws_of_the_forward_process_are_of_its_first_coordinate(played):
    for ax, t in zip(played.figures["t = 0.0, α = 1.000"].axes, (0.0, 0.1, 0.3, 1.0), strict=True):
        (law,) = [each for each in ax.lines if each.get_linestyle() == "--"]
        x, p = (torch.as_tensor(values).numpy() for values in law.get_data())
        weights, first = played.names["WEIGHTS"].numpy(), played.names["MODES"][:, 0].numpy()
        alpha, mean = played.names["alpha"](t), (weights * first).sum()
        assert np.trapezoid(p, x) == pytest.approx(1, abs=1e-3)
        assert np.trapezoid(p * x, x) == pytest.approx(alpha * mean, abs=2e-3)
        spread = alpha**2 * ((weights * first**2).sum() - mean**2) + played.names["variance"](t)
        assert np.trapezoid(p * x * x, x) - (alpha * mean) ** 2 == pytest.approx(spread, abs=5e-3)


def test_what_is_aside_was_not_learned_from(played):
    kept, aside = ({tuple(row) for row in played.names[name].tolist()} for name in ("kept", "aside"))
    assert len(played.names["kept"]) == 204 and len(played.names["aside"]) == 68
    rows = played.names["eruptions"].tolist()
    assert rows[:204] == played.names["kept"].tolist() and rows[204:] == played.names["aside"].tolist()
    assert kept and aside


def test_guided_samples_are_printed_and_drawn_under_their_own_names(played):
    names, printed = played.names, [each for each in played.text.splitlines() if each.startswith("w = ")]
    assert len(printed) == 9
    for each in printed:
        w, what = re.match(r"w = (\S+), (λ = \d|tilted density): ", each).groups()
        own = names["tilt"][float(w)] if what == "tilted density" else names["guidance"][float(w), float(what[-1])]
        assert numbers(each.split(": ")[1].replace("mode 4", "")) == pytest.approx(own, abs=6e-4)
    for ax, each in zip(
        played.figures["w = 0.25, λ = 1"].axes, ((0.25, 1.0), (1.0, 1.0), (4.0, 1.0), (4.0, 0.0)), strict=True
    ):
        x = next(np.array(dots.get_data()).T for dots in ax.lines if len(dots.get_xdata()) == 4000)
        assert (x == names["guided_ends"][each].numpy()).all()
        dashed = np.concatenate([path.vertices for path in ax.collections[0].get_paths()])
        assert np.linalg.norm(dashed.mean(0) - names["MODES"][3].numpy()) < 0.25
    single = names["MODES"][3:]
    assert names["described"](single[:1], torch.ones(1).double()) == pytest.approx((1, 2, 0), abs=1e-7)


def test_the_prices_are_drawn_on_their_curves(played):
    left, right = played.figures["Price (dashed), and what is paid"].axes
    for ax, of in ((left, lambda t: t), (right, lambda t: played.names["monitor"](t)[1])):
        (dashed,) = [each for each in ax.lines if each.get_linestyle() == "--"]
        x, y = dashed.get_data()
        t = np.linspace(0.08, 1, 47)
        assert x == pytest.approx([of(each) for each in t]) and y == pytest.approx(
            [played.names["price"](s) for s in t]
        )
    dots = [each.get_data() for each in left.lines if len(each.get_xdata()) == 1]
    for (on,), (nats,) in dots:
        assert float(nats) == pytest.approx(played.names["price"](float(on)), rel=0.4)
    dots = {each.get_text(): each.xy for each in right.texts}
    assert list(dots) == ["t = 0.6", "t = 0.4", "t = 0.3", "t = 0.2", "t = 0.1"]
    marks = [each for each in right.lines if len(each.get_xdata()) == 1]
    for (name, xy), mark in zip(dots.items(), marks, strict=True):
        t = float(name[4:])
        assert (float(mark.get_xdata()[0]), float(mark.get_ydata()[0])) == pytest.approx(xy)
        assert xy == pytest.approx((played.names["monitor"](t)[1], played.names["price"](t)))


def test_panel_1_draws_its_points_and_the_score_of_its_time(played):
    panel, names = played.panels["Noise and back"], played.names
    for clock, signs in ((0.3, "+ +"), (0.9, "− +"), (1.1, "+ +"), (1.7, "+ +"), (1.9, "− +")):
        panel.set(clock=clock, signs=signs)
        t, places = min(clock, 2 - clock), played.axes(panel.name)[0]
        on_the_way = names["back"][signs][round(50 * (1 - t))]  # its 51 states: from t = 1 down
        shown = names["noised"](names["start"], t, names["dust"]) if clock <= 1 else on_the_way
        assert np.allclose(torch.stack(tuple(map(torch.as_tensor, places.lines[0].get_data())), dim=1), shown)
        (arrows,) = [each for each in places.collections if isinstance(each, Quiver)]
        spots = torch.tensor(np.stack((arrows.X, arrows.Y), axis=-1))
        uphill = names["score"](spots, t) * math.sqrt(names["variance"](t))
        assert np.allclose(np.stack((arrows.U, arrows.V), axis=-1), uphill, atol=1e-6)


def test_the_goals_are_reached_where_they_say(played):
    """The tops of p_t, the width of Euler's samples and the predicted share: each asked setting by setting."""
    names = played.names
    clocks = [k / 50 for k in range(51, 101)]
    first = next(clock for clock in clocks if len(names["tops"](2 - clock)) == 5)
    steps = range(2, 61)
    widths = [names["shares_and_width"](names["reverse"](names["beginning"], n, 0.0)[-1])[1] for n in steps]
    fewest = next(n for n, width in zip(steps, widths, strict=True) if 0.27 < width < 0.33)
    starts = [k / 20 for k in range(1, 21)]
    latest = next(on for on in starts if names["predicted_shares"](0.9, on)[3] < 0.05)
    for name, slider, values, answer, others in (
        ("Noise and back", "clock", [k / 50 for k in range(101)], first, {"signs": "+ +"}),
        ("Steps, sampler, noise", "steps", steps, fewest, {"method": "euler", "noise": 0.0}),
        ("Steering", "on", starts, latest, {"kappa": 0.9}),
    ):
        panel = played.panels[name]
        reached = [value for value in values if panel.set(**others, **{slider: value}) and panel.reached]
        assert reached == [answer], name


def test_the_titles_of_the_four_signs_count_points(played):
    fig = next(fig for name, fig in played.figures.items() if name.startswith("+ +: "))
    for ax, (name, x) in zip(fig.axes, played.names["results"].items(), strict=True):
        outside = 100 * float((x.abs().max(1).values > 4).double().mean())
        assert ax.get_title(loc="left") == f"{name}: {outside:.0f} % outside"
    assert outside > 90  # of − −


def test_the_reveal_of_the_widths_divides_the_right_way(played):
    ratio = played.names["found"][0.0][1] / played.names["found"][1.0][1]
    assert played.revealed[1].startswith(f"as wide ({ratio:.4g})") and f"{ratio:.4g}" != f"{1 / ratio:.4g}"


def test_learning_draws_a_time_for_each_point_and_ends_with_small_steps(played):
    """A guess that is far off, by a number that is learned: each step of Adam is as long as the rate."""
    network, times, values = torch.nn.Linear(1, 1), [], []
    torch.nn.init.zeros_(network.bias)

    def guess(x, t):
        times.append(t)
        values.append(float(network.bias.detach()))
        return 1000 + network.bias + 0 * x

    losses = played.names["learn"](network, guess, lambda: played.names["data"](200), 60)
    assert all(len(t.unique()) > 190 for t in times)
    together = torch.cat(times)
    assert 0.001 <= together.min() < 0.005 and 0.99 < together.max() <= 1
    assert losses[0] == pytest.approx(2 * 1000**2, rel=1e-2)  # of both coordinates
    steps = -np.diff(values)
    assert steps[[0, 29, -1]] == pytest.approx([0.01, 0.005, 0], abs=4e-4)


def test_the_denoiser_sees_two_scales_and_three_numbers_of_the_time(played):
    seen, x, t = [], torch.tensor([[0.6, -1.2], [2.0, 0.1]]), torch.tensor([[0.2], [0.7]])

    def network(rows):
        seen.append(rows)
        return torch.full((1, 2, 2), 3.0)

    noise = played.names["denoiser"](network, 2.0, 0.3)(x, t)
    a, b = played.names["alpha"](t), played.names["sigma"](t)
    whole, detail = torch.hypot(2 * a, b), torch.hypot(0.3 * a, b)
    torch.testing.assert_close(seen[0][0], torch.cat((x / whole, x / (3 * detail), a, b, (b / a).log() / 2), dim=1))
    torch.testing.assert_close(noise, b * x / whole**2 + 6 * a / whole)  # the first is right for one Gaussian


def test_the_likelihood_is_followed_on_the_times_of_the_samples_to_a_normal(played):
    names, asked = played.names, []

    def score(x, t):
        asked.append(t)
        return names["score"](x, t)

    x = names["tested"][:20]
    gained, ends = names["along"](x, score)
    for t in names["time_grid"](24):
        assert np.abs(np.array(asked) - t).min() < 1e-9
    log_normal = -(ends**2).sum(1) / 2 - math.log(2 * math.pi)
    torch.testing.assert_close(names["learned_log_density"](names["score"], x), gained + log_normal)


def test_guidance_has_the_noise_of_its_name(played):
    """At w = 4 the place depends on λ: the means of other samples, by the same steps."""
    names = played.names
    for lam in (1.0, 0.0):
        again = names["reverse"](names["normals"](4000, 2), 150, lam, names["guided"](4.0))[-1]
        places = [each @ names["MODES"][3] / 2 for each in (again, names["guided_ends"][4.0, lam])]
        error = math.sqrt(sum(float(place.var()) for place in places) / 4000)
        assert float(places[0].mean()) == pytest.approx(float(places[1].mean()), abs=5 * error)


def test_the_likelihood_with_a_normal_is_off_by_what_is_printed(played):
    (row,) = [each for each in played.text.splitlines() if each.startswith("with a standard normal at t = 1")]
    names = played.names
    off = (names["gained"] - (names["ends"] ** 2).sum(1) / 2 - math.log(2 * math.pi) - names["exact"]).abs()
    assert numbers(row)[1:] == pytest.approx([float(off.median()), float(off.max())], abs=6e-5)


def test_the_modes_are_numbered_from_the_top_on_anticlockwise(played):
    pictures = [played.axes(name)[0] for name in ("Noise and back", "Steps, sampler, noise", "Steering")]
    for ax in (*pictures, *played.figures["λ = 0: six paths"].axes, *played.figures["w = 0.25, λ = 1"].axes):
        assert [text.get_text() for text in ax.texts] == ["1", "2", "3", "4", "5"]
        for k, text in enumerate(ax.texts):
            x, y = (float(part) for part in text.xy)
            assert math.atan2(x, y) == pytest.approx(math.remainder(-2 * math.pi * k / 5, 2 * math.pi), abs=1e-6)


def test_panel_1_circles_the_tops_and_draws_the_mean_square(played):
    """Each circle is higher than all around it; E|x|² = α² (4 + 2 · 0.09) + 2 (1 − α²)."""
    panel = played.panels["Noise and back"]
    around = 0.02 * torch.tensor([(math.cos(k), math.sin(k)) for k in range(12)], dtype=torch.float64)
    for clock in (0.3, 1.0, 1.5, 1.74, 1.9):
        status = panel.set(clock=clock, signs="+ +")
        places, curve = played.axes("Noise and back")
        x, y = next(each.get_data() for each in places.lines if each.get_markersize() == 13)
        circles = torch.stack((torch.as_tensor(x), torch.as_tensor(y)), dim=1)
        p = played.names["ring"](min(clock, 2 - clock))
        assert f": {len(circles)} of 5 tops" in status
        assert status.startswith(f"t = {min(clock, 2 - clock):.2f} on the way {'out' if clock <= 1 else 'back'}")
        for circle in circles:
            assert (p.log_prob(circle[None]) > p.log_prob(circle + around)).all(), clock
        points = torch.stack([torch.as_tensor(part) for part in places.lines[0].get_data()])
        ((at,), (measured,)) = next(each.get_data() for each in curve.lines if len(each.get_xdata()) == 1)
        assert at == clock and float(measured) == pytest.approx(float((points**2).sum(0).mean()))
    (dashed,) = [each for each in curve.lines if each.get_linestyle() == "--"]
    clocks, drawn = dashed.get_data()
    times = np.minimum(clocks, 2 - clocks)
    kept = np.exp(-0.1 * times - 9.95 * times**2)
    assert drawn == pytest.approx(4.18 * kept + 2 * (1 - kept))


def test_panel_2_marks_the_weights_over_the_bars(played):
    bars = played.axes("Steps, sampler, noise")[1]
    x, weights = line(bars, "the data's weights")
    assert x.tolist() == [bar.get_x() + bar.get_width() / 2 for bar in bars.patches] == [1, 2, 3, 4, 5]
    assert weights.tolist() == pytest.approx([0.3, 0.25, 0.2, 0.15, 0.1])


def test_the_median_distances_are_of_the_evaluations_that_are_named(played):
    for method, order in (("euler", 1), ("heun", 2), ("rk4", 4)):
        (said,) = re.findall(rf"{method}: median distance with 8, 16, 80 evaluations (.*)", played.text)
        ends = [played.names["flown"](evaluations // order, method) for evaluations in (8, 16, 80)]
        off = [float((end - played.names["finest"]).norm(dim=1).median()) for end in ends]
        assert said == ", ".join(f"{each:.1g}" for each in off)


def test_the_exact_score_comes_first_and_leaves_the_least(played):
    """Of ε, given x_t, it leaves 2 − σ² E|∇log p|²; hardly trained, the learned one leaves more."""
    names = played.names
    rows = [numbers(row) for row in played.text.splitlines() if "error with the exact score" in row]
    assert [row[0] for row in rows] == [0.03, 0.1, 0.3]
    for t, exact, learned in rows:
        pull = names["sigma"](t) * names["score"](names["noised"](names["x0"], t, names["eps"]), t)
        left, floor = (pull + names["eps"]).square().sum(1), 2 - pull.square().sum(1)
        assert exact == pytest.approx(float(left.mean()), abs=6e-5) and exact < learned - 0.02
        assert float((left - floor).mean()) == pytest.approx(0, abs=5 * float((left - floor).std()) / math.sqrt(4000))
    (row,) = [row for row in played.text.splitlines() if row.startswith("100 steps: a mode is")]
    learned, exact = (float(width) for width in re.findall(r"(\S+) (?:wide with|with the exact)", row))
    assert exact == pytest.approx(0.3, abs=0.02) and learned > exact + 0.02


def test_eight_samples_are_drawn_with_their_belief_in_the_unwanted_mode(played):
    left, right = played.figures["Eight samples on their way"].axes
    names, times = played.names, np.array(played.names["times"])
    assert len(left.lines) == 8
    for k, drawn in enumerate(left.lines):
        t, belief = (torch.as_tensor(part) for part in drawn.get_data())
        assert t.tolist() == times.tolist()
        for step in (0, 40, 60, 80, 100):
            x = names["paths"][1.0][step, k : k + 1]
            assert float(belief[step]) == pytest.approx(float(names["ring"](times[step]).posterior(x)[0, 3]))
    band = right.collections[0].get_paths()[0].vertices
    for step in (30, 50, 60):  # where beliefs differ
        x = names["paths"][1.0][step]
        own = names["ring"](times[step]).posterior(x)[torch.arange(len(x)), names["ended"][1.0]]
        low, high = np.sort(np.unique(band[np.isclose(band[:, 0], times[step]), 1]))[[0, -1]]
        assert float(((low <= own) & (own <= high)).double().mean()) == pytest.approx(0.9, abs=0.002)
        assert float((own < line(right, "median")[1][step]).double().mean()) == pytest.approx(0.5, abs=0.002)


def test_the_beliefs_that_are_printed_are_the_middle_and_the_settled(played):
    """The settled against the integral over the plane, to five standard errors of 4000 samples."""
    rows = [numbers(row) for row in played.text.splitlines() if "(middle 90 %)" in row]
    assert [row[0] for row in rows] == [0.6, 0.4, 0.3, 0.2, 0.1]
    for t, low, high, _, settled, level in rows:
        step = int(np.abs(np.array(played.names["times"]) - t).argmin())
        exact = played.names["settled_at"](played.names["times"][step])
        assert level == 95
        assert settled / 100 == pytest.approx(exact, abs=0.005 + 5 * math.sqrt(exact * (1 - exact) / 4000) + 1e-3)
        belief = played.names["ring"](played.names["times"][step]).posterior(played.names["paths"][1.0][step])[:, 3]
        for limit, share in ((low, 0.05), (high, 0.95)):
            below, up_to = ((belief < limit + shift).double().mean() for shift in (-6e-4, 6e-4))
            assert below - 1e-3 <= share <= up_to + 1e-3, (t, limit)


def test_the_groups_are_printed_with_the_outcomes_of_their_own_process(played):
    names, rows = played.names, [row for row in played.text.splitlines() if "end there, of a mean π of" in row]
    assert len(rows) == 8
    for row in rows:
        low, high, noise, share, mean = numbers(row.replace(",", " ").replace(":", " "))
        path = names["paths"][noise]
        pi = names["ring"](names["times"][names["now"]]).posterior(path[names["now"]])[:, 3]
        group = (low <= pi) & (pi <= high)
        ends = (path[-1][group][:, None] - names["MODES"]).norm(dim=2).argmin(1) == 3
        assert (share, mean) == pytest.approx((float(ends.double().mean()), float(pi[group].mean())), abs=6e-3)


def test_without_noise_the_prediction_is_of_the_same_start(played):
    """By drawing: places at t_on, and there the label from the reweighted posterior."""
    names, rows = played.names, [row for row in played.text.splitlines() if row.startswith("λ = 0, κ = 0.9 from t")]
    for on, row in zip((1.0, 0.3), rows, strict=True):
        x = names["noised"](names["BASE"][0], on, names["BASE"][1])
        pi = names["ring"](on).posterior(x)[:, 3]
        drawn = 0.1 * pi / (1 - 0.9 * pi)
        start, unwanted, _, told = numbers(row.replace(":", " ").replace(";", " "))[2:]
        assert start == on and unwanted == pytest.approx(float(names["without"][on]), abs=6e-4)
        assert told == pytest.approx(float(drawn.mean()), abs=6e-4 + 5 * float(drawn.std()) / 200)


def test_the_bars_of_the_forward_process_are_of_its_first_coordinate(played):
    """Bin by bin, to six standard errors of 20 000 points; 0.02 for bins, and steps, of finite width."""
    for ax in played.figures["t = 0.0, α = 1.000"].axes:
        (law,) = [each for each in ax.lines if each.get_linestyle() == "--"]
        x, p = (torch.as_tensor(part).numpy() for part in law.get_data())
        middles = [bar.get_x() + bar.get_width() / 2 for bar in ax.patches]
        right, width = np.interp(middles, x, p), ax.patches[0].get_width()
        off = np.abs([bar.get_height() for bar in ax.patches] - right)
        assert (off < 0.02 + 6 * np.sqrt(right / (20_000 * width))).all(), ax.get_title(loc="left")


def test_the_share_of_the_bound_is_that_of_the_small_times(played):
    names = played.names
    bound, share, below = numbers(next(row for row in played.text.splitlines() if row.startswith("bound ")))
    nats, ends = names["price_of_learning"](names["ring_score"]), np.array(names["time_grid"](100)[:-1])
    assert below == 0.01 and bound == pytest.approx(nats.sum(), abs=6e-5)
    assert share == pytest.approx(100 * nats[ends < 0.01 + 1e-9].sum() / nats.sum(), abs=0.51)


def test_the_loss_is_drawn_to_the_scale_of_its_floor(played):
    """A loss that is always the floor's: both lines lie on each other; the NLL are printed in their order."""
    floor = played.names["floor"]
    names, _ = played.again("# @title Claims and figure: the learned density", history=[float(floor)] * 300)
    drawn, dashed = names["axes"][2].lines
    assert np.allclose(drawn.get_ydata(), floor) and np.allclose(dashed.get_ydata(), floor)
    true, model = numbers(next(row for row in played.text.splitlines() if row.startswith("NLL of the true density")))
    again = played.names["learned_log_density"](played.names["ring_score"], played.names["fresh"])
    assert true == pytest.approx(-float(played.names["ring"](0.0).log_prob(played.names["fresh"]).mean()), abs=6e-5)
    assert model == pytest.approx(-float(again.mean()), abs=6e-5)


def test_eruptions_are_standardised_by_what_was_learned_from_and_drawn_by_their_length(played):
    kept, aside = played.names["kept"], played.names["aside"]
    assert torch.allclose(kept.mean(0), torch.zeros(2).double(), atol=1e-9)
    assert torch.allclose(kept.std(0), torch.ones(2).double(), atol=1e-9)
    for name, points in (("learned from", kept), ("held out", aside)):
        row = next(row for row in played.text.splitlines() if row.startswith(f"points {name}: NLL"))
        nll = played.names["nlls"][name]
        assert numbers(row) == pytest.approx([float(nll.mean()), float(nll.std()) / math.sqrt(len(points))], abs=6e-4)
    real, imagined = played.figures["272 eruptions"].axes
    for ax in (real, imagined):
        assert "eruption" in ax.get_xlabel()
    lengths, drawn = played.names["datasets"].old_faithful()[:, 0].double(), torch.as_tensor(real.lines[0].get_xdata())
    ranks = [(each.sort().values - each.min()) / (each.max() - each.min()) for each in (lengths, drawn)]
    assert torch.allclose(*ranks, atol=1e-9)  # from 1.6 to 5.1 minutes
    x, y = imagined.lines[0].get_data()
    assert np.allclose(np.stack((x, y), axis=1), played.names["imagined"])


def test_what_steering_left_is_measured_beside_what_was_predicted(played):
    """Shares of 4000 samples, so never all of them what was predicted, nor six standard errors away."""
    rows = re.findall(r"κ = 0\.9 (from t = .*: measured .*)", played.text)
    assert len(rows) == 5
    differ = 0
    for row in rows:
        on, off, *shares = (float(part) for part in re.findall(r"\d+\.\d+", row))
        measured, predicted, exact = np.array(shares[:5]), shares[5:], played.names["predicted_shares"](0.9, on, off)
        assert predicted == pytest.approx(exact.tolist(), abs=6e-4)
        assert (abs(measured - predicted) < 0.02 + 6 * np.sqrt(exact * (1 - exact) / 4000).numpy()).all()
        differ += (abs(measured - predicted) > 2e-3).sum()
        if (on, off) == (0.2, 0.0):  # of which the reveal speaks
            assert played.revealed[-1].startswith("over 7 % (")
            assert numbers(played.revealed[-1].replace("(", " ("))[1] == pytest.approx(100 * measured[3], abs=0.06)
    assert differ > 5


def test_the_references_own_error_is_that_of_half_its_steps(played):
    """Of order 4: what twice as many steps change, to a factor of four for a median and one digit."""
    (said,) = re.findall(r"the reference's own error, of order 4: about (\S+)", played.text)
    finer = played.names["flown"](640, "rk4")
    off = float((played.names["finest"] - finer).norm(dim=1).median()) * 16 / 15
    assert off / 4 < float(said) < 4 * off


def test_the_dashed_line_is_crossed_when_half_are_decided(played):
    right = played.figures["Eight samples on their way"].axes[1]
    (dashed,) = [each for each in right.lines if each.get_linestyle() == "--"]
    t, median = line(right, "median")
    assert set(dashed.get_ydata()) == {0.95} and played.names["decided"] == t[median > 0.95].max()


def test_the_titles_of_the_forward_process_say_what_is_left_of_the_data(played):
    for ax, t in zip(played.figures["t = 0.0, α = 1.000"].axes, (0.0, 0.1, 0.3, 1.0), strict=True):
        assert ax.get_title(loc="left") == f"t = {t}, α = {math.exp(-0.05 * t - 4.975 * t * t):.3f}"
