/* From the state to what is shown: decisions, outcomes, the images that rates are of, and the rows of the grid. */
"use strict";

(function (view) {
  /** {decided, outcome, other, fails, population, counts, rows}; `population(key)` leaves the filter of `key` out. */
  function select(table, state) {
    const { decision } = view;
    const answers = answersOf(table, state);
    const filters = view.filters.ofImages(table, state);
    const fails = new Uint32Array(table.count);
    filters.forEach(({ passes }, at) => {
      for (let row = 0; row < table.count; row++) if (!passes(row)) fails[row] |= 1 << at;
    });
    const population = (leftOut = "") => {
      const at = filters.findIndex(({ key }) => key === leftOut);
      const counted = at < 0 ? ~0 : ~(1 << at);
      return Uint8Array.from(fails, (bits) => +!(bits & counted));
    };
    const all = population();
    return {
      ...answers,
      population: (key = "") => (filters.some((filter) => filter.key === key) ? population(key) : all),
      counts: view.rates.count(table, answers.outcome, all),
      rows: rowsOf(table, state, all, view.filters.ofAnswers(table, state, answers)),
      threshold: decision.thresholdOf(state, table.manifest, state.run, state.label),
    };
  }

  /** What the run, and the run that it is compared with, decide for the label. */
  function answersOf(table, state) {
    const { decision } = view;
    const of = (run) => {
      const threshold = decision.thresholdOf(state, table.manifest, run, state.label);
      return decision.predicted(table, run, state.label, threshold);
    };
    const decided = of(state.run);
    const other = state.other >= 0 && state.other !== state.run ? of(state.other) : null;
    return {
      decided,
      other,
      outcome: decision.outcomes(table, state.label, decided),
      truth: truthOf(table, state.label),
    };
  }

  function truthOf(table, label) {
    const width = table.labels.length;
    return view.table.perRow(table, (row) => table.truth[row * width + label], Int8Array);
  }

  function rowsOf(table, state, mask, filters) {
    const found = new Uint32Array(table.count);
    let count = 0;
    for (const row of view.order.order(table, state)) {
      if (mask[row] && filters.every(({ passes }) => passes(row))) found[count++] = row;
    }
    return found.slice(0, count);
  }

  view.selection = { select };
})(window.radiobundleView);
