"""A matplotlib renderer that keeps what it is told to draw, as operations for page/player.js.

An operation is a path, [0, style, codes, x, y]; a shape in several places, [1, style, shape, x, y]; or an image,
[2, image, left, top, width, height, smooth, clip], where smooth is 0 for hard pixels, 1 for values between them, and 2
for a picture of Agg's. Style, shape and image are places in tables. x and y are whole numbers of 1/UNIT CSS pixels,
each but the first the difference to the one before; y runs down. codes: M, L, Q, C and Z as in SVG, or 0 for one line
through all points.
"""

import base64
import io
import json
import math
from dataclasses import dataclass, field

import numpy as np
from matplotlib.backend_bases import RendererBase
from matplotlib.colors import to_rgba
from matplotlib.image import AxesImage
from matplotlib.path import Path
from matplotlib.transforms import Affine2D, Transform
from PIL import Image

SHARP = 2  # device pixels for a CSS pixel at which the picture is that of Agg, pixel by pixel
UNIT = 8  # steps of a coordinate in a CSS pixel
SIMPLIFY = 0.2  # device pixels by which a long line may be off
CODES = {1: "M", 2: "L", 3: "Q", 4: "C", 79: "Z"}


class Table:
    """Things, each kept once and known by its place."""

    def __init__(self):
        self.things, self._places = [], {}

    def place(self, thing) -> int:
        key = thing if isinstance(thing, str) else json.dumps(thing)
        if key not in self._places:
            self._places[key] = len(self.things)
            self.things.append(thing)
        return self._places[key]


@dataclass
class Stroke:
    """A path, where it stands, and where else its collection drew it in the same style."""

    path: Path
    transform: Transform
    style: int
    width: float  # of its line, device pixels
    snap: bool | None
    filled: bool
    places: list = field(default_factory=list)

    def is_again(self, path: Path, matrix: np.ndarray, style: int) -> bool:
        same = path is self.path and style == self.style
        return same and np.array_equal(matrix[:2, :2], self.transform.get_matrix()[:2, :2])


