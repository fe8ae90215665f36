// Which layer, which unit set: the two choices that most pages begin with.

import { h } from "./ui.js";

const KINDS = { neurons: "Neurons", features: "Features", control: "Controls" };

/** The head of a page: its title, then layer and set. `update()` shows what the store holds now. */
export function heading(app, title, { sets = true, only = null, lead = null } = {}) {
  const { store, ui } = app;
  const tools = h("div", { class: "tools" });
  const element = h("header", {}, h("h1", {}, title), tools, lead && h("p", { class: "lead muted" }, lead));

  function update() {
    const { layer, set } = store.get();
    const layers = store.run.layers.map((one) => ({ value: one.key, label: `${one.layer} of ${one.network}` }));
    // A list whose first entry stands for what is not there: choosing any other is a change.
    if (!store.layer()) layers.unshift({ value: layer, label: "choose a layer" });
    tools.replaceChildren(h("label", { class: "field" }, h("span", {}, "Layer"),
      ui.select(layers, layer, (value) => store.set({ layer: value }), "Layer")));
    const here = store.layer();
    if (!sets || !here) return;
    const options = here.unit_sets
      .filter((one) => !only || only(one))
      .map((one) => ({ value: one.key, label: one.title, group: KINDS[one.kind] }));
    if (!options.some((one) => one.value === set)) options.unshift({ value: set, label: "choose a set" });
    tools.append(h("label", { class: "field" }, h("span", {}, "Units"),
      ui.select(options, set, (value) => store.set({ set: value }), "Unit set")));
  }
  update();
  return { element, tools, update };
}

/** An exported file holds some of a run's layers: what it lacks, the run may have. */
export const noLayer = (app, layer) => (app.isFile ? `This file holds no layer ${layer}; the run it was made from may.` : `This run has no layer ${layer}.`);

/** What a link names and this run does not have, in a sentence; null where all is there. */
export function missing(app) {
  const { layer, set, unit } = app.store.get();
  const here = app.store.layer();
  if (!here) return `${noLayer(app, layer)} Choose one above.`;
  const units = app.store.unitSet();
  if (!units) return `Layer ${here.layer} has no unit set ${set}${app.isFile ? " in this file" : ""}. Choose one above.`;
  if (typeof unit === "string") return `${unit} is no number of a unit: ${units.title} has ${units.n_units}, numbered from 0.`;
  if (unit !== undefined && unit >= units.n_units) {
    return `${units.title} has ${units.n_units} units, numbered from 0: there is no unit ${unit}.`;
  }
  return null;
}

/** What people call a measure: its record's title, and its variant in brackets. */
export function measureTitle(app, key) {
  const name = key.split("[")[0];
  const variant = key.includes("[") ? ` (${key.slice(key.indexOf("[") + 1, -1)})` : "";
  return (app.measures.find((one) => one.name === name)?.title ?? name) + variant;
}

export function measureOf(app, key) {
  return app.measures.find((one) => one.name === key.split("[")[0]);
}

/** The family of a measure in words, for headings: "Selectivity for labels". */
export function familyOf(app, key) {
  return measureOf(app, key)?.family ?? "Other measures";
}
