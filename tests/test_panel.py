"""`helpers.panel`, driven without a browser.

Proves that the picture on the page is always the one that a full redraw would give, that an error takes its place
instead of leaving it stale, that the page's own controls do what the methods do, that long work can be stopped and
cleans up, and that `sweep` finds what is broken.
"""

import io
import math

import ipywidgets as widgets
import numpy as np
import pytest
from PIL import Image

from helpers import figures
from helpers import panel as panel_module
from helpers.figures import DISPLAY_DPI, LIVE_RATIO, figure, pixels
from helpers.panel import Choice, Panel, Slider, sweep


@pytest.fixture(autouse=True)
def live(monkeypatch) -> dict:
    """No panel but the test's own."""
    monkeypatch.delenv("COURSE_STATIC", raising=False)
    monkeypatch.setattr(panel_module, "_live", {})
    return panel_module._live


class Wave:
    """A small figure: a line and a note that move, a title and a second axes that are seldom redrawn."""

    def __init__(self):
        self.fig, (self.ax, self.aside) = figure(1, 2, width=3, height=1.5)
        self.x = np.linspace(0.1, 0.9, 50)
        (self.line,) = self.ax.plot(self.x, 0 * self.x, color="k")
        self.note = self.fig.text(0.7, 0.5, "")
        self.ax.set(xlim=(0, 1), ylim=(-2, 2), xticks=[], yticks=[])
        self.aside.set(xticks=[], yticks=[])

    def update(self, height=1.0, count=3, colour="black", **_others) -> str:
        self.line.set_data(self.x, height * np.sin(count * self.x))
        self.line.set_color(colour)
        self.note.set_text(f"{count}")
        title = "" if colour == "black" else "not\nblack"  # it would shrink the axes if the layout were done again
        if self.ax.get_title() != title:
            self.ax.set_title(title)
            self.aside.set_facecolor("white" if colour == "black" else "lightyellow")
        return f"height {height:.2f}, {count} waves"

    def panel(self, name="Wave", update=None, **options) -> Panel:
        controls = {"height": Slider(-1.5, 1.5, 1.0, step=0.1), "count": Slider(1, 9, 3)}
        controls["colour"] = Choice(("black", "red"), "black")
        if not any(isinstance(option, Slider | Choice) for option in options.values()):
            options |= controls
        return Panel(name, self.fig, update or self.update, moving=[self.line, self.note], **options)


def full_redraw(values: list[dict]) -> np.ndarray:
    """The picture after these updates, of a figure that no panel ever touched: nothing is animated or cached."""
    wave = Wave()
    wave.fig.set_dpi(DISPLAY_DPI * LIVE_RATIO)
    for index, settings in enumerate(values):
        wave.update(**settings)
        wave.fig.canvas.draw()
        if index == 0:
            wave.fig.set_layout_engine("none")  # the layout of the first picture holds for good
    return pixels(wave.fig)


def decoded(png: bytes) -> np.ndarray:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB"))


def parts(panel: Panel, kind) -> list:
    """The widgets of a kind on the panel, in the order of the page."""

    def walk(widget):
        yield widget
        for child in getattr(widget, "children", ()):
            yield from walk(child)

    return [widget for widget in walk(panel._box) if isinstance(widget, kind)]


def control(panel: Panel, name: str):
    return next(w for w in parts(panel, widgets.Widget) if getattr(w, "description", None) == name)


# -- one picture ----------------------------------------------------------------------------------------------------


def test_the_picture_is_always_that_of_a_full_redraw():
    panel, start = Wave().panel(), {"height": 1.0, "count": 3, "colour": "black"}
    assert np.array_equal(decoded(panel.png), full_redraw([start]))
    steps = [
        {"height": -0.5},  # the line alone moves: blitted
        {"count": 5},
        {"colour": "red"},  # title and second axes change, which are not among the moving artists
        {"height": 0.3, "count": 1},
        {"colour": "black"},
    ]
    now = start
    for step in steps:
        panel.set(**step)
        now = now | step
        assert panel.values == now
        assert np.array_equal(decoded(panel.png), full_redraw([start, now])), now
        assert panel.status == f"height {now['height']:.2f}, {now['count']} waves"


def test_an_update_that_moves_only_its_lines_redraws_nothing_else(monkeypatch):
    wave = Wave()
    panel = wave.panel()
    draws = []
    draw = wave.fig.canvas.draw
    monkeypatch.setattr(wave.fig.canvas, "draw", lambda: (draws.append(1), draw()))
    for height in (0.1, 0.2, 0.3):
        panel.set(height=height)
    assert not draws
    panel.set(colour="red")
    assert len(draws) == 1


