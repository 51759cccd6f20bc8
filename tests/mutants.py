"""Deliberate mistakes, planted one at a time in a copy of the course: each must be noticed by a claim or by a test.

    make mutants                 # all of them
    make mutants SAMPLE=24       # so many, chosen by the commit
    .venv/bin/python -m tests.mutants 05-batch 06    # one, and all of notebook 06

A notebook is played once for all its mutants. Before a cell that one of them changes the process forks: the child has
the mistake, plays on until a claim or a test notices, and says what it was; the parent goes on without. A mutant of
another file is planted in a copy of the course, where the tests that it names, or the notebook, run.

A mutant that survives is a claim that is missing. Those marked as a debt are known to survive: their number only falls.
"""

import itertools
import os
import random
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context
from pathlib import Path

ROOT = Path(__file__).resolve().parent.parent
SECONDS = 240  # of one mutant
WORKERS = 2
TOGETHER = 12  # mutants of one notebook that a worker takes at a time


@dataclass(frozen=True)
class Mutant:
    """A mistake: in `file` (a notebook's number, or a path) `old`, which stands there once, becomes `new`.

    run: what is run, for a file of helpers: tests, or a notebook's number; a notebook runs itself.
    debt: it is known to survive.
    """

    name: str
    file: str
    old: str
    new: str
    run: str = ""
    debt: bool = False


WELL = "tests/test_double_well.py"
EDGE = "tests/test_edge.py"
FLAT = "tests/test_flat_vs_sharp.py"
EXERCISES_04 = "tests/test_notebooks.py::test_exercises_tell_what_is_wrong[04_double_well_sde]"
EXERCISES_08 = "tests/test_notebooks.py::test_exercises_tell_what_is_wrong[08_when_diffusion_copies]"
SHOWN = "tests/test_notebooks.py::test_what_a_page_shows_is_so[01_resnet_as_euler]"
REVEALED = "tests/test_notebooks.py::test_predictions_turn_out_as_they_should[01_resnet_as_euler]"
RESNET = "tests/test_resnet.py"
ADJOINT = "tests/test_adjoint_memory.py"
FLOWS = "tests/test_flows_and_matching.py"
DIFFUSION = "tests/test_diffusion.py"
CLINIC = "tests/test_solver_clinic.py"
MEMORISATION = "tests/test_memorisation.py"
PLAYED = {
    WELL,
    FLAT,
    EDGE,
    RESNET,
    ADJOINT,
    FLOWS,
    DIFFUSION,
    CLINIC,
    MEMORISATION,
}  # those that play their notebook once, for all tests

