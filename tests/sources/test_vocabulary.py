"""Vocabularies that ship name only labels that people share."""

from __future__ import annotations

from pathlib import Path

import pandas as pd
import pytest

from radiobundle.sources.chestxray14 import LABELS as OF_NIH
from radiobundle.sources.chexpert_labels import LABELS as OF_CHEXPERT
from radiobundle.sources.vocabulary import label_findings, read_vocabulary

OF_VINDR_ALONE = {"Aortic Enlargement", "Calcification", "Interstitial Lung Disease", "Other Lesion"}


@pytest.mark.parametrize("source", ["padchest", "vindr", "openi"])
def test_names_are_those_of_chestxray14_and_chexpert(source: str) -> None:
    names = read_vocabulary(source, None)
    assert names is not None
    common = {name for several in names.values() for name in several}
    assert common <= {*OF_NIH, *OF_CHEXPERT, *(OF_VINDR_ALONE if source == "vindr" else ())}
    assert {"Atelectasis", "Cardiomegaly", "Effusion", "Pneumothorax"} <= common


def test_finding_of_two_labels_is_both() -> None:
    names = read_vocabulary("padchest", None)
    assert names is not None and names["hydropneumothorax"] == ("Pneumothorax", "Effusion")
    found = label_findings(pd.Series([["hydropneumothorax"], ["nodule"]]), vocabulary=names, labels=[])
    assert found.columns["Pneumothorax"].tolist() == found.columns["Effusion"].tolist() == [1, 0]
    one = label_findings(pd.Series([["hydropneumothorax"]]), vocabulary=names, labels=["Effusion"])
    assert one.columns["Effusion"].tolist() == [1] and one.notes == ()


def test_only_names_and_lists_of_names_are_names(tmp_path: Path) -> None:
    (tmp_path / "names.json").write_text('{"nodule": ["Nodule", 3]}')
    with pytest.raises(ValueError, match=r"names\.json: 'nodule' is mapped to \['Nodule', 3\], which is not a name"):
        read_vocabulary("padchest", tmp_path / "names.json")
