/* A polygon drawn by hand: fewer points, and what lies inside. */
"use strict";

(function (view) {
  const CORNERS = 80; // at most; more would make every test of 100,000 points slow and the address long

  /** Points with three digits, at most CORNERS of them. */
  function simplify(points) {
    const step = Math.max(1, points.length / CORNERS);
    const kept = [];
    for (let at = 0; at < points.length; at += step) kept.push(points[Math.floor(at)]);
    return kept.map((point) => point.map((value) => Math.round(value * 1000) / 1000));
  }

  /** Function of x and y: whether the point lies inside, by the parity of crossings (unknown points do not). */
  function contains(points) {
    const left = Math.min(...points.map(([x]) => x)),
      right = Math.max(...points.map(([x]) => x));
    const bottom = Math.min(...points.map(([, y]) => y)),
      top = Math.max(...points.map(([, y]) => y));
    return (x, y) => {
      if (!(x >= left && x <= right && y >= bottom && y <= top)) return false;
      let inside = false;
      for (let at = 0, last = points.length - 1; at < points.length; last = at++) {
        const [x1, y1] = points[at],
          [x2, y2] = points[last];
        if (y1 > y !== y2 > y && x < ((x2 - x1) * (y - y1)) / (y2 - y1) + x1) inside = !inside;
      }
      return inside;
    };
  }

  view.lasso = { simplify, contains };
})(window.radiobundleView);
