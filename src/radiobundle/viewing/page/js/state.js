/* What the user has chosen: one object that is replaced, never changed; a history for undo; and who wants to know. */
"use strict";

(function (view) {
  const KEPT = 200; // steps that can be undone
  const listeners = [];
  const history = []; // {kind: "view" | "mark", text, undo}
  let current = null;

  /** The choices of a page that was just opened. */
  function initial(manifest) {
    const label = view.decision.shownLabels(manifest)[0];
    return {
      run: 0,
      other: -1, // run to compare with
      label,
      thresholds: {}, // "run:label" -> number, or null: the most probable class
      ...view.filters.none(),
      // What is shown how.
      sort: "loss",
      descending: true,
      histogram: "probability",
      map: "",
      colour: "outcome",
      size: "m",
    };
  }

  /** Replace some choices. With `text` the change can be undone under that name. */
  function change(patch, { text = "" } = {}) {
    const before = current;
    current = { ...current, ...patch };
    if (text)
      remember("view", text, () => {
        current = before;
      });
    publish(before);
  }

  function remember(kind, text, undo) {
    history.push({ kind, text, undo });
    if (history.length > KEPT) history.shift();
  }

  /** Undo the last step (of one kind, if given); return its text, or "" if there is none. */
  function undo(kind = "") {
    for (let at = history.length - 1; at >= 0; at--) {
      if (kind && history[at].kind !== kind) continue;
      const [step] = history.splice(at, 1);
      const before = current;
      step.undo();
      publish(before);
      return step.text;
    }
    return "";
  }

  function publish(before) {
    for (const listener of listeners) listener(current, before);
  }

  view.state = {
    initial,
    change,
    undo,
    remember,
    start: (first) => {
      current = first;
    },
    get: () => current,
    subscribe: (listener) => listeners.push(listener),
  };
})(window.radiobundleView);
