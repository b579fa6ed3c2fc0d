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
  let marks = new Map(); // name -> {labels: {index: {kind, value}}, image: kind or "", note, by, at}
  let isKept = true; // whether this browser keeps them
  let exported = true; // whether all are in a file

  /** Take the marks of the runs from the browser's storage, if it lets us: also those of images of other pages. */
  function start(of) {
    table = of;
    read();
    window.addEventListener("storage", (event) => {
      if (event.key !== null && event.key !== key()) return; // null: all was cleared
      read();
      view.state.change({});
    });
  }

  /** Take what is stored now; where this browser keeps nothing, the marks of this page stay. */
  function read() {
    const text = stored(key());
    if (!isKept) return;
    marks = new Map(Object.entries(parse(text)).map(([name, mark]) => [name, { ...nothing, ...mark }]));
  }

  const key = () => `radiobundle marks ${table.manifest.id}`;

  function parse(text) {
    try {
      return JSON.parse(text || "{}") ?? {};
    } catch {
      return {};
    }
  }

  function stored(name) {
    const text = view.storage.get(name);
    isKept &&= text !== undefined;
    return text ?? "";
  }

  function store(name, text) {
    isKept = view.storage.set(name, text) && isKept;
  }

  const get = (row) => marks.get(table.names[row]) ?? nothing;
  const isMarked = (mark) => Boolean(mark.image) || Object.keys(mark.labels).length > 0; // else there may be a note
  const isEmpty = (mark) => !isMarked(mark) && !mark.note;

  /** All kinds of marks on a row. */
  function kindsOf(row) {
    const mark = get(row);
    const kinds = Object.values(mark.labels).map(({ kind }) => kind);
    return [...new Set(mark.image ? [...kinds, mark.image] : kinds)];
  }

  /** Replace a row's mark; `text` names the step for undo. */
  function set(row, mark, text) {
    const image = table.names[row],
      before = marks.get(image);
    put(image, { ...mark, by: name(), at: new Date().toISOString().slice(0, 19) + "Z" });
    view.state.remember("mark", text, () => put(image, before));
    view.state.change({});
  }

  /** Change the mark of one image, among those that other tabs and pages have stored meanwhile. */
  function put(image, mark) {
    read();
    if (!mark || isEmpty(mark)) marks.delete(image);
    else marks.set(image, mark);
    exported = false;
    if (isKept) store(key(), JSON.stringify(Object.fromEntries(marks))); // else this would take away what others kept
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
    for (const row of rows()) for (const kind of kindsOf(row)) found[kind]++;
    return found;
  }

  /** The rows of this page with a mark or a note, in order. */
  function rows() {
    const here = [...marks.keys()].filter((image) => table.rowOf.has(image));
    return here.map((image) => table.rowOf.get(image)).sort((a, b) => a - b);
  }

  /** All that is kept, as {image, mark, isHere}: the rows of this page in order, then images that it does not show. */
  function all() {
    const here = rows().map((row) => ({ image: table.names[row], mark: get(row), isHere: true }));
    const elsewhere = [...marks].filter(([image]) => !table.rowOf.has(image)).sort(([a], [b]) => (a < b ? -1 : 1));
    return [...here, ...elsewhere.map(([image, mark]) => ({ image, mark, isHere: false }))];
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
    isMarked,
    toggleLabel,
    toggleImage,
    toggleWrong,
    note,
    name,
    counts,
    rows,
    all,
    isKept: () => isKept,
    isExported: () => exported || !marks.size,
    wasExported: () => {
      exported = true;
    },
  };
})(window.radiobundleView);