MUTANTS = (
    Mutant("01-untrained", "01", "        optimiser.step()\n", "        pass\n"),
    Mutant("01-no-step-length", "01", "x = x + h * f(layer * h, x)", "x = x + f(layer * h, x)"),
    Mutant("01-time-off-by-one", "01", "x = x + h * f(layer * h, x)", "x = x + h * f((layer + 1) * h, x)"),
    Mutant("01-a-layer-more", "01", "steps=int(n + extra)).last", "steps=int(n + extra) + 1).last"),
    Mutant(
        "01-panel-a-layer-more",
        "01",
        "times = torch.linspace(0, 1, layers + 1,",
        "times = torch.linspace(0, 1, layers + 2,",
    ),
    Mutant("01-one-step-is-ten", "01", 'method="rk4")[-1]', 'method="rk4", options={"step_size": 0.1})[-1]'),
    Mutant("01-constant-of-24", "01", '"rk4": math.e / 120}', '"rk4": math.e / 24}'),
    Mutant(
        "01-spirals-in-the-plane",
        "01",
        'Flow(48, COPIES, extra=1, method="rk4", steps=4)',
        'Flow(48, COPIES, extra=0, method="rk4", steps=4)',
    ),
    Mutant(
        "01-film-of-the-untrained",
        "01",
        "for model in (in_plane, neural_ode)]  # by extra",
        "for model in (in_plane, untrained)]  # by extra",
    ),
    Mutant("01-scale-of-the-root", "01", "weights(layer / n) * n**-alpha", "weights(layer / n) * n**-0.5"),
    Mutant("01-uniform-weights", "01", "return rng.standard_normal(NETWORKS)", "return rng.uniform(-1, 1, NETWORKS)"),
    Mutant("01-weights-off-by-one", "01", "weights(layer / n)", "weights((layer + 1) / n)"),
    Mutant(
        "01-one-draw-for-three",
        "01",
        "a, b, c = 0.5 * rng.standard_normal((3, NETWORKS))",
        "a = b = c = 0.5 * rng.standard_normal(NETWORKS)",
    ),
    Mutant("01-mean-distance", "01", "return np.sqrt(np.mean(distance**2))", "return np.mean(np.abs(distance))"),
    Mutant(
        "01-dashed-of-another-power",
        "01",
        "(1 + depths ** (-2 * alpha)) ** depths",
        "(1 + depths ** (-alpha)) ** depths",
    ),
    Mutant("01-dashed-line-doubled", "01", "leading = rms(", "leading = 2 * rms(", run=SHOWN),
    Mutant("01-tolerance-ignored", "01", "rtol=tol, atol=tol)[-1]", "rtol=1e-5, atol=1e-5)[-1]"),
    Mutant("01-law-of-order-4", "01", "return constant * omega * tol**-0.2", "return constant * omega * tol**-0.25"),
    Mutant("01-no-company", "01", "[1.0] * 4095", "[32.0] * 4095"),
    Mutant("01-error-of-an-easy-one", "01", "dim=-1))[0].norm())", "dim=-1))[-1].norm())"),
    Mutant(
        "01-before-training-is-after", "01", "for stage in (untrained, *stages)]", "for stage in (neural_ode, *stages)]"
    ),
    Mutant("01-saved-backwards", "01", "saved = nfe[1] - nfe[0]", "saved = nfe[0] - nfe[1]"),
    Mutant(
        "01-no-extra-dimension", "01", 'extra=extra, method="rk4", steps=4) for', 'extra=0, method="rk4", steps=4) for'
    ),
    Mutant("01-one-step-of-four", "01", 'COPIES, method="euler", steps=1)', 'COPIES, method="euler", steps=4)'),
    Mutant("01-judged-where-trained", "01", "rings = [accuracy(model, *fresh)", "rings = [accuracy(model, *disks)"),
    Mutant(
        "01-wrong-ones-right",
        "01",
        "(decision(extra, network, points) > 0) != labels.bool()",
        "(decision(extra, network, points) < 0) != labels.bool()",
    ),
    Mutant(
        "01-one-network-untrained",
        "01",
        "for model in models.values():\n    list(",
        "for model in list(models.values())[1:]:\n    list(",
    ),
    Mutant("01-one-block-for-four", "01", "self.blocks[round(4 * t)](x)", "self.blocks[0](x)"),
    Mutant("01-solver-not-swapped", "01", "**(solver or self.solver)", "**self.solver"),
    Mutant("01-fine-is-coarse", "01", 'extra=1, method="euler", steps=32)', 'extra=1, method="euler", steps=4)'),
    Mutant(
        "01-flips-against-the-truth",
        "01",
        "return 1 - accuracy(model, unseen[0], answers(model, unseen[0]), **solver)",
        "return 1 - accuracy(model, *unseen, **solver)",
    ),
    Mutant("01-change-backwards", "01", 'change = -lost["Euler, 4 steps"]', 'change = lost["Euler, 4 steps"]'),
    Mutant(
        "01-classical-is-midpoint", "01", "k4 = f(t + h, x + h * k3)\n        x", "k4 = f(t + h, x + h * k2)\n        x"
    ),
    Mutant("01-size-not-halved", "01", "v.square().sum(-1)) / 2).sqrt()", "v.square().sum(-1))).sqrt()"),
    Mutant("01-all-blocks-alike", "01", "for _ in range(depth)]", "for _ in range(1)] * depth"),
    Mutant("01-scale-forgotten", "01", "x = x + depth**-alpha * block(x)", "x = x + block(x)"),
    Mutant("01-another-second-cosine", "01", "c * math.cos(2 * math.pi * t)", "c * math.cos(4 * math.pi * t)"),
    Mutant("01-weights-of-t-for-the-new-one", "01", "[:, [0, 1, 3]]", "[:, [0, 1, 2]]"),
    Mutant("01-control-by-the-state", "01", "lambda t, y: -2 * pair, pair", "lambda t, y: -2 * y, pair"),
    Mutant(
        "01-bounds-of-powers",
        "01",
        '"about 3": 30**0.5, "about 10": 1000**0.5',
        '"about 3": 30, "about 10": 1000',
        run=REVEALED,
    ),
    Mutant(
        "01-another-exact-flow",
        "01",
        "turning_flow(omega, ring, t) for t",
        "turning_flow(4.0, ring, t) for t",
        run=SHOWN,
    ),
    Mutant("01-another-depth-foretold", "01", '{theory[-1]:.3g}."', '{theory[-2]:.3g}."', run=SHOWN),
    Mutant(
        "01-status-of-another-network", "01", "probes[extra][:, copy], unseen", "probes[extra][:, 0], unseen", run=SHOWN
    ),
    Mutant(
        "01-probe-fitted-on-the-held-out",
        "01",
        "(2 * seen[1] - 1).double().expand(len(states), -1, -1)\n    cut = torch.linalg.lstsq(with_one[:, :, :TRAIN]",
        "(2 * unseen[1] - 1).double().expand(len(states), -1, -1)\n    cut = torch.linalg.lstsq(with_one[:, :, TRAIN:]",
        run=SHOWN,
    ),
    Mutant("01-run-without-extra", "01", "Flow(24, 1, extra=extra,", "Flow(24, 1,", run=SHOWN),
    Mutant("01-ralston-misprinted", "01", "-0.55148066", "0.55148066", run=SHOWN),
    Mutant("01-midpoint-of-order-1", "01", '"midpoint": 2, "rk4": 4}\n', '"midpoint": 1, "rk4": 4}\n', run=RESNET),
    Mutant(
        "01-ring-marks-the-theory",
        "01",
        "[min(error, 25)])  # kept in view",
        "[min(theory[-1], 25)])  # kept in view",
        run=RESNET,
    ),
    Mutant("01-error-by-coordinate", "01", "ring, 1.0)).norm(dim=-1).max()\n", "ring, 1.0)).abs().max()\n", run=RESNET),
    Mutant("01-goal-line-elsewhere", "01", "errors.axhline(0.1,", "errors.axhline(0.01,", run=RESNET),
    Mutant(
        "01-rk4-theory-of-power-5", "01", "layers[:7].astype(float) ** 4", "layers[:7].astype(float) ** 5", run=RESNET
    ),
    Mutant("01-rk4-a-layer-right", "01", "ax.loglog(layers[:7], rk4,", "ax.loglog(layers[1:8], rk4,", run=RESNET),
    Mutant(
        "01-plane-judged-where-trained",
        "01",
        "accuracy(in_plane, *unseen).round(3)",
        "accuracy(in_plane, *seen).round(3)",
        run=RESNET,
    ),
    Mutant(
        "01-film-of-the-training-points", "01", "[frame, copy, TRAIN : TRAIN + 400]", "[frame, copy, :400]", run=RESNET
    ),
    Mutant("01-cut-height-signed", "01", "return -float((head.biases[0]", "return float((head.biases[0]", run=RESNET),
    Mutant(
        "01-read-in-place-of-misread",
        "01",
        "[~reads[extra][frame, copy, :400]]",
        "[reads[extra][frame, copy, :400]]",
        run=RESNET,
    ),
    Mutant(
        "01-grid-of-network-1",
        "01",
        "tilted(meshes[extra][frame, copy],",
        "tilted(meshes[extra][frame, 0],",
        run=RESNET,
    ),
    Mutant(
        "01-tilt-swapped",
        "01",
        "torch.atan2(w[2:].norm(), w[:2].norm())",
        "torch.atan2(w[:2].norm(), w[2:].norm())",
        run=RESNET,
    ),
    Mutant("01-exact-wave-is-sine", "01", "np.cos(omega * times)", "np.sin(omega * times)", run=RESNET),
    Mutant("01-law-of-omega-32", "01", "law_predicts(axis, omega)", "law_predicts(axis, 32.0)", run=RESNET),
    Mutant(
        "01-evaluations-as-attempts", "01", "paid.set_data([tol], [tried])", "paid.set_data([tol], [nfe])", run=RESNET
    ),
    Mutant("01-error-of-one-coordinate", "01", "dim=-1))[0].norm())", "dim=-1))[0, 0].abs())", run=RESNET),
    Mutant(
        "01-counts-at-another-tolerance",
        "01",
        "rotated([omega], 1e-5)[0] for",
        "rotated([omega], 1e-4)[0] for",
        run=RESNET,
    ),
    Mutant("01-updates-off-by-one", "01", "25 * np.arange(13)", "25 * np.arange(1, 14)", run=RESNET),
    Mutant("01-colour-by-accepted", "01", "c=spent[:100, 0]", "c=spent[:100, 1]", run=RESNET),
    Mutant("01-decision-transposed", "01", ".reshape(48, 48).T)", ".reshape(48, 48))", run=RESNET),
    Mutant(
        "01-state-stays-at-depth-1",
        "01",
        "model.carry(shown[None], max(t, 1e-6))[0]",
        "model.carry(shown[None])[0]",
        run=RESNET,
    ),
    Mutant(
        "01-disk-for-ring", "01", "{'disk' if side < 0 else 'ring'}", "{'ring' if side < 0 else 'disk'}", run=RESNET
    ),
    Mutant("01-spread-by-n", "01", "score.std(ddof=1)", "score.std()", run=RESNET),
    Mutant("01-five-copies-counted", "01", "sum(parameter[0].numel()", "sum(parameter.numel()", run=RESNET),
    Mutant("01-rows-named-backwards", "01", "yticklabels=scores", "yticklabels=list(scores)[::-1]", run=RESNET),
    Mutant(
        "01-rk-curve-by-euler", "01", 'method=model.solver["method"], steps=n', 'method="euler", steps=n', run=RESNET
    ),
    Mutant(
        "01-kutta-row-is-midpoint",
        "01",
        'kutta = layer_by_layer("rk4", n',
        'kutta = layer_by_layer("midpoint", n',
        run=RESNET,
    ),
    Mutant(
        "01-rooms-swapped",
        "01",
        '("trained on there", same), ("with a third dimension", roomy)',
        '("trained on there", roomy), ("with a third dimension", same)',
        run=RESNET,
    ),
    Mutant(
        "01-blocks-unscaled-in-unlike", "01", "x = x + blocks[layer](x) / 4", "x = x + blocks[layer](x)", run=RESNET
    ),
    Mutant(
        "01-kutta-refused",
        "01",
        "right=[method(*CLASSICAL), method(*KUTTA), method(*RALSTON)]",
        "right=[method(*CLASSICAL), method(*RALSTON)]",
        run=RESNET,
    ),
    Mutant(
        "01-dashed-lines-crossed", "01", "distances.items(), theory):", "distances.items(), theory[::-1]):", run=RESNET
    ),
    Mutant(
        "01-depths-named-backwards",
        "01",
        "{depths[-1]} layers over that at {depths[0]}",
        "{depths[0]} layers over that at {depths[-1]}",
        run=RESNET,
    ),
    Mutant("01-goal-of-90", "01", "read >= 0.95", "read >= 0.9", run=RESNET),
    Mutant("01-goal-of-120", "01", "nfe <= 100,", "nfe <= 120,", run=RESNET),
    Mutant("01-end-of-the-solve-elsewhere", "01", "path.axvline(1.0,", "path.axvline(0.5,", run=RESNET),
    Mutant(
        "01-accepted-and-rejected-swapped",
        "01",
        'print(f"accepted {field.accepted}, rejected {field.rejected}',
        'print(f"accepted {field.rejected}, rejected {field.accepted}',
        run=RESNET,
    ),
    Mutant(
        "01-windings-swapped",
        "01",
        'winding.round().int().tolist(), "of the layers:", single',
        'single.round().int().tolist(), "of the layers:", winding',
        run=RESNET,
    ),
    Mutant("01-worst-is-best", "01", "worst {score.min():.4f}", "worst {score.max():.4f}", run=RESNET),
    Mutant(
        "01-rings-misnamed",
        "01",
        'names = ("0 extra dimensions", "1 extra",',
        'names = ("1 extra", "0 extra dimensions",',
        run=RESNET,
    ),
    Mutant(
        "01-run-on-the-held-out",
        "01",
        "disks[0][[network - 1]], disks[1][[network - 1]]",
        "fresh[0][[network - 1]], fresh[1][[network - 1]]",
        run=RESNET,
    ),
    Mutant(
        "01-bar-at-the-median", "01", "ax.plot([score.mean()], [row]", "ax.plot([np.median(score)], [row]", run=RESNET
    ),
    Mutant(
        "01-change-printed-backwards",
        "01",
        "changes by {-lost[name].mean():+.3f}",
        "changes by {lost[name].mean():+.3f}",
        run=RESNET,
    ),
    Mutant(
        "01-field-at-other-times", "01", "for t in (0, 0.25, 0.5, 0.75)]", "for t in (0, 1 / 3, 2 / 3, 1)]", run=RESNET
    ),
    Mutant(
        "01-points-leave-the-picture", "01", "reach = points.abs().max()", "reach = points.abs().mean()", run=RESNET
    ),
    Mutant("01-lost-too-early", "01", "lost = error > 10", "lost = error > 1", run=RESNET),
    Mutant("01-out-of-the-picture-unsaid", "01", "np.abs(paths).max() > 1.6", "np.abs(paths).max() > 16", run=RESNET),
    Mutant(
        "01-circle-not-carried",
        "01",
        "loops[1].set_data(*there[300:-1].T)",
        "loops[1].set_data(*shown[300:-1].T)",
        run=RESNET,
    ),
    Mutant("01-looks-at-x2", "01", "float(x.flatten()[0])", "float(x.flatten()[-1])", run=RESNET),
    Mutant(
        "01-range-is-one-deviation",
        "01",
        "curve.min(1), curve.max(1),",
        "curve.mean(1) - curve.std(1), curve.mean(1) + curve.std(1),",
        run=RESNET,
    ),
    Mutant("01-at-once-is-later", "01", "(at t = 0 {probe[0]:.3f})", "(at t = 0 {probe[1]:.3f})", run=RESNET),
    Mutant("02-sign-of-theta", "02", "torch.cat((theta * s[..., 1:], -lam", "torch.cat((-theta * s[..., 1:], -lam"),
    Mutant("02-decay-for-growth", "02", "return theta * y", "return -theta * y"),
    Mutant("02-cube-halved", "02", "EXACT_CUBE = -1000 / 201**1.5", "EXACT_CUBE = -500 / 201**1.5"),
    Mutant("02-state-without-time", "02", "STEP_BYTES = BATCH * (D + HIDDEN)", "STEP_BYTES = BATCH * D"),
    Mutant(
        "02-held-out-is-seen",
        "02",
        "(model(images[unseen]).argmax(-1) != labels[unseen])",
        "(model(images[seen]).argmax(-1) != labels[seen])",
    ),
    Mutant("02-every-way-is-backprop", "02", "{way: [weigh(n, way) for n", '{way: [weigh(n, "backprop") for n'),
    Mutant("02-end-alone", "02", "tuple(np.linspace(0, 1, n + 1))) for n in DEPTHS", "(0, 1)) for n in DEPTHS"),
    Mutant("02-sign-of-a", "02", "x - h * slope, a + h * a_by_x", "x - h * slope, a - h * a_by_x"),
    Mutant("02-time-off-by-one", "02", "slope = f(k * h, x)", "slope = f((k - 1) * h, x)"),
    Mutant("02-half-the-terminal-condition", "02", "2 * end / end.numel(), 20)  #", "end / end.numel(), 20)  #"),
    Mutant("02-sign-of-the-integrand", "02", "lam * a_y - a_x, -a_x * y", "lam * a_y - a_x, a_x * y"),
    Mutant("02-adjoint-of-y", "02", "lam * a_y - a_x, -a_x * y", "-lam * a_y - a_x, -a_x * y"),
    Mutant("02-pole-without-the-2", "02", "return t - 1 / (2 * y**2)", "return t - 1 / y**2"),
    Mutant("02-nothing-stored", "02", "64), np.linspace(0, 1, points)", "64), np.linspace(0, 1, 2)"),
    Mutant("02-undone-the-wrong-way", "02", "        z = z - h * f(y)\n", "        z = z + h * f(y)\n"),
    Mutant("02-untrained", "02", "        optimiser.step()\n", "        pass\n"),
    Mutant(
        "02-one-convolution",
        "02",
        "norm(), convolution(channels, 3), norm(), convolution(channels, 3), norm()",
        "norm(), convolution(channels, 3), norm()",
    ),
    Mutant(
        "02-another-start",
        "02",
        "model = Digits(kind, generator)",
        "model = Digits(kind, generator.manual_seed(len(kind)))",
    ),
    Mutant("02-adjoint-in-name-only", "02", '"ODE-Net": "adjoint"}', '"ODE-Net": "backprop"}'),
    Mutant("02-euler-for-rk4", "02", '"rk4", steps=depth', '"euler", steps=depth'),
    Mutant(
        "02-reveal-of-the-plain-adjoint",
        "02",
        "dense_grows.reveal(power[EVERY]",
        'dense_grows.reveal(power["adjoint"]',
        run=ADJOINT,
    ),
    Mutant(
        "02-reveal-of-backprop", "02", 'between.reveal(ten["adjoint"]', 'between.reveal(ten["backprop"]', run=ADJOINT
    ),
    Mutant(
        "02-reveal-of-the-loss",
        "02",
        'contraction(25.0, "adjoint")[2], {',
        'contraction(25.0, "adjoint")[0], {',
        run=ADJOINT,
    ),
    Mutant(
        "02-share-upside-down",
        "02",
        "share, off = one.live.peak / full.live.peak",
        "share, off = full.live.peak / one.live.peak",
        run=ADJOINT,
    ),
    Mutant(
        "02-turned-too-soon",
        "02",
        "(0, seen.forward - 1, last), (0, 1, 2)",
        "(0, seen.forward // 4, last), (0, 1, 2)",
        run=ADJOINT,
    ),
    Mutant(
        "02-ring-of-backprop",
        "02",
        "chosen.set_data([steps], [one.live.peak / 1000])",
        "chosen.set_data([steps], [full.live.peak / 1000])",
        run=ADJOINT,
    ),
    Mutant(
        "02-a-state-too-many",
        "02",
        "+ (root - 2) * STATE_BYTES",
        "+ (root - 1) * STATE_BYTES",
    ),
    Mutant("02-arcs-below", "02", '"arc3,rad=0.25"', '"arc3,rad=-0.25"', run=ADJOINT),
    Mutant(
        "02-edges-lost",
        "02",
        "{(node, parent) for parent in parents}",
        "{(node, parent) for parent in parents[:1]}",
        run=ADJOINT,
    ),
    Mutant(
        "02-tolerance-a-thousandth",
        "02",
        "gradient=way, parameters=[theta]).last[0]\n",
        "gradient=way, parameters=[theta], atol=1e-13).last[0]\n",
    ),
    Mutant("02-gradients-swapped", "02", "*back.y[3:, -1]", "*back.y[:2:-1, -1]"),
    Mutant(
        "02-dot-of-the-start",
        "02",
        "here.set_data([lam], [max(miss, 1.5e-13)])",
        "here.set_data([lam], [max(abs(off) / 2, 1.5e-13)])",
        run=ADJOINT,
    ),
    Mutant(
        "02-estimate-of-half-the-way",
        "02",
        "law.set_data(lams, tol * np.exp(lams))",
        "law.set_data(lams, tol * np.exp(lams / 2))",
        run=ADJOINT,
    ),
    Mutant(
        "02-stored-at-the-end",
        "02",
        "states[1] * math.sqrt(1 + 200 * times[1])",
        "states[-1] * math.sqrt(1 + 200 * times[-1])",
        run=ADJOINT,
    ),
    Mutant("02-pole-of-the-last-point", "02", "pole(*piece[0]), to)", "pole(*piece[-1]), to)", run=ADJOINT),
    Mutant("02-jump-untold", "02", "if seen > to or predicted > to]", "if seen > to]", run=ADJOINT),
    Mutant("02-half-the-bytes", "02", "accumulate(event.nbytes() for", "accumulate(event.nbytes() // 2 for"),
    Mutant(
        "02-pass-without-a-way-back",
        "02",
        "ode.gradients(solve(network, start, steps, way, times).last.square().mean(), network)\n    changes",
        "solve(network, start, steps, way, times).last.square().mean()\n    changes",
    ),
    Mutant("02-steps-twice-as-long", "02", "y, z, h = start, start, 1 / steps", "y, z, h = start, start, 2 / steps"),
    Mutant("02-partner-not-transposed", "02", "b - (b * A.T) / b[:, None]", "b - (b * A) / b[:, None]"),
    Mutant(
        "02-panel-of-the-other-gradient",
        "02",
        "rebuilt, _, gradient = reverse",
        "rebuilt, gradient, _ = reverse",
        run=ADJOINT,
    ),
    Mutant(
        "02-graph-of-backprop",
        "02",
        'draw_graph(below, growth_end(4, "adjoint")',
        'draw_graph(below, growth_end(4, "backprop")',
        run=ADJOINT,
    ),
    Mutant(
        "02-goal-of-ten-per-cent",
        "02",
        "holds=lambda miss: miss <= 0.01",
        "holds=lambda miss: miss <= 0.1",
        run=ADJOINT,
    ),
    Mutant("02-other-start", "02", 'found["first"][0, 1]', 'found["first"][0, 0]'),
    Mutant("02-volume-forgotten", "02", "return volume * network(x)", "return network(x)", run=ADJOINT),
    Mutant("02-copies-not-divided", "02", "return live.peak / COPIES", "return live.peak"),
    Mutant("02-one-block", "02", "self.blocks[k % BLOCKS](x)", "self.blocks[0](x)", run=ADJOINT),
    Mutant("02-weights-counted", "02", "LiveBytes([*network.parameters(), start])", "LiveBytes([start])"),
    Mutant("02-no-seminorm", "02", '{"adjoint_options": {"norm": "seminorm"}}', "{}", run=ADJOINT),
    Mutant(
        "02-start-against-the-end",
        "02",
        "error of {apart(rebuilt, start):.3f}",
        "error of {apart(rebuilt, end):.3f}",
        run=ADJOINT,
    ),
    Mutant(
        "02-loss-for-the-gradient",
        "02",
        'exact_off = contraction(lam, "backprop")[2]',
        'exact_off = contraction(lam, "backprop")[0]',
        run=ADJOINT,
    ),
    Mutant("02-sign-of-a-small-error", "02", "'+' if off > 0 else '−'", "'−' if off > 0 else '+'", run=ADJOINT),
    Mutant(
        "02-half-the-exact-decay",
        "02",
        "10 / np.sqrt(1 + 200 * times), **figures.EXACT",
        "10 / np.sqrt(1 + 100 * times), **figures.EXACT",
        run=ADJOINT,
    ),
    Mutant("02-live-bytes-at-16", "02", "live = peaks[way][2]", "live = peaks[way][1]", run=ADJOINT),
    Mutant("02-both-ways-counted", "02", "{len(calls) - forward} backward", "{len(calls)} backward", run=ADJOINT),
    Mutant(
        "02-one-tolerance-for-all",
        "02",
        '{points} times: {cube_gradient(tol, points):.0e}"',
        '{points} times: {cube_gradient(1e-2, points):.0e}"',
        run=ADJOINT,
    ),
    Mutant(
        "02-parameters-of-three-copies",
        "02",
        "sum(p.numel() for p in model.parameters()) // COPIES",
        "sum(p.numel() for p in model.parameters())",
        run=ADJOINT,
    ),
    Mutant("02-spread-over-n", "02", "{float(errors.std()):.1f}", "{float(errors.std(correction=0)):.1f}", run=ADJOINT),
    Mutant(
        "02-partner-and-itself",
        "02",
        "{gaps[name][0]:.0e} off, by its partner {gaps[name][1]:.0e}",
        "{gaps[name][1]:.0e} off, by its partner {gaps[name][0]:.0e}",
        run=ADJOINT,
    ),
    Mutant(
        "02-fields-alone",
        "02",
        "six of them would make {rest + 6 * field_of(65):,}",
        "six of them would make {6 * field_of(65):,}",
        run=ADJOINT,
    ),
    Mutant(
        "02-time-under-backprops", "02", 'took[way] / took["backprop"]', 'took["backprop"] / took[way]', run=ADJOINT
    ),
    Mutant("02-distance-from-the-end", "02", "{abs(back - 1):.0e}", "{abs(back - end):.0e}", run=ADJOINT),
    Mutant("02-kibibytes", "02", "{size / 1000:8.1f} kB", "{size / 1024:8.1f} kB", run=ADJOINT),
    Mutant("02-checkpointing-printed", "02", "zip(DEPTHS, off)))", "zip(DEPTHS, again)))", run=ADJOINT),
    Mutant(
        "02-norms-exchanged",
        "02",
        '(("the usual norm", {}), ("the seminorm",',
        '(("the seminorm", {}), ("the usual norm",',
        run=ADJOINT,
    ),
    Mutant(
        "02-memory-at-depth-12",
        "02",
        "live_at(model, 6) / 1000, (live",
        "live_at(model, 12) / 1000, (live",
        run=ADJOINT,
    ),
    Mutant(
        "02-one-defect-for-all",
        "02",
        "comes back to {there_and_back(n):.6f}",
        "comes back to {there_and_back(10):.6f}",
        run=ADJOINT,
    ),
    Mutant("02-backprop-twice", "02", "adjoint {ten['adjoint']:.3f}", "adjoint {ten['checkpoint']:.3f}", run=ADJOINT),
    Mutant(
        "02-ways-exchanged",
        "02",
        'xticklabels=("forward", "backward")',
        'xticklabels=("backward", "forward")',
        run=ADJOINT,
    ),
    Mutant(
        "02-off-the-axis",
        "02",
        'ylim=(3, 9000), yscale="log", ylabel="kB", title="Live',
        'ylim=(3, 900), yscale="log", ylabel="kB", title="Live',
        run=ADJOINT,
    ),
    Mutant("02-first-hundredth", "02", "zip(axes, (1.0, 0.1)):", "zip(axes, (1.0, 0.01)):", run=ADJOINT),
    Mutant("03-not-divided", "03", "return undivided(x) / np.sqrt(1 + x**2)", "return undivided(x)"),
    Mutant("03-area-not-halved", "03", "y * x.roll(-1, -1)).sum(-1) / 2", "y * x.roll(-1, -1)).sum(-1)"),
    Mutant(
        "03-log-density-sign",
        "03",
        "torch.cat((slope, -divergence[..., None]",
        "torch.cat((slope, divergence[..., None]",
    ),
    Mutant(
        "03-gain-on-the-way-back", "03", "normal_log_density(start) - gained\n", "normal_log_density(start) + gained\n"
    ),
    Mutant("03-probes-summed", "03", "* probes).sum(-1).mean(0)", "* probes).sum(-1).sum(0)"),
    Mutant("03-not-symmetric", "03", "symmetric = (jacobian + jacobian.mT) / 2", "symmetric = jacobian"),
    Mutant("03-diagonal-for-gaussian", "03", 'if kind == "rademacher" else 0.0', 'if kind == "gaussian" else 0.0'),
    Mutant("03-trace-without-time", "03", "torch.baddbmm(b1 + float(t) * w_time, x, w1)", "torch.baddbmm(b1, x, w1)"),
    Mutant("03-untrained", "03", "        optimiser.step()\n", "        pass\n"),
    Mutant(
        "03-batch",
        "03",
        "-log_density(field, ring.sample(256, generator)",
        "-log_density(field, ring.sample(2, generator)",
    ),
    Mutant(
        "03-nothing-exploited",
        "03",
        "lambda field: batch_nll(field, **EULER)",
        "lambda field: batch_nll(field, **COARSE)",
    ),
    Mutant("03-control-scored-finely", "03", '**EULER | {"steps": steps}))[0]', '**FINE | {"steps": steps}))[0]'),
    Mutant("03-layer-off-by-one", "03", "slope = field(1 - layer * h, x)", "slope = field(1 - (layer + 1) * h, x)"),
    Mutant("03-determinant-sign", "03", "torch.eye(2) - h * jacobian", "torch.eye(2) + h * jacobian"),
    Mutant(
        "03-fresh-is-held", "03", 'draw_probes("gaussian", 1, x.shape, generator, torch.float64))', "held[:, : len(x)])"
    ),
    Mutant("03-gain-on-the-way-out", "03", "normal_log_density(z) + out\n", "normal_log_density(z) - out\n"),
    Mutant("03-likelihood-untrained", "03", "in train(flow, lambda", "in train(deepcopy(flow), lambda"),
    Mutant(
        "03-matching-untrained",
        "03",
        '"independent pairs": matched(assigned=False)',
        '"independent pairs": deepcopy(snapshots[0])',
    ),
    Mutant(
        "03-assigned-untrained",
        "03",
        '"assigned pairs": matched(assigned=True)',
        '"assigned pairs": deepcopy(snapshots[0])',
    ),
    Mutant("03-velocity-sign", "03", "- (x1 - x0)) ** 2).sum(-1).mean(-1)", "- (x0 - x1)) ** 2).sum(-1).mean(-1)"),
    Mutant("03-target-is-a-place", "03", "- (x1 - x0)) ** 2).sum(-1).mean(-1)", "- x1) ** 2).sum(-1).mean(-1)"),
    Mutant("03-time-held", "03", "t = torch.rand(1, x0.shape[1], 1,", "t = 0.5 + 0 * torch.rand(1, x0.shape[1], 1,"),
    Mutant("03-one-time-for-all", "03", "t = torch.rand(1, x0.shape[1], 1,", "t = torch.rand(1, 1, 1,", run=FLOWS),
    Mutant("03-not-assigned", "03", "    if assigned:  # for", "    if False:  # for"),
    Mutant(
        "03-assigned-apart",
        "03",
        "x1 = torch.cat([ends[linear_sum_assignment(torch.cdist",
        "x1 = torch.cat([ends[linear_sum_assignment(-torch.cdist",
    ),
    Mutant(
        "03-lengths-assigned",
        "03",
        "torch.cdist(begin, ends) ** 2)[1]] for",
        "torch.cdist(begin, ends))[1]] for",
        run=FLOWS,
    ),
    Mutant("03-mean-velocity-sign", "03", "(t * sigma**2 - (1 - t)) / var", "(t * sigma**2 + (1 - t)) / var"),
    Mutant("03-weights-without-time", "03", "(t / var * x @ c.mT)", "(x @ c.mT / var)"),
    Mutant("03-floor-left-out", "03", "losses(answers[name]) - losses(best) - apart", "losses(answers[name]) - apart"),
    Mutant("03-energy-halved", "03", "energy = 100 * (path", "energy = 50 * (path"),
    Mutant(
        "03-straightness-of-lengths",
        "03",
        "((path[-1] - path[0]) ** 2).sum(-1).mean() / energy",
        "(path[-1] - path[0]).norm(dim=-1).mean() ** 2 / energy",
        run=FLOWS,
    ),
    Mutant("03-missed-from-the-start", "03", "steps=n).last - path[-1] for n", "steps=n).last - path[0] for n"),
    Mutant(
        "03-divergence-turned-round",
        "03",
        "(log_p.exp() * (log_p - log_q))",
        "(log_q.exp() * (log_q - log_p))",
        run=FLOWS,
    ),
    Mutant("03-panel-ends-of-others", "03", "exact_paths[name][round(20 * t)]", "exact_paths[name][-1]", run=FLOWS),
    Mutant("03-panel-whole-steps", "03", "walk[whole + 1], n * t - whole)", "walk[whole + 1], 1.0)", run=FLOWS),
    Mutant("03-likelihood-for-assigned", "03", '"assigned pairs": matched(assigned=True)', '"assigned pairs": flow'),
    Mutant(
        "03-scored-the-other",
        "03",
        "accurate = over_floor(log_q_of(cheap,",
        "accurate = over_floor(log_q_of(flow,",
        run=FLOWS,
    ),
    Mutant("03-columns-swapped", "03", "{kl:22.3f} {accurate:27.3f}", "{accurate:22.3f} {kl:27.3f}", run=FLOWS),
    Mutant(
        "03-headings-swapped",
        "03",
        "trained with Runge–Kutta    trained with 8 Euler steps",
        "trained with 8 Euler steps    trained with Runge–Kutta",
        run=FLOWS,
    ),
    Mutant("03-errors-squared", "03", "-reported / reported_error:.0f", "-reported / reported_error**2:.0f", run=FLOWS),
    Mutant("03-floor-drawn-too-high", "03", "ax.axhline(ring.entropy,", "ax.axhline(one_gaussian,", run=FLOWS),
    Mutant("03-density-transposed", "03", 'indexing="xy"', 'indexing="ij"', run=FLOWS),
    Mutant("03-data-of-another-circle", "03", "ring.log_prob(RADIUS * circle)", "ring.log_prob(4 * circle)", run=FLOWS),
    Mutant(
        "03-quadrature-by-euler", "03", "trace=trace, method=method, steps=25", 'trace=trace, method="euler", steps=25'
    ),
    Mutant("03-another-likelihood", "03", 'fields = {"likelihood": flow,', 'fields = {"likelihood": cheap,'),
    Mutant(
        "03-undivided-is-the-theory",
        "03",
        "ax.plot(axis, thinned(axis), **figures.THEORY",
        "ax.plot(axis, undivided(axis), **figures.THEORY",
        run=FLOWS,
    ),
    Mutant("03-histogram-not-stretched", "03", "stairs(ax, stretched,", "stairs(ax, u,", run=FLOWS),
    Mutant("03-median-with-sign", "03", "(log_det - traces).abs().median()", "(log_det - traces).median()", run=FLOWS),
    Mutant(
        "03-gaussian-twice",
        "03",
        "estimates(jacobian, kind, 1).var()",
        "estimates(jacobian, 'gaussian', 1).var()",
        run=FLOWS,
    ),
    Mutant(
        "03-spread-for-variance",
        "03",
        "estimates(jacobian, kind, 1).var()",
        "estimates(jacobian, kind, 1).std()",
        run=FLOWS,
    ),
    Mutant(
        "03-gaussian-without-e",
        "03",
        "math.log(2 * math.pi * math.e * axis_variance)",
        "math.log(2 * math.pi * axis_variance)",
        run=FLOWS,
    ),
    Mutant(
        "03-density-of-the-end",
        "03",
        "log_density(field, places[None], t, closed_form",
        "log_density(field, places[None], 1.0, closed_form",
        run=FLOWS,
    ),
    Mutant(
        "03-training-late",
        "03",
        "field, solver = snapshots[updates],",
        "field, solver = snapshots[max(0, updates - 50)],",
        run=FLOWS,
    ),
    Mutant("03-samples-frozen", "03", "return samples[0], log_p[", "return noise[0], log_p[", run=FLOWS),
    Mutant("03-cut-turned", "03", "log_p[TILES**2 :].exp()", "log_p[TILES**2 :].exp().roll(20)", run=FLOWS),
    Mutant("03-upside-down", "03", 'origin="lower", interpolation', 'origin="upper", interpolation', run=FLOWS),
    Mutant("03-over-the-mean", "03", "density.min() / density.max()", "density.min() / density.mean()", run=FLOWS),
    Mutant(
        "03-goal-of-a-fifth", "03", "holds=lambda lowest: lowest < 0.1", "holds=lambda lowest: lowest < 0.2", run=FLOWS
    ),
    Mutant(
        "03-parts-swapped",
        "03",
        "(full, (full + full.T) / 2, (full - full.T) / 2,",
        "(full, (full - full.T) / 2, (full + full.T) / 2,",
        run=FLOWS,
    ),
    Mutant("03-matrix-over-d", "03", "full = big[:d, :d] / math.sqrt(d)", "full = big[:d, :d] / d", run=FLOWS),
    Mutant(
        "03-law-without-root",
        "03",
        "np.maximum(one, 1e-9) / np.sqrt(several)",
        "np.maximum(one, 1e-9) / several",
        run=FLOWS,
    ),
    Mutant(
        "03-unit-of-rademacher",
        "03",
        'variance(matrix_of("full", d), "gaussian")',
        'variance(matrix_of("full", d), "rademacher")',
        run=FLOWS,
    ),
    Mutant(
        "03-mean-without-unit",
        "03",
        "{trace + unit * float(found.mean()):z.3f}",
        "{trace + float(found.mean()):z.3f}",
        run=FLOWS,
    ),
    Mutant("03-stretch-squared", "03", "math.exp(m**2 / 2):9.3g", "math.exp(m**2):9.3g", run=FLOWS),
    Mutant(
        "03-valleys-at-the-peaks", "03", "(np.arange(8) + 0.5) * math.pi / 4", "np.arange(8) * math.pi / 4", run=FLOWS
    ),
    Mutant(
        "03-saddles-too-far",
        "03",
        "RADIUS * math.cos(math.pi / 8) * middle",
        "RADIUS * middle",
        run=FLOWS,
    ),
    Mutant("03-lengths-not-halved", "03", "float((lengths**2).mean()) / 2", "float((lengths**2).mean())", run=FLOWS),
    Mutant("03-second-order-doubled", "03", "second = second + h**2 / 2 *", "second = second + h**2 *", run=FLOWS),
    Mutant(
        "03-second-order-frobenius",
        "03",
        "(jacobian @ jacobian).diagonal",
        "(jacobian @ jacobian.mT).diagonal",
        run=FLOWS,
    ),
    Mutant("03-entropy-sign", "03", "{-log_q.mean():.3f} ±", "{log_q.mean():.3f} ±", run=FLOWS),
    Mutant("03-held-out-learned", "03", "for j in (2, 3, 4)]", "for j in (0, 2, 3)]", run=FLOWS),
    Mutant("03-stopped-on-the-held-out", "03", "folds[k], folds[(k + 1) % 5]", "folds[k], folds[k]", run=FLOWS),
    Mutant(
        "03-mixture-without-share",
        "03",
        "return -((weight / weight.sum()).log() - gaussian_nll(rows[:, None]",
        "return -(-gaussian_nll(rows[:, None]",
        run=FLOWS,
    ),
    Mutant(
        "03-mixture-on-its-rows",
        "03",
        "mixture_nll(train_rows, rows))",
        "mixture_nll(train_rows, train_rows[:54]))",
        run=FLOWS,
    ),
    Mutant("03-stopping-drawn", "03", "np.array(curves)[:, [0, 2]]", "np.array(curves)[:, [0, 1]]", run=FLOWS),
    Mutant("03-picture-not-in-minutes", "03", "(picture * scale + mean)", "(picture + mean)", run=FLOWS),
    Mutant("03-three-nodes", "03", "leggauss(24)", "leggauss(3)", run=FLOWS),
    Mutant(
        "03-mirrored-lines",
        "03",
        "field(t, (1 - t) * begin + t * ends)",
        "field(t, (1 - t) * ends + t * begin)",
        run=FLOWS,
    ),
    Mutant(
        "03-error-without-root",
        "03",
        "float(excess.std()) / math.sqrt(len(fresh))",
        "float(excess.std()) / len(fresh)",
        run=FLOWS,
    ),
    Mutant(
        "03-masses-swapped",
        "03",
        "{masses[0]:.3f} by traces, {masses[1]:.3f} by",
        "{masses[1]:.3f} by traces, {masses[0]:.3f} by",
        run=FLOWS,
    ),
    Mutant("03-loose-tolerance", "03", "rtol=1e-5, atol=1e-5).nfe", "rtol=1e-3, atol=1e-3).nfe", run=FLOWS),
    Mutant(
        "03-shear-and-rotation",
        "03",
        "expansion + stretch, shear - rotation, rotation, expansion - stretch",
        "expansion + stretch, rotation - shear, shear, expansion - stretch",
        run=FLOWS,
    ),
    Mutant(
        "03-theory-halved",
        "03",
        "theory.set_data(TIMES, (trace * TIMES).exp())",
        "theory.set_data(TIMES, (trace * TIMES / 2).exp())",
        run=FLOWS,
    ),
    Mutant("03-ring-at-the-end", "03", "now.set_data([t], [area[frame]])", "now.set_data([t], [area[-1]])", run=FLOWS),
    Mutant(
        "03-starts-at-the-ends",
        "03",
        "ax.scatter(*exact_paths[name][0, :24].T",
        "ax.scatter(*exact_paths[name][-1, :24].T",
        run=FLOWS,
    ),
    Mutant("03-any-size-of-probe", "03", "if abs(size - 1) > 0.1:", "if abs(size - 1) > 1:", run=FLOWS),
    Mutant(
        "03-no-uniform-probes",
        "03",
        "if abs(size - 1) > 0.1:",
        "if abs(size - 1) > 0.1 or 0.1 < (probes**4).mean() - 1 < 1.5:",
        run=FLOWS,
    ),
    Mutant(
        "03-ends-of-another-flow",
        "03",
        "exact.set_offsets(exact_paths[name][round(20 * t), :24]",
        "exact.set_offsets(exact_paths['likelihood'][round(20 * t), :24]",
        run=FLOWS,
    ),
    Mutant(
        "03-begun-trained",
        "03",
        "    field = deepcopy(snapshots[0])\n",
        "    field = deepcopy(flow)\n",
        run=f"{FLOWS}::test_each_later_training_begins_where_the_first_did",
    ),
    Mutant(
        "03-goal-of-the-likelihood",
        "03",
        'missed("assigned pairs", 1, 1.0)',
        'missed("likelihood", 1, 1.0)',
        run=f"{FLOWS}::test_the_goal_of_the_panel_of_three_counts_against_one_assigned_step",
    ),
    Mutant(
        "03-floor-and-distance-swapped",
        "03",
        "floor {losses(best).mean():.3f} + E|v − v*|² {apart.mean():.3f}",
        "floor {apart.mean():.3f} + E|v − v*|² {losses(best).mean():.3f}",
        run=f"{FLOWS}::test_the_loss_of_v_star_is_named_before_the_distance_from_it",
    ),
    Mutant(
        "03-kl-of-another-row",
        "03",
        'claim(f"KL, {name}", results[name][0],',
        'claim(f"KL, {name}", results["likelihood"][0],',
        run=f"{FLOWS}::test_the_claims_of_the_kl_read_their_own_rows",
    ),
    Mutant(
        "03-mean-speed-of-the-way",
        "03",
        "speed = 20 * (exact_paths[name].diff(dim=0)",
        "speed = 10 * (exact_paths[name].diff(dim=0)",
        run=f"{FLOWS}::test_speeds_and_distances_below_the_table",
    ),
    Mutant(
        "03-factors-without-derivatives",
        "03",
        "w2[:, None] * (1 - y2**2)[..., None, :]",
        "w2[:, None] + 0 * (1 - y2**2)[..., None, :]",
    ),
    Mutant(
        "03-lines-from-elsewhere",
        "03",
        "departures = (places[:, None] - half * arrivals) / (1 - half)",
        "departures = places[:, None] - half * arrivals",
    ),
    Mutant(
        "03-square-of-the-transpose",
        "03",
        "return lambda _t, x: x @ matrix.T",
        "return lambda _t, x: x @ matrix",
        run=f"{FLOWS}::test_panel_1_carries_the_square_along_its_field",
    ),
    Mutant("03-eigenvalues-halved", "03", "(1 + 2 * lam).prod()", "(1 + lam).prod()"),
    Mutant(
        "03-cloud-at-the-end",
        "03",
        "points.set_offsets(at_t[4:].numpy())",
        "points.set_offsets(path[-1][4:].numpy())",
        f"{FLOWS}::test_panel_1_draws_its_cloud_at_its_time",
    ),
    Mutant(
        "03-trace-times-t",
        "03",
        "tr A = {trace:.2f}:",
        "tr A = {t * trace:.2f}:",
        f"{FLOWS}::test_panel_1_draws_its_cloud_at_its_time",
    ),
    Mutant(
        "03-undivided-of-mass-one",
        "03",
        "ax.plot(axis, undivided(axis), color",
        "ax.plot(axis, undivided(axis) / undivided_mass, color",
        f"{FLOWS}::test_the_undivided_curve_is_drawn_with_all_of_its_mass",
    ),
    Mutant(
        "03-mean-for-median",
        "03",
        "(log_det - traces).abs().median()",
        "(log_det - traces).abs().mean()",
        f"{FLOWS}::test_what_a_layer_is_off_by_is_a_median",
    ),
    Mutant(
        "03-snapshots-shared",
        "03",
        "snapshots[update] = deepcopy(flow)",
        "snapshots[update] = flow",
        f"{FLOWS}::test_each_snapshot_of_panel_2_has_had_its_own_training",
    ),
    Mutant(
        "03-lines-swapped",
        "03",
        '("Independent pairs", "The same points, assigned"), (ends, assigned)',
        '("Independent pairs", "The same points, assigned"), (assigned, ends)',
        f"{FLOWS}::test_the_lines_of_pairs_stand_under_their_names",
    ),
    Mutant(
        "03-distance-not-squared",
        "03",
        "+ E|v − v*|² {apart.mean():.3f}",
        "+ E|v − v*|² {apart.sqrt().mean():.3f}",
        f"{FLOWS}::test_what_is_left_of_the_loss_adds_up",
    ),
    Mutant(
        "03-heads-swapped",
        "03",
        "KL  straightness  energy  NFE",
        "KL  energy  straightness  NFE",
        f"{FLOWS}::test_the_columns_of_the_table_stand_under_their_heads",
    ),
    Mutant(
        "03-seconds-over-repeats",
        "03",
        "timer=process_time)) / 10",
        "timer=process_time)) / 50",
        f"{FLOWS}::test_seconds_are_those_of_one_call",
    ),
    Mutant(
        "03-fallen-is-theory",
        "03",
        "float(off[:k].mean(0).std()) for k in several",
        "one / math.sqrt(k) for k in several",
        f"{FLOWS}::test_panel_4_draws_the_spreads_of_its_own_estimates",
    ),
    Mutant(
        "03-one-and-exact-swapped",
        "03",
        "one, exact = (min(",
        "exact, one = (min(",
        f"{FLOWS}::test_seconds_are_those_of_one_call",
    ),
    Mutant(
        "03-samples-are-data",
        "03",
        "(fresh[:2000], samples[0])",
        "(fresh[:2000], fresh[2000:4000])",
        f"{FLOWS}::test_the_samples_of_d4_are_the_flows",
    ),
    Mutant(
        "03-stopping-fold-drawn",
        "03",
        "eruptions[folds[0]].T",
        "eruptions[folds[1]].T",
        f"{FLOWS}::test_d5_speaks_of_the_held_out_fold",
    ),
    Mutant(
        "03-end-on-the-stopping-fold",
        "03",
        "trained to the end: {pieces[2].mean()",
        "trained to the end: {pieces[1].mean()",
        f"{FLOWS}::test_d5_speaks_of_the_held_out_fold",
    ),
    Mutant(
        "03-nearest-is-mean",
        "03",
        "nearest of 10 000 samples at {lengths.min():.2f}",
        "nearest of 10 000 samples at {lengths.mean():.2f}",
        f"{FLOWS}::test_the_nearest_of_10_000_normal_points_is_as_near_as_it_should_be",
    ),
    Mutant(
        "03-trained-swapped",
        "03",
        'zip(("Runge–Kutta", "8 Euler steps"), excess, honest, residual)',
        'zip(("8 Euler steps", "Runge–Kutta"), excess, honest, residual)',
        f"{FLOWS}::test_d7_names_who_was_trained_how",
    ),
    Mutant(
        "03-explained-by-sum",
        "03",
        "explains {second:.3f}",
        "explains {8 * second:.3f}",
        f"{FLOWS}::test_d7_names_who_was_trained_how",
    ),
    Mutant(
        "03-bits-for-nats",
        "03",
        "{one_gaussian - ring.entropy:.2f} nats",
        "{(one_gaussian - ring.entropy) / math.log(2):.2f} nats",
        f"{FLOWS}::test_what_is_printed_of_the_floor_and_of_the_flow_above_it",
    ),
    Mutant(
        "03-spread-for-error",
        "03",
        "± {kl_error:.4f} nats",
        "± {kl_error * math.sqrt(len(fresh)):.4f} nats",
        f"{FLOWS}::test_what_is_printed_of_the_floor_and_of_the_flow_above_it",
    ),
    Mutant(
        "03-flow-of-another-fold",
        "03",
        "networks.one_copy(geyser, 0)",
        "networks.one_copy(geyser, 1)",
        f"{FLOWS}::test_the_picture_of_d5_has_its_updates_levels_and_flow",
    ),
    Mutant(
        "03-exact-too-soon",
        "03",
        '"" if spread > 1e-3 else',
        '"" if spread > 0.2 else',
        f"{FLOWS}::test_panel_4_draws_the_spreads_of_its_own_estimates",
    ),
    Mutant(
        "03-valleys-quartiles",
        "03",
        "from {valleys.min():.4f} to {valleys.max():.4f}",
        "from {valleys.quantile(0.25):.4f} to {valleys.quantile(0.75):.4f}",
        f"{FLOWS}::test_the_valleys_are_printed_from_the_lowest_to_the_highest",
    ),
    Mutant(
        "03-looks-for-updates",
        "03",
        "updates = 6 * np.arange(1, len(curves) + 1)",
        "updates = np.arange(1, len(curves) + 1)",
        f"{FLOWS}::test_the_picture_of_d5_has_its_updates_levels_and_flow",
    ),
    Mutant(
        "03-level-of-one-fold",
        "03",
        "ax.axhline(level,",
        "ax.axhline(float(values[0].mean()),",
        f"{FLOWS}::test_the_picture_of_d5_has_its_updates_levels_and_flow",
    ),
    Mutant(
        "03-fitted-to-the-held-out",
        "03",
        "covariance = torch.cov(train_rows.T, correction=0)",
        "covariance = torch.cov(rows.T, correction=0)",
        f"{FLOWS}::test_the_one_gaussian_of_d5_is_fitted_to_what_is_learned_from",
    ),
    Mutant(
        "03-band-too-wide",
        "03",
        "areas.axhspan(0.48, 0.52,",
        "areas.axhspan(0.45, 0.55,",
        f"{FLOWS}::test_panel_1_draws_its_cloud_at_its_time",
    ),
    Mutant("04-drift-sign", "04", "jump = target - (source - h *", "jump = target - (source + h *"),
    Mutant("04-step-bias-doubled", "04", "h / 4 * dL(w) ** 2", "h / 2 * dL(w) ** 2"),
    Mutant("04-no-root-of-h", "04", "+ sigma * h**0.5 * xi", "+ sigma * h * xi"),
    Mutant("04-sigma-squared", "04", "[SIGMA * h**power * rng", "[SIGMA**2 * h**power * rng"),
    Mutant("04-crossing-at-the-top", "04", "path[np.abs(path) >= 1]", "path[np.abs(path) >= 0]"),
    Mutant(
        "04-kramers-halved",
        "helpers/sde.py",
        "time = 2 * math.pi / math.sqrt(second[0]",
        "time = math.pi / math.sqrt(second[0]",
        run="04",
    ),
    Mutant(
        "04-passage",
        "helpers/sde.py",
        "return float(simpson(np.exp(exponent)",
        "return 1.06 * float(simpson(np.exp(exponent)",
        run="04",
    ),
    Mutant("04-put-back-to-the-top", "04", "torch.where(there, -1.0, w)", "torch.where(there, 0.0, w)"),
    Mutant("04-clock-halved", "04", "density = fp.step(density, 0.05)", "density = fp.step(density, 0.025)"),
    Mutant("04-not-moved-on", "04", "drawn, LONG_STEP, 100, generator", "drawn, LONG_STEP, 1, generator"),
    Mutant("04-variance-about-zero", "04", "q @ (x - q @ x) ** 2", "q @ x**2"),
    Mutant("04-half-temperature", "04", "math.sqrt(2 * temperature((before", "math.sqrt(temperature((before"),
    Mutant("04-time-tripled", "04", "step(density, (after - before) / 3)", "step(density, after - before)"),
    Mutant("04-nobody-put-back", "04", "back = law.sum() + back - ahead.sum()", "back = law.sum() - ahead.sum()"),
    Mutant("04-kicks-not-shared", "04", "len(first)).sum(1)", "len(first))[:, 0]"),
    Mutant("04-shift", "04", "SHIFT, steps = 0.5826,", "SHIFT, steps = 0.7,"),
    Mutant("04-slope-halved", "04", "w - trial * DOUBLE_WELL.slope(w)", "w - trial * DOUBLE_WELL.slope(w) / 2"),
    Mutant("04-cooler-kernel", "04", "loss_rate(1.0, 0.12)", "loss_rate(0.9, 0.12)"),
    Mutant("04-kicks-of-another-step", "04", "axis=0) / h**0.5", "axis=0) / 0.02**0.5", run=WELL),
    Mutant(
        "04-one-kick-for-all",
        "04",
        "rng.standard_normal((5001, 64)).cumsum(0)",
        "np.repeat(rng.standard_normal((5001, 1)), 64, 1).cumsum(0)",
        run=WELL,
    ),
    Mutant(
        "04-time-of-another-step",
        "04",
        "line.set_data(h * np.arange(len(path)), path)",
        "line.set_data(0.02 * np.arange(len(path)), path)",
        run=WELL,
    ),
    Mutant(
        "04-theory-to-the-top",
        "04",
        "mean_passage_time(DOUBLE_WELL, sigma, -1, 1, points=801)",
        "mean_passage_time(DOUBLE_WELL, sigma, -1, 0, points=801)",
        run=WELL,
    ),
    Mutant(
        "04-crossings-doubled",
        "04",
        "return int((visits[1:] != visits[:-1]).sum())",
        "return 2 * int((visits[1:] != visits[:-1]).sum())",
    ),
    Mutant("04-reveal-of-the-variance", "04", '"falls a hundredfold": 1000', '"falls a hundredfold": 50', run=WELL),
    Mutant(
        "04-kicks-of-each-sigma",
        "04",
        "rng.standard_normal((100_000, 1))",
        "rng.standard_normal((100_000, 3))",
        run=WELL,
    ),
    Mutant(
        "04-reveal-of-the-paths",
        "04",
        'reveal(counted[1], {"0, 15, 100": 32',
        'reveal(counted[2], {"0, 15, 100": 32',
        run=WELL,
    ),
    Mutant("04-reveal-of-kramers", "04", "short = 1 - kramers_time", "short = 0.5 - kramers_time", run=WELL),
    Mutant(
        "04-start-counts", "04", "count = count + there if k * STEP >= warm else 0.0", "count = count + there", run=WELL
    ),
    Mutant("04-first-step-free", "04", "return h + first @ np.linalg.solve", "return first @ np.linalg.solve"),
    Mutant("04-over-kramers", "04", 'theories["exact"])):\n', 'theories["Kramers"])):\n', run=WELL),
    Mutant(
        "04-slow-density",
        "04",
        "solver.step(solver.step(densities[-1], 0.25), 0.25)",
        "solver.step(densities[-1], 0.25)",
        run=WELL,
    ),
    Mutant(
        "04-slow-mode-halved",
        "04",
        "walkers, solver, solver.spectrum(2)[1]",
        "walkers, solver, solver.spectrum(2)[1] / 2",
        run=WELL,
    ),
    Mutant(
        "04-half-the-frames",
        "04",
        "frame, (densities, shares, walkers, solver, rate) = round(2 * t)",
        "frame, (densities, shares, walkers, solver, rate) = round(t)",
        run=WELL,
    ),
    Mutant(
        "04-bar-beside-the-spike",
        "04",
        "bins = np.linspace(-2.25, 2.25, 46)",
        "bins = np.linspace(-2.2, 2.2, 45)",
        run=WELL,
    ),
    Mutant(
        "04-one-law-for-all",
        "04",
        "FokkerPlanck(DOUBLE_WELL, sigma).boltzmann, **figures.THEORY",
        "FokkerPlanck(DOUBLE_WELL, 0.7).boltzmann, **figures.THEORY",
        run=WELL,
    ),
    Mutant(
        "04-reveal-upside-down",
        "04",
        "square_guess.reveal(table[1.0][0][0] / table[0.5][0][0]",
        "square_guess.reveal(table[0.5][0][0] / table[1.0][0][0]",
        run=WELL,
    ),
    Mutant(
        "04-uniform-start",
        "04",
        "rng.choice(boltzmann[0], CROWD, p=boltzmann[1])",
        "rng.choice(boltzmann[0], CROWD)",
        run=WELL,
    ),
    Mutant(
        "04-wrong-barrier",
        "04",
        "tilted(tilt).value(top) - tilted(tilt).value(wrong)",
        "tilted(tilt).value(top) - tilted(tilt).value(best)",
    ),
    Mutant(
        "04-warm-floor",
        "04",
        "return lambda t: max(0.02, math.exp(-t / t_c))",
        "return lambda t: max(0.2, math.exp(-t / t_c))",
    ),
    Mutant(
        "04-reveal-at-another-time",
        "04",
        "key=lambda name: share_at[name][1])",
        "key=lambda name: share_at[name][0])",
        run=WELL,
    ),
    Mutant(
        "04-depth-of-another-tilt",
        "04",
        "n_steps=100, cells=120), landmarks(tilt)[3]",
        "n_steps=100, cells=120), landmarks(0.3)[3]",
        run=WELL,
    ),
    Mutant(
        "04-rates-doubled",
        "helpers/sde.py",
        "rate = diffusion / self.width**2",
        "rate = 2 * diffusion / self.width**2",
        run="04",
    ),
    Mutant("04-reference-without-a-step", "04", "x = lengths - FINE", "x = lengths", run=WELL),
    Mutant("04-a-step-too-late", "04", "range(round(end_time / h) - 1)", "range(round(end_time / h))", run=WELL),
    Mutant(
        "04-level-not-shifted",
        "04",
        "-1, 1 + shift) for shift in shifts], 1.0)",
        "-1, 1 + 0 * shift) for shift in shifts], 1.0)",
    ),
    Mutant("04-lost-at-the-edge", "04", "np.abs(w) > edge + beyond * kick", "np.abs(w) > edge + 0 * beyond * kick"),
    Mutant("04-stable-by-half", "04", "abs(1 - 8 * h) < 1 - 1e-9", "abs(1 - 4 * h) < 1 - 1e-9", run=WELL),
    Mutant(
        "04-one-curve-for-all",
        "04",
        "rule.set_data(span, em_step(span, h, 0.0, 0.0))",
        "rule.set_data(span, em_step(span, 0.1, 0.0, 0.0))",
        run=WELL,
    ),
    Mutant(
        "04-lost-without-crossing",
        "04",
        "changes = crossings(w)\n",
        "changes = crossings(w) * (len(w) == 201)\n",
        run=WELL,
    ),
    Mutant("04-spread-of-one-in-64", "04", '± {math.sqrt(theory):.2g}"', '± {math.sqrt(theory) / 8:.2g}"', run=WELL),
    Mutant(
        "04-another-walkers-square",
        "04",
        "mine.set_data(end[:1], DOUBLE_WELL.value(end[:1]))",
        "mine.set_data(end[-1:], DOUBLE_WELL.value(end[-1:]))",
        run=WELL,
    ),
    Mutant("04-names-of-the-kicks", "04", '(1.0, "σ h ξ"), (0.0, "σ ξ")', '(1.0, "σ ξ"), (0.0, "σ h ξ")', run=WELL),
    Mutant("04-first-fiftieth-of-a-path", "04", "path[::20], color=blue", "path[:5001], color=blue", run=WELL),
    Mutant("04-over-kramers-time", "04", "{1 - plain / tau:.0%} short", "{tau / plain - 1:.0%} short", run=WELL),
    Mutant(
        "04-walkers-for-arrivals",
        "04",
        "standard error {tau / math.sqrt(n):.2f}",
        "standard error {tau / math.sqrt(EACH):.2f}",
        run=WELL,
    ),
    Mutant(
        "04-bars-of-one-error", "04", '"yerr": 2 * points / np.sqrt(found)', '"yerr": points / np.sqrt(found)', run=WELL
    ),
    Mutant("04-curves-over-one-over-T", "04", "ax.plot(fine**-2.0, [time", "ax.plot(2 * fine**-2.0, [time", run=WELL),
    Mutant(
        "04-rest-at-60",
        "04",
        "resting.set_data(solver.grid, solver.boltzmann)",
        "resting.set_data(solver.grid, densities[-1])",
        run=WELL,
    ),
    Mutant(
        "04-panel-bars-of-one-error",
        "04",
        "[there - 2 * error, there, there + 2 * error]",
        "[there - error, there, there + error]",
        run=WELL,
    ),
    Mutant(
        "04-order-T-doubled", "04", "(1 - sigma**2 / 8, sigma**2 / 16)", "(1 - sigma**2 / 4, sigma**2 / 16)", run=WELL
    ),
    Mutant(
        "04-arrow-from-the-best",
        "04",
        "(wrong, landscape(wrong)), arrowprops",
        "(wrong, landscape(best)), arrowprops",
        run=WELL,
    ),
    Mutant(
        "04-boltzmann-for-the-share",
        "04",
        "ax.semilogx(*curves[name][:2],",
        "ax.semilogx(*curves[name][::2],",
        run=WELL,
    ),
    Mutant(
        "04-strong-errors-exchanged",
        "04",
        "zip(lengths, additive.mean(1), multiplicative.mean(1))",
        "zip(lengths, multiplicative.mean(1), additive.mean(1))",
        run=WELL,
    ),
    Mutant("04-law-of-slope-1", "04", "(x / x[0]) ** power", "(x / x[0])", run=WELL),
    Mutant(
        "04-biases-exchanged",
        "04",
        "top_shifted, to_well, well_shifted))",
        "top_shifted, well_shifted, to_well))",
        run=WELL,
    ),
    Mutant("04-lost-in-one-step", "04", "(1 - rarer) ** (20_000 * 1008)", "(1 - rarer) ** 20_000", run=WELL),
    Mutant(
        "04-left-a-step-late",
        "04",
        "left for infinity at step {len(w) - 1}",
        "left for infinity at step {len(w)}",
        run=WELL,
    ),
    Mutant(
        "04-slow-mode-is-the-share",
        "04",
        "slow.set_data(moments_shown, alone)",
        "slow.set_data(moments_shown, shares)",
        run=WELL,
    ),
    Mutant(
        "04-boltzmann-at-the-end",
        "04",
        "ideal.set_data(times, kept_up)",
        "ideal.set_data(times, np.full_like(times, kept_up[-1]))",
        run=WELL,
    ),
    Mutant(
        "04-one-schedule-for-both",
        "04",
        "cool.set_data(times, [temperature(t) for t in times])",
        "cool.set_data(times, [logarithmic(constant)(t) for t in times])",
        run=WELL,
    ),
    Mutant("04-slowness-as-it-is", "04", "10 ** (1.3 * slowness)", "10**slowness", run=WELL),
    Mutant(
        "04-shares-exchanged",
        "04",
        "walkers {right:.3f}, Fokker–Planck {share:.3f}",
        "walkers {share:.3f}, Fokker–Planck {right:.3f}",
        run=WELL,
    ),
    Mutant(
        "04-bias-names-exchanged",
        "04",
        '(raw, "E[W²]"),\n    (left, "E[W²], over',
        '(left, "E[W²]"),\n    (raw, "E[W²], over',
        run=WELL,
    ),
    Mutant(
        "04-theory-for-the-time",
        "04",
        "ax.loglog(steps, to_top, **figures.SERIES[0]",
        "ax.loglog(steps, top_shifted, **figures.SERIES[0]",
        run=WELL,
    ),
    Mutant("04-minimum-on-the-wrong-side", "04", "ax.text(best, 0.1,", "ax.text(wrong, 0.1,", run=WELL),
    Mutant("04-first-step-not-counted", "04", "t/τ = {10 / tau:.4f}", "t/τ = {10 / (tau - STEP):.4f}", run=WELL),
    Mutant("04-ideal-for-the-share", "04", "won.set_data(times, shares)", "won.set_data(times, kept_up)", run=WELL),
    Mutant(
        "04-share-at-the-start",
        "04",
        "Boltzmann's share at the end is {kept_up[-1]:.3f}",
        "Boltzmann's share at the end is {kept_up[0]:.3f}",
        run=WELL,
    ),
    Mutant(
        "04-trail-in-time",
        "04",
        "trail.set_data(np.arange(len(w)), np.clip(w, -9, 9))",
        "trail.set_data(h * np.arange(len(w)), np.clip(w, -9, 9))",
        run=WELL,
    ),
    Mutant(
        "04-slope-for-the-loss",
        "04",
        "DOUBLE_WELL.value(w), **figures.EXACT",
        "DOUBLE_WELL.slope(w), **figures.EXACT",
        run=WELL,
    ),
    Mutant("04-kramers-off-the-axis", "04", "ylim=(0.75, 1.1)", "ylim=(0.85, 1.1)", run=WELL),
    Mutant("04-histogram-of-the-start", "04", "ax.hist(w, bins", "ax.hist(drawn.numpy(), bins", run=WELL),
    Mutant(
        "04-walkers-for-the-chain",
        "04",
        '("walkers", "chain", "Boltzmann", "order T"), rows',
        '("chain", "walkers", "Boltzmann", "order T"), rows',
        run=WELL,
    ),
    Mutant("04-multiplier-by-4", "04", "multiplier {1 - 8 * h:.2f}", "multiplier {1 - 4 * h:.2f}", run=WELL),
    Mutant("04-share-off-the-axis", "04", "ylim=(0, 0.6), xlabel", "ylim=(0, 0.4), xlabel", run=WELL),
    Mutant("04-half-the-path", "04", "xlim=(0, 100), ylim=(-2.2, 2.2)", "xlim=(0, 50), ylim=(-2.2, 2.2)", run=WELL),
    Mutant("04-mean-square-for-variance", "04", "c² = {variation:.4f}", "c² = {variation + 1:.4f}", run=WELL),
    Mutant("04-density-off-the-axis", "04", "ylim=(0, 4.2), xlabel", "ylim=(0, 2), xlabel", run=WELL),
    Mutant("04-flat-is-fine", "04", "if len(flat) > 3:", "if len(flat) > 999:", run=EXERCISES_04),
    Mutant(
        "04-any-constant-will-do",
        "04",
        "constant.min() < 0.995 * depth",
        "constant.min() < 0.5 * depth",
        run=EXERCISES_04,
    ),
    Mutant(
        "04-nine-tenths-will-do",
        "04",
        "constant.min() < 0.995 * depth",
        "constant.min() < 0.9 * depth",
        run=EXERCISES_04,
    ),
    Mutant("04-half-is-enough", "04", "if share < 0.99:", "if share < 0.5:", run=EXERCISES_04),
    Mutant("04-warm-is-enough", "04", "if rest < 0.99:", "if rest < 0.5:", run=EXERCISES_04),
    Mutant(
        "sde-one-buffer",
        "helpers/sde.py",
        "return buffers[number % 2, : counts[number]]",
        "return buffers[0, : counts[number]]",
        run="tests/test_sde.py",
    ),
    Mutant(
        "sde-noise-after-the-drift",
        "helpers/sde.py",
        "scale * sigma(time, state) * xi",
        "scale * sigma(time, state + step * slope) * xi",
        run="tests/test_sde.py",
    ),
    Mutant(
        "sde-last-chunk-lost",
        "helpers/sde.py",
        "yield from map(draw, range(len(counts)))",
        "yield from map(draw, range(len(counts) - 1))",
        run="tests/test_sde.py",
    ),
    Mutant("ode-tolerance", "helpers/ode.py", "atol: float = 1e-9,", "atol: float = 1e-10,", run="tests/test_ode.py"),
    Mutant("05-batch", "05", "return delta[chosen].mean(1), epsilon", "return delta[chosen][:, 0], epsilon"),
    Mutant("05-rate", "05", "path.append(w - eta * (", "path.append(w - 0.05 * ("),
    Mutant("05-standing-still", "05", "path.append(w - eta * (", "path.append(w - 0 * ("),
    Mutant("05-half-the-slope", "05", "w -= eta * slope_of(w, sharp)", "w -= eta / 2 * slope_of(w, sharp)"),
    Mutant("05-half-temperature", "05", "np.full(w.shape, math.sqrt(2 * temp", "np.full(w.shape, math.sqrt(temp"),
    Mutant("05-volume-twice", "05", "a * np.trapezoid(np.exp(height / T)", "a**2 * np.trapezoid(np.exp(height / T)"),
    Mutant("05-one-temperature", "05", "temperature * np.where(w > 0, 1.0, 1 / b**2)", "temperature * np.ones_like(w)"),
    Mutant("05-mean-step", "05", "w = (1 - eta) * w - eta / math.sqrt(size) *", "w = (1 - eta) * w - eta / size *"),
    Mutant("05-no-jitter", "05", "r = u * v - 1 - nu *", "r = -nu *"),
    Mutant("05-one-after-the-other", "05", "centred[order[:size]].mean(0)", "centred[:size].mean(0)"),
    Mutant("05-gradients-squared", "05", "centred.T @ centred / N", "centred.T.square() @ centred.square() / N"),
    Mutant("05-same-function-no-more", "05", "(kappa, kappa, 1 / kappa, 1)", "(kappa, 1, 1 / kappa, 1)"),
    Mutant("05-noise-with-a-floor", "05", "eta * tau * (floor + (", "eta * tau * (floor + 1 + 0 * ("),
    Mutant("05-depth-without-width", "05", "flat_mass + WIDTH * math.sqrt(1 + DEEPER) *", "flat_mass +"),
    Mutant("05-net-untrained", "05", "weight.data -= rate * slope", "weight.data -= 0 * slope"),
    Mutant("05-net-batch", "05", "generator=draw)[: N // size * size].split(size)", "generator=draw).split(N)"),
    Mutant("05-net-rate", "05", "before, rate, due = rate, min(eta, cap / lam)", "before, rate, due = rate, 0.1"),
    Mutant("05-pushes-mirrored", "05", "standardised(-rng.exponential", "standardised(rng.exponential"),
    Mutant("05-pull-always", "05", "(1 + d) * slope_of(w) + pull * e)", "(1 + d) * slope_of(w) + e)"),
    Mutant(
        "05-one-sample-for-all-steps",
        "05",
        "no_pull = [(minibatch(1, steps * 4000)[0], 0.0)]",
        "no_pull = [(np.tile(minibatch(1, 4000)[0], steps), 0.0)]",
    ),
    Mutant(
        "05-net-right-on-its-own",
        "05",
        "network(x_out[None])[0].argmax(1) == label_out",
        "network(x[None])[0].argmax(1) == label",
    ),
    Mutant("05-net-one-seed", "05", "manual_seed(seed) for _ in range(2)", "manual_seed(0) for _ in range(2)"),
    Mutant("05-wells-slope", "05", "(dips * apart / WIDTHS**2).sum(-1)", "(dips * apart / WIDTHS).sum(-1)"),
    Mutant("05-swing-half-rate", "05", "factor * 2 / 8 *", "factor / 8 *"),
    Mutant("05-net-uncapped", "05", "min(eta, cap / lam)", "eta"),
    Mutant("05-noise-of-a-step", "05", "variance = eta**2 * s**2 / size /", "variance = eta * s**2 / size /"),
    Mutant("05-second-order", "05", "(1.0, 1.0 + eta / 2)", "(1.0, 1.0 + eta)"),
    Mutant("05-normal-batch", "05", "(1j * np.outer(FREQUENCIES, eta", "(-1j * np.outer(FREQUENCIES, eta"),
    Mutant("05-no-memory", "05", "yield step / steps, w", "yield step / steps, rng.uniform(-3, 3, walkers)"),
    Mutant("05-panel-after-no-step", "05", "(w[[0, 1, -1]] > TOP)", "(w[[0, 0, -1]] > TOP)", run=FLAT),
    Mutant(
        "05-panel-steps-from-zero",
        "05",
        "trail.set_data(w, 1 + np.arange(401))",
        "trail.set_data(w, np.arange(401))",
        run=FLAT,
    ),
    Mutant("05-panel-here-at-the-start", "05", "[share[size][2, k]]", "[share[size][1, k]]", run=FLAT),
    Mutant("05-panel-leaves-where-it-ends", "05", "{np.argmax(w > TOP)}", "{np.argmax(w > 1.4)}", run=FLAT),
    Mutant("05-panel-heat-twice", "05", "0.008, b) ** 2 / 0.016, 3.3)", "0.008, b) ** 2 / 0.008, 3.3)", run=FLAT),
    Mutant(
        "05-panel-label-noise-of-f",
        "05",
        "np.abs(w) / np.where(w > 0, 1.0, b**2)",
        "np.abs(w) / np.where(w > 0, 1.0, b)",
        run=FLAT,
    ),
    Mutant(
        "05-panel-law-of-another-width",
        "05",
        "chain_at_rest(NOISES[noise], temperature, 0.008, b)",
        "chain_at_rest(NOISES[noise], temperature, 0.008)",
        run=FLAT,
    ),
    Mutant("05-panel-grid-cut", "05", "low, high = -max(1.5, 2.5 * b), 2.5", "low, high = -1.5, 2.5", run=FLAT),
    Mutant(
        "05-panel-heap-of-200",
        "05",
        "np.histogram(near, bins)[0] / len(near)",
        "np.histogram(near, bins)[0] / 200",
        run=FLAT,
    ),
    Mutant(
        "05-panel-began-in-the-other",
        "05",
        "{100 / (1 + b):.0f} % began there",
        "{100 * b / (1 + b):.0f} % began there",
        run=FLAT,
    ),
    Mutant("05-panel-knob-back", "05", "zip(lines, (0, turn))", "zip(lines, (turn, 0))", run=FLAT),
    Mutant(
        "05-panel-largest-of-one-start",
        "05",
        "np.nanmax(looks[knob][turn, ..., PRODUCT])",
        "np.nanmax(looks[knob][turn, 0, :, PRODUCT])",
        run=FLAT,
    ),
    Mutant(
        "05-panel-deviation-for-error",
        "05",
        "return values.std(ddof=1) / math.sqrt(len(values))",
        "return values.std(ddof=1) / len(values)",
        run=FLAT,
    ),
    Mutant(
        "05-panel-saddle-of-a-batch",
        "05",
        "predicted = saddle_steps(eta, noise, 1)",
        "predicted = saddle_steps(eta, noise, 4)",
        run=FLAT,
    ),
    Mutant(
        "05-panel-back-over-the-edge",
        "05",
        "out = np.maximum.accumulate(np.abs(paths) >= 1, axis=0)",
        "out = np.abs(paths) >= 1",
        run=FLAT,
    ),
    Mutant(
        "05-panel-levels-of-boltzmann",
        "05",
        "zip(columns, curves, levels, chain)",
        "zip(columns, curves, levels, law)",
        run=FLAT,
    ),
    Mutant(
        "05-panel-way-backwards", "05", "curve.set_data(times, path)", "curve.set_data(times, path[::-1])", run=FLAT
    ),
    Mutant("05-panel-mean-distance", "05", "np.abs(found - chain).max()", "np.abs(found - chain).mean()", run=FLAT),
    Mutant(
        "05-figure-first-overshoot",
        "05",
        'ax.axhline(2 / SHARP, color="black"',
        'ax.axhline(1 / SHARP, color="black"',
        run=FLAT,
    ),
    Mutant("05-figure-limit-of-the-flat", "05", "ax.axvline(2 / 32,", "ax.axvline(2 / 8,", run=FLAT),
    Mutant(
        "05-figure-valley-of-one-law",
        "05",
        "np.sqrt(np.exp(2 * label_alone) + 4)",
        "np.sqrt(np.exp(2 * with_jitter) + 4)",
        run=FLAT,
    ),
    Mutant(
        "05-figure-isotropic-in-all",
        "05",
        "float(covariance.trace()) / len(hessian)",
        "float(covariance.trace()) / N",
        run=FLAT,
    ),
    Mutant("05-order-2-at-rest", "05", "(2 - eta) / (2 + eta):.2f", "(2 - eta) / 2:.2f", run=FLAT),
    Mutant("05-round-off-curves-down", "05", "(curvatures < -1e-4).sum()", "(curvatures < 0).sum()", run=FLAT),
    Mutant("05-reveal-of-the-others", "05", "near.reveal(closer,", "near.reveal(closer**0.5,", run=FLAT),
    Mutant("05-reveal-of-another-time", "05", "along.reveal(sharpness[-1],", "along.reveal(sharpness[-2],", run=FLAT),
    Mutant("06-momentum-lost", "06", "velocity = beta * velocity - eta * gradient", "velocity = -eta * gradient"),
    Mutant("06-half-a-swing", "06", "return (2 * ((sharp - 2 / ETA)", "return (1 * ((sharp - 2 / ETA)"),
    Mutant("06-no-wall", "06", "return (2 * ((sharp - 2 / ETA)", "return (0 * ((sharp - 2 / ETA)"),
    Mutant("06-swing-pushes-twice", "06", "(pull * (TARGET - y) - x**2 / 2)", "(pull * (TARGET - y) - x**2)"),
    Mutant("06-swing-not-averaged", "06", "return (trail[k - 1] + 2 * trail[k] + trail[k + 1]) / 4", "return trail[k]"),
    Mutant("06-half-a-step", "06", "w.append(w[-1] - eta * lam * w[-1])", "w.append(w[-1] - eta * lam * w[-1] / 2)"),
    Mutant("06-training-off", "06", "        w = w + velocity", "        w = w + 0 * velocity"),
    Mutant("06-sharpness-without-the-half", "06", "top_eigenpairs(loss(w), [w]", "top_eigenpairs(2 * loss(w), [w]"),
    Mutant(
        "06-flow-by-euler", "06", "first[None], TIMES, rtol=1e-6, atol=1e-8)", 'first[None], TIMES, "euler", steps=20)'
    ),
    Mutant(
        "06-network-pushed-twice",
        "06",
        "pushes = -along, x**2 * square / 2",
        "pushes = -along, x**2 * square",
    ),
    Mutant(
        "06-loss-without-swing",
        "06",
        "foretold = central_loss + central_sharp * sigma_squared / 2",
        "foretold = central_loss",
    ),
    Mutant(
        "06-loss-of-twice-the-swing",
        "06",
        "foretold = central_loss + central_sharp * sigma_squared / 2",
        "foretold = central_loss + central_sharp * sigma_squared",
    ),
    Mutant("06-momentum-pulls-back", "06", "+ beta * (w[-1] - w[-2])", "- beta * (w[-1] - w[-2])"),
    Mutant(
        "06-batch-ignored",
        "06",
        "torch.randint(SAMPLES, (runs, size), generator=generator)",
        "torch.arange(SAMPLES).expand(runs, -1)",
    ),
    Mutant(
        "06-half-a-batch",
        "06",
        "(SAMPLES, (runs, size), generator=generator)",
        "(SAMPLES, (runs, size // 2), generator=generator)",
    ),
    Mutant("06-wall-of-twice-the-noise", "06", "return ETA * s2 / (sizes", "return 2 * ETA * s2 / (sizes"),
    Mutant("06-chain-decays-as-flow", "06", "old, x = x, (1 - product) * x", "old, x = x, math.exp(-product) * x"),
    Mutant(
        "06-equation-is-sgd",
        "06",
        "def equation(size, steps, runs, pieces=4)",
        "def equation(size, steps, runs, pieces=1)",
    ),
    Mutant("06-equation-too-quiet", "06", "sgd(size // pieces, steps", "sgd(size, steps"),
    Mutant("06-adam-mean-uncorrected", "06", "w = w - eta * m / (1 - beta**k) / p", "w = w - eta * m / p"),
    Mutant("06-adam-square-uncorrected", "06", "p = (q / (1 - beta2**k)).sqrt()", "p = q.sqrt()"),
    Mutant(
        "06-adam-epsilon-under-the-root",
        "06",
        "(q / (1 - beta2**k)).sqrt() + epsilon",
        "(q / (1 - beta2**k) + epsilon).sqrt()",
    ),
    Mutant("06-adam-without-its-root", "06", "loss(w + z / p.sqrt())", "loss(w + z / p)"),
    Mutant("06-adam-p-for-its-root", "06", "return H / np.sqrt(np.outer(p, p))", "return H / np.outer(p, p)"),
    Mutant("06-adam-edge-of-heavy-ball", "06", "    edge = (2 + 2 * beta) / (1 - beta)\n", "    edge = 2 + 2 * beta\n"),
    Mutant("06-adam-mean-is-a-sum", "06", "m = beta * m + (1 - beta) * H @ w[-1]", "m = beta * m + H @ w[-1]"),
    Mutant(
        "06-adam-a-step-late",
        "06",
        "        yield k, w, p\n        w = w - eta * m / (1 - beta**k) / p",
        "        w = w - eta * m / (1 - beta**k) / p\n        yield k, w, p",
    ),
    Mutant("06-adam-training-off", "06", "w = w - eta * m / (1 - beta**k) / p", "w = w - 0 * m"),
    Mutant("06-adam-one-network", "06", "[new_weights() for _ in range(4)]", "[first for _ in range(4)]", run=EDGE),
    Mutant("06-gap-of-the-deviation", "06", "return ETA * s2 / (sizes * (2", "return ETA * s2 / (sizes**0.5 * (2"),
    Mutant(
        "06-best-without-its-root",
        "06",
        "(math.sqrt(HIGH) + math.sqrt(LOW))) ** 2",
        "(math.sqrt(HIGH) + math.sqrt(LOW)))",
    ),
    Mutant("06-best-rate-halved", "06", "best_eta = 4 / (", "best_eta = 2 / ("),
    Mutant("06-slope-of-the-differences", "06", "slope = (above - 2 * here + below)", "slope = (above - here + below)"),
    Mutant(
        "06-panel-bowl-without-half", "06", "line.set_data(at, lam * at**2 / 2)", "line.set_data(at, lam * at**2)", EDGE
    ),
    Mutant("06-goal-neither-grows", "06", "lambda r: r < 1 - 1e-9", "lambda r: r < 1 + 1e-9", EDGE),
    Mutant(
        "06-task-of-four",
        "06",
        "torch.where(digit[chosen] >= 5, 1.0, -1.0)",
        "torch.where(digit[chosen] >= 4, 1.0, -1.0)",
        EDGE,
    ),
    Mutant(
        "06-first-rise-a-step-early", "06", "first rises at step {rises[0] + 1}", "first rises at step {rises[0]}", EDGE
    ),
    Mutant("06-even-looks", "06", "EVERY = 15\n", "EVERY = 16\n", EDGE),
    Mutant(
        "06-flow-against-the-step",
        "06",
        "ax.plot(runs[eta][1] * eta, runs[eta][2]",
        "ax.plot(runs[eta][1], runs[eta][2]",
        EDGE,
    ),
    Mutant(
        "06-panel-run-without-momentum",
        "06",
        "descend(round(eta, 2), round(beta, 1), steps)",
        "descend(round(eta, 2), 0.0, steps)",
        EDGE,
    ),
    Mutant(
        "06-panel-run-of-another-edge",
        "06",
        'edge, losses, sharp = f"edge {2 * (1 + beta) / eta:.2f}"',
        'edge, losses, sharp = f"edge {2 / eta:.2f}"',
        EDGE,
    ),
    Mutant("06-panel-loss-is-the-sharpness", "06", "(flow_sharp, flow_loss)):", "(flow_sharp, flow_sharp)):", EDGE),
    Mutant("06-goal-survives", "06", "holds=lambda survived: not survived", "holds=lambda survived: survived", EDGE),
    Mutant("06-goal-of-any-width", "06", "lambda width: width < 0.01", "lambda width: width < 5", EDGE),
    Mutant(
        "06-panel-half-an-edge",
        "06",
        "bound.set_data([0, 1000], [edge, edge])",
        "bound.set_data([0, 1000], [edge / 2, edge / 2])",
        EDGE,
    ),
    Mutant(
        "06-sum-without-push",
        "06",
        "np.cumsum(np.r_[0, change[:-1]])",
        "np.cumsum(np.r_[0, (-ETA * along)[:-1]])",
        EDGE,
    ),
    Mutant("06-since-the-end", "06", "np.arange(beyond[0], beyond[-1] + 1)", "np.arange(500, 601)", EDGE),
    Mutant(
        "06-flows-exchanged",
        "06",
        "left.plot(marks, to_flow, **figures.EXACT",
        "left.plot(marks, to_central, **figures.EXACT",
        EDGE,
    ),
    Mutant("06-foretold-without-swing", "06", "right.plot(foretold, **ours", "right.plot(central_loss, **ours", EDGE),
    Mutant("06-goal-of-the-most-momentum", "06", 'least="beta",', 'most="beta",', EDGE),
    Mutant(
        "06-goal-at-another-rate",
        "06",
        'given={"optimiser": "Adam", "eta": 0.4}',
        'given={"optimiser": "Adam", "eta": 0.2}',
        EDGE,
    ),
    Mutant(
        "06-published-beside-another",
        "06",
        '"38, Cohen et al. 2022" if beta == 0.9',
        '"38, Cohen et al. 2022" if beta == 0.5',
        EDGE,
    ),
    Mutant("06-growth-from-225", "06", "for k in (150, 450))\n", "for k in (225, 450))\n", EDGE),
    Mutant(
        "06-p-of-the-same-step",
        "06",
        "kept[450][0][1, i], kept[150][1][1, i])",
        "kept[450][0][1, i], kept[450][1][1, i])",
        EDGE,
    ),
    Mutant(
        "06-one-of-five",
        "06",
        "np.mean([over_edge(k, s, i) for k in looks])",
        "np.mean([over_edge(k, s, 0) for k in looks])",
        EDGE,
    ),
    Mutant("06-spread-of-all", "06", "spread {ratios[s].std(ddof=1):.3f}", "spread {ratios.std(ddof=1):.3f}", EDGE),
    Mutant("06-wall-of-one-step", "06", "((sharp[225] + sharp[405]) * ETA / 4)", "(sharp[405] * ETA / 2)", EDGE),
    Mutant(
        "06-second-moment-for-variance",
        "06",
        "((up - down) / (2 * reach)).var(-1, correction=0)",
        "((up - down) / (2 * reach)).square().mean(-1)",
        EDGE,
    ),
    Mutant("06-curvature-noise-dropped", "06", "edge * ETA * sharp**2) - ETA * c2)", "edge * ETA * sharp**2))", EDGE),
    Mutant("06-another-look", "06", "batch_sharpness(path[:, 9], size)", "batch_sharpness(path[:, 5], size)", EDGE),
    Mutant("06-batches-of-ten", "06", "batch_sharpness(path[:, 9], size)", "batch_sharpness(path[:, 9], 10)", EDGE),
    Mutant("06-half-the-noise", "06", "sgd(size // pieces, steps", "sgd(size // 2, steps", EDGE),
    Mutant(
        "06-slope-from-10-to-20",
        "06",
        "(log_gap[40] - log_gap[10]) / math.log(4)",
        "(log_gap[20] - log_gap[10]) / math.log(2)",
        EDGE,
    ),
    Mutant("06-half-a-variance", "06", "(eta * y).var() / 4:.3f}", "(eta * y).var() / 2:.3f}", EDGE),
    Mutant("06-solver-of-taylor", "06", "+ z**6 / 600)", "+ z**6 / 720)", EDGE),
    Mutant("06-five-evaluations", "06", "step = 6 * 4 / again.nfe", "step = 5 * 4 / again.nfe", EDGE),
    Mutant("06-much-momentum-is-little", "06", "watched(0.1, 0.8)", "watched(0.1, 0.3)", EDGE),
    Mutant("06-steps-off-by-one", "06", "return 1 + max(np.flatnonzero(", "return max(np.flatnonzero(", EDGE),
    Mutant("06-hops-on-one-side", "06", "(hops, np.clip(w, -99, 99))", "(hops, np.clip(np.abs(w), -99, 99))", EDGE),
    Mutant(
        "06-sharpness-against-index",
        "06",
        "left.plot(at, sharp, **style, markevery=8",
        "left.plot(np.arange(len(sharp)), sharp, **style, markevery=8",
        EDGE,
    ),
    Mutant("06-crossed-a-look-early", "06", "above 2/η by step {crossed};", "above 2/η by step {below};", EDGE),
    Mutant(
        "06-flow-loss-of-descent",
        "06",
        "loss {flow_loss[-1]:.4f}; {solved.nfe}",
        "loss {runs[0.1][0][-1]:.4f}; {solved.nfe}",
        EDGE,
    ),
    Mutant(
        "06-flow-against-index",
        "06",
        "ax.plot(TIMES, flow_sharp, **figures.EXACT",
        "ax.plot(np.arange(len(TIMES)), flow_sharp, **figures.EXACT",
        EDGE,
    ),
    Mutant(
        "06-run-losses-first-only",
        "06",
        "ours[1].set_data(range(len(losses)), losses)",
        "ours[1].set_data([at for at, _ in sharp], losses[: len(sharp)])",
        EDGE,
    ),
    Mutant(
        "06-panel-3-swing-for-y",
        "06",
        "y_line.set_data(np.arange(len(shown)), shown[:, 1])",
        "y_line.set_data(np.arange(len(shown)), np.abs(shown[:, 0]))",
        EDGE,
    ),
    Mutant(
        "06-peaks-at-another-rate", "06", "peaks = {x: two_variables(0.23, x", "peaks = {x: two_variables(0.22, x", EDGE
    ),
    Mutant(
        "06-swing-figure-pushes",
        "06",
        'left.plot(k, x, color=figures.SERIES[1]["color"]',
        'left.plot(k, pushes, color=figures.SERIES[1]["color"]',
        EDGE,
    ),
    Mutant("06-burst-a-step-early", "06", "around step {burst + 1};", "around step {burst};", EDGE),
    Mutant(
        "06-running-mean-shifted", "06", "np.arange(len(smooth)) + 20.5, smooth", "np.arange(len(smooth)), smooth", EDGE
    ),
    Mutant("06-worst-index", "06", 'at step {marks[worst]}"', 'at step {worst}"', EDGE),
    Mutant(
        "06-sgd-against-every",
        "06",
        "ax.plot(np.arange(10) * 45, sharpness_along",
        "ax.plot(np.arange(10) * EVERY, sharpness_along",
        EDGE,
    ),
    Mutant("06-exercise-3-names", "06", "(runs[0.05], runs[0.15], rolled))", "(runs[0.15], runs[0.05], rolled))", EDGE),
    Mutant(
        "06-range-in-decades",
        "06",
        "ranges = {eta: np.ptp(np.log(np.abs",
        "ranges = {eta: np.ptp(np.log10(np.abs",
        EDGE,
    ),
    Mutant(
        "06-two-looks-swapped",
        "06",
        "at step 225 {noisy[size][:, 0].mean():.2f}, at 405 {noisy[size][:, 1].mean():.2f}",
        "at step 225 {noisy[size][:, 1].mean():.2f}, at 405 {noisy[size][:, 0].mean():.2f}",
        EDGE,
    ),
    Mutant("06-dashes-of-one-look", "06", 'noisy[size].mean(1), "_"', 'noisy[size][:, 1], "_"', EDGE),
    Mutant(
        "06-sgd-is-its-wall",
        "06",
        "SGD {of_sgd.mean():.2f}, its stochastic",
        "SGD {walls[80]:.2f}, its stochastic",
        EDGE,
    ),
    Mutant("06-plain-not-at-its-best", "06", "(2 / (LOW + HIGH), 0.0))]", "(1 / HIGH, 0.0))]", EDGE),
    Mutant("06-second-of-step-60", "06", "sharpest(trail[600], count=2)", "sharpest(trail[60], count=2)", EDGE),
    Mutant("07-signs-of-the-score", "07", "follow * score_of(x, t))", "follow * -score_of(x, t))"),
    Mutant("07-no-root-of-beta", "07", "noise * math.sqrt(h * beta(t)) * kick", "noise * math.sqrt(h) * kick"),
    Mutant(
        "07-signal-not-squared", "07", "return alpha(t) ** 2 * WIDTH**2 + sigma", "return alpha(t) * WIDTH**2 + sigma"
    ),
    Mutant("07-noise-added-alone", "07", "return alpha(t) * x0 + sigma", "return x0 + sigma"),
    Mutant(
        "07-centres-do-not-shrink", "07", "means, v = alpha(t) * MODES, variance(t)", "means, v = MODES, variance(t)"
    ),
    Mutant(
        "07-one-step-uphill",
        "07",
        "    for _ in range(200):\n        x = p.posterior",
        "    for _ in range(1):\n        x = p.posterior",
    ),
    Mutant("07-noise-not-squared", "07", "1, (1 + noise**2) / 2, noise", "1, (1 + noise) / 2, noise"),
    Mutant("07-flow-of-the-reverse", "07", "* (x + score_of(x, t)) / 2\n", "* (x / 2 + score_of(x, t))\n"),
    Mutant("07-heun-without-a-look-ahead", "07", "flow(later, x + h * slope, score_of)", "flow(t, x, score_of)"),
    Mutant("07-heun-at-the-old-time", "07", "flow(later, x + h * slope, score_of)", "flow(t, x + h * slope, score_of)"),
    Mutant("07-variance-for-deviation", "07", ".to(x) / sigma(t)", ".to(x) / sigma(t) ** 2"),
    Mutant("07-undivided", "07", ".to(x) / sigma(t)", ".to(x)"),
    Mutant("07-untrained", "07", "lambda: data(512), 1600)", "lambda: data(512), 16)"),
    Mutant("07-short-training", "07", "lambda: data(512), 1600)", "lambda: data(512), 300)"),
    Mutant("07-training-off", "07", "        optimiser.step()\n", "        pass\n"),
    Mutant("07-belief-of-the-end", "07", "ring(times[now]).posterior(paths", "ring(0.0).posterior(paths"),
    Mutant(
        "07-entropy-of-a-coin", "07", "(bad / (bad + good)) / entropy(BASE_RATE)", "(bad / (bad + good)) / math.log(2)"
    ),
    Mutant(
        "07-curve-over-all", "07", "for part in (bad, good, bad + good))", "for part in (bad, bad + good, bad + good))"
    ),
    Mutant(
        "07-catch-among-the-others",
        "07",
        "np.interp(BASE_RATE, flagged, caught)",
        "np.interp(BASE_RATE, wrong, caught)",
    ),
    Mutant("07-least-first", "07", "part.flip(0).cumsum(0)", "part.cumsum(0)"),
    Mutant("07-nobody-steers", "07", "WEIGHTS * g if off < t <= on else", "WEIGHTS * g if on < off else"),
    Mutant("07-late-formula", "07", "mass @ (pi * g / h[:, None])", "mass @ (pi * g)"),
    Mutant("07-price-kappa", "07", "def price(on, kappa=1.0)", "def price(on, kappa=0.9)"),
    Mutant("07-price-of-forbidding-alone", "07", "(pi @ torch.xlogy(g, g) / h - h.log())", "(-h.log())"),
    Mutant("07-girsanov-without-half", "07", "push * (push / 2 + kick)", "push * (push + kick)"),
    Mutant(
        "07-girsanov-of-the-variance", "07", "math.sqrt((t - later) * beta(t)) * (pull", "(t - later) * beta(t) * (pull"
    ),
    Mutant("07-trace-sign", "07", "return -end[:, 2], end[:, :2]", "return end[:, 2], end[:, :2]"),
    Mutant(
        "07-outcome-variance",
        "07",
        "WIDTH * sigma(t) / math.sqrt(variance(t))",
        "WIDTH * sigma(t) ** 2 / variance(t)",
    ),
    Mutant("07-guidance-on-top", "07", "(1 - w) * score(x, t) + w", "score(x, t) + w"),
    Mutant(
        "07-half-the-time-to-steer", "07", "0.0, steered(KAPPA, on))[-1])[0]", "0.0, steered(KAPPA, on / 2))[-1])[0]"
    ),
    Mutant("07-weaker-than-said", "07", "0.0, steered(KAPPA, on))[-1])[0]", "0.0, steered(0.8, on))[-1])[0]"),
    Mutant(
        "07-excess-without-its-noise",
        "07",
        "reverse(normals(30_000, 2), int(n), noise)",
        "reverse(normals(30_000, 2), int(n))",
    ),
    Mutant("07-mean-for-median", "07", "in_the_end.median(dim=1).values)", "in_the_end.mean(dim=1))"),
    Mutant("07-nothing-forbidden", "07", "posterior(x) * weights_of(kappa), 1,", "posterior(x), 1,"),
    Mutant(
        "07-tempered-not-tilted", "07", "p * belongs[:, UNWANTED] ** w / (p @", "p**w * belongs[:, UNWANTED] / (p**w @"
    ),
    Mutant(
        "07-loss-of-a-coordinate",
        "07",
        "t) - eps).square().sum(1).mean()\n        optimiser",
        "t) - eps).square().mean()\n        optimiser",
    ),
    Mutant("07-geyser-untrained", "07", "generator=generator)], 700)", "generator=generator)], 7)"),
    Mutant("07-poissons-variance", "07", "/ (pi * (1 - pi))[group].sum()) for", "/ pi[group].sum()) for", DIFFUSION),
    Mutant("07-alarms-swapped", "07", "(0.5, BASE_RATE), (", "(BASE_RATE, 0.5), (", DIFFUSION),
    Mutant(
        "07-gains-of-another-kappa",
        "07",
        "(predicted_shares(1.0, on) / WEIGHTS",
        "(predicted_shares(KAPPA, on) / WEIGHTS",
        DIFFUSION,
    ),
    Mutant("07-panel-without-noise", "07", "steps, noise, kicks=kicked", "steps, 0.0, kicks=kicked", DIFFUSION),
    Mutant(
        "07-bound-on-the-data",
        "07",
        "        x = noised(x0, t, eps)\n        nats",
        "        x = x0\n        nats",
        DIFFUSION,
    ),
    Mutant(
        "07-outside-on-both-sides",
        "07",
        "(n := int((x.abs() > 4).any(1).sum()))",
        "(n := int((x.abs() > 4).all(1).sum()))",
        DIFFUSION,
    ),
    Mutant(
        "07-steps-for-evaluations",
        "07",
        "shares_and_width(flown(n // EVALUATIONS[name], name))",
        "shares_and_width(flown(n, name))",
        DIFFUSION,
    ),
    Mutant("07-four-tops-are-five", "07", "_on_grid(t) == 5)", "_on_grid(t) >= 4)", DIFFUSION),
    Mutant("07-six-starts", "07", "one = normals(1, 2).repeat(6, 1)", "one = normals(6, 2)", DIFFUSION),
    Mutant(
        "07-arm-of-the-error",
        "07",
        "beaten.var() / len(bad) + beating.var() / len(good)",
        "beaten.var() / len(good) + beating.var() / len(bad)",
        DIFFUSION,
    ),
    Mutant("07-bound-without-half", "07", "* beta(t) / 2 * float(", "* beta(t) * float(", DIFFUSION),
    Mutant("07-panel-steers-late", "07", "enumerate(grid) if t <= on)", "enumerate(grid) if t <= on - 0.1)", DIFFUSION),
    Mutant(
        "07-arrows-of-the-data",
        "07",
        "arrows.set_UVC(*(score(spots, t)",
        "arrows.set_UVC(*(score(spots, 0.0)",
        f"{DIFFUSION}::test_panel_1_draws_its_points_and_the_score_of_its_time",
    ),
    Mutant(
        "07-a-frame-late",
        "07",
        "back[signs][FRAMES - frame]",
        "back[signs][FRAMES - frame - 1]",
        f"{DIFFUSION}::test_panel_1_draws_its_points_and_the_score_of_its_time",
    ),
    Mutant(
        "07-ratio-upside-down",
        "07",
        "ratio = found[0.0][1] / found[1.0][1]",
        "ratio = found[1.0][1] / found[0.0][1]",
        f"{DIFFUSION}::test_the_reveal_of_the_widths_divides_the_right_way",
    ),
    Mutant(
        "07-one-time-for-all",
        "07",
        "(1 - EARLIEST) * torch.rand(len(x0), 1,",
        "(1 - EARLIEST) * torch.ones(len(x0), 1) * torch.rand(1,",
        f"{DIFFUSION}::test_learning_draws_a_time_for_each_point_and_ends_with_small_steps",
    ),
    Mutant(
        "07-no-early-times",
        "07",
        "t = EARLIEST + (1 - EARLIEST) * torch",
        "t = 0.05 + 0.95 * torch",
        f"{DIFFUSION}::test_learning_draws_a_time_for_each_point_and_ends_with_small_steps",
    ),
    Mutant(
        "07-rate-held",
        "07",
        "        schedule.step()\n",
        "",
        f"{DIFFUSION}::test_learning_draws_a_time_for_each_point_and_ends_with_small_steps",
    ),
    Mutant(
        "07-one-scale",
        "07",
        "detail = (a * a * spread**2 + b * b).sqrt(), (a * a * fine**2 + b * b).sqrt()",
        "detail = (a * a * spread**2 + b * b).sqrt(), (a * a * spread**2 + b * b).sqrt()",
        f"{DIFFUSION}::test_the_denoiser_sees_two_scales_and_three_numbers_of_the_time",
    ),
    Mutant(
        "07-uniform-times",
        "07",
        "time_grid(steps)[::-1]",
        "np.linspace(0, 1, steps + 1)",
        f"{DIFFUSION}::test_the_likelihood_is_followed_on_the_times_of_the_samples_to_a_normal",
    ),
    Mutant(
        "07-prior-not-normal",
        "07",
        "return gained + log_normal(ends)",
        "return gained + ring(1.0).log_prob(ends)",
        f"{DIFFUSION}::test_the_likelihood_is_followed_on_the_times_of_the_samples_to_a_normal",
    ),
    Mutant(
        "07-half-the-noise",
        "07",
        "150, lam, guided(w))",
        "150, lam / 2, guided(w))",
        f"{DIFFUSION}::test_guidance_has_the_noise_of_its_name",
    ),
    Mutant(
        "07-goal-on-the-way-out",
        "07",
        "holds=lambda found: found == (True, 5)",
        "holds=lambda found: found[1] == 5",
        f"{DIFFUSION}::test_the_goals_are_reached_where_they_say",
    ),
    Mutant(
        "07-goal-of-four-tops",
        "07",
        "holds=lambda found: found == (True, 5)",
        "holds=lambda found: found[0] and found[1] >= 4",
        f"{DIFFUSION}::test_the_goals_are_reached_where_they_say",
    ),
    Mutant(
        "07-goal-of-a-twentieth",
        "07",
        "abs(width / WIDTH - 1) < 0.1",
        "abs(width / WIDTH - 1) < 0.05",
        f"{DIFFUSION}::test_the_goals_are_reached_where_they_say",
    ),
    Mutant(
        "07-goal-by-another-width",
        "07",
        'return f"{text}{outside}.", width\n',
        'return f"{text}{outside}.", width - 0.01\n',
        f"{DIFFUSION}::test_the_goals_are_reached_where_they_say",
    ),
    Mutant(
        "07-goal-of-a-tenth",
        "07",
        "holds=lambda share: share < 0.05",
        "holds=lambda share: share < 0.1",
        f"{DIFFUSION}::test_the_goals_are_reached_where_they_say",
    ),
    Mutant(
        "07-goal-by-the-samples",
        "07",
        "return text, float(expected[UNWANTED])",
        "return text, float(found[UNWANTED])",
        f"{DIFFUSION}::test_the_goals_are_reached_where_they_say",
    ),
    Mutant("07-panel-counts-steps", "07", "steps * EVALUATIONS[method]", "steps", DIFFUSION),
    Mutant(
        "07-ring-numbers",
        "07",
        "enumerate(MODES, 1):",
        "enumerate(MODES):",
        f"{DIFFUSION}::test_the_modes_are_numbered_from_the_top_on_anticlockwise",
    ),
    Mutant(
        "07-circles-at-the-means",
        "07",
        "rings.set_data(*peaks.T)",
        "rings.set_data(*(alpha(t) * MODES).T)",
        f"{DIFFUSION}::test_panel_1_circles_the_tops_and_draws_the_mean_square",
    ),
    Mutant(
        "07-clock-mirrored",
        "07",
        "[mean_square(min(c, 2 - c)) for c in clocks]",
        "[mean_square(abs(1 - c)) for c in clocks]",
        f"{DIFFUSION}::test_panel_1_circles_the_tops_and_draws_the_mean_square",
    ),
    Mutant(
        "07-dot-is-theory",
        "07",
        "[min(measured, 6)]",
        "[min(mean_square(t), 6)]",
        f"{DIFFUSION}::test_panel_1_circles_the_tops_and_draws_the_mean_square",
    ),
    Mutant(
        "07-panel2-weights-shifted",
        "07",
        "bars_axes.plot(range(1, 6), WEIGHTS",
        "bars_axes.plot(range(5), WEIGHTS",
        f"{DIFFUSION}::test_panel_2_marks_the_weights_over_the_bars",
    ),
    Mutant(
        "07-medians-of-others",
        "07",
        "for k in (0, 1, 3)",
        "for k in (0, 1, 2)",
        f"{DIFFUSION}::test_the_median_distances_are_of_the_evaluations_that_are_named",
    ),
    Mutant(
        "07-learned-and-exact-swapped",
        "07",
        "{miss(score, t):.4f}, with the learned one {miss(ring_score, t):.4f}",
        "{miss(ring_score, t):.4f}, with the learned one {miss(score, t):.4f}",
        f"{DIFFUSION}::test_the_exact_score_comes_first_and_leaves_the_least",
    ),
    Mutant(
        "07-eight-of-another-mode",
        "07",
        "left.plot(times, beliefs[:, :8, UNWANTED]",
        "left.plot(times, in_the_end[:, :8]",
        f"{DIFFUSION}::test_eight_samples_are_drawn_with_their_belief_in_the_unwanted_mode",
    ),
    Mutant(
        "07-middle-half",
        "07",
        "(0.05, 0.5, 0.95), axis=1",
        "(0.25, 0.5, 0.75), axis=1",
        f"{DIFFUSION}::test_eight_samples_are_drawn_with_their_belief_in_the_unwanted_mode",
    ),
    Mutant(
        "07-settled-over-half",
        "07",
        "(in_the_end[at(t)] > 0.95)",
        "(in_the_end[at(t)] > 0.5)",
        f"{DIFFUSION}::test_the_beliefs_that_are_printed_are_the_middle_and_the_settled",
    ),
    Mutant(
        "07-hits-of-the-other",
        "07",
        "share, mean = hit[noise][group].mean()",
        "share, mean = hit[1.0][group].mean()",
        f"{DIFFUSION}::test_the_groups_are_printed_with_the_outcomes_of_their_own_process",
    ),
    Mutant(
        "07-told-of-the-start",
        "07",
        "told = float(predicted_shares(KAPPA, on)[UNWANTED])",
        "told = float(predicted_shares(KAPPA, 1.0)[UNWANTED])",
        f"{DIFFUSION}::test_without_noise_the_prediction_is_of_the_same_start",
    ),
    Mutant(
        "07-dots-soft",
        "07",
        'right.plot(monitor(t)[1], price(t), "o"',
        'right.plot(monitor(t)[1], price(t, KAPPA), "o"',
        f"{DIFFUSION}::test_the_prices_are_drawn_on_their_curves",
    ),
    Mutant(
        "07-second-coordinate",
        "07",
        "ax.hist(states[:, 0]",
        "ax.hist(states[:, 1]",
        f"{DIFFUSION}::test_the_bars_of_the_forward_process_are_of_its_first_coordinate",
    ),
    Mutant(
        "07-share-of-the-bound",
        "07",
        "nats[-10:].sum()",
        "nats[-20:].sum()",
        f"{DIFFUSION}::test_the_share_of_the_bound_is_that_of_the_small_times",
    ),
    Mutant(
        "07-loss-halved",
        "07",
        "np.ones(50) / 50",
        "np.ones(50) / 100",
        f"{DIFFUSION}::test_the_loss_is_drawn_to_the_scale_of_its_floor",
    ),
    Mutant(
        "07-standardised-by-all",
        "07",
        "(eruptions - eruptions[:204].mean(0)) / eruptions[:204].std(0)",
        "(eruptions - eruptions.mean(0)) / eruptions.std(0)",
        f"{DIFFUSION}::test_eruptions_are_standardised_by_what_was_learned_from_and_drawn_by_their_length",
    ),
    Mutant(
        "07-error-of-all-eruptions",
        "07",
        "nll.std() / math.sqrt(len(points))",
        "nll.std() / math.sqrt(len(eruptions))",
        f"{DIFFUSION}::test_eruptions_are_standardised_by_what_was_learned_from_and_drawn_by_their_length",
    ),
    Mutant(
        "07-eruption-axes",
        "07",
        "ax.plot(*points.T",
        "ax.plot(*points.flip(1).T",
        f"{DIFFUSION}::test_eruptions_are_standardised_by_what_was_learned_from_and_drawn_by_their_length",
    ),
    Mutant(
        "07-widths-swapped",
        "07",
        "{width:.3f} wide with the learned score, {by_exact:.3f} with",
        "{by_exact:.3f} wide with the learned score, {width:.3f} with",
        f"{DIFFUSION}::test_the_exact_score_comes_first_and_leaves_the_least",
    ),
    Mutant(
        "07-one-normals-nll",
        "07",
        "of the model {-model.mean():.4f}",
        "of the model {-one_normal.mean():.4f}",
        f"{DIFFUSION}::test_the_loss_is_drawn_to_the_scale_of_its_floor",
    ),
    Mutant(
        "07-ends-at-the-start",
        "07",
        'ax.plot(*six[-1].T, "s"',
        'ax.plot(*six[0].T, "s"',
        f"{DIFFUSION}::test_one_path_without_noise_and_several_ends_with_it",
    ),
    Mutant(
        "07-measured-is-predicted",
        "07",
        "measured {listed(shares)};",
        "measured {listed(expected)};",
        f"{DIFFUSION}::test_what_steering_left_is_measured_beside_what_was_predicted",
    ),
    Mutant(
        "07-titles-of-the-variance",
        "07",
        'α = {alpha(t):.3f}"',
        'α = {alpha(t) ** 2:.3f}"',
        f"{DIFFUSION}::test_the_titles_of_the_forward_process_say_what_is_left_of_the_data",
    ),
    Mutant(
        "07-reference-of-order-two",
        "07",
        "(80 / 320) ** 4",
        "(80 / 320) ** 2",
        f"{DIFFUSION}::test_the_references_own_error_is_that_of_half_its_steps",
    ),
    Mutant(
        "07-decided-at-nine-tenths",
        "07",
        "right.axhline(0.95,",
        "right.axhline(0.9,",
        f"{DIFFUSION}::test_the_dashed_line_is_crossed_when_half_are_decided",
    ),
    Mutant(
        "07-clock-for-time",
        "07",
        'text = f"t = {t:.2f} on the way',
        'text = f"t = {clock:.2f} on the way',
        f"{DIFFUSION}::test_panel_1_circles_the_tops_and_draws_the_mean_square",
    ),
    Mutant("08-training-off", "08", "        loss.backward()\n        optimiser.step()", "        loss.backward()"),
    Mutant(
        "08-score-left-out",
        "08",
        "x / 2 + (clock.alpha(t) * guess(x, t) - x) / clock.sigma(t) ** 2",
        "x / 2",
    ),
    Mutant(
        "08-score-over-the-deviation",
        "08",
        "- x) / clock.sigma(t) ** 2\n\n\ndef backwards",
        "- x) / clock.sigma(t)\n\n\ndef backwards",
    ),
    Mutant(
        "08-clones-share-noise",
        "08",
        "time_grid(t), exact(n))[-1] for _ in range(2))",
        "time_grid(t), exact(n), normals(60, m, 64) * 0 + eps)[-1] for _ in range(2))",
    ),
    Mutant(
        "08-n-ignored",
        "08",
        "return lambda x, t: posterior(x, t, train[:n]) @ train[:n]",
        "return lambda x, t: posterior(x, t, train) @ train",
    ),
    Mutant("08-kappa-ignored", "08", "return 1 - kappa * unwanted", "return 1 - 0 * unwanted"),
    Mutant("08-posterior-without-half", "08", "images.square().sum(1) / 2) / v", "images.square().sum(1)) / v"),
    Mutant("08-posterior-of-unshrunk-images", "08", "(a * x @ images.T - a**2 * images", "(a * x @ images.T - images"),
    Mutant("08-way-back-without-noise", "08", "kick = math.sqrt(h) * (normals", "kick = 0 * (normals"),
    Mutant("08-noise-of-the-variance", "08", "kick = math.sqrt(h) * (normals", "kick = h * (normals"),
    Mutant(
        "08-clones-of-the-class",
        "08",
        "return first == second, classes",
        "return classes[first] == classes[second], classes",
    ),
    Mutant("08-collapse-by-one-over-d", "08", "least=3) - 1) ** (2 / d)", "least=3) - 1) ** (1 / d)"),
    Mutant("08-agreement-not-squared", "08", "posterior(x, t, points).square()", "posterior(x, t, points)"),
    Mutant(
        "08-one-data-set", "08", "        points = normals(n, d)\n", "        points = normals(n, 1).expand(n, d)\n"
    ),
    Mutant("08-cost-without-half", "08", "levels, dim=0) / 2", "levels, dim=0)"),
    Mutant(
        "08-cost-of-the-image",
        "08",
        "miss = clock.alpha(t) / clock.sigma(t) * (points",
        "miss = clock.alpha(t) * (points",
    ),
    Mutant("08-held-out-is-trained-on", "08", "for points in (images, held_out)]", "for points in (images, images)]"),
    Mutant(
        "08-all-are-shown",
        "08",
        "y = images[torch.randint(len(images), (BATCH,)",
        "y = train[torch.randint(len(train), (BATCH,)",
    ),
    Mutant("08-one-noise-level", "08", "torch.rand(BATCH, 1, generator=draw))", "torch.ones(BATCH, 1))"),
    Mutant(
        "08-bound-without-its-second-part", "08", "> math.log(n) - gamma) + math.exp(-gamma)", "> math.log(n) + gamma)"
    ),
    Mutant(
        "08-radius-ignored", "08", "near, images = (apart <= radius).float()", "near, images = (apart <= 7).float()"
    ),
    Mutant(
        "08-radius-of-the-row",
        "08",
        "torch.maximum((row[:, None] - row).abs()",
        "torch.minimum((row[:, None] - row).abs()",
    ),
    Mutant(
        "08-odd-for-even",
        "08",
        "steering[on] = even[steer(x, on, most)]",
        "steering[on] = 1 - even[steer(x, on, most)]",
    ),
    Mutant("08-weights-not-logarithms", "08", "+ g.log(), dim=1)", "+ g, dim=1)"),
    Mutant(
        "08-nobody-steers",
        "08",
        "backwards(x, time_grid(t, 3.0), steered(g), kicks)",
        "backwards(x, time_grid(t, 3.0), exact(LISTED), kicks)",
    ),
    Mutant(
        "08-panel-guess-of-the-next-frame",
        "08",
        "exact(n)(x, times[k]) for k",
        "exact(n)(x, times[k - 1]) for k",
        MEMORISATION,
    ),
    Mutant(
        "08-panel-clones-of-all",
        "08",
        "both = backwards(x.repeat(2, 1), grid, exact(n)",
        "both = backwards(x.repeat(2, 1), grid, exact(1400)",
        MEMORISATION,
    ),
    Mutant(
        "08-fork-of-other-noise",
        "08",
        "return clock.alpha(t) * y + clock.sigma(t) * eps",
        "return y + clock.sigma(t) * eps",
        MEMORISATION,
    ),
    Mutant(
        "08-panel-curves-backwards", "08", "zip(lines, ratios[n].flip(0).T)", "zip(lines, ratios[n].T)", MEMORISATION
    ),
    Mutant("08-panel-dots-swapped", "08", "dot.set_data([t], [value])", "dot.set_data([t], [1 - value])", MEMORISATION),
    Mutant(
        "08-half-times-swapped",
        "08",
        "half agree on the image at t = {image:.3f}, on the class at {kind:.3f}",
        "half agree on the image at t = {kind:.3f}, on the class at {image:.3f}",
        MEMORISATION,
    ),
    Mutant(
        "08-largest-for-the-squares",
        "08",
        "append(float(posterior(x, t, points).square().sum(1).mean()))",
        "append(float(posterior(x, t, points).max(1).values.mean()))",
        MEMORISATION,
    ),
    Mutant("08-bound-of-twice-the-spread", "08", "+ a / 2 * (rng", "+ a * (rng", MEMORISATION),
    Mutant("08-panel-losses-swapped", "08", "rows[k, :, :, which]", "rows[k, :, :, 1 - which]", MEMORISATION),
    Mutant(
        "08-panel-forbids-late",
        "08",
        "x, g = noised(picked, on, fog)",
        "x, g = noised(picked, on / 2, fog)",
        MEMORISATION,
    ),
    Mutant(
        "08-panel-unwanted-neighbour",
        "08",
        "{str(digit): one_hot[:LISTED, digit] for",
        "{str(digit): one_hot[:LISTED, digit - 1] for",
        MEMORISATION,
    ),
    Mutant("08-panel-error-of-all", "08", ".sum(0).sqrt() / MANY", ".mean(0).sqrt() / MANY", MEMORISATION),
    Mutant(
        "08-panel-left-alone-steered",
        "08",
        "on, torch.ones(LISTED), shocks)",
        "on, weights_of(0.9, even), shocks)",
        MEMORISATION,
    ),
    Mutant(
        "08-cost-per-deviation", "08", "curve.append(math.exp(level) * (pi", "curve.append(math.exp(level / 2) * (pi"
    ),
    Mutant("08-cost-of-the-mean", "08", "- (pi @ images).square().sum(1)", "- images.mean(0).square().sum()"),
    Mutant("08-cost-of-part-of-the-way", "08", "torch.linspace(-10, 5, 46)", "torch.linspace(-4, 5, 46)"),
    Mutant("08-half-time-of-the-square", "08", "> 0.5 else (low, t)", "> 0.25 else (low, t)", MEMORISATION),
    Mutant(
        "08-euler-for-heun",
        "08",
        "x = x + h * (slope + drift(x + h * slope + kick, later, guess)) / 2 + kick",
        "x = x + h * slope + kick",
        MEMORISATION,
    ),
    Mutant("08-waves-as-without-noise", "08", "left = torch.exp(-((s *", "left = torch.exp(-0 * ((s *"),
    Mutant("08-waves-of-the-other-sum", "08", "for sign in (1, -1))", "for sign in (-1, 1))"),
    Mutant("08-flow-twice-as-fast", "08", "-torch.expm1(-rates *", "-torch.expm1(-2 * rates *"),
    Mutant("08-flow-loss-crossed-once", "08", "- 2 * f @ (v * v_seen)", "- f @ (v * v_seen)"),
    Mutant("08-waves-summed-over-images", "08", "sin.T @ sin / len(images)\n", "sin.T @ sin / 25\n"),
    Mutant("08-exchange-of-nothing", "08", "torch.cat((new, train[1:n]))", "torch.cat((old, train[1:n]))"),
    Mutant("08-exchange-of-half", "08", "torch.cat((new, train[1:n]))", "torch.cat((new, train[n // 2 : n]))"),
    Mutant(
        "08-rates-of-single-waves",
        "08",
        "torch.linalg.eigvalsh(means[n][0]).flip(0)",
        "means[n][0].diagonal()",
        MEMORISATION,
    ),
    Mutant(
        "08-turn-of-the-own-loss",
        "08",
        "unseen = {n: loss_along(taus, means[n], unseen_means)",
        "unseen = {n: loss_along(taus, means[n], means[n])",
        MEMORISATION,
    ),
    Mutant(
        "08-turn-over-the-wrong-n",
        "08",
        "for ax, per in zip(axes, (1, n))",
        "for ax, per in zip(axes, (1, 25))",
        MEMORISATION,
    ),
    Mutant(
        "08-memory-not-times-n",
        "08",
        "right.plot(taus[120:], n * memory",
        "right.plot(taus[120:], memory",
        MEMORISATION,
    ),
    Mutant(
        "08-p-second-slope-without-the-kick",
        "08",
        "drift(x + h * slope + kick, later, guess)",
        "drift(x + h * slope, later, guess)",
    ),
    Mutant(
        "08-p-phases-interleaved-with-directions", "08", ".repeat_interleave(FEATURES // 2)", ".repeat(FEATURES // 2)"
    ),
    Mutant(
        "08-p-pulls-differ-in-v-alone",
        "08",
        "((V_old - W @ U_old) - (V_new - W @ U_new)).norm(dim=(1, 2))",
        "(V_old - V_new).norm().expand(len(taus))",
    ),
    Mutant("08-p-patches-are-crosses", "08", "apart = torch.maximum(", "apart = torch.minimum("),
    Mutant(
        "08-p-held-out-leaks",
        "08",
        "train, held_out = pixels[:1400], pixels[1400:]",
        "train, held_out = pixels[:1400], pixels[1000:]",
        MEMORISATION,
    ),
    Mutant(
        "08-p-panel-4-left-alone-is-the-list",
        "08",
        "float(bad[left_alone[on]].mean())",
        "float(bad.mean())",
        MEMORISATION,
    ),
    Mutant(
        "08-p-panel-1-nearest-to-the-sample",
        "08",
        "nearest = train[torch.cdist(guesses[n][k], train[:n]).argmin(1)]",
        "nearest = train[torch.cdist(ways[n][k], train[:n]).argmin(1)]",
        MEMORISATION,
    ),
    Mutant(
        "08-p-normal-curves-mirrored",
        "08",
        "clock.time(-math.log(math.expm1(late * r))), 15)[0]",
        "clock.time(-math.log(math.expm1(late / r))), 15)[0]",
        MEMORISATION,
    ),
    Mutant(
        "08-p-panel-2-second-clone-of-others",
        "08",
        "both[:6], both[SIXTY : SIXTY + 6]",
        "both[:6], both[6:12]",
        MEMORISATION,
    ),
    Mutant(
        "08-p-last-image-never-seen",
        "08",
        "y = images[torch.randint(len(images), (BATCH,)",
        "y = images[torch.randint(len(images) - 1, (BATCH,)",
        MEMORISATION,
    ),
    Mutant(
        "08-p-power-swapped-arguments",
        "08",
        "np.polyfit(np.log(GROWING), np.log(late), 1)[0]",
        "np.polyfit(np.log(late), np.log(GROWING), 1)[0]",
        MEMORISATION,
    ),
    Mutant(
        "08-p-flagged-against-all-images",
        "08",
        "flagged = {n: float((nearness(held_out, train[:n])",
        "flagged = {n: float((nearness(held_out, train)",
        MEMORISATION,
    ),
    Mutant(
        "08-p-copies-of-any-image",
        "08",
        "return losses, samples, nearness(samples, train[:n]) < 1 / 3",
        "return losses, samples, nearness(samples, train) < 1 / 3",
        MEMORISATION,
    ),
    Mutant(
        "08-p-exercise-2-hint-of-another",
        "08",
        "The width shrinks with the images: it is α s by then.",
        "Scaled by α, a width has the variance α²s².",
        EXERCISES_08,
    ),
    Mutant(
        "08-p-figure-nearest-of-other-samples",
        "08",
        "torch.cdist(x[:6], train[:LOCAL])",
        "torch.cdist(x[-6:], train[:LOCAL])",
        MEMORISATION,
    ),
    Mutant(
        "08-p-least-loss-held-out",
        "08",
        "min(losses[0] for losses, _, _ in looks.values())",
        "min(losses[1] for losses, _, _ in looks.values())",
        MEMORISATION,
    ),
    Mutant(
        "08-p-class-theory-of-images",
        "08",
        "theory {by_class.mean():.3f}",
        "theory {by_image.mean():.3f}",
        MEMORISATION,
    ),
    Mutant(
        "08-p-left-alone-is-steered",
        "08",
        "left alone {steering[on][2].mean():.3f}",
        "left alone {steering[on][1].mean():.3f}",
        MEMORISATION,
    ),
    Mutant(
        "08-p-half-by-falling-interp",
        "08",
        "np.interp(-0.5, [-p for p in curve], ratio)",
        "np.interp(0.5, curve, ratio)",
        MEMORISATION,
    ),
    Mutant(
        "08-p-far-side-n-and-d-swapped",
        "08",
        "    late = clock.integral(collapse_time(n, d))",
        "    late = clock.integral(collapse_time(d, n))",
        MEMORISATION,
    ),
    Mutant(
        "08-p-printed-memory-not-times-n",
        "08",
        "{n * float(memory[n][k]):.2g}",
        "{float(memory[n][k]):.2g}",
        MEMORISATION,
    ),
    Mutant(
        "08-p-bounds-of-the-other-n",
        "08",
        "(25, 400), moved, limits):\n    middle",
        "(25, 400), moved, limits[::-1]):\n    middle",
        MEMORISATION,
    ),
    Mutant(
        "08-p-panel-4-ends-left-alone",
        "08",
        "end = train[ends_as[:10]]",
        "end = train[left_alone[on][:10]]",
        MEMORISATION,
    ),
    Mutant("08-p-panel-1-mean-for-median", "08", "ratios[n][k].median()", "ratios[n][k].mean()", MEMORISATION),
    Mutant(
        "08-p-panel-2-goal-of-the-measured",
        "08",
        "return text, tuple(agree)",
        "return text, tuple(found)",
        MEMORISATION,
    ),
    Mutant(
        "08-p-half-times-of-twenty",
        "08",
        "y, eps = train[torch.randint(n, (m,), generator=generator)], normals(m, 64)\n    low",
        "y, eps = train[torch.randint(20, (m,), generator=generator)], normals(m, 64)\n    low",
        MEMORISATION,
    ),
    Mutant("08-rows-named-wrong", "08", '("x", "guess", "nearest") * 2', '("x", "nearest", "guess") * 2', MEMORISATION),
    Mutant("08-marker-mirrored", "08", "here.set_xdata([t, t])", "here.set_xdata([1 - t, 1 - t])", MEMORISATION),
    Mutant(
        "08-time-runs-forward",
        "08",
        'curves.set(xlim=(1, 0), ylim=(0, 1), xlabel="t (backwards)"',
        'curves.set(xlim=(0, 1), ylim=(0, 1), xlabel="t (backwards)"',
        MEMORISATION,
    ),
    Mutant("08-covariance-of-images", "08", "torch.cov(train.T)).clamp", "torch.cov(train)).clamp", MEMORISATION),
    Mutant(
        "08-vertical-line-at-the-last-time",
        "08",
        "right.axvline(1.0, **figures.THEORY)",
        "right.axvline(t_c, **figures.THEORY)",
        MEMORISATION,
    ),
    Mutant(
        "08-stderr-as-if-all-independent",
        "08",
        "np.mean(found), np.std(found) / math.sqrt(sets)",
        "np.mean(found), np.std(found) / math.sqrt(sets * m)",
        MEMORISATION,
    ),
    Mutant(
        "08-floor-of-twenty",
        "08",
        "floor, least = known(n, LATE)[0] - known(n, EARLY)[0]",
        "floor, least = ends_of[0][0] - ends_of[1][0]",
        MEMORISATION,
    ),
    Mutant(
        "08-printed-losses-swapped",
        "08",
        "loss {losses[0]:.1f} nats, held out {losses[1]:.1f};",
        "loss {losses[1]:.1f} nats, held out {losses[0]:.1f};",
        MEMORISATION,
    ),
    Mutant(
        "08-shares-against-index",
        "08",
        "axes[2].plot([step + 50 for step in LOOKS], [looks",
        "axes[2].plot([50 * k + 50 for k in range(len(LOOKS))], [looks",
        MEMORISATION,
    ),
    Mutant("08-panel-3-places", "08", "at = at_steps + 50.0  #", "at = at_steps + 1.0  #", MEMORISATION),
    Mutant(
        "08-panel-3-goal-few-copies",
        "08",
        "found[0] >= 1.25 and found[1] == 0",
        "found[0] >= 1.25 and found[1] < 0.05",
        MEMORISATION,
    ),
    Mutant(
        "08-reweighted-not-normalised",
        "08",
        "{0.1 * odds / (1 + 0.1 * odds):.3f} are even",
        "{0.1 * odds / (1 + odds):.3f} are even",
        MEMORISATION,
    ),
    Mutant("08-panel-4-ends-of-others", "08", "end = train[ends_as[:10]]", "end = train[ends_as[10:20]]", MEMORISATION),
    Mutant("08-axes-named-crosswise", "08", 'zip(axes, ("τ", "τ/n"), (', 'zip(axes, ("τ/n", "τ"), (', MEMORISATION),
    Mutant("08-collapse-time-printed-as-integral", "08", "t_C = {t_c:.3f}", "t_C = {late:.3f}", MEMORISATION),
    Mutant("08-ink-is-white", "08", 'cmap="gray_r", vmin=-1.2', 'cmap="gray", vmin=-1.2', MEMORISATION),
    Mutant("09-tolerance-ignored", "09", "/ (tol + tol * max(", "/ (1e-3 + 1e-3 * max(", CLINIC),
    Mutant(
        "09-reveal-of-the-tolerance",
        "09",
        "counts[2000.0][1] / counts[2000.0][0]",
        "counts[20.0][1] / counts[20.0][0]",
        CLINIC,
    ),
    Mutant("09-slopes-of-slopes", "09", "        v = matrix @ v\n", "        v = matrix.T @ v\n"),
    Mutant("09-slowest-eigenvalue", "09", "torch.linalg.eigvals(J).abs().max()", "torch.linalg.eigvals(J).abs().min()"),
    Mutant("09-tries-for-steps", "09", "ratio = len(network.accepted) *", "ratio = len(network.tried) *"),
    Mutant("09-slope-at-the-start", "09", "new - y - h * f(t + h, new))", "new - y - h * f(t, new))"),
    Mutant(
        "09-one-newton-step",
        "09",
        "    for _ in range(20):\n        J =",
        "    for _ in range(1):\n        J =",
        CLINIC,
    ),
    Mutant("09-leak", "09", "[1.0, -1.0, 0.0]])", "[0.9, -1.0, 0.0]])"),
    Mutant("09-3e6", "09", "3e7 * y[1] ** 2", "3e6 * y[1] ** 2"),
    Mutant("09-half-the-square", "09", "6e7 * broken.y[1", "3e7 * broken.y[1", CLINIC),
    Mutant("09-follows-one-alone", "09", " + turning * allowed[2] / PUBLISHED[2]", "", CLINIC),
    Mutant("09-steps-do-not-shrink", "09", "np.geomspace(1e-4, 100, steps)", "np.geomspace(1e-4, 100, 200)"),
    Mutant("09-patient-without-a-pole", "09", "(lambda _t, y: y**2, 2.0)", "(lambda _t, y: y, 2.0)", CLINIC),
    Mutant("09-no-jump", "09", "-torch.sign(y - 0.3)", "-(y - 0.3)", CLINIC),
    Mutant("09-half-the-least-step", "09", '{"min_step": least / lam}', '{"min_step": least / lam / 2}'),
    Mutant("09-state-always-single", "09", "torch.zeros(1, dtype=state)", "torch.zeros(1)"),
    Mutant("09-clock-always-double", "09", '"options": {"dtype": clock}}', '"options": {}}', CLINIC),
    Mutant("09-rounded-to-double", "09", "np.float32(start + t)", "np.float64(start + t)", CLINIC),
    Mutant(
        "09-dummy-without-T",
        "09",
        "return odeint(lambda s, x: T * f(T * s, x)",
        "return odeint(lambda s, x: f(T * s, x)",
    ),
    Mutant(
        "09-dummy-hands-on-s",
        "09",
        "return odeint(lambda s, x: T * f(T * s, x)",
        "return odeint(lambda s, x: T * f(s, x)",
    ),
    Mutant("09-union-mixed-up", "09", "torch.arange(len(T))[:, None]]", "torch.arange(len(T)).flip(0)[:, None]]"),
    Mutant("09-nudges-backwards", "09", "torch.ones(11, 11).tril()", "torch.ones(11, 11).triu()", CLINIC),
    Mutant("09-panel-counts-rows", "09", "    return f.calls, [at", "    return f.rows, [at", CLINIC),
    Mutant("09-unfitted", "09", "theta = torch.where(better[:, None], trial, theta)", "theta = theta.clone()"),
    Mutant("09-lynx-feed-hares", "09", "(a - b * lynxes, d * hares - c)", "(a + b * lynxes, d * hares - c)"),
    Mutant(
        "09-future-seen",
        "09",
        "(years <= last).double() for last in LASTS for _",
        "(years <= 1920).double() for last in LASTS for _",
        CLINIC,
    ),
    Mutant("09-ago-peeks", "09", "np.interp(years, years[there], species[there])", "species.numpy()", CLINIC),
    Mutant(
        "09-ago-nine", "09", "torch.stack(filled, dim=1).roll(10, 0)", "torch.stack(filled, dim=1).roll(9, 0)", CLINIC
    ),
    Mutant("09-var-without-shift", "09", "torch.ones(21, 1).double()", "torch.zeros(21, 1).double()", CLINIC),
    Mutant("09-careful-as-before", "09", "atol=[1e-6, 1e-7, 1e-6]", "atol=[1e-6, 1e-6, 1e-6]"),
    Mutant("09-errors-of-the-seen", "09", "missed(paths, later).numpy()", "missed(paths, seen).numpy()", CLINIC),
    Mutant("09-untrained", "09", "    optimiser.step()\n", "    pass\n"),
    Mutant(
        "09-own-noise",
        "09",
        "guess = heun + SIGMA * heun * dB",
        "dB = math.sqrt(h) * rng.standard_normal(PATHS); guess = heun + SIGMA * heun * dB",
    ),
    Mutant("09-heun-is-euler", "09", "SIGMA * (heun + guess) / 2 * dB", "SIGMA * heun * dB"),
    Mutant("09-heun-looks-twice", "09", "guess = heun + SIGMA * heun * dB", "guess = heun + 2 * SIGMA * heun * dB"),
    Mutant("09-whole-correction", "09", "SIGMA**2 / 2 * mended * h", "SIGMA**2 * mended * h"),
    Mutant("09-first-try", "09", "return pole.tried[-1]", "return pole.tried[0]"),
    Mutant("09-double-clock", "09", 'options = {"dtype": torch.float32} |', 'options = {"dtype": torch.float64} |'),
    Mutant(
        "09-lopsided-leapfrog", "09", "    return q, p - h / 2 * math.sin(q)\n", "    return q, p - h * math.sin(q)\n"
    ),
    Mutant("09-rk4-misweighed", "09", "(a + 2 * c + 2 * e + g)", "(a + 2 * c + 2 * e + 2 * g) * 6 / 7"),
    Mutant("09-energy-without-half", "09", "path.append((q, p, p * p / 2 -", "path.append((q, p, p * p -", CLINIC),
    Mutant("09-high-is-low", "09", '"high" if off[-1] > 0 else "low"', '"low" if off[-1] > 0 else "high"', CLINIC),
    Mutant("09-norm-ignored", "09", '{"norm": norm}', "{}"),
    Mutant(
        "09-panel-of-another-step", "09", "line.set_ydata([LIMIT / lam] * 2)", "line.set_ydata([2 / lam] * 2)", CLINIC
    ),
    Mutant(
        "09-stage-times",
        "09",
        "k.append(f(t + node * h, y + h * dot(row, k)))",
        "k.append(f(t, y + h * dot(row, k)))",
        CLINIC,
    ),
    Mutant("09-exponent-quarter", "09", "max(error, 1e-9) ** -0.2)", "max(error, 1e-9) ** -0.25)", CLINIC),
    Mutant("09-goal-at-another-tolerance", "09", 'given={"tol": 1e-4}', 'given={"tol": 1e-3}', CLINIC),
    Mutant("09-one-step-more", "09", "SPAN, tol)[0].shape[1] - 1", "SPAN, tol)[0].shape[1]", CLINIC),
    Mutant("09-ticks-to-the-right", "09", "axes[0].plot([-limit for limit", "axes[0].plot([limit for limit", CLINIC),
    Mutant(
        "09-circle-elsewhere",
        "09",
        "axes[1].contour(x, y, abs(1 - x - 1j * y)",
        "axes[1].contour(x, y, abs(1 + x + 1j * y)",
        CLINIC,
    ),
    Mutant("09-numbers-for-rows", "09", "self.rows + len(y)", "self.rows + y.numel()", CLINIC),
    Mutant("09-times-lambda-over-h", "09", "{error * 2 * lam / 0.1:.4f}", "{error * lam / 0.1:.4f}", CLINIC),
    Mutant("09-first-end", "09", "np.geomspace(1e-4, 100, steps)", "np.geomspace(1e-2, 100, steps)", CLINIC),
    Mutant(
        "09-jacobians-for-evaluations",
        "09",
        "{radau.nfev} evaluations and {radau.njev} Jacobians",
        "{radau.njev} evaluations and {radau.nfev} Jacobians",
        CLINIC,
    ),
    Mutant(
        "09-forced-against-another",
        "09",
        "exact = lam * (lam * math.cos(end) + math.sin(end)) / (1 + lam**2)",
        "exact = lam * (lam * math.cos(end) - math.sin(end)) / (1 + lam**2)",
        CLINIC,
    ),
    Mutant("09-least-step-unscaled", "09", "min_step = {least / 1000:.5f}", "min_step = {least:.5f}", CLINIC),
    Mutant(
        "09-spacing-of-double",
        "09",
        "spacing = np.spacing(np.float32(start + 10))",
        "spacing = np.spacing(start + 10)",
        CLINIC,
    ),
    Mutant(
        "09-reveal-against-union",
        "09",
        'bills["alone"][1] / bills["dummy"][1]',
        'bills["alone"][1] / bills["union"][1]',
        CLINIC,
    ),
    Mutant(
        "09-others-orange",
        "09",
        "bar.set_color(orange if name == way else blue)",
        "bar.set_color(blue if name == way else orange)",
        CLINIC,
    ),
    Mutant("09-ends-by-count", "09", "ends {spread} : 1;", "ends {count} : 1;", CLINIC),
    Mutant("09-spread-ignored", "09", "T, (_, at) = far[spread], shown", "T, (_, at) = far[10], shown", CLINIC),
    Mutant(
        "09-bill-at-spread-ten",
        "09",
        "calls = {name: shown[name, spread, count][0]",
        "calls = {name: shown[name, 10, count][0]",
        CLINIC,
    ),
    Mutant(
        "09-calls-for-steps", "09", "steps = sum((calls - 2) / 6 + 1 for calls", "steps = sum(calls for calls", CLINIC
    ),
    Mutant(
        "09-scaled-by-the-future",
        "09",
        "some = [pelts[mask > 0] for mask in seen]",
        "some = [pelts for mask in seen]",
        CLINIC,
    ),
    Mutant("09-network-sees-the-future", "09", "loss = (seen[:, :span, None] * (path", "loss = ((path"),
    Mutant(
        "09-saw-but-later",
        "09",
        "{missed(forecasts[name], seen).median():.3f}",
        "{missed(forecasts[name], later).median():.3f}",
        CLINIC,
    ),
    Mutant(
        "09-picture-of-1912", "09", "at_1911, names = LASTS.index(1911)", "at_1911, names = LASTS.index(1912)", CLINIC
    ),
    Mutant("09-dots-of-other-gaps", "09", "there = seen[chosen] > 0", "there = seen[0] > 0", CLINIC),
    Mutant("09-untypical", "09", "int(typical.argmin())", "int(typical.argmax())", CLINIC),
    Mutant(
        "09-three-of-four",
        "09",
        "for k, letter in enumerate(word, 1) if",
        "for k, letter in enumerate(word[:3], 1) if",
        CLINIC,
    ),
    Mutant("09-whole-for-half", "09", "half = np.spacing(t) / 2", "half = np.spacing(t)", CLINIC),
    Mutant(
        "09-low-and-high-swapped",
        "09",
        "starts at t = {low}, and not at t = {high}",
        "starts at t = {high}, and not at t = {low}",
        CLINIC,
    ),
    Mutant("09-first-half", "09", "size[: len(size) // 10].max()", "size[: len(size) // 2].max()", CLINIC),
    Mutant(
        "09-time-in-steps",
        "09",
        "line.set_data((h * np.arange(1, len(q) + 1))[shown]",
        "line.set_data(np.arange(1, len(q) + 1)[shown]",
        CLINIC,
    ),
    Mutant("09-draws-the-speed", "09", "np.abs(off)[shown] + 1e-12", "np.abs(p)[shown] + 1e-12", CLINIC),
    Mutant(
        "09-error-not-in-tolerances",
        "09",
        "dtype=torch.float64)).norm()) / tol",
        "dtype=torch.float64)).norm())",
        CLINIC,
    ),
    Mutant(
        "09-var-is-lotka",
        "09",
        "without {theirs:.3f}; Lotka–Volterra without {ours:.3f}",
        "without {ours:.3f}; Lotka–Volterra without {theirs:.3f}",
        CLINIC,
    ),
    Mutant(
        "09-last-year-counted",
        "09",
        "unseen, mean = years > last, rules",
        "unseen, mean = years >= last, rules",
        CLINIC,
    ),
    Mutant(
        "09-names-of-the-two",
        "09",
        '(("Euler–Maruyama", em, 1.0, "Stratonovich"), ("Heun", heun, larger, "Itô"))',
        '(("Heun", em, 1.0, "Stratonovich"), ("Euler–Maruyama", heun, larger, "Itô"))',
        CLINIC,
    ),
    Mutant("ode-cause-of-nan", "helpers/ode.py", "elif step == 0:", "elif step < 0:", "tests/test_ode.py"),
    Mutant(
        "ode-where-it-began",
        "helpers/ode.py",
        "self.tried = t, x.detach(), step",
        "self.tried = self.tried or (t, x.detach(), step)",
        "tests/test_ode.py",
    ),
    Mutant(
        "ode-tries-unlimited",
        "helpers/ode.py",
        '{"max_num_steps": whole("max_steps", max_steps)}',
        "{}",
        "tests/test_ode.py",
    ),
    Mutant(
        "canvas-stale", "helpers/canvas.py", "still = changed - self.moving", "still = set()", "tests/test_canvas.py"
    ),
    Mutant("canvas-order", "helpers/canvas.py", "inside.sort(key=Artist.get_zorder)", "pass", "tests/test_canvas.py"),
    Mutant("panel-burst", "helpers/panel.py", "now - self._ended < BURST_GAP", "False", "tests/test_panel.py"),
    Mutant("panel-starves", "helpers/panel.py", "min(now, self._ended + BURST_LONGEST)", "now", "tests/test_panel.py"),
    Mutant("panel-late-tick", "helpers/panel.py", "elif _is_playing(self._clock):", "else:", "tests/test_panel.py"),
    Mutant(
        "panel-interrupt",
        "helpers/panel.py",
        "    except BaseException as error:\n                self._end_job()",
        "    except Exception as error:\n                self._end_job()",
        "tests/test_panel.py",
    ),
    Mutant(
        "claims-too-wide",
        "helpers/claims.py",
        '(2 if self.sense == "equal" else 1) * self.limit',
        "0.0",
        "tests/test_claims.py",
    ),
    Mutant(
        "lanczos-hidden",
        "helpers/sharpness.py",
        "ABOVE, CHANCE = 0.05, 1e-5",
        "ABOVE, CHANCE = 0.05, 1e9",
        "tests/test_sharpness.py",
    ),
    Mutant(
        "checks-one-dress",
        "helpers/exercises.py",
        "limit = max(tolerance, SINGLE) if _is_single(answer) else tolerance",
        "limit = tolerance",
        "tests/test_exercises.py",
    ),
)


