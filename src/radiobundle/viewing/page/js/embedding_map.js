/* The map of the network's features: a point for each image, what is filtered out pale; a lasso filters. */
"use strict";

(function (view) {
  const { element, at } = view.dom;
  const MARGIN = 8, NEAR_PX = 8;
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
    canvas.addEventListener("pointercancel", () => { drawn = null; draw(); });
    new ResizeObserver(view.dom.oncePerFrame(draw)).observe(canvas);
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

  function draw() {
    if (!last) return;
    const { state, selection } = last;
    const canvas = at("map");
    const side = canvas.clientWidth, scale = window.devicePixelRatio || 1;
    if (!side) return;
    canvas.width = canvas.height = Math.round(side * scale);
    const context = canvas.getContext("2d");
    context.scale(scale, scale);
    const toScreen = screenOf(side);
    const { of, colours, legend } = view.colours.by(table, state, selection);
    const isShown = new Uint8Array(table.count);
    for (const row of selection.rows) isShown[row] = 1;
    drawPoints(context, state, toScreen, (row) => (isShown[row] ? -1 : 0), [view.colours.named("line")]);
    drawPoints(context, state, toScreen, (row) => (isShown[row] ? of(row) : -1), colours);
    if (drawn) drawLasso(context, drawn, toScreen);
    else if (state.lasso && state.lasso.map === mapName(state)) drawLasso(context, state.lasso.points, toScreen);
    at("legend").replaceChildren(...legend.map(({ name, colour }) => {
      const dot = element("i");
      dot.style.background = colour;
      return element("span", {}, dot, name);
    }));
  }

  const screenOf = (side) => ([x, y]) => [MARGIN + x * (side - 2 * MARGIN), side - MARGIN - y * (side - 2 * MARGIN)];
  const unitOf = (side) => ([x, y]) => [(x - MARGIN) / (side - 2 * MARGIN), (side - MARGIN - y) / (side - 2 * MARGIN)];

  /** Points by colour, so that the colour changes a few times only; an index below 0 is left out. */
  function drawPoints(context, state, toScreen, of, colours) {
    const { x, y } = table.embedding[mapName(state)];
    const size = table.count > 20000 ? 1.5 : table.count > 2000 ? 2.5 : 4;
    const index = Int16Array.from({ length: table.count }, (_, row) => of(row));
    context.globalAlpha = 0.85;
    colours.forEach((colour, at_) => {
      context.fillStyle = colour;
      for (let row = 0; row < table.count; row++) {
        if (index[row] !== at_ || Number.isNaN(x[row])) continue;
        const [left, top] = toScreen([x[row], y[row]]);
        context.fillRect(left - size / 2, top - size / 2, size, size);
      }
    });
    context.globalAlpha = 1;
  }

  function drawLasso(context, points, toScreen) {
    context.beginPath();
    points.forEach((point, index) => {
      const [x, y] = toScreen(point);
      if (index) context.lineTo(x, y);
      else context.moveTo(x, y);
    });
    context.closePath();
    context.strokeStyle = view.colours.named("accent");
    context.lineWidth = 1.5;
    context.stroke();
  }

  function position(event) {
    const box = at("map").getBoundingClientRect();
    return [event.clientX - box.left, event.clientY - box.top];
  }

  function begin(event) {
    at("map").setPointerCapture(event.pointerId);
    drawn = [unitOf(at("map").clientWidth)(position(event))];
  }

  function extend(event) {
    if (!drawn) return;
    drawn.push(unitOf(at("map").clientWidth)(position(event)));
    draw();
  }

  function finish(event) {
    const points = drawn;
    drawn = null;
    if (!points) return;
    const spread = (axis) => Math.max(...points.map((point) => point[axis])) - Math.min(...points.map((point) => point[axis]));
    if (points.length > 2 && Math.max(spread(0), spread(1)) > 0.02) {
      const lasso = { map: mapName(view.state.get()), points: view.lasso.simplify(points) };
      view.state.change({ lasso }, { text: "lasso" });
    } else openNearest(position(event));
  }

  /** A click opens the image whose point is nearest, if one is near. */
  function openNearest([left, top]) {
    const { x, y } = table.embedding[mapName(last.state)], toScreen = screenOf(at("map").clientWidth);
    let best = -1, least = NEAR_PX;
    for (const row of last.selection.rows) {
      const [px, py] = toScreen([x[row], y[row]]);
      const distance = Math.hypot(px - left, py - top);
      if (distance < least) [best, least] = [row, distance];
    }
    draw();
    if (best >= 0) onOpen(best);
  }

  view.embeddingMap = { start, show, redraw: () => draw() };
})(window.radiobundleView);
