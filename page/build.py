"""The web edition: the executed notebooks as pages that need no kernel, no network and no server.

    make page                           # records the panels, then this: build/page/index.html
    python -m page.build --still        # without recordings: the panels show their still pictures

Sphinx makes the pages of changed copies of the notebooks. What is changed: code that is folded has its title for a
summary; a panel is an element that page/player.js brings to life; predictions and reveals are what page/page.js asks
and answers; claims are lists, pictures files; and a check says where its exercise can be tried.
"""

import base64
import gzip
import json
import re
import shutil
import sys
from html import escape
from itertools import groupby
from pathlib import Path
from string import Template
from types import SimpleNamespace

from nbformat.v4 import new_output

from page.record import read, summary
from tools import minutes, notebooks, publish, tables

HERE, BUILD = Path(__file__).resolve().parent, notebooks.ROOT / "build"
SOURCE, TARGET, RECORDINGS = BUILD / "page-source", BUILD / "page", BUILD / "recordings"
HERO = "04_double_well_sde-1"
ROW = re.compile(r"^\| \[(.+?)\]\(notebooks/(.+?)\.ipynb\) \| (.+?) \|$", re.MULTILINE)  # of README's table
CLAIM = re.compile(r"✓ (.+): measured (\S+), theory ((?:[≤≥] )?\S+)(?: \((\S+)\))?(?:; rules out (.+))?")
REVEAL = re.compile(r"Measured: (.+)\. \(You made no prediction; it is worth trying\.\)")
QUESTION = re.compile(r"Predict: (.+)\n*")
FORMULA = re.compile(r'(\(?<span class="math [^>]*>[^<]*</span>[.,;:?!)]*)')
SCALE = re.compile(r"a number from (\S+) to (\S+)")
STILL = {False: "Turn JavaScript on to move this picture.", True: "It stands still here, and moves in the notebook."}


def attributes(**values) -> str:
    """HTML attributes; a name with _ stands for one with -."""
    return " ".join(f'{name.strip("_").replace("_", "-")}="{escape(str(value))}"' for name, value in values.items())


def question_and_choices(text: str) -> tuple[str, list[str]]:
    """Of "question (a / b)": where the last bracket opens, the choices begin; they may hold brackets themselves."""
    depth, at = 0, len(text)
    while at == len(text) or depth:
        at -= 1
        depth += {")": 1, "(": -1}.get(text[at], 0)
    return text[:at].rstrip(), text[at + 1 : -1].split(" / ")


def prediction(printed: str, key: str) -> str:
    """What page.js makes buttons (or a field for a number) of; without it, the question and its choices."""
    text = QUESTION.fullmatch(printed)[1]
    question, choices = question_and_choices(text)
    scale = SCALE.fullmatch(choices[0])
    ways = {"data_between": " ".join(scale.groups())} if scale else {"data_choices": "\n".join(choices)}
    about = attributes(class_="course-predict", id=key, data_question=question, **ways)
    return f"<div {about}>Predict: {escape(text)}</div>"


def claims(lines: list[str]) -> str:
    """Printed claims as a list: what was measured, what theory says, what is ruled out."""
    items = []
    for line in lines:
        name, measured, theory, limit, rivals = (escape(word or "") for word in CLAIM.fullmatch(line).groups())
        limit, rivals = limit and f" ({limit})", rivals and f'<span class="rules-out">Rules out {rivals}</span>'
        numbers = f"measured <strong>{measured}</strong>, theory <strong>{theory}</strong>{limit}"
        items.append(f'<li><span class="claimed">{name}</span> <span class="numbers">{numbers}</span> {rivals}</li>')
    return f'<ul class="course-claims">{"".join(items)}</ul>'


def reveal(line: str, key: str) -> str:
    """A reveal, to which page.js adds what was said."""
    measured = escape(REVEAL.fullmatch(line)[1])
    return f"<p {attributes(class_='course-reveal', data_of=key)}>Measured: <strong>{measured}</strong>.</p>"


def printed(text: str, asked: list[str]) -> list:
    """Outputs for printed text: claims and reveals as HTML, the rest as it is. asked: the predictions it reveals."""
    made = []
    for begin, group in groupby(text.splitlines(), lambda line: re.match("✓ |Measured: |", line)[0]):
        lines = list(group)
        if begin == "✓ ":
            made.append(shown(claims(lines)))
        elif begin == "Measured: ":
            made += [shown(reveal(line, asked.pop(0))) for line in lines]
        elif any(lines):
            made.append(new_output("stream", name="stdout", text="\n".join(lines) + "\n"))
    return made


