// Lines between the columns: what each neuron gives to each feature, and what each feature moves at the output.
// Width is size; a line that adds is whole, one that takes away is dashed, so that no sign hangs on a colour. What a
// unit that is held gave and was given before stays as a thin ghost.

import { colours } from "../theme.js";
import { h } from "../ui.js";

const MOST = 36; // lines between two columns: the largest

export class Edges {
  constructor(stage) {
    this.stage = stage;
    this.canvas = h("canvas", { class: "edges", "aria-hidden": "true" });
    this.context = this.canvas.getContext("2d");
    stage.prepend(this.canvas);
    this.recolour();
    this.observer = new ResizeObserver(() => this.moved());
    this.observer.observe(stage);
  }
  #places = null; // of neurons, features and probabilities; measured once, until something moves
  #shown = "";

  recolour() {
    [this.line, this.neuron, this.feature] = colours("--muted", "--neuron", "--feature");
  }

  /** Forget where things are: they have moved. */
  moved() {
    this.#places = null;
  }

  /** @param held units that are edited: {neurons: Set, features: Set} */
  draw({ before, now }, held, neurons, features, probabilities) {
    const shown = String(features.shown.length);
    if (shown !== this.#shown) this.#places = null;
    this.#shown = shown;
    this.#places ??= this.#measure(neurons, features, probabilities);
    const { width, height, scale, gridRight, features: places } = this.#places;
    if (!width) return;
    const context = this.context;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, height);
    const inward = (feature, neuron) => [this.#places.neurons[neuron].right, this.#places.neurons[neuron].y,
      places[feature].left, places[feature].y, gridRight];
    const outward = (feature, label) => [places[feature].right, places[feature].y,
      this.#places.probabilities[label].left, this.#places.probabilities[label].y, places[feature].right];
    const holds = (feature) => held.features.has(features.shown[feature]);
    for (const [name, ends, colour, isHeld] of [
      ["edges", inward, this.neuron, (feature, neuron) => holds(feature) || held.neurons.has(neuron)],
      ["unitEffects", outward, this.feature, holds],
    ]) {
      const old = this.#strongest(before[name], features.places);
      // One scale for before and after: a line that an edit weakens is thinner.
      const lines = now === before ? old : this.#strongest(now[name], features.places);
      const most = Math.max(old[0]?.[0] ?? 0, lines[0]?.[0] ?? 0) || 1;
      if (now !== before) this.#ghosts(old.filter(([, , row, column]) => isHeld(row, column)), ends);
      this.#lines(lines, most, ends, colour);
    }
  }

  #measure(neurons, features, probabilities) {
    const hidden = getComputedStyle(this.canvas).display === "none";
    const stage = this.stage.getBoundingClientRect();
    const scale = devicePixelRatio || 1;
    const [width, height] = hidden ? [0, 0] : [stage.width, stage.height];
    this.canvas.width = Math.round(width * scale);
    this.canvas.height = Math.round(height * scale);
    const box = ({ element }) => {
      const found = element.getBoundingClientRect();
      return { left: found.left - stage.left, right: found.right - stage.left, y: found.top - stage.top + found.height / 2 };
    };
    const cells = neurons.cells.map(box);
    return { width, height, scale, neurons: cells, gridRight: Math.max(...cells.map((place) => place.right)),
      features: features.rows.map(box), probabilities: probabilities.rows.map(box) };
  }

  /** The largest entries of a matrix whose rows are the units of an answer, as far as they are shown. */
  #strongest({ shape: [, columns], values }, places) {
    const found = [];
    places.forEach((place, row) => {
      for (let column = 0; column < columns; column++) {
        const value = values[place * columns + column];
        if (value) found.push([Math.abs(value), value, row, column]);
      }
    });
    return found.sort((a, b) => b[0] - a[0]).slice(0, MOST);
  }

  #lines(found, most, ends, colour) {
    const context = this.context;
    context.strokeStyle = colour;
    for (const [size, value, row, column] of found) {
      context.globalAlpha = 0.15 + 0.6 * (size / most);
      context.lineWidth = 0.5 + 3.5 * (size / most);
      context.setLineDash(value < 0 ? [4, 4] : []);
      this.#line(ends(row, column));
    }
    context.setLineDash([]);
    context.globalAlpha = 1;
  }

  #ghosts(found, ends) {
    const context = this.context;
    context.strokeStyle = this.line;
    context.globalAlpha = 0.45;
    context.lineWidth = 0.75;
    context.setLineDash([1, 3]);
    for (const [, , row, column] of found) this.#line(ends(row, column));
    context.setLineDash([]);
    context.globalAlpha = 1;
  }

  #line([x0, y0, x1, y1, bend]) {
    const context = this.context;
    context.beginPath();
    context.moveTo(x0, y0);
    const from = Math.max(x0, bend);
    if (from > x0) context.lineTo(from, y0);
    const half = (from + x1) / 2;
    context.bezierCurveTo(half, y0, half, y1, x1, y1);
    context.stroke();
  }
}
