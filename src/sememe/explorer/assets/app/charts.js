// Small charts in SVG, in the page's own colours: they follow the theme by themselves.
// Each has a table or a sentence behind it, which its page supplies.

import { h, number } from "./ui.js";

const SMALL = 0.1; // shares that are all smaller get an axis of their own

/**
 * Width of a chart in its own units: those of the screen, so that letters have the same size in all of them.
 * `share` is its card's of the page, where cards stand side by side.
 */
export function fitted(share = 0.5) {
  const room = innerWidth >= 1024 ? (Math.min(innerWidth, 1536) - 80) * share - 45 : innerWidth - 72;
  return Math.round(Math.max(280, room));
}

/** A linear or logarithmic scale from values to pixels. */
export function scale([low, high], [from, to], { log = false } = {}) {
  const f = log ? Math.log10 : (x) => x;
  const span = f(high) - f(low) || 1;
  const place = (x) => from + ((f(x) - f(low)) / span) * (to - from);
  place.invert = (pixel) => {
    const value = f(low) + ((pixel - from) / (to - from)) * span;
    return log ? 10 ** value : value;
  };
  place.domain = [low, high];
  return place;
}

/** Round numbers within a range, about `count` of them. */
export function ticks(low, high, count = 5) {
  if (!(high > low)) return [low];
  const raw = (high - low) / count;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].find((m) => m * power >= raw) * power;
  const found = [];
  for (let x = Math.ceil(low / step - 1e-9) * step; x <= high + 1e-9 * step; x += step) found.push(Math.abs(x) < step * 1e-9 ? 0 : x);
  return found;
}

export function logTicks(low, high) {
  const found = [];
  const mantissas = Math.log10(high / low) < 1.7 ? [1, 2, 5] : [1];
  for (let e = Math.floor(Math.log10(low)); e <= Math.ceil(Math.log10(high)); e += 1) {
    for (const m of mantissas) if (m * 10 ** e >= low * 0.999 && m * 10 ** e <= high * 1.001) found.push(m * 10 ** e);
  }
  return found;
}

/** A mark for a kind of units: round, diamond, hollow; the n-th of its kind differs in shape or filling. */
export function mark(kind, x, y, { nth = 0, size = 4.5, title = "" } = {}) {
  const tip = title && h("title", { svg: true }, title);
  const attributes = { class: `mark ${kind}${nth % 2 || kind === "control" ? " hollow" : ""}` };
  if (kind === "neurons") return h("circle", { ...attributes, cx: x, cy: y, r: size }, tip);
  const s = size * 1.15;
  const shapes = kind === "features"
    ? [`M${x} ${y - s}L${x + s} ${y}L${x} ${y + s}L${x - s} ${y}Z`]
    : [
      `M${x - size} ${y}a${size} ${size} 0 1 0 ${2 * size} 0a${size} ${size} 0 1 0 ${-2 * size} 0Z`,
      `M${x - size} ${y - size}h${2 * size}v${2 * size}h${-2 * size}Z`,
      `M${x} ${y - s}L${x + s} ${y + size}L${x - s} ${y + size}Z`,
      `M${x - s} ${y - size}L${x + s} ${y - size}L${x} ${y + s}Z`,
      `M${x - s} ${y - s / 3}h${(2 * s) / 3}v${(-2 * s) / 3}h${(2 * s) / 3}v${(2 * s) / 3}h${(2 * s) / 3}v${(2 * s) / 3}h${(-2 * s) / 3}v${(2 * s) / 3}h${(-2 * s) / 3}v${(-2 * s) / 3}h${(-2 * s) / 3}Z`,
      `M${x - s} ${y}L${x - s / 2} ${y - s}L${x + s / 2} ${y - s}L${x + s} ${y}L${x + s / 2} ${y + s}L${x - s / 2} ${y + s}Z`,
      `M${x - s} ${y - size}L${x + s} ${y + size}L${x + s} ${y - size}L${x - s} ${y + size}Z`,
    ];
  return h("path", { ...attributes, d: shapes[nth % shapes.length] }, tip);
}

