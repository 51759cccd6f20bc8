"""Small networks, several copies side by side, and vector fields made of them."""

import math
from collections.abc import Iterable
from copy import deepcopy
from itertools import pairwise

import torch
from torch import nn

from .checks import torch_generator, whole

__all__ = ["Dense", "TanhField", "one_copy"]


class Dense(nn.Module):
    """Tanh multilayer perceptrons, `copies` of them side by side, each with weights of its own.

    widths: units per layer, input first, output (linear) last.
    Weights are normal with standard deviation 1/√(units in) (LeCun, Bottou, Orr & Müller 1998, Efficient BackProp),
    biases zero, drawn from `generator`, float32, on its device.
    Call: (copies, batch, widths[0]) → (copies, batch, widths[-1]); ValueError for an x of another shape. One stacked
    product trains all copies at once, which small networks need: a single one leaves the processor waiting.
    """

    def __init__(self, widths, generator: torch.Generator, copies: int = 1):
        super().__init__()
        if not isinstance(widths, Iterable):
            raise ValueError(f"widths={widths!r}: expected a list, input first, output last")
        widths = [whole("widths", width) for width in widths]
        whole("copies", copies)
        made = {"dtype": torch.float32, "device": torch_generator(generator).device}
        if len(widths) < 2:
            raise ValueError(f"widths={widths!r}: expected an input and an output width at least")
        self.weights, self.biases = nn.ParameterList(), nn.ParameterList()
        for n_in, n_out in pairwise(widths):
            weight = torch.randn(copies, n_in, n_out, generator=generator, **made) / math.sqrt(n_in)
            self.weights.append(nn.Parameter(weight))
            self.biases.append(nn.Parameter(torch.zeros(copies, 1, n_out, **made)))

    def forward(self, x: torch.Tensor) -> torch.Tensor:
        copies, features = len(self.weights[0]), self.weights[0].shape[1]
        if x.dim() != 3 or x.shape[0] != copies or x.shape[2] != features:
            raise ValueError(f"x of shape {tuple(x.shape)}: expected ({copies}, batch, {features})")
        # One by one: a slice of a ParameterList holds new parameters, and torch.func would differentiate past them.
        *hidden, (weight_out, bias_out) = zip(self.weights, self.biases, strict=True)
        for weight, bias in hidden:
            x = torch.tanh(torch.baddbmm(bias, x, weight))
        return torch.baddbmm(bias_out, x, weight_out)


class TanhField(nn.Module):
    """A learnable vector field: a tanh network of (x, t), so that it may change with depth.

    features: of the state. width: hidden units. Smooth, hence Lipschitz: its flow is one-to-one.
    Call: field(t, x) with x of shape (copies, batch, features), also for one copy; ValueError for another.
    """

    def __init__(self, features: int, width: int, generator: torch.Generator, copies: int = 1):
        super().__init__()
        whole("features", features), whole("width", width)
        self.network = Dense((features + 1, width, features), generator, copies)

    def forward(self, t, x: torch.Tensor) -> torch.Tensor:
        time = torch.full_like(x[..., :1], float(t.detach() if isinstance(t, torch.Tensor) else t))
        return self.network(torch.cat((x, time), dim=-1))


def one_copy(module: nn.Module, index: int) -> nn.Module:
    """The network number `index` (from 0) of a stacked module, as a module of one copy with weights of its own.

    module: its parameters are (copies, …, …), as those of `Dense`. Raises ValueError for another one or another index.
    """
    parameters = list(module.parameters())
    copies = {parameter.shape[0] for parameter in parameters if parameter.dim() == 3}
    if len(copies) != 1 or any(parameter.dim() != 3 for parameter in parameters):
        raise ValueError("module: expected a stacked one, whose parameters are all (copies, …, …)")
    if whole("index", index, least=0) >= min(copies):
        raise ValueError(f"index={index}: expected one of the {sorted(copies)} copies, counted from 0")
    alone = deepcopy(module)
    for parameter in alone.parameters():
        parameter.data = parameter.data[index : index + 1].clone()
    return alone
