/* The marks as the table that `radiobundle datalist amend` reads (docs/label_errors.md). */
"use strict";

(function (view) {
  const HEADER = ["image", "mark", "label", "value", "by", "at", "note"];

  /** A cell of CSV: in quotes where it must be. */
  const cell = (value) => (/[",\r\n]|^\s|\s$/.test(value) ? `"${value.replaceAll('"', '""')}"` : value);

  /** A row for each mark; an image with nothing but a note has none, since it changes nothing. Marks without a
      name get the one that is entered now. */
  function csv(table) {
    const lines = [HEADER];
    for (const { image, mark } of view.marks.all()) {
      const add = (kind, label, value) => {
        lines.push([image, kind, label, String(value), mark.by || view.marks.name(), mark.at, oneLine(mark.note)]);
      };
      for (const [label, { kind, value }] of Object.entries(mark.labels)) add(kind, labelName(table, label), value);
      if (mark.image) add(mark.image, "", "");
    }
    return lines.map((cells) => cells.map(cell).join(",")).join("\r\n") + "\r\n";
  }

  const oneLine = (text) => text.replace(/\s+/g, " ").trim();

  /** Of exclusive classes the value names the right one, and the label stays empty. */
  const labelName = (table, label) => (table.manifest.task === "multiclass" ? "" : table.labels[label]);

  /** Give the table to the user as a file. */
  function save(table) {
    const text = csv(table);
    const link = document.createElement("a");
    link.href = URL.createObjectURL(new Blob([text], { type: "text/csv;charset=utf-8" }));
    link.download = "marks.csv";
    link.click();
    setTimeout(() => URL.revokeObjectURL(link.href), 10000);
    view.marks.wasExported();
  }

  view.marksCsv = { csv, save };
})(window.radiobundleView);
