/* The data files: scripts that call radiobundleData(KEY, VALUE), because a page from a disk may not fetch. */
"use strict";

window.radiobundleView = {};

(function (view) {
  const arrived = new Map();
  const types = { float32: Float32Array, int32: Int32Array, int8: Int8Array, uint8: Uint8Array };

  window.radiobundleData = (key, value) => arrived.set(key, value);

  /** Bytes of base64 text. */
  function bytesOf(base64) {
    if (Uint8Array.fromBase64) return Uint8Array.fromBase64(base64);
    const text = atob(base64);
    const bytes = new Uint8Array(text.length);
    for (let at = 0; at < text.length; at++) bytes[at] = text.charCodeAt(at);
    return bytes;
  }

  /** Typed array of {"type", "data"}: little-endian values, as every browser's machine has them. */
  function arrayOf(packed) {
    const bytes = bytesOf(packed.data);
    return new types[packed.type](bytes.buffer, 0, bytes.byteLength / types[packed.type].BYTES_PER_ELEMENT);
  }

  /** Unpacked bytes (a promise of an ArrayBuffer) of base64 text that was packed by raw deflate. */
  function inflate(base64) {
    if (typeof DecompressionStream === "undefined") {
      return Promise.reject(new Error("This browser cannot unpack the pixels: use one of 2023 or later."));
    }
    const stream = new Blob([bytesOf(base64)]).stream().pipeThrough(new DecompressionStream("deflate-raw"));
    return new Response(stream).arrayBuffer();
  }

  /** Promise of the value that the script at `path` gives under `key`; it is kept only by the caller. */
  function load(path, key) {
    return new Promise((resolve, reject) => {
      const script = document.createElement("script");
      script.src = path;
      const settle = () => {
        script.remove();
        if (!arrived.has(key)) {
          reject(new Error(`${path} is missing or damaged: copy the whole folder again.`));
          return;
        }
        resolve(arrived.get(key));
        arrived.delete(key);
      };
      script.onload = settle;
      script.onerror = settle;
      document.head.append(script);
    });
  }

  /** Path of a row's file in `folder` ("pixels" or "heat"). */
  function rowPath(folder, row) {
    const thousand = String(Math.floor(row / 1000)).padStart(3, "0");
    return `data/${folder}/${thousand}/${String(row).padStart(6, "0")}.js`;
  }

  view.files = { arrayOf, inflate, load, rowPath };
})(window.radiobundleView);
