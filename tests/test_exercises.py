"""`helpers.exercises`: every answer gets the sentence that helps, and a check that cannot tell is refused.

The exercise under test is one Euler–Maruyama step, x + f h + σ √h z, with the mistakes that people make in it.
"""

import math

import numpy as np
import pytest
import torch

from helpers import exercises
from helpers.exercises import check, predict

torch.set_num_threads(1)

X, Z = np.array([0.5, -1.0, 2.0]), np.array([0.3, -0.8, 1.1])
CASES = [(X, 0.01, 0.5, Z), (X, 0.25, 2.0, Z)]
MISTAKES = [
    (lambda x, h, s, z: x - x * h + s * h * z, "The noise scales with √h, not with h."),
    (lambda x, h, s, z: x - x * h + s**2 * math.sqrt(h) * z, "σ² stands where σ belongs."),
]


def right(x, h, s, z):
    return x - x * h + s * math.sqrt(h) * z


@pytest.fixture
def verdict(capsys):
    """What the check of the exercise says, one line."""

    def ask(answer, **changes) -> str:
        check(answer, **{"right": [right], "wrong": MISTAKES, "cases": CASES} | changes)
        return capsys.readouterr().out.removesuffix("\n")

    return ask


def not_implemented(*_arguments):
    raise NotImplementedError


def crashes(x, h, s, z):
    return x[7]


NOT_YET, CORRECT = "Not attempted yet", "✓ Correct."


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (..., NOT_YET),
        (None, NOT_YET),
        (lambda *_: ..., NOT_YET),
        (lambda *_: None, NOT_YET),
        (not_implemented, NOT_YET),
        (right, CORRECT),
        (lambda *a: right(*a) + 1e-12, CORRECT),
        (lambda *a: torch.tensor(right(*a), requires_grad=True), CORRECT),
        (lambda *a: right(*a).tolist(), CORRECT),
        (lambda *a: right(*a) + 0j, CORRECT),
        (lambda *a: right(*a) + 1j, "the result is ndarray, expected numbers"),
        *MISTAKES,
        (crashes, "raised IndexError: index 7 is out of bounds"),
        (lambda x: x, "raised TypeError"),
        (lambda *a: right(*a)[:2], "shape (2,), expected (3,)"),
        (lambda *a: right(*a).sum(), "shape (), expected (3,)"),
        (lambda *a: right(*a) * math.nan, "NaN"),
        (lambda *a: right(*a) / 0.0, "infinity"),
        (lambda *_: "x + f h", "the result is str, expected numbers of shape (3,)"),
        (lambda *_: [[1.0], [2.0, 3.0]], "the result is list, expected numbers"),
        (lambda *_: np.array([0.51, -1.03, 2.035]), "where"),
        (right(*CASES[0]), "is to be a function"),
    ],
)
@pytest.mark.filterwarnings("ignore:divide by zero")
def test_a_function_gets_the_sentence_that_helps(verdict, answer, says):
    said = verdict(answer)
    assert says in said
    assert "\n" not in said
    assert said.startswith({NOT_YET: "…", CORRECT: "✓"}.get(says, "✗"))


def test_a_wrong_number_is_quoted_beside_the_right_one(verdict):
    offset = np.array([0.0, 2.0, 0.0])
    want = right(*CASES[0])[1]
    assert verdict(lambda *a: right(*a) + offset) == f"✗ Not yet: got {want + 2:.6g} where {want:.6g} is right."


def test_every_case_counts(verdict):
    def right_for_small_steps(x, h, s, z):
        return right(x, min(h, 0.1), s, z)

    assert verdict(right_for_small_steps).startswith("✗ Not yet: got")
    assert verdict(right_for_small_steps, cases=CASES[:1]) == CORRECT


def test_any_of_the_right_answers_will_do(verdict):
    def from_the_other_side(x, h, s, z):
        return x - x * h - s * math.sqrt(h) * z

    assert "where" in verdict(from_the_other_side)
    assert verdict(from_the_other_side, right=[right, from_the_other_side]) == CORRECT


def test_an_exception_can_have_a_diagnosis(verdict):
    known = [("out of bounds", "There are three entries, numbered from 0.")]
    said = "✗ There are three entries, numbered from 0. (IndexError: index 7 is out of bounds"
    assert verdict(crashes, errors=known).startswith(said)
    assert verdict(lambda x: x, errors=known).startswith("✗ Your code raised TypeError")
    with pytest.raises(ValueError, match="expected pairs of words and diagnosis"):
        verdict(crashes, errors=[("", "swallows everything")])


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (..., NOT_YET),
        (None, NOT_YET),
        (1 / 3, CORRECT),
        (np.float32(1 / 3), CORRECT),
        (torch.tensor(1 / 3), CORRECT),
        (3.0, "✗ That is the inverse."),
        (0.4, "✗ Not yet: got 0.4 where 0.333333 is right."),
        ([1 / 3], "shape (1,), expected ()"),
        (math.nan, "NaN"),
        ("a third", "the result is str"),
        ("0.3333333333", "the result is str"),
    ],
)
def test_a_value_gets_the_sentence_that_helps(verdict, answer, says):
    wrong = [(3.0, "That is the inverse.")]
    assert says in verdict(answer, right=[1 / 3], wrong=wrong, cases=(), tolerance=1e-6)


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_the_tolerance_is_absolute_near_zero_and_relative_far_from_it(verdict, scale):
    allowed = 1e-3 * (1 + scale)
    for share, correct in ((0.99, True), (1.01, False)):
        said = verdict(scale + share * allowed, right=[scale], wrong=(), cases=(), tolerance=1e-3)
        assert (said == CORRECT) is correct


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"right": []}, r"right=\[\]: expected at least one"),
        ({"cases": ()}, r"cases=\(\): expected argument tuples for a function"),
        ({"right": [1.0], "wrong": ()}, r"cases=.*none for a value"),
        ({"tolerance": -1}, r"tolerance=-1: expected a number ≥ 0"),
        ({"tolerance": math.nan}, r"tolerance=nan: expected a finite number"),
        # At h = 1 the two are the same; so are they within a loose tolerance.
        ({"cases": [(X, 1.0, 0.5, Z)]}, r"expected cases that tell apart: 'The noise scales with √h"),
        ({"cases": [(X, 0.01, 1.0, Z)]}, r"expected cases that tell apart: 'σ² stands"),
        ({"tolerance": 10}, r"expected cases that tell apart"),
    ],
)
def test_a_check_that_cannot_tell_right_from_wrong_is_refused(verdict, changes, message):
    with pytest.raises(ValueError, match=message):
        verdict(right, **changes)


