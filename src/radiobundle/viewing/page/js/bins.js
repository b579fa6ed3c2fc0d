/* Bins of a histogram: round edges, and counts that agree with the filter that a click sets. */
"use strict";

(function (view) {
  const WANTED = 20;

  /** Round edges that cover the values: each bin from its edge to below the next, the last with both. */
  function edges(values, [low, high] = view.table.extent(values)) {
    if (!(low <= high)) return [];
    if (low === high) return [low, low + 1];
    const step = roundStep((high - low) / WANTED);
    const first = Math.floor(low / step + 1e-9);
    const count = Math.max(1, Math.ceil(high / step - 1e-9) - first);
    return Array.from({ length: count + 1 }, (_, at) => +((first + at) * step).toPrecision(12));
  }

  /** Edges from 0 to the largest probability, so that a model of small ones can be seen, too. */
  function ofProbability(values) {
    const [, high] = view.table.extent(values);
    return edges(values, [0, high > 0.5 ? 1 : Math.max(high, 0) || 1]);
  }

  /** The next larger of 1, 2, 5 times a power of ten. */
  function roundStep(step) {
    const power = 10 ** Math.floor(Math.log10(step));
    return [1, 2, 5, 10].map((factor) => factor * power).find((rounded) => rounded >= step * (1 - 1e-9));
  }

  /** Range of a bin, as filters take it. */
  const rangeOf = (found, at) => [found[at], found[at + 1], at < found.length - 2 ? 1 : 0];

  /** Function of a value: its bin, -1 outside; by the same comparisons as the filter. */
  function binOf(found) {
    const width = (found[found.length - 1] - found[0]) / (found.length - 1),
      last = found.length - 2;
    return (value) => {
      let at = Math.min(last, Math.max(0, Math.floor((value - found[0]) / width)));
      if (!(at >= 0)) return -1;
      while (at > 0 && value < found[at]) at--;
      while (at < last && value >= found[at + 1]) at++;
      return view.filters.within(value, rangeOf(found, at)) ? at : -1;
    };
  }

  view.bins = { edges, ofProbability, rangeOf, binOf };
})(window.radiobundleView);
