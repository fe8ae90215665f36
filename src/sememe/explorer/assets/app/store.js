// The selection: what is looked at, shared by all panels, kept in the address so that every view is a link.
//
//   #/units?layer=digit_cnn.fc1&set=TopKSAE-k8&unit=17&pin=digit_cnn.fc1/Neurons-k128/3&sort=-density
//
// `page`, `layer`, `set`, `unit`, `pin`, `image`, `class`, `d` (a drawing) and `tour` (its step) belong to all pages; any
// other key belongs to the page that set it and goes when the page changes.

const SHARED = ["layer", "set", "unit", "pin", "image", "class", "d", "tour"];
const NUMBERS = new Set(["unit", "image", "class"]);

/** @param {string} hash @returns {Record<string, string | number>} */
export function parse(hash) {
  const [path, query = ""] = hash.replace(/^#\/?/, "").split("?", 2);
  const found = { page: path || "draw" };
  for (const [key, value] of new URLSearchParams(query)) {
    if (!NUMBERS.has(key)) found[key] = value;
    else if (/^\d{1,9}$/.test(value)) found[key] = Number(value);
    else if (key === "unit") found[key] = value; // the page says that there is no such unit
  }
  return found;
}

export function format({ page, ...rest }) {
  const query = new URLSearchParams();
  for (const [key, value] of Object.entries(rest)) {
    if (value !== null && value !== undefined && value !== "") query.set(key, String(value));
  }
  const text = query.toString().replaceAll("%2F", "/").replaceAll("%2C", ",");
  return `#/${page}${text ? `?${text}` : ""}`;
}

export class Store {
  #listeners = new Set();
  #given = {};
  #selection = Object.freeze({});

  /** @param run the answer of /api/run @param pages names of the pages that there are */
  constructor(run, pages) {
    Object.assign(this, { run, pages: new Set(pages) });
    addEventListener("hashchange", () => this.#read());
    this.#read();
  }

  /** The selection with defaults filled in: layer, set and what belongs to them are always there. */
  get() {
    return this.#selection;
  }

  /** Change some keys; null removes one. With `replace`, going back skips this step. */
  set(patch, { replace = false } = {}) {
    const hash = format(this.#merged(patch));
    if (hash === location.hash) return;
    if (replace) history.replaceState(null, "", hash);
    else history.pushState(null, "", hash);
    this.#read();
  }

  /** The address of the selection with some keys changed: for `href`. Null to a page that is not here. */
  link(patch) {
    return patch.page && !this.pages.has(patch.page) ? null : format(this.#merged(patch));
  }

  subscribe(listener) {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  /** The layer that is looked at, as /api/run describes it. */
  layer(key = this.#selection.layer) {
    return this.run.layers.find((layer) => layer.key === key);
  }

  unitSet(key = this.#selection.set, layer = this.layer()) {
    return layer?.unit_sets.find((set) => set.key === key);
  }

  #merged(patch) {
    const page = patch.page ?? this.#given.page;
    const kept = {};
    for (const [key, value] of Object.entries(this.#given)) {
      if (page === this.#given.page || SHARED.includes(key)) kept[key] = value;
    }
    const merged = { ...kept, ...patch, page };
    // A neuron that is chosen on Draw is one of another set than the dictionary that is shown there.
    if (this.#given.of === "neurons" && page !== this.#given.page && !("set" in patch) && !("unit" in patch)) {
      merged.set = this.layer(merged.layer)?.neurons;
    }
    // What belongs to another layer or set makes no sense here.
    if (patch.layer && patch.layer !== this.#selection.layer) {
      if (!("set" in patch)) delete merged.set;
      if (!("unit" in patch)) delete merged.unit;
    }
    if (patch.set && patch.set !== this.#selection.set && !("unit" in patch)) delete merged.unit;
    return merged;
  }

  #read() {
    const before = this.#selection;
    this.#given = parse(location.hash);
    const layers = this.run.layers;
    const filled = { ...this.#given };
    const layer = layers.find((one) => one.key === filled.layer) ?? layers[0];
    // A link to a layer or a set that this run does not have keeps its words: the page says so.
    filled.layer ??= layer?.key;
    filled.set ??= layer?.shown;
    this.#selection = Object.freeze(filled);
    const changed = new Set();
    for (const key of new Set([...Object.keys(before), ...Object.keys(filled)])) {
      if (before[key] !== filled[key]) changed.add(key);
    }
    if (changed.size) for (const listener of [...this.#listeners]) listener(this.#selection, changed);
  }
}
