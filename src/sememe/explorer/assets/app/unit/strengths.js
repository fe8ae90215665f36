// How strongly a unit fires, stacked by class; a range that is brushed fills the gallery of its firings.

import { histogram } from "../charts.js";
import { h, number } from "../ui.js";

/** @param firings the gallery that a brushed range is shown in */
export function strengths(of, firings) {
  const { app, page, classes } = of;
  const { ui } = app;
  const { edges, counts, silent } = page.histogram;
  const labels = classes.length ? classes : ["all"];
  const ends = [edges.values[0], edges.values[edges.values.length - 1]];
  const place = h("div", { class: "stack tight" });
  const bound = (label, placeholder) => h("input", { type: "number", step: "any", class: "bound", "aria-label": label, placeholder });
  const [low, high] = [bound("from activation", "from"), bound("to activation", "to")];
  let label = null; // the class that is shown alone
  let range = null;

  const choose = (wanted) => {
    range = wanted;
    if (range) [low.value, high.value] = range.map((v) => Number(v.toPrecision(4)));
    firings.brush(range && { low: range[0], high: range[1], label });
  };
  const byNumber = () => {
    const [a, b] = [low.value, high.value].map(Number);
    if (low.value === "" || high.value === "" || a > b) return app.announce("Give two numbers, the lower first.");
    choose([a, b]);
    return draw();
  };
  const byClass = (value) => {
    label = value === "" ? null : Number(value);
    choose(range ?? ends);
    draw();
    place.querySelector("select").focus();
  };
  function draw() {
    const picker = ui.select([{ value: "", label: "all, stacked" }, ...classes.map((name, i) => ({ value: String(i), label: name }))],
      label === null ? "" : String(label), byClass, "Class shown in the histogram");
    place.replaceChildren(
      histogram({ edges: edges.values, counts, labels, chosen: label, range, onRange: choose }),
      h("div", { class: "tools" },
        classes.length ? h("label", { class: "field" }, h("span", {}, "Class"), picker) : "",
        h("span", { class: "row tight" }, low, high, h("button", { type: "button", onclick: byNumber }, "Show these firings"))));
  }
  draw();
  const asleep = silent.values.reduce((a, b) => a + b, 0);
  return ui.card("How strongly it fires, by class",
    h("p", { class: "small muted" }, `${number(page.firings)} firings; the other ${number(asleep)} of ${number(page.items)} items leave it silent. Parts of a bar are classes, at its foot the one with most of the unit's activation. Drag over a range to see what lies in it.`),
    place, ui.behind(() => table(of, labels)));
}

function table({ app, page, name }, labels) {
  const { edges, counts } = page.histogram;
  const n = counts.shape[1];
  const rows = Array.from({ length: n }, (_, b) => ({
    range: `${number(edges.values[b])} to ${number(edges.values[b + 1])}`, ...Object.fromEntries(labels.map((name, c) => [name, counts.values[c * n + b]])),
  })).filter((row) => labels.some((name) => row[name]));
  return app.ui.table([{ key: "range", title: "Activation" }, ...labels.map((name) => ({ key: name, title: name, number: true }))], rows,
    { caption: `Firings of ${name} by activation and class` });
}
