// The file's blocks: compressed, as text, unpacked when they are first asked for.

import { decoded } from "../api.js";
import { columns } from "./columns.js";

export class Blocks {
  #found = new Map(); // name -> element, while it is packed
  #opened = new Map(); // name -> promise of what it holds

  constructor(root = document) {
    for (const element of root.querySelectorAll("script[data-block]")) this.#found.set(element.dataset.block, element);
  }

  has(name) {
    return this.#found.has(name) || this.#opened.has(name);
  }

  get names() {
    return [...new Set([...this.#found.keys(), ...this.#opened.keys()])];
  }

  /** The columns of a block, or the payload of one that is JSON. */
  open(name, { json = false } = {}) {
    if (!this.#opened.has(name)) {
      this.#opened.set(name, this.#bytes(name).then((bytes) => (json ? decoded(JSON.parse(new TextDecoder().decode(bytes))) : columns(bytes))));
    }
    return this.#opened.get(name);
  }

  async #bytes(name) {
    const element = this.#found.get(name);
    if (!element) throw new Error(`This file has no block ${name}.`);
    const packed = fromBase64(element.textContent.trim());
    element.remove(); // its text is not needed any more
    this.#found.delete(name);
    const stream = new Blob([packed]).stream().pipeThrough(new DecompressionStream("deflate"));
    return new Uint8Array(await new Response(stream).arrayBuffer());
  }
}

function fromBase64(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i += 1) bytes[i] = letters.charCodeAt(i);
  return bytes;
}
