/* The choices in the page's address, so that a filtered view can be linked: only what differs from the beginning. */
"use strict";

(function (view) {
  /** Text after "#" for a state and the image that is open (-1: none). */
  function write(state, first, open) {
    const parts = new URLSearchParams();
    for (const [key, value] of Object.entries(state)) {
      if (JSON.stringify(value) !== JSON.stringify(first[key])) parts.set(key, brief(value));
    }
    if (open >= 0) parts.set("open", open);
    return parts.toString();
  }

  const brief = (value) => (typeof value === "string" ? value : JSON.stringify(value));

  /** {state, open} of such text; what it does not say, or says wrongly, is as at the beginning. */
  function read(text, first, table) {
    const parts = new URLSearchParams(text.replace(/^#/, ""));
    const state = { ...first };
    for (const key of Object.keys(first)) {
      if (!parts.has(key)) continue;
      const value = parse(parts.get(key), first[key]);
      if (isSane(key, value, table)) state[key] = value;
    }
    const open = Number.parseInt(parts.get("open") ?? "-1", 10);
    return { state, open: open >= 0 && open < table.count ? open : -1 };
  }

  function parse(text, like) {
    if (typeof like === "string") return text;
    try {
      return JSON.parse(text);
    } catch {
      return undefined;
    }
  }

  const isList = (value) => Array.isArray(value) && value.every((item) => Number.isInteger(item));
  const isRange = (value) => Array.isArray(value) && value.length >= 2 && value.slice(0, 2).every(Number.isFinite);
  const isMap = (value) => value !== null && typeof value === "object" && !Array.isArray(value);

  const LISTS = ["outcomes", "truth", "predicted", "verdict", "agreement"];

  /** Whether an address (that anybody may have written) gives a value that the page can work with. */
  function isSane(key, value, { manifest, labels }) {
    const columns = new Set(manifest.columns.map((column) => column.key));
    const isRun = (least) => Number.isInteger(value) && value >= least && value < manifest.runs.length;
    const isThreshold = ([name, number]) => {
      const [run, label] = name.split(":").map(Number);
      const isNumber = number >= 0 && number <= 1 && typeof number === "number";
      return run < manifest.runs.length && label < labels.length && (number === null || isNumber);
    };
    const test = {
      run: () => isRun(0),
      other: () => isRun(-1),
      label: () => view.decision.shownLabels(manifest).includes(value),
      thresholds: () => isMap(value) && Object.entries(value).every(isThreshold),
      categories: () => isMap(value) && Object.keys(value).every((name) => columns.has(name) && isList(value[name])),
      ranges: () => isMap(value) && Object.values(value).every(isRange),
      lasso: () => isMap(value) && Array.isArray(value.points) && value.points.every(isRange),
      cell: () => isList(value) && value.length === 2,
      bins: () => isRange(value),
      marks: () => Array.isArray(value) && value.every((item) => typeof item === "string"),
      descending: () => typeof value === "boolean",
    }[key];
    if (LISTS.includes(key)) return isList(value);
    return test ? test() : typeof value === "string";
  }

  view.address = { write, read };
})(window.radiobundleView);
