"""From files to pixels: the greyscale reader, the packed image store and the data sets over it."""
