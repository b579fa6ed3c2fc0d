/* One image of the grid: thumbnail, outcome, truth, prediction and probability, name, marks. */
"use strict";

(function (view) {
  const { element } = view.dom;

  /** A cell without content; `fill` gives it an image. */
  function make() {
    const parts = {
      canvas: element("canvas", { class: "thumb", "aria-hidden": "true" }),
      badge: element("span", { class: "badge" }),
      flag: element("span", { class: "flag" }),
      answer: element("span", { class: "answer" }),
      truth: element("span", { class: "truth" }),
      name: element("bdi", {}),
      bar: element("span", { class: "bar" }),
    };
    const cell = element(
      "div",
      { class: "tile", role: "gridcell" },
      element("span", { class: "picture" }, parts.canvas, parts.badge, parts.flag),
      element("span", { class: "probability" }, parts.bar),
      parts.answer,
      parts.truth,
      element("span", { class: "name" }, parts.name),
    );
    cell.parts = parts;
    return cell;
  }

  /** Show a row in a cell. */
  function fill(cell, table, state, selection, row) {
    const { parts } = cell;
    const facts = factsOf(table, state, selection, row);
    const outcome = selection.outcome[row];
    cell.dataset.row = row;
    cell.id = `tile-${row}`;
    const badge = badgeOf(table, state, outcome, row);
    cell.dataset.outcome = badge;
    parts.badge.textContent = badge;
    const kinds = view.marks.kindsOf(row);
    parts.flag.textContent = kinds.length ? "⚑" : "";
    parts.answer.textContent = facts.answer;
    parts.truth.textContent = facts.truth;
    parts.name.textContent = table.names[row];
    parts.bar.style.width = `${100 * (facts.probability || 0)}%`;
    cell.title = table.names[row];
    const spoken = [
      table.names[row],
      facts.spoken,
      view.decision.TITLES[outcome],
      ...kinds.map((kind) => `marked ${kind}`),
    ];
    cell.setAttribute("aria-label", spoken.join(", "));
    if (table.manifest.has.sheets)
      view.thumbnails.show(table.manifest, parts.canvas, view.thumbnails.ofRow(table, row));
  }

  /** The outcome for the label; where that is a true negative but the class is wrong, this. */
  function badgeOf(table, state, outcome, row) {
    const { decision, verdict } = view;
    if (outcome > decision.TN) return "";
    const isWrong =
      outcome === decision.TN &&
      decision.isExclusive(table.manifest) &&
      verdict.of(table, state, row) === verdict.WRONG;
    return isWrong ? "wrong" : decision.OUTCOMES[outcome];
  }

  /** What the model answers and what is true, in words. */
  function factsOf(table, state, selection, row) {
    const { format } = view.dom;
    const width = table.labels.length;
    const probability = table.probability[state.run][row * width + state.label];
    const other =
      state.other >= 0 ? ` | ${format.probability(table.probability[state.other][row * width + state.label])}` : "";
    const shown = format.probability(probability) + other;
    if (table.manifest.task === "multiclass" && width > 2) {
      const best = view.decision.mostProbable(table, state.run)[row],
        right = view.decision.trueClass(table, row);
      const predicted = best < 0 ? "no prediction" : table.labels[best];
      const p = best < 0 ? NaN : table.probability[state.run][row * width + best];
      const truth = right < 0 ? "unknown" : table.labels[right];
      return {
        probability,
        answer: `${format.probability(p)} ${predicted}`,
        truth: `true: ${truth}`,
        spoken: `predicted ${predicted} with probability ${format.probability(p)}, true ${truth}`,
      };
    }
    const truth = trueLabels(table, row);
    const name = table.labels[state.label];
    return {
      probability,
      answer: other ? shown : `${shown} ${name}`,
      truth: `true: ${truth}`,
      spoken: `probability of ${name} ${shown}, true ${truth}`,
    };
  }

  /** The labels that are true for a row, in words. */
  function trueLabels(table, row) {
    const truth = view.table.truthOf(table, row);
    const found = table.labels.filter((_, label) => truth[label] === 1);
    if (found.length) return found.join(", ");
    return truth.includes(0) ? "none" : "unknown";
  }

  view.tile = { make, fill, trueLabels };
})(window.radiobundleView);
