// The keyboard: single letters, never while one types; and what the sheet of help says: keys, and words of the pages.

const SHELL = [
  ["n, f", "the layer's neurons, its features"],
  ["p", "pin this unit or drawing, to compare the next with it"],
  ["a", "ablate the chosen unit (on Draw)"],
  ["r", "a unit at random (on Draw: a test image)"],
  ["/", "search, or the number to go to"],
  ["?", "this list"],
  ["arrows, space", "on the canvas: move the brush, draw"],
];

/** The words that the pages are written in, each in a sentence. */
export const TERMS = [
  ["neuron", "One number of a layer. In a layer with a map it is computed at every position of the image."],
  ["dictionary", "A list of directions in the layer. It writes what the layer says about an image as a constant plus a sum of a few of them."],
  ["feature", "One direction of a dictionary that was learned, and how much of it is in an image."],
  ["unit", "Whatever is looked at and measured as one: a neuron, a feature, or a direction of a control."],
  ["control", "Another way to write the layer, such as random directions. What a control reaches, too, is no merit of the features."],
  ["firing", "A unit fires where its number, its activation, is not 0. One that never does is dead."],
  ["interval", "In brackets behind a number. Of 100 such intervals, each from other images (and, for a mean over units, other units), about 95 hold the true value."],
  ["simulation", "Foretelling from examples how strongly a unit fires: a unit whose firing can be foretold is one that can be understood."],
  ["variance lost", "How much of what differs from image to image a reconstruction leaves out: 0\u00a0% is exact. Also called FVU."],
  ["monosemantic", "With a single meaning; polysemantic: with several. No measure settles it alone, so there are many."],
];

/** What the sheet lists, with the letters of these pages. */
export function rows(pages) {
  const has = (name) => pages.some((page) => page.name === name);
  const only = [["j, k", has("image") ? "next, previous unit (on Image: image)" : "next, previous unit"],
    ["Enter", has("atlas") ? "open the unit that is chosen in the table or on the map" : "open the unit that is chosen in the table"]];
  return [...only, ["g, then a letter", `go to a page: ${pages.map((page) => `${page.key} ${page.title.toLowerCase()}`).join(", ")}`], ...SHELL];
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
