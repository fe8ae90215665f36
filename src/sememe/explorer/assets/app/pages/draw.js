// Draw a digit and see what the network sees: input, neurons, features, ten probabilities, with every stroke.

import { write } from "../draw/bars.js";
import { Board } from "../draw/board.js";
import { Changed } from "../draw/changed.js";
import { ChosenLine, columnOf } from "../draw/chosen.js";
import { SIDE, isBlank, pack, unpack } from "../draw/drawing.js";
import { EditPanel } from "../draw/edit.js";
import { Edges } from "../draw/edges.js";
import { Features } from "../draw/features.js";
import { NearBackend } from "../draw/near.js";
import { Neurons } from "../draw/neurons.js";
import { Fidelity, Probabilities } from "../draw/probabilities.js";
import { isEdited, sides } from "../draw/sides.js";
import { stacked } from "../draw/toggle.js";
import { Tools } from "../draw/tools.js";
import { noLayer } from "../pickers.js";
import { onTheme } from "../theme.js";
import { h } from "../ui.js";

export const title = "Draw";

export function mount(root, app) {
  return new DrawPage(root, app).view;
}

const reads = (set) => set.source ?? "layer";

/** Whether a set can stand in the column of features: it codes the layer, and is not just its neurons again. */
const codes = (set, layer) => reads(set) === "layer" && set.key !== layer.neurons;

class DrawPage {
  #where = null; // {layer, unitSet}
  #answer = null;
  #both = null; // its sides, before the edits and with them
  #highest = { neurons: 0, features: 0 };
  #own = { d: null, hold: null }; // the drawing and the edits that this page wrote into the address itself
  #writing = 0;
  #frame = null;
  #ink = null; // the theme's ink, for the small picture

