// A unit from head to scores: what the page shows, in which order.
//
// Every part is a function of the same `of`: {app, where: {layer, set, unit}, page: the answer of /api/unit,
// units: its set, classes: names, noun: "neuron", name: "neuron 17", letter: "A" or "B" beside a pinned unit, else null}.

import { h, number } from "../ui.js";
import { concepts } from "./concepts.js";
import { ablation, writes } from "./effects.js";
import { Firings } from "./firings.js";
import { head } from "./head.js";
import { strengths } from "./strengths.js";
import { reads } from "./reads.js";
import { relatives } from "./relatives.js";
import { scores } from "./scores.js";

/** The elements of a unit's page. */
export function unitView(of) {
  if (!of.page.firings) {
    return [head(of), h("p", { class: "pending" },
      `This ${of.noun} never fires on these ${number(of.page.items)} items: it is dead, and nothing more can be said of it.`)];
  }
  const firings = new Firings(of);
  return [
    head(of),
    h("div", { class: "unit-columns" },
      h("div", { class: "stack" }, firings.element, strengths(of, firings), concepts(of)),
      h("div", { class: "stack" }, reads(of), writes(of), relatives(of))),
    ablation(of),
    scores(of),
  ];
}
