"""Checks of arguments, one sentence each: the argument's name, its value, what was expected."""

import math
import numbers

import torch

__all__ = [
    "finite",
    "floating",
    "not_negative",
    "one_number",
    "one_of",
    "one_shape",
    "positive",
    "scalar_loss",
    "torch_generator",
    "whole",
]


def whole(name: str, value, least: int = 1) -> int:
    """`value` as an int, if it is a whole number ≥ `least`; otherwise ValueError."""
    if isinstance(value, bool) or not isinstance(value, numbers.Integral) or value < least:
        raise ValueError(f"{name}={value!r}: expected a whole number, {least} or greater")
    return int(value)


def one_number(name: str, value) -> float:
    """`value` as a float, if it is one real number, infinity and NaN among them; otherwise ValueError."""
    try:
        if isinstance(value, str | bytes):
            raise TypeError("float() would read it")
        return float(value)
    except (TypeError, ValueError, RuntimeError, OverflowError):  # the last two: a tensor of several, a huge integer
        raise ValueError(f"{name}={value!r}: expected one number") from None


def finite(name: str, value) -> float:
    """`value` as a float, if it is one finite real number; otherwise ValueError."""
    number = one_number(name, value)
    if not math.isfinite(number):
        raise ValueError(f"{name}={number}: expected a finite number")
    return number


def positive(name: str, value) -> float:
    """`value` as a float, if it is finite and > 0; otherwise ValueError."""
    number = finite(name, value)
    if number <= 0:
        raise ValueError(f"{name}={number:g}: expected a number > 0")
    return number


def not_negative(name: str, value) -> float:
    """`value` as a float, if it is finite and ≥ 0; otherwise ValueError."""
    number = finite(name, value)
    if number < 0:
        raise ValueError(f"{name}={number:g}: expected a number ≥ 0")
    return number


def one_of(name: str, value, choices):
    """`value`, if it is among `choices`; otherwise ValueError that lists them."""
    if value not in choices:
        raise ValueError(f"{name}={value!r}: expected one of {', '.join(map(repr, choices))}")
    return value


def torch_generator(generator) -> torch.Generator:
    """`generator`, if it is a torch.Generator; otherwise ValueError: None would draw from the global one."""
    if not isinstance(generator, torch.Generator):
        raise ValueError(f"generator={generator!r}: expected a torch.Generator, such as seed_everything() returns")
    return generator


def floating(name: str, x) -> torch.Tensor:
    """`x`, if it is a floating-point tensor; otherwise ValueError."""
    if not isinstance(x, torch.Tensor) or not x.is_floating_point():
        kind = f"{x.dtype} tensor" if isinstance(x, torch.Tensor) else type(x).__name__
        raise ValueError(f"{name} is a {kind}: expected a floating-point tensor")
    return x


def one_shape(name: str, x, shape) -> torch.Tensor:
    """`x`, if it is a tensor of this shape; otherwise ValueError: broadcasting would hide it."""
    if not isinstance(x, torch.Tensor):
        raise ValueError(f"{name} type {type(x).__name__}: expected a tensor of shape {tuple(shape)}")
    if x.shape != tuple(shape):
        raise ValueError(f"{name} shape {tuple(x.shape)}: expected {tuple(shape)}")
    return x


def scalar_loss(loss) -> torch.Tensor:
    """`loss`, if it is one number with its graph; otherwise ValueError."""
    if not isinstance(loss, torch.Tensor) or loss.numel() != 1:
        kind = f"of shape {tuple(loss.shape)}" if isinstance(loss, torch.Tensor) else f"is a {type(loss).__name__}"
        raise ValueError(f"loss {kind}: expected one number, as a tensor")
    if not loss.requires_grad:
        raise ValueError("loss needs no gradient: expected one that was computed from the parameters, with its graph")
    return loss
