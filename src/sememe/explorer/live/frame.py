"""An answer as one binary message: a line of JSON that names the arrays, then their numbers."""

import dataclasses
import json
from typing import Any

import numpy as np

_TYPES: dict[str, Any] = {"f": np.dtype("<f4"), "i": np.dtype("<i4"), "u": np.dtype("u1")}
_ALIGNED = 4


def frame(value: Any) -> bytes:
    """A dataclass of numbers, arrays and mappings of arrays as bytes.

    Little-endian uint32 length of the header; the header, JSON padded with blanks to a multiple of 4:
    ``{"values": {...}, "arrays": [[name, key or null, type, shape, offset], ...]}``; then the arrays, each
    at a multiple of 4 bytes from the end of the header. The page reads them in place, without parsing.
    """
    values: dict[str, Any] = {}
    arrays: list[list[Any]] = []
    parts: list[bytes] = []
    offset = 0
    for field in dataclasses.fields(value):
        given = getattr(value, field.name)
        named: list[tuple[Any, Any]] = list(given.items()) if isinstance(given, dict) else [(None, given)]
        if isinstance(given, dict) and not given:
            values[field.name] = {}
        for key, array in named:
            if not isinstance(array, np.ndarray):
                values[field.name] = array
                continue
            packed = np.ascontiguousarray(array, dtype=_TYPES[array.dtype.kind])
            content = packed.tobytes()
            content += bytes(-len(content) % _ALIGNED)
            arrays.append([field.name, key, packed.dtype.name, list(packed.shape), offset])
            parts.append(content)
            offset += len(content)
    header = json.dumps({"values": values, "arrays": arrays}, separators=(",", ":")).encode()
    header += b" " * (-len(header) % _ALIGNED)
    return b"".join([len(header).to_bytes(4, "little"), header, *parts])