def shown(markup: str):
    """A piece of HTML as a cell's output."""
    return new_output("display_data", data={"text/html": markup, "text/plain": ""})


class Page:
    """The page of one notebook: its changed copy, its pictures and its panels."""

    def __init__(self, path: Path, still: bool):
        self.stem, self.still, self.pictures, self.panels = path.stem, still, {}, []
        self.notebook = notebooks.read(path)
        self.minutes = [minutes.minutes(part) for part in minutes.parts(self.notebook)]
        title, setup, *rest = self.notebook.cells
        self.where = publish.places(setup.source, path.name)
        links = " · ".join(f"[{escape(name)}]({link})" for name, link in self.where.items())
        title.source = publish.BADGE.sub("\n", title.source) + f"\n\n{links}" * bool(links)
        for cell in rest:
            self.change(cell)
        self.notebook.cells = [title, *rest]

    def change(self, cell) -> None:
        """Make of one cell what the page shows."""
        tags = cell.metadata.get("tags", [])
        if cell.cell_type == "markdown":
            cell.source = cell.source.replace("*(double-click to write)*", self.try_it())
            return
        if "hide-input" in tags:
            first, _, cell.source = cell.source.partition("\n")
            name = first.removeprefix("# @title ")
            cell.metadata["mystnb"] = {"code_prompt_show": name, "code_prompt_hide": name}
        if "panel" in tags:
            cell.outputs = [shown(self.panel(cell))]
        elif asked := re.search(r"(\w+) = predict\(", cell.source):
            cell.outputs = [shown(prediction(cell.outputs[0].text, asked[1]))]
        elif "check" in tags:
            cell.outputs = [shown(self.try_it())]
        else:
            asked, made = re.findall(r"(\w+)\.reveal\(", cell.source), []
            for output in cell.outputs:
                if output.output_type == "stream":
                    made += printed(output.text, asked)
                elif "image/png" in output.data:
                    made.append(shown(f'<div class="course-picture">{self.picture(output)}</div>'))
                elif "text/html" not in output.data:  # of a picture's sentence, which its alt says here
                    made.append(output)
            cell.outputs = made

    def try_it(self) -> str:
        """The sentence that says where an exercise can be tried."""
        colab = next((f', or <a href="{escape(link)}">in Colab</a>' for name, link in self.where.items()), "")
        return f'<p class="course-try">Try it in the notebook: <code>make lab</code>{colab}.</p>'

    def picture(self, output, root: str = "../", kind: str = "") -> str:
        """An <img> of a static picture, whose file is kept."""
        png, about = base64.b64decode(output.data["image/png"]), output.metadata["image/png"]
        names = {old: name for name, old in self.pictures.items()}
        name = names.get(png, f"{self.stem}-{len(names) + 1}.png")
        self.pictures[name] = png
        source = f"{root}_static/pictures/{name}"
        return f"<img {attributes(class_=f'still {kind}', src=source, **about, loading='lazy')}>"

    def panel(self, cell) -> str:
        """The element of a panel in the notebook's own page."""
        ((title, goal),) = tables.panels(SimpleNamespace(cells=[cell]))
        (output,) = [output for output in cell.outputs if "image/png" in output.get("data", {})]
        self.panels.append((title, goal, output))
        return self.panel_element(len(self.panels))

    def panel_element(self, number: int, root: str = "../") -> str:
        """What page/player.js finds, and what stands there without it."""
        title, goal, output = self.panels[number - 1]
        key = f"{self.stem}-{number}"
        recorded = {}
        if not self.still:
            about = summary(read(RECORDINGS / f"{key}.js"))
            recorded = {"data_src": f"{root}_static/recordings/{key}.js", "data_panel": json.dumps(about)}
        lines = [
            f'<p class="panel-title">{escape(title)}</p>',
            f'<p class="panel-goal">Goal: {escape(goal)}</p>',
            self.picture(output, root, "panel-picture"),
            f'<p class="panel-status">{escape(output.data["text/plain"])}</p>',
            f'<p class="panel-still">{STILL[self.still]}</p>',
        ]
        return f"<div {attributes(class_='course-panel', data_recording=key, **recorded)}>{''.join(lines)}</div>"


