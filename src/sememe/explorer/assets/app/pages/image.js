// Image: one image, all units that fire on it, and what each contributes.

import { signedBars } from "../charts.js";
import { heading, missing } from "../pickers.js";
import { h, number, percent } from "../ui.js";

export const title = "Image";

export function mount(root, app) {
  const { api, store, ui, run } = app;
  const head = heading(app, "Image");
  const pick = h("div", { class: "tools" });
  const body = h("div", { class: "image-body" });
  root.append(head.element, pick, body);

  function current() {
    const { image } = store.get();
    return image === undefined ? 0 : image;
  }

  function picker() {
    const image = current();
    const go = (row) => store.set({ image: (row + run.n_images) % run.n_images }, { replace: true });
    const field = h("input", { type: "number", min: "0", max: String(run.n_images - 1), value: String(image), "aria-label": "Image number", class: "bound",
      "data-search": true, onchange: () => go(Math.trunc(Number(field.value)) || 0) });
    const focused = pick.contains(document.activeElement) ? document.activeElement.getAttribute("aria-label") : null;
    pick.replaceChildren(
      h("label", { class: "field" }, h("span", {}, "Image"), field),
      h("button", { type: "button", class: "round", "aria-label": "Previous image", onclick: () => go(image - 1) }, "\u2190"),
      h("button", { type: "button", class: "round", "aria-label": "Next image", onclick: () => go(image + 1) }, "\u2192"),
      h("button", { type: "button", onclick: () => go(Math.floor(Math.random() * run.n_images)) }, "At random"),
      h("p", { class: "small muted" }, `of ${number(run.n_images)}: ${run.images_title}`));
    if (focused) pick.querySelector(`[aria-label="${CSS.escape(focused)}"]`)?.focus();
  }

  function show() {
    head.update();
    picker();
    const absent = missing(app);
    if (absent && !store.unitSet()) {
      body.replaceChildren(h("p", { class: "pending", role: "alert" }, absent));
      return;
    }
    const { layer, set } = store.get();
    const image = current();
    ui.panel(body, () => api.get("image", { layer, set, image }), (page, place) => fill(app, page, place, { layer, set, image }));
  }
  show();
  return {
    update(selection, changed) {
      if (["layer", "set", "image", "class", "page", "by"].some((key) => changed.has(key))) show();
    },
    keys: { j: () => { store.set({ image: (current() + 1) % run.n_images }, { replace: true }); return true; },
      k: () => { store.set({ image: (current() - 1 + run.n_images) % run.n_images }, { replace: true }); return true; } },
  };
}

function fill(app, page, place, { layer, set, image }) {
  const { run, store, ui } = app;
  const names = run.label_names;
  const units = store.unitSet(set, store.layer(layer));
  const predicted = page.probabilities && argmax(page.probabilities.values);
  const chosen = store.get().class ?? predicted ?? 0;
  const k = page.logits?.values.length ?? 0;
  const wanted = chosen < k ? chosen : predicted;
  const big = ui.tile(image, { title: page.label === null ? `image ${image}` : `${names[page.label]}, image ${image}` });
  const facts = h("div", { class: "stack" },
    h("p", {}, page.label === null ? "" : ["It is a ", h("b", {}, names[page.label]), ". "],
      page.probabilities ? [`${store.layer(layer).network} says `, h("b", {}, names[predicted]), ` (${percent(page.probabilities.values[predicted])}).`] : ""),
    h("p", { class: "small muted" }, [
      `${number(page.firing)} of ${number(units.n_units)} ${units.kind === "neurons" ? "neurons" : "units"} fire on it.`,
      page.lost === null ? "" : ` Their reconstruction loses ${percent(page.lost)} of what sets this activation apart from the layer's mean (its variance lost)`,
      page.lost !== null && page.spliced ? `; with it in the layer's place the network says ${names[argmax(page.spliced.values)]} (${percent(Math.max(...page.spliced.values))}).` : "."].join("")));
  const probabilities = page.probabilities ? h("div", { class: "stack" },
    h("h2", { class: "card-title" }, "What the network says"),
    ui.table([{ title: "Class", cell: (c) => h("b", {}, names[c]) }, { title: "Logit", number: true, cell: (c) => number(page.logits.values[c]) },
      { title: "Probability", number: true, cell: (c) => meter(page.probabilities.values[c]) },
      { title: "With the reconstruction", number: true, cell: (c) => meter(page.spliced.values[c]) }], names.map((_, c) => c), { caption: "Logits and probabilities" })) : "";
  place.replaceChildren(h("div", { class: `image-columns ${units.kind}` },
    h("div", { class: "stack" }, h("div", { class: "image-first" }, h("div", { class: "image-big" }, big), facts),
      h("div", { class: "card" }, probabilities || h("p", { class: "pending" }, page.why_not))),
    contributions(app, page, { layer, set, wanted, k })));
}

