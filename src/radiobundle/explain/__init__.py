"""Figures that show what a network sees and where it errs."""
