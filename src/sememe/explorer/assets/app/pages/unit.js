// Unit: one template for a neuron, a component of any dictionary, a random direction.

import { histogram, lines, matrix, signedBars } from "../charts.js";
import { facts, gallery, heatScale, rampScale, share, unitChip, weightCanvas } from "../panels.js";
import { heading, measureTitle, missing } from "../pickers.js";
import { h, number, percent } from "../ui.js";

export const title = "Unit";

export function mount(root, app) {
  const { store } = app;
  const head = heading(app, "Unit");
  const body = h("div", { class: "unit-body" });
  root.append(head.element, body);

  function show() {
    head.update();
    const { unit } = store.get();
    const absent = missing(app);
    if (absent) return body.replaceChildren(h("p", { class: "pending", role: "alert" }, absent));
    if (unit === undefined) {
      store.set({ unit: 0 }, { replace: true });
      return undefined;
    }
    const { pin } = store.get();
    const pinned = pin && readPin(app, pin);
    const here = { layer: store.get().layer, set: store.get().set, unit };
    const pair = pinned && !same(pinned, here);
    body.replaceChildren(h("div", { class: pair ? "unit-pair" : "unit-single" },
      one(app, here, pair ? "A" : null), pair && one(app, pinned, "B")));
    return undefined;
  }
  show();
  return {
    update(selection, changed) {
      if (["layer", "set", "unit", "pin", "page"].some((key) => changed.has(key))) show();
    },
  };
}

const same = (a, b) => a.layer === b.layer && a.set === b.set && a.unit === b.unit;

function readPin(app, pin) {
  const match = /^(.+)\/(.+)\/(\d+)$/.exec(pin);
  if (!match) return null;
  const [, layer, set, unit] = match;
  const units = app.store.unitSet(set, app.store.layer(layer))?.n_units;
  return units > Number(unit) ? { layer, set, unit: Number(unit) } : null;
}

function one(app, where, letter) {
  const { api, store, ui } = app;
  const units = store.unitSet(where.set, store.layer(where.layer));
  const place = h("article", { class: `unit-page ${units.kind}`, "aria-label": ui.unitName(where) });
  ui.panel(place, () => api.get("unit", where), (page, el) => new UnitView(app, where, page, letter, units).fill(el));
  return place;
}

class UnitView {
  constructor(app, where, page, letter, units) {
    Object.assign(this, { app, where, page, letter, units });
    this.classes = app.run.label_names;
    this.noun = app.ui.unitName(where).split(" ")[0];
  }

