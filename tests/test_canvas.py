"""`helpers.canvas`: what moves is found, and the picture is that of a full draw, pixel by pixel."""

import io

import numpy as np
import pytest
from matplotlib.collections import LineCollection
from PIL import Image

from helpers.canvas import Canvas, encode_png, picture_of_words, pixels, small_png
from tests.sweep import decoded, full_draw


class Scene:
    """A line under a legend, a marked scatter, texts, an image, an arrow: each covers another."""

    def __init__(self):
        self.canvas = Canvas(4, 2)
        left, right = self.canvas.figure.subplots(1, 2)
        self.x = np.linspace(0, 1, 30)
        (self.line,) = left.plot(self.x, self.x, linewidth=6, label="moves")
        left.plot(self.x, 1 - self.x, linewidth=6, label="stands")  # above the first
        self.legend = left.legend(loc="center")
        self.note = left.text(0.5, 0.5, "note")
        self.arrow = left.annotate("here", (0.2, 0.2), (0.8, 0.1), arrowprops={"arrowstyle": "->"})
        left.set(xlim=(0, 1), ylim=(0, 1), title="Title", xlabel="x")
        self.image = right.imshow(np.eye(8), vmin=0, vmax=2, alpha=0.6)
        self.dots = right.scatter(range(8), range(8), c=range(8), s=90)
        self.segments = right.add_collection(LineCollection([[(0, 7), (7, 0)]], array=[0.0], clim=(0, 1)))
        self.bar = right.bar([3], [5.0])[0]
        self.left, self.right = left, right
        self.canvas.settle()


# Every way in which a panel of the course, or one that is still to come, may change what it drew.
CHANGES = {
    "data": lambda s: s.line.set_ydata(s.x**2),
    "colour": lambda s: s.line.set_color("red"),
    "visibility": lambda s: s.line.set_visible(False),
    "text": lambda s: s.note.set_text("other"),
    "place of a text": lambda s: s.note.set_position((0.1, 0.9)),
    "place of an arrow": lambda s: setattr(s.arrow, "xy", (0.9, 0.9)),
    "image": lambda s: s.image.set_data(np.ones((8, 8))),
    "offsets": lambda s: s.dots.set_offsets(np.ones((8, 2))),
    "values of a scatter": lambda s: s.dots.set_array(np.arange(8)[::-1]),
    "values of segments": lambda s: s.segments.set_array([1.0]),
    "segments": lambda s: s.segments.set_segments([[(0, 0), (7, 1)]]),
    "height of a bar": lambda s: s.bar.set_height(2.0),
    "title": lambda s: s.left.set_title("Two\nlines"),
    "label of an axis": lambda s: s.left.set_xlabel("time"),
    "limits": lambda s: s.left.set_ylim(-1, 1),
    "scale": lambda s: s.left.set_yscale("symlog"),
    "text of a legend": lambda s: s.legend.get_texts()[0].set_text("is renamed"),
    "background": lambda s: s.left.set_facecolor("yellow"),
    "a line more": lambda s: s.left.plot([0, 1], [0.3, 0.3]),
    "a line less": lambda s: s.line.remove(),
    "text of the figure": lambda s: s.canvas.figure.text(0.5, 0.5, "everywhere"),
    "order": lambda s: s.line.set_zorder(10),
}


@pytest.mark.parametrize("name", CHANGES)
def test_the_picture_is_that_of_a_full_draw(name):
    """After the change alone, and after the line under everything has moved again."""
    scene = Scene()
    scene.line.set_ydata(scene.x**3)
    before = decoded(scene.canvas.png())
    CHANGES[name](scene)
    after = decoded(scene.canvas.png())
    assert np.array_equal(after, full_draw(scene.canvas))
    assert not np.array_equal(after, before)
    scene.segments.set_linewidth(5)
    later = decoded(scene.canvas.png())
    assert np.array_equal(later, full_draw(scene.canvas))
    assert not np.array_equal(later, after)


@pytest.mark.parametrize("name", CHANGES)
def test_what_was_changed_once_is_seen_again(name):
    """Change a twin that has drawn the change from its beginning: the same picture, though it came otherwise."""
    one, other = Scene(), Scene()
    one.line.set_ydata(one.x**3)
    one.canvas.png()
    CHANGES[name](one)
    one.canvas.png()
    one.dots.set_sizes([20.0])
    other.line.set_ydata(other.x**3)
    other.canvas.png()  # fixes the layout
    CHANGES[name](other)
    other.dots.set_sizes([20.0])
    assert one.canvas.png() == other.canvas.png()


def test_what_only_moves_its_lines_redraws_nothing_else(monkeypatch):
    scene, draws = Scene(), []
    scene.line.set_ydata(scene.x**2)
    scene.canvas.png()
    draw = scene.canvas.figure.canvas.draw
    monkeypatch.setattr(scene.canvas.figure.canvas, "draw", lambda: (draws.append(1), draw()))
    for power in (0.5, 1, 2):
        scene.line.set_ydata(scene.x**power)
        scene.canvas.png()
    assert not draws
    scene.note.set_text("joins what moves")
    scene.canvas.png()
    scene.note.set_text("and has joined")
    scene.canvas.png()
    assert len(draws) == 1
    for text in ("every", "time"):
        scene.left.set_title(text)
        scene.canvas.png()
    assert len(draws) == 3


def test_front_and_background_make_the_picture():
    """What a recording stands on: the pixels behind, and the artists in front, in their order."""
    scene = Scene()
    scene.line.set_ydata(scene.x**2)
    scene.canvas.png()
    assert scene.line in scene.canvas.front
    assert scene.legend in scene.canvas.front
    assert scene.image not in scene.canvas.front  # nothing moves in its axes
    orders = [artist.zorder for artist in scene.canvas.front]
    assert orders == sorted(orders)
    assert scene.canvas.background.shape == (200, 400, 4)
    shown = full_draw(scene.canvas)
    assert not np.array_equal(scene.canvas.background[..., :3], shown)
    scene.dots.set_sizes([9.0])
    scene.canvas.png()
    assert scene.dots in scene.canvas.front


def test_png_is_lossless_and_the_small_one_has_a_palette():
    image = np.random.default_rng(0).integers(0, 256, (40, 60, 3), dtype=np.uint8)
    assert np.array_equal(decoded(encode_png(image)), image)
    assert np.array_equal(decoded(encode_png(image[::-1, ::2])), image[::-1, ::2])  # a view is no obstacle
    few = image // 128 * 255  # eight colours fit a palette of sixteen, and then it is lossless and smaller
    assert np.array_equal(decoded(small_png(few, colours=16)), few)
    assert len(small_png(few, colours=16)) < len(encode_png(few))


def test_a_picture_that_is_none_is_named():
    with pytest.raises(ValueError, match=r"image of shape \(2, 2, 3\), type float64: expected"):
        encode_png(np.zeros((2, 2, 3)))


def test_words_take_the_place_of_a_picture():
    shown = Image.open(io.BytesIO(picture_of_words("no $x_$ here " * 20, 3, 1.5)))
    assert shown.size == (300, 150)
    colours = np.asarray(shown.convert("RGB")).reshape(-1, 3)
    assert (colours == 255).all(1).any() and (colours != 255).any()


def test_the_canvas_has_its_size_in_the_pages_pixels():
    canvas = Canvas(4, 2.5, dpi=125)
    canvas.settle()
    assert canvas.size == (400, 250)
    assert decoded(canvas.png()).shape == (312, 500, 3)
    assert pixels(canvas.figure).shape == (312, 500, 3)
