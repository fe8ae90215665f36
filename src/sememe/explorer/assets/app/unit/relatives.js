// Who is near a unit: by direction, by activation, by firing together; and the same unit in other fits.

import { unitChip } from "../panels.js";
import { h, number } from "../ui.js";

const WAYS = { cosine: "same direction", correlation: "same activation", together: "fire together" };
const WORDS = { cosine: "cosine", correlation: "correlation", together: "overlap" };

export function relatives(of) {
  const { app, where } = of;
  const place = h("div", { class: "stack" });
  app.ui.panel(place, () => app.api.get("unit-relatives", where), (found, el) => el.append(nearest(of, found.nearest), ...matches(of, found.matches)));
  return app.ui.card("Its nearest units", place);
}

function nearest({ app, where }, all) {
  const { ui } = app;
  const choice = h("div", {});
  const lists = h("div", { class: "stack" });
  const chips = (some, by) => h("ul", { class: "chip-list" }, some.map((each) => h("li", {},
    unitChip(app, { layer: where.layer, set: each.set, unit: each.unit }, `${WORDS[by]} ${number(each[by])}`))));
  const list = (one, by) => {
    if (!one.by[by]) return h("p", { class: "muted small" }, "Neurons are axes: no two of them share a direction.");
    return one.by[by].length ? chips(one.by[by], by) : h("p", { class: "muted small" }, "none");
  };
  const draw = (by) => {
    choice.replaceChildren(ui.chips(Object.entries(WAYS).map(([value, label]) => ({ value, label })), by, (value) => {
      draw(value);
      choice.querySelector("[aria-checked=true]").focus();
    }, "Nearness"));
    lists.replaceChildren(...all.map((one) => h("div", { class: "stack tight" }, h("h3", { class: "small" }, ui.kind(one.kind, one.title)), list(one, by))));
  };
  draw("cosine");
  return h("div", { class: "stack" }, choice, lists);
}

function matches({ app, where, noun, name }, all) {
  const seeds = all.filter((match) => match.other_seed);
  const fits = all.filter((match) => !match.other_seed);
  const columns = [{ title: "What differs", key: "title" }, { title: "Most like it", cell: (match) => `${noun} ${match.unit}` },
    { title: "Cosine", number: true, cell: (match) => number(match.cosine) }, { title: "Correlation", number: true, cell: (match) => number(match.correlation) }];
  return [
    h("div", { class: "stack tight" }, h("h3", { class: "small" }, "Does it come back with another seed?"),
      seeds.length ? app.ui.table(columns, seeds, { caption: `Matches of ${name} under other seeds`, wide: true })
        : h("p", { class: "small muted" }, "This run fitted it with one seed only; matches under other seeds come with a run or a study that fits several.")),
    fits.length ? h("div", { class: "stack tight" }, h("h3", { class: "small" }, "The most like it in other fits of its family"),
      h("ul", { class: "chip-list" }, fits.map((match) => h("li", {}, unitChip(app, { layer: where.layer, set: match.set, unit: match.unit },
        `${match.title}: cosine ${number(match.cosine)}`))))) : "",
  ];
}
