// A neuron as a sum of features: in words, then a bar a feature.

import { signedTrack } from "../charts.js";
import { unitChip } from "../panels.js";
import { h, number, percent } from "../ui.js";

const NAMED = 3; // features that the sentence names at most
const WORTH = 0.05; // and those that carry less are among the others

/** Fills a card's place and again when neuron or set change. */
export class Split {
  constructor(app, place) {
    Object.assign(this, { app, place });
  }

  /** Returns the promise of having shown. */
  draw() {
    const { app, place } = this;
    const { store, ui } = app;
    const { layer, set } = store.get();
    const here = store.layer();
    const wanted = store.unitSet();
    const features = wanted && wanted.kind !== "neurons" ? set : here.shown;
    const neurons = store.unitSet(here.neurons);
    if (!neurons) {
      place.replaceChildren(h("p", { class: "pending" }, "The neurons of this layer have not been looked at yet."));
      return Promise.resolve();
    }
    const given = Number(store.get().neuron ?? 0);
    const neuron = Number.isInteger(given) && given >= 0 && given < neurons.n_units ? given : 0;
    const result = h("div", { class: "stack" });
    const focused = place.contains(document.activeElement) ? document.activeElement.getAttribute("aria-label") : null;
    place.replaceChildren(this.#tools(neuron, neurons.n_units, features), result);
    if (focused) place.querySelector(`[aria-label="${CSS.escape(focused)}"]`)?.focus();
    return ui.panel(result, () => app.api.get("split", { layer, set: features, neuron }), (found, el) => {
      if (found.why_not) return el.append(h("p", { class: "pending" }, found.why_not));
      const of = { app, found, layer, features, neurons: here.neurons, neuron, items: here.grid ? "position" : "image" };
      return el.append(...inWords(of), bars(of));
    });
  }

  #tools(neuron, count, features) {
    const { store, ui } = this.app;
    const go = (to) => store.set({ neuron: to }, { replace: true });
    const field = h("input", { type: "number", min: "0", max: String(count - 1), value: String(neuron), class: "bound", "aria-label": "Neuron", onchange: () => go(field.value) });
    const step = (by, text, label) => h("button", { type: "button", class: "round", "aria-label": label, onclick: () => go((neuron + by + count) % count) }, text);
    const sets = store.layer().unit_sets.filter((one) => one.kind !== "neurons")
      .map((one) => ({ value: one.key, label: one.title, group: one.kind === "features" ? "Features" : "Controls" }));
    return h("div", { class: "tools" }, h("label", { class: "field" }, h("span", {}, "Neuron"), field), step(-1, "\u2190", "Previous neuron"), step(1, "\u2192", "Next neuron"),
      h("label", { class: "field" }, h("span", {}, "into"), ui.select(sets, features, (value) => store.set({ set: value }, { replace: true }), "Units into which it is split")));
  }
}

function inWords({ app, found, layer, features, neuron, items }) {
  const { ui } = app;
  const { carriers, others_count: rest, error, constant, mean } = found;
  const named = carriers.filter((one, i) => !i || (i < NAMED && Math.abs(one.share) >= WORTH));
  const together = 1 - error - named.reduce((sum, one) => sum + one.share, 0);
  const unnamed = rest + carriers.length - named.length;
  const list = named.flatMap((one, i) => [i ? ", " : "", ui.unitLink({ layer, set: features, unit: one.unit }), i ? " " : " brings ", h("b", {}, part(one.share))]);
  return [
    h("p", { class: "lead" }, `Neuron ${neuron} goes up and down from ${items} to ${items}. Of that, `, ...list,
      unnamed ? [named.length > 1 ? "; " : ", ", `${number(unnamed)} other${unnamed > 1 ? "s" : ""}${unnamed > 1 ? " together" : ""} `, h("b", {}, part(together))] : "",
      "; ", h("b", {}, part(error)), " is not explained."),
    h("p", { class: "small muted" }, `The dictionary rebuilds the neuron as a constant plus a part of each feature. The constant, ${signed(constant)}, is added for every ${items} alike (the neuron is ${number(mean)} on average): it tells no two of them apart and has no bar. `
      + `The bars add up to 100\u00a0% exactly, over ${number(found.items)} ${items}s that nothing was fitted on${carriers.some((one) => one.share < 0) ? "; below 0 a feature raises the neuron where others lower it more, or the other way round" : ""}.`),
  ];
}

/** A row a feature, with its activation by class beside the neuron's own; then what is left, and the constant. */
function bars({ app, found, layer, features, neurons, neuron, items }) {
  const { ui, store } = app;
  const { carriers, others, others_count: rest, error, constant, profile } = found;
  const shares = [...carriers.map((one) => one.share), others, error];
  const axis = [Math.min(0, ...shares), Math.max(...shares, 0.01)];
  const { kind } = store.unitSet(features, store.layer(layer));
  const classes = (values, of, name) => values && ui.bars(values.values, { kind: of, label: `Activation of ${name} by class` });
  const row = (name, value, { of = "control", by = "" } = {}) => h("li", { class: `split-part ${of}` }, name, signedTrack(value, axis), h("b", { class: "split-value" }, part(value)), by);
  const said = (text, more) => h("span", { class: "split-name" }, text, more && h("small", {}, more));
  return h("ul", { class: "split-parts", "aria-label": `Parts of neuron ${neuron}` },
    h("li", { class: "split-part split-head small muted", "aria-hidden": "true" }, h("span"), h("span", {}, "share of its ups and downs"), h("span"), profile && h("span", {}, "activation by class")),
    h("li", { class: "split-part split-whole neurons" }, unitChip(app, { layer, set: neurons, unit: neuron }, "goes up and down"), h("span", { class: "small muted" }, "because of these features"),
      h("b", { class: "split-value" }, "100 %"), classes(profile, "neurons", `neuron ${neuron}`)),
    carriers.map((one) => {
      const where = { layer, set: features, unit: one.unit };
      return row(unitChip(app, where, doing(one)), one.share, { of: kind, by: classes(one.profile, kind, ui.unitName(where)) });
    }),
    rest ? row(said(`${number(rest)} others`, "together"), others, { of: kind }) : "",
    row(said("not explained", "what the dictionary loses"), error),
    h("li", { class: "split-part split-constant" }, said("constant", `the same for every ${items}`), h("span", { class: "small muted" }, "no part in what varies"), h("b", { class: "split-value" }, signed(constant))));
}

/** What a feature does to the neuron where it fires. Below 0 the neuron is low where it is raised: others outweigh that. */
const doing = ({ share, weight }) => `${weight < 0 ? "lowers it" : "raises it"}${share < 0 ? ", outweighed" : ""}`;

/** A share in full per cent, and what is too small for one. */
function part(share) {
  const small = Math.abs(share) < 0.005;
  return small && share ? `${share < 0 ? "> \u2212" : "< "}1\u00a0%` : percent(share, 0).replace(" ", "\u00a0");
}

const signed = (x) => (x > 0 ? `+${number(x)}` : number(x));
