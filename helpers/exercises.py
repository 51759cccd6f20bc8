"""Predictions before a reveal, and exercises with an instant answer: "not attempted yet", "correct", or what is wrong.

A check compares what the learner's code *computes* with what the right code computes, and then with what each typical
mistake computes: the mistake that gives the same numbers is the diagnosis. It holds all that it compares with, as
formulas or functions of its own: nothing that a learner has overwritten can change its verdict.
"""

import contextlib
import html
import io
import math
from collections.abc import Callable
from copy import deepcopy

import ipywidgets as widgets
import numpy as np
import torch
from IPython.display import display
from traitlets import TraitError

from .checks import finite, not_negative, one_number
from .settings import is_static

__all__ = ["Prediction", "check", "predict"]

NOT_ATTEMPTED = "… Not attempted yet: replace the dots, run your cell, then this one."
SINGLE = 2e-5  # relative: what single precision may lose in a formula or two
NAMES = {"math": math, "np": np, "torch": torch}  # what a formula may speak of, besides its arguments


# -- comparing --------------------------------------------------------------------------------------------------------


def _numbers(value):
    """`value` as an array of floats, or None if it is none."""
    if isinstance(value, list | tuple):
        items = [_numbers(item) for item in value]
        if items and all(item is not None and item.size == 1 for item in items):
            items = [item.squeeze() for item in items]  # numbers, and arrays of one
        value = items
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    try:
        array = np.asarray(value)
        if array.dtype.kind == "c" and not array.imag.any():  # a sum of eigenvalues, say
            array = array.real
        return array.astype(float) if array.dtype.kind in "biuf" else None
    except (TypeError, ValueError):
        return None


def _is_single(value) -> bool:
    if isinstance(value, list | tuple):
        return any(map(_is_single, value))
    return str(getattr(value, "dtype", "")).removeprefix("torch.") in ("float32", "float16", "bfloat16")


def _same(answer, expected, tolerance: float) -> bool:
    """Whether two results agree, whatever they are made of: arrays, tensors, lists, one number or an array of one."""
    if isinstance(expected, str) or isinstance(answer, str):
        return isinstance(answer, str) and isinstance(expected, str) and answer == expected
    got, want = _numbers(answer), _numbers(expected)
    if want is None:  # a pair of results of different shapes
        return (
            isinstance(answer, list | tuple)
            and len(answer) == len(expected)
            and all(_same(a, b, tolerance) for a, b in zip(answer, expected, strict=True))
        )
    if got is None or got.squeeze().shape != want.squeeze().shape:
        return False
    limit = max(tolerance, SINGLE) if _is_single(answer) else tolerance
    return bool(np.all(np.abs(got.squeeze() - want.squeeze()) <= limit * (1 + np.abs(want.squeeze()))))


def _complaint(answer, expected) -> str:
    """What can be said of a wrong answer that is no known mistake."""
    if isinstance(answer, str) and isinstance(expected, str):
        return f"{answer!r} is not it"
    got, want = _numbers(answer), _numbers(expected)
    if want is None or (got is None and not isinstance(answer, str)):
        return f"the result is {_kind(answer)}, expected {_kind(expected)}"
    if got is None:
        return f"the answer is {answer!r}, expected {_kind(expected)}"
    if got.squeeze().shape != want.squeeze().shape:
        return f"the result is {_kind(answer)}, expected {_kind(expected)}"
    if not np.isfinite(got).all():
        return "the result holds NaN or infinity"
    got, want = got.squeeze(), want.squeeze()
    worst = np.abs(got - want).argmax()
    a, b = got.flat[worst], want.flat[worst]
    digits = next((n for n in range(4, 18) if f"{a:.{n}g}" != f"{b:.{n}g}"), 17)
    return f"got {a:.{digits}g} where {b:.{digits}g} is right"


def _kind(value) -> str:
    if isinstance(value, tuple | list) and _numbers(value) is None:
        return f"{len(value)} results"
    numbers = _numbers(value)
    if numbers is None:
        return f"a {type(value).__name__}"
    if numbers.size == 1:
        return "one number"
    return f"{numbers.size} numbers" if numbers.squeeze().ndim == 1 else f"numbers of shape {numbers.shape}"


# -- asking the learner's function ------------------------------------------------------------------------------------


class _Verdict(Exception):
    """Ends an attempt early, with what is to be said of it."""


