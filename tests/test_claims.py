"""`helpers.claims`: the verdict at its edges, the false-alarm rate against SciPy's tails, and the ledger."""

import math

import pytest
from scipy import stats

from helpers import claims
from helpers.claims import Claim, ClaimError, claim, ledger


@pytest.fixture(autouse=True)
def empty_ledger(monkeypatch):
    monkeypatch.setattr(claims, "_claims", {})


@pytest.fixture
def page(monkeypatch) -> list:
    """What was displayed."""
    outputs = []
    monkeypatch.setattr(claims, "display", lambda data, **_options: outputs.append(data))
    return outputs


def holds(**arguments) -> bool:
    try:
        claim("a claim", source="derived above", **arguments)
    except ClaimError:
        return False
    return True


@pytest.mark.parametrize(
    ("sense", "below", "above"), [("equal", False, False), ("at most", True, False), ("at least", False, True)]
)
def test_the_verdict_turns_at_the_tolerance(sense, below, above):
    def measured(value):
        return holds(measured=value, theory=2.0, tolerance=0.25, sense=sense)

    assert measured(1.75)  # the limit itself still holds; these numbers are exact in binary
    assert measured(2.25)
    assert measured(1.75 - 1e-9) == measured(-1e300) == below
    assert measured(2.25 + 1e-9) == measured(1e300) == above
    assert not any(map(measured, (math.nan, math.inf, -math.inf)))  # what has diverged proves nothing


def test_no_tolerance_at_all_is_exact():
    assert holds(measured=3, theory=3, tolerance=0)
    assert not holds(measured=math.nextafter(3, 4), theory=3, tolerance=0)


@pytest.mark.parametrize("sense", ["equal", "at most", "at least"])
@pytest.mark.parametrize("dof", [None, 1, 4, 30])
def test_a_true_claim_fails_once_in_ten_thousand_runs(sense, dof):
    stderr, tolerance = 0.2, 0.5
    for extra in (None, tolerance):
        claim("a", measured=0, theory=0, source="s", sense=sense, stderr=stderr, dof=dof, tolerance=extra)
        multiple = (claims._claims["a"].limit - (extra or 0)) / stderr
        tail = stats.norm.sf(multiple) if dof is None else stats.t(dof).sf(multiple)
        assert tail * (2 if sense == "equal" else 1) == pytest.approx(1e-4, rel=1e-6)


def test_the_normal_multiple_is_the_one_in_the_tables():
    claim("a", measured=0, theory=0, source="s", stderr=1)
    assert claims._claims["a"].limit == pytest.approx(3.8906, abs=1e-4)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"tolerance": None}, r"tolerance=None and stderr=None: expected at least one"),
        ({"tolerance": -0.1}, r"tolerance=-0\.1: expected a number ≥ 0"),
        ({"tolerance": math.nan}, r"tolerance=nan: expected a finite number"),
        ({"stderr": 0}, r"stderr=0: expected a number > 0"),
        ({"stderr": -1}, r"stderr=-1: expected a number > 0"),
        ({"stderr": math.nan}, r"stderr=nan: expected a finite number"),
        ({"dof": 5}, r"dof=5 without stderr: expected"),
        ({"dof": 0, "stderr": 1}, r"dof=0: expected a whole number, 1 or greater"),
        ({"dof": 2.5, "stderr": 1}, r"dof=2\.5: expected a whole number"),
        ({"sense": "below"}, r"sense='below': expected one of 'equal', 'at least', 'at most'"),
        ({"theory": math.nan}, r"theory=nan: expected a finite number"),
        ({"theory": "two"}, r"theory='two': expected one number"),
        ({"theory": [1, 2]}, r"theory=\[1, 2\]: expected one number"),
        ({"measured": None}, r"measured=None: expected one number"),
        ({"name": ""}, r"name='': expected some words"),
        ({"source": "  "}, r"source='  ': expected some words"),
        ({"source": None}, r"source=None: expected some words"),
    ],
)
def test_bad_arguments_are_named_and_leave_no_claim(arguments, message):
    with pytest.raises(ValueError, match=message):
        claim(**{"name": "a", "measured": 1, "theory": 1, "source": "s", "tolerance": 0.1} | arguments)
    assert not claims._claims


