"""Regions and energy of maps against boxes."""

from __future__ import annotations

import numpy as np
import pytest

from radiobundle.explain.box_scores import CUTS, centre_map, fit_cut, iou_at, score_map
from radiobundle.explain.pointing_game import covered_fraction

BOX = {"x": 0.25, "y": 0.5, "width": 0.25, "height": 0.25}


def test_map_that_is_the_box_scores_one_and_its_complement_nothing() -> None:
    heat = np.zeros((64, 64))
    heat[32:48, 16:32] = 3
    ious, energy = score_map(heat, [BOX])
    assert energy == 1 and (ious == 1).all()
    ious, energy = score_map(heat.max() - heat, [BOX])
    assert energy == 0 and not ious.any()


def test_even_map_scores_what_the_boxes_cover() -> None:
    boxes = [BOX, {"x": 0.3, "y": 0.5, "width": 0.4, "height": 0.25}]
    ious, energy = score_map(np.ones((7, 7)), boxes)
    assert energy == pytest.approx(covered_fraction(boxes)) and ious == pytest.approx(energy)


def test_map_without_heat_scores_nothing() -> None:
    ious, energy = score_map(np.zeros((8, 8)), [BOX])
    assert energy == 0 and not ious.any()


def test_centre_prefers_boxes_in_the_middle() -> None:
    middle = score_map(centre_map(), [{"x": 0.4, "y": 0.4, "width": 0.2, "height": 0.2}])[1]
    corner = score_map(centre_map(), [{"x": 0.0, "y": 0.0, "width": 0.2, "height": 0.2}])[1]
    assert middle > 0.04 * 3 and corner < 0.04 / 3  # four hundredths of the image


def made_up(best: list[int]) -> np.ndarray:
    ious = np.zeros((len(best), len(CUTS)))
    ious[np.arange(len(best)), best] = 1
    return ious


def test_cut_is_fitted_on_validation_and_scored_elsewhere() -> None:
    fit = fit_cut(
        made_up([3, 3, 8]), splits=np.array(["validation"] * 2 + ["test"]), patient_ids=np.array(["a", "b", "c"])
    )
    np.testing.assert_array_equal(fit.cuts, [np.nan, np.nan, CUTS[3]])
    scored = iou_at(made_up([3, 3, 3]), fit)
    assert np.isnan(scored[:2]).all() and scored[2] == 1 and "2 validation pairs" in fit.how


def test_cross_fitted_cut_never_comes_from_the_patient_it_is_scored_on() -> None:
    # One patient has many pairs that would all like cut 9; the others like cut 2.
    best, patients = [9] * 50 + [2] * 4, np.array(["z"] * 50 + ["a", "b", "c", "d"])
    fit = fit_cut(made_up(best), splits=np.array(["test"] * 54), patient_ids=patients)
    assert (fit.cuts[:50] == CUTS[2]).all() and (fit.cuts[50:] == CUTS[9]).all() and "5 patients" in fit.how


def test_one_patient_alone_fits_nothing() -> None:
    fit = fit_cut(made_up([9]), splits=np.array(["test"]), patient_ids=np.array(["a"]))
    assert fit.cuts.tolist() == [0.5] and "not fitted" in fit.how and iou_at(made_up([9]), fit).tolist() == [1]
