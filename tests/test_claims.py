"""`helpers.claims`: the verdict at its edges, the false-alarm rate against SciPy's tails, rivals, and the ledger."""

import math

import pytest
from scipy import stats

from helpers import claims
from helpers.claims import ClaimError, at_least, at_most, claim, equal, ledger, mutant

SENSES = {"equal": equal, "at least": at_least, "at most": at_most}


@pytest.fixture(autouse=True)
def empty_ledger(monkeypatch):
    monkeypatch.setattr(claims, "made", {})


@pytest.fixture
def page(monkeypatch) -> list:
    """What was displayed."""
    outputs = []
    monkeypatch.setattr(claims, "display", lambda data, **_options: outputs.append(data))
    return outputs


def holds(measured, theory, **options) -> bool:
    try:
        claim("a claim", measured, theory, source="derived above", **options)
    except ClaimError:
        return False
    return True


@pytest.mark.parametrize(
    ("sense", "below", "above"), [("equal", False, False), ("at most", True, False), ("at least", False, True)]
)
def test_the_verdict_turns_at_the_limit(sense, below, above):
    def measured(value):
        return holds(value, SENSES[sense](2.0, within=0.25))

    assert measured(1.75)  # the limit itself still holds; these numbers are exact in binary
    assert measured(2.25)
    assert measured(1.75 - 1e-9) == measured(-1e300) == below
    assert measured(2.25 + 1e-9) == measured(1e300) == above
    assert not any(map(measured, (math.nan, math.inf, -math.inf)))  # what has diverged proves nothing


def test_no_tolerance_at_all_is_exact():
    assert holds(3, equal(3, within=0))
    assert not holds(math.nextafter(3, 4), equal(3, within=0))


@pytest.mark.parametrize("sense", SENSES)
@pytest.mark.parametrize("dof", [None, 1, 4, 30])
def test_a_true_claim_fails_once_in_a_million_runs(sense, dof):
    stderr, within = 0.2, 0.5
    for extra in (0.0, within):
        multiple = (SENSES[sense](0, stderr=stderr, dof=dof, within=extra).limit - extra) / stderr
        tail = stats.norm.sf(multiple) if dof is None else stats.t(dof).sf(multiple)
        assert tail * (2 if sense == "equal" else 1) == pytest.approx(1e-6, rel=1e-6)


def test_the_normal_multiple_is_the_one_in_the_tables():
    assert equal(0, stderr=1).limit == pytest.approx(4.8916, abs=1e-4)


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (lambda: equal(1), r"within=None and stderr=None: expected at least one"),
        (lambda: equal(1, within=-0.1), r"within=-0\.1: expected a number ≥ 0"),
        (lambda: equal(1, within=math.nan), r"within=nan: expected a finite number"),
        (lambda: equal(1, stderr=0), r"stderr=0: expected a number > 0"),
        (lambda: at_least(1, stderr=-1), r"stderr=-1: expected a number > 0"),
        (lambda: at_most(1, stderr=math.nan), r"stderr=nan: expected a finite number"),
        (lambda: equal(1, within=1, dof=5), r"dof=5 without stderr: expected"),
        (lambda: equal(1, dof=0, stderr=1), r"dof=0: expected a whole number, 1 or greater"),
        (lambda: equal(1, dof=2.5, stderr=1), r"dof=2\.5: expected a whole number"),
        (lambda: equal(math.nan, within=1), r"theory=nan: expected a finite number"),
        (lambda: equal("two", within=1), r"theory='two': expected one number"),
        (lambda: at_least([1, 2]), r"theory=\[1, 2\]: expected one number"),
        (lambda: mutant(" "), r"mutant=' ': expected some words"),
    ],
)
def test_a_bad_theory_is_named(make, message):
    with pytest.raises(ValueError, match=message):
        make()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"theory": 1.0}, r"theory=1\.0: expected equal\(…\), at_least\(…\) or at_most\(…\)"),
        ({"measured": None}, r"measured=None: expected one number"),
        ({"name": ""}, r"name='': expected some words"),
        ({"source": "  "}, r"source='  ': expected some words"),
        ({"source": None}, r"source=None: expected some words"),
        ({"rules_out": 3.0}, r"rules_out=3\.0: expected \{a mistake in words"),
        ({"rules_out": {}}, r"rules_out=\{\}: expected"),
        ({"rules_out": {"": 2}}, r"rules_out='': expected some words"),
        ({"rules_out": {"no noise": "two"}}, r"rules_out\['no noise'\]='two': expected one number"),
        ({"rules_out": {"no noise": math.nan}}, r"rules_out\['no noise'\]=nan: expected a number, or infinity"),
        ({"rules_out": {"no noise": (9, -1)}}, r"rules_out\['no noise'\] error=-1: expected a number ≥ 0"),
    ],
)
def test_bad_arguments_are_named_and_leave_no_claim(arguments, message):
    with pytest.raises(ValueError, match=message):
        claim(**{"name": "a", "measured": 1, "theory": equal(1, within=0.1), "source": "s"} | arguments)
    assert not claims.made


