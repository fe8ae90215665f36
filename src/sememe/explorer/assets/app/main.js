// The shell: the bar, one page at a time, the keyboard, and what all pages share.

import { Api } from "./api.js";
import { Keys, TERMS, rows as shortcuts } from "./keys.js";
import { Store } from "./store.js";
import { apply, nextTheme, theme } from "./theme.js";
import { Ui, h } from "./ui.js";

/** Opens these pages on a run. `parts` are what the exported file brings of its own. */
export async function start({ pages, api = new Api(), ...parts }) {
  apply();
  let run;
  let measures;
  try {
    [run, measures] = await Promise.all([api.get("run"), api.get("measures")]);
  } catch (error) {
    document.body.append(h("main", { class: "page" }, h("p", { class: "pending", role: "alert" }, error.message)));
    return;
  }
  const app = { api, run, measures, pages, ...parts };
  app.store = new Store(run, pages.map((page) => page.name));
  app.ui = new Ui(app);
  new Shell(app);
}

class Shell {
  #app;
  #shown = null; // {page, view, module}
  #turn = 0;
  #note = h("div", {}); // of the tour
  #main = h("main", { id: "main", class: "page", tabindex: "-1" });
  #links = new Map();

  constructor(app) {
    this.#app = app;
    document.body.append(this.#skip(), this.#bar(), this.#note, this.#main, this.#help());
    app.store.subscribe((selection, changed) => this.#show(selection, changed));
    app.announce = (text) => { this.live.textContent = text; };
    this.live = h("p", { class: "visually-hidden", role: "status", "aria-live": "polite" });
    document.body.append(this.live);
    new Keys((key, event) => this.#pressed(key, event), (key) => this.#goTo(key));
    this.#show(app.store.get(), new Set(["page"]));
  }

  #skip() {
    return h("a", { class: "skip", href: "#main", onclick: (event) => {
      event.preventDefault();
      this.#main.focus();
    } }, "Skip to the page");
  }

  #bar() {
    const { run, pages } = this.#app;
    const list = h("ul");
    for (const page of pages) {
      if (page.name === "draw" && !run.drawable) continue;
      const link = h("a", { title: `g then ${page.key}` }, page.title);
      this.#links.set(page.name, link);
      list.append(h("li", {}, link));
    }
    if (run.has_report) {
      list.append(h("li", {}, h("a", { href: "/report", target: "_blank", rel: "noopener", title: "The run's report, a file of its own" }, "Report")));
    }
    const themeButton = h("button", { id: "theme", type: "button", onclick: () => {
      label.textContent = `Theme: ${nextTheme()}`;
    } }, halfDisc());
    const label = h("span", {}, `Theme: ${theme()}`);
    themeButton.append(label);
    return h("header", { class: "bar" },
      h("div", { class: "page" },
        h("a", { class: "wordmark", href: `#/${(pages.find((page) => page.name === "runs") ?? pages[0]).name}`, title: `Run ${run.name}` }, "Sememe"),
        h("nav", { "aria-label": "Pages" }, list),
        h("button", { type: "button", class: "round", "aria-label": "Help", title: "Words and keyboard shortcuts (?)",
          onclick: () => this.dialog.showModal() }, "?"),
        themeButton));
  }

  #help() {
    const list = (rows, term) => h("dl", {}, rows.map(([name, what]) => h("div", {}, h("dt", {}, term(name)), h("dd", {}, what))));
    this.dialog = h("dialog", { class: "help", "aria-labelledby": "help-title" },
      h("h2", { id: "help-title", tabindex: "-1", autofocus: true }, "How to read these pages"), list(TERMS, (name) => h("b", {}, name)),
      h("h2", {}, "Keyboard"), list(shortcuts(this.#app.pages), (keys) => h("kbd", {}, keys)),
      h("form", { method: "dialog" }, h("button", { onclick: (event) => {
        event.preventDefault();
        this.dialog.close();
      } }, "Close")));
    return this.dialog;
  }

  async #show(selection, changed) {
    for (const [name, link] of this.#links) {
      const isOver = name === "tour" || selection.tour === "end";
      link.href = this.#app.store.link(isOver ? { page: name, tour: null } : { page: name });
      if (name === selection.page) {
        link.setAttribute("aria-current", "page");
        if (changed.has("page")) bringIntoView(link);
      } else link.removeAttribute("aria-current");
    }
    if (selection.tour || changed.has("tour")) this.#goAlong();
    this.#entitle(selection);
    if (!changed.has("page") && this.#shown) {
      this.#shown.view?.update?.(selection, changed);
      return;
    }
    const turn = ++this.#turn;
    const first = !this.#shown;
    const known = this.#app.pages.filter((page) => this.#links.has(page.name));
    const page = known.find((one) => one.name === selection.page);
    if (!this.#app.run.layers.length && !["runs", "tour"].includes(page?.name)) {
      return this.#replace(h("h1", {}, "Nothing to look at yet"), h("p", { class: "pending" },
        "The run has harvested no layer so far. ", h("a", { href: "#/runs" }, "How far it has come"), ", and open this page again later."));
    }
    if (!page) return this.#missing(selection, known);
    let module;
    try {
      [module] = await Promise.all([page.load(), page.style ? style(page.name) : null]);
    } catch (error) {
      console.error(error);
      this.#replace(h("p", { class: "pending", role: "alert" }, `The page ${page.title} could not be loaded.`));
      return;
    }
    if (turn !== this.#turn) return;
    this.#shown?.view?.unmount?.();
    const root = h("div", { class: `view view-${page.name}` });
    this.#main.replaceChildren(root);
    this.#shown = { page, module, view: null };
    const mounted = this.#app.store.get();
    this.#shown.view = module.mount(root, this.#app) ?? {};
    if (!first) {
      scrollTo(0, 0);
      // Who pressed the tour's Next reads on in its note.
      if (!this.#note.contains(document.activeElement)) this.#main.focus({ preventScroll: true });
    }
    if (this.#app.store.get() !== mounted) this.#shown.view.update?.(this.#app.store.get(), new Set(["page"]));
  }

  /** What a tab or a bookmark is called: the unit by its name, else the page. */
  #entitle({ page, layer, set, unit }) {
    const { pages, run, store, ui } = this.#app;
    const isUnit = page === "unit" && Number.isInteger(unit) && store.unitSet(set);
    const named = isUnit ? `${ui.unitName({ layer, set, unit })} of ${store.layer(layer).layer}` : pages.find((one) => one.name === page)?.title;
    document.title = [named, run.name, "Sememe"].filter(Boolean).join(" \u00b7 ");
  }

  /** A step of the tour goes along with the pages that it leads to. */
  async #goAlong() {
    const page = this.#app.pages.find((one) => one.name === "tour");
    if (!page) return; // the exported file has no tour
    const [tour] = await Promise.all([import("./tour/note.js"), style(page.name)]);
    tour.goAlong(this.#app, this.#note);
  }

  #replace(...children) {
    this.#shown?.view?.unmount?.();
    this.#shown = null;
    this.#main.replaceChildren(h("div", { class: "view" }, ...children));
  }