def _asked(function: Callable, errors: dict) -> Callable:
    """The learner's function, which says in one sentence what kept it from giving a result."""

    def ask(*arguments):
        printed = io.StringIO()
        try:
            with contextlib.redirect_stdout(printed):
                result = function(*deepcopy(arguments))
        except NotImplementedError:
            raise _Verdict(NOT_ATTEMPTED) from None
        except (Exception, SystemExit) as error:  # whatever the learner's code does, say it in one line
            line = str(error).partition("\n")[0]
            named = f"{type(error).__name__}: {line}".removesuffix(": ")
            known = next((text for words, text in errors.items() if words in line), None)
            raise _Verdict(f"✗ {known} ({named})" if known else f"✗ Your code raised {named}") from error
        if result is ...:
            raise _Verdict(NOT_ATTEMPTED)
        if result is None and printed.getvalue():
            raise _Verdict("✗ Your function prints its result: write return in place of print.")
        if result is None:
            raise _Verdict("✗ Your function returns nothing: its last line needs return.")
        return result

    return ask


def _in_torch(value):
    """A case in the dress of torch, for an answer that is written for tensors."""
    return torch.as_tensor(value, dtype=torch.float64, device="cpu") if isinstance(value, float | np.ndarray) else value


def _results(ask: Callable, cases) -> list:
    try:
        return [ask(*case) for case in cases]
    except _Verdict as first:
        if isinstance(first.__cause__, TypeError | AttributeError):
            with contextlib.suppress(_Verdict):
                return [ask(*map(_in_torch, case)) for case in cases]
        raise


def _function(formula, arguments: str) -> Callable:
    """A function of its own: given as such, or as a formula of the arguments."""
    if callable(formula):
        return formula
    return eval(f"lambda {arguments}: {formula}", dict(NAMES))


def _verdict(answer, arguments: str, right: list, wrong: list, cases, errors: dict, tolerance: float) -> str:
    if cases:
        results = _results(_asked(answer, errors), cases)
        truths, *mistakes = [
            [[_function(formula, arguments)(*deepcopy(case)) for case in cases] for formula in formulas]
            for formulas in (right, [formula for formula, _ in wrong])
        ]
        mistakes = mistakes[0]
    else:
        results, truths, mistakes = [answer], [[value] for value in right], [[value] for value, _ in wrong]

    def matches(expected: list) -> bool:
        return all(_same(a, b, tolerance) for a, b in zip(results, expected, strict=True))

    if any(map(matches, truths)):
        return "✓ Correct."
    for values, (_, diagnosis) in zip(mistakes, wrong, strict=True):
        if matches(values):
            return f"✗ {diagnosis}"
    place = next(k for k, (a, b) in enumerate(zip(results, truths[0], strict=True)) if not _same(a, b, tolerance))
    given = ", ".join(map(repr, cases[place])) if cases else ""
    plain = cases and all(isinstance(value, int | float | bool | str) for value in cases[place])
    return f"✗ Not yet: {_complaint(results[place], truths[0][place])}{f', for {arguments} = {given}' * bool(plain)}."


def check(
    answer,
    arguments: str = "",
    *,
    right=None,
    wrong=(),
    cases=(),
    errors=None,
    judge: Callable | None = None,
    tolerance: float = 1e-6,
) -> None:
    """Print a one-line verdict on an answer, and never a traceback.

    answer: the learner's function, or value (`...` while it is not attempted). A right one may come in any dress:
        single precision, NumPy or torch, a number or an array of one, other names for its arguments.
    arguments: names of the function's arguments, as the formulas below use them: "f, t, x, h". Empty for a value.
    right: the right formula of these, as text ("x + h * f(t, x)"; math, np and torch are known), or a function, or the
        value; or a list of such, the first of which is quoted.
    wrong: {formula: diagnosis}, or a list of pairs, for the mistakes that people make.
    cases: argument tuples that the function is tried on; every one must agree.
    errors: {words of an error message: diagnosis} for the mistakes that end in an exception.
    judge: in place of right, wrong and cases, for what is no number: called with the answer, it returns None where
        that is right, or else the diagnosis. An answer that fails when the judge calls it is diagnosed before.
    tolerance: relative (and, near 0, absolute) difference that still counts as equal.
    Raises ValueError for a check that could not tell right from wrong.
    """
    not_negative("tolerance", tolerance)
    errors = dict(errors or {})
    if not all(errors):
        raise ValueError(f"errors={errors!r}: expected words of an error message for each diagnosis")
    if (judge is None) == (right is None):
        raise ValueError("right, judge: expected exactly one of the two")
    right = list(right) if isinstance(right, list) else [right]
    wrong = list(wrong.items() if isinstance(wrong, dict) else wrong)
    if judge is None and bool(arguments) != bool(cases):
        raise ValueError(f"arguments={arguments!r}, cases={cases!r}: expected both for a function, none for a value")
    if judge is None:
        _must_tell_apart(arguments, right, wrong, cases, max(tolerance, SINGLE))
    wants_function = bool(cases) or (judge is not None and bool(arguments))
    if answer is ...:
        print(NOT_ATTEMPTED)
    elif answer is None:
        print("✗ Not yet: the answer is None.")
    elif callable(answer) != wants_function:
        kind = "a function; run the cell that defines it again" if wants_function else "a value, not a function"
        print(f"✗ Not yet: the answer is to be {kind}.")
    else:
        try:
            if judge is not None:
                diagnosis = judge(_asked(answer, errors) if wants_function else answer)
                print(f"✗ {diagnosis}" if diagnosis else "✓ Correct.")
            else:
                print(_verdict(answer, arguments, right, wrong, cases, errors, tolerance))
        except _Verdict as verdict:
            print(verdict)


