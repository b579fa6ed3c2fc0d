"""Intervals: the bootstrap over patients, and Wilson's."""
