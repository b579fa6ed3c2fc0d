"""The predictions table: what a model said of each image, beside what is true."""
