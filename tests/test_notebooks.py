"""Every notebook, executed live in a kernel of its own: its panels are swept, moved by hand, its exercises answered.

What nbval runs is the notebook from top to bottom; here the kernel stays, and the test plays the learner: on a page of
JupyterLab, where there is a Chromium.
"""

import ast
import contextlib
import html
import json
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from jupyter_client import BlockingKernelClient
from nbformat.v4 import new_code_cell, new_notebook

from tests.bursts import ASK, burst, said
from tests.conftest import chromium_path
from tests.hands import PRESSES, PROBE, move_by_keyboard_and_mouse, play, press_during_a_run, probed, run_and_stop
from tests.wrong_answers import WRONG
from tools import browser, minutes, notebooks, tables

PATHS = notebooks.all_notebooks()


# After each panel's cell. Names with _ at the end are none of a notebook.
REMEMBER = "import tests.sweep as sweep_\nsweep_.remember()"


class Kernel:
    """A notebook that has run to its end, and goes on taking cells."""

    def __init__(self, path: Path, connection_file: str, printed: list[str], page=None):
        """printed: the texts below its cells. page: where JupyterLab shows it, a tools.browser.Notebook."""
        self.path, self.notebook, self.printed, self.page = path, notebooks.read(path), printed, page
        self.client = BlockingKernelClient(connection_file=connection_file)
        self.client.load_connection_file()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def run(self, source: str) -> str:
        """Run one more cell and return what it printed. Raises RuntimeError where it fails."""
        return said(self.client, source)


def remembering(path: Path) -> list:
    """The notebook's cells, and after each panel's one that notes what it shows."""
    cells = []
    for cell in notebooks.read(path).cells:
        cells += [cell, new_code_cell(REMEMBER)] if cell.cell_type == "code" and "@panel(" in cell.source else [cell]
    return cells


@contextlib.contextmanager
def of_its_own(path: Path):
    """Where there is no Chromium: the notebook's cells, one after the other."""
    notebook = new_notebook(cells=remembering(path))
    client = notebooks.client(notebook, path.parent)
    with client.setup_kernel():
        for index, cell in enumerate(notebook.cells):
            client.execute_cell(cell, index)
        outputs = [output for cell in notebook.cells for output in cell.get("outputs", ())]
        printed = [output.text for output in outputs if output.output_type == "stream"]
        yield Kernel(path, client.km.connection_file, printed)


@contextlib.contextmanager
def in_jupyterlab(path: Path, course: Path, lab, window):
    """Run All on a page of JupyterLab: one run serves what the hands do there and what is asked of the kernel."""
    browser.write_notebook(course / "notebooks" / path.name, [*remembering(path), PROBE])
    page = lab.open(window, f"notebooks/{path.name}")
    try:
        page.run_all()
        printed = page.page.locator(".jp-OutputArea-output").all_text_contents()
        yield Kernel(path, lab.connection_file(page), printed, page)
    finally:
        lab.close(page)


@pytest.fixture(scope="module", params=PATHS, ids=lambda path: path.stem)
def kernel(request):
    with pytest.MonkeyPatch.context() as patch:
        patch.delenv("COURSE_STATIC", raising=False)
        patch.setenv("COURSE_SEED", os.environ.get("COURSE_SEED", "0"))
        shown = [request.getfixturevalue(name) for name in ("course", "lab", "window") if chromium_path()]
        with in_jupyterlab(request.param, *shown) if shown else of_its_own(request.param) as running:
            yield running
            running.client.stop_channels()


def test_reset_gives_what_a_panel_showed_when_it_was_made(kernel):
    """After Run All: no later cell has bound a name that a panel reads."""
    kernel.run("sweep_.check_creation()")


def test_panels_survive_a_sweep(kernel):
    """At so many random corners; each picture is that of a full draw, and each goal can be reached."""
    report = kernel.run(f"print(sweep_.sweep(corners={os.environ.get('COURSE_CORNERS', '40')}))")
    print(report)
    assert len(re.findall(r"settings, median update", report)) >= 2, "a notebook has at least two panels"


def test_a_broken_move_fails_the_sweep(kernel):
    """The proof that the sweep above can fail in a kernel at all."""
    report = kernel.run(
        "broken_ = next(iter(sweep_.live().values()))\n"
        "axes_ = broken_.canvas.figure.axes[0]\n"
        "draw_, axes_.draw = axes_.draw, lambda renderer: 1 / 0\n"
        "try:\n    sweep_.sweep(corners=0)\n"
        "except ZeroDivisionError as error_:\n    print('raised:', error_)\n"
        "finally:\n    axes_.draw = draw_\n    broken_.reset()"
    )
    assert report == "raised: division by zero\n"


