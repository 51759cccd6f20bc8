"""Exercises with an instant answer: "not attempted yet", "correct", or what is probably wrong.

A check compares what the learner's code *computes* with what the right code computes, and then with
what each typical mistake computes: the mistake that gives the same numbers is the diagnosis.
"""

import html
from copy import deepcopy

import ipywidgets as widgets
import numpy as np
from IPython.display import display

from . import is_static
from .checks import finite, positive

__all__ = ["Prediction", "check", "predict"]

NOT_ATTEMPTED = "… Not attempted yet: replace the dots, run your cell, then this one."


def _numbers(value):
    """`value` as a float array, or None if it is not numeric."""
    if isinstance(value, list | tuple) and any(hasattr(item, "detach") for item in value):
        value = [_numbers(item) for item in value]
    if hasattr(value, "detach"):
        value = value.detach().cpu()
    try:
        array = np.asarray(value)
        if array.dtype.kind == "c" and not array.imag.any():  # a sum of eigenvalues, say
            array = array.real
        return array.astype(float) if array.dtype.kind in "biuf" else None
    except (TypeError, ValueError):
        return None


def _same(answer, expected, tolerance: float) -> bool:
    answer, expected = _numbers(answer), _numbers(expected)
    if answer is None or expected is None or answer.shape != expected.shape:
        return False
    return bool(np.all(np.abs(answer - expected) <= tolerance * (1 + np.abs(expected))))


def _complaint(answer, expected) -> str:
    """What can be said of a wrong answer that is no known mistake."""
    got, want = _numbers(answer), _numbers(expected)
    if got is None:
        return f"the result is {type(answer).__name__}, expected numbers of shape {want.shape}"
    if got.shape != want.shape:
        return f"the result has shape {got.shape}, expected {want.shape}"
    if not np.isfinite(got).all():
        return "the result holds NaN or infinity"
    worst = np.abs(got - want).argmax()
    return f"got {got.flat[worst]:.6g} where {want.flat[worst]:.6g} is right"


def _attempt(function, arguments):
    """What `function` returns, and the exception it raised instead (one of the two is None)."""
    try:
        return function(*deepcopy(arguments)), None
    except NotImplementedError:
        return ..., None
    except Exception as error:  # whatever the learner's code does, say it in one line
        return None, error


def _computed(function, cases) -> list:
    """What a function gives on each case, the arguments being copies: it may change them, or draw from them."""
    return [function(*deepcopy(arguments)) for arguments in cases]


def _verdict(answer, right, cases, wrong, tolerance: float, errors=()) -> str:
    if not callable(answer):
        if answer is ... or answer is None:
            return NOT_ATTEMPTED
        results, truths = [answer], [[value] for value in right]
        mistakes = [([value], diagnosis) for value, diagnosis in wrong]
    else:
        results = []
        for arguments in cases:
            result, error = _attempt(answer, arguments)
            if error is not None:
                line = str(error).partition("\n")[0]
                for words, diagnosis in errors:
                    if words in line:
                        return f"✗ {diagnosis} ({type(error).__name__}: {line})"
                return f"✗ Your code raised {type(error).__name__}: {line}"
            if result is ... or result is None:
                return NOT_ATTEMPTED
            results.append(result)
        truths = [_computed(function, cases) for function in right]
        mistakes = [(_computed(function, cases), diagnosis) for function, diagnosis in wrong]

    def matches(expected) -> bool:
        return all(_same(a, b, tolerance) for a, b in zip(results, expected, strict=True))

    if any(matches(truth) for truth in truths):
        return "✓ Correct."
    for values, diagnosis in mistakes:
        if matches(values):
            return f"✗ {diagnosis}"
    first = next((a, b) for a, b in zip(results, truths[0], strict=True) if not _same(a, b, tolerance))
    return f"✗ Not yet: {_complaint(*first)}."


def check(answer, right, *, wrong=(), errors=(), cases=(), tolerance: float = 1e-9) -> None:
    """Print a one-line verdict on an answer.

    answer: the learner's function, or value (`...` while it is not attempted).
    right: list of correct functions (or values); the first is the one quoted.
    wrong: list of (function or value, diagnosis) for the mistakes that people make.
    errors: list of (words of an error message, diagnosis) for the mistakes that end in an exception.
    cases: argument tuples that a function is tried on; every one must agree.
    tolerance: relative (and, near 0, absolute) difference that still counts as equal.
    Raises ValueError for a check that could not tell right from wrong.
    """
    positive("tolerance", tolerance, zero=True)
    if not right:
        raise ValueError("right=[]: expected at least one correct answer")
    if any(not words for words, _diagnosis in errors) or (errors and not cases):
        raise ValueError(f"errors={errors!r}: expected pairs of words and diagnosis, for a function")
    if callable(right[0]) != bool(cases):
        raise ValueError(f"cases={cases!r}: expected argument tuples for a function, none for a value")
    for value, diagnosis in wrong:
        if _verdict(value, right, cases, (), tolerance).startswith("✓"):
            raise ValueError(f"cases={len(cases)} case(s): expected cases that tell apart: {diagnosis!r}")
    if callable(answer) != callable(right[0]) and answer is not ... and answer is not None:
        kind = "a function; run the cell that defines it again" if callable(right[0]) else "a value, not a function"
        print(f"✗ Not yet: the answer is to be {kind}.")
        return
    print(_verdict(answer, right, cases, wrong, tolerance, errors))


class Prediction:
    """A guess, made before the answer is shown."""

    def __init__(self, question: str, control, empty, choices=None):
        self._question, self._control, self._empty, self._choices = question, control, empty, choices
        self._touched = False
        control.observe(self._touch, "value")

    def _touch(self, _change) -> None:
        self._touched = True

    @property
    def value(self):
        """The learner's choice, or None as long as nothing is chosen."""
        return self._control.value if self._touched and self._control.value != self._empty else None

    def reveal(self, measured) -> None:
        """Print the guess beside the answer. measured: the right choice, or a number."""
        fits = measured in self._choices if self._choices else not isinstance(measured, str)
        if not fits:
            wanted = f"one of {', '.join(map(repr, self._choices))}" if self._choices else "a number"
            raise ValueError(f"measured={measured!r}: expected {wanted}")
        shown = measured if isinstance(measured, str) else f"{finite('measured', measured):.4g}"
        if self.value is None:
            print(f"Measured: {shown}. (You made no prediction; it is worth trying.)")
        elif isinstance(measured, str):
            print(f"You said: {self.value}. Measured: {shown}.{' As predicted.' if self.value == measured else ''}")
        else:
            print(f"You said {self.value:.4g}. Measured: {shown}.")


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
        display(widgets.VBox([widgets.HTML(f"Predict: {html.escape(question)}"), control]))
    return prediction
