"""Pack each notebook with the helpers and the data into one file that runs alone: build/colab/*.ipynb.

    make colab

The packed notebook is the course's own without outputs, with one cell more: it unpacks the course into a folder beside
itself, where the setup cell finds it. Nothing is fetched but torchdiffeq, where that is missing.
"""

import base64
import io
import sys
import textwrap
import zipfile
from pathlib import Path

from tools import copies, notebooks

TARGET = notebooks.ROOT / "build" / "colab"
LARGEST = 1_000_000  # bytes; GitHub renders no more, and mail takes it
UNPACK = '''# @title The course, packed: unpacks helpers and data (run this first)
import base64
import io
import zipfile
from pathlib import Path

PACKED = """
{packed}
"""
if not Path("course").exists():
    part = Path("course.part")
    zipfile.ZipFile(io.BytesIO(base64.b64decode(PACKED))).extractall(part)
    part.rename("course")
'''


def archive() -> bytes:
    """A zip of helpers and data, the same bytes for the same files."""
    kinds = ("helpers/*.py", "data/*.csv", "data/*.npz", "data/README.md", "LICENSE")
    files = [path for kind in kinds for path in notebooks.ROOT.glob(kind)]
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED, compresslevel=9) as packed:
        for path in sorted(files):
            entry = zipfile.ZipInfo(path.relative_to(notebooks.ROOT).as_posix())  # without its time
            packed.writestr(entry, path.read_bytes(), zipfile.ZIP_DEFLATED, 9)
    return buffer.getvalue()


def pack(notebook):
    """The notebook as for Colab, with a folded cell before its setup cell that holds the course."""
    from nbformat.v4 import new_code_cell

    text = "\n".join(textwrap.wrap(base64.b64encode(archive()).decode(), 120))
    cell = new_code_cell(UNPACK.format(packed=text), id="packed-course", metadata=dict(notebook.cells[1].metadata))
    notebook.cells.insert(1, cell)
    return copies.for_colab(notebook)


def report_size(path: Path, most: int) -> None:
    """Print how large a file is; exit where it is larger than `most` bytes."""
    size = path.stat().st_size
    if size > most:
        sys.exit(f"{path.name}: {size} bytes, expected at most {most}")
    print(f"{path.relative_to(notebooks.ROOT)}: {size / 1000:.0f} kB")


def main() -> None:
    TARGET.mkdir(parents=True, exist_ok=True)
    for path in notebooks.all_notebooks():
        packed = TARGET / path.name
        notebooks.write(pack(notebooks.read(path)), packed)
        report_size(packed, LARGEST)


if __name__ == "__main__":
    main()