def test_a_moved_widget_and_the_reset_button_do_what_the_methods_do():
    panel = Wave().panel()
    default = panel.png, panel.status
    control(panel, "height").value = 0.25
    control(panel, "count").value = 7
    control(panel, "colour").value = "red"
    moved = panel.png, panel.status
    assert moved != default
    assert moved[1] == "height 0.25, 7 waves"
    control(panel, "Reset").click()
    assert (panel.png, panel.status) == default
    panel.set(height=0.25, count=7, colour="red")
    assert (panel.png, panel.status) == moved
    panel.reset()
    assert (panel.png, panel.status) == default


def test_set_updates_once_for_all_its_values():
    wave, calls = Wave(), []
    panel = wave.panel(update=lambda **values: (calls.append(values), wave.update(**values))[1])
    calls.clear()
    panel.set(height=0.5, count=2, colour="red")
    assert calls == [{"height": 0.5, "count": 2, "colour": "red"}]
    assert isinstance(calls[0]["count"], int)


def test_the_page_shows_picture_status_goal_and_labels():
    panel = Wave().panel("A <name>", goal="reach π", height=Slider(0, 2, 1, label="height h"))
    (image,) = parts(panel, widgets.Image)
    assert (image.format, int(image.width), int(image.height)) == ("png", 300, 150)
    assert bytes(image.value) == panel.png
    assert decoded(panel.png).shape == (150, 300, 3)
    title, line = (html.value for html in parts(panel, widgets.HTML))
    assert "A &lt;name&gt;" in title
    assert "Goal: reach π" in title
    assert 'role="status"' in line
    assert panel.status in line
    assert control(panel, "height h").value == 1


def test_play_sweeps_its_slider_from_end_to_end():
    for slider, kind in ((Slider(-1.5, 1.5, 1.0, step=0.1), float), (Slider(2, 9, 3), int)):
        panel = Wave().panel(play="height", height=slider)
        (clock,) = parts(panel, widgets.Play)
        seen = []
        for tick in [*range(1, clock.max + 1), 0]:
            clock.value = tick
            seen.append(panel.values["height"])
            assert isinstance(seen[-1], kind)
        assert seen[-2:] == [slider.high, slider.low]
        even = np.linspace(slider.low, slider.high, clock.max + 1)[1:]
        assert np.abs(seen[:-1] - even).max() <= (0.5 if kind is int else 1e-9)
        assert f"{seen[-1]:.2f}" in panel.status


def test_play_sweeps_a_logarithmic_slider_in_equal_factors():
    panel = Wave().panel(play="height", height=Slider(1e-3, 1.0, 0.1, step=0.1, log=True))
    (clock,) = parts(panel, widgets.Play)
    seen = []
    for tick in range(1, clock.max + 1):
        clock.value = tick
        seen.append(panel.values["height"])
    assert np.allclose(np.diff(np.log10(seen)), 3 / clock.max)


def test_the_slow_link_box_waits_until_a_slider_is_let_go():
    panel = Wave().panel()
    (box,) = parts(panel, widgets.Checkbox)
    sliders = [w for w in parts(panel, widgets.Widget) if w.has_trait("continuous_update")]
    assert len(sliders) == 2
    for slow in (True, False):
        box.value = slow
        assert all(slider.continuous_update is not slow for slider in sliders)


def test_a_later_panel_of_the_same_name_replaces_the_earlier(live):
    first, other, second = Wave().panel("one"), Wave().panel("two"), Wave().panel("one")
    assert live == {"one": second, "two": other}
    assert first._box.comm is None
    first.close()  # again, and it takes nothing else along
    assert live == {"one": second, "two": other}
    second.close()
    assert live == {"two": other}


