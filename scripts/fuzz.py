"""Feed damaged files of every kind to what reads them: each is refused in one line, or gives the right result.

    python scripts/fuzz.py [--mutants 10000] [--seed 0] [--kind NAME ...] [--guided SECONDS]

Mutants are made from whole files by a seeded generator: flipped bits, cuts, repeated and zeroed stretches, foreign
bytes, and for JSON and CSV also other types, missing, repeated and nested entries. A mutant fails when anything else
than a `ValueError` or `OSError` of one line is raised, when it takes more than 20 seconds, when the process dies, or,
for kinds that carry checksums, when a mutant is accepted and gives another result than the whole file. With `--guided`
and the package atheris, each kind is also fuzzed for so many seconds guided by coverage of this package.
"""

from __future__ import annotations

import argparse
import contextlib
import copy
import io
import json
import logging
import multiprocessing
import os
import signal
import sys
import tempfile
import time
import traceback
import warnings
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

LIMIT_S = 20
_VALUES: list[Any] = [
    None, True, -1, 0, 2, 10**30, 1.5, float("nan"), float("inf"), "", "x", "\x00", "é" * 300, [], {}, [[]], {"a": {}},
    "$__import__('os').getcwd()", "../../x",
]  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """One kind of file.

    Attributes:
        name: of the kind.
        suffix: that its reader goes by.
        whole: content of an undamaged file.
        read: reads a file and returns what it says, comparable by ==.
        sealed: checksums vouch for the content, so an accepted mutant must say what the whole file says.
    """

    name: str
    suffix: str
    whole: bytes
    read: Callable[[Path], Any]
    sealed: bool = False


@dataclass
class Tally:
    """What became of the mutants of one kind."""

    outcomes: Counter[str] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)


def mutate(content: bytes, rng: np.random.Generator) -> bytes:
    """Return a damaged copy."""
    text = _mutate_text(content, rng) if rng.random() < 0.5 else None
    return text if text is not None else _mutate_bytes(content, rng)


def _mutate_bytes(content: bytes, rng: np.random.Generator) -> bytes:
    found = bytearray(content)
    for _ in range(int(rng.integers(1, 4))):
        size = len(found)
        start = int(rng.integers(0, size + 1)) if rng.random() < 0.6 else int(rng.integers(0, min(size, 400) + 1))
        length = int(2 ** rng.uniform(0, 10))
        match int(rng.integers(0, 6)):
            case 0 if start < size:
                found[start] ^= 1 << int(rng.integers(0, 8))
            case 1:
                del found[start:]
            case 2:
                del found[start : start + length]
            case 3:
                found[start:start] = found[start : start + length]
            case 4:
                found[start : start + length] = bytes(len(found[start : start + length]))
            case _:
                found[start : start + length] = rng.bytes(length)
    return bytes(found)


def _mutate_text(content: bytes, rng: np.random.Generator) -> bytes | None:
    """Return JSON with one entry changed, or a table with one cell or row changed; None: it is neither."""
    try:
        value = json.loads(content)
    except ValueError:
        return _mutate_table(content, rng)
    value = copy.deepcopy(value)
    places = list(_places(value))
    holder, key = places[int(rng.integers(0, len(places)))]
    match int(rng.integers(0, 3)):
        case 0:
            del holder[key]
        case 1:
            holder[key] = [copy.deepcopy(holder[key])]
        case _:
            holder[key] = _VALUES[int(rng.integers(0, len(_VALUES)))]
    return json.dumps(value).encode()


def _mutate_table(content: bytes, rng: np.random.Generator) -> bytes | None:
    lines = content.split(b"\n")
    if len(lines) < 3 or b"," not in lines[0] or b"\x00" in content[:200]:
        return None
    row = int(rng.integers(0, len(lines) - 1))
    cells = lines[row].split(b",")
    cell = int(rng.integers(0, len(cells)))
    match int(rng.integers(0, 5)):
        case 0:
            del cells[cell]
        case 1:
            cells.insert(cell, cells[cell])
        case 2:
            lines.insert(row, lines[row])
            return b"\n".join(lines)
        case _:
            cells[cell] = str(_VALUES[int(rng.integers(0, len(_VALUES)))]).encode()
    lines[row] = b",".join(cells)
    return b"\n".join(lines)


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in list(items):
        yield value, key
        yield from _places(item)


