/* What this browser keeps for pages: texts by name; of a file from a disk, or in a private window, perhaps nothing. */
"use strict";

(function (view) {
  function attempt(action) {
    try {
      return action();
    } catch {
      return undefined;
    }
  }

  /** The text of a name, "" without one; undefined where the browser keeps nothing. */
  const get = (name) => attempt(() => localStorage.getItem(name) ?? "");

  /** Keep a text; return whether the browser does. */
  const set = (name, text) => attempt(() => localStorage.setItem(name, text) ?? true) ?? false;

  view.storage = { get, set };
})(window.radiobundleView);
