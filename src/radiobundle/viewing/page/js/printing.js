/* The selection on paper: its first images with what the model answers, and the filters in words. */
"use strict";

(function (view) {
  const LIMIT = 200;
  const { element, at, format } = view.dom;
  let table;

  function start(of) {
    table = of;
    window.addEventListener("beforeprint", build);
    at("print").addEventListener("click", async () => {
      build();
      await view.thumbnails.settled();
      window.print();
    });
  }

  function build() {
    const state = view.state.get(),
      selection = view.app.selection();
    const rows = [...selection.rows.slice(0, LIMIT)];
    const filters = view.filters
      .inWords(table, state)
      .map(({ text }) => text)
      .join("; ");
    const shown = rows.length < selection.rows.length ? `, the first ${rows.length} of them` : "";
    const rates = view.rates
      .rates(selection.counts, selection.counts.unitsPerImage)
      .map(({ title, value, low, high }) => `${title} ${format.rate(value)} (${format.rate(low)}–${format.rate(high)})`)
      .join(", ");
    const tiles = rows.map((row) => {
      const tile = view.tile.make();
      view.tile.fill(tile, table, state, selection, row);
      tile.removeAttribute("id");
      const { note } = view.marks.get(row);
      const words = [...view.marks.kindsOf(row), note].filter(Boolean).join(": ");
      if (words) tile.append(element("span", { class: "note" }, words));
      return tile;
    });
    at("paper").replaceChildren(
      element("h1", {}, table.manifest.title),
      element("p", {}, `${format.counted(selection.rows.length, "image")}${shown}. ${filters || "No filter"}.`),
      element("p", {}, `${table.labels[state.label]}: ${rates}.`),
      element("div", { class: "tiles" }, ...tiles),
    );
  }

  view.printing = { start };
})(window.radiobundleView);
