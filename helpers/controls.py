"""What a panel's values are set with: a slider, or a choice. Each knows the values that it can take."""

import math
from dataclasses import dataclass
from functools import cached_property

import ipywidgets as widgets

from .checks import finite, one_of, whole

__all__ = ["Choice", "Slider"]

STEPS = 100  # of a slider that names no step
LABEL_WIDTH = "130px"


class _Control:
    """values: all that it can take, in order. default, label: what it starts at, and its name on the page."""

    def index(self, value) -> int:
        """The place in `values` of the one nearest to `value`."""
        raise NotImplementedError

    def neighbour(self, value, step: int):
        """The value `step` places further in `values`; None beyond the ends."""
        place = self.index(value) + step
        return self.values[place] if 0 <= place < len(self.values) else None

    def thinned(self, keep=()) -> tuple:
        """The values that a recording keeps: at most `grid`, evenly spread, the ends among them; and besides them the
        default and those of `keep`."""
        last, places = len(self.values) - 1, range(len(self.values))
        if self.grid is not None and self.grid <= last:
            places = (round(k * last / (self.grid - 1)) for k in range(self.grid))
        places = {*places, *map(self.index, (self.default, *keep))}
        return tuple(self.values[place] for place in sorted(places))


@dataclass(frozen=True)
class Slider(_Control):
    """A number between low and high, or one of `options`.

    low, high, default, step: whole numbers give whole numbers. log: low and high are numbers, the step one of their
        decimal logarithms, so that the slider moves in equal factors.
    options: in place of low, high and step, the numbers themselves, as in Slider(options=(1, 4, 16), default=4).
    label: its name on the page. grid: how many of its values a recording keeps at most; None for all.
    """

    low: float | None = None
    high: float | None = None
    default: float | None = None
    step: float | None = None
    label: str = ""
    log: bool = False
    options: tuple = ()
    grid: int | None = None

    def check(self, name: str) -> None:
        """ValueError that names the slider, if it makes no sense."""
        if self.grid is not None:
            whole(f"{name}.grid", self.grid, least=2)
        if len(self.options):
            self._check_options(name)
            return
        low, high = finite(f"{name}.low", self.low), finite(f"{name}.high", self.high)
        if low >= high or (self.log and low <= 0):
            raise ValueError(f"{name}: range {low:g} to {high:g}: expected low < high{', low > 0' * self.log}")
        self.accept(name + ".default", self.default)
        span = math.log10(high / low) if self.log else high - low
        if self.step is not None and not 0 < finite(f"{name}.step", self.step) <= span:
            raise ValueError(f"{name}.step={self.step:g}: expected a number > 0 and ≤ {span:g}")
        near = self.values[self.index(self.default)]
        if not math.isclose(near, self.default, rel_tol=1e-9, abs_tol=1e-9 * (high - low)):
            # the page would move it there by itself, and Reset would not find back
            raise ValueError(
                f"{name}.default={self.default:g}: expected a value that the slider can show, such as {near:g}"
            )

    def _check_options(self, name: str) -> None:
        options = [finite(f"{name}.options", option) for option in self.options]
        if len(options) < 2 or sorted(set(options)) != options:
            raise ValueError(f"{name}.options={self.options!r}: expected two numbers or more, each above the last")
        if (self.low, self.high, self.step, self.log) != (None, None, None, False):
            raise ValueError(f"{name}: options take the place of low, high, step and log")
        one_of(f"{name}.default", self.default, tuple(self.options))

    @cached_property
    def values(self) -> tuple:
        if len(self.options):
            return tuple(self.options)
        low, high = (math.log10(self.low), math.log10(self.high)) if self.log else (self.low, self.high)
        count = math.floor((high - low) / self._step + 1e-9)
        steps = [low + self._step * k for k in range(count + 1)]
        return tuple(min(max(10**x if self.log else x, self.low), self.high) for x in steps)

    def index(self, value) -> int:
        if len(self.options):
            return min(range(len(self.options)), key=lambda place: abs(self.options[place] - value))
        way = math.log10(value / self.low) if self.log else value - self.low
        return min(max(round(way / self._step), 0), len(self.values) - 1)

    def accept(self, name: str, value):
        """`value`, if the slider may take it; otherwise ValueError."""
        if len(self.options):
            return one_of(name, value, tuple(self.options))
        number = finite(name, value)
        if not self.low <= number <= self.high:
            raise ValueError(f"{name}={number:g}: expected a number from {self.low:g} to {self.high:g}")
        return whole(name, value, least=self.low) if self._is_whole else float(value)

    @property
    def _is_whole(self) -> bool:
        numbers = [self.low, self.high, self.default] + [self.step] * (self.step is not None)
        return not self.log and all(isinstance(number, int) for number in numbers)

    @property
    def _step(self) -> float:
        if self.log:
            return self.step or math.log10(self.high / self.low) / STEPS
        return self.step or (1 if self._is_whole else (self.high - self.low) / STEPS)

    def widget(self, name: str, width: int):
        """The widget, so many CSS pixels wide at most."""
        common = {"description": self.label or name, **_look(width)}
        if len(self.options):
            options = [(f"{option:g}", option) for option in self.options]
            return widgets.SelectionSlider(options=options, value=self.default, **common)
        common |= {"value": self.default, "step": self._step}
        if self.log:
            common |= {"min": math.log10(self.low), "max": math.log10(self.high)}
            return widgets.FloatLogSlider(readout_format=".4g" if self.high >= 1000 else ".3g", **common)
        if self._is_whole:
            return widgets.IntSlider(min=self.low, max=self.high, **common)
        return widgets.FloatSlider(min=self.low, max=self.high, readout_format=".3g", **common)


@dataclass(frozen=True)
class Choice(_Control):
    """One of several options, each a string."""

    options: tuple[str, ...]
    default: str
    label: str = ""
    grid = None  # a recording keeps them all

    def check(self, name: str) -> None:
        """ValueError that names the choice, if it makes no sense."""
        if (
            isinstance(self.options, str)
            or len(set(self.options)) < 2
            or not all(isinstance(option, str) for option in self.options)
        ):
            raise ValueError(f"{name}.options={self.options!r}: expected two different strings or more")
        self.accept(name + ".default", self.default)

    @property
    def values(self) -> tuple:
        return tuple(self.options)

    def index(self, value) -> int:
        return self.values.index(value)

    def accept(self, name: str, value):
        """`value`, if it is one of the options; otherwise ValueError."""
        return one_of(name, value, self.options)

    def widget(self, name: str, width: int):
        """The widget, so many CSS pixels wide at most."""
        options = [(option, option) for option in self.options]
        common = {"description": self.label or name, **_look(min(width, 380))}
        return widgets.Dropdown(options=options, value=self.default, **common)


def _look(width: int) -> dict:
    return {
        "style": {"description_width": LABEL_WIDTH},
        "layout": widgets.Layout(width=f"{width}px", max_width="100%"),
    }