  fill(place) {
    place.append(this.#head());
    if (!this.page.firings) {
      place.append(h("p", { class: "pending" }, `This ${this.noun} never fires on these ${number(this.page.items)} items: it is dead, and nothing more can be said of it.`));
      return;
    }
    place.append(
      h("div", { class: "unit-columns" },
        h("div", { class: "stack" }, this.#fires(), this.#histogram(), this.#concepts()),
        h("div", { class: "stack" }, this.#reads(), this.#writes(), this.#relatives())),
      this.#ablation(),
      this.#scores(),
    );
  }

  #head() {
    const { app, where, page, units } = this;
    const { store, ui } = app;
    const pin = `${where.layer}/${where.set}/${where.unit}`;
    const isPinned = store.get().pin === pin;
    const step = (by, text, label) => {
      const unit = where.unit + by;
      return unit < 0 || unit >= units.n_units
        ? h("span", { class: "step muted", "aria-hidden": "true" }, text)
        : h("a", { class: "step", href: store.link({ unit }), "aria-label": label }, text);
    };
    const places = page.items === page.images ? "images" : "positions";
    return h("header", { class: "unit-head" },
      page.reads.picture ? weightCanvas(page.reads.picture, `What ${ui.unitName(where)} reads`) : h("span", { class: "unit-nothing" }),
      h("div", { class: "unit-title" },
        h("h2", {}, this.letter && h("span", { class: "badge" }, this.letter), " ", ui.kind(units.kind, ui.unitName(where))),
        h("p", { class: "muted" }, `${units.title}, ${store.layer(where.layer).layer} of ${store.layer(where.layer).network}`),
        facts([
          ["fires on", share(page.density), `${number(page.firings)} of ${number(page.items)} ${places}`],
          page.firings && ["strongest", number(page.greatest)],
          page.least < 0 && ["most negative", number(page.least)],
          page.firings && ["mean when firing", number(page.mean)],
        ])),
      page.profile && page.firings ? h("div", { class: "unit-profile" }, h("p", { class: "small muted" }, "activation by class"),
        ui.bars(page.profile.values, { kind: units.kind, label: "Share of activation by class" })) : "",
      h("div", { class: "tools unit-steps" },
        this.letter === "B" ? h("a", { class: "button", href: store.link({ pin: null }) }, "Unpin") : [
          step(-1, "\u2190", "Previous unit (k)"), step(1, "\u2192", "Next unit (j)"),
          h("button", { type: "button", "aria-pressed": String(isPinned), class: "chip", title: "Pin this unit to compare the next with it (p)",
            onclick: () => store.set({ pin: isPinned ? null : pin }) }, isPinned ? "Pinned" : "Pin"),
          store.layer(where.layer)?.drawable ? h("a", { class: "button", href: store.link({ page: "draw" }) }, "Draw with it") : "",
        ]));
  }

  // ---- what fires it --------------------------------------------------------------------------------------------

  #fires() {
    const { app, page } = this;
    const { ui } = app;
    const place = h("div", {});
    this.choice = h("div", { class: "tools" });
    this.gallery = place;
    this.shown = "top";
    this.heat = null;
    const card = ui.card("What fires it", this.choice, place);
    this.#showFirings();
    void page;
    return card;
  }

  #showFirings() {
    const { app, page } = this;
    const { ui } = app;
    const options = [
      { value: "top", label: "Strongest" }, page.bottom.image.values.length && { value: "bottom", label: "Most negative" },
      { value: "intervals", label: "Ten intervals" }, { value: "random", label: "Random" }, { value: "misses", label: "Near misses" },
      this.range && { value: "range", label: `${number(this.range.low)} to ${number(this.range.high)}` },
    ].filter(Boolean);
    this.choice.replaceChildren(ui.chips(options, this.shown, (value) => {
      this.shown = value;
      this.#showFirings();
    }, "Which firings"));
    const isMap = Boolean(app.store.layer(this.where.layer)?.grid);
    if (isMap && this.shown !== "misses") {
      this.choice.append(h("label", { class: "check" }, h("input", { type: "checkbox", checked: this.withHeat, onchange: (event) => {
        this.withHeat = event.target.checked;
        this.#showFirings();
      } }), "heat over the whole image"));
    }
    this.#fillGallery();
  }

  async #fillGallery() {
    const { page } = this;
    const say = (text) => h("p", { class: "small muted" }, text);
    const simple = (data, text, options) => this.#tiles(data, options).then((tiles) => this.gallery.replaceChildren(say(text), tiles));
    if (this.shown === "top") await simple(page.top, "Greatest activations, one an image. They flatter: look at the intervals and the random firings as well.");
    else if (this.shown === "bottom") await simple(page.bottom, "Most negative activations, one an image; a minus stands in their corner.");
    else if (this.shown === "random") await simple(page.random, `${page.random.image.values.length} of its ${number(page.firings)} firings, drawn at random (seed 0): what a typical answer looks like.`);
    else if (this.shown === "misses") {
      await simple(page.misses, page.misses.image.values.length
        ? "Images that do not fire it though their activation points the same way; the number is the cosine with what fires it."
        : "It fires on everything, so there is nothing that it misses.", { word: "cosine" });
    } else if (this.shown === "intervals") {
      const rows = await Promise.all(page.intervals.map(async (cut) => h("li", { class: "interval-row" },
        h("span", { class: "small" }, h("b", {}, `${number(cut.low)} to ${number(cut.high)}`), h("br"),
          h("span", { class: "muted" }, `${number(cut.firings)} firings`)),
        cut.firings ? await this.#tiles(cut.tiles, { size: "small" }) : h("span", { class: "muted small" }, "none"))));
      this.gallery.replaceChildren(say("Ten intervals of equal width from its strongest firing down, a few drawn from each: does it mean the same when it fires weakly?"),
        h("ol", { class: "interval-rows" }, rows));
    } else this.#showRange();
  }

  async #tiles(data, options = {}) {
    let heat = null;
    if (this.withHeat && data.image.values.length) {
      const images = [...new Set(data.image.values)].slice(0, 64).join(",");
      try {
        heat = await this.app.api.get("unit-heat", { ...this.where, images });
      } catch (error) {
        this.app.announce?.(error.message);
      }
    }
    const tiles = gallery(this.app, data, { ...options, heat });
    return heat && options.size !== "small" ? h("div", { class: "stack tight" }, heatScale(heat.limit), tiles) : tiles;
  }

  #showRange() {
    const { low, high } = this.range;
    const label = this.label ?? null;
    this.app.ui.panel(this.gallery, () => this.app.api.get("unit-range", { ...this.where, low, high, label }), async (found, el) => {
      const of = label === null ? "" : ` on class ${this.classes[label]}`;
      el.append(h("p", { class: "small muted" }, `${number(found.firings)} firings from ${number(low)} to ${number(high)}${of}; ${found.tiles.image.values.length} of them, drawn at random.`),
        await this.#tiles(found.tiles));
    });
  }

  // ---- how strongly, on which classes ---------------------------------------------------------------------------

  #histogram() {
    const { app, page } = this;
    const { ui } = app;
    const { edges, counts, silent } = page.histogram;
    const labels = this.classes.length ? this.classes : ["all"];
    const place = h("div", { class: "stack" });
    const low = h("input", { type: "number", step: "any", class: "bound", "aria-label": "from activation", placeholder: "from" });
    const high = h("input", { type: "number", step: "any", class: "bound", "aria-label": "to activation", placeholder: "to" });
    const choose = (range) => {
      this.range = range && { low: range[0], high: range[1] };
      if (range) [low.value, high.value] = range.map((v) => Number(v.toPrecision(4)));
      this.shown = range ? "range" : "top";
      this.#showFirings();
    };
    const draw = () => {
      const range = this.range ? [this.range.low, this.range.high] : null;
      place.replaceChildren(histogram({ edges: edges.values, counts, labels, chosen: this.label ?? null, range, onRange: choose }));
      place.append(h("div", { class: "tools" },
        this.classes.length ? h("label", { class: "field" }, h("span", {}, "Class"), ui.select(
          [{ value: "", label: "all, stacked" }, ...this.classes.map((name, i) => ({ value: String(i), label: name }))],
          this.label === undefined || this.label === null ? "" : String(this.label), (v) => {
            this.label = v === "" ? null : Number(v);
            draw();
            if (!this.range) choose([edges.values[0], edges.values[edges.values.length - 1]]);
            else this.#showFirings();
          }, "Class shown in the histogram")) : "",
        h("span", { class: "row" }, low, high, h("button", { type: "button", class: "chip", onclick: () => {
          const [a, b] = [low.value, high.value].map(Number);
          if (low.value !== "" && high.value !== "" && a <= b) { choose([a, b]); draw(); }
        } }, "Show these firings"))));
    };
    draw();
    const total = page.items;
    const asleep = silent.values.reduce((a, b) => a + b, 0);
    const table = h("details", { class: "more-table" }, h("summary", {}, "The same as a table"));
    table.addEventListener("toggle", () => {
      if (!table.open || table.children.length > 1) return;
      const n = counts.shape[1];
      const rows = Array.from({ length: n }, (_, b) => ({
        range: `${number(edges.values[b])} to ${number(edges.values[b + 1])}`, ...Object.fromEntries(labels.map((name, c) => [name, counts.values[c * n + b]])),
      })).filter((row) => labels.some((name) => row[name]));
      table.append(ui.table([{ key: "range", title: "Activation" }, ...labels.map((name) => ({ key: name, title: name, number: true }))], rows, { caption: "Firings by activation and class" }));
    });
    return ui.card("How strongly it fires, by class",
      h("p", { class: "small muted" }, `${number(page.firings)} firings; the other ${number(asleep)} of ${number(total)} items leave it silent. Heights are square roots of counts; parts of a bar are classes. Drag over a range to see what lies in it.`),
      place, table);
  }

  #scores() {
    const { app, where } = this;
    const { ui } = app;
    const place = h("div", { class: "stack" });
    const card = ui.card("How it scores", place);
    card.classList.add("unit-scores");
    ui.panel(place, () => app.api.get("unit-scores", where), (scores, el) => this.#standings(scores, el),
      { empty: "This layer has not been measured yet: let the run finish." });
    return card;
  }

