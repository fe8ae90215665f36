// The neurons of the layer that is looked at: a picture each where there are few, a cell where there are many.
// Nodes are made once and only changed by a stroke, so that an answer is on the screen within the same frame.

import { colours } from "../theme.js";
import { h } from "../ui.js";
import { bar, moved, paintMap, rgb, strengthsOf, write } from "./bars.js";
import { SIDE, SIZE } from "./drawing.js";
import { amount, effectsOf, pushesNow } from "./sides.js";
import { AblateToggle, stacked } from "./toggle.js";

const POINT = matchMedia("(hover: hover)").matches ? "Point at one." : "Press one.";
const RAMP = [[43, 6, 64], [106, 60, 130], [141, 138, 146], [148, 200, 154], [226, 250, 220]];

/** A signed value from -1 to 1 in the colours of weights: dark plum below 0, pale green above. */
function rampColour(value) {
  const at = Math.min(3.9999, Math.max(0, (value + 1) * 2));
  const low = Math.floor(at);
  return RAMP[low].map((c, i) => c + (RAMP[low + 1][i] - c) * (at - low));
}

export class Neurons {
  #pictures = null; // colours of the weight images, or null
  #accent = [29, 95, 174];
  #answer = null; // both sides of the last one
  #pointed = null; // the neuron under the pointer, or that has the focus
  #held = new Map(); // neuron -> how
  chosen = null;

  /** `layer` is as /api/run describes it, `weights` its pixel weights {shape, values} or null; `edit` holds units. */
  constructor(app, layer, weights, edit, choose) {
    Object.assign(this, { layer, labels: app.run.label_names });
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
        "aria-label": name, "data-unit": String(unit), onclick: () => choose({ of: "neurons", unit }) },
      picture, h("span", { class: "of-neuron" }, h("span", { class: "neuron-number", "aria-hidden": "true" }, String(unit)), meter.element));
      return { element, meter, context, image: context?.createImageData(context.canvas.width, context.canvas.height) };
    });
    this.element = h("div", { class: `neurons-grid${this.many ? " many" : ""}${grid ? " maps" : ""}`, role: "group", "data-tour": "neurons",
      "aria-label": `Neurons of ${layer.layer}; arrow keys move` }, this.cells.map((cell) => cell.element));
    arrows(this.element, this.cells.map((cell) => cell.element));
    this.toggle = new AblateToggle(() => edit.toggle({ of: "neurons", unit: this.chosen }));
    [this.name, this.was, this.words] = [h("b"), h("span", { class: "was" }), h("span", { class: "readout-words muted" })];
    this.readout = h("div", { class: "readout" }, h("p", {}, this.name, this.was), this.words);
    for (const come of ["pointerover", "focusin"]) this.element.addEventListener(come, ({ target }) => this.#point(target.closest(".neuron")));
    for (const go of ["pointerleave", "focusout"]) this.element.addEventListener(go, () => this.#point(null));
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

  /** `image` is what the network was given; `highest.neurons` grows to the strongest neuron so far. */
  update({ before, now }, image, highest) {
    const after = now.layers[this.layer.layer];
    const strengths = strengthsOf(after);
    const then = now === before ? null : strengthsOf(before.layers[this.layer.layer]);
    highest.neurons = Math.max(highest.neurons, ...strengths, ...(then ?? []));
    const most = highest.neurons || 1;
    this.#answer = { before, now, strengths, then, image };
    this.cells.forEach((cell, unit) => {
      cell.meter.set(strengths[unit] / most, then && moved(then[unit] / most, strengths[unit] / most));
      if (this.many) cell.element.style.setProperty("--heat", String(Math.min(strengths[unit] / most, 1)));
      else if (this.#pictures) this.#underInk(cell, this.#pictures[unit], image);
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

  #point(cell) {
    this.#pointed = cell && Number(cell.dataset.unit);
    this.tell();
  }

  /** One neuron in words: the one that is pointed at, else the chosen one. In the frame, not with every answer. */
  tell() {
    const unit = this.#pointed ?? this.chosen;
    const isChosen = unit !== null && unit === this.chosen;
    if (isChosen && !stacked.matches) {
      this.toggle.show(`neuron ${unit}`, this.#held.get(unit) === "ablate");
      if (!this.toggle.element.parentNode) this.words.before(this.toggle.element);
    } else this.toggle.element.remove();
    if (!this.#answer) return;
    const { before, now, strengths, then, image } = this.#answer;
    if (unit === null) {
      const fire = strengths.filter((strength) => strength > 0).length;
      const isBlank = image.every((ink) => ink === 0);
      // Of neurons that are never quite 0 a count would say nothing.
      const count = fire === strengths.length ? "How strongly each fires" : `${fire} of ${strengths.length} ${fire === 1 ? "fires" : "fire"}`;
      write(this.name, count);
      write(this.was, "");
      write(this.words, `${isBlank ? "on an empty canvas" : `Bar: ${this.layer.grid ? "mean" : "activation"}`}. ${POINT}`);
      return;
    }
    write(this.name, `Neuron ${unit}: ${amount(strengths[unit])}`);
    write(this.was, then && amount(then[unit]) !== amount(strengths[unit]) ? ` (was ${amount(then[unit])})` : "");
    write(this.words, pushesNow(effectsOf(before.neuronEffects, unit), effectsOf(now.neuronEffects, unit), this.labels, this.#held.has(unit)));
  }

  /** @param edits of all units; `chosen`: {of, unit} or null */
  hold(edits, chosen) {
    this.#held = new Map(edits.filter((edit) => edit.of === "neurons").map(({ unit, how }) => [unit, how]));
    this.chosen = chosen?.of === "neurons" ? chosen.unit : null;
    this.cells.forEach(({ element }, unit) => {
      element.setAttribute("aria-pressed", String(unit === this.chosen));
      element.classList.toggle("held", this.#held.has(unit));
    });
    this.tell();
  }
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
