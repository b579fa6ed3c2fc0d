/* Who marks, the note of the open image, how many marks there are, and the export. */
"use strict";

(function (view) {
  const { at, format, announce } = view.dom;

  function start(table) {
    at("by").value = view.marks.name();
    at("by").addEventListener("change", () => view.marks.name(at("by").value.trim()));
    let noted = -1; // the row that the note is about, also when the image is left while it is written
    at("note").addEventListener("focus", () => {
      noted = view.imageView.row();
    });
    at("note").addEventListener("change", () => view.marks.note(noted, at("note").value.trim()));
    at("export").addEventListener("click", () => {
      view.marksCsv.save(table);
      announce(`Exported ${inWords(view.marks.all())} as marks.csv; apply it by: radiobundle datalist amend`);
    });
    window.addEventListener("beforeunload", (event) => {
      if (!view.marks.isKept() && !view.marks.isExported()) event.preventDefault();
    });
  }

  function show() {
    const marked = view.marks.all();
    at("export").textContent = marked.length ? `export marks (${inWords(marked)})` : "export marks";
    at("export").disabled = !marked.length;
    at("not-kept").hidden = view.marks.isKept();
  }

  /** How many images there are, and how many of them are not on this page. */
  function inWords(marked) {
    const elsewhere = marked.filter(({ isHere }) => !isHere).length;
    return `${format.counted(marked.length, "image")}${elsewhere ? `, ${format.whole(elsewhere)} not on this page` : ""}`;
  }

  view.markPanel = { start, show };
})(window.radiobundleView);
