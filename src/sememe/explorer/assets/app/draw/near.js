// Who looks at a drawing, where the network and the dictionary are small: this page itself, with the kernel of the
// exported file. Its answer is in the very frame that shows the ink. Whatever it cannot compute is asked over the socket.

import { answer } from "../standalone/answer.js";
import { Dictionary } from "../standalone/dictionary.js";
import { Network } from "../standalone/network.js";
import { SocketBackend } from "./live.js";

export class NearBackend {
  #socket;
  #kernels = new Map(); // "layer set" -> kernel; null: to be asked over the socket, as long as it loads or for good
  #waiting = null;
  #frame = null;
  #number = 0;
  #isClosed = false;
  #isNear = false; // whether the last question was answered here

  constructor({ answered, refused, state }, api) {
    Object.assign(this, { answered, refused, api });
    // What the socket was asked before the kernel was there is old news once the page has answered.
    this.#socket = new SocketBackend({ state, answered: (found, at) => this.#isNear || answered(found, at),
      refused: (sentence) => this.#isNear || refused(sentence) });
  }

  /** The first stroke of a frame is answered on the spot; of further ones, the last when the frame is made. */
  ask(question) {
    const kernel = this.#kernel(question);
    this.#isNear = Boolean(kernel);
    if (!kernel) return this.#socket.ask(question);
    this.#waiting = question;
    if (this.#frame !== null) return undefined;
    this.#answer();
    this.#frame = requestAnimationFrame(() => {
      this.#frame = null;
      if (this.#waiting) this.#answer();
    });
    return undefined;
  }

  close() {
    this.#isClosed = true;
    cancelAnimationFrame(this.#frame);
    this.#socket.close();
  }

  #answer() {
    const question = this.#waiting;
    this.#waiting = null;
    const kernel = this.#kernel(question);
    let found;
    try {
      found = answer(kernel, { ...question, number: ++this.#number });
    } catch (error) {
      return this.refused(error.message);
    }
    return this.answered(found, question.at);
  }

  #kernel({ layer, set }) {
    const key = `${layer} ${set}`;
    if (!this.#kernels.has(key)) {
      this.#kernels.set(key, null);
      this.#load(key, { layer, set });
    }
    return this.#kernels.get(key);
  }

  async #load(key, which) {
    let given = null;
    try {
      given = await this.api.get("kernel", which);
    } catch {
      return; // the socket says what is wrong
    }
    if (!given || this.#isClosed) return;
    this.#kernels.set(key, { network: new Network(given.weights), dictionary: new Dictionary(given.dictionary),
      layer: given.layer, mean: given.mean.values });
  }
}
