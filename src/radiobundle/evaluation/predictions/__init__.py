"""The predictions table: a model's probabilities for each image, beside the truth."""
