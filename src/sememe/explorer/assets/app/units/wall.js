// Units as a wall of thumbnails, as many across as fit.

import { VisibleRows } from "../rows.js";
import { h } from "../ui.js";

const TILE = 92;

/** @param of {app, page, where, order, classes}; returns {element, rows, stop} */
export function unitsWall(of) {
  const { app, order } = of;
  const list = h("div", { class: "units-body", role: "list" });
  const element = h("div", { class: `units-wall ${app.store.unitSet()?.kind}`, tabindex: "0", role: "region", "aria-label": "Units as thumbnails" }, list);
  let across = 1;
  const rows = new VisibleRows(element, list, {
    height: TILE + 8,
    count: () => Math.ceil(order.length / across),
    make: (r) => h("div", { class: "wall-row", role: "presentation" }, order.slice(r * across, (r + 1) * across).map((unit) => tile(of, unit))),
  });
  const fit = () => {
    const fits = Math.max(1, Math.floor(element.clientWidth / TILE));
    if (fits === across && list.children.length) return;
    across = fits;
    element.style.setProperty("--across", String(across));
    rows.draw();
  };
  const fitting = new ResizeObserver(fit);
  fitting.observe(element);
  return { element, rows, stop: () => fitting.disconnect() };
}

function tile({ app, page, where, classes }, unit) {
  const { store, ui } = app;
  const { look = "reads", unit: chosen } = store.get();
  const top = page.top_class?.values[unit] ?? -1;
  const what = top >= 0 ? `, mostly ${classes[top]}` : "";
  return h("span", { role: "listitem" }, h("a", { class: `wall-tile${chosen === unit ? " chosen" : ""}`, href: store.link({ page: "unit", unit }),
    "aria-label": `${ui.unitName({ ...where, unit })}${what}`, title: `${ui.unitName({ ...where, unit })}${what}` },
  ui.thumb({ ...where, unit }, { look }), h("span", { class: "wall-name", "aria-hidden": "true" }, String(unit), top >= 0 ? h("b", {}, classes[top]) : "")));
}