  constructor(root, app) {
    Object.assign(this, { root, app });
    this.board = new Board((event) => this.#drawn(event), (text) => app.announce(text));
    this.tools = new Tools(app, this.board, () => {});
    this.edit = new EditPanel(app, () => {
      this.#showHeld();
      this.#ask();
      this.#write();
    });
    this.changed = new Changed(app);
    this.probabilities = new Probabilities(app.run.label_names);
    this.fidelity = new Fidelity(app.run.label_names);
    this.chosen = new ChosenLine(app, this.edit, () => this.edit.show());
    this.#build();
    this.backend = (app.backend ?? ((hooks) => new NearBackend(hooks, app.api)))({
      answered: (answer, at) => this.#answered(answer, at),
      refused: (sentence) => this.#say(sentence),
      state: (state) => this.#state(state),
    });
    const forget = onTheme(() => this.#recolour());
    const fold = () => this.#showHeld();
    stacked.addEventListener("change", fold);
    this.view = {
      update: (selection, changed) => this.#selected(selection, changed),
      unmount: () => {
        this.#where = this.neurons = null;
        clearTimeout(this.#writing);
        cancelAnimationFrame(this.#frame);
        forget();
        stacked.removeEventListener("change", fold);
        this.board.forget();
        this.edges.observer.disconnect();
        this.backend.close();
      },
      keys: {
        a: () => this.edit.toggleAblation(),
        p: () => this.changed.toggle(),
        n: () => this.#choose({ of: "neurons", unit: 0 }),
        f: () => this.#choose({ of: "features", unit: this.features.shown[0] ?? 0 }),
        j: () => this.#step(1),
        k: () => this.#step(-1),
        r: () => {
          this.tools.loadTest(() => {});
        },
      },
    };
    this.#selected(app.store.get(), new Set(["layer", "set", "unit", "of", "d", "hold"]));
  }

  // ---- building -------------------------------------------------------------------------------------------------

  #build() {
    this.status = h("p", { class: "small muted live-state", role: "status" });
    this.message = h("p", { class: "pending error", role: "alert", hidden: true });
    this.seen = h("canvas", { width: SIDE, height: SIDE, class: "seen ink-tile", role: "img", "aria-label": "the drawing as the network is given it" });
    this.fit = h("input", { type: "checkbox", checked: true, onchange: () => this.#ask() });
    this.keep = h("input", { type: "checkbox", checked: true, onchange: () => this.#ask() });
    this.neuronPlace = h("div", { class: "place" });
    this.featurePlace = h("div", { class: "place" });
    this.neuronHow = h("p", { class: "how small muted" });
    this.featureHow = h("p", { class: "how small muted" });
    this.neuronTitle = h("h2", { class: "column-title" });
    this.featureTitle = h("div", { class: "column-title" });
    this.picks = h("div", { class: "tools" });
    this.hint = h("p", { class: "hint" }, "Draw a digit here");
    this.answerHow = h("span");
    this.answerLines = h("span", { class: "of-lines" }, " Lines: what features add; dashed: take away.");
    this.stage = h("div", { class: "stage" },
      h("section", { class: "column column-input", "aria-labelledby": "input-title" },
        h("h2", { class: "column-title", id: "input-title" }, "Drawing"),
        h("div", { class: "canvas-wrap", "data-tour": "canvas" }, this.board.canvas, this.hint),
        h("div", { class: "seen-row" }, this.seen, h("div", {},
          h("p", { class: "small muted" }, "What the network is given"),
          h("label", { class: "check", title: "Scaled to 20 pixels and centred by its mass, as MNIST's makers did" }, this.fit, "bring to MNIST's place"))),
        this.tools.element),
      h("section", { class: "column column-neurons" }, this.neuronTitle, this.neuronHow, this.neuronPlace),
      h("section", { class: "column column-features" }, this.featureTitle, this.featureHow, this.featurePlace),
      h("section", { class: "column column-answer", "aria-labelledby": "answer-title", "data-tour": "answer" },
        h("h2", { class: "column-title", id: "answer-title" }, "Answer"),
        h("p", { class: "how small muted" }, this.answerHow, this.answerLines),
        this.probabilities.element),
      this.chosen.element,
      h("section", { class: "column column-said", "aria-label": "How much of the layer the answer rests on" }, this.fidelity.element,
        h("label", { class: "check small", title: "Off: the reconstruction takes the layer's place" }, this.keep, "edits keep what is not reconstructed")));
    this.root.append(
      h("header", {}, h("h1", {}, "Draw a digit and see what the network sees"), this.picks, this.#toTour(), this.status),
      this.message, this.stage, h("div", { class: "split" }, this.edit.element, this.changed.element));
    this.edges = new Edges(this.stage);
  }

  /** For who comes here first; an exported file has no tour. */
  #toTour() {
    const href = this.app.store.link({ page: "tour", tour: null });
    return href ? h("a", { class: "small to-tour", href, title: "A tour in five steps" }, "New here?") : "";
  }

  #pick() {
    const { layer, unitSet } = this.#where;
    const layers = this.app.run.layers.filter((one) => one.drawable);
    const groups = { neurons: "Neurons", features: "Features", control: "Controls" };
    this.picks.replaceChildren(
      this.app.ui.chips(layers.map((one) => ({ value: one.key, label: one.layer, title: `${one.title} (${one.network})` })), layer.key,
        (key) => this.app.store.set({ layer: key }, { replace: true }), "Layer"),
      this.app.ui.select(layer.unit_sets.filter((set) => codes(set, layer))
        .map((set) => ({ value: set.key, label: set.title, group: groups[set.kind] })), unitSet.key,
      (key) => this.app.store.set({ set: key }, { replace: true }), "Dictionary"));
  }

  /** Another layer or dictionary: its columns are built anew. */
  async #look(layer, unitSet) {
    this.#where = { layer, unitSet };
    this.#highest = { neurons: 0, features: 0 };
    this.#answer = this.neurons = null;
    this.edit.forget();
    this.changed.forget();
    this.#pick();
    const choose = (chosen) => this.#choose(chosen);
    this.features = new Features(this.app, layer, unitSet, this.edit, choose);
    this.neuronTitle.replaceChildren(this.app.ui.kind("neurons", `${layer.n_neurons} neurons of ${layer.layer}`));
    this.featureTitle.replaceChildren(h("h2", {}, this.app.ui.kind(unitSet.kind, unitSet.title)));
    this.featurePlace.replaceChildren(this.features.element);
    this.featureHow.replaceChildren(this.features.count, h("span", { class: "of-lines" }, " Lines: weight \u00d7 activation; dashed: below 0."));
    const how = layer.grid ? "Where on the image each fires."
      : layer.n_neurons > 32 ? "The fuller a cell\u2019s colour, the more active its neuron." : "What each reads: pale green excites it, dark plum inhibits.";
    this.neuronHow.textContent = how;
    const where = this.#where;
    let weights = null;
    try {
      weights = await this.app.api.get("pixel_weights", { layer: layer.key });
    } catch (error) {
      this.#say(error.message);
    }
    if (this.#where !== where) return;
    this.neurons = new Neurons(this.app, layer, weights, this.edit, choose);
    if (weights) this.neuronHow.textContent = "Weights, lit by the ink: pale green excites, dark plum inhibits.";
    this.neuronPlace.replaceChildren(this.neurons.readout, this.neurons.element);
    this.edges.moved();
    this.#showChosen();
    this.#ask();
  }

  #recolour() {
    this.#ink = null;
    this.neurons?.recolour();
    this.features?.recolour();
    this.edges.recolour();
    if (this.#answer) this.#answered(this.#answer);
  }

  // ---- the selection --------------------------------------------------------------------------------------------

  #selected(selection, changed) {
    if (changed.has("d") && selection.d && selection.d !== this.#own.d) {
      const ink = unpack(selection.d);
      if (ink) this.board.load(ink);
      else this.#say("The link holds no drawing that can be read; draw one.", "link");
    }
    const store = this.app.store;
    const drawable = this.app.run.layers.filter((one) => one.drawable);
    const layer = drawable.find((one) => one.key === selection.layer) ?? drawable[0];
    const asked = store.unitSet(selection.set, layer);
    const unitSet = asked && codes(asked, layer) ? asked : store.unitSet(layer.shown, layer);
    if (changed.has("layer") || changed.has("set")) {
      if (this.app.run.layers.every((one) => one.key !== selection.layer)) {
        this.#say(`${noLayer(this.app, selection.layer)} ${layer.key} is shown.`, "link");
      } else if (!asked && selection.set !== undefined) this.#say(`${layer.key} has no ${selection.set}; ${unitSet.title} is shown.`, "link");
      else if (asked && reads(asked) !== "layer") this.#say(`${asked.title} does not read ${layer.layer}; ${unitSet.title} is shown.`, "link");
    }
    if (this.#where?.layer !== layer || this.#where?.unitSet !== unitSet) this.#look(layer, unitSet);
    else if (changed.has("unit") || changed.has("of")) this.#showChosen();
    const hold = selection.hold ?? null;
    if (changed.has("hold") && hold !== this.#own.hold && !this.edit.take(hold ?? "", { neurons: layer.n_neurons, features: unitSet.n_units })) {
      this.#say("The link holds units in a way that cannot be read; nothing is held.", "link");
    }
    if (hold !== (this.edit.text() || null)) this.#write(); // another layer has let go of them
  }

  #choose({ of, unit }) {
    this.app.store.set({ unit, of }, { replace: true });
  }

  #step(by) {
    const chosen = this.edit.chosen;
    if (!chosen) return this.#choose({ of: "features", unit: this.features.shown[0] ?? 0 });
    if (chosen.of === "neurons") {
      return this.#choose({ of: "neurons", unit: Math.min(Math.max(chosen.unit + by, 0), this.#where.layer.n_neurons - 1) });
    }
    const shown = this.features.shown;
    const at = shown.indexOf(chosen.unit);
    this.#choose({ of: "features", unit: shown[Math.min(Math.max(at + by, 0), shown.length - 1)] ?? chosen.unit });
  }

  #showChosen() {
    const selection = this.app.store.get();
    const { layer, unitSet } = this.#where;
    const { unit } = selection;
    const of = columnOf(selection, this.#where);
    const count = of === "neurons" ? layer.n_neurons : unitSet.n_units;
    const chosen = of && Number.isInteger(unit) && unit < count ? { of, unit } : null;
    this.edit.choose(chosen, { layer, unitSet });
    this.#showHeld();
    if (this.#answer) this.#answered(this.#answer); // the chosen feature is shown, however weak it is
  }

  /** Which unit is chosen, and which are held, wherever they stand. */
  #showHeld() {
    if (!this.#where) return;
    const { chosen } = this.edit;
    const edits = this.edit.values();
    this.neurons?.hold(edits, chosen);
    this.features.hold(edits, chosen);
    this.#showLine();
  }

  #showLine() {
    const { chosen } = this.edit;
    const isInRow = chosen?.of === "neurons" || this.features.shown.includes(chosen?.unit);
    const isSilent = Boolean(chosen && this.#answer) && !isInRow && !this.edit.isHeld(chosen);
    this.chosen.show(chosen, this.#where, chosen && this.edit.isAblated(chosen), stacked.matches || !isInRow, isSilent);
  }

  // ---- strokes and answers --------------------------------------------------------------------------------------

  #drawn(event) {
    const blank = isBlank(this.board.ink);
    this.hint.hidden = !blank;
    this.strokeAt = event?.timeStamp ?? 0;
    if (event) this.message.hidden = true;
    this.#ask();
    this.#write();
  }

  /** The drawing and the edits go into the address when the hand rests. */
  #write() {
    clearTimeout(this.#writing);
    this.#writing = setTimeout(() => {
      this.#own = { d: isBlank(this.board.ink) ? null : pack(this.board.ink), hold: this.edit.text() || null };
      this.app.store.set(this.#own, { replace: true });
    }, 300);
  }

  #ask() {
    if (!this.neurons || !this.backend) return;
    const { layer, unitSet } = this.#where;
    this.backend.ask({ layer: layer.key, set: unitSet.key, pixels: this.board.ink.slice(), fit: this.fit.checked,
      edits: this.edit.values(), keep_error: this.keep.checked, at: this.strokeAt });
  }

  #answered(answer, at = null) {
    const { layer, unitSet } = this.#where ?? {};
    // An answer that was on its way when the layer or the page changed is of the wrong shape; another is coming.
    if (!this.neurons || !(layer.layer in answer.layers) || answer.strength.shape[0] !== unitSet.n_units) return;
    this.#answer = answer;
    if (this.complaint === "answer") this.message.hidden = true;
    // Where the last edit was let go, the answer that is on its way has none: until then, what was before it is shown.
    const both = sides(answer, isEdited(answer) && (this.edit.edits.size > 0 || !this.keep.checked));
    this.#both = both;
    this.probabilities.update(both, answer.probabilities_spliced.values);
    this.neurons.update(both, answer.image.values, this.#highest);
    this.features.update(answer.units.values, both, this.#highest, this.app.run.label_names);
    this.root.dataset.answered = String(answer.number);
    this.#frame ??= requestAnimationFrame(() => this.#after());
    // From the stroke to its bars; benchmarks/explorer.py reads it.
    if (at) performance.measure("stroke", { start: at, end: performance.now() });
  }

  /** What can wait for the frame, however many answers came since the last: lines, words, the ranking. */
  #after() {
    this.#frame = null;
    const answer = this.#answer;
    if (!answer) return;
    const both = this.#both;
    const blank = isBlank(answer.image.values);
    const said = this.fidelity.named(both.now.probabilities);
    this.edit.update(answer, both, this.#highest, said);
    this.changed.update(answer, this.#where);
    this.neurons.tell();
    this.features.tell(blank);
    this.#showLine();
    this.chosen.update(said);
    this.#showSeen(answer.image.values);
    this.fidelity.update(answer, both);
    this.answerLines.hidden = blank;
    write(this.answerHow, blank ? "An empty canvas has an answer, too: a network always has one." : "Bars: probability.");
    this.edges.draw(both, this.edit.held(), this.neurons, this.features, this.probabilities);
    this.root.dataset.shown = String(answer.number);
  }

  #showSeen(values) {
    const context = this.seen.getContext("2d");
    const image = context.createImageData(SIDE, SIDE);
    this.#ink ??= getComputedStyle(this.seen).color.match(/[\d.]+/g).map(Number);
    values.forEach((value, i) => image.data.set([this.#ink[0], this.#ink[1], this.#ink[2], value], 4 * i));
    context.putImageData(image, 0, 0);
  }

  /** A complaint about an answer goes with the next good one; one about the link stays until one draws. */
  #say(sentence, about = "answer") {
    this.complaint = about;
    this.message.textContent = sentence;
    this.message.hidden = false;
  }

  #state(state) {
    const words = { connecting: "Connecting \u2026", live: "Live", lost: "The explorer does not answer; trying again \u2026" };
    this.status.textContent = words[state] ?? state;
    this.status.classList.toggle("on", state === "live");
  }
}