def start_page(pages: dict[str, Page]) -> str:
    """index.md: of README.md, the template, and the first picture of each notebook."""
    readme = tables.README.read_text(encoding="utf-8")
    cards = []
    for title, stem, what in ROW.findall(readme):
        page = pages[stem]
        main, deeper = page.minutes
        picture = page.picture(page.panels[0][2], "", "card-picture") if page.panels else ""
        time = f"{main} minutes, {deeper} more for the deeper part" if deeper else f"{main} minutes"
        words = f"<strong>{escape(title)}</strong><span>{escape(what)}.</span><small>{time}</small>"
        cards.append(f'<li><a href="notebooks/{stem}.html">{picture}{words}</a></li>')
    stem, _, number = HERO.rpartition("-")
    return Template((HERE / "index.template").read_text(encoding="utf-8")).substitute(
        title=readme.partition("\n")[0].removeprefix("# "),
        sentence=readme.split("\n\n")[1],
        hero=pages[stem].panel_element(int(number), ""),
        cards=f'<ul class="course-cards">{"".join(cards)}</ul>',
        commands=readme.partition("## Two commands\n\n")[2].partition("\n\nWhat you write")[0],
        documents="\n".join([f"notebooks/{stem}" for stem in pages] + ["CLAIMS"]),
    )


def build(still: bool = False) -> None:
    """Make build/page from nothing; exits where a recording is missing or Sphinx has something to say."""
    paths = notebooks.all_notebooks()
    keys = [f"{path.stem}-{k}" for path in paths for k, _ in enumerate(tables.panels(notebooks.read(path)), 1)]
    recordings = [] if still else [RECORDINGS / f"{key}.js" for key in keys]
    if missing := [path.stem for path in recordings if not path.is_file()]:
        sys.exit(f"page: no recording of {', '.join(missing)}: make page, without ONLY, records all")
    from sphinx.cmd.build import main as sphinx  # not above: what changes the notebooks runs without it

    pages = {path.stem: Page(path, still) for path in paths}
    for folder in (SOURCE, TARGET):
        shutil.rmtree(folder, ignore_errors=True)
    for folder in (SOURCE / "notebooks", TARGET / "_static" / "pictures", TARGET / "_static" / "recordings"):
        folder.mkdir(parents=True)
    for page in pages.values():
        notebooks.write(page.notebook, SOURCE / "notebooks" / f"{page.stem}.ipynb")
    claimed = tables.CLAIMS.read_text(encoding="utf-8").partition("\n")[2]
    (SOURCE / "CLAIMS.md").write_text(f"# Theory against measurement\n{claimed}", encoding="utf-8")
    (SOURCE / "index.md").write_text(start_page(pages), encoding="utf-8")
    if sphinx(["-q", "-W", "--keep-going", "-c", str(HERE), "-d", f"{SOURCE}/doctrees", str(SOURCE), str(TARGET)]):
        sys.exit("page: Sphinx has something to say, above")
    unread = [*TARGET.rglob("*.map"), *TARGET.rglob("*macros.html")]
    for left in (TARGET.parent / "jupyter_execute", TARGET / "_sources", *unread):
        shutil.rmtree(left) if left.is_dir() else left.unlink()
    for path in TARGET.rglob("*.html"):  # summaries that a screen reader reads; a formula keeps its brackets and comma
        text = path.read_text(encoding="utf-8").replace('<summary aria-label="Toggle hidden content">', "<summary>")
        path.write_text(FORMULA.sub(r'<span class="kept">\1</span>', text), encoding="utf-8")
    for name, png in (picture for page in pages.values() for picture in page.pictures.items()):
        (TARGET / "_static" / "pictures" / name).write_bytes(png)
    for path in recordings:
        shutil.copy(path, TARGET / "_static" / "recordings")


def sizes() -> dict[str, int]:
    """Bytes, each file compressed: of each notebook's page with its pictures and recordings, and of all."""
    packed = {path: len(gzip.compress(path.read_bytes())) for path in sorted(TARGET.rglob("*")) if path.is_file()}
    of_page = {path.stem: size for path, size in packed.items() if path.parent.name == "notebooks"}
    for path, size in packed.items():
        if path.parent.name in ("pictures", "recordings"):
            of_page[path.stem.rpartition("-")[0]] += size
    return of_page | {"all": sum(packed.values())}


def main(arguments: list[str]) -> None:
    if arguments not in ([], ["--still"]):
        sys.exit(f"page: expected nothing or --still, got {' '.join(arguments)}")
    build(still=bool(arguments))
    for name, size in sizes().items():
        print(f"{name}: {size / 1e6:.2f} MB compressed")
    print("Open build/page/index.html")


if __name__ == "__main__":
    main(sys.argv[1:])
