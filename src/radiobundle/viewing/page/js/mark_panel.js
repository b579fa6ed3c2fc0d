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
      const count = view.marksCsv.save(table);
      announce(`Exported ${format.counted(count, "image")} as marks.csv; apply it by: radiobundle datalist amend`);
    });
    window.addEventListener("beforeunload", (event) => {
      if (!view.marks.isKept() && !view.marks.isExported()) event.preventDefault();
    });
  }

  function show() {
    const count = view.marks.rows().length;
    at("export").textContent = count ? `export marks (${format.counted(count, "image")})` : "export marks";
    at("export").disabled = !count;
    at("not-kept").hidden = view.marks.isKept();
  }

  view.markPanel = { start, show };
})(window.radiobundleView);
