/* The map of the network's features: a point for each image, what is filtered out pale; a lasso filters. */
"use strict";

(function (view) {
  const { element, at, positionOf } = view.dom;
  const MARGIN = 8,
    NEAR_PX = 8;
  let table, onOpen;
  let drawn = null; // points of the lasso being drawn
  let last = null; // {state, selection} that is shown

  function start(of, open) {
    table = of;
    onOpen = open;
    for (const { key, title } of view.colours.choices(table)) at("colour").append(new Option(title, key));
    for (const name of Object.keys(table.embedding)) at("map-of").append(new Option(name.toUpperCase(), name));
    at("map-of").hidden = Object.keys(table.embedding).length < 2;
    at("map-note").textContent = table.manifest.embedding_note ?? "";
    at("colour").addEventListener("change", () => view.state.change({ colour: at("colour").value }));
    at("map-of").addEventListener("change", () => view.state.change({ map: at("map-of").value, lasso: null }));
    at("map-clear").addEventListener("click", () => view.state.change({ lasso: null }, { text: "lasso" }));
    at("map-large").addEventListener("click", () => {
      const isLarge = document.body.classList.toggle("large-map");
      at("map-large").setAttribute("aria-pressed", isLarge);
    });
    const canvas = at("map");
    canvas.addEventListener("pointerdown", begin);
    canvas.addEventListener("pointermove", extend);
    canvas.addEventListener("pointerup", finish);
    canvas.addEventListener("pointercancel", () => {
      drawn = null;
      draw();
    });
    new ResizeObserver(draw).observe(canvas);
    at("embedding").hidden = false;
  }

  const mapName = (state) => (table.embedding[state.map] ? state.map : Object.keys(table.embedding)[0]);

  function show(state, selection) {
    if (!table || !table.embedding) return;
    last = { state, selection };
    at("colour").value = state.colour;
    at("map-of").value = mapName(state);
    at("map-clear").hidden = !state.lasso;
    draw();
  }

  const draw = view.dom.oncePerFrame(() => {
    if (!last) return;
    const { state, selection } = last;
    const canvas = at("map");
    const side = canvas.clientWidth,
      scale = window.devicePixelRatio || 1;
    if (!side) return;
    canvas.width = canvas.height = Math.round(side * scale);
    const context = canvas.getContext("2d");
    const toScreen = screenOf(side);
    const { of, colours, legend } = view.colours.by(table, state, selection);
    const isShown = new Uint8Array(table.count);
    for (const row of selection.rows) isShown[row] = 1;
    drawPoints(context, state, scale, [
      { of: (row) => (isShown[row] ? -1 : 0), colours: [view.colours.named("line")] },
      { of: (row) => (isShown[row] ? of(row) : -1), colours },
    ]);
    context.scale(scale, scale);
    if (drawn) drawLasso(context, drawn, toScreen);
    else if (state.lasso && state.lasso.map === mapName(state)) drawLasso(context, state.lasso.points, toScreen);
    at("legend").replaceChildren(
      ...legend.map(({ name, colour }) => {
        const dot = element("i");
        dot.style.background = colour;
        return element("span", {}, dot, name);
      }),
    );
  });

  const screenOf =
    (side) =>
    ([x, y]) => [MARGIN + x * (side - 2 * MARGIN), side - MARGIN - y * (side - 2 * MARGIN)];
  const unitOf =
    (side) =>
    ([x, y]) => [(x - MARGIN) / (side - 2 * MARGIN), (side - MARGIN - y) / (side - 2 * MARGIN)];

  /** Square points, written as pixels, which 100,000 of them need; a colour below 0 leaves a row out. */
  function drawPoints(context, state, scale, layers) {
    const { x, y } = table.embedding[mapName(state)];
    const { width: side } = context.canvas;
    const size = Math.max(1, Math.round(scale * (table.count > 20000 ? 1.5 : table.count > 2000 ? 2.5 : 4)));
    const margin = MARGIN * scale,
      room = side - 2 * margin;
    const pixels = new ImageData(side, side),
      words = new Uint32Array(pixels.data.buffer);
    for (const { of, colours } of layers) {
      const ready = colours.map((colour) => wordOf(context, colour));
      for (let row = 0; row < table.count; row++) {
        const colour = of(row);
        if (colour < 0 || Number.isNaN(x[row])) continue;
        const left = Math.round(margin + x[row] * room - size / 2),
          top = Math.round(side - margin - y[row] * room - size / 2);
        for (let line = top; line < top + size; line++)
          words.fill(ready[colour], line * side + left, line * side + left + size);
      }
    }
    context.putImageData(pixels, 0, 0);
  }

  /** A colour as four bytes: alpha, blue, green, red. */
  function wordOf(context, colour) {
    context.fillStyle = colour;
    const [red, green, blue] = [1, 3, 5].map((start) => Number.parseInt(context.fillStyle.slice(start, start + 2), 16));
    return ((0xff << 24) | (blue << 16) | (green << 8) | red) >>> 0;
  }

  function drawLasso(context, points, toScreen) {
    context.strokeStyle = view.colours.named("accent");
    context.lineWidth = 1.5;
    context.stroke(new Path2D(`M${points.map(toScreen).join("L")}Z`));
  }

  function begin(event) {
    at("map").setPointerCapture(event.pointerId);
    drawn = [unitOf(at("map").clientWidth)(positionOf(event))];
  }

  function extend(event) {
    if (!drawn) return;
    drawn.push(unitOf(at("map").clientWidth)(positionOf(event)));
    draw();
  }

  function finish(event) {
    const points = drawn;
    drawn = null;
    if (!points) return;
    const spread = (axis) =>
      Math.max(...points.map((point) => point[axis])) - Math.min(...points.map((point) => point[axis]));
    if (points.length > 2 && Math.max(spread(0), spread(1)) > 0.02) {
      const lasso = { map: mapName(view.state.get()), points: view.lasso.simplify(points) };
      view.state.change({ lasso }, { text: "lasso" });
    } else openNearest(positionOf(event));
  }

  /** A click opens the image whose point is nearest, if one is near. */
  function openNearest([left, top]) {
    const { x, y } = table.embedding[mapName(last.state)],
      toScreen = screenOf(at("map").clientWidth);
    let best = -1,
      least = NEAR_PX;
    for (const row of last.selection.rows) {
      const [px, py] = toScreen([x[row], y[row]]);
      const distance = Math.hypot(px - left, py - top);
      if (distance < least) [best, least] = [row, distance];
    }
    draw();
    if (best >= 0) onOpen(best);
  }

  view.embeddingMap = { start, show, redraw: draw };
})(window.radiobundleView);
