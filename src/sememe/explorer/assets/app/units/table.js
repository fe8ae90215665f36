// Units as a table of thousands, of which only those rows exist that are seen.

import { share } from "../panels.js";
import { measureOf, measureTitle } from "../pickers.js";
import { VisibleRows } from "../rows.js";
import { h, number, percent } from "../ui.js";
import { conceptOf, valuesOf } from "./order.js";

const ROW = 44;
const MOST_CLASSES = 20; // more are not drawn as a strip

/** @param of {app, page, where, order, columns, drawn, best, classes}; returns {element, rows} */
export function unitsTable(of) {
  const { app, order } = of;
  const { store } = app;
  const heads = headsOf(of);
  const body = h("div", { role: "rowgroup", class: "units-body" });
  const element = h("div", { class: `units-table ${store.unitSet()?.kind ?? "control"}`, role: "table", tabindex: "0", "aria-label": "Units; j and k move, Enter opens",
    "aria-rowcount": String(order.length + 1), "aria-colcount": String(heads.length), style: { "--columns": String(heads.length) } },
  h("div", { role: "rowgroup", class: "units-header" }, header(of, heads)), body);
  const rows = new VisibleRows(element, body, { height: ROW, count: () => order.length, make: (i) => row(of, heads, i) });
  return { element, rows };
}

function headsOf({ app, page, columns, drawn, best }) {
  const list = [{ key: "unit", label: "Unit", first: "ascending" }, { key: "density", label: "Density", note: "density" }];
  if (page.top_class) list.push({ key: "share", label: "Most active class" });
  if (best) list.push({ key: "concept", label: "Best concept", first: "ascending" });
  if (drawn) list.push({ key: "drawing", label: "On my drawing" });
  return [...list, ...columns.map((key) => ({
    key, label: measureTitle(app, key), note: key, isLowGood: app.ui.isLowGood(key), first: app.ui.isLowGood(key) ? "ascending" : undefined,
    axis: axisOf(measureOf(app, key)?.range, valuesOf(page, key)),
  }))];
}

/** Where a column's bars end: 0 or its least score, and the greatest that there can be. Null: no bars, it has no end. */
function axisOf(range, values) {
  if (!range || range[0] === null || range[1] === null) return null;
  let least = 0;
  for (const value of values) if (value < least) least = value;
  return [least, Math.max(range[1], 0)];
}

function header({ app }, heads) {
  const { store, ui } = app;
  const sort = store.get().sort ?? "unit";
  return h("div", { role: "row", class: "units-row units-head", "aria-rowindex": "1" }, heads.map((one) => {
    const state = sort.replace(/^-/, "") === one.key ? (sort.startsWith("-") ? "descending" : "ascending") : "none";
    const next = state === "descending" || (state === "none" && one.first) ? one.key : `-${one.key}`;
    return h("span", { role: "columnheader", "aria-sort": state },
      h("button", { type: "button", class: "sort", title: `Sort by ${one.label}`, onclick: () => store.set({ sort: next }, { replace: true }) },
        h("span", {}, one.label, one.isLowGood ? app.ui.direction(one.key) : ""), h("i", { "aria-hidden": "true" }, { ascending: "\u2191", descending: "\u2193", none: "" }[state])),
      one.note ? ui.note(one.note) : "");
  }));
}

function row(of, heads, i) {
  const { app, where, order } = of;
  const { store, ui } = app;
  const unit = order[i];
  const isChosen = store.get().unit === unit;
  const cells = heads.map((head) => {
    if (head.key === "unit") {
      return h("span", { role: "rowheader", class: "units-name" }, ui.thumb({ ...where, unit }),
        h("a", { href: store.link({ page: "unit", unit }), class: "unit-link", tabindex: "-1" }, ui.unitName({ ...where, unit })));
    }
    return cell(of, head, unit);
  });
  return h("div", { role: "row", class: `units-row${isChosen ? " chosen" : ""}`, "aria-rowindex": String(i + 2), "aria-selected": String(isChosen),
    onclick: (event) => {
      if (!event.target.closest("a")) store.set({ page: "unit", unit });
    } }, cells);
}

function cell({ page, drawn, best, classes }, { key, axis }, unit) {
  if (key === "density") return h("span", { role: "cell", class: "number" }, page.density.values[unit] ? share(page.density.values[unit]) : "never fires");
  if (key === "share") return h("span", { role: "cell" }, classOf(page, classes, unit));
  if (key === "concept") {
    const name = conceptOf(best, unit) ?? "\u2013";
    return h("span", { role: "cell", title: name }, h("span", { class: "units-concept" }, name));
  }
  const value = valuesOf(page, key, { drawn })[unit];
  const column = page.columns.find((one) => one.key === key);
  const [low, high] = [column?.low?.values[unit], column?.high?.values[unit]];
  return h("span", { role: "cell", class: "number" },
    h("span", { class: "units-value" }, h("span", {}, Number.isFinite(value) ? number(value) : "\u2013"),
      Number.isFinite(low) ? h("span", { class: "interval" }, `[${number(low)}, ${number(high)}]`) : ""),
    axis && Number.isFinite(value) ? meter(value, axis) : "");
}

/** A bar from 0: below it to the left and hatched. One element and no more, as all of a row. */
function meter(value, [low, high]) {
  const at = (v) => Math.min(Math.max((v - low) / (high - low), 0), 1);
  const [from, to] = [at(Math.min(value, 0)), at(Math.max(value, 0))];
  const wide = to - from;
  // CSS places a background by the share of the room that it leaves.
  return h("i", { class: `meter${value < 0 ? " minus" : ""}${low < 0 ? " signed" : ""}`, "aria-hidden": "true",
    style: { "--wide": `${100 * wide}%`, "--from": `${wide < 1 ? (100 * from) / (1 - wide) : 0}%`, "--zero": `${100 * at(0)}%` } });
}

function classOf(page, classes, unit) {
  const top = page.top_class.values[unit];
  if (top < 0) return "\u2013";
  const said = `${classes[top]}, ${percent(page.top_share.values[unit], 0)}`;
  const n = classes.length;
  if (!page.shares || n > MOST_CLASSES) return said;
  const own = page.shares.values.subarray(unit * n, (unit + 1) * n);
  const largest = page.top_share.values[unit] || 1;
  // One element and no more: a row is drawn in a fraction of a millisecond.
  const stops = [];
  own.forEach((part, c) => {
    const [a, b] = [(100 * c) / n, (100 * (c + 1)) / n];
    const shade = `color-mix(in srgb, var(--accent) ${Math.round((100 * part) / largest)}%, var(--sunken))`;
    stops.push(`${shade} ${a}% ${b - 1.5}%`, `transparent ${b - 1.5}% ${b}%`);
  });
  return [h("span", {}, said), h("i", { class: "class-strip", "aria-hidden": "true", style: { background: `linear-gradient(to right, ${stops.join(",")})` },
    title: [...own].map((part, c) => `${classes[c]}: ${percent(part, 0)}`).join("\n") })];
}
