// What lights up: the layer's neurons, the dictionary's features, the probabilities. Nodes are made once and only
// changed by a stroke, so that an answer is on the screen within the same frame.

import { colours } from "../theme.js";
import { h, number, percent } from "../ui.js";
import { SIDE, SIZE } from "./drawing.js";

export const SHOWN = 12; // features in the column; all of them are on the Units page
const RAMP = [[43, 6, 64], [106, 60, 130], [141, 138, 146], [148, 200, 154], [226, 250, 220]];

/** A signed value from -1 to 1 in the colours of weights: dark plum below 0, pale green above. */
function rampColour(value) {
  const at = Math.min(3.9999, Math.max(0, (value + 1) * 2));
  const low = Math.floor(at);
  return RAMP[low].map((c, i) => c + (RAMP[low + 1][i] - c) * (at - low));
}

const rgb = (css) => css.match(/[\d.]+/g).slice(0, 3).map(Number);

/** Text that is the same is left alone, and other text keeps its node: to make one, the browser lays out anew. */
export function write(element, text) {
  const node = element.firstChild;
  if (!node) element.append(text);
  else if (node.data !== text) node.data = text;
}

/** These children in this order; those that are in their place stay untouched. */
function arrange(parent, children) {
  const wanted = new Set(children);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  children.forEach((child, i) => {
    if (parent.children[i] !== child) parent.insertBefore(child, parent.children[i] ?? null);
  });
}

/** A bar with a ghost: the filled part is now, the outline is what was before the edit. */
function bar(kind) {
  const fill = h("i", { class: "fill" });
  const ghost = h("i", { class: "ghost", hidden: true });
  const element = h("span", { class: `meter ${kind}` }, fill, ghost);
  return { element, set(now, before = null) {
    fill.style.transform = `scaleX(${Math.min(Math.abs(now), 1)})`;
    element.classList.toggle("below", now < 0);
    ghost.hidden = before === null;
    if (before !== null) ghost.style.width = `${100 * Math.min(Math.abs(before), 1)}%`;
  } };
}

/** The ten answers: bars now, ghosts before the edit, a tick where the reconstruction alone would put each. */
export class Probabilities {
  constructor(labels) {
    this.rows = labels.map((label) => {
      const meter = bar("");
      const tick = h("i", { class: "tick", title: "with the reconstruction in the layer's place" });
      const value = h("span", { class: "value" });
      meter.element.append(tick);
      const element = h("li", {}, h("b", {}, label), meter.element, value);
      return { element, meter, tick, value };
    });
    this.element = h("ol", { class: "probabilities", "aria-label": "Probability of each class" }, this.rows.map((row) => row.element));
  }

  update(answer, edited) {
    const now = (edited ? answer.probabilities_after : answer.probabilities).values;
    const before = answer.probabilities.values;
    const spliced = answer.probabilities_spliced.values;
    const most = now.indexOf(Math.max(...now));
    this.rows.forEach((row, i) => {
      row.meter.set(now[i], edited ? before[i] : null);
      row.tick.style.left = `${100 * spliced[i]}%`;
      write(row.value, percent(now[i], 0));
      row.element.classList.toggle("most", i === most);
    });
  }
}

/** The neurons of the layer that is looked at: a picture each where there are few, a cell where there are many. */
export class Neurons {
  #pictures = null; // colours of the weight images, or null
  #accent = [29, 95, 174];

  /** `layer` is as /api/run describes it, `weights` its pixel weights {shape, values} or null. */
  constructor(app, layer, weights, choose) {
    this.layer = layer;
    this.many = layer.n_neurons > 32;
    const grid = layer.grid;
    this.cells = Array.from({ length: layer.n_neurons }, (_, unit) => {
      const meter = bar("neurons");
      const name = `Neuron ${unit}`;
      let picture;
      let context = null;
      if (this.many) picture = null;
      else if (grid || weights) {
        const [high, wide] = grid ?? [SIDE, SIDE];
        picture = h("canvas", { width: wide, height: high, "aria-hidden": "true" });
        context = picture.getContext("2d");
      } else picture = app.ui.thumb({ layer: layer.key, set: layer.neurons, unit });
      const element = h("button", { type: "button", class: "neuron", "aria-pressed": "false", tabindex: unit ? "-1" : "0",
        "aria-label": name, title: name, onclick: () => choose({ of: "neurons", unit }) },
      picture, meter.element);
      return { element, meter, context, image: context?.createImageData(context.canvas.width, context.canvas.height) };
    });
    this.element = h("div", { class: `neurons-grid${this.many ? " many" : ""}${grid ? " maps" : ""}`, role: "group",
      "aria-label": `Neurons of ${layer.layer}; arrow keys move` }, this.cells.map((cell) => cell.element));
    arrows(this.element, this.cells.map((cell) => cell.element));
    if (weights) this.#prepare(weights);
    this.recolour();
  }

