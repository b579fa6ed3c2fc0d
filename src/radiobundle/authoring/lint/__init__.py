"""What a reviewer of the Model Zoo, and MONAI itself, would complain about, found offline and at once."""
