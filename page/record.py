"""Records the panels of the notebooks, so that a page without a kernel can play them.

    python -m page.record build/recordings                                    # all notebooks
    python -m page.record build/recordings notebooks/04_double_well_sde.ipynb  # one

For every setting on the grid that the controls declare, a recording keeps the status as the kernel said it, a picture
of what stands still, and the geometry of what moves. The artists draw themselves into a matplotlib renderer that keeps
what it is told, so that no kind of artist needs a case of its own. What is the same in several settings is kept once.

A recording is a script, `recorded(key, version, data)`, since a page opened from a folder may load nothing else; data
is gzipped JSON in base64:

    size        width and height of the picture in CSS pixels; unit: how many steps of a coordinate make one of them
    panes       [left, right] of each column of axes: what may stand below each other on a narrow screen
    controls    label, texts (one for each value), default (place in texts); slider: whether it is one
    play        which control Play moves, or null; goal: its sentence, or null
    images      PNGs in base64; shapes: paths that stand in several places; styles; drawn: operations
    statuses    sentences
    states      one for each setting, the last control running fastest: [image that stands still, status, operations…]
    runs        recorded work: {at: a place for each control, frames: [percent, image, status, operations…]}

An operation is what page/geometry.py keeps.
"""

import base64
import gzip
import itertools
import json
import os
import re
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
from matplotlib.artist import Artist
from matplotlib.backends.backend_agg import RendererAgg
from matplotlib.image import AxesImage
from PIL import Image

from helpers.controls import Slider
from helpers.panel import Panel, live
from page.geometry import SHARP, UNIT, Recorder, Table, png_of

VERSION = 1
FRAMES = 40  # of a Run
COLOURS = 256  # of a picture that stands still


