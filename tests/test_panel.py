"""`helpers.panel`, driven without a browser.

Proves that the picture on the page is always the one that a full draw would give, that an error or an interrupt takes
its place instead of leaving it stale, that the page's own controls do what the methods do, one at a time, that long
work obeys whatever is pressed, that goals are checked, and that the sweep of the tests finds what is broken.
"""

import asyncio
import math
import threading
import time

import ipywidgets as widgets
import numpy as np
import pytest

from helpers import figures
from helpers import panel as panel_module
from helpers.panel import Choice, Goal, Panel, Slider, live, panel
from tests.sweep import check_creation, decoded, full_draw, remember, sweep


@pytest.fixture(autouse=True)
def alone(monkeypatch) -> None:
    """No panel but the test's own, and nothing shown."""
    monkeypatch.delenv("COURSE_STATIC", raising=False)
    monkeypatch.setattr(panel_module, "_live", {})
    monkeypatch.setattr(panel_module, "display", lambda *_things, **_how: None)


class Wave:
    """A small panel: a line and a note that move, a title and a second axes that are seldom redrawn."""

    CONTROLS = {  # noqa: RUF012
        "rise": Slider(-1.5, 1.5, 1.0, step=0.1),
        "count": Slider(1, 9, 3),
        "colour": Choice(("black", "red"), "black"),
    }

    def __init__(self):
        self.moves, self.x = 0, np.linspace(0.1, 0.9, 50)

    def draw(self, fig):
        ax, self.aside = fig.subplots(1, 2)
        self.ax, self.fig = ax, fig
        (self.line,) = ax.plot(self.x, 0 * self.x, color="k")
        self.note = fig.text(0.7, 0.5, "")
        ax.set(xlim=(0, 1), ylim=(-2, 2), xticks=[], yticks=[])
        self.aside.set(xticks=[], yticks=[])
        return self.move

    def move(self, rise=1.0, count=3, colour="black", **_others):
        self.moves += 1
        self.line.set_data(self.x, rise * np.sin(count * self.x))
        self.line.set_color(colour)
        self.note.set_text(f"{count}")
        title = "" if colour == "black" else "not\nblack"  # it would shrink the axes if the layout were done again
        if self.ax.get_title("center") != title:
            self.ax.set_title(title, loc="center")
            self.aside.set_facecolor("white" if colour == "black" else "lightyellow")
        return f"rise {rise:.2f}, {count} waves", rise * count

    def panel(self, name="Wave", move=None, run=None, **options) -> Panel:
        def body(fig):
            own = self.draw(fig)
            return (move or own) if run is None else (move or own, run)

        if not any(isinstance(option, Slider | Choice) for option in options.values()):
            options |= self.CONTROLS
        return panel(name, width=3, height=1.5, **options)(body)


def parts(panel: Panel, kind) -> list:
    """The widgets of a kind on the panel, in the order of the page."""

    def walk(widget):
        yield widget
        for child in getattr(widget, "children", ()):
            yield from walk(child)

    return [widget for widget in walk(panel.box) if isinstance(widget, kind)]


def control(panel: Panel, name: str):
    return next(w for w in parts(panel, widgets.Widget) if getattr(w, "description", None) == name)


def playing(clock) -> str:
    return "playing" if clock.has_trait("playing") else "_playing"  # ipywidgets 8, 7


# -- one picture ----------------------------------------------------------------------------------------------------


def test_the_picture_is_always_that_of_a_full_draw():
    wave = Wave()
    panel, now = wave.panel(), {"rise": 1.0, "count": 3, "colour": "black"}
    steps = [
        {},
        {"rise": -0.5},  # the line alone moves: blitted
        {"count": 5},
        {"colour": "red"},  # title and second axes change
        {"rise": 0.3, "count": 1},
        {"colour": "black"},
    ]
    shown = []
    for step in steps:
        panel.set(**step)
        now |= step
        assert panel.values == now
        assert panel.status == f"rise {now['rise']:.2f}, {now['count']} waves"
        shown.append((dict(now), decoded(panel.png)))
    for setting, picture in shown:
        panel.set(**setting)
        assert np.array_equal(picture, full_draw(panel.canvas)), setting


def test_a_moved_widget_and_the_reset_button_do_what_the_methods_do():
    panel = Wave().panel()
    default = panel.png, panel.status
    control(panel, "rise").value = 0.25
    control(panel, "count").value = 7
    control(panel, "colour").value = "red"
    moved = panel.png, panel.status
    assert moved != default
    assert moved[1] == "rise 0.25, 7 waves"
    control(panel, "Reset").click()
    assert (panel.png, panel.status) == default
    panel.set(rise=0.25, count=7, colour="red")
    assert (panel.png, panel.status) == moved
    panel.reset()
    assert (panel.png, panel.status) == default


def test_set_moves_once_for_all_its_values():
    wave, calls = Wave(), []
    panel = wave.panel(move=lambda **values: (calls.append(values), wave.move(**values))[1])
    calls.clear()
    panel.set(rise=0.5, count=2, colour="red")
    assert calls == [{"rise": 0.5, "count": 2, "colour": "red"}]
    assert isinstance(calls[0]["count"], int)
    assert panel.measured == 1.0


