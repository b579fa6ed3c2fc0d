/* Thumbnails out of sprite sheets: each sheet is loaded when one of its tiles is seen, and the last few are kept. */
"use strict";

(function (view) {
  const KEPT = 48; // sheets; the browser forgets their pixels when it needs room
  const AT_ONCE = 4;
  const QUIET_MS = 120; // after scrolling, before sheets are loaded: what rushes past need not be decoded
  const sheets = new Map(); // number -> Image, the oldest first
  const waiting = new Map(); // canvas -> tile
  const loading = new Set();

  /** Show a tile on a canvas, now or when its sheet is there; tile -1: nothing. */
  function show(manifest, canvas, tile) {
    waiting.delete(canvas);
    if (canvas.dataset.painted === String(tile)) return;
    const { tile_px: side } = manifest.sheet;
    delete canvas.dataset.painted;
    if (canvas.width !== side) canvas.width = canvas.height = side;
    else canvas.getContext("2d").clearRect(0, 0, side, side);
    if (tile < 0) return;
    const number = sheetOf(manifest, tile);
    if (sheets.has(number)) {
      paint(manifest, canvas, tile, sheets.get(number));
      return;
    }
    waiting.set(canvas, tile);
    loadNext(manifest);
  }

  /** The canvas is not seen any more: its tile need not come. */
  const forget = (canvas) => waiting.delete(canvas);

  const sheetOf = ({ sheet }, tile) => Math.floor(tile / (sheet.columns * sheet.rows));

  function paint({ sheet }, canvas, tile, image) {
    const within = tile % (sheet.columns * sheet.rows),
      side = sheet.tile_px;
    const left = (within % sheet.columns) * side,
      top = Math.floor(within / sheet.columns) * side;
    canvas.getContext("2d").drawImage(image, left, top, side, side, 0, 0, side, side);
    canvas.dataset.painted = tile;
  }

  let quietFrom = 0;

  /** The grid is being scrolled: sheets wait. */
  function wait() {
    quietFrom = performance.now() + QUIET_MS;
  }

  function loadNext(manifest) {
    const rest = quietFrom - performance.now();
    if (rest > 0) {
      clearTimeout(loadNext.timer);
      loadNext.timer = setTimeout(() => loadNext(manifest), rest);
      return;
    }
    for (const tile of waiting.values()) {
      const number = sheetOf(manifest, tile);
      if (loading.size >= AT_ONCE) return;
      if (!loading.has(number)) load(manifest, number);
    }
  }

  async function load(manifest, number) {
    loading.add(number);
    const image = new Image();
    image.src = `data/sheets/${String(number).padStart(4, "0")}.jpg`;
    const isThere = await image.decode().then(
      () => true,
      () => false, // the file is missing: its tiles stay empty
    );
    if (isThere) sheets.set(number, image);
    if (sheets.size > KEPT) sheets.delete(sheets.keys().next().value);
    for (const [canvas, tile] of waiting) {
      if (sheetOf(manifest, tile) !== number) continue;
      if (isThere) paint(manifest, canvas, tile, image);
      waiting.delete(canvas);
    }
    loading.delete(number);
    loadNext(manifest);
  }

  /** Tile of a row: -1 without one. */
  const ofRow = (table, row) => (table.manifest.has.sheets && !table.missing.has(row) ? row : -1);

  /** Tile of a training image that nearest points to. */
  const ofReference = (table, at) => ofRow(table, table.count + at);

  /** Promise that is kept when nothing is waited for any more. */
  async function settled() {
    while (waiting.size || loading.size) await new Promise((resolve) => setTimeout(resolve, 30));
  }

  view.thumbnails = { show, forget, wait, ofRow, ofReference, settled };
})(window.radiobundleView);
