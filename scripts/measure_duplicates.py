"""How many altered copies `audit` finds among real images, by change, and how many other pairs it takes for copies.

    python scripts/measure_duplicates.py FOLDER... [--images 900] [--copies 100] [--seed 1] [--unseen 0]

Prints a Markdown row per change: copies found of those planted, the words that were said of most, and pairs that are
neither planted nor among the images before. The pairs among the images before are printed first, to be looked at.

    python scripts/measure_duplicates.py FOLDER --speed 112120 [--seed 1]

prints instead how long that many different images take once they are decoded, and the memory: variants of the images of
FOLDER, see `variant`, as alike among each other as radiographs of one patient are.
"""

from __future__ import annotations

import argparse
import io
import multiprocessing
import resource
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from itertools import chain
from pathlib import Path

import cv2
import numpy as np
from PIL import Image, ImageDraw, ImageFont, ImageOps

from radiobundle.datalists.candidates import find_candidates
from radiobundle.datalists.duplicates import confirmed, look_alikes, pair_groups
from radiobundle.datalists.looks import View, look_at
from radiobundle.datalists.verify import CLOSE_PX
from radiobundle.images.grayscale import read_grayscale

SEEN = 900
PLACES = np.stack(np.meshgrid(*[np.arange(CLOSE_PX, dtype=np.float32)] * 2), axis=-1)  # x, y

Change = Callable[[np.ndarray, np.random.Generator], np.ndarray]


def crop(image: np.ndarray, fraction: float) -> np.ndarray:
    y, x = (round(side * fraction) for side in image.shape)
    return image[y : image.shape[0] - y, x : image.shape[1] - x]


def pad(image: np.ndarray, fraction: float, level: int) -> np.ndarray:
    y, x = (round(side * fraction) for side in image.shape)
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
    return cv2.LUT(image, np.rint(255 * (np.arange(256) / 255) ** exponent).astype(np.uint8))


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
    parser.add_argument("folders", type=Path, nargs="+", help="copies are made of the first one's images")
    parser.add_argument("--images", type=int, default=900)
    parser.add_argument("--copies", type=int, default=100)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--unseen", type=int, help="make no copies of the first 900 images of this seed")
    parser.add_argument("--changes", help="divided by ; (default: all)")
    parser.add_argument("--speed", type=int, help="number of images to measure the time with")
    options = parser.parse_args()
    if options.speed:
        measure_speed(options.folders[0], options.speed, options.seed)
        return
    random = np.random.default_rng(options.seed)
    paths = [path for folder in options.folders for path in shuffled(image_paths(folder), random)]
    if options.unseen is not None:
        seen = set(shuffled(image_paths(options.folders[0]), np.random.default_rng(options.unseen))[:SEEN])
        paths.sort(key=seen.__contains__)
    paths = paths[: options.images]
    pixels = [to_8_bit(read_grayscale(path)) for path in paths]
    views = [look_at(image) for image in pixels]
    before, _ = look_alikes(views, pixels.__getitem__)
    print(f"{', '.join(map(str, options.folders))}: {len(paths)} images, {len(before)} pairs among them")
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
        linked = {tuple(sorted((originals[pair.first], originals[pair.second]))) for pair in pairs}
        others = [f"{paths[one].name} {paths[two].name}" for one, two in sorted(linked - known) if one != two]
        row = (name, f"{found} of {len(copies)}", said[0][0] if said else "", ", ".join([f"{len(others)}", *others]))
        print(f"| {' | '.join(row)} |", flush=True)


def measure_speed(folder: Path, count: int, seed: int) -> None:
    """Print the seconds of both steps, how many pairs each had, and the memory before and at most."""
    start = time.perf_counter()
    sources = [read_small(path) for path in image_paths(folder)]
    with multiprocessing.Pool() as pool:
        look = partial(views_of_variant, sources, seed)
        views = list(chain.from_iterable(pool.imap(look, batches(count), chunksize=1)))
    images = np.array([image for image, found in enumerate(views) for _ in found])
    flat = [view for found in views for view in found]
    print(f"{count} variants of {len(sources)} images, {len(flat)} views, made in {time.perf_counter() - start:.0f} s")
    print(f"memory before: {resident_mb():.0f} MB", flush=True)
    start, worked = time.perf_counter(), time.process_time()
    found = find_candidates(np.stack([view.waves for view in flat]), images)
    sources_of = images[found.pairs] % len(sources)
    alike = int((sources_of[:, 0] == sources_of[:, 1]).sum())
    print(f"candidates: {time.perf_counter() - start:.0f} s ({time.process_time() - worked:.0f} s of processor time)")
    print(f"    {len(found.pairs)} pairs, {alike} of them of variants of one image")
    print(f"    {found.capped} views had too many; {resident_mb():.0f} MB at most so far", flush=True)
    start, worked = time.perf_counter(), time.process_time()
    read: Counter[str] = Counter()

    def make_again(image: int) -> np.ndarray:
        read["images"] += 1
        return variant(sources, seed, image)

    pairs = confirmed(found, flat, images, make_again)
    print(f"confirmation: {time.perf_counter() - start:.0f} s ({time.process_time() - worked:.0f} s of processor time)")
    print(f"    {read['images']} images read again, {len(pairs)} copies")
    print(f"memory at most: {resident_mb():.0f} MB")


def batches(count: int) -> list[range]:
    return [range(start, min(start + 200, count)) for start in range(0, count, 200)]


def views_of_variant(sources: list[np.ndarray], seed: int, rows: range) -> list[list[View]]:
    cv2.setNumThreads(1)
    return [look_at(variant(sources, seed, row)) for row in rows]


def variant(sources: list[np.ndarray], seed: int, row: int) -> np.ndarray:
    """Image `row` as another exposure might show it: bent (1.6 % of a side), cropped, turned and moved, other greys."""
    random = np.random.default_rng((seed, row))
    image = sources[row % len(sources)]
    turn = cv2.getRotationMatrix2D((CLOSE_PX / 2, CLOSE_PX / 2), random.uniform(-6, 6), random.uniform(1.0, 1.15))
    shift = np.zeros((2, 3))
    shift[:, 2] = random.normal(0, 0.03, 2) * CLOSE_PX
    back = cv2.invertAffineTransform(turn + shift)
    knots = random.normal(0, 0.016, (5, 5, 2)) * CLOSE_PX
    bends = cv2.resize(knots, (CLOSE_PX, CLOSE_PX), interpolation=cv2.INTER_CUBIC)
    places = (cv2.transform(PLACES, back) + bends).astype(np.float32)
    bent = cv2.remap(image, places[..., 0], places[..., 1], cv2.INTER_LINEAR)
    return gamma(bent, random.uniform(0.7, 1.4))


def read_small(path: Path) -> np.ndarray:
    return cv2.resize(to_8_bit(read_grayscale(path)), (CLOSE_PX, CLOSE_PX), interpolation=cv2.INTER_AREA)


def resident_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def shuffled(paths: list[Path], random: np.random.Generator) -> list[Path]:
    return [paths[k] for k in random.permutation(len(paths))]


def image_paths(folder: Path) -> list[Path]:
    return sorted(path for path in folder.rglob("*") if path.suffix.lower() in (".png", ".jpg", ".jpeg"))


def to_8_bit(pixels: np.ndarray) -> np.ndarray:
    return pixels if pixels.dtype == np.uint8 else (pixels >> 8).astype(np.uint8)


if __name__ == "__main__":
    main()
