"""Metrics, each on many weightings of the images at once."""