REVEALED = {  # what the predictions of a notebook turn out to be, in order
    "01_resnet_as_euler": ["about 10", "it stays random", "lower", "above 0.95", "falls"],
}


def test_predictions_turn_out_as_they_should(kernel):
    found = re.findall(r"^Measured: (.+?) \(", "\n".join(kernel.printed), re.MULTILINE)
    assert kernel.path.stem not in REVEALED or found == REVEALED[kernel.path.stem]


# What no claim on the page can hold: that a status says what its picture shows, and that a Run runs at its ends.
TRUE = {
    "01_resnet_as_euler": """
import re as re_

def said_(words, panel):
    return float(re_.search(words + r" (-?[0-9.e+-]*[0-9])", panel.status)[1])

plane_, errors_ = depth_panel.canvas.figure.axes
for omega_ in (3.0, 7.0):
    depth_panel.set(omega=omega_, layers=16, method="midpoint")
    ends_ = np.array([path[-1] for path in plane_.collections[0].get_segments()])
    assert np.allclose(ends_, turning_flow(omega_, ring, 1.0)), "the exact flow is that of the slider"
    assert np.isclose(said_("that of 64 layers:", depth_panel), errors_.lines[1].get_ydata()[4], rtol=0.01)
    assert np.isclose(said_("; error", depth_panel), errors_.lines[0].get_ydata()[4], rtol=0.01)
for network_ in range(1, 6):
    flow_panel.set(network=network_, t=0.4, extra=0)
    trace_, now_ = flow_panel.canvas.figure.axes[1].lines[:2]
    shown_ = said_("a flat cut reads", flow_panel)
    assert np.isclose(shown_, probes[0][40, network_ - 1], atol=6e-4)
    assert np.isclose(shown_, trace_.get_ydata()[-1], atol=6e-4) and np.isclose(shown_, now_.get_ydata()[0], atol=6e-4)
    for extra_ in range(3):
        lift_panel.set(network=network_, extra=extra_)
        right_ = 1 - int(re_.search(r"(\\d+) of 1024 held-out", lift_panel.status)[1]) / 1024
        assert abs(right_ - rings[extra_][network_ - 1]) < 2e-3, (network_, extra_, right_)
for rule_ in (CLASSICAL, KUTTA, RALSTON):  # which are all of order 4
    stepped_ = [method(*rule_)(lambda t, x: t - x**2, 0.0, 1.0, h_) for h_ in (0.1, 0.2)]
    assert np.allclose(stepped_, [0.913794, 0.851191], atol=5e-5), stepped_
assert np.isclose(depths[-1] * distances["smooth in depth, α = 1"][-1], leading, rtol=0.01), "the dashed line"
kept_, unseen = unseen, (unseen[0], 1 - unseen[1])
assert torch.equal(cut_reads(films[1][-1:]), ~reads[1][-1:]), "the cut is fitted without the held-out answers"
unseen = kept_
lift_panel.set(extra=2)
lift_panel.run(0.5)
assert lift_panel.status.startswith("Update"), lift_panel.status
assert alive[2, network_].extra == 2, "the network that Run trains has the dimensions that were asked for"
lift_panel.reset()
""",
}


def test_what_a_page_shows_is_so(kernel):
    kernel.run(TRUE.get(kernel.path.stem, ""))


# The sliders of each notebook that are moved here; each one moves the picture and the status of its panel.
SLIDERS = {
    "01_resnet_as_euler": ("layers", "time t", "tolerance", "depth t"),
    "02_adjoint_memory": ("Euler steps N", "contraction λ", "stored points"),
    "03_cnf_trace": ("expansion e", "time t", "steps N", "probes K"),
    "04_double_well_sde": ("noise σ", "time t", "σ of the walk", "slowness"),
    "05_flat_vs_sharp_minima": ("learning rate η", "temperature T", "turned to", "noise s", "η of all"),
    "06_edge_of_stability": ("curvature λ", "network's η", "start x", "momentum β"),
    "07_diffusion_models": ("clock", "steps", "strength κ"),
    "08_when_diffusion_copies": ("time t", "fork at t", "training steps", "start t_on"),
    "09_when_the_solver_dies": ("stiffness λ", "samples", "step h of the swing"),
}


