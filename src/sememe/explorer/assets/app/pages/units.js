// Units: every unit of a set, as a table or a wall of thumbnails; sort, filter, search, save.

import { heading, measureOf, measureTitle, missing } from "../pickers.js";
import { share as shareText } from "../panels.js";
import { VisibleRows } from "../rows.js";
import { h, number, percent } from "../ui.js";
import { drawnActivations } from "../drawn.js";

const ROW = 44;
const TILE = 92;
const BEGIN_WITH = ["dominant_mass", "monosemanticity_score[encoder, centred]", "clarity[encoder, centred]", "class_selectivity", "concept_average_precision"];
const MOST_COLUMNS = 4;

export const title = "Units";

export function mount(root, app) {
  const { store, ui, api } = app;
  const head = heading(app, "Units");
  const panel = h("div", { class: "units-panel" });
  root.append(head.element, panel);
  let table = null;

  function load() {
    table?.stop();
    table = null;
    const absent = missing(app);
    if (absent && !store.unitSet()) {
      panel.replaceChildren(h("p", { class: "pending", role: "alert" }, absent));
      return;
    }
    const { layer, set } = store.get();
    ui.panel(panel, () => api.get("units", { layer, set }), (page, place) => { table = new Units(place, app, page, { layer, set }); },
      { empty: "This set has no units." });
  }
  load();
  return {
    update(selection, changed) {
      head.update();
      if (changed.has("layer") || changed.has("set") || !table) load();
      else table.update(selection, changed);
    },
    unmount: () => table?.stop(),
    keys: {
      j: () => table?.move(1), k: () => table?.move(-1), Enter: (event) => table?.open(event),
    },
  };
}

class Units {
  #app; #page; #where; #order = []; #rows; #columns; #best = null; #drawn = null;

