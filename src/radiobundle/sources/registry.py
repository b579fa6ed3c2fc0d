"""Every source by its name on the command line; a new source is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from radiobundle.sources.chestxray14 import read_chestxray14
from radiobundle.sources.chexpert import read_chexpert
from radiobundle.sources.covidx import read_covidx
from radiobundle.sources.csv_table import read_csv_table
from radiobundle.sources.fracatlas import read_fracatlas
from radiobundle.sources.mimic import read_mimic
from radiobundle.sources.mura import read_mura
from radiobundle.sources.openi import read_openi
from radiobundle.sources.own import read_own
from radiobundle.sources.padchest import read_padchest
from radiobundle.sources.pneumonia import read_pneumonia
from radiobundle.sources.rsna import read_rsna
from radiobundle.sources.siim import read_siim
from radiobundle.sources.table import SourceTable
from radiobundle.sources.tuberculosis import read_tuberculosis
from radiobundle.sources.vindr import read_vindr


@dataclass(frozen=True)
class Source:
    """How one source is read (`read(dataset_dir, **its own options)`) and its default split."""

    read: Callable[..., SourceTable]
    default_split: str

    def split_of(self, source: SourceTable) -> str:
        """Return the default split of a table.

        If the default would divide everything although the table has a split, it is `given` or, with a test but no
        validation, `carved`.
        """
        if self.default_split != "stratified" or "split" not in source.table:
            return self.default_split
        found = set(source.table["split"].dropna())
        return "carved" if "test" in found and "validation" not in found else "given"


SOURCES = {
    "pneumonia": Source(read=read_pneumonia, default_split="carved"),
    "chestxray14": Source(read=read_chestxray14, default_split="official"),
    "chexpert": Source(read=read_chexpert, default_split="official"),
    "mimic": Source(read=read_mimic, default_split="given"),
    "mura": Source(read=read_mura, default_split="official"),
    "fracatlas": Source(read=read_fracatlas, default_split="stratified"),
    "padchest": Source(read=read_padchest, default_split="patient"),
    "vindr": Source(read=read_vindr, default_split="stratified"),
    "rsna": Source(read=read_rsna, default_split="stratified"),
    "siim": Source(read=read_siim, default_split="stratified"),
    "openi": Source(read=read_openi, default_split="patient"),
    "tb": Source(read=read_tuberculosis, default_split="patient"),
    "covidx": Source(read=read_covidx, default_split="stratified"),
    "csv": Source(read=read_csv_table, default_split="stratified"),
    "own": Source(read=read_own, default_split="stratified"),
}
