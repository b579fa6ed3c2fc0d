"""How many altered copies `audit` finds among real images, by change, and how many other pairs it takes for copies.

    python scripts/measure_duplicates.py FOLDER [--images 900] [--copies 100] [--seed 1] [--changes "flipped;inverted"]

Prints a Markdown row per change: copies found of those planted, the words that were said of most, and pairs that are
neither planted nor among the images before. The pairs among the images before are printed first, to be looked at.
"""

from __future__ import annotations

import argparse
import io
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

from radiobundle.datalists.duplicates import look_alikes, pair_groups
from radiobundle.datalists.fingerprints import read_pixels
from radiobundle.datalists.looks import look_at

Change = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def crop(image: np.ndarray, share: float) -> np.ndarray:
    y, x = (round(side * share) for side in image.shape)
    return image[y : image.shape[0] - y, x : image.shape[1] - x]


def pad(image: np.ndarray, share: float, level: int) -> np.ndarray:
    y, x = (round(side * share) for side in image.shape)
    return np.pad(image, ((y, y), (x, x)), constant_values=level)


def rotate(image: np.ndarray, degrees: float) -> np.ndarray:
    return np.asarray(Image.fromarray(image).rotate(degrees, Image.Resampling.BICUBIC))


def reencode(image: np.ndarray, quality: int) -> np.ndarray:
    file = io.BytesIO()
    Image.fromarray(image).save(file, "JPEG", quality=quality)
    return np.asarray(Image.open(file))


def resize(image: np.ndarray, scale: float) -> np.ndarray:
    size = (max(1, round(image.shape[1] * scale)), max(1, round(image.shape[0] * scale)))
    return np.asarray(Image.fromarray(image).resize(size, Image.Resampling.BICUBIC))


def brighten(image: np.ndarray, factor: float) -> np.ndarray:
    return np.clip(image * factor, 0, 255).astype(np.uint8)


def gamma(image: np.ndarray, exponent: float) -> np.ndarray:
    return np.rint(255 * (image / 255) ** exponent).astype(np.uint8)


def mark(image: np.ndarray, random: np.random.Generator) -> np.ndarray:
    """Burn in a letter of a tenth of the shorter side, at a random place, half of them on a dark plate."""
    drawn = Image.fromarray(image)
    side = max(10, min(drawn.size) // 10)
    x, y = (int(random.uniform(0.02, 0.85) * length) for length in drawn.size)
    pen = ImageDraw.Draw(drawn)
    if random.random() < 0.5:
        pen.rectangle((x - 2, y - 2, x + side, y + side), fill=0)
    pen.text((x, y), str(random.choice(["L", "R"])), fill=255, font=ImageFont.load_default(size=side))
    return np.asarray(drawn)


def equalise(image: np.ndarray) -> np.ndarray:
    return np.asarray(ImageOps.equalize(Image.fromarray(image)))


CHANGES: dict[str, Change] = {
    "JPEG quality 30": lambda image, _: reencode(image, 30),
    "half size": lambda image, _: resize(image, 0.5),
    "20 % brighter": lambda image, _: brighten(image, 1.2),
    "gamma 0.6": lambda image, _: gamma(image, 0.6),
    "gamma 1.6": lambda image, _: gamma(image, 1.6),
    "16 bit": lambda image, _: image.astype(np.uint16) * 257,
    "cropped 1.5 % a side": lambda image, _: crop(image, 0.015),
    "cropped 3 % a side": lambda image, _: crop(image, 0.03),
    "flipped": lambda image, _: image[:, ::-1],
    "flipped upside down": lambda image, _: image[::-1],
    "inverted": lambda image, _: 255 - image,
    "turned 90": lambda image, _: np.rot90(image),
    "turned 180": lambda image, _: np.rot90(image, 2),
    "turned 270": lambda image, _: np.rot90(image, 3),
    "padded 10 % a side, black": lambda image, _: pad(image, 0.1, 0),
    "padded 10 % a side, white": lambda image, _: pad(image, 0.1, 255),
    "rotated 2 degrees": lambda image, _: rotate(image, 2),
    "letter burnt in": mark,
    "equalised": lambda image, _: equalise(image),
    "flipped, cropped 3 %": lambda image, _: crop(image[:, ::-1], 0.03),
    "inverted, turned 90, JPEG 50": lambda image, _: reencode(255 - np.rot90(image), 50),
    "flipped, rotated 2 degrees, marked": lambda image, random: mark(rotate(image[:, ::-1].copy(), 2), random),
    "local equalisation (CLAHE)": lambda image, _: cv2.createCLAHE(2.0, (8, 8)).apply(image),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--images", type=int, default=900)
    parser.add_argument("--copies", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--changes", help="divided by ; (default: all)")
    options = parser.parse_args()
    random = np.random.default_rng(options.seed)
    paths = sorted(path for path in options.folder.rglob("*") if path.suffix.lower() in (".png", ".jpg", ".jpeg"))
    paths = [paths[k] for k in random.permutation(len(paths))[: options.images]]
    pixels = [to_8_bit(read_pixels(path)) for path in paths]
    views = [look_at(image) for image in pixels]
    before, _ = look_alikes(views, pixels.__getitem__)
    print(f"{options.folder}: {len(paths)} images, {len(before)} pairs among them")
    for pair in before:
        print(f"    {paths[pair.first].name} {paths[pair.second].name}: {pair.change}")
    known = {pair[:2] for pair in before}
    print("\n| change | found | said of most | pairs of others |\n|---|---|---|---|", flush=True)
    for name in options.changes.split(";") if options.changes else CHANGES:
        copies = [np.ascontiguousarray(CHANGES[name](image, random)) for image in pixels[: options.copies]]
        both = [*pixels, *copies]
        pairs, _ = look_alikes([*views, *map(look_at, copies)], both.__getitem__)
        group_of = {row: k for k, group in enumerate(pair_groups(np.array([p[:2] for p in pairs]))) for row in group}
        planted = [(row, len(pixels) + row) for row in range(len(copies))]
        found = sum(group_of.get(one, -1) == group_of.get(copy, -2) for one, copy in planted)
        said = Counter(pair.change for pair in pairs if pair[:2] in planted).most_common(1)
        # A copy of one of two known copies is no stranger to the other.
        originals = {row: row for row in range(len(pixels))} | {copy: one for one, copy in planted}
        others = sum(
            one != two and (min(one, two), max(one, two)) not in known
            for one, two in ((originals[p.first], originals[p.second]) for p in pairs)
        )
        print(f"| {name} | {found} of {len(copies)} | {said[0][0] if said else ''} | {others} |", flush=True)


def to_8_bit(pixels: np.ndarray) -> np.ndarray:
    return pixels if pixels.dtype == np.uint8 else (pixels >> 8).astype(np.uint8)


if __name__ == "__main__":
    main()
