// A line under the answer: the unit that is chosen, to be ablated with the answer in sight, and the way to the card
// that does more. On a phone it stays on the screen, with the answer in short.

import { h } from "../ui.js";
import { write } from "./bars.js";
import { AblateToggle } from "./toggle.js";

/** Which column a link's unit is of. One that names none comes from another page, where the set says it; null: of neither. */
export function columnOf({ of, set }, { layer, unitSet }) {
  if (of === "neurons" || of === "features") return of;
  return set === layer.neurons ? "neurons" : set === unitSet.key ? "features" : null;
}

export class ChosenLine {
  #chosen = null;

  /** `more()` shows the card "Hold a unit". */
  constructor(app, edit, more) {
    this.app = app;
    this.toggle = new AblateToggle(() => edit.toggle(this.#chosen));
    this.name = h("span");
    this.said = h("b");
    this.answer = h("span", { class: "chosen-answer" }, "answer ", this.said);
    this.silent = h("span", { class: "muted" }, "does not fire");
    this.more = h("button", { type: "button", class: "as-link", onclick: more, "aria-label": "more: clamp, steer" }, "more", h("span", { class: "wide" }, ": clamp, steer"));
    this.hint = h("p", { class: "small muted" }, "Choose a neuron or a feature; \u201cablate\u201d then sets it to 0.");
    this.element = h("div", { class: "chosen-line", role: "group", "aria-label": "Chosen unit" }, this.hint);
  }

  /** @param needsToggle whether no other button for it is in sight of the answer; `isSilent`: there is nothing to ablate */
  show(chosen, { layer, unitSet }, isAblated, needsToggle, isSilent) {
    this.#chosen = chosen;
    this.element.classList.toggle("on", Boolean(chosen));
    if (!chosen) {
      this.toggle.element.remove();
      this.element.replaceChildren(this.hint);
      return;
    }
    const set = chosen.of === "neurons" ? layer.neurons : unitSet.key;
    const kind = chosen.of === "neurons" ? "neurons" : unitSet.kind;
    const name = this.app.ui.unitName({ layer: layer.key, set, unit: chosen.unit });
    this.name.className = `kind ${kind}`;
    write(this.name, name);
    this.toggle.show(name, isAblated);
    // What is there already keeps its place, and the focus.
    if (this.hint.parentNode) this.element.replaceChildren(this.name, this.answer, this.more);
    for (const [part, isWanted] of [[this.toggle.element, needsToggle && !isSilent], [this.silent, isSilent]]) {
      if (!isWanted) part.remove();
      else if (!part.parentNode) this.name.after(part);
    }
  }

  /** @param text "7 (54 %)" */
  update(text) {
    write(this.said, text);
  }
}