def test_the_page_shows_picture_status_goal_labels_and_keys():
    goal = Goal("reach π", holds=lambda found: found > 4, at={"rise": 2})
    panel = Wave().panel("A <name>", goal=goal, rise=Slider(0, 2, 1, label="rise h"))
    (image,) = parts(panel, widgets.Image)
    assert (image.format, int(image.width), int(image.height)) == ("png", 300, 150)
    assert bytes(image.value) == panel.png
    assert decoded(panel.png).shape == (150, 300, 3)
    title, line, keys = (html.value for html in parts(panel, widgets.HTML))
    assert "A &lt;name&gt;" in title
    assert "Goal: reach π" in title
    assert 'role="status"' in line
    assert panel.status in line
    assert "Page Up" in keys
    assert control(panel, "rise h").value == 1
    assert control(panel, "rise h").layout.width == f"{image.width}px"


def test_a_longer_status_does_not_move_the_page():
    wave = Wave()
    panel = wave.panel(move=lambda rise, **_: f"{rise} " * (60 if rise < 0 else 1), rise=Slider(-1, 1, 0))
    line, styles = parts(panel, widgets.HTML)[1], set()
    for rise in (0, -1):
        panel.set(rise=rise)
        styles.add(line.value.split("style=")[1].split(">")[0])
    assert len(styles) == 1
    assert "height:" in styles.pop()


def test_a_slider_may_have_a_list_of_values():
    wave = Wave()
    panel = wave.panel(play="count", count=Slider(options=(1, 2, 8), default=2))
    assert panel.status == "rise 1.00, 2 waves"
    control(panel, "count").value = 8
    assert panel.status == "rise 1.00, 8 waves"
    with pytest.raises(ValueError, match=r"count=3: expected one of 1, 2, 8"):
        panel.set(count=3)
    assert list(dict.fromkeys(played(panel, "count"))) == [1, 2, 8]


def played(panel: Panel, name: str) -> list:
    """The values that Play goes through."""
    (clock,) = parts(panel, widgets.Play)
    setattr(clock, playing(clock), True)
    seen = []
    for tick in range(1, clock.max + 1):
        clock.value = tick
        seen.append(panel.values[name])
    return seen


def test_play_sweeps_its_slider_from_end_to_end():
    sliders = (Slider(-1.5, 1.5, 1.0, step=0.1), Slider(2, 9, 3), Slider(1e-3, 1.0, 0.1, step=0.1, log=True))
    for slider in sliders:
        panel = Wave().panel(play="rise", rise=slider)
        seen = played(panel, "rise")
        assert seen == sorted(seen)
        assert seen[-1] == pytest.approx(slider.high)
        assert set(seen) <= set(slider.values) and len(set(seen)) >= min(len(slider.values), len(seen)) - 1
        assert panel.status.startswith(f"rise {seen[-1]:.2f}")


def test_reset_ends_play():
    panel = Wave().panel(play="rise")
    (clock,) = parts(panel, widgets.Play)
    setattr(clock, playing(clock), True)
    clock.value = 7
    assert panel.values["rise"] != 1.0
    control(panel, "Reset").click()
    assert not getattr(clock, playing(clock))
    clock.value = 8  # was on its way
    assert panel.values["rise"] == 1.0


def test_the_slow_link_box_waits_until_a_slider_is_let_go():
    panel = Wave().panel()
    (box,) = parts(panel, widgets.Checkbox)
    sliders = [w for w in parts(panel, widgets.Widget) if w.has_trait("continuous_update")]
    assert len(sliders) == 2
    for slow in (True, False):
        box.value = slow
        assert all(slider.continuous_update is not slow for slider in sliders)


# -- bad arguments --------------------------------------------------------------------------------------------------


def holds(_found) -> bool:
    return False


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
        (
            {"s": Slider(options=(1,), default=1)},
            r"s\.options=\(1,\): expected two numbers or more, each above the last",
        ),
        ({"s": Slider(options=(2, 1), default=1)}, r"s\.options=\(2, 1\): expected two numbers or more"),
        ({"s": Slider(options=(1, 2), default=3)}, r"s\.default=3: expected one of 1, 2"),
        ({"s": Slider(0, 2, 1, options=(1, 2))}, r"s: options take the place of low, high, step and log"),
        ({"s": Slider(0, 2, 1, grid=1)}, r"s\.grid=1: expected a whole number, 2 or greater"),
        ({"s": Slider(0, 2, 1), "goal": "five"}, r"goal='five': expected a Goal, such as"),
        ({"s": Slider(0, 2, 1), "goal": Goal(" ", holds, {})}, r"goal: text=' ', holds=<.*: expected a sentence and"),
        ({"s": Slider(0, 2, 1), "goal": Goal("g", 5, {})}, r"goal: text='g', holds=5: expected"),
        ({"s": Slider(0, 2, 1), "goal": Goal("g", holds, {"t": 1})}, r"goal: 't': expected one of 's'"),
        ({"s": Slider(0, 2, 1), "goal": Goal("g", holds, {"s": 9})}, r"goal: s=9: expected a number from 0 to 2"),
        ({"s": Slider(0, 2, 1), "goal": Goal("g", holds, {}, least="t")}, r"goal: 't': expected the name of a slider"),
        (
            {"s": Slider(0, 2, 1), "goal": Goal("g", holds)},
            r"goal: at=\{\}: expected settings that reach it, or least= or",
        ),
        (
            {"s": Slider(0, 2, 1), "goal": Goal("g", holds, {}, least="s", most="s")},
            r"goal: least='s' and most='s': expected one of them at most",
        ),
    ],
)
def test_a_bad_panel_is_named_and_never_live(options, message):
    with pytest.raises(ValueError, match=message):
        panel("bad", **options)(Wave().draw)
    assert not live()


