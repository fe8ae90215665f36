// Which units pass the filters of the address, and in which order.

import { idsOf } from "./ids.js";

/** A column's values by its key: a measure, "density", "class", "share", "concept" or "drawing"; null for "unit" and strangers. */
export function valuesOf(page, key, { drawn = null, best = null } = {}) {
  if (key === "density") return page.density.values;
  if (key === "class") return page.top_class?.values ?? null;
  if (key === "share") return page.top_share?.values ?? null;
  if (key === "drawing") return drawn;
  if (key === "concept") return best && alphabetical(best);
  return page.columns.find((column) => column.key === key)?.values.values ?? null;
}

/**
 * @param page the answer of /api/units
 * @param selection the address: sort, q, class, concept, m with min and max, alive, drawn, ids
 * @param known {classes: names, drawn: activations on the drawing or null, best: the answer of set-concepts or null}
 * @returns {number[]} numbers of units
 */
export function arranged(page, selection, known) {
  const tests = testsOf(page, selection, known);
  const found = [];
  for (let u = 0; u < page.density.values.length; u += 1) if (tests.every((test) => test(u))) found.push(u);
  const sort = selection.sort ?? "unit";
  const down = sort.startsWith("-");
  const values = valuesOf(page, sort.replace(/^-/, ""), known);
  if (!values) return down ? found.reverse() : found;
  return found.sort((a, b) => {
    const [x, y] = [values[a], values[b]];
    if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y) || a - b; // without a score: last
    return (down ? y - x : x - y) || a - b;
  });
}

/** The concept that a unit detects best; undefined for one that never fires. */
export const conceptOf = ({ names, best }, unit) => names[best[unit]];

/** Where each unit's concept stands in the alphabet; NaN without one. */
function alphabetical({ names, best }) {
  const sorted = [...names].sort();
  return best.map((row) => (row < 0 ? NaN : sorted.indexOf(names[row])));
}

function testsOf(page, s, known) {
  const { classes, drawn, best } = known;
  const tests = [];
  if (s.alive === "1") tests.push((u) => page.density.values[u] > 0);
  if (s.class !== undefined && page.top_class) tests.push((u) => page.top_class.values[u] === s.class);
  if (s.concept && best) tests.push((u) => conceptOf(best, u) === s.concept);
  const bounded = s.m && valuesOf(page, s.m, known);
  if (bounded) {
    const low = s.min === undefined ? -Infinity : Number(s.min);
    const high = s.max === undefined ? Infinity : Number(s.max);
    if (Number.isFinite(low) || Number.isFinite(high)) tests.push((u) => bounded[u] >= low && bounded[u] <= high);
  }
  if (s.drawn === "1" && drawn) tests.push((u) => drawn[u] !== 0);
  if (s.ids) {
    const ids = new Set(idsOf(s.ids));
    tests.push((u) => ids.has(u));
  }
  const words = (s.q ?? "").toLowerCase().trim();
  if (/^#?\d+$/.test(words)) tests.push((u) => String(u).startsWith(words.replace("#", "")));
  else if (words) {
    const has = (name) => Boolean(name?.toLowerCase().includes(words.replace(/^class /, "")));
    tests.push((u) => has(classes[page.top_class?.values[u]]) || Boolean(best && conceptOf(best, u)?.toLowerCase().includes(words)));
  }
  return tests;
}
