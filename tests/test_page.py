"""The web edition: how a notebook becomes a page, and, under the marker `page`, what `make page` built."""

import contextlib
import filecmp
import re
from urllib.parse import unquote

import nbformat.v4 as v4
import pytest

from page import build
from page.record import script
from tools import notebooks, publish, tables
from tools.browser import launch

PATHS = notebooks.all_notebooks()
PAGES = ["index.html", "CLAIMS.html", *(f"notebooks/{path.stem}.html" for path in PATHS)]
PER_NOTEBOOK, IN_ALL = 2_000_000, 12_000_000  # bytes, compressed
PNG = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
PANEL = """\
# @title Panel 1 · A wave
@panel("A <wave>", goal=Goal("five zeros", holds=bool, at={"speed": 2.7}), speed=Slider(0.5, 5.0, 1.0))
def wave(fig): ..."""
SETUP = '# @title Setup\nREPOSITORY, VERSION = "", "main"'


# -- how a notebook becomes a page ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("printed", "question", "choices"),
    [
        ("How (far)? (a / b)", "How (far)?", ["a", "b"]),
        ("λ is about… (1/(2τ) / 1/τ / 2/τ)", "λ is about…", ["1/(2τ)", "1/τ", "2/τ"]),
        ("How far? (a number from 0 to 1.5)", "How far?", ["a number from 0 to 1.5"]),
    ],
)
def test_the_choices_stand_in_the_last_brackets(printed, question, choices):
    assert build.question_and_choices(printed) == (question, choices)


def test_every_line_that_a_claim_or_a_prediction_prints_is_understood():
    found = {"claims": 0, "reveals": 0, "questions": 0}
    for path in PATHS:
        for cell in notebooks.read(path).cells:
            for line in "".join(output.get("text", "") for output in cell.get("outputs", ())).split("\n"):
                for kind, begins, pattern in (
                    ("claims", "✓ ", build.CLAIM),
                    ("reveals", "Measured: ", build.REVEAL),
                    ("questions", "Predict: ", build.QUESTION),
                ):
                    found[kind] += line.startswith(begins)
                    assert line.startswith(begins) == bool(pattern.fullmatch(line)), line
    assert found["claims"] >= 200 and found["reveals"] == found["questions"] >= 35


def test_a_claim_shows_what_it_rules_out():
    line = "✓ slope, < 1: measured -0.995, theory -1 (±0.016); rules out order 2: -1.996; x"
    assert build.claims([line, "✓ gap: measured 0.5, theory ≥ 0.3"]) == (
        '<ul class="course-claims"><li><span class="claimed">slope, &lt; 1</span> <span class="numbers">measured '
        "<strong>-0.995</strong>, theory <strong>-1</strong> (±0.016)</span> "
        '<span class="rules-out">Rules out order 2: -1.996; x</span></li><li><span class="claimed">gap</span> '
        '<span class="numbers">measured <strong>0.5</strong>, theory <strong>≥ 0.3</strong></span> </li></ul>'
    )


def small_notebook(path, repository: str = ""):
    """A notebook with a panel, a prediction and its reveal, a picture and an exercise, as it is executed."""

    def code(source, *outputs, tags=()):
        return v4.new_code_cell(source, outputs=list(outputs), metadata={"tags": [*tags, "hide-input"] if tags else []})

    def stdout(text):
        return v4.new_output("stream", name="stdout", text=text)

    def shown(alt):
        about = {"image/png": {"alt": alt, "width": 8, "height": 4}}
        return v4.new_output("display_data", data={"image/png": PNG, "text/plain": alt}, metadata=about)

    cells = [
        v4.new_markdown_cell("# 01 · Small\n\nOf it."),
        code(SETUP, tags=["setup"]),
        code(PANEL, shown("Speed 1 < 2."), stdout("Speed 1 < 2.\n"), tags=["panel"]),
        code('# @title Predict\nfar = predict("Far?", choices=["yes", "no"])', stdout("Predict: Far? (yes / no)\n")),
        code(
            'far.reveal(3, {"yes": 5})',
            stdout("Measured: yes (3). (You made no prediction; it is worth trying.)\nSeen.\n"),
            shown("A curve."),
        ),
        code("def f(x):\n    return ...", tags=[]),
        code("# @title Check exercise 1\ncheck(f)", stdout("… Not attempted yet\n"), tags=["check"]),
        v4.new_markdown_cell("*(double-click to write)*"),
    ]
    notebook = publish.stamped(v4.new_notebook(cells=cells), path.name, repository)
    notebooks.write(notebook, path)


