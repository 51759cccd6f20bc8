"""Panels: sliders that move one persistent picture.

A panel is a function that draws once, and returns the function that moves what it drew. `panel` gives it controls, a
canvas, a status sentence and a goal, and shows it. The pixels go into one `ipywidgets.Image`, so nothing flickers and
no picture is left behind.

One thing at a time: what the page asks for arrives on several threads (JupyterLab's subshells) and in bursts (Colab).
One lock goes round all that touches the figure, and of a burst only the newest setting is drawn. Only what ipywidgets
7.7 and 8.1 share is used, and every update answers a message from the page or follows it by milliseconds: Colab drops
what a kernel sends on its own.
"""

import asyncio
import html
import math
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

import ipywidgets as widgets
from IPython.display import display

from .canvas import DISPLAY_DPI, Canvas, picture_of_words, pixels, small_png
from .controls import Choice, Slider
from .figures import LIVE_RATIO, PIXEL_RATIO, display_png
from .settings import is_static

__all__ = ["Choice", "Goal", "Panel", "Slider", "live", "panel"]

SLICE_SECONDS = 0.08  # long work gives the page a turn this often
# A message within GAP of the last one's end waits FIRST for a newer one, which a drag does not feel; after each that
# comes then WAIT, but no longer than LONGEST after the last picture.
BURST_GAP, BURST_FIRST, BURST_WAIT, BURST_LONGEST = 0.006, 0.003, 0.010, 0.15
LOST = 0.1  # so much later nothing waits any more: a page that was closed took its event loop along
STILL = 1.0  # a clock that has not ticked for so long belongs to a page that was left
OVERTAKEN = 0.25  # what a slider sent before Reset was pressed may come this much later
PLAY_FRAMES = 60
STATUS_LINES = 3  # reserved under the picture, so that a longer sentence does not move the page
LEAST = 560  # px: in a narrower window the picture is scrolled, for its letters could no longer be read
DEAD = "If it does not move, run this cell."
KEYS = "Keys: Tab to a slider, then ← →, Page Up, Page Down, Home, End; or click its number and type another."
# ipywidgets gives a slider's handle and the buttons of Play no name, and the picture no text. An image that has loaded
# may run a line on the page, which does: the label beside each, and the status for the picture.
SPOKEN = """
const speak = (box, tries) => {
  if (!box.querySelector('[role=status], [role=alert]')) return tries && setTimeout(speak, 200, box, tries - 1);
  for (const handle of box.querySelectorAll('[role=slider]'))
    handle.setAttribute('aria-label', handle.closest('.widget-slider').querySelector('.widget-label').textContent);
  for (const clock of box.querySelectorAll('.widget-play'))
    clock.querySelectorAll('button').forEach((button, k) => button.setAttribute('aria-label',
      clock.previousElementSibling.textContent.replace(':', '') + ', ' + ['start or pause', 'stop', 'repeat'][k]));
  const picture = box.querySelector('img.widget-image'), line = box.querySelector('.widget-html:has([role])');
  const say = () => { picture.alt = line.textContent; };
  new MutationObserver(say).observe(line, {subtree: true, childList: true, characterData: true});
  say();
};
setTimeout(self => self.closest('.widget-vbox') && speak(self.closest('.widget-vbox'), 25), 200, this);
"""
PIXEL = "data:image/gif;base64,R0lGODlhAQABAAAAACH5BAEKAAEALAAAAAABAAEAAAICTAEAOw=="

_live: dict[str, "Panel"] = {}  # of this kernel, by name: a cell that is run again replaces its own


def live() -> dict[str, "Panel"]:
    """The panels of this kernel that are in use, by name."""
    return dict(_live)


