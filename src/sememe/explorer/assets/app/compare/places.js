// Where unit sets are compared, in words; and how far a set is from there.

import { lost } from "../panels.js";
import { number, percent } from "../ui.js";

/** What follows "where": "5 % of the variance is lost". */
export function placeName({ matched, target }) {
  if (matched === "fvu") return `${percent(target, target < 0.1 ? 0 : 1)} of the variance is lost`;
  if (matched === "l0") return `${number(target)} units fire for an item`;
  return `${percent(target, 0)} of the network\u2019s loss is recovered`;
}

/** Of a family that is not interpolated there: what stands for it, or that nothing does. */
export function beside({ status, fvu, l0 }) {
  const own = `${lost(fvu)} lost, ${number(l0)} an item`;
  return { exceeds: `as fitted: ${own}`, unreached: `never gets there (at best ${own})` }[status] ?? "";
}

/** A sentence on the families that stand as they were fitted; "" where there is none. */
export function asFitted({ matched, rows }) {
  const own = matched === "l0" ? (row) => `${number(row.l0)} an item` : (row) => `${lost(row.fvu)} lost`;
  const some = rows.filter((row) => row.status === "exceeds").map((row) => `${row.family} (${own(row)})`);
  const less = { fvu: "loses less", l0: "sparser" }[matched] ?? "recovers more";
  return some.length ? ` * ${less} however fitted, and shown as fitted: ${some.join(", ")}.` : "";
}
