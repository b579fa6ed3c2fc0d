/* The pixels and heat maps of single images, loaded when an image is opened; the last few are kept. */
"use strict";

(function (view) {
  const KEPT = 6;
  const kept = new Map(); // key -> promise

  function keep(key, make) {
    const promise = kept.get(key) ?? make();
    kept.delete(key);
    kept.set(key, promise);
    promise.catch(() => kept.delete(key)); // to be tried again
    if (kept.size > KEPT) kept.delete(kept.keys().next().value);
    return promise;
  }

  /** Promise of a row's image, with `values` as an array of all its pixels. */
  function pixels(row) {
    return keep(`pixels/${row}`, async () => {
      const packed = await view.files.load(view.files.rowPath("pixels", row), `pixels/${row}`);
      const buffer = await view.files.inflate(packed.data);
      return { ...packed, data: null, values: packed.bits === 16 ? new Uint16Array(buffer) : new Uint8Array(buffer) };
    });
  }

  /** Promise of a row's heat maps by label. */
  function heat(row) {
    return keep(`heat/${row}`, async () => {
      const { maps } = await view.files.load(view.files.rowPath("heat", row), `heat/${row}`);
      const found = {};
      for (const [label, map] of Object.entries(maps)) {
        found[label] = { ...map, data: null, values: new Uint8Array(await view.files.inflate(map.data)) };
      }
      return found;
    });
  }

  view.imageFiles = { pixels, heat };
})(window.radiobundleView);
