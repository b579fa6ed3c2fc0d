/* The dark stage: one image on a canvas with window and level, zoom and pan; overlays are painted on top. */
"use strict";

(function (view) {
  const LARGEST = 40,
    SMALLEST = 0.05; // screen px per image px
  const SMOOTH_BELOW = 6; // screen px per image px; beyond, single pixels are shown as squares

  let canvas,
    image = null,
    window_ = null,
    greys = null;
  let scale = 1,
    left = 0,
    top = 0,
    fitted = true;
  let overlays = () => {},
    onChange = () => {};
  const offscreen = document.createElement("canvas");

  function start(of, { paintOverlays, changed }) {
    canvas = of;
    overlays = paintOverlays;
    onChange = changed;
    new ResizeObserver(() => {
      if (fitted) fit();
      else draw();
    }).observe(canvas);
  }

  /** Show {width, height, bits, values, low, high}; null: nothing. */
  function show(of) {
    image = of;
    if (!image) {
      draw();
      return;
    }
    offscreen.width = image.width;
    offscreen.height = image.height;
    reset();
  }

  /** The reader's own window, not inverted, as large as the stage. */
  function reset() {
    if (!image) return;
    setWindow({ low: image.low, high: image.high, inverted: Boolean(image.inverted) });
    fit();
  }

  function setWindow(window) {
    window_ = window;
    greys = null;
    draw();
    onChange();
  }

  function paintPixels() {
    const table = view.windowLevel.lookup(window_, image.bits);
    const pixels = new ImageData(image.width, image.height);
    const words = new Uint32Array(pixels.data.buffer); // alpha, blue, green, red: the same grey three times
    const { values } = image;
    for (let at = 0; at < values.length; at++) words[at] = 0xff000000 | (table[values[at]] * 0x010101);
    offscreen.getContext("2d").putImageData(pixels, 0, 0);
    greys = table;
  }

  const draw = view.dom.oncePerFrame(() => {
    const ratio = window.devicePixelRatio || 1;
    canvas.width = Math.round(canvas.clientWidth * ratio);
    canvas.height = Math.round(canvas.clientHeight * ratio);
    if (!image) return;
    if (!greys) paintPixels();
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    context.imageSmoothingEnabled = scale < SMOOTH_BELOW;
    context.imageSmoothingQuality = "high";
    context.drawImage(offscreen, left, top, image.width * scale, image.height * scale);
    overlays(context, { left, top, width: image.width * scale, height: image.height * scale });
  });

  function fit() {
    fitted = true;
    if (!image) return;
    scale = Math.min(canvas.clientWidth / image.width, canvas.clientHeight / image.height) || 1;
    left = (canvas.clientWidth - image.width * scale) / 2;
    top = (canvas.clientHeight - image.height * scale) / 2;
    draw();
    onChange();
  }

  /** Zoom by a factor; the point (x, y) of the stage stays where it is (the middle, if none is given). */
  function zoom(factor, x = canvas.clientWidth / 2, y = canvas.clientHeight / 2) {
    if (!image) return;
    const after = Math.min(LARGEST, Math.max(SMALLEST, scale * factor));
    left = x - ((x - left) * after) / scale;
    top = y - ((y - top) * after) / scale;
    scale = after;
    fitted = false;
    draw();
    onChange();
  }

  function pan(dx, dy) {
    left += dx;
    top += dy;
    fitted = false;
    draw();
  }

  /** {x, y, value, grey} of the pixel at a position of the stage; null outside. */
  function pixelAt(stageX, stageY) {
    if (!image) return null;
    const x = Math.floor((stageX - left) / scale),
      y = Math.floor((stageY - top) / scale);
    if (x < 0 || y < 0 || x >= image.width || y >= image.height) return null;
    const value = image.values[y * image.width + x];
    return { x, y, value, grey: view.windowLevel.grey(value, window_) };
  }

  view.stage = {
    start,
    show,
    reset,
    setWindow,
    fit,
    zoom,
    pan,
    pixelAt,
    draw,
    actualSize: () => zoom(1 / scale),
    window: () => window_,
    scale: () => scale,
    image: () => image,
  };
})(window.radiobundleView);
