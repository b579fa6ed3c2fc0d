"""How far the same configuration moves between seeds, and what a difference is worth beside that."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import numpy as np
from scipy.stats import t as student_t

BETTER, WORSE, TIE = "better", "worse", "a tie at this noise"
SIGNIFICANT = 0.05


@dataclass(frozen=True)
class SeedNoise:
    """Standard deviation of a score between trainings that differ in their seed alone.

    Args:
        sd: standard deviation, pooled over configurations; None where none has two seeds.
        degrees: of freedom.
    """

    sd: float | None
    degrees: int

    def band(self, seeds: int, other_seeds: int, *, level: float = 0.95) -> float | None:
        """Return how far the means of two equal configurations differ by chance; None: unknown.

        Args:
            seeds: of one configuration.
            other_seeds: of the other.
            level: in what fraction of all cases they stay within it.
        """
        if self.sd is None:
            return None
        return float(student_t.ppf(0.5 + level / 2, self.degrees) * self.sd * np.sqrt(1 / seeds + 1 / other_seeds))


def pooled_noise(scores: Iterable[Sequence[float] | np.ndarray]) -> SeedNoise:
    """Return the noise between seeds, pooled over configurations: within each, around its own mean.

    Args:
        scores: of each configuration, one for each seed; those that are no finite numbers are left out.

    >>> noise = pooled_noise([[0.90, 0.92], [0.80, 0.80], [0.7]])
    >>> round(noise.sd, 3), noise.degrees, round(noise.band(2, 2), 3)
    (0.01, 2, 0.043)
    """
    known = [array[np.isfinite(array)] for array in (np.asarray(values, dtype=float) for values in scores)]
    several = [values for values in known if len(values) > 1]
    degrees = sum(len(values) - 1 for values in several)
    if not degrees:
        return SeedNoise(None, 0)
    squares = sum(float(((values - values.mean()) ** 2).sum()) for values in several)
    return SeedNoise(float(np.sqrt(squares / degrees)), degrees)


def verdict(difference: float, p: float | None, band: float | None) -> str:
    """Return in words what a difference from the baseline is.

    It is better or worse only if it is neither due to which images were judged (its p-value, adjusted for the number of
    rows) nor within what seeds do by themselves.

    Args:
        difference: of the means over seeds; higher is better.
        p: of it over images (and folds), adjusted; None: undefined.
        band: see `SeedNoise.band`; None: nobody knows.

    >>> verdict(0.03, 0.01, 0.02), verdict(0.03, 0.01, 0.04), verdict(-0.03, 0.01, None)
    ('better', 'a tie at this noise', 'worse')
    """
    is_larger = band is None or abs(difference) > band  # which is False where one is undefined
    if p is None or not p < SIGNIFICANT or not is_larger:
        return TIE
    return BETTER if difference > 0 else WORSE
