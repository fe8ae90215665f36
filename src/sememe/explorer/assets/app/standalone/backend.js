// Who looks at a drawing in an exported file: the kernel, in the page itself. As draw/live.js has it from a server.

import { answer } from "./answer.js";

export class KernelBackend {
  #kernels;
  #waiting = null;
  #isBusy = false;
  #isClosed = false;
  #number = 0;

  constructor({ answered, refused, state }, kernels) {
    Object.assign(this, { answered, refused });
    this.#kernels = kernels;
    state("live");
  }

  /** Answered on the spot once the weights are unpacked; of what comes until then, only the last. */
  ask(question) {
    this.#waiting = question;
    if (!this.#isBusy) this.#answer();
  }

  close() {
    this.#isClosed = true;
  }

  async #answer() {
    this.#isBusy = true;
    while (this.#waiting && !this.#isClosed) {
      const question = this.#waiting;
      this.#waiting = null;
      try {
        const { layer, set, at } = question;
        const kernel = this.#kernels.known(layer, set) ?? await this.#kernels.open(layer, set);
        const found = answer(kernel, { ...question, number: ++this.#number });
        if (!this.#isClosed) this.answered(found, at);
      } catch (error) {
        console.error(error);
        this.refused(error.message);
      }
    }
    this.#isBusy = false;
  }
}