class Recording:
    """One panel, on the grid that its controls declare."""

    def __init__(self, panel: Panel):
        self.panel, self.canvas, self.figure = panel, panel.canvas, panel.canvas.figure
        self.witness = {name: control.default for name, control in panel.controls.items()} | self._reaching()
        self.grid = {name: control.thinned((self.witness[name],)) for name, control in panel.controls.items()}
        self._recorder, self._statuses = Recorder(self.canvas.size, self.figure.dpi), Table()
        self._draws, self._seen = 0, -1  # full draws of the figure; the one that the pictures below are of
        self._still, self._above = 0, {}
        self.figure.canvas.mpl_connect("draw_event", lambda _event: self._count())

    def _reaching(self) -> dict:
        """Settings that reach the goal; where it does not say them, they are found by going along its slider."""
        goal, panel = self.panel.goal, self.panel
        if goal is None:
            return {}
        if goal.searched and goal.searched[0] not in goal.witness:
            name = goal.searched[0]
            panel.reset()
            values = panel.controls[name].values
            for value in values if goal.least else reversed(values):
                panel.set(**goal.witness, **{name: value})
                if panel.reached:
                    break
            else:
                raise ValueError(f"no value of {name!r} reaches the goal {goal.text!r}")
            panel.reset()
            return goal.witness | {name: value}
        return goal.witness

    def _count(self) -> None:
        self._draws += 1

    def settings(self):
        """Every setting on the grid, the last control running fastest."""
        for values in itertools.product(*self.grid.values()):
            yield dict(zip(self.grid, values, strict=True))

    def places(self, setting: dict) -> list[int] | None:
        """Where on the grid a setting is; None if it is not on it."""
        found = []
        for name, values in self.grid.items():
            control = self.panel.controls[name]
            on_it = [control.index(value) for value in values]
            if control.index(setting[name]) not in on_it:
                return None
            found.append(on_it.index(control.index(setting[name])))
        return found

    def make(self) -> dict:
        """The recording. Raises whatever the panel raises, and ValueError for what cannot be recorded."""
        self._find_what_moves()
        while True:  # what moves in a rare setting alone belongs to what moves in all
            count = len(self.canvas.front)
            states = [self._state(setting) for setting in self.settings()]
            if len(self.canvas.front) == count:
                break
        runs = [self._run(setting) for setting in self._runs()]
        self.panel.reset()
        names, play = list(self.grid), self.panel.play
        return {
            "size": [self._recorder.width, self._recorder.height],
            "unit": UNIT,
            "panes": self._panes(),
            "controls": [self._control(name) for name in names],
            "play": None if play is None else names.index(play),
            "goal": self.panel.goal and self.panel.goal.text,
            "images": self._recorder.images.things,
            "shapes": self._recorder.shapes.things,
            "styles": self._recorder.styles.things,
            "drawn": self._recorder.drawn.things,
            "statuses": self._statuses.things,
            "states": states,
            "runs": runs,
        }

    def _find_what_moves(self) -> None:
        """Go to the corners of the grid and a few places between them."""
        for values in itertools.product(*(dict.fromkeys((v[0], v[len(v) // 2], v[-1])) for v in self.grid.values())):
            self.panel.set(**dict(zip(self.grid, values, strict=True)))
        self.panel.reset()

    def _control(self, name: str) -> dict:
        control, values = self.panel.controls[name], self.grid[name]
        return {
            "label": control.label or name,
            "texts": [read_out(value) for value in values],
            "default": [control.index(value) for value in values].index(control.index(control.default)),
            "slider": isinstance(control, Slider),
        }

    def _state(self, setting: dict) -> list[int]:
        self.panel.set(**setting)
        return self._keep(self.panel.status)

    def _keep(self, status: str) -> list[int]:
        """The picture as it stands, and the status."""
        if self._draws != self._seen:
            self._draw_what_stands_still()
        recorder = self._recorder
        for moving, artists in itertools.groupby(self.canvas.front, key=self._moves):
            if not moving:
                recorder.add(self._above[next(artists)])
                continue
            for artist in artists:
                if isinstance(artist, AxesImage):
                    recorder.axes_image(artist)
                else:
                    artist.draw(recorder)
        return [self._still, self._statuses.place(status), *recorder.take()]

    def _moves(self, artist: Artist) -> bool:
        return artist in self.canvas.moving

    def _draw_what_stands_still(self) -> None:
        """The background, and what lies above moving artists, by the first of each stretch; both in device pixels."""
        figure, front = self.figure, self.canvas.front
        flags = [(artist, artist.stale) for artist in figure.findobj()]
        images = [artist for artist in front if isinstance(artist, AxesImage) and artist.get_visible()]
        dpi = figure.dpi
        try:
            figure.dpi = SHARP * dpi
            for image in images:  # matplotlib 3.11 draws an image although it is animated
                image.set_visible(False)
            picture = Image.fromarray(self._drawn(figure)[..., :3])
            method = Image.Quantize.MAXCOVERAGE
            self._still = self._recorder.images.place(
                png_of(picture.quantize(COLOURS, method, dither=Image.Dither.NONE))
            )
            self._above = {}
            for moving, artists in itertools.groupby(front, key=self._moves):
                if not moving:
                    artists = list(artists)
                    self._above[artists[0]] = self._recorder.overlay(self._drawn(*artists))
        finally:
            figure.dpi = dpi
            for image in images:
                image.set_visible(True)
            for artist, stale in flags:
                artist.stale = stale
        self._seen = self._draws

    def _drawn(self, *artists: Artist) -> np.ndarray:
        """Artists on nothing, as Agg draws them: (height, width, 4)."""
        renderer = RendererAgg(SHARP * self._recorder.width, SHARP * self._recorder.height, self.figure.dpi)
        for artist in artists:
            artist.draw(renderer)
        return np.asarray(renderer.buffer_rgba()).copy()

    def _runs(self) -> list[dict]:
        """The settings whose work is recorded: the defaults, those that reach the goal, and its neighbour."""
        panel = self.panel
        if not panel.works:
            return []
        default = {name: control.default for name, control in panel.controls.items()}
        found = [default]
        if panel.goal and panel.goal.searched:  # its neighbour first: the goal needs both
            name, step = panel.goal.searched
            beside = panel.controls[name].neighbour(self.witness[name], step)
            found += [] if beside is None else [{**self.witness, name: beside}]
        if panel.goal:
            found.append(self.witness)
        return [setting for k, setting in enumerate(found) if setting not in found[:k] and self.places(setting)]

    def _run(self, setting: dict) -> dict:
        """The work behind Run, step by step; a frame at each of FRAMES parts of it."""
        panel, frames, due = self.panel, [], 0.0
        panel.set(**setting)
        while not frames or frames[-1][0] < 100:
            status = panel.run(0.0)
            percent = panel.percent
            if percent >= due or not panel.running:
                frames.append([percent if panel.running else 100, *self._keep(status)])
                due = percent + 100 / FRAMES
        return {"at": self.places(setting), "frames": frames}

    def _panes(self) -> list[list[float]]:
        """The columns of axes, from left to right: each ends half way to the next one's ink."""
        renderer = self.figure.canvas.get_renderer()
        boxes = [axes.get_tightbbox(renderer) for axes in self.figure.axes]
        columns = []
        for box in sorted(boxes, key=lambda box: box.x0):
            if columns and box.x0 < columns[-1][1] - 5:
                columns[-1][1] = max(columns[-1][1], box.x1)
            else:
                columns.append([box.x0, box.x1])
        cuts = [(left[1] + right[0]) / 2 for left, right in itertools.pairwise(columns)]
        ends = [0.0, *(round(cut, 1) for cut in cuts), float(self._recorder.width)]
        return [list(pair) for pair in itertools.pairwise(ends)]


def read_out(value) -> str:
    """A control's value as its slider shows it: three digits, and all of a number above."""
    return str(value) if not isinstance(value, float) else f"{value:.3g}" if abs(value) < 999.5 else f"{value:.0f}"


def script(key: str, recording: dict) -> str:
    """What a page loads."""
    text = json.dumps(recording, ensure_ascii=False, separators=(",", ":"))
    packed = base64.b64encode(gzip.compress(text.encode(), 9, mtime=0)).decode()
    return f'recorded("{key}", {VERSION}, "{packed}");\n'


def read(path: Path) -> dict:
    """The recording in a script that `script` wrote. ValueError if it is none, or of another version."""
    found = re.fullmatch(r'recorded\("[^"]+", (\d+), "([^"]+)"\);\n', path.read_text(encoding="utf-8"))
    if not found or int(found[1]) != VERSION:
        raise ValueError(f"{path.name}: expected a recording of version {VERSION}; make it again: make page")
    return json.loads(gzip.decompress(base64.b64decode(found[2])))


def summary(recording: dict) -> dict:
    """What a page has to know of a panel before its recording has come."""
    kept = {name: recording[name] for name in ("size", "controls", "play")}
    return kept | {"works": bool(recording["runs"])}


def proofs(recording: Recording, count: int = 10) -> dict:
    """What the kernel shows at `count` settings of the grid, the default and the goal's among them.

    Returns places, (count, controls), their places on the grid; statuses, (count,); pictures, (count, height, width,
    3), uint8: full draws by Agg, in device pixels.
    """
    panel, grid = recording.panel, recording.grid
    default = {name: control.default for name, control in panel.controls.items()}
    chosen = [recording.places(default), recording.places(recording.witness)]
    rng, sizes = np.random.default_rng(0), [len(values) for values in grid.values()]
    chosen += [rng.integers(sizes).tolist() for _ in range(count - 2)]
    statuses, pictures = [], []
    for places in chosen:
        values = [values[place] for values, place in zip(grid.values(), places, strict=True)]
        statuses.append(panel.set(**dict(zip(grid, values, strict=True))))
        pictures.append(full_draw(panel))
    panel.reset()
    return {"places": np.array(chosen), "statuses": np.array(statuses), "pictures": np.array(pictures)}


def full_draw(panel: Panel) -> np.ndarray:
    """The whole figure as it stands, drawn anew: (height, width, 3), device pixels."""
    figure, front = panel.canvas.figure, panel.canvas.front
    dpi, flags = figure.dpi, [(artist, artist.stale, artist.get_animated()) for artist in figure.findobj()]
    width, height = panel.canvas.size
    try:
        for artist in front:
            artist.set_animated(False)
        figure.dpi = SHARP * dpi
        renderer = RendererAgg(SHARP * width, SHARP * height, figure.dpi)
        figure.draw(renderer)
    finally:
        figure.dpi = dpi
        for artist, stale, animated in flags:
            artist.set_animated(animated)
            artist.stale = stale
    return np.asarray(renderer.buffer_rgba())[..., :3].copy()


def record_panels(folder: str, stem: str) -> None:
    """Record the panels of this kernel, in the order in which the notebook made them.

    Beside each recording lies what the kernel itself shows at a few settings, for the tests: see `proofs`.
    """
    for number, panel in enumerate(live().values(), 1):
        key = f"{stem}-{number}"
        recorder = Recording(panel)
        shown = proofs(recorder)
        try:
            recording = recorder.make()
        except Exception as error:
            raise RuntimeError(f"{key}, {panel.name!r}, cannot be recorded: {error}") from error
        path = Path(folder, f"{key}.js")
        path.write_text(script(key, recording), encoding="utf-8")
        np.savez_compressed(path.with_suffix(".npz"), **shown)
        counts = f"{len(recording['states'])} states, {sum(len(run['frames']) for run in recording['runs'])} frames"
        print(f"{key}: {counts}, {path.stat().st_size / 1000:.0f} kB")


def record(path: Path, folder: Path) -> str:
    """Run one notebook, live, and record its panels into the folder; returns what is to be said of them."""
    from nbformat.v4 import new_code_cell

    from tools import notebooks

    notebook = notebooks.read(path)
    last = f"from page.record import record_panels\nrecord_panels({str(folder.resolve())!r}, {path.stem!r})"
    notebook.cells.append(new_code_cell(last))  # the set-up cell has made the course's folder one to import from
    settings = {"COURSE_SEED": "0", "OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1"}
    environment = {name: value for name, value in os.environ.items() if name != "COURSE_STATIC"}
    notebooks.client(notebook, path.parent, seconds=900).execute(env=environment | settings)
    return "".join(output.text for output in notebook.cells[-1].outputs)


def main(folder: str, *only: str) -> None:
    from tools.notebooks import all_notebooks

    stems = {Path(one).stem for one in only}
    chosen = [path for path in all_notebooks() if not stems or path.stem in stems]
    if unknown := stems - {path.stem for path in chosen}:
        sys.exit(f"page: no notebook {', '.join(sorted(unknown))}: expected such as notebooks/04_double_well_sde.ipynb")
    Path(folder).mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(2) as pool:
        for said in pool.map(lambda path: record(path, Path(folder)), chosen):
            print(said, end="", flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