/** Firings by activation, stacked by class, that with most activation at the foot; a range is brushed by dragging. */
export function histogram({ edges, counts, labels, chosen = null, range = null, onRange = null, width = fitted(0.55), height = 210 }) {
  const [classes, bins] = counts.shape;
  const pad = { left: 40, right: 8, top: 18, bottom: 38 };
  const at = (c, b) => counts.values[c * bins + b];
  const mass = Array.from({ length: classes }, (_, c) => Array.from({ length: bins }, (__, b) => at(c, b) * Math.abs(edges[b] + edges[b + 1])).reduce((a, m) => a + m, 0));
  const shown = Array.from({ length: classes }, (_, c) => c).filter((c) => chosen === null || c === chosen);
  shown.sort((a, b) => mass[b] - mass[a]);
  const totals = Array.from({ length: bins }, (_, b) => shown.reduce((all, c) => all + at(c, b), 0));
  const [low, high] = [edges[0], edges[edges.length - 1]];
  const x = scale([low, high], [pad.left, width - pad.right]);
  const largest = Math.max(...totals, 1);
  const foot = height - pad.bottom;
  // Square roots: a few strong firings stay visible beside thousands of weak ones, and the axis says so.
  const y = (count) => (foot - pad.top) * Math.sqrt(count / largest);
  const svg = h("svg", { class: "chart histogram", viewBox: `0 0 ${width} ${height}`, role: "img",
    "aria-label": "Firings by activation and class; the same numbers are in the table below" });
  for (const tick of rootTicks(largest)) {
    svg.append(h("line", { class: "grid", x1: pad.left, x2: width - pad.right, y1: foot - y(tick), y2: foot - y(tick) }),
      h("text", { class: "tick", x: pad.left - 6, y: foot - y(tick) + 4, "text-anchor": "end" }, tickText(tick)));
  }
  for (let b = 0; b < bins; b += 1) {
    const left = x(edges[b]) + 0.5;
    const wide = Math.max(1, x(edges[b + 1]) - x(edges[b]) - 1);
    let base = foot;
    shown.forEach((c, rank) => {
      const count = at(c, b);
      if (!count) return;
      const part = (y(totals[b]) * count) / totals[b];
      base -= part;
      svg.append(h("rect", { class: rank ? `rank-${1 + (rank % 2)}` : "rank-0", x: left, y: base, width: wide, height: Math.max(0.5, part) },
        h("title", { svg: true }, `${labels[c] ?? ""}: ${count} of ${totals[b]} firings from ${number(edges[b])} to ${number(edges[b + 1])}`)));
      if (part >= 12 && wide >= 9) {
        svg.append(h("text", { class: rank ? "class-name" : "class-name on-full", x: left + wide / 2, y: base + part / 2 + 3.5, "text-anchor": "middle", "aria-hidden": "true" }, labels[c] ?? ""));
      }
    });
  }
  for (const tick of ticks(low, high, 6)) {
    svg.append(h("text", { class: "tick", x: x(tick), y: foot + 15, "text-anchor": "middle" }, tickText(tick)));
  }
  svg.append(h("text", { class: "axis-title", x: pad.left, y: height - 4 }, "activation"),
    h("text", { class: "axis-title", x: 0, y: 11 }, "firings, by their square root"));
  svg.append(h("line", { class: "axis", x1: pad.left, x2: width - pad.right, y1: height - pad.bottom, y2: height - pad.bottom }));
  const brush = h("rect", { class: "brush", y: pad.top, height: foot - pad.top, x: 0, width: 0 });
  svg.append(brush);
  const show = (range_) => {
    if (!range_) brush.setAttribute("width", 0);
    else {
      const [from, to] = range_.map((end) => x(Math.min(Math.max(end, low), high))); // a typed end may lie beyond the axis
      brush.setAttribute("x", Math.min(from, to));
      brush.setAttribute("width", Math.abs(to - from));
    }
  };
  show(range);
  if (onRange) brushing(svg, width, (a, b, done) => {
    const ends = [a, b].map((p) => Math.min(Math.max(x.invert(p), low), high)).sort((p, q) => p - q);
    const wide = Math.abs(a - b) > 3;
    show(wide ? ends : null);
    if (done) onRange(wide ? ends : null);
  });
  return svg;
}

