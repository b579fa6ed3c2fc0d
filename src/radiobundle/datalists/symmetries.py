"""The eight orientations of an image: mirrored and turned by quarters; for pixels, and exactly for cosine waves."""

from __future__ import annotations

import numpy as np

# Three bits: 4 transposed first, then 2 upside down, 1 left to right.
LAYS = range(8)
NAMES = {
    0: (),
    1: ("flipped",),
    2: ("flipped upside down",),
    3: ("turned 180",),
    4: ("flipped", "turned 90"),
    5: ("turned 90 right",),
    6: ("turned 90 left",),
    7: ("flipped upside down", "turned 90"),
}


def laid(pixels: np.ndarray, lay: int) -> np.ndarray:
    """Return pixels (height, width) in one of the eight orientations."""
    turned = pixels.T if lay & 4 else pixels
    turned = turned[::-1] if lay & 2 else turned
    return np.ascontiguousarray(turned[:, ::-1] if lay & 1 else turned)


def laid_waves(waves: np.ndarray, lay: int) -> np.ndarray:
    """Return the cosine transforms (..., n, n) of images laid so: odd waves change their sign, axes their place."""
    n = waves.shape[-1]
    signs = (-1.0) ** np.arange(n, dtype=np.float32)
    turned = np.swapaxes(waves, -1, -2) if lay & 4 else waves
    turned = turned * signs[:, None] if lay & 2 else turned
    return turned * signs if lay & 1 else turned


def parities(n: int) -> np.ndarray:
    """Return int array (n * n,): 0 to 3, which of the two flips change the sign of each wave (bit 2 up, bit 1 left)."""
    odd = np.arange(n) % 2
    return (2 * odd[:, None] + odd[None, :]).ravel()