def test_a_function_is_no_value(verdict):
    assert verdict(lambda: 5.0, right=[2.0], wrong=(), cases=()).startswith("✗")


def in_place(x):
    x += 1
    return x


def draw(generator):
    return torch.randn(3, generator=generator)


@pytest.mark.parametrize(
    ("answer", "truth", "argument"),
    [(in_place, lambda x: x + 1, X.copy()), (draw, draw, torch.Generator().manual_seed(0))],
    ids=["array changed in place", "generator drawn from"],
)
def test_code_that_changes_its_arguments_is_judged_by_its_result(verdict, answer, truth, argument):
    assert verdict(answer, right=[truth], wrong=(), cases=[(argument,)]) == CORRECT


@pytest.mark.filterwarnings("ignore:Casting complex values")
@pytest.mark.parametrize("answer", [np.array([2 + 5j]), torch.tensor([2 + 5j])])
def test_an_imaginary_part_is_not_dropped(verdict, answer):
    assert verdict(answer, right=[np.array([2.0])], wrong=(), cases=()).startswith("✗")


def test_a_list_of_tensors_with_gradients_is_an_answer(verdict):
    weight = torch.tensor(2.0, requires_grad=True)
    assert verdict([weight, 2 * weight], right=[[2.0, 4.0]], wrong=(), cases=()) == CORRECT


# -- predictions ----------------------------------------------------------------------------------------------------


@pytest.fixture
def page(monkeypatch) -> list:
    """What was displayed live."""
    monkeypatch.delenv("COURSE_STATIC", raising=False)
    shown = []
    monkeypatch.setattr(exercises, "display", shown.append)
    return shown


def control(page):
    """The one control of the prediction on the page."""
    (box,) = page
    return box.children[-1]


def test_a_choice_is_revealed_beside_the_answer(page, capsys):
    guess = predict("Which is faster?", choices=["euler", "rk4"])
    assert guess.value is None
    guess.reveal("rk4")
    assert "Measured: rk4." in capsys.readouterr().out
    for choice, said in (("euler", "You said: euler. Measured: rk4."), ("rk4", "Measured: rk4. As predicted.")):
        control(page).value = choice
        assert guess.value == choice
        guess.reveal("rk4")
        assert capsys.readouterr().out.strip().endswith(said)
    control(page).value = ""  # back to "choose…"
    assert guess.value is None


def test_a_number_is_revealed_beside_the_answer(page, capsys):
    guess = predict("What slope?", between=(-5, 3))
    assert guess.value is None  # a slider stands somewhere; that alone is no guess
    guess.reveal(-4.0000123)
    assert "Measured: -4. (You made no prediction" in capsys.readouterr().out
    control(page).value = -2.5
    guess.reveal(torch.tensor(-4.0))
    assert capsys.readouterr().out == "You said -2.5. Measured: -4.\n"
    assert (control(page).min, control(page).max) == (-5, 3)
    with pytest.raises(ValueError, match=r"measured=nan: expected a finite number"):
        guess.reveal(math.nan)


@pytest.mark.parametrize("kind", [{"choices": ["up", "down"]}, {"between": (0, 1)}])
def test_a_static_page_shows_the_question_and_no_control(page, monkeypatch, capsys, kind):
    monkeypatch.setenv("COURSE_STATIC", "1")
    guess = predict("Which way?", **kind)
    printed = capsys.readouterr().out
    assert "Which way?" in printed
    assert ("up / down" if "choices" in kind else "from 0 to 1") in printed
    assert not page
    assert guess.value is None


@pytest.mark.parametrize(
    ("kind", "message"),
    [
        ({}, r"choices=None, between=None: expected exactly one"),
        ({"choices": ["a", "b"], "between": (0, 1)}, r"expected exactly one"),
        ({"choices": ["a"]}, r"choices=\['a'\]: expected two different strings or more"),
        ({"choices": [1, 2]}, r"choices=\[1, 2\]: expected two different strings or more"),
        ({"between": (1, 0)}, r"between=\(1, 0\): expected \(low, high\) with low < high"),
        ({"between": (1, 1)}, r"between=\(1, 1\): expected"),
        ({"between": (0, math.nan)}, r"between=nan: expected a finite number"),
    ],
)
def test_a_bad_question_is_named(page, kind, message):
    with pytest.raises(ValueError, match=message):
        predict("?", **kind)
    assert not page


@pytest.mark.parametrize(("kind", "measured"), [({"choices": ["a", "b"]}, 3.0), ({"choices": ["a", "b"]}, "c")])
def test_a_reveal_that_does_not_fit_its_question_is_refused_at_once(page, kind, measured):
    with pytest.raises(ValueError, match="measured"):
        predict("?", **kind).reveal(measured)
