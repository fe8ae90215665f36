// The digit networks, as explorer/live/network.py: a chain of layers, each squash(linear(x) + bias).
//
// An activation is a flat Float32Array, of a map row by row with its neurons together: (rows, columns, neurons).
// Sums are taken in float64; zeros, of which a drawing's activations have many, are skipped.

import { SIDE } from "../draw/drawing.js";

// As sememe.networks.network normalises pixels; a test holds the networks together.
const [MEAN, DEVIATION] = [Math.fround(0.1307), Math.fround(0.3081)];

const relu = (x) => (x > 0 ? x : 0);
const sigmoid = (x) => 1 / (1 + Math.exp(-x));
const same = (x) => x;

export class Network {
  /** @param weights {shape, values} by the names of the saved file */
  constructor(weights) {
    this.layers = weights["conv1.linear.weight"] ? digitCnn(weights) : digitMlp(weights);
    this.weights = weights;
  }

  at(name) {
    return this.layers.findIndex((layer) => layer.name === name);
  }

  /** Every layer's activation on 784 bytes of ink, by name. */
  forward(ink, last = this.layers.length - 1) {
    const pixels = Float32Array.from(ink, (byte) => (Math.fround(byte / 255) - MEAN) / DEVIATION);
    return this.#run(pixels, 0, last);
  }

  /** The layers after one, when it gives `activation`. */
  onward(name, activation) {
    return this.#run(activation, this.at(name) + 1, this.layers.length - 1);
  }

  logitsFrom(name, activation) {
    return name === "logits" ? activation : this.onward(name, activation).logits;
  }

  /** The matrix from a layer to the logits, (classes, neurons), where that way is linear; else null. */
  logitWeights(name) {
    return this.at(name) === this.layers.length - 2 ? this.weights["logits.weight"].values : null;
  }

  /** Incoming weights as images, of a layer that reads all pixels directly; of any other null. */
  pixelWeights(name) {
    const weights = this.weights[`${name}.linear.weight`];
    if (this.at(name) !== 0 || weights?.shape.length !== 2) return null;
    return { shape: [weights.shape[0], SIDE, SIDE], values: weights.values };
  }

  /** How the logits change when each of some activations is taken out of a layer: its next layer is linear in them. */
  without(name, activation, parts) {
    const at = this.at(name) + 1;
    const next = this.layers[at];
    const before = this.logitsFrom(name, activation);
    const whole = summed(next, activation);
    return parts.map((part) => {
      const less = new Float64Array(next.size);
      next.add(part, less);
      for (let i = 0; i < less.length; i += 1) less[i] = whole[i] - less[i];
      const after = this.logitsFrom(next.name, squashed(next, less));
      return before.map((logit, c) => logit - after[c]);
    });
  }

  #run(x, from, to) {
    const found = {};
    for (let i = from; i <= to; i += 1) {
      const layer = this.layers[i];
      x = found[layer.name] = squashed(layer, summed(layer, x));
    }
    return found;
  }
}

function summed(layer, x) {
  const out = new Float64Array(layer.size);
  const neurons = layer.bias.length;
  for (let i = 0; i < out.length; i += neurons) out.set(layer.bias, i);
  layer.add(x, out);
  return out;
}

function squashed({ squash }, sums) {
  const found = new Float32Array(sums.length);
  for (let i = 0; i < sums.length; i += 1) found[i] = squash(sums[i]);
  return found;
}

function digitMlp(w) {
  return [
    { name: "hidden1", ...dense(w, "hidden1.linear"), squash: sigmoid },
    { name: "hidden2", ...dense(w, "hidden2.linear"), squash: sigmoid },
    { name: "logits", ...dense(w, "logits"), squash: same },
  ];
}

function digitCnn(w) {
  const first = convolution(w, "conv1.linear", SIDE, 2);
  const second = convolution(w, "conv2.linear", first.grid[0], 1);
  return [
    { name: "conv1", ...first, squash: relu },
    { name: "conv2", ...second, squash: relu },
    { name: "fc1", ...pooled(dense(w, "fc1.linear"), second), squash: relu },
    { name: "logits", ...dense(w, "logits"), squash: same },
  ];
}

/** `out += W x`: the matrix lies by its inputs, so that an input of 0 costs nothing. */
function dense(w, name) {
  const { shape: [outs, ins], values } = w[`${name}.weight`];
  const byInput = new Float32Array(ins * outs);
  for (let o = 0; o < outs; o += 1) for (let i = 0; i < ins; i += 1) byInput[i * outs + o] = values[o * ins + i];
  return { size: outs, bias: w[`${name}.bias`].values, grid: null,
    add(x, out) {
      for (let i = 0; i < ins; i += 1) if (x[i] !== 0) accumulate(out, 0, byInput, i * outs, outs, x[i]);
    } };
}

function accumulate(out, at, weights, from, count, factor) {
  for (let o = 0; o < count; o += 1) out[at + o] += factor * weights[from + o];
}

/** A convolution without padding over a square map. */
function convolution(w, name, side, stride) {
  const { shape: [neurons, channels, tall, wide], values } = w[`${name}.weight`];
  const across = Math.floor((side - wide) / stride) + 1;
  const byInput = new Float32Array(values.length); // (rows, columns, channels, neurons)
  for (let n = 0; n < neurons; n += 1) {
    for (let c = 0; c < channels; c += 1) {
      for (let p = 0; p < tall * wide; p += 1) byInput[(p * channels + c) * neurons + n] = values[(n * channels + c) * tall * wide + p];
    }
  }
  return { size: across * across * neurons, bias: w[`${name}.bias`].values, grid: [across, across],
    add(x, out) {
      for (let p = 0; p < across * across; p += 1) {
        const [top, left] = [Math.floor(p / across) * stride, (p % across) * stride];
        for (let r = 0; r < tall; r += 1) {
          // A row of the window lies together, in the map as in the weights.
          const [from, first] = [((top + r) * side + left) * channels, r * wide * channels];
          for (let i = 0; i < wide * channels; i += 1) {
            const value = x[from + i];
            if (value !== 0) accumulate(out, p * neurons, byInput, (first + i) * neurons, neurons, value);
          }
        }
      }
    } };
}

/** The same matrix behind a mean over squares of 2 x 2. */
function pooled(matrix, { grid: [rows, columns], bias: { length: channels } }) {
  return { ...matrix,
    add(x, out) {
      const mean = new Float32Array((x.length / 4));
      for (let r = 0; r < rows / 2; r += 1) {
        for (let c = 0; c < columns / 2; c += 1) {
          const corner = (2 * r * columns + 2 * c) * channels;
          const below = corner + columns * channels;
          for (let n = 0; n < channels; n += 1) {
            mean[(r * (columns / 2) + c) * channels + n] = 0.25 * (x[corner + n] + x[corner + channels + n] + x[below + n] + x[below + channels + n]);
          }
        }
      }
      matrix.add(mean, out);
    } };
}

export function softmax(logits) {
  const most = Math.max(...logits);
  const raised = logits.map((logit) => Math.exp(logit - most));
  const sum = raised.reduce((total, one) => total + one, 0);
  return raised.map((one) => one / sum);
}
