"""How long the list of CheXpert takes: its table read, decided, split by patient and written, against bare pandas.

    python scripts/benchmark_datalist.py CHEXPERT_DIR      # a folder with train.csv; no images are needed

"pandas" is `pandas.read_csv` of the same table, which neither checks nor links nor writes anything.
"""

from __future__ import annotations

import contextlib
import io
import tempfile
from pathlib import Path

import pandas as pd

from benchmark_common import describe_machine, make_parser, publish, race, speed_rows
from radiobundle.cli import main as radiobundle

OURS = "datalist"


def main() -> None:
    parser = make_parser(__doc__)
    parser.add_argument("chexpert_dir", type=Path)
    arguments = parser.parse_args()
    table = arguments.chexpert_dir / "train.csv"
    rows = len(pd.read_csv(table))
    with tempfile.TemporaryDirectory() as name:
        command = [
            "datalist", "chexpert", str(arguments.chexpert_dir), "--output", f"{name}/list.json", "--view", "all",
            "--uncertain", "ones", "--hierarchy", "chexpert", "--split", "labelset", "--missing-images", "keep",
            "--duplicates", "none",
        ]  # fmt: skip

        def make_list() -> int:
            with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
                assert radiobundle(command) == 0
            return rows

        speeds = race({OURS: make_list, "pandas": lambda: len(pd.read_csv(table))}, rounds=arguments.rounds)
    facts = {"machine": describe_machine("cpu"), "rows": rows}
    publish(f"The list of CheXpert (ours: {OURS})", facts, speed_rows(speeds, OURS), arguments.output)


if __name__ == "__main__":
    main()
