/* Which grey a pixel gets: values from low to high become black to white; all bits of the pixel count. */
"use strict";

(function (view) {
  /** Grey (0 to 255) of a value. */
  function grey(value, { low, high, inverted }) {
    const fraction = Math.min(1, Math.max(0, (value - low) / Math.max(high - low, Number.EPSILON)));
    return Math.round(255 * (inverted ? 1 - fraction : fraction));
  }

  /** Grey of every possible value, Uint8Array of 2 ** bits. */
  function lookup(window, bits) {
    return Uint8Array.from({ length: 2 ** bits }, (_, value) => grey(value, window));
  }

  /** The window after dragging by (dx, dy) px: right is wider, which is less contrast; up is brighter. */
  function drag(window, dx, dy) {
    const width = Math.max(1, (window.high - window.low) * Math.exp(dx / 250));
    const centre = (window.low + window.high) / 2 + ((window.inverted ? -dy : dy) * (window.high - window.low)) / 400;
    return { ...window, low: centre - width / 2, high: centre + width / 2 };
  }

  view.windowLevel = { grey, lookup, drag };
})(window.radiobundleView);
