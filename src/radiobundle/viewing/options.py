"""What a page holds, as far as a user decides."""

from __future__ import annotations

from dataclasses import dataclass

from radiobundle.viewing.heat import method_title


@dataclass(frozen=True)
class ViewOptions:
    """What a page holds.

    Args:
        images: to show at most, see `sample_rows`.
        seed: of all that is random.
        largest_side_px: of full pixels; larger images are reduced.
        thumbnails_only: leave full pixels out.
        heat_maps: method of heat maps, see `explain.methods`; None: there are none.
        without_features: leave out the map of images, nearest training images and the out-of-distribution score.
        training_images: of more training images, a random sample is compared with.
        label_errors: table of `radiobundle label-errors`.
        device: of the network.

    Raises:
        ValueError: a number is too small, or the method is unknown.
    """

    images: int = 10_000
    seed: int = 0
    largest_side_px: int = 1024
    thumbnails_only: bool = False
    heat_maps: str | None = None
    without_features: bool = False
    training_images: int = 20_000
    label_errors: str | None = None
    device: str | None = None

    def __post_init__(self) -> None:
        for name, least in (("seed", 0), ("images", 1), ("largest_side_px", 1), ("training_images", 0)):
            if getattr(self, name) < least:
                raise ValueError(f"`{name}` {getattr(self, name)}: must be at least {least}")
        if self.heat_maps is not None:
            method_title(self.heat_maps)