function brushing(svg, width, act) {
  let from = null;
  const at = (event) => ((event.clientX - svg.getBoundingClientRect().left) / svg.getBoundingClientRect().width) * width;
  svg.addEventListener("pointerdown", (event) => {
    if (event.button) return;
    from = at(event);
    svg.setPointerCapture(event.pointerId);
    event.preventDefault();
  });
  svg.addEventListener("pointermove", (event) => from !== null && act(from, at(event), false));
  svg.addEventListener("pointerup", (event) => {
    if (from === null) return;
    act(from, at(event), true);
    from = null;
  });
  svg.addEventListener("pointercancel", () => { from = null; });
}

/** Signed bars from a middle line, one a row: rows [{label, value, low, high, strong}]. */
export function signedBars(rows, { limit = null, label = "", kind = "control" } = {}) {
  const largest = limit ?? Math.max(...rows.flatMap((row) => [row.value, row.low, row.high]).map((v) => Math.abs(v)).filter(Number.isFinite), 1e-9);
  const at = (v) => `${50 + (50 * Math.min(Math.max(v / largest, -1), 1))}%`;
  return h("div", { class: `signed-bars ${kind}`, role: "list", "aria-label": label },
    rows.map((row) => h("div", { class: `signed-row${row.strong ? " strong" : ""}`, role: "listitem" },
      h("span", { class: "signed-label" }, row.label),
      h("span", { class: "signed-track", "aria-hidden": "true" },
        Number.isFinite(row.value) && h("i", { class: row.value < 0 ? "bar down" : "bar up", style: row.value < 0
          ? { left: at(row.value), right: "50%" } : { left: "50%", right: `calc(100% - ${at(row.value)})` } }),
        Number.isFinite(row.low) && row.low !== row.high && h("i", { class: "whisker", style: { left: at(row.low), right: `calc(100% - ${at(row.high)})` } })),
      h("span", { class: "signed-value" }, row.value > 0 ? `+${number(row.value)}` : number(row.value)))));
}

/** A bar from 0 to a value on an axis that holds 0: to the right and plain above it, to the left and hatched below. */
export function signedTrack(value, [low, high]) {
  const at = (v) => (100 * (Math.min(Math.max(v, low), high) - low)) / (high - low);
  const [from, to] = value < 0 ? [at(value), at(0)] : [at(0), at(value)];
  return h("span", { class: "signed-track", "aria-hidden": "true", style: { "--zero": `${at(0)}%` } },
    h("i", { class: value < 0 ? "bar down" : "bar up", style: { left: `${from}%`, right: `${100 - to}%` } }));
}

/** A matrix of signed numbers as coloured cells with the numbers in them; a table to everyone. */
export function matrix({ shape, values }, { rows, columns, corner = "", caption, title = null, digits = 2 }) {
  const [down, across] = shape;
  let limit = 1e-9;
  for (const v of values) if (Number.isFinite(v)) limit = Math.max(limit, Math.abs(v));
  const cell = (r, c) => {
    const v = values[r * across + c];
    if (!Number.isFinite(v)) return h("td", { class: "none" }, "\u2013");
    const share = Math.abs(v) / limit;
    const said = Math.abs(v) < 0.005 ? "0" : number(v, digits);
    return h("td", { class: v < 0 ? "minus" : "plus", style: { "--share": `${Math.round(100 * share)}%` }, title: title?.(r, c) ?? "" }, said);
  };
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    h("table", { class: "matrix" },
      h("caption", { class: "visually-hidden" }, caption),
      h("thead", {}, h("tr", {}, h("th", { scope: "col" }, corner), columns.map((name) => h("th", { scope: "col" }, name)))),
      h("tbody", {}, Array.from({ length: down }, (_, r) =>
        h("tr", {}, h("th", { scope: "row" }, rows[r]), Array.from({ length: across }, (__, c) => cell(r, c)))))));
}

/**
 * Lines over one axis: lines [{name, kind, nth, points: [{x, y, low, high, title}], dashed}].
 * Names stand at the lines' ends where there is room, else in the page's legend.
 */
