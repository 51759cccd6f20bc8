"""Train the networks of which notebook 05 shows the records, and write data/one_knob.npz: five knobs, five starts each.

    .venv/bin/python -m tools.one_knob      # some minutes

What trains them is the notebook's own code: its imports and its cells tagged `recorded`.
"""

from pathlib import Path

import numpy as np
from tqdm import tqdm

from tools import notebooks, pack

NOTEBOOK = notebooks.ROOT / "notebooks" / "05_flat_vs_sharp_minima.ipynb"
RECORDS = notebooks.ROOT / "data" / "one_knob.npz"
DIGITS = 5  # that a record keeps of each number


def names_of(path: Path = NOTEBOOK) -> dict:
    """What the notebook's imports and its cells tagged `recorded` define: `train`, `KNOBS`, `STARTS` and more."""
    names = {}
    for cell in notebooks.read(path).cells:
        if "recorded" in cell.metadata.get("tags", ()) or cell.source.startswith("# @title Imports"):
            exec(cell.source, names)
    return names


def rounded(rows: np.ndarray) -> np.ndarray:
    """The rows with DIGITS significant digits, float32."""
    return np.array([[float(f"{number:.{DIGITS}g}") for number in row] for row in rows], dtype=np.float32)


def main() -> None:
    names = names_of()
    knobs, starts = list(names["KNOBS"].values()), range(names["STARTS"])
    places = [(k, turn, start) for k, knob in enumerate(knobs) for turn in range(len(knob)) for start in starts]
    records = {}
    for k, turn, start in tqdm(places, desc="training"):
        records[k, turn, start] = rounded(names["train"](**knobs[k][turn], seed=start))
    longest = max(map(len, records.values()))
    looks = np.full((*(last + 1 for last in places[-1]), longest, 5), np.nan, dtype=np.float32)
    for place, rows in records.items():
        looks[place][: len(rows)] = rows
    np.savez_compressed(RECORDS, looks=looks)
    pack.report_size(RECORDS, 200_000)


if __name__ == "__main__":
    main()
