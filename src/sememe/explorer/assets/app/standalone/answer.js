// What a network sees in a drawing, as explorer/live/answer.py, where each part is explained.

import { asMnist } from "./mnist.js";
import { softmax } from "./network.js";

const MOST_UNITS = 64;
const MOST_SWITCHED = 8;

/**
 * One look: {network, dictionary, layer: its name, mean: of its neurons} at
 * {number, pixels, fit, edits, keep_error}; arrays of the answer are {shape, values}.
 */
export function answer({ network, dictionary, layer, mean }, { number, pixels, fit, edits, keep_error: keepError }) {
  const image = fit ? asMnist(pixels) : Uint8Array.from(pixels);
  const found = network.forward(image);
  const x = found[layer];
  const { components, neurons } = dictionary;
  const codes = dictionary.codes(x);
  const back = dictionary.decode(codes);
  const [xAfter, codesAfter] = edited(dictionary, x, back, codes, edits, keepError);
  const isChanged = edits.length > 0 || !keepError;
  const onward = isChanged ? network.onward(layer, xAfter) : {};
  const logits = found.logits;
  const after = onward.logits ?? logits;
  const spliced = network.logitsFrom(layer, back);
  const units = [...strongest(codes, components), ...switched(codes, codesAfter, components)];
  const items = x.length / neurons;
  const grid = network.layers[network.at(layer)].grid;
  const vector = (values) => ({ shape: [values.length], values });
  const table = (rows) => ({ shape: [rows.length, logits.length], values: Float32Array.from(rows.flatMap((row) => [...row])) });
  const atoms = units.map((unit) => dictionary.atoms.subarray(unit * neurons, (unit + 1) * neurons));
  // What the units and the neurons do in an activation; `read` is what was encoded.
  const parts = (activation, read, own) => ({
    maps: grid && { shape: [units.length, ...grid],
      values: Float32Array.from({ length: units.length * items }, (_, i) => own[(i % items) * components + units[Math.floor(i / items)]]) },
    edges: { shape: [units.length, neurons], values: edges(dictionary, read, own, units) },
    units: table(effects(network, layer, activation, units.map((unit, i) => [(item) => own[item * components + unit], atoms[i]]))),
    neurons: table(effects(network, layer, activation, Array.from({ length: neurons }, (_, n) => [(item) => activation[item * neurons + n], n]))),
  });
  const now = parts(x, x, codes);
  let later = null;
  if (isChanged) {
    later = parts(xAfter, edits.some((edit) => edit.of === "neurons") ? xAfter : x, codesAfter);
    const byHand = edits.filter((edit) => edit.of === "features" && edit.how !== "steer").map((edit) => edit.unit);
    units.forEach((unit, row) => { if (byHand.includes(unit)) later.edges.values.fill(0, row * neurons, (row + 1) * neurons); });
  }
  const firing = (of) => of.reduce((count, code) => count + (code !== 0), 0) / items;
  let [lost, spread] = [0, 0];
  for (let i = 0; i < x.length; i += 1) {
    lost += (x[i] - back[i]) ** 2;
    spread += (x[i] - mean[i % neurons]) ** 2;
  }
  return {
    number,
    image: { shape: [28, 28], values: image },
    layers: byNeuron(network, found),
    layers_after: isChanged ? byNeuron(network, { [layer]: xAfter, ...onward }) : {},
    units: vector(Int32Array.from(units)),
    strength: vector(summed(codes, components)),
    strength_after: vector(summed(codesAfter, components)),
    maps: now.maps,
    maps_after: later?.maps ?? null,
    edges: now.edges,
    edges_after: later?.edges ?? null,
    unit_effects: now.units,
    unit_effects_after: later?.units ?? null,
    neuron_effects: now.neurons,
    neuron_effects_after: later?.neurons ?? null,
    logits: vector(logits),
    logits_spliced: vector(spliced),
    logits_after: vector(after),
    probabilities: vector(softmax(logits)),
    probabilities_spliced: vector(softmax(spliced)),
    probabilities_after: vector(softmax(after)),
    error: spread ? lost / spread : 0,
    firing: firing(codes),
    firing_after: firing(codesAfter),
  };
}

function sizes(codes, components) {
  const size = new Float64Array(components);
  codes.forEach((code, i) => { size[i % components] += Math.abs(code); });
  return size;
}

const order = (size, most) => [...size.keys()].filter((unit) => size[unit] !== 0).sort((a, b) => size[b] - size[a] || a - b).slice(0, most);

/** Components that fire, strongest first; equally strong ones by their number. */
const strongest = (codes, components) => order(sizes(codes, components), MOST_UNITS);