def path_of(file: str) -> Path:
    """Where a mutant's file lies, relative to the course."""
    if not re.fullmatch(r"\d\d", file):
        return Path(file)
    (path,) = (ROOT / "notebooks").glob(f"{file}_*.ipynb")
    return path.relative_to(ROOT)


def planted(text: str, mutant: Mutant) -> str:
    """The file's text with the mistake in it. ValueError where its place is not found exactly once."""
    found = text.count(mutant.old)
    if found != 1:
        raise ValueError(f"{mutant.name}: {mutant.old!r} stands {found} times in {mutant.file}, expected once")
    return text.replace(mutant.old, mutant.new)


def sources(notebook) -> str:
    """All code of a notebook, as one text."""
    return "\n".join(cell.source for cell in notebook.cells if cell.cell_type == "code")


def plant(mutant: Mutant, course: Path) -> None:
    """Write the mistake into a copy of the course."""
    import nbformat

    path = course / path_of(mutant.file)
    if path.suffix != ".ipynb":
        path.write_text(planted(path.read_text(encoding="utf-8"), mutant), encoding="utf-8")
        return
    notebook = nbformat.read(path, as_version=4)
    planted(sources(notebook), mutant)  # once in all of it
    for cell in notebook.cells:
        if cell.cell_type == "code":
            cell.source = cell.source.replace(mutant.old, mutant.new)
    nbformat.write(notebook, path)


