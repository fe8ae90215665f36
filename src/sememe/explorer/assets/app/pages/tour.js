// Tour: five steps for newcomers. Each happens on a page of the explorer, with a note above it that says what to do.
//
// The step is in the address of every page (`tour=2`), so that it goes along wherever the viewer goes.

import { steps } from "../tour/steps.js";
import { h } from "../ui.js";

export const title = "Tour";

export function mount(root, app) {
  const body = h("div", {});
  root.append(h("header", {}, h("h1", {}, "A tour in five steps")), body);
  app.ui.panel(body, () => app.api.get("tour"), (chosen, place) => {
    const all = steps(app, chosen);
    place.append(h("div", { class: "tour stack" },
      h("p", {}, "About four minutes. A note on top of each page says what it is about and what to do; a dashed frame marks where to look, and all the rest can wait."),
      h("ol", { class: "tour-steps" }, all.map((step, i) => h("li", {},
        h("a", { href: step.href }, h("b", { "aria-hidden": "true" }, String(i + 1)), h("span", {}, step.title))))),
      h("p", {}, h("a", { class: "go", href: all[0].href }, "Begin \u2192"))));
  }, { empty: "The tour speaks of neurons and features that fire for classes. This run has none of them: it is not that far yet, or its images have no classes." });
  return {};
}
