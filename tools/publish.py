"""Stamp the course's public address into setup cells, badges and README, from one argument.

    make publish REPO=owner/name        # default: the remote `origin`

A notebook that stands alone fetches the course from that address. Run again with another address, it replaces the old
one; with REPO=none it takes the stamp out.
"""

import re
import subprocess
import sys
from pathlib import Path
from urllib.parse import urlencode

from tools import notebooks, tables

VERSION = "main"
BARE = "colab"  # the branch of the notebooks without outputs, which .github/workflows/colab.yml keeps
STAMP = re.compile(r'^REPOSITORY, VERSION = ".*", ".*"', re.MULTILINE)
BADGE = re.compile(r"\n\n\[!\[Open in Colab\].*?\n(?=\n)", re.DOTALL)
NAME = r"[\w.-]+/[\w.-]+"
FIRST = "notebooks/01_resnet_as_euler.ipynb"
UNSTAMPED = """\
**Google Colab**: upload a notebook together with the folders `helpers` and `data`, then run its first cell; it adds \
torchdiffeq and leaves Colab's torch, numpy and ipywidgets as they are.

**Binder and JupyterHub**: `make publish REPO=owner/name` puts the badges and links of a public copy here."""


def repository(text: str) -> str:
    """owner/name, the address of a repository elsewhere, or "" for none; exits where `text` is none of these."""
    text = re.sub(r"^(https://|git@)github\.com[:/]", "", text).removesuffix(".git")
    if text in ("", "none"):
        return ""
    if not re.fullmatch(rf"{NAME}|(https|file)://[\w.:/~-]+", text):
        sys.exit(f"REPO={text}: expected owner/name, an https:// address, or none")
    return text


def address(name: str) -> str:
    """Where owner/name is cloned from; an address is returned as it is, "" stays ""."""
    return f"https://github.com/{name}" if re.fullmatch(NAME, name) else name


def colab(name: str, notebook: str) -> str:
    """Where Colab opens a notebook of owner/name."""
    return f"https://colab.research.google.com/github/{name}/blob/{BARE}/notebooks/{notebook}"


def binder(name: str, notebook: str) -> str:
    """Where Binder opens a notebook of owner/name."""
    return f"https://mybinder.org/v2/gh/{name}/{VERSION}?{urlencode({'urlpath': f'lab/tree/notebooks/{notebook}'})}"


def places(setup: str, notebook: str) -> dict[str, str]:
    """The addresses where a notebook can be run, by name, as its setup cell is stamped."""
    name = repository(re.search(r'^REPOSITORY, VERSION = "(.*?)"', setup, re.MULTILINE)[1])
    places = {"Open in Colab": colab(name, notebook), "Open in Binder": binder(name, notebook)}
    return places if re.fullmatch(NAME, name) else {}


def badge(name: str, notebook: str) -> str:
    """The Open-in-Colab badge of a notebook, in Markdown; "" where `name` is no owner/name."""
    if not re.fullmatch(NAME, name):
        return ""
    return f"[![Open in Colab](https://colab.research.google.com/assets/colab-badge.svg)]({colab(name, notebook)})"


def readme_block(name: str) -> str:
    """What the README says of Colab, Binder and JupyterHub; in general where `name` is no owner/name."""
    if not re.fullmatch(NAME, name):
        return UNSTAMPED
    badges = "\n".join(f"{path.stem[:2]} {badge(name, path.name)}" for path in notebooks.all_notebooks())
    opened = binder(name, Path(FIRST).name)
    pull = urlencode(
        {"repo": address(name), "branch": VERSION, "urlpath": f"lab/tree/{name.split('/')[1]}/{FIRST}"}, safe=""
    )
    owner, repo = name.split("/")
    return f"""\
**Nothing to install**: [the course as web pages](https://{owner.lower()}.github.io/{repo}/), where `page.yml` has \
put it.

**Google Colab**: {badges}

**Binder**: [![Binder](https://mybinder.org/badge_logo.svg)]({opened}) builds `environment.yml` and opens JupyterLab.

**JupyterHub** with nbgitpuller: `https://HUB/hub/user-redirect/git-pull?{pull}` brings the course to a learner's home \
and keeps it up to date (put your hub's host for `HUB`)."""


def stamped(notebook, file: str, name: str):
    """The notebook with the address in its setup cell and the badge under its title."""
    title, setup = notebook.cells[0], notebook.cells[1]
    setup.source, found = STAMP.subn(lambda _old: f'REPOSITORY, VERSION = "{address(name)}", "{VERSION}"', setup.source)
    if found != 1:
        raise ValueError(f"{file}: expected one line REPOSITORY, VERSION = … in its setup cell, found {found}")
    head, _, rest = BADGE.sub("\n", title.source).partition("\n\n")
    mark = badge(name, file)
    title.source = f"{head}\n\n{mark}\n\n{rest}" if mark else f"{head}\n\n{rest}"
    return notebook


def origin() -> str:
    """owner/name of the remote `origin`, or "" where there is none."""
    found = subprocess.run(["git", "remote", "get-url", "origin"], cwd=notebooks.ROOT, capture_output=True, text=True)
    name = repository(found.stdout.strip()) if "github.com" in found.stdout else ""
    return name if re.fullmatch(NAME, name) else ""


def main(arguments: list[str]) -> None:
    name = arguments[0] if arguments and arguments[0] else origin()
    if not name:
        sys.exit("no address: there is no remote `origin` on GitHub; say make publish REPO=owner/name")
    name = repository(name)
    made = [(stamped(notebooks.read(path), path.name, name), path) for path in notebooks.all_notebooks()]
    for notebook, path in made:  # all of them, or, where one cannot be stamped, none
        notebooks.write(notebook, path)
    tables.write_between(tables.README, "colab", readme_block(name))
    print(f"stamped: {address(name) or 'no address'}")


if __name__ == "__main__":
    main(sys.argv[1:])
