// The tour's note: what a step says and asks, above the page on which it happens. It takes room and covers nothing.

import { h } from "../ui.js";
import { COUNT, stepOf, steps } from "./steps.js";

/** Shows the note of the selection's step in `place`, or takes it away. */
export function goAlong(app, place) {
  const { store } = app;
  const at = stepOf(store.get());
  const is = (step) => step !== null && store.get().page !== "tour";
  if (!is(at)) return leave(place);
  Promise.all([app.api.get("tour"), against(app, at)]).then(([chosen, met]) => {
    if (!chosen || !is(at) || stepOf(store.get()) !== at) return;
    document.body.dataset.tourLook = steps(app, chosen)[at - 1].look.join(" ");
    place.replaceChildren(note(app, at, steps(app, chosen, met)));
  }, () => leave(place)); // the page itself says what went wrong
}

function leave(place) {
  delete document.body.dataset.tourLook;
  place.replaceChildren();
}

/** How the features did against the neurons, for the last step. */
async function against(app, at) {
  if (at !== COUNT) return null;
  const { layer } = await app.api.get("tour") ?? {};
  const page = layer && await app.api.get("compare", { layer });
  return page?.tally?.find((one) => one.kind === "neurons") ?? null;
}

function note(app, at, all) {
  const { store } = app;
  const step = all[at - 1];
  const isElsewhere = store.get().page !== step.href.match(/^#\/(\w+)/)[1];
  let shown = 0;
  const show = h("button", { type: "button", title: "Scroll to what is framed; again: to the next", onclick: () => {
    const framed = step.look.map((name) => document.querySelector(`[data-tour="${name}"]`)).filter(Boolean);
    framed[shown++ % framed.length]?.scrollIntoView({ block: "center" });
  } }, "Show me");
  const next = at < COUNT ? h("a", { class: "go", href: all[at].href }, `Next: step ${at + 1} \u2192`)
    : h("a", { class: "go", href: store.link({ tour: null }) }, "End the tour");
  return h("aside", { class: "tour-note", "aria-label": `Tour, step ${at} of ${COUNT}` },
    h("div", { class: "page tour-body" },
      h("div", { class: "stack tight" },
        h("h2", {}, h("span", { class: "muted" }, `Tour ${at} of ${COUNT}`), " ", step.title), h("p", {}, step.text)),
      h("div", { class: "tour-do" },
        h("p", { class: "tour-todo" }, step.todo),
        h("div", { class: "tools" }, next,
          isElsewhere ? h("a", { class: "button", href: step.href }, "Back to its page") : show,
          at > 1 ? h("a", { class: "button", href: all[at - 2].href, "aria-label": "The step before" }, "\u2190") : "",
          at < COUNT ? h("a", { class: "button", href: store.link({ tour: null }) }, "End") : "")),
      h("p", { class: "small tour-seen" }, h("b", {}, "You see: "), step.seen)));
}
