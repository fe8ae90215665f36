// Building blocks: elements without innerHTML, and the components that all pages share.

const SVG = "http://www.w3.org/2000/svg";
const SVG_TAGS = new Set(["svg", "g", "path", "line", "circle", "rect", "text", "polyline", "polygon", "title", "defs", "image", "clipPath"]);
const ACROSS = 16; // images of one row of a sheet
const SHEET = 256;

/** h("button", {class: "chip", onclick: f, "aria-pressed": true, style: {"--x": 1}}, "text", child, [more]) */
export function h(name, attributes = {}, ...children) {
  const isSvg = SVG_TAGS.has(name) && name !== "title";
  const element = isSvg || attributes.svg ? document.createElementNS(SVG, name) : document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false || key === "svg") continue;
    if (key === "style") for (const [property, v] of Object.entries(value)) element.style.setProperty(property, v);
    else if (key.startsWith("on")) element.addEventListener(key.slice(2), value);
    else if (key === "dataset") Object.assign(element.dataset, value);
    else if (key in element && !isSvg && typeof value !== "string") element[key] = value;
    else element.setAttribute(key, value === true ? "" : value);
  }
  append(element, children);
  return element;
}

function append(element, children) {
  for (const child of children) {
    if (Array.isArray(child)) append(element, child);
    else if (child !== null && child !== undefined && child !== false) element.append(child);
  }
}

// ---- numbers ----------------------------------------------------------------------------------------------------

const MINUS = "\u2212";

/** Three significant digits with a real minus; a dash for what is not defined. */
export function number(x, digits = 3) {
  if (x === null || x === undefined || !Number.isFinite(x)) return "\u2013";
  const size = Math.abs(x);
  if (size !== 0 && (size < 1e-3 || size >= 1e6)) return x.toExponential(1).replace(/-/g, MINUS);
  const places = size === 0 ? 0 : Math.max(0, digits - 1 - Math.floor(Math.log10(size)));
  const text = Number.isInteger(x) && size < 1e6 ? x.toLocaleString("en") : x.toFixed(Math.min(places, 4));
  return text.replace("-", MINUS);
}

export function percent(x, digits = 1) {
  if (x === null || x === undefined || !Number.isFinite(x)) return "\u2013";
  return `${(100 * x).toFixed(digits)} %`.replace("-", MINUS);
}

// ---- components -------------------------------------------------------------------------------------------------

export class Ui {
  #app;
  #notes = new Map();

  constructor(app) {
    this.#app = app;
  }

  /** A kind of units: its mark and, unless `text` is null, its name. */
  kind(kind, text = kind) {
    return h("span", { class: `kind ${kind}` }, text);
  }

  card(title, ...children) {
    const heading = typeof title === "string" ? h("h2", { class: "card-title" }, title) : title;
    return h("section", { class: "card" }, heading, ...children);
  }

  /** One choice among a few; arrow keys move it. */
  chips(options, chosen, choose, label) {
    const group = h("div", { class: "chips", role: "radiogroup", "aria-label": label });
    for (const { value, label: text, title } of options) {
      const checked = value === chosen;
      group.append(
        h("button", {
          class: "chip", type: "button", role: "radio", title, "aria-checked": String(checked),
          tabindex: checked || (chosen === undefined && !group.children.length) ? "0" : "-1",
          onclick: () => choose(value),
        }, text),
      );
    }
    group.addEventListener("keydown", (event) => {
      const buttons = [...group.children];
      const at = buttons.indexOf(event.target);
      const step = { ArrowRight: 1, ArrowDown: 1, ArrowLeft: -1, ArrowUp: -1 }[event.key];
      if (!step || at < 0) return;
      event.preventDefault();
      event.stopPropagation();
      const next = buttons[(at + step + buttons.length) % buttons.length];
      next.focus();
      next.click();
    });
    return group;
  }

  select(options, chosen, choose, label) {
    const select = h("select", { "aria-label": label, onchange: () => choose(select.value) });
    let group = null;
    let under = select;
    for (const { value, label: text, group: name } of options) {
      if (name && name !== group) {
        under = h("optgroup", { label: name });
        select.append(under);
        group = name;
      }
      under.append(h("option", { value, selected: value === chosen }, text));
    }
    return select;
  }

  /** A score with its interval, what it was measured on, and how: {value, low, high, n, of}. */
  score(score, measure = null, { asPercent = false } = {}) {
    const write = asPercent ? percent : number;
    const parts = [h("b", {}, write(score?.value))];
    if (score && Number.isFinite(score.low) && Number.isFinite(score.high)) {
      parts.push(h("span", { class: "interval" }, `[${write(score.low)}, ${write(score.high)}]`));
    }
    if (score?.n) parts.push(h("span", { class: "interval" }, `${number(score.n)} ${score.of ?? ""}`));
    if (measure) parts.push(this.note(measure));
    return h("span", { class: "score" }, parts);
  }

