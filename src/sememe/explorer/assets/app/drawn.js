// The drawing of the address, seen by a unit set.

import { unpack } from "./draw/drawing.js";

/** Every unit's activation on a drawing, as the address carries it. */
export async function drawnActivations(app, { layer, set }, d) {
  const ink = unpack(d);
  if (!ink) throw new Error("The drawing in this link cannot be read.");
  const pixels = btoa(String.fromCharCode(...ink));
  return (await app.api.get("drawn", { layer, set, pixels })).activation.values;
}