# -- bad arguments --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"s": Slider(0.0, 1.0, 1.5)}, r"s\.default=1\.5: expected a number from 0 to 1"),
        ({"s": Slider(1, 9, 0)}, r"s\.default=0: expected a number from 1 to 9"),
        ({"s": Slider(0.1, 10, 20, log=True)}, r"s\.default=20: expected a number from 0\.1 to 10"),
        ({"s": Slider(0.0, 1.0, math.nan)}, r"s\.default=nan: expected a finite number"),
        ({"s": Slider(1.0, 1.0, 1.0)}, r"s: range 1 to 1: expected low < high"),
        ({"s": Slider(0.0, math.inf, 1.0)}, r"s\.high=inf: expected a finite number"),
        ({"s": Slider(0.0, 1.0, 0.5, log=True)}, r"s: range 0 to 1: expected low < high, low > 0"),
        ({"s": Slider(0.0, 1.0, 0.5, step=0)}, r"s\.step=0: expected a number > 0 and ≤ 1"),
        ({"s": Slider(0.0, 1.0, 0.5, step=2)}, r"s\.step=2: expected a number > 0 and ≤ 1"),
        (
            {"s": Slider(0.0, 1.0, 0.5, step=0.2)},
            r"s\.default=0\.5: expected a value that the slider can show, such as 0\.4",
        ),
        ({"s": Slider(1.0, 50.0, 10.0, log=True)}, r"s\.default=10: expected a value that the slider can show"),
        ({"s": Slider(1.0, 10.0, 1.0, step=2, log=True)}, r"s\.step=2: expected a number > 0 and ≤ 1"),
        ({"s": Choice(("a", "b"), "c")}, r"s\.default='c': expected one of 'a', 'b'"),
        ({"s": Choice(("a",), "a")}, r"s\.options=\('a',\): expected two different strings"),
        ({"s": Choice((1, 2), 1)}, r"s\.options=\(1, 2\): expected two different strings"),
        ({"s": Slider(0.0, 1.0, 0.5), "play": "t"}, r"play='t': expected the name of a slider"),
        ({"s": Choice(("a", "b"), "a"), "play": "s"}, r"play='s': expected the name of a slider"),
        ({"s": 0.5}, r"s=0\.5: expected a Slider or a Choice"),
        ({"s": Choice("ab", "a")}, r"s\.options='ab': expected two different strings"),
        ({"s": Slider(0.0, 1.0, 0.5), "moving": "line"}, r"moving='line': expected a list of artists"),
    ],
)
def test_a_bad_panel_is_named_and_never_live(live, options, message):
    wave = Wave()
    with pytest.raises(ValueError, match=message):
        Panel("bad", wave.fig, wave.update, **options)
    assert not live


def test_a_panel_without_controls_or_figure_is_refused(live):
    wave = Wave()
    with pytest.raises(ValueError, match=r"fig=\(.*: expected a figure, the first of the two"):
        Panel("bad", (wave.fig, None), wave.update, s=Slider(0.0, 1.0, 0.5))
    with pytest.raises(ValueError, match=r"controls: expected at least one, such as"):
        Panel("bad", wave.fig, wave.update)
    assert not live


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"width": 1}, r"control='width': expected one of 'height', 'count', 'colour'"),
        ({"height": 2}, r"height=2: expected a number from -1\.5 to 1\.5"),
        ({"height": math.nan}, r"height=nan: expected a finite number"),
        ({"height": None}, r"height=None: expected one number"),
        ({"count": 2.5}, r"count=2\.5: expected a whole number"),
        ({"count": 10}, r"count=10: expected a number from 1 to 9"),
        ({"colour": "green"}, r"colour='green': expected one of 'black', 'red'"),
        ({"count": 5, "height": 9}, r"height=9: expected"),
        ({"height": "7"}, r"height='7': expected one number"),
    ],
)
def test_a_bad_value_is_named_and_changes_nothing(values, message):
    panel = Wave().panel()
    before = panel.values, panel.png, panel.status
    with pytest.raises(ValueError, match=message):
        panel.set(**values)
    assert (panel.values, panel.png, panel.status) == before


# -- errors ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("drive", ["set", "widget"])
def test_an_error_is_shown_and_raised_and_the_next_update_recovers(drive):
    wave = Wave()

    def update(height, **others):
        if height < 0:
            raise ZeroDivisionError("no waves < 0 & none at all")
        return wave.update(height, **others)

    panel = wave.panel(update=update)
    good = panel.png
    with pytest.raises(ZeroDivisionError):
        if drive == "set":
            panel.set(height=-1)
        else:
            control(panel, "height").value = -1
    assert "ZeroDivisionError: no waves < 0 & none at all" in panel.status
    assert decoded(panel.png).shape == decoded(good).shape
    assert panel.png != good
    line = parts(panel, widgets.HTML)[-1].value
    assert 'role="alert"' in line
    assert "no waves &lt; 0 &amp; none" in line
    panel.reset()
    assert panel.png == good
    assert 'role="status"' in parts(panel, widgets.HTML)[-1].value


def test_an_error_that_speaks_in_dollars_is_shown_too():
    wave, message = Wave(), "expected $x_$ or $y_$"

    def update(height, **others):
        if height < 0:
            raise KeyError(message)
        return wave.update(height, **others)

    panel = wave.panel(update=update)
    good = panel.png
    with pytest.raises(KeyError):
        panel.set(height=-1)
    assert message in panel.status
    assert panel.png != good


