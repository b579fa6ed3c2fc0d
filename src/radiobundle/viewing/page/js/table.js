/* The rows: what the data files hold, unpacked once into typed arrays, with truth as metrics take it. */
"use strict";

(function (view) {
  const UNKNOWN = -1;
  const PRESENT_FROM = 0.5; // a soft label counts as present from here on

  /** The table of the manifest and the columns, as they come from the files. */
  function build(manifest, columns) {
    const { arrayOf } = view.files;
    const values = {};
    for (const { key } of manifest.columns) values[key] = arrayOf(columns.values[key]);
    const softTruth = arrayOf(columns.truth);
    const references = columns.references && {
      names: columns.references.name,
      patients: columns.references.patient,
      softTruth: arrayOf(columns.references.truth),
    };
    const table = {
      manifest,
      count: manifest.rows,
      labels: manifest.labels,
      names: columns.name,
      rowOf: new Map(columns.name.map((name, row) => [name, row])),
      patients: columns.patient,
      softTruth,
      truth: hardTruth(softTruth, manifest),
      probability: columns.probability.map(arrayOf),
      values,
      references,
      missing: new Set(manifest.sheet ? manifest.sheet.missing : []),
      boxes: {},
      nearest: null,
      embedding: null,
    };
    table.patientOf = numberPatients(table.patients);
    table.patientsKnown = table.patients.some((patient) => patient !== null);
    return table;
  }

  /** 1, 0 or -1 for each row and label; a partly labelled row of exclusive classes is unknown as a whole. */
  function hardTruth(soft, { task, labels }) {
    const width = labels.length;
    const hard = new Int8Array(soft.length);
    for (let at = 0; at < soft.length; at++) hard[at] = soft[at] >= 0 ? (soft[at] >= PRESENT_FROM ? 1 : 0) : UNKNOWN;
    if (task === "multiclass") {
      for (let start = 0; start < hard.length; start += width) {
        const part = hard.subarray(start, start + width);
        if (part.includes(UNKNOWN)) part.fill(UNKNOWN);
      }
    }
    return hard;
  }

  /** A number for each row's patient; an image without one is its own patient. */
  function numberPatients(patients) {
    const numbers = new Map();
    return Int32Array.from(patients, (patient, row) => {
      const key = patient === null ? row : `p${patient}`;
      if (!numbers.has(key)) numbers.set(key, numbers.size);
      return numbers.get(key);
    });
  }

  /** Take in the larger parts that arrive after the first view: boxes, nearest training images, the map. */
  function addNearest(table, packed) {
    const { arrayOf } = view.files;
    table.nearest = { k: packed.k, reference: arrayOf(packed.reference), distance: arrayOf(packed.distance) };
  }

  function addEmbedding(table, packed) {
    const { arrayOf } = view.files;
    table.embedding = {};
    for (const [name, { x, y }] of Object.entries(packed)) {
      table.embedding[name] = { x: toUnit(arrayOf(x)), y: toUnit(arrayOf(y)) };
    }
  }

  /** Smallest and largest of values; Infinity and -Infinity if all are unknown. */
  function extent(values) {
    let low = Infinity,
      high = -Infinity;
    for (const value of values) {
      if (value < low) low = value;
      if (value > high) high = value;
    }
    return [low, high];
  }

  /** Values scaled to lie between 0 and 1; unknown ones stay NaN. */
  function toUnit(values) {
    const [low, high] = extent(values);
    const width = high > low ? high - low : 1;
    return values.map((value) => (value - low) / width);
  }

  /** Truth of all labels of a row: 1, 0 or -1 each. */
  const truthOf = ({ truth, labels }, row) => truth.subarray(row * labels.length, (row + 1) * labels.length);

  /** Array of what `of` gives for each row. */
  function perRow({ count }, of, ArrayType = Float32Array) {
    const found = new ArrayType(count);
    for (let row = 0; row < count; row++) found[row] = of(row);
    return found;
  }

  /** How many rows of a mask `of` gives each index from 0 to `size`. */
  function tally(mask, size, of) {
    const counts = new Uint32Array(size);
    for (let row = 0; row < mask.length; row++) if (mask[row]) counts[of(row)]++;
    return counts;
  }

  /** Rows of the same patient, without `row`; none where nobody knows the patients. */
  function samePatient(table, row) {
    const found = [];
    if (table.patients[row] === null) return found;
    for (let other = 0; other < table.count; other++) {
      if (other !== row && table.patientOf[other] === table.patientOf[row]) found.push(other);
    }
    return found;
  }

  view.table = { UNKNOWN, build, addNearest, addEmbedding, extent, truthOf, perRow, tally, samePatient };
})(window.radiobundleView);
