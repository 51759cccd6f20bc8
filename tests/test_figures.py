"""`helpers.figures`: what reaches the page has its size and its alternative text, and no meaning hangs on colour alone.

Colours are compared in Oklab (Ottosson 2020), as seen with normal sight and with each of the three dichromacies
(Machado, Oliveira & Fernandes 2009, severity 1).
"""

import io
from itertools import combinations

import matplotlib
import numpy as np
import pytest
import torch
from matplotlib.colors import to_hex, to_rgb
from PIL import Image

from helpers import figures
from helpers.canvas import pixels
from helpers.figures import CLASSES, EXACT, NUMERICAL, SERIES, THEORY, figure

STYLES = [EXACT, THEORY, *SERIES]

SIGHT = {
    "normal": np.eye(3),
    "protanopia": [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]],
    "deuteranopia": [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]],
    "tritanopia": [[1.255528, -0.076749, -0.178779], [-0.078411, 0.930809, 0.147602], [0.004733, 0.691367, 0.303900]],
}
TO_CONES = [[0.4122215, 0.5363325, 0.0514460], [0.2119035, 0.6806995, 0.1073970], [0.0883025, 0.2817188, 0.6299787]]
TO_LAB = [[0.2104543, 0.7936178, -0.0040720], [1.9779985, -2.4285922, 0.4505937], [0.0259040, 0.7827718, -0.8086758]]
JUST_NOTICEABLE = 0.02  # in Oklab


def oklab(colour: str, sight: str) -> np.ndarray:
    c = np.array(to_rgb(colour))
    linear = np.where(c <= 0.04045, c / 12.92, ((c + 0.055) / 1.055) ** 2.4)
    return TO_LAB @ np.cbrt(TO_CONES @ np.clip(SIGHT[sight] @ linear, 0, 1))


def apart(one: str, other: str, sight: str) -> float:
    """How far two colours lie apart, in just noticeable differences."""
    return np.linalg.norm(oklab(one, sight) - oklab(other, sight)) / JUST_NOTICEABLE


@pytest.mark.parametrize("sight", SIGHT)
def test_colours_differ_for_every_kind_of_sight(sight):
    for one, other in combinations([style["color"] for style in STYLES], 2):
        assert apart(one, other, sight) > 3.5, (one, other)
    assert apart(CLASSES[0]["color"], CLASSES[1]["color"], sight) > 10


def test_the_measure_of_colour_sees_red_and_green_fall_together():
    red, green = "#d62728", "#2ca02c"
    assert apart(red, green, "deuteranopia") < 3.5 < apart(red, green, "normal")
    assert apart("#ffffff", "#000000", "normal") == pytest.approx(1 / JUST_NOTICEABLE, rel=1e-3)


def test_what_a_colour_says_is_said_again_without_it():
    for one, other in combinations(STYLES, 2):
        assert (one.get("linestyle"), one.get("marker")) != (other.get("linestyle"), other.get("marker"))
    assert THEORY["linestyle"] == "--"  # and nothing else is
    assert all(style["linestyle"] != "--" for style in STYLES if style is not THEORY)
    assert CLASSES[0]["marker"] != CLASSES[1]["marker"]


@pytest.fixture
def page(monkeypatch) -> list:
    """What was displayed: (data, metadata) of each output."""
    outputs = []
    monkeypatch.setattr(figures, "display", lambda data, raw, metadata=None: outputs.append((data, metadata)))
    return outputs


def decoded(png: bytes) -> np.ndarray:
    picture = Image.open(io.BytesIO(png))
    assert picture.format == "PNG"
    return np.asarray(picture.convert("RGB"))


@pytest.mark.parametrize(("width", "height"), [(8.0, 3.4), (4.0, 2.5)])
def test_show_sends_the_picture_with_its_size_and_alternative_text(page, width, height):
    fig, ax = figure(width=width, height=height)
    ax.plot([0, 1], [0, 1], **NUMERICAL)
    figures.show(fig, alt="A straight line from 0 to 1.")
    (data, metadata), (spoken, _) = page
    assert spoken["text/html"] == '<div role="img" aria-label="A straight line from 0 to 1."></div>'
    assert metadata == {
        "image/png": {"alt": "A straight line from 0 to 1.", "width": 100 * width, "height": 100 * height}
    }
    assert data["text/plain"] == "A straight line from 0 to 1."
    shown = decoded(data["image/png"])
    assert shown.shape == (int(125 * height), int(125 * width), 3)  # a quarter finer than the page's pixels
    # The palette may move a shade; it loses no line: the picture is the canvas to within a few grey levels.
    assert np.abs(shown.astype(int) - pixels(fig)).mean() < 1
    assert len(np.unique(shown.reshape(-1, 3), axis=0)) <= 96


@pytest.mark.parametrize("alt", ["", "  \n"])
def test_a_figure_without_words_is_refused(page, alt):
    with pytest.raises(ValueError) as caught:
        figures.show(figure(width=2, height=1)[0], alt=alt)
    assert f"alt={alt!r}: expected a sentence" in str(caught.value)
    assert not page


def test_a_figure_is_its_own_and_leaves_pyplot_alone():
    import matplotlib.pyplot as plt

    before = plt.get_fignums()
    fig, axes = figure(2, 3, width=6, height=2, sharex=True)
    assert axes.shape == (2, 3)
    assert plt.get_fignums() == before
    fig.canvas.draw()
    assert pixels(fig).shape == (250, 750, 3)
    assert pixels(fig).dtype == np.uint8


def test_the_style_is_one_that_matplotlib_knows():
    with matplotlib.rc_context():
        figures.use_style()  # a key or a value that matplotlib does not know raises here
        assert matplotlib.rcParams["axes.spines.top"] is False


@pytest.mark.parametrize("as_type", [np.asarray, torch.as_tensor])
def test_classes_are_drawn_where_their_points_lie(as_type):
    points = np.random.default_rng(0).normal(size=(9, 2))
    labels = np.array([0, 1, 1, 0, 1, 0, 1, 1, 1])
    _fig, ax = figure(width=3, height=3)
    collections = figures.scatter_classes(ax, as_type(points), as_type(labels))
    for k, collection in enumerate(collections):
        assert np.array_equal(collection.get_offsets(), points[labels == k])
        assert to_hex(collection.get_facecolor()[0]).upper() == CLASSES[k]["color"]
    assert ax.get_legend_handles_labels()[1] == ["class 0", "class 1"]
    circle, triangle = (len(collection.get_paths()[0].vertices) for collection in collections)
    assert circle != triangle


@pytest.mark.parametrize(
    ("shape", "labels", "message"),
    [
        ((3, 2), [0, 1, 2], r"labels of shape \(3,\), values \[0 1 2\]: expected 0 or 1"),
        ((3, 2), [0, 1], r"labels of shape \(2,\)"),
        ((3, 3), [0, 1, 0], r"points of shape \(3, 3\): expected \(n, 2\)"),
    ],
)
def test_points_and_labels_that_do_not_fit_are_named(shape, labels, message):
    with pytest.raises(ValueError, match=message):
        figures.scatter_classes(figure(width=2, height=1)[1], np.zeros(shape), np.array(labels))


def test_an_alt_text_that_is_none_is_named():
    with pytest.raises(ValueError, match=r"alt=None: expected a sentence"):
        figures.show(figure(width=2, height=1)[0], None)