def test_an_error_at_the_defaults_is_raised_at_once(live):
    old = Wave().panel("one")
    with pytest.raises(ZeroDivisionError):
        Wave().panel("one", update=lambda **_: 1 / 0)
    assert live == {"one": old}


@pytest.mark.parametrize("status", [None, 3.0, "", "  "])
def test_a_status_is_a_sentence(status):
    with pytest.raises(ValueError, match=r"expected the status, one sentence"):
        Wave().panel(update=lambda **_: status)


# -- the sweep ------------------------------------------------------------------------------------------------------


def test_the_sweep_visits_every_corner_and_leaves_the_defaults():
    wave, seen = Wave(), []
    panel = wave.panel(update=lambda **values: (seen.append(values), wave.update(**values))[1])
    Wave().panel("log", height=Slider(1e-3, 1.0, 0.1, step=0.1, log=True))
    default = panel.png
    report = sweep(corners=20)
    assert [line.split(":")[0] for line in report.splitlines()] == ["Wave", "log"]
    assert "28 settings" in report.splitlines()[0]  # 3 + 3 + 2, and 20 at random
    settings = {tuple(values.values()) for values in seen}
    corners = {(-1.5, 3, "black"), (1.5, 3, "black"), (1.0, 1, "black"), (1.0, 9, "black"), (1.0, 3, "red")}
    assert corners <= settings
    assert len(settings - corners) >= 15  # the random ones, and the defaults
    assert (panel.png, panel.values) == (default, {"height": 1.0, "count": 3, "colour": "black"})


def fails_in_a_corner(wave, height, count, **others):
    if height > 1.49 and count == 3:
        raise FloatingPointError("overflow in the corner")
    return wave.update(height, count, **others)


def is_not_finite(number):
    return lambda wave, height, **others: wave.update(height, **others) + (f", slope {number}" if height < 0 else "")


def ignores_its_count(wave, count, **others):
    wave.update(**others)
    return f"{count} waves"  # the words change, the picture does not


@pytest.mark.parametrize(
    ("update", "error", "message"),
    [
        (fails_in_a_corner, FloatingPointError, "overflow in the corner"),
        (is_not_finite(math.nan), RuntimeError, r"'Wave' at .*'height': -1\.5.*not finite.*slope nan"),
        (is_not_finite(-math.inf), RuntimeError, r"not finite.*slope -inf"),
        (ignores_its_count, RuntimeError, r"'Wave': count leaves the picture unchanged"),
    ],
)
def test_the_sweep_finds_what_is_broken(update, error, message):
    wave = Wave()
    wave.panel(update=lambda **values: update(wave, **values))
    with pytest.raises(error, match=message):
        sweep()


def test_words_are_no_numbers():
    wave = Wave()
    wave.panel(update=lambda **values: wave.update(**values) + ": nano-waves, information, an infinite row")
    assert sweep(corners=1)


def test_a_sweep_of_nothing_is_no_proof():
    with pytest.raises(RuntimeError, match="no panel is live"):
        sweep()
    Wave().panel()
    with pytest.raises(ValueError, match=r"corners=0: expected"):
        sweep(corners=0)


# -- long work ------------------------------------------------------------------------------------------------------


class Work:
    """Ten strides of long work behind Run, and what became of each run of it."""

    def __init__(self, monkeypatch, fails_at: int = 10**9):
        monkeypatch.setattr(panel_module, "SLICE_SECONDS", 0.0)  # every tick does one stride
        self.wave, self.fails_at, self.started, self.ended = Wave(), fails_at, 0, 0
        self.panel = self.wave.panel(run=self.run)
        (self.clock,) = parts(self.panel, widgets.Play)
        self._playing = "playing" if self.clock.has_trait("playing") else "_playing"  # ipywidgets 8, 7
        (self.progress,) = parts(self.panel, widgets.IntProgress)

    def run(self, **values):
        self.job = self.strides(**values)  # held here too, so that it ends only when it is closed
        return self.job

    def strides(self, height, **_others):
        self.started += 1
        try:
            for stride in range(1, 11):
                if stride == self.fails_at:
                    raise FloatingPointError("diverged")
                self.wave.update(height * stride / 10)
                yield stride / 10, f"{stride} of 10"
        finally:
            self.ended += 1

    @property
    def playing(self) -> bool:
        return getattr(self.clock, self._playing)

    def tick(self, times: int = 1) -> None:
        """What the page sends while Run is on."""
        setattr(self.clock, self._playing, True)
        for _ in range(times):
            self.clock.value += 1


