"""Metrics, each for many weightings of the images at once."""
