// What fires a unit: strongest, by intervals, at random, near misses, or a range that is brushed elsewhere.

import { gallery, heatScale } from "../panels.js";
import { onTheme } from "../theme.js";
import { h, number } from "../ui.js";

const MOST_HEATS = 64; // images whose heat is asked for at once

export class Firings {
  #shown = "top";
  #range = null; // {low, high, label}
  #withHeat = false;

  constructor(of) {
    Object.assign(this, { of });
    this.choice = h("div", { class: "tools" });
    this.gallery = h("div", { class: "stack tight" });
    this.element = of.app.ui.card("What fires it", this.choice, this.gallery);
    this.#show();
    // Heat is painted in the theme's accent.
    const forget = onTheme(() => {
      if (!this.element.isConnected) forget();
      else if (this.#withHeat) this.#fill();
    });
  }

  /** Show firings of a range of activations, {low, high, label: a class or null}; null: the strongest again. */
  brush(range) {
    this.#range = range;
    this.#shown = range ? "range" : "top";
    this.#show();
  }

  #show() {
    const { app, page, where } = this.of;
    const options = [
      { value: "top", label: "Strongest" },
      page.bottom.image.values.length && { value: "bottom", label: "Most negative" },
      { value: "intervals", label: "Ten intervals" }, { value: "random", label: "Random" }, { value: "misses", label: "Near misses" },
      this.#range && { value: "range", label: `${number(this.#range.low)} to ${number(this.#range.high)}` },
    ].filter(Boolean);
    this.choice.replaceChildren(app.ui.chips(options, this.#shown, (value) => {
      this.#shown = value;
      this.#show();
      this.choice.querySelector("[aria-checked=true]").focus();
    }, "Which firings"));
    if (app.store.layer(where.layer)?.grid && this.#shown !== "misses") {
      this.choice.append(h("label", { class: "check" }, h("input", { type: "checkbox", checked: this.#withHeat, onchange: (event) => {
        this.#withHeat = event.target.checked;
        this.#fill();
      } }), "heat over the whole image"));
    }
    this.#fill();
  }

  #fill() {
    const { page } = this.of;
    const say = {
      top: "Greatest activations, one an image. They flatter: look at the intervals and the random firings as well.",
      bottom: "Most negative activations, one an image; a minus stands in their corner.",
      random: `${page.random.image.values.length} of its ${number(page.firings)} firings, drawn at random (seed 0): what a typical answer looks like.`,
      misses: page.misses.image.values.length
        ? "Images that do not fire it though their activation points the same way; the number is the cosine with what fires it."
        : "It fires on everything, so there is nothing that it misses.",
    };
    if (this.#shown === "intervals") return this.#intervals();
    if (this.#shown === "range") return this.#brushed();
    return this.#settle([h("p", { class: "small muted" }, say[this.#shown])],
      [this.#tiles(page[this.#shown], this.#shown === "misses" ? { word: "cosine" } : {})]);
  }

  /** Replaces the gallery when all tiles are there, unless something else is wanted by then. */
  async #settle(before, tiles) {
    const turn = (this.turn = (this.turn ?? 0) + 1);
    const ready = await Promise.all(tiles);
    if (turn === this.turn) this.gallery.replaceChildren(...before, ...ready);
  }

  #intervals() {
    const rows = Promise.all(this.of.page.intervals.map(async (cut) => h("li", { class: "interval-row" },
      h("span", { class: "small" }, h("b", {}, `${number(cut.low)} to ${number(cut.high)}`), h("br"),
        h("span", { class: "muted" }, `${number(cut.firings)} firings`)),
      cut.firings ? await this.#tiles(cut.tiles, { size: "small" }) : h("span", { class: "muted small" }, "none"))));
    return this.#settle([h("p", { class: "small muted" },
      "Ten intervals of equal width from its strongest firing down, a few drawn from each: does it mean the same when it fires weakly?")],
    [rows.then((found) => h("ol", { class: "interval-rows" }, found))]);
  }

  #brushed() {
    const { app, where, classes } = this.of;
    const { low, high, label } = this.#range;
    this.turn = (this.turn ?? 0) + 1;
    return app.ui.panel(this.gallery, () => app.api.get("unit-range", { ...where, low, high, label }), async (found, el) => {
      const on = label === null ? "" : ` on class ${classes[label]}`;
      el.append(
        h("p", { class: "small muted" }, `${number(found.firings)} firings from ${number(low)} to ${number(high)}${on}; ${found.tiles.image.values.length} of them, drawn at random.`),
        await this.#tiles(found.tiles));
    });
  }

  async #tiles(data, options = {}) {
    const { app, where, units } = this.of;
    let heat = null;
    if (this.#withHeat && data.image.values.length) {
      const images = [...new Set(data.image.values)].slice(0, MOST_HEATS).join(",");
      try {
        heat = { ...(await app.api.get("unit-heat", { ...where, images })), kind: units.kind };
      } catch (error) {
        return h("p", { class: "pending", role: "alert" }, error.message);
      }
    }
    const tiles = gallery(app, data, { ...options, heat });
    return heat && options.size !== "small" ? h("div", { class: "stack tight" }, heatScale(heat.limit), tiles) : tiles;
  }
}
