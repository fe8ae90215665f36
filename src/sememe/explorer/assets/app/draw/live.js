// Who looks at a drawing: the server over a socket, or, in the exported file, a kernel in the page.
//
// A backend has `ask(question)`, calls `answered(answer, at)` or `refused(sentence)`, and `close()`. One question is on
// its way at a time; of those that come meanwhile only the last is asked, so that no stroke waits behind older ones.

const TYPES = { float32: Float32Array, int32: Int32Array, uint8: Uint8Array };
const AGAIN = [250, 500, 1000, 2000, 4000]; // ms between attempts to reach a server that went away

export class SocketBackend {
  #socket = null;
  #waiting = null;
  #busy = false;
  #attempts = 0;
  #closed = false;
  #number = 0;
  #at = 0; // when the stroke that is on its way was made

  constructor({ answered, refused, state }) {
    Object.assign(this, { answered, refused, state });
    this.#open();
  }

  /** @param question {layer, set, pixels: Uint8Array, fit, edits, keep_error, at: time of the stroke} */
  ask(question) {
    this.#waiting = question;
    this.#send();
  }

  close() {
    this.#closed = true;
    this.#socket?.close();
  }

  #open() {
    this.state("connecting");
    const scheme = location.protocol === "https:" ? "wss" : "ws";
    const socket = (this.#socket = new WebSocket(`${scheme}://${location.host}/live`));
    socket.binaryType = "arraybuffer";
    socket.addEventListener("open", () => {
      this.#attempts = 0;
      this.#busy = false;
      this.state("live");
      this.#send();
    });
    socket.addEventListener("message", ({ data }) => {
      this.#busy = false;
      if (typeof data === "string") this.refused(JSON.parse(data).error);
      else this.answered(unframed(data), this.#at);
      this.#send();
    });
    socket.addEventListener("close", () => {
      if (this.#closed) return;
      this.state("lost");
      setTimeout(() => this.#closed || this.#open(), AGAIN[Math.min(this.#attempts++, AGAIN.length - 1)]);
    });
  }

  #send() {
    if (this.#busy || !this.#waiting || this.#socket.readyState !== WebSocket.OPEN) return;
    const { pixels, at, ...rest } = this.#waiting;
    this.#at = at;
    this.#waiting = null;
    this.#busy = true;
    this.#socket.send(JSON.stringify({ ...rest, number: ++this.#number, pixels: btoa(String.fromCharCode(...pixels)) }));
  }
}

/** An answer from its frame: arrays are read in place, as `{shape, values}`. */
export function unframed(buffer) {
  const length = new DataView(buffer).getUint32(0, true);
  const { values, arrays } = JSON.parse(new TextDecoder().decode(new Uint8Array(buffer, 4, length)));
  const answer = { ...values };
  for (const [name, key, type, shape, offset] of arrays) {
    const count = shape.reduce((product, n) => product * n, 1);
    const array = { shape, values: new TYPES[type](buffer, 4 + length + offset, count) };
    if (key === null) answer[name] = array;
    else (answer[name] ??= {})[key] = array;
  }
  return answer;
}
