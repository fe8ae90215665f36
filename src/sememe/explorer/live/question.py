"""What the Draw page asks with every stroke, read with suspicion: it may come from anywhere."""

import base64
import binascii
import json
import math
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from jaxtyping import UInt8

from sememe.errors import RunError

SIDE = 28
# Units that may be edited at a time.
MOST_EDITS = 64

How = Literal["ablate", "clamp", "steer"]
Of = Literal["neurons", "features"]


@dataclass(frozen=True)
class Edit:
    """One unit, held: at every position, where the layer has a map."""

    of: Of  # a neuron of the layer, or a component of the dictionary
    unit: int
    how: How  # ablate: 0 in place of its value; clamp: `value` in its place; steer: `value` is added
    value: float = 0.0  # in units of activation

    def apply(self, values: np.ndarray) -> np.ndarray:
        """What the unit's values become."""
        if self.how == "steer":
            return values + np.float32(self.value)
        return np.full_like(values, 0.0 if self.how == "ablate" else self.value)


@dataclass(frozen=True, eq=False)
class Question:
    """A drawing, and where to look."""

    number: int  # of the stroke; the answer carries it back
    layer: str  # "digit_mlp.hidden1"
    unit_set: str  # "TopKSAE-k4"
    pixels: UInt8[np.ndarray, "28 28"]  # 255 is ink
    fit: bool  # bring the drawing to where MNIST's digits are
    edits: tuple[Edit, ...]
    keep_error: bool  # what the dictionary does not reconstruct stays in the activation


def read_question(text: str) -> Question:
    """A question from its JSON.

    Raises:
        RunError: it is not one; the sentence says what is wrong with it.
    """
    try:
        given = json.loads(text)
    except (ValueError, RecursionError):
        raise RunError("The message is not JSON.") from None
    if not isinstance(given, dict):
        raise RunError(f"A question is an object, but a {type(given).__name__} arrived.")
    return Question(
        number=_whole(given, "number", 0, 2**53),
        layer=_text(given, "layer"),
        unit_set=_text(given, "set"),
        pixels=_pixels(given.get("pixels")),
        fit=_flag(given, "fit"),
        edits=_edits(given.get("edits", [])),
        keep_error=_flag(given, "keep_error"),
    )


def _pixels(given: Any) -> UInt8[np.ndarray, "28 28"]:
    size = SIDE * SIDE
    try:
        content = base64.b64decode(given, validate=True) if isinstance(given, str) else b""
    except (binascii.Error, ValueError):
        content = b""
    if len(content) != size:
        raise RunError(f"A drawing is {size} bytes in base64, {SIDE} rows of {SIDE} pixels; this is none.")
    return np.frombuffer(content, np.uint8).reshape(SIDE, SIDE)


def _edits(given: Any) -> tuple[Edit, ...]:
    if not isinstance(given, list) or len(given) > MOST_EDITS:
        raise RunError(f"Edits are a list of at most {MOST_EDITS}.")
    return tuple(_edit(each) for each in given)


def _edit(given: Any) -> Edit:
    if not isinstance(given, dict):
        raise RunError("An edit is an object with of, unit, how and value.")
    of, how = given.get("of"), given.get("how")
    if of not in ("neurons", "features"):
        raise RunError(f"An edit is of neurons or of features, not of {_shown(of)}.")
    if how not in ("ablate", "clamp", "steer"):
        raise RunError(f"A unit can be ablated, clamped or steered; {_shown(how)} is none of these.")
    value = given.get("value", 0.0)
    if isinstance(value, bool) or not isinstance(value, int | float) or not abs(value) <= 1e6:
        raise RunError(f"The value of an edit is a number up to a million, not {_shown(value)}.")
    return Edit(of, _whole(given, "unit", 0, 2**31), how, float(value))


def _whole(given: dict[str, Any], name: str, low: int, high: int) -> int:
    value = given.get(name)
    if isinstance(value, float) and math.isfinite(value) and value == int(value):
        value = int(value)
    if isinstance(value, bool) or not isinstance(value, int) or not low <= value <= high:
        raise RunError(f"{name!r} should be a whole number from {low}, but {_shown(value)} arrived.")
    return value


def _text(given: dict[str, Any], name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str):
        raise RunError(f"{name!r} should be a name, but {_shown(value)} arrived.")
    return value


def _flag(given: dict[str, Any], name: str) -> bool:
    value = given.get(name, True)
    if not isinstance(value, bool):
        raise RunError(f"{name!r} should be true or false, but {_shown(value)} arrived.")
    return value


def _shown(value: Any) -> str:
    text = repr(value)
    return text if len(text) <= 40 else text[:37] + "..."
