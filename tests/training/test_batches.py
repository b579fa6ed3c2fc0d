"""What becomes of a batch before the network sees it."""

from __future__ import annotations

import torch

from radiobundle.training import PrepareBatch


def test_batch_becomes_unit_range_float_then_augmented_then_normalised() -> None:
    prepare = PrepareBatch(normalisation=[lambda images: images - 1], augmentation=[lambda images: images * 2])
    batch = {"image": torch.full((2, 1, 4, 4), 255, dtype=torch.uint8), "label": torch.ones(2, 3)}
    images, labels = prepare(batch, "cpu")
    assert images.dtype == torch.float32 and (images == 1).all()
    assert labels.shape == (2, 3)


def test_unlabelled_batch_gets_an_empty_label() -> None:
    _, labels = PrepareBatch()({"image": torch.zeros(2, 1, 4, 4, dtype=torch.uint8)}, "cpu")
    assert labels.shape == (2, 0)
