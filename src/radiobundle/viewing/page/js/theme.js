/* Light, dark, or as the system has it. */
"use strict";

(function (view) {
  const KEY = "radiobundle theme";
  const NEXT = { auto: "light", light: "dark", dark: "auto" };

  function start(onChange) {
    apply(view.storage.get(KEY));
    view.dom.at("theme").addEventListener("click", () => {
      const theme = NEXT[document.documentElement.dataset.theme];
      apply(theme);
      view.storage.set(KEY, theme);
      onChange();
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", onChange);
  }

  function apply(theme) {
    document.documentElement.dataset.theme = theme in NEXT ? theme : "auto";
    view.dom.at("theme").textContent = `theme: ${document.documentElement.dataset.theme}`;
  }

  view.theme = { start };
})(window.radiobundleView);
