"""Foreign defaults: what `helpers` makes is the same, to the last bit, whatever dtype and device torch has by default.

`meta` stands for any device that is not the CPU: a tensor that lands there holds no numbers and mixes with no other.
Each default is set in a process of its own, before the first import, since some tensors are made as a module is read.
"""

import contextlib
import hashlib
import importlib
import io
import json
import os
import pkgutil
import subprocess
import sys
from dataclasses import fields, is_dataclass
from functools import cache
from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

ROOT = Path(__file__).resolve().parent.parent
NOTEBOOKS = sorted(path.name for path in (ROOT / "notebooks").glob("*.ipynb"))
FOREIGN = {
    "float64": "torch.set_default_dtype(torch.float64)",
    "meta": 'torch.set_default_device("meta")',
}
# Public names that make no tensor: constants, what NumPy does alone, and checks of arguments.
WITHOUT = {"helpers.settings": ("course_seed", "is_static")}
WITHOUT["helpers.ode"] = ("FIXED", "GRADIENTS")
WITHOUT["helpers.traces"] = ("PROBES",)
WITHOUT["helpers.sde"] = ("FokkerPlanck", "kramers_time", "mean_passage_time", "stationary_law")
WITHOUT["helpers.exercises"] = ("Prediction", "predict")
WITHOUT["helpers.checks"] = importlib.import_module("helpers.checks").__all__


def generator() -> torch.Generator:
    return torch.Generator("cpu").manual_seed(5)


def numbers(dtype, *shape) -> torch.Tensor:
    """Some numbers between −1 and 1, no two alike."""
    count = torch.Size(shape).numel()
    return torch.arange(1, count + 1, dtype=dtype, device="cpu").sin().reshape(shape)


def calls() -> dict:
    """Name, "module.function" and perhaps more after a space → a call of it; imported here, under the default."""
    from helpers import claims, datasets, densities, figures, networks, ode, sde, sharpness, traces
    from helpers.exercises import check
    from helpers.memory import LiveBytes

    table = {}

    def add(name):
        return lambda call: table.setdefault(name, call)

    # Networks, which are float32 on the CPU, and the calls that take a tensor of either dtype.
    add("networks.Dense")(lambda: networks.Dense((2, 3, 1), generator(), 2))
    add("networks.TanhField")(lambda: networks.TanhField(2, 3, generator()))
    add("networks.one_copy")(lambda: networks.one_copy(networks.Dense((2, 3, 1), generator(), 2), 1))
    add("traces.draw_probes gaussian")(lambda: traces.draw_probes("gaussian", 3, (4, 2), generator()))
    add("traces.draw_probes rademacher")(lambda: traces.draw_probes("rademacher", 3, (4, 2), generator()))
    add("datasets.two_arm_spiral")(lambda: datasets.two_arm_spiral(9, generator()))
    add("datasets.concentric_circles")(lambda: datasets.concentric_circles(9, generator(), inner=1, outer=(2, 3)))
    add("datasets.digits")(datasets.digits)
    add("datasets.old_faithful")(datasets.old_faithful)
    add("datasets.read_table")(lambda: datasets.read_table(ROOT / "data" / "old_faithful.csv"))
    density = densities.EIGHT_GAUSSIANS
    add("densities.EIGHT_GAUSSIANS")(
        lambda: (density.sample(9, generator()), density.entropy, density.log_prob(numbers(torch.float32, 5, 2)))
    )
    add("densities.Density")(lambda: plain_normal(densities).entropy)

    for dtype in (torch.float32, torch.float64):
        either(
            add, str(dtype).removeprefix("torch."), dtype, ode, networks, datasets, densities, traces, sde, sharpness
        )

    def held():
        model = networks.Dense((2, 3, 1), generator())
        with LiveBytes(model.parameters()) as live:
            model(numbers(torch.float32, 1, 4, 2)).sum().backward()
        return live.history

    add("memory.LiveBytes")(held)
    # What takes tensors without making any.
    one, rivals = numbers(torch.float32, 1)[0], {"two": 2.0}
    add("claims.claim")(
        lambda: str(claims.claim("one", one / one, claims.equal(1.0, within=0.1), source="x / x", rules_out=rivals))
    )
    points = numbers(torch.float32, 4, 2)
    add("figures.scatter_classes")(
        lambda: [
            np.asarray(c.get_offsets()) for c in figures.scatter_classes(figures.figure()[1], points, [0, 1, 0, 1])
        ]
    )
    add("exercises.check")(lambda: check(lambda x: x.exp(), "x", right="np.exp(x)", cases=[(0.5,), (1.5,)]))
    return table


