/* The beginning: load the data, start the parts, and show every change in all of them. */
"use strict";

(function (view) {
  const { at } = view.dom;
  const { summary, filterPanel, histogram, confusionTable, toolbar, printing, keyboard } = view;
  let table = null,
    selection = null,
    first = null,
    open = -1;

  async function start() {
    try {
      const manifest = await view.files.load("data/manifest.js", "manifest");
      if (manifest.format !== 1) throw new Error(`This page knows format 1 of its data, not ${manifest.format}.`);
      const columns = await view.files.load("data/columns.js", "columns");
      table = view.table.build(manifest, columns);
    } catch (error) {
      at("loading").textContent = error.message;
      return;
    }
    startParts();
    readAddress();
    update(view.state.get(), null);
    at("loading").hidden = true;
    document.body.classList.add("ready");
    performance.mark("ready");
    await loadMore();
    if (open >= 0) view.imageView.open(open);
    document.body.classList.add("complete");
    performance.mark("complete");
  }

  function startParts() {
    const { manifest } = table;
    first = view.state.initial(manifest);
    view.state.start(first);
    view.theme.start(() => view.embeddingMap.redraw());
    view.marks.start(table);
    for (const part of [summary, filterPanel, histogram, confusionTable, toolbar, printing, keyboard]) {
      part.start(table);
    }
    view.grid.start(table, view.imageView.open);
    view.imageView.start(table);
    view.markPanel.start(table);
    view.about.start(table);
    view.state.subscribe(update);
    window.addEventListener("hashchange", () => {
      if (location.hash.slice(1) === written) return;
      readAddress();
      view.state.change({});
      if (open >= 0) view.imageView.open(open);
    });
  }

  /** What the first view does not need. */
  async function loadMore() {
    const { has } = table.manifest;
    const tryTo = async (wanted, path, key, take) => {
      if (!wanted) return;
      try {
        take(await view.files.load(path, key));
      } catch (error) {
        view.dom.announce(error.message);
      }
    };
    await tryTo(has.boxes, "data/boxes.js", "boxes", (boxes) => {
      table.boxes = boxes;
    });
    await tryTo(has.nearest, "data/nearest.js", "nearest", (packed) => view.table.addNearest(table, packed));
    await tryTo(has.embedding, "data/embedding.js", "embedding", (packed) => {
      view.table.addEmbedding(table, packed);
      view.embeddingMap.start(table, view.imageView.open);
    });
    if (has.nearest || has.embedding) update(view.state.get(), null);
  }

  function update(state, before) {
    const rowsBefore = selection?.rows;
    selection = view.selection.select(table, state);
    const keepPosition = Boolean(before) && sameRows(rowsBefore, selection.rows);
    const { embeddingMap, markPanel } = view;
    for (const part of [summary, filterPanel, toolbar, histogram, confusionTable, embeddingMap, markPanel]) {
      part.show(state, selection);
    }
    view.grid.show(state, selection, { keepPosition });
    view.imageView.refresh();
    writeAddress();
  }

  function sameRows(one, two) {
    return one !== undefined && one.length === two.length && one.every((row, at_) => row === two[at_]);
  }

  let written = "";

  /** Put the choices into the address once nothing changes for a moment: browsers refuse many changes a second. */
  function writeAddress() {
    clearTimeout(writeAddress.timer);
    writeAddress.timer = setTimeout(() => {
      written = view.address.write(view.state.get(), first, open);
      if (location.hash.slice(1) !== written) history.replaceState(null, "", `#${written}`);
    }, 200);
  }

  function readAddress() {
    const found = view.address.read(location.hash, first, table);
    view.state.start(found.state);
    open = found.open;
  }

  view.app = {
    start,
    selection: () => selection,
    table: () => table,
    opened: (row) => {
      open = row;
      writeAddress();
    },
  };
})(window.radiobundleView);