@dataclass(frozen=True)
class Goal:
    """What a learner is to reach with a panel, checked by the panel.

    text: as it stands on the page.
    holds: asked of what was measured: by `move`, or else by the end of a Run.
    least, most: name of a slider: it must not hold for the next smaller (or larger) value, all others as they are.
    given: settings of other controls without which it does not count.
    at: a witness: settings that reach it, with `given`; the rest at their defaults. With least or most it may be left
        out: it is found by going along the slider.
    """

    text: str
    holds: Callable[[object], bool]
    at: dict = field(default_factory=dict)
    least: str | None = None
    most: str | None = None
    given: dict = field(default_factory=dict)

    @property
    def witness(self) -> dict:
        return {**self.given, **self.at}

    @property
    def searched(self) -> tuple[str, int] | None:
        """The slider along which the goal is the first value that holds, and where its neighbour lies: −1 or 1."""
        return (self.least, -1) if self.least else (self.most, 1) if self.most else None

    def check(self, controls: dict[str, Slider | Choice]) -> None:
        if not isinstance(self.text, str) or not self.text.strip() or not callable(self.holds):
            raise ValueError(f"goal: text={self.text!r}, holds={self.holds!r}: expected a sentence and a function")
        if self.least and self.most:
            raise ValueError(f"goal: least={self.least!r} and most={self.most!r}: expected one of them at most")
        if self.searched and not isinstance(controls.get(self.searched[0]), Slider):
            raise ValueError(f"goal: {self.searched[0]!r}: expected the name of a slider of this panel")
        if not (self.at or self.searched):
            raise ValueError(f"goal: at={self.at!r}: expected settings that reach it, or least= or most=")
        for name, value in self.witness.items():
            if name not in controls:
                raise ValueError(f"goal: {name!r}: expected one of {', '.join(map(repr, controls))}")
            controls[name].accept(f"goal: {name}", value)


def panel(
    name: str,
    *,
    goal: Goal | None = None,
    play: str | None = None,
    width: float = 8.0,
    height: float = 3.4,
    **controls: Slider | Choice,
) -> Callable[[Callable], "Panel"]:
    """Make a panel of the function below, show it, and put it in the function's place.

        @panel("A wave", goal=Goal(…), speed=Slider(0.5, 5.0, 1.0, step=0.1))
        def wave(fig):
            ax = fig.subplots()
            (line,) = ax.plot(x, 0 * x)

            def move(speed):
                line.set_ydata(np.sin(speed * x))
                return f"Speed {speed:.1f}: …", zeros(speed)

            return move

    The function draws once into the figure that it is given. What it returns is called at every change, as
    move(**values): it changes the artists by their setters and returns the status, one sentence with the measured and
    the predicted number, or the status and what it measured, for the goal. It should take 50 ms at most, and depend on
    the values alone: it draws no random numbers of its own. For work that takes longer the function returns a pair,
    move and run. run(**values) is a generator that moves artists and yields (fraction done, status) every few
    milliseconds, or (fraction, status, measured). It gets a Run button and a progress bar, and can be stopped.

    name: the panel's title; a later panel of the same name replaces this one.
    goal: what the learner is to reach. play: name of a slider that a Play button sweeps from low to high.
    width, height: inches. controls: name=Slider(…) or name=Choice(…).
    Raises ValueError for what makes no sense, and whatever the two functions raise, at once, for the defaults.
    """

    def of(body: Callable) -> Panel:
        made = Panel(name, body, goal=goal, play=play, width=width, height=height, **controls)
        made.show()
        return made

    return of


class _Job:
    """The work behind Run: a generator, worked off in slices. It knows neither widgets nor figure."""

    def __init__(self, work: Iterator[tuple]):
        self._work, self.done, self.status, self.measured, self.ended = work, 0.0, "", None, False

    def advance(self, seconds: float) -> None:
        """Go on for so long, or to the end; at least one step."""
        until = time.monotonic() + seconds
        while not self.ended:
            try:
                self.done, self.status, *measured = next(self._work)
                self.measured = measured[0] if measured else None
            except StopIteration:
                self.done, self.ended = 1.0, True
            if time.monotonic() >= until:
                break

    @property
    def percent(self) -> int:
        return round(100 * self.done)

    def close(self) -> None:
        self._work.close()


