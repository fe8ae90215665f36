// How a unit scores: every measure with its interval, and its percentile among its own kind, neurons and controls.

import { familyOf, measureTitle } from "../pickers.js";
import { h, number, percent } from "../ui.js";

export function scores(of) {
  const { app, where } = of;
  const place = h("div", { class: "stack" });
  app.ui.panel(place, () => app.api.get("unit-scores", where), (found, el) => el.append(...standings(of, found)),
    { empty: "This layer has not been measured yet: let the run finish." });
  const card = app.ui.card("How it scores", place);
  card.classList.add("unit-scores");
  return card;
}

function standings({ app, where, page, name }, all) {
  const { ui } = app;
  const known = all.filter((score) => score.value !== null);
  if (!known.length) {
    return [h("p", { class: "pending" }, "The run has no scores of this unit. Of a wide set it draws some units to be scored, and of a sweep it scores those fits that the comparison needs.")];
  }
  const sets = [...new Map(known.flatMap((score) => score.among).map((one) => [one.set, one])).values()];
  const places = page.items === page.images ? "images" : "positions";
  const columns = [
    { title: "Measure", cell: (score) => [ui.noted(measureTitle(app, score.key), score.key), ui.direction(score.key)] },
    { title: "Value", number: true, cell: (score) => ui.score(score) },
    ...sets.map((one) => ({
      title: one.set === where.set ? "its own set" : ui.kind(one.kind, one.title.replace(" = ", "\u00a0=\u00a0")), number: true,
      cell: (score) => percentile(score.among.find((each) => each.set === one.set)),
    })),
  ];
  const families = [...new Set(known.map((score) => familyOf(app, score.key)))];
  const rows = families.flatMap((family) => [{ group: family }, ...known.filter((score) => familyOf(app, score.key) === family)]);
  return [
    h("p", { class: "small muted" }, "Each column is a set of units: the share of them that this one beats, which includes those that never fire. ",
      "Where lower is better, it beats the units with more; where neither end is better, the share is of units with less. ",
      "In brackets the 95\u00a0% interval over images, where the run or the explorer can resample them. ",
      `n = ${number(page.items)} ${places} that nothing was fitted on.`),
    ui.table(columns, rows, { caption: `Scores and percentiles of ${name}`, wide: true }),
  ];
}

function percentile(found) {
  if (!found) return "\u2013";
  return h("span", { class: `percentile ${found.kind}`, title: `beats ${percent(found.beaten, 0)} of ${number(found.units)} units` },
    h("i", { "aria-hidden": "true", style: { "--share": String(found.beaten) } }), percent(found.beaten, 0));
}
