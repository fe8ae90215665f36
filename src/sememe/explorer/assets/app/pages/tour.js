// Tour: five steps for newcomers. Each happens on a page of the explorer, with a note above it that says what to do.
//
// The step is in the address of every page (`tour=2`), so that it goes along wherever the viewer goes.

import { steps } from "../tour/steps.js";
import { h } from "../ui.js";

export const title = "Tour";

export function mount(root, app) {
  const { store, ui } = app;
  const head = h("h1", {});
  const body = h("div", {});
  root.append(h("header", {}, head), body);

  function show() {
    const isOver = store.get().tour === "end";
    head.textContent = isOver ? "That was the tour" : "A tour in five steps";
    ui.panel(body, () => asked(isOver), ({ chosen, verdict }, place) => {
      const all = steps(app, chosen);
      place.append(h("div", { class: "tour stack" },
        isOver ? h("p", {}, `What to take along: a neuron mixes several meanings; a feature that an autoencoder found may mix fewer; the network used the one that we looked at. Whether features are better on the whole has to be measured, against controls, a layer at a time.${verdict ? ` Here, on ${store.layer(chosen.layer).layer}, the answer was \u201c${verdict.answer}\u201d.` : ""}`)
          : h("p", {}, "Four to five minutes. A note on top of each page says what it is about and what to do; a dashed frame marks where to look, and all the rest can wait."),
        h("ol", { class: "tour-steps" }, all.map((step, i) => h("li", {},
          h("a", { href: step.href }, h("b", { "aria-hidden": "true" }, String(i + 1)), h("span", {}, step.title))))),
        isOver ? onward(store, chosen) : h("p", {}, h("a", { class: "go", href: all[0].href }, "Begin \u2192"))));
    }, { empty: "The tour speaks of neurons and features that fire for classes. This run has none of them: it is not that far yet, or its images have no classes." });
  }

  /** What the tour speaks of; at its end also what came out. */
  async function asked(isOver) {
    const chosen = await app.api.get("tour");
    return chosen && { chosen, verdict: isOver ? await app.api.get("compare", { layer: chosen.layer }) : null };
  }

  show();
  return { update: show };
}

/** Where one goes from here. */
function onward(store, { layer, set, neurons, neuron }) {
  const to = (patch) => store.link({ layer, unit: null, class: null, image: null, d: null, pin: null, tour: null, ...patch });
  return h("div", { class: "stack tight" }, h("h2", { class: "card-title" }, "Go on"), h("ul", { class: "onward" },
    store.layer(layer).drawable ? h("li", {}, h("a", { href: to({ page: "draw", set }) }, "Draw what you like")) : "",
    h("li", {}, h("a", { href: to({ page: "units", set, sort: "-share" }) }, "All features, those that fire for one class first")),
    h("li", {}, h("a", { href: to({ page: "compare", set, neuron, card: "split" }) }, `Neuron ${neuron} of ${store.unitSet(neurons, store.layer(layer)).n_units}, split into features`)),
    h("li", {}, "What a word means: the button ? above.")));
}
