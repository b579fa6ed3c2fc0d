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

  /** Whether an address (that anybody may have written) gives a value that the page can work with. */
  function isSane(key, value, { manifest, labels }) {
    const columns = new Set(manifest.columns.map((column) => column.key));
    const under = (limit) => Number.isInteger(value) && value < limit;
    switch (key) {
      case "run":
        return under(manifest.runs.length) && value >= 0;
      case "other":
        return under(manifest.runs.length) && value >= -1;
      case "label":
        return view.decision.shownLabels(manifest).includes(value);
      case "thresholds":
        return (
          isMap(value) &&
          Object.entries(value).every(([name, number]) => {
            const [run, label] = name.split(":").map(Number);
            const isNumber = number >= 0 && number <= 1 && typeof number === "number";
            return run < manifest.runs.length && label < labels.length && (number === null || isNumber);
          })
        );
      case "categories":
        return isMap(value) && Object.keys(value).every((name) => columns.has(name) && isList(value[name]));
      case "ranges":
        return isMap(value) && Object.keys(value).every((name) => isRange(value[name]));
      case "lasso":
        return isMap(value) && Array.isArray(value.points) && value.points.every(isRange);
      case "cell":
        return isList(value) && value.length === 2;
      case "bins":
        return isRange(value);
      case "outcomes":
      case "truth":
      case "predicted":
      case "verdict":
      case "agreement":
        return isList(value);
      case "marks":
        return Array.isArray(value) && value.every((item) => typeof item === "string");
      case "descending":
        return typeof value === "boolean";
      default:
        return typeof value === "string";
    }
  }

  view.address = { write, read };
})(window.radiobundleView);