@pytest.mark.parametrize(
    ("arguments", "line"),
    [
        ({"measured": 2.0004321, "theory": 2, "tolerance": 0.01}, "✓ a: measured 2, theory 2 (±0.01)"),
        ({"measured": -4.05, "theory": -4, "tolerance": 0.2}, "✓ a: measured -4.05, theory -4 (±0.2)"),
        ({"measured": 3.1401, "theory": math.pi, "tolerance": 0.01}, "✓ a: measured 3.14, theory 3.142 (±0.01)"),
        ({"measured": 3, "theory": 3, "tolerance": 0}, "✓ a: measured 3, theory 3 (exact)"),
        ({"measured": 0, "theory": 0, "tolerance": 1e-12}, "✓ a: measured 0, theory 0 (±1e-12)"),
        ({"measured": 7, "theory": 8, "tolerance": 0, "sense": "at most"}, "✓ a: measured 7, theory ≤ 8"),
        ({"measured": 7, "theory": 6, "tolerance": 1, "sense": "at least"}, "✓ a: measured 7, theory ≥ 6 (−1)"),
    ],
)
def test_one_short_line_is_printed(arguments, line, capsys):
    claim("a", source="s", **arguments)
    assert capsys.readouterr().out == line + "\n"


def test_a_false_claim_says_everything_and_raises_an_assertion():
    with pytest.raises(AssertionError, match=r"^✗ energy: measured 1\.5, theory 1 \(±0\.1\)$"):
        claim("energy", measured=1.5, theory=1, tolerance=0.1, source="s")


def test_a_measurement_is_rounded_to_what_its_limit_can_tell_apart():
    def shown(measured, limit):
        return Claim("a", measured, 0.0, limit, "equal", "s").columns()[2]

    assert shown(1234.56789, 10.0) == "1235"
    assert shown(0.123456789, 1e-3) == "0.1235"
    assert shown(1.23456789e-9, 1.0) == "1.2e-09"  # two digits at least
    assert shown(1.23456789, 1e-15) == "1.234568"  # seven at most
    assert shown(math.nan, 0.1) == "nan"
    for value in (3.14159265, -0.000271828, 6.02214e23):
        for limit in (1e-4 * abs(value), 0.3 * abs(value)):
            assert abs(float(shown(value, limit)) - value) <= limit / 10


def test_the_ledger_shows_the_last_of_each_name(page):
    claim("slope", measured=1.2, theory=1, tolerance=0.5, source="first run")
    claim("count", measured=7, theory=7, tolerance=0, source="by hand")
    claim("slope", measured=0.9, theory=1, tolerance=0.5, source="second run")
    with pytest.raises(ClaimError):
        claim("broken", measured=math.nan, theory=0, tolerance=1, source="nowhere")
    ledger()
    (output,) = page
    table, summary = output["text/markdown"].split("\n\n")
    head, rule, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    assert head == ["Claim", "Theory", "Measured", "Limit", "Source"]
    assert set(rule) == {"---"}
    assert [(row[0], row[-1]) for row in rows] == [
        ("slope", "second run"),
        ("count", "by hand"),
        ("broken", "nowhere"),
    ]
    assert summary == output["text/plain"] == "2 of 3 claims hold."


def test_a_bar_in_a_name_does_not_break_the_table(page):
    claim("|λ| of the step", measured=1, theory=1, tolerance=0, source="s")
    ledger()
    row = page[0]["text/markdown"].split("\n\n")[0].splitlines()[-1]
    assert row.replace(r"\|", "").count("|") == 6


def test_an_empty_ledger_is_no_proof():
    with pytest.raises(ClaimError, match="empty"):
        ledger()
