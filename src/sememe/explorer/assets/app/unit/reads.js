// What a unit reads: a picture in pixels, and the neurons that its encoder weighs most.

import { signedBars } from "../charts.js";
import { rampScale, weightCanvas } from "../panels.js";
import { h } from "../ui.js";

export function reads({ app, page, where, units }) {
  const { picture, look, field, neurons } = page.reads;
  const layer = app.store.layer(where.layer);
  const said = look === "weights"
    ? "Its weights, a pixel each: ink where it is light raises the neuron, ink where it is dark lowers it."
    : field
      ? `The mean of the ${field[0]} \u00d7 ${field[1]} pixels under the positions that fire it, weighted by activation, less the mean of all positions.`
      : `The mean of the images that fire it, weighted by activation, less the mean of all images.${neurons.length ? " Not its weights: those read the layer, not the pixels." : ""}`;
  const name = (neuron) => (layer.neurons ? app.ui.unitLink({ layer: where.layer, set: layer.neurons, unit: neuron }, `neuron ${neuron}`) : `neuron ${neuron}`);
  return app.ui.card("What it reads",
    h("div", { class: "reads-row" },
      h("div", { class: "reads-picture" }, weightCanvas(picture, `What it reads, ${picture.shape[0]} by ${picture.shape[1]} pixels`)),
      h("div", { class: "stack" }, h("p", { class: "small muted" }, said),
        look === "weights" ? rampScale("lowers it", "raises it") : rampScale("less ink than usual", "more ink than usual"))),
    neurons.length ? h("div", { class: "stack tight" }, h("p", { class: "small muted" }, `Its encoder's greatest weights, on the neurons of ${layer.layer}:`),
      signedBars(neurons.map((one) => ({ label: name(one.neuron), value: one.weight })), { label: "Encoder weights by neuron", kind: units.kind })) : "");
}