/** Components that fire only with the edits. */
function switched(codes, after, components) {
  if (codes === after) return [];
  const before = sizes(codes, components);
  return order(sizes(after, components).map((size, unit) => (before[unit] ? 0 : size)), MOST_SWITCHED);
}

function summed(codes, components) {
  const found = new Float64Array(components);
  for (let i = 0; i < codes.length; i += 1) found[i % components] += codes[i];
  return Float32Array.from(found);
}

/** The activation with the edits, and the codes then: of components, then of neurons, which are encoded again. */
function edited(dictionary, x, back, codes, edits, keepError) {
  const { components, neurons, atoms } = dictionary;
  const items = x.length / neurons;
  const found = Float32Array.from(keepError ? x : back);
  let after = codes;
  const features = edits.filter((edit) => edit.of === "features");
  if (features.length) {
    after = codes.slice();
    for (const edit of features) {
      check(edit, components);
      for (let item = 0; item < items; item += 1) after[item * components + edit.unit] = held(edit, after[item * components + edit.unit]);
    }
    for (const unit of new Set(features.map((edit) => edit.unit))) {
      for (let item = 0; item < items; item += 1) {
        const change = after[item * components + unit] - codes[item * components + unit];
        if (change) for (let n = 0; n < neurons; n += 1) found[item * neurons + n] += change * atoms[unit * neurons + n];
      }
    }
  }
  const own = edits.filter((edit) => edit.of === "neurons");
  for (const edit of own) {
    check(edit, neurons);
    for (let item = 0; item < items; item += 1) found[item * neurons + edit.unit] = held(edit, found[item * neurons + edit.unit]);
  }
  if (!own.length) return [found, after];
  const again = dictionary.codes(found);
  for (const { unit } of features) for (let i = unit; i < again.length; i += components) again[i] = after[i];
  return [found, again];
}

function held({ how, value }, now) {
  return how === "steer" ? now + value : how === "ablate" ? 0 : value;
}

function check({ of, unit }, count) {
  if (unit >= count) throw new Error(`There are ${count} ${of} here, so none has the number ${unit}.`);
}

/** What each neuron gives to each unit: weight x activation, summed over where the unit fires. */
function edges(dictionary, x, codes, units) {
  const { components, neurons } = dictionary;
  const found = new Float32Array(units.length * neurons);
  const seen = new Float64Array(neurons);
  units.forEach((unit, row) => {
    seen.fill(0);
    for (let item = 0; item < x.length / neurons; item += 1) {
      if (codes[item * components + unit] === 0) continue;
      for (let n = 0; n < neurons; n += 1) seen[n] += x[item * neurons + n];
    }
    for (let n = 0; n < neurons; n += 1) found[row * neurons + n] = dictionary.read(unit, n) * seen[n];
  });
  return found;
}

/** Logits less those without each part: [code of an item, atom], where the atom of a neuron is its number. */
function effects(network, layer, x, parts) {
  const weights = network.logitWeights(layer);
  const neurons = network.layers[network.at(layer)].bias.length;
  const items = x.length / neurons;
  if (weights) {
    const classes = weights.length / neurons;
    return parts.map(([code, atom]) => Float32Array.from({ length: classes }, (_, c) => {
      if (typeof atom === "number") return code(0) * weights[c * neurons + atom];
      let sum = 0;
      for (let n = 0; n < neurons; n += 1) sum += atom[n] * weights[c * neurons + n];
      return code(0) * sum;
    }));
  }
  return network.without(layer, x, parts.map(([code, atom]) => {
    const part = new Float32Array(x.length);
    for (let item = 0; item < items; item += 1) {
      const value = code(item);
      if (value === 0) continue;
      if (typeof atom === "number") part[item * neurons + atom] = value;
      else for (let n = 0; n < neurons; n += 1) part[item * neurons + n] = value * atom[n];
    }
    return part;
  }));
}

/** Activations with maps by neuron: (neurons, rows, columns). */
function byNeuron(network, found) {
  const given = {};
  for (const [name, values] of Object.entries(found)) {
    if (name === "logits") continue;
    const { grid, bias: { length: neurons } } = network.layers[network.at(name)];
    if (!grid) {
      given[name] = { shape: [neurons], values };
      continue;
    }
    const positions = grid[0] * grid[1];
    const turned = new Float32Array(values.length);
    for (let p = 0; p < positions; p += 1) for (let n = 0; n < neurons; n += 1) turned[n * positions + p] = values[p * neurons + n];
    given[name] = { shape: [neurons, ...grid], values: turned };
  }
  return given;
}
