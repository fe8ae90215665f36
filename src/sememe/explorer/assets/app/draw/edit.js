// One unit, held: ablated, clamped to a value, or steered by one; and what that does to the answer.

import { h, number } from "../ui.js";
import { pushes, strengthsOf } from "./columns.js";

const HOW = [
  { value: "off", label: "as it is" },
  { value: "ablate", label: "ablate", title: "0 in place of its value" },
  { value: "clamp", label: "clamp", title: "a value of yours in place of its own" },
  { value: "steer", label: "steer", title: "a value of yours is added to its own" },
];

const EDIT = /^(?<of>[fn])(?<unit>\d{1,9})(?<how>[acs])(?<value>-?\d+(\.\d+)?(e[+-]?\d+)?)?$/; // "f17a", "n3c1.5", "f2s-0.3"
const NAMES = { f: "features", n: "neurons", a: "ablate", c: "clamp", s: "steer" };

export class EditPanel {
  /** `changed()` is called when an edit changes; `chosen` is {of, unit} or null. */
  constructor(app, changed) {
    Object.assign(this, { app, changed });
    this.edits = new Map(); // "features/17" -> {of, unit, how, value}
    this.chosen = null;
    this.body = h("div", { class: "stack" });
    this.list = h("ul", { class: "edits", "aria-label": "Edits" });
    this.element = h("section", { class: "card edit-card", "aria-labelledby": "edit-title" },
      h("h2", { class: "card-title", id: "edit-title" }, "Hold a unit"), this.body, this.list);
  }

  /** @param where {layer, set, unitSet} of what is looked at */
  choose(chosen, where) {
    this.chosen = chosen;
    this.where = where;
    this.#build();
  }

  /** Ablate the chosen unit, or let it go. */
  toggleAblation() {
    if (!this.chosen) return this.app.announce("Choose a unit first.");
    const now = this.edits.get(this.#key())?.how === "ablate" ? "off" : "ablate";
    this.#set(now);
    this.#build();
  }

  clear() {
    this.edits.clear();
    this.#build();
    this.changed();
  }

  values() {
    return [...this.edits.values()];
  }

  /** The edits as a link carries them: "f17a,n3c1.5,f2s-0.3"; empty without any. */
  text() {
    return this.values().map(({ of, unit, how, value }) => `${of[0]}${unit}${how[0]}${how === "ablate" ? "" : Number(value.toPrecision(4))}`).join(",");
  }

  /** Take the edits of a link; false, and nothing changes, where it holds anything else. `counts`: units by kind. */
  take(text, counts) {
    const found = text.split(",").filter(Boolean).map((part) => EDIT.exec(part)?.groups);
    const isKnown = (edit) => edit && Number(edit.unit) < counts[NAMES[edit.of]] && (edit.how === "a") === (edit.value === undefined);
    if (!found.every(isKnown)) return false;
    this.edits = new Map(found.map(({ of, unit, how, value = "0" }) =>
      [`${NAMES[of]}/${Number(unit)}`, { of: NAMES[of], unit: Number(unit), how: NAMES[how], value: Number(value) }]));
    this.#build();
    this.changed();
    return true;
  }

  #key({ of, unit } = this.chosen) {
    return `${of}/${unit}`;
  }

  #set(how, value) {
    const key = this.#key();
    const before = this.edits.get(key);
    if (how === "off") this.edits.delete(key);
    else this.edits.set(key, { ...this.chosen, how, value: value ?? before?.value ?? this.#start(how) });
    this.#showList();
    this.changed();
  }

  /** Where a slider starts: twice as strong as now, or as strong as the strongest now. */
  #start(how) {
    const now = Math.abs(this.value ?? 0);
    return how === "clamp" ? 2 * now || this.scale : now || this.scale;
  }

  get scale() {
    return (this.chosen?.of === "neurons" ? this.highest?.neurons : this.highest?.features) || 1;
  }