class Forks:
    """The cells of a notebook, once as they are and, in a child process each, once for each mutant.

    In a child `mutant` is the one planted; it ends with `say`. `found` is what the children said, by mutant, with the
    seconds that it took.
    """

    def __init__(self, mutants: list[Mutant]):
        self.mutants, self.mutant, self.found, self._pipe = mutants, None, {}, None

    def cells(self, notebook) -> Iterator:
        """Each cell in its turn, after the children that have a mistake in it have ended."""
        for mutant in self.mutants:
            planted(sources(notebook), mutant)  # once in all of it
        for cell in notebook.cells:
            for mutant in self.mutants:
                if self.mutant is None and cell.cell_type == "code" and mutant.old in cell.source:
                    self._fork(mutant)
                    if self.mutant is mutant:
                        cell.source = cell.source.replace(mutant.old, mutant.new)
            yield cell

    def _fork(self, mutant: Mutant) -> None:
        start = time.perf_counter()
        ours, theirs = os.pipe()
        if (child := os.fork()) == 0:
            self.mutant, self._pipe = mutant, theirs
            signal.alarm(SECONDS)  # what never ends is noticed, too
            silent = os.open(os.devnull, os.O_WRONLY)
            os.dup2(silent, 1), os.dup2(silent, 2)
            return
        os.close(theirs)
        with open(ours, encoding="utf-8") as pipe:
            said = pipe.read()
        _, status = os.waitpid(child, 0)
        self.found[mutant] = (said if status == 0 else "ends without a word"), time.perf_counter() - start

    def say(self, what: str) -> None:
        """End the child with what noticed the mistake, "" for nothing."""
        os.write(self._pipe, what.encode())
        os._exit(0)


