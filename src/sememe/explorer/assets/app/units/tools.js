// What may be chosen of the units: table or wall, search, filters, columns; and the way to a spreadsheet.

import { familyOf, measureTitle } from "../pickers.js";
import { h } from "../ui.js";

/** @param of {app, page, where, best: concepts of the units or null, columns: keys that are shown,
     showColumns(keys), isOpen: whether filters are seen on a phone, toggle()} */
export function tools(of) {
  const { app, page, where, best } = of;
  const { store, ui } = app;
  const s = store.get();
  const set = (patch) => store.set(patch, { replace: true });
  const classes = app.run.label_names;
  const measures = page.columns.map((c) => ({ value: c.key, label: measureTitle(app, c.key) }));
  const check = (key, text) => h("label", { class: "check" }, h("input", { type: "checkbox", checked: s[key] === "1",
    onchange: (event) => set({ [key]: event.target.checked ? "1" : null }) }), text);
  const search = h("input", { type: "search", placeholder: "12, class 7, a concept", "aria-label": "Search units by number, class or concept",
    "data-search": true, value: s.q ?? "", oninput: () => set({ q: search.value || null }) });
  const bound = (key, label) => h("input", { type: "number", step: "any", class: "bound", "aria-label": label, placeholder: label,
    value: s[key] ?? "", onchange: (event) => set({ [key]: event.target.value || null }) });
  const filters = [
    classes.length && page.top_class && field("Class", ui.select(
      [{ value: "", label: "any" }, ...classes.map((name, i) => ({ value: String(i), label: name }))],
      s.class === undefined ? "" : String(s.class), (v) => set({ class: v === "" ? null : Number(v) }), "Class that a unit spends most on")),
    best && field("Concept", ui.select([{ value: "", label: "any" }, ...detected(best)], s.concept ?? "",
      (concept) => set({ concept: concept || null }), "Concept that a unit detects best")),
    field("Filter by", ui.select([{ value: "", label: "no other filter" }, { value: "density", label: "Density" }, ...measures],
      s.m ?? "", (m) => set({ m: m || null, min: null, max: null }), "Measure to filter by")),
    s.m && h("span", { class: "row tight" }, bound("min", "from"), bound("max", "to")),
    check("alive", "hide dead"),
    s.d && store.layer()?.drawable && check("drawn", "fires on my drawing"),
    ...(s.view === "wall" ? wallTools(app, s, set, measures) : []),
  ].filter(Boolean);
  return [
    ui.chips([{ value: "table", label: "Table" }, { value: "wall", label: "Wall" }], s.view ?? "table", (view) => set({ view: view === "table" ? null : view }), "View"),
    s.view !== "wall" && measures.length ? columnPicker(of) : "",
    search,
    // On a phone the rest would fill the screen before the first unit is seen.
    h("button", { type: "button", class: "on-phone", "aria-label": "Filter and sort", "aria-expanded": String(of.isOpen), onclick: (event) => event.currentTarget.setAttribute("aria-expanded", String(of.toggle())) }, "Filter"),
    h("div", { class: "units-rest" }, filters),
  ];
}

/** All units with all scores, for a spreadsheet. */
export const saved = ({ app, where }) => h("a", { href: app.api.url("units.csv", where), download: "" }, "Save as CSV");

/** The concepts that some unit detects best, with how many do, most first. */
function detected({ names, best }) {
  const counts = new Map();
  for (const row of best) if (row >= 0) counts.set(row, (counts.get(row) ?? 0) + 1);
  return [...counts].sort((a, b) => b[1] - a[1]).map(([row, count]) => ({ value: names[row], label: `${names[row]} (${count})` }));
}

const field = (name, control) => h("label", { class: "field" }, h("span", {}, name), control);

function wallTools({ ui }, s, set, measures) {
  const by = [{ value: "unit", label: "number" }, { value: "-density", label: "density" }, ...measures.map(({ value, label }) => ({ value: ui.isLowGood(value) ? value : `-${value}`, label }))];
  return [
    ui.chips([{ value: "reads", label: "What it reads" }, { value: "top", label: "Top image" }], s.look ?? "reads", (look) => set({ look: look === "reads" ? null : look }), "Thumbnails"),
    field("Sort by", ui.select(by, s.sort ?? "unit", (sort) => set({ sort }), "Sort by")),
  ];
}

function columnPicker({ app, page, columns, showColumns }) {
  const chosen = new Set(columns);
  const choice = (column) => h("label", { class: "check" }, h("input", { type: "checkbox", checked: chosen.has(column.key), onchange: (event) => {
    if (event.target.checked) chosen.add(column.key);
    else chosen.delete(column.key);
    showColumns(page.columns.map((one) => one.key).filter((key) => chosen.has(key)));
  } }), h("span", {}, measureTitle(app, column.key), app.ui.direction(column.key)));
  const families = [...new Set(page.columns.map(({ key }) => familyOf(app, key)))];
  const panel = h("div", { class: "note columns", popover: "auto", role: "dialog", "aria-label": "Columns" },
    families.map((family) => h("section", {}, h("h3", {}, family), page.columns.filter(({ key }) => familyOf(app, key) === family).map(choice))));
  const button = h("button", { type: "button", "aria-haspopup": "dialog", onclick: () => {
    panel.showPopover();
    const box = button.getBoundingClientRect();
    panel.style.left = `${Math.max(16, Math.min(box.left, innerWidth - panel.offsetWidth - 16))}px`;
    panel.style.top = `${Math.min(box.bottom + 8, Math.max(16, innerHeight - panel.offsetHeight - 16))}px`;
  } }, "Columns");
  return h("span", {}, button, panel);
}