@pytest.fixture
def recorded(tmp_path, monkeypatch):
    """Recordings of nothing, for every panel."""
    monkeypatch.setattr(build, "RECORDINGS", tmp_path)
    nothing = {"size": [8, 4], "controls": [], "play": None, "runs": []}
    for key in ["01_small-1", *(f"{path.stem}-{k}" for path in PATHS for k in range(1, 10))]:
        (tmp_path / f"{key}.js").write_text(script(key, nothing), encoding="utf-8")


def test_what_becomes_of_a_notebook(recorded, tmp_path):
    path = tmp_path / "01_small.ipynb"
    small_notebook(path)
    page = build.Page(path, still=False)
    title, panel, predict, reveal, stub, check, own = page.notebook.cells
    html = {
        id(cell): "".join(o.get("data", {}).get("text/html", "") for o in cell.get("outputs", ()))
        for cell in page.notebook.cells
    }
    assert title.source == "# 01 · Small\n\nOf it."
    assert panel.source.startswith("@panel") and panel.metadata["mystnb"]["code_prompt_show"] == "Panel 1 · A wave"
    assert html[id(panel)] == (
        '<div class="course-panel" data-recording="01_small-1" data-src="../_static/recordings/01_small-1.js" '
        'data-panel="{&quot;size&quot;: [8, 4], &quot;controls&quot;: [], &quot;play&quot;: null, '
        '&quot;works&quot;: false}">'
        '<p class="panel-title">A &lt;wave&gt;</p><p class="panel-goal">Goal: five zeros</p>'
        '<img class="still panel-picture" src="../_static/pictures/01_small-1.png" alt="Speed 1 &lt; 2." height="4" '
        'width="8" loading="lazy"><p class="panel-status">Speed 1 &lt; 2.</p>'
        '<p class="panel-still">Turn JavaScript on to move this picture.</p></div>'
    )
    assert html[id(predict)] == (
        '<div class="course-predict" id="far" data-question="Far?" data-choices="yes\nno">'
        "Predict: Far? (yes / no)</div>"
    )
    assert html[id(reveal)].startswith('<p class="course-reveal" data-of="far">Measured: <strong>yes (3)</strong>.</p>')
    assert html[id(reveal)].endswith('alt="A curve." height="4" width="8" loading="lazy"></div>')
    assert [output.text for output in reveal.outputs if output.output_type == "stream"] == ["Seen.\n"]
    assert stub.source.startswith("def f") and not stub.outputs
    assert html[id(check)] == own.source == page.try_it() and "Colab" not in own.source
    assert len(page.pictures) == 1, "the same picture is kept once"
    assert "data-src" not in build.Page(path, still=True).panel_element(1)


def test_a_stamped_notebook_says_where_it_runs(tmp_path):
    path = tmp_path / "01_small.ipynb"
    small_notebook(path, "one/course")
    page = build.Page(path, still=True)
    title = page.notebook.cells[0].source
    colab = "https://colab.research.google.com/github/one/course/blob/colab/notebooks/01_small.ipynb"
    assert title.startswith("# 01 · Small\n\nOf it.\n\n[Open in Colab](") and "badge" not in title
    assert f"[Open in Colab]({colab}) · [Open in Binder](https://mybinder.org/v2/gh/one/course/main" in title
    assert f'<a href="{colab}">in Colab</a>' in page.try_it()


def test_the_start_page_shows_every_notebook_and_says_how_to_begin(recorded):
    text = build.start_page({path.stem: build.Page(path, still=False) for path in PATHS})
    assert re.findall(r'<li><a href="notebooks/(.*?)\.html"><img', text) == [path.stem for path in PATHS]
    assert f'data-recording="{build.HERO}" data-src="_static/recordings/{build.HERO}.js"' in text
    assert "make lab" in text and "2 GB" in text and "$" not in text


def test_without_recordings_nothing_is_built(tmp_path, monkeypatch):
    monkeypatch.setattr(build, "RECORDINGS", tmp_path)
    monkeypatch.setattr(build, "SOURCE", tmp_path / "source")
    monkeypatch.setattr(build, "TARGET", tmp_path / "target")
    with pytest.raises(
        SystemExit, match=r"page: no recording of 01_resnet_as_euler-1, .*: make page, without ONLY, records"
    ):
        build.build()


# -- what make page built ---------------------------------------------------------------------------------------------


@pytest.fixture(scope="module")
def browser(chromium):
    if not (build.TARGET / "index.html").is_file():
        pytest.fail("there is no build/page: make page")
    with launch(chromium) as browser:
        yield browser


