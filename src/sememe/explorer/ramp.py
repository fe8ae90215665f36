"""The colours of signed values: one scale for weights, means and effects, here and in the report."""

import numpy as np
from jaxtyping import Float, UInt8

# From deep plum over grey to pale green: lightness rises all the way, so that the sign of a weight can be
# read without seeing any hue; neither end is the colour of neurons or of features.
RAMP = np.array([[43, 6, 64], [106, 60, 130], [141, 138, 146], [148, 200, 154], [226, 250, 220]], dtype=float)


def ramp_colours(
    values: Float[np.ndarray, "height width"], limit: float | None = None
) -> UInt8[np.ndarray, "height width 3"]:
    """RGB of signed values; ``limit`` is the size that gets the end colours, by default the largest.

    >>> ramp_colours(np.array([[-1.0, 0.0, 1.0]])).tolist()
    [[[43, 6, 64], [141, 138, 146], [226, 250, 220]]]
    """
    largest = float(np.abs(values).max()) if limit is None else limit
    position = np.clip(values / (largest or 1.0), -1, 1) * 2 + 2
    colours = np.stack([np.interp(position, np.arange(len(RAMP)), RAMP[:, c]) for c in range(3)], axis=-1)
    return np.rint(colours).astype(np.uint8)
