// The page's questions, answered out of the file: what was packed is unpacked, what hangs on a drawing is computed.

import { Refusal } from "../api.js";
import { answer } from "./answer.js";
import { unitHeat, unitRange } from "./firings.js";
import { Kernels } from "./kernels.js";
import { readsSheet, sheet, topSheet } from "./pictures.js";
import { random } from "./random.js";

const PER_UNIT = ["unit", "unit-scores", "unit-effects", "unit-relatives", "unit-concepts"];

export class FileApi {
  #blocks;
  #looks;
  #urls = new Map();
  #pages = new Map(); // of units, by set: what a saved table is made of

  /** Unpacks what every page needs: the run, its images, the units in small. */
  static async of(blocks) {
    const api = new FileApi();
    const [run, measures, images] = await Promise.all([blocks.open("run", { json: true }), blocks.open("measures", { json: true }), blocks.open("images")]);
    api.#blocks = blocks;
    Object.assign(api, { run, measures, images: { pixels: images.pixels(0), labels: images.labels(0), sheets: images.sheet(0) } });
    api.#looks = new Map(await Promise.all(run.layers.flatMap((layer) => layer.unit_sets.map(async (set) => {
      const name = `${layer.key}/${set.key}`;
      const { picture, top, sheet: sheets } = await blocks.open(`look/${name}`);
      const units = Array.from({ length: set.n_units }, (_, i) => i);
      return [name, { pictures: units.map(picture), tops: units.map(top), sheets: sheets?.(0) }];
    }))));
    api.kernels = new Kernels(blocks, run, api.images);
    return api;
  }

  /** The address of a picture or a table, made when it is first asked for. */
  url(name, params = {}) {
    const key = JSON.stringify([name, params]);
    if (!this.#urls.has(key)) this.#urls.set(key, this.#made(name, params));
    return this.#urls.get(key);
  }

  knows() {
    return true;
  }

  has() {
    return true;
  }

  async get(name, params = {}) {
    const { layer, set, unit } = params;
    if (name === "run" || name === "measures") return this[name];
    if (name === "test_image") return this.#testImage(params);
    const own = this.#layer(layer);
    if (name === "pixel_weights") return this.kernels.pixelWeights(layer);
    if (name === "compare") return this.#blocks.open(`compare/${layer}`, { json: true });
    if (!own.unit_sets.some((one) => one.key === set)) throw new Refusal(`Layer ${layer} has no unit set ${set} in this file.`, 404);
    const place = `${layer}/${set}`;
    if (PER_UNIT.includes(name)) return this.#ofUnit(name, place, unit);
    if (name === "drawn") return this.#drawn(params);
    if (name === "units" || name === "set-concepts") {
      const page = (await this.#blocks.open(`units/${place}`))[name](0);
      if (name === "units") this.#pages.set(place, page);
      return page;
    }
    if (name === "split") return this.#split(place, params);
    if (name === "unit-range" || name === "unit-heat") return this.#firings(name, params);
    throw new Refusal("This is not in the exported file: open the run with `sememe explore`.", 404);
  }

  #layer(key) {
    const found = this.run.layers.find((layer) => layer.key === key);
    if (!found) throw new Refusal(`This file has no layer ${key}.`, 404);
    return found;
  }

  async #ofUnit(name, place, unit) {
    const columns = await this.#blocks.open(`unit/${place}`);
    const page = columns[name](Number(unit));
    if (name === "unit") page.reads.picture = this.#looks.get(place).pictures[unit];
    // Units of sets that are not in the file have no page to go to.
    if (name === "unit-relatives") page.matches = page.matches.filter((match) => match.set === null || this.#looks.has(`${place.split("/")[0]}/${match.set}`));
    return page;
  }

  async #split(place, { neuron }) {
    const found = (await this.#blocks.open(`split/${place}`)).split(Number(neuron));
    if (found.refused) throw new Refusal(found.refused, 400);
    return found;
  }

  async #firings(name, params) {
    if (!this.#blocks.has(`kernel/${params.layer}/${params.set}`)) {
      if (name === "unit-heat") return null; // as the server says of what has no map
      throw new Refusal("These units cannot be computed in the page: open the run with `sememe explore` for this.", 404);
    }
    if (name === "unit-range") return unitRange(this.kernels, params);
    const { greatest, least } = await this.#ofUnit("unit", `${params.layer}/${params.set}`, params.unit);
    return unitHeat(this.kernels, params, Math.max(Math.abs(greatest), Math.abs(least)));
  }

  async #drawn({ layer, set, pixels, fit = true }) {
    const kernel = this.kernels.known(layer, set) ?? await this.kernels.open(layer, set);
    const ink = Uint8Array.from(atob(pixels), (letter) => letter.charCodeAt(0));
    return { activation: answer(kernel, { number: 0, pixels: ink, fit, edits: [], keep_error: true }).strength };
  }

  #testImage({ image = null, label = null, seed = 0 }) {
    const { pixels: { shape: [count, ...shape], values }, labels } = this.images;
    const rows = [];
    for (let row = 0; row < count; row += 1) {
      if (image === null ? label === null || labels?.values[row] === Number(label) : row === Number(image)) rows.push(row);
    }
    if (!rows.length) throw new Refusal(image === null ? `No image is of class ${label}.` : `There is no image ${image}.`, 404);
    const row = rows[Math.floor(random(seed)() * rows.length)];
    const size = shape.reduce((product, side) => product * side, 1);
    return { image: row, label: labels?.values[row] ?? null, pixels: { shape, values: values.slice(row * size, (row + 1) * size) } };
  }

  #made(name, { layer, set, number, look = "reads" }) {
    if (name === "sheet") return this.images.sheets ? pngOf(this.images.sheets[number]) : sheet(this.images.pixels, number);
    const { pictures, tops, sheets } = this.#looks.get(`${layer}/${set}`) ?? { pictures: [], tops: [] };
    if (name === "units.csv") return URL.createObjectURL(new Blob([csv(this.#pages.get(`${layer}/${set}`), this.run.label_names)], { type: "text/csv" }));
    if (!pictures.length) return "data:,";
    if (look !== "top") return readsSheet(pictures, number);
    return sheets ? pngOf(sheets[number]) : topSheet(tops, this.images.pixels, number);
  }
}

const pngOf = ({ values }) => URL.createObjectURL(new Blob([values], { type: "image/png" }));

/** All units with all scores, as views/units.py's units_csv. */
function csv(page, names) {
  const columns = { unit: [...page.density.values.keys()], density: page.density.values, greatest_activation: page.greatest.values };
  if (page.top_class) {
    columns.top_class = [...page.top_class.values].map((c) => names[c] ?? "");
    columns.top_class_share = page.top_share.values;
  }
  for (const { key, values, low, high } of page.columns) {
    columns[key] = values.values;
    if (low) columns[`${key}:low`] = low.values;
    if (high) columns[`${key}:high`] = high.values;
  }
  const cell = (value) => (typeof value === "number" ? (Number.isNaN(value) ? "" : String(value)) : quoted(value));
  const rows = Array.from(columns.unit, (_, i) => Object.values(columns).map((values) => cell(values[i])).join(","));
  return [Object.keys(columns).map(quoted).join(","), ...rows, ""].join("\r\n");
}

const quoted = (text) => (/[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text);
