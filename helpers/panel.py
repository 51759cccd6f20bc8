"""Panels: sliders that move one persistent picture.

A panel is a matplotlib figure, named controls, and a plain function `update(**values)` that moves the figure's
artists and returns one sentence, the status. The figure lives as long as the panel. The artists named as `moving`
are drawn over a cached background (blitting); everything else is redrawn only when it has changed. The pixels go
into one `ipywidgets.Image`, so nothing flickers and no picture is left behind.

Only what ipywidgets 7.7 and 8.1 share is used here. Every update answers a message from the page, never a thread
or a background task: Google Colab drops what a kernel sends on its own.
"""

import html
import math
import random
import re
import textwrap
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass

import ipywidgets as widgets
import numpy as np
from IPython.display import display
from matplotlib.figure import Figure

from . import is_static
from .checks import finite, one_of, whole
from .figures import DISPLAY_DPI, LIVE_RATIO, display_png, encode_png, figure, pixels

__all__ = ["Choice", "Panel", "Slider", "sweep"]

SLICE_SECONDS = 0.08  # long work gives the page a turn this often
_live: dict[str, "Panel"] = {}  # of this kernel, by name: a cell that is run again replaces its own


@dataclass(frozen=True)
class Slider:
    """A number between low and high. Whole if low, high, default and step are; `log` moves in factors of ten."""

    low: float
    high: float
    default: float
    step: float | None = None
    label: str = ""
    log: bool = False

    def check(self, name: str) -> None:
        low, high = finite(f"{name}.low", self.low), finite(f"{name}.high", self.high)
        if low >= high or (self.log and low <= 0):
            raise ValueError(f"{name}: range {low:g} to {high:g}: expected low < high{', low > 0' * self.log}")
        self.accept(name + ".default", self.default)
        span = math.log10(high / low) if self.log else high - low
        if self.step is not None and not 0 < finite(f"{name}.step", self.step) <= span:
            raise ValueError(f"{name}.step={self.step:g}: expected a number > 0 and ≤ {span:g}")
        if not math.isclose(self.snapped(self.default), self.default, rel_tol=1e-9, abs_tol=1e-9 * (high - low)):
            near = self.snapped(self.default)  # the page would move it there by itself, and Reset would not find back
            raise ValueError(
                f"{name}.default={self.default:g}: expected a value that the slider can show, such as {near:g}"
            )

    def snapped(self, value: float) -> float:
        """The value nearest to `value` among those that the slider can show."""
        low, high = (math.log10(self.low), math.log10(self.high)) if self.log else (self.low, self.high)
        step = self.step or (1 if self.is_whole else (high - low) / 100)
        steps = round(((math.log10(value) if self.log else value) - low) / step)
        found = low + step * min(steps, math.floor((high - low) / step + 1e-9))
        return min(max(10**found if self.log else found, self.low), self.high)

    def accept(self, name: str, value):
        """`value`, if it lies in the range; otherwise ValueError."""
        number = finite(name, value)
        if not self.low <= number <= self.high:
            raise ValueError(f"{name}={number:g}: expected a number from {self.low:g} to {self.high:g}")
        return whole(name, value, least=self.low) if self.is_whole else float(value)

    @property
    def is_whole(self) -> bool:
        numbers = [self.low, self.high, self.default] + [self.step] * (self.step is not None)
        return not self.log and all(isinstance(number, int) for number in numbers)

    def widget(self, name: str):
        common = {"value": self.default, "description": self.label or name, **LOOK}
        if self.log:
            low, high = math.log10(self.low), math.log10(self.high)
            return widgets.FloatLogSlider(min=low, max=high, step=self.step or (high - low) / 100, **common)
        kind = widgets.IntSlider if self.is_whole else widgets.FloatSlider
        step = self.step or (1 if self.is_whole else (self.high - self.low) / 100)
        common["readout_format"] = "d" if self.is_whole else ".3g"
        return kind(min=self.low, max=self.high, step=step, **common)

    def corners(self) -> tuple:
        return self.low, self.default, self.snapped(self.high)

    def random(self, rng: random.Random):
        if self.log:
            return self.snapped(10 ** rng.uniform(math.log10(self.low), math.log10(self.high)))
        return self.snapped(rng.uniform(self.low, self.high))


