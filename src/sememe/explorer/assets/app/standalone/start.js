// Opens the page of an exported file: the same shell as the server's, its questions answered out of the file.

import { start } from "../main.js";
import { h } from "../ui.js";
import { KernelBackend } from "./backend.js";
import { Blocks } from "./blocks.js";
import { FileApi } from "./file_api.js";
import { origin } from "./origin.js";
import { PAGES } from "./pages.js";

function say(sentence) {
  document.body.append(h("main", { class: "page" }, h("p", { class: "pending", role: "alert" }, sentence)));
}

async function open() {
  if (!("DecompressionStream" in window)) {
    say("This browser cannot unpack the file: open it with one of 2023 or later.");
    return;
  }
  let api;
  try {
    api = await FileApi.of(new Blocks());
  } catch (error) {
    console.error(error);
    say("This file is damaged, perhaps cut short on its way: copy it again, or export it anew.");
    return;
  }
  await start({ api, isFile: true, pages: PAGES, backend: (hooks) => new KernelBackend(hooks, api.kernels) });
  document.body.append(origin(api.run));
}

open();