@pytest.mark.browser
def test_by_hand_in_jupyterlab(kernel, chromium):
    """Keys, mouse, Play, and each press during a Run; it comes before the exercises, which bind a notebook's names."""
    assert kernel.path.stem in SLIDERS, (
        f"SLIDERS names the sliders of each notebook that are moved; add {kernel.path.stem}"
    )
    probed(kernel.page)  # from here on a Run takes ten seconds
    for label in SLIDERS[kernel.path.stem]:
        panel = kernel.page.panel(label)
        move_by_keyboard_and_mouse(panel, label)
        if panel.plays(label):
            play(panel, label)
        if panel.runs:
            run_and_stop(panel)
            for press in PRESSES:
                press_during_a_run(kernel.page, label, press)
            kernel.page.panel(label).reset.click()
    assert not kernel.page.errors()


def test_of_a_burst_the_newest_is_drawn(kernel):
    if kernel.page:  # which would send rounded numbers back: of two clients each is heard
        kernel.page.page.close()
    for found in burst(kernel.client, kernel.run(ASK)):
        print(f"{found.name}: of 60 messages {found.pictures} drawn, the newest after {found.seconds:.2f} s")
        assert html.escape(found.expected) in found.shown, found
        assert 1 <= found.pictures < 50, found  # a panel that draws whatever comes draws 60


BAD_INPUT = {
    "05_flat_vs_sharp_minima": [
        ("sgd(np.array([0.1, 0.0]), 4, 1.0, [])", "eta=[0.1 0. ]: expected a learning rate > 0"),
        ("sgd(-0.1, 4, 1.0, [])", "eta=-0.1: expected a learning rate > 0"),
        ("sgd(np.nan, 4, 1.0, [])", "eta=nan: expected a learning rate > 0"),
        ("sgd(0.1, 0, 1.0, [])", "size=0: expected a batch of 1 to 1000 samples"),
        ("sgd(0.1, 1001, 1.0, [])", "size=1001: expected a batch of 1 to 1000 samples"),
        ("sgd(30.0, 1, np.ones(300), batches[1])", "walkers diverged: take a smaller learning rate"),
        ("matched_walk(isotropic, 0.4, 0.0, 1.0)", "eta=0.0: expected a learning rate > 0"),
        ("next(trainings(0.0, 4))", "eta=0.0: expected a learning rate > 0"),
        ("next(trainings(0.1, 0))", "size=0: expected a batch of 1 to 1000 samples"),
        ("train(-1.0, 8, 0)", "eta=-1.0: expected a learning rate > 0"),
        ("train(0.1, 0, 0)", "size=0: expected a batch of 1 to 1000 samples"),
    ],
    "06_edge_of_stability": [
        ("next(descend(0.0))", "eta=0: expected a number > 0"),
        ("next(descend(float('nan')))", "eta=nan: expected a finite number"),
        ("next(descend(0.1, 1.0))", "beta=1.0: expected a momentum from 0 up to, not including, 1"),
        ("list(descend(0.6))", "diverged: η = 0.6 and β = 0 gave loss"),
        ("batch_of(0)", "size=0: expected a whole number, 1 or greater"),
        ("batch_of(201)", "size=201: expected a batch of 1 to 200 samples"),
    ],
    "07_diffusion_models": [
        ("time_grid(0)", "steps=0: expected a whole number, 1 or greater"),
        ("reverse(normals(9, 2), 2.5)", "steps=2.5: expected a whole number, 1 or greater"),
        ("score(normals(9, 2), 1.5)", "t=1.5: expected a time from 0 (data) to 1 (noise)"),
        ("ring(-0.1)", "t=-0.1: expected a time from 0 (data) to 1 (noise)"),
        ("flown(5, 'Milstein')", "method='Milstein': expected one of 'euler', 'midpoint', 'rk4'"),
        ("reverse(normals(9, 2), 5, noise=-1.0)", "noise=-1: expected a number ≥ 0"),
        ("steered(1.5, 1.0)", "kappa=1.5: expected a strength from 0 to 1"),
        ("predicted_shares(0.9, 0.5, 0.2)", "on=0.5, off=0.2: expected on = 1 with off > 0, or off = 0"),
    ],
    "08_when_diffusion_copies": [
        ("exact(0)", "n=0: expected 1 to 1400 images"),
        ("exact(1401)", "n=1401: expected 1 to 1400 images"),
        ("exact(20)(normals(3, 64), 1.5)", "t=1.5: expected a time from 0 (data) to 1 (noise)"),
        ("time_grid(0.5, -7.0)", "steps from start to end=-11: expected a whole number, 1 or greater"),
        ("collapse_time(2, 8)", "n=2: expected a whole number, 3 or greater"),
        ("weights_of(1.5, even)", "kappa=1.5: expected a strength from 0 to 1"),
    ],
}


