"""Which units fire on a drawing: a filter of the Units page."""

import json
from dataclasses import dataclass

import numpy as np
from jaxtyping import Float32

from sememe.explorer.endpoint import Endpoint
from sememe.explorer.live.answer import answer
from sememe.explorer.live.question import read_question
from sememe.explorer.live.run_data import RunData


@dataclass(frozen=True)
class DrawnRequest:
    """A drawing, seen by a unit set."""

    layer: str
    set: str
    pixels: str  # 784 bytes in base64, row by row; 255 is ink
    fit: bool = True  # bring the drawing to where MNIST's digits are


@dataclass(frozen=True, eq=False)
class DrawnPage:
    """Every unit's activation on the drawing, summed over a map."""

    activation: Float32[np.ndarray, " units"]


def drawn(run: RunData, request: DrawnRequest) -> DrawnPage:
    """The same answer as the Draw page's, for all units of a set."""
    question = read_question(
        json.dumps(
            {
                "number": 0,
                "layer": request.layer,
                "set": request.set,
                "pixels": request.pixels,
                "fit": request.fit,
            }
        )
    )
    return DrawnPage(answer(run, question).strength)


ENDPOINTS = (Endpoint("drawn", drawn, DrawnRequest),)
