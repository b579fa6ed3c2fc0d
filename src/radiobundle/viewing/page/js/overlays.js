/* What lies over the image: the heat map of a label, and boxes. */
"use strict";

(function (view) {
  let maps = {}; // label -> canvas
  let empty = new Set(); // labels whose map is zero everywhere
  const shown = { heat: false, opacity: 0.5, boxes: true, label: 0 };

  /** Take the heat maps of an image, {label: {width, height, values}}. */
  function setMaps(found) {
    maps = Object.fromEntries(Object.entries(found).map(([label, map]) => [label, coloured(map)]));
    empty = new Set(
      Object.keys(found)
        .filter((label) => found[label].values.every((value) => value === 0))
        .map(Number),
    );
  }

  /** What there is of a label, in words. */
  function describe(label, name) {
    if (!(label in maps)) return `none of ${name}`;
    return empty.has(label) ? `of ${name}: empty` : `of ${name}`;
  }

  /** A map as a canvas: from clear by red to yellow, the stronger the less clear. */
  function coloured({ width, height, values }) {
    const canvas = view.dom.element("canvas", { width, height });
    const pixels = new ImageData(width, height);
    values.forEach((value, at) => {
      const strength = value / 255;
      pixels.data.set(
        [213 + 42 * strength, 40 + 180 * strength ** 1.5, 20 * (1 - strength), 255 * Math.min(1, 1.3 * strength)],
        4 * at,
      );
    });
    canvas.getContext("2d").putImageData(pixels, 0, 0);
    return canvas;
  }

  function paint(context, frame, boxes, labels) {
    const map = maps[shown.label];
    if (shown.heat && map) {
      context.globalAlpha = shown.opacity;
      context.imageSmoothingEnabled = true;
      context.drawImage(map, frame.left, frame.top, frame.width, frame.height);
      context.globalAlpha = 1;
    }
    if (shown.boxes) for (const box of boxes) paintBox(context, frame, box, labels);
  }

  function paintBox(context, frame, box, labels) {
    const left = frame.left + box.x * frame.width,
      top = frame.top + box.y * frame.height;
    const isChosen = box.label === null || box.label === shown.label;
    context.strokeStyle = isChosen ? "#F0E442" : "#56B4E9";
    context.lineWidth = isChosen ? 2 : 1.25;
    context.strokeRect(left, top, box.width * frame.width, box.height * frame.height);
    if (box.label === null) return;
    const text = labels[box.label];
    context.font = "12px system-ui, sans-serif";
    context.fillStyle = "rgb(0 0 0 / 70%)";
    context.fillRect(left, top - 17, context.measureText(text).width + 8, 16);
    context.fillStyle = context.strokeStyle;
    context.fillText(text, left + 4, top - 5);
  }

  view.overlays = { setMaps, paint, shown, describe };
})(window.radiobundleView);