@contextlib.contextmanager
def opened(browser, name: str, width: int = 1280, **more):
    """A page of the web edition, from its folder, without a network; nothing fails, nothing is asked of any host."""
    context = browser.new_context(viewport={"width": width, "height": 900}, offline=True, **more)
    page, trouble = context.new_page(), []
    page.on("console", lambda said: said.type in ("error", "warning") and trouble.append(said.text))
    page.on("pageerror", lambda error: trouble.append(str(error)))
    given_up = () if more.get("java_script_enabled", True) else ("script",)
    page.on("requestfailed", lambda asked: asked.resource_type in given_up or trouble.append(f"failed: {asked.url}"))
    page.on("request", lambda asked: asked.url.startswith(("file:", "data:", "blob:")) or trouble.append(asked.url))
    file, _, query = name.partition("?")
    page.goto(f"{(build.TARGET / file).as_uri()}?{query}".rstrip("?"))
    lay_out(page)
    yield page
    context.close()
    assert not trouble


def lay_out(page) -> None:
    """All of the page, not what is near the window alone: innerText, visibility and axe know no more."""
    page.evaluate("""() => {
        const style = document.createElement("style");
        style.textContent = "* { content-visibility: visible !important; }";
        document.head.append(style);
    }""")


def read_on(page) -> None:
    """Skip every prediction of the page."""
    page.evaluate("document.querySelectorAll('.skip').forEach(button => button.click())")


@pytest.mark.page
@pytest.mark.parametrize("name", PAGES)
def test_a_page_shows_its_formulas_and_fits_every_width(browser, name):
    with opened(browser, name) as page:
        read_on(page)
        if page.locator(".math").count():
            page.wait_for_function("window.MathJax.startup?.promise")
            page.evaluate("MathJax.startup.promise.then(() => null)")
        raw = page.evaluate("""[...document.querySelectorAll(".math")].filter(formula =>
            !formula.querySelector("mjx-container svg") || formula.querySelector("[data-mml-node=merror]")).length""")
        assert raw == 0
        text = page.locator("article").evaluate("""article => {
            const copy = article.cloneNode(true);
            copy.querySelectorAll("pre, code, mjx-container").forEach(part => part.remove());
            return copy.textContent; }""")
        assert not re.findall(r"\\[(\[a-z]+|\$[^$\n]+\$", text)
        for width in (390, 820, 1280, 1920):
            page.set_viewport_size({"width": width, "height": 900})
            assert page.evaluate("document.documentElement.scrollWidth") <= width


@pytest.mark.page
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_without_javascript_all_is_there(browser, path):
    notebook = notebooks.read(path)
    panels = tables.panels(notebook)
    with opened(browser, f"notebooks/{path.stem}.html", java_script_enabled=False) as page:
        found = page.locator(".course-panel")
        assert found.count() == len(panels)
        for number, (title, goal) in enumerate(panels, 1):
            panel = found.nth(number - 1)
            assert panel.get_attribute("data-recording") == f"{path.stem}-{number}"
            picture = panel.locator("img.panel-picture")
            picture.scroll_into_view_if_needed()
            assert panel.locator(".panel-title").inner_text() == title
            assert panel.locator(".panel-goal").inner_text() == f"Goal: {goal}"
            assert picture.get_attribute("alt") == panel.locator(".panel-status").inner_text()
            assert (build.TARGET / "notebooks" / picture.get_attribute("src")).is_file()
            assert picture.bounding_box()["height"] > 100
        printed = "".join(o.get("text", "") for cell in notebook.cells for o in cell.get("outputs", ()))
        for what, begins in ((".course-claims li", "✓ "), (".course-predict", "Predict: "), (".course-reveal", "Meas")):
            count = len(re.findall(rf"^{begins}", printed, re.MULTILINE))
            assert page.locator(f"{what}:visible").count() == count, what
        assert page.locator(".course-picture img:visible").count() == sum(
            "image/png" in output.get("data", {})
            for cell in notebook.cells
            for output in cell.get("outputs", ())
            if "panel" not in cell.metadata.get("tags", ())
        )
        assert not page.locator(".held").count()


@pytest.mark.page
@pytest.mark.parametrize("path", PATHS, ids=lambda path: path.stem)
def test_predictions_hold_back_release_and_are_remembered(browser, path):
    with opened(browser, f"notebooks/{path.stem}.html") as page:
        boxes = page.locator(".course-predict")
        for number in range(boxes.count()):
            box = boxes.nth(number)
            reveal = page.locator(f'[data-of="{box.get_attribute("id")}"]')
            assert box.locator(".wait").is_visible() and not reveal.is_visible()
            if box.get_attribute("data-between"):
                said = box.get_attribute("data-between").split()[1]
                box.locator("input").fill(said)
                box.locator("input").press("Enter")
            else:
                said = box.locator(".answers button").first.inner_text()
                box.locator(".answers button").first.click()
            assert reveal.is_visible() and not box.locator(".wait").is_visible()
            assert reveal.inner_text().startswith(f"You said: {said}. ")
        assert not page.locator(".held").count()
        before = page.locator(".course-reveal").all_inner_texts()
        for _ in range(5):  # a page that comes within milliseconds may still read what was stored before
            page.reload()
            lay_out(page)
            if not page.locator(".held").count():
                break
            page.wait_for_timeout(500)
        assert page.locator(".course-reveal").all_inner_texts() == before and not page.locator(".held").count()
        assert (
            page.locator(".answers [aria-pressed=true]").count() == page.locator(".answers:has([type=button])").count()
        )


