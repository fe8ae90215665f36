// The answer: ten bars, and what the network says with the reconstruction in the layer's place, or with the edits.

import { h, percent } from "../ui.js";
import { bar, write } from "./bars.js";

/** Bars now, ghosts before the edit, a tick where the reconstruction alone would put each. */
export class Probabilities {
  constructor(labels) {
    this.rows = labels.map((label) => {
      const meter = bar("");
      const tick = h("i", { class: "tick" });
      const value = h("span", { class: "value" });
      meter.element.append(tick);
      const element = h("li", {}, h("b", {}, label), meter.element, value);
      return { element, meter, tick, value };
    });
    this.element = h("ol", { class: "probabilities", "aria-label": "Probability of each class" }, this.rows.map((row) => row.element));
  }

  update({ before, now }, spliced) {
    const most = now.probabilities.indexOf(Math.max(...now.probabilities));
    this.rows.forEach((row, i) => {
      row.meter.set(now.probabilities[i], now === before ? null : before.probabilities[i]);
      row.tick.style.left = `${100 * spliced[i]}%`;
      write(row.value, percent(now.probabilities[i], 0));
      row.element.classList.toggle("most", i === most);
    });
  }
}

/** The same in words; each line bears the mark that it has in the bars. */
export class Fidelity {
  constructor(labels) {
    this.labels = labels;
    const line = (mark, text) => {
      const said = h("b");
      return { said, element: h("div", {}, h("dt", {}, h("i", { class: `mark ${mark}`, "aria-hidden": "true" }), text), h("dd", {}, said)) };
    };
    this.own = line("own", "Network");
    this.edited = line("own", "With the edits");
    this.spliced = line("tick", "With reconstruction");
    this.lost = line("", "Not reconstructed");
    this.spliced.element.title = "The network\u2019s answer when the sum of the features takes the layer\u2019s place";
    this.lost.element.title = "The share of the layer\u2019s activation that the sum of the features misses";
    this.element = h("dl", { class: "fidelity" }, [this.own, this.spliced, this.lost, this.edited].map(({ element }) => element));
  }

  update(answer, { before, now }) {
    const isEdited = now !== before;
    this.own.element.querySelector(".mark").className = `mark ${isEdited ? "ghost" : "own"}`;
    this.edited.element.classList.toggle("unseen", !isEdited);
    write(this.own.said, this.named(before.probabilities));
    write(this.edited.said, this.named(now.probabilities));
    write(this.spliced.said, this.named(answer.probabilities_spliced.values));
    write(this.lost.said, percent(answer.error));
  }

  /** "7 (99 %)": the most probable class. */
  named(values) {
    const most = values.indexOf(Math.max(...values));
    return `${this.labels[most]} (${percent(values[most], 0)})`;
  }
}
