/* Above the grid: how many images are shown, the active filters, the order, the size; drawers of narrow screens. */
"use strict";

(function (view) {
  const { element, button, at, format } = view.dom;
  let table;

  function start(of) {
    table = of;
    at("title").textContent = table.manifest.title;
    document.title = table.manifest.title;
    at("sort").addEventListener("change", () => view.state.change({ sort: at("sort").value }));
    at("direction").addEventListener("click", () => view.state.change({ descending: !view.state.get().descending }));
    at("size").addEventListener("change", () => view.state.change({ size: at("size").value }));
    at("undo").addEventListener("click", () => view.keyboard.undo());
    at("keys").addEventListener("click", view.keyboard.help);
    for (const drawer of ["filters", "charts"]) {
      at(`show-${drawer}`).addEventListener("click", () => {
        const isOpen = at(drawer).classList.toggle("open");
        at(`show-${drawer}`).setAttribute("aria-expanded", isOpen);
      });
    }
    for (const button of document.querySelectorAll("dialog [data-close]")) {
      button.addEventListener("click", () => button.closest("dialog").close());
    }
  }

  function show(state, selection) {
    const count = `${format.whole(selection.rows.length)} of ${format.counted(table.count, "image")}`;
    if (at("count").textContent !== count) at("count").textContent = count;
    const chips = view.filters.inWords(table, state).map(({ text, patch }) =>
      button(
        {
          class: "chip",
          "aria-label": `take away the filter: ${text}`,
          onclick: () => {
            view.state.change(patch, { text });
            view.grid.focus();
          },
        },
        element("span", {}, text),
        element("span", { class: "cross", "aria-hidden": "true" }, "×"),
      ),
    );
    at("chips").replaceChildren(...chips);
    at("clear").hidden = !chips.length;
    const keys = view.order.keys(table, state);
    at("sort").replaceChildren(...keys.map(({ key, title }) => new Option(title, key, false, key === state.sort)));
    at("direction").textContent = state.descending ? "↓ high first" : "↑ low first";
    at("direction").setAttribute(
      "aria-label",
      state.descending ? "descending; change to ascending" : "ascending; change to descending",
    );
    at("size").value = state.size;
    at("empty").hidden = selection.rows.length > 0;
  }

  view.toolbar = { start, show };
})(window.radiobundleView);
