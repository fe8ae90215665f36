// Tour: five steps for newcomers, each with something to do on the page that it is about.

import { h } from "../ui.js";

export const title = "Tour";

/** The layer to show: the first that the network of the series has, else the run's first. */
function place(app) {
  const layers = app.run.layers;
  const layer = layers.find((one) => one.key === "digit_cnn.fc1") ?? layers.find((one) => one.drawable) ?? layers[0];
  return { layer: layer?.key, features: layer?.shown, neurons: layer?.neurons, name: layer?.layer, network: layer?.network };
}

function steps(app) {
  const { layer, features, neurons, name, network } = place(app);
  const classes = app.run.label_names;
  const [first, second] = classes.length >= 8 ? [classes[3], classes[7]] : classes;
  const link = (patch) => app.store.link({ layer, unit: null, pin: null, class: null, ...patch });
  const drawable = app.run.drawable;
  return [
    {
      title: "A network is layers of neurons",
      text: [
        `${network} turns an image into numbers, layer by layer. The numbers of a layer are its neurons: ${name} has ${app.store.unitSet(neurons, app.store.layer(layer))?.n_units ?? "some"} of them, and every image gives each of them a value. A neuron with a value fires.`,
        drawable ? "Draw something and watch: on the left your drawing, then neurons, then features, then what the network says." : "Look at one image and the neurons that fire on it.",
      ],
      link: drawable ? { href: link({ page: "draw" }), text: "Draw a digit" } : { href: link({ page: "image", set: neurons }), text: "Look at an image" },
      seen: "The bars move with every stroke. Erase a part of the drawing: some neurons fall silent, others wake up.",
    },
    {
      title: `Find a neuron that fires for ${first} and for ${second}`,
      text: [
        "One would wish that a neuron stood for one thing. Here are the neurons of a layer, sorted so that the least choosy come first: their activation is spread over many classes.",
        `Open some of them and look at \u201cHow strongly it fires, by class\u201d. You look for one with both ${first} and ${second} in its bars; most will do.`,
      ],
      link: { href: link({ page: "units", set: neurons, sort: "share" }), text: "The neurons, least choosy first" },
      seen: `A neuron that fires for ${first}, for ${second} and for more besides is called polysemantic: it has many meanings. Its strongest images alone can hide that, so look at the ten intervals, too.`,
    },
    {
      title: "Now a feature that does not",
      text: [
        "A dictionary writes every activation of the layer as a sum of a few directions out of many. These directions are its features. Nobody told it about classes: it only had to rebuild the activations from few parts.",
        "Here are those that fire on at least one image in a hundred, most choosy first. Open one, and compare its bars with the neuron's. With Pin you can put two units side by side.",
      ],
      link: { href: link({ page: "units", set: features, sort: "-share", m: "density", min: "0.01" }), text: "The features, most choosy first" },
      seen: "Most features fire for one class, or for one way of writing it. But look at \u201cHow it scores\u201d: random directions and remembered examples are choosy, too, when few of them may fire. Being sparse is not enough, which is why they stand beside.",
    },
    {
      title: "Does it matter to the network?",
      text: [
        "What a unit fires for is one question; what it does is another. On the page of a unit, \u201cWhat it writes\u201d says how far it moves the score of each class, and \u201cWhat happens without it\u201d takes it away and looks.",
        drawable ? "On Draw you can do that yourself: choose a feature there, ablate it, and see the bars change." : "Compare the feature that you found with a neuron.",
      ],
      link: { href: link({ page: "unit", set: features, unit: 0 }), text: "A feature and what it does" },
      seen: "A feature that stands for one class raises that class's score and lowers those of its rivals. If taking it away changes nothing, it only watches.",
    },
    {
      title: "Is it true in general?",
      text: [
        "One good example proves nothing. The run has measured every unit, compared features with neurons and controls where they lose equally much of the activation, and says in one sentence what came out, wins beside losses.",
        "Under \u201cA neuron, split into features\u201d you see where the meanings of your neuron went.",
      ],
      link: { href: link({ page: "compare", set: features }), text: "The comparison" },
      seen: "Every number has an interval, and a question mark that tells how it was computed and by which command. That is all: now look around.",
    },
  ];
}

/** The step goes along: a note at the foot of the page that it leads to. */
function goAlong(app, at, all) {
  document.querySelector(".tour-note")?.remove();
  const step = all[at - 1];
  const close = () => note.remove();
  const note = h("aside", { class: "tour-note", "aria-label": "Tour" },
    h("div", { class: "tools" }, h("b", {}, `${at} of ${all.length}: ${step.title}`),
      h("button", { type: "button", class: "chip", onclick: close }, "Close")),
    h("p", { class: "small" }, step.text.at(-1)),
    h("details", {}, h("summary", {}, "What you should see"), h("p", { class: "small" }, step.seen)),
    h("a", { class: "button", href: app.store.link({ page: "tour", step: Math.min(at + 1, all.length) }), onclick: close }, at < all.length ? "Next step \u2192" : "Back to the tour"));
  document.body.append(note);
}

export function mount(root, app) {
  const { store } = app;
  document.querySelector(".tour-note")?.remove();
  const body = h("div", { class: "tour" });
  root.append(h("header", {}, h("h1", {}, "A tour in five steps"), h("p", { class: "lead muted" }, "What is inside a network, and in what it is written. Five minutes; each step opens a page and goes along as a note at its foot.")), body);

  function show() {
    const all = steps(app);
    const given = Number(store.get().step ?? 1);
    const at = Number.isInteger(given) && given >= 1 && given <= all.length ? given : 1;
    const step = all[at - 1];
    body.replaceChildren(
      h("ol", { class: "tour-steps" }, all.map((one, i) => h("li", {},
        h("a", { href: store.link({ step: i + 1 }), "aria-current": i + 1 === at ? "step" : null }, h("b", { "aria-hidden": "true" }, String(i + 1)), h("span", {}, one.title))))),
      h("section", { class: "card tour-step", "aria-label": `Step ${at} of ${all.length}` },
        h("p", { class: "small muted" }, `Step ${at} of ${all.length}`), h("h2", {}, step.title), step.text.map((text) => h("p", {}, text)),
        h("p", {}, h("a", { class: "go", href: step.link.href, onclick: () => goAlong(app, at, all) }, step.link.text, " \u2192")),
        h("details", {}, h("summary", {}, "What you should see"), h("p", {}, step.seen)),
        h("div", { class: "tools" },
          at > 1 ? h("a", { class: "button", href: store.link({ step: at - 1 }) }, "\u2190 Before") : "",
          at < all.length ? h("a", { class: "button", href: store.link({ step: at + 1 }) }, "Next step \u2192") : h("a", { class: "button", href: store.link({ page: app.run.drawable ? "draw" : "units" }) }, "Look around"))));
  }
  show();
  return { update: show };
}