  #missing(selection, known) {
    if (selection.page === "draw" && known.length) return this.#app.store.set({ page: known[0].name }, { replace: true });
    if (this.#app.isFile && ["image", "atlas", "runs", "tour"].includes(selection.page)) {
      return this.#replace(h("h1", {}, "Not in this file"),
        h("p", { class: "pending", role: "alert" },
          "An exported file does not hold this page; the served explorer has it: ", h("code", {}, "sememe explore\u00a0RUN"), "."));
    }
    this.#replace(h("h1", {}, "No such page"),
      h("p", { class: "pending", role: "alert" },
        "There is no page of that name here; there are ",
        known.flatMap((page, i) => [i ? ", " : "", h("a", { href: `#/${page.name}` }, page.title)]), "."));
  }

  #goTo(key) {
    const page = this.#app.pages.find((one) => one.key === key && this.#links.has(one.name));
    if (page) this.#app.store.set({ page: page.name });
    return Boolean(page);
  }

  #pressed(key, event) {
    const own = this.#shown?.view?.keys?.[key];
    if (own && own(event) !== false) return true;
    const { store } = this.#app;
    const { set, unit } = store.get();
    const layer = store.layer();
    if (key === "?") this.dialog.showModal();
    else if (key === "/") {
      const field = this.#main.querySelector("[data-search]");
      if (!field) return false;
      field.focus();
    } else if (key === "n" && layer?.neurons) store.set({ set: layer.neurons });
    else if (key === "f" && layer) store.set({ set: layer.shown });
    else if (key === "r") {
      const count = store.unitSet(set)?.n_units;
      if (!count) return false;
      store.set({ page: "unit", unit: Math.floor(Math.random() * count) });
    } else if ((key === "j" || key === "k") && unit !== undefined) {
      const count = store.unitSet(set)?.n_units ?? 0;
      store.set({ unit: Math.min(Math.max(unit + (key === "j" ? 1 : -1), 0), count - 1) }, { replace: true });
    } else if (key === "p" && unit !== undefined) {
      const { layer: where } = store.get();
      const pin = `${where}/${set}/${unit}`;
      const off = store.get().pin === pin;
      store.set({ pin: off ? null : pin });
      this.#app.announce(off ? "Nothing is pinned now." : "Pinned; open another unit to compare.");
    } else return false;
    return true;
  }
}

const styles = new Map();
function style(name) {
  if (!styles.has(name)) {
    styles.set(name, new Promise((resolve) => {
      const link = h("link", { rel: "stylesheet", href: `/assets/app/pages/${name}.css` });
      link.addEventListener("load", resolve);
      link.addEventListener("error", resolve); // a page without its style is still a page
      document.head.append(link);
    }));
  }
  return styles.get(name);
}

/** Where the bar is too narrow for its links, scroll it and nothing else. */
function bringIntoView(link) {
  const list = link.closest("ul");
  const [inner, outer] = [link.getBoundingClientRect(), list.getBoundingClientRect()];
  list.scrollLeft += inner.left + inner.width / 2 - outer.left - outer.width / 2;
}

function halfDisc() {
  return h("svg", { viewBox: "0 0 28 28", "aria-hidden": "true" },
    h("circle", { cx: 14, cy: 14, r: 11, fill: "none", stroke: "currentColor", "stroke-width": 2 }),
    h("path", { d: "M14 3a11 11 0 0 1 0 22z", fill: "currentColor" }));
}
