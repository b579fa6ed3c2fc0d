/* One image: the stage with its tools, and the panel beside it. */
"use strict";

(function (view) {
  const { at, format } = view.dom;
  let table;
  let row = -1; // that is open; -1: none

  function start(of) {
    table = of;
    const { has } = table.manifest;
    view.stage.start(at("stage"), {
      paintOverlays: (context, frame) => view.overlays.paint(context, frame, table.boxes[row] ?? [], table.labels),
      changed: showWindow,
    });
    view.stagePointer.start(at("stage"), showPixel);
    const onClick = (id, action) => at(id).addEventListener("click", action);
    onClick("previous", () => step(-1));
    onClick("next", () => step(1));
    onClick("close", close);
    onClick("zoom-in", () => view.stage.zoom(1.25));
    onClick("zoom-out", () => view.stage.zoom(0.8));
    onClick("fit", () => view.stage.fit());
    onClick("actual", () => view.stage.actualSize());
    onClick("reset", view.stage.reset);
    onClick("invert", invert);
    onClick("heat", toggleHeat);
    onClick("boxes", toggleBoxes);
    for (const id of ["low", "high"]) at(id).addEventListener("change", readWindow);
    at("opacity").addEventListener("input", () => {
      view.overlays.shown.opacity = at("opacity").valueAsNumber;
      view.stage.draw();
    });
    at("image").addEventListener("close", () => opened(-1));
    at("heat-tools").hidden = !has.heat;
    at("boxes").hidden = !has.boxes;
    at("pixel-tools").hidden = !has.pixels;
    at("heat").title = `Heat map (h): ${table.manifest.heat_method ?? ""}`;
  }

  /** Open a row's image. */
  function open(wanted) {
    if (!at("image").open) at("image").showModal();
    opened(wanted);
    view.overlays.shown.label = heatLabel();
    showPanel();
    showPixels();
    if (table.manifest.has.heat) loadHeat();
    at("stage").focus({ preventScroll: true });
    view.dom.at("live").textContent = at("image-title").textContent;
  }

  function opened(wanted) {
    row = wanted;
    view.app.opened(row);
    if (row >= 0) return;
    view.stage.show(null);
    view.grid.focus();
  }

  const close = () => at("image").close();

  /** The label whose heat map is shown first: the chosen one, or the predicted one of exclusive classes. */
  function heatLabel() {
    const state = view.state.get();
    return view.decision.isExclusive(table.manifest) ? view.decision.mostProbable(table, state.run)[row] : state.label;
  }

  /** To the next or previous image of the selection. */
  function step(by) {
    const rows = view.grid.rows(),
      position = view.grid.position(row);
    const next = position < 0 ? 0 : position + by;
    if (next < 0 || next >= rows.length) {
      view.dom.announce(by > 0 ? "This is the last image." : "This is the first image.");
      return;
    }
    view.grid.activate(next);
    open(rows[next]);
  }

  function showPanel() {
    const rows = view.grid.rows(),
      position = view.grid.position(row);
    at("image-title").textContent = table.names[row];
    at("image-position").textContent =
      position < 0 ? "not in the selection" : `${format.whole(position + 1)} of ${format.whole(rows.length)}`;
    at("previous").disabled = position === 0;
    at("next").disabled = position === rows.length - 1;
    view.imagePanel.show(table, row);
  }

  async function showPixels() {
    const wanted = row;
    view.stage.show(null);
    at("readout").textContent = "";
    if (!table.manifest.has.pixels || table.missing.has(row)) {
      at("stage-message").textContent = table.manifest.has.pixels
        ? "The pixels of this image were not found when the page was written."
        : "This page holds no pixels: see its notes.";
      at("image-source").textContent = "";
      return;
    }
    at("stage-message").textContent = "Loading …";
    try {
      const image = await view.imageFiles.pixels(wanted);
      if (wanted !== row) return;
      at("stage-message").textContent = "";
      view.stage.show(image);
      at("image-source").textContent = sourceOf(image);
    } catch (error) {
      if (wanted === row) at("stage-message").textContent = error.message;
    }
  }

  function sourceOf({ width, height, bits, original, source }) {
    const reduced = original && (original[0] !== height || original[1] !== width);
    const size = `${width} × ${height}, ${bits} bit`;
    const from = source === "store" ? ", as the network's store holds it" : "";
    return size + (reduced ? `, reduced from ${original[1]} × ${original[0]}` : "") + from;
  }

  async function loadHeat() {
    const wanted = row;
    view.overlays.setMaps({});
    if (table.missing.has(row)) {
      showHeat();
      return;
    }
    try {
      const maps = await view.imageFiles.heat(wanted);
      if (wanted === row) view.overlays.setMaps(maps);
    } catch (error) {
      if (wanted === row && view.overlays.shown.heat) view.dom.announce(error.message);
    }
    if (wanted === row) showHeat();
  }

  function showHeat() {
    const { heat, label } = view.overlays.shown;
    at("heat").setAttribute("aria-pressed", heat);
    at("heat-label").textContent = view.overlays.describe(label, table.labels[label]);
    view.stage.draw();
  }

  function toggleHeat() {
    if (!table.manifest.has.heat) return;
    view.overlays.shown.heat = !view.overlays.shown.heat;
    showHeat();
  }

  /** Show heat map and boxes of a label. */
  function chooseLabel(label) {
    view.overlays.shown.label = label;
    showHeat();
    view.imagePanel.show(table, row);
  }

  function toggleBoxes() {
    view.overlays.shown.boxes = !view.overlays.shown.boxes;
    at("boxes").setAttribute("aria-pressed", view.overlays.shown.boxes);
    view.stage.draw();
  }

  function invert() {
    if (view.stage.image()) view.stage.setWindow({ ...view.stage.window(), inverted: !view.stage.window().inverted });
  }

  /** Take black and white from their fields; where they would cross, the other one goes along. */
  function readWindow(event) {
    const window = view.stage.window(),
      width = window ? window.high - window.low : 0;
    let low = at("low").valueAsNumber,
      high = at("high").valueAsNumber;
    if (low >= high && event.target === at("low")) high = low + width;
    else if (low >= high) low = high - width;
    if (view.stage.image() && high > low) view.stage.setWindow({ ...window, low, high });
    else showWindow();
  }

  function showWindow() {
    const window = view.stage.window();
    if (!window) return;
    at("low").value = Math.round(window.low);
    at("high").value = Math.round(window.high);
    at("invert").setAttribute("aria-pressed", window.inverted);
    at("zoom-shown").textContent = `${Math.round(100 * view.stage.scale())} %`;
  }

  function showPixel(pixel) {
    const unit = view.stage.image()?.unit ? ` ${view.stage.image().unit}` : "";
    at("readout").textContent = pixel ? `x ${pixel.x}, y ${pixel.y}: ${pixel.value}${unit}, grey ${pixel.grey}` : "";
  }

  view.imageView = {
    start,
    open,
    close,
    step,
    invert,
    toggleHeat,
    toggleBoxes,
    chooseLabel,
    row: () => row,
    refresh: () => {
      if (row >= 0) showPanel();
    },
  };
})(window.radiobundleView);
