/* The line above the grid: label, threshold, the four counts, and the rates that follow, with intervals. */
"use strict";

(function (view) {
  const { element, button, at, format } = view.dom;
  let table;

  function start(of) {
    table = of;
    const shown = view.decision.shownLabels(table.manifest);
    for (const label of shown) at("label").append(new Option(table.labels[label], label));
    at("label").disabled = shown.length < 2;
    at("label").addEventListener("change", () => {
      // Filters of answers are about a label.
      view.state.change({ label: Number(at("label").value), bins: null, outcomes: [] }, { text: "label" });
    });
    for (const input of ["threshold", "threshold-number"]) {
      at(input).addEventListener("input", () => {
        const value = at(input).valueAsNumber;
        if (value >= 0 && value <= 1) set(value);
      });
    }
    at("best").addEventListener("click", () => set(null));
    at("half").addEventListener("click", () => set(0.5));
    at("fitted").addEventListener("click", () => set(undefined));
  }

  /** Set the threshold; null: the most probable class decides; undefined: as the run has it. */
  function set(value) {
    const state = view.state.get(),
      key = `${state.run}:${state.label}`;
    const { [key]: _, ...others } = state.thresholds;
    view.state.change({ thresholds: value === undefined ? others : { ...others, [key]: value } });
  }

  function show(state, selection) {
    const { manifest } = table;
    const { threshold, counts } = selection;
    const run = manifest.runs[state.run];
    at("label").value = state.label;
    const [largest] = view.bins.ofProbability(view.columns.find(table, state, "probability").values()).slice(-1);
    at("threshold").max = Math.max(largest, threshold ?? 0);
    at("threshold").step = largest / 200;
    at("threshold").value = threshold ?? 0.5;
    at("threshold").classList.toggle("idle", threshold === null);
    if (document.activeElement !== at("threshold-number"))
      at("threshold-number").value = threshold === null ? "" : +threshold.toFixed(4);
    const exclusive = view.decision.isExclusive(manifest);
    at("best").hidden = !exclusive;
    at("best").setAttribute("aria-pressed", threshold === null);
    at("half").setAttribute("aria-pressed", threshold === 0.5);
    at("fitted").hidden = exclusive || run.decision !== "fitted";
    at("fitted").setAttribute("aria-pressed", threshold === run.thresholds[state.label]);
    showCounts(state, counts);
    at("rates").replaceChildren(...view.rates.rates(counts, counts.unitsPerImage).map(rateOf));
    at("basis").replaceChildren(basis(counts), ...view.cautions.elements(table, state, selection));
  }

  function showCounts(state, counts) {
    const buttons = view.decision.OUTCOMES.map((name, outcome) => {
      const count = counts.counts[outcome];
      if (outcome > 3 && !count) return null;
      const pressed = state.outcomes.includes(outcome);
      return button(
        {
          class: "count",
          "data-outcome": name,
          "aria-pressed": String(pressed),
          title: `show only: ${view.decision.TITLES[outcome]}`,
          "aria-label": `${view.decision.TITLES[outcome]}: ${format.whole(count)}`,
          onclick: () => toggle(outcome, name),
        },
        element("b", {}, format.whole(count)),
        element("span", {}, name),
      );
    });
    replaceKeepingFocus(at("counts"), buttons.filter(Boolean));
  }

  function toggle(outcome, name) {
    const { outcomes } = view.state.get();
    const rest = outcomes.filter((other) => other !== outcome);
    view.state.change(
      { outcomes: rest.length < outcomes.length ? rest : [...rest, outcome].sort() },
      { text: `filter ${name}` },
    );
  }

  /** Replace the children, and give the focus back to the one at the same position. */
  function replaceKeepingFocus(parent, children) {
    const position = [...parent.children].indexOf(document.activeElement);
    parent.replaceChildren(...children);
    if (position >= 0 && parent.children[position]) parent.children[position].focus();
  }

  function rateOf({ key, title, part, whole, value, low, high }) {
    const interval = Number.isFinite(value) ? `${format.rate(low)}–${format.rate(high)}` : "undefined";
    const of = Number.isFinite(value) ? `${format.whole(part)} of ${format.whole(whole)}` : "";
    return element(
      "div",
      { class: "rate", "data-rate": key, title: "95 % Wilson interval; several images of one patient count less" },
      element("span", {}, title),
      element("b", {}, format.rate(value)),
      element("small", { class: "interval" }, interval),
      element("small", {}, of),
    );
  }

  function basis({ images, units }) {
    const patients = table.patientsKnown ? ` of ${format.counted(units, "patient")}` : "";
    return `Rates of ${format.counted(images, "image")}${patients} that pass the filters of images and patients.`;
  }

  view.summary = { start, show };
})(window.radiobundleView);