@pytest.mark.parametrize("returned", [None, "text", (), (holds, None), (holds, holds, holds)])
def test_a_function_that_returns_no_move_is_refused(returned):
    with pytest.raises(ValueError, match=r"panel 'bad' returned .*: expected move, or move and run"):
        panel("bad", s=Slider(0.0, 1.0, 0.5))(lambda fig: returned)
    assert not live()


def test_a_panel_without_controls_is_refused():
    with pytest.raises(ValueError, match=r"controls: expected at least one, such as"):
        panel("bad")(Wave().draw)


def test_a_goal_without_a_measurement_is_refused():
    goal = Goal("g", holds, {"rise": 0.5})
    with pytest.raises(ValueError, match=r"panel 'Wave' has a goal: expected move to return its status and what it"):
        Wave().panel(goal=goal, move=lambda **_: "no number")
    assert not live()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"width": 1}, r"control='width': expected one of 'rise', 'count', 'colour'"),
        ({"rise": 2}, r"rise=2: expected a number from -1\.5 to 1\.5"),
        ({"rise": math.nan}, r"rise=nan: expected a finite number"),
        ({"rise": None}, r"rise=None: expected one number"),
        ({"count": 2.5}, r"count=2\.5: expected a whole number"),
        ({"count": 10}, r"count=10: expected a number from 1 to 9"),
        ({"colour": "green"}, r"colour='green': expected one of 'black', 'red'"),
        ({"count": 5, "rise": 9}, r"rise=9: expected"),
        ({"rise": "7"}, r"rise='7': expected one number"),
    ],
)
def test_a_bad_value_is_named_and_changes_nothing(values, message):
    panel = Wave().panel()
    before = panel.values, panel.png, panel.status
    with pytest.raises(ValueError, match=message):
        panel.set(**values)
    assert (panel.values, panel.png, panel.status) == before


# -- errors ---------------------------------------------------------------------------------------------------------


def failing(wave, error):
    def move(rise, **others):
        if rise < 0:
            raise error
        return wave.move(rise, **others)

    return move


@pytest.mark.parametrize("drive", ["set", "widget"])
def test_an_error_is_shown_and_raised_and_the_next_update_recovers(drive):
    wave = Wave()
    panel = wave.panel(move=failing(wave, ZeroDivisionError("no waves < 0 & none at all")))
    good = panel.png
    with pytest.raises(ZeroDivisionError):
        if drive == "set":
            panel.set(rise=-1)
        else:
            control(panel, "rise").value = -1
    assert "ZeroDivisionError: no waves < 0 & none at all" in panel.status
    assert decoded(panel.png).shape == decoded(good).shape
    assert panel.png != good
    line = parts(panel, widgets.HTML)[1].value
    assert 'role="alert"' in line
    assert "no waves &lt; 0 &amp; none" in line
    panel.reset()
    assert panel.png == good
    assert 'role="status"' in parts(panel, widgets.HTML)[1].value


def test_an_error_that_speaks_in_dollars_is_shown_too():
    wave, message = Wave(), "expected $x_$ or $y_$"
    panel = wave.panel(move=failing(wave, KeyError(message)))
    good = panel.png
    with pytest.raises(KeyError):
        panel.set(rise=-1)
    assert message in panel.status
    assert panel.png != good


def test_an_interrupted_update_leaves_no_stale_picture():
    """The slider stands at its new value: the old picture beside it would be a lie."""
    wave = Wave()
    panel = wave.panel(move=failing(wave, KeyboardInterrupt()))
    good = panel.png
    with pytest.raises(KeyboardInterrupt):
        control(panel, "rise").value = -1
    assert panel.png != good
    assert panel.status == "This panel's update was interrupted. Move a control, or press Reset, to draw it again."
    panel.reset()
    assert panel.png == good


def test_an_error_at_the_defaults_is_raised_at_once():
    old = Wave().panel("one")
    with pytest.raises(ZeroDivisionError):
        Wave().panel("one", move=lambda **_: 1 / 0)
    assert live() == {"one": old}


