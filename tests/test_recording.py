"""A recording holds what the panel shows: states, sentences, pictures that stand still, geometry of what moves.

How it looks when it is played is seen in a browser: tests/test_page_panels.py.
"""

import contextlib
import itertools
import json

import matplotlib
import numpy as np
import pytest

from helpers import figures
from helpers import panel as panel_module
from helpers.panel import Choice, Goal, Slider, panel
from page.geometry import SHARP, UNIT
from page.record import Recording, full_draw, main, proofs, read, script, summary
from tests.sweep import decoded


@contextlib.contextmanager
def a_panel():
    """A panel with every kind of artist that the course moves."""
    with pytest.MonkeyPatch.context() as patch, matplotlib.rc_context():  # the style is not left to other tests
        patch.delenv("COURSE_STATIC", raising=False)
        patch.setattr(panel_module, "_live", {})
        patch.setattr(panel_module, "display", lambda *_things, **_how: None)
        figures.use_style()
        yield wave()


@pytest.fixture(scope="module")
def made():
    with a_panel() as panel:
        yield panel


def wave():
    x = np.linspace(0, 6, 200)

    @panel(
        "A wave",
        goal=Goal("a high wave", holds=lambda height: height > 1.5, least="height_", at={"height_": 1.6}),
        height_=Slider(0.0, 2.0, 1.0, step=0.1, grid=3),
        look=Choice(("line", "points"), "line"),
    )
    def wave(fig):
        left, right = fig.subplots(1, 2)
        (line,) = left.plot(x, x, **figures.NUMERICAL, label="measured", markevery=20)
        (theory,) = left.plot(x, x, **figures.THEORY, label="theory")
        left.legend(loc="upper right")
        left.set(ylim=(-2.5, 2.5), title="A wave")
        image = right.imshow(np.zeros((9, 9)), vmin=-2, vmax=2, zorder=1)
        dots = right.scatter(x, x, s=20, alpha=0.7)
        bars = right.bar(range(3), np.zeros(3), alpha=0.5)
        note = right.text(0.5, 8, "")
        right.set(xlim=(0, 8), ylim=(0, 9))

        def move(height_, look):
            line.set_ydata(height_ * np.sin(x))
            theory.set_ydata(height_ * np.cos(x))
            line.set_linestyle("-" if look == "line" else "none")
            image.set_data(height_ * np.outer(np.sin(range(9)), np.cos(range(9))))
            dots.set_offsets(np.column_stack((x, 4 + height_ * np.sin(x))))
            for k, bar in enumerate(bars):
                bar.set_height(height_ * k)
            note.set_text(f"{height_:.1f}")
            if left.get_xlabel() != look:
                left.set_xlabel(look)  # another background
            return f"Height {height_:.1f} as {look}.", height_

        def run(height_, look):
            for step in range(1, 101):
                line.set_ydata(height_ * np.sin(x + step / 50))
                yield step / 100, f"Step {step}."

        return move, run

    return wave


@pytest.fixture(scope="module")
def recording(made) -> dict:
    return Recording(made).make()


def played(recording: dict, operation: int) -> np.ndarray:
    """The points of an operation in CSS pixels, y upwards: (2, n)."""
    *_, x, y = recording["drawn"][operation]
    return np.array([np.cumsum(x) / UNIT, recording["size"][1] - np.cumsum(y) / UNIT])


def states(recording: dict) -> dict:
    """The states by what the controls say."""
    texts = itertools.product(*(control["texts"] for control in recording["controls"]))
    return dict(zip(texts, recording["states"], strict=True))


def test_every_setting_of_the_grid_has_its_sentence(made, recording):
    found = states(recording)
    assert list(found) == list(itertools.product(("0", "1", "1.6", "2"), ("line", "points")))
    for (height, look), (_still, status, *_drawn) in found.items():
        assert recording["statuses"][status] == made.set(height_=float(height), look=look)
    reached = [recording["statuses"][state[1]].endswith("✓ Goal reached.") for state in found.values()]
    assert reached == [height == "1.6" for height, _look in found]
    assert [control["default"] for control in recording["controls"]] == [1, 0]
    assert (recording["goal"], recording["play"]) == ("a high wave", None)