def plain_normal(densities):
    """A Gaussian that is no density of the course."""

    def draw(n, source):
        return torch.randn(n, 2, generator=source, dtype=torch.float32, device="cpu")

    return densities.Density("normal", draw, lambda x: -(x**2).sum(-1) / 2 - np.log(2 * np.pi))


def either(add, kind, dtype, ode, networks, datasets, densities, traces, sde, sharpness) -> None:
    """The calls whose result is of their argument's dtype."""
    x = numbers(dtype, 1, 4, 2)

    def network(copies: int = 1):
        return networks.TanhField(2, 3, generator(), copies).to(dtype)

    def by_t(t, state):
        return state.cos() * t

    def solved(**options):
        model = network()
        found = ode.solve(model, x, [0, 1], **options)
        return found, ode.gradients((found.last**2).sum(), model)

    add(f"networks.Dense {kind}")(lambda: networks.Dense((2, 3, 1), generator()).to(dtype)(x))
    add(f"networks.TanhField {kind}")(lambda: network()(0.5, x))
    add(f"ode.rotation {kind}")(lambda: ode.rotation(2)(0.0, x))
    for method in ode.FIXED:
        add(f"ode.solve {method} {kind}")(lambda method=method: ode.solve(by_t, x, (0, 0.3, 1), method, steps=3))
    add(f"ode.solve dopri5 {kind}")(lambda: ode.solve(by_t, x, (1, 0), rtol=1e-5))
    for how in ode.GRADIENTS:
        add(f"ode.gradients {how} {kind}")(lambda how=how: solved(method="rk4", steps=5, gradient=how))
    for how in ("backprop", "adjoint"):
        add(f"ode.gradients dopri5 {how} {kind}")(lambda how=how: solved(gradient=how, rtol=1e-4, atol=1e-4))
    add(f"ode.Solution {kind}")(lambda: ode.solve(by_t, x, numbers(dtype, 2), "euler", steps=2).last)

    add(f"datasets.standardise {kind}")(lambda: datasets.standardise(x[0], x[0, :1]))
    mixture = densities.Mixture(x[0], 0.5)
    add(f"densities.Mixture {kind}")(
        lambda: [mixture.weights, mixture.log_prob(x), mixture.score(x), mixture.noised(0.8, 0.6).posterior(x)]
    )

    add(f"traces.exact_trace {kind}")(lambda: traces.exact_trace(network(), 0.5, x))
    probes = numbers(dtype, 3, 1, 4, 2)
    add(f"traces.hutchinson_trace {kind}")(lambda: traces.hutchinson_trace(network(), 0.5, x, probes))
    add(f"traces.draw_probes {kind}")(lambda: traces.draw_probes("rademacher", 3, x.shape, generator(), dtype))
    state = numbers(dtype, 1, 4, 3)
    add(f"traces.WithLogDensity {kind}")(lambda: ode.solve(traces.WithLogDensity(network()), state, (0, 1)))

    clock, times = sde.VariancePreserving(), numbers(dtype, 5).abs()
    add(f"sde.VariancePreserving {kind}")(
        lambda: [clock.beta(times), clock.alpha(times), clock.sigma(times), clock.time(clock.log_snr(times))]
    )
    slope, start = sde.DOUBLE_WELL.slope, numbers(dtype, 5)
    add(f"sde.DOUBLE_WELL {kind}")(
        lambda: [part(start) for part in (sde.DOUBLE_WELL.value, slope, sde.DOUBLE_WELL.curvature)]
    )
    add(f"sde.Potential {kind}")(lambda: sde.Potential(torch.cos, torch.sin, torch.cos).slope(start))

    def paths(sigma, **options):
        found = sde.euler_maruyama(lambda _t, w: -slope(w), sigma, start, 0.01, 40, every=20, **options)
        return found, found.last, found.report()

    add(f"sde.euler_maruyama additive {kind}")(lambda: paths(1, generator=generator()))
    add(f"sde.euler_maruyama Itô {kind}")(lambda: paths(lambda _t, w: 0.1 * w, generator=generator()))
    add(f"sde.Paths {kind}")(lambda: paths(1, increments=numbers(dtype, 40, 5)))

    def loss():
        model = network()
        return (model(0.5, x) ** 2).mean(), list(model.parameters())

    add(f"sharpness.hessian_product {kind}")(lambda: sharpness.hessian_product(*loss())(numbers(dtype, 20)))
    add(f"sharpness.full_hessian {kind}")(lambda: sharpness.full_hessian(*loss()))
    add(f"sharpness.top_eigenpairs {kind}")(lambda: sharpness.top_eigenpairs(*loss(), 2, generator=generator()))
    add(f"sharpness.Eigenpairs {kind}")(
        lambda: sharpness.top_eigenpairs(*loss(), start=numbers(dtype, 20), generator=generator(), tolerance=1e-2)
    )


