// What a unit causes: its effect on the logits, ablation by class, and what more and less of it does.

import { lines, matrix, signedBars } from "../charts.js";
import { h, number, percent } from "../ui.js";

const DRAWN = 3; // logits that the dose-response draws; all of them are in its table

const asked = ({ app, where }) => app.api.get("unit-effects", where);

export function writes(of) {
  const { app, classes, units, name } = of;
  const place = h("div", { class: "writes stack tight" });
  app.ui.panel(place, () => asked(of), (found, el) => {
    if (!found.effect) {
      el.append(h("p", { class: "pending" }, found.why_not || "It never fires on the images that were looked at."));
      return;
    }
    const { effect, exact } = found.effect;
    const largest = effect.value.values.reduce((a, v, i, all) => (Math.abs(v) > Math.abs(all[a]) ? i : a), 0);
    const rows = [...effect.value.values].map((value, c) => ({ label: classes[c] ?? String(c), value, low: effect.low.values[c], high: effect.high.values[c], strong: c === largest }));
    el.append(
      h("p", { class: "small muted" }, h("span", { class: "badge" }, exact ? "exact" : "measured"),
        exact ? " From the weights: how far 1 more of its activation moves each logit, on any image."
          : ` By ablation on ${number(effect.n)} images that fire it (of ${number(found.firing)}): how far 1 of its activation moves each logit on average, with 95\u00a0% intervals.`),
      signedBars(rows, { label: "Effect on each logit", kind: units.kind }),
      exact ? "" : app.ui.behind(() => app.ui.table([{ title: "Logit", key: "label" }, { title: "Effect of 1", number: true, cell: (row) => app.ui.score(row) }],
        rows, { caption: `Effect of ${name} on each logit` })));
  });
  return forTour("writes", app.ui.card("What it writes", place));
}

export function ablation(of) {
  const { app } = of;
  const place = h("div", {});
  app.ui.panel(place, () => asked(of), (found, el) => {
    if (!found.doses) el.append(h("p", { class: "pending" }, found.why_not));
    else el.append(h("div", { class: "split" }, found.by_class ? byClass(of, found) : "", doses(of, found)));
  });
  return forTour("ablation", app.ui.card("What happens without it, and with more of it", place));
}

function forTour(name, card) {
  card.dataset.tour = name;
  return card;
}

function byClass({ app, classes, name }, { by_class: by, images }) {
  const k = classes.length;
  const said = (r, c) => `images of ${classes[r]}, logit ${classes[c]}: ${number(by.change.values[r * k + c])}, 95\u00a0% interval ${number(by.low.values[r * k + c])} to ${number(by.high.values[r * k + c])}`;
  return h("div", { class: "stack" },
    h("h3", { class: "card-title" }, "Ablated, by class"),
    h("p", { class: "small muted" }, `Mean change of each logit (column) on the images of each class (row, with their number) when it is set to 0; ${number(images)} images that fire it.`),
    matrix(by.change, { rows: classes.map((name, c) => `${name} (${by.images.values[c]})`), columns: classes, corner: "class",
      caption: `Change of each logit by class when ${name} is ablated`, title: said }),
    h("p", { class: "small" }, flips(by)),
    app.ui.behind(() => app.ui.table([{ title: "Images of", cell: (r) => `${classes[r]} (${by.images.values[r]})` },
      ...classes.map((logit, c) => ({ title: `logit ${logit}`, number: true, cell: (r) => app.ui.score(scored(by, r * k + c)) }))],
    classes.map((_, r) => r).filter((r) => by.images.values[r]), { caption: `The same with 95\u00a0% intervals: logits by class when ${name} is ablated` }), "With their intervals"));
}

const scored = ({ change, low, high }, at) => ({ value: change.values[at], low: low.values[at], high: high.values[at] });

function flips(by) {
  const total = by.images.values.reduce((a, b) => a + b, 0);
  const sum = (values) => by.images.values.reduce((a, n, c) => a + (n ? n * values[c] : 0), 0);
  const [before, after] = [by.accuracy_before, by.accuracy_after].map((a) => sum(a.values) / total);
  return `The prediction changes on ${number(Math.round(sum(by.flips.values)))} of ${number(total)} images; accuracy on them goes from ${percent(before)} to ${percent(after)}.`;
}

function doses({ app, classes, units, name: of }, { doses: { factor, change, low, high, images } }) {
  const k = change.shape[1];
  const name = (c) => classes[c] ?? String(c);
  const last = factor.values.length - 1;
  const span = (c) => Math.abs(change.values[last * k + c] - change.values[c]);
  const most = Array.from({ length: k }, (_, c) => c).sort((a, b) => span(b) - span(a)).slice(0, DRAWN);
  const all = most.map((c, nth) => ({
    name: `logit ${name(c)}`, kind: units.kind, nth,
    points: [...factor.values].map((f, d) => ({ x: f, y: change.values[d * k + c], low: low.values[d * k + c], high: high.values[d * k + c],
      title: `${number(f)} \u00d7: logit ${name(c)} ${number(change.values[d * k + c])}, 95\u00a0% interval ${number(low.values[d * k + c])} to ${number(high.values[d * k + c])}, n = ${images}` })),
  }));
  const columns = [{ title: "times", cell: (d) => number(factor.values[d]) },
    ...Array.from({ length: k }, (_, c) => ({ title: name(c), number: true, cell: (d) => app.ui.score(scored({ change, low, high }, d * k + c)) }))];
  return h("div", { class: "stack" },
    h("h3", { class: "card-title" }, "Turned down and up"),
    h("p", { class: "small muted" }, `Mean change of the ${most.length} logits that move most when its activation is multiplied; ${number(images)} images, 95\u00a0% bands.`),
    lines(all, { xLabel: "times its own activation", yLabel: "change of the logit", label: "Change of the logits by dose; all logits are in the table below",
      height: 300, xTicks: [...factor.values] }),
    app.ui.behind(() => app.ui.table(columns, [...factor.values.keys()], { caption: `Mean change of each logit by dose of ${of}` }), "All logits, as a table"));
}
