// Marks on the map: their shape, their shade, and whether they lie in a lasso.

import { ramp } from "../panels.js";

/** A unit's mark, as everywhere: features are diamonds, all others round. */
export function trace(context, kind, x, y, radius) {
  context.beginPath();
  if (kind !== "features") context.arc(x, y, radius, 0, 7);
  else {
    const reach = 1.2 * radius;
    for (const [dx, dy] of [[0, -reach], [reach, 0], [0, reach], [-reach, 0]]) context.lineTo(x + dx, y + dy);
    context.closePath();
  }
}

/** From the dark end of the weights' ramp to the light: one direction, read without hue. */
export function shade(x) {
  return ramp(2 * Math.min(Math.max(x, 0), 1) - 1);
}

/** Whether a point lies in a loop (even-odd rule). */
export function inside([x, y], loop) {
  let within = false;
  for (let i = 0, j = loop.length - 1; i < loop.length; j = i, i += 1) {
    const [xi, yi] = loop[i];
    const [xj, yj] = loop[j];
    if (yi > y !== yj > y && x < ((xj - xi) * (y - yi)) / (yj - yi) + xi) within = !within;
  }
  return within;
}
