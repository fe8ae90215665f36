// Tour: five steps for newcomers, each with something to do on the page that it opens.
//
// The step is in the address of every page (`tour=2`): as long as it is there, a note on top of the page says what to
// do. Which neuron, which feature and which drawing the steps speak of is chosen from the run, by /api/tour.

import { pack } from "../draw/drawing.js";
import { h, number, percent } from "../ui.js";

export const title = "Tour";

const COUNT = 5;
const NETWORKS = {
  digit_mlp: "the network of the 3Blue1Brown series",
  digit_cnn: "a small convolutional network, which looks at an image patch by patch",
};

/** The step of an address; null where there is none. */
function stepOf({ tour }) {
  const step = Number(tour);
  return Number.isInteger(step) && step >= 1 && step <= COUNT ? step : null;
}

/** The neuron that the viewer pinned in the second step; the tour's own if they pinned nothing of that kind. */
function ownNeuron(app, { layer, neurons, neuron }) {
  const at = `${layer}/${neurons}/`;
  const pin = String(app.store.get().pin ?? "");
  return pin.startsWith(at) && /^\d+$/.test(pin.slice(at.length)) ? Number(pin.slice(at.length)) : neuron;
}

function steps(app, chosen) {
  const { store, run } = app;
  const { layer, set, neurons, classes, feature } = chosen;
  const names = run.label_names;
  const [first, second] = classes.map((c) => names[c]);
  const here = store.layer(layer);
  const sets = { features: store.unitSet(set, here), neurons: store.unitSet(neurons, here) };
  const own = ownNeuron(app, chosen);
  const mine = `${layer}/${neurons}/${own}`;
  const its = names[feature.of_class];
  const rival = names[classes[0] + classes[1] - feature.of_class];
  const drawn = here.drawable && feature.ink !== null;
  const byClass = (c) => chosen.neuron_shares[classes.indexOf(c)];
  const link = (tour, patch) => store.link({ layer, unit: null, class: null, tour, ...patch });
  return [
    {
      title: "A network is layers of neurons",
      text: [
        `A network turns an image into numbers, layer by layer. The numbers of a layer are its neurons. This is ${here.network}${NETWORKS[here.network] ? `, ${NETWORKS[here.network]}` : ""}; we look at its layer ${here.layer}, ${here.title}: ${number(sets.neurons.n_units)} neurons. The larger a neuron\u2019s number, the more strongly it fires.`,
      ],
      link: here.drawable ? { href: link(1, { page: "draw", set }), text: "Draw a digit" } : { href: link(1, { page: "image", set: neurons }), text: "Look at an image" },
      todo: here.drawable ? [`Draw a ${first} with the mouse or a finger. Press Clear and draw a ${second}.`, "Watch the neurons: their bars move with every stroke.",
        "An empty canvas has an answer, too: a network always says something, also of what is no digit. The features come in step 3."]
        : ["Look at the units that fire on this image, strongest first. Then go on to the next image."],
      seen: here.drawable ? "Some neurons fire more strongly, others less, and the answer on the right follows."
        : "Each image fires units of its own.",
    },
    {
      title: `Find a neuron that fires for ${first} and for ${second}`,
      text: [
        `One would wish that a neuron stood for one thing. Add up everything that a neuron gave to all images: how much of that went to each class? If it did not care, each of the ${names.length} classes would get ${percent(1 / names.length, 0)}.`,
        `Neuron ${chosen.neuron} gives ${percent(chosen.neuron_shares[0], 0)} to images of ${first} and ${percent(chosen.neuron_shares[1], 0)} to images of ${second}: no neuron of this layer gives more to both.`,
      ],
      link: { href: link(2, { page: "unit", set: neurons, unit: chosen.neuron }), text: `Neuron ${chosen.neuron}` },
      more: { href: link(2, { page: "units", set: neurons, sort: "share" }), text: "or choose your own: all neurons, least choosy first" },
      todo: [`At the head of the page find \u201cshare of its activation by class\u201d. Look at the bars over ${first} and ${second}.`,
        "Press \u201cPin\u201d there: the neuron will stand beside a feature in step 3."],
      seen: `Tall bars for ${first}, for ${second} and for more besides. Such a neuron is called polysemantic: it has many meanings. One with a single meaning would be monosemantic. (\u201cfires on\u201d counts every image on which its number is not 0, however small.)`,
    },
    {
      title: "Now a feature that does not",
      text: [
        `A dictionary is a list of directions: here ${number(sets.features.n_units)}, called features. It writes what the layer says about an image (its ${number(sets.neurons.n_units)} numbers) as a sum of a few of them. The sum is the reconstruction; it comes close, and a little is lost.`,
        `Nobody told the dictionary about the classes. It only had to rebuild the layer\u2019s numbers from few features. This one is called ${sets.features.title}.`,
      ],
      link: { href: link(3, { page: "unit", set, unit: feature.unit, pin: mine }), text: `Feature ${feature.unit} beside neuron ${own}` },
      more: { href: link(3, { page: "units", set, sort: "-share", m: "density", min: "0.01", pin: mine }), text: "or look at all features, most choosy first" },
      todo: [`A is feature ${feature.unit}, B your pinned neuron ${own} (on a narrow window B is below A). Compare \u201cshare of its activation by class\u201d.`],
      seen: `The feature gives ${percent(feature.share, 0)} to ${its} and ${percent(feature.other, 0)} to ${rival}${own === chosen.neuron ? `; the neuron gives ${percent(byClass(feature.of_class), 0)} and ${percent(byClass(classes[0] + classes[1] - feature.of_class), 0)}` : ""}. Not every feature is so clear. And being choosy is not enough: among \u201cHow it scores\u201d stand controls, such as random directions, which nobody would call meanings. They are choosy, too, when few of them may fire.`,
    },
    {
      title: "Does it matter to the network?",
      text: [
        "What a feature fires for is one question, what it does is another. The network ends in one score for each class, called a logit; the greater it is, the more probable the class.",
        feature.raises === null ? "To ablate a feature is to set it to 0 and see what changes."
          : `To ablate a feature is to set it to 0 and see what changes. On the images of ${its} that fire it most, feature ${feature.unit} ${feature.raises >= 0 ? "raises" : "lowers"} the logit of ${its} by ${number(Math.abs(feature.raises), 2)} on average.`,
      ],
      link: drawn ? { href: link(4, { page: "draw", set, unit: feature.unit, of: "features", d: pack(feature.ink.values), pin: mine }), text: `Ablate feature ${feature.unit} on a ${its}` }
        : { href: link(4, { page: "unit", set, unit: feature.unit, pin: null }), text: `What happens without feature ${feature.unit}` },
      more: drawn ? { href: link(4, { page: "unit", set, unit: feature.unit, pin: mine }), text: "or what it does on all images: \u201cWhat it writes\u201d, \u201cWhat happens without it\u201d" } : null,
      todo: drawn ? [`A ${its} is drawn, and feature ${feature.unit} is chosen. In \u201cHold a unit\u201d, below the columns, press \u201cablate\u201d (or the key a).`, `Look at \u201cAnswer\u201d: the bar of ${its}. The outline is where it was before. \u201cas it is\u201d brings it back.`]
        : ["Read \u201cWhat it writes\u201d and \u201cWhat happens without it\u201d."],
      seen: drawn && feature.before !== null ? `The probability of ${its} goes from about ${percent(feature.before, 0)} to about ${percent(feature.after, 0)}. We chose an image on which much hangs on this feature; on others less does, because other features say the same.`
        : "A feature that the network uses moves its answer. If nothing changes without it, it only watches.",
    },
    {
      title: "Is it true in general?",
      text: [
        "One good example proves nothing. The run has measured all units and compared features with neurons and with controls, where they lose equally much of what the layer says. One sentence tells what came out.",
      ],
      link: { href: link(5, { page: "compare", set, neuron: own }), text: "The comparison" },
      todo: ["Read the sentence on top. Then scroll to the last card, \u201cA neuron, split into features\u201d: it shows which features your neuron " + own + " is made of."],
      words: [
        ["Yes, No, Mixed", "better than the neurons, no better, or better in some groups of measures and worse in others"],
        ["variance lost", "how far the reconstruction is off: 0 % is exact"],
        ["firing an item", "how many features are on at once, on average, for one image (or one place of it)"],
        ["selectivity, similarity, concepts", "groups of measures: does it fire for few classes, for images that are alike, for shapes such as loops?"],
        ["simulation, cause, stability", "can its firing be foretold from examples, does it move the answer, is it found again when training is repeated?"],
        ["random directions, PCA \u2026", "controls: other ways to write the layer, some without sense, that a dictionary has to beat"],
        ["ahead in 1 of 6", "this control is better in one of six groups of measures"],
        ["never as faithful", "these controls always lose more, so there was nothing to compare"],
        ["constant", "in the last card: what the dictionary adds for every image alike"],
      ],
      seen: "Where the features win, and where they lose. Every number has an interval: the range where it would fall if other images had been drawn. A question mark tells how it was computed. That is all: now look around.",
    },
  ];
}

