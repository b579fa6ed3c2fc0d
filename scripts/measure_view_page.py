"""How fast the page of `radiobundle view` is in a real browser: load, scroll, filter and memory, by number of images.

The pages are made up: 14 labels, two runs, noise as thumbnails. Needs playwright and Chromium or Chrome.

    python scripts/measure_view_page.py --rows 1000 10000 100000
"""

from __future__ import annotations

import statistics
import tempfile
from pathlib import Path
from typing import Any

from benchmark_common import describe_machine, make_parser, publish
from browsers import find_browser, launched
from made_up_view import write_made_up

LABELS = tuple(f"finding {at}" for at in range(14))
NEXT_FRAME = "new Promise((done) => requestAnimationFrame(() => setTimeout(done)))"
SCROLL = """async () => {
  const grid = document.getElementById("grid"), gaps = [];
  let last = performance.now();
  for (let frame = 0; frame < 200; frame++) {
    grid.scrollTop += 200;
    await new Promise((done) => requestAnimationFrame(done));
    gaps.push(performance.now() - last);
    last = performance.now();
  }
  return gaps;
}"""
# What a user does -> the change of the state
CHANGES = {
    "threshold": "{thresholds: {'0:0': 0.3 + Math.random() / 10}}",
    "filter by outcome": "{outcomes: [1]}",
    "filter by text": "{text: '99'}",
    "filter by group": "{outcomes: [], text: '', categories: {sex: [0]}}",
    "filter by lasso": "{categories: {}, lasso: {map: 'pca', points: [[0.2, 0.2], [0.2, 0.7], [0.6, 0.8], [0.7, 0.3]]}}",
    "other label": "{lasso: null, label: 3}",
    "sort by age": "{sort: 'age'}",
    "compare runs": "{other: 1, agreement: [1, 2], sort: 'difference'}",
}


def main() -> None:
    parser = make_parser(__doc__, rounds=3)
    parser.add_argument("--rows", type=int, nargs="+", default=[1000, 10_000, 100_000])
    arguments = parser.parse_args()
    program = find_browser()
    if program is None:
        parser.error("no Chromium or Chrome is installed")
    rows = []
    with launched(program) as browser, tempfile.TemporaryDirectory() as name:
        for count in arguments.rows:
            made = write_made_up(Path(name) / str(count), rows=count, labels=LABELS, runs=2, with_images=0)
            found = [measure(browser, made.page) for _ in range(arguments.rounds)]
            medians = {key: round(statistics.median(turn[key] for turn in found), 1) for key in found[0]}
            rows.append({"images": count, **medians})
    facts = {"machine": describe_machine(), "rounds": arguments.rounds}
    publish("Page of radiobundle view", facts, rows, arguments.output)


def measure(browser: Any, address: str) -> dict[str, float]:
    """Open a page once; return what was measured, times in milliseconds."""
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    page.goto(address)
    page.wait_for_selector("body.complete", timeout=120_000)
    marks = {
        name: page.evaluate(f"performance.getEntriesByName('{name}')[0].startTime") for name in ("ready", "complete")
    }
    page.wait_for_timeout(500)
    gaps = page.evaluate(SCROLL)
    changes = {name: change(page, patch) for name, patch in CHANGES.items()}
    session = context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    usage = session.send("Runtime.getHeapUsage")
    context.close()
    return {
        "first view, ms": marks["ready"],
        "all loaded, ms": marks["complete"],
        "scroll, frames/s": 1000 * len(gaps) / sum(gaps),
        "longest frame, ms": max(gaps),
        **{f"{name}, ms": taken for name, taken in changes.items()},
        "memory, MB": (usage["usedSize"] + usage.get("backingStorageSize", 0)) / 1e6,
    }


def change(page: Any, patch: str) -> float:
    """Milliseconds from a change until its frame is on the screen."""
    return page.evaluate(
        f"""async () => {{
          const begin = performance.now();
          radiobundleView.state.change({patch});
          await {NEXT_FRAME};
          return performance.now() - begin;
        }}"""
    )


if __name__ == "__main__":
    main()
