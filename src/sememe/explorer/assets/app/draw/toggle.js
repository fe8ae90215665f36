// The button beside a chosen unit that ablates it, so that the answer stays in sight; pressed again, it lets go.

import { h } from "../ui.js";

/** Where the columns stand one below the other, only the button under the answer is near the answer. */
export const stacked = matchMedia("(max-width: 40rem)");

export class AblateToggle {
  /** `press()` ablates the unit, or lets it go. */
  constructor(press) {
    this.element = h("button", { type: "button", class: "ablate", onclick: press }, "ablate");
  }

  /** @param name "feature 30"; the tour points at the button of the unit that is chosen */
  show(name, isAblated, isChosen = true) {
    const button = this.element;
    button.setAttribute("aria-label", `ablate ${name}`);
    button.setAttribute("aria-pressed", String(isAblated));
    button.title = isAblated ? `Let ${name} go (a)` : `Set ${name} to 0 and watch the answer (a)`;
    if (isChosen) button.dataset.tour = "ablate";
    else delete button.dataset.tour;
  }
}
