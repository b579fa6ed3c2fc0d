/* Rates with Wilson intervals, by the conventions of radiobundle.evaluation: NaN where the truth lacks what a rate
   measures, 0 where nothing was predicted, and several images of one patient count less in the interval. */
"use strict";

(function (view) {
  const Z = 1.959963984540054; // 97.5 % of the normal distribution lie below

  /** Low and high of the 95 % interval for `fraction` of `count` independent units (Wilson 1927). */
  function wilson(fraction, count) {
    if (!(count > 0)) return [0, 1];
    const scale = 1 + (Z * Z) / count;
    const centre = (fraction + (Z * Z) / (2 * count)) / scale;
    const half = (Z / scale) * Math.sqrt((fraction * (1 - fraction)) / count + (Z * Z) / (4 * count * count));
    return [Math.max(0, centre - half), Math.min(1, centre + half)];
  }

  /** The four rates of the four counts: {key, title, part, whole, value, low, high}. */
  function rates({ tp, fp, fn, tn }, unitsPerImage = 1) {
    const positives = tp + fn,
      negatives = tn + fp;
    return [
      rate("sensitivity", "sensitivity", tp, positives, positives > 0),
      rate("specificity", "specificity", tn, negatives, negatives > 0),
      rate("ppv", "PPV", tp, tp + fp, positives > 0),
      rate("npv", "NPV", tn, tn + fn, negatives > 0),
    ];

    function rate(key, title, part, whole, defined) {
      const value = defined ? (whole > 0 ? part / whole : 0) : NaN;
      const [low, high] = defined ? wilson(value, whole * unitsPerImage) : [NaN, NaN];
      return { key, title, part, whole, value, low, high };
    }
  }

  /** Counts of the outcomes of the rows in a mask, and how many patients there are to an image. */
  function count(table, outcome, mask) {
    const { TP, FP, FN, TN } = view.decision;
    const counts = new Uint32Array(view.decision.OUTCOMES.length);
    const seen = new Uint8Array(table.count);
    let images = 0,
      units = 0;
    for (let row = 0; row < table.count; row++) {
      if (!mask[row]) continue;
      counts[outcome[row]]++;
      images++;
      if (!seen[table.patientOf[row]]) {
        seen[table.patientOf[row]] = 1;
        units++;
      }
    }
    return {
      counts,
      images,
      units,
      tp: counts[TP],
      fp: counts[FP],
      fn: counts[FN],
      tn: counts[TN],
      unitsPerImage: images ? units / images : 1,
    };
  }

  view.rates = { wilson, rates, count };
})(window.radiobundleView);