def noticed_in_play(mutants: list[Mutant]) -> dict[Mutant, tuple[str, float]]:
    """What ends the notebook with each of its mutants, "" where it runs to its end; and seconds."""
    import pytest

    from tests.played import Played

    forks = Forks(mutants)
    with pytest.MonkeyPatch.context() as patch:
        fork_in(patch, forks)
        try:
            Played(ROOT / path_of(mutants[0].file), patch)
        except Exception as error:
            if forks.mutant is None:
                raise
            forks.say(f"{type(error).__name__}: {error}"[:110])
        if forks.mutant:
            forks.say("")
    return forks.found


def noticed_in_tests(mutants: list[Mutant]) -> dict[Mutant, tuple[str, float]]:
    """The first test of their module that fails with each mutant, "" where none does; and seconds."""
    import pytest

    forks = Forks(mutants)

    class Report:
        failed = ""

        def pytest_runtest_logreport(self, report):
            self.failed = self.failed or (report.nodeid if report.failed else "")

        def pytest_sessionfinish(self):
            if forks.mutant:
                forks.say(self.failed)

    report = Report()
    (module,) = {mutant.run.partition("::")[0] for mutant in mutants}
    with pytest.MonkeyPatch.context() as patch:
        fork_in(patch, forks)
        patch.chdir(ROOT)
        silent = ["-x", "-s", "-p", "no:terminal", "-p", "no:cacheprovider", "-o", "addopts="]
        if pytest.main([*silent, module], plugins=[report]) or len(forks.found) != len(mutants):
            raise RuntimeError(
                f"{module}: fails without a mistake in it, or does not play the notebook: {report.failed}"
            )
    return forks.found