def told(value):
    """A result in words that JSON keeps: a tensor's dtype, device, shape and bytes, and so on inwards."""
    if isinstance(value, torch.Tensor):
        known = hashlib.sha256(value.detach().numpy().tobytes()).hexdigest() if value.device.type == "cpu" else ""
        return [str(value.dtype), str(value.device), list(value.shape), known]
    if isinstance(value, nn.Module):
        return told(value.state_dict())
    if is_dataclass(value):
        return {f.name: told(getattr(value, f.name)) for f in fields(value) if not f.name.startswith("_")}
    if isinstance(value, dict):
        return {name: told(part) for name, part in value.items()}
    if isinstance(value, list | tuple):
        return [told(part) for part in value]
    return repr(value.tolist() if isinstance(value, np.ndarray) else value)


def outcomes() -> dict:
    """Every call's result, and what it printed."""
    results = {}
    for name, call in calls().items():
        printed = io.StringIO()
        try:
            with contextlib.redirect_stdout(printed):
                results[name] = [told(call()), printed.getvalue()]
        except Exception as error:
            results[name] = f"{type(error).__name__}: {error}"
    return results


def openings() -> dict:
    """What the first two code cells of every notebook end with, and again after the defaults were put back."""
    texts = {}
    sources = {name: json.loads((ROOT / "notebooks" / name).read_text(encoding="utf-8")) for name in NOTEBOOKS}
    os.chdir(ROOT / "notebooks")
    for again in ("", " again"):
        for name, notebook in sources.items():
            cells = ["".join(cell["source"]) for cell in notebook["cells"] if cell["cell_type"] == "code"]
            printed = io.StringIO()
            try:
                with contextlib.redirect_stdout(printed):
                    exec("\n".join(cells[:2]), {"__name__": "__main__"})
                texts[name + again] = printed.getvalue()
            except BaseException as error:  # the first cell ends in sys.exit where it finds no course
                texts[name + again] = f"{type(error).__name__}: {error}"
        torch.set_default_dtype(torch.float32), torch.set_default_device("cpu")
    return texts


@cache
def under(default: str, what: str) -> dict:
    """The outcomes, or the openings, in a process that sets this default first of all."""
    code = f"import torch; torch.set_num_threads(1); {FOREIGN.get(default, '')}\nfrom tests import test_defaults\n"
    code += f"import json; print(json.dumps(test_defaults.{what}()))"
    environment = {name: value for name, value in os.environ.items() if name != "COURSE_SEED"}
    done = subprocess.run([sys.executable, "-c", code], cwd=ROOT, env=environment, capture_output=True, text=True)
    assert not done.returncode, done.stderr
    return json.loads(done.stdout.splitlines()[-1])


@pytest.mark.parametrize("default", FOREIGN)
@pytest.mark.parametrize("name", calls())
def test_the_same_under_a_foreign_default(name, default):
    expected = under("none", "outcomes")[name]
    assert isinstance(expected, list), expected
    assert under(default, "outcomes")[name] == expected


def test_whatever_makes_tensors_is_in_the_table():
    import helpers

    modules = ["helpers", *(f"helpers.{found.name}" for found in pkgutil.iter_modules(helpers.__path__))]
    tried = {f"helpers.{name.partition(' ')[0]}" for name in calls()} | {"helpers.settings.seed_everything"}
    for name in modules:
        module = importlib.import_module(name)
        if hasattr(module, "torch"):
            missing = [public for public in module.__all__ if f"{name}.{public}" not in tried]
            assert missing == [public for public in module.__all__ if public in WITHOUT.get(name, ())], name


@pytest.mark.parametrize("default", FOREIGN)
@pytest.mark.parametrize("name", NOTEBOOKS)
def test_a_notebook_refuses_in_one_sentence_that_says_the_way_back(name, default):
    found = {"float64": "torch.float64 and cpu", "meta": "torch.float32 and meta"}[default]
    said = under(default, "openings")[name]
    assert said.startswith(f"ValueError: torch's defaults are {found}: expected torch.float32 and cpu"), said
    assert "\n" not in said
    assert "torch.set_default_dtype(torch.float32)" in said and 'torch.set_default_device("cpu")' in said
    assert under(default, "openings")[f"{name} again"] == "seed 0\n"
