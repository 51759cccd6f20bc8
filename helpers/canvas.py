"""One figure that is drawn again quickly: what moved, over a picture of all that stands still.

A full draw of a figure takes 30 ms and more, nearly all of it for axes, titles and legends that have not changed. Here
they are drawn once and kept as pixels (blitting), and only the artists that change are drawn anew, with what lies
above them. Which artists these are nobody has to list: matplotlib marks whatever is touched as stale. The result is
that of a full draw, pixel by pixel.
"""

import io
import math
import struct
import textwrap
import zlib

import numpy as np
from matplotlib.artist import Artist
from matplotlib.axes import Axes
from matplotlib.axis import Axis
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.collections import Collection
from matplotlib.figure import Figure
from matplotlib.image import AxesImage
from matplotlib.legend import Legend
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.spines import Spine
from matplotlib.text import Annotation, Text
from PIL import Image

__all__ = ["DISPLAY_DPI", "Canvas", "encode_png", "picture_of_words", "pixels", "small_png"]

DISPLAY_DPI = 100  # CSS pixels per inch of figure
MOVABLE = (AxesImage, Collection, Line2D, Patch, Text)


class Canvas:
    """A figure, and its picture at any time.

    width, height: inches. dpi: pixels per inch.

    figure: draw into it once, then call `settle()`. What is changed afterwards, by the artists' own setters, moves;
        `png()` is the picture as it stands. The layout is that of the first picture, for good.
    front: after a `png()`, the artists that it drew over `background`, in order: those that have moved since
        `settle()`, once is enough, and those above them. moving: the former.
    """

    def __init__(self, width: float = 8.0, height: float = 3.4, dpi: float = DISPLAY_DPI):
        self.figure = Figure(figsize=(width, height), dpi=dpi, layout="constrained")
        FigureCanvasAgg(self.figure)
        self.front: list[Artist] = []
        self.moving: set[Artist] = set()
        self._region = None  # the background, as matplotlib's blitting wants it

    @property
    def size(self) -> tuple[int, int]:
        """Width and height in CSS pixels."""
        width, height = self.figure.get_size_inches()
        return round(DISPLAY_DPI * width), round(DISPLAY_DPI * height)

    @property
    def background(self) -> np.ndarray:
        """What stands still, as the last `png()` drew it: shape (height, width, 4), uint8."""
        width, height = self.figure.canvas.get_width_height(physical=True)
        return np.frombuffer(self._region, np.uint8).reshape(height, width, 4)

    def settle(self) -> None:
        """All that is drawn so far stands still, until it is changed."""
        self._parts = list(_parts(self.figure))
        self._silent = [artist for artist, _ in self._parts if isinstance(artist, SILENT)]
        self._forget_changes()

    def png(self) -> bytes:
        """The picture as it stands."""
        changed = {top for artist, top in self._parts if artist.stale}
        changed |= {a for a, before in zip(self._silent, self._shown, strict=True) if _differ(before, _silent(a))}
        still = changed - self.moving
        if self._region is None or still or self._orders != [artist.zorder for artist in self.front]:
            self.moving |= {top for top in still if isinstance(top, MOVABLE) and not _is_title(top)}
            self._draw_background()
            self.settle()
        self.figure.canvas.restore_region(self._region)
        renderer = self.figure.canvas.get_renderer()
        for artist in self.front:
            if artist in self._covers:
                self._cover(artist, renderer)
            else:
                artist.draw(renderer)
        self._forget_changes()
        return encode_png(pixels(self.figure))

    def _forget_changes(self) -> None:
        for artist, _ in self._parts:
            artist.stale = False
        self._shown = [_silent(artist) for artist in self._silent]

    def _cover(self, artist: Artist, renderer) -> None:
        """Draw what stands still above what moves: mostly over the same pixels as last time, which give the same."""
        place, under, over = self._covers[artist]
        picture = np.asarray(renderer.buffer_rgba())
        if under is not None and np.array_equal(picture[place], under):
            picture[place] = over
            return
        before = picture[place].copy()
        artist.draw(renderer)
        self._covers[artist] = place, before, picture[place].copy()

    def _draw_background(self) -> None:
        for artist in self.front:
            artist.set_animated(False)
        if self._region is None:
            self.figure.canvas.draw()
            self.figure.set_layout_engine("none")
        self.front = list(_from_the_first(self.moving, self.figure))
        for artist in self.front:
            artist.set_animated(True)  # leaves it out of the next draw
        self._orders = [artist.zorder for artist in self.front]
        images = [artist for artist in self.front if isinstance(artist, AxesImage) and artist.get_visible()]
        for image in images:
            image.set_visible(False)  # matplotlib 3.10 draws an image although it is animated
        self.figure.canvas.draw()
        for image in images:
            image.set_visible(True)
        self._region = self.figure.canvas.copy_from_bbox(self.figure.bbox)
        self._covers = {a: (_place(a), None, None) for a in self.front if a not in self.moving and _is_words(a)}
        self.moving.intersection_update(self.front)  # without those that were removed


