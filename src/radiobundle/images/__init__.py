"""From files to pixels: readers and the packed image store."""
