"""Pretrained weights: a registry with a passport for each, where their files are, and what they may have seen."""