# What these show can change without their being marked as stale: the values of a collection, the place of an arrow.
SILENT = (Collection, Annotation)


def _silent(artist: Artist):
    return artist.get_array() if isinstance(artist, Collection) else artist.xy


def _differ(before, now) -> bool:
    # `set_array` copies: the same array is the same values. A place is a pair of numbers, or of dates, or an array.
    return before is not now and not (isinstance(now, tuple) and before == now)


def _is_title(artist: Artist) -> bool:
    """A title is put where there is room for it, by a full draw alone."""
    return isinstance(artist, Text) and artist.axes is not None and artist not in artist.axes.texts


def _is_words(artist: Artist) -> bool:
    """What takes long to draw, and has its ink in a box that is known."""
    return isinstance(artist, Legend) or (type(artist) is Text and artist.get_bbox_patch() is None)


def _place(artist: Artist) -> tuple[slice, slice]:
    """Rows and columns of the picture that hold its ink."""
    figure = artist.get_figure()
    box, height = artist.get_window_extent().padded(4), round(figure.bbox.height)
    rows = slice(max(0, height - math.ceil(box.y1)), max(0, height - math.floor(box.y0)))
    return rows, slice(max(0, math.floor(box.x0)), max(0, math.ceil(box.x1)))


def _parts(figure: Figure):
    """Every artist of the figure, with the one that stands for it when the figure is drawn: a child of an axes, or of
    the figure. An axes and the figure stand for themselves."""
    yield figure, figure
    for child in figure.get_children():
        if isinstance(child, Axes):
            yield child, child
        for top in child.get_children() if isinstance(child, Axes) else (child,):
            for artist in top.findobj():
                yield artist, top


def _from_the_first(moving: set[Artist], figure: Figure):
    """In the order in which the figure draws them: of each axes the first artist that moves, and all above it; and what
    the figure itself draws above such an axes."""
    begun = False
    for child in sorted(figure.get_children(), key=Artist.get_zorder):
        if child is figure.patch:
            continue
        if not isinstance(child, Axes):
            begun = begun or child in moving
            if begun:
                yield child
            continue
        inside = [artist for artist in child.get_children() if artist is not child.patch]
        if not child.axison:
            inside = [artist for artist in inside if not isinstance(artist, Axis | Spine)]
        inside.sort(key=Artist.get_zorder)
        first = next((place for place, artist in enumerate(inside) if artist in moving), None)
        if first is not None:
            begun = True
            yield from inside[first:]


def pixels(fig: Figure) -> np.ndarray:
    """The canvas as it stands, shape (height, width, 3), uint8."""
    return np.asarray(fig.canvas.buffer_rgba())[..., :3]


def encode_png(image: np.ndarray) -> bytes:
    """PNG of an (h, w, 3) uint8 picture, fast.

    The rows are written unfiltered. Pillow tries every row filter, at any compression level: about as many bytes, and
    three times as long as a slider may wait.
    """
    if image.dtype != np.uint8 or image.ndim != 3 or image.shape[2] != 3:
        raise ValueError(f"image of shape {image.shape}, type {image.dtype}: expected (height, width, 3), uint8")
    height, width, _channels = image.shape
    rows = np.empty((height, 1 + 3 * width), np.uint8)
    rows[:, 0] = 0  # each row begins with its filter: none
    inside = rows[:, 1:].reshape(height, width, 3)  # a view
    for channel in range(3):  # five times as fast as all three at once
        inside[..., channel] = image[..., channel]
    header = struct.pack(">IIBBBBB", width, height, 8, 2, 0, 0, 0)
    chunks = ((b"IHDR", header), (b"IDAT", zlib.compress(rows, 1)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(
        struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data)) for kind, data in chunks
    )


def small_png(image: np.ndarray, colours: int = 96) -> bytes:
    """PNG of an (h, w, 3) uint8 picture, small: a palette of so many colours."""
    out = io.BytesIO()
    picture = Image.fromarray(np.ascontiguousarray(image)).quantize(colours, dither=Image.Dither.NONE)
    picture.save(out, "png", compress_level=9)
    return out.getvalue()


def picture_of_words(message: str, width: float, height: float, dpi: float = DISPLAY_DPI) -> bytes:
    """PNG of a message in red, width × height inches: what stands where a picture would be wrong."""
    figure = Figure(figsize=(width, height), dpi=dpi)
    FigureCanvasAgg(figure)
    # Matplotlib's own wrapping measures $…$ as mathematics even with parse_math=False, and may raise.
    lines = "\n".join(textwrap.wrap(message, width=round(10 * width)))
    figure.text(0.5, 0.5, lines, ha="center", va="center", color="#b00020", parse_math=False)
    figure.canvas.draw()
    return encode_png(pixels(figure))
