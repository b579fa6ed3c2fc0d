/* What this page was made from, and what was left out. */
"use strict";

(function (view) {
  const { element, at, format } = view.dom;

  function start({ manifest }) {
    document.body.classList.toggle("no-sheets", !manifest.has.sheets);
    const sampled =
      manifest.rows < manifest.rows_total
        ? `${format.counted(manifest.rows, "image")} of ${format.whole(manifest.rows_total)}. ${manifest.sampling}`
        : format.counted(manifest.rows, "image");
    const facts = [
      ["images", sampled],
      ["datalist", `${manifest.datalist_name ?? "unknown"}, SHA-256 ${manifest.list_sha256 ?? "unknown"}`],
      ...manifest.runs.map((run) => ["run", `${run.name}${run.weights ? `, weights ${run.weights}` : ""}`]),
      ["written by", manifest.written_by],
    ];
    at("about-facts").replaceChildren(
      ...facts.flatMap(([name, text]) => [element("dt", {}, name), element("dd", {}, text)]),
    );
    at("about-notes").replaceChildren(...manifest.notes.map((note) => element("li", {}, note)));
    at("about-notes-title").hidden = !manifest.notes.length;
    at("notes").textContent = manifest.notes.length ? `notes (${manifest.notes.length})` : "notes";
    at("notes").addEventListener("click", () => at("about").showModal());
  }

  view.about = { start };
})(window.radiobundleView);
