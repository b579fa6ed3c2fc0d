/* Numbers of each row that can be sorted, shown in a histogram and filtered by range: columns and what follows from
   the predictions. */
"use strict";

(function (view) {
  /** The numbers that this table has now: [{key, title, values(state) -> array}]. */
  function numbers(table, state) {
    const label = table.labels[state.label];
    const found = [
      { key: "probability", title: `probability of ${label}`, values: () => ofLabel(table, state.run, state.label) },
      { key: "loss", title: `loss (cross-entropy), ${lossName(table, label)}`, values: () => loss(table, state) },
    ];
    if (table.manifest.task === "multilabel" && table.labels.length > 1) {
      found.push({ key: "mean_loss", title: "loss, mean of all labels", values: () => meanLoss(table, state.run) });
    }
    found.push({ key: "margin", title: "margin of the decision", values: () => margin(table, state) });
    if (state.other >= 0) {
      found.push({ key: "difference", title: "difference of the two runs", values: () => difference(table, state) });
    }
    if (table.nearest) {
      found.push({ key: "nearest", title: "distance to the nearest training image", values: () => nearest(table) });
    }
    for (const column of table.manifest.columns) {
      if (column.kind === "number") {
        found.push({ key: keyOf(column), title: column.title, values: () => table.values[column.key] });
      }
    }
    for (const [map, { x, y }] of Object.entries(table.embedding ?? {})) {
      found.push({ key: `${map} x`, title: `${map.toUpperCase()}, across`, values: () => x, isAxis: true });
      found.push({ key: `${map} y`, title: `${map.toUpperCase()}, up`, values: () => y, isAxis: true });
    }
    return found;
  }

  const OWN = "probability loss mean_loss margin difference nearest name patient list".split(" ");

  /** Key of a column of the data, which may be called like a number of the page's own. */
  const keyOf = ({ key }) => (OWN.includes(key) ? `column ${key}` : key);

  const lossName = (table, label) => (table.manifest.task === "multiclass" ? "of the true class" : label);

  /** One of them by key; undefined if the table has it not (yet). */
  const find = (table, state, key) => numbers(table, state).find((number) => number.key === key);

  function ofLabel(table, run, label) {
    const width = table.labels.length,
      all = table.probability[run];
    return view.table.perRow(table, (row) => all[row * width + label]);
  }

  const TINY = 1e-7;
  const crossEntropy = (truth, p) => -Math.log(Math.max(truth === 1 ? p : 1 - p, TINY));

  function loss(table, state) {
    const width = table.labels.length,
      all = table.probability[state.run];
    return view.table.perRow(table, (row) => {
      const label = table.manifest.task === "multiclass" ? view.decision.trueClass(table, row) : state.label;
      const truth = label < 0 ? -1 : table.truth[row * width + label];
      return truth < 0 ? NaN : crossEntropy(truth, all[row * width + label]);
    });
  }

  function meanLoss(table, run) {
    const width = table.labels.length,
      all = table.probability[run];
    return view.table.perRow(table, (row) => {
      let sum = 0,
        known = 0;
      for (let at = row * width; at < (row + 1) * width; at++) {
        if (table.truth[at] < 0) continue;
        sum += crossEntropy(table.truth[at], all[at]);
        known++;
      }
      return known ? sum / known : NaN;
    });
  }

  /** How far a decision is from changing: 0 at the threshold, 1 at the end of the scale; of the most probable class,
      its lead over the second. */
  function margin(table, state) {
    const width = table.labels.length,
      all = table.probability[state.run];
    const threshold = view.decision.thresholdOf(state, table.manifest, state.run, state.label);
    return view.table.perRow(table, (row) => {
      const p = all[row * width + state.label];
      if (threshold === null) return lead(all.subarray(row * width, (row + 1) * width));
      return p >= threshold
        ? (p - threshold) / Math.max(1 - threshold, TINY)
        : (threshold - p) / Math.max(threshold, TINY);
    });
  }

  function lead(probabilities) {
    let first = -Infinity,
      second = -Infinity;
    for (const value of probabilities) {
      if (value > first) [first, second] = [value, first];
      else if (value > second) second = value;
    }
    return first - second;
  }

  function difference(table, state) {
    const one = ofLabel(table, state.run, state.label),
      two = ofLabel(table, state.other, state.label);
    return one.map((value, row) => Math.abs(value - two[row]));
  }

  function nearest(table) {
    const { k, distance } = table.nearest;
    return view.table.perRow(table, (row) => distance[row * k]);
  }

  view.columns = { numbers, find, keyOf };
})(window.radiobundleView);
