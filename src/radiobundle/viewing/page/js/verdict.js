/* Whether the answer on an image as a whole is right: its class, or all of its labels that are known. */
"use strict";

(function (view) {
  const [RIGHT, WRONG, UNKNOWN] = [0, 1, 2];

  /** What they are called. */
  const names = ({ task }) =>
    task === "multiclass"
      ? ["right class", "wrong class", "unknown class"]
      : ["all labels right", "some label wrong", "no label known"];

  /** RIGHT, WRONG or UNKNOWN for a row. */
  function of(table, state, row) {
    const predicted = view.decision.predictedLabels(table, state, state.run, row),
      start = row * table.labels.length;
    if (predicted === null) return UNKNOWN;
    let isKnown = false;
    for (let label = 0; label < predicted.length; label++) {
      const truth = table.truth[start + label];
      if (truth >= 0 && truth !== predicted[label]) return WRONG;
      isKnown ||= truth >= 0;
    }
    return isKnown ? RIGHT : UNKNOWN;
  }

  /** How many rows of a mask there are of each. */
  const count = (table, state, mask) => view.table.tally(mask, 3, (row) => of(table, state, row));

  view.verdict = { RIGHT, WRONG, names, of, count };
})(window.radiobundleView);
