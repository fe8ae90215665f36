"""Payloads of many units as columns: each field of all units together, small integers in few bytes.

A thousand answers of one endpoint are a thousand times the same names around a few numbers. Laid out by
column, numbers of a kind lie side by side, and their bytes by significance (all first bytes, then all
second ones), which deflate makes much of. ``assets/app/standalone/columns.js`` reads it.

A block is a little-endian uint32, the length of a header; the header, JSON ``{name: node}``; then bytes. A
node says by ``k`` what it holds, and gives row ``i`` of its column:

==========  ================================================================================================
``k``       fields
==========  ================================================================================================
json        ``value``: the same in every row
number      ``v``: numbers; a NaN is null
flag        ``v``: 0 or 1
text        ``words``, and which of them: ``v``
maybe       ``v``: 1 where there is a value, and those values: ``of``
record      ``of``: a node a field
list        ``v``: how long each is, and all their elements one after the other: ``of``
array       ``type``, ``shapes`` (one for all, or a list), and all their elements: ``v``
scaled      as array; each is its bytes less 128, over 127, times its row of ``limits``
variants    records of several kinds: which kind (``v``), and a node a kind: ``of``
==========  ================================================================================================

Numbers are ``[type, first byte, count]``, their bytes by significance.
"""

import dataclasses
import json
from collections.abc import Collection, Mapping, Sequence
from typing import Any

import numpy as np

Node = dict[str, Any]
_INTEGERS = (np.uint8, np.int8, np.uint16, np.int16, np.int32)
_ARRAYS = {"f": "float32", "i": "int32", "u": "int32", "b": "uint8"}


@dataclasses.dataclass(frozen=True)
class Rounding:
    """What may be lost of numbers that are looked at and not computed with.

    Attributes:
        bits: of a float's 23 that are kept; 12 are a relative error of at most 1 / 8192.
        pictures: names of fields whose arrays keep 8 bits of their own largest value.
    """

    bits: int = 23
    pictures: Collection[str] = ()


EXACT = Rounding()


def pack(columns: Mapping[str, Sequence[Any]], rounding: Rounding = EXACT) -> bytes:
    """Columns of payloads: dataclasses, mappings with names as keys, sequences, arrays, numbers, text, None.

    Floats keep float32's precision, or less as ``rounding`` says; NaN and None are one among numbers.

    Raises:
        TypeError: a payload holds something else, or one column things of several kinds.
    """
    packer = _Packer(rounding)
    header = {name: packer.node(list(rows), name) for name, rows in columns.items()}
    content = json.dumps(header, allow_nan=False, separators=(",", ":")).encode()
    return b"".join([len(content).to_bytes(4, "little"), content, *packer.parts])


