/* Beside the image: its labels with probabilities and marks, its facts, the patient's other images, and the nearest
   training images. */
"use strict";

(function (view) {
  const { element, button, at, format } = view.dom;

  function show(table, row) {
    const state = view.state.get();
    const focused = document.activeElement?.dataset?.action;
    at("labels").classList.toggle("two-runs", state.other >= 0);
    at("labels").replaceChildren(labelTable(table, state, row));
    at("image-marks").replaceChildren(...imageMarks(row));
    at("facts").replaceChildren(...facts(table, row));
    if (document.activeElement !== at("note")) at("note").value = view.marks.get(row).note;
    if (focused)
      [...document.querySelectorAll("#image [data-action]")].find((made) => made.dataset.action === focused)?.focus();
    if (at("others").dataset.row !== String(row)) strips(table, row);
  }

  function labelTable(table, state, row) {
    const runs = state.other >= 0 ? [state.run, state.other] : [state.run];
    const names = runs.map((run) => {
      const { name } = table.manifest.runs[run];
      return element("th", { scope: "col", title: name }, runs.length > 1 ? name : "probability");
    });
    const head = element(
      "tr",
      {},
      element("th", { scope: "col" }, "label"),
      element("th", { scope: "col" }, "truth"),
      ...names,
      element("th", { scope: "col" }, table.manifest.task === "multiclass" ? "right class" : "mark"),
    );
    const rows = table.labels.map((_, label) => labelRow(table, state, row, label, runs));
    return element("table", { class: "labels" }, element("thead", {}, head), element("tbody", {}, ...rows));
  }

  function labelRow(table, state, row, label, runs) {
    const width = table.labels.length;
    const truth = table.truth[row * width + label],
      soft = table.softTruth[row * width + label];
    const word = truth < 0 ? "?" : soft > 0 && soft < 1 ? soft.toFixed(2) : truth ? "●" : "○";
    const spoken = truth < 0 ? "unknown" : truth ? "present" : "absent";
    const isChosen = view.overlays.shown.label === label;
    const choose = button(
      {
        class: "plain label",
        "data-action": `label ${label}`,
        "aria-pressed": String(isChosen),
        title: `${table.labels[label]}: show its heat map and boxes`,
        onclick: () => view.imageView.chooseLabel(label),
      },
      label < 9 ? element("kbd", {}, String(label + 1)) : "",
      element("span", {}, table.labels[label]),
    );
    const line = element(
      "tr",
      { class: isChosen ? "chosen" : "" },
      element("th", { scope: "row" }, choose),
      element("td", { class: `truth ${spoken}`, title: spoken, "aria-label": spoken }, word),
      ...runs.map((run) => probabilityCell(table, state, run, row, label, truth)),
      element("td", { class: "mark" }, ...markButtons(table, row, label, truth)),
    );
    return line;
  }

  function probabilityCell(table, state, run, row, label, truth) {
    const value = table.probability[run][row * table.labels.length + label];
    const decided = view.decision.predictedLabels(table, state, run, row);
    const outcome = view.decision.outcome(truth, decided === null ? -1 : decided[label]);
    const bar = element("span", { class: "bar" });
    bar.style.setProperty("--value", `${100 * (value || 0)}%`);
    const threshold = view.decision.thresholdOf(state, table.manifest, run, label);
    if (threshold !== null) bar.style.setProperty("--threshold", `${100 * threshold}%`);
    return element(
      "td",
      { class: "p", "data-outcome": view.decision.OUTCOMES[outcome], title: view.decision.TITLES[outcome] },
      bar,
      element("span", {}, format.probability(value)),
      element("small", {}, outcome < 4 ? view.decision.OUTCOMES[outcome] : ""),
    );
  }

  function markButtons(table, row, label, truth) {
    const { WRONG, UNSURE } = view.marks;
    const mark = view.marks.get(row).labels[label];
    const toggle = (text, kind, value, action) =>
      markButton(
        { "data-action": `${text} ${label}`, "aria-label": `${table.labels[label]}: ${text}` },
        text,
        Boolean(mark && mark.kind === kind && mark.value === value),
        action,
      );
    if (table.manifest.task === "multiclass") {
      if (truth === 1) return [element("small", {}, "the label")];
      return [toggle("this one", WRONG, table.labels[label], () => view.marks.toggleWrong(row, label))];
    }
    const value = truth === 1 ? 0 : 1;
    return [
      toggle(truth < 0 ? "present" : "wrong", WRONG, value, () => view.marks.toggleWrong(row, label)),
      ...(truth < 0 ? [toggle("absent", WRONG, 0, () => view.marks.toggleLabel(row, label, WRONG, 0))] : []),
      toggle("unsure", UNSURE, "", () => view.marks.toggleLabel(row, label, UNSURE)),
    ];
  }

  function imageMarks(row) {
    const { UNSURE, BAD, LEAVE_OUT } = view.marks;
    const chosen = view.marks.get(row).image;
    return [UNSURE, BAD, LEAVE_OUT].map((kind) =>
      markButton({ "data-action": kind }, kind, chosen === kind, () => view.marks.toggleImage(row, kind)),
    );
  }

  /** A button that sets a mark or takes it away, and says which. */
  const markButton = (attributes, text, isPressed, toggle) => {
    const onclick = () => view.dom.announce(toggle());
    return button({ ...attributes, class: "mark", "aria-pressed": String(isPressed), onclick }, text);
  };

  function facts(table, row) {
    const found = [["patient", table.patients[row]]];
    for (const { key, title, kind, values } of table.manifest.columns) {
      const value = table.values[key][row];
      found.push([title, kind === "category" ? values[value] : Number.isNaN(value) ? null : format.number(value)]);
    }
    return found
      .filter(([, value]) => value !== null && value !== undefined)
      .flatMap(([name, value]) => [element("dt", {}, name), element("dd", {}, value)]);
  }

  function strips(table, row) {
    at("others").dataset.row = row;
    const others = view.table.samePatient(table, row);
    fillStrip(
      "others",
      others.map((other) =>
        thumb(table, view.thumbnails.ofRow(table, other), {
          title: table.names[other],
          lines: [table.names[other], view.tile.trueLabels(table, other)],
          open: other,
        }),
      ),
      `The patient's other images (${others.length})`,
    );
    fillStrip("nearest", nearest(table, row), "Nearest training images");
  }

  function fillStrip(id, thumbs, title) {
    at(id).hidden = !thumbs.length;
    at(id).replaceChildren(element("h3", {}, title), element("div", { class: "thumbs" }, ...thumbs));
  }

  function nearest(table, row) {
    if (!table.nearest) return [];
    const { k, reference, distance } = table.nearest,
      { references } = table;
    const found = [];
    for (let at_ = row * k; at_ < (row + 1) * k; at_++) {
      const index = reference[at_];
      if (index < 0 || Number.isNaN(distance[at_])) continue;
      const open = table.rowOf.get(references.names[index]) ?? -1;
      found.push(
        thumb(table, view.thumbnails.ofReference(table, index), {
          title: references.names[index],
          open,
          lines: [`${distance[at_].toFixed(3)} away`, referenceTruth(table, index), references.names[index]],
        }),
      );
    }
    return found;
  }

  function referenceTruth(table, index) {
    const width = table.labels.length;
    const found = table.labels.filter((_, label) => table.references.softTruth[index * width + label] >= 0.5);
    return found.length ? found.join(", ") : "none";
  }

  function thumb(table, tile, { title, lines, open }) {
    const canvas = element("canvas", { class: "thumb", "aria-hidden": "true" });
    const words = lines.map((line) =>
      element("span", line === title ? { class: "end" } : {}, element("bdi", {}, line)),
    );
    if (table.manifest.has.sheets) view.thumbnails.show(table.manifest, canvas, tile);
    const content = table.manifest.has.sheets ? [canvas, ...words] : words;
    if (open < 0) return element("div", { class: "small", title }, ...content);
    return button({ class: "small plain", title, onclick: () => view.imageView.open(open) }, ...content);
  }

  view.imagePanel = { show };
})(window.radiobundleView);
