/* Confusion matrices, counted as radiobundle.evaluation.metrics.confusion does it: C x C of exclusive classes; of
   labels that may occur together (C + 1) x (C + 1), with "no true label" and "no predicted label" last. */
"use strict";

(function (view) {
  const isMultilabel = (table) => table.manifest.task === "multilabel";

  /** The cells (row * size + column) that an image counts in; none if a label or the prediction is unknown. */
  function cellsOf(table, state, row) {
    const truth = view.table.truthOf(table, row);
    if (truth.includes(view.table.UNKNOWN)) return [];
    const predicted = view.decision.predictedLabels(table, state, state.run, row);
    if (predicted === null) return [];
    if (!isMultilabel(table)) return [truth.indexOf(1) * truth.length + predicted.indexOf(1)];
    return multilabelCells(truth, predicted);
  }

  function multilabelCells(truth, predicted) {
    const width = truth.length,
      size = width + 1;
    const where = (test) => [...truth.keys()].filter((label) => test(truth[label] === 1, predicted[label] === 1));
    const both = where((t, p) => t && p),
      missed = where((t, p) => t && !p),
      wrong = where((t, p) => p && !t);
    const cells = both.map((label) => label * size + label);
    if (!both.length && !missed.length && !wrong.length) return [size * size - 1];
    if (!wrong.length) return [...cells, ...missed.map((label) => label * size + width)];
    const inPlaceOf = missed.length ? missed : both.length ? both : [width];
    return [...cells, ...inPlaceOf.flatMap((row) => wrong.map((column) => row * size + column))];
  }

  /** {size, counts, rowNames, columnNames, images} of the rows in a mask. */
  function count(table, state, mask) {
    const size = table.labels.length + (isMultilabel(table) ? 1 : 0);
    const counts = new Uint32Array(size * size);
    let images = 0;
    for (let row = 0; row < table.count; row++) {
      if (!mask[row]) continue;
      const cells = cellsOf(table, state, row);
      images += cells.length > 0;
      for (const cell of cells) counts[cell]++;
    }
    return { size, counts, images, ...names(table) };
  }

  function names(table) {
    const more = (name) => (isMultilabel(table) ? [...table.labels, name] : table.labels);
    return { rowNames: more("no true label"), columnNames: more("no predicted label") };
  }

  /** Function of a row: whether it counts in the cell [row, column]. */
  function isInCell(table, state, [wantedRow, wantedColumn]) {
    const size = table.labels.length + (isMultilabel(table) ? 1 : 0);
    return (row) => cellsOf(table, state, row).includes(wantedRow * size + wantedColumn);
  }

  function cellName(table, [row, column]) {
    const { rowNames, columnNames } = names(table);
    return `${rowNames[row] ?? "?"} predicted as ${columnNames[column] ?? "?"}`;
  }

  view.confusion = { count, isInCell, cellName };
})(window.radiobundleView);
