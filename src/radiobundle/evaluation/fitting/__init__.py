"""Everything fitted on validation and shipped with the weights: thresholds, calibration, weights, reference."""
