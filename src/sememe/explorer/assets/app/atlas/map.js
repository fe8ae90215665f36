// The map: units drawn where their atoms lie, chosen by pointer or keyboard, and what is said of them.

import { share } from "../panels.js";
import { measureOf, measureTitle } from "../pickers.js";
import { colours, onTheme } from "../theme.js";
import { h, number, percent } from "../ui.js";
import { idsText } from "../units/ids.js";
import { inside, shade, trace } from "./marks.js";

const SHEET = 256;
const ACROSS = 16;
const TILE = 28; // pixels of a thumbnail in its sheet
const STRETCH = 1.7; // of the longer side of the map, at most

export class AtlasMap {
  #at = 0; #chosen = new Set(); #lasso = null; #sheets = []; #values = null; #stopTheme;

  constructor(app, place, found, units, where) {
    Object.assign(this, { app, found, units, where });
    this.kind = app.store.unitSet().kind;
    this.canvas = h("canvas", { class: "atlas-canvas", tabindex: "0", role: "application",
      "aria-label": "Map of the units. Arrow keys move to the nearest unit that way, space chooses it, Enter opens it. The same units are in the table of the page Units." });
    this.status = h("p", { class: "small", role: "status" });
    this.tools = h("div", { class: "tools" });
    this.side = h("div", { class: "stack atlas-side" });
    place.append(this.tools, h("div", { class: "atlas-columns" }, h("div", { class: "atlas-place" }, this.canvas, this.status), this.side));
    const start = found.unit.values.indexOf(app.store.get().unit ?? -1);
    this.#at = Math.max(0, start);
    this.#listen();
    this.#loadSheets();
    this.#stopTheme = onTheme(() => this.draw());
    this.resized = new ResizeObserver(() => this.draw());
    this.resized.observe(this.canvas);
    this.update();
  }

  stop() {
    this.resized.disconnect();
    this.#stopTheme();
  }

  update() {
    const { app, units } = this;
    const { store, ui } = app;
    const { colour, method } = store.get();
    const options = [{ value: "", label: "thumbnails" }, units.top_class && { value: "class", label: "class with most activation" }, { value: "density", label: "Density" },
      ...units.columns.map((c) => ({ value: c.key, label: measureTitle(app, c.key) }))].filter(Boolean);
    this.tools.replaceChildren(
      ui.chips([{ value: "tsne", label: "t-SNE" }, { value: "pca", label: "PCA" }], method === "pca" ? "pca" : "tsne", (value) => store.set({ method: value === "tsne" ? null : value }, { replace: true }), "Kind of map"),
      h("label", { class: "field" }, h("span", {}, "Show"), ui.select(options, colour ?? "", (value) => store.set({ colour: value || null }, { replace: true }), "Show")),
      colour && measureOf(app, colour) ? ui.note(colour) : "", this.#legend(colour));
    this.#values = !colour ? null : colour === "density" ? units.density.values.map((d) => Math.log10(d)) : colour === "class" ? units.top_class?.values : units.columns.find((c) => c.key === colour)?.values.values;
    this.#sidebar();
    this.draw();
  }

  #legend(colour) {
    if (!colour) return "";
    if (colour === "class") return h("span", { class: "small muted" }, "each unit is written as the class with most of its activation");
    const [low, high] = this.#range(colour);
    const stops = Array.from({ length: 9 }, (_, i) => `rgb(${shade(i / 8).join(" ")})`).join(", ");
    const said = (v) => (colour === "density" ? share(10 ** v) : number(v));
    return h("span", { class: "ramp-scale small muted" }, said(low), h("i", { "aria-hidden": "true", style: { background: `linear-gradient(to right, ${stops})` } }), said(high));
  }