def test_lines_are_where_the_panel_has_them(made, recording):
    x = np.linspace(0, 6, 200)
    (axes, _right), height = made.canvas.figure.axes, 1.6
    curves = [height * np.sin(x), height * np.cos(x)]
    expected = [axes.transData.transform(np.column_stack((x, y)))[[0, -1]].T for y in curves]
    ends = [
        played(recording, place)[:, [0, -1]]
        for place in states(recording)["1.6", "line"][2:]
        if recording["drawn"][place][0] == 0 and len(recording["drawn"][place][-1]) > 20
    ]
    for line in expected:
        assert min(np.abs(line - end).max() for end in ends) < 1 / UNIT


def test_markers_stand_in_the_middle_of_pixels(recording):
    places = [place for place in states(recording)["1", "line"][2:] if recording["drawn"][place][0] == 1]
    spots = next(spots for spots in (played(recording, place) for place in places) if spots.shape[1] == 10)
    assert np.allclose(spots * SHARP % 1, 0.5)


def test_what_stands_still_is_kept_once_for_each_label(recording):
    stills = [(look, state[0]) for (_height, look), state in states(recording).items()]
    assert len(set(stills)) == len({still for _look, still in stills}) == 2


def test_only_what_moves_is_kept_anew(recording):
    first, second = (set(states(recording)[height, "line"][2:]) for height in ("1", "2"))
    assert first & second, "the legend stands still"
    assert first - second and second - first


def test_a_run_is_a_sequence_of_frames(made, recording):
    assert [run["at"] for run in recording["runs"]] == [[1, 0], [2, 0]]  # the defaults, and what reaches the goal
    for run in recording["runs"]:
        percents = [frame[0] for frame in run["frames"]]
        assert percents == sorted(percents) and percents[-1] == 100 and 30 <= len(percents) <= 42
        assert recording["statuses"][run["frames"][-1][2]] == "Step 100."
        assert len({tuple(frame[3:]) for frame in run["frames"]}) > 30


def test_recording_twice_gives_the_same(made, recording):
    assert script("a", Recording(made).make()) == script("a", recording)


def test_a_recording_draws_nothing_of_its_own(made):
    """The panel's picture is the same after it was recorded."""
    before = made.set(height_=0.5), made.png
    Recording(made).make()
    assert (made.set(height_=0.5), made.png) == before


def test_what_the_kernel_shows_is_proven_apart_from_the_recording(made):
    shown = proofs(Recording(made), count=4)
    assert shown["places"].tolist()[:2] == [[1, 0], [2, 0]] and len(shown["pictures"]) == 4
    assert shown["statuses"][1] == "Height 1.6 as line. ✓ Goal reached."
    made.set(height_=1.6)
    width, height = made.canvas.size
    assert full_draw(made).shape == (SHARP * height, SHARP * width, 3)
    coarse = full_draw(made).reshape(height, SHARP, width, SHARP, 3).mean((1, 3))
    assert np.abs(coarse - decoded(made.png)).mean() < 2  # of 255: letters are finer


def test_a_script_is_read_as_it_was_written(tmp_path, recording):
    path = tmp_path / "a.js"
    path.write_text(script("a", recording), encoding="utf-8")
    assert read(path) == json.loads(json.dumps(recording))
    assert summary(read(path)) == {
        "size": [800, 340],
        "controls": recording["controls"],
        "play": None,
        "works": True,
    }
    for text in (path.read_text(encoding="utf-8")[:-40], 'recorded("a", 99, "x");\n'):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(ValueError, match=r"a\.js: expected a recording of version 1"):
            read(path)


def test_panes_cut_between_the_axes(made, recording):
    (left, cut), (again, right) = recording["panes"]
    first, second = (axes.get_tightbbox() for axes in made.canvas.figure.axes)
    assert (left, right) == (0, 800) and cut == again and first.x1 <= cut <= second.x0


@pytest.mark.parametrize(
    ("spoil", "words"),
    [
        (lambda bars, dots: bars[0].set_hatch("/"), "hatch='/': expected an artist without one"),
        (lambda bars, dots: dots.set_clip_path(matplotlib.patches.Circle((4, 4), 2)), "expected a rectangle"),
    ],
)
def test_what_cannot_be_recorded_says_so(spoil, words):
    with a_panel() as panel:
        right = panel.canvas.figure.axes[1]
        spoil(right.patches, right.collections[0])
        with pytest.raises(ValueError, match=words):
            Recording(panel).make()


def test_a_notebook_that_is_not_there_is_named(tmp_path):
    with pytest.raises(SystemExit, match=r"page: no notebook 04: expected such as notebooks/04_double_well_sde\.ipynb"):
        main(str(tmp_path / "none"), "notebooks/04.ipynb", "notebooks/01_resnet_as_euler.ipynb")
    assert not (tmp_path / "none").exists()
