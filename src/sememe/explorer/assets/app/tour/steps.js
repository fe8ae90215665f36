// The words of the tour: five steps, each on a page of its own, about a neuron, a feature and a drawing of this run.
//
// A step is {title, href, look, text, todo, scroll, seen}: `look` names the parts of the page that it speaks of, by
// their `data-tour`; `scroll` is what is added to `todo` on a phone, where they are not in sight. Which neuron, feature
// and drawing are spoken of is chosen from the run, by /api/tour.

import { rivals } from "../compare/verdict.js";
import { pack } from "../draw/drawing.js";
import { number, percent } from "../ui.js";

export const COUNT = 5;

/** The step of a selection, 1 to 5; null where there is none. */
export function stepOf({ tour }) {
  const step = Number(tour);
  return Number.isInteger(step) && step >= 1 && step <= COUNT ? step : null;
}

/** The five steps on this run. `verdict`: the answer of /api/compare, for the last step; null: not known. */
export function steps({ store, run }, chosen, verdict = null) {
  const layer = store.layer(chosen.layer);
  const { classes, feature: { of_class: its } } = chosen;
  const about = {
    ...chosen, verdict, here: layer, canDraw: layer.drawable, names: run.label_names, shown: number(run.n_images),
    features: store.unitSet(chosen.set, layer), all: store.unitSet(chosen.neurons, layer),
    /** The class that the feature stands for, and the other of the two that the neuron fires for. */
    its: run.label_names[its], rival: run.label_names[classes[0] + classes[1] - its],
    kinds: layer.drawable ? "digits" : "classes", images: layer.drawable ? "drawings" : "images",
    pin: `${chosen.layer}/${chosen.neurons}/${chosen.neuron}`,
    /** Where a step happens; nothing of the page before goes along. */
    to: (tour, patch) => store.link({ layer: chosen.layer, unit: null, class: null, image: null, d: null, pin: null, hold: null, tour, ...patch }),
  };
  return [layers, neuron, feature, cause, inGeneral].map((step) => step(about));
}

function layers({ here, all, set, neurons, names, classes, canDraw, kinds, to }) {
  const [first, second] = classes.map((c) => names[c]);
  const title = "A network is layers of neurons";
  const text = `A network turns an image into a probability for each of ${number(names.length)} ${kinds}. It does so in layers. A layer is a row of neurons, and a neuron is a number: the larger it is, the more strongly the neuron fires. Here are the ${number(all.n_units)} neurons of the layer ${here.layer}.`;
  if (!canDraw) {
    return { title, href: to(1, { page: "image", set: neurons }), look: ["units"], text,
      todo: "Look at the units that fire on this image, strongest first. Then go on to the next image.",
      seen: "Each image fires units of its own, many of them a little." };
  }
  return { title, href: to(1, { page: "draw", set }), look: ["canvas", "clear", "neurons", "answer"], text,
    todo: `Draw a ${first} on the canvas. Press \u201cClear\u201d and draw a ${second}. Watch the blue bars of the neurons.`,
    scroll: "(They are farther down: \u201cShow me\u201d after each digit.)",
    seen: "With every stroke some neurons fire more strongly, others less, and the answer follows. (Even an empty canvas gets one.)" };
}

function neuron({ shown, names, kinds, classes, neuron: unit, neuron_shares: shares, neurons, to }) {
  const [first, second] = classes.map((c) => names[c]);
  return {
    title: `A neuron that fires for ${first} and for ${second}`, href: to(2, { page: "unit", set: neurons, unit }), look: ["by-class"],
    text: `Does a neuron stand for one thing? We showed the network ${shown} images and added up how strongly neuron ${unit} fired. The bars say how much of that, its activation, went to each of the ${number(names.length)} ${kinds}. A neuron that stands for ${second} alone would have a single bar, of 100 %.`,
    todo: `Look at the bars of neuron ${unit} in the dashed frame.`,
    seen: `${percent(shares[0], 0)} went to ${first}, ${percent(shares[1], 0)} to ${second}, the rest to others. Such a neuron is polysemantic: it has many meanings. With a single one it would be monosemantic.`,
  };
}