def test_run_goes_to_its_end_without_a_page(monkeypatch):
    work = Work(monkeypatch)
    before = work.panel.png
    assert work.panel.run() == work.panel.status == "10 of 10"
    assert work.progress.value == 100
    assert (work.started, work.ended) == (1, 1)
    assert work.panel.run() == "10 of 10"  # and again
    assert (work.started, work.ended) == (2, 2)
    assert work.panel.png == before  # the last stride is the default picture
    work.panel.reset()
    assert work.progress.value == 0


def test_each_tick_of_the_page_does_a_slice(monkeypatch):
    work = Work(monkeypatch)
    pictures = {work.panel.png}
    for stride in range(1, 10):
        work.tick()
        pictures.add(work.panel.png)
        assert work.panel.status == f"{stride} of 10"
        assert work.progress.value == 10 * stride
    assert len(pictures) == 10
    work.tick(2)  # the last stride, and the end
    assert work.panel.status == "10 of 10"
    assert work.progress.value == 100
    assert (work.started, work.ended) == (1, 1)
    assert not work.playing
    work.tick()  # pressed again
    assert work.panel.status == "1 of 10"
    assert work.started == 2


def test_the_stop_button_stops_in_the_middle(monkeypatch):
    work = Work(monkeypatch)
    work.tick(4)
    picture = work.panel.png
    assert work.ended == 0
    work.clock.value = 0
    assert work.panel.status == "Stopped at 40 %. 4 of 10"
    assert work.panel.png == picture
    assert (work.started, work.ended) == (1, 1)
    assert not work.playing
    work.panel.stop()  # with nothing to stop
    assert work.panel.status == "Stopped at 40 %. 4 of 10"


@pytest.mark.parametrize("drive", ["set", "widget", "reset"])
def test_a_moved_control_cancels_the_work(monkeypatch, drive):
    work = Work(monkeypatch)
    work.tick(3)
    if drive == "set":
        work.panel.set(height=0.5)
    elif drive == "widget":
        control(work.panel, "height").value = 0.5
    else:
        control(work.panel, "Reset").click()
    assert work.ended == 1
    assert not work.playing
    assert work.panel.status == f"height {1.0 if drive == 'reset' else 0.5:.2f}, 3 waves"


@pytest.mark.parametrize("ending", ["done", "cancelled", "stopped"])
def test_a_tick_that_comes_late_starts_nothing(monkeypatch, ending):
    work = Work(monkeypatch)
    if ending == "done":
        work.tick(11)
    else:
        work.tick(3)
        (work.panel.reset if ending == "cancelled" else work.panel.stop)()
    status, picture = work.panel.status, work.panel.png
    assert not work.playing
    work.clock.value += 1  # the page holds one message back until the kernel has answered the one before
    assert work.started == 1
    assert (work.panel.status, work.panel.png) == (status, picture)


@pytest.mark.parametrize("drive", ["run", "tick"])
def test_an_error_in_the_work_is_shown_and_raised(monkeypatch, drive):
    work = Work(monkeypatch, fails_at=3)
    before = work.panel.png
    with pytest.raises(FloatingPointError):
        work.panel.run() if drive == "run" else work.tick(3)
    assert "FloatingPointError: diverged" in work.panel.status
    assert work.panel.png != before
    assert (work.started, work.ended) == (1, 1)
    assert not work.playing
    assert work.panel.reset() == "height 1.00, 3 waves"
    assert work.panel.png == before


def test_work_that_was_not_given_cannot_be_run():
    with pytest.raises(ValueError, match=r"panel 'Wave' has no run: expected"):
        Wave().panel().run()


# -- the page -------------------------------------------------------------------------------------------------------


@pytest.fixture
def page(monkeypatch) -> list:
    """What was displayed: the object, and the metadata beside it."""
    outputs = []
    for module in (figures, panel_module):
        monkeypatch.setattr(
            module, "display", lambda thing, raw=False, metadata=None: outputs.append((thing, metadata))
        )
    return outputs


def test_show_gives_the_widget_alone(page, capsys):
    panel = Wave().panel()
    panel.show()
    assert page == [(panel._box, None)]
    assert capsys.readouterr().out == ""


def test_a_static_page_gets_the_picture_and_the_status_and_no_widget(page, capsys, monkeypatch):
    monkeypatch.setenv("COURSE_STATIC", "1")
    panel = Wave().panel()
    panel.show()
    ((data, metadata),) = page
    assert set(data) == {"image/png", "text/plain"}
    assert metadata == {"image/png": {"alt": panel.status, "width": 300, "height": 150}}
    assert np.abs(decoded(data["image/png"]).astype(int) - decoded(panel.png)).mean() < 1  # to the palette's shade
    assert capsys.readouterr().out == panel.status + "\n"
