/* Light, dark, or as the system has it; and the report's colours, where the manifest gives them. */
"use strict";

(function (view) {
  const KEY = "radiobundle theme";
  const NEXT = { auto: "light", light: "dark", dark: "auto" };

  function start(palette, onChange) {
    apply(stored());
    addColours(palette ?? {});
    view.dom.at("theme").addEventListener("click", () => {
      const theme = NEXT[document.documentElement.dataset.theme];
      apply(theme);
      store(theme);
      onChange();
    });
    matchMedia("(prefers-color-scheme: dark)").addEventListener("change", onChange);
  }

  function apply(theme) {
    document.documentElement.dataset.theme = theme in NEXT ? theme : "auto";
    view.dom.at("theme").textContent = `theme: ${document.documentElement.dataset.theme}`;
  }

  function stored() {
    try {
      return localStorage.getItem(KEY) ?? "auto";
    } catch {
      return "auto";
    }
  }

  function store(theme) {
    try {
      localStorage.setItem(KEY, theme);
    } catch {
      // the theme lasts as long as the page
    }
  }

  /** Style sheets for both themes out of {"light": {name: colour}, "dark": {...}}. */
  function addColours({ light = {}, dark = {} }) {
    const sheet = new CSSStyleSheet();
    sheet.replaceSync(`
      :root { ${declarations(light)} }
      @media screen and (prefers-color-scheme: dark) { :root[data-theme=auto] { ${declarations(dark)} } }
      @media screen { :root[data-theme=dark] { ${declarations(dark)} } }`);
    document.adoptedStyleSheets = [...document.adoptedStyleSheets, sheet];
  }

  function declarations(colours) {
    return Object.entries(colours)
      .filter(([name, colour]) => /^[a-z-]+$/.test(name) && /^#[0-9a-f]{3,8}$/i.test(colour))
      .map(([name, colour]) => `--${name}: ${colour};`)
      .join(" ");
  }

  view.theme = { start };
})(window.radiobundleView);
