/* A histogram of any number, images with the label above the line and those without below; a bar filters. */
"use strict";

(function (view) {
  const { svg, at, format } = view.dom;
  const WIDTH = 320,
    HALF = 62,
    AXIS = 14;
  let table;

  function start(of) {
    table = of;
    at("histogram-of").addEventListener("change", () => view.state.change({ histogram: at("histogram-of").value }));
    at("histogram").addEventListener("keydown", moveFocus);
  }

  function show(state, selection) {
    const numbers = view.columns.numbers(table, state);
    const number = numbers.find(({ key }) => key === state.histogram) ?? numbers[0];
    at("histogram-of").replaceChildren(
      ...numbers.map(({ key, title }) => new Option(title, key, false, key === number.key)),
    );
    const values = number.values();
    const isProbability = number.key === "probability";
    const edges = isProbability ? view.bins.ofProbability(values) : view.bins.edges(values);
    plot(number, edges, count(values, edges, selection, number.key), chosenRange(state, number));
    if (isProbability && selection.threshold !== null) addThreshold(selection.threshold / edges[edges.length - 1]);
  }

  /** The range by which a number is filtered, if it is. */
  const chosenRange = (state, { key }) => (key === "probability" ? state.bins : state.ranges[key]);

  /** Counts by bin, of images with, without and of unknown label. */
  function count(values, edges, selection, key) {
    const counts = [1, 0, -1].map(() => new Uint32Array(Math.max(0, edges.length - 1)));
    if (edges.length < 2) return counts;
    const mask = selection.population(key),
      binOf = view.bins.binOf(edges);
    for (let row = 0; row < table.count; row++) {
      if (!mask[row]) continue;
      const bin = binOf(values[row]);
      if (bin >= 0) counts[{ 1: 0, 0: 1 }[selection.truth[row]] ?? 2][bin]++;
    }
    return counts;
  }

  function plot(number, edges, [present, absent, unknown], chosen) {
    const picture = at("histogram");
    const focused = [...picture.querySelectorAll(".bar")].indexOf(document.activeElement);
    const bins = present.length,
      width = WIDTH / Math.max(1, bins);
    const below = absent.map((value, bin) => value + unknown[bin]);
    const tallest = (counts) => Math.max(1, ...counts);
    picture.setAttribute("viewBox", `0 0 ${WIDTH} ${2 * HALF + AXIS}`);
    picture.replaceChildren(
      ...Array.from({ length: bins }, (_, bin) => {
        const up = (HALF * present[bin]) / tallest(present),
          down = (HALF * below[bin]) / tallest(below);
        const middle = { x: bin * width + 0.75, width: Math.max(0.5, width - 1.5) };
        const range = view.bins.rangeOf(edges, bin);
        const isChosen = chosen && chosen[0] <= range[0] && chosen[1] >= range[1];
        const words =
          `${format.number(range[0])} to ${format.number(range[1])}: ${format.whole(present[bin])} with the label, ` +
          `${format.whole(absent[bin])} without` +
          (unknown[bin] ? `, ${format.whole(unknown[bin])} unknown` : "");
        return svg(
          "g",
          {
            class: isChosen ? "bar chosen" : "bar",
            role: "button",
            tabindex: bin === Math.max(0, focused) ? 0 : -1,
            "data-bin": bin,
            "aria-label": words,
            "aria-pressed": String(Boolean(isChosen)),
            onclick: (event) => choose(number, range, event.shiftKey),
          },
          svg("title", {}, words),
          svg("rect", { class: "area", x: bin * width, y: 0, width, height: 2 * HALF + AXIS }),
          svg("rect", { ...middle, class: "present", y: HALF - up, height: up }),
          svg("rect", { ...middle, class: "absent", y: HALF + AXIS, height: down }),
        );
      }),
      ...axis(edges),
    );
    if (focused >= 0) picture.querySelectorAll(".bar")[focused]?.focus();
    at("histogram-note").textContent = bins
      ? `Above: with the label (tallest bar ${format.whole(tallest(present))}); below: without (${format.whole(tallest(below))}).`
      : "No values.";
  }

  function axis(edges) {
    if (edges.length < 2) return [];
    const places = [0, Math.floor((edges.length - 1) / 2), edges.length - 1];
    return places.map((place, index) =>
      svg(
        "text",
        {
          x: (WIDTH * place) / (edges.length - 1),
          y: HALF + AXIS - 3,
          class: "tick",
          "text-anchor": ["start", "middle", "end"][index],
        },
        format.number(edges[place]),
      ),
    );
  }

  function addThreshold(fraction) {
    if (!(fraction <= 1)) return;
    at("histogram").append(
      svg("line", { class: "threshold", x1: WIDTH * fraction, x2: WIDTH * fraction, y1: 0, y2: 2 * HALF + AXIS }),
    );
  }

  /** Filter by a bar; again: not any more; with shift: from the earlier one to this one. */
  function choose(number, range, extends_) {
    const state = view.state.get(),
      before = chosenRange(state, number);
    let after = range;
    if (before && extends_)
      after = range[0] < before[0] ? [range[0], before[1], before[2]] : [before[0], range[1], range[2]];
    else if (before && before[0] === range[0] && before[1] === range[1]) after = null;
    const ranges = after ? { ...state.ranges, [number.key]: after } : view.filters.without(state.ranges, number.key);
    view.state.change(number.key === "probability" ? { bins: after } : { ranges }, { text: `filter ${number.title}` });
  }

  function moveFocus(event) {
    const bars = [...at("histogram").querySelectorAll(".bar")],
      now = bars.indexOf(document.activeElement);
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    if (step && bars[now + step]) {
      bars[now].setAttribute("tabindex", -1);
      bars[now + step].setAttribute("tabindex", 0);
      bars[now + step].focus();
    } else if (event.key === "Enter" || event.key === " ") {
      document.activeElement.dispatchEvent(new MouseEvent("click", { bubbles: true, shiftKey: event.shiftKey }));
    } else if (!step) return;
    event.preventDefault();
    event.stopPropagation();
  }

  view.histogram = { start, show };
})(window.radiobundleView);
