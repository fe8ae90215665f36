// Units: every unit of a set, as a table or a wall of thumbnails; sort, filter, search, save.

import { heading, missing } from "../pickers.js";
import { h } from "../ui.js";
import { Units } from "../units/view.js";

export const title = "Units";

export function mount(root, app) {
  const { store, ui, api } = app;
  const head = heading(app, "Units");
  const panel = h("div", { class: "units-panel" });
  root.append(head.element, panel);
  let units = null;

  function load() {
    units?.stop();
    units = null;
    const absent = missing(app);
    if (absent && !store.unitSet()) {
      panel.replaceChildren(h("p", { class: "pending", role: "alert" }, absent));
      return;
    }
    const { layer, set } = store.get();
    const where = { layer, set };
    // Concepts take a while to be found: the table does not wait for them, unless they are here.
    const known = api.has("set-concepts", where) ? api.get("set-concepts", where).catch(() => null) : null;
    ui.panel(panel, () => Promise.all([api.get("units", where), known]), ([page, best], place) => { units = new Units(place, app, page, where, best); },
      { empty: "This set has no units." });
  }
  load();
  return {
    update(selection, changed) {
      head.update();
      if (changed.has("layer") || changed.has("set") || !units) load();
      else units.update(selection, changed);
    },
    unmount: () => units?.stop(),
    keys: { j: () => units?.move(1), k: () => units?.move(-1), Enter: (event) => units?.open(event) },
  };
}