@dataclass(frozen=True)
class Choice:
    """One of several options, each a string."""

    options: tuple[str, ...]
    default: str
    label: str = ""

    def check(self, name: str) -> None:
        if (
            isinstance(self.options, str)
            or len(set(self.options)) < 2
            or not all(isinstance(option, str) for option in self.options)
        ):
            raise ValueError(f"{name}.options={self.options!r}: expected two different strings or more")
        self.accept(name + ".default", self.default)

    def accept(self, name: str, value):
        return one_of(name, value, self.options)

    def widget(self, name: str):
        options = [(option, option) for option in self.options]
        return widgets.Dropdown(options=options, value=self.default, description=self.label or name, **LOOK)

    def corners(self) -> tuple:
        return self.options

    def random(self, rng: random.Random):
        return rng.choice(self.options)


LOOK = {"style": {"description_width": "130px"}, "layout": widgets.Layout(width="380px")}


class Panel:
    """A live figure with controls.

    name: its title on the page; a later panel of the same name replaces this one.
    fig: from `helpers.figures.figure`.
    update: called as update(**values); moves artists and returns the status, one sentence with the measured and the
        predicted number. It should take 50 ms at most.
    moving: the artists that change with nearly every call.
    goal: what the learner is to reach with it.
    play: name of a slider that a Play button sweeps from low to high.
    run: for work that takes longer: called as run(**values), a generator that moves artists and yields
        (fraction done, status) every few milliseconds. It gets a Run button, a progress bar, and can be stopped.
    controls: name=Slider(…) or name=Choice(…).

    Drive it without a page: `panel.set(sigma=0.7)`, `panel.status`, `panel.png`, `panel.run()`.
    Raises ValueError for a control whose default lies outside its range, or an unknown `play`; and whatever
    `update` raises, at once, for the defaults.
    """

    def __init__(
        self,
        name: str,
        fig: Figure,
        update: Callable[..., str],
        *,
        moving=(),
        goal: str = "",
        play: str | None = None,
        run: Callable[..., Iterator[tuple[float, str]]] | None = None,
        **controls: Slider | Choice,
    ):
        if not controls:
            raise ValueError("controls: expected at least one, such as sigma=Slider(0.1, 1.0, 0.5)")
        if not isinstance(fig, Figure):
            raise ValueError(f"fig={fig!r}: expected a figure, the first of the two that figures.figure() returns")
        if not isinstance(moving, list | tuple):
            raise ValueError(f"moving={moving!r}: expected a list of artists")
        for control_name, control in controls.items():
            if not isinstance(control, Slider | Choice):
                raise ValueError(f"{control_name}={control!r}: expected a Slider or a Choice")
            control.check(control_name)
        if play is not None and not isinstance(controls.get(play), Slider):
            raise ValueError(f"play={play!r}: expected the name of a slider of this panel")
        self.name, self.goal, self.status = name, goal, ""
        self._fig, self._update, self._generator = fig, update, run
        self._moving, self._background, self._job = list(moving), None, None
        self._controls, self._quiet = controls, False
        for artist in self._moving:
            artist.set_animated(True)
        if not is_static():
            fig.set_dpi(DISPLAY_DPI * LIVE_RATIO)
        self._build(play)
        self._refresh()
        if name in _live:
            _live[name].close()
        _live[name] = self

    # -- the widgets --------------------------------------------------------------------------------------------

    def _build(self, play: str | None) -> None:
        width, height = (round(inches * DISPLAY_DPI) for inches in self._fig.get_size_inches())
        self._image = widgets.Image(
            format="png", width=width, height=height, layout=widgets.Layout(width=f"{width}px", max_width="100%")
        )
        self._line = widgets.HTML()
        self._widgets = {name: control.widget(name) for name, control in self._controls.items()}
        for widget in self._widgets.values():
            widget.observe(self._moved, "value")
        reset = widgets.Button(description="Reset", tooltip="Put every control back", layout={"width": "80px"})
        reset.on_click(lambda _button: self.reset())
        slow = widgets.Checkbox(value=False, description="slow link", indent=False, layout={"width": "100px"})
        slow.observe(lambda change: self.continuous(not change["new"]), "value")
        row = [reset, slow]
        if play:
            row = [widgets.Label(f"Play {self._controls[play].label or play}:"), self._play(play), *row]
        if self._generator:
            row = [*self._run_button(), *row]
        goal = f"<br>Goal: {html.escape(self.goal)}" if self.goal else ""
        title = widgets.HTML(f"<b>{html.escape(self.name)}</b>{goal}")
        controls = widgets.HBox(list(self._widgets.values()), layout=widgets.Layout(flex_flow="row wrap"))
        row = widgets.HBox(row, layout=widgets.Layout(flex_flow="row wrap"))
        self._box = widgets.VBox([title, controls, row, self._image, self._line])

    def _play(self, name: str):
        control, slider, frames = self._controls[name], self._widgets[name], 60

        def advance(change):
            done = change["new"] / frames
            if control.log:
                value = control.low * (control.high / control.low) ** done
            else:
                value = control.low + (control.high - control.low) * done
            slider.value = round(value) if control.is_whole else value

        clock = widgets.Play(value=0, min=0, max=frames, interval=80, description="Play", show_repeat=False)
        clock.observe(advance, "value")
        return clock

    def _run_button(self) -> list:
        # The page's own clock asks for one slice of the work after another; without a page nothing runs.
        self._clock = widgets.Play(value=0, min=0, max=10**6, interval=20, description="Run", show_repeat=False)
        self._playing = "playing" if self._clock.has_trait("playing") else "_playing"  # ipywidgets 8, 7
        self._clock.observe(self._tick, "value")
        self._progress = widgets.IntProgress(value=0, min=0, max=100, layout={"width": "160px"})
        return [widgets.Label("Run:"), self._clock, self._progress]

    def continuous(self, on: bool) -> None:
        """Move the picture while a slider is dragged (on), or when it is let go (off, for slow links)."""
        for widget in self._widgets.values():
            if widget.has_trait("continuous_update"):
                widget.continuous_update = on

    # -- one update ---------------------------------------------------------------------------------------------

    @property
    def values(self) -> dict:
        """What the controls are set to."""
        return {name: widget.value for name, widget in self._widgets.items()}

    @property
    def png(self) -> bytes:
        """The picture as it stands on the page."""
        return bytes(self._image.value)

    def set(self, **values) -> str:
        """Set controls, update once, and return the status. Raises ValueError for a name or a value out of range."""
        for name, value in values.items():
            control = self._controls[one_of("control", name, tuple(self._controls))]
            values[name] = control.accept(name, value)
        self._quiet = True
        try:
            for name, value in values.items():
                self._widgets[name].value = value
        finally:
            self._quiet = False
        self._refresh()
        return self.status

    def reset(self) -> str:
        """Put every control back to its default and update."""
        return self.set(**{name: control.default for name, control in self._controls.items()})

    def _moved(self, _change) -> None:
        if not self._quiet:
            self._refresh()

    def _refresh(self) -> None:
        if self._generator is not None:
            self._end_job()
            self._progress.value = 0
        try:
            self._publish(self._update(**self.values))
        except Exception as error:
            self._fail(error)
            raise  # the kernel's log and the tests see it too

    def _publish(self, status: str) -> None:
        if not isinstance(status, str) or not status.strip():
            raise ValueError(f"update returned {status!r}: expected the status, one sentence")
        self._draw()
        self.status = status
        self._line.value = f'<div role="status" style="line-height:1.4">{html.escape(status)}</div>'

    def _draw(self) -> None:
        canvas = self._fig.canvas
        if self._background is None or self._fig.stale:  # animated artists never make the figure stale
            canvas.draw()
            self._fig.set_layout_engine("none")  # the layout of the first draw holds for good
            self._background = canvas.copy_from_bbox(self._fig.bbox)
            self._fig.stale = False
        canvas.restore_region(self._background)
        for artist in self._moving:
            (artist.axes or self._fig).draw_artist(artist)
        self._image.value = encode_png(pixels(self._fig))

    def _fail(self, error: Exception) -> None:
        """Show the error where the picture was: a stale picture would be taken for an answer."""
        message = f"This panel's update failed: {type(error).__name__}: {error}"
        self.status = message
        self._line.value = (
            f'<div role="alert" style="color:var(--jp-error-color1, #b00020)">{html.escape(message)}</div>'
        )
        blank, ax = figure(width=self._fig.get_figwidth(), height=self._fig.get_figheight())
        blank.set_dpi(self._fig.dpi)
        ax.set_axis_off()
        # Matplotlib's own wrapping measures $…$ as mathematics even with parse_math=False, and may raise.
        lines = "\n".join(textwrap.wrap(message, width=round(10 * self._fig.get_figwidth())))
        ax.text(0.5, 0.5, lines, ha="center", va="center", color="#b00020", parse_math=False)
        blank.canvas.draw()
        self._image.value = encode_png(pixels(blank))

    # -- long work ----------------------------------------------------------------------------------------------

    def _tick(self, change) -> None:
        if change["new"] == self._clock.min:  # the stop button
            self.stop()
            return
        if not getattr(self._clock, self._playing):  # a tick that was on its way when the work ended
            return
        if self._job is None:
            self._job = self._generator(**self.values)
        self._work(time.monotonic() + SLICE_SECONDS)

    def _work(self, until: float) -> None:
        try:
            status = self.status
            try:
                while True:
                    fraction, status = next(self._job)
                    if time.monotonic() >= until:
                        break
            except StopIteration:
                fraction = 1.0
                self._end_job()
            self._progress.value = round(100 * fraction)
            self._publish(status)
        except Exception as error:
            self._end_job()
            self._fail(error)
            raise

    def run(self) -> str:
        """Do the long work to its end, without a page; returns the last status."""
        if self._generator is None:
            raise ValueError(f"panel {self.name!r} has no run: expected one that was made with run=…")
        self._job = self._generator(**self.values)
        self._work(math.inf)
        return self.status

    def stop(self) -> None:
        """Stop the long work where it is; the picture stays as far as it came, and says so."""
        if self._job is not None:
            done = self._progress.value
            self._end_job()
            self._publish(f"Stopped at {done} %. {self.status}")

    def _end_job(self) -> None:
        if self._job is not None:
            self._job.close()
            self._job = None
        setattr(self._clock, self._playing, False)

    # -- the page -----------------------------------------------------------------------------------------------

    def show(self) -> None:
        """Display the panel; under COURSE_STATIC=1, its picture at the defaults as a plain PNG."""
        if is_static():
            width, height = (round(inches * DISPLAY_DPI) for inches in self._fig.get_size_inches())
            static = encode_png(pixels(self._fig), colours=96)
            display_png(static, width, height, alt=self.status)
            print(self.status)
        else:
            display(self._box)

    def close(self) -> None:
        """Take the panel off the page and out of the sweep."""
        if _live.get(self.name) is self:
            del _live[self.name]
        self._box.close()


