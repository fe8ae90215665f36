// The bench beside the canvas: brush and eraser, undo, shift, noise, test images, the slide from a 3 to an 8.

import { h } from "../ui.js";
import { between, noisy, shifted, thicker } from "./drawing.js";

const THICKNESS = [{ value: 0.7, label: "fine" }, { value: 1.1, label: "pen" }, { value: 1.7, label: "marker" }];

export class Tools {
  #slide = null; // the two test images between which the slider goes

  constructor(app, board, chosen) {
    Object.assign(this, { app, board });
    const button = (label, title, act) => h("button", { type: "button", title, "aria-label": title, onclick: act }, label);
    const shift = (label, name, down, right) => button(label, `Shift ${name}`, () => board.load(shifted(board.ink, down, right)));
    this.digit = app.ui.select(
      [{ value: "", label: "any digit" }, ...app.run.label_names.map((label, i) => ({ value: String(i), label: `a ${label}` }))], "",
      () => this.loadTest(chosen), "Which digit to load");
    this.from = h("p", { class: "small muted", "aria-live": "polite" });
    this.slider = h("input", { type: "range", min: "0", max: "100", value: "0", "aria-label": "From a 3 to an 8",
      oninput: () => this.#slideTo(Number(this.slider.value) / 100) });
    this.brush = h("div", { class: "row" });
    this.#showBrush();
    const clear = button("Clear", "Clear the canvas", () => { this.from.textContent = ""; board.load(new Uint8Array(784)); });
    clear.dataset.tour = "clear";
    this.element = h("div", { class: "stack draw-tools" },
      h("div", { class: "row" },
        button("Undo", "Undo (Ctrl+Z on the canvas)", () => board.undo()),
        clear,
        button("Thicker", "Make all strokes thicker", () => board.load(thicker(board.ink))),
        button("Noise", "Add noise", () => board.load(noisy(board.ink)))),
      this.brush,
      h("div", { class: "row" }, h("span", { class: "small muted" }, "Shift"),
        shift("\u2190", "left", 0, -1), shift("\u2191", "up", -1, 0), shift("\u2193", "down", 1, 0), shift("\u2192", "right", 0, 1)),
      h("div", { class: "row" }, button("Test image", "Load a test image that no training has seen", () => this.loadTest(chosen)), this.digit),
      h("label", { class: "slide" }, h("span", { class: "small muted" }, "From a 3"), this.slider, h("span", { class: "small muted" }, "to an 8")),
      this.from);
  }

  async loadTest(chosen) {
    await this.#try(async () => {
      const found = await this.app.api.get("test_image", { label: this.digit.value === "" ? null : this.digit.value, seed: seed() });
      this.from.replaceChildren("Test image ", h("a", { href: this.app.store.link({ page: "image", image: found.image }) }, String(found.image)),
        `, labelled ${this.app.run.label_names[found.label] ?? "nothing"}.`);
      this.board.load(found.pixels.values);
      chosen(found);
    });
  }

  #showBrush() {
    const { board } = this;
    this.brush.replaceChildren(
      this.app.ui.chips([{ value: "brush", label: "Brush" }, { value: "eraser", label: "Eraser" }], board.erase ? "eraser" : "brush", (value) => {
        board.erase = value === "eraser";
        this.#showBrush();
      }, "Tool"),
      this.app.ui.chips(THICKNESS, board.radius, (value) => {
        board.radius = value;
        this.#showBrush();
      }, "Thickness"));
  }

  async #slideTo(share) {
    await this.#try(async () => {
      this.#slide ??= await Promise.all([3, 8].map((label) => this.app.api.get("test_image", { label, seed: 1 })));
      const [three, eight] = this.#slide.map((found) => found.pixels.values);
      this.from.textContent = `${Math.round(100 * (1 - share))} % of a 3, ${Math.round(100 * share)} % of an 8.`;
      this.board.load(between(three, eight, share));
    });
  }

  async #try(act) {
    try {
      await act();
    } catch (error) {
      this.from.textContent = error.message;
    }
  }
}

const seed = () => Math.floor(Math.random() * 2 ** 31);
