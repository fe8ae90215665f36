// Compare: the verdict, the frontier, unit sets where they match, wins beside losses, and how a neuron splits.
//
// The address may name a card to begin with: card=verdict, frontier, matched, wins or split.

import { dotRows, lines, scoreRange } from "../charts.js";
import { asFitted, beside, placeName } from "../compare/places.js";
import { Split } from "../compare/split.js";
import { verdict } from "../compare/verdict.js";
import { isExact, lost } from "../panels.js";
import { familyOf, heading, measureOf, measureTitle, missing } from "../pickers.js";
import { h, number } from "../ui.js";

const IN_ALL = "in all"; // the row of the tally
const OUTCOME = { win: "won", loss: "lost", open: "open" }; // of a test, as the tally calls it

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
    const { app, page, ui } = this;
    this.tools = h("div", { class: "tools" });
    [this.frontier, this.matched, this.duels, this.splitPlace] = Array.from({ length: 4 }, () => h("div", { class: "stack tight" }));
    this.duels.classList.add("duels");
    this.split = new Split(app, this.splitPlace);
    const card = (id, title, content) => {
      const made = ui.card(title, content);
      made.id = id;
      return made;
    };
    place.append(
      verdict({ app, page }),
      this.tools,
      h("div", { class: "split" }, card("frontier", "The frontier", this.frontier), card("matched", "Where they match", this.matched)),
      card("wins", "Wins and losses", this.duels),
      card("split", "A neuron, split into features", this.splitPlace),
    );
    this.#draw();
    this.#goToCard();
    this.split.draw().then(() => this.#goToCard()); // only now is the last card as tall as it will be
  }

  update(changed) {
    if (changed.has("m") || changed.has("at")) this.#draw();
    if (changed.has("set") || changed.has("neuron")) this.split.draw();
    if (changed.has("card")) this.#goToCard();
  }

  #goToCard() {
    const { card } = this.store.get();
    if (card && /^[a-z]+$/.test(card)) document.querySelector(`.compare #${card}`)?.scrollIntoView({ block: "start" });
  }

  #draw() {
    const { app, page, store, ui } = this;
    const choose = (patch) => store.set(patch, { replace: true });
    this.tools.replaceChildren(
      h("span", { class: "field" }, h("label", { class: "field" }, h("span", {}, "Measure"),
        ui.select(page.measures.map((key) => ({ value: key, label: withDirection(app, key) })), this.measure, (m) => choose({ m }), "Measure")),
      ui.note(this.measure)),
      h("label", { class: "field" }, h("span", {}, "Where"),
        ui.select(page.places.map((one) => ({ value: one.key, label: placeName(one) })), this.place?.key, (at) => choose({ at }), "Where families are compared")));
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
        if (isExact(point.fvu)) levels.push({ y: score.value, kind: line.kind, name: `${line.family}, exact` });
        else points.push({ x: point.fvu, y: score.value, low: score.low, high: score.high,
          title: `${named(line, point)}: ${said(score)}; ${lost(point.fvu)} of the variance lost, ${number(point.l0)} firing an item` });
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
      h("p", { class: "small muted" }, `Sparser units look purer but lose more of the layer: each line is a family, fitted from dense to sparse, with 95\u00a0% intervals. Left is less lost${better(measure)}.`),
      all.length || levels.length ? lines(all, { log: true, levels, label: `${measureTitle(app, key)} against the variance lost, by family; the same numbers are in the table below`, height: 380,
        yRange: scoreRange(measure, scores), xLabel: "variance lost", xText: (fvu) => `${Number((100 * fvu).toPrecision(3))} %`, yLabel: withDirection(app, key) }) : h("p", { class: "pending" }, "No unit set has this score."),
      this.ui.behind(() => this.ui.table([
        { title: "Units", cell: (row) => this.ui.kind(row.line.kind, named(row.line, row.point)) },
        { title: this.ui.noted("Variance lost", "fvu"), number: true, cell: (row) => lost(row.point.fvu) }, { title: "Firing an item", number: true, cell: (row) => number(row.point.l0) },
        { title: withDirection(app, key), number: true, cell: (row) => this.ui.score(row.score) },
        { title: "By chance", number: true, cell: (row) => number(row.score.null) },
        { title: "Without dead", number: true, cell: (row) => number(row.score.without_dead) },
      ], rows, { caption: "The frontier", wide: true })));
  }

  #drawMatched() {
    const { app, ui, place } = this;
    const key = this.measure;
    const measure = measureOf(app, key);
    const nth = counter();
    const rows = place.rows.map((row) => ({
      name: row.family, kind: row.kind, nth: nth(row.kind),
      score: row.status === "unreached" ? null : row.scores[key],
      note: beside(row), row,
    }));
    const scores = rows.map((row) => row.score).filter(Boolean);
    this.matched.replaceChildren(
      h("p", { class: "small muted" }, `Where ${placeName(place)}: each family by interpolation between its own two nearest fits.${asFitted(place)} Dots are means over units with 95\u00a0% intervals, dead units counted as ${measure?.higher_is_better === false ? "the worst" : "0"}; a tick is what chance gives${better(measure)}.`),
      dotRows(rows, { range: scoreRange(measure, scores), label: `${measureTitle(app, key)} where ${placeName(place)}; the same numbers are in the table below`, xLabel: withDirection(app, key) }),
      ui.behind(() => ui.table([
        { title: "Units", cell: (row) => ui.kind(row.kind, row.name) },
        { title: withDirection(app, key), number: true, cell: (row) => (row.score ? ui.score(row.score) : row.note) },
        { title: "By chance", number: true, cell: (row) => number(row.score?.null) },
        { title: ui.noted("Variance lost", "fvu"), number: true, cell: (row) => lost(row.row.fvu) }, { title: "Firing an item", number: true, cell: (row) => number(row.row.l0) },
        { title: "", cell: (row) => (row.score ? row.note : "") },
      ], rows, { caption: `Scores where ${placeName(place)}`, wide: true })));
  }

  /** A row a measure, a column a control: the difference, and in words who won. */
  #drawDuels() {
    const { app, page, ui, place } = this;
    const families = [...new Set(place.duels.map((duel) => duel.family))];
    const wanted = this.store.get().family;
    const family = [wanted, page.about].find((one) => families.includes(one)) ?? families[0];
    const own = place.duels.filter((duel) => duel.family === family);
    if (!own.length) {
      this.duels.replaceChildren(h("p", { class: "pending" }, `Nothing could be compared where ${placeName(place)}: no dictionary, or no control, gets there.`));
      return;
    }
    const tallies = new Map(place.tallies.filter((one) => one.family === family).map((one) => [one.control, one]));
    const controls = [...tallies.keys()]; // the neurons first
    const rank = (key) => app.measures.indexOf(measureOf(app, key));
    const measures = [...new Set(own.map((duel) => duel.measure))].sort((a, b) => rank(a) - rank(b));
    const groups = [...new Set(measures.map((key) => familyOf(app, key)))];
    const byFamily = groups.flatMap((group) => [{ group }, ...measures.filter((key) => familyOf(app, key) === group)]);
    const cell = (key, control) => {
      const duel = own.find((one) => one.measure === key && one.control === control);
      if (!duel) return "\u2013";
      const outcome = OUTCOME[duel.outcome];
      return h("span", { class: `duel ${outcome}` },
        h("b", {}, outcome), h("span", { class: `interval${duel.p_holm === null ? " untested" : ""}` }, chance(duel.p_holm)), h("span", { class: "interval" }, `${duel.value > 0 ? "+" : ""}${short(duel.value)} [${short(duel.low)}, ${short(duel.high)}]`));
    };
    this.duels.replaceChildren(
      h("div", { class: "tools" }, families.length > 1 ? ui.chips(families.map((value) => ({ value, label: value })), family, (value) => {
        this.store.set({ family: value }, { replace: true });
        this.#drawDuels();
      }, "Dictionary") : "",
      h("p", { class: "small muted" }, `${family} less each control where ${placeName(place)}: won or lost where p is below 0.05, else open. p is after Holm's correction for all tests of this dictionary at this place; below it the difference, with its 95\u00a0% interval, which is not corrected: it may leave out 0 where the outcome is open.`)),
      ui.table([
        { title: "Measure", cell: (key) => (key === IN_ALL ? h("b", {}, "in all, each measure once") : [ui.noted(measureTitle(app, key), key), ui.direction(key)]) },
        ...controls.map((control) => ({ title: `against ${control}`, cell: (key) => {
          if (key !== IN_ALL) return cell(key, control);
          const t = tallies.get(control);
          return h("b", {}, `${t.won} won, ${t.open} open, ${t.lost} lost`);
        } })),
      ], [IN_ALL, ...byFamily], { caption: `${family} against controls`, wide: true }));
  }
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
/** A difference with three decimals: as many as matter, so that columns are narrow. */
const short = (x) => (Math.abs(x) >= 1 ? number(x) : Math.abs(x) < 5e-4 ? "0" : x.toFixed(3).replace("-", "\u2212"));
const withDirection = (app, key) => measureTitle(app, key) + (app.ui.isLowGood(key) ? ", lower is better" : "");
const better = (measure) => ({ true: "; higher is better", false: "; lower is better" }[measure?.higher_is_better] ?? "");
