// The concepts that a unit detects best.

import { h, number, percent } from "../ui.js";

export function concepts({ app, where, name }) {
  const { ui } = app;
  const place = h("div", { class: "stack tight" });
  const columns = [
    { title: "Concept", key: "name" },
    { title: "Above chance", number: true, cell: (row) => h("b", {}, percent(row.above_chance, 0)) },
    { title: ui.noted("Average precision", "concept_average_precision"), number: true,
      cell: (row) => h("span", {}, number(row.average_precision), h("span", { class: "interval" }, `by chance ${number(row.frequency)}`)) },
    { title: "Precision", number: true, cell: (row) => percent(row.precision, 0) },
    { title: "Recall", number: true, cell: (row) => percent(row.recall, 0) },
  ];
  ui.panel(place, () => app.api.get("unit-concepts", where), (found, el) => {
    if (!found.best.length) {
      el.append(h("p", { class: "pending" }, `It detects none of the ${number(found.concepts)} concepts better than by chance on the ${number(found.images)} images that were looked at.`));
      return;
    }
    el.append(
      h("p", { class: "small muted" }, `Of ${number(found.concepts)} concepts found in the pixels of ${number(found.images)} images, those that it tells furthest above chance: 0\u00a0% is chance, 100\u00a0% a perfect detector. Chosen here on the images that are shown, which flatters: the run's own scores choose on other images.`),
      ui.table(columns, found.best, { caption: `Concepts of ${name}, furthest above chance first`, wide: true }));
  }, { empty: "Concepts are found in grey drawings only; these images need a table or masks." });
  return ui.card("Concepts that it detects best", place);
}
