/* The filters at the left: text, groups, numbers; then those of answers. Counts are of images that pass the others. */
"use strict";

(function (view) {
  const { element, button, at, format } = view.dom;
  let table;
  let groups = []; // {show(state, selection)}

  function start(of) {
    table = of;
    startText();
    startRuns();
    const byImages = at("image-filters"),
      byAnswers = at("answer-filters");
    for (const column of table.manifest.columns) {
      const group = column.kind === "category" ? categoryGroup(column) : rangeGroup(column);
      byImages.append(group.element);
      groups.push(group);
    }
    const { labels } = table;
    if (labels.length > 1) {
      addChoice(byAnswers, "verdict", "image as a whole", view.verdict.names(table.manifest), countVerdicts);
      addChoice(byAnswers, "truth", "true label", labels, countTruth);
      addChoice(byAnswers, "predicted", "predicted label", labels, countPredicted);
    }
    if (table.manifest.runs.length > 1)
      addChoice(byAnswers, "agreement", "two runs", view.agreement.NAMES, countAgreement);
    addChoice(byAnswers, "marks", "marked", view.marks.KINDS, countMarks, view.marks.KINDS);
    at("clear").addEventListener("click", () => view.state.change(view.filters.none(), { text: "all filters" }));
  }

  function startText() {
    let before = "";
    at("text").addEventListener("focus", () => {
      before = at("text").value;
    });
    at("text").addEventListener("input", () => view.state.change({ text: at("text").value }));
    at("text").addEventListener("change", () => {
      const text = before;
      if (text !== at("text").value) view.state.remember("view", "text filter", () => view.state.change({ text }));
      before = at("text").value;
    });
  }

  function startRuns() {
    const { runs } = table.manifest;
    at("runs").hidden = runs.length < 2;
    at("other").append(new Option("no other run", -1));
    runs.forEach((run, index) => {
      at("run").append(new Option(run.name, index));
      at("other").append(new Option(run.name, index));
    });
    at("run").addEventListener("change", () => {
      const run = Number(at("run").value),
        { other } = view.state.get();
      view.state.change({ run, other: other === run ? -1 : other, agreement: [] }, { text: "run" });
    });
    at("other").addEventListener("change", () => {
      const other = Number(at("other").value);
      const sort = other >= 0 ? "difference" : view.state.get().sort === "difference" ? "loss" : view.state.get().sort;
      view.state.change(
        { other, agreement: other < 0 ? [] : view.agreement.DISAGREE, sort, descending: true },
        { text: "comparison" },
      );
    });
    at("disagree").addEventListener("click", () => {
      view.state.change({ agreement: view.agreement.DISAGREE }, { text: "disagreement" });
    });
  }

  function show(state, selection) {
    if (document.activeElement !== at("text")) at("text").value = state.text;
    at("run").value = state.run;
    at("other").value = state.other;
    for (const option of at("other").options) option.disabled = Number(option.value) === state.run;
    at("disagree").hidden = state.other < 0;
    for (const group of groups) group.show(state, selection);
  }

  /** Check boxes: [{name, value}] with counts; `chosen` and `choose` read and write the state. */
  function checkGroup({ key, title, items, chosen, choose, counts, open }) {
    const boxes = items.map(({ name, value }) => {
      const number = element("span", { class: "number" });
      const box = element("input", {
        type: "checkbox",
        onchange: () => {
          const before = chosen(view.state.get()) ?? [];
          const after = box.checked ? [...before, value] : before.filter((other) => other !== value);
          view.state.change(choose(view.state.get(), after), { text: `filter ${title}` });
        },
      });
      return {
        box,
        number,
        value,
        line: element("label", { class: "check" }, box, element("span", { class: "what", title: name }, name), number),
      };
    });
    const list = element(
      "div",
      { class: "checks", role: "group", "aria-label": title },
      ...boxes.map(({ line }) => line),
    );
    const made = element("details", { class: "filter", "data-filter": key, open }, element("summary", {}, title), list);
    const update = (state, selection) => {
      const now = chosen(state) ?? [];
      const found = counts(state, selection);
      made.classList.toggle("active", now.length > 0);
      boxes.forEach(({ box, number, value, line }, index) => {
        box.checked = now.includes(value);
        number.textContent = format.whole(found[index]);
        line.classList.toggle("none", !found[index] && !box.checked);
      });
    };
    made.addEventListener("toggle", () => {
      if (made.open) update(view.state.get(), view.app.selection());
    });
    return {
      element: made,
      show: (state, selection) => {
        if (made.open) update(state, selection);
        else made.classList.toggle("active", (chosen(state) ?? []).length > 0);
      },
    };
  }

  function categoryGroup(column) {
    const values = table.values[column.key];
    const items = column.values.map((name, value) => ({ name, value }));
    if (values.includes(-1)) items.push({ name: "unknown", value: -1 });
    return checkGroup({
      key: column.key,
      title: column.title,
      items,
      open: column.key === "split",
      chosen: (state) => state.categories[column.key],
      choose: (state, after) => ({ categories: { ...state.categories, [column.key]: after } }),
      counts: (state, selection) => {
        const unknown = column.values.length;
        const mask = selection.population(column.key);
        return view.table.tally(mask, unknown + 1, (row) => (values[row] < 0 ? unknown : values[row]));
      },
    });
  }

  function rangeGroup(column) {
    const key = view.columns.keyOf(column);
    const inputs = ["from", "to"].map((placeholder) =>
      element("input", {
        type: "number",
        step: "any",
        "aria-label": `${column.title}, ${placeholder}`,
        placeholder,
        onchange: change,
      }),
    );
    const show = () => view.state.change({ histogram: key });
    const made = element(
      "details",
      { class: "filter", "data-filter": column.key },
      element("summary", {}, column.title),
      element("div", { class: "range" }, ...inputs, button({ class: "plain", onclick: show }, "histogram")),
    );
    function change() {
      const [low, high] = inputs.map((input) => input.valueAsNumber);
      const { ranges } = view.state.get();
      const open = Number.isNaN(low) && Number.isNaN(high);
      const range = [Number.isNaN(low) ? -Number.MAX_VALUE : low, Number.isNaN(high) ? Number.MAX_VALUE : high];
      const after = open ? view.filters.without(ranges, key) : { ...ranges, [key]: range };
      view.state.change({ ranges: after }, { text: `filter ${column.title}` });
    }
    return {
      element: made,
      show: (state) => {
        const range = state.ranges[key];
        made.classList.toggle("active", Boolean(range));
        inputs.forEach((input, at) => {
          if (document.activeElement !== input)
            input.value = range && Math.abs(range[at]) < Number.MAX_VALUE ? +range[at].toPrecision(6) : "";
        });
      },
    };
  }

  function addChoice(parent, key, title, names, counts, values) {
    const group = checkGroup({
      key,
      title,
      counts,
      items: names.map((name, index) => ({ name, value: values ? values[index] : index })),
      chosen: (state) => state[key],
      choose: (_, after) => ({ [key]: after }),
    });
    groups.push({
      show: (state, selection) => {
        group.element.hidden = key === "agreement" && state.other < 0;
        if (!group.element.hidden) group.show(state, selection);
      },
    });
    parent.append(group.element);
  }

  /** How many images of the selection have each label, where `of` gives 1 for those of a row (null: unknown). */
  function countLabels(selection, of) {
    const found = new Uint32Array(table.labels.length);
    selection.population().forEach((passes, row) => {
      if (passes) of(row)?.forEach((value, label) => (found[label] += value === 1));
    });
    return found;
  }

  const countTruth = (_, selection) => countLabels(selection, (row) => view.table.truthOf(table, row));
  const countPredicted = (state, selection) =>
    countLabels(selection, (row) => view.decision.predictedLabels(table, state, state.run, row));
  const countVerdicts = (state, selection) => view.verdict.count(table, state, selection.population());
  const countAgreement = (state, selection) => view.agreement.count(selection, selection.population());
  const countMarks = () => Object.values(view.marks.counts());

  view.filterPanel = { start, show };
})(window.radiobundleView);
