// A drawing: 28 x 28 bytes of ink, its brushes, and its short form for links.

export const SIDE = 28;
export const SIZE = SIDE * SIDE;

/** Bytes as a link carries them: runs of blank paper are counted, then base64 for addresses. */
export function pack(ink) {
  const bytes = [];
  for (let i = 0; i < SIZE; ) {
    if (ink[i]) {
      bytes.push(ink[i++]);
      continue;
    }
    let run = 0;
    while (i < SIZE && !ink[i] && run < 255) [run, i] = [run + 1, i + 1];
    bytes.push(0, run);
  }
  return btoa(String.fromCharCode(...bytes)).replaceAll("+", "-").replaceAll("/", "_").replace(/=+$/, "");
}

/** The drawing of a link; null for anything else, whoever wrote it. */
export function unpack(text) {
  let bytes;
  try {
    bytes = Uint8Array.from(atob(text.replaceAll("-", "+").replaceAll("_", "/")), (letter) => letter.charCodeAt(0));
  } catch {
    return null;
  }
  const ink = new Uint8Array(SIZE);
  let at = 0;
  for (let i = 0; i < bytes.length; i++) {
    if (at >= SIZE) return null;
    if (bytes[i]) ink[at++] = bytes[i];
    else at += bytes[++i] ?? SIZE + 1;
  }
  return at === SIZE ? ink : null;
}

export const isBlank = (ink) => ink.every((value) => value === 0);

/** A round dab of soft ink, or of paper, at a point in pixels. */
export function dab(ink, x, y, radius, erase) {
  const reach = Math.ceil(radius + 1);
  for (let row = Math.max(0, Math.floor(y) - reach); row <= Math.min(SIDE - 1, Math.floor(y) + reach); row++) {
    for (let column = Math.max(0, Math.floor(x) - reach); column <= Math.min(SIDE - 1, Math.floor(x) + reach); column++) {
      const distance = Math.hypot(column + 0.5 - x, row + 0.5 - y);
      const strength = Math.min(1, Math.max(0, radius + 0.5 - distance));
      const at = row * SIDE + column;
      if (erase) ink[at] = Math.min(ink[at], Math.round(255 * (1 - strength)));
      else ink[at] = Math.max(ink[at], Math.round(255 * strength));
    }
  }
}

/** A stroke from one point to the next, in steps short enough to leave no gaps. */
export function stroke(ink, from, to, radius, erase) {
  const steps = Math.max(1, Math.ceil(4 * Math.hypot(to.x - from.x, to.y - from.y)));
  for (let i = 1; i <= steps; i++) {
    dab(ink, from.x + ((to.x - from.x) * i) / steps, from.y + ((to.y - from.y) * i) / steps, radius, erase);
  }
}

export function shifted(ink, down, right) {
  const moved = new Uint8Array(SIZE);
  for (let row = 0; row < SIDE; row++) {
    for (let column = 0; column < SIDE; column++) {
      const [r, c] = [row - down, column - right];
      if (r >= 0 && r < SIDE && c >= 0 && c < SIDE) moved[row * SIDE + column] = ink[r * SIDE + c];
    }
  }
  return moved;
}

/** Every pixel takes the most ink among itself and, a little weaker, its neighbours. */
export function thicker(ink) {
  const grown = new Uint8Array(SIZE);
  for (let row = 0; row < SIDE; row++) {
    for (let column = 0; column < SIDE; column++) {
      let most = ink[row * SIDE + column];
      for (const [r, c] of [[row - 1, column], [row + 1, column], [row, column - 1], [row, column + 1]]) {
        if (r >= 0 && r < SIDE && c >= 0 && c < SIDE) most = Math.max(most, 0.7 * ink[r * SIDE + c]);
      }
      grown[row * SIDE + column] = Math.round(most);
    }
  }
  return grown;
}

export function noisy(ink, strength = 40) {
  return ink.map((value) => Math.min(255, Math.max(0, value + strength * (Math.random() * 2 - 1))));
}

/** Between two drawings: 0 is the first, 1 the second. */
export function between(first, second, share) {
  return first.map((value, i) => Math.round((1 - share) * value + share * second[i]));
}
