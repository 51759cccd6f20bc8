"""The seed of a run, the generators that go by it, and whether widgets are live."""

import os

import numpy as np
import torch

__all__ = ["course_seed", "is_static", "seed_everything"]


def course_seed() -> int:
    """The seed of this run: the environment's `COURSE_SEED`, a whole number ≥ 0; 0 when unset.

    Raises ValueError for anything else.
    """
    text = os.environ.get("COURSE_SEED", "0")
    if not (text.isascii() and text.isdigit()):
        raise ValueError(f"COURSE_SEED={text!r}: expected a whole number, 0 or greater")
    return int(text)


def seed_everything(seed: int | None = None) -> tuple[np.random.Generator, torch.Generator]:
    """The two random generators that a notebook draws from; nothing draws from a global one.

    seed: a whole number ≥ 0, or None for `course_seed()`.
    Returns a NumPy and a torch (CPU) generator. Raises ValueError for any other seed, and where torch's default dtype
    is not float32 or its default device not the CPU: a notebook's own tensors go by these, and the same seed would give
    other numbers, or none. (Everything else in `helpers` names the dtype and device of what it makes.)
    """
    _require_defaults()
    if seed is None:
        seed = course_seed()
    if isinstance(seed, bool) or not isinstance(seed, int) or not 0 <= seed < 2**63:
        raise ValueError(f"seed={seed!r}: expected a whole number from 0 to 2⁶³ − 1, or None")
    return np.random.default_rng(seed), torch.Generator("cpu").manual_seed(seed)


def _require_defaults() -> None:
    dtype, device = torch.get_default_dtype(), torch.get_default_device()
    if dtype != torch.float32 or device.type != "cpu":
        raise ValueError(
            f"torch's defaults are {dtype} and {device}: expected torch.float32 and cpu, which a seed's numbers need; "
            'call torch.set_default_dtype(torch.float32) and torch.set_default_device("cpu"), then run this cell again'
        )


def is_static() -> bool:
    """Whether widgets are shown as plain pictures and words: COURSE_STATIC=1, under which notebooks are committed."""
    return os.environ.get("COURSE_STATIC") == "1"
