/* What to say while rates are better or worse than those of new images, each with the filter that mends it. */
"use strict";

(function (view) {
  const { element, button } = view.dom;

  /** The cautions that hold for what is chosen, as elements; none if there is nothing to say. */
  function elements(table, state, selection) {
    return [addedErrors(table, state), fittedTogether(table, state, selection)].flat();
  }

  /** A sentence and a button that leaves only some values of a column. */
  function caution(sentence, action, column, values) {
    const only = () => {
      const { categories } = view.state.get();
      view.state.change({ categories: { ...categories, [column.key]: values } }, { text: `filter ${column.title}` });
    };
    return [
      element("strong", { class: "caution" }, ` ${sentence} `),
      button({ class: "plain", onclick: only }, action),
    ];
  }

  const columnOf = (table, wanted) => table.manifest.columns.find(({ key }) => key === wanted);

  /** Errors were added to a random sample. */
  function addedErrors(table, state) {
    const column = columnOf(table, "sampled");
    const random = column ? column.values.indexOf("random") : -1;
    const chosen = state.categories.sampled ?? [];
    if (random < 0 || (chosen.length === 1 && chosen[0] === random)) return [];
    const sentence = "Errors were added to the sample: rates look worse than they are.";
    return caution(sentence, "only the random sample", column, [random]);
  }

  const isHeldOut = (split) => /^(test|holdout)/i.test(split); // as radiobundle.labels has it

  /** Images that the thresholds were fitted on are among those of a test. */
  function fittedTogether(table, state, { threshold, population, outcome }) {
    const { decision, thresholds } = table.manifest.runs[state.run];
    const column = columnOf(table, "split");
    if (!column || decision !== "fitted" || threshold !== thresholds[state.label]) return [];
    const splits = present(table.values[column.key], population(), outcome);
    const heldOut = splits.filter((value) => isHeldOut(nameOf(column, value)));
    if (!heldOut.length || heldOut.length === splits.length) return [];
    const names = (values) => listed(values.map((value) => nameOf(column, value)));
    const others = splits.filter((value) => !heldOut.includes(value));
    const sentence = `These are ${names([...others, ...heldOut])} together; the thresholds were fitted on validation.`;
    return caution(sentence, `${names(heldOut)} only`, column, heldOut);
  }

  /** The values that occur in the rows of a mask that rates count, in order; -1: unknown. */
  function present(values, mask, outcome) {
    const counted = values.filter((_, row) => mask[row] && outcome[row] <= view.decision.TN);
    return [...new Set(counted)].sort((a, b) => a - b);
  }

  const nameOf = ({ values }, value) => values[value] ?? "unknown split";
  const listed = (names) => names.join(", ").replace(/, ([^,]*)$/, " and $1");

  view.cautions = { elements };
})(window.radiobundleView);