  /** Whether less of a measure is better. */
  isLowGood(key) {
    return this.#app.measures.find((one) => one.name === key.split("[")[0])?.higher_is_better === false;
  }

  /** Stands beside the numbers of a measure of which less is better: most are the other way round. */
  direction(key) {
    return this.isLowGood(key) ? h("small", { class: "direction" }, "lower is better") : "";
  }

  /** The "how computed" button of a measure; a key such as "clarity[encoder, centred]" is of the measure "clarity". */
  note(key) {
    const name = key.split("[")[0];
    const measure = this.#app.measures.find((one) => one.name === name);
    if (!measure) return "";
    return h("button", {
      class: "note-button", type: "button", "aria-label": `How ${measure.title} is computed`,
      onclick: (event) => this.#openNote(measure, key, event.currentTarget),
    });
  }

  /** Words with the note of a measure, which never stands alone on a line of its own. */
  noted(text, key) {
    const at = text.lastIndexOf(" ") + 1;
    return h("span", {}, text.slice(0, at), h("span", { class: "unbroken" }, text.slice(at), this.note(key)));
  }

  #openNote(measure, key, button) {
    let note = this.#notes.get(key);
    if (!note) {
      const variant = key.includes("[") ? ` (${key.slice(key.indexOf("[") + 1, -1)})` : "";
      const formula = h("div");
      // The formula is MathML that the server made from the measure's own record; it is parsed as markup, not run.
      const parsed = new DOMParser().parseFromString(`<body>${measure.mathml}</body>`, "text/html");
      formula.append(...[...parsed.body.childNodes].map((node) => document.importNode(node, true)));
      note = h("div", { class: "note", popover: "auto", role: "dialog", "aria-label": measure.title + variant },
        h("p", {}, h("b", {}, measure.title + variant)),
        measure.meaning && h("p", {}, measure.meaning),
        formula,
        h("p", { class: "small muted" }, `${direction(measure)} ${measure.source}.`),
        measure.command && h("p", { class: "small muted" }, "Made again by ", h("code", {}, measure.command)),
      );
      document.body.append(note);
      this.#notes.set(key, note);
    }
    note.showPopover();
    const box = button.getBoundingClientRect();
    note.style.left = `${Math.min(Math.max(16, box.left), innerWidth - note.offsetWidth - 16)}px`;
    const below = box.bottom + 8;
    note.style.top = `${below + note.offsetHeight < innerHeight ? below : Math.max(16, box.top - note.offsetHeight - 8)}px`;
  }

  /** Shares as small bars, one a class. `full`: the share of a bar that fills its place; `withValues`: each has its own above it. */
  bars(shares, { labels = this.#app.run.label_names, kind = "control", label = "Share by class", full = null, withValues = false } = {}) {
    const values = [...shares].map((share) => (Number.isFinite(share) ? share : 0));
    const largest = Math.max(...values, 1e-9);
    const height = full ?? largest; // of a bar that fills its place
    const most = values.indexOf(largest);
    const spoken = values.map((share, i) => `${labels[i]}: ${percent(share, 0)}`).join(", ");
    return h("span", { class: `class-bars ${kind}${withValues ? " with-values" : ""}`, role: "img", "aria-label": `${label}: ${spoken}` },
      values.map((share, i) =>
        h("span", { class: i === most && share > 0 ? "most" : "", title: `${labels[i]}: ${percent(share)}`,
          style: { "--share": String(Math.max(0, share) / height) } }, h("b", {}, labels[i]),
        withValues && share >= 0.005 && h("i", { "aria-hidden": "true" }, percent(share, 0).replace(" ", "\u00a0")))));
  }

  /** One image of the run. box: [left, top, width, height] in per cent, the patch that a position sees. */
  tile(image, { box = null, negative = false, title = "" } = {}) {
    const place = image % SHEET;
    const [row, column] = [Math.floor(place / ACROSS), place % ACROSS];
    const [high, wide] = this.#app.run.image_shape.slice(-2);
    const tile = h("span", {
      class: `tile${this.#app.run.ink ? " ink-tile" : ""}${negative ? " negative" : ""}${box ? " patch" : ""}`,
      title, role: "img", "aria-label": title || `image ${image}`,
      style: {
        "background-image": `url("${this.#app.api.url("sheet", { number: Math.floor(image / SHEET) })}")`,
        "background-size": `${100 * ACROSS}% ${100 * ACROSS}%`,
        "background-position": `${(100 * column) / (ACROSS - 1)}% ${(100 * row) / (ACROSS - 1)}%`,
        "--aspect": `${wide}/${high}`,
      },
    });
    if (box) ["--left", "--top", "--wide", "--tall"].forEach((name, i) => tile.style.setProperty(name, String(box[i])));
    return tile;
  }

  /** A unit in small: what it reads, or (look: "top") the image that fires it most. */
  thumb({ layer, set, unit }, { look = "reads", title = "" } = {}) {
    const of = this.#app.store.unitSet(set, this.#app.store.layer(layer));
    const page = Math.floor(unit / SHEET);
    const place = unit % SHEET;
    const count = Math.min(SHEET, (of?.n_units ?? SHEET) - page * SHEET);
    const down = Math.ceil(count / ACROSS);
    const [row, column] = [Math.floor(place / ACROSS), place % ACROSS];
    return h("span", {
      class: "thumb", role: "img", "aria-label": title || `what unit ${unit} ${look === "reads" ? "reads" : "fires for most"}`,
      style: {
        "background-image": `url("${this.#app.api.url("thumbs", { layer, set, number: page, look })}")`,
        "background-size": `${100 * ACROSS}% ${100 * down}%`,
        "background-position": `${(100 * column) / (ACROSS - 1)}% ${down > 1 ? (100 * row) / (down - 1) : 0}%`,
      },
    });
  }

  unitName({ set, unit, layer }) {
    const of = this.#app.store.unitSet(set, this.#app.store.layer(layer));
    if (of?.kind === "neurons") return `neuron ${unit}`;
    return of?.kind === "features" ? `feature ${unit}` : `direction ${unit}`;
  }

  unitLink(unit, text = this.unitName(unit)) {
    return h("a", { href: this.#app.store.link({ page: "unit", ...unit }), class: "unit-link" }, text);
  }

  /**
   * columns: [{key, title, number, cell(row)}]; a row {group: "title"} heads those below it. The first column stays
   * where it is when a table is scrolled sideways; `wide` fills the card.
   */
  table(columns, rows, { caption = "", wide = false } = {}) {
    const one = (row) => h("tr", {}, columns.map((column, i) => {
      const cell = column.cell ? column.cell(row) : row[column.key];
      return h(i ? "td" : "th", { scope: i ? null : "row", class: column.number ? "number" : "" },
        typeof cell === "number" ? number(cell) : (cell ?? "\u2013"));
    }));
    const head = (row) => h("tr", { class: "group" }, h("th", { scope: "colgroup", colspan: String(columns.length) }, h("span", {}, row.group)));
    return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption || "Table" },
      h("table", { class: wide ? "wide" : "" },
        caption && h("caption", { class: "visually-hidden" }, caption),
        h("thead", {}, h("tr", {}, columns.map((column) =>
          h("th", { scope: "col", class: column.number ? "number" : "" }, column.title)))),
        h("tbody", {}, rows.map((row) => (row?.group ? head(row) : one(row))))));
  }

  /** The table behind a chart, made when it is first opened. */
  behind(make, title = "The same as a table") {
    const details = h("details", { class: "more-table" }, h("summary", {}, title));
    details.addEventListener("toggle", () => {
      if (details.open && details.children.length === 1) details.append(make());
    });
    return details;
  }

  /**
   * A panel that loads: bones after 150 ms, the error's sentence with another try, words where there is nothing.
   * Answers to older questions are dropped. Returns the promise of having shown.
   */
  async panel(place, load, show, { empty = "Nothing to show here." } = {}) {
    const turn = (place.panelTurn = (place.panelTurn ?? 0) + 1);
    const isOld = () => place.panelTurn !== turn;
    place.setAttribute("aria-busy", "true");
    const bones = setTimeout(() => {
      if (!isOld()) place.replaceChildren(h("div", { class: "skeleton", role: "status", "aria-label": "Loading" }));
    }, 150);
    try {
      const payload = await load();
      clearTimeout(bones); // what is shown in parts is not covered while the last of them is made
      if (isOld()) return;
      const nothing = payload === null || payload === undefined || (Array.isArray(payload) && !payload.length);
      if (nothing) place.replaceChildren(h("p", { class: "pending" }, empty));
      else {
        place.replaceChildren();
        await show(payload, place);
      }
    } catch (error) {
      if (isOld()) return;
      if (!error.status && error.status !== 0) console.error(error);
      place.replaceChildren(
        h("div", { class: "pending error", role: "alert" },
          h("p", {}, error.status === undefined ? "This panel failed to draw; the console says why." : error.message),
          h("button", { type: "button", onclick: () => this.panel(place, load, show, { empty }) }, "Try again")),
      );
    } finally {
      clearTimeout(bones);
      if (!isOld()) place.removeAttribute("aria-busy");
    }
  }
}

function direction(measure) {
  return { true: "Higher is better.", false: "Lower is better.", null: "Neither end is better." }[measure.higher_is_better];
}
