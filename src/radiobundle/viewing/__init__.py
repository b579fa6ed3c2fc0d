"""The page of `radiobundle view`: images, labels and predictions in a folder that any browser opens."""
