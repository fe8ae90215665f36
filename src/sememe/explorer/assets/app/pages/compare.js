// Compare: the frontier, unit sets where they match, wins beside losses, and how a neuron splits.

import { dotRows, lines, scoreRange, signedBars } from "../charts.js";
import { unitChip } from "../panels.js";
import { familyOf, heading, measureOf, measureTitle, missing } from "../pickers.js";
import { h, number, percent } from "../ui.js";

const EXACT = 1e-6; // a smaller share of variance is what rounding leaves of nothing
const NOTHING = 1e-9; // a difference of scores that rounding alone makes
const IN_ALL = "in all"; // the row of the tally
const OUTCOMES = { win: "won", loss: "lost", open: "open" };

export const title = "Compare";

export function mount(root, app) {
  const { api, store, ui } = app;
  const head = heading(app, "Compare", { sets: false });
  const body = h("div", { class: "stack compare" });
  root.append(head.element, body);
  let view = null;

  function load() {
    view = null;
    const { layer } = store.get();
    if (!store.layer()) {
      body.replaceChildren(h("p", { class: "pending", role: "alert" }, missing(app)));
      return;
    }
    ui.panel(body, () => api.get("compare", { layer }), (page, place) => {
      view = new Comparison(app, page);
      view.fill(place);
    }, { empty: "This layer has not been measured yet: let the run finish, then open this page again." });
  }
  load();
  return {
    update(selection, changed) {
      head.update();
      if (changed.has("layer") || !view) load();
      else view.update(changed);
    },
  };
}

class Comparison {
  constructor(app, page) {
    Object.assign(this, { app, page, store: app.store, ui: app.ui });
  }

  get measure() {
    const { m } = this.store.get();
    return this.page.measures.includes(m) ? m : this.page.drawn;
  }

  get place() {
    const { at } = this.store.get();
    return this.page.places.find((one) => one.key === at) ?? this.page.places.find((one) => one.key === this.page.decided_at) ?? this.page.places[0];
  }

  fill(place) {
    const { page, ui } = this;
    this.tools = h("div", { class: "tools" });
    [this.frontier, this.matched, this.duels, this.splitPlace] = Array.from({ length: 4 }, () => h("div", { class: "stack tight" }));
    this.duels.classList.add("duels");
    const words = { yes: "Yes", no: "No", mixed: "Mixed" };
    place.append(
      h("div", { class: "verdict-card card" },
        h("p", { class: "small muted" }, "Are this layer's features more monosemantic than its neurons?"),
        h("p", { class: "lead" }, h("b", {}, `${words[page.answer] ?? page.answer}. `), page.sentence.replace(/^(Yes|No|Mixed)\. /, ""))),
      this.tools,
      h("div", { class: "split" },
        ui.card("The frontier", this.frontier), ui.card("Where they match", this.matched)),
      ui.card("Wins and losses", this.duels),
      ui.card("A neuron, split into features", this.splitPlace),
    );
    this.#draw();
    this.#split();
  }

  update(changed) {
    if (changed.has("m") || changed.has("at")) this.#draw();
    if (changed.has("set") || changed.has("neuron")) this.#split();
  }

