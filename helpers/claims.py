"""Claims: theory beside measurement, checked on the page.

A claim that does not hold raises, so a notebook that runs to its end has proved what it says.
"""

import math
from dataclasses import dataclass

from IPython.display import display
from scipy.special import ndtri, stdtrit

from .checks import finite, one_of, positive, whole

__all__ = ["Claim", "ClaimError", "claim", "ledger"]

FALSE_ALARM = 1e-4  # a true Monte-Carlo claim fails less often than this
_claims: dict[str, "Claim"] = {}  # of this kernel, by name: a cell that is run again replaces its own


class ClaimError(AssertionError):
    """A measurement that contradicts its theory."""


@dataclass(frozen=True)
class Claim:
    """One comparison. `limit` is the largest deviation allowed, in the units of `measured`."""

    name: str
    measured: float
    theory: float
    limit: float
    sense: str
    source: str

    @property
    def holds(self) -> bool:
        """Whether the deviation is within the limit; a measurement that is not finite proves nothing."""
        if not math.isfinite(self.measured):
            return False
        excess = self.measured - self.theory
        if self.sense == "equal":
            return abs(excess) <= self.limit
        return excess <= self.limit if self.sense == "at most" else excess >= -self.limit

    def columns(self) -> tuple[str, str, str, str]:
        """Name, theory, measurement and limit, rounded to what the limit can tell apart."""
        bound = {"equal": "", "at most": "≤ ", "at least": "≥ "}[self.sense]
        allowed = {"equal": "±", "at most": "+", "at least": "−"}[self.sense]
        limit = f"{allowed}{self.limit:.2g}" if self.limit else "exact" if self.sense == "equal" else "none"
        return self.name, bound + _rounded(self.theory, self.limit), _rounded(self.measured, self.limit), limit

    def __str__(self) -> str:
        name, theory, measured, limit = self.columns()
        allowed = "" if limit == "none" else f" ({limit})"
        return f"{'✓' if self.holds else '✗'} {name}: measured {measured}, theory {theory}{allowed}"


def _rounded(value: float, limit: float) -> str:
    """`value` with one digit more than `limit` resolves, and never fewer than two that count."""
    if value == 0 or not math.isfinite(value):
        return f"{value:g}"
    size = math.floor(math.log10(abs(value)))
    finest = math.floor(math.log10(limit)) - 1 if limit > 0 else size - 5
    return f"{value:.{max(2, min(size - finest + 1, 7))}g}"


def claim(
    name: str,
    *,
    measured: float,
    theory: float,
    source: str,
    tolerance: float | None = None,
    stderr: float | None = None,
    dof: int | None = None,
    sense: str = "equal",
) -> None:
    """Print theory beside measurement with a verdict; raise ClaimError when they disagree.

    name: what is compared; also its key in the ledger.
    measured, theory: real numbers in the same units; `theory` is a bound when `sense` says so.
    source: where the theory comes from (paper and equation, or "derived above").
    tolerance: deviation that the theory allows (order, round-off), ≥ 0.
    stderr: standard error of `measured`, > 0; it adds the multiple of itself that a true claim
        exceeds once in 10⁴ runs: normal, or Student's t when `dof` (a whole number ≥ 1) is given.
    sense: "equal", "at least" or "at most"; a one-sided claim uses the one-sided multiple.
    Raises ValueError for bad arguments, ClaimError (an AssertionError) for a claim that fails.
    """
    for argument, text in (("name", name), ("source", source)):
        if not isinstance(text, str) or not text.strip():
            raise ValueError(f"{argument}={text!r}: expected some words")
    if tolerance is None and stderr is None:
        raise ValueError("tolerance=None and stderr=None: expected at least one of the two")
    if dof is not None and stderr is None:
        raise ValueError(f"dof={dof!r} without stderr: expected a standard error beside it")
    one_of("sense", sense, ("equal", "at least", "at most"))
    limit = 0.0 if tolerance is None else positive("tolerance", tolerance, zero=True)
    if stderr is not None:
        quantile = 1 - FALSE_ALARM / (2 if sense == "equal" else 1)
        multiple = ndtri(quantile) if dof is None else stdtrit(whole("dof", dof), quantile)
        limit += float(multiple) * positive("stderr", stderr)
    entry = Claim(name, finite("measured", measured, infinite=True), finite("theory", theory), limit, sense, source)
    _claims[name] = entry
    if not entry.holds:  # NaN holds nothing, so it lands here too
        raise ClaimError(str(entry))
    print(entry)


def ledger() -> None:
    """Display every claim that this kernel has checked, as one table. Raises ClaimError where there is none."""
    if not _claims:
        raise ClaimError("the ledger is empty: run the notebook from its top first")
    rows = [(*entry.columns(), entry.source) for entry in _claims.values()]
    head = ("Claim", "Theory", "Measured", "Limit", "Source")
    table = [head, ("---",) * len(head), *rows]
    markdown = "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in table)
    summary = f"{sum(entry.holds for entry in _claims.values())} of {len(_claims)} claims hold."
    display({"text/markdown": f"{markdown}\n\n{summary}", "text/plain": summary}, raw=True)
