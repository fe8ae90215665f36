// Pieces of the Unit page that other pages use too: galleries, facts, relatives.

import { colours } from "./theme.js";
import { h, number, percent } from "./ui.js";

/** A share with as many digits as it needs: 12.8 %, 0.025 %. */
export function share(x) {
  if (x === null || x === undefined || !Number.isFinite(x)) return "\u2013";
  if (x === 0 || x >= 0.001) return percent(x);
  return `${Number((100 * x).toPrecision(2))} %`;
}

const EXACT = 1e-6; // a smaller share of variance is what rounding leaves of nothing

export const isExact = (fvu) => fvu < EXACT;

/** The share of a layer's variance that a reconstruction loses. */
export const lost = (fvu) => (isExact(fvu) ? "0 %" : share(fvu)).replace(" ", "\u00a0");

/** Tiles of firings; `data` as the views give them: image, activation, label, box. */
export function gallery(app, data, { caption = number, heat = null, word = "activation", size = "" } = {}) {
  const { image, activation, label, box } = data;
  const names = app.run.label_names;
  if (!image.values.length) return h("p", { class: "muted small" }, "None.");
  return h("ul", { class: `gallery ${size}${heat ? " with-heat" : ""}` }, Array.from(image.values, (row, i) => {
    const name = label ? names[label.values[i]] : null;
    const strength = activation.values[i];
    const patch = box ? Array.from(box.values.subarray(4 * i, 4 * i + 4), (share) => 100 * share) : null;
    const said = `${name === null ? `image ${row}` : `${name}, image ${row}`}, ${word} ${caption(strength)}`;
    const tile = app.ui.tile(row, { box: heat ? null : patch, negative: strength < 0, title: said });
    if (heat) tile.append(heatOver(heat, row));
    const href = app.store.link({ page: "image", image: row });
    return h("li", {}, h(href ? "a" : "span", { href, "aria-label": href && said, class: "gallery-tile" }, tile,
      h("span", { class: "gallery-caption", "aria-hidden": "true" }, name !== null && h("b", {}, name), ` ${caption(strength)}`)));
  }));
}

const ACCENTS = { neurons: "--neuron", features: "--feature", control: "--control" };

/** Where a unit of a map fires, laid over a tile in its kind's colour: opacity is activation on the unit's own scale. */
function heatOver({ images, heat, limit, box, kind }, row) {
  const at = images.values.indexOf(row);
  if (at < 0) return "";
  const [, down, across] = heat.shape;
  const canvas = h("canvas", { class: "heat", width: across, height: down, "aria-hidden": "true" });
  canvas.width = across;
  canvas.height = down;
  const context = canvas.getContext("2d");
  const picture = context.createImageData(across, down);
  const accent = colours(ACCENTS[kind])[0].match(/[\d.]+/g).slice(0, 3).map(Number);
  for (let i = 0; i < down * across; i += 1) {
    const share = Math.min(1, Math.abs(heat.values[at * down * across + i]) / (limit || 1));
    picture.data.set([...accent, Math.round(255 * share)], 4 * i);
  }
  context.putImageData(picture, 0, 0);
  const [left, top, wide, tall] = box.map((share) => `${100 * share}%`);
  Object.assign(canvas.style, { left, top, width: wide, height: tall });
  return canvas;
}

/** The scale of the heat: one for all images of a unit. */
export function heatScale(limit) {
  return h("span", { class: "ramp-scale small muted" }, "activation 0", h("i", { "aria-hidden": "true", style: { background: "linear-gradient(to right, transparent, var(--accent))" } }), number(limit));
}

/** A picture of signed values in the colours of weights, on a canvas. */
export function weightCanvas({ shape, values }, label) {
  const [height, width] = shape;
  const canvas = h("canvas", { class: "weights", role: "img", "aria-label": label });
  canvas.width = width;
  canvas.height = height;
  const context = canvas.getContext("2d");
  const picture = context.createImageData(width, height);
  let limit = 1e-9;
  for (const v of values) limit = Math.max(limit, Math.abs(v));
  values.forEach((v, i) => picture.data.set([...ramp(v / limit), 255], 4 * i));
  context.putImageData(picture, 0, 0);
  return canvas;
}

// As explorer/ramp.py: lightness rises all the way, so that the sign is read without hue.
const RAMP = [[43, 6, 64], [106, 60, 130], [141, 138, 146], [148, 200, 154], [226, 250, 220]];

export function ramp(share) {
  const at = Math.min(Math.max(share, -1), 1) * 2 + 2;
  const first = Math.min(3, Math.floor(at));
  return RAMP[first].map((from, c) => Math.round(from + (at - first) * (RAMP[first + 1][c] - from)));
}

/** The scale of `weightCanvas`, with words at its ends. */
export function rampScale(low, high) {
  const stops = RAMP.map(([r, g, b]) => `rgb(${r} ${g} ${b})`).join(", ");
  return h("span", { class: "ramp-scale small muted" }, low,
    h("i", { "aria-hidden": "true", style: { background: `linear-gradient(to right in srgb, ${stops})` } }), high);
}

export function facts(pairs) {
  return h("dl", { class: "facts-list" }, pairs.filter(Boolean).map(([name, value, more]) =>
    h("div", {}, h("dt", {}, name), h("dd", {}, value, more && h("small", {}, ` ${more}`)))));
}

/** A unit in a row of relatives: thumbnail, name, a number. */
export function unitChip(app, { layer, set, unit }, said) {
  const kind = app.store.unitSet(set, app.store.layer(layer))?.kind ?? "control";
  return h("a", { class: `unit-chip ${kind}`, href: app.store.link({ page: "unit", layer, set, unit }) },
    app.ui.thumb({ layer, set, unit }), h("span", {}, h("b", {}, app.ui.unitName({ layer, set, unit })), h("small", {}, said)));
}
