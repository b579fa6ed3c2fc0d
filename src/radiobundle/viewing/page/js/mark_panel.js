/* Who marks, the note of the open image, how many marks there are, and the export. */
"use strict";

(function (view) {
  const { at, format, announce } = view.dom;

  function start(table) {
    at("by").value = view.marks.name();
    at("by").addEventListener("change", () => {
      view.marks.name(at("by").value.trim());
      show();
    });
    let noted = -1; // the row that the note is about, also when the image is left while it is written
    at("note").addEventListener("focus", () => {
      noted = view.imageView.row();
    });
    at("note").addEventListener("change", () => view.marks.note(noted, at("note").value.trim()));
    at("export").addEventListener("click", () => {
      view.marksCsv.save(table);
      announce(`Exported ${inWords(exported())} as marks.csv; apply it by: radiobundle datalist amend`);
    });
    window.addEventListener("beforeunload", (event) => {
      if (!view.marks.isKept() && !view.marks.isExported()) event.preventDefault();
    });
  }

  function show() {
    const marked = exported(),
      missing = gaps(marked);
    at("export").textContent = marked.length ? `export marks (${inWords(marked)})` : "export marks";
    at("export").disabled = !marked.length;
    at("export-gaps").textContent = missing.join(" ");
    at("export-gaps").hidden = !missing.length;
    at("not-kept").hidden = view.marks.isKept();
  }

  /** What the export holds: a note without a mark changes nothing in a datalist. */
  const exported = () => view.marks.all().filter(({ mark }) => view.marks.isMarked(mark));

  /** Sentences about what the export will lack. */
  function gaps(marked) {
    const notes = view.marks.all().length - marked.length;
    const nameless = view.marks.name() ? 0 : marked.filter(({ mark }) => !mark.by).length;
    const found = [];
    if (notes) {
      found.push(`${format.counted(notes, "note")} without a mark ${notes === 1 ? "is" : "are"} not exported.`);
    }
    if (nameless) {
      const images = `${format.counted(nameless, "marked image")} ${nameless === 1 ? "has" : "have"}`;
      found.push(`${images} no name: fill in “marks by” before you export, or the column “by” will be empty there.`);
    }
    return found;
  }

  /** How many images there are, and how many of them are not on this page. */
  function inWords(marked) {
    const elsewhere = marked.filter(({ isHere }) => !isHere).length;
    const images = format.counted(marked.length, "image");
    return elsewhere ? `${images}, ${format.whole(elsewhere)} not on this page` : images;
  }

  view.markPanel = { start, show };
})(window.radiobundleView);
