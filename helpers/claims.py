"""Claims: theory beside measurement, checked on the page, and what else it could have been.

A claim that does not hold raises, so a notebook that runs to its end has proved what it says. It raises, too, where it
could not have told the theory from the mistakes that it names: a claim that cannot fail proves nothing.
"""

import math
from dataclasses import dataclass, field

from IPython.display import display
from scipy.special import ndtri, stdtrit

from .checks import finite, not_negative, one_number, positive, whole

__all__ = ["Claim", "ClaimError", "Mutant", "Theory", "at_least", "at_most", "claim", "equal", "ledger", "mutant"]

FALSE_ALARM = 1e-6  # a true Monte-Carlo claim fails less often than this: a hundred claims on ten seeds hold
made: dict[str, "Claim"] = {}  # of this kernel, by name: a cell that is run again replaces its own


class ClaimError(AssertionError):
    """A claim that does not hold, or that could not have told its theory from a mistake; a ledger without a claim."""


@dataclass(frozen=True)
class Theory:
    """What is expected: `equal`, `at_least` or `at_most` makes one.

    value: the theory's number, or a bound. within: the deviation that the theory allows.
    limit: `within`, and what the standard error adds. sense: "equal", "at least" or "at most".
    """

    value: float
    within: float
    limit: float
    sense: str

    def allows(self, number: float) -> bool:
        """Whether a measurement fits; one that is not finite proves nothing."""
        if not math.isfinite(number):
            return False
        if self.sense == "equal":
            return abs(number - self.value) <= self.limit
        return number - self.value <= self.limit if self.sense == "at most" else number - self.value >= -self.limit

    def excludes(self, rival: float, stderr: float = 0.0) -> bool:
        """Whether the claim would tell this other value from the theory, whatever the draw of the measurement."""
        away = rival - self.value
        away = {"equal": abs(away), "at least": -away, "at most": away}[self.sense]
        return away > (2 if self.sense == "equal" else 1) * self.limit and away > _errors(self.sense) * stderr


def equal(theory, *, within=None, stderr=None, dof=None) -> Theory:
    """The measurement equals the theory.

    within: deviation that the theory allows (order, step bias, round-off), ≥ 0.
    stderr: standard error of the measurement, > 0; it adds the multiple of itself that a true claim exceeds once in
        10⁶ runs: 4.9, or Student's t when `dof` (a whole number ≥ 1) is given.
    """
    if within is None and stderr is None:
        raise ValueError("within=None and stderr=None: expected at least one of the two")
    return _theory(theory, 0.0 if within is None else within, stderr, dof, "equal")


def at_least(bound, *, within=0.0, stderr=None, dof=None) -> Theory:
    """The measurement is not below the bound, but for `within` and its standard error (see `equal`; one-sided)."""
    return _theory(bound, within, stderr, dof, "at least")


def at_most(bound, *, within=0.0, stderr=None, dof=None) -> Theory:
    """The measurement is not above the bound, but for `within` and its standard error (see `equal`; one-sided)."""
    return _theory(bound, within, stderr, dof, "at most")


def _theory(value, within, stderr, dof, sense) -> Theory:
    if dof is not None and stderr is None:
        raise ValueError(f"dof={dof!r} without stderr: expected a standard error beside it")
    within = not_negative("within", within)
    dof = None if dof is None else whole("dof", dof)
    limit = within if stderr is None else within + _errors(sense, dof) * positive("stderr", stderr)
    return Theory(finite("theory", value), within, limit, sense)


def _errors(sense: str, dof: int | None = None) -> float:
    """How many standard errors a true claim exceeds once in 10⁶ runs."""
    quantile = 1 - FALSE_ALARM / (2 if sense == "equal" else 1)
    return float(ndtri(quantile) if dof is None else stdtrit(dof, quantile))


@dataclass(frozen=True)
class Mutant:
    """A mistake whose outcome costs too much to compute on the page: `make mutants` plants it and sees it caught."""

    name: str


def mutant(name: str) -> Mutant:
    """The mistake of this name in tests/mutants.py, as a rival in `rules_out`."""
    return Mutant(_words("mutant", name))


def _words(argument: str, text) -> str:
    if not isinstance(text, str) or not text.strip():
        raise ValueError(f"{argument}={text!r}: expected some words")
    return text