def fork_in(patch, forks: Forks) -> None:
    """Have tools.notebooks.read give cells that fork, for the notebook of the mutants, where it is played."""
    from types import SimpleNamespace

    from tests import played
    from tools import notebooks

    path = ROOT / path_of(forks.mutants[0].file)
    read = notebooks.read

    def reads(this: Path):
        return SimpleNamespace(cells=forks.cells(read(this))) if this == path else read(this)

    patch.setattr(played, "notebooks", SimpleNamespace(read=reads))


def noticed_by_tests(course: Path, tests: str) -> str:
    """The first test that fails; "" where all pass."""
    command = [sys.executable, "-m", "pytest", "-q", "-x", "-p", "no:cacheprovider", "-o", "addopts=", *tests.split()]
    done = subprocess.run(command, cwd=course, capture_output=True, text=True, timeout=SECONDS)
    failed = re.search(r"^(?:FAILED|ERROR) (\S+)", done.stdout, re.MULTILINE)
    if done.returncode not in (0, 1, 2) or (done.returncode and not failed):
        raise RuntimeError(f"pytest ended with {done.returncode}: {done.stdout[-500:]}")
    return failed[1] if failed else ""


def noticed_in_copy(mutants: list[Mutant]) -> dict[Mutant, tuple[str, float]]:
    """What notices each mutant, planted in a copy of the course, "" if nothing does; and seconds."""
    found = {}
    for mutant in mutants:
        start = time.perf_counter()
        with tempfile.TemporaryDirectory() as folder:
            course = Path(folder)
            for part in ("helpers", "data", "notebooks", "tests", "tools"):
                skip = shutil.ignore_patterns("__pycache__", "*.webp")
                shutil.copytree(ROOT / part, course / part, ignore=skip)
            shutil.copy(ROOT / "pyproject.toml", course)
            plant(mutant, course)
            run = mutant.run
            if not run.startswith("tests"):  # a notebook, from its first to its last cell
                run = f"--nbval-lax --nbval-current-env --nbval-cell-timeout={SECONDS} {path_of(run)}"
            found[mutant] = noticed_by_tests(course, run), time.perf_counter() - start
    return found


