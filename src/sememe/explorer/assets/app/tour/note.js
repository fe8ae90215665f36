// The tour's note: what a step says and asks, above the page on which it happens. It takes room and covers nothing.

import { h } from "../ui.js";
import { COUNT, stepOf, steps } from "./steps.js";

/** Shows the note of the selection's step in `place`, or takes it away. */
export function goAlong(app, place) {
  const { store } = app;
  const at = stepOf(store.get());
  const is = (step) => step !== null && store.get().page !== "tour";
  if (!is(at)) return leave(place);
  Promise.all([app.api.get("tour"), verdictAt(app, at)]).then(([chosen, verdict]) => {
    if (!chosen || !is(at) || stepOf(store.get()) !== at) return;
    const all = steps(app, chosen, verdict);
    document.body.dataset.tourLook = all[at - 1].look.join(" ");
    const before = place.firstChild?.dataset.step;
    const hadFocus = place.contains(document.activeElement);
    const shown = note(app, at, all);
    place.replaceChildren(shown);
    // Who pressed Next goes on reading at the next step.
    if (hadFocus) shown.focus({ preventScroll: true });
    if (before !== shown.dataset.step) app.announce(`Tour, step ${at} of ${COUNT}: ${all[at - 1].title}`);
  }, () => leave(place)); // the page itself says what went wrong
}

function leave(place) {
  delete document.body.dataset.tourLook;
  place.replaceChildren();
}

/** How the features did, for the last step. */
async function verdictAt(app, at) {
  if (at !== COUNT) return null;
  const { layer } = await app.api.get("tour") ?? {};
  return layer ? app.api.get("compare", { layer }) : null;
}

function note(app, at, all) {
  const { store } = app;
  const step = all[at - 1];
  const next = at < COUNT ? { href: all[at].href, text: "Next \u2192" } : { href: store.link({ page: "tour", tour: "end" }), text: "End the tour" };
  return h("aside", { class: "tour-note", tabindex: "-1", "data-step": String(at), "aria-label": `Tour, step ${at} of ${COUNT}` },
    h("div", { class: "page tour-body" },
      h("div", { class: "stack tight" },
        h("h2", {}, h("span", { class: "muted" }, `Tour ${at} of ${COUNT}`), " ", step.title), h("p", {}, step.text)),
      h("div", { class: "tour-do" },
        h("p", { class: "tour-todo" }, step.todo, step.scroll ? h("span", { class: "tour-scroll" }, ` ${step.scroll}`) : ""),
        h("div", { class: "tools" }, h("a", { class: "go", href: next.href }, next.text),
          h("button", { type: "button", class: "tour-show", onclick: showNext(step.look) }, "Show me"),
          again(store, step),
          at > 1 ? h("a", { class: "button", href: all[at - 2].href }, "Back") : "",
          at < COUNT ? h("a", { class: "button", href: store.link({ tour: null }) }, "Leave") : "")),
      h("p", { class: "small tour-seen" }, h("b", {}, "You see: "), step.seen)));
}

/** Where the viewer has gone elsewhere, or has drawn over the step's image: the step's page as it was. */
function again(store, { href }) {
  const [now, asked] = [location.hash, href].map((hash) => [hash.match(/^#\/(\w*)/)?.[1], new URLSearchParams(hash.split("?")[1])]);
  if (now[0] !== asked[0]) return h("a", { class: "button", href }, "Back to its page");
  const drawn = asked[1].get("d");
  return drawn && drawn !== (store.get().d ?? "") ? h("a", { class: "button", href }, "The image again") : "";
}

/** Scrolls to the next part of the page that the step speaks of and that is not in sight. */
function showNext(look) {
  let last = -1;
  return () => {
    const parts = look.flatMap((name) => [...document.querySelectorAll(`main [data-tour="${name}"]`)])
      .sort((a, b) => a.getBoundingClientRect().top - b.getBoundingClientRect().top);
    const [top, bottom] = [document.querySelector("header.bar").getBoundingClientRect().bottom, document.querySelector(".tour-do").getBoundingClientRect().top];
    const isHidden = (part) => {
      const box = part.getBoundingClientRect();
      const end = bottom > top + 200 ? bottom : innerHeight; // on a phone the foot covers the end of the page
      return box.top < top || box.bottom > end;
    };
    const order = parts.map((_, i) => (last + 1 + i) % parts.length);
    const next = order.find((i) => isHidden(parts[i])) ?? order[0];
    if (next === undefined) return;
    last = next;
    parts[next].scrollIntoView({ block: parts[next].offsetHeight > innerHeight / 2 ? "start" : "center" });
  };
}
