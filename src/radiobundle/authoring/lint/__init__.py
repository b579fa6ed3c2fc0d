"""Find what a reviewer of the Model Zoo, or MONAI itself, would complain about, offline and at once."""
