// Firings that a page asks for by themselves: those in a range of activations, and heat over whole images.

import { random } from "./random.js";

const IN_RANGE = 48;

/** As views/unit.py's unit_range; which firings of many are shown is drawn here anew, from the unit's own number. */
export async function unitRange(kernels, { layer, set, unit, low, high, label = null }) {
  const [codes, own] = await Promise.all([kernels.codes(layer, set), kernels.layer(layer)]);
  const { images } = kernels;
  const components = kernels.known(layer, set).dictionary.components;
  const items = own.image.values;
  const code = (item) => codes[item * components + unit];
  const within = [];
  for (let item = 0; item < items.length; item += 1) {
    const value = code(item);
    const isOf = label === null || images.labels.values[items[item]] === label;
    if (value !== 0 && value >= low && value <= high && isOf) within.push(item);
  }
  const draw = random(unit);
  const some = within.map((item) => [draw(), item]).sort((a, b) => a[0] - b[0]).slice(0, IN_RANGE).map(([, item]) => item);
  some.sort((a, b) => code(b) - code(a));
  return { firings: within.length, tiles: tiles(own, images, some, code) };
}

function tiles({ image, position, boxes }, images, some, code) {
  const rows = Int32Array.from(some, (item) => image.values[item]);
  const vector = (values) => ({ shape: [values.length], values });
  let box = null;
  if (boxes && position) {
    const [, height, width] = images.pixels.shape;
    box = { shape: [some.length, 4], values: Float32Array.from(some.flatMap((item) => {
      const [top, bottom] = boxes.rows[position.values[2 * item]];
      const [left, right] = boxes.columns[position.values[2 * item + 1]];
      return [left / width, top / height, (right - left) / width, (bottom - top) / height];
    })) };
  }
  return { image: vector(rows), activation: vector(Float32Array.from(some, code)),
    label: images.labels && vector(rows.map((row) => images.labels.values[row])), box };
}

/** As views/heat.py's unit_heat: a unit's activation at every position of some images. */
export async function unitHeat(kernels, { layer, set, unit, images }, limit) {
  const kernel = kernels.known(layer, set) ?? await kernels.open(layer, set);
  const { map } = await kernels.layer(layer);
  if (!map) return null;
  const rows = [...new Set(String(images).split(",").map(Number))].sort((a, b) => a - b);
  const grid = kernel.network.layers[kernel.network.at(kernel.layer)].grid;
  const positions = grid[0] * grid[1];
  const heat = new Float32Array(rows.length * positions);
  rows.forEach((row, i) => {
    const codes = kernel.dictionary.codes(kernels.activation(kernel, row));
    for (let p = 0; p < positions; p += 1) heat[i * positions + p] = codes[p * kernel.dictionary.components + unit];
  });
  return { images: { shape: [rows.length], values: Int32Array.from(rows) }, heat: { shape: [rows.length, ...grid], values: heat }, limit, box: map };
}