def test_bad_input_is_named(kernel):
    for call, words in BAD_INPUT.get(kernel.path.stem, ()):
        said = kernel.run(
            f"try:\n    with np.errstate(all='ignore'):\n        {call}\n"
            "except (ValueError, RuntimeError) as error:\n    print(error)"
        )
        assert words in said, (call, said)


# Runs the cell that is its argument alone, in a kernel that has set up and imported, and prints what comes of it.
ALONE = """
import json, os, sys  # names with _ at the end are none that a cell sets
sys.path.insert(0, os.pardir)
setup, imports, *cells = json.load(sys.stdin)
for cell in (setup, imports):
    exec(cell, globals())
for number_, cell in enumerate(cells, 3):
    sys.stdout.flush()
    if os.fork() == 0:
        said_ = "done"
        try:
            sys.stdout = open(os.devnull, "w")
            exec(compile(cell, "cell", "exec"), globals())
        except Exception as error:
            said_ = f"{type(error).__name__}: {error}"
        os.write(1, f"{number_} {said_}\\n".encode())
        os._exit(0)
    os.wait()
"""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="a cell runs in a process of its own, which needs os.fork")
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_a_cell_run_out_of_order_says_what_is_missing(path):
    cells = [cell.source for cell in notebooks.read(path).cells if cell.cell_type == "code"]
    environment = {**os.environ, "COURSE_STATIC": "1"}
    done = subprocess.run(
        [sys.executable, "-c", ALONE],
        input=json.dumps(cells),
        cwd=path.parent,
        env=environment,
        capture_output=True,
        text=True,
    )
    found = [line for line in done.stdout.splitlines() if re.match(r"\d+ (done|\w+: )", line)]
    assert [int(line.split()[0]) for line in found] == list(range(3, len(cells) + 1)), done.stderr[-2000:]
    missing = [line for line in found if not line.endswith(" done")]
    assert len(missing) > len(cells) / 4
    for line in missing:
        named = re.match(r"\d+ NameError: name '(\w+)' is not defined", line)
        assert named or "ClaimError: the ledger is empty: run the notebook from its top first" in line, line
        above = "\n".join(cells[: int(line.split()[0]) - 1])
        assert not named or re.search(rf"\b{named[1]}\b", above), f"{line}: not a name of an earlier cell"


def tagged(notebook, kind: str) -> dict[str, str]:
    """Sources of the cells tagged `kind:name`, by name."""
    found = {}
    for cell in notebook.cells:
        for tag in cell.metadata.get("tags", ()):
            if tag.startswith(kind + ":"):
                found[tag.split(":", 1)[1]] = cell.source
    return found


# Run in the kernel. A right answer in other clothes; and a check that is asked about each formula of its own table.
DRESSES = """
import numpy as np_
import torch as torch_

def dressed_(answer, dress):
    def each(result):
        if isinstance(result, (list, tuple)):
            return type(result)(map(each, result))
        return result if isinstance(result, (str, bool)) or callable(result) else dress(result)
    if callable(answer):
        return lambda *given: each(answer(*given))
    return each(answer)

def array_(x, kind=np_.float64):
    x = x.detach().cpu() if hasattr(x, "detach") else x
    return np_.asarray(x).astype(kind)

def one_longer_(x):
    return array_(x)[None] if np_.ndim(x) == 0 else array_(x)

dresses_ = {
    "float32": lambda x: array_(x, np_.float32),
    "NumPy": array_,
    "torch": lambda x: torch_.as_tensor(array_(x)),
    "torch float32": lambda x: torch_.as_tensor(array_(x, np_.float32)),
    "(1,)": one_longer_,
    "a list": lambda x: array_(x).tolist(),
}

def asked_of_itself_(answer, arguments="", *, right=None, wrong=(), judge=None, **more):
    for formula, diagnosis in (wrong.items() if isinstance(wrong, dict) else wrong):
        mistake = formula
        if more.get("cases") and not callable(formula):
            mistake = eval(f"lambda {arguments}: {formula}", {"math": math, "np": np_, "torch": torch_})
        said = io_.StringIO()
        with contextlib_.redirect_stdout(said):
            check_(mistake, arguments, right=right, wrong=wrong, **more)
        if said.getvalue() != f"✗ {diagnosis}\\n":
            print(f"{formula}: expected {diagnosis!r}, got {said.getvalue()!r}")
"""