  recolour() {
    this.#accent = rgb(colours("--neuron")[0]);
  }

  #prepare({ shape, values }) {
    this.#pictures = Array.from({ length: shape[0] }, (_, unit) => {
      const own = values.subarray(unit * SIZE, (unit + 1) * SIZE);
      // A few weights are far larger than all others: the end colours belong to the 97th percentile.
      const most = own.map(Math.abs).sort()[Math.floor(0.97 * SIZE)] || 1;
      const picture = new Uint8ClampedArray(3 * SIZE);
      own.forEach((value, i) => picture.set(rampColour(value / most), 3 * i));
      return picture;
    });
  }

  update(answer, edited, highest) {
    const now = answer.layers[this.layer.layer];
    const after = edited ? answer.layers_after[this.layer.layer] ?? now : now;
    const strengths = strengthsOf(after);
    const before = edited ? strengthsOf(now) : null;
    highest.neurons = Math.max(highest.neurons, ...strengths, ...(before ?? []));
    const most = highest.neurons || 1;
    this.strengths = strengths;
    this.cells.forEach((cell, unit) => {
      cell.meter.set(strengths[unit] / most, before ? before[unit] / most : null);
      if (this.many) cell.element.style.setProperty("--heat", String(Math.min(strengths[unit] / most, 1)));
      else if (this.#pictures) this.#underInk(cell, this.#pictures[unit], answer.image.values);
      else if (cell.context) this.#map(cell, after, unit);
    });
  }

  /** The neuron's weights, bright where there is ink: what adds up to its activation. */
  #underInk({ context, image }, picture, ink) {
    for (let i = 0; i < SIZE; i++) {
      const share = 0.4 + 0.6 * (ink[i] / 255);
      for (let c = 0; c < 3; c++) image.data[4 * i + c] = 141 + (picture[3 * i + c] - 141) * share;
      image.data[4 * i + 3] = 255;
    }
    context.putImageData(image, 0, 0);
  }

  #map({ context, image }, { shape, values }, unit) {
    paintMap(context, image, values.subarray(unit * shape[1] * shape[2], (unit + 1) * shape[1] * shape[2]), this.#accent);
  }

  choose(unit) {
    this.cells.forEach((cell, i) => cell.element.setAttribute("aria-pressed", String(i === unit)));
  }
}

/** The features that fire for the drawing, strongest first. */
export class Features {
  #accent = [173, 74, 8];
  #rows = new Map(); // unit -> row
  shown = [];

  constructor(app, layer, unitSet, choose) {
    Object.assign(this, { app, layer, unitSet });
    this.choosing = choose;
    this.element = h("ol", { class: `features-list ${unitSet.kind}`, "aria-label": `${unitSet.title}: units that fire, strongest first` });
    this.count = h("p", { class: "small muted" });
    this.recolour();
  }

  recolour() {
    this.#accent = rgb(colours({ neurons: "--neuron", features: "--feature", control: "--control" }[this.unitSet.kind])[0]);
  }

