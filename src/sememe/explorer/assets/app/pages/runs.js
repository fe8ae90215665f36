// Run: is it healthy? Losses, variance lost, dead components, time, and where its numbers come from.

import { lines } from "../charts.js";
import { facts, lost } from "../panels.js";
import { h, number, percent } from "../ui.js";

const MANY_DEAD = 0.25; // more dead components than this are worth a word
const POOR = 0.5; // a dictionary that loses more of the variance than this explains little

export const title = "Run";

export function mount(root, app) {
  const { api, run, ui } = app;
  const body = h("div", { class: "stack" });
  const layers = h("div", { class: "stack" });
  let pages = null;
  root.append(h("header", {}, h("h1", {}, /^run$/i.test(run.name) ? "Run" : `Run ${run.name}`)), body);
  ui.panel(body, () => api.get("health"), (page, place) => {
    place.append(
      h("div", { class: "row" }, h("code", { class: "command" }, page.command), copyButton(app, page.command),
        h("span", { class: "badge" }, page.finished ? "finished" : "not finished yet"), run.quick ? h("span", { class: "badge" }, "quick: fewer images, wider intervals") : ""),
      worries(page),
      h("div", { class: "split" }, ui.card("Where the time went", stages(app, page)), ui.card("What decides its numbers", facts(page.facts.map((one) => [one.name, one.name === "revision" ? one.value.slice(0, 12) : one.value])))),
      h("div", { class: "grid" }, page.networks.map((network) => training(app, network))),
      layers);
    pages = page;
    show();
  });
  function show() {
    if (!pages?.layers.length) return;
    const { layer } = app.store.get();
    const one = pages.layers.find((each) => each.layer === layer) ?? pages.layers[0];
    const options = pages.layers.map((each) => ({ value: each.layer, label: each.layer.split(".").pop() }));
    layers.replaceChildren(ui.chips(options, one.layer, (value) => app.store.set({ layer: value }, { replace: true }), "Layer"), health(app, one));
  }
  return { update: (selection, changed) => changed.has("layer") && show() };
}

function copyButton(app, text) {
  const button = h("button", { type: "button", class: "chip", onclick: async () => {
    try {
      await navigator.clipboard.writeText(text);
      app.announce?.("Copied.");
      button.textContent = "Copied";
    } catch {
      button.textContent = "Select it by hand";
    }
  } }, "Copy");
  return button;
}

/** What a careful reader should know first, in sentences; or that there is nothing. */
function worries(page) {
  const found = [];
  for (const layer of page.layers) {
    for (const set of layer.sets) {
      if (set.kind !== "features") continue;
      if (set.dead / set.units > MANY_DEAD) found.push(`${layer.layer}: ${number(set.dead)} of the ${number(set.units)} components of ${set.title} never fire.`);
      if (set.fvu.value > POOR) found.push(`${layer.layer}: ${set.title} loses ${percent(set.fvu.value, 0)} of the variance.`);
    }
  }
  if (!page.finished) found.unshift("The run has not come to its end: what is not there yet will appear when the page is opened again.");
  return h("section", { class: "card" }, h("h2", { class: "card-title" }, found.length ? "Worth a look" : "Nothing stands out"),
    found.length ? h("ul", { class: "worries" }, found.map((text) => h("li", {}, text))) : h("p", { class: "muted small" }, "Dictionaries explain most of the variance and few of their components are dead."));
}

function stages(app, page) {
  if (!page.stages.length) return h("p", { class: "pending" }, "No stage has finished yet.");
  const total = page.stages.reduce((sum, stage) => sum + stage.seconds, 0);
  const longest = Math.max(...page.stages.map((stage) => stage.seconds));
  const shown = [...page.stages].sort((a, b) => b.seconds - a.seconds);
  const few = shown.slice(0, 8);
  const list = (some) => h("ol", { class: "stages" }, some.map((stage) => h("li", {}, h("span", {}, stage.name),
    h("i", { "aria-hidden": "true", style: { "--share": String(stage.seconds / longest) } }), h("span", { class: "number" }, `${number(stage.seconds)} s`))));
  return h("div", { class: "stack" }, h("p", { class: "small muted" }, `${duration(total)} in ${shown.length} stages, longest first.`), list(few),
    shown.length > few.length ? h("details", { class: "more-table" }, h("summary", {}, `the other ${shown.length - few.length}`), list(shown.slice(few.length))) : "");
}

function training(app, network) {
  const losses = [...network.losses.values];
  const points = losses.map((loss, i) => ({ x: ((i + 1) * network.epochs) / losses.length, y: loss }));
  return app.ui.card(h("h2", { class: "card-title" }, h("code", {}, network.network), `, ${network.title}`),
    facts([["accuracy", percent(network.accuracy.value, 2), `on ${number(network.accuracy.n)} ${network.accuracy.of}`], ["trained in", `${number(network.seconds)} s`], ["epochs", number(network.epochs)]]),
    points.length > 1 ? lines([{ name: "", kind: "control", nth: 0, points, marks: points.length < 40 }],
      { label: `Training loss over ${network.epochs} epochs, from ${number(losses[0])} to ${number(losses.at(-1))}`, xLabel: "epochs", yLabel: "training loss", named: false, height: 220 }) : "",
    points.length > 1 ? h("details", { class: "more-table" }, h("summary", {}, "The same as a table"), app.ui.table([{ title: "Epoch", number: true, cell: (p) => number(p.x) }, { title: "Loss", number: true, cell: (p) => number(p.y) }],
      points.length > 60 ? points.filter((_, i) => i % Math.ceil(points.length / 60) === 0) : points, { caption: "Training loss" })) : "");
}

function health(app, layer) {
  const { store, ui } = app;
  const heading = h("h2", { class: "card-title" }, h("code", {}, layer.layer), `, ${layer.title}`);
  if (!layer.sets.length) return ui.card(heading, h("p", { class: "pending" }, "This layer has not been measured yet."));
  return ui.card(heading, h("p", { class: "small muted" }, `${number(layer.items)} items that nothing was fitted on, 95\u00a0% intervals in brackets. A unit is dead if it never fires on them.`),
    ui.table([
      { title: "Units", cell: (set) => h("a", { href: store.link({ page: "units", layer: layer.layer, set: set.set }) }, ui.kind(set.kind, set.title)) },
      { title: "Number", number: true, cell: (set) => number(set.units) },
      { title: "Dead", number: true, cell: (set) => h("span", { class: set.dead / set.units > MANY_DEAD ? "many" : "" }, `${number(set.dead)}${set.dead ? ` (${percent(set.dead / set.units, 0)})` : ""}`) },
      { title: ui.noted("Variance lost", "fvu"), number: true, cell: (set) => short(set.fvu, lost) },
      { title: ui.noted("Firing an item", "l0"), number: true, cell: (set) => short(set.l0) },
      { title: ui.noted("Accuracy through it", "accuracy"), number: true, cell: (set) => (set.accuracy ? short(set.accuracy, (x) => percent(x)) : "\u2013") },
    ], layer.sets, { caption: `Health of the unit sets of ${layer.layer}`, wide: true }));
}

function short(score, write = number) {
  return h("span", {}, h("b", {}, write(score.value)), Number.isFinite(score.low) && score.low !== score.high && h("span", { class: "interval" }, `[${write(score.low)}, ${write(score.high)}]`));
}

function duration(seconds) {
  return seconds < 60 ? `${number(seconds)} s` : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`;
}