function feature({ its, rival, names, kinds, classes, feature: one, features, all, neuron: unit, neuron_shares: shares, one_class, set, pin, to }) {
  const ofNeuron = (name) => percent(shares[classes.findIndex((c) => names[c] === name)], 0);
  const k = features.title.match(/, k = (\d+)$/)?.[1];
  const kind = `(Its recipe: \u201c${features.title}\u201d${k ? `; about ${k} features fire for an image` : ""}.)`;
  return {
    title: `Now a feature that fires for ${its} and hardly for ${rival}`, href: to(3, { page: "unit", set, unit: one.unit, pin }), look: ["by-class"],
    text: `A feature is a fixed mixture of the layer\u2019s ${number(all.n_units)} neurons. A second, small network, a sparse autoencoder (SAE), found ${number(features.n_units)} such mixtures, a dictionary, without being told the ${kinds}. How much of a mixture is in an image is how strongly the feature fires. Features are no part of the network that reads ${kinds}: they say nearly the same as the layer\u2019s ${number(all.n_units)} numbers in another way, as a sum of a few. ${kind}`,
    todo: `Compare the bars in the two dashed frames: A is feature ${one.unit}, B is neuron ${unit} again.`,
    scroll: "\u201cShow me\u201d goes from one to the other.",
    seen: `${percent(one.share, 0)} of the feature\u2019s firing went to ${its} and ${percent(one.other, 0)} to ${rival}; of the neuron\u2019s ${ofNeuron(its)} and ${ofNeuron(rival)}. This feature is nearer to a single meaning. ${one_class.features} of the ${number(features.n_units)} features give at least half of their firing to a single one of the ${kinds}; of the ${number(all.n_units)} neurons ${one_class.neurons || "none"}.`,
  };
}

function cause({ its, names, feature: one, images, canDraw, set, to }) {
  const title = "Does the network use it?";
  const why = "Perhaps the feature only looks on. So we ablate it: the layer\u2019s numbers are put together again without the feature, and the network goes on from there.";
  if (!canDraw || one.ink === null || one.before === null) {
    return { title, href: to(4, { page: "unit", set, unit: one.unit }), look: ["writes", "ablation"],
      text: `${why} The network ends in one score for each class, called a logit; the greater, the more probable is the class.`,
      todo: "Read \u201cWhat it writes\u201d and \u201cWhat happens without it\u201d.",
      seen: "A feature that the network uses moves its answer. If nothing changes without it, it only looks on." };
  }
  const instead = names[one.answer];
  return { title, href: to(4, { page: "draw", set, unit: one.unit, of: "features", d: pack(one.ink.values) }), look: ["ablate", "answer"],
    text: `${why} On the canvas is a ${its} of the test images, and feature ${one.unit} is chosen.`,
    todo: `Press \u201cablate\u201d in the dashed frame and watch the bar of ${its} in the answer. Press it again to bring the feature back.`,
    seen: `The probability of ${its} goes from ${percent(one.before, 0)} (the outline) to ${percent(one.after, 0)}${instead === its ? "" : `, and the answer is now ${instead}`}: the network uses what the feature says. We picked one of the ${images} of ${its} where it matters most; on others, other features say ${its} as well, and it matters less.` };
}

function inGeneral({ features, all, verdict, kinds, images, set, neuron: unit, to }) {
  const [quantity, target] = (verdict?.decided_at ?? "").split("=");
  const kept = quantity === "fvu" ? percent(1 - Number(target), 0) : "";
  const { met, others, beaten } = rivals(verdict?.tally ?? []);
  const ahead = [met && met.won > met.lost && "the neurons", beaten && (beaten === others.length ? `each of the ${beaten} controls` : `${beaten} of the ${others.length} controls`)].filter(Boolean);
  return {
    title: "Are features better on the whole?", href: to(5, { page: "compare", set, neuron: unit, card: null }), look: ["verdict"],
    text: `One good example proves nothing. So all ${number(features.n_units)} features and all ${number(all.n_units)} neurons were scored in groups of measures: do they fire for few ${kinds} (selectivity), for ${images} that look alike (similarity), for pieces such as loops (concepts); can it be foretold when (simulation); does ablating them change the answer (cause); are they found again in another training (stability)? So were controls: other ways to write the layer, such as random mixtures of its neurons. If they do as well, the features deserve no credit.`,
    todo: "Read the large text in the dashed frame, and the table\u2019s row of the neurons; the rows below are controls.",
    seen: met ? `${ahead.length ? `The features are better more often than worse against ${ahead.join(" and ")}` : "Neither against the neurons nor against a control are the features better more often than worse"}. The answer is \u201c${verdict.answer}\u201d${verdict.answer === "mixed" ? "; the frame says why it is not yes" : ""}.${kept ? ` Features and controls are compared where they keep ${kept} of what the layer says.` : ""}` : "Where the features win, and where they lose.",
  };
}