const list = (todo) => h("ol", { class: "tour-todo" }, todo.map((text) => h("li", {}, text)));
const words = (step) => (step.words ? h("dl", { class: "tour-words small" }, step.words.map(([word, meaning]) => h("div", {}, h("dt", {}, word), h("dd", {}, meaning)))) : "");
const seen = (step, open = false) => h("details", { open }, h("summary", {}, "What you should see"), h("p", { class: "small" }, step.seen));

// ---- the note on other pages ------------------------------------------------------------------------------------

/** What the step asks, above the page that it leads to: one line, and what it opens. It takes room and covers nothing. */
export function goAlong(app, place) {
  const { store } = app;
  const at = stepOf(store.get());
  if (at === null || store.get().page === "tour") {
    place.replaceChildren();
    return;
  }
  app.api.get("tour").then((chosen) => {
    if (!chosen || stepOf(store.get()) !== at || store.get().page === "tour") return;
    const now = place.querySelector(".tour-note");
    // The same step on another page: an opened note stays open, a closed one closed. A narrow window begins with one line.
    const [open, told] = now?.dataset.step === String(at) ? [...now.querySelectorAll("details")].map((one) => one.open)
      : [matchMedia("(min-width: 40.01rem)").matches, false];
    const all = steps(app, chosen);
    const step = all[at - 1];
    const next = at < COUNT ? { href: store.link({ page: "tour", tour: at + 1 }), text: `Next: step ${at + 1} \u2192` } : { href: store.link({ tour: null }), text: "End the tour" };
    const closed = h("details", { class: "tour-open", open }, h("summary", {}, h("b", {}, `Tour ${at} of ${COUNT}`), h("span", {}, step.title)),
      h("div", { class: "tour-body" }, h("div", { class: "stack tight" }, list(step.todo), words(step), seen(step, told)),
        h("div", { class: "tools" }, h("a", { class: "go", href: next.href }, next.text),
          h("a", { class: "button", href: store.link({ page: "tour", tour: at }) }, "The whole step"),
          h("a", { class: "button", href: step.link.href }, "Its page again"),
          at < COUNT ? h("a", { class: "button", href: store.link({ tour: null }) }, "Leave the tour") : "")));
    place.replaceChildren(h("aside", { class: "tour-note", "aria-label": "Tour", "data-step": String(at) }, h("div", { class: "page" }, closed)));
  }, () => place.replaceChildren()); // the page itself says what went wrong
}

