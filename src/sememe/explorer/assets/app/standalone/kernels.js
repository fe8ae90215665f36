// Networks and dictionaries of the file, unpacked when they are first needed; and the items of each layer.

import { Dictionary } from "./dictionary.js";
import { Network } from "./network.js";

const SLICE = 40; // ms of work between which the page may paint

export class Kernels {
  #blocks;
  #ready = new Map(); // "layer set" -> kernel
  #items = new Map(); // layer -> promise of activations
  #codes = { key: null, promise: null }; // of the unit set that was asked for last

  constructor(blocks, run, images) {
    this.#blocks = blocks;
    Object.assign(this, { run, images });
  }

  /** What answer() looks through, where it is unpacked already. */
  known(layer, set) {
    return this.#ready.get(`${layer} ${set}`);
  }

  async open(layer, set) {
    if (!this.#blocks.has(`kernel/${layer}/${set}`)) throw new Error("These units do not read this layer, so no drawing is passed through them.");
    const [network, own, { dictionary }] = await Promise.all([this.#network(layer), this.layer(layer), this.#blocks.open(`kernel/${layer}/${set}`)]);
    const name = this.#described(layer).layer;
    const kernel = { network, dictionary: new Dictionary(dictionary(0)), layer: name, mean: own.mean.values };
    this.#ready.set(`${layer} ${set}`, kernel);
    return kernel;
  }

  /** Incoming weights of a layer as images, where it reads the pixels directly. */
  async pixelWeights(layer) {
    const network = await this.#network(layer);
    return network?.pixelWeights(this.#described(layer).layer) ?? null;
  }

  /** Which image and which position each item of a layer is, and the mean of its neurons. */
  async layer(key) {
    const found = await this.#blocks.open(`layer/${key}`);
    return Object.fromEntries(Object.entries(found).map(([name, cell]) => [name, cell(0)]));
  }

  /** One image's activation on a layer. */
  activation(kernel, image) {
    const { network, layer } = kernel;
    const size = this.images.pixels.shape[1] * this.images.pixels.shape[2];
    return network.forward(this.images.pixels.values.subarray(image * size, (image + 1) * size), network.at(layer))[layer];
  }

  /** Every item's codes of one unit set: (items, components). Takes seconds for a map; the page stays awake. */
  codes(layer, set) {
    const key = `${layer} ${set}`;
    if (this.#codes.key !== key) this.#codes = { key, promise: this.#encode(layer, set) };
    return this.#codes.promise;
  }

  async #encode(layer, set) {
    const { dictionary } = this.known(layer, set) ?? await this.open(layer, set);
    const values = await this.#activations(layer, set);
    const { components, neurons } = dictionary;
    const items = values.length / neurons;
    const found = new Float32Array(items * components);
    const awake = pauses();
    for (let item = 0; item < items; item += 1) {
      found.set(dictionary.codes(values.subarray(item * neurons, (item + 1) * neurons)), item * components);
      await awake();
    }
    return found;
  }

  #activations(layer, set) {
    if (!this.#items.has(layer)) this.#items.set(layer, this.#harvest(layer, set));
    return this.#items.get(layer);
  }

  async #harvest(layer, set) {
    const kernel = this.known(layer, set) ?? await this.open(layer, set);
    const { image, position } = await this.layer(layer);
    const { neurons } = kernel.dictionary;
    const grid = this.#described(layer).grid;
    const found = new Float32Array(image.values.length * neurons);
    const rows = new Map(); // image -> its items
    image.values.forEach((one, item) => rows.set(one, [...(rows.get(one) ?? []), item]));
    const awake = pauses();
    for (const [one, items] of rows) {
      const map = this.activation(kernel, one);
      for (const item of items) {
        const at = grid ? position.values[2 * item] * grid[1] + position.values[2 * item + 1] : 0;
        found.set(map.subarray(at * neurons, (at + 1) * neurons), item * neurons);
      }
      await awake();
    }
    return found;
  }

  async #network(layer) {
    const block = `network/${this.#described(layer).network}`;
    if (!this.#blocks.has(block)) return null;
    const { weights } = await this.#blocks.open(block);
    return (this[block] ??= new Network(weights(0)));
  }

  #described(key) {
    return this.run.layers.find((layer) => layer.key === key);
  }
}

/** A function that lets the page paint once in a while. */
function pauses() {
  let last = performance.now();
  return () => {
    if (performance.now() - last < SLICE) return undefined;
    return new Promise((resolve) => setTimeout(() => {
      last = performance.now();
      resolve();
    }));
  };
}