@pytest.mark.page
def test_a_prediction_can_be_left_out_by_keyboard(browser):
    with opened(browser, PAGES[2]) as page:
        box = page.locator(".course-predict").first
        box.locator(".answers button").last.focus()
        page.keyboard.press("Tab")
        page.keyboard.press("Enter")
        assert not box.locator(".wait").is_visible()
        reveal = page.locator(f'[data-of="{box.get_attribute("id")}"]')
        assert reveal.is_visible() and "You said" not in reveal.inner_text()


@pytest.mark.page
def test_links_and_resources_are_there():
    pages = {path: path.read_text(encoding="utf-8") for path in build.TARGET.rglob("*.html")}
    ids = {path: set(re.findall(r'\bid="([^"]+)"', text)) for path, text in pages.items()}
    seen = set()
    for path, text in pages.items():
        for tag, target in re.findall(r'<(\w+)\b[^>]*?\s(?:href|src|data-src)="([^"]*)"', text):
            if tag == "a" and target.startswith("https://"):
                continue
            file, _, part = target.partition("#")
            found = (path.parent / unquote(file.partition("?")[0])).resolve() if file else path
            seen.add(found)
            assert found.is_file(), (path.name, tag, target)
            assert not part or found.suffix != ".html" or unquote(part) in ids[found], (path.name, target)
    assert {build.TARGET.resolve() / name for name in PAGES} <= seen
    styles = "".join(path.read_text(encoding="utf-8") for path in build.TARGET.rglob("*.css"))
    assert not re.search(r"(@import |url\()[\"']?(https?:)?//", styles)


@pytest.mark.page
def test_search_finds_without_a_network(browser):
    with opened(browser, "search.html?q=Kramers") as page:
        first = page.locator("#search-results li a").first
        first.wait_for()
        first.click()
        page.wait_for_load_state()
        assert "/notebooks/" in page.url and "Kramers" in page.locator("article").text_content()


@pytest.mark.page
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_outputs_stand_on_the_page_itself_in_either_theme(browser, theme):
    with opened(browser, PAGES[2], color_scheme=theme) as page:
        read_on(page)
        assert page.locator("html").get_attribute("data-theme") == theme
        backgrounds = "boxes => boxes.map(box => getComputedStyle(box).backgroundColor)"
        assert set(page.locator(".output.text_html").evaluate_all(backgrounds)) == {"rgba(0, 0, 0, 0)"}
        assert set(page.locator(".course-picture img").evaluate_all(backgrounds)) == {"rgb(255, 255, 255)"}


@pytest.mark.page
@pytest.mark.parametrize(
    ("name", "theme"), [*((name, "light") for name in PAGES), (PAGES[0], "dark"), (PAGES[2], "dark")]
)
def test_axe_finds_no_serious_violation(browser, name, theme):
    from axe_playwright_python.sync_playwright import Axe  # comes with page/requirements.txt

    with opened(browser, name, color_scheme=theme) as page:
        read_on(page)
        for panel in page.locator(".course-panel").all():
            panel.scroll_into_view_if_needed()
        page.wait_for_timeout(500)
        found = Axe().run(page, {"exclude": [["mjx-container"]]}, {"preload": False}).response["violations"]
        grave = [one for one in found if one["impact"] in ("serious", "critical")]
        assert not [(one["id"], one["help"], [node["html"][:150] for node in one["nodes"][:3]]) for one in grave]


@pytest.mark.page
def test_sizes():
    *pages, (_, whole) = build.sizes().items()
    assert len(pages) == len(PATHS)
    assert not [page for page in pages if page[1] > PER_NOTEBOOK] and whole <= IN_ALL


@pytest.mark.page
def test_a_second_build_gives_the_same_bytes(tmp_path, monkeypatch):
    first, second = build.TARGET, tmp_path / "page"
    still = "data-src" not in (first / "index.html").read_text(encoding="utf-8")
    monkeypatch.setattr(build, "SOURCE", tmp_path / "source")
    monkeypatch.setattr(build, "TARGET", second)
    build.build(still)
    files, again = ({path.relative_to(top) for path in top.rglob("*") if path.is_file()} for top in (first, second))
    assert files == again
    _, different, missing = filecmp.cmpfiles(first, second, files, shallow=False)
    assert not different and not missing
