/* The order of all rows by a number or a text; sorted once, whatever is filtered. */
"use strict";

(function (view) {
  let kept = { signature: "", order: null };

  /** Row indices, Uint32Array, in the order of the state; unknown values last, equal ones by row. */
  function order(table, state) {
    const { sort, descending, run, other, label, thresholds } = state;
    const signature = JSON.stringify([sort, descending, run, other, label, thresholds, Boolean(table.nearest)]);
    if (kept.signature !== signature || kept.table !== table) kept = { signature, table, order: sorted(table, state) };
    return kept.order;
  }

  function sorted(table, state) {
    const rows = Uint32Array.from({ length: table.count }, (_, row) => row);
    if (state.sort === "list") return state.descending ? rows.reverse() : rows;
    const texts = { name: table.names, patient: table.patients }[state.sort];
    if (texts) return byText(rows, texts, state.descending);
    const number = view.columns.find(table, state, state.sort);
    return number ? byNumber(rows, number.values(), state.descending) : rows;
  }

  function byNumber(rows, values, descending) {
    const keys = Float64Array.from(values, (value) => (Number.isNaN(value) ? Infinity : descending ? -value : value));
    return rows.sort((a, b) => keys[a] - keys[b] || a - b || 0);
  }

  function byText(rows, texts, descending) {
    const sign = descending ? -1 : 1;
    const { compare } = new Intl.Collator(undefined, { numeric: true });
    return rows.sort((a, b) => {
      if (texts[a] === null || texts[b] === null) return (texts[a] === null) - (texts[b] === null) || a - b;
      return sign * compare(texts[a], texts[b]) || a - b;
    });
  }

  /** What rows can be sorted by: [{key, title}]. */
  function keys(table, state) {
    const found = view.columns.numbers(table, state).filter(({ isAxis }) => !isAxis);
    const patients = table.patientsKnown ? [{ key: "patient", title: "patient" }] : [];
    return [...found, { key: "name", title: "name" }, ...patients, { key: "list", title: "order of the list" }];
  }

  view.order = { order, keys };
})(window.radiobundleView);