class Recorder(RendererBase):
    """Keeps what artists draw into it.

    size: CSS pixels. dpi: of the figure, whose pixels are CSS pixels.
    Snapping and the places of markers are those of Agg where `SHARP` device pixels make a CSS pixel.
    Raises ValueError for what no panel of the course draws: hatches, clips to a path, images of a figure.
    """

    def __init__(self, size: tuple[int, int], dpi: float):
        super().__init__()
        (self.width, self.height), self.dpi = size, dpi
        self.styles, self.shapes, self.images, self.drawn = Table(), Table(), Table(), Table()
        self._operations = []
        self._collecting, self._last = False, None  # what a collection drew last

    def get_canvas_width_height(self):
        return self.width, self.height

    def points_to_pixels(self, points):
        return points * self.dpi / 72

    def take(self) -> list[int]:
        """The operations since the last call, by their places in `drawn`."""
        taken, self._operations = [self.drawn.place(operation) for operation in self._operations], []
        return taken

    # -- what artists ask for -----------------------------------------------------------------------------------

    def draw_path(self, gc, path, transform, rgbFace=None):
        style, matrix = self._style(gc, rgbFace), transform.get_matrix() if self._collecting else None
        if self._last is not None and self._last.is_again(path, matrix, style):
            self._last.places.append(matrix[:2, 2])
            return
        self._end_stroke()
        width = SHARP * self.points_to_pixels(gc.get_linewidth())
        stroke = Stroke(path, transform, style, width, gc.get_snap(), rgbFace is not None)
        if self._collecting:
            stroke.places.append(matrix[:2, 2])
            self._last = stroke
        else:
            self._keep_path(stroke)

    def draw_path_collection(self, *arguments, **options):
        self._collecting = True
        super().draw_path_collection(*arguments, **options)
        self._end_stroke()
        self._collecting = False

    def draw_markers(self, gc, marker_path, marker_trans, path, trans, rgbFace=None):
        x, y = SHARP * trans.transform_path(path).vertices.T
        # Agg puts a marker into the middle of a pixel, counted from the top.
        x = (np.floor(x + 0.5) + 0.5) / SHARP
        y = (SHARP * self.height - np.floor(SHARP * self.height - y + 0.5) - 0.5) / SHARP
        self._keep_shape(marker_path, marker_trans, self._style(gc, rgbFace), x, y)

    def draw_image(self, gc, x, y, im, transform=None):
        raise ValueError("an image that is no AxesImage: expected one that imshow made")

    def axes_image(self, image: AxesImage) -> None:
        """Keep an image as it is before it is scaled to the picture."""
        if not image.get_visible():
            return
        tile, left, bottom, transform = image.make_image(self, unsampled=True)
        if image.get_alpha() is not None:
            tile[..., 3] = np.rint(tile[..., 3] * image.get_alpha())
        (x0, y0), (x1, y1) = transform.transform([(0, 0), tile.shape[1::-1]])
        tile = tile[:: -1 if y1 > y0 else 1, :: 1 if x1 > x0 else -1]
        box = [left + min(x0, x1), self.height - bottom - max(y0, y1), abs(x1 - x0), abs(y1 - y0)]
        smooth = int(image.get_interpolation() not in ("none", "nearest", "auto", "antialiased"))
        clip = self._rectangle(image.get_clip_box())
        self._operations.append([2, self.images.place(png(tile)), *np.round(box, 3).tolist(), smooth, clip])

    def overlay(self, picture: np.ndarray) -> list:
        """The operations that draw a picture of Agg's with nothing behind it: (height, width, 4), device pixels."""
        inked = np.argwhere(picture[..., 3])
        if not len(inked):
            return []
        (top, left), (bottom, right) = inked.min(0).tolist(), (inked.max(0) + 1).tolist()
        box = [left / SHARP, top / SHARP, (right - left) / SHARP, (bottom - top) / SHARP]
        return [[2, self.images.place(png(picture[top:bottom, left:right])), *box, 2, None]]

    def add(self, operations: list) -> None:
        """Keep operations that were made before."""
        self._operations += operations

    # -- how it is kept -----------------------------------------------------------------------------------------

    def _style(self, gc, face) -> int:
        if gc.get_hatch():
            raise ValueError(f"hatch={gc.get_hatch()!r}: expected an artist without one")
        if gc.get_clip_path()[0] is not None:
            raise ValueError("an artist is clipped to a path: expected a rectangle, such as its axes")
        width, (offset, dashes), line = gc.get_linewidth(), gc.get_dashes(), gc.get_rgb()
        alpha = gc.get_alpha() if gc.get_forced_alpha() else None
        cap = gc.get_capstyle()
        return self.styles.place(
            {
                "fill": None if face is None else _colour(face, alpha),
                "line": _colour(line, alpha) if width > 0 and line[3] != 0 else None,
                "width": round(self.points_to_pixels(width), 3),
                "dashes": [round(self.points_to_pixels(dash), 3) for dash in dashes or ()],
                "offset": round(self.points_to_pixels(offset or 0), 3),
                "ends": ["square" if cap == "projecting" else str(cap), str(gc.get_joinstyle())],
                "clip": self._rectangle(gc.get_clip_rectangle()),
            }
        )

    def _rectangle(self, box) -> list | None:
        """Left, top, width and height on device pixels, as Agg clips, in CSS pixels."""
        if box is None:
            return None
        x0, x1, y0, y1 = (math.floor(SHARP * side + 0.5) / SHARP for side in (box.x0, box.x1, box.y0, box.y1))
        return [x0, self.height - y1, x1 - x0, y1 - y0]

    def _end_stroke(self) -> None:
        last, self._last = self._last, None
        if last is None:
            return
        if len(last.places) == 1:
            self._keep_path(last)
        else:
            matrix = last.transform.get_matrix().copy()
            matrix[:2, 2] = 0
            self._keep_shape(last.path, Affine2D(matrix), last.style, *np.transpose(last.places))

    def _keep_path(self, stroke: Stroke) -> None:
        path, simplify = stroke.path, stroke.path.should_simplify and not stroke.filled
        if simplify:
            path = Path(path.vertices, path.codes)
            path.simplify_threshold = SIMPLIFY
        path = path.cleaned(
            stroke.transform + Affine2D().scale(SHARP),
            remove_nans=True,
            clip=None if stroke.filled else (0, 0, SHARP * self.width, SHARP * self.height),
            simplify=simplify,
            curves=True,
            stroke_width=stroke.width,
            snap=stroke.snap,
        )
        codes, (x, y) = path.codes[:-1], path.vertices[:-1].T / SHARP  # the last vertex is a stop
        if len(codes):
            one_line = codes[0] == 1 and (codes[1:] == 2).all()
            codes = 0 if one_line else _codes(codes)
            self._operations.append([0, stroke.style, codes, _differences(x), _differences(self.height - y)])

    def _keep_shape(self, path: Path, transform: Transform, style: int, x: np.ndarray, y: np.ndarray) -> None:
        there = np.isfinite(x + y) & (np.abs(x) + np.abs(y) < 1e5)  # further out a coordinate has no pixel
        if not there.any():
            return
        path = path.cleaned(transform, curves=True)
        across, up = path.vertices[:-1].T.round(3)
        shape = self.shapes.place([_codes(path.codes[:-1]), across.tolist(), (-up).tolist()])
        self._operations.append([1, style, shape, _differences(x[there]), _differences(self.height - y[there])])


def png(picture: np.ndarray) -> str:
    """A picture of shape (height, width, 4), uint8, as base64; without the channels that say nothing."""
    if (picture[..., 3] == 255).all():
        picture = picture[..., :3]
        if (picture == picture[..., :1]).all():
            picture = picture[..., 0]
    return png_of(Image.fromarray(np.ascontiguousarray(picture)))


def png_of(image: Image.Image) -> str:
    out = io.BytesIO()
    image.save(out, "png", optimize=True)
    return base64.b64encode(out.getvalue()).decode()


def _codes(codes: np.ndarray) -> str:
    """A letter for each segment; matplotlib has a code for each point."""
    return "".join(CODES[code] for code in codes).replace("QQ", "Q").replace("CCC", "C")


def _differences(values: np.ndarray) -> list[int]:
    """CSS pixels as whole steps: the first, and then the way from each to the next."""
    return np.diff(np.rint(values * UNIT).astype(int), prepend=0).tolist()


def _colour(rgba, alpha: float | None) -> str:
    """As CSS has it."""
    *rgb, own = to_rgba(rgba)
    opacity = own if alpha is None else alpha
    return "#" + "".join(f"{round(255 * value):02x}" for value in (*rgb, opacity)[: 3 if opacity == 1 else 4])