class _Packer:
    def __init__(self, rounding: Rounding) -> None:
        self.parts: list[bytes] = []
        self._length = 0
        self._rounding = rounding

    def node(self, rows: list[Any], name: str) -> Node:
        """The node of one column."""
        rows = [_opened(row) for row in rows]
        kinds = {_kind(row) for row in rows}
        if kinds <= {"none", "integer", "float"} and "float" in kinds:
            return {"k": "number", "v": self._floats(np.array([_number(row) for row in rows]))}
        if not kinds or kinds == {"none"}:
            return {"k": "json", "value": None}
        if "none" in kinds:
            there = np.array([row is not None for row in rows])
            return {
                "k": "maybe",
                "v": self._integers(there),
                "of": self.node([row for row in rows if row is not None], name),
            }
        if len(kinds) > 1:
            raise TypeError(f"the column {name!r} holds {' and '.join(sorted(kinds))}")
        made: Node = getattr(self, f"_{kinds.pop()}")(rows, name)
        return made

    def _integer(self, rows: list[Any], name: str) -> Node:
        return {"k": "number", "v": self._integers(np.array([int(row) for row in rows]))}

    def _flag(self, rows: list[Any], name: str) -> Node:
        return {"k": "flag", "v": self._integers(np.array(rows, dtype=np.uint8))}

    def _text(self, rows: list[str], name: str) -> Node:
        words = list(dict.fromkeys(rows))
        places = {word: i for i, word in enumerate(words)}
        return {"k": "text", "words": words, "v": self._integers(np.array([places[row] for row in rows]))}

    def _record(self, rows: list[dict[str, Any]], name: str) -> Node:
        kinds = list(dict.fromkeys(tuple(row) for row in rows))
        if len(kinds) == 1:
            return {"k": "record", "of": {key: self.node([r[key] for r in rows], key) for key in kinds[0]}}
        which = np.array([kinds.index(tuple(row)) for row in rows])
        parts = [[row for row in rows if tuple(row) == kind] for kind in kinds]
        return {
            "k": "variants",
            "v": self._integers(which),
            "of": [self._record(part, name) for part in parts],
        }

    def _list(self, rows: list[Sequence[Any]], name: str) -> Node:
        lengths = np.array([len(row) for row in rows])
        return {
            "k": "list",
            "v": self._integers(lengths),
            "of": self.node([one for row in rows for one in row], name),
        }

    def _array(self, rows: list[np.ndarray], name: str) -> Node:
        shapes = [list(row.shape) for row in rows]
        shared = shapes[0] if all(shape == shapes[0] for shape in shapes) else shapes
        kind = rows[0].dtype.kind
        if name in self._rounding.pictures:
            limits = np.array([float(np.abs(row).max(initial=0)) for row in rows])
            shares = [row / (limit or 1) for row, limit in zip(rows, limits, strict=True)]
            content = np.concatenate([np.rint(share * 127 + 128).ravel() for share in shares])
            return {
                "k": "scaled",
                "type": "float32",
                "shapes": shared,
                "limits": self._floats(limits),
                "v": self._stored(content.astype(np.uint8)),
            }
        content = np.concatenate([row.ravel() for row in rows])
        stored = self._floats(content) if kind == "f" else self._integers(content)
        given = "uint8" if rows[0].dtype == np.uint8 else _ARRAYS[kind]
        return {"k": "array", "type": given, "shapes": shared, "v": stored}

    def _floats(self, values: np.ndarray) -> list[Any]:
        return self._stored(rounded(values.astype(np.float32), self._rounding.bits))

    def _integers(self, values: np.ndarray) -> list[Any]:
        low, high = (int(values.min()), int(values.max())) if values.size else (0, 0)
        for kind in _INTEGERS:
            if np.iinfo(kind).min <= low and high <= np.iinfo(kind).max:
                return self._stored(values.astype(kind))
        raise TypeError(f"integers from {low} to {high} are more than 32 bits hold")

    def _stored(self, values: np.ndarray) -> list[Any]:
        kind = values.dtype.newbyteorder("<")
        content = np.frombuffer(values.astype(kind).tobytes(), np.uint8).reshape(-1, kind.itemsize)
        self.parts.append(content.T.tobytes())
        first = self._length
        self._length += content.size
        return [values.dtype.name, first, int(values.size)]


def rounded(values: np.ndarray, bits: int) -> np.ndarray:
    """Float32 with all but ``bits`` of the 23 of its fraction rounded to 0.

    >>> rounded(np.array([1.0001, -3.3333], np.float32), 4).tolist()
    [1.0, -3.375]
    """
    if bits >= 23:
        return values
    dropped = 23 - bits
    whole = values.view(np.uint32)
    # Adding half of the last place that is kept rounds the size; a fraction that overflows is the next power.
    near = (whole + np.uint32(1 << (dropped - 1))) >> np.uint32(dropped) << np.uint32(dropped)
    return np.where(np.isfinite(values), near.astype(np.uint32).view(np.float32), values)


def _opened(value: Any) -> Any:
    """A dataclass as a mapping of its fields, for which names and rows are columns."""
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: getattr(value, field.name) for field in dataclasses.fields(value)}
    return value


def _kind(value: Any) -> str:
    if value is None:
        return "none"
    if isinstance(value, bool | np.bool_):
        return "flag"
    if isinstance(value, int | np.integer):
        return "integer"
    if isinstance(value, float | np.floating):
        return "float"
    kinds = {str: "text", np.ndarray: "array", list: "list", tuple: "list", dict: "record"}
    for kind, name in kinds.items():
        if isinstance(value, kind):
            return name
    raise TypeError(f"a column cannot hold a {type(value).__name__}")


def _number(value: Any) -> float:
    return float("nan") if value is None else float(value)