@pytest.mark.parametrize("status", [None, 3.0, "", "  ", (1, "s"), ("s", 1, 2)])
def test_a_status_is_a_sentence(status):
    with pytest.raises(ValueError, match=r"expected the status, one sentence"):
        Wave().panel(move=lambda **_: status)


# -- goals ----------------------------------------------------------------------------------------------------------


def test_a_goal_is_reached_where_it_holds_and_not_beside():
    panel = Wave().panel(goal=Goal("six", lambda found: found >= 6, {"count": 6}, least="count"))
    said = {}
    for count in range(1, 10):
        said[count] = panel.set(count=count)
        assert panel.reached is ("✓ Goal reached." in said[count])
    assert [count for count, text in said.items() if "✓" in text] == [6]
    before = panel.set(count=6), panel.png
    panel.reset()
    assert (panel.set(count=6), panel.png) == before  # asking beside leaves no trace in the picture
    assert np.array_equal(decoded(panel.png), full_draw(panel.canvas))


def test_the_largest_and_the_end_of_a_slider():
    panel = Wave().panel(goal=Goal("at most 6", lambda found: found <= 6, {"count": 6}, most="count"))
    assert [panel.set(count=count) and panel.reached for count in (5, 6, 7)] == [False, True, False]
    panel = Wave().panel(goal=Goal("the largest", lambda found: found >= 9, {"count": 9}, most="count"))
    assert panel.set(count=9).endswith("✓ Goal reached.")  # there is nothing beyond


def test_a_goal_may_need_other_settings():
    goal = Goal("six, in red", lambda found: found >= 6, {"count": 6}, least="count", given={"colour": "red"})
    panel = Wave().panel(goal=goal)
    assert "✓" not in panel.set(count=6)
    assert "✓" in panel.set(colour="red")
    assert goal.witness == {"colour": "red", "count": 6}


def test_what_was_seen_is_not_computed_again():
    wave = Wave()
    panel = wave.panel(goal=Goal("six", lambda found: found >= 6, {"count": 6}, least="count"))
    panel.set(count=5)
    wave.moves = 0
    panel.set(count=6)
    assert wave.moves == 1


# -- the sweep of the tests -----------------------------------------------------------------------------------------

GOAL = Goal("more than 12", lambda found: found > 12, {"rise": 1.5, "count": 9})


def test_the_sweep_visits_every_corner_and_leaves_the_defaults():
    wave, seen = Wave(), []
    panel = wave.panel(goal=GOAL, move=lambda **values: (seen.append(values), wave.move(**values))[1])
    Wave().panel("log", goal=GOAL, rise=Slider(1e-3, 10.0, 0.1, step=0.1, log=True), count=Slider(1, 9, 3))
    default = panel.png
    report = sweep(corners=20)
    assert [line.split(":")[0] for line in report.splitlines()] == ["Wave", "log"]
    settings = {tuple(values.values()) for values in seen}
    corners = {(-1.5, 3, "black"), (1.5, 3, "black"), (1.0, 1, "black"), (1.0, 9, "black"), (1.0, 3, "red")}
    assert corners <= settings
    assert len(settings - corners) >= 15  # the random ones, and the defaults
    assert (panel.png, panel.values) == (default, {"rise": 1.0, "count": 3, "colour": "black"})


def fails_in_a_corner(wave, rise, count, **others):
    if rise > 1.49 and count == 3:
        raise FloatingPointError("overflow in the corner")
    return wave.move(rise, count, **others)


def is_not_finite(number):
    def move(wave, rise, **others):
        text, found = wave.move(rise, **others)
        return text + (f", slope {number}" if rise < 0 else ""), found

    return move


def ignores_its_count(wave, count, **others):
    return f"{count} waves", wave.move(**others)[1] * count  # the words change, the picture does not


def moves_unseen(wave, rise, **others):
    if rise < 0 and wave.moves > 3:
        wave.aside.patch._facecolor = (1, 0, 0, 1)  # no setter: nobody knows, until the next full draw
    return wave.move(rise, **others)


def depends_on_the_past(wave, rise, **others):
    return wave.move(rise + 1e-3 * wave.moves, **others)


@pytest.mark.parametrize(
    ("move", "error", "message"),
    [
        (fails_in_a_corner, FloatingPointError, "overflow in the corner"),
        (is_not_finite(math.nan), RuntimeError, r"'Wave' at .*'rise': -1\.5.*not finite.*slope nan"),
        (is_not_finite(-math.inf), RuntimeError, r"not finite.*slope -inf"),
        (ignores_its_count, RuntimeError, r"'Wave': count leaves the picture unchanged"),
        (moves_unseen, RuntimeError, r"pixels are not those of a full draw"),
        (depends_on_the_past, RuntimeError, r"another picture, reached from another setting"),
    ],
)
def test_the_sweep_finds_what_is_broken(move, error, message):
    wave = Wave()
    wave.panel(goal=GOAL, move=lambda **values: move(wave, **values))
    with pytest.raises(error, match=message):
        sweep()


