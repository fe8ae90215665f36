// One unit, held: ablated, clamped to a value, or steered by one; and what that does to the answer.

import { h } from "../ui.js";
import { strengthsOf } from "./bars.js";
import { amount, effectsOf, pushesNow } from "./sides.js";

const HOW = [
  { value: "off", label: "as it is" },
  { value: "ablate", label: "ablate", title: "0 in place of its value" },
  { value: "clamp", label: "clamp", title: "a value of yours in place of its own" },
  { value: "steer", label: "steer", title: "a value of yours is added to its own" },
];

const EDIT = /^(?<of>[fn])(?<unit>\d{1,9})(?<how>[acs])(?<value>-?\d+(\.\d+)?(e[+-]?\d+)?)?$/; // "f17a", "n3c1.5", "f2s-0.3"
const MOST = 1e6; // of a value; live/question.py refuses more
const NAMES = { f: "features", n: "neurons", a: "ablate", c: "clamp", s: "steer" };

const nameOf = ({ of, unit }) => `${of === "neurons" ? "neuron" : "feature"} ${unit}`;

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
    return this.toggle(this.chosen);
  }

  /** Ablate a unit {of, unit}, or let it go. */
  toggle(which) {
    const how = this.isAblated(which) ? "off" : "ablate";
    this.#set(how, undefined, which);
    this.#build();
    this.news = { text: `${nameOf(which)} is ${how === "off" ? "let go" : "ablated"}.`, before: this.answer };
  }

  isHeld(which) {
    return this.edits.has(this.#key(which));
  }

  isAblated(which) {
    return this.edits.get(this.#key(which))?.how === "ablate";
  }

  /** The units that are held, by kind. */
  held() {
    const of = (kind) => new Set(this.values().filter((edit) => edit.of === kind).map((edit) => edit.unit));
    return { neurons: of("neurons"), features: of("features") };
  }

  /** Another layer or dictionary: its units are others. */
  forget() {
    this.edits.clear();
    this.answer = null;
  }

  /** Bring the card into view, and the focus to it. */
  show() {
    this.element.scrollIntoView({ block: "nearest" }); // no farther than must be: the answer stays in sight if it can
    this.body.querySelector("[aria-checked=true]")?.focus({ preventScroll: true });
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
    const isKnown = (edit) => edit && Number(edit.unit) < counts[NAMES[edit.of]] && (edit.how === "a") === (edit.value === undefined)
      && Math.abs(edit.value ?? 0) <= MOST;
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

  #set(how, value, which = this.chosen) {
    const key = this.#key(which);
    const before = this.edits.get(key);
    if (how === "off") this.edits.delete(key);
    else this.edits.set(key, { of: which.of, unit: which.unit, how, value: value ?? before?.value ?? this.#start(how) });
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
        "Choose a neuron or a feature above. Ablate sets it to 0, clamp to a value of yours, steer adds a value to its own; ",
        "then watch the answer. Outlines show what was before."));
      this.#showList();
      return;
    }
    const edit = this.edits.get(this.#key());
    const how = edit?.how ?? "off";
    const link = this.#link();
    const limit = 3 * this.scale;
    this.output = h("output", {}, edit ? amount(how === "ablate" ? 0 : edit.value) : "");
    this.slider = h("input", { type: "range", min: String(how === "steer" ? -limit : 0), max: String(limit), step: String(limit / 120),
      value: String(how === "ablate" ? 0 : edit?.value ?? 0), disabled: how !== "clamp" && how !== "steer",
      "aria-label": how === "steer" ? "Value added" : "Value", oninput: () => {
        this.output.textContent = amount(Number(this.slider.value));
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
    if (this.answer) this.update(this.answer, this.both, this.highest, this.said);
  }

  #showList() {
    this.list.replaceChildren(...this.values().map((edit) => {
      const what = edit.how === "ablate" ? "ablated" : edit.how === "clamp" ? `at ${amount(edit.value)}` : `${edit.value < 0 ? "" : "+"}${amount(edit.value)}`;
      const name = nameOf(edit);
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

  /** @param both the answer's sides, before the edits and with them; `said` is the answer in short */
  update(answer, both, highest, said) {
    Object.assign(this, { answer, both, highest, said });
    if (this.news && answer !== this.news.before) { // who cannot see the bars hears the answer to the edit, not the one before
      this.app.announce(`${this.news.text} Answer: ${said}.`);
      this.news = null;
    }
    if (!this.chosen || !this.facts) return;
    const { of, unit } = this.chosen;
    const { before, now } = both;
    const row = of === "neurons" ? unit : answer.units.values.indexOf(unit);
    const [was, is] = [before, now].map((side) =>
      (of === "neurons" ? strengthsOf(side.layers[this.where.layer.layer])[unit] : side.strength[unit]));
    this.value = was;
    const table = of === "neurons" ? "neuronEffects" : "unitEffects";
    const [gave, gives] = [before, now].map((side) => effectsOf(side[table], row));
    const where = !this.where.layer.grid ? "" : of === "neurons" ? ", mean over the map" : ", summed over the map";
    const changed = amount(was) === amount(is) ? "" : ` (was ${amount(was)})`;
    const moves = gives ? pushesNow(gave, gives, this.app.run.label_names, this.edits.has(this.#key())) : "does not fire here";
    this.facts.textContent = `Now ${amount(is)}${changed}${where}; ${moves.startsWith("+") || moves.startsWith("\u2212") ? "gives " : ""}${moves}. Answer: ${said}.`;
  }
}
