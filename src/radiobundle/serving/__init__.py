"""Use a trained network on anybody's images."""
