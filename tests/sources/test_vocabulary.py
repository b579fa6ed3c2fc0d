"""Vocabularies that ship name only labels that people share."""

from __future__ import annotations

import pytest

from radiobundle.sources.chestxray14 import LABELS as OF_NIH
from radiobundle.sources.chexpert_labels import LABELS as OF_CHEXPERT
from radiobundle.sources.vocabulary import read_vocabulary

OF_VINDR_ALONE = {"Aortic Enlargement", "Calcification", "Interstitial Lung Disease", "Other Lesion"}


@pytest.mark.parametrize("source", ["padchest", "vindr", "openi"])
def test_names_are_those_of_chestxray14_and_chexpert(source: str) -> None:
    names = read_vocabulary(source, None)
    assert names is not None
    assert set(names.values()) <= {*OF_NIH, *OF_CHEXPERT, *(OF_VINDR_ALONE if source == "vindr" else ())}
    assert {"Atelectasis", "Cardiomegaly", "Effusion", "Pneumothorax"} <= set(names.values())
