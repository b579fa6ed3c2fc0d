/* The filters. Those of images and patients say what rates are of; those of answers only choose what the grid shows. */
"use strict";

(function (view) {
  /** Whether a number passes a range [low, high, whether high is excluded]; an unknown one does not. */
  const within = (value, [low, high, excluded]) => value >= low && (excluded ? value < high : value <= high);

  /** The active filters of images and patients: [{key, passes(row)}]. */
  function ofImages(table, state) {
    const found = [];
    const wanted = state.text.trim().toLowerCase();
    if (wanted) found.push({ key: "text", passes: (row) => searchable(table)[row].includes(wanted) });
    for (const [key, chosen] of Object.entries(state.categories)) {
      if (!chosen.length) continue;
      const values = table.values[key],
        wantedValues = new Set(chosen);
      found.push({ key, passes: (row) => wantedValues.has(values[row]) });
    }
    for (const [key, range] of Object.entries(state.ranges)) {
      const number = view.columns.find(table, state, key);
      if (!number) continue;
      const values = number.values();
      found.push({ key, passes: (row) => within(values[row], range) });
    }
    const map = state.lasso && table.embedding && table.embedding[state.lasso.map];
    if (map) {
      const inside = view.lasso.contains(state.lasso.points);
      found.push({ key: "lasso", passes: (row) => inside(map.x[row], map.y[row]) });
    }
    return found;
  }

  /** The active filters of answers. `answers`: {outcome, other}, see selection.js. */
  function ofAnswers(table, state, answers) {
    const width = table.labels.length;
    const passes = {
      outcomes: (row) => state.outcomes.includes(answers.outcome[row]),
      truth: (row) => state.truth.some((label) => table.truth[row * width + label] === 1),
      predicted: (row) => {
        const predicted = view.decision.predictedLabels(table, state, state.run, row);
        return predicted !== null && state.predicted.some((label) => predicted[label] === 1);
      },
      verdict: (row) => state.verdict.includes(view.verdict.of(table, state, row)),
      cell: state.cell && view.confusion.isInCell(table, state, state.cell),
      bins: (row) => within(table.probability[state.run][row * width + state.label], state.bins),
      agreement: (row) => state.agreement.includes(view.agreement.of(answers, row)),
      marks: (row) => view.marks.kindsOf(row).some((kind) => state.marks.includes(kind)),
    };
    const isActive = (key) => state[key]?.length && (key !== "agreement" || answers.other);
    return Object.keys(passes)
      .filter(isActive)
      .map((key) => ({ key, passes: passes[key] }));
  }

  const lowered = new WeakMap();

  function searchable(table) {
    if (!lowered.has(table)) {
      lowered.set(
        table,
        table.names.map((name, row) => `${name}\n${table.patients[row] ?? ""}`.toLowerCase()),
      );
    }
    return lowered.get(table);
  }

  /** The active filters in words, with the patch that takes each away: [{text, patch}]. */
  function inWords(table, state) {
    const { manifest, labels } = table;
    const { format } = view.dom;
    const found = [];
    const add = (text, patch) => found.push({ text, patch });
    const names = (list) => list.map((label) => labels[label]).join(" or ");
    const span = ([low, high, excluded]) =>
      `${format.number(low)} to ${excluded ? "below " : ""}${format.number(high)}`;
    if (state.text.trim()) add(`name contains “${state.text.trim()}”`, { text: "" });
    for (const [key, chosen] of Object.entries(state.categories)) {
      const column = manifest.columns.find((item) => item.key === key);
      if (!chosen.length || !column) continue;
      const values = chosen.map((at) => (at < 0 ? "unknown" : column.values[at])).join(" or ");
      add(`${column.title}: ${values}`, { categories: without(state.categories, key) });
    }
    for (const [key, range] of Object.entries(state.ranges)) {
      const number = view.columns.find(table, state, key);
      if (number) add(`${number.title}: ${span(range)}`, { ranges: without(state.ranges, key) });
    }
    if (state.lasso) add("inside the lasso", { lasso: null });
    if (state.outcomes.length) {
      add(state.outcomes.map((at) => view.decision.OUTCOMES[at]).join(" or "), { outcomes: [] });
    }
    if (state.truth.length) add(`true: ${names(state.truth)}`, { truth: [] });
    if (state.predicted.length) add(`predicted: ${names(state.predicted)}`, { predicted: [] });
    if (state.verdict.length) {
      add(state.verdict.map((at) => view.verdict.names(manifest)[at]).join(" or "), { verdict: [] });
    }
    if (state.cell) add(`confusion: ${view.confusion.cellName(table, state.cell)}`, { cell: null });
    if (state.bins) add(`probability: ${span(state.bins)}`, { bins: null });
    if (state.agreement.length && state.other >= 0) {
      add(state.agreement.map((at) => view.agreement.NAMES[at]).join(" or "), { agreement: [] });
    }
    if (state.marks.length) add(`marked: ${state.marks.join(" or ")}`, { marks: [] });
    return found;
  }

  function without(map, key) {
    const { [key]: _, ...rest } = map;
    return rest;
  }

  /** The patch that takes all filters away. */
  const none = () => ({
    // Of images and patients: rates are of what passes these.
    text: "",
    categories: {}, // column -> [index of value, -1 = unknown]
    ranges: {}, // column -> [low, high, whether high is excluded]
    lasso: null, // {map, points: [[x, y], ...] between 0 and 1}
    // Of answers: they only choose what the grid shows.
    outcomes: [],
    truth: [],
    predicted: [],
    cell: null, // [row, column] of the confusion matrix
    bins: null, // [low, high, whether high is excluded] of the probability
    verdict: [],
    agreement: [],
    marks: [],
  });

  view.filters = { within, ofImages, ofAnswers, inWords, none, without };
})(window.radiobundleView);
