/* What people found: wrong labels, doubts, bad images, with a note. Kept in this browser, under the manifest's id. */
"use strict";

(function (view) {
  const WRONG = "wrong label",
    UNSURE = "unsure",
    BAD = "bad image",
    LEAVE_OUT = "leave out";
  const KINDS = [WRONG, UNSURE, BAD, LEAVE_OUT];
  const nothing = Object.freeze({ labels: {}, image: "", note: "", by: "", at: "" });

  let table = null;
  let marks = new Map(); // row -> {labels: {index: {kind, value}}, image: kind or "", note, by, at}
  let isKept = true; // whether this browser keeps them
  let exported = true; // whether all are in a file

  /** Take the marks of this table from the browser's storage, if it lets us. */
  function start(of) {
    table = of;
    marks = new Map();
    const text = stored(key());
    if (!text) return;
    const rows = new Map(table.names.map((name, row) => [name, row]));
    for (const [name, mark] of Object.entries(parse(text))) {
      if (rows.has(name)) marks.set(rows.get(name), { ...nothing, ...mark });
    }
  }

  const key = () => `radiobundle marks ${table.manifest.id}`;

  function parse(text) {
    try {
      return JSON.parse(text) ?? {};
    } catch {
      return {};
    }
  }

  function stored(name) {
    try {
      return localStorage.getItem(name) ?? "";
    } catch {
      isKept = false;
      return "";
    }
  }

  function store(name, text) {
    try {
      localStorage.setItem(name, text);
    } catch {
      isKept = false;
    }
  }

  const get = (row) => marks.get(row) ?? nothing;
  const isEmpty = (mark) => !mark.image && !mark.note && !Object.keys(mark.labels).length;

  /** All kinds of marks on a row. */
  function kindsOf(row) {
    const mark = marks.get(row);
    if (!mark) return [];
    const kinds = Object.values(mark.labels).map(({ kind }) => kind);
    return [...new Set(mark.image ? [...kinds, mark.image] : kinds)];
  }

  /** Replace a row's mark; `text` names the step for undo. */
  function set(row, mark, text) {
    const before = marks.get(row);
    put(row, { ...mark, by: name(), at: new Date().toISOString().slice(0, 19) + "Z" });
    view.state.remember("mark", text, () => put(row, before));
    view.state.change({});
  }

  function put(row, mark) {
    if (!mark || isEmpty(mark)) marks.delete(row);
    else marks.set(row, mark);
    exported = false;
    store(key(), JSON.stringify(Object.fromEntries([...marks].map(([at, kept]) => [table.names[at], kept]))));
  }

  /** Mark a label as wrong with its right value, or as unsure; the same again takes the mark away. */
  function toggleLabel(row, label, kind, value = "") {
    const mark = get(row);
    const same = mark.labels[label] && mark.labels[label].kind === kind && mark.labels[label].value === value;
    const others = table.manifest.task === "multiclass" ? {} : view.filters.without(mark.labels, label);
    const labels = same ? others : { ...others, [label]: { kind, value } };
    const image = !same && mark.image === UNSURE ? "" : mark.image; // all labels unsure would contradict it
    const text = `${same ? "no longer " : ""}${kind}, ${table.labels[label]}${value === "" || same ? "" : ` → ${value}`}`;
    set(row, { ...mark, labels, image }, text);
    return text;
  }

  /** Mark the image as unsure, bad or to be left out; the same again takes the mark away. */
  function toggleImage(row, kind) {
    const mark = get(row);
    const same = mark.image === kind;
    const labels = kind === UNSURE && !same ? {} : mark.labels;
    const text = `${same ? "no longer " : ""}${kind}`;
    set(row, { ...mark, labels, image: same ? "" : kind }, text);
    return text;
  }

  /** The one key of a label. Several labels: its other value. Exclusive classes: this one is right. */
  function toggleWrong(row, label) {
    const truth = table.truth[row * table.labels.length + label];
    if (table.manifest.task !== "multiclass") return toggleLabel(row, label, WRONG, truth === 1 ? 0 : 1);
    if (truth === 1) return `${table.labels[label]} is the label already`;
    return toggleLabel(row, label, WRONG, table.labels[label]);
  }

  function note(row, text) {
    if (text !== get(row).note) set(row, { ...get(row), note: text }, "note");
  }

  const NAME = "radiobundle marks by";
  let ownName = null;

  /** Who marks: asked for once, kept for all pages. */
  function name(given) {
    if (given !== undefined) {
      ownName = given;
      store(NAME, given);
    }
    return ownName ?? (ownName = stored(NAME));
  }

  /** How many marks of each kind there are. */
  function counts() {
    const found = Object.fromEntries(KINDS.map((kind) => [kind, 0]));
    for (const row of marks.keys()) for (const kind of kindsOf(row)) found[kind]++;
    return found;
  }

  view.marks = {
    WRONG,
    UNSURE,
    BAD,
    LEAVE_OUT,
    KINDS,
    start,
    get,
    kindsOf,
    toggleLabel,
    toggleImage,
    toggleWrong,
    note,
    name,
    counts,
    rows: () => [...marks.keys()].sort((a, b) => a - b),
    isKept: () => isKept,
    isExported: () => exported || !marks.size,
    wasExported: () => {
      exported = true;
    },
  };
})(window.radiobundleView);