  #standings(scores, place) {
    const { app, page } = this;
    const { ui } = app;
    const known = scores.filter((score) => score.value !== null);
    if (!known.length) {
      place.append(h("p", { class: "pending" }, "No measure is defined on this unit."));
      return;
    }
    const sets = [...new Map(known.flatMap((score) => score.among).map((one) => [one.set, one])).values()];
    const own = (one) => one.set === this.where.set;
    const columns = [
      { title: "Measure", cell: (score) => h("span", {}, measureTitle(app, score.key), ui.note(score.key)) },
      { title: "Value", number: true, cell: (score) => h("span", {}, h("b", {}, number(score.value)),
        score.low !== null && h("span", { class: "interval" }, `${number(score.low)} to ${number(score.high)}`)) },
      ...sets.map((one) => ({
        title: h("span", {}, own(one) ? "in its own set" : ui.kind(one.kind, one.title)), number: true,
        cell: (score) => {
          const found = score.among.find((each) => each.set === one.set);
          return found ? h("span", { class: `percentile ${one.kind}`, title: `higher than ${percent(found.below, 0)} of the ${number(found.units)} units` },
            h("i", { "aria-hidden": "true", style: { "--share": String(found.below) } }), percent(found.below, 0)) : "\u2013";
        },
      })),
    ];
    place.append(
      h("p", { class: "small muted" }, `The share of units that score lower, dead units among them: among its own kind, the neurons, and what a dictionary has to beat. Below a value stands its 95 % interval over images, where the run or the explorer can resample them; n = ${number(page.items)} items that nothing was fitted on.`),
      ui.table(columns, known, { caption: "Scores and percentiles" }));
  }

  // ---- what it reads and writes ---------------------------------------------------------------------------------

  #reads() {
    const { app, page, where } = this;
    const { ui } = app;
    const { picture, look, field, neurons } = page.reads;
    const layer = app.store.layer(where.layer);
    const said = look === "weights"
      ? "Its weights, a pixel each: ink where it is light raises the neuron, ink where it is dark lowers it."
      : field
        ? `The mean of the ${field[0]} x ${field[1]} pixels under the positions that fire it, weighted by activation, less the mean of all positions.`
        : "The mean of the images that fire it, weighted by activation, less the mean of all images. Not its weights: those read the layer, not the pixels.";
    return ui.card("What it reads",
      h("div", { class: "reads-row" },
        h("div", { class: "reads-picture" }, weightCanvas(picture, `What it reads, ${picture.shape[0]} by ${picture.shape[1]} pixels`)),
        h("div", { class: "stack" }, h("p", { class: "small muted" }, said),
          look === "weights" ? rampScale("lowers it", "raises it") : rampScale("less ink than usual", "more ink than usual"))),
      neurons.length ? h("div", { class: "stack" }, h("p", { class: "small muted" }, `Its encoder's greatest weights, on the neurons of ${layer.layer}:`),
        signedBars(neurons.map((one) => ({
          label: layer.neurons ? app.ui.unitLink({ layer: where.layer, set: layer.neurons, unit: one.neuron }, `neuron ${one.neuron}`) : `neuron ${one.neuron}`,
          value: one.weight })), { label: "Encoder weights by neuron", kind: this.units.kind })) : "");
  }

  #writes() {
    const { app, where } = this;
    const { ui } = app;
    const place = h("div", { class: "writes" });
    const card = ui.card("What it writes", place);
    ui.panel(place, () => app.api.get("unit-effects", where), (found, el) => {
      if (!found.effect) {
        el.append(h("p", { class: "pending" }, found.why_not || "It never fires on the images that were looked at."));
        return;
      }
      const { effect, exact } = found.effect;
      const largest = effect.value.values.reduce((a, v, i, all) => (Math.abs(v) > Math.abs(all[a]) ? i : a), 0);
      el.append(
        h("p", { class: "small muted" }, h("span", { class: "badge" }, exact ? "exact" : "measured"),
          exact ? " From the weights: how far 1 more of its activation moves each logit, on any image."
            : ` By ablation on ${number(effect.n)} images that fire it (of ${number(found.firing)}): how far 1 of its activation moves each logit on average, with 95 % intervals.`),
        signedBars([...effect.value.values].map((value, c) => ({ label: this.classes[c] ?? String(c), value, low: effect.low.values[c], high: effect.high.values[c], strong: c === largest })),
          { label: "Effect on each logit", kind: this.units.kind }));
    });
    return card;
  }

  #ablation() {
    const { app, where } = this;
    const { ui } = app;
    const place = h("div", {});
    const card = ui.card("What happens without it, and with more of it", place);
    card.classList.add("ablation");
    ui.panel(place, () => app.api.get("unit-effects", where), (found, el) => {
      if (!found.doses) {
        el.append(h("p", { class: "pending" }, found.why_not));
        return;
      }
      const parts = [];
      if (found.by_class) parts.push(this.#byClass(found));
      parts.push(this.#doses(found));
      el.append(h("div", { class: "split" }, parts));
    });
    return card;
  }

  #byClass(found) {
    const { by_class: by } = found;
    const rows = this.classes.map((name, c) => `${name} (${by.images.values[c]})`);
    const k = this.classes.length;
    return h("div", { class: "stack" },
      h("h3", { class: "card-title" }, "Ablated, by class"),
      h("p", { class: "small muted" }, `Mean change of each logit (column) on the images of each class (row, with their number) when it is set to 0; ${number(found.images)} images that fire it.`),
      matrix(by.change, { rows, columns: this.classes, corner: "class", caption: "Change of each logit by class when the unit is ablated",
        title: (r, c) => `images of ${this.classes[r]}, logit ${this.classes[c]}: ${number(by.change.values[r * k + c])}, 95 % interval ${number(by.low.values[r * k + c])} to ${number(by.high.values[r * k + c])}` }),
      h("p", { class: "small" }, this.#flips(by)));
  }

  #flips(by) {
    const total = by.images.values.reduce((a, b) => a + b, 0);
    const sum = (values) => by.images.values.reduce((a, n, c) => a + (n ? n * values[c] : 0), 0);
    const flips = Math.round(sum(by.flips.values));
    const [before, after] = [by.accuracy_before, by.accuracy_after].map((a) => sum(a.values) / total);
    return `The prediction changes on ${number(flips)} of ${number(total)} images; accuracy on them goes from ${percent(before)} to ${percent(after)}.`;
  }

  #doses(found) {
    const { factor, change, low, high, images } = found.doses;
    const k = change.shape[1];
    const span = Array.from({ length: k }, (_, c) => Math.abs(change.values[(factor.values.length - 1) * k + c] - change.values[c]));
    const most = span.map((s, c) => [s, c]).sort((a, b) => b[0] - a[0]).slice(0, 3).map(([, c]) => c);
    const all = most.map((c, nth) => ({
      name: `logit ${this.classes[c] ?? c}`, kind: this.units.kind, nth,
      points: [...factor.values].map((f, d) => ({ x: f, y: change.values[d * k + c], low: low.values[d * k + c], high: high.values[d * k + c],
        title: `${number(f)} x: logit ${this.classes[c] ?? c} ${number(change.values[d * k + c])}, 95 % interval ${number(low.values[d * k + c])} to ${number(high.values[d * k + c])}, n = ${images}` })),
    }));
    const table = this.app.ui.table([{ title: "times", cell: (d) => number(factor.values[d]) },
      ...Array.from({ length: k }, (_, c) => ({ title: this.classes[c] ?? String(c), number: true, cell: (d) => number(change.values[d * k + c]) }))],
    [...factor.values].map((_, d) => d), { caption: "Mean change of each logit by dose" });
    return h("div", { class: "stack" },
      h("h3", { class: "card-title" }, "Turned down and up"),
      h("p", { class: "small muted" }, `Mean change of the three logits that move most when its activation is multiplied; ${number(images)} images, 95 % bands.`),
      lines(all, { xLabel: "times its own activation", label: "Change of the logits by dose", width: 560, height: 300, xTicks: [...factor.values] }),
      h("details", { class: "more-table" }, h("summary", {}, "All logits, as a table"), table));
  }

  // ---- what it stands for, who is near --------------------------------------------------------------------------

  #concepts() {
    const { app, where } = this;
    const { ui } = app;
    const place = h("div", {});
    const card = ui.card("Concepts that it detects best", place);
    ui.panel(place, () => app.api.get("unit-concepts", where), (found, el) => {
      if (!found.best.length) {
        el.append(h("p", { class: "pending" }, "It does not fire on the images whose concepts were looked at."));
        return;
      }
      el.append(h("p", { class: "small muted" }, `Of ${number(found.concepts)} concepts found in the pixels of ${number(found.images)} images. Chosen here on the images that are shown, which flatters: the run's own scores choose on other images.`),
        ui.table([
          { title: "Concept", key: "name" },
          { title: h("span", {}, "Average precision", ui.note("concept_average_precision")), number: true, cell: (row) => h("span", {}, h("b", {}, number(row.average_precision)), h("span", { class: "interval" }, `chance ${number(row.frequency)}`)) },
          { title: "Precision", number: true, cell: (row) => percent(row.precision, 0) },
          { title: "Recall", number: true, cell: (row) => percent(row.recall, 0) },
        ], found.best, { caption: "Concepts by average precision" }));
    }, { empty: "Concepts are found in grey drawings only; these images need a table or masks." });
    return card;
  }

  #relatives() {
    const { app, where } = this;
    const { ui } = app;
    const place = h("div", {});
    const card = ui.card("Its nearest", place);
    const words = { cosine: "same direction", correlation: "same activation", together: "fire together" };
    let by = "cosine";
    ui.panel(place, () => app.api.get("unit-relatives", where), (found, el) => {
      const lists = h("div", { class: "stack" });
      const choice = h("div", {});
      const draw = () => {
        choice.replaceChildren(ui.chips(Object.entries(words).map(([value, label]) => ({ value, label })), by, (value) => { by = value; draw(); }, "Nearness"));
        lists.replaceChildren(...found.nearest.map((one) => h("div", { class: "stack tight" },
          h("h3", { class: "small" }, ui.kind(one.kind, one.title)),
          !one.by[by] ? h("p", { class: "muted small" }, "Neurons are axes: no two of them share a direction.") : one.by[by].length ? h("ul", { class: "chip-list" }, one.by[by].map((each) => h("li", {}, unitChip(app, { layer: where.layer, set: each.set, unit: each.unit }, this.#near(each, by))))) : h("p", { class: "muted small" }, "none"))));
      };
      draw();
      el.append(choice, lists);
      const seeds = found.matches.filter((match) => match.other_seed);
      const fits = found.matches.filter((match) => !match.other_seed);
      if (seeds.length) {
        el.append(h("h3", { class: "small" }, "Does it come back with another seed?"),
          ui.table([{ title: "What was drawn anew", key: "title" }, { title: "Most like it", cell: (match) => `${this.noun} ${match.unit}` },
            { title: "Cosine", number: true, cell: (match) => number(match.cosine) }, { title: "Correlation", number: true, cell: (match) => number(match.correlation) }], seeds, { caption: "Matches under other seeds" }));
      }
      if (fits.length) {
        el.append(h("h3", { class: "small" }, "The most like it in other fits of its family"),
          h("ul", { class: "chip-list" }, fits.map((match) => h("li", {}, unitChip(app, { layer: where.layer, set: match.set, unit: match.unit },
            `${match.title}: cosine ${number(match.cosine)}`)))));
      }
      if (!seeds.length) el.append(h("p", { class: "small muted" }, "This run fitted it with one seed only; matches under other seeds come with a run or a study that fits several."));
    });
    return card;
  }

  #near(each, by) {
    const said = { cosine: "cosine", correlation: "correlation", together: "overlap" }[by];
    return `${said} ${number(each[by])}`;
  }
}

