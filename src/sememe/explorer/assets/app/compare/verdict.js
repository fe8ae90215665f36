// The verdict: in plain words, in how many measures the features beat each control, and its sentence in full.

import { h } from "../ui.js";
import { placeName } from "./places.js";

const WORDS = { yes: "Yes", no: "No", mixed: "Mixed" };
const OUTCOMES = ["won", "open", "lost"];

export function verdict({ app, page }) {
  return h("section", { class: "verdict-card card", id: "verdict", dataset: { tour: "verdict" }, "aria-label": "The verdict" },
    h("p", { class: "small muted" }, "Are this layer\u2019s features more monosemantic than its neurons?"),
    h("p", { class: "lead" }, h("b", {}, `${WORDS[page.answer] ?? page.answer}. `), plainly(page)),
    page.tally.length ? tally(app, page) : "",
    h("p", { class: "small" }, h("b", {}, "In full. "), page.sentence.replace(/^(Yes|No|Mixed)\. /, "")),
    h("details", {}, h("summary", {}, "When is it yes, no, or mixed?"),
      h("p", { class: "small muted rules" }, "Measures come in groups: selectivity, similarity, concepts, simulation, cause, stability. A group is won where at least twice as many of its measures are won as lost. ",
        h("b", {}, "Yes"), ": against the neurons more than half of the groups are won and none is lost, and more are won than lost against every other control that gets as far. ",
        h("b", {}, "No"), ": no more are won than lost against the neurons, or against none of the other controls. ", h("b", {}, "Mixed"), ": anything between.")));
}

/** Of a tally: the neurons, the other controls, and how many of those are beaten more often than not. */
export function rivals(tally) {
  const met = tally.find((one) => one.kind === "neurons");
  const others = tally.filter((one) => one !== met);
  return { met, others, beaten: others.filter((one) => one.won > one.lost).length };
}

/** The verdict for who does not know the measures: against the neurons, then against the other controls. */
function plainly({ about, answer, tally: all, absent, objections }) {
  const { met, others, beaten } = rivals(all);
  if (!met) return answer === "no" ? "No dictionary could be compared with the neurons." : "";
  const whom = !beaten ? "none of the other controls" : beaten < others.length ? `${beaten} of the ${others.length} other controls`
    : `${beaten > 1 ? `each of the ${beaten} other controls` : "the other control"}, too`;
  const more = others.length ? ` They are better more often than worse against ${whom}.` : "";
  const why = answer === "mixed" && objections.length ? ` Mixed and not yes, because ${objections.join(", and ")}.` : "";
  const never = absent.length ? ` ${absent.length} more control${absent.length > 1 ? "s" : ""} could not be compared there.` : "";
  return `Of ${met.won + met.open + met.lost} measures, ${about} features are better than the neurons in ${met.won} and worse in ${met.lost}; in ${met.open} the two cannot be told apart.${more}${never}${why}`;
}

function tally(app, { tally: all, about, absent, places, decided_at: at }) {
  const place = places.find((one) => one.key === at);
  const count = (one) => one.won + one.open + one.lost;
  const [least, most] = [Math.min(...all.map(count)), Math.max(...all.map(count))];
  const columns = [
    { title: "Against", cell: (one) => app.ui.kind(one.kind, one.control) },
    { title: h("span", { class: "visually-hidden" }, "Share of the measures"), cell: bar },
    ...OUTCOMES.map((outcome) => ({ title: h("span", { class: `duel ${outcome}` }, h("b", {}, outcome)), number: true, cell: (one) => String(one[outcome]) })),
  ];
  return h("div", { class: "tally stack tight" },
    h("p", { class: "small muted" }, `In how many measures ${about} features are better (won), worse (lost) or neither (open), where ${placeName(place)}:`),
    app.ui.table(columns, all, { caption: `Measures that ${about} features win and lose`, wide: true }),
    h("p", { class: "small muted" }, h("b", {}, "won"), ": better, with 95\u00a0% confidence after a correction for the number of tests; ", h("b", {}, "open"), ": cannot be told apart. ",
      `There are ${least === most ? most : `${least} to ${most}`} measures; one that is taken in several variants counts once.`),
    absent.length ? h("p", { class: "small muted" }, `Not compared, because they never get there: ${absent.join(", ")}.`) : "");
}

/** Three parts: full, empty, hatched, so that they are told apart without colour. */
const bar = (one) => h("span", { class: "tally-bar features", "aria-hidden": "true" },
  OUTCOMES.filter((outcome) => one[outcome]).map((outcome) => h("i", { class: outcome, style: { "--count": String(one[outcome]) } })));
