"""Synthetic radiographs for tests and demonstrations. They show nobody and prove nothing about real images."""
