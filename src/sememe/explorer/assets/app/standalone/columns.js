// Reads what explorer/export/columns.py packs; the format stands there.

const KINDS = { float32: Float32Array, int32: Int32Array, int16: Int16Array, uint16: Uint16Array, int8: Int8Array, uint8: Uint8Array };

/** The columns of a block: functions from a row to its payload, by name. */
export function columns(bytes) {
  const length = new DataView(bytes.buffer, bytes.byteOffset).getUint32(0, true);
  const header = JSON.parse(new TextDecoder().decode(bytes.subarray(4, 4 + length)));
  const content = bytes.subarray(4 + length);
  return Object.fromEntries(Object.entries(header).map(([name, node]) => [name, READERS[node.k](node, content)]));
}

const open = (node, content) => READERS[node.k](node, content);

/** Numbers whose bytes lie by significance. */
function numbers([type, first, count], content) {
  const size = KINDS[type].BYTES_PER_ELEMENT;
  const bytes = new Uint8Array(count * size);
  for (let b = 0; b < size; b += 1) {
    const from = first + b * count;
    for (let i = 0; i < count; i += 1) bytes[i * size + b] = content[from + i];
  }
  return new KINDS[type](bytes.buffer);
}

/** Where each begins of pieces of these lengths, and where the last ends. */
function starts(lengths) {
  const found = new Int32Array(lengths.length + 1);
  for (let i = 0; i < lengths.length; i += 1) found[i + 1] = found[i] + lengths[i];
  return found;
}

/** How many rows before each are of its own kind. */
function ranks(kinds) {
  const seen = new Map();
  return Int32Array.from(kinds, (kind) => {
    const rank = seen.get(kind) ?? 0;
    seen.set(kind, rank + 1);
    return rank;
  });
}

const size = (shape) => shape.reduce((product, n) => product * n, 1);

const READERS = {
  json: ({ value }) => () => value,
  number({ v }, content) {
    const values = numbers(v, content);
    return (i) => (Number.isNaN(values[i]) ? null : values[i]);
  },
  flag({ v }, content) {
    const values = numbers(v, content);
    return (i) => values[i] === 1;
  },
  text({ words, v }, content) {
    const which = numbers(v, content);
    return (i) => words[which[i]];
  },
  maybe({ v, of }, content) {
    const there = numbers(v, content);
    const rank = ranks(there);
    const value = open(of, content);
    return (i) => (there[i] ? value(rank[i]) : null);
  },
  record({ of }, content) {
    const fields = Object.entries(of).map(([name, node]) => [name, open(node, content)]);
    return (i) => Object.fromEntries(fields.map(([name, value]) => [name, value(i)]));
  },
  variants({ v, of }, content) {
    const which = numbers(v, content);
    const rank = ranks(which);
    const kinds = of.map((node) => open(node, content));
    return (i) => kinds[which[i]](rank[i]);
  },
  list({ v, of }, content) {
    const first = starts(numbers(v, content));
    const value = open(of, content);
    return (i) => Array.from({ length: first[i + 1] - first[i] }, (_, j) => value(first[i] + j));
  },
  array(node, content) {
    const values = KINDS[node.type].from(numbers(node.v, content));
    return pieces(node.shapes, (from, to) => values.subarray(from, to));
  },
  scaled(node, content) {
    const values = numbers(node.v, content);
    const limits = numbers(node.limits, content);
    return pieces(node.shapes, (from, to, i) => Float32Array.from(values.subarray(from, to), (byte) => ((byte - 128) / 127) * limits[i]));
  },
};

/** Arrays one after the other, of one shape or of a shape each. */
function pieces(shapes, part) {
  if (!Array.isArray(shapes[0])) {
    const each = size(shapes);
    return (i) => ({ shape: shapes, values: part(i * each, (i + 1) * each, i) });
  }
  const first = starts(shapes.map(size));
  return (i) => ({ shape: shapes[i], values: part(first[i], first[i + 1], i) });
}