class Panel:
    """A live figure with controls: see `panel`, which makes one.

    Drive it without a page: `set(sigma=0.7)`, `reset()`, `run()`, `stop()`.

    name, goal, play, controls: as given. canvas: its figure. work: what Run does, or None; works: whether there is any.
    status: the sentence under the picture. measured: what `move`, or the Run, found at these values; None if nothing.
    reached: whether the goal is reached.
    """

    def __init__(self, name, body, *, goal=None, play=None, width=8.0, height=3.4, **controls):
        if not controls:
            raise ValueError("controls: expected at least one, such as sigma=Slider(0.1, 1.0, 0.5)")
        for control_name, control in controls.items():
            if not isinstance(control, Slider | Choice):
                raise ValueError(f"{control_name}={control!r}: expected a Slider or a Choice")
            control.check(control_name)
        if play is not None and not isinstance(controls.get(play), Slider):
            raise ValueError(f"play={play!r}: expected the name of a slider of this panel")
        if goal is not None:
            if not isinstance(goal, Goal):
                raise ValueError(f"goal={goal!r}: expected a Goal, such as Goal(text, holds=…, at={{…}})")
            goal.check(controls)
        self.name, self.goal, self.play, self.controls = name, goal, play, controls
        self.status, self.measured, self.reached = "", None, False
        self._lock = threading.RLock()
        self._closed, self._quiet, self._job, self._late = False, False, None, None
        self._ended = self._reset_at = -math.inf  # when the last message was done; when Reset was pressed
        self._sweep_at = self._tick_at = -math.inf  # when Play and Run last ticked
        self._touched = dict.fromkeys(controls, -math.inf)  # when the page last moved each control
        self._found = {}  # what was measured, by setting
        self.canvas = Canvas(width, height, DISPLAY_DPI * (PIXEL_RATIO if is_static() else LIVE_RATIO))
        if name in _live:
            _live[name].stop()  # its work may change what is drawn here
        self._take(body(self.canvas.figure))
        self.canvas.settle()
        self._build(play)
        try:
            self._refresh()
            self._by_run = self.measured is None
            if goal is not None and self._by_run and not self.works:
                raise ValueError(f"panel {name!r} has a goal: expected move to return its status and what it measured")
        except BaseException:
            self.close()
            raise
        if name in _live:
            _live[name].close()
        _live[name] = self

    def _take(self, returned) -> None:
        functions = returned if isinstance(returned, tuple) else (returned,)
        if len(functions) not in (1, 2) or not all(map(callable, functions)):
            raise ValueError(f"panel {self.name!r} returned {returned!r}: expected move, or move and run")
        self._move, self.work = functions if len(functions) == 2 else (*functions, None)

    # -- the widgets --------------------------------------------------------------------------------------------

    def _build(self, play: str | None) -> None:
        width, height = self.canvas.size
        self._image = widgets.Image(
            format="png",
            width=width,
            height=height,
            layout=widgets.Layout(width=f"{width}px", max_width="100%", min_width=f"{min(width, LEAST)}px"),
        )
        self._line = widgets.HTML()
        self._widgets = {name: control.widget(name, width) for name, control in self.controls.items()}
        for name, widget in self._widgets.items():
            widget.observe(lambda _change, name=name: self._on_control(name), "value")
        reset = widgets.Button(description="Reset", tooltip="Put every control back", layout={"width": "80px"})
        reset.on_click(lambda _button: self._on_reset())
        slow = widgets.Checkbox(value=False, description="slow link", indent=False, layout={"width": "100px"})
        slow.observe(lambda change: self.continuous(not change["new"]), "value")
        row, self._sweep, self._clock, self._progress = [reset, slow], None, None, None
        if play:
            self._sweep = self._play(lambda change: self._on_play(play, change["new"]), 80, PLAY_FRAMES)
            row = [widgets.Label(f"Play {self.controls[play].label or play}:"), self._sweep, *row]
        if self.works:
            # The page's own clock asks for one slice of the work after another; without a page nothing runs.
            self._clock = self._play(lambda change: self._on_tick(change["new"]), 20, 10**6)
            self._clock.observe(lambda change: self._on_pause(change["new"]), _playing(self._clock))
            self._progress = widgets.IntProgress(value=0, min=0, max=100, layout={"width": "160px"})
            row = [widgets.Label("Run:"), self._clock, self._progress, *row]
        goal = f"<br>Goal: {html.escape(self.goal.text)}" if self.goal else ""
        title = widgets.HTML(f"<b>{html.escape(self.name)}</b>{goal}")
        wrapped = widgets.Layout(flex_flow="row wrap")
        controls = widgets.HBox(list(self._widgets.values()), layout=wrapped)
        spoken = f'<img hidden alt="" src="{PIXEL}" onload="{html.escape(SPOKEN)}">'
        keys = widgets.HTML(f'<small style="opacity:0.7">{KEYS}</small>{spoken}')
        self.box = widgets.VBox([title, controls, widgets.HBox(row, layout=wrapped), self._image, self._line, keys])
        self.box._view_count = 0  # ask the page to count its views of it
        self.box.observe(lambda change: self._on_views(change["old"], change["new"]), "_view_count")

    def _play(self, tick: Callable, interval: int, most: int):
        clock = widgets.Play(value=0, min=0, max=most, interval=interval, show_repeat=False)
        clock.observe(tick, "value")
        return clock

    def continuous(self, on: bool) -> None:
        """Move the picture while a slider is dragged (on), or when it is let go (off, for slow links)."""
        for widget in self._widgets.values():
            if widget.has_trait("continuous_update"):
                widget.continuous_update = on

    # -- what the page asks for: one at a time ------------------------------------------------------------------

    def _on_control(self, name: str) -> None:
        with self._lock:
            if self._quiet or self._closed:
                return
            now = time.monotonic()
            if now - self._reset_at < OVERTAKEN and self._reset_at - self._touched[name] < OVERTAKEN:
                # Sent before Reset was pressed, and held back by the page until the message before was answered.
                self._put({name: self.controls[name].default})
                return
            self._touched[name] = now
            waits, loop = self._late is not None and now < self._late + LOST, _running_loop()
            if loop is not None and (waits or now - self._ended < BURST_GAP):
                self._late = min(now, self._ended + BURST_LONGEST) + (wait := BURST_WAIT if waits else BURST_FIRST)
                loop.call_later(wait, self._on_late)
            else:
                self._refresh()

    def _on_late(self) -> None:
        with self._lock:
            if self._late is not None and time.monotonic() > self._late - 0.001 and not self._closed:
                self._refresh()

    def _on_reset(self) -> None:
        with self._lock:
            if not self._closed:
                self._reset_at = time.monotonic()
                self.reset()

    def _on_play(self, name: str, tick: int) -> None:
        with self._lock:
            if self._quiet or self._closed or not _is_playing(self._sweep):  # one that was on its way at a stop
                return
            self._sweep_at, values = time.monotonic(), self.controls[name].values
            self._widgets[name].value = values[round(tick / PLAY_FRAMES * (len(values) - 1))]

    def _on_tick(self, tick: int) -> None:
        with self._lock:
            if self._quiet or self._closed:
                return
            if tick == self._clock.min:  # the stop button
                self.stop()
            elif _is_playing(self._clock):  # if not, it was on its way when the work ended
                self._tick_at = time.monotonic()
                self.run(SLICE_SECONDS)

    def _on_pause(self, playing: bool) -> None:
        with self._lock:
            if not (self._quiet or self._closed or playing or self._job is None):
                self._pause()

    def _on_views(self, before: int | None, now: int | None) -> None:
        """What runs or plays waits where nobody looks: the output was cleared, or the page reloaded.

        A reload counts its new view on top of the one that is gone, so that the count alone says too little.
        """
        with self._lock:
            if self._closed or not isinstance(now, int):
                return
            gone, late = now < (before or 0), time.monotonic() - STILL
            if gone or self._sweep_at < late:
                self._halt(self._sweep)
            if self._job is not None and _is_playing(self._clock) and (gone or self._tick_at < late):
                self._halt(self._clock)
                self._pause()
            if not gone:  # what was sent while the page loaded anew is lost
                for widget in (self._image, self._line, self._progress or self._line):
                    widget.send_state()

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
            if name not in self.controls:
                raise ValueError(f"control={name!r}: expected one of {', '.join(map(repr, self.controls))}")
            values[name] = self.controls[name].accept(name, value)
        with self._lock:
            self._put(values)
            self._refresh()
            return self.status

    def reset(self) -> str:
        """Stop what runs or plays, put every control back to its default, and update."""
        with self._lock:
            self._halt(self._sweep, rewind=True)
            return self.set(**{name: control.default for name, control in self.controls.items()})

    def _put(self, values: dict) -> None:
        """Set controls, and draw nothing."""
        before, self._quiet = self._quiet, True
        try:
            for name, value in values.items():
                self._widgets[name].value = value
        finally:
            self._quiet = before

    def _refresh(self) -> None:
        """Draw the picture of the values that the controls have now."""
        self._late = None
        self._end_job(done=0)
        try:
            status, self.measured = self._measure(self.values)
            self._publish(status + self._judge())
        except BaseException as error:
            self._fail(error)
            raise  # the kernel's log and the tests see it too

    def _measure(self, values: dict) -> tuple:
        returned = self._move(**values)
        status, measured = returned if isinstance(returned, tuple) and len(returned) == 2 else (returned, None)
        if not isinstance(status, str) or not status.strip():
            raise ValueError(f"move returned {returned!r}: expected the status, one sentence, or it and a measurement")
        if measured is not None:
            self._found[self._key(values)] = measured
        return status, measured

    def _key(self, values: dict) -> tuple:
        return tuple(control.index(values[name]) for name, control in self.controls.items())

    def _judge(self) -> str:
        """Find out whether the goal is reached at these values; returns what the status is to say of it."""
        goal, values, self.reached = self.goal, self.values, False
        if goal is None or self.measured is None or not goal.holds(self.measured):
            return ""
        if any(
            self.controls[name].index(values[name]) != self.controls[name].index(v) for name, v in goal.given.items()
        ):
            return ""
        if goal.searched:
            name, step = goal.searched
            beside = self.controls[name].neighbour(values[name], step)
            there = {**values, name: beside}
            if beside is not None and self._key(there) not in self._found:
                if self._job is not None:
                    return f" It holds here; now run {self.controls[name].label or name} {beside:g}."
                self._measure(there)
                self._move(**values)
            if beside is not None and goal.holds(self._found[self._key(there)]):
                return ""
        self.reached = True
        return " ✓ Goal reached."

    def _publish(self, status: str) -> None:
        self._image.value = self.canvas.png()
        self._say(status)
        self._ended = time.monotonic()

    def _say(self, status: str, alert: bool = False) -> None:
        self.status = status
        role, colour = ("alert", "color:var(--jp-error-color1, #b00020);") if alert else ("status", "")
        style = f"{colour}line-height:1.4;height:{1.4 * STATUS_LINES:.1f}em;overflow:auto"
        self._line.value = f'<div role="{role}" style="{style}">{html.escape(status)}</div>'

    def _fail(self, error: BaseException) -> None:
        """Show the error where the picture was: a stale picture would be taken for an answer."""
        message = f"This panel's update failed: {type(error).__name__}: {error}"
        if not isinstance(error, Exception):
            message = "This panel's update was interrupted. Move a control, or press Reset, to draw it again."
        self.measured, self.reached = None, False
        fig = self.canvas.figure
        self._image.value = picture_of_words(message, *fig.get_size_inches(), fig.dpi)
        self._say(message, alert=True)
        self._ended = time.monotonic()

    # -- long work ----------------------------------------------------------------------------------------------

    def run(self, seconds: float = math.inf) -> str:
        """Begin the long work, or go on with it, for so long or to its end; returns the status."""
        if not self.works:
            raise ValueError(f"panel {self.name!r} has no run: expected a function that returns move and run")
        with self._lock:
            if self._job is None:
                self._begin_job()
            job, verdict = self._job, ""
            try:
                job.advance(seconds)
                self._progress.value = job.percent
                if job.ended:
                    if self._by_run and job.measured is not None:
                        self.measured = self._found[self._key(self.values)] = job.measured
                        verdict = self._judge()
                    self._end_job()
                self._publish(job.status + verdict)
            except BaseException as error:
                self._end_job()
                if isinstance(error, Exception):
                    self._fail(error)
                else:
                    self._publish(f"Interrupted at {job.percent} %. {job.status}")
                raise
            return self.status

    @property
    def works(self) -> bool:
        return self.work is not None

    @property
    def percent(self) -> int:
        """How far the long work has come, as the bar says."""
        return self._progress.value if self.works else 0

    @property
    def running(self) -> bool:
        """Whether the long work has begun and is not at its end."""
        return self._job is not None

    def _pause(self) -> None:
        self._publish(f"Paused at {self._job.percent} %. {self._job.status}")

    def stop(self) -> None:
        """End the long work where it is; the picture stays as far as it came, and says so."""
        with self._lock:
            if job := self._job:
                self._end_job()
                self._publish(f"Stopped at {job.percent} %. {job.status}")

    def _begin_job(self) -> None:
        self._halt(self._sweep)
        if not self._by_run:
            self._found.clear()  # the work may change what is measured, as a training does
        self._job, self.reached = _Job(self.work(**self.values)), False

    def _end_job(self, done: int | None = None) -> None:
        if self._job is not None:
            self._job.close()
            self._job = None
        self._halt(self._clock)
        if self._progress is not None and done is not None:
            self._progress.value = done

    def _halt(self, clock, rewind: bool = False) -> None:
        """Stop one of the page's clocks."""
        if clock is None:
            return
        before, self._quiet = self._quiet, True
        try:
            setattr(clock, _playing(clock), False)
            if rewind:
                clock.value = clock.min
        finally:
            self._quiet = before

    # -- the page -----------------------------------------------------------------------------------------------

    def show(self) -> None:
        """Display the panel; under COURSE_STATIC=1, its picture at the defaults as a plain PNG."""
        if is_static():
            display_png(small_png(pixels(self.canvas.figure)), *self.canvas.size, alt=self.status)
            print(self.status)
        else:
            display(self.box)
            # beside the widget, which no other kernel than this one can move, and not every front end can show again
            display({"text/html": f'<small style="opacity:0.7">{DEAD}</small>', "text/plain": DEAD}, raw=True)

    def close(self) -> None:
        """End its work, stop its clocks, and take it and all that belongs to it off the page."""
        with self._lock:
            if self._closed:
                return
            self._end_job()
            self._halt(self._sweep)
            self._closed = True
            if _live.get(self.name) is self:
                del _live[self.name]
            for widget in _with_children(self.box):
                widget.close()


def _running_loop():
    try:
        return asyncio.get_running_loop()
    except RuntimeError:
        return None


def _playing(clock) -> str:
    """The trait that says whether a Play button plays: ipywidgets 8, 7."""
    return "playing" if clock.has_trait("playing") else "_playing"


def _is_playing(clock) -> bool:
    return getattr(clock, _playing(clock))


def _with_children(widget) -> list:
    """It, what it contains, and their layouts and styles: each is a widget with a comm of its own."""
    own = [widget, *(getattr(widget, name) for name in ("layout", "style") if widget.has_trait(name))]
    return own + [inner for child in getattr(widget, "children", ()) for inner in _with_children(child)]