  #link() {
    const { of, unit } = this.chosen;
    const set = of === "neurons" ? this.where.layer.neurons : this.where.unitSet.key;
    return { layer: this.where.layer.key, set, unit };
  }

  #build() {
    if (!this.chosen) {
      this.body.replaceChildren(h("p", { class: "muted" },
        "Choose a neuron or a feature above: ablate it, clamp it to a value, or steer with it, and watch the answer. ",
        "Ghost outlines show what was before."));
      this.#showList();
      return;
    }
    const edit = this.edits.get(this.#key());
    const how = edit?.how ?? "off";
    const link = this.#link();
    const limit = 3 * this.scale;
    this.output = h("output", {}, edit ? number(how === "ablate" ? 0 : edit.value, 2) : "");
    this.slider = h("input", { type: "range", min: String(how === "steer" ? -limit : 0), max: String(limit), step: String(limit / 120),
      value: String(how === "ablate" ? 0 : edit?.value ?? 0), disabled: how !== "clamp" && how !== "steer",
      "aria-label": how === "steer" ? "Value added" : "Value", oninput: () => {
        this.output.textContent = number(Number(this.slider.value), 2);
        this.#set(this.edits.get(this.#key()).how, Number(this.slider.value));
      } });
    this.facts = h("p", { class: "small muted" });
    this.body.replaceChildren(
      h("div", { class: `edit-head ${this.chosen.of === "neurons" ? "neurons" : this.where.unitSet.kind}` },
        this.app.ui.thumb(link),
        h("div", {}, h("p", {}, this.app.ui.kind(this.chosen.of === "neurons" ? "neurons" : this.where.unitSet.kind, null), " ",
          this.app.ui.unitLink(link), h("span", { class: "muted" }, ` of ${this.where.layer.layer}`)), this.facts)),
      this.app.ui.chips(HOW, how, (value) => {
        this.#set(value);
        this.#build();
        this.body.querySelector("[aria-checked=true]").focus();
      }, "What to do with the unit"),
      h("div", { class: "row slider-row" }, this.slider, this.output),
      h("p", { class: "small muted", hidden: !this.where.layer.grid }, "The layer has a map: an edit holds at every position."),
    );
    this.#showList();
    if (this.answer) this.update(this.answer, this.highest);
  }

  #showList() {
    this.list.replaceChildren(...this.values().map((edit) => {
      const what = edit.how === "ablate" ? "ablated" : edit.how === "clamp" ? `at ${number(edit.value, 2)}` : `${edit.value < 0 ? "" : "+"}${number(edit.value, 2)}`;
      const name = `${edit.of === "neurons" ? "neuron" : "feature"} ${edit.unit}`;
      return h("li", {}, `${name} ${what} `, h("button", { type: "button", "aria-label": `Let ${name} go`, onclick: () => {
        this.edits.delete(this.#key(edit));
        this.#build();
        this.changed();
      } }, "\u00d7"));
    }));
    if (this.edits.size > 1) {
      this.list.append(h("li", {}, h("button", { type: "button", onclick: () => this.clear() }, "let all go")));
    }
  }

  update(answer, highest) {
    Object.assign(this, { answer, highest });
    if (!this.chosen || !this.facts) return;
    const { of, unit } = this.chosen;
    const classes = answer.logits.shape[0];
    const labels = this.app.run.label_names;
    const row = of === "neurons" ? unit : answer.units.values.indexOf(unit);
    const effects = of === "neurons" ? answer.neuron_effects.values : answer.unit_effects.values;
    const neurons = (layers) => strengthsOf(layers[this.where.layer.layer])[unit];
    this.value = of === "neurons" ? neurons(answer.layers) : answer.strength.values[unit];
    const held = this.edits.has(this.#key()) && Object.keys(answer.layers_after ?? {}).length > 0;
    const after = held && (of === "neurons" ? neurons(answer.layers_after) : answer.strength_after.values[unit]);
    const now = held ? `${number(after, 2)} (was ${number(this.value, 2)})` : number(this.value, 2);
    const gives = `${held ? "gave" : "gives"} ${pushes(effects.subarray(row * classes, (row + 1) * classes), labels)}`;
    const moves = row < 0 ? "does not fire here" : gives;
    this.facts.textContent = `Now ${now}${this.where.layer.grid ? (of === "neurons" ? ", mean over the map" : ", summed over the map") : ""}; ${moves}.`;
  }
}
