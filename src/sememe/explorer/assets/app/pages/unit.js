// Unit: one template for a neuron, a component of any dictionary, a random direction; one, or two side by side.

import { heading, missing } from "../pickers.js";
import { h } from "../ui.js";
import { unitView } from "../unit/view.js";

export const title = "Unit";

export function mount(root, app) {
  const { store } = app;
  const head = heading(app, "Unit");
  const body = h("div", { class: "unit-body" });
  root.append(head.element, body);

  function show() {
    head.update();
    const { layer, set, unit, pin } = store.get();
    const absent = missing(app);
    if (absent) return body.replaceChildren(h("p", { class: "pending", role: "alert" }, absent));
    if (unit === undefined) return store.set({ unit: 0 }, { replace: true });
    const here = { layer, set, unit };
    const pinned = pin && readPin(app, pin);
    const pair = pinned && !same(pinned, here);
    const focused = body.contains(document.activeElement) ? document.activeElement.getAttribute("aria-label") : null;
    return body.replaceChildren(h("div", { class: pair ? "unit-pair" : "unit-single" },
      one(app, here, pair ? "A" : null, focused), pair && one(app, pinned, "B")));
  }
  show();
  return {
    update(selection, changed) {
      if (["layer", "set", "unit", "pin", "page"].some((key) => changed.has(key))) show();
    },
  };
}

const same = (a, b) => a.layer === b.layer && a.set === b.set && a.unit === b.unit;

/** The unit of "layer/set/number"; null where this run has no such unit. */
function readPin(app, pin) {
  const match = /^(.+)\/(.+)\/(\d+)$/.exec(pin);
  if (!match) return null;
  const [, layer, set, unit] = match;
  const units = app.store.unitSet(set, app.store.layer(layer))?.n_units;
  return units > Number(unit) ? { layer, set, unit: Number(unit) } : null;
}

/** `focused`: what had the focus before the unit changed, to have it again when the next one is there. */
function one(app, where, letter, focused = null) {
  const { api, store, ui } = app;
  const units = store.unitSet(where.set, store.layer(where.layer));
  const place = h("article", { class: `unit-page ${units.kind}`, "aria-label": ui.unitName(where) });
  ui.panel(place, () => api.get("unit", where), (page, el) => {
    el.append(...unitView({ app, where, page, letter, units, classes: app.run.label_names, name: ui.unitName(where), noun: ui.unitName(where).split(" ")[0] }));
    if (focused) el.querySelector(`[aria-label="${CSS.escape(focused)}"]`)?.focus();
  });
  return place;
}
