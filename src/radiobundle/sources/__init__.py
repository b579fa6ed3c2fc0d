"""Data sources: each file reads one kind of folder or table into the common `SourceTable`."""