def sentences_of_functions(check: str) -> list[str]:
    """The diagnoses in a check cell that no table of formulas holds: those of its functions, and of `errors`."""
    tree = ast.parse(check)
    inside = [part for part in ast.walk(tree) if isinstance(part, ast.FunctionDef)]
    inside += [part.value for part in ast.walk(tree) if isinstance(part, ast.keyword) and part.arg == "errors"]
    told = {
        node.value
        for part in inside
        for node in ast.walk(part)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.endswith((".", "…"))
    }
    told -= {ast.get_docstring(part) for part in inside if isinstance(part, ast.FunctionDef)}
    return sorted(sentence for sentence in told if sentence[0].isupper() and sentence.count(" ") >= 3)


def test_exercises_tell_what_is_wrong(kernel):
    assert kernel.path.stem in WRONG, f"WRONG holds a learner's mistakes for each notebook; add {kernel.path.stem}"
    stubs, checks = tagged(kernel.notebook, "exercise-stub"), tagged(kernel.notebook, "exercise-check")
    solutions, wrong = tagged(kernel.notebook, "exercise-solution"), WRONG[kernel.path.stem]
    assert stubs.keys() == checks.keys() == solutions.keys() == wrong.keys(), "one of each, and in WRONG, by name"
    assert len(stubs) >= 3, "a notebook has at least three exercises with a check"
    kernel.run("import contextlib as contextlib_, io as io_, math\nfrom helpers.exercises import check as check_")
    kernel.run(DRESSES)
    for name, check in checks.items():
        kernel.run(stubs[name])
        assert kernel.run(check).startswith("… Not attempted yet"), name
        (solution,) = re.findall(r"```python\n(.*?)```", solutions[name], re.DOTALL)
        kernel.run(solution)
        assert kernel.run(check) == "✓ Correct.\n", name
        for dress in ("float32", "NumPy", "torch", "torch float32", "(1,)", "a list"):
            kernel.run(f"right_, {name} = {name}, dressed_({name}, dresses_[{dress!r}])")
            assert kernel.run(check) == "✓ Correct.\n", (name, dress)
            kernel.run(f"{name} = right_")
        verdicts = {}
        for answer, words in wrong[name]:
            kernel.run(answer)
            verdicts[answer] = kernel.run(check)
            assert verdicts[answer].startswith("✗") and words in verdicts[answer], (name, answer, verdicts[answer])
        assert len(set(verdicts.values())) >= 5, f"{name}: at least five mistakes have a diagnosis of their own"
        for sentence in sentences_of_functions(check):
            assert any(sentence in verdict for verdict in verdicts.values()), f"{name}: nobody is told {sentence!r}"
        kernel.run("check = asked_of_itself_")
        assert kernel.run(check) == "", "each formula has its own diagnosis"
        kernel.run("check = check_")


@pytest.fixture(params=PATHS, ids=lambda path: path.stem)
def committed(request):
    return request.param, notebooks.read(request.param)


def test_committed_notebook_is_executed_and_clean(committed):
    path, notebook = committed
    before = path.read_text(encoding="utf-8")
    notebooks.normalise(notebook, path)
    notebooks.write(notebook, path)
    after = path.read_text(encoding="utf-8")
    path.write_text(before, encoding="utf-8")
    changed = [f"{old} -> {new}" for old, new in zip(before.split("\n"), after.split("\n"), strict=False) if old != new]
    assert after == before, f"make notebooks would change it, first here: {changed[:1]}"
    assert len(before.encode()) < 1_000_000
    code = [cell for cell in notebook.cells if cell.cell_type == "code"]
    assert [cell.execution_count for cell in code] == list(range(1, len(code) + 1))
    outputs = [output for cell in code for output in cell.outputs]
    for output in outputs:
        data = output.get("data", {})
        assert "application/vnd.jupyter.widget-view+json" not in data
        assert "image/png" not in data or output.metadata["image/png"]["alt"].strip()
    assert not [output for output in outputs if output.output_type == "error"]
    for cell in code:
        hidden = cell.metadata.get("jupyter", {}).get("source_hidden")
        assert hidden or "# @title" not in cell.source, f"a cell with a title is folded: {cell.source[:60]}"
        assert len(cell.source.splitlines()) <= (60 if hidden else 25), cell.source


