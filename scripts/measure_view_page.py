"""How fast the page of `radiobundle view` is in a real browser: load, scroll, filter and memory, by number of images.

The pages are made up: 14 labels, two runs, noise as thumbnails. Needs playwright and Chromium or Chrome.

    python scripts/measure_view_page.py --rows 1000 10000 100000
"""

from __future__ import annotations

import os
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
MARKS = (("first view", "ready"), ("all loaded", "complete"))
# What a user does -> the change of the state
CHANGES = {
    "threshold": "{thresholds: {'0:0': 0.3 + Math.random() / 10}}",
    "filter by outcome": "{outcomes: [1]}",
    "filter by text": "{text: '99'}",
    "filter by group": "{outcomes: [], text: '', categories: {sex: [0]}}",
    "filter by lasso": "{categories: {}, lasso: {map: 'pca', points: [[0.2, 0.2], [0.2, 0.7], [0.7, 0.3]]}}",
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
    table: dict[str, dict[str, object]] = {}
    with launched(program) as browser, tempfile.TemporaryDirectory() as name:
        for count in arguments.rows:
            made = write_made_up(Path(name) / str(count), rows=count, labels=LABELS, runs=2, with_images=0)
            turns = [measure(browser, made.page) for _ in range(arguments.rounds)]
            for key in turns[0]:
                value = statistics.median(turn[key] for turn in turns)
                table.setdefault(key, {"": key})[f"{count:,} images"] = round(value, 1)
    facts = {"machine": describe_machine(), "rounds": arguments.rounds, "load": os.getloadavg()[0]}
    publish("Page of radiobundle view", facts, list(table.values()), arguments.output)


def measure(browser: Any, address: str) -> dict[str, float]:
    """Open a page once; return what was measured.

    CPU is that of all processes of the browser, which a busy machine changes less than what a clock shows.
    """
    context = browser.new_context(viewport={"width": 1280, "height": 800})
    page = context.new_page()
    before = cpu_ms(browser)
    page.goto(address)
    page.wait_for_selector("body.complete", timeout=120_000)
    found = {
        f"{name}, ms": page.evaluate(f"performance.getEntriesByName('{mark}')[0].startTime") for name, mark in MARKS
    }
    page.wait_for_timeout(500)
    found["until then, CPU ms"] = cpu_ms(browser) - before
    before = cpu_ms(browser)
    gaps = page.evaluate(SCROLL)
    found["scroll: frames a second"] = 1000 * len(gaps) / sum(gaps)
    found["scroll: longest frame, ms"] = max(gaps)
    found["scroll: a frame, CPU ms"] = (cpu_ms(browser) - before) / len(gaps)
    for name, patch in CHANGES.items():
        before = cpu_ms(browser)
        found[f"{name}, ms"] = change(page, patch)
        found[f"{name}, CPU ms"] = cpu_ms(browser) - before
    session = context.new_cdp_session(page)
    session.send("HeapProfiler.collectGarbage")
    usage = session.send("Runtime.getHeapUsage")
    found["memory of JavaScript, MB"] = (usage["usedSize"] + usage.get("backingStorageSize", 0)) / 1e6
    context.close()
    return found


def cpu_ms(browser: Any) -> float:
    """CPU time of the browser's processes so far."""
    processes = browser.new_browser_cdp_session().send("SystemInfo.getProcessInfo")["processInfo"]
    return 1000 * sum(float(process["cpuTime"]) for process in processes)


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