@pytest.mark.parametrize(
    ("goal", "message"),
    [
        (None, "'Wave' has no goal"),
        (Goal("g", lambda found: found > 1, {"count": 9}), "the default reaches the goal"),
        (Goal("g", lambda found: found > 99, {"count": 9}), "{'count': 9} does not reach the goal"),
        (Goal("g", lambda found: found >= 5, {"count": 6}, least="count"), "beside its witness the goal is reached"),
        (Goal("g", lambda found: found in (5, 9), {"count": 8}, least="count"), "{'count': 8} does not reach"),
        (Goal("g", lambda found: found > 99, least="count"), "no value of count reaches the goal"),
    ],
)
def test_the_sweep_finds_a_broken_goal(goal, message):
    Wave().panel(goal=goal)
    with pytest.raises(RuntimeError, match=message):
        sweep(corners=1)


def test_the_sweep_finds_the_witness_along_the_slider():
    Wave().panel("least", goal=Goal("g", lambda found: found >= 5, least="count"))
    Wave().panel("most", goal=Goal("g", lambda found: found >= -5, most="count", given={"rise": -1.0}))
    assert sweep(corners=1)


def test_the_sweep_finds_axes_that_cannot_be_parted():
    wave = Wave()
    wave.panel(goal=GOAL)
    wave.aside.annotate("far away", (0.5, 0.5), (-1.5, 0.5))
    with pytest.raises(RuntimeError, match="an axes reaches into another"):
        sweep(corners=1)
    wave.fig.legend(handles=[wave.line])
    with pytest.raises(RuntimeError, match="a legend of the figure"):
        sweep(corners=1)


def test_a_name_that_a_later_cell_binds_is_found():
    factor, wave = 1.0, Wave()
    wave.panel(move=lambda rise, **others: wave.move(rise * factor, **others))
    remember()
    check_creation()
    factor = 0.5
    with pytest.raises(RuntimeError, match=r"Reset gives 'rise 0\.50.*', and not 'rise 1\.00.*a later cell"):
        check_creation()


def test_words_are_no_numbers():
    wave = Wave()

    def move(**values):
        text, found = wave.move(**values)
        return text + ": nano-waves, information, an infinite row", found

    wave.panel(goal=GOAL, move=move)
    assert sweep(corners=1)


def test_a_sweep_of_nothing_is_no_proof():
    with pytest.raises(RuntimeError, match="no panel is live"):
        sweep()


# -- long work ------------------------------------------------------------------------------------------------------


class Work:
    """Ten strides of long work behind Run, and what became of each run of it."""

    def __init__(self, monkeypatch, fails_at: int = 10**9, error: BaseException | None = None, **options):
        monkeypatch.setattr(panel_module, "SLICE_SECONDS", 0.0)  # every tick does one stride
        self.wave, self.fails_at, self.error, self.started, self.ended = (
            Wave(),
            fails_at,
            error or FloatingPointError("diverged"),
            0,
            0,
        )
        self.panel = self.wave.panel(run=self.run, **options)
        self.clock = parts(self.panel, widgets.Play)[0]
        (self.progress,) = parts(self.panel, widgets.IntProgress)

    def run(self, **values):
        self.job = self.strides(**values)  # held here too, so that it ends only when it is closed
        return self.job

    def strides(self, rise, **_others):
        self.started += 1
        try:
            for stride in range(1, 11):
                if stride == self.fails_at:
                    raise self.error
                self.wave.move(rise * stride / 10)
                yield stride / 10, f"{stride} of 10"
        finally:
            self.ended += 1

    @property
    def playing(self) -> bool:
        return getattr(self.clock, playing(self.clock))

    @playing.setter
    def playing(self, on: bool) -> None:
        setattr(self.clock, playing(self.clock), on)

    def tick(self, times: int = 1) -> None:
        """What the page sends while Run is on."""
        self.playing = True
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
        work.panel.set(rise=0.5)
    elif drive == "widget":
        control(work.panel, "rise").value = 0.5
    else:
        control(work.panel, "Reset").click()
    assert work.ended == 1
    assert not work.playing
    assert work.panel.status == f"rise {1.0 if drive == 'reset' else 0.5:.2f}, 3 waves"


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
    assert work.panel.reset() == "rise 1.00, 3 waves"
    assert work.panel.png == before


def test_work_that_was_not_given_cannot_be_run():
    with pytest.raises(ValueError, match=r"panel 'Wave' has no run: expected"):
        Wave().panel().run()


def test_a_pause_says_so_and_the_work_goes_on(monkeypatch):
    work = Work(monkeypatch)
    work.tick(4)
    work.playing = False
    assert work.panel.status == "Paused at 40 %. 4 of 10"
    assert work.panel.running and work.ended == 0
    work.tick()
    assert work.panel.status == "5 of 10"
    assert work.started == 1
    work.playing = False
    work.clock.value = 0
    assert work.panel.status == "Stopped at 50 %. 5 of 10"


