// The head of a unit: its picture, its name, what it is about in one line, how often it fires, the way to the next.

import { facts, share, weightCanvas } from "../panels.js";
import { h, number, percent } from "../ui.js";

export function head(of) {
  const { app, where, page, units, letter } = of;
  const { store, ui } = app;
  const layer = store.layer(where.layer);
  const places = page.items === page.images ? "images" : "positions";
  return h("header", { class: `unit-head${letter ? " card" : ""}` },
    page.reads.picture ? weightCanvas(page.reads.picture, `What ${ui.unitName(where)} reads`) : h("span", { class: "unit-nothing", "aria-hidden": "true" }),
    h("div", { class: "unit-title" },
      h("h2", {}, letter && h("span", { class: "unit-letter" }, letter), letter && " ", ui.kind(units.kind, ui.unitName(where))),
      h("p", { class: "muted small" }, `${units.title}, ${layer.layer} of ${layer.network}`),
      page.firings ? about(of) : ""),
    page.profile && page.firings ? profile(of) : "",
    facts([
      ["is not 0 on", share(page.density), `${number(page.firings)} of ${number(page.items)} ${places}`],
      page.firings && ["strongest", number(page.greatest)],
      page.least < 0 && ["most negative", number(page.least)],
      page.firings && ["mean when firing", number(page.mean)],
    ]),
    steps(of));
}

/** In one line: the classes with most of its activation, and the concept that it detects best. */
function about(of) {
  const { app, where, page, classes } = of;
  const line = h("p", { class: "unit-about" });
  if (page.profile) {
    const order = [...page.profile.values.keys()].sort((a, b) => page.profile.values[b] - page.profile.values[a]);
    const shown = order.filter((c, i) => i < 1 || (i < 3 && page.profile.values[c] >= 0.15));
    // The class with most is not yet most of it.
    line.append(`${page.profile.values[order[0]] >= 0.5 ? "mostly" : "most for"} ${shown.map((c) => `${classes[c]} (${percent(page.profile.values[c], 0).replace(" ", "\u00a0")})`).join(", ")}`);
  }
  const fill = (found) => {
    const best = found?.best[0];
    if (best) line.append(`${line.textContent ? "; " : ""}detects \u201c${best.name}\u201d best`);
  };
  // What goes wrong there is said by the card of the concepts.
  app.api.get("unit-concepts", where).then(fill, () => {});
  return line;
}

/** The bars say whose they are: of two units side by side both have some. */
function profile({ app, page, units, letter, name }) {
  const words = letter ? [h("b", {}, `${letter}: `), "how much of its activation goes to images of each class"] : "How much of its activation goes to images of each class";
  return h("div", { class: "unit-profile", dataset: { tour: "by-class" } }, h("p", { class: "small" }, words),
    app.ui.bars(page.profile.values, { kind: units.kind, label: `Share of the activation of ${name} by class`, full: 1, withValues: true }));
}

/** To other units: by number, one back, one on; pin; draw. */
function steps(of) {
  const { app, where, units, letter } = of;
  const { store } = app;
  if (letter === "B") {
    return h("div", { class: "tools unit-steps" }, h("a", { class: "button", href: store.link({ pin: null }) }, "Unpin"),
      h("a", { class: "button", href: store.link({ ...where, pin: null }) }, "Look at this one alone"));
  }
  const pin = `${where.layer}/${where.set}/${where.unit}`;
  const isPinned = store.get().pin === pin;
  const step = (by, text, label) => {
    const unit = where.unit + by;
    const isLast = unit < 0 || unit >= units.n_units;
    return isLast ? h("span", { class: "step muted", "aria-hidden": "true" }, text) : h("a", { class: "step", href: store.link({ unit }), "aria-label": label }, text);
  };
  const field = h("input", { type: "number", min: "0", max: String(units.n_units - 1), value: String(where.unit), class: "bound", "aria-label": "Number of the unit",
    "data-search": true, onchange: () => {
      const unit = Math.trunc(Number(field.value));
      if (Number.isFinite(unit)) store.set({ unit: Math.min(Math.max(unit, 0), units.n_units - 1) });
    } });
  return h("div", { class: "tools unit-steps" },
    h("span", { class: "row tight" }, step(-1, "\u2190", "Previous unit (k)"), field, step(1, "\u2192", "Next unit (j)")),
    h("span", { class: "small muted" }, `of ${number(units.n_units)}`),
    h("button", { type: "button", title: "A unit at random (r)", onclick: () => store.set({ unit: Math.floor(Math.random() * units.n_units) }) }, "At random"),
    h("button", { type: "button", "aria-pressed": String(isPinned), title: "Pin this unit to compare the next with it (p)",
      onclick: () => store.set({ pin: isPinned ? null : pin }) }, isPinned ? "Pinned" : "Pin"),
    store.layer(where.layer)?.drawable ? h("a", { class: "button", href: store.link({ page: "draw" }) }, "Draw with it") : "");
}