@dataclass(frozen=True)
class Claim:
    """One comparison, and the mistakes that it would notice: what each of them would have given."""

    name: str
    measured: float
    theory: Theory
    source: str
    rules_out: dict = field(default_factory=dict)
    published: str = ""

    @property
    def holds(self) -> bool:
        """Whether the measurement fits the theory, and none of the rivals could have passed for it."""
        return self.theory.allows(self.measured) and not self.mistaken

    @property
    def mistaken(self) -> list[str]:
        """The mistakes that the claim names and would not have noticed."""
        values = {words: rival for words, rival in self.rules_out.items() if not isinstance(rival, Mutant)}
        return [words for words, (rival, stderr) in values.items() if not self.theory.excludes(rival, stderr)]

    def columns(self) -> tuple[str, str, str, str, str, str]:
        """Name, theory, measurement, limit, what is ruled out, and what was published, rounded as the limit is."""
        theory, limit = self.theory, self.theory.limit
        bound = {"equal": "", "at most": "≤ ", "at least": "≥ "}[theory.sense]
        allowed = {"equal": "±", "at most": "+", "at least": "−"}[theory.sense]
        allowed = allowed + _digits(limit, 2) if limit else "exact" if theory.sense == "equal" else "none"
        rivals = "; ".join(
            words if isinstance(rival, Mutant) else f"{words}: {_rounded(rival[0], limit)}"
            for words, rival in self.rules_out.items()
        )
        measured = _rounded(self.measured, limit)
        return self.name, bound + _rounded(theory.value, limit), measured, allowed, rivals, self.published

    def __str__(self) -> str:
        name, theory, measured, limit, rivals, _published = self.columns()
        allowed = "" if limit == "none" else f" ({limit})"
        line = f"{'✓' if self.holds else '✗'} {name}: measured {measured}, theory {theory}{allowed}"
        if self.theory.allows(self.measured) and self.mistaken:
            return f"{line}; too wide to rule out {', '.join(self.mistaken)}"
        return f"{line}; rules out {rivals}" if rivals else line


def _rounded(value: float, limit: float) -> str:
    """`value` with one digit more than `limit` resolves, and never fewer than two that count."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    size = math.floor(math.log10(abs(value)))
    finest = math.floor(math.log10(limit)) - 1 if limit > 0 else min(size - 5, 0)
    return _digits(value, max(2, min(size - finest + 1, 7)))


def _digits(value: float, count: int) -> str:
    """`value` with so many digits that count, and 900 where Python alone would write 9e+02."""
    return f"{float(f'{value:.{count}g}'):.7g}"


def claim(name: str, measured, theory: Theory, *, source: str, rules_out=None, published: str = "") -> None:
    """Print theory beside measurement with a verdict; raise ClaimError when they disagree.

        claim("share in the flat well", share, equal(1 / (1 + b), within=bias, stderr=error),
              rules_out={"the volume counted twice": 1 / (1 + b**2)}, source="Laplace's method; step bias")

    name: what is compared; also its key in the ledger. measured: a real number, in the theory's units.
    theory: `equal(…)`, `at_least(…)` or `at_most(…)`. Its limit comes from the theory, never from the measurement.
    rules_out: {a plausible mistake: what it would have given}: a number, or (number, standard error) where it was
        drawn, or `mutant(name)`. The claim must tell it from the theory: for `equal` it lies more than twice the limit
        away (and 4.9 of its own errors); for a bound, on the wrong side of it by more than the limit.
    source: where the theory comes from (paper and equation, or "derived above"). published: a number in print, quoted.
    Raises ValueError for bad arguments, ClaimError (an AssertionError) for a claim that fails, or that is too wide.
    """
    _words("name", name), _words("source", source)
    if not isinstance(theory, Theory):
        raise ValueError(f"theory={theory!r}: expected equal(…), at_least(…) or at_most(…)")
    if rules_out is not None and (not isinstance(rules_out, dict) or not rules_out):
        raise ValueError(f"rules_out={rules_out!r}: expected {{a mistake in words: what it would have given}}")
    rivals = {_words("rules_out", words): _rival(words, rival) for words, rival in (rules_out or {}).items()}
    entry = Claim(name, one_number("measured", measured), theory, source, rivals, str(published))
    made[name] = entry
    if not entry.holds:  # NaN holds nothing, so it lands here too
        raise ClaimError(str(entry))
    print(entry)


def _rival(words: str, rival):
    if isinstance(rival, Mutant):
        return rival
    value, stderr = rival if isinstance(rival, tuple) and len(rival) == 2 else (rival, 0.0)
    value = one_number(f"rules_out[{words!r}]", value)
    if math.isnan(value):
        raise ValueError(f"rules_out[{words!r}]=nan: expected a number, or infinity for what diverges")
    return value, not_negative(f"rules_out[{words!r}] error", stderr)


def ledger() -> None:
    """Display every claim that this kernel has checked, as one table. Raises ClaimError where there is none."""
    if not made:
        raise ClaimError("the ledger is empty: run the notebook from its top first")
    rows = [(*entry.columns(), entry.source) for entry in made.values()]
    head = ("Claim", "Theory", "Measured", "Limit", "Rules out", "Published", "Source")
    table = [head, ("---",) * len(head), *rows]
    markdown = "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in table)
    summary = f"{sum(entry.holds for entry in made.values())} of {len(made)} claims hold."
    display({"text/markdown": f"{markdown}\n\n{summary}", "text/plain": summary}, raw=True)
