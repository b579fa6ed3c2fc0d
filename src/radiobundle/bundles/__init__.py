"""A bundle on disk and under MONAI: its ids, recipes, guards, checksums and zips."""
