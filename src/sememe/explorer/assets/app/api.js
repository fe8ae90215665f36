// Questions to the run, and what was answered.

const KEPT = 200;
const ARRAYS = { float32: Float32Array, int32: Int32Array, uint8: Uint8Array };

/** An answer that is an error; its message is a sentence for people. */
export class Refusal extends Error {
  constructor(message, status) {
    super(message);
    this.status = status;
  }
}

export class Api {
  #kept = new Map();
  #here = new WeakSet(); // those of the kept that were answered

  url(name, params = {}) {
    const query = new URLSearchParams();
    for (const [key, value] of Object.entries(params)) {
      if (value !== null && value !== undefined) query.set(key, String(value));
    }
    const text = query.toString();
    return `/api/${name}${text ? `?${text}` : ""}`;
  }

  /** The payload of a question, kept for the next who asks; arrays come as `{shape, values}`. */
  get(name, params = {}) {
    const url = this.url(name, params);
    let answer = this.#kept.get(url);
    if (answer) this.#kept.delete(url);
    else {
      answer = this.#fetch(url);
      const asked = answer;
      asked.then(() => this.#here.add(asked), () => this.#kept.delete(url));
    }
    this.#kept.set(url, answer);
    if (this.#kept.size > KEPT) this.#kept.delete(this.#kept.keys().next().value);
    return answer;
  }

  /** Whether an answer is here already, so that nobody has to wait for it. */
  has(name, params = {}) {
    const answer = this.#kept.get(this.url(name, params));
    return answer !== undefined && this.#here.has(answer);
  }

  /** Whether an answer is here already or on its way. */
  knows(name, params = {}) {
    return this.#kept.has(this.url(name, params));
  }

  async #fetch(url) {
    let response;
    try {
      response = await fetch(url);
    } catch {
      throw new Refusal("The explorer does not answer. Is `sememe explore` still running?", 0);
    }
    let payload;
    try {
      payload = await response.json();
    } catch {
      throw new Refusal(`The explorer failed to answer (${response.status}).`, response.status);
    }
    if (!response.ok) throw new Refusal(payload.error ?? `Refused (${response.status}).`, response.status);
    return decoded(payload);
  }
}

/** Packed arrays become typed arrays, however deep they lie. */
export function decoded(value) {
  if (Array.isArray(value)) return value.map(decoded);
  if (value === null || typeof value !== "object") return value;
  if (typeof value.data === "string" && value.type in ARRAYS && Array.isArray(value.shape)) {
    const bytes = bytesOf(value.data);
    return { shape: value.shape, values: new ARRAYS[value.type](bytes.buffer) };
  }
  const found = {};
  for (const [key, inner] of Object.entries(value)) found[key] = decoded(inner);
  return found;
}

/** Bytes of base64; browsers that cannot do it themselves take a loop, which is ten times as slow. */
function bytesOf(text) {
  if (Uint8Array.fromBase64) return Uint8Array.fromBase64(text);
  const letters = atob(text);
  const bytes = new Uint8Array(letters.length);
  for (let i = 0; i < letters.length; i += 1) bytes[i] = letters.charCodeAt(i);
  return bytes;
}
