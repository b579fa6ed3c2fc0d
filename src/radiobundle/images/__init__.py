"""From files to pixels: grayscale reading, the packed image store and the data sets over it."""
