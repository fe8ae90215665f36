// The words of the tour: five steps, each on a page of its own, about a neuron, a feature and a drawing of this run.
//
// A step is {title, href, look, text, todo, seen}: `look` names the parts of the page that it speaks of, by their
// `data-tour`. Which neuron, feature and drawing are spoken of is chosen from the run, by /api/tour.

import { pack } from "../draw/drawing.js";
import { number, percent } from "../ui.js";

export const COUNT = 5;

/** The step of a selection, 1 to 5; null where there is none. */
export function stepOf({ tour }) {
  const step = Number(tour);
  return Number.isInteger(step) && step >= 1 && step <= COUNT ? step : null;
}

/** The neuron that the viewer looks at in step 2, or has pinned; the tour's own where there is none. */
function ownNeuron(selection, { layer, neurons, neuron }) {
  if (stepOf(selection) === 2 && selection.page === "unit" && selection.layer === layer && selection.set === neurons
    && Number.isInteger(selection.unit)) return selection.unit;
  const at = `${layer}/${neurons}/`;
  const pin = String(selection.pin ?? "");
  return pin.startsWith(at) && /^\d+$/.test(pin.slice(at.length)) ? Number(pin.slice(at.length)) : neuron;
}

/** The five steps on this run. `met`: how the features did against the neurons, {won, lost, open}; null: not known. */
export function steps(app, chosen, met = null) {
  const { store, run } = app;
  const layer = store.layer(chosen.layer);
  const about = {
    ...chosen, store, here: layer, names: run.label_names, shown: `${number(run.n_images)} images`, own: ownNeuron(store.get(), chosen), met,
    features: store.unitSet(chosen.set, layer), all: store.unitSet(chosen.neurons, layer), canDraw: layer.drawable,
    /** Where a step happens; nothing of the page before goes along but the pinned neuron. */
    to: (tour, patch) => store.link({ layer: chosen.layer, unit: null, class: null, image: null, d: null, tour, ...patch }),
  };
  about.pin = `${chosen.layer}/${chosen.neurons}/${about.own}`;
  return [layers, neuron, feature, cause, inGeneral].map((step) => step(about));
}

function layers({ here, all, set, neurons, names, classes, canDraw, to }) {
  const [first, second] = classes.map((c) => names[c]);
  const text = `A network turns an image into one probability for each of ${number(names.length)} classes. On the way stand layers of neurons. A neuron is a number; where it is large, we say that the neuron fires. Here are the ${number(all.n_units)} neurons of the layer ${here.layer}.`;
  if (!canDraw) {
    return { title: "A network is layers of neurons", href: to(1, { page: "image", set: neurons }), look: ["units"], text,
      todo: "Look at the units that fire on this image, strongest first. Then go on to the next image.",
      seen: "Each image fires units of its own, many of them a little." };
  }
  return { title: "A network is layers of neurons", href: to(1, { page: "draw", set }), look: ["canvas", "neurons"], text,
    todo: `Draw a ${first} on the canvas. Press \u201cClear\u201d and draw a ${second}. Watch the blue bars.`,
    seen: "With every stroke some neurons fire more, others less, and the answer follows. Nothing drawn has an answer, too: a network always answers." };
}

function neuron({ shown, names, classes, neuron: chosen, neuron_shares: shares, own, neurons, to }) {
  const [first, second] = classes.map((c) => names[c]);
  const numbers = own === chosen ? `${percent(shares[0], 0)} for ${first}, ${percent(shares[1], 0)} for ${second}, the rest for others` : "bars over several classes";
  return {
    title: `Find a neuron that fires for ${first} and for ${second}`, href: to(2, { page: "unit", set: neurons, unit: chosen }), look: ["by-class"],
    text: `Does a neuron stand for one thing? We showed the network ${shown} that it was not trained on and added up how strongly neuron ${own} fired. The bars say how much of that went to each class. A neuron for ${second} alone would have one bar, of 100 %.`,
    todo: `Look at the bars in the dashed frame${own === chosen ? "" : ` of neuron ${own}`}. The arrows below them lead to other neurons.`,
    seen: `${numbers}. Such a neuron is polysemantic: it has many meanings. With a single one it would be monosemantic.`,
  };
}

