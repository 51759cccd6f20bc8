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
RIGHT = "x - x * h + s * math.sqrt(h) * z"
MISTAKES = {
    "x - x * h + s * h * z": "The noise scales with √h, not with h.",
    "x - x * h + s**2 * math.sqrt(h) * z": "σ² stands where σ belongs.",
}


def right(x, h, s, z):
    return x - x * h + s * math.sqrt(h) * z


@pytest.fixture
def verdict(capsys):
    """What the check of the exercise says, one line."""

    def ask(answer, **changes) -> str:
        options = {"arguments": "x, h, s, z", "right": RIGHT, "wrong": MISTAKES, "cases": CASES} | changes
        if not options["cases"] and "arguments" not in changes:
            options["arguments"] = ""
        check(answer, **options)
        return capsys.readouterr().out.removesuffix("\n")

    return ask


def not_implemented(*_arguments):
    raise NotImplementedError


def crashes(x, h, s, z):
    return x[7]


def prints(x, h, s, z):
    print(right(x, h, s, z))


def leaves(*_arguments):
    raise SystemExit("gone")


def with_tensors(x, h, s, z):
    """Written for what the notebook works with: torch's functions refuse NumPy's arrays and Python's numbers."""
    return x - x * h + s * torch.sqrt(h) * z


def with_arrays(x, h, s, z):
    return np.add(x - x * h, s * np.sqrt(h) * z)


def in_single_precision(x, h, s, z):
    x, z = np.float32(x), np.float32(z)
    return x - x * np.float32(h) + np.float32(s) * np.sqrt(np.float32(h)) * z


NOT_YET, CORRECT = "Not attempted yet", "✓ Correct."


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (..., NOT_YET),
        (None, "✗ Not yet: the answer is None."),
        (lambda *_: ..., NOT_YET),
        (lambda *_: None, "✗ Your function returns nothing: its last line needs return."),
        (prints, "✗ Your function prints its result: write return in place of print."),
        (not_implemented, NOT_YET),
        (right, CORRECT),
        (lambda *a: right(*a) + 1e-9, CORRECT),
        (lambda *a: torch.tensor(right(*a), requires_grad=True), CORRECT),
        (lambda *a: torch.tensor(right(*a)).float(), CORRECT),
        (lambda *a: right(*a).astype(np.float32), CORRECT),
        (in_single_precision, CORRECT),
        (with_tensors, CORRECT),
        (with_arrays, CORRECT),
        (lambda *a: right(*a).tolist(), CORRECT),
        (lambda *a: right(*a)[None], CORRECT),
        (lambda *a: right(*a) + 0j, CORRECT),
        (lambda *a: right(*a) + 1j, "the result is a ndarray, expected 3 numbers"),
        (lambda x, h, s, z: x - x * h + s * h * z, "The noise scales with √h, not with h."),
        (lambda x, h, s, z: x - x * h + s**2 * math.sqrt(h) * z, "σ² stands where σ belongs."),
        (crashes, "raised IndexError: index 7 is out of bounds"),
        (leaves, "raised SystemExit: gone"),
        (lambda x: x, "raised TypeError"),
        (lambda *a: right(*a)[:2], "the result is 2 numbers, expected 3 numbers"),
        (lambda *a: right(*a).sum(), "the result is one number, expected 3 numbers"),
        (lambda *a: np.outer(right(*a), X), "numbers of shape (3, 3), expected 3 numbers"),
        (lambda *a: right(*a) * math.nan, "NaN"),
        (lambda *a: right(*a) / 0.0, "infinity"),
        (lambda *_: "x + f h", "the answer is 'x + f h', expected 3 numbers"),
        (lambda *_: [[1.0], [2.0, 3.0]], "the result is 2 results, expected 3 numbers"),
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


def test_what_the_answer_prints_is_not_the_verdict(verdict):
    def chatty(*arguments):
        print("at", arguments[1])
        return right(*arguments)

    assert verdict(chatty) == CORRECT


def test_a_wrong_number_is_quoted_beside_the_right_one(verdict):
    offset = np.array([0.0, 2.0, 0.0])
    want = right(*CASES[0])[1]
    assert verdict(lambda *a: right(*a) + offset) == f"✗ Not yet: got {want + 2:.4g} where {want:.4g} is right."
    said = verdict(lambda n: n + 1, arguments="n", right="2 * n", wrong=(), cases=[(1,), (5,)])
    assert said == "✗ Not yet: got 6 where 10 is right, for n = 5."


