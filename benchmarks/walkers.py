"""Walkers of SGD on a line, a whole ensemble at a time as in notebook 05, beside a plain loop over walkers."""

import math
import statistics
import time

import numpy as np
from scipy.special import expit

WALKERS, STEPS, ROUNDS, ETA, SHARP, FLAT, PULL = 1000, 400, 7, 0.03, 20.0, 1.0, 0.5
INTRODUCTION = f"""## Walkers of SGD

{WALKERS} walkers × {STEPS} steps of SGD with batches of one, in the two wells of notebook 05, from the same starts with
the same samples. Ensemble: each step is one array operation on all walkers. Plain loop: one walker after the other, in
Python's floats. One thread, median of {ROUNDS} rounds. Off: the largest distance between two ends.

| way | ms | million walkers × steps / s | time / ensemble | off |
| --- | --- | --- | --- | --- |"""


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


def run() -> str:
    """The section of the report."""
    rng = np.random.default_rng(0)
    start = np.linspace(-2, 3, WALKERS)
    factor, pull = 1 + rng.standard_normal((STEPS, WALKERS)), PULL * rng.standard_normal((STEPS, WALKERS))
    ways = {"ensemble, NumPy": ensemble, "plain loop": plain_loop}
    seconds, ends = {name: [] for name in ways}, {}
    for _ in range(ROUNDS):
        for name, way in ways.items():
            begin = time.perf_counter()
            ends[name] = way(start, factor, pull)
            seconds[name].append(time.perf_counter() - begin)
    base, lines = statistics.median(seconds["ensemble, NumPy"]), [INTRODUCTION]
    for name, taken in seconds.items():
        median = statistics.median(taken)
        off = np.abs(ends[name] - ends["ensemble, NumPy"]).max()
        rate = WALKERS * STEPS / median / 1e6
        lines.append(f"| {name} | {1000 * median:.1f} | {rate:.1f} | {median / base:.1f} | {off:.0e} |")
    return "\n".join(lines)


if __name__ == "__main__":
    print(run())
