"""Train the networks whose records notebook 08 shows, and write data/copying.npz: six sizes, three starts.

    .venv/bin/python -m tools.copying      # some minutes

What trains them is the notebook's own code: its imports and its cells tagged `recorded`.
"""

import contextlib
import io
from pathlib import Path

import numpy as np
import torch
from tqdm import tqdm

from tools import notebooks, pack

NOTEBOOK = notebooks.ROOT / "notebooks" / "08_when_diffusion_copies.ipynb"
RECORDS = notebooks.ROOT / "data" / "copying.npz"
SIZES = (20, 50, 100, 200, 400, 1400)
LOOKS = (0, 100, 200, 400, 800, 1600, 3200, 6400)  # steps
STARTS = 3
SHOWN = 10  # samples that are kept of the first start, at each look
DIGITS = 4  # that a record keeps of each number


def names_of(start: int, path: Path = NOTEBOOK) -> dict:
    """What the notebook's imports and its cells tagged `recorded` define, with its generator begun at `start`."""
    names = {}
    with contextlib.redirect_stdout(io.StringIO()):
        for cell in notebooks.read(path).cells:
            if cell.source.startswith("# @title Imports"):
                exec(cell.source, names)
                names["generator"].manual_seed(start)
            elif "recorded" in cell.metadata.get("tags", ()):
                exec(cell.source, names)
    return names


def rounded(rows) -> np.ndarray:
    """The numbers with DIGITS significant digits, float32."""
    rows = np.asarray(rows, dtype=float)
    return np.array([float(f"{number:.{DIGITS}g}") for number in rows.flat], dtype=np.float32).reshape(rows.shape)


def record(n: int, start: int, looks=LOOKS) -> tuple[np.ndarray, np.ndarray]:
    """One training on n images: loss in nats on them and held out, and share of copies, (looks, 3); and some samples,
    each with its nearest training image, (looks, 2, SHOWN, 64) uint8 from 0 (paper) to 16 (ink)."""
    names = names_of(start)
    rows, shown, images = [], [], names["train"][:n]
    for _step, model in names["train_on"](images, looks, names["generator"]):
        losses, samples, copies = names["looked_at"](model, n)
        rows.append([*losses, float(copies.float().mean())])
        kept = (8 * (samples[:SHOWN] + 1)).round().clamp(0, 16) / 8 - 1
        pair = torch.stack((kept, images[torch.cdist(kept, images).argmin(1)]))
        shown.append((8 * (pair + 1)).to(torch.uint8).numpy())
    return rounded(rows), np.array(shown)


def main() -> None:
    rows = np.zeros((len(SIZES), STARTS, len(LOOKS), 3), dtype=np.float32)
    shown = np.zeros((len(SIZES), len(LOOKS), 2, SHOWN, 64), dtype=np.uint8)
    for k, n in enumerate(tqdm(SIZES, desc="sizes")):
        for start in range(STARTS):
            rows[k, start], samples = record(n, start)
            shown[k] = samples if start == 0 else shown[k]
    np.savez_compressed(RECORDS, sizes=np.array(SIZES), looks=np.array(LOOKS), rows=rows, shown=shown)
    pack.report_size(RECORDS, 60_000)


if __name__ == "__main__":
    main()
