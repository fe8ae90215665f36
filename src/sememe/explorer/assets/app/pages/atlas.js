// Atlas: the atoms of a unit set on a plane. Look around, colour by a measure, lasso to the table.

import { AtlasMap } from "../atlas/map.js";
import { heading, missing } from "../pickers.js";
import { h } from "../ui.js";

export const title = "Atlas";

export function mount(root, app) {
  const { api, store, ui } = app;
  const head = heading(app, "Atlas");
  const body = h("div", { class: "atlas" });
  root.append(head.element, body);
  let map = null;

  function load() {
    map?.stop();
    map = null;
    const absent = missing(app);
    if (absent && !store.unitSet()) {
      body.replaceChildren(h("p", { class: "pending", role: "alert" }, absent));
      return;
    }
    const { layer, set } = store.get();
    const method = store.get().method === "pca" ? "pca" : "tsne";
    if (!api.knows("atlas", { layer, set, method }) && method === "tsne") app.announce?.("Laying out the map takes some seconds the first time.");
    ui.panel(body, () => Promise.all([api.get("atlas", { layer, set, method }), api.get("units", { layer, set })]),
      ([found, units], place) => { map = new AtlasMap(app, place, found, units, { layer, set }); });
  }
  load();
  return {
    update(selection, changed) {
      head.update();
      if (["layer", "set", "method"].some((key) => changed.has(key)) || !map) load();
      else map.update();
    },
    unmount: () => map?.stop(),
    keys: { Enter: (event) => (event.target.matches?.("canvas") ? (map?.open(), true) : false) },
  };
}
