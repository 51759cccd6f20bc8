"""What learners write by mistake, per notebook and exercise: their code, and a piece of the diagnosis that is due.

The code is written out as a learner would, apart from the formulas inside the checks.
"""

# Exercise 2 of notebook 06, with the parts that go wrong left open.
IN_Z = "H / np.sqrt(np.outer(p, p))"
CURVATURE = """
def curvature_along(loss_function, w, v):
    w = w.detach().requires_grad_()
    (gradient,) = torch.autograd.grad(loss_function(w), w, {first})
    (product,) = torch.autograd.grad({gradient} @ v, w)
    return {result}
"""

# Exercise 2 of notebook 03, with a probe and what becomes of the probes left open.
ESTIMATE = """
def hutchinson(vjp, d, count, rng):
    probes = [{probe} for _ in range(count)]
    return {result}
"""
NORMAL = "rng.normal(size=d)"

SQUARED = "((x - alpha_t * images) ** 2).sum(1)"  # of the distances, notebook 08

WRONG = {
    "01_resnet_as_euler": {
        "euler_step": [
            ("def euler_step(f, t, x, h):\n    return x + f(t, x)", "step length h is missing"),
            ("def euler_step(f, t, x, h):\n    return h * f(t, x)", "the increment alone"),
            ("def euler_step(f, t, x, h):\n    return x - h * f(t, x)", "backwards"),
            ("def euler_step(f, t, x, h):\n    return x + h * h * f(t, x)", "not squared"),
            ("def euler_step(f, t, x, h):\n    t = t + h\n    return x + f(t, x) * h", "at the end of the step"),
            ("def euler_step(f, t, x, h):\n    return x + h * f(0, x)", "time is not passed on"),
            ("def euler_step(f, t, x, h):\n    return x + h * f(x, t)", "arguments are swapped"),
            ("def euler_step(f, t, x, h):\n    return x + h * f(x)", "takes two arguments"),
            ("def euler_step(f, t, x, h):\n    return h * (x + f(t, x))", "the correction alone"),
            ("def euler_step(f, t, x, h):\n    return x + h * f(t + h/2, x + h/2 * f(t, x))", "the midpoint rule"),
            ("def euler_step(f, t, x, h):\n    return x + h * F(t, x)", "raised NameError"),
            ("def euler_step(f, t, x, h):\n    return (x + h * f(t, x)).sum()", "expected 2 numbers"),
            ("euler_step = 3", "is to be a function"),
        ],
        "rk4_step": [
            (
                "def rk4_step(f, t, x, h):\n    a = f(t, x)\n    b = f(t + h/2, x + h*a/2)\n"
                "    c = f(t + h/2, x + h*b/2)\n    d = f(t + h, x + h*c)\n    return x + h * (a + b + c + d) / 4",
                "averaged equally",
            ),
            (
                "def rk4_step(f, t, x, h):\n    a = f(t, x)\n    b = f(t + h/2, x + h*a/2)\n"
                "    c = f(t + h/2, x + h*b/2)\n    d = f(t + h/2, x + h*c/2)\n"
                "    return x + h * (a + 2*b + 2*c + d) / 6",
                "belongs to the step's end",
            ),
            (
                "def rk4_step(f, t, x, h):\n    a = f(t, x)\n    b = f(t, x + h*a/2)\n"
                "    c = f(t, x + h*b/2)\n    d = f(t, x + h*c)\n    return x + h * (a + 2*b + 2*c + d) / 6",
                "always evaluated at t",
            ),
            (
                "def rk4_step(f, t, x, h):\n    a = f(t, x)\n    b = f(t + h/2, x + h*a/2)\n"
                "    c = f(t + h/2, x + h*a/2)\n    d = f(t + h, x + h*a)\n    return x + h * (a + 2*b + 2*c + d) / 6",
                "Each slope starts from the one before it",
            ),
            (
                "def rk4_step(f, t, x, h):\n    a = f(t, x)\n    b = f(t + h/2, x + h*a)\n"
                "    c = f(t + h/2, x + h*b)\n    d = f(t + h, x + h*c)\n    return x + h * (a + 2*b + 2*c + d) / 6",
                "half a step away",
            ),
            (
                "def rk4_step(f, t, x, h):\n    a = f(t, x)\n    b = f(t + h/2, x + h*a/2)\n"
                "    c = f(t + h/2, x + h*b/2)\n    d = f(t + h, x + h*c)\n    return x + h * (a + 2*b + 2*c + d)",
                "divided by their sum",
            ),
            (
                "def rk4_step(f, t, x, h):\n    a = f(t, x)\n    b = f(t + h/2, x + h*a/2)\n"
                "    c = f(t + h/2, x + h*a/2)\n    d = f(t + h, x + h*c)\n    return x + h * (a + 2*b + 2*c + d) / 6",
                "along the second slope",
            ),
            (
                "def rk4_step(f, t, x, h):\n    a = f(t, x)\n    b = f(t + h/2, x + h*a/2)\n"
                "    c = f(t + h/2, x + h*b/2)\n    d = f(t + h, x + h*b)\n    return x + h * (a + 2*b + 2*c + d) / 6",
                "along the third slope",
            ),
            (
                "def rk4_step(f, t, x, h):\n    a = f(t, x)\n    b = f(t + h/2, x + h*a/2)\n"
                "    c = f(t + h/2, x + h*b/2)\n    d = f(t + h, x + h*c)\n    return x + h/6 * a + 2*b + 2*c + d",
                "Brackets",
            ),
            (
                "def rk4_step(f, t, x, h):\n    return x + h * (f(t, x) + 4 * f(t + h/2, x) + f(t + h, x)) / 6",
                "x moves as well as t",
            ),
            ("def rk4_step(f, t, x, h):\n    return x + h * f(t, x)", "Euler's step"),
            ("def rk4_step(f, t, x, h):\n    return x + h * f(t + h/2, x + h/2 * f(t, x))", "midpoint rule"),
            (
                "def rk4_step(f, t, x, h):\n    a = f(t, x)\n    b = f(t + h, x + h*a)\n    return x + h * (a + b) / 2",
                "Heun's method",
            ),
            (
                "def rk4_step(f, t, x, h):\n    a = f(t, x)\n    b = f(t + h/2, x + h*a/2)\n"
                "    c = f(t + h/2, x + h*b/2)\n    d = f(t + h, x + h*c)\n    return h * (a + 2*b + 2*c + d) / 6",
                "the increment alone",
            ),
            (
                "def rk4_step(f, t, x, h):\n    a = f(t, x)\n    b = f(t + h/2, x + a/2)\n"
                "    c = f(t + h/2, x + b/2)\n    d = f(t + h, x + c)\n    return x + h * (a + 2*b + 2*c + d) / 6",
                "missing inside",
            ),
            (
                "def rk4_step(f, t, x, h):\n    a = h * f(t, x)\n    b = h * f(t + h/2, x + a/2)\n"
                "    c = h * f(t + h/2, x + b/2)\n    d = h * f(t + h, x + c)\n"
                "    return x + h * (a + 2*b + 2*c + d) / 6",
                "counted twice",
            ),
            (
                "def rk4_step(f, t, x, h):\n    a = h * f(t, x)\n    b = h * f(t + h/2, x + h*a/2)\n"
                "    c = h * f(t + h/2, x + h*b/2)\n    d = h * f(t + h, x + h*c)\n"
                "    return x + (a + 2*b + 2*c + d) / 6",
                "counted twice",
            ),
        ],
        "evaluations": [
            ("def evaluations(accepted, rejected):\n    return 2 + 6 * accepted", "rejected step costs"),
            ("def evaluations(accepted, rejected):\n    return 6 * (accepted + rejected)", "before the first step"),
            ("def evaluations(accepted, rejected):\n    return 2 + 7 * (accepted + rejected)", "Seven places"),
            ("def evaluations(accepted, rejected):\n    return 2 + 5 * (accepted + rejected)", "The order is 5"),
            ("def evaluations(accepted, rejected):\n    return accepted + rejected", "count its places"),
            ("def evaluations(accepted, rejected):\n    return 2 + 6 * accepted + 7 * rejected", "known already"),
            ("def evaluations(accepted, rejected):\n    return 2 + 6 * accepted + 5 * rejected", "the last of them"),
            ("def evaluations(accepted, rejected):\n    return 1 + 6 * (accepted + rejected)", "one more evaluation"),
            ("def evaluations(accepted, rejected):\n    return 1 + 6 * accepted", "costs six, too; and two"),
            ("def evaluations(accepted, rejected):\n    return 3 + 6 * (accepted + rejected)", "is one of them"),
            ("def evaluations(accepted, rejected):\n    return 7 * accepted + 6 * rejected", "is the next one's first"),
            ("def evaluations(accepted, rejected):\n    return 7 * accepted", "Rejected steps cost, too"),
            ("def evaluations(accepted, rejected):\n    return 4 * (accepted + rejected)", "what rk4 costs"),
        ],
    },
    "02_adjoint_memory": {
        "backward_start": [
            ("def backward_start(x_end, target):\n    return 0.0, 0.0", "terminal condition is left out"),
            ("def backward_start(x_end, target):\n    return 1.0, 0.0", "the start for L = x(T)"),
            ("def backward_start(x_end, target):\n    return target - x_end, 0.0", "The sign of a(T)"),
            ("def backward_start(x_end, target):\n    return 2 * (x_end - target), 0.0", "takes the 2 away"),
            (
                "def backward_start(x_end, target):\n    loss = 0.5 * (x_end - target)**2\n    return loss, 0.0",
                "the loss itself",
            ),
            ("def backward_start(x_end, target):\n    a = x_end - target\n    return a, a", "g(T) = 0"),
            ("def backward_start(x_end, target):\n    return x_end - target", "Return two numbers"),
            ("def backward_start(x_end, target):\n    return 0.0, x_end - target", "The order is (a, g)"),
            ("def backward_start(x_end, target):\n    return x_end - target, 1.0", "nothing has been collected yet"),
            ("def backward_start(x_end, target):\n    return x_end, target", "a is a derivative of the loss"),
            ("def backward_start(x_end, target):\n    return abs(x_end - target), 0.0", "Not yet"),
            ("def backward_start(x_end, target):\n    return x_end, 0.0", "The target is missing"),
            (
                "def backward_start(x_end, target):\n    return x_end - target, (x_end - target)**2 / 2",
                "g collects dL/dθ, not the loss",
            ),
            ("def backward_start(x_end, target):\n    return x(T) - target, 0.0", "raised NameError"),
        ],
        "backward_step": [
            (
                "def backward_step(f, f_x, f_theta, x, a, g, h):\n"
                "    return x - h * f(x), a - h * a * f_x(x), g + h * a * f_theta(x)",
                "The sign of a: da/dt",
            ),
            (
                "def backward_step(f, f_x, f_theta, x, a, g, h):\n"
                "    return x - h * f(x), a + h * a * f_x(x), g - h * a * f_theta(x)",
                "The sign of g",
            ),
            (
                "def backward_step(f, f_x, f_theta, x, a, g, h):\n"
                "    return x - h * f(x), a + h * a * f_x(x), g + h * a * f(x)",
                "a · f is dL/dT",
            ),
            (
                "def backward_step(f, f_x, f_theta, x, a, g, h):\n"
                "    return x + h * f(x), a + h * a * f_x(x), g + h * a * f_theta(x)",
                "runs backward too",
            ),
            (
                "def backward_step(f, f_x, f_theta, x, a, g, h):\n"
                "    return x, a + h * a * f_x(x), g + h * a * f_theta(x)",
                "has to be rebuilt",
            ),
            (
                "def backward_step(f, f_x, f_theta, x, a, g, h):\n"
                "    return x - h * f(x), a + h * f_x(x), g + h * f_theta(x)",
                "products with a are missing",
            ),
            (
                "def backward_step(f, f_x, f_theta, x, a, g, h):\n"
                "    return x - h * f(x), a + h * a * f_x(x), h * a * f_theta(x)",
                "running sum",
            ),
            (
                "def backward_step(f, f_x, f_theta, x, a, g, h):\n"
                "    return x - h * f(x), a - h * a * f_x(x), g - h * a * f_theta(x)",
                "Both signs",
            ),
            (
                "def backward_step(f, f_x, f_theta, x, a, g, h):\n    x = x - h * f(x)\n    a = a + h * a * f_x(x)\n"
                "    g = g + h * a * f_theta(x)\n    return x, a, g",
                "update all three at once",
            ),
            (
                "def backward_step(f, f_x, f_theta, x, a, g, h):\n    x = x - h * f(x)\n"
                "    return x, a + h * a * f_x(x), g + h * a * f_theta(x)",
                "update all three at once",
            ),
            (
                "def backward_step(f, f_x, f_theta, x, a, g, h):\n"
                "    return x + h * f(x), a - h * a * f_x(x), g - h * a * f_theta(x)",
                "a step forward",
            ),
            (
                "def backward_step(f, f_x, f_theta, x, a, g, h):\n"
                "    return x - h * f(x), a + h * a * f_theta(x), g + h * a * f_x(x)",
                "Swapped",
            ),
            (
                "def backward_step(f, f_x, f_theta, x, a, g, h):\n"
                "    return x - h * f(x), a + h * f_x(x), g + h * a * f_theta(x)",
                "missing in the step of a",
            ),
            (
                "def backward_step(f, f_x, f_theta, x, a, g, h):\n"
                "    return x - h * f(x), a + h * a * f_x(x), g + h * f_theta(x)",
                "missing in the step of g",
            ),
            (
                "def backward_step(f, f_x, f_theta, x, a, g, h):\n"
                "    b = a + h * a * f_x(x)\n    return x - h * f(x), b, g + h * b * f_theta(x)",
                "update all three at once",
            ),
            (
                "def backward_step(f, f_x, f_theta, x, a, g, h):\n"
                "    return x - h * f, a + h * a * f_x, g + h * a * f_theta",
                "functions: call them",
            ),
            (
                "def backward_step(f, f_x, f_theta, x, a, g, h):\n    theta = 1.0\n"
                "    return x - h * f(x, theta), a + h * a * f_x(x, theta), g + h * a * f_theta(x, theta)",
                "functions of x alone",
            ),
            (
                "def backward_step(f, f_x, f_theta, x, a, g, h):\n    return x - h * f(x), -a * f_x(x), a * f_theta(x)",
                "Those are rates",
            ),
            (
                "def backward_step(f, f_x, f_theta, x, a, g, h):\n"
                "    return a + h * a * f_x(x), x - h * f(x), g + h * a * f_theta(x)",
                "The order is (x, a, g)",
            ),
            (
                "def backward_step(f, f_x, f_theta, x, a, g, h):\n"
                "    return x - h * f(x), a / (1 - h * f_x(x)), g + h * a * f_theta(x)",
                "That step of a is implicit",
            ),
            (
                "def backward_step(f, f_x, f_theta, x, a, g, h):\n    x = x + a + g\n    return x, x, x",
                "Not yet",
            ),
        ],
        "midpoint_nodes": [
            ("def midpoint_nodes(steps):\n    return 6 * steps", "θ itself, the leaf"),
            ("def midpoint_nodes(steps):\n    return 3 * steps + 1", "evaluates the field twice"),
            ("def midpoint_nodes(steps):\n    return 3 * steps", "without the leaf"),
            ("def midpoint_nodes(steps):\n    return 7 * steps", "however often it is used"),
            ("def midpoint_nodes(steps):\n    return 2", "That is the adjoint"),
            ("def midpoint_nodes(steps):\n    return 2 * steps + 1", "scaling and adding are nodes too"),
            ("def midpoint_nodes(steps):\n    return 4 * steps + 1", "products too, each a node"),
            ("def midpoint_nodes(steps):\n    return 5 * steps + 1", "products too, each a node"),
            ("def midpoint_nodes(steps):\n    return 8 * steps + 1", "need no gradient"),
            ("def midpoint_nodes(steps):\n    return 7 * steps + 1", "need no gradient"),
            ("def midpoint_nodes(steps):\n    return 4 * steps", "so is θ"),
            ("def midpoint_nodes(steps):\n    return steps + 1", "Not yet"),
            ("def midpoint_nodes(steps):\n    return 6 * steps + 3", "Not yet"),
            ("def midpoint_nodes(steps):\n    return 6 * steps + 2", "has no node"),
            ("theta = 1.0\ndef midpoint_nodes(steps):\n    return 3 * steps + 1", "evaluates the field twice"),
        ],
        "choose": [
            (
                "def choose(budget, steps, step_bytes, state_bytes):\n    if steps * step_bytes <= budget:\n"
                "        return 'backprop'\n    return 'adjoint' if step_bytes <= budget else 'nothing fits'",
                "exact and smaller than backprop",
            ),
            (
                "def choose(budget, steps, step_bytes, state_bytes):\n    if step_bytes <= budget:\n"
                "        return 'adjoint'\n    if steps**0.5 * (step_bytes + state_bytes) <= budget:\n"
                "        return 'checkpoint'\n    if steps * step_bytes <= budget:\n        return 'backprop'\n"
                "    return 'nothing fits'",
                "the least exact",
            ),
            (
                "def choose(budget, steps, step_bytes, state_bytes):\n"
                "    if steps**0.5 * (step_bytes + state_bytes) <= budget:\n        return 'checkpoint'\n"
                "    if steps * step_bytes <= budget:\n        return 'backprop'\n"
                "    return 'adjoint' if step_bytes <= budget else 'nothing fits'",
                "as exact as backprop, but not as cheap",
            ),
            (
                "def choose(budget, steps, step_bytes, state_bytes):\n    if steps * step_bytes <= budget:\n"
                "        return 'backprop'\n    if steps**0.5 * step_bytes <= budget:\n        return 'checkpoint'\n"
                "    return 'adjoint' if step_bytes <= budget else 'nothing fits'",
                "add both",
            ),
            (
                "def choose(budget, steps, step_bytes, state_bytes):\n    if steps * step_bytes <= budget:\n"
                "        return 'backprop'\n    if steps**0.5 * (step_bytes + state_bytes) <= budget:\n"
                "        return 'checkpoint'\n    return 'adjoint'",
                "with less than that, nothing fits",
            ),
            (
                "def choose(budget, steps, step_bytes, state_bytes):\n    if steps * step_bytes < budget:\n"
                "        return 'backprop'\n    if steps**0.5 * (step_bytes + state_bytes) < budget:\n"
                "        return 'checkpoint'\n    return 'adjoint' if step_bytes < budget else 'nothing fits'",
                "A way fits if its memory equals",
            ),
            (
                "def choose(budget, steps, step_bytes, state_bytes):\n"
                "    if steps * (step_bytes + state_bytes) <= budget:\n        return 'backprop'\n"
                "    if steps**0.5 * (step_bytes + state_bytes) <= budget:\n        return 'checkpoint'\n"
                "    return 'adjoint' if step_bytes <= budget else 'nothing fits'",
                "Backprop needs steps × step_bytes",
            ),
            (
                "def choose(budget, steps, step_bytes, state_bytes):\n    if steps * step_bytes <= budget:\n"
                "        return 'backprop'\n    if steps**0.5 * step_bytes + steps * state_bytes <= budget:\n"
                "        return 'checkpoint'\n    return 'adjoint' if step_bytes <= budget else 'nothing fits'",
                "keeps √N states, not N",
            ),
            (
                "def choose(budget, steps, step_bytes, state_bytes):\n    if steps * step_bytes <= budget:\n"
                "        return 'backprop'\n    if steps**0.5 * (step_bytes + state_bytes) <= budget:\n"
                "        return 'checkpoint'\n"
                "    return 'adjoint' if step_bytes + state_bytes <= budget else 'nothing fits'",
                "one step's graph here, and no more",
            ),
            (
                "def choose(budget, steps, step_bytes, state_bytes):\n    if steps * step_bytes <= budget:\n"
                "        return 'backprop'\n    if steps**0.5 * (step_bytes + state_bytes) <= budget:\n"
                "        return 'checkpoint'\n    return 'adjoint' if step_bytes < budget else 'nothing fits'",
                "A way fits if its memory equals",
            ),
            (
                "def choose(budget, steps, step_bytes, state_bytes):\n    if 100 * step_bytes <= budget:\n"
                "        return 'backprop'\n    if 10 * (step_bytes + state_bytes) <= budget:\n"
                "        return 'checkpoint'\n    return 'adjoint' if step_bytes <= budget else 'nothing fits'",
                "not always 100",
            ),
            (
                "def choose(budget, steps, step_bytes, state_bytes):\n    if steps * step_bytes <= budget:\n"
                "        return 'backprop'\n    if step_bytes + steps**0.5 * state_bytes <= budget:\n"
                "        return 'checkpoint'\n    return 'adjoint' if step_bytes <= budget else 'nothing fits'",
                "the graphs of √N steps",
            ),
            ("def choose(budget, steps, step_bytes, state_bytes):\n    return 'adjoint'", "the least exact"),
            (
                "def choose(budget, steps, step_bytes, state_bytes):\n    return 'the adjoint'",
                "'the adjoint' is not it",
            ),
            (
                "def choose(budget, steps, step_bytes, state_bytes):\n    if steps * step_bytes <= budget:\n"
                "        return 'Backprop'\n    if steps**0.5 * (step_bytes + state_bytes) <= budget:\n"
                "        return 'Checkpoint'\n    return 'Adjoint' if step_bytes <= budget else 'Nothing fits'",
                "the four names as they stand in the question",
            ),
            (
                "def choose(budget, steps, step_bytes, state_bytes):\n    if steps * step_bytes <= budget:\n"
                "        return 'backprop'\n    if steps**0.5 * state_bytes <= budget:\n"
                "        return 'checkpoint'\n    return 'adjoint' if step_bytes <= budget else 'nothing fits'",
                "their graphs count, too",
            ),
            ("choose = 'backprop'", "is to be a function"),
            (  # a name that is none of the four
                "def choose(budget, steps, step_bytes, state_bytes):\n    if steps * step_bytes <= budget:\n"
                "        return 'backpropagation'\n    if steps**0.5 * (step_bytes + state_bytes) <= budget:\n"
                "        return 'checkpoint'\n    return 'adjoint' if step_bytes <= budget else 'nothing fits'",
                "the four names as they stand in the question",
            ),
        ],
    },
    "03_cnf_trace": {
        "hutchinson": [
            (
                "def hutchinson(vjp, d, count, rng):\n    probes = rng.standard_normal((count, d))\n"
                "    return sum(vjp(e) @ e for e in probes)",
                "summed, not averaged",
            ),
            (
                "def hutchinson(vjp, d, count, rng):\n    e = rng.standard_normal(d)\n    return vjp(e) @ e / count",
                "1 probe(s) where count = 4",
            ),
            (
                "def hutchinson(vjp, d, count, rng):\n    probes = rng.choice([-1, 1], (count, d))\n"
                "    return np.mean([vjp(e).sum() for e in probes])",
                "on one side of J only",
            ),
            (
                "def hutchinson(vjp, d, count, rng):\n    probes = rng.uniform(-1, 1, (count, d))\n"
                "    return np.mean([vjp(e) @ e for e in probes])",
                "have variance 0.34 (uniform",
            ),
            (
                "def hutchinson(vjp, d, count, rng):\n    probes = rng.random((count, d))\n"
                "    return np.mean([vjp(e) @ e for e in probes])",
                "have mean 0.51 (uniform",
            ),
            (
                "def hutchinson(vjp, d, count, rng):\n    probes = rng.integers(2, size=(count, d))\n"
                "    return np.mean([vjp(e) @ e for e in probes])",
                "or 0 and 1?",
            ),
            (
                "def hutchinson(vjp, d, count, rng):\n    total = 0\n    for _ in range(count):\n"
                "        e = rng.normal(size=d)\n        e = e / np.linalg.norm(e)\n        total += vjp(e) @ e\n"
                "    return total / count",
                "or of length 1?",
            ),
            (
                "def hutchinson(vjp, d, count, rng):\n    e = np.ones(d)\n    return vjp(e) @ e",
                "the same constant",
            ),
            ("def hutchinson(vjp, d, count, rng):\n    e = rng.normal(size=d)\n    return vjp(e) * e", "one number"),
            (
                "def hutchinson(vjp, d, count, rng):\n    own = np.random.default_rng(0)\n"
                "    probes = own.normal(size=(count, d))\n    return np.mean([vjp(e) @ e for e in probes])",
                "no seed of your own",
            ),
            (
                "def hutchinson(vjp, d, count, rng):\n    e = rng.normal(size=d)\n"
                "    return sum(vjp(e) @ e for _ in range(count)) / count",
                "draw a new one each time",
            ),
            (
                "def hutchinson(vjp, d, count, rng):\n    probes = rng.normal(size=(count - 1, d))\n"
                "    return np.mean([vjp(e) @ e for e in probes])",
                "3 probe(s) where count = 4",
            ),
            (
                "def hutchinson(vjp, d, count, rng):\n    probes = rng.normal(size=(count, d))\n"
                "    return np.median([vjp(e) @ e for e in probes])",
                "A median is biased",
            ),
            (
                "def hutchinson(vjp, d, count, rng):\n    for _ in range(count):\n        e = rng.normal(size=d)\n"
                "        total = vjp(e) @ e\n    return total / count",
                "before you divide",
            ),
            ("def hutchinson(vjp, d, count, rng):\n    return sum(vjp(e) @ e for e in np.eye(d))", "the exact trace"),
            (
                ESTIMATE.format(
                    probe="rng.choice([-1, 1]) * np.where(np.arange(d) % 2, 1, -1)",
                    result="np.mean([vjp(e) @ e for e in probes])",
                ),
                "The entries of a probe depend on one another",
            ),
            *(
                (ESTIMATE.format(probe=NORMAL, result=result), words)
                for result, words in (
                    ("np.mean([vjp(e) @ e for e in probes]) / count", "Divided by the number of probes twice"),
                    ("sum(vjp(e) @ e for e in probes) / (count - 1)", "over count − 1 probes"),
                    ("[vjp(e) @ e for e in probes][-1]", "add up all, then divide"),
                    ("np.mean([vjp(e) * e for e in probes])", "Divided by d"),
                    ("np.mean([vjp(e) for e in probes])", "of too many numbers"),
                    ("max(vjp(e) @ e for e in probes)", "Your result is not the mean of v^T J v"),
                )
            ),
        ],
        "log_likelihood": [
            ("def log_likelihood(log_p0, traces, h):\n    return log_p0 + traces.sum() * h", "The sign"),
            ("def log_likelihood(log_p0, traces, h):\n    return log_p0 - traces.sum()", "The step length is missing"),
            ("def log_likelihood(log_p0, traces, h):\n    return log_p0 - traces.mean()", "cover a time of 1"),
            (
                "def log_likelihood(log_p0, traces, h):\n    return -h * traces.sum()",
                "the density at the start is missing",
            ),
            ("def log_likelihood(log_p0, traces, h):\n    return h * traces.sum() - log_p0", "This is −log q"),
            (
                "def log_likelihood(log_p0, traces, h):\n    return log_p0 - np.log(np.abs(traces)).sum()",
                "No logarithm of the trace",
            ),
            (
                "def log_likelihood(log_p0, traces, h):\n    return log_p0 - np.log(np.abs(1 + h * traces)).sum()",
                "h tr itself",
            ),
            (
                "def log_likelihood(log_p0, traces, h):\n    return log_p0 + sum(traces)",
                "The sign, and the step length",
            ),
            ("def log_likelihood(log_p0, traces, h):\n    return np.exp(log_p0 - h * sum(traces))", "This is q"),
            ("def log_likelihood(log_p0, traces, h):\n    return log_p0 - h * traces", "one number for each step"),
            ("def log_likelihood(log_p0, traces, h):\n    return log_p0 - h * traces.mean()", "not the mean"),
            ("def log_likelihood(log_p0, traces, h):\n    return log_p0 - h * traces[-1]", "one step's share"),
        ],
        "errors_below_floor": [
            (
                "def errors_below_floor(nll_standardised, stderr, scale, entropy):\n"
                "    return (entropy - nll_standardised) / stderr",
                "lacks the logarithms of the scales",
            ),
            (
                "def errors_below_floor(nll_standardised, stderr, scale, entropy):\n"
                "    return (entropy - (nll_standardised - np.log(scale).sum())) / stderr",
                "The sign of the units",
            ),
            (
                "def errors_below_floor(nll_standardised, stderr, scale, entropy):\n"
                "    return (nll_standardised + np.log(scale).sum() - entropy) / stderr",
                "below the floor is to be positive",
            ),
            (
                "def errors_below_floor(nll_standardised, stderr, scale, entropy):\n"
                "    return entropy - (nll_standardised + np.log(scale).sum())",
                "divide by the standard error",
            ),
            (
                "def errors_below_floor(nll_standardised, stderr, scale, entropy):\n"
                "    return (entropy - nll_standardised - np.log(scale.sum())) / stderr",
                "this is that of the scales' sum",
            ),
            (
                "def errors_below_floor(nll_standardised, stderr, scale, entropy):\n"
                "    return (entropy - nll_standardised - scale.sum()) / stderr",
                "not the scales themselves",
            ),
            (
                "def errors_below_floor(nll_standardised, stderr, scale, entropy):\n"
                "    return (entropy - nll_standardised - scale.prod()) / stderr",
                "not the product",
            ),
            (
                "def errors_below_floor(nll_standardised, stderr, scale, entropy):\n"
                "    return -(entropy - (nll_standardised - np.log(scale).sum())) / stderr",
                "Two signs",
            ),
            (
                "def errors_below_floor(nll_standardised, stderr, scale, entropy):\n"
                "    return (entropy - nll_standardised - np.log(scale).sum() / 2) / stderr",
                "No half",
            ),
            (
                "def errors_below_floor(nll_standardised, stderr, scale, entropy):\n"
                "    return (entropy - nll_standardised - np.log2(scale).sum()) / stderr",
                "these are to base 2",
            ),
            (
                "def errors_below_floor(nll_standardised, stderr, scale, entropy):\n"
                "    return (entropy - nll_standardised - np.log(scale).mean()) / stderr",
                "this is their mean",
            ),
            (
                "def errors_below_floor(nll_standardised, stderr, scale, entropy):\n"
                "    return (entropy - nll_standardised - 2 * np.log(scale).sum()) / stderr",
                "No factor 2",
            ),
            (
                "def errors_below_floor(nll_standardised, stderr, scale, entropy):\n"
                "    return (entropy - nll_standardised - np.log(scale)) / stderr",
                "One number was asked",
            ),
        ],
        "arc_loss": [
            (
                "def arc_loss(field, x0, x1, t):\n    x = (1 - t) * x0 + t * x1\n"
                "    return ((field(t, x) - (x1 - x0)) ** 2).sum(-1).mean(-1)",
                "That is section 7's loss",
            ),
            (
                "def arc_loss(field, x0, x1, t):\n    t = np.random.rand(len(x0), 1)\n    a = np.pi / 2 * t\n"
                "    x, v = np.cos(a) * x0 + np.sin(a) * x1, np.pi / 2 * (np.cos(a) * x1 - np.sin(a) * x0)\n"
                "    return ((field(t, x) - v) ** 2).sum(-1).mean()",
                "The times are given",
            ),
            (
                "def arc_loss(field, x0, x1, t):\n    x = np.cos(t) * x0 + np.sin(t) * x1\n"
                "    v = np.cos(t) * x1 - np.sin(t) * x0\n"
                "    return ((field(t, x) - v) ** 2).sum(-1).mean()",
                "The angle is πt/2",
            ),
            (
                "def arc_loss(field, x0, x1, t):\n    a = np.pi / 2 * t\n"
                "    x, v = np.cos(a) * x0 + np.sin(a) * x1, np.pi / 2 * (np.cos(a) * x1 - np.sin(a) * x0)\n"
                "    return ((field(x, t) - v) ** 2).sum(-1).mean()",
                "takes the time first",
            ),
            (
                "def arc_loss(field, x0, x1, t):\n    a = np.pi / 2 * t\n"
                "    x, v = np.cos(a) * x0 + np.sin(a) * x1, np.pi / 2 * (np.cos(a) * x1 - np.sin(a) * x0)\n"
                "    return np.sqrt(((field(t, x) - v) ** 2).sum(-1).mean())",
                "No root",
            ),
            (
                "def arc_loss(field, x0, x1, t):\n    a = np.pi / 2 * t\n"
                "    x = np.cos(a) * x0 + np.sin(a) * x1\n"
                "    return np.mean(np.sum((field(t, x) - (x1 - x0)) ** 2, axis=-1))",
                "x₁ − x₀ is the line's velocity",
            ),
            (
                "def arc_loss(field, x0, x1, t):\n    a = np.pi / 2 * t\n"
                "    x = np.cos(a) * x0 + np.sin(a) * x1\n    return ((field(t, x) - x1) ** 2).sum(-1).mean()",
                "x₁ is a place",
            ),
            (
                "def arc_loss(field, x0, x1, t):\n    a = np.pi / 2 * t\n"
                "    x = np.cos(a) * x0 + np.sin(a) * x1\n    return ((field(t, x) - (x1 - x)) ** 2).sum(-1).mean()",
                "the way that is left",
            ),
            (
                "def arc_loss(field, x0, x1, t):\n    a = np.pi / 2 * t\n"
                "    x = np.cos(a) * x0 + np.sin(a) * x1\n    v = np.pi / 2 * (np.sin(a) * x0 - np.cos(a) * x1)\n"
                "    return ((field(t, x) - v) ** 2).sum(-1).mean()",
                "The sign of the velocity",
            ),
            (
                "def arc_loss(field, x0, x1, t):\n    a = np.pi / 2 * t\n"
                "    x = np.cos(a) * x0 + np.sin(a) * x1\n    v = np.pi / 2 * (np.cos(a) * x1 + np.sin(a) * x0)\n"
                "    return ((field(t, x) - v) ** 2).sum(-1).mean()",
                "minus the sine",
            ),
            (
                "def arc_loss(field, x0, x1, t):\n    a = np.pi / 2 * t\n"
                "    x, v = np.cos(a) * x0 + np.sin(a) * x1, np.cos(a) * x1 - np.sin(a) * x0\n"
                "    return ((field(t, x) - v) ** 2).sum(-1).mean()",
                "π/2 is missing",
            ),
            (
                "def arc_loss(field, x0, x1, t):\n    a = np.pi / 2 * t\n"
                "    x = np.cos(a) * x0 + np.sin(a) * x1\n    v = np.pi / 2 * (np.cos(a) * x1 - np.sin(a) * x0)\n"
                "    return ((field(t, x) - v) ** 2).mean()",
                "over the coordinates too",
            ),
            (
                "def arc_loss(field, x0, x1, t):\n    a = np.pi / 2 * t[0]\n"
                "    x = np.cos(a) * x0 + np.sin(a) * x1\n    v = np.pi / 2 * (np.cos(a) * x1 - np.sin(a) * x0)\n"
                "    return ((field(t[0], x) - v) ** 2).sum(-1).mean()",
                "the first one's time",
            ),
            (
                "def arc_loss(field, x0, x1, t):\n    a = math.pi / 2 * t\n"
                "    x = np.sin(a) * x0 + np.cos(a) * x1\n    v = math.pi / 2 * (np.cos(a) * x0 - np.sin(a) * x1)\n"
                "    return ((field(t, x) - v) ** 2).sum(-1).mean()",
                "changed places",
            ),
            (
                "def arc_loss(field, x0, x1, t):\n    a = np.pi / 2 * t\n    x = np.cos(a) * x0 + np.sin(a) * x1\n"
                "    v = np.pi / 2 * (np.cos(a) * x1 - np.sin(a) * x0)\n    apart = field(t, x) - v\n"
                "    return np.sum(apart**2)",
                "A sum over the pairs",
            ),
            (
                "def arc_loss(field, x0, x1, t):\n    a = np.pi / 2 * t\n    x = np.cos(a) * x0 + np.sin(a) * x1\n"
                "    v = np.pi / 2 * (np.cos(a) * x1 - np.sin(a) * x0)\n    apart = field(t, x) - v\n"
                "    return np.sum(apart**2, axis=1)",
                "One number for each pair",
            ),
            (
                "def arc_loss(field, x0, x1, t):\n    a = np.pi / 2 * t\n    x = np.cos(a) * x0 + np.sin(a) * x1\n"
                "    v = np.pi / 2 * (np.cos(a) * x1 - np.sin(a) * x0)\n    apart = field(t, x) - v\n"
                "    return (apart**2).mean(0)",
                "One number for each coordinate",
            ),
            (
                "def arc_loss(field, x0, x1, t):\n    a = np.pi / 2 * t\n    x = np.cos(a) * x0 + np.sin(a) * x1\n"
                "    v = np.pi / 2 * (np.cos(a) * x1 - np.sin(a) * x0)\n    apart = field(t, x) - v\n"
                "    return np.sqrt((apart**2).sum(-1)).mean()",
                "A mean of lengths",
            ),
            (
                "def arc_loss(field, x0, x1, t):\n    a = np.pi / 2 * t\n    x = np.cos(a) * x0 + np.sin(a) * x1\n"
                "    v = np.pi / 2 * (np.cos(a) * x1 - np.sin(a) * x0)\n    apart = field(t, x) - v\n"
                "    return np.sum(np.mean(apart, axis=0) ** 2)",
                "Square first",
            ),
            (
                "def arc_loss(field, x0, x1, t):\n    a = np.pi / 2 * t\n    x = np.cos(a) * x0 + np.sin(a) * x1\n"
                "    v = np.pi / 2 * (np.cos(a) * x1 - np.sin(a) * x0)\n    apart = field(t, x) - v\n"
                "    return ((field(t, x) - x) ** 2).sum(-1).mean()",
                "x_t is the place itself",
            ),
            (
                "def arc_loss(field, x0, x1, t):\n    a = np.pi / 2 * t\n    x = np.cos(a) * x0 + np.sin(a) * x1\n"
                "    v = np.pi / 2 * (np.cos(a) * x1 - np.sin(a) * x0)\n    apart = field(t, x) - v\n"
                "    return ((field(t, x1) - v) ** 2).sum(-1).mean()",
                "You ask the field at x₁",
            ),
            (
                "def arc_loss(field, x0, x1, t):\n    a = np.pi / 2 * t\n    x = np.cos(a) * x0 + np.sin(a) * x1\n"
                "    v = np.pi / 2 * (np.cos(a) * x1 - np.sin(a) * x0)\n    apart = field(t, x) - v\n"
                "    return ((field(t, x0 + t * (x1 - x0)) - v) ** 2).sum(-1).mean()",
                "The field is asked on the line",
            ),
            (
                "def arc_loss(field, x0, x1, t):\n    m = t.mean()\n    a = np.pi / 2 * m\n"
                "    x, v = np.cos(a) * x0 + np.sin(a) * x1, np.pi / 2 * (np.cos(a) * x1 - np.sin(a) * x0)\n"
                "    return ((field(m, x) - v) ** 2).sum(-1).mean()",
                "the mean time",
            ),
        ],
    },
    "04_double_well_sde": {
        "noisy_step": [
            ("def noisy_step(drift, w, h, sigma, xi):\n    return w + h * drift(w) + sigma * xi", "lacks √h"),
            ("def noisy_step(drift, w, h, sigma, xi):\n    return w + h * (drift(w) + sigma * xi)", "√h, not h"),
            (
                "def noisy_step(drift, w, h, sigma, xi):\n    return w + h * (drift(w) + sigma * h**0.5 * xi)",
                "The bracket",
            ),
            (
                "def noisy_step(drift, w, h, sigma, xi):\n    return w + h**0.5 * (drift(w) + sigma * xi)",
                "√h belongs to the noise alone",
            ),
            (
                "def noisy_step(drift, w, h, sigma, xi):\n    return w + h * drift(w) + (2 * h)**0.5 * sigma * xi",
                "√h, not √(2h)",
            ),
            ("def noisy_step(drift, w, h, sigma, xi):\n    return w + h * drift(w) + h**0.5 * sigma", "xi is not used"),
            (
                "def noisy_step(drift, w, h, sigma, xi):\n    return w + h * drift(w) + sigma**2 * h**0.5 * xi",
                "σ enters once",
            ),
            (
                "def noisy_step(drift, w, h, sigma, xi):\n    return w - h * drift(w) + sigma * h**0.5 * xi",
                "wrong sign",
            ),
            ("def noisy_step(drift, w, h, sigma, xi):\n    return w + h * drift(w)", "noise is missing"),
            (
                "def noisy_step(drift, w, h, sigma, xi):\n    w = w + sigma * h**0.5 * xi\n    return w + h * drift(w)",
                "Drift first",
            ),
            (
                "def noisy_step(drift, w, h, sigma, xi):\n    return w + h * drift(w) + sigma * xi / h**0.5",
                "√h multiplies",
            ),
            (
                "def noisy_step(drift, w, h, sigma, xi):\n    return em_step(w, h, sigma, xi)",
                "Use the drift that you are given",
            ),
            (
                "def noisy_step(drift, w, h, sigma, xi):\n    return w + h * drift(0.0, w) + sigma * h**0.5 * xi",
                "takes W alone",
            ),
            (
                "def noisy_step(drift, w, h, sigma, xi):\n    return w + h * drift(w) + (sigma * h)**0.5 * xi",
                "Only h stands under the root",
            ),
            (
                "def noisy_step(drift, w, h, sigma, xi):\n    print(w + h * drift(w) + sigma * h**0.5 * xi)",
                "write return in place of print",
            ),
        ],
        "log_density": [
            ("def log_density(L, w, sigma):\n    return -L(w) / sigma**2", "factor of 2 is missing"),
            ("def log_density(L, w, sigma):\n    return -L(w)", "The temperature is missing"),
            ("def log_density(L, w, sigma):\n    return 2 * L(w) / sigma**2", "high places are rare"),
            ("def log_density(L, w, sigma):\n    return math.exp(-2 * L(w) / sigma**2)", "the ratio of the densities"),
            ("def log_density(L, w, sigma):\n    return -L(w) / 2 / sigma**2", "on the wrong side"),
            ("def log_density(L, w, sigma):\n    return -2 * L(w) * sigma**2", "Divide by σ²"),
            ("def log_density(L, w, sigma):\n    return -4 * L(w) / sigma**2", "A factor of 2 too many"),
            ("def log_density(L, w, sigma):\n    return L(w) / sigma**2", "And T = σ²/2"),
            ("def log_density(L, w, sigma):\n    return -2 * (L(w) - L(1)) / sigma**2", "it need not be 1"),
            (
                "def log_density(L, w, sigma):\n    return -2 * DOUBLE_WELL.value(w) / sigma**2",
                "Use the L that you are given",
            ),
            ("def log_density(L, w, sigma):\n    return -L(w) / T", "T is σ²/2"),
            ("def log_density(L, w, sigma):\n    return -2 * L / sigma**2", "L is a function"),
            (
                "def log_density(L, w, sigma):\n    x = np.linspace(-4, 4, 1001)\n"
                "    Z = np.trapezoid(np.exp(-2 * L(x) / sigma**2), x)\n"
                "    return math.log(math.exp(-2 * L(w) / sigma**2) / Z)",
                "log Z drops out",
            ),
        ],
        "kramers_rate": [
            (
                "def kramers_rate(height, at_well, at_top, sigma):\n"
                "    return at_well / (2 * math.pi) * math.exp(-2 * height / sigma**2)",
                "curvature is forgotten",
            ),
            (
                "def kramers_rate(height, at_well, at_top, sigma):\n"
                "    return (-at_top)**0.5 / (2 * math.pi) * math.exp(-2 * height / sigma**2)",
                "The well's curvature is forgotten",
            ),
            (
                "def kramers_rate(height, at_well, at_top, sigma):\n    return math.exp(-2 * height / sigma**2)",
                "prefactor",
            ),
            (
                "def kramers_rate(height, at_well, at_top, sigma):\n"
                "    return 2 * math.pi / (at_well * abs(at_top))**0.5 * math.exp(2 * height / sigma**2)",
                "the rate is one over it",
            ),
            (
                "def kramers_rate(height, at_well, at_top, sigma):\n"
                "    return (at_well * at_top)**0.5 / (2 * math.pi) * math.exp(-2 * height / sigma**2)",
                "L''(top) is negative",
            ),
            (
                "def kramers_rate(height, at_well, at_top, sigma):\n"
                "    return math.sqrt(at_well * at_top) / (2 * math.pi) * math.exp(-2 * height / sigma**2)",
                "L''(top) is negative",
            ),
            (
                "def kramers_rate(height, at_well, at_top, sigma):\n"
                "    return np.sqrt(at_well * at_top) / (2 * np.pi) * np.exp(-2 * height / sigma**2)",
                "L''(top) is negative",
            ),
            (
                "def kramers_rate(height, at_well, at_top, sigma):\n"
                "    return (at_well * -at_top)**0.5 / math.pi * math.exp(-2 * height / sigma**2)",
                "not by π",
            ),
            (
                "def kramers_rate(height, at_well, at_top, sigma):\n"
                "    return (at_well * -at_top)**0.5 / (2 * math.pi) * math.exp(-2 * height / sigma)",
                "σ enters squared",
            ),
            (
                "def kramers_rate(height, at_well, at_top, sigma):\n"
                "    return (at_well * -at_top)**0.5 / (2 * math.pi) * math.exp(-height / sigma**2)",
                "A factor of 2 in the exponent",
            ),
            (
                "def kramers_rate(height, at_well, at_top, sigma):\n"
                "    return (at_well / abs(at_top))**0.5 / (2 * math.pi) * math.exp(-2 * height / sigma**2)",
                "multiplied, not divided",
            ),
            (
                "def kramers_rate(height, at_well, at_top, sigma):\n"
                "    return (at_well * -at_top)**0.5 / (4 * math.pi) * math.exp(-2 * height / sigma**2)",
                "not by 4π",
            ),
            (
                "def kramers_rate(height, at_well, at_top, sigma):\n"
                "    return 2 * math.pi * (at_well * -at_top)**0.5 * math.exp(-2 * height / sigma**2)",
                "The 2π stands below",
            ),
            (
                "def kramers_rate(height, at_well, at_top, sigma):\n"
                "    return (at_well * -at_top)**0.5 / (2 * math.pi) * math.exp(2 * height / sigma**2)",
                "exponent's sign",
            ),
        ],
        "schedule": [
            ("def schedule(t):\n    return 0.1 if t < 9000 else 0.02", "it stays at T = 0.02"),
            ("def schedule(t):\n    return 0.1 if t < 9e5 else 0.02", "on it stays at T = 0.02"),
            ("def schedule(t):\n    return 0.1 if t < 1e6 else 1 / math.log(2 + t)", "it stays at T = 0.1"),
            ("def schedule(t):\n    return 1 / math.log(2 + t) if t < 1e200 else 0.001", "it stays at T = 0.001"),
            (
                "def schedule(t):\n    return [0.5, 0.2, 0.1, 0.05][min(3, int(math.log10(1 + t)))]",
                "it stays at T = 0.05",
            ),
            ("def schedule(t):\n    return max(0.02, 1 / math.log(2 + t))", "it stays at T = 0.02"),
            ("def schedule(t):\n    return 0.1", "on it stays at T = 0.1"),
            ("def schedule(t):\n    return max(0.02, math.exp(-t / 1000))", "on it stays at T = 0.02"),
            ("def schedule(t):\n    return math.exp(-t / 1000)", "faster than every C/ln t"),
            ("def schedule(t):\n    return 1 / (1 + t) ** 0.01", "faster than every C/ln t"),
            ("def schedule(t):\n    return 1 / math.log(2 + t) ** 2", "faster than every C/ln t"),
            ("def schedule(t):\n    return 0", "faster than every C/ln t"),
            ("def schedule(t):\n    return 1 / (1 + t) ** 2", "its powers are too large"),
            ("def schedule(t):\n    return 0.3 / math.sqrt(math.log(2 + t))", "more slowly than C/ln t"),
            ("def schedule(t):\n    return 0.5 / math.log(2 + t)", "less than d*"),
            ("def schedule(t):\n    return 0.71 / math.log(2 + t)", "less than d*"),
            ("def schedule(t):\n    return 1.8 / math.log(2 + t)", "still warm"),
            ("def schedule(t):\n    return 3 / math.log(2 + t)", "still warm"),
            (
                "def schedule(t):\n    return 0.056 - 1e-10 * t if t < 1e6 else 0.72 / math.log(2 + t)",
                "too cold before",
            ),
            ("def schedule(t):\n    return min(0.02, 1 / math.log(2 + t))", "it stays at T = 0.02"),
            ("def schedule(t):\n    return 1 / math.log(t)", "At t = 0.005 the temperature is -0.189"),
            ("def schedule(t):\n    return math.log(2 + t)", "It warms up again"),
            ("def schedule(t):\n    return 1 / torch.log(torch.tensor(2 + t))", "single precision ends"),
            ("def schedule(t):\n    return [1.0, 0.02]", "A temperature is one number"),
        ],
    },
    "05_flat_vs_sharp_minima": {
        "noise_scale": [
            ("def noise_scale(eta, size, s):\n    return (size / eta) ** 0.5 * s", "Upside down"),
            ("def noise_scale(eta, size, s):\n    return s**2 * np.sqrt(eta / size)", "take it once, not squared"),
            ("def noise_scale(eta, size, s):\n    return np.sqrt(2 * eta * s**2 / size)", "The 2 belongs to"),
            ("def noise_scale(eta, size, s):\n    return np.sqrt(eta) * s", "The batch is missing"),
            (
                "def noise_scale(eta, size, s):\n    return eta * s**2 / size",
                "take the root",
            ),
            (
                "def noise_scale(eta, size, s):\n    return eta * s / size",
                "The root is missing",
            ),
            (
                "def noise_scale(eta, size, s):\n    return s * (eta * size) ** 0.5",
                "in the wrong place",
            ),
            (
                "def noise_scale(eta, size, s):\n    return eta * s / size**0.5",
                "the deviation of one step",
            ),
            (
                "def noise_scale(eta, size, s):\n    return s * eta**0.5 / size",
                "deviates by s/√B",
            ),
            (
                "def noise_scale(eta, size, s):\n    return s / size**0.5",
                "The learning rate is missing",
            ),
            (
                "def noise_scale(eta, size, s):\n    return math.sqrt(eta / (2 * size)) * s",
                "the root of the temperature",
            ),
            (
                "def noise_scale(eta, size, s):\n    return eta / (2 * size) * s * s",
                "the temperature T = σ²/2",
            ),
        ],
        "largest_rate": [
            (
                "def largest_rate(curvatures, size):\n"
                "    return curvatures.mean() / (curvatures.mean() ** 2 + curvatures.var() / size)",
                "A factor 2 is missing",
            ),
            (
                "def largest_rate(curvatures, size):\n"
                "    return 2 * curvatures.mean() / (curvatures.mean() ** 2 + curvatures.var(ddof=1) / size)",
                "divide by N, not by N − 1",
            ),
            (
                "def largest_rate(curvatures, size):\n    return 2 / np.mean(curvatures)",
                "That is gradient descent",
            ),
            (
                "def largest_rate(curvatures, size):\n    return 2 / max(curvatures)",
                "The sharpest sample alone",
            ),
            (
                "def largest_rate(curvatures, size):\n    return 2 * curvatures.mean() / (curvatures**2).mean()",
                "The batch size is missing",
            ),
            (
                "def largest_rate(curvatures, size):\n"
                "    return 2 * curvatures.mean() / (curvatures.mean() ** 2 + np.std(curvatures) / size)",
                "The standard deviation stands",
            ),
            (
                "def largest_rate(curvatures, size):\n"
                "    return 2 * curvatures.mean() / (curvatures.mean() ** 2 + np.var(curvatures) / size / size)",
                "not c²/B²",
            ),
            (
                "def largest_rate(curvatures, size):\n"
                "    return 2 * curvatures.mean() / (curvatures.mean() ** 2 + size * np.var(curvatures))",
                "larger batches are more stable",
            ),
            (
                "def largest_rate(curvatures, size):\n    return 1 / curvatures.mean()",
                "it is stable up to 2/λ",
            ),
            (
                "def largest_rate(curvatures, size):\n    n = len(curvatures)\n"
                "    h, v = curvatures.mean(), curvatures.var()\n"
                "    return 2 * h / (h**2 + v * (n - size) / (size * (n - 1)))",
                "drawn with replacement",
            ),
            (
                "def largest_rate(curvatures, size):\n    return 2 / (curvatures.mean() * (1 + 1 / size))",
                "a spread of their own",
            ),
        ],
        "flat_probability": [
            (
                "def flat_probability(lam_flat, lam_sharp, temperature):\n    return np.sqrt(lam_flat / lam_sharp)",
                "the ratio b of the widths",
            ),
            (
                "def flat_probability(lam_flat, lam_sharp, temperature):\n"
                "    return lam_sharp / (lam_flat + lam_sharp)",
                "the width is counted twice",
            ),
            (
                "def flat_probability(lam_flat, lam_sharp, temperature):\n"
                "    return lam_flat**0.5 / (lam_flat**0.5 + lam_sharp**0.5)",
                "That is the sharp well",
            ),
            (
                "def flat_probability(lam_flat, lam_sharp, temperature):\n    return lam_flat / (lam_flat + lam_sharp)",
                "Upside down",
            ),
            (
                "def flat_probability(lam_flat, lam_sharp, temperature):\n"
                "    return 1 / (1 + math.exp((lam_flat - lam_sharp) / temperature))",
                "not the curvature",
            ),
            (
                "def flat_probability(lam_flat, lam_sharp, temperature):\n"
                "    return 1 / (1 + math.exp((lam_flat / lam_sharp - 1) / temperature))",
                "Exponential in 1/T",
            ),
            (
                "def flat_probability(lam_flat, lam_sharp, temperature):\n"
                "    return 1 / (1 + (lam_flat / lam_sharp) ** 1.5)",
                "contains the width already",
            ),
            (
                "def flat_probability(lam_flat, lam_sharp, temperature):\n    return 1 / 2",
                "Equal depth is not equal mass",
            ),
            (
                "def flat_probability(lam_flat, lam_sharp, temperature):\n    return (lam_sharp / lam_flat) ** 0.5",
                "the ratio of the two masses",
            ),
        ],
    },
    "06_edge_of_stability": {
        "largest_rate": [
            (f"def largest_rate(H, p, beta):\n    S = np.linalg.eigvalsh({matrix}){top}\n    return {formula}", words)
            for matrix, top, formula, words in (
                (IN_Z, "[-1]", "2 / S", "without momentum"),
                (IN_Z, "[-1]", "2 * (1 + beta) / S", "heavy ball's"),
                (IN_Z, "[-1]", "2 * (1 + beta) * (1 - beta) / S", "on the wrong side"),
                (IN_Z, "[-1]", "2 / S / (1 - beta)", "Only the shorter step"),
                (IN_Z, "[-1]", "(1 + beta) / (1 - beta) / S", "A factor 2 is missing"),
                (IN_Z, "[-1]", "2 + 2 * beta / (1 - beta) / S", "Brackets"),
                (IN_Z, "[-1]", "(2 + beta) / (1 - beta) / S", "lost its factor 2"),
                (IN_Z, "[-1]", "(2 - 2 * beta) / (1 + beta) / S", "signs of β are swapped"),
                (IN_Z, "[-1]", "(2 + 2 * beta) / (1 - beta)", "edge of ηS_P"),
                (IN_Z, "[-1]", "(2 + 2 * beta) / (1 - beta) * S", "the smaller the rate"),
                (IN_Z, "[-1]", "S * (1 - beta) / (2 + 2 * beta)", "Upside down"),
                ("H", "[-1]", "(2 + 2 * beta) / (1 - beta) / S", "P is missing"),
                ("H", "[-1]", "(2 + 2 * beta) / (1 - beta) / (S / p.max())", "One number for P"),
                ("H", "[-1]", "(2 + 2 * beta) / (1 - beta) / (S / p.min())", "The least of P alone"),
                ("np.diag(np.diag(H) / p)", "[-1]", "(2 + 2 * beta) / (1 - beta) / S", "off the diagonal"),
                ("H / np.outer(p, p)", "[-1]", "(2 + 2 * beta) / (1 - beta) / S", "The roots"),
                ("H * np.sqrt(np.outer(p, p))", "[-1]", "(2 + 2 * beta) / (1 - beta) / S", "you multiplied"),
                ("np.diag(1 / p) @ H", "[-1]", "(2 + 2 * beta) / (1 - beta) / S", "not symmetric"),
                (IN_Z, "[0]", "(2 + 2 * beta) / (1 - beta) / S", "the least curvature"),
                ("H / np.sqrt(p)", "[-1]", "(2 + 2 * beta) / (1 - beta) / S", "on one side"),
                ("p**-0.5 * H * p**-0.5", "[-1]", "(2 + 2 * beta) / (1 - beta) / S", "That is H/p"),
                ("p**-0.5 @ H @ p**-0.5", "[-1]", "(2 + 2 * beta) / (1 - beta) / S", "is a matrix here"),
                ("np.diag(p) ** -0.5 @ H", "[-1]", "(2 + 2 * beta) / (1 - beta) / S", "that of its zeros"),
                (IN_Z, ".sum()", "(2 + 2 * beta) / (1 - beta) / S", "That is the trace"),
                (IN_Z, "", "(2 + 2 * beta) / (1 - beta) / S", "a rate for each curvature"),
            )
        ],
        "curvature_along": [
            (
                "def curvature_along(loss_function, w, v):\n    w = w.detach().requires_grad_()\n"
                "    value = loss_function(w)\n    print(torch.autograd.grad(value, w))\n"
                "    (gradient,) = torch.autograd.grad(value, w, create_graph=True)\n    return gradient @ v",
                "The graph was freed",
            ),
            *(
                (CURVATURE.format(first="create_graph=True", gradient=gradient, result=result), words)
                for gradient, result, words in (
                    ("gradient", "product @ v", "normalisation is missing"),
                    ("gradient", "product @ v / v @ v", "Brackets"),
                    ("gradient", "product @ v / v.norm()", "Divide by |v|²"),
                    ("gradient", "product @ v / 2 / (v @ v)", "The ½ belongs to the expansion"),
                    ("gradient", "product", "multiply it by v once more"),
                    ("gradient", "product / (v @ v)", "is still a vector"),
                    ("gradient", "product / v", "an eigenvector alone"),
                    ("gradient", "gradient @ v", "the slope along v"),
                    ("gradient", "gradient @ v / v.norm()", "the slope along v"),
                    ("gradient", "gradient @ v / (v @ v)", "the slope along v"),
                    ("gradient", "(product + gradient) @ v / (v @ v)", "adds to it"),
                    ("gradient", "product.norm() / v.norm()", "has no sign"),
                    ("gradient", "0 * product @ v", "came out zero"),
                    ("gradient.detach()", "product @ v / (v @ v)", "The graph is detached"),
                )
            ),
            (CURVATURE.format(first="", gradient="gradient", result="product @ v / (v @ v)"), "The graph is detached"),
            *(
                (
                    CURVATURE.format(
                        first="create_graph=True", gradient="gradient", result="product @ v / (v @ v)"
                    ).replace(right, wrong),
                    words,
                )
                for right, wrong, words in (
                    ("gradient @ v,", "gradient,", "Multiply the gradient by v"),
                    ("gradient @ v,", "gradient.sum(),", "the sum of the gradient"),
                    ("(gradient,) =", "gradient =", "returns a tuple"),
                    (".requires_grad_()", "", "The graph is detached"),
                )
            ),
            *(
                (
                    "def curvature_along(loss_function, w, v):\n"
                    f"    hessian = torch.autograd.functional.hessian(loss_function, w)\n    return {result}",
                    words,
                )
                for result, words in (
                    ("torch.linalg.eigvalsh(hessian)[-1]", "the largest curvature, not the one along v"),
                    ("hessian.diagonal().sum()", "the trace"),
                )
            ),
        ],
        "at_the_edge": [
            (f"at_the_edge = {answer}", words)
            for answer, words in (
                ("[True, True, True]", "High is not the edge"),
                ("np.array([1, 0, 1])", "B is low because its edge"),
                ("(True, False, False)", "its edge is at 40"),
                ("[False, True, False]", "C has momentum"),
                ("'C'", "it sits on it"),
                ("'A and B'", "C's, with momentum, is 26"),
                ("{'A': False, 'B': False, 'C': False}", "Two of them sit on their edges"),
                ("[True, True]", "Three truth values are asked for"),
                ("[0.05, 'both', 0.1]", "Three truth values are asked for"),
                ("26", "Three truth values are asked for"),
            )
        ],
    },
    "07_diffusion_models": {
        "marginal": [
            (f"def marginal(x0, integral):\n    a = np.exp(-integral / 2)\n    return np.array([{answer}])", words)
            for answer, words in (
                ("a * x0, 1 - a**2", "That is the variance"),
                ("a**2 * x0, (1 - a**2) ** 0.5", "exponent −I/2"),
                ("a * x0, (1 - a) ** 0.5", "not 1 − α"),
                ("a * x0, 1 - a", "no deviation"),
                ("a * x0, integral**0.5", "Old noise shrinks"),
                ("a**2 * x0, (1 - a**4) ** 0.5", "two halves are missing"),
                ("a**2 * x0, 1 - a**2", "the variance needs its root"),
                ("x0 / a, (1 - a**2) ** 0.5", "the mean decays"),
                ("a, (1 - a**2) ** 0.5", "α times x0"),
                ("(1 - a**2) ** 0.5, a * x0", "first the mean"),
                ("x0, integral**0.5", "without the pull"),
                ("x0 - integral * x0 / 2, integral**0.5", "one step of Euler–Maruyama"),
            )
        ],
        "backward_drift": [
            (f"def backward_drift(x, pull, beta_t, noise):\n    return {formula}", words)
            for formula, words in (
                ("beta_t * ((1 + noise**2) * pull - x) / 2", "the pull is undone"),
                ("beta_t * (x - (1 + noise**2) * pull) / 2", "the density is climbed"),
                ("-beta_t * (x + (1 + noise**2) * pull) / 2", "Both signs"),
                ("-beta_t / 2 * (pull + x)", "the probability flow, λ = 0, and in t"),
                ("beta_t * (x / 2 + (1 + noise**2) * pull)", "A factor ½ is missing in front of (1 + λ²)"),
                ("beta_t * x + (1 + noise**2) / 2 * beta_t * pull", "A factor ½ is missing in front of βx"),
                ("beta_t * x + (1 + noise**2) * beta_t * pull", "Both factors ½"),
                ("beta_t * (x / 2 + pull)", "right for λ = 1 alone"),
                ("beta_t * x / 2 + beta_t * pull / 2", "right for λ = 0 alone"),
                ("beta_t * x / 2 + (1 + noise) / 2 * beta_t * pull", "λ enters squared"),
                ("beta_t * x / 2 + (1 + noise) ** 2 / 2 * beta_t * pull", "not (1 + λ)²"),
                ("beta_t * x / 2 + (1 + noise**2 / 2) / 2 * beta_t * pull", "and once"),
                ("beta_t * x / 2 + (1 + noise**2 / 2) * beta_t * pull", "belongs to the 1, too"),
                ("beta_t**0.5 * (x + (1 + noise**2) * pull) / 2", "√β belongs to the noise"),
                ("beta_t * x / 2 + beta_t * noise**2 * pull", "½(1 + λ²), not λ²"),
                ("beta_t * x / 2 + beta_t * noise**2 * pull / 2", ": 1 + λ², not λ²"),
                ("beta_t * x / 2 + (1 - noise**2) / 2 * beta_t * pull", "belongs to the forward direction"),
                ("x / 2 + (1 + noise**2) / 2 * pull", "β is missing"),
                ("-beta_t * x / 2 + beta_t * pull", "mistake that looks right"),
            )
        ],
        "score_from_noise": [
            (f"def score_from_noise(predicted, alpha_t):\n    return {formula}", words)
            for formula, words in (
                ("predicted / (1 - alpha_t**2) ** 0.5", "noise leads away from the data"),
                ("predicted / (alpha_t**2 - 1)", "not by the variance"),
                ("predicted / (1 - alpha_t**2)", "in place of the variance"),
                ("predicted", "The sign, and the scale"),
                ("-predicted", "The scale is missing"),
                ("predicted / (alpha_t - 1)", "deviation is √(1 − α²)"),
                ("-predicted * (1 - alpha_t**2) ** 0.5", "Multiplied where"),
                ("-predicted / alpha_t", "not by α"),
                ("-predicted / (1 - alpha_t) ** 0.5", "so it is squared"),
                ("predicted / (1 - alpha_t) ** 0.5", "The sign; and"),
            )
        ],
    },
    "08_when_diffusion_copies": {
        "posterior_weights": [
            (
                "def posterior_weights(x, images, counts, alpha_t, sigma_t):\n"
                f"    e = {exponents}\n    w = counts * np.exp(e - e.max())\n    return {result}",
                words,
            )
            for exponents, result, words in (
                (f"-{SQUARED} / sigma_t**2 / 2", "(w / counts) / (w / counts).sum()", "The counts have no say"),
                (f"counts - {SQUARED} / sigma_t**2 / 2", "(w / counts) / (w / counts).sum()", "a factor of the weight"),
                (f"-{SQUARED} / sigma_t**2", "w / w.sum()", "The ½"),
                (f"-{SQUARED} / sigma_t / 2", "w / w.sum()", "not by σ"),
                ("-((x - images) ** 2).sum(1) / sigma_t**2 / 2", "w / w.sum()", "have shrunk"),
                (f"{SQUARED} / sigma_t**2 / 2", "w / w.sum()", "the farthest image wins"),
                (f"-{SQUARED} / sigma_t**2 / 2", "counts * np.exp(e)", "divide by their sum"),
                (f"-{SQUARED} / sigma_t**2 / 2", "e + np.log(counts)", "exponentiate"),
                (f"-{SQUARED} ** 0.5 / sigma_t**2 / 2", "w / w.sum()", "square of the distance"),
                (f"-{SQUARED} / len(x) / sigma_t**2 / 2", "w / w.sum()", "Sum over the pixels"),
                ("alpha_t * images @ x / sigma_t**2", "w / w.sum()", "differs between images"),
                (f"-{SQUARED}", "1.0 * (e == e.max())", "the nearest image alone"),
                ("np.zeros(len(images))", "w / w.sum()", "x has no say"),
            )
        ],
        "mixture_score": [
            (
                f"def mixture_score(x, pi, images, s, alpha_t, sigma_t):\n    y = pi @ images\n    return {formula}",
                words,
            )
            for formula, words in (
                ("(alpha_t * y - x) / sigma_t**2", "their width s is missing"),
                ("(x - alpha_t * y) / (alpha_t**2 * s**2 + sigma_t**2)", "leads to the guess"),
                ("(alpha_t * y - x) / (s**2 + sigma_t**2)", "shrinks with the images"),
                ("(alpha_t * y - x) / (alpha_t * s**2 + sigma_t**2)", "has the variance α²s²"),
                ("(alpha_t * y - x) / (alpha_t * s + sigma_t) ** 2", "widths do not"),
                ("(alpha_t * y - x) / (alpha_t**2 * s**2 + sigma_t**2) ** 0.5", "no root"),
                ("(y - x) / (alpha_t**2 * s**2 + sigma_t**2)", "α times the images"),
                ("alpha_t * y - x", "the narrower, the steeper"),
                ("(alpha_t * images.mean(0) - x) / (alpha_t**2 * s**2 + sigma_t**2)", "Weight the images"),
                ("-x / (alpha_t**2 * s**2 + sigma_t**2)", "pull towards the images"),
            )
        ],
        "images_for": [
            (f"def images_for(log_snr, d):\n    snr = np.exp(log_snr)\n    return {formula}", words)
            for formula, words in (
                ("(1 + snr) ** (d / 2)", "That is n − 1"),
                ("1 + (1 + snr) ** d", "makes the exponent d/2"),
                ("1 + (1 + snr) ** (2 / d)", "Solved for the other side"),
                ("1 + snr ** (d / 2)", "add 1"),
                ("1 + (1 + log_snr) ** (d / 2)", "the exponential of the log-SNR"),
                ("1 + (1 + 1 / snr) ** (d / 2)", "mind the sign"),
                ("d / 2 * np.log1p(snr)", "the information, log(n − 1)"),
                ("1 + (1 + snr**0.5) ** (d / 2)", "no half in the exponential"),
                ("1 + (1 + snr) ** (-d / 2)", "needs more images"),
                ("(1 + snr) ** (d / 2) - 1", "not less 1"),
            )
        ],
        "share_of_copies": [
            (
                f"def share_of_copies(samples, images):\n    y = np.unique(images, axis=0)\n    {more}\n"
                f"    d = np.sort(np.linalg.norm(samples[:, None] - y, axis=2), axis=1)\n    return {result}",
                words,
            )
            for more, result, words in (
                ("y = images", "np.mean(d[:, 0] / d[:, 1] < 1 / 3)", "there twice"),
                ("pass", "np.mean(d[:, 0] ** 2 / d[:, 1] ** 2 < 1 / 3)", "take the root"),
                ("pass", "np.mean(d[:, 0] / d[:, 1] > 1 / 3)", "that are no copies"),
                ("pass", "np.sum(d[:, 0] / d[:, 1] < 1 / 3)", "their number"),
                ("pass", "np.mean(d[:, 0] < 1 / 3)", "d₁ alone"),
                ("pass", "np.mean(d[:, 0] / d[:, -1] < 1 / 3)", "the farthest image"),
                (
                    "d = np.sort(abs(samples[:, None] - y).sum(2), axis=1); return np.mean(d[:, 0] / d[:, 1] < 1 / 3)",
                    "None",
                    "not absolute values",
                ),
                ("pass", "np.mean(d[:, 1] / d[:, 2] < 1 / 3)", "Counted from 1"),
                ("pass", "np.mean(d[:, 0] / d[:, 1])", "the mean of d₁/d₂"),
                ("pass", "d[:, 0] / d[:, 1] < 1 / 3", "One verdict for each"),
            )
        ],
    },
    "09_when_the_solver_dies": {
        "causes": [
            (f'def causes():\n    return "{letters}"', words)
            for letters, words in (
                ("SNPS", "1: stiffness takes many steps"),
                ("NNPS", "1: a NaN leaves a step of 0.0"),
                ("PNPS", "1: every underflow ends"),
                ("BBPS", "2: nothing grew"),
                ("BSPS", "2: eight evaluations are no long solve"),
                ("BPPS", "2: the step is exactly 0.0"),
                ("BNBS", "3: the entries stay below 2"),
                ("BNSS", "3: stiffness does not make a step vanish"),
                ("BNNS", "3: a NaN would leave 0.0"),
                ("BNPB", "4: a blow-up ends in underflow"),
                ("BNPN", "4: NaN ends in underflow"),
                ("BNPP", "4: it arrived"),
                ("stiff", "Return four letters of B, N, P and S in one string."),
                ("BNP", "Return four letters of B, N, P and S in one string."),
            )
        ]
        + [
            ("def causes():\n    return 4", "Return four letters"),
            ("def causes():\n    print('BNPS')", "prints its result"),
        ],
        "stiff_step": [
            (f"def stiff_step(lam, g, t, y, h):\n    return {formula}", words)
            for formula, words in (
                ("y - h * lam * (y - g(t))", "the explicit step"),
                ("y - h * lam * (y - g(t + h))", "y still at the start"),
                ("(y + h * lam * g(t)) / (1 + h * lam)", "g at t + h"),
                ("(y + h * lam * g(t + h)) / (1 - h * lam)", "A sign"),
                ("y + h * lam * g(t + h) / (1 + h * lam)", "the whole right side"),
                ("(y + h * g(t + h)) / (1 + h * lam)", "multiplies g as well"),
                ("y / (1 + h * lam)", "forcing g is missing"),
                ("(y + h * lam * g) / (1 + h * lam)", "g is a function"),
                ("g(t + h)", "limit of infinite λ"),
                ("(y - h * lam * g(t + h)) / (1 + h * lam)", "The sign of g"),
                ("(y + h * lam * g(t + h)) / (1 + lam)", "h is missing below"),
                ("(y + h * lam * g(h)) / (1 + h * lam)", "not at h"),
            )
        ],
        "dummy_field": [
            (f"def dummy_field(f, start, end, s, x):\n    return {formula}", words)
            for formula, words in (
                ("f(start + (end - start) * s, x)", "factor dt/ds = end − start is missing"),
                ("(end - start) * f(s, x)", "f knows the true time"),
                ("f(s, x)", "Both are missing"),
                ("end * f(end * s, x)", "start = 0 alone"),
                ("(end - start) * f((end - start) * s, x)", "at s = 0 the time is start"),
                ("f(start + (end - start) * s, x) / (end - start)", "The factor stands above"),
                ("(end - start) * f((s - start) / (end - start), x)", "f wants t of s"),
                ("(start - end) * f(start + (end - start) * s, x)", "s runs forward"),
                ("(end - start) * f(x)", "f takes the time and the state"),
                ("(end - start) * f(end * s, x)", "at s = 0 it is start"),
                ("(end - start) * f(x, start + (end - start) * s)", "f takes the time first"),
                ("x + (end - start) * f(start + (end - start) * s, x)", "That is a step"),
            )
        ],
    },
}