// ---- the page ---------------------------------------------------------------------------------------------------

export function mount(root, app) {
  const { store, ui, run } = app;
  const body = h("div", {});
  root.append(h("header", {}, h("h1", {}, "A tour in five steps"),
    h("p", { class: "lead muted" }, "Five minutes. Read a step, then press its filled button: it opens a page, with what to do there on top.")), body);

  function show() {
    ui.panel(body, () => app.api.get("tour"), (chosen, place) => fill(place, chosen),
      { empty: "The tour speaks of neurons and features that fire for classes. This run has none of them: it is not that far yet, or its images have no classes." });
  }

  function fill(place, chosen) {
    const all = steps(app, chosen);
    const at = stepOf(store.get()) ?? 1;
    const step = all[at - 1];
    place.append(h("div", { class: "tour" },
      h("ol", { class: "tour-steps" }, all.map((one, i) => h("li", {},
        h("a", { href: store.link({ tour: i + 1 }), "aria-current": i + 1 === at ? "step" : null }, h("b", { "aria-hidden": "true" }, String(i + 1)), h("span", {}, one.title))))),
      h("section", { class: "card tour-step", "aria-label": `Step ${at} of ${all.length}` },
        h("p", { class: "small muted" }, `Step ${at} of ${all.length}`), h("h2", {}, step.title), step.text.map((text) => h("p", {}, text)),
        h("h3", { class: "card-title" }, "What to do"), list(step.todo),
        step.words ? h("p", { class: "small muted" }, "The words of the sentence are explained on top of its page.") : "",
        h("p", {}, h("a", { class: "go", href: step.link.href }, step.link.text, " \u2192")),
        step.more ? h("p", { class: "small" }, h("a", { href: step.more.href }, step.more.text)) : "",
        seen(step),
        h("div", { class: "tools" },
          at > 1 ? h("a", { class: "button", href: store.link({ tour: at - 1 }) }, "\u2190 Before") : "",
          at < COUNT ? h("a", { class: "button", href: store.link({ tour: at + 1 }) }, "Next step \u2192")
            : h("a", { class: "button", href: store.link({ page: run.drawable ? "draw" : "units", tour: null }) }, "Look around")))));
  }

  show();
  return { update: show };
}
