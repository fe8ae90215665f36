// The units of a set: which of them, in which order, as a table or a wall, and how one moves through them.

import { drawnActivations } from "../drawn.js";
import { h, number } from "../ui.js";
import { arranged } from "./order.js";
import { unitsTable } from "./table.js";
import { saved, tools } from "./tools.js";
import { unitsWall } from "./wall.js";

const BEGIN_WITH = ["dominant_mass", "monosemanticity_score[encoder, centred]", "clarity[encoder, centred]", "class_selectivity", "concept_average_precision"];
const MOST_COLUMNS = 4;
const NOUNS = { neurons: "neurons", features: "features" };
const NO_FILTER = { q: null, class: null, concept: null, m: null, min: null, max: null, alive: null, drawn: null, ids: null };

export class Units {
  #app; #page; #where; #columns; #classes; #order = []; #shown = null;
  #best = null; // concepts of the units; null: on their way or not to be had
  #drawn = null; // activations on the drawing of the address

  /** @param page the answer of /api/units, @param where {layer, set}, @param best that of set-concepts where it is known already */
  constructor(place, app, page, where, best = null) {
    this.#app = app;
    this.#page = page;
    this.#where = where;
    this.#classes = app.run.label_names;
    this.filters = h("div", { class: "units-tools" });
    this.count = h("p", { class: "muted small units-count", role: "status" });
    this.body = h("div", { class: "units-place" });
    place.append(this.filters, this.count, this.body);
    this.#readColumns();
    this.#take(best);
    this.#showTools();
    this.#show();
    if (!this.#best) this.#fetchConcepts();
    this.#fetchDrawn();
  }

  #readColumns() {
    const kept = (this.#app.store.get().cols ?? "").split(";").filter(Boolean);
    const keys = this.#page.columns.map((column) => column.key);
    this.#columns = (kept.length ? kept : BEGIN_WITH).filter((key) => keys.includes(key)).slice(0, kept.length || MOST_COLUMNS);
    if (!this.#columns.length) this.#columns = keys.slice(0, MOST_COLUMNS);
  }

  /** The tools are made anew with every choice; what had the focus has it again. */
  #showTools() {
    const active = this.filters.contains(document.activeElement) ? document.activeElement : null;
    const again = (active?.closest("[role=radiogroup]") ?? active)?.getAttribute("aria-label");
    this.filters.replaceChildren(...tools({ app: this.#app, page: this.#page, where: this.#where, best: this.#best, columns: this.#columns,
      isOpen: this.filters.classList.contains("open"), toggle: () => this.filters.classList.toggle("open"), showColumns: (keys) => {
      this.#columns = keys;
      this.#app.store.set({ cols: keys.join(";") || null }, { replace: true });
    } }));
    const field = again && this.filters.querySelector(`[aria-label="${CSS.escape(again)}"]`);
    if (!field) return;
    (field.getAttribute("role") === "radiogroup" ? field.querySelector("[aria-checked=true]") : field).focus();
    if (field.type === "search") field.setSelectionRange(field.value.length, field.value.length);
  }

  /** Concepts come when the table is there already: to find them takes half a second the first time. */
  async #fetchConcepts() {
    const found = await this.#app.api.get("set-concepts", this.#where).catch((error) => {
      if (error.status === undefined) throw error;
      return null; // an exported page, or images without concepts, has none to offer
    });
    if (this.#take(found)) this.#again();
  }

  #take(found) {
    if (found?.best.length === this.#page.density.values.length) this.#best = found;
    return Boolean(this.#best);
  }

  async #fetchDrawn() {
    const { store } = this.#app;
    const { d } = store.get();
    if (!d || this.#drawn || !store.layer()?.drawable) return;
    try {
      this.#drawn = await drawnActivations(this.#app, this.#where, d);
      this.#again();
    } catch (error) {
      this.count.append(` ${error.message}`);
    }
  }

  /** More is known: show it without moving what is looked at. */
  #again() {
    if (!this.body.isConnected) return;
    const scroll = this.body.firstChild?.scrollTop ?? 0;
    this.#showTools();
    this.#show();
    this.body.firstChild.scrollTop = scroll;
  }

  #show() {
    const { store } = this.#app;
    const s = store.get();
    this.#stopShown();
    this.#order = arranged(this.#page, s, { classes: this.#classes, drawn: this.#drawn, best: this.#best });
    this.#say(s);
    if (!this.#order.length) {
      this.body.replaceChildren(h("p", { class: "pending" }, "No unit passes these filters. ", h("a", { href: store.link(NO_FILTER) }, "Show all units")));
      return;
    }
    const of = { app: this.#app, page: this.#page, where: this.#where, order: this.#order, columns: this.#columns, drawn: this.#drawn, best: this.#best, classes: this.#classes };
    this.#shown = s.view === "wall" ? unitsWall(of) : unitsTable(of);
    this.body.replaceChildren(this.#shown.element);
    if (s.view === "wall") return; // drawn as soon as its width is known
    this.#shown.rows.draw();
    const at = this.#order.indexOf(s.unit);
    if (at >= 0) this.#shown.rows.reveal(at);
  }

  #say(s) {
    const { items, images, measured, density, columns } = this.#page;
    const count = density.values.length;
    const noun = NOUNS[this.#app.store.unitSet()?.kind] ?? "directions";
    this.count.textContent = `${this.#order.length === count ? "All" : `${number(this.#order.length)} of`} ${number(count)} ${noun}. What is said of them comes from ${number(items)} `
      + `${items === images ? "images" : `positions of ${number(images)} images`} that nothing was fitted on.`
      + (measured ? (columns.length ? "" : " The run has not scored them one by one: of a sweep it scores those fits that the comparison needs.")
        : " This layer has not been measured yet: scores will appear once the run has come so far.");
    const hasIntervals = this.#page.columns.some(({ key, low }) => low && this.#columns.includes(key));
    if (s.view === "wall") this.count.append(" Under each stand its number and the class with most of its activation.");
    else if (hasIntervals) this.count.append(" In brackets: 95\u00a0% intervals over images.");
    this.count.append(" ", saved({ app: this.#app, where: this.#where }));
    if (s.ids) this.count.append(" Chosen on the atlas. ", h("a", { href: this.#app.store.link({ ids: null }) }, "Show all"));
  }

  update(selection, changed) {
    if (changed.size === 1 && changed.has("unit")) return this.#mark(selection);
    if (changed.has("d")) this.#drawn = null;
    if (changed.has("cols")) this.#readColumns();
    const scroll = this.body.firstChild?.scrollTop;
    // While columns are chosen their list stays open.
    if (changed.size !== 1 || !changed.has("cols")) this.#showTools();
    this.#show();
    if (changed.size === 1 && changed.has("cols")) this.body.firstChild.scrollTop = scroll;
    return this.#fetchDrawn();
  }

  #mark({ unit, view }) {
    const set = (row, isChosen) => {
      row?.classList.toggle("chosen", isChosen);
      row?.setAttribute("aria-selected", String(isChosen));
    };
    this.body.querySelectorAll(".chosen").forEach((row) => set(row, false));
    const at = this.#order.indexOf(unit);
    if (at < 0 || view === "wall") return;
    this.#shown?.rows.reveal(at);
    set(this.#shown?.rows.row(at), true);
  }

  move(step) {
    const last = this.#order.length - 1;
    const at = this.#order.indexOf(this.#app.store.get().unit);
    const next = at < 0 ? (step > 0 ? 0 : last) : Math.min(Math.max(at + step, 0), last);
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

  #stopShown() {
    this.#shown?.rows.stop();
    this.#shown?.stop?.();
    this.#shown = null;
  }

  stop() {
    this.#stopShown();
  }
}