def sweep(corners: int = 12, seed: int = 0) -> str:
    """Drive every live panel of this kernel, and raise if one of them is broken.

    Each control goes through its lowest, default and highest value (a choice through all of its options), the others
    at their defaults; then come `corners` random settings of all controls at once. An update that raises, a status
    that speaks of nan or inf, and a control whose extremes leave the picture as it was, are errors.
    Returns one line per panel: how many settings it took and the median time of an update. Raises RuntimeError when
    there is no panel or a panel is broken, and whatever an update raises.
    """
    if not _live:
        raise RuntimeError("no panel is live in this kernel: run the notebook's cells first")
    whole("corners", corners)
    lines = []
    for panel in list(_live.values()):
        seconds = _sweep_one(panel, corners, random.Random(seed))
        lines.append(f"{panel.name}: {len(seconds)} settings, median update {1000 * np.median(seconds):.1f} ms")
    return "\n".join(lines)


def _sweep_one(panel: Panel, corners: int, rng: random.Random) -> list[float]:
    seconds = []

    def visit(**values) -> tuple[bytes, str]:
        start = time.perf_counter()
        status = panel.set(**values)
        seconds.append(time.perf_counter() - start)
        if re.search(r"\b(nan|inf)\b", status, re.IGNORECASE):
            raise RuntimeError(f"panel {panel.name!r} at {panel.values}: the status is not finite: {status}")
        return panel.png, status

    controls = panel._controls
    for name, control in controls.items():
        panel.reset()
        seen = [visit(**{name: value}) for value in control.corners()]
        if len({picture for picture, _ in seen}) < 2:
            raise RuntimeError(f"panel {panel.name!r}: {name} leaves the picture unchanged from end to end")
    for _ in range(corners):
        visit(**{name: control.random(rng) for name, control in controls.items()})
    panel.reset()
    return seconds