def test_two_numbers_that_differ_are_never_quoted_alike(verdict):
    """As many digits as it takes: "got 1.3 where 1.3 is right" helps nobody."""
    for error in (1e-3, 1e-6, 1e-9):
        options = {"right": 1 / 3, "wrong": (), "cases": (), "tolerance": 1e-12}
        got, want = verdict(1 / 3 + error, **options).removesuffix(" is right.").split("got ")[1].split(" where ")
        assert got != want


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
    known = {"out of bounds": "There are three entries, numbered from 0."}
    said = "✗ There are three entries, numbered from 0. (IndexError: index 7 is out of bounds"
    assert verdict(crashes, errors=known).startswith(said)
    assert verdict(lambda x: x, errors=known).startswith("✗ Your code raised TypeError")
    with pytest.raises(ValueError, match="expected words of an error message"):
        verdict(crashes, errors={"": "swallows everything"})


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (..., NOT_YET),
        (None, "the answer is None"),
        (1 / 3, CORRECT),
        (np.float32(1 / 3), CORRECT),
        (torch.tensor(1 / 3), CORRECT),
        (3.0, "✗ That is the inverse."),
        (0.4, "✗ Not yet: got 0.4 where 0.3333 is right."),
        ([1 / 3], CORRECT),
        (torch.tensor([1 / 3]), CORRECT),
        ([1 / 3, 1 / 3], "the result is 2 numbers, expected one number"),
        (math.nan, "NaN"),
        ("a third", "the answer is 'a third', expected one number"),
        ("0.3333333333", "the answer is '0.3333333333'"),
    ],
)
def test_a_value_gets_the_sentence_that_helps(verdict, answer, says):
    assert says in verdict(answer, right=1 / 3, wrong={3.0: "That is the inverse."}, cases=())


@pytest.mark.parametrize("scale", [1e-6, 1.0, 1e6])
def test_the_tolerance_is_absolute_near_zero_and_relative_far_from_it(verdict, scale):
    allowed = 1e-3 * (1 + scale)
    for share, correct in ((0.99, True), (1.01, False)):
        said = verdict(scale + share * allowed, right=[scale], wrong=(), cases=(), tolerance=1e-3)
        assert (said == CORRECT) is correct


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"right": None}, r"right, judge: expected exactly one of the two"),
        ({"judge": lambda _: None}, r"right, judge: expected exactly one of the two"),
        ({"cases": (), "arguments": "x"}, r"cases=\(\): expected both for a function"),
        ({"arguments": ""}, r"arguments=''.*none for a value"),
        ({"tolerance": -1}, r"tolerance=-1: expected a number ≥ 0"),
        ({"tolerance": math.nan}, r"tolerance=nan: expected a finite number"),
        # At h = 1 the two are the same; so are they within a loose tolerance.
        ({"cases": [(X, 1.0, 0.5, Z)]}, r"expected cases that tell apart: 'The noise scales with √h"),
        ({"cases": [(X, 0.01, 1.0, Z)]}, r"expected cases that tell apart: 'σ² stands"),
        ({"tolerance": 10}, r"expected cases that tell apart"),
        ({"wrong": {f"{RIGHT} + 1e-6": "nearly"}}, r"expected cases that tell apart: 'nearly'"),
    ],
)
def test_a_check_that_cannot_tell_right_from_wrong_is_refused(verdict, changes, message):
    with pytest.raises(ValueError, match=message):
        verdict(right, **changes)


def test_a_function_is_no_value(verdict):
    assert verdict(lambda: 5.0, right=2.0, wrong=(), cases=()).startswith("✗")


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
    assert verdict(answer, arguments="x", right=truth, wrong=(), cases=[(argument,)]) == CORRECT


@pytest.mark.filterwarnings("ignore:Casting complex values")
@pytest.mark.parametrize("answer", [np.array([2 + 5j]), torch.tensor([2 + 5j])])
def test_an_imaginary_part_is_not_dropped(verdict, answer):
    assert verdict(answer, right=[np.array([2.0])], wrong=(), cases=()).startswith("✗")


def test_a_list_of_tensors_with_gradients_is_an_answer(verdict):
    weight = torch.tensor(2.0, requires_grad=True)
    assert verdict([weight, 2 * weight], right=[[2.0, 4.0]], wrong=(), cases=()) == CORRECT


def test_a_word_is_an_answer(verdict):
    options = {"right": "adjoint", "wrong": {"backprop": "It keeps every state."}, "cases": ()}
    assert verdict("adjoint", **options) == CORRECT
    assert verdict("backprop", **options) == "✗ It keeps every state."
    assert verdict("forward", **options) == "✗ Not yet: 'forward' is not it."
    assert verdict(3.0, **options) == "✗ Not yet: the result is one number, expected a str."


def test_single_precision_may_lose_what_double_may_not(verdict):
    off = 5e-6 * np.abs(right(*CASES[0])).max()
    assert verdict(lambda *a: (right(*a) + off).astype(np.float32)) == CORRECT
    assert verdict(lambda *a: torch.tensor(right(*a) + off).float()) == CORRECT
    assert "where" in verdict(lambda *a: right(*a) + off)