function feature(about) {
  const { names, classes, feature: one, features, all, own, neuron: chosen, neuron_shares: shares, set, pin, to } = about;
  const its = names[one.of_class];
  const rival = names[classes[0] + classes[1] - one.of_class];
  const ofNeuron = (c) => percent(shares[classes.indexOf(c)], 0);
  const beside = own === chosen ? `; the neuron\u2019s ${ofNeuron(one.of_class)} and ${ofNeuron(classes[0] + classes[1] - one.of_class)}` : "";
  return {
    title: "Now a feature that does not", href: to(3, { page: "unit", set, unit: one.unit, pin }), look: ["by-class"],
    text: `The ${number(all.n_units)} numbers of the layer can also be written as a sum of a few features, out of a dictionary of ${number(features.n_units)}. A small network of its own, a sparse autoencoder (SAE), learned them; nobody told it about the classes. This one: ${features.title}${/\bk = \d/.test(features.title) ? " (about k of them fire at once)" : ""}.`,
    todo: `Compare the bars in the two dashed frames: A is feature ${one.unit}, B is neuron ${own}.`,
    seen: `${percent(one.share, 0)} of the feature\u2019s firing is for ${its} and ${percent(one.other, 0)} for ${rival}${beside}. This feature is nearer to a single meaning. Not every one is; step 5 asks about all.`,
  };
}

function cause({ names, feature: one, canDraw, set, pin, to }) {
  const its = names[one.of_class];
  const title = "Does the network use it?";
  const why = "Perhaps the feature only looks on. So we take it away and see whether the answer changes: we ablate it, that is, set it to 0.";
  if (!canDraw || one.ink === null || one.before === null) {
    return { title, href: to(4, { page: "unit", set, unit: one.unit, pin: null }), look: ["writes", "ablation"],
      text: `${why} The network ends in one score for each class, called a logit; the greater, the more probable is the class.`,
      todo: "Read \u201cWhat it writes\u201d and \u201cWhat happens without it\u201d.",
      seen: "A feature that the network uses moves its answer. If nothing changes without it, it only looks on." };
  }
  return { title, href: to(4, { page: "draw", set, unit: one.unit, of: "features", d: pack(one.ink.values), pin }), look: ["ablate", "answer"],
    text: `${why} On the canvas is a ${its}, one of the test images, and feature ${one.unit} is chosen.`,
    todo: `Press \u201cablate\u201d in the dashed frame and watch the bar of ${its} in the answer. Press it again to bring the feature back.`,
    seen: `The probability of ${its} goes from ${percent(one.before, 0)} to ${percent(one.after, 0)}: the network uses this feature. We chose an image on which much hangs on it; elsewhere other features say the same.` };
}

function inGeneral({ features, all, met, set, own, to }) {
  const tally = met && `Against the neurons the features are better in ${met.won}, worse in ${met.lost}; in ${met.open} measures chance alone could make the difference.`;
  return {
    title: "Is it true of all features?", href: to(5, { page: "compare", set, neuron: own }), look: ["verdict"],
    text: `One good example proves nothing. So all ${number(features.n_units)} features and all ${number(all.n_units)} neurons were measured in many ways: do they fire for few classes, for images that look alike, does ablating them change the answer? So were controls, such as random directions: what they reach too is no merit of the features.`,
    todo: "Read the answer in the dashed frame: where the features are better than the neurons, where not, and what the controls do.",
    seen: `${tally ?? "Where the features win, and where they lose."} Compared is where both lose equally little of what the layer says: 5 % of its variance, for instance.`,
  };
}