function contributions(app, page, { layer, set, wanted, k }) {
  const { run, store, ui } = app;
  const names = run.label_names;
  const units = store.unitSet(set, store.layer(layer));
  const order = Array.from(page.units.values, (_, i) => i);
  const of = (i) => (page.contribution ? page.contribution.values[i * k + wanted] : null);
  const by = store.get().by === "activation" || !page.contribution ? "activation" : "contribution";
  if (by === "contribution") order.sort((a, b) => Math.abs(of(b)) - Math.abs(of(a)));
  if (!order.length) return ui.card("Units that fire", h("p", { class: "pending" }, "No unit of this set fires on this image."));
  const total = page.contribution ? order.reduce((sum, i) => sum + of(i), 0) : 0;
  const largest = page.contribution ? Math.max(...order.map((i) => Math.abs(of(i))), 1e-9) : 1;
  const tools = h("div", { class: "tools" },
    page.contribution ? h("label", { class: "field" }, h("span", {}, "Contribution to"),
      ui.select(names.map((name, c) => ({ value: String(c), label: `logit ${name}` })), String(wanted), (value) => store.set({ class: Number(value) }, { replace: true }), "Logit")) : "",
    page.contribution ? ui.chips([{ value: "contribution", label: "By contribution" }, { value: "activation", label: "By activation" }], by, (value) => store.set({ by: value === "activation" ? value : null }, { replace: true }), "Order") : "");
  const said = !page.contribution ? "" : page.exact
    ? `Exact: the way from here to the logits is linear, so the parts add up. ${parts(page, wanted, total, order.length)} make the ${number(page.logits.values[wanted])} of logit ${names[wanted]}.`
    : "By ablation, one at a time: how far the logit falls without the unit. The way to the logits bends, so contributions need not add up.";
  const columns = [
    { title: "Unit", cell: (i) => h("span", { class: "image-unit" }, ui.thumb({ layer, set, unit: page.units.values[i] }), ui.unitLink({ layer, set, unit: page.units.values[i] })) },
    { title: "Activation", number: true, cell: (i) => h("span", {}, h("b", {}, number(page.activation.values[i])), page.positions && h("span", { class: "interval" }, `at ${page.positions.values[i]} positions`)) },
    page.contribution && { title: `To logit ${names[wanted]}`, cell: (i) => bar(of(i), largest, units.kind) },
    { title: "Stronger than", number: true, cell: (i) => `${percent(page.rank.values[i], 0)} of its firings` },
  ].filter(Boolean);
  const card = ui.card(`Units that fire${page.firing > order.length ? ` (the strongest ${order.length} of ${number(page.firing)})` : ""}`, tools,
    said && h("p", { class: "small muted" }, said), ui.table(columns, order, { caption: "Units that fire on this image" }));
  card.dataset.tour = "units";
  return card;
}

/** What a logit is made of, in words: the units that are listed, those that are not, the offset, the error. */
function parts(page, wanted, total, listed) {
  const [logit, offset, error] = [page.logits, page.offset, page.error].map((of) => of.values[wanted]);
  const others = page.firing > listed ? `, the other ${number(page.firing - listed)} ${signed(logit - offset - error - total)}` : "";
  return `${signed(total)} by the units below${others}, ${signed(offset)} with none of them firing, and ${signed(error)} that is not reconstructed`;
}

function bar(value, largest, kind) {
  const box = signedBars([{ label: "", value }], { limit: largest, label: "Contribution", kind });
  box.removeAttribute("role");
  box.firstChild.removeAttribute("role");
  return box;
}

const meter = (share) => h("span", { class: "probability" }, h("i", { "aria-hidden": "true", style: { "--share": String(share) } }), percent(share));
const argmax = (values) => values.reduce((best, v, i, all) => (v > all[best] ? i : best), 0);
const signed = (x) => (x > 0 ? `+${number(x)}` : number(x));
