/* The grid: only the rows of cells that are seen exist, so that 100,000 images scroll like a hundred. */
"use strict";

(function (view) {
  const SIZES = { s: 84, m: 122, l: 200 }; // width of a tile, px
  const TEXT_PX = 62; // height of what is below a thumbnail
  const GAP_PX = 8;
  const AHEAD = 2; // rows of cells beyond the edges

  let table, onOpen, scroller, canvas;
  let state,
    selection = { rows: [] };
  let layout = { columns: 1, tile: 100, height: 100 };
  let active = 0; // position in the selection of the cell that the keyboard is on
  const shown = new Map(); // number of a line -> its element
  const spare = [];

  /** Fill `#grid`; `open(row)` is called for the image that is chosen. */
  function start(of, open) {
    table = of;
    onOpen = open;
    scroller = view.dom.at("grid");
    canvas = view.dom.element("div", { class: "lines", role: "presentation" });
    scroller.append(canvas);
    const drawSoon = view.dom.oncePerFrame(draw);
    scroller.addEventListener(
      "scroll",
      () => {
        view.thumbnails.wait();
        drawSoon();
      },
      { passive: true },
    );
    scroller.addEventListener("click", (event) => {
      const cell = event.target.closest(".tile");
      if (!cell) return;
      activate(selection.rows.indexOf(Number(cell.dataset.row)));
      onOpen(Number(cell.dataset.row));
    });
    scroller.addEventListener("keydown", onKey);
    new ResizeObserver(view.dom.oncePerFrame(() => arrange(true))).observe(scroller);
  }

  /** Show a selection; the scroll position stays unless the rows or their order changed. */
  function show(newState, newSelection, { keepPosition }) {
    const resized = state && state.size !== newState.size;
    state = newState;
    selection = newSelection;
    if (!keepPosition) {
      active = 0;
      scroller.scrollTop = 0;
    }
    active = Math.max(0, Math.min(active, selection.rows.length - 1));
    arrange(keepPosition && resized);
  }

  /** Fit as many columns as there is room for. With `keep`, the first line that is seen stays seen. */
  function arrange(keep) {
    if (!state) return;
    const first = Math.floor(scroller.scrollTop / layout.height) * layout.columns;
    const room = scroller.clientWidth - GAP_PX;
    const columns = Math.max(1, Math.floor(room / (SIZES[state.size] + GAP_PX)));
    const tile = Math.floor(room / columns) - GAP_PX;
    const picture = table.manifest.has.sheets ? tile : 0;
    layout = { columns, tile, height: picture + TEXT_PX + GAP_PX };
    canvas.style.height = `${Math.ceil(selection.rows.length / columns) * layout.height + GAP_PX}px`;
    scroller.style.setProperty("--tile", `${tile}px`);
    scroller.setAttribute("aria-colcount", columns);
    scroller.setAttribute("aria-rowcount", Math.ceil(selection.rows.length / columns));
    if (keep && first) scroller.scrollTop = Math.floor(first / columns) * layout.height;
    for (const line of [...shown.keys()]) release(line);
    draw();
  }

  function draw() {
    const { columns, height } = layout;
    const lines = Math.ceil(selection.rows.length / columns);
    const from = Math.max(0, Math.floor(scroller.scrollTop / height) - AHEAD);
    const to = Math.min(lines, Math.ceil((scroller.scrollTop + scroller.clientHeight) / height) + AHEAD);
    for (const line of [...shown.keys()]) if (line < from || line >= to) release(line);
    for (let line = from; line < to; line++) if (!shown.has(line)) place(line);
    markActive();
  }

  function place(line) {
    const { columns, height } = layout;
    const made = spare.shift() ?? view.dom.element("div", { class: "line", role: "row" });
    made.style.transform = `translateY(${line * height + GAP_PX}px)`;
    made.setAttribute("aria-rowindex", line + 1);
    const count = Math.min(columns, selection.rows.length - line * columns);
    while (made.children.length < count) made.append(view.tile.make());
    while (made.children.length > count) {
      view.thumbnails.forget(made.lastChild.parts.canvas);
      made.lastChild.remove();
    }
    for (let at = 0; at < count; at++) {
      const cell = made.children[at];
      view.tile.fill(cell, table, state, selection, selection.rows[line * columns + at]);
      cell.setAttribute("aria-colindex", at + 1);
    }
    if (made.parentNode !== canvas) canvas.append(made);
    made.hidden = false;
    shown.set(line, made);
  }

  function release(line) {
    const made = shown.get(line);
    for (const cell of made.children) {
      view.thumbnails.forget(cell.parts.canvas);
      cell.removeAttribute("id");
    }
    made.hidden = true;
    shown.delete(line);
    spare.push(made);
  }

  function activate(position) {
    if (!selection.rows.length) return;
    active = Math.max(0, Math.min(position, selection.rows.length - 1));
    const top = Math.floor(active / layout.columns) * layout.height;
    const bottom = top + layout.height + GAP_PX;
    if (top < scroller.scrollTop) scroller.scrollTop = top;
    else if (bottom > scroller.scrollTop + scroller.clientHeight) scroller.scrollTop = bottom - scroller.clientHeight;
    draw();
  }

  function markActive() {
    for (const cell of canvas.querySelectorAll(".tile.active")) cell.classList.remove("active");
    const cell = selection.rows.length ? view.dom.at(`tile-${selection.rows[active]}`) : null;
    if (cell) cell.classList.add("active");
    if (cell) scroller.setAttribute("aria-activedescendant", cell.id);
    else scroller.removeAttribute("aria-activedescendant");
  }

  function onKey(event) {
    if (event.ctrlKey || event.metaKey || event.altKey || !selection.rows.length) return;
    const page = Math.max(1, Math.floor(scroller.clientHeight / layout.height)) * layout.columns;
    const steps = {
      ArrowRight: 1,
      ArrowLeft: -1,
      ArrowDown: layout.columns,
      ArrowUp: -layout.columns,
      PageDown: page,
      PageUp: -page,
      Home: -Infinity,
      End: Infinity,
    };
    if (event.key in steps) activate(active + steps[event.key]);
    else if (event.key === "Enter") onOpen(selection.rows[active]);
    else return;
    event.preventDefault();
  }

  view.grid = {
    start,
    show,
    activate,
    activeRow: () => selection.rows[active],
    rows: () => selection.rows,
    focus: () => scroller.focus({ preventScroll: true }),
    position: (row) => selection.rows.indexOf(row),
  };
})(window.radiobundleView);