def test_a_pair_may_mix_numbers_and_arrays_of_one(verdict):
    options = {"arguments": "x", "right": "np.array([x, 2 * x])", "wrong": (), "cases": [(0.5,)]}
    for answer in (lambda x: (x, np.array([2 * x])), lambda x: [torch.tensor([x]), 2 * x], lambda x: ([x], [2 * x])):
        assert verdict(answer, **options) == CORRECT


def test_results_of_different_shapes_are_compared_one_by_one(verdict):
    options = {"arguments": "x", "right": "(x, x.sum())", "wrong": {"(x.sum(), x)": "swapped"}, "cases": [(X,)]}
    assert verdict(lambda x: (x, x.sum()), **options) == CORRECT
    assert verdict(lambda x: [torch.tensor(x), float(x.sum())], **options) == CORRECT
    assert verdict(lambda x: (x.sum(), x), **options) == "✗ swapped"
    assert verdict(lambda x: x.sum(), **options) == "✗ Not yet: the result is one number, expected 2 results."


def test_what_a_learner_overwrites_changes_no_verdict(verdict):
    """The formulas know math, np and torch, and nothing of the notebook."""
    global math, np
    kept = math, np
    try:
        math = np = None
        said = verdict(lambda x, h, s, z: x - x * h + s * h**0.5 * z)
    finally:
        math, np = kept
    assert said == CORRECT


def cooled(schedule):
    """A judge: what a schedule must do, in words where it does not."""
    if schedule(0.0) < 1.0:
        return "It starts too cold."
    return None if schedule(10.0) < 0.1 else "It ends too warm."


@pytest.mark.parametrize(
    ("answer", "says"),
    [
        (lambda t: 2.0 / (1 + t) ** 2, CORRECT),
        (lambda t: 0.5, "✗ It starts too cold."),
        (lambda t: 2.0, "✗ It ends too warm."),
        (lambda t: ..., NOT_YET),
        (lambda t: None, "returns nothing"),
        (lambda t: print(t), "prints its result"),
        (lambda t: 1 / t, "✗ Your code raised ZeroDivisionError"),
        (3.0, "is to be a function"),
        (..., NOT_YET),
    ],
)
def test_a_judge_says_what_no_number_says(capsys, answer, says):
    check(answer, "t", judge=cooled)
    assert says in capsys.readouterr().out


# -- predictions ----------------------------------------------------------------------------------------------------


@pytest.fixture
def page(monkeypatch) -> list:
    """What was displayed live."""
    monkeypatch.delenv("COURSE_STATIC", raising=False)
    monkeypatch.setattr(exercises, "_guesses", {})
    shown = []
    monkeypatch.setattr(exercises, "display", shown.append)
    return shown


def control(page):
    """The control of the last prediction on the page."""
    return page[-1].children[-1]


def test_a_prediction_survives_run_all(page):
    question = {"question": "Which survives?", "choices": ["this", "that"]}
    guess = predict(**question)
    assert guess.value is None
    control(page).value = "that"
    again = predict(**question)  # the cell is run again
    assert again.value == control(page).value == "that"
    assert predict("Which survives?", choices=["other", "options"]).value is None
    assert predict("Another?", choices=["this", "that"]).value is None


BOUNDS = {"settles": 0.5, "stays": 2, "explodes": math.inf}


def test_a_measured_number_falls_between_bounds(page, capsys):
    guess = predict("What becomes of it?", choices=list(BOUNDS))
    for measured, choice in ((0.1, "settles"), (0.5, "settles"), (0.6, "stays"), (9.0, "explodes"), (math.inf, "expl")):
        guess.reveal(measured, BOUNDS)
        assert f"Measured: {choice}" in capsys.readouterr().out
    control(page).value = "stays"
    guess.reveal(torch.tensor(1.25), BOUNDS)
    assert capsys.readouterr().out == "You said: stays. Measured: stays (1.25). As predicted.\n"


@pytest.mark.parametrize(
    "bounds",
    [
        {"settles": 0.5, "explodes": math.inf},  # one is forgotten
        {"settles": 0.5, "stays": 2, "explodes": 9},  # nothing for 10
        {"settles": 2, "stays": 0.5, "explodes": math.inf},
        {"settles": math.nan, "stays": 2, "explodes": math.inf},
        {"stays": 0.5, "settles": 2, "explodes": math.inf},
    ],
)
def test_bounds_forget_no_choice_and_no_number(page, bounds):
    guess = predict("What becomes of it then?", choices=list(BOUNDS))
    with pytest.raises(ValueError, match="expected the choices in order, with growing bounds, the last infinite"):
        guess.reveal(1.0, bounds)
    with pytest.raises(ValueError, match="measured=nan"):
        guess.reveal(math.nan, BOUNDS)


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
