// The features that fire for the drawing, strongest first. Nodes are made once and only changed by a stroke.

import { colours } from "../theme.js";
import { h, number } from "../ui.js";
import { arrange, bar, moved, paintMap, rgb, write } from "./bars.js";
import { amount, effectsOf, pushesNow } from "./sides.js";
import { AblateToggle, stacked } from "./toggle.js";

const SHOWN = 10; // features in the column; all of them are on the Units page
const SHOWN_LOW = 8; // in a low window, and on a phone
const low = matchMedia("(max-height: 52rem), (max-width: 40rem)");
const MOST_SWITCHED = 3; // of those that only an edit makes fire

export class Features {
  #accent = [173, 74, 8];
  #rows = new Map(); // unit -> row
  #held = new Map(); // feature -> how
  chosen = null;
  shown = []; // units
  places = []; // where each of them is in the answer's own list
  rows = [];

  constructor(app, layer, unitSet, edit, choose) {
    Object.assign(this, { app, layer, unitSet, edit });
    this.choosing = choose;
    this.list = h("ol", { class: `features-list ${unitSet.kind}`, "aria-label": `${unitSet.title}: units that fire, strongest first` });
    this.none = h("p", { class: "none muted", hidden: true });
    this.element = h("div", { class: "features-place" }, this.none, this.list);
    this.count = h("span");
    this.recolour();
  }

  recolour() {
    this.#accent = rgb(colours({ neurons: "--neuron", features: "--feature", control: "--control" }[this.unitSet.kind])[0]);
  }

  /** `highest.features` grows to the strongest feature so far. */
  update(units, { before, now }, highest, labels) {
    this.places = this.#choice(units, before);
    this.shown = this.places.map((place) => units[place]);
    for (const unit of this.shown) highest.features = Math.max(highest.features, Math.abs(before.strength[unit]), Math.abs(now.strength[unit]));
    const most = highest.features || 1;
    this.rows = this.shown.map((unit, i) => {
      const row = this.#rows.get(unit) ?? this.#make(unit);
      const place = this.places[i];
      row.meter.set(now.strength[unit] / most, moved(before.strength[unit] / most, now.strength[unit] / most));
      write(row.value, amount(now.strength[unit]));
      write(row.effect, pushesNow(effectsOf(before.unitEffects, place), effectsOf(now.unitEffects, place), labels, this.#held.has(unit)));
      if (row.context) {
        const { shape: [, high, wide], values } = now.maps;
        paintMap(row.context, row.image, values.subarray(place * high * wide, (place + 1) * high * wide), this.#accent);
      }
      return row;
    });
    arrange(this.list, this.rows.map((row) => row.element));
    const where = this.layer.grid ? " at a place; sums over the map." : ", strongest first.";
    write(this.count, `${number(now.firing, 2)} of ${this.unitSet.n_units} fire${where}`);
  }

  /** Words where no feature fires. In the frame, not with every answer. */
  tell(isBlank) {
    this.none.hidden = this.shown.length > 0;
    if (!this.none.hidden) {
      write(this.none, isBlank ? "No feature fires on an empty canvas: there is nothing on it that they stand for. Draw, and they will."
        : "No feature fires for this drawing.");
    }
  }

  /** Places of the strongest units; those that are chosen, held or switched on by an edit are always among them. */
  #choice(units, before) {
    const all = [...units.keys()];
    const count = low.matches ? SHOWN_LOW : SHOWN;
    let switched = 0;
    const must = new Set(all.filter((place) => units[place] === this.chosen || this.#held.has(units[place])
      || (before.strength[units[place]] === 0 && ++switched <= MOST_SWITCHED)));
    let others = count - must.size;
    return all.filter((place) => must.has(place) || others-- > 0);
  }

  #make(unit) {
    const meter = bar(this.unitSet.kind);
    const [value, effect] = [h("span", { class: "value" }), h("span", { class: "effect" })];
    let map = null;
    let context = null;
    if (this.layer.grid) {
      map = h("canvas", { width: this.layer.grid[1], height: this.layer.grid[0], class: "map", "aria-hidden": "true" });
      context = map.getContext("2d");
    }
    const of = { layer: this.layer.key, set: this.unitSet.key, unit };
    const name = this.app.ui.unitName(of);
    const button = h("button", { type: "button", class: "feature", onclick: () => this.choosing({ of: "features", unit }) },
      this.app.ui.thumb(of), map, h("span", { class: "name" }, name), meter.element, value, effect);
    const toggle = new AblateToggle(() => this.edit.toggle({ of: "features", unit }));
    const row = { element: h("li", {}, button), button, toggle, name, meter, value, effect, context,
      image: context?.createImageData(map.width, map.height) };
    this.#rows.set(unit, row);
    this.#mark(unit, row);
    return row;
  }

  /** @param edits of all units; `chosen`: {of, unit} or null */
  hold(edits, chosen) {
    this.#held = new Map(edits.filter((edit) => edit.of === "features").map(({ unit, how }) => [unit, how]));
    this.chosen = chosen?.of === "features" ? chosen.unit : null;
    for (const [unit, row] of this.#rows) this.#mark(unit, row);
  }

  #mark(unit, row) {
    const isChosen = unit === this.chosen;
    const how = this.#held.get(unit);
    row.button.setAttribute("aria-pressed", String(isChosen));
    row.element.classList.toggle("held", how !== undefined);
    if ((isChosen || how === "ablate") && !stacked.matches) {
      row.toggle.show(row.name, how === "ablate", isChosen);
      if (!row.toggle.element.parentNode) row.element.append(row.toggle.element);
    } else row.toggle.element.remove();
  }
}
