"""How a datalist is made: every choice with its default, checked where it is stated."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from radiobundle.labels import SPLIT_NAMES
from radiobundle.suggest import check_choice

Policy = str | Mapping[str, str]  # for all labels, or by label; "*" stands for every other one
SPLIT_CHOICES = ("given", "carved", "official", "stratified", "labelset", "patient", "random")
UNCERTAIN_CHOICES = ("ones", "zeros", "ignore", "multiclass", "smoothed-ones", "smoothed-zeros", "self-trained")
NOT_MENTIONED_CHOICES = ("zeros", "ignore")
PROMOTE_CHOICES = ("decided", "positive", "uncertain")
DUPLICATE_CHOICES = ("bytes,near", "bytes", "none")
MISSING_IMAGES_CHOICES = ("error", "skip", "keep")
ON_BAD_IMAGE_CHOICES = ("error", "skip")
NEED_A_GIVEN_TEST = ("carved", "official")
_MIN_FOLDS_WITH_OWN_TEST = 3


@dataclass(frozen=True, kw_only=True)
class SplitOptions:
    """How to split.

    Args:
        name: `given` (the source's split as it is), `carved` (the source's test; everything else is divided into
            training and validation), `official` (the same, and every row must name its patient), `stratified` (all rows
            are divided), `labelset` (the same, for each combination of labels, see `assign_labelsets`), `patient` (as
            `stratified`, and every row must name its patient) or `random` (image by image: patients and duplicates
            straddle splits; only for reproducing studies that did so).
        fractions: fractions of training, validation and test of `stratified`, `labelset`, `patient` and `random`.
        validation_fraction: fraction of validation in what `carved` and `official` divide.
        folds: number of folds instead of fractions.
        seed: decides ties.

    Raises:
        ValueError: an unknown name or a number out of range; the message names the option.
    """

    name: str
    fractions: tuple[float, ...] = (0.7, 0.1, 0.2)
    validation_fraction: float = 0.1
    folds: int | None = None
    seed: int = 0

    def __post_init__(self) -> None:
        check_choice("split", self.name, SPLIT_CHOICES)
        if len(self.fractions) != len(SPLIT_NAMES) or not all(fraction > 0 for fraction in self.fractions):
            raise ValueError(
                f"`fractions` must be three positive numbers (training, validation, test), got {self.fractions}"
            )
        if not math.isclose(sum(self.fractions), 1, rel_tol=1e-5):
            raise ValueError(f"`fractions` must sum to 1, got {sum(self.fractions):g}")
        if not 0 < self.validation_fraction < 1:
            raise ValueError(f"`validation_fraction` must lie between 0 and 1, got {self.validation_fraction}")
        least = 2 if self.name in NEED_A_GIVEN_TEST else _MIN_FOLDS_WITH_OWN_TEST
        if self.folds is not None and (self.name == "given" or self.folds < least):
            raise ValueError(
                f"`folds` {self.folds} with `split` {self.name}: folds need carved or official (2 or more), "
                "stratified, labelset, patient or random (3 or more)"
            )

    @property
    def uses_the_given(self) -> bool:
        """Whether the source's own split decides anything."""
        return self.name in ("given", *NEED_A_GIVEN_TEST)


def parse_policy(text: str) -> Policy:
    """Return a policy for all labels, or by label as in `Edema=ones,*=ignore`, where * stands for every other label.

    >>> parse_policy("Edema=ones, *=ignore")
    {'Edema': 'ones', '*': 'ignore'}
    """
    if "=" not in text:
        return text
    pairs = [part.strip().rpartition("=") for part in text.split(",") if part.strip()]
    if not all(label and choice for label, _, choice in pairs):
        raise ValueError(f"`uncertain` '{text}': write LABEL=POLICY,LABEL=POLICY")
    return {label.strip(): choice.strip() for label, _, choice in pairs}


@dataclass(frozen=True, kw_only=True)
class DatalistOptions:
    """All options of a datalist that do not belong to its source.

    Args:
        split: how to split.
        uncertain: what an uncertain label becomes, see `decide_labels`.
        not_mentioned: what a label that is not mentioned becomes.
        hierarchy: name of a shipped one or a JSON file, see `read_hierarchy`; None: labels are left as they are.
        promote: which children make their parents present: those that are present after `uncertain` ("decided"), only
            those that the source calls present ("positive"), or these and those that it calls uncertain ("uncertain").
        predictions: of a run on the training images, for `uncertain` self-trained, see `self_training`.
        duplicates: copies to keep together: the same bytes, also those that look the same, or none.
        missing_images: rows without their file are refused, left out (skip) or kept unseen.
        on_bad_image: images that cannot be read are refused, or left out (skip).
        patients_from_paths: if images name no patient, use the ids in their paths.

    Raises:
        ValueError: an unknown choice.
    """

    split: SplitOptions
    uncertain: Policy = "ignore"
    not_mentioned: str = "zeros"
    hierarchy: str | None = None
    promote: str = "decided"
    predictions: str | Path | None = None
    duplicates: str = "bytes,near"
    missing_images: str = "error"
    on_bad_image: str = "error"
    patients_from_paths: bool = True

    def __post_init__(self) -> None:
        chosen = [self.uncertain] if isinstance(self.uncertain, str) else list(self.uncertain.values())
        for choice in chosen:
            check_choice("uncertain", choice, UNCERTAIN_CHOICES)
        if ("self-trained" in chosen) != (self.predictions is not None):
            raise ValueError(
                "`uncertain` self-trained and `predictions` go together: name the predictions.csv of a run "
                "trained with `uncertain` ignore, on its own datalist"
            )
        if "self-trained" in chosen and self.split.folds is not None:
            raise ValueError(
                "`uncertain` self-trained makes one list, because each of `folds` needs the predictions of its own "
                "run; make the lists with `uncertain` ignore"
            )
        check_choice("promote", self.promote, PROMOTE_CHOICES)
        if self.promote != PROMOTE_CHOICES[0] and self.hierarchy is None:
            raise ValueError(f"`promote` {self.promote} needs a `hierarchy`, such as chexpert")
        check_choice("not_mentioned", self.not_mentioned, NOT_MENTIONED_CHOICES)
        check_choice("duplicates", self.duplicates, DUPLICATE_CHOICES)
        check_choice("missing_images", self.missing_images, MISSING_IMAGES_CHOICES)
        check_choice("on_bad_image", self.on_bad_image, ON_BAD_IMAGE_CHOICES)
