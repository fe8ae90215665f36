// The keyboard: single letters, never while one types, and a sheet that lists them.

const SHELL = [
  ["j, k", "next, previous unit (on Image: image)"],
  ["n, f", "the layer's neurons, its features"],
  ["p", "pin this unit or drawing, to compare the next with it"],
  ["a", "ablate the chosen unit (on Draw)"],
  ["r", "a unit at random (on Draw: a test image)"],
  ["/", "search, or the number to go to"],
  ["Enter", "open the unit that is chosen in the table or on the map"],
  ["?", "this list"],
  ["arrows, space", "on the canvas: move the brush, draw"],
];

/** What the sheet lists, with the letters of these pages. */
export function rows(pages) {
  return [["g, then a letter", `go to a page: ${pages.map((page) => `${page.key} ${page.title.toLowerCase()}`).join(", ")}`], ...SHELL];
}

const types = (target) =>
  target.matches?.("input:not([type=range], [type=checkbox], [type=radio]), textarea, select, [contenteditable]");

/** Calls `handlers[key]`; `goTo(letter)` after a g. Handlers may say false: not mine. */
export class Keys {
  #waiting = 0;

  constructor(handlers, goTo) {
    document.addEventListener("keydown", (event) => {
      if (event.ctrlKey || event.metaKey || event.altKey || types(event.target)) return;
      if (Date.now() < this.#waiting) {
        this.#waiting = 0;
        if (goTo(event.key)) event.preventDefault();
        return;
      }
      if (event.key === "g") {
        this.#waiting = Date.now() + 1500;
        event.preventDefault();
        return;
      }
      if (handlers(event.key, event)) event.preventDefault();
    });
  }
}
