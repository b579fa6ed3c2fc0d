"""Many trainings that are compared: planned from one file, run by any number of workers, judged with their noise."""
