"""The exported page's kernel in a browser, called from Python: arrays in, arrays out."""

import base64
from collections.abc import Mapping
from typing import Any

import numpy as np

from sememe.explorer.export.bundle import bundle
from sememe.explorer.export.columns import pack
from sememe.explorer.export.page import sources

_PROBE = """\
import { answer } from "./answer.js";
import { Blocks } from "./blocks.js";
import { columns } from "./columns.js";
import { Dictionary } from "./dictionary.js";
import { FileApi } from "./file_api.js";
import { asMnist } from "./mnist.js";
import { Network } from "./network.js";
import { readsSheet, sheet } from "./pictures.js";

const given = {};
const plain = (value) => {
  if (ArrayBuffer.isView(value)) return { type: value.constructor.name, data: text(value) };
  if (Array.isArray(value)) return value.map(plain);
  if (value === null || typeof value !== "object") return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, plain(inner)]));
};
function text(values) {
  const bytes = new Uint8Array(values.buffer, values.byteOffset, values.byteLength);
  let letters = "";
  for (let i = 0; i < bytes.length; i += 9999) letters += String.fromCharCode(...bytes.subarray(i, i + 9999));
  return btoa(letters);
}
const piece = (values, size, i) => values.subarray(size * i, size * (i + 1));
const bytes = (letters) => Uint8Array.from(atob(letters), (letter) => letter.charCodeAt(0));

window.probe = {
  give(name, block) { given[name] = columns(bytes(block)); },
  cell: (name, column, row) => plain(given[name][column](row)),
  network(name) { given[name] = new Network(given[name].weights(0)); },
  dictionary(name) { given[name] = new Dictionary(given[name].dictionary(0)); },
  forward(name, images, layer) {
    const { shape, values } = given[images].pixels(0);
    const all = Array.from({ length: shape[0] }, (_, i) => given[name].forward(piece(values, 784, i))[layer]);
    const flat = new Float32Array(all.length * all[0].length);
    all.forEach((one, i) => flat.set(one, i * one.length));
    return plain(flat);
  },
  codes: (name, items) => plain(given[name].codes(given[items].values(0).values)),
  decoded: (name, codes) => plain(given[name].decode(given[codes].values(0).values)),
  asMnist: (images) => {
    const { shape, values } = given[images].pixels(0);
    const flat = new Uint8Array(values.length);
    for (let i = 0; i < shape[0]; i += 1) flat.set(asMnist(values.subarray(784 * i, 784 * (i + 1))), 784 * i);
    return plain(flat);
  },
  answer(network, dictionary, layer, mean, question, ink) {
    const at = { network: given[network], dictionary: given[dictionary], layer };
    return plain(answer({ ...at, mean: given[mean].mean(0).values }, { ...question, pixels: bytes(ink) }));
  },
  async ask(name, parameters) {
    given.file ??= await FileApi.of(new Blocks());
    return plain(await given.file.get(name, parameters));
  },
  async picture(name, number) {
    const { shape, values } = given[name].pixels(0);
    const one = (i) => ({ shape: shape.slice(1), values: piece(values, shape[1] * shape[2], i) });
    const url = name === "reads"
      ? readsSheet(Array.from({ length: shape[0] }, (_, i) => one(i)), number)
      : sheet({ shape, values }, number);
    const image = new Image();
    image.src = url;
    await image.decode();
    const canvas = new OffscreenCanvas(image.width, image.height);
    const context = canvas.getContext("2d");
    context.drawImage(image, 0, 0);
    const { width, height } = image;
    return plain({ shape: [height, width, 4], values: context.getImageData(0, 0, width, height).data });
  },
};
"""
_TYPES = {
    "Float32Array": "<f4",
    "Float64Array": "<f8",
    "Int32Array": "<i4",
    "Uint8Array": "u1",
    "Uint8ClampedArray": "u1",
}


class KernelPage:
    """A blank page with the kernel in it; ``give`` a block of columns under a name, then ``call``."""

    def __init__(self, page, blocks: str = "") -> None:
        self._page = page
        path = "app/standalone/probe.js"
        page.set_content(f"{blocks}<script>{bundle({**sources('.js'), path: _PROBE}, path)}</script>")

    def ask(self, name: str, **parameters: object) -> Any:
        """What an exported page with these blocks answers to a question of the server's."""
        return self.call("ask", name, parameters)

    def give(self, name: str, columns: Mapping[str, list[Any]], **rounding: Any) -> None:
        """Packed here, unpacked there."""
        block = base64.b64encode(pack(columns, **rounding)).decode()
        self._page.evaluate("([name, block]) => probe.give(name, block)", [name, block])

    def call(self, function: str, *arguments: object) -> Any:
        """What a function of the probe gives; typed arrays come as arrays."""
        found = self._page.evaluate("([name, given]) => probe[name](...given)", [function, list(arguments)])
        return _arrays(found)


def _arrays(value: Any) -> Any:
    if isinstance(value, list):
        return [_arrays(inner) for inner in value]
    if not isinstance(value, dict):
        return value
    if value.keys() == {"type", "data"}:
        return np.frombuffer(base64.b64decode(value["data"]), _TYPES[value["type"]])
    found = {key: _arrays(inner) for key, inner in value.items()}
    if found.keys() == {"shape", "values"}:
        return found["values"].reshape([int(side) for side in found["shape"]])
    return found
