/* The confusion matrix as a table of buttons; a cell filters the grid. Several labels: the four counts of the chosen
   one, and the matrix of all on demand. */
"use strict";

(function (view) {
  const { element, button, at, format } = view.dom;
  let table;

  function start(of) {
    table = of;
    at("confusion-all").hidden = !isMultilabel() || table.labels.length < 2;
    at("confusion-all").addEventListener("toggle", () => {
      if (at("confusion-all").open) showAll(view.state.get(), view.app.selection());
    });
  }

  const isMultilabel = () => table.manifest.task === "multilabel";

  function show(state, selection) {
    if (isMultilabel()) {
      at("confusion").replaceChildren(ofLabel(state, selection));
      if (at("confusion-all").open) showAll(state, selection);
    } else at("confusion").replaceChildren(ofAll(state, selection));
  }

  const showAll = (state, selection) => at("confusion-matrix").replaceChildren(ofAll(state, selection));

  /** Two by two, of the label; a cell chooses the outcome. */
  function ofLabel(state, { counts }) {
    const { TP, FP, FN, TN } = view.decision;
    const cells = [
      [TP, FN],
      [FP, TN],
    ];
    const label = table.labels[state.label];
    return matrix("confusion", {
      rowNames: ["present", "absent"],
      columnNames: ["present", "absent"],
      caption: `${label}: rows true, columns predicted`,
      counts: cells.flat().map((outcome) => counts.counts[outcome]),
      size: 2,
      isChosen: (row, column) => state.outcomes.length === 1 && state.outcomes[0] === cells[row][column],
      choose: (row, column, chosen) =>
        view.state.change({ outcomes: chosen ? [] : [cells[row][column]] }, { text: "filter by the confusion matrix" }),
    });
  }

  /** All labels; a cell filters by itself. */
  function ofAll(state, selection) {
    const found = view.confusion.count(table, state, selection.population());
    return matrix(isMultilabel() ? "confusion-matrix" : "confusion", {
      ...found,
      caption: `${format.counted(found.images, "image")}: rows true, columns predicted`,
      isChosen: (row, column) => state.cell !== null && state.cell[0] === row && state.cell[1] === column,
      choose: (row, column, chosen) =>
        view.state.change({ cell: chosen ? null : [row, column] }, { text: "filter by the confusion matrix" }),
    });
  }

  function matrix(host, { rowNames, columnNames, counts, size, caption, isChosen, choose }) {
    const head = element(
      "tr",
      {},
      element("td"),
      ...columnNames.map((name) => element("th", { scope: "col", title: name }, element("span", {}, name))),
    );
    const rows = rowNames.map((name, row) => {
      const own = Array.from({ length: size }, (_, column) => counts[row * size + column]);
      const total = own.reduce((sum, count) => sum + count, 0);
      const cells = own.map((count, column) => {
        const chosen = isChosen(row, column);
        const fraction = total ? count / total : 0;
        const made = button(
          {
            "aria-pressed": String(chosen),
            "data-cell": `${row},${column}`,
            title: `${name} predicted as ${columnNames[column]}: ${format.whole(count)} (${(100 * fraction).toFixed(0)} % of the row)`,
            "aria-label": `${name} predicted as ${columnNames[column]}: ${format.whole(count)}`,
            onclick: () => {
              choose(row, column, chosen);
              document.querySelector(`#${host} [data-cell="${row},${column}"]`)?.focus();
            },
          },
          format.whole(count),
        );
        made.style.setProperty("--fraction", fraction.toFixed(3));
        made.classList.toggle("strong", fraction > 0.55);
        return element("td", { class: row === column ? "right" : "" }, made);
      });
      return element("tr", {}, element("th", { scope: "row", title: name }, element("span", {}, name)), ...cells);
    });
    return element(
      "table",
      { class: `matrix${size > 5 ? " large" : ""}` },
      element("caption", {}, caption),
      element("thead", {}, head),
      element("tbody", {}, ...rows),
    );
  }

  view.confusionTable = { start, show };
})(window.radiobundleView);