  #draw() {
    const { app, page, store, ui } = this;
    const choose = (patch) => store.set(patch, { replace: true });
    this.tools.replaceChildren(
      h("span", { class: "field" }, h("label", { class: "field" }, h("span", {}, "Measure"),
        ui.select(page.measures.map((key) => ({ value: key, label: measureTitle(app, key) })), this.measure, (m) => choose({ m }), "Measure")),
      ui.note(this.measure)),
      h("label", { class: "field" }, h("span", {}, "Where"),
        ui.select(page.places.map((one) => ({ value: one.key, label: placeName(one) })), this.place?.key, (at) => choose({ at }), "Place of comparison")));
    this.#drawFrontier();
    if (this.place) {
      this.#drawMatched();
      this.#drawDuels();
    } else {
      this.matched.replaceChildren(h("p", { class: "pending" }, "This run compares at no place."));
      this.duels.replaceChildren();
    }
  }

  #drawFrontier() {
    const { app, page } = this;
    const key = this.measure;
    const nth = counter();
    const levels = [];
    const all = [];
    const { all: everything } = this.store.get();
    const gets = new Set((this.place?.rows ?? []).filter((row) => row.kind !== "control" || row.status !== "unreached").map((row) => row.family));
    const isShown = (line) => everything === "1" || !this.place || gets.has(line.family);
    for (const line of page.lines) {
      const n = nth(line.kind);
      if (!isShown(line)) continue;
      const points = [];
      for (const point of line.points) {
        const score = point.scores[key];
        if (!score || score.value === null) continue;
        if (point.fvu < EXACT) levels.push({ y: score.value, kind: line.kind, name: `${line.family}, exact` });
        else points.push({ x: point.fvu, y: score.value, low: score.low, high: score.high,
          title: `${named(line, point)}: ${said(score)}; FVU ${number(point.fvu)}, ${number(point.l0)} firing an item` });
      }
      points.sort((a, b) => a.x - b.x);
      if (points.length) all.push({ name: line.family, kind: line.kind, nth: n, points });
    }
    const measure = measureOf(app, key);
    const scores = page.lines.filter(isShown).flatMap((line) => line.points.map((point) => point.scores[key]));
    const rows = page.lines.flatMap((line) => line.points.map((point) => ({ line, point, score: point.scores[key] }))).filter((row) => row.score);
    const left = page.lines.filter((line) => !isShown(line)).length;
    this.frontier.replaceChildren(
      left || everything === "1" ? h("label", { class: "check" }, h("input", { type: "checkbox", checked: everything === "1", onchange: (event) => {
        this.store.set({ all: event.target.checked ? "1" : null }, { replace: true });
        this.#drawFrontier();
      } }), "also the controls that never get to the compared place") : "",
      h("p", { class: "small muted" }, `${measureTitle(app, key)} against the share of variance that is lost: a line a family, swept over its sparsity, with 95\u00a0% intervals. Left is more faithful${better(measure)}.`),
      all.length || levels.length ? lines(all, { log: true, levels, label: `${measureTitle(app, key)} against fidelity, by family; the same numbers are in the table below`, height: 380,
        yRange: scoreRange(measure, scores), xLabel: "variance lost (FVU)  \u2190 more faithful", yLabel: measureTitle(app, key) }) : h("p", { class: "pending" }, "No unit set has this score."),
      this.ui.behind(() => this.ui.table([
        { title: "Units", cell: (row) => this.ui.kind(row.line.kind, named(row.line, row.point)) },
        { title: "FVU", number: true, cell: (row) => number(row.point.fvu) }, { title: "Firing an item", number: true, cell: (row) => number(row.point.l0) },
        { title: "Score", number: true, cell: (row) => this.ui.score(row.score) },
        { title: "By chance", number: true, cell: (row) => number(row.score.null) },
        { title: "Without dead", number: true, cell: (row) => number(row.score.without_dead) },
      ], rows, { caption: "The frontier", wide: true })));
  }

  #drawMatched() {
    const { app, ui, place } = this;
    const key = this.measure;
    const measure = measureOf(app, key);
    const nth = counter();
    const notes = { exceeds: place.matched === "l0" ? "sparser than asked" : "more faithful than asked", unreached: "never gets there", matched: "" };
    const rows = place.rows.map((row) => ({
      name: row.family, kind: row.kind, nth: nth(row.kind),
      score: row.status === "unreached" ? null : row.scores[key],
      note: row.status === "unreached" ? `never gets there (at best FVU ${number(row.fvu)}, ${number(row.l0)} an item)` : notes[row.status], row,
    }));
    const scores = rows.map((row) => row.score).filter(Boolean);
    this.matched.replaceChildren(
      h("p", { class: "small muted" }, `${capitalised(placeName(place))}, by interpolation along each family's own frontier. Dots are means over units with 95\u00a0% intervals, dead units counted as 0; a tick is what chance gives${better(measure)}.`),
      dotRows(rows, { range: scoreRange(measure, scores), label: `${measureTitle(app, key)} ${placeName(place)}; the same numbers are in the table below`, xLabel: measureTitle(app, key) }),
      ui.behind(() => ui.table([
        { title: "Units", cell: (row) => ui.kind(row.kind, row.name) },
        { title: "Score", number: true, cell: (row) => (row.score ? ui.score(row.score) : row.note) },
        { title: "By chance", number: true, cell: (row) => number(row.score?.null) },
        { title: "FVU", number: true, cell: (row) => number(row.row.fvu) }, { title: "Firing an item", number: true, cell: (row) => number(row.row.l0) },
        { title: "", cell: (row) => row.note },
      ], rows, { caption: `Scores ${placeName(place)}`, wide: true })));
  }

  /** A row a measure, a column a control: the difference, and in words who won. */
  #drawDuels() {
    const { app, ui, place } = this;
    const families = [...new Set(place.duels.map((duel) => duel.family))];
    const wanted = this.store.get().family;
    const family = families.includes(wanted) ? wanted : families[0];
    const own = place.duels.filter((duel) => duel.family === family);
    if (!own.length) {
      this.duels.replaceChildren(h("p", { class: "pending" }, `Nothing could be compared ${placeName(place)}: no dictionary, or no control, gets there.`));
      return;
    }
    const controls = [...new Set(own.map((duel) => duel.control))];
    const tally = (control) => own.filter((duel) => duel.control === control).reduce((t, duel) => ({ ...t, [duel.outcome]: (t[duel.outcome] ?? 0) + 1 }), {});
    // Of all that was tried, measures of the whole set as well: the tally counts what the rows show.
    const rank = (key) => app.measures.indexOf(measureOf(app, key));
    const measures = [...new Set(own.map((duel) => duel.measure))].sort((a, b) => rank(a) - rank(b));
    const groups = [...new Set(measures.map((key) => familyOf(app, key)))];
    const byFamily = groups.flatMap((group) => [{ group }, ...measures.filter((key) => familyOf(app, key) === group)]);
    const cell = (key, control) => {
      const duel = own.find((one) => one.measure === key && one.control === control);
      if (!duel) return "\u2013";
      return h("span", { class: `duel ${duel.outcome}` },
        h("b", {}, OUTCOMES[duel.outcome]), h("span", { class: "interval" }, chance(duel.p_holm)), h("span", { class: "interval" }, `${signed(small(duel.value))} [${number(small(duel.low))}, ${number(small(duel.high))}]`));
    };
    this.duels.replaceChildren(
      h("div", { class: "tools" }, families.length > 1 ? ui.chips(families.map((value) => ({ value, label: value })), family, (value) => {
        this.store.set({ family: value }, { replace: true });
        this.#drawDuels();
      }, "Dictionary") : "",
      h("p", { class: "small muted" }, `${family} less each control ${placeName(place)}: won or lost where p is below 0.05, else open. p is after Holm's correction for all tests of this dictionary at this place; below it the difference, with its 95\u00a0% interval, which is not corrected: it may leave out 0 where the outcome is open.`)),
      ui.table([
        { title: "Measure", cell: (key) => (key === IN_ALL ? h("b", {}, "in all") : ui.noted(measureTitle(app, key), key)) },
        ...controls.map((control) => ({ title: `against ${control}`, cell: (key) => {
          if (key !== IN_ALL) return cell(key, control);
          const t = tally(control);
          return h("b", {}, `${t.win ?? 0}\u00a0won, ${t.loss ?? 0}\u00a0lost, ${t.open ?? 0}\u00a0open`);
        } })),
      ], [IN_ALL, ...byFamily], { caption: `${family} against controls`, wide: true }));
  }

  // ---- a neuron as a sum of features ----------------------------------------------------------------------------

  #split() {
    const { app, store, ui } = this;
    const { layer, set } = store.get();
    const here = store.layer();
    const wanted = store.unitSet();
    const features = wanted && wanted.kind !== "neurons" ? set : here.shown;
    const neurons = store.unitSet(here.neurons);
    if (!neurons) {
      this.splitPlace.replaceChildren(h("p", { class: "pending" }, "The neurons of this layer have not been looked at yet."));
      return;
    }
    const given = Number(store.get().neuron ?? 0);
    const neuron = Number.isInteger(given) && given >= 0 && given < neurons.n_units ? given : 0;
    const result = h("div", { class: "stack" });
    const field = h("input", { type: "number", min: "0", max: String(neurons.n_units - 1), value: String(neuron), class: "bound", "aria-label": "Neuron",
      onchange: () => store.set({ neuron: field.value }, { replace: true }) });
    const step = (by, text, label) => h("button", { type: "button", class: "round", "aria-label": label,
      onclick: () => store.set({ neuron: (neuron + by + neurons.n_units) % neurons.n_units }, { replace: true }) }, text);
    const sets = here.unit_sets.filter((one) => one.kind !== "neurons").map((one) => ({ value: one.key, label: one.title, group: one.kind === "features" ? "Features" : "Controls" }));
    const focused = this.splitPlace.contains(document.activeElement) ? document.activeElement.getAttribute("aria-label") : null;
    this.splitPlace.replaceChildren(
      h("div", { class: "tools" }, h("label", { class: "field" }, h("span", {}, "Neuron"), field), step(-1, "\u2190", "Previous neuron"), step(1, "\u2192", "Next neuron"),
        h("label", { class: "field" }, h("span", {}, "into"), ui.select(sets, features, (value) => store.set({ set: value }, { replace: true }), "Components"))),
      result);
    if (focused) this.splitPlace.querySelector(`[aria-label="${CSS.escape(focused)}"]`)?.focus();
    ui.panel(result, () => app.api.get("split", { layer, set: features, neuron }), (found, el) => {
      if (found.why_not) return el.append(h("p", { class: "pending" }, found.why_not));
      const kind = store.unitSet(features).kind;
      const rows = [
        ...found.carriers.map((one) => ({ label: h("b", {}, ui.unitName({ layer, set: features, unit: one.unit })), value: one.share })),
        found.others_count && { label: `${number(found.others_count)} others`, value: found.others },
        { label: "constant", value: found.constant }, { label: "not explained", value: found.error },
      ].filter(Boolean);
      el.append(
        h("p", { class: "small muted" }, `Reconstruction adds features up, so a neuron's activation is a sum of one part a feature. Shares over ${number(found.items)} items, each counting as much as it fires the neuron; they add up to 1 exactly.`),
        h("div", { class: "split-row" },
          h("div", { class: "stack neurons" }, unitChip(app, { layer, set: here.neurons, unit: neuron }, "splits into"),
            found.profile && ui.bars(found.profile.values, { kind: "neurons", label: `Activation of neuron ${neuron} by class` })),
          h("div", { class: "split-bars" }, signedBars(rows, { limit: Math.max(...rows.map((row) => Math.abs(row.value))), label: "Shares of the neuron's activation", kind })),
          h("ul", { class: "split-features" }, found.carriers.map((one) => h("li", {}, unitChip(app, { layer, set: features, unit: one.unit }, `${percent(one.share, 0)} of the neuron`),
            one.profile && ui.bars(one.profile.values, { kind, label: "Activation by class" }))))));
    });
  }
}

function placeName(place) {
  return place.matched === "fvu" ? `at equal fidelity, ${percent(place.target, place.target < 0.1 ? 0 : 1)} of the variance lost` : `at equal sparsity, ${number(place.target)} firing an item`;
}

function counter() {
  const counts = {};
  return (kind) => {
    counts[kind] = (counts[kind] ?? -1) + 1;
    return counts[kind];
  };
}

const said = (score) => `${number(score.value)}${score.low === null ? "" : ` (95\u00a0% interval ${number(score.low)} to ${number(score.high)})`}, n = ${number(score.n)} ${score.of}`;
const named = (line, point) => [line.family, point.title].filter(Boolean).join(", ");
const chance = (p) => (p === null ? "not tested: one seed" : p < 0.001 ? "p < 0.001" : `p = ${number(p, 2)}`);
const small = (x) => (Math.abs(x) < NOTHING ? 0 : x);
const signed = (x) => (x > 0 ? `+${number(x)}` : number(x));
const capitalised = (text) => text[0].toUpperCase() + text.slice(1);
const better = (measure) => ({ true: "; higher is better", false: "; lower is better" }[measure?.higher_is_better] ?? "");
