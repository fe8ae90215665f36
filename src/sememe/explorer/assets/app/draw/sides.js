// An answer has two sides, before the edits and with them; and what a unit does on each, in words.

import { number } from "../ui.js";

const LEAST = 0.005; // of a logit that is spoken of

/** The parts of an answer as they were before the edits, or as they are with them. */
export function side(answer, isEdited) {
  const of = (name) => answer[isEdited ? `${name}_after` : name];
  return {
    layers: isEdited ? { ...answer.layers, ...answer.layers_after } : answer.layers,
    strength: of("strength").values, maps: of("maps"), edges: of("edges"), unitEffects: of("unit_effects"),
    neuronEffects: of("neuron_effects"), logits: of("logits").values, probabilities: of("probabilities").values, firing: of("firing"),
  };
}

/** Whether an answer has edits in it. */
export const isEdited = (answer) => Object.keys(answer.layers_after ?? {}).length > 0;

/** Both sides; `now` is `before` where nothing is edited. */
export function sides(answer, hasEdits = isEdited(answer)) {
  const before = side(answer, false);
  return { before, now: hasEdits ? side(answer, true) : before };
}

/** One unit's effects on the logits from a table of them; null where the table has no such row. */
export function effectsOf({ shape: [rows, classes], values }, row) {
  return row >= 0 && row < rows ? values.subarray(row * classes, (row + 1) * classes) : null;
}

/** An activation: "1.0", which is a measurement, rather than "1"; no more than two decimals. */
export function amount(x) {
  const size = Math.abs(x);
  if (x === 0 || size >= 9.5) return number(Math.round(x));
  if (size < 0.005) return "\u2248 0";
  return x.toFixed(size < 0.995 ? 2 : 1).replace("-", "\u2212");
}

export const signed = (x) => `${x >= 0 ? "+" : ""}${number(x, 2)}`;

/** "+3.1 for 8, \u22121.2 for 3": the two logits that a unit moves most. */
function pushes(effects, labels) {
  const order = [...effects.keys()].sort((a, b) => Math.abs(effects[b]) - Math.abs(effects[a])).slice(0, 2);
  return order.filter((c) => Math.abs(effects[c]) >= LEAST).map((c) => `${signed(effects[c])} for ${labels[c]}`).join(", ") || "moves no logit";
}

/** The same with what an edit did to it: "gave +3.1 for 8, now 0", of a unit that is held or that moves nothing any more. */
export function pushesNow(before, now, labels, isHeld) {
  const size = (effects) => Math.max(...effects.map(Math.abs));
  if (before === now || size(before) < LEAST || !(isHeld || size(now) < LEAST)) return pushes(now, labels);
  const most = [...before.keys()].reduce((best, c) => (Math.abs(before[c]) > Math.abs(before[best]) ? c : best), 0);
  return `gave ${signed(before[most])} for ${labels[most]}, now ${Math.abs(now[most]) < LEAST ? "0" : signed(now[most])}`;
}
