// What changed? Pin one drawing, draw another: units ranked by how far each moved the margin between the two answers.
// Each drawing counts with the units that were held for it.

import { h, number } from "../ui.js";
import { SIDE } from "./drawing.js";
import { isEdited, side, signed } from "./sides.js";

const SHOWN = 8;

export class Changed {
  constructor(app) {
    this.app = app;
    this.pinned = null; // an answer
    this.button = h("button", { type: "button", onclick: () => this.toggle(), title: "p" }, "Pin this drawing");
    this.body = h("div", { class: "stack" });
    this.element = h("section", { class: "card", "aria-labelledby": "changed-title" },
      h("div", { class: "row spread" }, h("h2", { class: "card-title", id: "changed-title" }, "What changed?"), this.button), this.body);
    this.#show();
  }

  toggle() {
    this.pinned = this.pinned ? null : this.answer;
    this.app.announce(this.pinned ? "Pinned. Draw another." : "Nothing is pinned.");
    this.#show();
  }

  /** Another layer or dictionary: effects of the pinned drawing are of units that are no longer shown. */
  forget() {
    this.pinned = this.answer = null;
    this.#show();
  }

  update(answer, where) {
    Object.assign(this, { answer, where });
    this.button.disabled = false;
    if (this.pinned) this.#show();
  }

  #show() {
    this.button.textContent = this.pinned ? "Unpin" : "Pin this drawing";
    this.button.setAttribute("aria-pressed", String(Boolean(this.pinned)));
    if (!this.pinned) {
      this.button.disabled = !this.answer;
      this.body.replaceChildren(h("p", { class: "muted" },
        "Pin a drawing, then change it, draw another, or hold a unit. Here you will see which neurons and which features ",
        "moved the answer most, side by side: which story is shorter?"));
      return;
    }
    const labels = this.app.run.label_names;
    const answers = [this.pinned, this.answer];
    const [a, b] = answers.map((answer) => side(answer, isEdited(answer)));
    const first = most(a.logits);
    let second = most(b.logits);
    const same = second === first;
    if (same) second = most(b.logits.map((value, i) => (i === first ? -Infinity : value)));
    const margin = ({ logits }) => logits[second] - logits[first];
    const [from, to] = [margin(a), margin(b)];
    const all = range(a.neuronEffects.shape[0]);
    const neurons = changes(a.neuronEffects, all, b.neuronEffects, all, first, second);
    const features = changes(a.unitEffects, answers[0].units.values, b.unitEffects, answers[1].units.values, first, second);
    const largest = Math.max(1e-9, ...[...neurons, ...features].map((one) => Math.abs(one.change)));
    const held = answers.map(isEdited);
    const edits = held[0] && held[1] ? " Both count with the edits that were made for them."
      : held[0] ? " The pinned drawing counts with its edits." : held[1] ? " The drawing as it is now counts with its edits." : "";
    this.body.replaceChildren(
      h("div", { class: "row" }, picture(answers[0]), h("span", { "aria-hidden": "true" }, "\u2192"), picture(answers[1]),
        h("div", { class: "grow" },
          h("p", {}, `The margin of ${labels[second]} over ${labels[first]} moved by `, h("b", {}, signed(to - from)),
            ` (from ${number(from, 2)} to ${number(to, 2)}).`, same ? ` Both are taken for ${labels[first]}; ${labels[second]} is the next.` : ""),
          h("p", { class: "small muted" }, `The margin is how much higher the logit of ${labels[second]} is than that of ${labels[first]}; a logit `,
            `is the score of a digit, of which the probabilities are made. Below, how far each unit moved it.${edits}`))),
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
