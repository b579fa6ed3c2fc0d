/* Two runs on the same images: where they decide differently, and who is right. */
"use strict";

(function (view) {
  const NAMES = [
    "both right",
    "only the first right",
    "only the second right",
    "both wrong",
    "agree, no label",
    "disagree, no label",
    "not in both runs",
  ];

  /** Index of NAMES for a row, given {decided, other, truth}. */
  function of({ decided, other, truth }, row) {
    const one = decided[row],
      two = other[row];
    if (one < 0 || two < 0) return 6;
    if (truth[row] < 0) return one === two ? 4 : 5;
    if (one === two) return one === truth[row] ? 0 : 3;
    return one === truth[row] ? 1 : 2;
  }

  /** How many rows of a mask there are of each. */
  const count = (answers, mask) => view.table.tally(mask, NAMES.length, (row) => of(answers, row));

  view.agreement = { NAMES, of, count, DISAGREE: [1, 2, 5] };
})(window.radiobundleView);
