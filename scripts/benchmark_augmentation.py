"""Augmenting a batch: ours on torch primitives, against kornia on the batch and MONAI image by image.

All three do the same kinds of things (mirror, rotate, zoom, shift, gamma, contrast, brightness, blur, noise) to a batch
of 64 images of 128 px. kornia is measured if it is installed; it is no dependency.

    python scripts/benchmark_augmentation.py [--device cuda]
"""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable

import torch
from monai.bundle import ConfigParser
from monai.transforms import (
    Compose,
    RandAdjustContrast,
    RandAffine,
    RandFlip,
    RandGaussianNoise,
    RandGaussianSmooth,
    RandScaleIntensity,
    RandShiftIntensity,
)

from benchmark_common import BUNDLE, describe_machine, make_parser, publish, race, speed_rows

OURS = "ours, on the batch"


def main() -> None:
    parser = make_parser(__doc__, rounds=10)
    parser.add_argument("--device", default="cpu")
    parser.add_argument("--batch-size", type=int, default=64)
    arguments = parser.parse_args()
    images = torch.rand(arguments.batch_size, 1, 128, 128, device=arguments.device)
    speeds = race(contenders(images), rounds=arguments.rounds, device=arguments.device)
    facts = {"machine": describe_machine(arguments.device), "batch": f"{arguments.batch_size} images of 128 px"}
    publish("Augmentation", facts, speed_rows(speeds, OURS), arguments.output)


def contenders(images: torch.Tensor) -> dict[str, Callable[[], int]]:
    augmentations: dict[str, Callable[[torch.Tensor], torch.Tensor]] = {OURS: ours(), "MONAI, image by image": monai()}
    if importlib.util.find_spec("kornia"):
        augmentations["kornia, on the batch"] = kornia()

    def work(augment: Callable[[torch.Tensor], torch.Tensor]) -> Callable[[], int]:
        def run() -> int:
            augment(images)
            return len(images)

        return run

    return {name: work(augment) for name, augment in augmentations.items()}


def ours() -> Callable[[torch.Tensor], torch.Tensor]:
    config = json.loads((BUNDLE / "configs" / "train.json").read_text())["train"]["augmentation"]
    transforms = ConfigParser({"augmentation": config}).get_parsed_content("augmentation")

    def augment(images: torch.Tensor) -> torch.Tensor:
        for transform in transforms:
            images = transform(images)
        return images

    return augment


def monai() -> Callable[[torch.Tensor], torch.Tensor]:
    transform = Compose(
        [
            RandFlip(prob=0.5, spatial_axis=1),
            RandAffine(
                prob=1.0, rotate_range=0.17, scale_range=0.2, translate_range=8, padding_mode="border", cache_grid=True
            ),
            RandAdjustContrast(prob=1.0, gamma=(0.67, 1.5)),
            RandScaleIntensity(prob=1.0, factors=0.3),
            RandShiftIntensity(prob=1.0, offsets=0.1),
            RandGaussianSmooth(prob=0.5, sigma_x=(0.5, 1.5), sigma_y=(0.5, 1.5)),
            RandGaussianNoise(prob=1.0, std=0.04),
        ]
    )
    return lambda images: torch.stack([torch.as_tensor(transform(image)) for image in images])


def kornia() -> Callable[[torch.Tensor], torch.Tensor]:
    import kornia.augmentation as K  # noqa: N812, PLC0415 (optional)

    return K.AugmentationSequential(
        K.RandomHorizontalFlip(p=0.5),
        K.RandomAffine(degrees=10, translate=(0.06, 0.06), scale=(0.9, 1.25), padding_mode="border", p=1.0),
        K.RandomGamma((0.67, 1.5), p=1.0),
        K.RandomContrast((0.74, 1.35), p=1.0),
        K.RandomBrightness((0.9, 1.1), p=1.0),
        K.RandomGaussianBlur((5, 5), (0.5, 1.5), p=0.5),
        K.RandomGaussianNoise(std=0.04, p=1.0),
        data_keys=["input"],
    )


if __name__ == "__main__":
    main()