@pytest.mark.parametrize("drive", ["run", "tick"])
def test_an_interrupt_says_how_far_it_came(monkeypatch, drive):
    """Whatever ended the generator, it was not done: the next tick must not say so."""
    work = Work(monkeypatch, fails_at=3, error=KeyboardInterrupt())
    with pytest.raises(KeyboardInterrupt):
        work.panel.run() if drive == "run" else work.tick(3)
    assert work.panel.status == "Interrupted at 20 %. 2 of 10"
    assert work.progress.value == (20 if drive == "tick" else 0)
    assert not work.playing and not work.panel.running
    work.clock.value += 1  # on its way
    assert work.panel.status == "Interrupted at 20 %. 2 of 10"
    work.panel.reset()
    assert work.panel.status == "rise 1.00, 3 waves"


def test_the_work_waits_where_nobody_looks(monkeypatch):
    """Clear Output: a view is gone. What is pressed later, in a view that is left or new, goes on."""
    work = Work(monkeypatch)
    assert work.panel.box._view_count == 0  # asks the page to count
    work.panel.box._view_count = 1
    work.tick(3)
    work.panel.box._view_count = 0
    assert not work.playing
    assert work.panel.status == "Paused at 30 %. 3 of 10"
    assert work.ended == 0 and live()  # nothing is closed
    work.panel.box._view_count = 1
    work.tick()
    assert work.panel.status == "4 of 10"


def test_after_a_reload_the_work_is_found_paused(monkeypatch):
    """A reload counts its view on top of the old one, and its clock says that it plays, and never ticks."""
    work = Work(monkeypatch)
    work.panel.box._view_count = 1
    work.tick(3)
    work.panel.box._view_count = 2  # a second view of a page that is alive
    assert work.playing and work.panel.status == "3 of 10"
    monkeypatch.setattr(panel_module, "STILL", 0.01)
    time.sleep(0.02)
    work.panel.box._view_count = 3
    assert not work.playing
    assert work.panel.status == "Paused at 30 %. 3 of 10"
    work.tick()
    assert work.panel.status == "4 of 10"


def test_what_waits_on_a_page_that_is_gone_blocks_nothing(monkeypatch):
    """A page takes the event loop of its messages along."""
    monkeypatch.setattr(panel_module, "LOST", 0.01)
    panel = Wave().panel()

    async def kernel(*values):
        await asyncio.sleep(0.01)
        for value in values:
            control(panel, "rise").value = value

    asyncio.run(kernel(0.1, 0.2))  # the second waits, and its loop is closed
    assert panel.status == "rise 0.10, 3 waves"
    time.sleep(0.03)
    asyncio.run(kernel(0.3))
    assert panel.status == "rise 0.30, 3 waves"


def test_run_ends_play(monkeypatch):
    work = Work(monkeypatch, play="rise")
    sweeping = parts(work.panel, widgets.Play)[1]
    setattr(sweeping, playing(sweeping), True)
    sweeping.value = 5
    work.tick()
    assert not getattr(sweeping, playing(sweeping))
    sweeping.value = 6  # was on its way
    assert work.panel.status == "1 of 10" and work.panel.running


# -- one thing at a time --------------------------------------------------------------------------------------------


@pytest.mark.parametrize("press", ["Reset", "rise", "stop", "set", "close", "again"])
def test_what_is_pressed_while_the_work_works_is_obeyed(monkeypatch, press):
    """JupyterLab sends a button's message on one thread and the clock's on another: here they meet within a stride."""
    inside, go_on = threading.Event(), threading.Event()
    work = Work(monkeypatch)
    strides = work.strides

    def slow(**values):
        for step in strides(**values):
            inside.set()
            go_on.wait(5)
            yield step

    work.strides = slow
    panel, errors = work.panel, []

    def ticks():
        try:
            work.tick()
        except Exception as error:  # a thread's error would pass unseen
            errors.append(error)

    page = threading.Thread(target=ticks)
    page.start()
    assert inside.wait(5)
    threading.Timer(0.05, go_on.set).start()  # the stride ends while this thread waits for its turn
    if press == "Reset":
        control(panel, "Reset").click()
    elif press == "rise":
        control(panel, "rise").value = 0.5
    elif press == "stop":
        panel.stop()
    elif press == "set":
        panel.set(rise=0.5)
    elif press == "close":
        panel.close()
    else:
        panel = Wave().panel()
    page.join(5)
    assert not errors
    assert not work.panel.running and not work.playing
    expected = {"Reset": "rise 1.00, 3 waves", "again": "rise 1.00, 3 waves", "stop": "Stopped at 10 %. 1 of 10"}
    if press != "close":
        assert panel.status == expected.get(press, "rise 0.50, 3 waves")
        assert np.array_equal(decoded(panel.png), full_draw(panel.canvas))


def send_in_a_burst(panel: Panel, values, pause: float = 0.0) -> None:
    """Each value as a message of its own, with nothing in between but the turn of the event loop, and a pause."""

    async def kernel():
        await asyncio.sleep(0.01)
        for value in values:
            control(panel, "rise").value = value
            await asyncio.sleep(pause)
        await asyncio.sleep(0.1 + panel_module.BURST_WAIT)

    asyncio.run(kernel())