export function lines(all, { height = 300, log = false, yRange = null, xLabel = "", yLabel = "", label = "", named = true, levels = [], xTicks = null, xText = tickText }) {
  const points = all.flatMap((line) => line.points);
  const width = fitted();
  const pad = { left: 44, right: named ? Math.min(158, width / 2.3) : 16, top: yLabel ? 26 : 12, bottom: 40 };
  const xs = points.map((p) => p.x);
  let xRange = [Math.min(...xs), Math.max(...xs)];
  if (log) xRange = [xRange[0] / 1.15, xRange[1] * 1.15];
  else if (xRange[0] === xRange[1]) xRange = [xRange[0] - 1, xRange[1] + 1];
  const ys = [...points.flatMap((p) => [p.y, p.low, p.high]), ...levels.map((l) => l.y)].filter(Number.isFinite);
  const [low, high] = yRange ?? [Math.min(...ys), Math.max(...ys)];
  const margin = yRange ? 0 : 0.06 * (high - low || 1);
  const x = scale(xRange, [pad.left, width - pad.right], { log });
  const y = scale([low - margin, high + margin], [height - pad.bottom, pad.top]);
  const svg = h("svg", { class: "chart lines", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label });
  for (const tick of ticks(y.domain[0], y.domain[1], 5)) {
    svg.append(h("line", { class: tick === 0 ? "axis" : "grid", x1: pad.left, x2: width - pad.right, y1: y(tick), y2: y(tick) }),
      h("text", { class: "tick", x: pad.left - 8, y: y(tick) + 4, "text-anchor": "end" }, tickText(tick)));
  }
  for (const tick of xTicks ?? (log ? logTicks(...x.domain) : ticks(...x.domain, 6))) {
    svg.append(h("line", { class: "grid", x1: x(tick), x2: x(tick), y1: pad.top, y2: height - pad.bottom }),
      h("text", { class: "tick", x: x(tick), y: height - pad.bottom + 16, "text-anchor": "middle" }, xText(tick)));
  }
  if (xLabel) svg.append(h("text", { class: "axis-title", x: pad.left, y: height - 6 }, xLabel));
  if (yLabel) svg.append(h("text", { class: "axis-title", x: 0, y: 12 }, yLabel));
  const names = [];
  for (const level of levels) {
    svg.append(h("line", { class: `level ${level.kind}`, x1: pad.left, x2: width - pad.right, y1: y(level.y), y2: y(level.y) }));
    names.push({ y: y(level.y), text: level.name, kind: level.kind });
  }
  for (const line of all) {
    const known = line.points.filter((p) => Number.isFinite(p.y));
    if (!known.length) continue;
    const banded = known.filter((p) => Number.isFinite(p.low) && Number.isFinite(p.high));
    if (banded.length > 1) {
      const path = [...banded.map((p) => `${x(p.x)} ${y(p.high)}`), ...banded.reverse().map((p) => `${x(p.x)} ${y(p.low)}`)];
      svg.append(h("path", { class: `band ${line.kind}`, d: `M${path.join("L")}Z` }));
    }
    svg.append(h("path", { class: `line ${line.kind} dash-${(line.nth ?? 0) % 4}`, d: `M${known.map((p) => `${x(p.x)} ${y(p.y)}`).join("L")}` }));
    if (line.marks !== false) for (const p of known) svg.append(mark(line.kind, x(p.x), y(p.y), { nth: line.nth, title: p.title }));
    const end = known.reduce((a, b) => (b.x > a.x ? b : a));
    names.push({ y: y(end.y), text: line.name, kind: line.kind, nth: line.nth });
  }
  if (named) placeNames(svg, names, width - pad.right + 8, pad.top, height - pad.bottom);
  return svg;
}

/** Names at the right edge, pushed apart until none overlap. */
function placeNames(svg, names, left, top, bottom) {
  const step = 15;
  const sorted = names.sort((a, b) => a.y - b.y);
  let last = top - step;
  for (const name of sorted) last = name.at = Math.max(name.y, last + step);
  for (let i = sorted.length - 1, limit = bottom; i >= 0; i -= 1) {
    limit = sorted[i].at = Math.min(sorted[i].at, limit);
    limit -= step;
  }
  for (const name of sorted) {
    const isLevel = name.nth === undefined;
    svg.append(isLevel ? h("line", { class: `level ${name.kind}`, x1: left - 2, x2: left + 10, y1: name.at, y2: name.at }) : mark(name.kind, left + 4, name.at, { nth: name.nth, size: 3.5 }),
      h("text", { class: `line-name ${name.kind}`, x: left + 15, y: name.at + 4 }, name.text));
  }
}