def judge(kind: Kind, mutant: bytes, folder: Path, expected: Any) -> tuple[str, str]:
    """Return what became of one mutant (refused, accepted, or how it failed), and why."""
    path = folder / f"mutant{kind.suffix}"
    path.write_bytes(mutant)
    try:
        with warnings.catch_warnings(), contextlib.redirect_stderr(io.StringIO()):
            warnings.simplefilter("ignore")
            found = kind.read(path)
    except (ValueError, OSError) as error:
        many = len(str(error).splitlines()) > 1 and "images cannot be read" not in str(error)
        return ("several lines", str(error)) if many else ("refused", "")
    except Exception:
        return "raw exception", traceback.format_exc()
    if kind.sealed and found != expected:
        return "silently wrong", f"{len(mutant)} bytes"
    return "accepted", ""


def fuzz(kind: Kind, *, mutants: int, seed: int) -> Tally:
    """Judge mutants of one kind in processes of their own, each started anew when a mutant kills or stalls it."""
    tally = Tally()
    done = 0
    context = multiprocessing.get_context("fork")
    while done < mutants:
        receiver, sender = context.Pipe(duplex=False)
        worker = context.Process(target=_work, args=(kind, seed, done, mutants, sender))
        worker.start()
        sender.close()
        while done < mutants:
            try:
                outcome, why = receiver.recv() if receiver.poll(LIMIT_S) else ("too long", "")
            except EOFError:
                worker.join()
                outcome, why = "process died", f"exit code {worker.exitcode}"
            tally.outcomes[outcome] += 1
            if outcome not in ("refused", "accepted"):
                tally.failures.append(f"{kind.name}, mutant {done}: {outcome} {why}")
            done += 1
            if outcome in ("too long", "process died"):
                break
        if worker.is_alive():
            os.kill(worker.pid or 0, signal.SIGKILL)
        worker.join()
    return tally


def _work(kind: Kind, seed: int, start: int, stop: int, sender: Any) -> None:
    with tempfile.TemporaryDirectory() as name, Path(os.devnull).open("w") as nowhere:
        os.dup2(nowhere.fileno(), 2)
        whole = Path(name) / f"whole{kind.suffix}"
        whole.write_bytes(kind.whole)
        expected = kind.read(whole)
        for number in range(start, stop):
            mutant = mutate(kind.whole, np.random.default_rng([seed, number]))
            sender.send(judge(kind, mutant, Path(name), expected))


def make_kinds(folder: Path) -> list[Kind]:
    """Make one whole file of each kind, small, from a network that was trained for one epoch on noise."""
    import fuzz_kinds  # noqa: PLC0415 - imports torch and MONAI, which mutation does not need

    logging.disable(logging.WARNING)  # mutants would fill the screen
    return fuzz_kinds.make_kinds(folder, Kind)


def guide(kind: Kind, *, seconds: int) -> None:
    """Fuzz one kind guided by coverage (atheris ends the process)."""
    import atheris  # noqa: PLC0415

    folder = Path(tempfile.mkdtemp())
    (folder / "corpus").mkdir()
    (folder / "corpus" / "whole").write_bytes(kind.whole)

    def once(data: bytes) -> None:
        outcome, why = judge(kind, data, folder, None if not kind.sealed else object())
        if outcome in ("raw exception", "several lines"):
            raise RuntimeError(f"{kind.name}: {outcome}: {why}")

    atheris.instrument_all()
    atheris.Setup([sys.argv[0], f"-max_total_time={seconds}", str(folder / "corpus")], once)
    atheris.Fuzz()


def main() -> int:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--mutants", type=int, default=10_000, help="of all kinds together (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--kind", action="append", help="only these")
    parser.add_argument("--guided", type=int, metavar="SECONDS", help="also guided by coverage, per kind (atheris)")
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as name:
        kinds = [kind for kind in make_kinds(Path(name)) if not arguments.kind or kind.name in arguments.kind]
        begin, failures = time.perf_counter(), []
        print("| kind | mutants | refused | accepted | failures |\n|---|---|---|---|---|")
        for kind in kinds:
            tally = fuzz(kind, mutants=-(-arguments.mutants // len(kinds)), seed=arguments.seed)
            failures += tally.failures
            counts = tally.outcomes
            shown = (kind.name, counts.total(), counts["refused"], counts["accepted"], len(tally.failures))
            print("| " + " | ".join(map(str, shown)) + " |", flush=True)
        print(f"{len(failures)} failures; {time.perf_counter() - begin:.0f} s")
        print("\n".join(failures[:20]))
        for kind in kinds if arguments.guided else ():
            child = multiprocessing.get_context("fork").Process(
                target=guide, args=(kind,), kwargs={"seconds": arguments.guided}
            )
            child.start()
            child.join()
            print(f"guided, {kind.name}: exit code {child.exitcode}")
            failures += [kind.name] if child.exitcode else []
    return int(bool(failures))


if __name__ == "__main__":
    sys.exit(main())