# -- rivals ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("theory", "rival", "told"),
    [
        (equal(2.0, within=0.25), 2.51, True),
        (equal(2.0, within=0.25), 1.49, True),
        (equal(2.0, within=0.25), 2.5, False),  # within twice the limit a measurement could fit both
        (equal(2.0, within=0.25), 2.0, False),
        (equal(2.0, within=0.25), math.inf, True),
        (equal(2.0, within=0.25), (3.0, 0.2), True),
        (equal(2.0, within=0.25), (3.0, 0.21), False),  # its own errors reach back: 4.9 × 0.21 > 1
        (equal(0.0, stderr=0.1), 0.97, False),
        (equal(0.0, stderr=0.1), 0.98, True),
        (at_least(0.3), 0.01, True),
        (at_least(0.3), 0.3, False),
        (at_least(0.3), 0.9, False),
        (at_least(0.3, within=0.1), 0.21, False),
        (at_least(0.3), (0.2, 0.02), True),
        (at_least(0.3), (0.2, 0.03), False),
        (at_most(0.2), 0.5, True),
        (at_most(0.2), 0.1, False),
        (at_most(0.2), math.inf, True),
        (equal(2.0, within=0.25), mutant("05-batch"), True),  # `make mutants` says
    ],
)
def test_a_claim_that_is_too_wide_for_its_rival_fails(theory, rival, told):
    """Whatever the measurement is: the verdict comes from the theory's side alone."""
    assert holds(theory.value, theory, rules_out={"a mistake": rival}) is told


def test_one_rival_that_passes_is_enough():
    theory = equal(2.0, within=0.25)
    with pytest.raises(ClaimError, match=r"^✗ a: measured 2, theory 2 \(±0.25\); too wide to rule out half of it$"):
        claim("a", 2.0, theory, source="s", rules_out={"twice it": 4.0, "half of it": 1.9})


@pytest.mark.parametrize(
    ("measured", "theory", "options", "line"),
    [
        (2.0004321, equal(2, within=0.01), {}, "✓ a: measured 2, theory 2 (±0.01)"),
        (-4.05, equal(-4, within=0.2), {}, "✓ a: measured -4.05, theory -4 (±0.2)"),
        (3.1401, equal(math.pi, within=0.01), {}, "✓ a: measured 3.14, theory 3.142 (±0.01)"),
        (3, equal(3, within=0), {}, "✓ a: measured 3, theory 3 (exact)"),
        (0, equal(0, within=1e-12), {}, "✓ a: measured 0, theory 0 (±1e-12)"),
        (7, at_most(8), {}, "✓ a: measured 7, theory ≤ 8"),
        (7, at_least(6, within=1), {}, "✓ a: measured 7, theory ≥ 6 (−1)"),
        (
            2,
            equal(2, within=0.1),
            {"rules_out": {"no noise": 1.0, "a wrong batch": mutant("05-batch")}},
            "✓ a: measured 2, theory 2 (±0.1); rules out no noise: 1; a wrong batch",
        ),
    ],
)
def test_one_short_line_is_printed(measured, theory, options, line, capsys):
    claim("a", measured, theory, source="s", **options)
    assert capsys.readouterr().out == line + "\n"


def test_a_false_claim_says_everything_and_raises_an_assertion():
    with pytest.raises(AssertionError, match=r"^✗ energy: measured 1\.5, theory 1 \(±0\.1\)$"):
        claim("energy", 1.5, equal(1, within=0.1), source="s")


def test_a_measurement_is_rounded_to_what_its_limit_can_tell_apart():
    def shown(measured, limit):
        return claims.Claim("a", measured, equal(0.0, within=limit), "s").columns()[2]

    assert shown(1234.56789, 10.0) == "1235"
    assert shown(0.123456789, 1e-3) == "0.1235"
    assert shown(1.23456789e-9, 1.0) == "1.2e-09"  # two digits at least
    assert shown(1.23456789, 1e-15) == "1.234568"  # seven at most
    assert shown(897.6, 100.0) == "900" and shown(61298.0, 1200.0) == "61300"  # no 9e+02
    assert shown(4722688, 0) == "4722688"  # exact
    assert shown(math.nan, 0.1) == "nan"
    for value in (3.14159265, -0.000271828, 6.02214e23):
        for limit in (1e-4 * abs(value), 0.3 * abs(value)):
            assert abs(float(shown(value, limit)) - value) <= limit / 10


def test_the_ledger_shows_the_last_of_each_name_and_what_it_rules_out(page):
    claim("slope", 1.2, equal(1, within=0.5), source="first run")
    claim("count", 7, equal(7, within=0), source="by hand", published="7 (Euler 1768)")
    claim("slope", 0.9, equal(1, within=0.5), source="second run", rules_out={"order 3": 3})
    with pytest.raises(ClaimError):
        claim("broken", math.nan, equal(0, within=1), source="nowhere")
    with pytest.raises(ClaimError):
        claim("too wide", 0, equal(0, within=1), source="nowhere", rules_out={"a half": 0.5})
    ledger()
    (output,) = page
    table, summary = output["text/markdown"].split("\n\n")
    head, rule, *rows = [[cell.strip() for cell in line.strip("|").split("|")] for line in table.splitlines()]
    assert head == ["Claim", "Theory", "Measured", "Limit", "Rules out", "Published", "Source"]
    assert set(rule) == {"---"}
    assert [(row[0], row[4], row[5], row[6]) for row in rows] == [
        ("slope", "order 3: 3", "", "second run"),
        ("count", "", "7 (Euler 1768)", "by hand"),
        ("broken", "", "", "nowhere"),
        ("too wide", "a half: 0.5", "", "nowhere"),
    ]
    assert summary == output["text/plain"] == "2 of 4 claims hold."


def test_a_bar_in_a_name_does_not_break_the_table(page):
    claim("|λ| of the step", 1, equal(1, within=0), source="s")
    ledger()
    row = page[0]["text/markdown"].split("\n\n")[0].splitlines()[-1]
    assert row.replace(r"\|", "").count("|") == 8


def test_an_empty_ledger_is_no_proof():
    with pytest.raises(ClaimError, match="empty"):
        ledger()
