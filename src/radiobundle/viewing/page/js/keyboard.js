/* The keys of the page; fields keep theirs. */
"use strict";

(function (view) {
  const { at, announce } = view.dom;

  function start(table) {
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented) return;
      if (isField(event.target)) return;
      const action = at("image").open ? ofImage(event.key, table) : ofGrid(event.key, table);
      if (!action) return;
      action();
      event.preventDefault();
    });
  }

  const isField = (target) => target.matches("input:not([type=range], [type=checkbox]), textarea, select");

  function ofImage(key, table) {
    const { imageView } = view;
    if (at("help").open) return null;
    if (/^[1-9]$/.test(key)) return () => mark(table, imageView.row(), Number(key) - 1);
    return {
      ArrowRight: () => imageView.step(1),
      ArrowLeft: () => imageView.step(-1),
      ArrowDown: () => imageView.step(1),
      ArrowUp: () => imageView.step(-1),
      i: imageView.invert,
      h: imageView.toggleHeat,
      b: imageView.toggleBoxes,
      r: view.stage.reset,
      "+": () => view.stage.zoom(1.25),
      "-": () => view.stage.zoom(0.8),
      u: () => undo("mark"),
      "?": help,
    }[isSlider(document.activeElement) && key.startsWith("Arrow") ? "" : key];
  }

  const isSlider = (target) => target?.type === "range";

  function ofGrid(key, table) {
    if (at("help").open) return null;
    const onGrid = document.activeElement === at("grid");
    if (/^[1-9]$/.test(key) && onGrid) return () => mark(table, view.grid.activeRow(), Number(key) - 1);
    return { u: () => undo(), "?": help, "/": () => at("text").focus(), g: () => view.grid.focus() }[key];
  }

  function mark(table, row, label) {
    if (row !== undefined && label < table.labels.length) announce(view.marks.toggleWrong(row, label));
  }

  function undo(kind) {
    const text = view.state.undo(kind);
    announce(text ? `Undone: ${text}` : "Nothing to undo");
  }

  function help() {
    if (!at("help").open) at("help").showModal();
  }

  view.keyboard = { start, help, undo };
})(window.radiobundleView);
