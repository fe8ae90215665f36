"""What the page can ask of a run: a name, typed parameters, and a function that answers.

Views are lists of endpoints; the server and the exported file call the same functions.
"""

import base64
import dataclasses
import math
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np

from sememe.errors import RunError

_MOST_CHARACTERS = 20_000  # of one parameter; nothing that a page sends is longer


class NotThere(RunError):
    """What was asked for is not in this run."""


@dataclass(frozen=True)
class Endpoint:
    """One kind of question.

    Attributes:
        name: its address is ``/api/<name>``.
        answer: from the run and the parameters to a payload (see :func:`plain`), or a :class:`File`.
        parameters: a frozen dataclass; each field is a parameter of the address: str, int, float or bool, or
            one of them or None.
    """

    name: str
    answer: Callable[[Any, Any], object]
    parameters: type


@dataclass(frozen=True)
class File:
    """An answer that is not JSON."""

    content: bytes
    media_type: str
    name: str | None = None  # offered for saving under this name; None: shown in place


def read_parameters(kind: type, given: Mapping[str, str]) -> Any:
    """Parameters from an address.

    Raises:
        RunError: one is missing, unknown, or not of its type.

    >>> @dataclass(frozen=True)
    ... class Which:
    ...     unit: int
    ...     sort: str | None = None
    >>> read_parameters(Which, {"unit": "3"})
    Which(unit=3, sort=None)
    """
    fields = {field.name: field for field in dataclasses.fields(kind)}
    unknown = sorted(set(given) - set(fields))
    if unknown:
        known = ", ".join(fields) or "none"
        raise RunError(f"There is no parameter {unknown[0][:40]!r} here: known are {known}.")
    hints = typing.get_type_hints(kind)
    values = {}
    for name, field in fields.items():
        if name in given:
            values[name] = _value(name, given[name], hints[name])
        elif field.default is dataclasses.MISSING:
            raise RunError(f"The parameter {name!r} is missing.")
    return kind(**values)


def _value(name: str, text: str, hint: Any) -> Any:
    if isinstance(hint, types.UnionType):
        hint = next(kind for kind in typing.get_args(hint) if kind is not types.NoneType)
    if len(text) > _MOST_CHARACTERS:
        raise RunError(f"The parameter {name!r} has {len(text):,} characters, more than anything here needs.")
    if hint is str:
        return text
    if hint is bool:
        if text not in ("true", "false"):
            raise RunError(f"The parameter {name!r} should be true or false, but {text[:40]!r} arrived.")
        return text == "true"
    try:
        number = hint(text)
    except ValueError:
        number = math.nan
    if not abs(number) <= 2**53:  # NaN compares false
        wanted = "a whole number" if hint is int else "a number"
        raise RunError(f"The parameter {name!r} should be {wanted}, but {text[:40]!r} arrived.")
    return number


def plain(value: Any) -> Any:
    """A payload as JSON knows it.

    A dataclass becomes a mapping of its fields; NaN and infinity become None; an array becomes its type,
    shape and little-endian numbers in base64, which a page reads ten times faster than a list.

    >>> plain({"a": (1, float("nan")), "b": np.zeros(2, np.uint8)})
    {'a': [1, None], 'b': {'type': 'uint8', 'shape': [2], 'data': 'AAA='}}
    """
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float | np.floating):
        return float(value) if math.isfinite(value) else None
    if isinstance(value, np.integer | np.bool_):
        return value.item()
    if isinstance(value, np.ndarray):
        return _array(value)
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        return {field.name: plain(getattr(value, field.name)) for field in dataclasses.fields(value)}
    if isinstance(value, Mapping):
        return {str(key): plain(inner) for key, inner in value.items()}
    if isinstance(value, list | tuple):
        return [plain(inner) for inner in value]
    raise TypeError(f"a page cannot be given a {type(value).__name__}")


_TYPES = {"f": "float32", "i": "int32", "u": "int32", "b": "uint8"}


def _array(values: np.ndarray) -> dict[str, Any]:
    kind = "uint8" if values.dtype == np.uint8 else _TYPES[values.dtype.kind]
    packed = np.ascontiguousarray(values, dtype=np.dtype(kind).newbyteorder("<"))
    return {
        "type": kind,
        "shape": list(values.shape),
        "data": base64.b64encode(packed.tobytes()).decode(),
    }
