// The foot of an exported file: which run it shows, and what makes that again. Whoever is sent it has no other way to know.

import { h } from "../ui.js";

export function origin({ name, command, images_title: images }) {
  const maker = document.querySelector("meta[name=generator]").content;
  return h("footer", { class: "page origin" }, h("p", { class: "small muted" },
    `The run ${name}, looked at on ${images}. Made by `, h("code", {}, command), ` with ${maker}. `,
    "This file needs no network and asks nobody for anything."));
}