/** Rows of dots with intervals over one axis: rows [{name, kind, nth, score, note}]; a star at the name of one that has a note and a score. */
export function dotRows(rows, { range, label = "", xLabel = "" }) {
  const width = fitted();
  const step = 26;
  const pad = { left: 168, right: 14, top: 4, bottom: xLabel ? 40 : 22 };
  const height = pad.top + pad.bottom + step * rows.length;
  const x = scale(range, [pad.left, width - pad.right]);
  const svg = h("svg", { class: "chart dots", viewBox: `0 0 ${width} ${height}`, role: "img", "aria-label": label });
  for (const tick of ticks(range[0], range[1], 5)) {
    svg.append(h("line", { class: tick === 0 ? "axis" : "grid", x1: x(tick), x2: x(tick), y1: pad.top, y2: height - pad.bottom }),
      h("text", { class: "tick", x: x(tick), y: height - pad.bottom + 16, "text-anchor": "middle" }, tickText(tick)));
  }
  if (xLabel) svg.append(h("text", { class: "axis-title", x: width < 480 ? 0 : pad.left, y: height - 4 }, xLabel));
  rows.forEach((row, i) => {
    const y = pad.top + step * (i + 0.5);
    svg.append(h("text", { class: `row-name ${row.kind}`, x: pad.left - 10, y: y + 4.5, "text-anchor": "end" }, row.note && row.score ? `${row.name}*` : row.name));
    if (!row.score || !Number.isFinite(row.score.value)) {
      svg.append(h("text", { class: "tick", x: pad.left + 4, y: y + 4 }, (width < 480 ? row.note?.split(" (")[0] : row.note) ?? "not defined"));
      return;
    }
    const { value, low, high } = row.score;
    if (Number.isFinite(row.score.null)) svg.append(h("line", { class: "chance", x1: x(row.score.null), x2: x(row.score.null), y1: y - 7, y2: y + 7 }));
    if (Number.isFinite(low)) svg.append(h("line", { class: `whisker ${row.kind}`, x1: x(low), x2: x(high), y1: y, y2: y }));
    const said = `${row.name}: ${number(value)}${Number.isFinite(low) ? `, 95\u00a0% interval ${number(low)} to ${number(high)}` : ""}${row.score.n ? `, n = ${number(row.score.n)} ${row.score.of}` : ""}${row.note ? `; ${row.note}` : ""}`;
    svg.append(mark(row.kind, x(value), y, { nth: row.nth, title: said, size: 5 }));
  });
  return svg;
}

/** The range of an axis: all of a share's, unless its scores are so small that they would all lie at the left edge; else from the data. */
export function scoreRange(measure, scores) {
  const ends = scores.flatMap((s) => [s?.value, s?.low, s?.high, s?.null]).filter(Number.isFinite);
  const [low, high] = measure?.range ?? [null, null];
  if (low === 0 && high === 1 && Math.max(...ends) > SMALL) return [0, 1];
  const found = [Math.min(0, ...ends), Math.max(0, ...ends)];
  const margin = 0.04 * (found[1] - found[0] || 1);
  return [found[0] < 0 ? found[0] - margin : 0, found[1] + margin];
}

/** Two or three round counts for an axis of square roots. */
function rootTicks(largest) {
  const found = [];
  for (let power = 1; power <= largest; power *= 10) for (const m of [1, 2, 5]) if (m * power <= largest) found.push(m * power);
  const apart = [];
  for (const count of found.reverse()) {
    if (!apart.length || Math.sqrt(apart.at(-1) / largest) - Math.sqrt(count / largest) > 0.24) apart.push(count);
  }
  return apart;
}

/** Ticks are round: as few digits as they need. */
function tickText(x) {
  return Math.abs(x) >= 1e5 || (x !== 0 && Math.abs(x) < 1e-4) ? number(x) : String(Number(x.toPrecision(6))).replace("-", "\u2212");
}
