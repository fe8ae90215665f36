// Dictionaries: codes of a layer's activations and back, as explorer/live/encoders.py, family by family.
// Each is a rule on `(x - centre) weights + bias`; explorer/export/kernels.py brings the files of a run to this form.

import { gramOf, leastSquares, nonNegative, pursue } from "./pursuit.js";

export class Dictionary {
  #gram = null;

  /** @param kernel a DictionaryKernel of explorer/export/kernels.py */
  constructor(kernel) {
    const { shape: [components, neurons], values } = kernel.atoms;
    Object.assign(this, { components, neurons, atoms: values, offset: kernel.offset.values, k: kernel.k });
    this.reads = kernel.weights?.values ?? transposed(values, components, neurons); // (neurons, components)
    this.bias = kernel.bias?.values ?? new Float32Array(components);
    this.centre = kernel.centre?.values ?? new Float32Array(neurons);
    for (const name of ["gate", "scale", "shift"]) this[name] = kernel[name]?.values;
    this.rule = RULES[kernel.rule];
    this.hasEncoder = kernel.has_encoder;
  }

  /** What the encoder of one component reads of one neuron; of atoms without an encoder, the atom. */
  read(component, neuron) {
    return this.hasEncoder ? this.reads[neuron * this.components + component] : this.atoms[component * this.neurons + neuron];
  }

  get gram() {
    this.#gram ??= gramOf(this.atoms, this.components, this.neurons);
    return this.#gram;
  }

  /** Codes of items, row by row: (items, components). */
  codes(x) {
    const { components, neurons } = this;
    const items = x.length / neurons;
    const found = new Float32Array(items * components);
    const sums = new Float64Array(components);
    for (let item = 0; item < items; item += 1) {
      sums.set(this.bias);
      for (let n = 0; n < neurons; n += 1) {
        const value = Math.fround(x[item * neurons + n] - this.centre[n]);
        if (value === 0) continue;
        const from = n * components;
        for (let c = 0; c < components; c += 1) sums[c] += value * this.reads[from + c];
      }
      found.set(this.rule(sums, this), item * components);
    }
    return found;
  }

  /** Activations of codes, row by row: (items, neurons). */
  decode(codes) {
    const { components, neurons } = this;
    const items = codes.length / components;
    const found = new Float32Array(items * neurons);
    const sums = new Float64Array(neurons);
    for (let item = 0; item < items; item += 1) {
      sums.set(this.offset);
      for (let c = 0; c < components; c += 1) {
        const code = codes[item * components + c];
        if (code === 0) continue;
        for (let n = 0; n < neurons; n += 1) sums[n] += code * this.atoms[c * neurons + n];
      }
      found.set(sums, item * neurons);
    }
    return found;
  }
}

// Each takes the sums of one item, which it may change, and gives its codes.
const RULES = {
  relu: (sums) => sums.map((sum) => Math.max(sum, 0)),
  topk: (sums, { k }) => masked(sums, largest(sums, k), (sum) => Math.max(sum, 0)),
  largest: (sums, { k }) => masked(sums, largest(Float32Array.from(sums, Math.abs), k), (sum) => sum),
  threshold: (sums, { gate }) => sums.map((sum, c) => (sum > gate[c] ? Math.max(sum, 0) : 0)),
  gated: (sums, { gate, scale, shift }) => sums.map((sum, c) => (sum + gate[c] > 0 ? Math.max(sum * scale[c] + shift[c], 0) : 0)),
  nearest(sums) {
    const best = sums.indexOf(Math.max(...sums));
    return sums.map((_, c) => (c === best ? 1 : 0));
  },
  non_negative: (sums, dictionary) => nonNegative(sums, dictionary.gram),
  pursuit: (sums, dictionary) => pursue(sums, dictionary.gram, dictionary.k),
  least_squares: (sums, dictionary) => leastSquares(sums, dictionary.gram, largest(sums, dictionary.k)),
};

/** Places of the k largest values, of equal ones the first; of all, where k is 0 or there are no more. */
function largest(values, k) {
  const all = Array.from(values.keys());
  if (!k || k >= values.length) return all;
  const least = Float64Array.from(values).sort()[values.length - k];
  let ties = k - all.filter((c) => values[c] > least).length;
  return all.filter((c) => values[c] > least || (values[c] === least && ties-- > 0));
}

function masked(sums, kept, squash) {
  const codes = new Float64Array(sums.length);
  for (const c of kept) codes[c] = squash(sums[c]);
  return codes;
}

function transposed(values, rows, columns) {
  const found = new Float32Array(values.length);
  for (let r = 0; r < rows; r += 1) for (let c = 0; c < columns; c += 1) found[c * rows + r] = values[r * columns + c];
  return found;
}
