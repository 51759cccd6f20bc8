"""A panel can be recorded: its moving artists draw themselves into a renderer that keeps the geometry.

What a page without a kernel will play: for each setting the background, and what lies over it as paths in pixels. The
proof is to play it back, with Agg as the player, and to compare pixels with the panel's own picture.
"""

import itertools
import math

import matplotlib
import numpy as np
import pytest
from matplotlib.backend_bases import RendererBase
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.legend import Legend
from matplotlib.path import Path
from matplotlib.text import Text
from matplotlib.transforms import Affine2D, Bbox, IdentityTransform

from helpers import figures
from helpers import panel as panel_module
from helpers.panel import Choice, Goal, Slider, panel
from tests.sweep import decoded


class Recorder(RendererBase):
    """Keeps what artists draw: text comes as paths, and collections path by path."""

    def __init__(self, canvas):
        super().__init__()
        self._size, self.dpi, self.drawn = canvas.figure.canvas.get_width_height(physical=True), canvas.figure.dpi, []

    def get_canvas_width_height(self):
        return self._size

    def points_to_pixels(self, points):
        return points * self.dpi / 72

    def draw_path(self, gc, path, transform, rgbFace=None):
        pixels = transform.transform_path(path)
        clip, clip_path = gc.get_clip_rectangle(), gc.get_clip_path()[0]
        style = {
            "linewidth": self.points_to_pixels(gc.get_linewidth()) * 72 / self.dpi,
            "foreground": tuple(gc.get_rgb()),
            "dashes": gc.get_dashes(),
            "capstyle": gc.get_capstyle(),
            "joinstyle": gc.get_joinstyle(),
            "snap": gc.get_snap(),
            "clip": None if clip is None else tuple(clip.extents),
        }
        assert clip_path is None, "no panel of the course clips to a path other than its axes"
        self.drawn.append((pixels.vertices.copy(), pixels.codes, rgbFace, style))

    def draw_markers(self, gc, marker_path, marker_trans, path, trans, rgbFace=None):
        height = self._size[1]
        for x, y in trans.transform_path(path).vertices:
            x, y = math.floor(x + 0.5) + 0.5, height - math.floor(height - y + 0.5) - 0.5  # where Agg puts them
            self.draw_path(gc, marker_path, marker_trans + Affine2D().translate(x, y), rgbFace)

    def draw_image(self, gc, x, y, im, transform=None):
        self.drawn.append((x, y, im.copy()))


def record(panel, setting: dict) -> tuple:
    """Background, what lies over it, and the status, at a setting."""
    status = panel.set(**setting)
    recorder = Recorder(panel.canvas)
    for artist in panel.canvas.front:
        artist.draw(recorder)
    return panel.canvas.background.copy(), recorder.drawn, status


def played(background: np.ndarray, drawn: list, dpi: float) -> np.ndarray:
    """The recorded picture, (height, width, 3)."""
    height, width, _ = background.shape
    renderer = RendererAgg(width, height, dpi)
    np.asarray(renderer.buffer_rgba())[:] = background
    for item in drawn:
        gc = renderer.new_gc()
        if len(item) == 3:
            x, y, image = item
            renderer.draw_image(gc, x, y, image)
            continue
        vertices, codes, face, style = item
        gc.set_linewidth(style["linewidth"])
        gc.set_foreground(style["foreground"], isRGBA=True)
        gc.set_dashes(*style["dashes"])
        gc.set_capstyle(style["capstyle"])
        gc.set_joinstyle(style["joinstyle"])
        gc.set_snap(style["snap"])
        if style["clip"]:
            gc.set_clip_rectangle(Bbox.from_extents(style["clip"]))
        renderer.draw_path(gc, Path(vertices, codes), IdentityTransform(), face)
    return np.asarray(renderer.buffer_rgba())[..., :3].copy()


def lettered(canvas) -> np.ndarray:
    """Where words lie over the background, (height, width)."""
    width, height = canvas.figure.canvas.get_width_height(physical=True)
    mask = np.zeros((height, width), bool)
    for artist in canvas.front:
        if isinstance(artist, Legend | Text):
            box = artist.get_window_extent().padded(2)
            mask[max(0, height - int(box.y1)) : height - int(box.y0), max(0, int(box.x0)) : int(box.x1)] = True
    return mask


@pytest.fixture
def made(monkeypatch):
    """A panel with every kind of artist that the course moves."""
    monkeypatch.delenv("COURSE_STATIC", raising=False)
    monkeypatch.setattr(panel_module, "_live", {})
    monkeypatch.setattr(panel_module, "display", lambda thing: None)
    with matplotlib.rc_context():  # the style is not left to the tests that follow
        figures.use_style()
        yield wave()


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

        return move

    return wave


def test_what_is_played_back_is_the_panels_own_picture(made):
    """On the grid that its controls declare, the default and the goal's witness among it."""
    keep = made.goal.witness
    grid = [control.thinned((keep[name],) if name in keep else ()) for name, control in made.controls.items()]
    assert [len(values) for values in grid] == [4, 2]  # 0, 1, 1.6 and 2
    settings = [dict(zip(made.controls, values, strict=True)) for values in itertools.product(*grid)]
    assert {name: control.default for name, control in made.controls.items()} in settings
    for setting in settings:
        made.set(**setting)  # so that what moves is known before a background is kept
    backgrounds, worst = set(), 0.0
    for setting in settings:
        background, drawn, status = record(made, setting)
        assert status == made.status and made.reached is (setting["height_"] == 1.6)
        shown, own = played(background, drawn, made.canvas.figure.dpi), decoded(made.png)
        off = np.abs(shown.astype(int) - own).max(-1) > 32
        letters = lettered(made.canvas)
        worst = max(worst, off[~letters].mean())
        assert off[letters].mean() < 0.25
        assert not np.array_equal(background[..., :3], own), "something lies over the background"
        backgrounds.add(background.tobytes())
    assert len(backgrounds) == 2  # one for each label of the axis
    assert worst < 0.001, "letters are outlines here and hinted there; all else is the same"


def test_recording_twice_gives_the_same(made):
    first, second = (record(made, {"height_": 0.5, "look": "points"}) for _ in range(2))
    assert np.array_equal(first[0], second[0])
    assert repr(first[1:]) == repr(second[1:])


def test_a_setting_is_told_apart(made):
    assert repr(record(made, {"height_": 0.5})[1]) != repr(record(made, {"height_": 0.6})[1])


def test_a_recording_draws_nothing_of_its_own(made):
    """The panel's picture is the same after it was recorded."""
    before = made.set(height_=0.5), made.png
    record(made, {"height_": 0.5})
    assert (made.set(height_=0.5), made.png) == before