def _must_tell_apart(arguments, right, wrong, cases, tolerance) -> None:
    for formula, diagnosis in wrong:
        mistake = _function(formula, arguments) if cases else formula
        if _verdict(mistake, arguments, right, (), cases, {}, tolerance).startswith("✓"):
            raise ValueError(f"cases={len(cases)} case(s): expected cases that tell apart: {diagnosis!r}")


# -- predictions ------------------------------------------------------------------------------------------------------

_guesses: dict[str, object] = {}  # of this kernel, by question: a prediction that was made survives Run All


class Prediction:
    """A guess, made before the answer is shown."""

    def __init__(self, question: str, control, empty, choices=None):
        self._question, self._control, self._empty, self._choices = question, control, empty, choices
        if question in _guesses:
            try:
                control.value = _guesses[question]
            except TraitError:  # the choices are others by now
                del _guesses[question]
        control.observe(self._touch, "value")

    def _touch(self, change) -> None:
        if change["new"] == self._empty:
            _guesses.pop(self._question, None)
        else:
            _guesses[self._question] = change["new"]

    @property
    def value(self):
        """The learner's choice, or None as long as nothing is chosen."""
        return _guesses.get(self._question)

    def reveal(self, measured, bounds: dict | None = None) -> None:
        """Print the guess beside the answer.

        measured: the right choice, or a number. bounds: for a number and choices, the upper bound of each choice, in
        order, the last infinite: {"settles": 0.5, "stays random": 2, "explodes": inf}.
        """
        number = None
        if bounds is not None:
            number = one_number("measured", measured)
            measured = self._bounded(number, bounds)
        fits = measured in self._choices if self._choices else not isinstance(measured, str)
        if not fits:
            wanted = f"one of {', '.join(map(repr, self._choices))}" if self._choices else "a number"
            raise ValueError(f"measured={measured!r}: expected {wanted}")
        shown = measured if isinstance(measured, str) else f"{finite('measured', measured):.4g}"
        exact = f" ({number:.4g})" if number is not None else ""
        if self.value is None:
            print(f"Measured: {shown}{exact}. (You made no prediction; it is worth trying.)")
        elif isinstance(measured, str):
            agree = " As predicted." if self.value == measured else ""
            print(f"You said: {self.value}. Measured: {shown}{exact}.{agree}")
        else:
            print(f"You said {self.value:.4g}. Measured: {shown}.")

    def _bounded(self, number: float, bounds: dict) -> str:
        ends = [one_number("bounds", end) for end in bounds.values()]
        if (
            not self._choices
            or list(bounds) != list(self._choices)
            or not (np.diff(ends) > 0).all()
            or ends[-1] != math.inf
        ):
            raise ValueError(
                f"bounds={bounds!r}: expected the choices in order, with growing bounds, the last infinite"
            )
        if math.isnan(number):
            raise ValueError("measured=nan: expected a number")
        return next(choice for choice, end in bounds.items() if number <= end)


def predict(question: str, *, choices=None, between=None) -> Prediction:
    """Ask for a prediction before a reveal; nothing chosen is fine.

    choices: list of strings to choose from, or
    between: (low, high), numbers, for a guess on a scale.
    """
    if (choices is None) == (between is None):
        raise ValueError(f"choices={choices!r}, between={between!r}: expected exactly one of the two")
    if choices is not None:
        if isinstance(choices, str) or len(set(choices)) < 2 or not all(isinstance(c, str) and c for c in choices):
            raise ValueError(f"choices={choices!r}: expected two different strings or more")
        empty, scale = "", " / ".join(choices)
        options = [("choose…", ""), *((choice, choice) for choice in choices)]
        control = widgets.Dropdown(options=options, value="")
    else:
        low, high = (finite("between", end) for end in between)
        if low >= high:
            raise ValueError(f"between={between!r}: expected (low, high) with low < high")
        empty, scale = None, f"a number from {low:g} to {high:g}"
        control = widgets.FloatSlider(value=(low + high) / 2, min=low, max=high, step=(high - low) / 100)
    prediction = Prediction(question, control, empty, choices)
    if is_static():
        print(f"Predict: {question} ({scale})")
    else:
        words = widgets.HTML(f"<b>Predict</b>: {html.escape(question)}")
        frame = widgets.Layout(border="2px solid #E69F00", padding="4px 10px", width="fit-content")
        display(widgets.VBox([words, control], layout=frame))
    return prediction
