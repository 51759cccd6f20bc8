"""Checks of arguments, one sentence each: the argument's name, its value, what was expected."""

import math
import numbers

import torch

__all__ = ["finite", "generator_of", "one_of", "positive", "whole"]


def whole(name: str, value, least: int = 1) -> int:
    """`value` as an int, if it is a whole number ≥ `least`; otherwise ValueError."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < least:
        raise ValueError(f"{name}={value!r}: expected a whole number, {least} or greater")
    return int(value)


def finite(name: str, value) -> float:
    """`value` as a float, if it is one finite real number; otherwise ValueError."""
    try:
        if isinstance(value, str):
            raise TypeError("float() would read it")
        number = float(value)
    except (TypeError, ValueError, RuntimeError, OverflowError):  # the last two: a tensor of several, a huge integer
        raise ValueError(f"{name}={value!r}: expected one number") from None
    if not math.isfinite(number):
        raise ValueError(f"{name}={number}: expected a finite number")
    return number


def positive(name: str, value, zero: bool = False) -> float:
    """`value` as a float, if it is finite and > 0 (≥ 0 with `zero`); otherwise ValueError."""
    number = finite(name, value)
    if number < 0 or (number == 0 and not zero):
        raise ValueError(f"{name}={number:g}: expected a number {'≥' if zero else '>'} 0")
    return number


def one_of(name: str, value, choices):
    """`value`, if it is among `choices`; otherwise ValueError that lists them."""
    if value not in choices:
        raise ValueError(f"{name}={value!r}: expected one of {', '.join(map(repr, choices))}")
    return value


def generator_of(generator) -> torch.Generator:
    """`generator`, if it is a torch.Generator; otherwise ValueError: None would draw from the global one."""
    if not isinstance(generator, torch.Generator):
        raise ValueError(f"generator={generator!r}: expected a torch.Generator, such as seed_everything() returns")
    return generator