  update(answer, edited, highest, labels) {
    const units = answer.units.values;
    const now = answer.strength.values;
    const after = answer.strength_after.values;
    // A unit that an edit switched on, or off, is shown as well.
    const extra = edited ? [...after.keys()].filter((unit) => after[unit] !== now[unit] && !units.includes(unit)) : [];
    extra.sort((a, b) => Math.abs(after[b]) - Math.abs(after[a]));
    const shown = [...units.subarray(0, SHOWN - Math.min(3, extra.length)), ...extra.slice(0, 3)];
    for (const unit of shown) highest.features = Math.max(highest.features, Math.abs(now[unit]), Math.abs(after[unit]));
    const most = highest.features || 1;
    const classes = answer.logits.shape[0];
    const rows = shown.map((unit, i) => {
      const row = this.#rows.get(unit) ?? this.#make(unit);
      const value = edited ? after[unit] : now[unit];
      row.meter.set(value / most, edited ? now[unit] / most : null);
      write(row.value, number(value, 2));
      const effects = answer.unit_effects.values.subarray(i * classes, (i + 1) * classes);
      write(row.effect, units[i] === unit ? pushes(effects, labels) : "switched by the edit");
      if (row.context && units[i] === unit) {
        const [, high, wide] = answer.maps.shape;
        paintMap(row.context, row.image, answer.maps.values.subarray(i * high * wide, (i + 1) * high * wide), this.#accent);
      }
      return row;
    });
    arrange(this.element, rows.map((row) => row.element));
    this.shown = shown;
    this.rows = rows;
    write(this.count, `${number(answer.firing)} of ${this.unitSet.n_units} fire${this.layer.grid ? " at a position" : ""}.`);
  }

  #make(unit) {
    const meter = bar(this.unitSet.kind);
    const [value, effect] = [h("span", { class: "value" }), h("span", { class: "effect" })];
    let map = null;
    let context = null;
    if (this.layer.grid) {
      map = h("canvas", { width: this.layer.grid[1], height: this.layer.grid[0], class: "map", "aria-hidden": "true" });
      context = map.getContext("2d");
    }
    const of = { layer: this.layer.key, set: this.unitSet.key, unit };
    const element = h("li", {}, h("button", { type: "button", class: "feature", "aria-pressed": "false",
      onclick: () => this.choosing({ of: "features", unit }) },
    this.app.ui.thumb(of), map, h("span", { class: "name" }, this.app.ui.unitName(of)), meter.element, value, effect));
    const row = { element, meter, value, effect, context, image: context?.createImageData(map.width, map.height) };
    this.#rows.set(unit, row);
    return row;
  }

  choose(unit) {
    for (const [own, row] of this.#rows) row.element.firstChild.setAttribute("aria-pressed", String(own === unit));
  }
}

/** "+3.1 for 8, \u22121.2 for 3": the two logits that a unit moves most. */
export function pushes(effects, labels) {
  const order = [...effects.keys()].sort((a, b) => Math.abs(effects[b]) - Math.abs(effects[a])).slice(0, 2);
  const signed = (x) => `${x >= 0 ? "+" : ""}${number(x, 2)}`;
  return order.filter((c) => Math.abs(effects[c]) >= 0.005).map((c) => `${signed(effects[c])} for ${labels[c]}`).join(", ") || "moves no logit";
}

/** Activations of one image by neuron; of a map, the mean over its positions. */
export function strengthsOf({ shape, values }) {
  if (shape.length === 1) return values;
  const size = shape[1] * shape[2];
  return Float32Array.from({ length: shape[0] }, (_, unit) => {
    let sum = 0;
    for (let i = unit * size; i < (unit + 1) * size; i++) sum += values[i];
    return sum / size;
  });
}

/** A map in one colour, on its own scale. */
function paintMap(context, image, values, [red, green, blue]) {
  let most = 1e-9;
  for (const value of values) most = Math.max(most, Math.abs(value));
  for (let i = 0; i < values.length; i++) {
    image.data.set([red, green, blue, (255 * Math.abs(values[i])) / most], 4 * i);
  }
  context.putImageData(image, 0, 0);
}

/** Arrow keys move among the buttons of a grid; one of them is in the order of tabs. */
function arrows(group, buttons) {
  group.addEventListener("keydown", (event) => {
    const at = buttons.indexOf(event.target);
    if (at < 0) return;
    const top = buttons[0].offsetTop;
    const across = Math.max(1, buttons.findIndex((button) => button.offsetTop !== top));
    const step = { ArrowRight: 1, ArrowLeft: -1, ArrowDown: across, ArrowUp: -across }[event.key];
    if (!step) return;
    event.preventDefault();
    const next = buttons[Math.min(Math.max(at + step, 0), buttons.length - 1)];
    buttons[at].tabIndex = -1;
    next.tabIndex = 0;
    next.focus();
  });
}