def test_of_a_burst_the_newest_is_drawn():
    wave = Wave()
    panel = wave.panel(rise=Slider(0.0, 6.0, 3.0, step=0.1))
    wave.moves = 0
    send_in_a_burst(panel, np.linspace(0.1, 6, 60))
    assert panel.status == "rise 6.00, 3 waves"
    assert np.array_equal(decoded(panel.png), full_draw(panel.canvas))
    assert 2 <= wave.moves <= 8


@pytest.mark.parametrize(("longest", "least", "most"), [(60.0, 2, 2), (0.5, 3, 99)])
def test_a_burst_waits_until_it_has_passed_but_not_too_long(monkeypatch, longest, least, most):
    """Its first message is drawn, and its last; on the way only where it goes on for long."""
    for name, seconds in {"BURST_GAP": 0.3, "BURST_FIRST": 0.3, "BURST_WAIT": 0.3, "BURST_LONGEST": longest}.items():
        monkeypatch.setattr(panel_module, name, seconds)  # long against the pauses, on a busy machine too
    wave = Wave()
    panel = wave.panel(rise=Slider(0.0, 6.0, 3.0, step=0.1))
    wave.moves = 0
    time.sleep(0.4)  # the panel's first picture is none of the burst's
    send_in_a_burst(panel, np.linspace(0.1, 6, 60), 0.02)
    assert panel.status == "rise 6.00, 3 waves"
    assert least <= wave.moves <= most


def test_a_message_that_comes_alone_is_drawn_at_once():
    wave = Wave()
    panel = wave.panel()

    async def kernel():
        for value in (0.1, 0.2, 0.3):
            await asyncio.sleep(0.02)  # a front end waits for the answer before it sends the next
            control(panel, "rise").value = value
            assert panel.status == f"rise {value:.2f}, 3 waves"

    asyncio.run(kernel())


def test_without_an_event_loop_each_is_drawn():
    wave = Wave()
    panel = wave.panel()
    wave.moves = 0
    for value in (0.1, 0.2, 0.3):
        control(panel, "rise").value = value
        assert panel.status == f"rise {value:.2f}, 3 waves"
    assert wave.moves == 3


@pytest.mark.parametrize("drive", ["reset", "set", "close"])
def test_what_waits_is_overtaken(drive):
    wave = Wave()
    panel = wave.panel()

    async def kernel():
        await asyncio.sleep(0.01)
        control(panel, "rise").value = 0.1
        control(panel, "rise").value = 0.2  # waits
        if drive == "set":
            panel.set(rise=0.5)
        else:
            getattr(panel, drive)()
        wave.moves = 0
        await asyncio.sleep(0.05)

    asyncio.run(kernel())
    assert wave.moves == 0
    assert panel.status == {"reset": "rise 1.00", "set": "rise 0.50", "close": "rise 0.10"}[drive] + ", 3 waves"


def test_reset_is_not_overtaken_by_what_was_sent_before(monkeypatch):
    """The page holds a slider's last value back until the one before is answered; a click on Reset goes at once."""
    panel = Wave().panel()
    slider = control(panel, "rise")
    slider.value = 0.5
    control(panel, "Reset").click()
    slider.value = 0.6  # had been sent before the click
    assert slider.value == 1.0
    assert panel.status == "rise 1.00, 3 waves"
    monkeypatch.setattr(panel_module, "OVERTAKEN", 0.01)
    time.sleep(0.02)
    slider.value = 0.7  # by hand, after
    assert panel.status == "rise 0.70, 3 waves"


def test_after_a_pause_reset_takes_nothing_for_older_than_it_is(monkeypatch):
    monkeypatch.setattr(panel_module, "OVERTAKEN", 0.05)
    panel = Wave().panel()
    slider = control(panel, "rise")
    slider.value = 0.5
    time.sleep(0.06)
    control(panel, "Reset").click()
    slider.value = 0.6
    assert panel.status == "rise 0.60, 3 waves"


def test_a_replaced_panel_is_silent_and_closed_with_all_its_children(monkeypatch):
    work = Work(monkeypatch, play="rise")
    other = Wave().panel("other")
    work.tick(3)
    old, children = work.panel, parts(work.panel, widgets.Widget)
    layouts = [child.layout for child in children]
    second = Wave().panel()
    assert live() == {"Wave": second, "other": other}
    assert work.ended == 1 and not work.playing
    assert all(child.comm is None for child in [*children, *layouts])
    status, picture, moves = second.status, second.png, work.wave.moves
    work.clock.value += 1  # what was on its way
    control(old, "rise").value = 0.3
    control(old, "Reset").click()
    old.box._view_count = 0
    assert (work.started, work.wave.moves) == (1, moves)
    assert (second.status, second.png) == (status, picture)
    old.close()  # again, and it takes nothing else along
    assert live() == {"Wave": second, "other": other}


