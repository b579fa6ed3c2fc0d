/* The colours of points: by outcome, truth, prediction, group or number. From the style sheet. */
"use strict";

(function (view) {
  const SERIES = ["blue", "red", "green", "purple", "orange", "sky", "ink"];
  const OUTCOME = ["blue", "orange", "red", "sky", "faint", "faint"];

  /** Colour by name, as the style sheet has it now (light or dark). */
  const named = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

  /** What points can be coloured by: [{key, title}]. */
  function choices(table) {
    const columns = table.manifest.columns.map(({ key, title }) => ({ key, title }));
    return [
      { key: "outcome", title: "TP, FP, FN, TN" },
      { key: "truth", title: "truth" },
      { key: "predicted", title: "prediction" },
      { key: "probability", title: "probability" },
      ...columns,
    ];
  }

  /** {of: row -> index of a colour, colours, legend: [{name, colour}]} for a state. */
  function by(table, state, selection) {
    const column = table.manifest.columns.find(({ key }) => key === state.colour);
    if (column && column.kind === "category")
      return ofCategories(column.values, (row) => table.values[column.key][row]);
    if (column || state.colour === "probability") {
      return ofNumber(column ? table.values[column.key] : view.columns.find(table, state, "probability").values());
    }
    if (state.colour === "truth" || state.colour === "predicted") return ofAnswer(table, state, selection);
    return {
      of: (row) => selection.outcome[row],
      colours: OUTCOME.map(named),
      legend: view.decision.OUTCOMES.slice(0, 4).map((name, at) => ({ name, colour: named(OUTCOME[at]) })),
    };
  }

  function ofAnswer(table, state, selection) {
    if (view.decision.isExclusive(table.manifest)) {
      const best = view.decision.mostProbable(table, state.run);
      return ofCategories(
        table.labels,
        state.colour === "truth" ? (row) => view.decision.trueClass(table, row) : (row) => best[row],
      );
    }
    const values = state.colour === "truth" ? selection.truth : selection.decided;
    const label = table.labels[state.label];
    return ofCategories([`no ${label}`, label], (row) => values[row]);
  }

  function ofCategories(names, of) {
    const shown = names.slice(0, SERIES.length - (names.length > SERIES.length ? 1 : 0));
    const colours = [...shown.map((_, at) => named(SERIES[at])), named("faint")];
    const legend = shown.map((name, at) => ({ name, colour: colours[at] }));
    if (names.length > shown.length) legend.push({ name: "others", colour: named("faint") });
    return { of: (row) => (of(row) >= 0 && of(row) < shown.length ? of(row) : shown.length), colours, legend };
  }

  function ofNumber(values) {
    const edges = view.bins.edges(values),
      binOf = edges.length > 1 ? view.bins.binOf(edges) : () => -1;
    const count = Math.max(1, edges.length - 1);
    const colours = Array.from({ length: count }, (_, at) => ramp((at + 0.5) / count));
    const legend = [0, count - 1].map((at) => ({
      name: view.dom.format.number(edges[at ? at + 1 : 0]),
      colour: colours[at],
    }));
    return {
      of: (row) => (binOf(values[row]) + count + 1) % (count + 1),
      colours: [...colours, named("faint")],
      legend,
    };
  }

  /** From sky by blue-grey to orange: tells apart for every reader, in light and dark. */
  function ramp(fraction) {
    const from = [86, 180, 233],
      to = [213, 94, 0];
    return `rgb(${from.map((value, at) => Math.round(value + (to[at] - value) * fraction)).join(" ")})`;
  }

  view.colours = { choices, by, named };
})(window.radiobundleView);
