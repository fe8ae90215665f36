// What MNIST's makers did to a scanned digit, as images/drawing.py does it with Pillow: equal to a 255th of ink, since
// releases of Pillow take columns or rows first and round to bytes in between.

import { SIDE, SIZE } from "../draw/drawing.js";

const BOX = 20;
const CENTRE = 14;
const BITS = 22; // of the fraction in Pillow's fixed-point weights

/** A drawing, 28 x 28 bytes, with its ink's box scaled to 20 pixels and its centre of mass at the centre. */
export function asMnist(drawing) {
  const digit = new Uint8Array(SIZE);
  const [rows, columns] = [[], []];
  for (let i = 0; i < SIDE; i += 1) {
    for (let j = 0; j < SIDE; j += 1) {
      if (drawing[i * SIDE + j]) rows.push(i);
      if (drawing[j * SIDE + i]) columns.push(i);
    }
  }
  if (!rows.length) return digit;
  const [top, left] = [rows[0], columns[0]];
  const box = { height: rows.at(-1) - top + 1, width: columns.at(-1) - left + 1 };
  const cut = new Uint8Array(box.height * box.width);
  for (let i = 0; i < box.height; i += 1) {
    for (let j = 0; j < box.width; j += 1) cut[i * box.width + j] = drawing[(top + i) * SIDE + left + j];
  }
  const scale = BOX / Math.max(box.height, box.width);
  const [height, width] = [box.height, box.width].map((side) => Math.max(1, toEven(side * scale)));
  const ink = resized(cut, box, { height, width }, scale < 1);
  let [mass, down, along] = [0, 0, 0];
  for (let i = 0; i < height; i += 1) {
    for (let j = 0; j < width; j += 1) {
      mass += ink[i * width + j];
      down += i * ink[i * width + j];
      along += j * ink[i * width + j];
    }
  }
  if (!mass) return digit;
  const place = (sum, side) => Math.min(Math.max(toEven(CENTRE - sum / mass), 0), SIDE - side);
  const [row, column] = [place(down, height), place(along, width)];
  for (let i = 0; i < height; i += 1) digit.set(ink.subarray(i * width, (i + 1) * width), (row + i) * SIDE + column);
  return digit;
}

/** To the nearest whole number, a half to the even one: Python's round. */
function toEven(x) {
  const low = Math.floor(x);
  if (x - low !== 0.5) return Math.round(x);
  return low % 2 ? low + 1 : low;
}

/** Pillow's resize of 8-bit grey: columns, then rows, rounded to bytes in between; by area where it shrinks. */
function resized(ink, from, to, shrinks) {
  let [pixels, width] = [ink, from.width];
  if (to.width !== width) {
    const taps = weights(width, to.width, shrinks);
    pixels = new Uint8Array(from.height * to.width);
    for (let i = 0; i < from.height; i += 1) {
      for (let j = 0; j < to.width; j += 1) pixels[i * to.width + j] = weighed(taps[j], (at) => ink[i * width + at]);
    }
    width = to.width;
  }
  if (to.height === from.height) return pixels;
  const taps = weights(from.height, to.height, shrinks);
  const found = new Uint8Array(to.height * width);
  for (let i = 0; i < to.height; i += 1) {
    for (let j = 0; j < width; j += 1) found[i * width + j] = weighed(taps[i], (at) => pixels[at * width + j]);
  }
  return found;
}

function weighed({ first, whole }, pixel) {
  let sum = 1 << (BITS - 1);
  for (let k = 0; k < whole.length; k += 1) sum += pixel(first + k) * whole[k];
  return Math.min(255, Math.max(0, sum >> BITS));
}

/** What each new pixel takes of the old ones, in fixed point. */
function weights(before, after, shrinks) {
  const scale = before / after;
  const stretch = Math.max(scale, 1);
  const squeeze = 1 / stretch; // Pillow multiplies, which rounds otherwise than dividing
  const support = (shrinks ? 0.5 : 1) * stretch;
  const filter = shrinks ? (x) => (x > -0.5 && x <= 0.5 ? 1 : 0) : (x) => Math.max(0, 1 - Math.abs(x));
  return Array.from({ length: after }, (_, i) => {
    const centre = (i + 0.5) * scale;
    const first = Math.max(0, Math.trunc(centre - support + 0.5));
    const last = Math.min(before, Math.trunc(centre + support + 0.5));
    const shares = Array.from({ length: last - first }, (__, k) => filter((k + first - centre + 0.5) * squeeze));
    const total = shares.reduce((sum, share) => sum + share, 0);
    return { first, whole: shares.map((share) => Math.trunc(0.5 + (share / (total || 1)) * 2 ** BITS)) };
  });
}
