// The canvas one draws on: by pointer, by touch, and by keyboard.

import { colours, onTheme } from "../theme.js";
import { h } from "../ui.js";
import { SIDE, SIZE, dab, stroke } from "./drawing.js";

const KEPT = 60; // drawings that undo goes back through

export class Board {
  ink = new Uint8Array(SIZE);
  radius = 1.1;
  erase = false;
  #undo = [];
  #changed;
  #cursor = { x: 14, y: 8, down: false, shown: false };
  #last = null;

  /** `changed(event)` is called with every change; `said(text)` with what a screen reader should hear. */
  constructor(changed, said) {
    this.#changed = changed;
    this.said = said;
    this.canvas = h("canvas", { width: SIDE, height: SIDE, class: "board", tabindex: "0", role: "application",
      "aria-label": "Canvas, 28 by 28. Draw with the pointer; or arrows move the pen, space puts it down and lifts it.",
      "aria-roledescription": "drawing canvas" });
    this.#context = this.canvas.getContext("2d");
    this.#image = this.#context.createImageData(SIDE, SIDE);
    this.#listen();
    this.forget = onTheme(() => this.#recolour());
    this.#recolour();
  }
  #context;
  #image;
  #colours;

  /** Take another drawing; what was there can be had back. */
  load(ink, event = null) {
    this.#remember();
    this.ink = Uint8Array.from(ink);
    this.#after(event);
  }

  undo() {
    const before = this.#undo.pop();
    if (!before) return this.said("Nothing to undo.");
    this.ink = before;
    this.#after(null);
  }

  /** The ink in the theme's colours: paper is light in the light theme. */
  show() {
    const { ink, paper } = this.#colours;
    const data = this.#image.data;
    for (let i = 0; i < SIZE; i++) {
      const share = this.ink[i] / 255;
      for (let c = 0; c < 3; c++) data[4 * i + c] = paper[c] + (ink[c] - paper[c]) * share;
      data[4 * i + 3] = 255;
    }
    this.#context.putImageData(this.#image, 0, 0);
    this.#mark();
  }

  /** Colours are asked for when the theme changes, not with every stroke: asking makes the browser lay out. */
  #recolour() {
    const [ink, paper, accent] = colours("--ink", "--surface", "--feature");
    const numbers = (css) => css.match(/[\d.]+/g).map(Number);
    this.#colours = { ink: numbers(ink), paper: numbers(paper), accent };
    this.show();
  }

  #remember() {
    this.#undo.push(this.ink.slice());
    if (this.#undo.length > KEPT) this.#undo.shift();
  }

  #after(event) {
    this.show();
    this.#changed(event);
  }

  #listen() {
    const canvas = this.canvas;
    const point = (event) => {
      const box = canvas.getBoundingClientRect();
      return { x: ((event.clientX - box.left) / box.width) * SIDE, y: ((event.clientY - box.top) / box.height) * SIDE };
    };
    canvas.addEventListener("pointerdown", (event) => {
      if (event.button) return;
      event.preventDefault();
      canvas.focus({ preventScroll: true });
      canvas.setPointerCapture(event.pointerId);
      this.#cursor.shown = false;
      this.#remember();
      this.#last = point(event);
      dab(this.ink, this.#last.x, this.#last.y, this.radius, this.erase);
      this.#after(event);
    });
    // A browser holds moves back for its next frame; raw ones come at once.
    const moved = "onpointerrawupdate" in canvas ? "pointerrawupdate" : "pointermove";
    canvas.addEventListener(moved, (event) => {
      if (!this.#last) return;
      for (const passed of event.getCoalescedEvents?.() ?? [event]) {
        const to = point(passed);
        stroke(this.ink, this.#last, to, this.radius, this.erase);
        this.#last = to;
      }
      this.#after(event);
    });
    for (const end of ["pointerup", "pointercancel"]) canvas.addEventListener(end, () => (this.#last = null));
    canvas.addEventListener("keydown", (event) => this.#key(event));
    canvas.addEventListener("blur", () => {
      this.#cursor.shown = this.#cursor.down = false;
      this.show();
    });
  }

  #key(event) {
    if ((event.ctrlKey || event.metaKey) && event.key === "z") {
      event.preventDefault();
      return this.undo();
    }
    const step = { ArrowUp: [0, -1], ArrowDown: [0, 1], ArrowLeft: [-1, 0], ArrowRight: [1, 0] }[event.key];
    if (!step && event.key !== " ") return;
    event.preventDefault();
    event.stopPropagation();
    const cursor = this.#cursor;
    cursor.shown = true;
    if (event.key === " ") {
      cursor.down = !cursor.down;
      this.said(cursor.down ? "Pen down." : "Pen up.");
      if (!cursor.down) return this.show();
      this.#remember();
      dab(this.ink, cursor.x, cursor.y, this.radius, this.erase);
      return this.#after(event);
    }
    const to = { x: Math.min(Math.max(cursor.x + step[0], 0.5), 27.5), y: Math.min(Math.max(cursor.y + step[1], 0.5), 27.5) };
    if (cursor.down) stroke(this.ink, cursor, to, this.radius, this.erase);
    [cursor.x, cursor.y] = [to.x, to.y];
    if (cursor.down) this.#after(event);
    else this.show();
  }

  /** Where the keyboard's pen is: a pixel in the accent, filled when it is down. */
  #mark() {
    if (!this.#cursor.shown) return;
    this.#context.fillStyle = this.#colours.accent;
    this.#context.globalAlpha = this.#cursor.down ? 1 : 0.55;
    this.#context.fillRect(Math.floor(this.#cursor.x), Math.floor(this.#cursor.y), 1, 1);
    this.#context.globalAlpha = 1;
  }
}