  #range(colour) {
    const values = colour === "density" ? this.units.density.values.map((d) => Math.log10(d)) : this.units.columns.find((c) => c.key === colour)?.values.values ?? [];
    const known = [...values].filter(Number.isFinite).sort((a, b) => a - b);
    return [known[Math.floor(0.02 * (known.length - 1))] ?? 0, known[Math.ceil(0.98 * (known.length - 1))] ?? 1];
  }

  // ---- drawing --------------------------------------------------------------------------------------------------

  async #loadSheets() {
    const { api } = this.app;
    const n = Math.ceil(this.units.density.values.length / SHEET);
    await Promise.all(Array.from({ length: n }, (_, number_) => new Promise((done) => {
      const picture = new Image();
      picture.onload = () => { this.#sheets[number_] = picture; done(); };
      picture.onerror = done; // marks without a picture are drawn as dots
      picture.src = api.url("thumbs", { ...this.where, number: number_, look: "reads" });
    })));
    this.draw();
  }

  #geometry() {
    const { clientWidth: wide, clientHeight: tall } = this.canvas;
    const n = this.found.unit.values.length;
    const size = Math.max(8, Math.min(30, Math.sqrt((wide * tall) / n) * 0.62));
    const reach = Math.min(wide, tall) / 2 - size;
    // Long windows stretch the plane: distances mean little in it anyway.
    const [rx, ry] = [wide, tall].map((length) => Math.min(length / 2 - size, reach * STRETCH));
    return { wide, tall, size, at: (i) => [wide / 2 + rx * this.found.place.values[2 * i], tall / 2 - ry * this.found.place.values[2 * i + 1]] };
  }

  draw() {
    const { canvas } = this;
    const { wide, tall, size, at } = this.#geometry();
    if (!wide || !tall) return;
    const ratio = devicePixelRatio || 1;
    canvas.width = Math.round(wide * ratio);
    canvas.height = Math.round(tall * ratio);
    const context = canvas.getContext("2d");
    context.scale(ratio, ratio);
    context.imageSmoothingEnabled = false;
    const [ink, muted, accent, surface] = colours("--ink", "--muted", { neurons: "--neuron", features: "--feature" }[this.kind] ?? "--control", "--surface");
    const { colour } = this.app.store.get();
    const range = colour && colour !== "class" ? this.#range(colour) : null;
    const n = this.found.unit.values.length;
    for (let i = 0; i < n; i += 1) {
      const unit = this.found.unit.values[i];
      const [x, y] = at(i);
      const chosen = this.#chosen.has(unit);
      if (!colour) this.#sprite(context, unit, x, y, size, muted);
      else if (colour === "class") {
        const name = this.app.run.label_names[this.#values?.[unit]] ?? "\u00b7";
        context.fillStyle = ink;
        context.font = `600 ${Math.max(9, size * 0.6)}px ${getComputedStyle(document.body).fontFamily}`;
        context.textAlign = "center";
        context.textBaseline = "middle";
        context.fillText(name, x, y);
      } else {
        const value = this.#values?.[unit];
        trace(context, this.kind, x, y, Math.max(3, size * 0.28));
        if (Number.isFinite(value)) {
          context.fillStyle = `rgb(${shade((value - range[0]) / (range[1] - range[0] || 1)).join(" ")})`;
          context.fill();
        }
        context.lineWidth = 1;
        context.strokeStyle = muted;
        context.stroke();
      }
      if (chosen) {
        context.lineWidth = 2.5;
        context.strokeStyle = accent;
        context.strokeRect(x - size / 2 - 2, y - size / 2 - 2, size + 4, size + 4);
      }
    }
    const [x, y] = at(this.#at);
    context.lineWidth = 4;
    context.strokeStyle = surface;
    context.strokeRect(x - size / 2 - 3, y - size / 2 - 3, size + 6, size + 6);
    context.lineWidth = 2;
    context.strokeStyle = ink;
    context.strokeRect(x - size / 2 - 3, y - size / 2 - 3, size + 6, size + 6);
    if (this.#lasso) {
      context.beginPath();
      this.#lasso.forEach(([px, py], i) => (i ? context.lineTo(px, py) : context.moveTo(px, py)));
      context.setLineDash([5, 4]);
      context.stroke();
    }
    this.#say();
  }

  #sprite(context, unit, x, y, size, muted) {
    const sheet = this.#sheets[Math.floor(unit / SHEET)];
    const place = unit % SHEET;
    if (sheet && this.units.density.values[unit] > 0) {
      context.drawImage(sheet, (place % ACROSS) * TILE, Math.floor(place / ACROSS) * TILE, TILE, TILE, x - size / 2, y - size / 2, size, size);
    } else {
      context.strokeStyle = muted;
      context.lineWidth = 1;
      context.strokeRect(x - size / 4, y - size / 4, size / 2, size / 2);
    }
  }

  #say() {
    const unit = this.found.unit.values[this.#at];
    const { ui, run, store } = this.app;
    const top = this.units.top_class?.values[unit] ?? -1;
    const { colour } = store.get();
    const value = colour && colour !== "class" && this.#values ? this.#values[unit] : null;
    const parts = [top >= 0 ? `mostly ${run.label_names[top]} (${percent(this.units.top_share.values[unit], 0)})` : "never fires", `fires on ${share(this.units.density.values[unit])}`,
      value !== null && (colour === "density" ? null : `${measureTitle(this.app, colour)} ${number(value)}`)].filter(Boolean);
    const text = `${ui.unitName({ ...this.where, unit })}: ${parts.join(", ")}. `;
    if (this.said === text) return;
    this.said = text;
    this.status.replaceChildren(text, h("a", { href: store.link({ page: "unit", unit }) }, "Open it"));
  }

  // ---- the side -------------------------------------------------------------------------------------------------

  #sidebar() {
    const { app, found, where } = this;
    const { store, ui } = app;
    const all = store.unitSet().n_units;
    const trust = found.trustworthiness;
    const words = found.method === "tsne"
      ? "t-SNE keeps neighbours together and distorts the rest: neither distances between groups, nor how large or how tight a group is, mean anything."
      : "PCA is a shadow of many dimensions on two: what lies together here may lie far apart in truth.";
    const shown = [...this.#chosen].sort((a, b) => a - b);
    this.side.replaceChildren(
      ui.card("How far to trust it", h("p", {}, h("b", {}, `Trustworthiness ${number(trust)}`), h("span", { class: "muted" }, trust === null ? " (too few units to tell)" : " of 1")),
        h("p", { class: "small muted" }, `How many of the ${found.neighbours} nearest on the map are nearest by direction in truth, and how far off the others are (Venna and Kaski 2001). ${words}`),
        found.unit.values.length < all ? h("p", { class: "small muted" }, `Every ${Math.round(all / found.unit.values.length)}th of ${number(all)} units is shown.`) : ""),
      ui.card(shown.length ? `${number(shown.length)} chosen` : "Choose some",
        shown.length ? [
          h("div", { class: "tools" }, h("a", { class: "button", href: store.link({ page: "units", ids: idsText(shown) }) }, "Open in the table"),
            h("button", { type: "button", class: "chip", onclick: () => { this.#chosen.clear(); this.#changed(); } }, "Clear")),
          h("ul", { class: "chip-list" }, shown.slice(0, 40).map((unit) => h("li", {}, h("a", { href: store.link({ page: "unit", unit }), "aria-label": ui.unitName({ ...where, unit }), class: "atlas-thumb", title: ui.unitName({ ...where, unit }) }, ui.thumb({ ...where, unit }))))),
          shown.length > 40 ? h("p", { class: "small muted" }, `and ${number(shown.length - 40)} more`) : "",
        ] : h("p", { class: "small muted" }, "Draw around units to choose them, or click one; by keyboard, arrows move and space chooses.")));
  }

  #changed() {
    this.#sidebar();
    this.draw();
  }

  // ---- pointer and keyboard -------------------------------------------------------------------------------------

  #listen() {
    const { canvas } = this;
    const point = (event) => [event.offsetX, event.offsetY];
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      this.#lasso = [point(event)];
      canvas.setPointerCapture(event.pointerId);
    });
    canvas.addEventListener("pointermove", (event) => {
      if (this.#lasso) {
        this.#lasso.push(point(event));
        this.draw();
        return;
      }
      const near = this.#nearest(point(event));
      if (near !== this.#at) { this.#at = near; this.draw(); }
    });
    canvas.addEventListener("pointerup", () => {
      const loop = this.#lasso;
      this.#lasso = null;
      if (!loop) return;
      const [x0, y0] = loop[0];
      const isClick = loop.every(([x, y]) => Math.hypot(x - x0, y - y0) < 5);
      if (isClick) {
        this.#at = this.#nearest(loop[0]);
        this.#toggle();
        return;
      }
      const { at } = this.#geometry();
      this.found.unit.values.forEach((unit, i) => { if (inside(at(i), loop)) this.#chosen.add(unit); });
      this.app.announce?.(`${this.#chosen.size} units chosen.`);
      this.#changed();
    });
    canvas.addEventListener("pointercancel", () => { this.#lasso = null; this.draw(); });
    canvas.addEventListener("keydown", (event) => {
      const way = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, -1], ArrowDown: [0, 1] }[event.key];
      if (way) this.#step(way);
      else if (event.key === " ") this.#toggle();
      else return;
      event.preventDefault();
    });
  }

  #toggle() {
    const unit = this.found.unit.values[this.#at];
    if (!this.#chosen.delete(unit)) this.#chosen.add(unit);
    this.#changed();
  }

  open() {
    this.app.store.set({ page: "unit", unit: this.found.unit.values[this.#at] });
  }

  #nearest([x, y]) {
    const { at } = this.#geometry();
    let best = this.#at;
    let least = Infinity;
    for (let i = 0; i < this.found.unit.values.length; i += 1) {
      const [px, py] = at(i);
      const d = (px - x) ** 2 + (py - y) ** 2;
      if (d < least) [best, least] = [i, d];
    }
    return best;
  }

  /** The nearest unit that lies that way, rather ahead than aside. */
  #step([dx, dy]) {
    const { at } = this.#geometry();
    const [x, y] = at(this.#at);
    let best = -1;
    let least = Infinity;
    for (let i = 0; i < this.found.unit.values.length; i += 1) {
      const [px, py] = at(i);
      const ahead = (px - x) * dx + (py - y) * dy;
      if (i === this.#at || ahead <= 0) continue;
      const aside = Math.abs((px - x) * dy) + Math.abs((py - y) * dx);
      const cost = ahead + 2.5 * aside;
      if (cost < least) [best, least] = [i, cost];
    }
    if (best >= 0) {
      this.#at = best;
      this.draw();
    }
  }
}