def test_the_work_of_a_panel_ends_before_its_successor_is_drawn(monkeypatch):
    """Run's ticks come on threads of their own, and what it trains may be what the new panel draws."""
    work, second, seen = Work(monkeypatch), Wave(), []
    work.tick(3)

    def move(**values):
        moves = work.wave.moves
        work.clock.value += 1  # one more, while the cell is at work
        seen.append((work.panel.running, work.wave.moves - moves))
        return second.move(**values)

    second.panel(move=move)
    assert seen[0] == (False, 0) and work.ended == 1


# -- the goal of a Run ----------------------------------------------------------------------------------------------


class Trial(Wave):
    """What is sought is known at the end of a Run only: whether count exceeds 5."""

    def __init__(self):
        super().__init__()
        goal = Goal("the least count that fails", lambda failed: failed, {"count": 6}, least="count")
        self.made = self.panel(goal=goal, run=self.run, move=lambda **v: self.move(**v)[0], count=Slider(1, 9, 3))

    def run(self, count):
        yield 0.5, "half way"
        yield 1.0, f"{count}: " + ("failed" if count > 5 else "survived"), count > 5


def test_the_goal_of_a_run_needs_the_run_beside_it():
    panel = Trial().made
    assert panel.set(count=6) == "rise 1.00, 6 waves"
    assert panel.run() == "6: failed It holds here; now run count 5." and not panel.reached
    panel.set(count=5)
    assert panel.run() == "5: survived"
    panel.set(count=6)
    assert "✓" not in panel.status
    assert panel.run() == "6: failed ✓ Goal reached."
    assert panel.reached and panel.measured is True
    panel.set(count=7)
    assert panel.run() == "7: failed" and not panel.reached
    assert sweep(corners=2)


def test_a_run_that_trains_anew_forgets_what_was_measured(monkeypatch):
    wave, shift = Wave(), [0]

    def move(**values):
        text, found = wave.move(**values)
        return text, found + shift[0]

    def run(**values):
        shift[0] += 1
        yield 1.0, "trained"

    panel = wave.panel(move=move, run=run, goal=Goal("six", lambda found: found >= 6, {"count": 6}, least="count"))
    assert [panel.set(count=count) and panel.reached for count in (5, 6)] == [False, True]
    panel.run()
    assert [panel.set(count=count) and panel.reached for count in (6, 5)] == [False, True]


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


def test_a_panel_is_shown_where_it_is_made_beside_a_word_for_the_time_when_it_is_dead(page, capsys):
    panel = Wave().panel()
    (box, _), (word, _) = page
    assert box is panel.box and "run this cell" in word["text/html"] and "run this cell" in word["text/plain"]
    assert capsys.readouterr().out == ""


def test_a_static_page_gets_the_picture_and_the_status_and_no_widget(page, capsys, monkeypatch):
    monkeypatch.setenv("COURSE_STATIC", "1")
    panel = Wave().panel()
    (data, metadata), (spoken, _) = page
    assert set(data) == {"image/png", "text/plain"}
    assert f'aria-label="{panel.status}"' in spoken["text/html"]
    assert metadata == {"image/png": {"alt": panel.status, "width": 300, "height": 150}}
    assert np.abs(decoded(data["image/png"]).astype(int) - decoded(panel.png)).mean() < 1  # to the palette's shade
    assert capsys.readouterr().out == panel.status + "\n"


# -- what a recording stands on -------------------------------------------------------------------------------------


def test_a_control_knows_its_values_and_those_that_a_recording_keeps():
    assert Slider(0.0, 1.0, 0.5, step=0.25).values == (0.0, 0.25, 0.5, 0.75, 1.0)
    assert Slider(1, 9, 3, step=2).values == (1, 3, 5, 7, 9)
    assert Slider(0.01, 10.0, 0.1, step=1, log=True).values == pytest.approx((0.01, 0.1, 1, 10))
    assert len(Slider(0.0, 1.0, 0.5).values) == 101
    slider = Slider(0, 100, 33, grid=5)
    assert slider.thinned() == (0, 25, 33, 50, 75, 100)
    assert slider.thinned(keep=(7, 60)) == (0, 7, 25, 33, 50, 60, 75, 100)
    assert Slider(0, 4, 3).thinned() == (0, 1, 2, 3, 4)
    assert Slider(0, 4, 3, grid=50).thinned() == (0, 1, 2, 3, 4)
    assert Choice(("a", "b", "c"), "b").thinned() == ("a", "b", "c")
    assert [slider.neighbour(value, 1) for value in (0, 99, 100)] == [1, 100, None]
    assert slider.neighbour(0, -1) is None
    logarithmic = Slider(1e-6, 1.0, 1e-3, step=0.5, log=True)
    assert [logarithmic.index(value) for value in logarithmic.values] == list(range(13))
    listed = Slider(options=(1, 4, 16), default=4)
    assert (listed.values, listed.index(5), listed.neighbour(4, -1)) == ((1, 4, 16), 1, 1)
