/* How probabilities become predicted classes, as in radiobundle.evaluation.decision, and what follows for a row. */
"use strict";

(function (view) {
  const OUTCOMES = ["TP", "FP", "FN", "TN", "unlabelled", "no prediction"];
  const TITLES = ["true positive", "false positive", "false negative", "true negative", "no label", "no prediction"];
  const [TP, FP, FN, TN, UNLABELLED, UNPREDICTED] = OUTCOMES.keys();

  /** Whether the most probable of three or more classes is predicted. */
  const isExclusive = ({ task, labels }) => task === "multiclass" && labels.length > 2;

  /** Indices of the labels that get their own rates: of two exclusive classes only the second. */
  function shownLabels({ task, labels }) {
    return task === "multiclass" && labels.length === 2 ? [1] : [...labels.keys()];
  }

  /** Threshold of a run's label: the user's, else the run's; null: the most probable class decides. */
  function thresholdOf(state, manifest, run, label) {
    const chosen = state.thresholds[`${run}:${label}`];
    if (chosen !== undefined) return chosen;
    return isExclusive(manifest) ? null : manifest.runs[run].thresholds[label];
  }

  const cache = new Map(); // by run: index of the most probable class of each row, -1 without prediction

  function mostProbable(table, run) {
    const key = `${table.manifest.id}:${run}`;
    if (cache.has(key)) return cache.get(key);
    const width = table.labels.length,
      probability = table.probability[run];
    const best = view.table.perRow(table, bestOf, Int16Array);
    cache.set(key, best);
    return best;

    function bestOf(row) {
      let found = 0;
      for (let label = 1; label < width; label++) {
        if (probability[row * width + label] > probability[row * width + found]) found = label;
      }
      return Number.isNaN(probability[row * width]) ? -1 : found;
    }
  }

  /** 1, 0 or -1 (no prediction) for each row: whether the label is predicted from `threshold` on (null: as best). */
  function predicted(table, run, label, threshold) {
    const width = table.labels.length,
      probability = table.probability[run];
    const best = threshold === null ? mostProbable(table, run) : null;
    return view.table.perRow(
      table,
      (row) => {
        if (best) return best[row] < 0 ? -1 : +(best[row] === label);
        const value = probability[row * width + label];
        return Number.isNaN(value) ? -1 : +(value >= threshold);
      },
      Int8Array,
    );
  }

  /** Outcome of each row (index of OUTCOMES) for a label, given what is predicted. */
  function outcomes(table, label, decided) {
    const width = table.labels.length;
    return view.table.perRow(table, (row) => outcome(table.truth[row * width + label], decided[row]), Uint8Array);
  }

  function outcome(truth, decided) {
    if (decided < 0) return UNPREDICTED;
    if (truth < 0) return UNLABELLED;
    return truth === 1 ? (decided ? TP : FN) : decided ? FP : TN;
  }

  /** What is predicted of all labels of a row, 1 or 0 each; null without prediction. */
  function predictedLabels(table, state, run, row) {
    const { manifest, labels } = table;
    const width = labels.length,
      probability = table.probability[run];
    if (Number.isNaN(probability[row * width])) return null;
    if (manifest.task === "multiclass") {
      const best =
        labels.length === 2
          ? +(probability[row * 2 + 1] >= thresholdOf(state, manifest, run, 1))
          : mostProbable(table, run)[row];
      return labels.map((_, label) => +(label === best));
    }
    return labels.map((_, label) => {
      return +(probability[row * width + label] >= thresholdOf(state, manifest, run, label));
    });
  }

  /** Index of the true class of an exclusive task; -1 if unknown. */
  const trueClass = (table, row) => view.table.truthOf(table, row).indexOf(1);

  view.decision = {
    OUTCOMES,
    TITLES,
    TP,
    FP,
    FN,
    TN,
    isExclusive,
    shownLabels,
    thresholdOf,
    mostProbable,
    predicted,
    outcomes,
    outcome,
    predictedLabels,
    trueClass,
  };
})(window.radiobundleView);
