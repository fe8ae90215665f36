// What changed? Pin one drawing, draw another: units ranked by how far each moved the margin between the two answers.

import { h, number } from "../ui.js";
import { SIDE } from "./drawing.js";

const SHOWN = 8;

export class Changed {
  constructor(app, currentDrawing) {
    Object.assign(this, { app, currentDrawing });
    this.pinned = null; // {answer, ink}
    this.button = h("button", { type: "button", onclick: () => this.toggle(), title: "p" }, "Pin this drawing");
    this.body = h("div", { class: "stack" });
    this.element = h("section", { class: "card", "aria-labelledby": "changed-title" },
      h("div", { class: "row spread" }, h("h2", { class: "card-title", id: "changed-title" }, "What changed?"), this.button), this.body);
    this.#show();
  }

  toggle() {
    this.pinned = this.pinned || !this.answer ? null : { answer: this.answer, ink: this.currentDrawing() };
    this.app.announce(this.pinned ? "Pinned. Draw another." : "Nothing is pinned.");
    this.#show();
  }

  /** Another layer or dictionary: effects of the pinned drawing are of units that are no longer shown. */
  forget() {
    this.pinned = null;
    this.#show();
  }

  /** `edited`: whether units are held, or the reconstruction stands in; what is compared here is without either. */
  update(answer, where, edited = false) {
    Object.assign(this, { answer, where, edited });
    this.button.disabled = false;
    if (this.pinned) this.#show();
  }

  #show() {
    this.button.textContent = this.pinned ? "Unpin" : "Pin this drawing";
    this.button.setAttribute("aria-pressed", String(Boolean(this.pinned)));
    if (!this.pinned) {
      this.button.disabled = !this.answer;
      this.body.replaceChildren(h("p", { class: "muted" },
        "Pin a drawing, then change it or draw another. Neurons and features are ranked by how far each moved the margin ",
        "between the two answers, side by side: which story is shorter?"));
      return;
    }
    const labels = this.app.run.label_names;
    const [a, b] = [this.pinned.answer, this.answer];
    const first = most(a.logits.values);
    let second = most(b.logits.values);
    const same = second === first;
    if (same) second = most(b.logits.values.map((value, i) => (i === first ? -Infinity : value)));
    const margin = (answer) => answer.logits.values[second] - answer.logits.values[first];
    const moved = margin(b) - margin(a);
    const neurons = changes(a.neuron_effects, range(a.neuron_effects.shape[0]), b.neuron_effects, range(b.neuron_effects.shape[0]), first, second);
    const features = changes(a.unit_effects, a.units.values, b.unit_effects, b.units.values, first, second);
    const largest = Math.max(1e-9, ...[...neurons, ...features].map((one) => Math.abs(one.change)));
    this.body.replaceChildren(
      h("div", { class: "row" }, picture(a), h("span", { "aria-hidden": "true" }, "\u2192"), picture(b),
        h("p", { class: "grow" }, `The margin of ${labels[second]} over ${labels[first]} moved by `, h("b", {}, signed(moved)),
          ` (from ${number(margin(a), 2)} to ${number(margin(b), 2)}).`, this.edited ? " Both without the edits: only the drawings differ." : "", same ? ` Both are taken for ${labels[first]}; ${labels[second]} is the next.` : "")),
      h("div", { class: "split tight" },
        this.#column(neurons, "neurons", this.where.layer.neurons, largest),
        this.#column(features, this.where.unitSet.kind, this.where.unitSet.key, largest)),
    );
  }

  #column(all, kind, set, largest) {
    const layer = this.where.layer.key;
    const half = halfway(all);
    return h("div", {},
      h("h3", { class: "small" }, this.app.ui.kind(kind, kind === "neurons" ? "Neurons" : "Features")),
      h("ol", { class: `changes ${kind}` }, all.slice(0, SHOWN).map(({ unit, change }) => h("li", {},
        this.app.ui.thumb({ layer, set, unit }),
        this.app.ui.unitLink({ layer, set, unit }, String(unit)),
        h("span", { class: `meter diverging${change < 0 ? " below" : ""}` },
          h("i", { class: "fill", style: { width: `${(50 * Math.abs(change)) / largest}%` } })),
        h("span", { class: "value" }, signed(change))))),
      h("p", { class: "small muted" }, half ? `${half} of them ${half === 1 ? "makes" : "make"} up half of all movement.` : "Nothing moved."));
  }
}

const range = (n) => Int32Array.from({ length: n }, (_, i) => i);
const most = (values) => values.indexOf(Math.max(...values));
const signed = (x) => `${x >= 0 ? "+" : ""}${number(x, 2)}`;

/** How far each unit's own effect on the margin moved from one answer to the other, largest first. */
function changes(effectsA, unitsA, effectsB, unitsB, first, second) {
  const moved = new Map();
  const add = ({ shape, values }, units, sign) => {
    for (let row = 0; row < shape[0]; row++) {
      const own = values[row * shape[1] + second] - values[row * shape[1] + first];
      moved.set(units[row], (moved.get(units[row]) ?? 0) + sign * own);
    }
  };
  add(effectsA, unitsA, -1);
  add(effectsB, unitsB, 1);
  return [...moved].map(([unit, change]) => ({ unit, change }))
    .filter(({ change }) => Math.abs(change) > 1e-4).sort((x, y) => Math.abs(y.change) - Math.abs(x.change));
}

/** The fewest units whose movements sum to half of all movement. */
function halfway(all) {
  const total = all.reduce((sum, { change }) => sum + Math.abs(change), 0);
  let sum = 0;
  for (const [i, { change }] of all.entries()) if ((sum += Math.abs(change)) >= total / 2) return i + 1;
  return 0;
}

function picture(answer) {
  const canvas = h("canvas", { width: SIDE, height: SIDE, class: "small-drawing ink-tile", role: "img", "aria-label": "a drawing" });
  const context = canvas.getContext("2d");
  const image = context.createImageData(SIDE, SIDE);
  answer.image.values.forEach((value, i) => image.data.set([128, 128, 128, value], 4 * i));
  context.putImageData(image, 0, 0);
  return canvas;
}