def test_a_learner_is_soon_at_the_idea(committed):
    """A panel at once, mathematics in view, a main line of an hour and a half."""
    _path, notebook = committed
    words, lines = minutes.before_the_first_panel(notebook)
    assert words <= 300 and lines <= 30
    main, deeper = minutes.parts(notebook)
    assert minutes.minutes(main) <= 90
    assert minutes.plumbing(main, deeper) <= 0.15


def test_prose_stands_before_every_visible_section(committed):
    """A notebook has its ledger, its references, folded solutions that GitHub renders, and no machine's path."""
    path, notebook = committed
    text = "\n".join(cell.source for cell in notebook.cells)
    assert tables.claims(notebook), "the ledger shows the claims"
    for heading in ("## References", "Exercise", "In your own words", "Why it matters"):
        assert heading in text
    assert all(after.startswith("\n\n") for after in text.split("</summary>")[1:])
    assert not re.search(r"/(home|root|tmp|work|Users)/", path.read_text(encoding="utf-8"))


def test_the_table_of_claims_is_what_the_notebooks_measured():
    assert tables.CLAIMS.read_text(encoding="utf-8") == tables.claims_table(PATHS)


DEBT = 0  # claims that name no mistake that they would notice: it only falls


def test_the_claims_that_rule_nothing_out_become_fewer():
    rows = [(path.stem, row) for path in PATHS for row in tables.claims(notebooks.read(path))]
    mute = [(stem, row[0]) for stem, row in rows if not row[4]]
    print(f"{len(mute)} of {len(rows)} claims rule nothing out")
    assert len(mute) <= DEBT, "name in rules_out what the new claim would notice"


def test_the_readme_has_a_row_of_each_notebook():
    text = tables.README.read_text(encoding="utf-8")
    for path in PATHS:
        assert f"| [{path.stem[:2]} · " in text and f"](notebooks/{path.name}) |" in text, path.name


def test_the_teachers_overview_is_what_the_notebooks_hold():
    assert tables.read_between(tables.OVERVIEW, "overview") == tables.overview(PATHS)


def test_the_lesson_is_reached_where_the_overview_says():
    """Each section that notebooks/README.md names has that number and that title."""
    text, count = tables.OVERVIEW.read_text(encoding="utf-8"), 0
    for file, named in re.findall(r"\[\d\d\]\((\w+\.ipynb)\)([^\[|]*)", text):
        cells = notebooks.read(tables.OVERVIEW.parent / file).cells
        headings = [line for cell in cells for line in cell.source.splitlines()]
        for number, title in re.findall(r"(D?\d+) \*(.+?)\*(?!\*)", named):
            count += 1
            assert {f"## {number} · {title}", f"### {number} · {title}"} & set(headings), (file, number, title)
    assert count > 60


def test_a_misspelt_tag_is_named(tmp_path):
    cell = new_code_cell("# @title Claim: two", metadata={"tags": ["clami"]})
    with pytest.raises(SystemExit, match=r"scratch.ipynb, cell 1: tags \['clami'\]: expected one of check, claim, "):
        notebooks.normalise(new_notebook(cells=[cell]), tmp_path / "scratch.ipynb")
    with pytest.raises(SystemExit, match="04: expected a notebook's path"):
        notebooks.main(["04"])


def test_a_timing_keeps_its_output_until_its_words_or_its_source_change(tmp_path):
    path = tmp_path / "clock.ipynb"

    def printed(source: str, tags: tuple = ("timing",)) -> str:
        old = notebooks.read(path).cells[0].outputs if path.exists() else []
        cell = new_code_cell(source, outputs=old, metadata={"tags": list(tags)})
        cell.id = "clock"
        notebooks.write(new_notebook(cells=[cell]), path)
        notebooks.execute(path)
        return notebooks.read(path).cells[0].outputs[0].text

    clock = "import time\nprint(time.perf_counter_ns(), 'ns')"
    first = printed(clock)
    assert printed(clock) == first
    assert printed(clock, tags=()) != first
    assert "ms" in printed(clock.replace("'ns'", "'ms'"))
