"""Pure evaluation: from predictions to numbers with intervals, thresholds, calibration, figures and a report."""
