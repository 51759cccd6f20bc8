"""Walkers of SGD on a line, a whole ensemble at a time as in notebook 05, beside a plain loop over walkers."""

import math
from functools import partial

import numpy as np
from scipy.special import expit

from benchmarks.timing import in_turn
from tools.tables import Table

WALKERS, STEPS, ROUNDS, ETA, SHARP, FLAT, PULL = 1000, 400, 7, 0.03, 20.0, 1.0, 0.5
TITLE = "Walkers of SGD"
TEXT = f"""\
{WALKERS} walkers × {STEPS} steps of SGD with batches of one, in the two wells of notebook 05, from the same starts with
the same samples. Ensemble: each step is one array operation on all walkers. Plain loop: one walker after the other, in
Python's floats. One thread, median of {ROUNDS} rounds. Off: the largest distance between two ends."""
COLUMNS = "way | ms:.1f | million walkers × steps / s:.1f | time / ensemble:.1f | off:.0e"


def ensemble(start: np.ndarray, factor: np.ndarray, pull: np.ndarray) -> np.ndarray:
    """The walkers' ends. start: (walkers,). factor, pull: (steps, walkers), of curvature and of gradient."""
    w = start
    for f, p in zip(factor, pull, strict=True):
        in_sharp = expit(2 * (FLAT * (w - 1.5) ** 2 - SHARP * (w + 1) ** 2))
        w = w - ETA * (f * (in_sharp * SHARP * (w + 1) + (1 - in_sharp) * FLAT * (w - 1.5)) + p)
    return w


def plain_loop(start: np.ndarray, factor: np.ndarray, pull: np.ndarray) -> np.ndarray:
    """The same, a walker at a time."""
    ends = []
    for w, factors, pulls in zip(start.tolist(), factor.T.tolist(), pull.T.tolist(), strict=True):
        for f, p in zip(factors, pulls, strict=True):
            apart = 2 * (FLAT * (w - 1.5) ** 2 - SHARP * (w + 1) ** 2)
            in_sharp = 1 / (1 + math.exp(-apart)) if apart > -700 else 0.0
            w -= ETA * (f * (in_sharp * SHARP * (w + 1) + (1 - in_sharp) * FLAT * (w - 1.5)) + p)
        ends.append(w)
    return np.array(ends)


def rows(walkers: int = WALKERS, steps: int = STEPS, rounds: int = ROUNDS) -> list[tuple]:
    rng = np.random.default_rng(0)
    start = np.linspace(-2, 3, walkers)
    factor, pull = 1 + rng.standard_normal((steps, walkers)), PULL * rng.standard_normal((steps, walkers))
    ways = {"ensemble, NumPy": ensemble, "plain loop": plain_loop}
    found = in_turn({name: partial(way, start, factor, pull) for name, way in ways.items()}, rounds)
    first, rows = found["ensemble, NumPy"], []
    for name, way in found.items():
        rate, off = walkers * steps / way.median / 1e6, np.abs(way.result - first.result).max()
        rows.append((name, 1000 * way.median, rate, way.median / first.median, off))
    return rows


def tables() -> list[Table]:
    return [Table(COLUMNS, rows())]
