// What the columns are made of: bars with ghosts, maps, and text and rows that stay where they are the same.

import { h } from "../ui.js";

/** Text that is the same is left alone, and other text keeps its node: to make one, the browser lays out anew. */
export function write(element, text) {
  const node = element.firstChild;
  if (!node) element.append(text);
  else if (node.data !== text) node.data = text;
}

/** These children in this order; those that are in their place stay untouched. */
export function arrange(parent, children) {
  const wanted = new Set(children);
  for (const child of [...parent.children]) if (!wanted.has(child)) child.remove();
  children.forEach((child, i) => {
    if (parent.children[i] !== child) parent.insertBefore(child, parent.children[i] ?? null);
  });
}

/** A bar with a ghost: the filled part is now, the outline is what was before the edit. */
export function bar(kind) {
  const fill = h("i", { class: "fill" });
  const ghost = h("i", { class: "ghost", hidden: true });
  const element = h("span", { class: `meter ${kind}` }, fill, ghost);
  return { element, set(now, before = null) {
    // Cut, not scaled: stripes stay as wide as they are.
    fill.style.clipPath = `inset(0 ${100 - 100 * Math.min(Math.abs(now), 1)}% 0 0)`;
    element.classList.toggle("below", now < 0);
    ghost.hidden = before === null;
    if (before !== null) ghost.style.width = `${100 * Math.min(Math.abs(before), 1)}%`;
  } };
}

/** What a bar was before, if an edit moved it so far that it is seen; else null, and there is no ghost. */
export const moved = (before, now) => (Math.abs(before - now) < 0.005 ? null : before);

/** A map in one colour, on its own scale. */
export function paintMap(context, image, values, [red, green, blue]) {
  let most = 1e-9;
  for (const value of values) most = Math.max(most, Math.abs(value));
  for (let i = 0; i < values.length; i++) {
    image.data.set([red, green, blue, (255 * Math.abs(values[i])) / most], 4 * i);
  }
  context.putImageData(image, 0, 0);
}

export const rgb = (css) => css.match(/[\d.]+/g).slice(0, 3).map(Number);

/** Activations of one image by neuron; of a map, the mean over its positions. */
export function strengthsOf({ shape, values }) {
  if (shape.length === 1) return values;
  const size = shape[1] * shape[2];
  return Float32Array.from({ length: shape[0] }, (_, unit) => {
    let sum = 0;
    for (let i = unit * size; i < (unit + 1) * size; i++) sum += values[i];
    return sum / size;
  });
}
