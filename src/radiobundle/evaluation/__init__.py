"""Pure evaluation: from predictions to numbers with intervals, thresholds, calibration, pictures and a
report."""