  constructor(place, app, page, where) {
    this.#app = app;
    this.#page = page;
    this.#where = where;
    const { store, ui } = app;
    this.classes = app.run.label_names;
    const kept = (store.get().cols ?? "").split(";").filter(Boolean);
    const keys = page.columns.map((column) => column.key);
    this.#columns = (kept.length ? kept : BEGIN_WITH).filter((key) => keys.includes(key)).slice(0, kept.length || MOST_COLUMNS);
    if (!this.#columns.length) this.#columns = keys.slice(0, MOST_COLUMNS);

    this.filters = h("div", { class: "units-tools" });
    this.count = h("p", { class: "muted small units-count", role: "status" });
    this.body = h("div", { class: "units-place" });
    place.append(this.filters, this.count, this.body);
    this.#tools();
    this.#show();
    this.#fetchExtras();
    this.kind = store.unitSet()?.kind;
    void ui;
  }

  // ---- what may be chosen ---------------------------------------------------------------------------------------

  #tools() {
    const { store, ui } = this.#app;
    const s = store.get();
    const set = (patch) => store.set(patch, { replace: true });
    const search = h("input", { type: "search", placeholder: "Number, class or concept", "aria-label": "Search units by number, class or concept",
      "data-search": true, value: s.q ?? "", oninput: () => set({ q: search.value || null }) });
    const parts = [
      ui.chips([{ value: "table", label: "Table" }, { value: "wall", label: "Wall" }], s.view ?? "table",
        (view) => set({ view: view === "table" ? null : view }), "View"),
      search,
    ];
    if (this.classes.length && this.#page.top_class) {
      parts.push(h("label", { class: "field" }, h("span", {}, "Class"), ui.select(
        [{ value: "", label: "any" }, ...this.classes.map((name, i) => ({ value: String(i), label: name }))],
        s.class === undefined ? "" : String(s.class), (v) => set({ class: v === "" ? null : Number(v) }), "Class that a unit spends most on")));
    }
    const bound = (key, label) => h("input", { type: "number", step: "any", class: "bound", "aria-label": label, placeholder: label,
      value: s[key] ?? "", onchange: (event) => set({ [key]: event.target.value || null }) });
    const measures = [{ value: "", label: "no other filter" }, { value: "density", label: "Density" },
      ...this.#page.columns.map((c) => ({ value: c.key, label: measureTitle(this.#app, c.key) }))];
    this.bounds = h("span", { class: "row" }, s.m ? [bound("min", "from"), bound("max", "to")] : []);
    parts.push(h("label", { class: "field" }, h("span", {}, "Filter by"),
      ui.select(measures, s.m ?? "", (m) => set({ m: m || null, min: null, max: null }), "Measure to filter by")), this.bounds);
    parts.push(h("label", { class: "check" }, h("input", { type: "checkbox", checked: s.alive === "1",
      onchange: (event) => set({ alive: event.target.checked ? "1" : null }) }), "hide dead"));
    if (s.d && store.layer()?.drawable) {
      parts.push(h("label", { class: "check" }, h("input", { type: "checkbox", checked: s.drawn === "1",
        onchange: (event) => set({ drawn: event.target.checked ? "1" : null }) }), "fires on my drawing"));
    }
    const wall = s.view === "wall";
    if (wall) {
      parts.push(ui.chips([{ value: "reads", label: "What it reads" }, { value: "top", label: "Top image" }], s.look ?? "reads",
        (look) => set({ look: look === "reads" ? null : look }), "Thumbnails"));
      const by = [{ value: "unit", label: "number" }, { value: "-density", label: "density" },
        ...this.#page.columns.map((c) => ({ value: `-${c.key}`, label: measureTitle(this.#app, c.key) }))];
      parts.push(h("label", { class: "field" }, h("span", {}, "Sort by"), ui.select(by, s.sort ?? "unit", (sort) => set({ sort }), "Sort by")));
    } else if (this.#page.columns.length) parts.push(this.#columnPicker());
    parts.push(h("a", { class: "button", href: this.#app.api.url("units.csv", this.#where), download: "" }, "Save as CSV"));
    const again = document.activeElement?.closest?.(".units-tools") && document.activeElement.getAttribute("aria-label");
    this.filters.replaceChildren(...parts);
    if (again) {
      const field = this.filters.querySelector(`[aria-label="${CSS.escape(again)}"]`);
      field?.focus();
      if (field?.type === "search") field.setSelectionRange(field.value.length, field.value.length);
    }
  }

  #columnPicker() {
    const chosen = new Set(this.#columns);
    const panel = h("div", { class: "note columns", popover: "auto", role: "dialog", "aria-label": "Columns" },
      h("p", {}, h("b", {}, "Columns")),
      this.#page.columns.map((column) => h("label", { class: "check" },
        h("input", { type: "checkbox", checked: chosen.has(column.key), onchange: (event) => {
          if (event.target.checked) chosen.add(column.key);
          else chosen.delete(column.key);
          const keys = this.#page.columns.map((one) => one.key).filter((key) => chosen.has(key));
          this.#columns = keys;
          this.#app.store.set({ cols: keys.join(";") || null }, { replace: true });
        } }), measureTitle(this.#app, column.key))));
    const button = h("button", { type: "button", "aria-haspopup": "dialog", onclick: () => {
      panel.showPopover();
      const box = button.getBoundingClientRect();
      panel.style.left = `${Math.max(16, Math.min(box.left, innerWidth - panel.offsetWidth - 16))}px`;
      panel.style.top = `${Math.min(box.bottom + 8, Math.max(16, innerHeight - panel.offsetHeight - 16))}px`;
    } }, "Columns");
    return h("span", {}, button, panel);
  }

  // ---- which units, in which order ------------------------------------------------------------------------------

  #values(key) {
    if (key === "unit") return null;
    if (key === "density") return this.#page.density.values;
    if (key === "class") return this.#page.top_class?.values;
    if (key === "share") return this.#page.top_share?.values;
    if (key === "drawing") return this.#drawn;
    return this.#page.columns.find((column) => column.key === key)?.values.values;
  }

  #arrange() {
    const s = this.#app.store.get();
    const page = this.#page;
    const count = page.density.values.length;
    const tests = [];
    if (s.alive === "1") tests.push((u) => page.density.values[u] > 0);
    if (s.class !== undefined && page.top_class) tests.push((u) => page.top_class.values[u] === s.class);
    const bounded = s.m && this.#values(s.m);
    if (bounded) {
      const low = s.min === undefined ? -Infinity : Number(s.min);
      const high = s.max === undefined ? Infinity : Number(s.max);
      if (Number.isFinite(low) || Number.isFinite(high)) tests.push((u) => bounded[u] >= low && bounded[u] <= high);
    }
    if (s.drawn === "1" && this.#drawn) tests.push((u) => this.#drawn[u] !== 0);
    const ids = s.ids ? new Set(idsOf(s.ids)) : null;
    if (ids) tests.push((u) => ids.has(u));
    const words = (s.q ?? "").toLowerCase().trim();
    if (words) tests.push((u) => this.#matches(u, words));
    const found = [];
    for (let u = 0; u < count; u += 1) if (tests.every((test) => test(u))) found.push(u);
    const sort = s.sort ?? "unit";
    const down = sort.startsWith("-");
    const values = this.#values(sort.replace(/^-/, ""));
    if (values) {
      found.sort((a, b) => {
        const [x, y] = [values[a], values[b]];
        if (Number.isNaN(x) || Number.isNaN(y)) return Number.isNaN(x) - Number.isNaN(y) || a - b; // without a score: last
        return (down ? y - x : x - y) || a - b;
      });
    } else if (down) found.reverse();
    this.#order = found;
    const all = found.length === count;
    const noun = { neurons: "neurons", features: "features" }[this.#app.store.unitSet()?.kind] ?? "directions";
    this.count.textContent = `${all ? "All" : `${number(found.length)} of`} ${number(count)} ${noun}, looked at on ${number(page.items)} `
      + `${page.items === page.images ? "images" : `positions of ${number(page.images)} images`} that nothing was fitted on.`
      + (page.measured ? "" : " This layer has not been measured yet: scores will appear once the run has come so far.");
    if (ids) this.count.append(" Chosen on the atlas. ", h("a", { href: this.#app.store.link({ ids: null }) }, "Show all"));
  }

  #matches(u, words) {
    if (/^#?\d+$/.test(words)) return String(u).startsWith(words.replace("#", ""));
    const name = this.classes[this.#page.top_class?.values[u]];
    if (name?.toLowerCase().includes(words.replace(/^class /, ""))) return true;
    return Boolean(this.#best && this.#best.best[u] >= 0 && this.#best.names[this.#best.best[u]].toLowerCase().includes(words));
  }

  async #fetchExtras() {
    const { api, store } = this.#app;
    const s = store.get();
    if (/[a-z]/i.test(s.q ?? "") && !this.#best && this.#best !== false) {
      this.#best = false; // on its way
      try {
        this.#best = (await api.get("set-concepts", this.#where)) ?? false;
        if (this.#best) this.#show();
      } catch {
        this.count.append(" Concepts could not be found in these images.");
      }
    }
    if (s.d && !this.#drawn && store.layer()?.drawable) {
      try {
        this.#drawn = await drawnActivations(this.#app, this.#where, s.d);
        this.#show();
      } catch (error) {
        this.count.append(` ${error.message}`);
      }
    }
  }

  // ---- how they are shown ---------------------------------------------------------------------------------------

  #show() {
    this.#arrange();
    this.#rows?.stop();
    this.#rows = null;
    if (!this.#order.length) {
      this.body.replaceChildren(h("p", { class: "pending" }, "No unit passes these filters. ",
        h("a", { href: this.#app.store.link({ q: null, class: null, m: null, min: null, max: null, alive: null, drawn: null, ids: null }) }, "Show all units")));
      return;
    }
    if (this.#app.store.get().view === "wall") this.#wall();
    else this.#table();
  }

  #heads() {
    const list = [{ key: "unit", label: "Unit", first: "ascending" }, { key: "density", label: "Density", note: "density" }];
    if (this.#page.top_class) list.push({ key: "share", label: "Most active class" });
    if (this.#drawn) list.push({ key: "drawing", label: "On my drawing" });
    for (const key of this.#columns) list.push({ key, label: measureTitle(this.#app, key), note: key, range: measureOf(this.#app, key)?.range });
    return list;
  }

  #table() {
    const { store, ui } = this.#app;
    const heads = this.#heads();
    const sort = store.get().sort ?? "unit";
    const header = h("div", { role: "row", class: "units-row units-head", "aria-rowindex": "1" }, heads.map((one) => {
      const state = sort.replace(/^-/, "") === one.key ? (sort.startsWith("-") ? "descending" : "ascending") : "none";
      const next = state === "descending" || (state === "none" && one.first) ? one.key : `-${one.key}`;
      return h("span", { role: "columnheader", "aria-sort": state },
        h("button", { type: "button", class: "sort", title: `Sort by ${one.label}`, onclick: () => store.set({ sort: next }, { replace: true }) },
          h("span", {}, one.label), h("i", { "aria-hidden": "true" }, { ascending: "\u2191", descending: "\u2193", none: "" }[state])),
        one.note ? ui.note(one.note) : "");
    }));
    const rowgroup = h("div", { role: "rowgroup", class: "units-body" });
    const scroller = h("div", { class: "units-table", role: "table", tabindex: "0", "aria-label": "Units; j and k move, Enter opens",
      "aria-rowcount": String(this.#order.length + 1), "aria-colcount": String(heads.length), style: { "--columns": String(heads.length) } },
    h("div", { role: "rowgroup", class: "units-header" }, header), rowgroup);
    scroller.classList.add(store.unitSet()?.kind ?? "control");
    this.body.replaceChildren(scroller);
    this.#rows = new VisibleRows(scroller, rowgroup, { height: ROW, count: () => this.#order.length, make: (i) => this.#row(i, heads) });
    this.#rows.draw();
    const at = this.#order.indexOf(store.get().unit);
    if (at >= 0) this.#rows.reveal(at);
  }

  #row(i, heads) {
    const { store, ui } = this.#app;
    const u = this.#order[i];
    const page = this.#page;
    const cells = heads.map(({ key, range }) => {
      if (key === "unit") {
        return h("span", { role: "rowheader", class: "units-name" }, ui.thumb({ ...this.#where, unit: u }),
          h("a", { href: store.link({ page: "unit", unit: u }), class: "unit-link", tabindex: "-1" }, ui.unitName({ ...this.#where, unit: u })));
      }
      if (key === "density") return h("span", { role: "cell", class: "number" }, page.density.values[u] ? shareText(page.density.values[u]) : "never fires");
      if (key === "share") return h("span", { role: "cell" }, this.#classOf(u));
      const values = this.#values(key);
      const column = page.columns.find((one) => one.key === key);
      const value = values[u];
      const [low, high] = [column?.low?.values[u], column?.high?.values[u]];
      const known = Number.isFinite(value);
      const share = known && range && range[0] !== null && range[1] !== null ? (value - range[0]) / (range[1] - range[0]) : null;
      return h("span", { role: "cell", class: "number", title: Number.isFinite(low) ? `95 % interval ${number(low)} to ${number(high)}` : "" },
        h("span", {}, known ? number(value) : "\u2013"),
        share === null ? "" : h("i", { class: "meter", "aria-hidden": "true", style: { "--share": String(Math.max(0, Math.min(1, share))) } }));
    });
    return h("div", { role: "row", class: `units-row${store.get().unit === u ? " chosen" : ""}`, "aria-rowindex": String(i + 2),
      "aria-selected": String(store.get().unit === u), onclick: (event) => {
        if (event.target.closest("a")) return;
        store.set({ page: "unit", unit: u });
      } }, cells);
  }

  #classOf(u) {
    const top = this.#page.top_class.values[u];
    if (top < 0) return "\u2013";
    const shares = this.#page.shares;
    const n = this.classes.length;
    const said = `${this.classes[top]}, ${percent(this.#page.top_share.values[u], 0)}`;
    if (!shares || n > 20) return said;
    const own = shares.values.subarray(u * n, (u + 1) * n);
    const largest = this.#page.top_share.values[u] || 1;
    // One element and no more: a row is drawn in a fraction of a millisecond.
    const stops = [];
    own.forEach((share, c) => {
      const [a, b] = [(100 * c) / n, (100 * (c + 1)) / n];
      const shade = `color-mix(in srgb, var(--accent) ${Math.round((100 * share) / largest)}%, var(--sunken))`;
      stops.push(`${shade} ${a}% ${b - 1.5}%`, `transparent ${b - 1.5}% ${b}%`);
    });
    return [h("span", {}, said), h("i", { class: "class-strip", "aria-hidden": "true", style: { background: `linear-gradient(to right, ${stops.join(",")})` },
      title: [...own].map((share, c) => `${this.classes[c]}: ${percent(share, 0)}`).join("\n") })];
  }

  #wall() {
    const { store, ui } = this.#app;
    const look = store.get().look ?? "reads";
    const list = h("div", { class: "units-body", role: "list" });
    const scroller = h("div", { class: `units-wall ${store.unitSet()?.kind}`, tabindex: "0", role: "region", "aria-label": "Units as thumbnails" }, list);
    this.body.replaceChildren(scroller);
    let across = 0;
    const measure = () => Math.max(1, Math.floor(scroller.clientWidth / TILE));
    this.#rows = new VisibleRows(scroller, list, {
      height: TILE + 8,
      count: () => Math.ceil(this.#order.length / across),
      make: (r) => h("div", { class: "wall-row", role: "presentation" },
        this.#order.slice(r * across, (r + 1) * across).map((u) => {
          const top = this.#page.top_class?.values[u] ?? -1;
          const what = top >= 0 ? `, mostly ${this.classes[top]}` : "";
          return h("span", { role: "listitem" }, h("a", { class: `wall-tile${store.get().unit === u ? " chosen" : ""}`, href: store.link({ page: "unit", unit: u }),
            "aria-label": `${ui.unitName({ ...this.#where, unit: u })}${what}`, title: `${u}${what}` },
          ui.thumb({ ...this.#where, unit: u }, { look }), h("span", { class: "wall-name", "aria-hidden": "true" }, `${u}${top >= 0 ? ` \u00b7 ${this.classes[top]}` : ""}`)));
        })),
    });
    const fit = () => {
      if (measure() === across) return;
      across = measure();
      scroller.style.setProperty("--across", String(across));
      this.#rows.draw();
    };
    fit();
    this.fitting = new ResizeObserver(fit);
    this.fitting.observe(scroller);
  }

  // ---- from outside ---------------------------------------------------------------------------------------------

  update(selection, changed) {
    if (changed.size === 1 && changed.has("unit")) {
      for (const row of this.body.querySelectorAll(".chosen")) {
        row.classList.remove("chosen");
        row.setAttribute("aria-selected", "false");
      }
      const at = this.#order.indexOf(selection.unit);
      if (at < 0 || selection.view === "wall") return;
      this.#rows?.reveal(at);
      const row = this.#rows?.row(at);
      row?.classList.add("chosen");
      row?.setAttribute("aria-selected", "true");
      return;
    }
    if (changed.has("d")) this.#drawn = null;
    const scroll = this.body.firstChild?.scrollTop;
    this.#tools();
    this.#show();
    if (changed.size === 1 && changed.has("cols")) this.body.firstChild.scrollTop = scroll;
    this.#fetchExtras();
  }

  move(step) {
    const at = this.#order.indexOf(this.#app.store.get().unit);
    const next = at < 0 ? (step > 0 ? 0 : this.#order.length - 1) : Math.min(Math.max(at + step, 0), this.#order.length - 1);
    const unit = this.#order[next];
    if (unit === undefined) return false;
    this.#app.store.set({ unit }, { replace: true });
    this.#app.announce?.(`${this.#app.ui.unitName({ ...this.#where, unit })}, ${next + 1} of ${this.#order.length}`);
    return true;
  }

  open(event) {
    if (event.target.closest?.("a, button, input, select")) return false;
    const { unit } = this.#app.store.get();
    if (unit === undefined) return false;
    this.#app.store.set({ page: "unit", unit });
    return true;
  }

  stop() {
    this.#rows?.stop();
    this.fitting?.disconnect();
  }
}

/** "1-3,7" -> [1, 2, 3, 7] */
export function idsOf(text) {
  return text.split(",").flatMap((part) => {
    const [first, last = first] = part.split("-").map(Number);
    if (!Number.isInteger(first) || !Number.isInteger(last) || last - first > 100_000) return [];
    return Array.from({ length: Math.max(0, last - first + 1) }, (_, i) => first + i);
  });
}

/** [1, 2, 3, 7] -> "1-3,7" */
export function idsText(ids) {
  const sorted = [...ids].sort((a, b) => a - b);
  const parts = [];
  for (let i = 0; i < sorted.length; i += 1) {
    let j = i;
    while (sorted[j + 1] === sorted[j] + 1) j += 1;
    parts.push(i === j ? `${sorted[i]}` : `${sorted[i]}-${sorted[j]}`);
    i = j;
  }
  return parts.join(",");
}
