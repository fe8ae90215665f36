// Pictures that the server makes with Pillow, made here: sheets of images, sheets of thumbnails. Each is a PNG with a
// palette, in which nothing is compressed: it only goes from one part of the page to another.

import { ramp } from "../panels.js";

const ACROSS = 16;
const SHEET = 256;
const SIDE = 28; // pixels of a thumbnail

const GREYS = Array.from({ length: 256 }, (_, i) => [i, i, i]);
// The first is that of a dead unit, which is nothing at all.
const LIGHTS = Array.from({ length: 256 }, (_, i) => Array(3).fill(Math.round((Math.max(0, i - 1) / 254) * 255)));
const SIGNED = Array.from({ length: 256 }, (_, i) => ramp((i - 128) / 127));

/** Images 256 * number and on, 16 a row. */
export function sheet({ shape: [count, height, width], values }, number) {
  return grid(SHEET, height, width, GREYS, null, (i) => {
    const image = number * SHEET + i;
    return image < count ? values.subarray(image * height * width, (image + 1) * height * width) : null;
  });
}

/** What units read: signed pictures {shape, values}, null for the dead. */
export function readsSheet(pictures, number) {
  return unitsSheet(pictures.length, number, SIGNED, (unit) => pictures[unit] && tile(pictures[unit], limited(pictures[unit].values)));
}

/** The image that fires each unit most: its row, null for the dead. */
export function topSheet(tops, { shape: [, height, width], values }, number) {
  return unitsSheet(tops.length, number, LIGHTS, (unit) => {
    const image = tops[unit];
    if (image === null) return null;
    const pixels = values.subarray(image * height * width, (image + 1) * height * width);
    return tile({ shape: [height, width], values: pixels }, (byte) => 1 + Math.round((byte * 254) / 255));
  });
}

function limited(values) {
  const limit = values.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
  return (value) => Math.round((value / limit) * 127) + 128;
}

/** A picture at the size of a thumbnail, each pixel the nearest of the picture's. */
function tile({ shape: [height, width], values }, index) {
  const found = new Uint8Array(SIDE * SIDE);
  for (let i = 0; i < SIDE; i += 1) {
    const row = Math.floor(((i + 0.5) * height) / SIDE);
    for (let j = 0; j < SIDE; j += 1) found[i * SIDE + j] = index(values[row * width + Math.floor(((j + 0.5) * width) / SIDE)]);
  }
  return found;
}

function unitsSheet(count, number, palette, tileOf) {
  const shown = Math.min(SHEET, count - number * SHEET);
  return grid(shown, SIDE, SIDE, palette, 0, (i) => tileOf(number * SHEET + i));
}

/** Tiles 16 a row as one picture: its address. */
function grid(count, height, width, palette, clear, tileOf) {
  const across = ACROSS * width;
  const down = Math.ceil(count / ACROSS) * height;
  const pixels = new Uint8Array(across * down);
  for (let i = 0; i < count; i += 1) {
    const own = tileOf(i);
    if (!own) continue;
    const corner = Math.floor(i / ACROSS) * height * across + (i % ACROSS) * width;
    for (let r = 0; r < height; r += 1) pixels.set(own.subarray(r * width, (r + 1) * width), corner + r * across);
  }
  return URL.createObjectURL(new Blob([png(across, down, pixels, palette, clear)], { type: "image/png" }));
}

/** A PNG of palette indices (ISO/IEC 15948); `clear` is the index that lets the page show through. */
function png(width, height, pixels, palette, clear) {
  const lines = new Uint8Array(height * (width + 1)); // a byte before each line says that it is not filtered
  for (let r = 0; r < height; r += 1) lines.set(pixels.subarray(r * width, (r + 1) * width), r * (width + 1) + 1);
  const head = new DataView(new ArrayBuffer(13));
  head.setUint32(0, width);
  head.setUint32(4, height);
  head.setUint8(8, 8); // bits
  head.setUint8(9, 3); // by palette
  const parts = [Uint8Array.of(137, 80, 78, 71, 13, 10, 26, 10), ...chunk("IHDR", new Uint8Array(head.buffer)), ...chunk("PLTE", Uint8Array.from(palette.flat()))];
  if (clear !== null) parts.push(...chunk("tRNS", Uint8Array.from({ length: clear + 1 }, (_, i) => (i === clear ? 0 : 255))));
  parts.push(...chunk("IDAT", stored(lines)), ...chunk("IEND", new Uint8Array(0)));
  return new Blob(parts);
}

function chunk(name, content) {
  const body = Uint8Array.from([...name].map((letter) => letter.charCodeAt(0)));
  const ends = (value) => new Uint8Array(new Uint32Array([value]).buffer).reverse();
  return [ends(content.length), body, content, ends(checksum([body, content]))];
}

/** Zlib's frame around bytes as they are (RFC 1950, RFC 1951). */
function stored(bytes) {
  const most = 65535;
  const count = Math.ceil(bytes.length / most);
  const found = new Uint8Array(2 + bytes.length + 5 * count + 4);
  found.set([0x78, 0x01]);
  let at = 2;
  for (let i = 0; i < count; i += 1) {
    const part = bytes.subarray(i * most, (i + 1) * most);
    found.set([i === count - 1 ? 1 : 0, part.length & 255, part.length >> 8, ~part.length & 255, (~part.length >> 8) & 255], at);
    found.set(part, at + 5);
    at += 5 + part.length;
  }
  let [a, b] = [1, 0];
  for (const byte of bytes) {
    a = (a + byte) % 65521;
    b = (b + a) % 65521;
  }
  found.set([b >> 8, b & 255, a >> 8, a & 255], at);
  return found;
}

const TABLE = Uint32Array.from({ length: 256 }, (_, n) => {
  let value = n;
  for (let k = 0; k < 8; k += 1) value = value & 1 ? 0xedb88320 ^ (value >>> 1) : value >>> 1;
  return value;
});

function checksum(parts) {
  let value = 0xffffffff;
  for (const part of parts) for (const byte of part) value = TABLE[(value ^ byte) & 255] ^ (value >>> 8);
  return (value ^ 0xffffffff) >>> 0;
}
