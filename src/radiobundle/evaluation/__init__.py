"""Pure evaluation: from predictions to numbers with intervals, thresholds and calibration."""