def jobs(mutants: list[Mutant]) -> list[tuple]:
    """How they are run: a function, and the mutants that share one play; the longest first."""

    def way(mutant: Mutant) -> tuple:
        module = mutant.run.partition("::")[0]
        if not mutant.file.isdigit() or module not in {"", *PLAYED}:
            return noticed_in_copy, mutant.name
        return (noticed_in_tests if module else noticed_in_play), mutant.file + module

    grouped = itertools.groupby(sorted(mutants, key=lambda mutant: (way(mutant)[0].__name__, way(mutant)[1])), way)
    found = []
    for (does, _), group in grouped:
        alike = list(group)
        parts = -(-len(alike) // TOGETHER)
        found += [(does, alike[k::parts]) for k in range(parts)]
    return sorted(found, key=lambda job: -len(job[1]))


def chosen(arguments: list[str]) -> list[Mutant]:
    """Those named, or all whose name begins so; or all; or as many as SAMPLE says, chosen by the commit.

    No more than half of them are of one file, and no more files than needed: a notebook is played once for all its own.
    """
    for argument in arguments:
        if not any(mutant.name.startswith(argument) for mutant in MUTANTS):
            sys.exit(f"{argument}: expected the name of a mutant, or what the names of several begin with")
    if arguments:
        return [mutant for mutant in MUTANTS if mutant.name.startswith(tuple(arguments))]
    if not (size := int(os.environ.get("SAMPLE") or 0)):
        return list(MUTANTS)
    commit = subprocess.run(["git", "rev-parse", "HEAD"], cwd=ROOT, capture_output=True, text=True).stdout.strip()
    draw, found = random.Random(commit), []
    files = sorted({mutant.file for mutant in MUTANTS})
    for file in draw.sample(files, len(files)):
        own = [mutant for mutant in MUTANTS if mutant.file == file]
        found += draw.sample(own, min(len(own), -(-size // 2), size - len(found)))
    return found


def main(arguments: list[str]) -> None:
    own = {"OMP_NUM_THREADS": "1", "TQDM_DISABLE": "1", "COURSE_BROWSER": "none"}
    os.environ.update(own, COURSE_SEED=os.environ.get("COURSE_SEED", "0"))
    survivors, paid = [], []
    with ProcessPoolExecutor(WORKERS, get_context("spawn"), max_tasks_per_child=1) as pool:
        for job in as_completed([pool.submit(does, mutants) for does, mutants in jobs(chosen(arguments))]):
            for mutant, (found, seconds) in job.result().items():
                verdict = found or ("survives (known)" if mutant.debt else "SURVIVES")
                print(f"{mutant.name:28} {seconds:5.0f} s  {verdict}", flush=True)
                survivors += [mutant.name] * (not found and not mutant.debt)
                paid += [mutant.name] * bool(found and mutant.debt)
    if paid:
        print(f"caught, and no debt any more: {', '.join(paid)}")
    if survivors:
        sys.exit(f"not noticed: {', '.join(survivors)}")


if __name__ == "__main__":
    main(sys.argv[1:])
